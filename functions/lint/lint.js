// The lints of a function's file: what goes wrong only once the function is deployed, or
// only now and then. lint(source, kind) returns an array of
// {rule, line, column, message, hint}; line and column are 1-based, column in UTF-16 units.
//
// The syntax tree comes from acorn, whose parse is in scope.

const isHandler = /^on(Request|Identify|Track|Page|Screen|Group|Alias|Delete|Batch)$/;
const typesOf = ["Identify", "Track", "Page", "Screen", "Group", "Alias", "Delete", "Batch"];

function handlersOfKind(kind) {
  if (kind === "source") return ["onRequest"];
  return typesOf.filter((t) => t !== "Batch" || kind !== "source-insert").map((t) => "on" + t);
}

// What a function may name without declaring it.
//
// Source: segment.com/docs/connections/functions/environment/ and the language itself
const segmentGlobals = words(`Segment fetch Headers Request Response console EventNotSupported RetryError ValidationError
  InvalidEventPayload DropEvent btoa atob Buffer URL URLSearchParams crypto cache _ setTimeout clearTimeout setInterval
  clearInterval moment xml2js uuidv5 jsonwebtoken xml libphonenumberjslib fetchretrylib cryptojslib FormData zlib https
  OAuth aws4 AWS winstonlib google hubspotlib jsforce mailchimplib nodemailjet sendgrid skyflowlib stripe twilio azure
  jsftp akeyless oneSignal pg snowflakesdk clickHouseClient sentrylib ServerRequest window`);
const languageGlobals = words(`Array ArrayBuffer AggregateError Atomics BigInt BigInt64Array BigUint64Array Boolean DataView
  Date Error EvalError FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array
  Intl JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer
  String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef
  WeakSet WebAssembly decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN
  parseFloat parseInt undefined unescape arguments`);
const moduleNames = words("require module exports process __dirname __filename");

// Methods that came after Node 20, by their object.
const tooNew = {
  Object: words("groupBy"), Map: words("groupBy"), Promise: words("withResolvers try"), RegExp: words("escape"),
  Math: words("sumPrecise f16round"), Error: words("isError"), JSON: words("rawJSON isRawJSON"),
};

function words(text) { return new Set(text.trim().split(/\s+/)); }

function lint(source, kind) {
  const found = [];
  const report = (rule, node, message, hint) => found.push({ rule, line: node.loc.start.line, column: node.loc.start.column + 1, message, hint: hint || "" });
  let tree;
  try {
    tree = parse(source, { ecmaVersion: 2024, sourceType: "script", allowReturnOutsideFunction: true, locations: true });
  } catch (e) {
    const at = { loc: { start: e.loc || { line: 1, column: 0 } } };
    const message = String(e.message).replace(/ \(\d+:\d+\)$/, "");
    if (/'import' and 'export'/.test(message)) {
      report("function-imports", at, "import and export are for modules, and a function is a plain script", "take a global that Segment documents, or put the code into the file");
    } else if (/\bawait\s+$/.test(source.slice(Math.max(0, e.pos - 20), e.pos))) {
      report("function-syntax", at, "not JavaScript that Segment runs: " + message, "await works in async functions only: the file is a script, and no module");
    } else report("function-syntax", at, "not JavaScript that Segment runs: " + message);
    return found;
  }
  const scopes = resolve(tree);
  checkHandlers(tree, kind, report);
  checkReferences(scopes, report);
  checkText(tree, report);
  checkState(scopes, tree, kind, report);
  return found.sort((a, b) => a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1));
}

// Scopes.

// A scope has names, each with its declaration, and whether var declarations end there.
function newScope(outer, node, isFunction) { return { outer, node, isFunction, names: new Map() }; }

