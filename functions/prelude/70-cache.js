// The cache of an instance, and what Node has that a run may allow.
//
// Source: segment.com/docs/connections/functions/environment/#caching

const cached = new NativeMap();

// A load that is under way is joined by others of the same key, and what fails is not
// kept: the documentation says neither.
const cache = {
  load(key, ttl, make) {
    if (typeof ttl === "function") { make = ttl; ttl = -1; }
    if (typeof make !== "function") return NativePromise.reject(new TypeError("cache.load wants a function that makes the value"));
    const held = cached.get(key);
    if (held && (held.until === -1 || now() < held.until)) return held.value;
    const entry = { until: -1, value: undefined };
    entry.value = (async () => make())();
    cached.set(key, entry);
    apply(then, entry.value, [
      () => { if (ttl !== undefined && ttl !== null && ttl !== -1) entry.until = now() + ttl; },
      () => { if (cached.get(key) === entry) cached.delete(key); },
    ]);
    return entry.value;
  },
  delete(key) { cached.delete(key); },
};

class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { const b = buffer().from("" + text); return new Uint8Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.length)); }
}

class TextDecoder {
  constructor(label = "utf-8") {
    if (!/^(utf-?8|unicode-1-1-utf-8)$/i.test(label)) throw new RangeError(`The "${label}" encoding is not supported`);
  }
  get encoding() { return "utf-8"; }
  decode(bytes) { const text = bytes === undefined ? "" : textOf(bytes); return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text; }
}

class AbortSignal extends EventEmitter {
  constructor() { super(); this.aborted = false; this.reason = undefined; this.onabort = null; }
  addEventListener(name, f) { this.on(name, f); }
  removeEventListener(name, f) { this.removeListener(name, f); }
  throwIfAborted() { if (this.aborted) throw this.reason; }
  static abort(reason) { const c = new AbortController(); c.abort(reason); return c.signal; }
  static timeout(ms) { const c = new AbortController(); after(ms, () => c.abort(abortReason("TimeoutError", "The operation was aborted due to timeout"))); return c.signal; }
}

class AbortController {
  constructor() { this.signal = new AbortSignal(); }
  abort(reason) {
    const { signal } = this;
    if (signal.aborted) return;
    signal.aborted = true;
    signal.reason = reason === undefined ? abortReason("AbortError", "This operation was aborted") : reason;
    const event = { type: "abort", target: signal };
    if (typeof signal.onabort === "function") signal.onabort(event);
    signal.emit("abort", event);
  }
}

function abortReason(name, message) {
  const e = new NativeError(message);
  define(e, "name", name);
  return e;
}

// clone copies what structuredClone copies, as far as functions pass it on.
function clone(v, seen) {
  if (typeof v === "function" || typeof v === "symbol") {
    const e = new NativeError(`${String(v)} could not be cloned.`);
    define(e, "name", "DataCloneError");
    throw e;
  }
  if (typeof v !== "object" || v === null) return v;
  if (seen.has(v)) return seen.get(v);
  const keep = (copy) => { seen.set(v, copy); return copy; };
  if (v instanceof NativeDate) return keep(new NativeDate(v.getTime()));
  if (v instanceof RegExp) return keep(new RegExp(v.source, v.flags));
  if (v instanceof ArrayBuffer) return keep(v.slice(0));
  if (ArrayBuffer.isView(v)) return keep(new Uint8Array(bytesOf(v)));
  if (v instanceof NativeMap) { const m = keep(new NativeMap()); for (const [k, x] of v) m.set(clone(k, seen), clone(x, seen)); return m; }
  if (v instanceof Set) { const s = keep(new Set()); for (const x of v) s.add(clone(x, seen)); return s; }
  if (v instanceof NativeError) { const e = keep(create(getPrototypeOf(v))); define(e, "message", v.message); define(e, "stack", v.stack); return e; }
  const copy = keep(isArray(v) ? new Array(v.length) : {});
  for (const key of keys(v)) copy[key] = clone(v[key], seen);
  return copy;
}
