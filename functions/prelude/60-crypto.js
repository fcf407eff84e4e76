// Node's crypto module, as far as functions use it. The host does the arithmetic.

let loadedCrypto;
function cryptoModule() { return loadedCrypto || (loadedCrypto = makeCrypto()); }

// given is an argument as it crosses: texts, bytes, and keys.
function given(data, encoding) {
  return data instanceof KeyObject ? crossing(data[keyBytes]) : crossing(data, encoding);
}

// out gives bytes in the encoding that was asked for: a Buffer if none was.
function out(answer, encoding) {
  const b = buffer().from(answer.b, "base64");
  return encoding && encoding !== "buffer" ? b.toString(encoding) : b;
}

const keyBytes = Symbol("key");
class KeyObject {
  constructor(type, bytes) { define(this, "type", type); define(this, keyBytes, bytes); }
  export(options) {
    if (this.type === "secret") return buffer().from(this[keyBytes]);
    return typeof this[keyBytes] === "string" ? this[keyBytes] : buffer().from(this[keyBytes]).toString();
  }
}

// pem takes the key out of the ways that Node lets one pass it.
function pem(key) {
  if (key instanceof KeyObject) return { key: crossing(key[keyBytes]) };
  if (typeof key === "string" || ArrayBuffer.isView(key) || key instanceof ArrayBuffer) return { key: crossing(key) };
  if (key === null || typeof key !== "object") {
    const e = new TypeError('The "key" argument must be of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey. Received ' + (key === undefined ? "undefined" : key === null ? "null" : typeof key));
    e.code = "ERR_INVALID_ARG_TYPE";
    throw e;
  }
  const inner = pem(key.key);
  return { ...inner, padding: key.padding, saltLength: key.saltLength, dsaEncoding: key.dsaEncoding, passphrase: crossing(key.passphrase), oaepHash: key.oaepHash };
}

class Hash extends Stream {
  constructor(op, name, key) {
    super();
    define(this, "_state", { op, name: "" + name, key, parts: [], done: false });
    ask(op + ".check", { name: "" + name });
  }
  update(data, encoding) {
    const state = this._state;
    if (state.done) throw finished("Digest already called", "ERR_CRYPTO_HASH_FINALIZED");
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
      const e = new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ' + described(data));
      e.code = "ERR_INVALID_ARG_TYPE";
      throw e;
    }
    state.parts.push(crossing(data, encoding));
    return this;
  }
  digest(encoding) {
    const state = this._state;
    if (state.done) throw finished("Digest already called", "ERR_CRYPTO_HASH_FINALIZED");
    state.done = true;
    const { op, name, key, parts } = state;
    if (encoding === "hex") return ask(op, { name, key, parts, hex: true }).t;
    return out(ask(op, { name, key, parts }), encoding);
  }
  copy() {
    const h = new Hash(this._state.op, this._state.name, this._state.key);
    h._state.parts = this._state.parts.slice();
    return h;
  }
  write(data) { this.update(data); return true; }
  end(data) { if (data !== undefined) this.update(data); }
  read() { return this.digest(); }
}

function finished(message, code) {
  const e = new NativeError(message);
  e.code = code;
  return e;
}

// described words a value of a wrong type as Node's messages do.
function described(v) {
  if (v === undefined || v === null) return "" + v;
  if (typeof v === "function") return `function ${v.name}`;
  if (typeof v === "object") return v.constructor && v.constructor.name ? `an instance of ${v.constructor.name}` : "" + v;
  return `type ${typeof v} (${typeof v === "string" ? `'${v}'` : String(v)})`;
}

class Signer extends Stream {
  constructor(op, name) { super(); define(this, "_state", { op, name: "" + name, parts: [] }); }
  update(data, encoding) { this._state.parts.push(crossing(data, encoding)); return this; }
  write(data) { this.update(data); return true; }
  end(data) { if (data !== undefined) this.update(data); }
  sign(key, encoding) { return out(ask("sign", { ...pem(key), name: this._state.name, parts: this._state.parts }), encoding); }
  verify(key, signature, encoding) { return ask("verify", { ...pem(key), name: this._state.name, parts: this._state.parts, signature: crossing(signature, encoding) }).ok; }
}

