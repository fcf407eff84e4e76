// omittable returns the pointer of the property to leave out for a finding: below the
// event's properties, traits or context, and the whole list where one item of it is wrong.
// "" if leaving something out does not help.
function omittable(event, pointer) {
  if (valueAt(event, pointer) === undefined) return "";
  while (pointer !== "" && Array.isArray(valueAt(event, parent(pointer)))) pointer = parent(pointer);
  const steps = stepsOf(pointer);
  return steps.length > 1 && ["properties", "traits", "context"].includes(steps[0]) ? pointer : "";
}

function act(event, violations, findings) {
  const unplanned = new Set(), invalid = new Set(), left = [];
  for (const f of findings) {
    const isViolation = f.severity === "error";
    const planless = f.rule === "unplanned-property" || f.rule === "additional-property";
    if (!isViolation && !(planless && f.severity === "warning")) continue;
    const pointer = omittable(event, f.pointer);
    if (pointer !== "") (planless ? unplanned : invalid).add(pointer);
    else if (isViolation) left.push(f);
  }
  const inside = (pointer) => { for (let p = parent(pointer); p !== ""; p = parent(p)) if (unplanned.has(p) || invalid.has(p)) return true; return false; };
  const fields = (pointers) => [...pointers].filter((p) => !inside(p)).map((p) => stepsOf(p).join("."));
  for (const p of unplanned) invalid.delete(p);
  const omitted = fields(unplanned), onViolation = fields(invalid);
  for (const p of [...unplanned, ...invalid]) {
    const holder = valueAt(event, parent(p));
    if (holder !== undefined) delete holder[lastStep(p)];
  }
  note(event, "omitted", omitted);
  note(event, "omitted_on_violation", onViolation);
  note(event, "violations", left.map(violation));
  return event;
}
