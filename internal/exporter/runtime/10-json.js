// JSON values: types, pointers, exact numbers, the text that an event is sent as.

const hasOwn = Object.prototype.hasOwnProperty;
function has(object, name) { return hasOwn.call(object, name); }
function isObject(v) { return v !== null && typeof v === "object" && !Array.isArray(v); }

function typeOf(v) {
  if (v === null || v === undefined) return "null";
  if (Array.isArray(v)) return "array";
  return typeof v;
}

// Most steps of a pointer need no escapes.
const plainStep = /^[A-Za-z0-9_.-]*$/;
function escapeStep(step) { return plainStep.test(step) ? String(step) : String(step).replace(/~/g, "~0").replace(/\//g, "~1"); }
function join(pointer, step) { return pointer + "/" + escapeStep(step); }
function parent(pointer) { return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/"))); }
function lastStep(pointer) { return pointer.slice(pointer.lastIndexOf("/") + 1).replace(/~1/g, "/").replace(/~0/g, "~"); }
function stepsOf(pointer) { return pointer === "" ? [] : pointer.slice(1).split("/").map((s) => s.replace(/~1/g, "/").replace(/~0/g, "~")); }

function valueAt(v, pointer) {
  for (const step of stepsOf(pointer)) {
    if (v === null || typeof v !== "object") return undefined;
    const keys = keysOf(v, step);
    if (keys.length === 0) return undefined;
    v = v[keys[keys.length - 1]];
  }
  return v;
}

// keysOf returns the keys that a step of a pointer stands for: halves of surrogate pairs
// are U+FFFD there.
function keysOf(v, step) {
  if (step.includes("\uFFFD")) return Object.keys(v).filter((key) => wellFormed(key) === step);
  return has(v, step) ? [step] : [];
}

// pathEscape is how the validator writes a step of a location, by which causes are sorted.
function pathEscape(step) {
  if (plainStep.test(step)) return String(step);
  return encodeURIComponent(wellFormed(escapeStep(step)))
    .replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase())
    .replace(/%(24|26|2B|3A|3D|40)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
function wellFormed(text) { return loneSurrogate.test(text) ? text.replace(new RegExp(loneSurrogate.source, "g"), "\uFFFD") : text; }

// soundText is JSON.stringify's text, with U+FFFD for what no UTF-8 can say. It writes a
// lone half as an escape, and a whole pair as it is.
function soundText(text) {
  return wellFormed(text.replace(/\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|[^])/g, (escape) => escape.length > 2 ? "\uFFFD" : escape));
}

function utf8Length(text) {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) n++;
    else if (c < 0x800) n += 2;
    else if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.length) { n += 4; i++; } else n += 3;
  }
  return n;
}

function runes(text) {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.length && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    n++;
  }
  return n;
}

// Numbers are compared as the decimals that they are written as.

// decimal takes a number's text apart: digits times ten to the exponent.
function decimal(text) {
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const fraction = m[3] || "";
  const digits = BigInt(m[2] + fraction);
  return { digits: m[1] ? -digits : digits, exponent: Number(m[4] || 0) - fraction.length };
}

function scaled(a, b) {
  const e = Math.min(a.exponent, b.exponent);
  return [a.digits * 10n ** BigInt(a.exponent - e), b.digits * 10n ** BigInt(b.exponent - e)];
}

// compare orders a number and a decimal's text. Rounding keeps the order: where the
// nearest numbers differ, so do the decimals.
function compare(v, text) {
  const bound = Number(text);
  if (v !== bound) return v < bound ? -1 : 1;
  const [a, b] = scaled(decimal(String(v)), decimal(text));
  return a < b ? -1 : a > b ? 1 : 0;
}

function isMultiple(v, text) {
  const [a, b] = scaled(decimal(String(v)), decimal(text));
  return a % b === 0n;
}

// Exact is a number of a contract that no number of JavaScript is the same as.
class Exact {
  constructor(text) { this.text = text; }
  toJSON() { return Number(this.text); }
}

for (const [steps, text] of table.exact || []) {
  let holder = table.nodes;
  for (const step of steps.slice(0, -1)) holder = holder[step];
  holder[steps[steps.length - 1]] = new Exact(text);
}

const surrogate = /[\uD800-\uDFFF]/;

// order orders texts by their characters, as UTF-8 does. JavaScript orders by halves of
// surrogate pairs, which come before U+E000.
function order(a, b) {
  if (a === b) return 0;
  if (!surrogate.test(a) && !surrogate.test(b)) return a < b ? -1 : 1;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  const rank = (text) => i === text.length ? -1 : (text.charCodeAt(i) & 0xf800) === 0xd800 ? 0x10000 + text.charCodeAt(i) : text.charCodeAt(i);
  return rank(a) < rank(b) ? -1 : 1;
}

// equal reports whether two JSON values are equal, as JSON Schema has it.
function equal(a, b) {
  if (b instanceof Exact) return typeof a === "number" && compare(a, b.text) === 0;
  const t = typeOf(a);
  if (t !== typeOf(b)) return false;
  if (t === "array") return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (t === "object") {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((k) => has(b, k) && equal(a[k], b[k]));
  }
  return t === "null" || a === b;
}