// Cipher keeps what it is given until final: what comes out by then is the same.
class Cipher extends Stream {
  constructor(op, name, key, iv, options) {
    super();
    define(this, "_state", { op, name: ("" + name).toLowerCase(), key: given(key), iv: given(iv), parts: [], aad: null, padding: true, tag: null, tagLength: options && options.authTagLength, sent: 0, outAs: undefined });
    ask("cipher.check", { name: this._state.name, key: this._state.key, iv: this._state.iv });
  }
  // Whole blocks come out of update, as with Node, so that texts made of its parts agree.
  update(data, from, to) {
    const state = this._state;
    state.parts.push(crossing(data, from));
    const b = out(ask("cipher", { ...state, last: false }));
    const fresh = b.slice(state.sent);
    state.sent = b.length;
    return to && to !== "buffer" ? this.text(fresh, to, false) : fresh;
  }
  final(to) {
    const state = this._state;
    if (state.done) throw finished("Unsupported state", "ERR_CRYPTO_INVALID_STATE");
    const answer = ask("cipher", { ...state, last: true });
    state.done = true;
    state.made = answer.tag;
    const fresh = out(answer).slice(state.sent);
    return to && to !== "buffer" ? this.text(fresh, to, true) : fresh;
  }
  // text holds back the bytes that do not make a whole character, or a whole base64 group.
  text(fresh, to, last) {
    const state = this._state;
    const all = state.held ? buffer().concat([state.held, fresh]) : fresh;
    let n = all.length;
    if (!last && /^base64/i.test(to)) n -= n % 3;
    else if (!last && /^utf-?8$/i.test(to)) {
      let back = 1;
      while (back <= 3 && back <= n && (all[n - back] & 0xc0) === 0x80) back++;
      const lead = back <= n ? all[n - back] : 0;
      const need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
      if (need > back) n -= back;
    }
    state.held = all.slice(n);
    return all.slice(0, n).toString(to);
  }
  setAutoPadding(on = true) { this._state.padding = !!on; return this; }
  setAAD(data) { this._state.aad = crossing(data); return this; }
  getAuthTag() { return buffer().from(this._state.made, "base64"); }
  setAuthTag(tag, encoding) { this._state.tag = crossing(tag, encoding); return this; }
}

function randomBytes(n, callback) {
  if (typeof n !== "number" || n < 0 || n > 2147483647 || n !== n) {
    const e = typeof n === "number"
      ? new RangeError(`The value of "size" is out of range. It must be >= 0 && <= 2147483647. Received ${n}`)
      : new TypeError('The "size" argument must be of type number. Received ' + described(n));
    e.code = typeof n === "number" ? "ERR_OUT_OF_RANGE" : "ERR_INVALID_ARG_TYPE";
    throw e;
  }
  const b = buffer().from(ask("random", { n }).b, "base64");
  if (typeof callback !== "function") return b;
  after(0, () => callback(null, b));
}

function randomUUID() {
  const b = randomBytes(16);
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const h = b.toString("hex");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

function randomInt(low, high, callback) {
  if (high === undefined || typeof high === "function") { callback = high; high = low; low = 0; }
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high <= low) {
    const e = new RangeError(`The value of "max" is out of range. It must be greater than the value of "min" (${low}). Received ${high}`);
    e.code = "ERR_OUT_OF_RANGE";
    throw e;
  }
  const b = randomBytes(6);
  const n = low + floor((b.readUIntBE(0, 6) / 281474976710656) * (high - low));
  if (typeof callback !== "function") return n;
  after(0, () => callback(null, n));
}

// later turns a function that answers at once into one with a callback.
function later(sync) {
  return (...args) => {
    const callback = args.pop();
    let answer, error = null;
    try { answer = sync(...args); } catch (e) { error = e; }
    after(0, () => error ? callback(error) : callback(null, answer));
  };
}

