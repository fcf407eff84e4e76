// Bytes, the bundled libraries, and what stands in for Node's modules inside them.

const nativeToBase64 = Uint8Array.prototype.toBase64;
const nativeFromBase64 = Uint8Array.fromBase64;
const base64Chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const base64Values = create(null);
for (let i = 0; i < 64; i++) base64Values[base64Chars[i]] = i;

function toBase64(bytes) {
  if (nativeToBase64) return apply(nativeToBase64, bytes, []);
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
    text += base64Chars[n >> 18] + base64Chars[(n >> 12) & 63] +
      (i + 1 < bytes.length ? base64Chars[(n >> 6) & 63] : "=") + (i + 2 < bytes.length ? base64Chars[n & 63] : "=");
  }
  return text;
}

function fromBase64(text) {
  if (nativeFromBase64) return apply(nativeFromBase64, Uint8Array, [text]);
  const bytes = [];
  let bits = 0, held = 0;
  for (const c of text) {
    const v = base64Values[c];
    if (v === undefined) continue;
    held = (held << 6) | v;
    bits += 6;
    if (bits >= 8) { bits -= 8; bytes.push((held >> bits) & 255); }
  }
  return new Uint8Array(bytes);
}

// The bytes and texts that cross to the host: {t: text} or {b: base64}.
function crossing(data, encoding) {
  if (data === undefined || data === null) return null;
  if (typeof data === "string") {
    if (encoding && !/^utf-?8$/i.test(encoding)) return { b: toBase64(buffer().from(data, encoding)) };
    return { t: data };
  }
  return { b: toBase64(bytesOf(data)) };
}

// bytesOf sees any kind of binary data as bytes.
function bytesOf(data) {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("The data argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received " + (data === null ? "null" : typeof data));
}

function bufferFrom(crossed) {
  if (crossed === null || crossed === undefined) return buffer().alloc(0);
  return crossed.t !== undefined ? buffer().from(crossed.t) : buffer().from(crossed.b, "base64");
}

function buffer() {
  if (loadedBuffer) return loadedBuffer;
  loadedBuffer = bundle("buffer");
  // The library is older than this encoding of Node's.
  const { from, isEncoding } = loadedBuffer, { toString } = loadedBuffer.prototype;
  const url = (encoding) => typeof encoding === "string" && encoding.toLowerCase() === "base64url";
  loadedBuffer.from = function (v, encoding, n) { return from(v, url(encoding) ? "base64" : encoding, n); };
  loadedBuffer.isEncoding = (encoding) => url(encoding) || isEncoding(encoding);
  loadedBuffer.prototype.toString = function (encoding, ...range) {
    if (!url(encoding)) return apply(toString, this, [encoding, ...range]);
    return apply(toString, this, ["base64", ...range]).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  };
  return loadedBuffer;
}

// Texts are decoded as UTF-8 is everywhere on the web.
function textOf(data) { return typeof data === "string" ? data : buffer().from(bytesOf(data)).toString("utf8"); }

// ask has the host do one thing, and throws what it could not do as Node would.
function ask(op, argument) {
  const answer = parse(host.call(op, stringify(argument)));
  if (answer.error) {
    if (answer.error.code === "SEGPROOF_OUTPUT") throw limit("output", answer.error.message);
    const e = new (answer.error.name === "TypeError" ? TypeError : answer.error.name === "RangeError" ? RangeError : NativeError)(answer.error.message);
    if (answer.error.code) e.code = answer.error.code;
    throw e;
  }
  return answer;
}

const nativeRandom = Math.random;
const bundles = create(null);

// bundle returns what one of the bundled libraries exports, loaded when it is first asked for.
function bundle(name) {
  if (bundles[name]) return bundles[name];
  host.call("bundle", name);
  const make = globalThis.__segproofBundle;
  delete globalThis.__segproofBundle;
  const module = { exports: {} };
  // A library that takes chance while it is loaded takes none of the function's.
  const chance = Math.random;
  Math.random = nativeRandom;
  loading++;
  try { apply(make, undefined, [nodeModule, module, module.exports, libraryProcess]); } finally { loading--; Math.random = chance; }
  return bundles[name] = module.exports;
}

// libraryProcess is process inside the libraries. A function has none.
const libraryProcess = {
  version: "v20.0.0", versions: { node: "20.0.0" }, env: {}, platform: "linux", argv: [],
  nextTick(f, ...args) { apply(then, resolvePromise(), [() => f(...args)]); },
};

const nodeModules = create(null);

// nodeModule is require inside the libraries. A function has none.
function nodeModule(name) {
  if (nodeModules[name]) return nodeModules[name];
  const make = nodeModuleMakers[name];
  if (!make) throw new NativeError(`the module ${name} is not there`);
  return nodeModules[name] = make();
}

