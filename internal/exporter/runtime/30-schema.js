// JSON Schema, as the validator's library has it: nodes of a table, each what one schema
// asks for. A schema that is not kept gives faults, which are explained afterwards.
//
// The members of a node are short: a always, t types, k const, e enum, f format, not, all,
// any, one, if, th(en), el(se), ref; np and xp the least and most properties, r required,
// p properties, pn propertyNames, pp patternProperties, ap additionalProperties, d
// dependencies, dr dependentRequired, ds dependentSchemas, up unevaluatedProperties; ni and
// xi the least and most items, u uniqueItems, i items, ai additionalItems, pi prefixItems,
// i2 items of 2020-12, c contains, ce whether that counts as evaluated, nc and xc the least
// and most contains, ui unevaluatedItems; nl and xl the least and most characters, re
// pattern, en contentEncoding, mt contentMediaType; mn, xn minimum and exclusive, mx, xx
// maximum and exclusive, mo multipleOf, numbers as text.

const nodes = table.nodes;

// A place is where the validation has got to: a step from another place, and the keyword
// that led there. Texts are made of it for faults alone.
function below(up, step, key, name, ofName) { return { up, step, key, name, ofName: up.ofName || ofName === true }; }
function here(up, key, name) { return { up, step: undefined, key, name, ofName: up.ofName }; }
const root = { up: undefined, step: undefined, key: "", name: undefined, ofName: false };

// textsOf returns a place's pointer in the event, the same escaped for sorting, and the way
// through the schemas.
function textsOf(p) {
  if (p.up === undefined) return { pointer: "", escaped: "", way: "" };
  const t = textsOf(p.up);
  if (p.step !== undefined) { t.pointer = join(t.pointer, p.step); t.escaped += "/" + pathEscape(p.step); }
  t.way += "/" + p.key + (p.name === undefined ? "" : "/" + pathEscape(p.name));
  return t;
}

function fault(found, p, keyword, node, v, more) {
  const t = textsOf(p);
  if (keyword !== "false" && !(more && more.silent)) t.way += "/" + keyword + (more && more.tail || "");
  found.push(Object.assign({ keyword, node, v, ofName: p.ofName }, t, more));
}

// What no schema has looked at matters only where some schema asks for it.
const unevaluated = nodes.some((s) => s.up !== undefined || s.ui !== undefined);

// leftOf returns the names of the properties, or the indexes of the items, that no schema
// has looked at yet.
function leftOf(t, v) {
  if (!unevaluated) return undefined;
  return t === "object" ? new Set(Object.keys(v)) : t === "array" ? new Set(v.keys()) : undefined;
}

// validate puts what v does not keep of a node into found, and returns what is left.
function validate(index, v, p, found) {
  const s = nodes[index];
  const t = typeOf(v);
  const left = leftOf(t, v);
  if (s.a !== undefined) {
    if (!s.a) fault(found, p, p.name === undefined && ["items", "unevaluatedItems", "unevaluatedProperties"].includes(p.key) ? p.key : "false", s, v, { silent: true });
    return left;
  }
  if (s.t && !s.t.some((want) => want === t || want === "integer" && t === "number" && Number.isInteger(v))) {
    fault(found, p, "type", s, v);
    return left;
  }
  if (s.k && !equal(v, s.k[0])) fault(found, p, "const", s, v);
  if (s.e && !s.e.some((item) => equal(v, item))) fault(found, p, "enum", s, v);
  if (s.f && t === "string" && !formats[s.f](v)) fault(found, p, "format", s, v);
  if (t === "object") validateObject(s, v, p, found, left);
  else if (t === "array") validateArray(s, v, p, found, left);
  else if (t === "string") validateString(s, v, p, found);
  else if (t === "number") validateNumber(s, v, p, found);
  validateInPlace(s, v, p, found, left);
  if (t === "object" && s.up !== undefined) {
    for (const name of left) validate(s.up, v[name], below(p, name, "unevaluatedProperties"), found);
    left.clear();
  }
  if (t === "array" && s.ui !== undefined) {
    for (const i of left) validate(s.ui, v[i], below(p, i, "unevaluatedItems"), found);
    left.clear();
  }
  return left;
}

