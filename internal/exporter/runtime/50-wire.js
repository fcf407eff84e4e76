// What Segment would drop on ingest, and what the Segment Spec says of the names and
// identifiers of an event.

const callTypes = ["track", "identify", "page", "screen", "group", "alias"];
const nameKeyOf = { track: "event", page: "name", screen: "name" };
const bodyKeyOf = { track: "properties", page: "properties", screen: "properties", identify: "traits", group: "traits" };
const maxDepth = 64;
const maxLone = 5;
const maxEventBytes = 32 << 10;
const maxBodyBytes = 500 << 10;
const maxProperties = 10000;
const maxMessageIDChars = 100;
const consentEvent = "Segment Consent Preference Updated";

function unset(v) { return v === undefined || v === null; }

// guard looks for what would stop other readers: containers that nest too deep, and
// strings that no UTF-8 can say, in the order of the text. It reports whether there were none of
// the latter.
function guard(event, report) {
  let deep = false, repeated = 0;
  const lone = [];
  const walk = (v, p, depth) => {
    if (typeof v === "string") {
      if (lone.length < maxLone && loneSurrogate.test(v)) lone.push(wellFormed(textsOf(p).pointer));
      return;
    }
    if (v === null || typeof v !== "object") return;
    if (depth > maxDepth) {
      deep = true;
      report("too-deep", wellFormed(textsOf(p).pointer), "nested more than " + maxDepth + " deep");
      return;
    }
    const named = !Array.isArray(v), keys = Object.keys(v);
    // Names that differ in halves alone are one name to other readers.
    const names = named && keys.some((key) => loneSurrogate.test(key)) ? new Set() : undefined;
    for (const key of keys) {
      if (deep) return;
      const inside = below(p, key, "");
      if (names && names.has(wellFormed(key)) && repeated++ < maxLone) report("duplicate-key", wellFormed(textsOf(inside).pointer), "key " + JSON.stringify(shorten(wellFormed(key))) + " stands more than once in this object; readers keep the last");
      if (names) names.add(wellFormed(key));
      if (named && lone.length < maxLone && loneSurrogate.test(key)) lone.push(wellFormed(textsOf(inside).pointer));
      walk(v[key], inside, depth + 1);
    }
  };
  walk(event, root, 1);
  for (const pointer of lone) report("invalid-utf8", pointer, "the string holds half of a surrogate pair");
  return lone.length === 0;
}

// nestsTooDeep looks no deeper than an event may nest: what nests deeper could exhaust the
// stack of whoever goes on.
function nestsTooDeep(v, depth) {
  if (v === null || typeof v !== "object") return false;
  if (depth > maxDepth) return true;
  return Object.keys(v).some((key) => nestsTooDeep(v[key], depth + 1));
}

// sizeOf returns how many bytes an event has that nests too deep to be written as JSON; no
// more than the largest body is counted.
function sizeOf(event) {
  let size = 0;
  const rest = [event];
  while (rest.length > 0 && size < maxBodyBytes) {
    const v = rest.pop();
    if (v === null || typeof v !== "object") { size += utf8Length(String(JSON.stringify(v))); continue; }
    const keys = Object.keys(v);
    size += 2 + Math.max(0, keys.length - 1);
    for (const key of keys) {
      if (!Array.isArray(v)) size += utf8Length(JSON.stringify(key)) + 1;
      rest.push(v[key]);
    }
  }
  return size;
}

function checkWire(event, size, report) {
  const type = event.type;
  if (unset(type)) report("missing-type", "/type", "type is missing, want one of " + callTypes.join(", "));
  else if (!callTypes.includes(type)) report("invalid-type", "/type", "got " + describe(type) + ", want one of " + callTypes.join(", "));
  if (size > maxEventBytes) report("event-too-large", "", `event has ${size} bytes, want at most ${maxEventBytes}`);
  checkIdentifiers(event, report);
  if (type === "track") checkEventName(event, report);
  if (type === "page" || type === "screen") checkPageName(event, report);
  checkBodies(event, report);
  const id = event.messageId;
  if (typeof id === "string" && runes(id) >= maxMessageIDChars) report("message-id-too-long", "/messageId", `messageId has ${runes(id)} characters, want fewer than ${maxMessageIDChars}`);
  for (const field of ["originalTimestamp", "receivedAt", "sentAt", "timestamp"]) {
    const v = event[field];
    if (!unset(v) && !(typeof v === "string" && isTimestamp(v))) report("timestamp-not-iso8601", "/" + field, "got " + describe(v) + ", want an ISO 8601 date and time with its zone");
  }
  if (type === "track" && event.event === consentEvent) checkConsent(event, report);
  const device = isObject(event.context) && isObject(event.context.device) ? event.context.device : {};
  if (!unset(device.advertisingId) && typeof device.advertisingId !== "string") report("device-advertisingid-should-be-string", "/context/device/advertisingId", "got " + describe(device.advertisingId) + ", want a string");
}

