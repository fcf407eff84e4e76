// The Segment object of source functions, and the errors that decide what becomes of an event.

class ValidationError extends Error {
  constructor(message) { super(message); this.name = this.constructor.name; }
}
class EventNotSupported extends Error {
  constructor(message) { super(message); this.name = this.constructor.name; }
}
class InvalidEventPayload extends Error {
  constructor(message) { super(message); this.name = this.constructor.name; }
}
class RetryError extends Error {
  constructor(message) { super(message); this.name = this.constructor.name; }
}
class DropEvent extends Error {
  constructor(message) { super(message); this.name = this.constructor.name; }
}

// required refuses a call that lacks a field. Only undefined and "" are lacking: null
// and 0 pass, as in Segment's own open-source runtime.
function required(call, field) {
  notNothing(call, field);
  if (call[field] === undefined || call[field] === "") throw new ValidationError(`${field} is required but not defined`);
}

// notNothing words, as V8 does, that a field of nothing was asked for.
function notNothing(call, field) {
  if (call === undefined || call === null) throw new TypeError(`Cannot read properties of ${call} (reading '${field}')`);
}

// copyFields takes over the fields that are truthy: "", 0 and null vanish.
function copyFields(to, from, fields) {
  notNothing(from, fields[0]);
  for (const field of fields) if (from[field]) to[field] = from[field];
  return to;
}

const commonFields = ["userId", "anonymousId", "context", "integrations", "messageId", "sentAt", "timestamp"];

// common adds the fields that every call has. They are copied deep, while properties
// and traits stay the caller's own objects.
function common(to, call) {
  if (!call.userId && !call.anonymousId) throw new ValidationError("One of userId,anonymousId is required but not defined");
  for (const field of commonFields) if (call[field]) to[field] = deepCopy(call[field], new NativeMap());
  return to;
}

// deepCopy copies arrays, plain objects, buffers and typed arrays, and keeps all else by
// reference, as lodash's merge does with a target that has nothing yet.
function deepCopy(v, seen) {
  if (typeof v !== "object" || v === null) return v;
  if (seen.has(v)) return seen.get(v);
  let copy;
  if (isArray(v)) copy = [];
  else if (ArrayBuffer.isView(v) && !(v instanceof DataView)) return v.slice ? (globalBuffer(v) || new v.constructor(v)) : v;
  else if (isPlain(v)) {
    const constructor = v.constructor;
    const proto = getPrototypeOf(v);
    copy = typeof constructor === "function" && proto !== null ? create(proto) : {};
  } else return v;
  seen.set(v, copy);
  // A hole of an array becomes undefined, and inherited fields come along too.
  if (isArray(v)) for (let i = 0; i < v.length; i++) copy[i] = deepCopy(v[i], seen);
  for (const key in v) {
    if (key === "__proto__" || isArray(v) && own(copy, key)) continue;
    copy[key] = deepCopy(v[key], seen);
  }
  return copy;
}

// globalBuffer copies a Buffer as a Buffer; undefined for any other view.
function globalBuffer(v) {
  return loadedBuffer && v instanceof loadedBuffer ? loadedBuffer.from(v) : undefined;
}
let loadedBuffer;

const objectTag = objectPrototype.toString;
const functionText = Function.prototype.toString;
const objectText = apply(functionText, Object, []);

function isPlain(v) {
  const tag = apply(objectTag, v, []);
  if (tag === "[object Arguments]") return true;
  if (tag !== "[object Object]") return false;
  const proto = getPrototypeOf(v);
  if (proto === null) return true;
  const made = own(proto, "constructor") && proto.constructor;
  return typeof made === "function" && made instanceof made && apply(functionText, made, []) === objectText;
}

// room refuses a call when the invocation has emitted more than it may.
const Segment = {
  events: [],
  objects: [],
  set(call) {
    required(call, "collection");
    required(call, "id");
    const object = copyFields({ collection: call.collection, id: call.id }, call, ["properties"]);
    this.objects.push(object);
    emitted();
    return object;
  },
  identify(call) { return emit(this, common(copyFields({ type: "identify" }, call, ["traits"]), call)); },
  track(call) {
    required(call, "event");
    return emit(this, common(copyFields({ type: "track", event: call.event }, call, ["properties"]), call));
  },
  page(call) { return emit(this, common(copyFields({ type: "page" }, call, ["name", "properties"]), call)); },
  screen(call) { return emit(this, common(copyFields({ type: "screen" }, call, ["name", "properties"]), call)); },
  group(call) {
    required(call, "groupId");
    return emit(this, common(copyFields({ type: "group", groupId: call.groupId }, call, ["traits"]), call));
  },
  alias(call) {
    required(call, "previousId");
    return emit(this, common(copyFields({ type: "alias" }, call, ["previousId"]), call));
  },
};

// emit records an event. It uses this, as Segment does, so that a method taken off the
// object fails here too.
function emit(segment, event) {
  segment.events.push(event);
  emitted();
  return event;
}

// emitted holds an invocation to the number of events and objects that we keep.
function emitted() {
  if (Segment.events.length + Segment.objects.length > limits.emitted) throw limit("output", `more than ${limits.emitted} events and objects in one run`);
}
