// most is how many findings of one event are kept: all, as something is left out for each.
const most = Infinity;

// omittable returns the pointer of the property to leave out for a finding: below the
// event's properties, traits or context, and the whole list where one item of it is wrong.
// "" if leaving something out does not help.
function omittable(event, pointer) {
  if (valueAt(event, pointer) === undefined) return "";
  while (pointer !== "" && Array.isArray(valueAt(event, parent(pointer)))) pointer = parent(pointer);
  const steps = stepsOf(pointer);
  return steps.length > 1 && ["properties", "traits", "context"].includes(steps[0]) ? pointer : "";
}

// To leave something out can make something else wrong: the event is judged again until
// nothing is left to leave out.
const maxRounds = 100;

function act(event, violations, findings) {
  const gone = new Set(), unplanned = new Set(), invalid = new Set(), left = new Map();
  for (let round = 0; round < maxRounds; round++) {
    const fresh = new Set();
    for (const f of findings) {
      const isViolation = f.severity === "error";
      const planless = f.rule === "unplanned-property" || f.rule === "additional-property";
      if (!isViolation && !(planless && f.severity === "warning")) continue;
      const pointer = omittable(event, f.pointer);
      if (pointer !== "") { gone.add(pointer); fresh.add(pointer); (planless ? unplanned : invalid).add(pointer); }
      else if (isViolation && !gone.has(f.pointer)) left.set(f.pointer + " " + f.rule, f);
    }
    if (fresh.size === 0) break;
    for (const p of fresh) leaveOut(event, p);
    findings = review(event);
  }
  for (const p of unplanned) invalid.delete(p);
  const inside = (pointer) => { for (let p = parent(pointer); p !== ""; p = parent(p)) if (gone.has(p)) return true; return false; };
  const fields = (pointers) => [...pointers].filter((p) => !inside(p)).map((p) => stepsOf(p).join(".")).sort(order);
  note(event, "omitted", fields(unplanned));
  note(event, "omitted_on_violation", fields(invalid));
  note(event, "violations", [...left.keys()].sort(order).map((id) => violation(left.get(id))));
  return event;
}

function leaveOut(event, pointer) {
  const holder = valueAt(event, parent(pointer));
  if (holder !== undefined) for (const key of keysOf(holder, lastStep(pointer))) delete holder[key];
}