function checkIdentifiers(event, report) {
  for (const name of ["userId", "anonymousId", "groupId", "previousId"]) {
    const id = event[name];
    if (!unset(id) && !(typeof id === "string" && id !== "")) report("id-not-string", "/" + name, typeof id === "string" ? name + " is empty, want a non-empty string" : "got " + describe(id) + ", want a non-empty string");
  }
  if (unset(event.userId) && unset(event.anonymousId) && event.type !== "alias") report("no-user-anon-id", "/userId", "neither userId nor anonymousId is there, want at least one");
  for (const name of event.type === "group" ? ["groupId"] : event.type === "alias" ? ["previousId", "userId"] : []) {
    if (unset(event[name])) report("id-required", "/" + name, `${name} is missing, want a non-empty string: ${event.type} needs it`);
  }
  if (event.type === "alias" && typeof event.userId === "string" && event.userId !== "" && event.userId === event.previousId) report("alias-to-self", "/previousId", "previousId and userId are both " + JSON.stringify(shorten(event.userId)) + ", want two different users");
}

function checkEventName(event, report) {
  if (unset(event.event)) report("event-not-defined", "/event", "event is missing, want the name of the event");
  else if (event.event === "") report("event-not-defined", "/event", "event is empty, want the name of the event");
  else if (typeof event.event !== "string") report("event-not-string", "/event", "got " + describe(event.event) + ", want a string");
}

function checkPageName(event, report) {
  for (const [name, rule] of [["category", "category-not-string"], ["name", "name-not-string"]]) {
    const v = event[name];
    if (unset(v)) continue;
    if (v === "") report(rule, "/" + name, name + " is empty, want a non-empty string");
    else if (typeof v !== "string") report(rule, "/" + name, "got " + describe(v) + ", want a string");
  }
}

function checkBodies(event, report) {
  for (const [name, rule] of [["properties", "properties-not-object"], ["traits", "traits-not-object"]]) {
    const v = event[name];
    if (unset(v)) continue;
    if (!isObject(v)) report(rule, "/" + name, "got " + describe(v) + ", want an object");
    else if (Object.keys(v).length > maxProperties) report("too-many-properties", "/" + name, `${name} has ${Object.keys(v).length} members, want at most ${maxProperties}`);
  }
}

function checkConsent(event, report) {
  const at = "/context/consent/categoryPreferences";
  const consent = isObject(event.context) && isObject(event.context.consent) ? event.context.consent : {};
  const preferences = consent.categoryPreferences;
  if (unset(preferences)) report("consent-categorypreferences-should-exist", at, "context.consent.categoryPreferences is missing, want an object of booleans");
  else if (!isObject(preferences)) report("consent-categorypreferences-fields-should-be-object", at, "got " + describe(preferences) + ", want an object of booleans");
  else {
    for (const category of Object.keys(preferences).sort(order)) {
      if (typeof preferences[category] !== "boolean") report("consent-categorypreferences-fields-should-be-bool", join(at, category), "got " + describe(preferences[category]) + ", want true or false");
    }
  }
  if (has(consent, "version") && typeof consent.version !== "number") report("consent-version-should-be-number", "/context/consent/version", "got " + describe(consent.version) + ", want a number");
}

const zone = "(?:Z|[+-]([0-9]{2})(?::?([0-9]{2}))?)";
const extendedTime = new RegExp(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?${zone})?$`);
const basicTime = new RegExp(`^([0-9]{8})(?:T([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:[.,][0-9]+)?)?${zone})?$`);

// isTimestamp reports whether a text is an ISO 8601 day, or day and time with a zone.
function isTimestamp(text) {
  const s = text.toUpperCase();
  const m = extendedTime.exec(s) || basicTime.exec(s);
  if (!m) return false;
  const day = m[1].replace(/-/g, "");
  const upTo = (group, most) => group === undefined || group <= most;
  return isDate(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`) && upTo(m[2], "23") && upTo(m[3], "59") && upTo(m[4], "60") && upTo(m[5], "23") && upTo(m[6], "59");
}