// resolve finds out what each name refers to. It returns the file's own scope and every
// reference: {node, scope, declared, parent}; declared is the scope that declares the name,
// undefined if none does.
function resolve(tree) {
  const file = newScope(undefined, tree, true);
  const references = [];
  const pending = [];
  const later = (node, scope, parent) => pending.push({ node, scope, parent });
  hoist(tree.body, file);
  for (const statement of tree.body) visit(statement, file, tree, later);
  for (const { node, scope, parent } of pending) {
    let at = scope;
    while (at && !at.names.has(node.name)) at = at.outer;
    references.push({ node, scope, declared: at, parent });
  }
  return { file, references };
}

// declare puts the names of a pattern into a scope.
function declare(pattern, scope, declaration) {
  if (!pattern) return;
  switch (pattern.type) {
    case "Identifier": if (!scope.names.has(pattern.name)) scope.names.set(pattern.name, declaration); break;
    case "ObjectPattern": for (const p of pattern.properties) declare(p.type === "RestElement" ? p.argument : p.value, scope, declaration); break;
    case "ArrayPattern": for (const p of pattern.elements) declare(p, scope, declaration); break;
    case "AssignmentPattern": declare(pattern.left, scope, declaration); break;
    case "RestElement": declare(pattern.argument, scope, declaration); break;
  }
}

// hoist declares what statements declare: let, const, class and function in their own
// scope, var in that of the function around.
function hoist(statements, scope) {
  for (const s of statements) {
    if (!s) continue;
    if (s.type === "FunctionDeclaration" || s.type === "ClassDeclaration") declare(s.id, scope, s);
    else if (s.type === "VariableDeclaration" && s.kind !== "var") for (const d of s.declarations) declare(d.id, scope, s);
    if (scope.isFunction) hoistVar(s, scope);
  }
}

// hoistVar declares the var declarations, and in sloppy mode the functions, that stand
// anywhere in a statement.
function hoistVar(node, scope) {
  if (!node || typeof node.type !== "string") return;
  if (node.type === "VariableDeclaration" && node.kind === "var") for (const d of node.declarations) declare(d.id, scope, node);
  if (node.type === "FunctionDeclaration") { declare(node.id, scope, node); return; }
  if (/Function|Class/.test(node.type)) return;
  for (const child of children(node)) if (/Statement|Declaration|Clause|Case/.test(child.type)) hoistVar(child, scope);
}

function children(node) {
  const list = [];
  for (const key of Object.keys(node)) {
    if (key === "loc") continue;
    const value = node[key];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === "string") list.push(child);
    }
  }
  return list;
}

// visit walks a node in its scope. reference takes each name that is read or written.
function visit(node, scope, parent, reference) {
  if (!node) return;
  switch (node.type) {
    case "Identifier":
      reference(node, scope, parent);
      return;
    case "FunctionDeclaration": case "FunctionExpression": case "ArrowFunctionExpression": {
      const inner = newScope(scope, node, true);
      if (node.type === "FunctionExpression" && node.id) declare(node.id, inner, node);
      for (const p of node.params) declare(p, inner, node);
      if (node.body.type === "BlockStatement") hoist(node.body.body, inner);
      for (const p of node.params) visitPattern(p, inner, reference);
      if (node.body.type === "BlockStatement") for (const s of node.body.body) visit(s, inner, node.body, reference);
      else visit(node.body, inner, node, reference);
      return;
    }
    case "BlockStatement": case "StaticBlock": {
      const inner = newScope(scope, node, node.type === "StaticBlock");
      hoist(node.body, inner);
      for (const s of node.body) visit(s, inner, node, reference);
      return;
    }
    case "ForStatement": case "ForInStatement": case "ForOfStatement": case "SwitchStatement": {
      const inner = newScope(scope, node, false);
      hoist(node.type === "SwitchStatement" ? node.cases.flatMap((c) => c.consequent) : [node.init || node.left], inner);
      for (const child of children(node)) visit(child, inner, node, reference);
      return;
    }
    case "CatchClause": {
      const inner = newScope(scope, node, false);
      declare(node.param, inner, node);
      if (node.param) visitPattern(node.param, inner, reference);
      visit(node.body, inner, node, reference);
      return;
    }
    case "ClassDeclaration": case "ClassExpression": {
      const inner = newScope(scope, node, false);
      if (node.id) declare(node.id, inner, node);
      visit(node.superClass, inner, node, reference);
      for (const m of node.body.body) visit(m, inner, node.body, reference);
      return;
    }
    case "VariableDeclarator":
      visitPattern(node.id, scope, reference);
      visit(node.init, scope, node, reference);
      return;
    case "MemberExpression":
      visit(node.object, scope, node, reference);
      if (node.computed) visit(node.property, scope, node, reference);
      return;
    case "Property": case "PropertyDefinition": case "MethodDefinition":
      if (node.computed) visit(node.key, scope, node, reference);
      visit(node.value, scope, node, reference);
      return;
    case "LabeledStatement":
      visit(node.body, scope, node, reference);
      return;
    case "BreakStatement": case "ContinueStatement": case "MetaProperty":
      return;
  }
  for (const child of children(node)) visit(child, scope, node, reference);
}

