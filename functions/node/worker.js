// The worker of the node engine: the prelude in a V8 context of its own, spoken to over
// standard input and output, a JSON text a line. It is run by "node -e".
//
// From Go: the prelude's text, then one message for each call. To Go: {op, arg}, which Go
// answers with {text} or {error}, {log: {level, text}}, and
// {answer, unhandled} when the function has settled.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const vm = require("node:vm");
const { Worker } = require("node:worker_threads");
const zlib = require("node:zlib");

// Both ends block: nothing of the function's runs while a line is on its way.
const chunk = Buffer.alloc(1 << 16);
let held = Buffer.alloc(0);
function readLine() {
  const parts = [held];
  for (let from = held; ;) {
    const end = from.indexOf(10);
    if (end >= 0) {
      held = from.subarray(end + 1);
      parts[parts.length - 1] = from.subarray(0, end);
      return Buffer.concat(parts).toString("utf8");
    }
    const n = fs.readSync(0, chunk, 0, chunk.length, null);
    if (n === 0) process.exit(0);
    from = Buffer.from(chunk.subarray(0, n));
    parts.push(from);
  }
}

function writeLine(value) {
  const line = Buffer.from(JSON.stringify(value) + "\n");
  for (let at = 0; at < line.length;) {
    try { at += fs.writeSync(1, line, at); } catch (e) { if (e.code !== "EAGAIN") throw e; }
  }
}

// askGo has Go do what this side cannot.
function askGo(op, arg) {
  writeLine({ op, arg });
  const reply = JSON.parse(readLine());
  if (reply.error) throw new Error(reply.error);
  return reply.text;
}

const bytes = (crossed) => crossed === null || crossed === undefined ? undefined : crossed.t !== undefined ? Buffer.from(crossed.t) : Buffer.from(crossed.b, "base64");
const out = (b) => ({ b: Buffer.from(b).toString("base64") });
const keyOf = (a) => ({ key: bytes(a.key), padding: a.padding, saltLength: a.saltLength, dsaEncoding: a.dsaEncoding, passphrase: bytes(a.passphrase), oaepHash: a.oaepHash });
const joined = (parts) => Buffer.concat(parts.map(bytes));

function hash(a) {
  const h = a.key ? crypto.createHmac(a.name, bytes(a.key)) : crypto.createHash(a.name);
  for (const p of a.parts || []) h.update(bytes(p));
  return h;
}

function open(a) {
  const make = a.op === "decrypt" ? crypto.createDecipheriv : crypto.createCipheriv;
  return make(a.name, bytes(a.key), bytes(a.iv) || null, a.tagLength ? { authTagLength: a.tagLength } : undefined);
}

// What the prelude asks its host for, done by Node itself.
const operations = {
  hash: (a) => a.hex ? { t: hash(a).digest("hex") } : out(hash(a).digest()),
  "hash.check": (a) => { crypto.createHash(a.name); return {}; },
  "hmac.check": (a) => { try { crypto.createHash(a.name); } catch { crypto.createHmac(a.name, ""); } return {}; },
  hashes: () => ({ names: crypto.getHashes() }),
  ciphers: () => ({ names: crypto.getCiphers() }),
  cipher(a) {
    const c = open(a);
    c.setAutoPadding(a.padding);
    if (a.aad) c.setAAD(bytes(a.aad));
    if (a.tag && a.op === "decrypt") c.setAuthTag(bytes(a.tag));
    const text = [c.update(joined(a.parts))];
    if (a.last) text.push(c.final());
    const answer = out(Buffer.concat(text));
    if (a.last && a.op === "encrypt" && /gcm$/.test(a.name)) answer.tag = c.getAuthTag().toString("base64");
    return answer;
  },
  "cipher.check": (a) => { open(a); return {}; },
  pbkdf2: (a) => out(crypto.pbkdf2Sync(bytes(a.password), bytes(a.salt), a.iterations, a.length, a.name)),
  hkdf: (a) => out(crypto.hkdfSync(a.name, bytes(a.key), bytes(a.salt), bytes(a.info), a.length)),
  sign: (a) => out(crypto.sign(a.name || null, joined(a.parts), keyOf(a))),
  verify: (a) => ({ ok: crypto.verify(a.name || null, joined(a.parts), keyOf(a), bytes(a.signature)) }),
  publicEncrypt: (a) => out(crypto.publicEncrypt(keyOf(a), bytes(a.data))),
  privateDecrypt: (a) => out(crypto.privateDecrypt(keyOf(a), bytes(a.data))),
  zlib: (a) => out(zlib[a.way + "Sync"](bytes(a.data), { maxOutputLength: 1 << 24, level: a.level })),
};
operations.hmac = operations.hash;

// A loop that never ends would outlive a Go process that was killed: a thread of its own
// looks whether the parent is still there.
new Worker(`setInterval(() => {
  if (process.ppid !== require("node:worker_threads").workerData) process.kill(process.pid, "SIGKILL");
}, 250)`, { eval: true, workerData: process.ppid, resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref();

// Nothing of this realm comes into the function's hands: not by its global object, and not
// by an error. Node is run so that Function makes no code in this realm.
const context = vm.createContext(Object.create(null), { codeGeneration: { strings: true, wasm: true } });
const contextError = new vm.Script("(message) => new Error(message)").runInContext(context);
const host = {
  call(op, arg) {
    try { return hostCall(op, arg); } catch (e) { throw contextError(e.message); }
  },
  // Go has each line at once: nothing can be asked of a worker that has to be stopped.
  log(level, text) { writeLine({ log: { level, text } }); },
  compile(prefix, code) {
    return new vm.Script(prefix + code, { filename: "<input>", columnOffset: -prefix.length }).runInContext(context);
  },
};

function hostCall(op, arg) {
  if (op === "bundle") {
    new vm.Script(askGo(op, arg), { filename: `bundle:${arg}` }).runInContext(context);
    return "";
  }
  if (op === "stop") process.exit(75);
  if (!(op in operations)) return askGo(op, arg);
  try {
    return JSON.stringify(operations[op](JSON.parse(arg)));
  } catch (e) {
    return JSON.stringify({ error: { name: e.name, message: e.message, code: e.code } });
  }
}

// Why promises were rejected. Reading a reason may run code of the function's: it is read
// in the context, when all else is done.
const maxUnhandled = 20;
let unhandled = [];
process.on("unhandledRejection", (reason) => { if (unhandled.length < maxUnhandled) unhandled.push(reason); });
const textOf = new vm.Script(`((String, slice) => (reason) => {
  try {
    const message = reason && reason.message;
    return slice.call(String(message !== undefined ? message : reason), 0, 300);
  } catch { return "a reason that cannot be read"; }
})(String, String.prototype.slice)`).runInContext(context);

writeLine({ version: process.versions.node });
const entry = new vm.Script(JSON.parse(readLine()), { filename: "prelude" }).runInContext(context)(host);

// Promises run between two turns of the loop.
function turn(text) {
  const answer = entry(text);
  if (answer === undefined) setImmediate(turn);
  else setImmediate(() => {
    const reasons = unhandled.map((reason) => textOf(reason));
    writeLine({ answer, unhandled: reasons.length ? reasons : undefined });
    unhandled = [];
    turn(readLine());
  });
}
turn(readLine());