const nodeModuleMakers = {
  buffer: () => ({ Buffer: buffer(), SlowBuffer: buffer() }),
  crypto: () => cryptoModule(),
  events: () => EventEmitter,
  http: () => httpModule("http:"),
  https: () => httpModule("https:"),
  querystring: () => ({ stringify: queryText, parse: parseQuery }),
  stream: () => Stream,
  string_decoder: () => ({ StringDecoder }),
  timers: () => ({ ...timerGlobals, setImmediate: (f, ...args) => startTimer(f, 0, args, false), clearImmediate: stopTimer }),
  url: () => ({ parse: legacyParse, format: (u) => typeof u === "string" ? legacyFormat(legacyParse(u)) : legacyFormat(u), URL: urls().URL, URLSearchParams: urls().URLSearchParams }),
  util: () => ({
    inherits(child, parent) { child.super_ = parent; setPrototypeOf(child.prototype, parent.prototype); },
    inspect: (...args) => bundle("inspect").inspect(...args),
    format: (...args) => bundle("inspect").format(...args),
  }),
};

function EventEmitter() { if (!this._listeners) define(this, "_listeners", new NativeMap()); }
EventEmitter.prototype = {
  on(name, f) {
    EventEmitter.call(this);
    if (!this._listeners.has(name)) this._listeners.set(name, []);
    this._listeners.get(name).push(f);
    return this;
  },
  once(name, f) {
    const g = (...args) => { this.removeListener(name, g); apply(f, this, args); };
    g.listener = f;
    return this.on(name, g);
  },
  removeListener(name, f) {
    const all = this._listeners && this._listeners.get(name);
    if (all) this._listeners.set(name, all.filter((g) => g !== f && g.listener !== f));
    return this;
  },
  removeAllListeners(name) {
    if (this._listeners) name === undefined ? this._listeners.clear() : this._listeners.delete(name);
    return this;
  },
  emit(name, ...args) {
    const all = this._listeners && this._listeners.get(name);
    if (!all || all.length === 0) {
      if (name === "error") throw args[0];
      return false;
    }
    for (const f of all.slice()) apply(f, this, args);
    return true;
  },
  listenerCount(name) { const all = this._listeners && this._listeners.get(name); return all ? all.length : 0; },
  listeners(name) { return ((this._listeners && this._listeners.get(name)) || []).slice(); },
  setMaxListeners() { return this; },
};
define(EventEmitter.prototype, "constructor", EventEmitter);
EventEmitter.prototype.addListener = EventEmitter.prototype.on;
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;
EventEmitter.EventEmitter = EventEmitter;

// Stream is enough of a stream to be inherited from, listened to and piped.
function Stream() { EventEmitter.call(this); }
Stream.prototype = create(EventEmitter.prototype);
define(Stream.prototype, "constructor", Stream);
Stream.prototype.pipe = function pipe(to) {
  this.on("data", (chunk) => to.write(chunk));
  this.on("end", () => to.end());
  return to;
};
Stream.Stream = Stream.Readable = Stream.Writable = Stream.Duplex = Stream.Transform = Stream.PassThrough = Stream;

function StringDecoder(encoding) { this.encoding = encoding || "utf8"; }
StringDecoder.prototype.write = function write(b) { return buffer().from(b).toString(this.encoding); };
StringDecoder.prototype.end = function end(b) { return b ? this.write(b) : ""; };

function queryText(o) {
  const pairs = [];
  const escape = (s) => encodeURIComponent(s);
  for (const k of keys(o || {})) for (const v of isArray(o[k]) ? o[k] : [o[k]]) pairs.push(escape(k) + "=" + escape(typeof v === "object" || v === undefined ? "" : "" + v));
  return pairs.join("&");
}

function parseQuery(text) {
  const o = create(null);
  if (!text) return o;
  const plain = (s) => { s = s.replace(/\+/g, " "); try { return decodeURIComponent(s); } catch { return s; } };
  for (const pair of text.split("&")) {
    if (!pair) continue;
    const at = pair.indexOf("=");
    const k = plain(at < 0 ? pair : pair.slice(0, at));
    const v = at < 0 ? "" : plain(pair.slice(at + 1));
    o[k] = k in o ? [].concat(o[k], v) : v;
  }
  return o;
}

// The versions of atob and btoa that Segment has are older than the web's: each character
// of btoa's text becomes one byte, and neither throws.
function btoa(text) {
  if (text instanceof Uint8Array) return toBase64(text);
  text = "" + text;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return toBase64(bytes);
}

function atob(text) { return buffer().from(text, "base64").toString("binary"); }
