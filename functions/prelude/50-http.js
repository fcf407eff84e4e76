// fetch and its classes, as node-fetch 2.6.0 has them: that is what Segment gives its
// functions, and it is not the web's.
//
// Source: segment.com/docs/connections/functions/environment/

const illegalName = /[^\^_`a-zA-Z\-0-9!#$%&'*+.|~]/;
const illegalValue = /[^\t\x20-\x7e\x80-\xff]/;

function headerName(name) {
  name = `${name}`;
  if (illegalName.test(name) || name === "") throw new TypeError(`${name} is not a legal HTTP header name`);
  return name;
}

function headerValue(value) {
  value = `${value}`;
  if (illegalValue.test(value)) throw new TypeError(`${value} is not a legal HTTP header value`);
  return value;
}

const headerMap = Symbol("map");

// key returns the spelling under which a header is kept.
function headerKey(map, name) {
  name = name.toLowerCase();
  for (const key in map) if (key.toLowerCase() === name) return key;
  return undefined;
}

class Headers {
  constructor(init = undefined) {
    define(this, headerMap, create(null));
    if (init instanceof Headers) {
      const raw = init.raw();
      for (const name of keys(raw)) for (const value of raw[name]) this.append(name, value);
      return;
    }
    if (init === null || init === undefined) return;
    if (typeof init !== "object") throw new TypeError("Provided initializer must be an object");
    const method = init[Symbol.iterator];
    if (method === null || method === undefined) {
      for (const name of keys(init)) this.append(name, init[name]);
      return;
    }
    if (typeof method !== "function") throw new TypeError("Header pairs must be iterable");
    const pairs = [];
    for (const pair of init) {
      if (typeof pair !== "object" || typeof pair[Symbol.iterator] !== "function") throw new TypeError("Each header pair must be iterable");
      pairs.push([...pair]);
    }
    for (const pair of pairs) {
      if (pair.length !== 2) throw new TypeError("Each header pair must be a name/value tuple");
      this.append(pair[0], pair[1]);
    }
  }
  get(name) {
    const key = headerKey(this[headerMap], headerName(name));
    return key === undefined ? null : this[headerMap][key].join(", ");
  }
  forEach(callback, thisArg = undefined) {
    for (const [name, value] of headerPairs(this)) apply(callback, thisArg, [value, name, this]);
  }
  set(name, value) {
    name = headerName(name);
    value = headerValue(value);
    const key = headerKey(this[headerMap], name);
    this[headerMap][key !== undefined ? key : name] = [value];
  }
  append(name, value) {
    name = headerName(name);
    value = headerValue(value);
    const key = headerKey(this[headerMap], name);
    if (key !== undefined) this[headerMap][key].push(value);
    else this[headerMap][name] = [value];
  }
  has(name) { return headerKey(this[headerMap], headerName(name)) !== undefined; }
  delete(name) {
    const key = headerKey(this[headerMap], headerName(name));
    if (key !== undefined) delete this[headerMap][key];
  }
  raw() {
    const raw = {};
    for (const key in this[headerMap]) raw[key] = this[headerMap][key].slice();
    return raw;
  }
  *keys() { for (const [name] of headerPairs(this)) yield name; }
  *values() { for (const [, value] of headerPairs(this)) yield value; }
  *entries() { yield* headerPairs(this); }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return "Headers"; }
}
for (const name of ["get", "forEach", "set", "append", "has", "delete", "keys", "values", "entries"]) defineProperty(Headers.prototype, name, { enumerable: true });

// headerPairs sorts by the names as they were spelled, and gives them in lower case.
function headerPairs(headers) {
  const map = headers[headerMap];
  return keys(map).sort().map((key) => [key.toLowerCase(), map[key].join(", ")]);
}

class FetchError extends Error {
  constructor(message, type, code) {
    super();
    this.message = message; // one of its keys, as with node-fetch
    this.type = type;
    if (code) this.code = this.errno = code;
  }
}
FetchError.prototype.name = "FetchError";

const bodyState = Symbol("body");

// bodyFrom is the body as it is sent: null, a text, bytes, or a form.
function bodyFrom(body) {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return body;
  if (isParams(body)) return body.toString();
  if (body instanceof FormData) return body;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return bytesOf(body);
  if (body instanceof Stream) return body;
  return String(body);
}

function isParams(body) { return typeof body === "object" && !!loadedUrls && body instanceof loadedUrls.URLSearchParams; }

function contentTypeOf(body) {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return "text/plain;charset=UTF-8";
  if (isParams(body)) return "application/x-www-form-urlencoded;charset=UTF-8";
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return null;
  if (typeof body.getBoundary === "function") return `multipart/form-data;boundary=${body.getBoundary()}`;
  if (body instanceof Stream) return null;
  return "text/plain;charset=UTF-8";
}

// whole returns a body as a text or as bytes.
function whole(body) {
  if (body instanceof FormData) return body.getBuffer();
  if (body instanceof Stream) throw new TypeError("a stream cannot be a body here; give the text or a Buffer");
  return body === null ? "" : body;
}

class Body {
  constructor(body, { size = 0, timeout = 0 } = {}) {
    define(this, bodyState, { body: bodyFrom(body), used: false });
    this.size = size;
    this.timeout = timeout;
  }
  get body() {
    const { body } = this[bodyState];
    if (body === null || body instanceof Stream) return body;
    return this[bodyState].stream || (this[bodyState].stream = streamOf(this));
  }
  get bodyUsed() { return this[bodyState].used; }
  arrayBuffer() { return consume(this).then((b) => { const bytes = typeof b === "string" ? buffer().from(b) : b; return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength); }); }
  blob() { return NativePromise.reject(new TypeError("blob() is not available here; use buffer()")); }
  json() {
    return consume(this).then((b) => {
      const text = textOf(b);
      try { return JSON.parse(text); } catch (e) {
        throw new FetchError(`invalid json response body at ${this.url} reason: ${e.message}`, "invalid-json");
      }
    });
  }
  text() { return consume(this).then(textOf); }
  buffer() { return consume(this).then((b) => typeof b === "string" ? buffer().from(b) : buffer().from(b.buffer, b.byteOffset, b.byteLength)); }
  textConverted() { return this.text(); }
}
for (const name of ["body", "bodyUsed", "arrayBuffer", "blob", "json", "text"]) defineProperty(Body.prototype, name, { enumerable: true });

function consume(of) {
  const state = of[bodyState];
  if (state.used) return NativePromise.reject(new TypeError(`body used already for: ${of.url}`));
  state.used = true;
  try { return resolvePromise(whole(state.body)); } catch (e) { return NativePromise.reject(e); }
}

// streamOf lets a body be listened to, piped and iterated over.
function streamOf(of) {
  const stream = new Stream();
  const { on } = EventEmitter.prototype;
  let started = false;
  const chunk = () => { of[bodyState].used = true; const b = whole(of[bodyState].body); return buffer().from(b); };
  stream.on = stream.addListener = function (name, f) {
    apply(on, this, [name, f]);
    if (!started && (name === "data" || name === "end")) {
      started = true;
      after(0, () => { const b = chunk(); if (b.length) this.emit("data", b); this.emit("end"); this.emit("close"); });
    }
    return this;
  };
  stream[Symbol.asyncIterator] = async function* () { const b = chunk(); if (b.length) yield b; };
  return stream;
}

const responseState = Symbol("response");
const statusTexts = {
  100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints", 200: "OK", 201: "Created", 202: "Accepted",
  203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content", 206: "Partial Content", 207: "Multi-Status",
  208: "Already Reported", 226: "IM Used", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other",
  304: "Not Modified", 305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
  401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
  406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
  411: "Length Required", 412: "Precondition Failed", 413: "Payload Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
  416: "Range Not Satisfiable", 417: "Expectation Failed", 418: "I'm a Teapot", 421: "Misdirected Request",
  422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency", 425: "Too Early", 426: "Upgrade Required",
  428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
  503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported", 506: "Variant Also Negotiates",
  507: "Insufficient Storage", 508: "Loop Detected", 509: "Bandwidth Limit Exceeded", 510: "Not Extended",
  511: "Network Authentication Required",
};

class Response extends Body {
  constructor(body = null, opts = {}) {
    super(body, opts);
    const status = opts.status || 200;
    const headers = new Headers(opts.headers);
    if (body !== null && body !== undefined && !headers.has("Content-Type")) {
      const type = contentTypeOf(body);
      if (type) headers.append("Content-Type", type);
    }
    define(this, responseState, { url: opts.url, status, statusText: opts.statusText || statusTexts[status], headers, counter: opts.counter });
  }
  get url() { return this[responseState].url || ""; }
  get status() { return this[responseState].status; }
  get ok() { return this.status >= 200 && this.status < 300; }
  get redirected() { return this[responseState].counter > 0; }
  get statusText() { return this[responseState].statusText; }
  get headers() { return this[responseState].headers; }
  clone() {
    const { used, body } = this[bodyState];
    if (used) throw new NativeError("cannot clone body after it is used");
    return new Response(body, { ...this[responseState] });
  }
  get [Symbol.toStringTag]() { return "Response"; }
}
for (const name of ["url", "status", "ok", "redirected", "statusText", "headers", "clone"]) defineProperty(Response.prototype, name, { enumerable: true });

const requestState = Symbol("request");

class Request extends Body {
  constructor(input, init = {}) {
    const from = typeof input === "object" && input !== null && input[requestState] ? input : undefined;
    const url = from ? legacyParse(from.url) : legacyParse(input && input.href ? input.href : `${input}`);
    const base = from || {};
    const method = (init.method || base.method || "GET").toUpperCase();
    const given = init.body !== undefined && init.body !== null ? init.body : from ? from[bodyState].body : null;
    if (given !== null && (method === "GET" || method === "HEAD")) throw new TypeError("Request with GET/HEAD method cannot have body");
    super(given, { timeout: init.timeout || base.timeout || 0, size: init.size || base.size || 0 });
    const headers = new Headers(init.headers || base.headers || {});
    if (given !== null && !headers.has("Content-Type")) {
      const type = contentTypeOf(given);
      if (type) headers.append("Content-Type", type);
    }
    let signal = "signal" in init ? init.signal : from ? from.signal : null;
    if (signal !== null && signal !== undefined && typeof signal.aborted !== "boolean") throw new TypeError("Expected signal to be an instanceof AbortSignal");
    define(this, requestState, { method, redirect: init.redirect || base.redirect || "follow", headers, url, signal });
    this.follow = init.follow !== undefined ? init.follow : base.follow !== undefined ? base.follow : 20;
    this.compress = init.compress !== undefined ? init.compress : base.compress !== undefined ? base.compress : true;
    this.counter = init.counter || base.counter || 0;
    this.agent = init.agent || base.agent;
  }
  get method() { return this[requestState].method; }
  get url() { return legacyFormat(this[requestState].url); }
  get headers() { return this[requestState].headers; }
  get redirect() { return this[requestState].redirect; }
  get signal() { return this[requestState].signal; }
  clone() { return new Request(this); }
  get [Symbol.toStringTag]() { return "Request"; }
}
for (const name of ["method", "url", "headers", "redirect", "clone", "signal"]) defineProperty(Request.prototype, name, { enumerable: true });

function fetch(url, opts) {
  return new NativePromise((resolve, reject) => {
    const request = new Request(url, opts);
    const { url: parsed, headers, method, signal } = request[requestState];
    if (!parsed.protocol || !parsed.hostname) throw new TypeError("Only absolute URLs are supported");
    if (!/^https?:$/.test(parsed.protocol)) throw new TypeError("Only HTTP(S) protocols are supported");
    if (signal && signal.aborted) throw abortError();
    if (signal) signal.addEventListener("abort", () => reject(abortError()));
    const body = request[bodyState].body === null ? null : whole(request[bodyState].body);
    const answer = send(method, parsed, headers.raw(), body);
    const delay = answer.delay || 0;
    if (request.timeout && delay > request.timeout) {
      after(request.timeout, () => reject(new FetchError(`network timeout at: ${request.url}`, "request-timeout")));
      return;
    }
    after(delay, () => {
      try { arrived(request, answer, resolve, reject); } catch (e) { reject(e); }
    });
  });
}

function abortError() {
  const e = new NativeError("The user aborted a request.");
  e.type = "aborted";
  define(e, "name", "AbortError");
  return e;
}

// send hands a request to the host, which records and answers it.
function send(method, url, rawHeaders, body) {
  const path = url.path || "/";
  const illegal = /[^\u0021-\u00ff]/.exec(path);
  if (illegal) {
    const e = new TypeError("Request path contains unescaped characters");
    e.code = "ERR_UNESCAPED_CHARACTERS";
    throw e;
  }
  const headers = [];
  for (const name of keys(rawHeaders)) headers.push([name.toLowerCase(), rawHeaders[name].join(", ")]);
  if (url.auth && !("authorization" in rawHeaders) && !keys(rawHeaders).some((n) => n.toLowerCase() === "authorization")) {
    headers.push(["authorization", "Basic " + toBase64(buffer().from(url.auth))]);
  }
  return ask("fetch", { method, url: `${url.protocol}//${url.host}${path}`, headers, body: crossing(body) });
}

