// What is done about violations. Only findings of severity error are violations.

const maxTold = 10;

// told says what is wrong with an event, in one line.
function told(event, violations) {
  const { type, name } = isObject(event) ? identity(event) : { type: "", name: "" };
  const all = violations.slice(0, maxTold).map((f) => (f.pointer === "" ? "" : f.pointer + ": ") + f.message + " (" + f.rule + ")");
  if (violations.length > maxTold) all.push((violations.length - maxTold) + " more");
  return (type || "event") + (name === "" ? "" : " " + JSON.stringify(shorten(name))) + ": " + all.join("; ");
}

// violation is a finding as Segment writes violations. It quotes no value of the event.
function violation(f) {
  const field = stepsOf(f.pointer).join(".") || "(root)";
  const type = has(table.types, f.rule) ? table.types[f.rule] : f.rule;
  return { type, field, description: type === "Required" ? field + " is required" : field + ": " + table.titles[f.rule] };
}

// protocols returns context.protocols of an event, and makes it where it is missing. What
// stands in its place and is no object is a violation itself.
function protocols(event) {
  if (!isObject(event.context)) event.context = {};
  if (!isObject(event.context.protocols)) event.context.protocols = {};
  return event.context.protocols;
}

// note adds entries to a list in context.protocols, which Segment's own Protocols may have
// begun.
function note(event, name, entries) {
  if (entries.length === 0 || !isObject(event)) return;
  const all = protocols(event);
  all[name] = (has(all, name) && Array.isArray(all[name]) ? all[name] : []).concat(entries);
}

// enforce judges one event and does what the function is for. Deletions pass: nobody may
// keep a user's wish from being carried out. So does what cannot be judged, because it is
// no JSON or we are at fault: no data is lost for that.
async function enforce(event, settings) {
  if (isObject(event) && event.type === "delete") return event;
  let findings;
  try {
    findings = review(event);
  } catch (error) {
    console.error("segproof: an event was not judged, and goes on: " + error.message);
    return event;
  }
  return act(event, findings.filter((f) => f.severity === "error"), findings, settings);
}
