// Judging an event: wire, contract, spec, then what nobody planned. One cause, one
// finding: who comes later is silent about a place that has its error already.

const maxFindings = 100;
const maxTaken = 10 * maxFindings;
const grades = ["error", "warning", "info"];

// judge returns the findings {rule, pointer, message, severity} about an event, in the
// order of its text, before the policy.
function judge(event) {
  const found = collector();
  const wire = (rule, pointer, message) => found.report("wire", rule, pointer, message);
  if (!isObject(event)) {
    wire("bad-request", "", "got " + describe(event) + ", want an event, which is an object");
    return found.findings;
  }
  if (nestsTooDeep(event, 1)) {
    guard(event, wire);
    checkWire(event, sizeOf(event), wire);
    return sorted(event, found.findings);
  }
  // What Segment sends on: no undefined, no dates.
  const text = JSON.stringify(event);
  const sent = JSON.parse(text);
  event = guard(sent, wire) ? sent : JSON.parse(soundText(text));
  checkWire(event, utf8Length(text), wire);
  const { type, name } = identity(event);
  const contract = lookup(type, name, versionOf(event));
  if (contract) bySchema(event, "contract", contract.schema, found);
  else noContract(type, name, (rule, pointer, message) => found.report("contract", rule, pointer, message));
  if (has(table.spec, type)) bySchema(event, "spec", table.spec[type], found);
  if (contract) unplanned(event, type, contract, (pointer, message) => found.report("contract", "unplanned-property", pointer, message));
  return sorted(sent, found.findings);
}

// identity returns the type and the name of an event, "" for what it has not.
function identity(event) {
  const type = typeof event.type === "string" ? event.type : "";
  const key = has(nameKeyOf, type) ? nameKeyOf[type] : "";
  return { type, name: key && typeof event[key] === "string" ? event[key] : "" };
}

// collector takes findings of the layers, in the order in which they speak.
function collector() {
  const findings = [];
  // Pointers with an error, and the first layer that found one.
  const taken = new Map();
  const spokenFor = (layer, pointer) => {
    if (taken.size > 0) for (let p = pointer; p !== ""; p = parent(p)) if (taken.has(p) && taken.get(p) !== layer) return true;
    return false;
  };
  const report = (layer, rule, pointer, message) => {
    if (spokenFor(layer, pointer)) return;
    if (rule === "missing-property") for (const [p, by] of taken) if (by !== layer && p.startsWith(pointer + "/")) return;
    const severity = table.severities[rule] || "error";
    if (severity === "error" && !taken.has(pointer) && taken.size < maxTaken) taken.set(pointer, layer);
    if (findings.length >= most && !makeRoom(findings, severity)) return;
    findings.push({ rule, pointer, message, severity });
  };
  return { findings, report, spokenFor };
}

// makeRoom cuts the least grave finding, and reports false if the new one is that.
function makeRoom(findings, severity) {
  const grade = (f) => grades.indexOf(f.severity);
  let least = 0;
  findings.forEach((f, i) => { if (grade(f) >= grade(findings[least])) least = i; });
  if (grade(findings[least]) <= grades.indexOf(severity)) return false;
  findings.splice(least, 1);
  return true;
}

// bySchema reports what an event does not keep of a contract or of the spec.
function bySchema(event, layer, index, found) {
  const faults = [];
  validate(index, event, root, faults);
  if (faults.length === 0) return;
  const said = new Set();
  // What a fault is near to is one list for all of its causes, and often a long one.
  const spoken = new Map();
  const isSpokenFor = (near) => {
    if (!spoken.has(near)) spoken.set(near, near.some((p) => found.spokenFor(layer, p)));
    return spoken.get(near);
  };
  for (const l of ordered(faults).flatMap(leaves)) {
    const rule = l.ofName ? "property-name" : ruleOf[l.keyword];
    const message = (l.ofName ? "property name " + JSON.stringify(shorten(l.got)) + ": " : "") + words(l);
    const id = ["type-mismatch", "missing-property", "additional-property"].includes(rule) ? rule + " " + l.pointer : rule + " " + l.pointer + " " + message;
    if (said.has(id) || isSpokenFor(l.near)) continue;
    said.add(id);
    found.report(layer, rule, l.pointer, message);
  }
}

