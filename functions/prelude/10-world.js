// The world that a function sees: the language of Node 20, a clock of ours, time in UTC.

// What the prelude itself calls is taken now: a function may replace any of it.
const { parse, stringify } = JSON;
const { create, defineProperty, keys, assign, getPrototypeOf, setPrototypeOf, prototype: objectPrototype } = Object;
const { isArray } = Array;
const { floor, min, max } = Math;
const { fromCharCode } = String;
const { construct, apply } = Reflect;
const { hasOwnProperty } = objectPrototype;
const globalEval = eval;
const NativePromise = Promise;
const NativeMap = Map;
const NativeError = Error;
const NativeSyntaxError = SyntaxError;
const resolvePromise = (v) => NativePromise.resolve(v);
const then = NativePromise.prototype.then;
const own = (o, k) => apply(hasOwnProperty, o, [k]);

// define gives the function a global, or a member of one, as the language gives its own:
// writable, and not seen by for...in.
function define(target, name, value) {
  defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

// expose gives the function a global of Segment's, which for...in sees.
function expose(target, name, value) {
  defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
}

// lazily exposes a global that is made when it is first read. The libraries look for
// globals of their own names while they are loaded: they find none.
let loading = 0;
function lazily(target, name, make) {
  defineProperty(target, name, {
    get() {
      if (loading) return undefined;
      const v = make();
      expose(target, name, v);
      return v;
    },
    set(v) { expose(target, name, v); },
    configurable: true,
    enumerable: true,
  });
}

// What this engine has and Node 20 has not, so that a function that asks for it gets
// here the answer that it gets at Segment.
function hideNewerThanNode20() {
  const all = globalThis;
  const newer = {
    Error: ["isError"], Object: ["groupBy"], Map: ["groupBy"], Math: ["f16round", "sumPrecise"],
    RegExp: ["escape"], JSON: ["rawJSON", "isRawJSON"], Atomics: ["pause"], Promise: ["try", "withResolvers"],
    Uint8Array: ["fromBase64", "fromHex"], Iterator: null, Float16Array: null, InternalError: null,
  };
  const newerMethods = {
    Map: ["getOrInsert", "getOrInsertComputed"], WeakMap: ["getOrInsert", "getOrInsertComputed"],
    Set: ["union", "intersection", "difference", "symmetricDifference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"],
    ArrayBuffer: ["detached", "transfer", "transferToFixedLength"],
    Uint8Array: ["toBase64", "toHex", "setFromBase64", "setFromHex"],
    DataView: ["getFloat16", "setFloat16"], Function: ["fileName", "lineNumber", "columnNumber"],
  };
  if (all.InternalError) {
    // V8 throws a RangeError when the stack overflows; here it is an InternalError.
    const proto = all.InternalError.prototype;
    setPrototypeOf(proto, RangeError.prototype);
    delete proto.name;
    delete proto.constructor;
  }
  for (const name of keys(newer)) {
    if (newer[name] === null) delete all[name];
    else for (const member of newer[name]) delete all[name][member];
  }
  for (const name of keys(newerMethods)) {
    for (const member of newerMethods[name]) delete all[name].prototype[member];
  }
  if (!NativeError.captureStackTrace) {
    define(NativeError, "captureStackTrace", function captureStackTrace(target) {
      define(target, "stack", new NativeError().stack);
    });
    NativeError.stackTraceLimit = 10;
  }
}

// The clock. Waiting costs nothing: when nothing else is to be done, time jumps to the
// next timer. skipped is how far it has jumped, in milliseconds.
const NativeDate = Date;
const nativeNow = NativeDate.now;
const clock = { skipped: 0, frozen: false, start: null };

// A loop that waits for time to pass reads the clock over and over: time that is ours moves
// a little with that, unless it is frozen.
let clockReadings = 0;

function now() {
  if (clock.start === null) return nativeNow() + floor(clock.skipped);
  if (!clock.frozen && ++clockReadings % 1000 === 0) clock.skipped++;
  return clock.frozen ? clock.start : clock.start + floor(clock.skipped);
}

// A date whose text names no zone is local time, and local time is UTC at Segment.
const hasZone = /(?:Z|GMT|UTC|UT|[ECMP][SD]T|[+-]\d\d:?\d\d)\s*(?:\([^)]*\)\s*)?$/i;
const dateOnly = /^\s*[+-]?\d{4,6}(?:-\d\d(?:-\d\d)?)?\s*$/;

function parseDate(text) {
  const at = NativeDate.parse(text);
  if (at !== at || hasZone.test(text) || dateOnly.test(text)) return at;
  const d = new NativeDate(at);
  const g = nativeDateMethods;
  return NativeDate.UTC(apply(g.getFullYear, d, []), apply(g.getMonth, d, []), apply(g.getDate, d, []),
    apply(g.getHours, d, []), apply(g.getMinutes, d, []), apply(g.getSeconds, d, []), apply(g.getMilliseconds, d, []));
}

const nativeDateMethods = {};
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const pad = (n, width) => { let s = "" + n; while (s.length < width) s = "0" + s; return s; };

