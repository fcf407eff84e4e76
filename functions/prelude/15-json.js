// JSON for the function: V8's words for what is no JSON, and an end to loops of it.

// The engine looks at its time limit between steps of the function's own code, but not
// while it reads or writes JSON. overdue stops the function for good from here.
let stopAt = Infinity;
function overdue() { if (nativeNow() > stopAt) host.call("stop", ""); }

// whyNoJSON words the error of V8 for a text that JSON.parse has refused.
//
// Source: V8's src/json/json-parser.cc and its message templates, as of Node 20
function whyNoJSON(text) {
  if (text === "undefined" || text === "NaN" || text === "Infinity" || text === "[object Object]") return `"${text}" is not valid JSON`;
  let at = 0;
  const space = () => { while (at < text.length && " \t\n\r".includes(text[at])) at++; };
  const fail = (message) => { throw message + " in JSON at position " + at; };
  const unexpected = () => {
    if (at >= text.length) throw "Unexpected end of JSON input";
    const c = text[at];
    if (c === '"') fail("Unexpected string");
    if (c === "-" || c >= "0" && c <= "9") fail("Unexpected number");
    const around = 10;
    let context;
    if (text.length <= 2 * around) context = `"${text}"`;
    else {
      const from = at < around ? 0 : at - around, to = at >= text.length - around ? text.length : at + around;
      context = (from > 0 ? "..." : "") + `"${text.slice(from, to)}"` + (to < text.length ? "..." : "");
    }
    throw `Unexpected token '${c}', ${context} is not valid JSON`;
  };
  const string = () => {
    for (at++; ; at++) {
      if (at >= text.length) fail("Unterminated string");
      const c = text[at];
      if (c === '"') { at++; return; }
      if (c < " ") fail("Bad control character in string literal");
      if (c !== "\\") continue;
      at++;
      if (at >= text.length) unexpected();
      if (text[at] === "u") {
        for (let i = 0; i < 4; i++) {
          at++;
          if (!/[0-9a-fA-F]/.test(text[at] || "")) fail("Bad Unicode escape");
        }
      } else if (!'"\\/bfnrt'.includes(text[at])) fail("Bad escaped character");
    }
  };
  const digit = () => at < text.length && text[at] >= "0" && text[at] <= "9";
  const number = () => {
    if (text[at] === "-") { at++; if (!digit()) fail("No number after minus sign"); }
    if (text[at] === "0") { at++; if (digit()) fail("Unexpected number"); } else while (digit()) at++;
    if (text[at] === ".") { at++; if (!digit()) fail("Unterminated fractional number"); while (digit()) at++; }
    if (text[at] === "e" || text[at] === "E") {
      at++;
      if (text[at] === "+" || text[at] === "-") at++;
      if (!digit()) fail("Exponent part is missing a number");
      while (digit()) at++;
    }
  };
  const word = (w) => { for (let i = 0; i < w.length; i++, at++) if (text[at] !== w[i]) unexpected(); };
  // Values are read without recursion: what they are in stands in open.
  const open = [];
  try {
    for (;;) {
      space();
      const c = text[at];
      if (c === "{" || c === "[") {
        open.push(c);
        at++;
        space();
        if (c === "{") {
          if (text[at] !== "}") { if (text[at] !== '"') fail("Expected property name or '}'"); key(() => fail("Expected ':' after property name")); continue; }
        } else if (text[at] !== "]") continue;
        at++;
        open.pop();
      } else if (c === '"') string();
      else if (c === "-" || c >= "0" && c <= "9") number();
      else if (c === "t") word("true");
      else if (c === "f") word("false");
      else if (c === "n") word("null");
      else unexpected();
      // What ends here may end what it is in.
      for (;;) {
        space();
        const inside = open[open.length - 1];
        if (inside === undefined) {
          return "Unexpected non-whitespace character after JSON at position " + at;
        }
        if (text[at] === ",") {
          at++;
          space();
          if (inside === "{") { if (text[at] !== '"') fail("Expected double-quoted property name"); key(unexpected); }
          break;
        }
        if (inside === "{" ? text[at] !== "}" : text[at] !== "]") fail(inside === "{" ? "Expected ',' or '}' after property value" : "Expected ',' or ']' after array element");
        at++;
        open.pop();
      }
    }
  } catch (message) {
    if (typeof message !== "string") throw message;
    return message;
  }
  // V8 names the colon that is missing after an object's first key alone.
  function key(missing) {
    string();
    space();
    if (text[at] !== ":") missing();
    at++;
  }
}

// circle words V8's error for the first circle in a value.
function circle(value) {
  const head = "Converting circular structure to JSON";
  const path = []; // of {object, key}, from the value to where we are
  const closing = (object, key) => {
    if (typeof object !== "object" || object === null) return undefined;
    const from = path.findIndex((step) => step.object === object);
    if (from >= 0) return { from, key };
    path.push({ object, key });
    for (const k of keys(object)) {
      const found = closing(object[k], isArray(object) ? `index ${k}` : `property '${k}'`);
      if (found) return found;
    }
    path.pop();
    return undefined;
  };
  let found;
  try { found = closing(value, ""); } catch { return head; }
  if (!found) return head;
  const named = (o) => `object with constructor '${(o.constructor && o.constructor.name) || "Object"}'`;
  const line = (step) => `\n    |     ${step.key} -> ${named(step.object)}`;
  const circle = path.slice(found.from + 1);
  const middle = circle.length <= 3 ? circle.map(line).join("") : line(circle[0]) + line(circle[1]) + "\n    |     ..." + line(circle[circle.length - 1]);
  return `${head}\n    --> starting at ${named(path[found.from].object)}${middle}\n    --- ${found.key} closes the circle`;
}

function installJSON() {
  define(JSON, "parse", { parse(text, reviver) {
    overdue();
    text = "" + text;
    let value;
    try { value = parse(text); } catch (e) {
      if (!(e instanceof NativeSyntaxError)) throw e;
      throw new NativeSyntaxError(whyNoJSON(text));
    }
    return typeof reviver === "function" ? parse(text, reviver) : value;
  } }.parse);
  define(JSON, "stringify", { stringify(value, replacer, space) {
    overdue();
    try { return stringify(value, replacer, space); } catch (e) {
      if (!(e instanceof TypeError) || e.message !== "circular reference") throw e;
      throw new TypeError(circle(value));
    }
  } }.stringify);
}