function versionOf(event) {
  const protocols = isObject(event.context) && isObject(event.context.protocols) ? event.context.protocols : {};
  const v = protocols.event_version;
  return typeof v === "string" ? v : typeof v === "number" ? String(v) : "";
}

// numberKey is the same for all ways to write a number.
function numberKey(text) {
  if (text.length > 64 || !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return "";
  let { digits, exponent } = decimal(text);
  if (digits === 0n) return "0";
  while (digits % 10n === 0n) { digits /= 10n; exponent++; }
  return digits + "e" + exponent;
}

const versionsOf = new Map();
for (const c of table.contracts) {
  const key = c.type + " " + c.name;
  if (!versionsOf.has(key)) versionsOf.set(key, []);
  versionsOf.get(key).push(c);
}
const plannedTypes = new Set(table.planned || []);

// lookup returns the contract of an event: of its version, else the oldest.
function lookup(type, name, version) {
  const versions = versionsOf.get(type + " " + name);
  if (versions === undefined) return undefined;
  const key = numberKey(version);
  return versions.find((c) => c.version === version) || versions.find((c) => key !== "" && c.number === key) || versions[0];
}

function noContract(type, name, report) {
  const planned = plannedTypes.has(type) || type === "track" && plannedTypes.size > 0;
  if (!planned || type === "track" && name === "" || !callTypes.includes(type)) return;
  const pointer = has(nameKeyOf, type) && name !== "" ? "/" + nameKeyOf[type] : "/type";
  report("unplanned-event", pointer, "no contract for " + type + (name === "" ? "" : " " + JSON.stringify(shorten(name))));
}

// Unplanned properties: those that an open contract does not describe.

function unplanned(event, type, contract, report) {
  const key = has(bodyKeyOf, type) ? bodyKeyOf[type] : "";
  if (key === "" || !isObject(event[key])) return;
  const reserved = new Set(has(table.reserved, type) ? table.reserved[type] : []);
  planObject(event[key], describeMembers(inside(describedBy(contract), key)), reserved, "/" + key, report);
}

const wholes = new Map();

// describedBy returns the schemas that describe the events of a contract.
function describedBy(contract) {
  if (!wholes.has(contract)) wholes.set(contract, sameValue([contract.schema]));
  return wholes.get(contract);
}

function planObject(value, d, reserved, pointer, report) {
  if (d.schemas.length === 0) return;
  for (const name of Object.keys(value).sort(order)) {
    if (d.open && !d.names.has(name) && !reserved.has(name) && !d.patterns.some((re) => re.test(name))) {
      report(join(pointer, name), "property " + JSON.stringify(shorten(name)) + " is not in the contract");
    } else if (value[name] !== null && typeof value[name] === "object") planValue(value[name], inside(d.schemas, name), join(pointer, name), report);
  }
}

function planValue(value, schemas, pointer, report) {
  if (schemas.length === 0) return;
  if (isObject(value)) planObject(value, describeMembers(schemas), new Set(), pointer, report);
  else if (Array.isArray(value)) {
    const all = sameValue(schemas);
    value.forEach((item, i) => planValue(item, all.flatMap((s) => itemSchemas(nodes[s], i)), join(pointer, i), report));
  }
}

const described = new Map();

// describeMembers returns what schemas say together about the members of one object. It is
// worked out once for the same schemas.
function describeMembers(schemas) {
  const key = schemas.join();
  if (!described.has(key)) described.set(key, describeAnew(schemas));
  return described.get(key);
}

function describeAnew(schemas) {
  const d = { schemas: sameValue(schemas), names: new Set(), patterns: [], open: false };
  let describes = false, decided = false;
  for (const index of d.schemas) {
    const s = nodes[index];
    for (const name of [...Object.keys(s.p || {}), ...s.r || [], ...Object.keys(s.d || {}), ...Object.keys(s.ds || {}), ...Object.keys(s.dr || {})]) d.names.add(name);
    for (const needs of [...Object.values(s.d || {}), ...Object.values(s.dr || {})]) if (Array.isArray(needs)) for (const name of needs) d.names.add(name);
    if (s.p && Object.keys(s.p).length > 0) describes = true;
    for (const [re] of s.pp || []) d.patterns.push(re);
    if (s.ap !== undefined || s.up !== undefined) decided = true;
  }
  d.open = describes && !decided;
  return d;
}

// inside returns the schemas that describe the member of that name.
function inside(schemas, name) {
  const found = [];
  for (const index of schemas) {
    const s = nodes[index];
    const known = s.p && has(s.p, name);
    if (known) found.push(s.p[name]);
    for (const [re, , inner] of s.pp || []) if (re.test(name)) found.push(inner);
    if (typeof s.ap === "number" && !known) found.push(s.ap);
    if (s.up !== undefined && !known) found.push(s.up);
  }
  return found;
}

function itemSchemas(s, i) {
  const found = [];
  if (typeof s.i === "number") found.push(s.i);
  else if (s.i && i < s.i.length) found.push(s.i[i]);
  else if (s.i && typeof s.ai === "number") found.push(s.ai);
  if (s.pi && i < s.pi.length) found.push(s.pi[i]);
  else if (s.i2 !== undefined) found.push(s.i2);
  return found;
}

// sameValue returns the schemas with all that they let describe the same value; what not
// holds describes nothing.
function sameValue(schemas) {
  const all = new Set();
  const add = (index) => {
    if (index === undefined || all.has(index)) return;
    all.add(index);
    const s = nodes[index];
    for (const inner of [s.ref, s.if, s.th, s.el, ...s.all || [], ...s.any || [], ...s.one || []]) if (inner !== s.not) add(inner);
    for (const needs of Object.values(s.d || {})) if (typeof needs === "number") add(needs);
    for (const inner of Object.values(s.ds || {})) add(inner);
  };
  schemas.forEach(add);
  return [...all];
}

// sorted puts the findings in the order of the event's text.
function sorted(event, findings) {
  if (findings.length < 2) return findings;
  const places = placesOf(event);
  const keyed = new Set(["unplanned-property", "additional-property", "duplicate-key", "property-name"]);
  const at = (f) => {
    let p = f.pointer;
    while (p !== "" && !places.has(p)) p = parent(p);
    const [key, value] = places.get(p);
    return (p !== f.pointer || keyed.has(f.rule)) && key >= 0 ? key : value;
  };
  return findings.map((f) => [at(f), f])
    .sort(([a, f], [b, g]) => a - b || order(f.pointer, g.pointer) || order(f.rule, g.rule) || order(f.message, g.message))
    .map(([, f]) => f);
}

// placesOf returns, by pointer, the offsets of each value and its key in the event's text.
// What is too deep is left out: nothing was found in there.
function placesOf(event) {
  const places = new Map();
  let offset = 0;
  const walk = (v, pointer, key, depth) => {
    places.set(pointer, [key, offset]);
    if (v === null || typeof v !== "object") { offset += utf8Length(String(JSON.stringify(v))); return; }
    offset++;
    if (depth > maxDepth) return;
    const keys = Object.keys(v);
    keys.forEach((k, i) => {
      if (i > 0) offset++;
      let at = -1;
      if (!Array.isArray(v)) { at = offset; offset += utf8Length(JSON.stringify(k)) + 1; }
      walk(v[k], join(pointer, wellFormed(k)), at, depth + 1);
    });
    offset++;
  };
  walk(event, "", -1, 1);
  return places;
}