// visitPattern visits what a declared pattern computes: defaults and computed keys.
function visitPattern(pattern, scope, reference) {
  switch (pattern && pattern.type) {
    case "ObjectPattern":
      for (const p of pattern.properties) {
        if (p.computed) visit(p.key, scope, p, reference);
        visitPattern(p.type === "RestElement" ? p.argument : p.value, scope, reference);
      }
      break;
    case "ArrayPattern": for (const p of pattern.elements) visitPattern(p, scope, reference); break;
    case "AssignmentPattern": visitPattern(pattern.left, scope, reference); visit(pattern.right, scope, pattern, reference); break;
    case "RestElement": visitPattern(pattern.argument, scope, reference); break;
  }
}

// Checks.

// topLevel returns what the file itself defines: [name, node, value].
function topLevel(tree) {
  const list = [];
  const statement = (s) => {
    if (!s) return;
    if (s.type === "FunctionDeclaration") list.push([s.id.name, s.id, s, "function"]);
    if (s.type === "VariableDeclaration") for (const d of s.declarations) if (d.id.type === "Identifier") list.push([d.id.name, d.id, d.init, s.kind]);
    if (s.type === "ExpressionStatement" && s.expression.type === "AssignmentExpression" && s.expression.left.type === "Identifier") {
      list.push([s.expression.left.name, s.expression.left, s.expression.right, "assignment"]);
    }
    if (s.type === "IfStatement") for (const b of [s.consequent, s.alternate]) for (const inner of b && b.type === "BlockStatement" ? b.body : [b]) statement(inner);
  };
  for (const s of tree.body) statement(s);
  return list;
}

function isFunction(node) { return !!node && /^(Function|ArrowFunction)/.test(node.type); }

function checkHandlers(tree, kind, report) {
  const wanted = handlersOfKind(kind);
  const known = new Set(["onRequest", ...typesOf.map((t) => "on" + t)]);
  const defined = new Set();
  for (const [name, node, value, how] of topLevel(tree)) {
    if (known.has(name)) {
      defined.add(name);
      if (how === "const" || how === "let") report("function-handler-const", node, `${how} ${name} declares a name that Segment's runtime has declared already`, `write async function ${name}(...)`);
      if (!wanted.includes(name)) report("function-handler-kind", node, `${name} is no handler of a ${kind} function, which has ${wanted.join(", ")}`);
      continue;
    }
    const near = isFunction(value) && /^on[A-Za-z]/i.test(name) && nearest(name, [...known]);
    if (near) report("function-handler-misspelt", node, `${name} is no handler; did you mean ${near}?`, "Segment calls a handler by its name alone");
  }
  if (!wanted.some((name) => defined.has(name))) {
    report("function-no-handler", tree, `the file defines no handler, want ${wanted.length > 1 ? "one of " : ""}${wanted.join(", ")}`, "handlers are functions at the top of the file, not exports");
  }
}