// inPlace validates the same value by another node; what it has looked at is taken from
// left. It reports whether the value keeps it.
function inPlace(index, place, v, found, left) {
  const before = found.length;
  const rest = validate(index, v, place, found);
  if (found.length > before) return false;
  if (left && rest) for (const name of left) if (!rest.has(name)) left.delete(name);
  return true;
}

function validateObject(s, v, p, found, left) {
  const names = Object.keys(v);
  if (s.np !== undefined && names.length < s.np) fault(found, p, "minProperties", s, v);
  if (s.xp !== undefined && names.length > s.xp) fault(found, p, "maxProperties", s, v);
  if (s.r && s.r.some((name) => !has(v, name))) fault(found, p, "required", s, v);
  if (s.p) {
    for (const name of names) {
      if (!has(s.p, name)) continue;
      if (left) left.delete(name);
      validate(s.p[name], v[name], below(p, name, "properties", name), found);
    }
  }
  if (s.pn !== undefined) for (const name of names) validate(s.pn, name, below(p, name, "propertyNames", undefined, true), found);
  if (s.pp) {
    for (const [re, text, index] of s.pp) {
      for (const name of names) {
        if (!re.test(name)) continue;
        if (left) left.delete(name);
        validate(index, v[name], below(p, name, "patternProperties", text), found);
      }
    }
  }
  if (s.ap !== undefined) {
    if (s.ap !== true) {
      const more = names.filter((name) => !isDescribed(s, name));
      if (s.ap !== false) for (const name of more) validate(s.ap, v[name], below(p, name, "additionalProperties"), found);
      else if (more.length > 0) fault(found, p, "additionalProperties", s, v);
    }
    if (left) left.clear();
  }
  if (s.d) for (const name of Object.keys(s.d)) if (has(v, name)) validateDependency(s, "dependencies", name, s.d[name], v, p, found, left);
  if (s.dr) for (const name of Object.keys(s.dr)) if (has(v, name)) validateDependency(s, "dependentRequired", name, s.dr[name], v, p, found, left);
  if (s.ds) for (const name of Object.keys(s.ds)) if (has(v, name)) inPlace(s.ds[name], here(p, "dependentSchemas", name), v, found, left);
}

// isDescribed reports whether properties or patternProperties describe that name.
function isDescribed(s, name) {
  return s.p !== undefined && has(s.p, name) || s.pp !== undefined && s.pp.some(([re]) => re.test(name));
}

function validateDependency(s, keyword, name, needs, v, p, found, left) {
  if (typeof needs === "number") {
    inPlace(needs, here(p, keyword, name), v, found, left);
    return;
  }
  needs.forEach((needed, i) => {
    if (!has(v, needed)) fault(found, p, keyword, s, v, { name: needed, of: name, tail: "/" + pathEscape(name) + "/" + i });
  });
}

function validateArray(s, v, p, found, left) {
  if (s.ni !== undefined && v.length < s.ni) fault(found, p, "minItems", s, v);
  if (s.xi !== undefined && v.length > s.xi) fault(found, p, "maxItems", s, v);
  if (s.u && !allDiffer(v)) fault(found, p, "uniqueItems", s, v);
  if (typeof s.i === "number") {
    v.forEach((item, i) => validate(s.i, item, below(p, i, "items"), found));
    if (left) left.clear();
  } else if (s.i) {
    for (let i = 0; i < v.length; i++) {
      if (i < s.i.length) validate(s.i[i], v[i], below(p, i, "items", i), found);
      else if (typeof s.ai === "number") validate(s.ai, v[i], below(p, i, "additionalItems"), found);
      else break;
      if (left) left.delete(i);
    }
    if (s.ai === true && left) left.clear();
    else if (s.ai === false && v.length > s.i.length) fault(found, p, "additionalItems", s, v);
  }
  for (let i = 0; i < v.length && (s.pi || s.i2 !== undefined); i++) {
    if (s.pi && i < s.pi.length) validate(s.pi[i], v[i], below(p, i, "prefixItems", i), found);
    else if (s.i2 !== undefined) validate(s.i2, v[i], below(p, i, "items"), found);
    else break;
    if (left) left.delete(i);
  }
  if (s.c === undefined) return;
  let matched = 0;
  v.forEach((item, i) => {
    const causes = [];
    validate(s.c, item, below(p, i, "contains"), causes);
    if (causes.length > 0) return;
    matched++;
    if (s.ce && left) left.delete(i);
  });
  if (s.nc !== undefined && matched < s.nc) fault(found, p, "minContains", s, v);
  if (s.xc !== undefined && matched > s.xc) fault(found, p, "maxContains", s, v);
}

