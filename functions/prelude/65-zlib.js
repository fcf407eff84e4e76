// Node's zlib and https modules, as far as functions use them.

function zlibModule() {
  const zlib = {};
  const ways = { deflate: "deflate", inflate: "inflate", gzip: "gzip", gunzip: "gunzip", deflateRaw: "deflateRaw", inflateRaw: "inflateRaw", unzip: "unzip" };
  for (const name of keys(ways)) {
    const sync = (data, options) => {
      if (typeof data !== "string" && !ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) {
        const e = new TypeError('The "buffer" argument must be of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer. Received ' + described(data));
        e.code = "ERR_INVALID_ARG_TYPE";
        throw e;
      }
      return out(ask("zlib", { way: ways[name], data: crossing(data), level: options && options.level }));
    };
    zlib[name + "Sync"] = sync;
    // With a callback, as Node; without one it gives a promise, as Segment's pages use it.
    zlib[name] = (data, options, callback) => {
      if (typeof options === "function") { callback = options; options = undefined; }
      let answer, error = null;
      try { answer = sync(data, options); } catch (e) {
        if (e.code === "ERR_INVALID_ARG_TYPE") throw e;
        error = e;
      }
      if (typeof callback === "function") {
        after(0, () => error ? callback(error) : callback(null, answer));
        return;
      }
      return error ? NativePromise.reject(error) : resolvePromise(answer);
    };
  }
  zlib.constants = { Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_NO_FLUSH: 0, Z_SYNC_FLUSH: 2, Z_FINISH: 4 };
  assign(zlib, zlib.constants);
  for (const name of ["createGzip", "createGunzip", "createDeflate", "createInflate", "brotliCompressSync", "brotliDecompressSync"]) {
    zlib[name] = () => { throw notHere("zlib." + name); };
  }
  return zlib;
}

class ClientRequest extends Stream {
  constructor(defaultProtocol, url, options, callback) {
    super();
    if (typeof options === "function") { callback = options; options = undefined; }
    let o = {};
    if (typeof url === "string") o = fromAddress(new (urls().URL)(url));
    else if (url && url.href && url.searchParams) o = fromAddress(url);
    else o = { ...url };
    o = { ...o, ...(options || {}) };
    const protocol = o.protocol || defaultProtocol;
    const name = o.hostname || (o.host || "localhost").replace(/:\d+$/, "");
    const port = o.port || (/:(\d+)$/.exec(o.host || "") || [])[1];
    const usual = protocol === "https:" ? 443 : 80;
    define(this, "_o", { protocol, host: name + (port && +port !== usual ? ":" + port : ""), path: o.path || "/", method: (o.method || "GET").toUpperCase(), auth: o.auth, chunks: [], headers: create(null), sent: false, dead: false });
    for (const h of keys(o.headers || {})) this.setHeader(h, o.headers[h]);
    if (callback) this.once("response", callback);
  }
  get method() { return this._o.method; }
  get path() { return this._o.path; }
  setHeader(name, value) { this._o.headers[name.toLowerCase()] = [].concat(value).map(headerValue); }
  getHeader(name) { const v = this._o.headers[name.toLowerCase()]; return v && (v.length === 1 ? v[0] : v); }
  removeHeader(name) { delete this._o.headers[name.toLowerCase()]; }
  write(chunk, encoding) { this._o.chunks.push(typeof chunk === "string" ? buffer().from(chunk, typeof encoding === "string" ? encoding : undefined) : buffer().from(bytesOf(chunk))); return true; }
  setTimeout(ms, callback) { this._o.timeout = ms; if (callback) this.once("timeout", callback); return this; }
  setNoDelay() {}
  setSocketKeepAlive() {}
  flushHeaders() {}
  abort() { this.destroy(); }
  destroy(error) {
    if (this._o.dead) return this;
    this._o.dead = true;
    const reason = error || finished("socket hang up", "ECONNRESET");
    after(0, () => { this.emit("error", reason); this.emit("close"); });
    return this;
  }
  end(chunk, encoding, callback) {
    const o = this._o;
    if (typeof chunk === "function") { callback = chunk; chunk = undefined; }
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    if (o.sent) return this;
    o.sent = true;
    const body = o.chunks.length ? buffer().concat(o.chunks) : null;
    const plain = body && body.toString("utf8");
    const answer = send(o.method, { protocol: o.protocol, host: o.host, path: o.path, auth: o.auth }, o.headers, body && buffer().from(plain).equals(body) ? plain : body);
    if (o.timeout && answer.delay > o.timeout) after(o.timeout, () => { if (!o.dead) this.emit("timeout"); });
    after(answer.delay || 0, () => { if (!o.dead) this._answered(answer); });
    return this;
  }
  _answered(answer) {
    if (answer.failure) {
      this.emit("error", finished(answer.failure, answer.code || "ECONNRESET"));
      return;
    }
    this.emit("response", new IncomingMessage(answer));
  }
}

// IncomingMessage gives its data when somebody listens, as Node's does.
class IncomingMessage extends Stream {
  constructor(answer) {
    super();
    this.statusCode = answer.status;
    this.statusMessage = answer.statusText || statusTexts[answer.status] || "";
    this.httpVersion = "1.1";
    this.headers = {};
    this.rawHeaders = [];
    for (const [name, value] of answer.headers || []) {
      const key = name.toLowerCase();
      this.headers[key] = key in this.headers ? `${this.headers[key]}, ${value}` : value;
      this.rawHeaders.push(name, value);
    }
    define(this, "_body", bufferFrom(answer.body));
    define(this, "_flows", false);
  }
  setEncoding(encoding) { define(this, "_encoding", encoding); return this; }
  on(name, f) {
    super.on(name, f);
    if (name === "data" || name === "end") this.resume();
    return this;
  }
  resume() {
    if (this._flows) return this;
    define(this, "_flows", true);
    after(0, () => {
      this.complete = true;
      if (this._body.length) this.emit("data", this._encoding ? this._body.toString(this._encoding) : this._body);
      this.emit("end");
      this.emit("close");
    });
    return this;
  }
  pause() { return this; }
  destroy() { return this; }
  async *[Symbol.asyncIterator]() { if (this._body.length) yield this._encoding ? this._body.toString(this._encoding) : this._body; }
}
IncomingMessage.prototype.addListener = IncomingMessage.prototype.on;

function fromAddress(u) {
  return { protocol: u.protocol, hostname: u.hostname, port: u.port, path: u.pathname + u.search, auth: u.username ? `${decodeURIComponent(u.username)}:${decodeURIComponent(u.password)}` : undefined };
}

function httpModule(protocol) {
  const request = (url, options, callback) => new ClientRequest(protocol, url, options, callback);
  const get = (url, options, callback) => { const r = request(url, options, callback); r.end(); return r; };
  class Agent { constructor(options) { this.options = options || {}; } destroy() {} }
  return { request, get, Agent, globalAgent: new Agent(), ClientRequest, IncomingMessage, STATUS_CODES: { ...statusTexts } };
}