// nearest returns the name that is closest, if it is close.
function nearest(name, names) {
  let best, least = 3;
  for (const n of names) {
    const d = n.toLowerCase() === name.toLowerCase() ? 0 : distance(n, name);
    if (d < least) [best, least] = [n, d];
  }
  return best;
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

function checkReferences({ file, references }, report) {
  const assigned = new Set(); // undeclared names that the file makes global itself
  for (const { node, declared, parent } of references) if (!declared && isWritten(node, parent)) assigned.add(node.name);
  const said = new Set();
  for (const { node, declared, parent } of references) {
    const name = node.name;
    if (parent.type === "MemberExpression" && parent.object === node && !declared && !parent.computed && tooNew[name] && tooNew[name].has(parent.property.name)) {
      report("function-too-new", node, `${name}.${parent.property.name} came after Node 20, which Segment runs`);
    }
    if (declared || said.has(name) || parent.type === "UnaryExpression" && parent.operator === "typeof") continue;
    if (moduleNames.has(name)) {
      if (name === "require" && !(parent.type === "CallExpression" && parent.callee === node)) continue;
      said.add(name);
      report("function-imports", node, `${name} is not there when Segment runs the function`, name === "require" ? "take a global that Segment documents, or put the code into the file" : "guard it: typeof " + name + ' !== "undefined"');
    } else if (isHandler.test(name)) {
      continue; // Segment's runtime declares it
    } else if (assigned.has(name)) {
      said.add(name);
      report("function-undeclared", node, `${name} is assigned without being declared: all events that are under way share it`, `declare it: let ${name}`);
    } else if (!segmentGlobals.has(name) && !languageGlobals.has(name)) {
      said.add(name);
      const near = nearest(name, [...segmentGlobals].filter((n) => n.length > 3));
      report("function-unknown-global", node, `${name} is neither declared nor a global that Segment documents` + (near ? `; did you mean ${near}?` : ""));
    }
  }
}

function isWritten(node, parent) {
  return parent.type === "AssignmentExpression" && parent.left === node || parent.type === "UpdateExpression" ||
    /^For(In|Of)Statement$/.test(parent.type) && parent.left === node;
}

// checkText reports dynamic imports, and the address of functions, which keeps Segment
// from saving the file.
function checkText(node, report) {
  if (node.type === "ImportExpression") report("function-imports", node, "import() is not there when Segment runs the function", "take a global that Segment documents, or put the code into the file");
  const text = node.type === "Literal" && typeof node.value === "string" ? node.value : node.type === "TemplateElement" ? node.value.raw : "";
  if (text.includes("fn.segmentapis.com")) report("function-calls-functions", node, "the file names fn.segmentapis.com, and Segment does not save a function that does", "a function must not call a function");
  for (const child of children(node)) checkText(child, report);
}

// checkState reports settings that a handler keeps in a name outside of it.
function checkState({ file, references }, tree, kind, report) {
  const handlers = new Map(); // the scope's node of each handler's function, with the name of its settings
  for (const [name, , value] of topLevel(tree)) {
    if (!isHandler.test(name) || !isFunction(value)) continue;
    const names = new Set();
    const collect = newScope(undefined, value, true);
    declare(value.params[1], collect, value);
    for (const n of collect.names.keys()) names.add(n);
    handlers.set(value, names);
  }
  for (const { node, scope, declared, parent } of references) {
    if (declared && declared !== file || !(parent.type === "AssignmentExpression" && parent.left === node)) continue;
    let at = scope;
    while (at && !handlers.has(at.node)) at = at.outer;
    if (!at) continue;
    const settings = handlers.get(at.node);
    if (mentions(parent.right, settings)) {
      report("function-settings-kept", node, `${node.name} keeps settings outside of the handler: another instance of the function may see them`, "read settings in the handler each time");
    }
  }
}

// mentions reports whether a value holds one of the names, or what was made of it; what
// an awaited call answers does not.
function mentions(node, names) {
  if (isFunction(node) || node.type === "AwaitExpression") return false;
  if (node.type === "Identifier") return names.has(node.name);
  if (node.type === "MemberExpression") return mentions(node.object, names) || node.computed && mentions(node.property, names);
  if (node.type === "Property") return mentions(node.value, names);
  return children(node).some((child) => mentions(child, names));
}
