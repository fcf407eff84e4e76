// The policy of segproof.yaml: what nobody planned, severities, waivers.

const policy = table.policy;

// matcher returns a test for a glob, in which * is any text and ? any character; ""
// matches everything.
function matcher(glob) {
  if (glob === "") return () => true;
  const re = new RegExp("^" + glob.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\\\*/g, ".*").replace(/\\\?/g, ".") + "$", "su");
  return (text) => re.test(wellFormed(text));
}

const levels = policy.severity.map((l) => ({ rule: matcher(l.rule), event: matcher(l.event), severity: l.severity }));
const waivers = policy.waivers.map((w) => ({ rule: matcher(w.rule), event: matcher(w.event), path: matcher(w.path), until: w.until }));
const wanted = matcher(table.only);

function levelOf(f, name) {
  let level = f.severity;
  if (f.rule === "unplanned-event" && policy.events !== "") level = policy.events;
  if (f.rule === "unplanned-property" && policy.properties !== "") level = policy.properties;
  for (const l of levels) if (l.rule(f.rule) && l.event(name)) level = l.severity;
  return level;
}

// review judges an event and returns the findings that count, as the policy grades them.
// The day of a waiver ends by UTC.
function review(event) {
  const { type, name } = isObject(event) ? identity(event) : { type: "", name: "" };
  const called = name === "" ? type : name;
  if (!wanted(called)) return [];
  const today = new Date().toISOString().slice(0, 10);
  const graded = [];
  for (const f of judge(event)) {
    const severity = levelOf(f, called);
    const waived = waivers.some((w) => w.until >= today && w.rule(f.rule) && w.event(called) && w.path(f.pointer));
    if (severity !== "off" && !waived) graded.push({ rule: f.rule, pointer: f.pointer, message: f.message, severity });
  }
  return graded;
}