function FunctionDate(...args) {
  if (!new.target) return new FunctionDate().toString();
  let given = args;
  if (args.length === 0) given = [now()];
  else if (args.length > 1) given = [apply(NativeDate.UTC, NativeDate, args)];
  else if (typeof args[0] === "string") given = [parseDate(args[0])];
  else if (typeof args[0] === "object" && args[0] !== null && !(args[0] instanceof NativeDate)) {
    const primitive = toPrimitive(args[0]);
    given = [typeof primitive === "string" ? parseDate(primitive) : primitive];
  }
  return construct(NativeDate, given, new.target);
}

function toPrimitive(o) {
  const exotic = o[Symbol.toPrimitive];
  if (exotic !== undefined && exotic !== null) return apply(exotic, o, ["default"]);
  const value = o.valueOf();
  return typeof value === "object" ? "" + o : value;
}

// installClock puts the function's time in the place of the machine's. Local time is UTC
// whatever the machine's zone is, because a run must not depend on the machine.
function installClock() {
  const proto = NativeDate.prototype;
  for (const part of ["FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds", "Day"]) {
    nativeDateMethods["get" + part] = proto["get" + part];
    define(proto, "get" + part, proto["getUTC" + part]);
    if (part !== "Day") define(proto, "set" + part, proto["setUTC" + part]);
  }
  define(proto, "getTimezoneOffset", function getTimezoneOffset() { return this.getTime() * 0; });
  define(proto, "getYear", function getYear() { return this.getUTCFullYear() - 1900; });
  const year = (d) => { const y = d.getUTCFullYear(); return y < 0 ? "-" + pad(-y, 6) : pad(y, 4); };
  const dateText = (d) => `${days[d.getUTCDay()]} ${months[d.getUTCMonth()]} ${pad(d.getUTCDate(), 2)} ${year(d)}`;
  const timeText = (d) => `${pad(d.getUTCHours(), 2)}:${pad(d.getUTCMinutes(), 2)}:${pad(d.getUTCSeconds(), 2)} GMT+0000 (Coordinated Universal Time)`;
  const text = (name, make) => define(proto, name, { [name]() { return this.getTime() !== this.getTime() ? "Invalid Date" : make(this); } }[name]);
  text("toString", (d) => dateText(d) + " " + timeText(d));
  text("toDateString", dateText);
  text("toTimeString", timeText);
  define(FunctionDate, "name", "Date");
  defineProperty(FunctionDate, "name", { writable: false });
  defineProperty(FunctionDate, "length", { value: 7 });
  defineProperty(FunctionDate, "prototype", { value: proto, writable: false, enumerable: false });
  define(proto, "constructor", FunctionDate);
  define(FunctionDate, "now", { now() { return now(); } }.now);
  define(FunctionDate, "parse", { parse(s) { return parseDate("" + s); } }.parse);
  define(FunctionDate, "UTC", NativeDate.UTC);
  define(globalThis, "Date", FunctionDate);
}

// seedRandom has Math.random give the same numbers in every run (mulberry32).
function seedRandom(seed) {
  let state = seed >>> 0;
  define(Math, "random", { random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = state;
    t = imul(t ^ (t >>> 15), t | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  } }.random);
}
const { imul } = Math;

// Timers wait in virtual time, in the order of their due times, then of their making.
const timers = new NativeMap();
let timerCount = 0;

class Timeout {
  constructor(id) { define(this, "id", id); }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  refresh() { const t = timers.get(this.id); if (t) t.due = clock.skipped + t.delay; return this; }
  [Symbol.toPrimitive]() { return this.id; }
}

function startTimer(callback, delay, args, every) {
  if (typeof callback !== "function") {
    const e = new TypeError('The "callback" argument must be of type function. Received ' + (callback === null ? "null" : typeof callback));
    e.code = "ERR_INVALID_ARG_TYPE";
    throw e;
  }
  delay = +delay;
  if (!(delay >= 1 && delay <= 2147483647)) delay = 1;
  const id = ++timerCount;
  timers.set(id, { id, callback, delay, args, every, due: clock.skipped + delay });
  return new Timeout(id);
}

function stopTimer(t) {
  if (t instanceof Timeout) timers.delete(t.id);
  else if (typeof t === "number" || typeof t === "string") timers.delete(+t);
}

// nextTimer returns the timer that is due first, or undefined.
function nextTimer() {
  let first;
  for (const t of timers.values()) if (!first || t.due < first.due) first = t;
  return first;
}

function runTimer(t) {
  clock.skipped = max(clock.skipped, t.due);
  if (t.every) t.due = clock.skipped + t.delay;
  else timers.delete(t.id);
  apply(t.callback, undefined, t.args);
}

// after runs f in virtual time.
function after(delay, f) {
  const id = ++timerCount;
  timers.set(id, { id, callback: f, delay, args: [], every: false, due: clock.skipped + delay });
}

const timerGlobals = {
  setTimeout(callback, delay, ...args) { return startTimer(callback, delay, args, false); },
  setInterval(callback, delay, ...args) { return startTimer(callback, delay, args, true); },
  clearTimeout(t) { stopTimer(t); },
  clearInterval(t) { stopTimer(t); },
};