function makeCrypto() {
  const crypto = {};
  const pbkdf2Sync = (password, salt, iterations, length, name) => out(ask("pbkdf2", { password: given(password), salt: given(salt), iterations, length, name: "" + name }));
  const hkdfSync = (name, key, salt, info, length) => { const b = out(ask("hkdf", { name: "" + name, key: given(key), salt: given(salt), info: given(info), length })); return b.buffer.slice(b.byteOffset, b.byteOffset + b.length); };
  assign(crypto, {
    createHash: (name) => new Hash("hash", name),
    createHmac: (name, key) => new Hash("hmac", name, typeof key === "string" || key instanceof KeyObject ? given(key) : crossing(bytesOfKey(key))),
    getHashes: () => ask("hashes", {}).names,
    getCiphers: () => ask("ciphers", {}).names,
    randomBytes, pseudoRandomBytes: randomBytes, randomUUID, randomInt,
    randomFillSync(into) { const b = randomBytes(into.byteLength); bytesOf(into).set(b); return into; },
    getRandomValues(into) { const b = randomBytes(into.byteLength); bytesOf(into).set(b); return into; },
    timingSafeEqual(a, b) {
      if (bytesOf(a).length !== bytesOf(b).length) {
        const e = new RangeError("Input buffers must have the same byte length");
        e.code = "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH";
        throw e;
      }
      a = bytesOf(a);
      b = bytesOf(b);
      let differ = 0;
      for (let i = 0; i < a.length; i++) differ |= a[i] ^ b[i];
      return differ === 0;
    },
    createSign: (name) => new Signer("sign", name),
    createVerify: (name) => new Signer("verify", name),
    sign: (name, data, key) => out(ask("sign", { ...pem(key), name: name ? "" + name : "", parts: [crossing(data)] })),
    verify: (name, data, key, signature) => ask("verify", { ...pem(key), name: name ? "" + name : "", parts: [crossing(data)], signature: crossing(signature) }).ok,
    createCipheriv: (name, key, iv, options) => new Cipher("encrypt", name, key, iv, options),
    createDecipheriv: (name, key, iv, options) => new Cipher("decrypt", name, key, iv, options),
    publicEncrypt: (key, data) => out(ask("publicEncrypt", { ...pem(key), data: crossing(data) })),
    privateDecrypt: (key, data) => out(ask("privateDecrypt", { ...pem(key), data: crossing(data) })),
    pbkdf2Sync, pbkdf2: later(pbkdf2Sync), hkdfSync, hkdf: later(hkdfSync),
    createSecretKey: (key, encoding) => new KeyObject("secret", typeof key === "string" ? buffer().from(key, encoding) : bytesOf(key)),
    createPrivateKey: (key) => new KeyObject("private", keyText(key)),
    createPublicKey: (key) => new KeyObject("public", key instanceof KeyObject ? key[keyBytes] : keyText(key)),
    KeyObject,
    constants: { RSA_PKCS1_PADDING: 1, RSA_NO_PADDING: 3, RSA_PKCS1_OAEP_PADDING: 4, RSA_PKCS1_PSS_PADDING: 6, RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_MAX_SIGN: -2, RSA_PSS_SALTLEN_AUTO: -2 },
  });
  for (const name of ["scrypt", "scryptSync", "createDiffieHellman", "createECDH", "generateKeyPair", "generateKeyPairSync", "privateEncrypt", "publicDecrypt"]) {
    crypto[name] = () => { throw notHere("crypto." + name); };
  }
  crypto.webcrypto = absent("crypto.webcrypto", false);
  crypto.subtle = absent("crypto.subtle", false);
  return crypto;
}

function bytesOfKey(key) {
  if (ArrayBuffer.isView(key) || key instanceof ArrayBuffer) return bytesOf(key);
  const e = new TypeError('The "key" argument must be of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey. Received ' + described(key));
  e.code = "ERR_INVALID_ARG_TYPE";
  throw e;
}

function keyText(key) {
  const { key: crossed } = pem(key);
  return crossed.t !== undefined ? crossed.t : buffer().from(crossed.b, "base64").toString();
}