// arrived makes a Response of an answer, or follows where it points.
function arrived(request, answer, resolve, reject) {
  if (answer.failure) {
    reject(new FetchError(`request to ${request.url} failed, reason: ${answer.failure}`, "system", answer.code));
    return;
  }
  const headers = new Headers();
  for (const [name, value] of answer.headers || []) if (!illegalName.test(name) && !illegalValue.test(value)) headers.append(name, value);
  const { status } = answer;
  if (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) {
    const location = headers.get("Location");
    const target = location === null ? null : legacyResolve(request.url, location);
    if (request.redirect === "error") {
      reject(new FetchError(`uri requested responds with a redirect, redirect mode is set to error: ${request.url}`, "no-redirect"));
      return;
    }
    if (request.redirect === "manual") {
      if (target !== null) headers.set("Location", target);
    } else if (target !== null) {
      if (request.counter >= request.follow) {
        reject(new FetchError(`maximum redirect reached at: ${request.url}`, "max-redirect"));
        return;
      }
      const next = { headers: new Headers(request.headers), follow: request.follow, counter: request.counter + 1, method: request.method, body: request[bodyState].body, signal: request.signal, timeout: request.timeout };
      if (status === 303 || (status === 301 || status === 302) && request.method === "POST") {
        next.method = "GET";
        next.body = undefined;
        next.headers.delete("content-length");
      }
      resolve(fetch(new Request(target, next)));
      return;
    }
  }
  const none = request.method === "HEAD" || status === 204 || status === 304;
  const body = none || !answer.body ? "" : answer.body.t !== undefined ? answer.body.t : fromBase64(answer.body.b);
  const response = new Response(null, { url: request.url, status, statusText: answer.statusText || statusTexts[status], headers, size: request.size, timeout: request.timeout, counter: request.counter });
  response[bodyState].body = body;
  resolve(response);
}
fetch.isRedirect = (code) => code === 301 || code === 302 || code === 303 || code === 307 || code === 308;