// allDiffer compares values that are no containers through a set: a long list would cost
// the square of its length.
function allDiffer(items) {
  const plain = new Set(), others = [];
  for (const item of items) {
    const t = typeOf(item);
    if (t === "object" || t === "array") {
      if (others.some((other) => equal(item, other))) return false;
      others.push(item);
      continue;
    }
    const key = t + " " + String(item);
    if (plain.has(key)) return false;
    plain.add(key);
  }
  return true;
}

function validateString(s, v, p, found) {
  if (s.nl !== undefined && runes(v) < s.nl) fault(found, p, "minLength", s, v);
  if (s.xl !== undefined && runes(v) > s.xl) fault(found, p, "maxLength", s, v);
  if (s.re && !s.re.test(v)) fault(found, p, "pattern", s, v);
  if (!s.en && !s.mt) return;
  let content = v;
  if (s.en) {
    content = fromBase64(v);
    if (content === undefined) { fault(found, p, "contentEncoding", s, v); return; }
  }
  if (s.mt && !isJSON(content)) fault(found, p, "contentMediaType", s, v);
}

function fromBase64(text) {
  text = text.replace(/[\r\n]/g, "");
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let bits = 0, held = 0, out = "";
  for (const c of text.replace(/=+$/, "")) {
    held = (held << 6 | alphabet.indexOf(c)) & 0xffff;
    bits += 6;
    if (bits >= 8) { bits -= 8; out += String.fromCharCode(held >> bits & 0xff); }
  }
  return out;
}

// isJSON refuses what Go refuses: numbers that are out of range are no JSON there.
function isJSON(text) {
  let sound = true;
  const look = (_, v) => { if (v === Infinity || v === -Infinity) sound = false; return v; };
  try { JSON.parse(text, look); return sound; } catch { return false; }
}

function validateNumber(s, v, p, found) {
  if (s.mn !== undefined && compare(v, s.mn) < 0) fault(found, p, "minimum", s, v);
  if (s.xn !== undefined && compare(v, s.xn) <= 0) fault(found, p, "exclusiveMinimum", s, v);
  if (s.mx !== undefined && compare(v, s.mx) > 0) fault(found, p, "maximum", s, v);
  if (s.xx !== undefined && compare(v, s.xx) >= 0) fault(found, p, "exclusiveMaximum", s, v);
  if (s.mo !== undefined && !isMultiple(v, s.mo)) fault(found, p, "multipleOf", s, v);
}

function validateInPlace(s, v, p, found, left) {
  if (s.ref !== undefined) inPlace(s.ref, here(p, "$ref"), v, found, left);
  if (s.not !== undefined && inPlace(s.not, here(p, "not"), v, [], left)) fault(found, p, "not", s, v);
  if (s.all) s.all.forEach((index, i) => inPlace(index, here(p, "allOf", i), v, found, left));
  if (s.any) {
    const branches = [];
    let matched = false;
    s.any.forEach((index, i) => {
      const causes = [];
      if (inPlace(index, here(p, "anyOf", i), v, causes, left)) matched = true;
      else branches.push(causes);
    });
    if (!matched) fault(found, p, "anyOf", s, v, { branches });
  }
  if (s.one) validateOneOf(s, v, p, found, left);
  if (s.if === undefined) return;
  if (inPlace(s.if, here(p, "if"), v, [], left)) {
    if (s.th !== undefined) inPlace(s.th, here(p, "then"), v, found, left);
  } else if (s.el !== undefined) inPlace(s.el, here(p, "else"), v, found, left);
}

function validateOneOf(s, v, p, found, left) {
  const branches = [];
  let matched = 0;
  for (let i = 0; i < s.one.length && matched < 2; i++) {
    const causes = [];
    if (inPlace(s.one[i], here(p, "oneOf", i), v, causes, left)) matched++;
    else branches.push(causes);
  }
  if (matched === 0) fault(found, p, "oneOf", s, v, { branches });
  else if (matched > 1) fault(found, p, "oneOf", s, v);
}
