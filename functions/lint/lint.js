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

// Who has this many complaints to read does not miss the rest.
const maxComplaints = 100;

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
  checkHandlers(tree, scopes, kind, report);
  checkReferences(scopes, guardsOf(tree), report);
  checkImports(tree, report);
  checkText(source, report);
  checkState(scopes, tree, report);
  return found.sort((a, b) => a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1)).slice(0, maxComplaints);
}

// Scopes.

// A scope has names, each with its declaration, and whether var declarations end there.
function newScope(outer, node, isFunction) { return { outer, node, isFunction, names: new Map() }; }

// resolve finds out what each name refers to. It returns the file's own scope and every
// reference: {node, declared, written}; declared is the scope that declares the name,
// undefined if none does; written says that it is assigned to, and not only read.
function resolve(tree) {
  const file = newScope(undefined, tree, true);
  const references = [];
  const pending = [];
  const written = new Set(); // by a pattern
  walk(tree, (node) => {
    if (node.type === "AssignmentExpression" || /^For(In|Of)Statement$/.test(node.type)) for (const t of targets(node.left)) written.add(t);
  });
  const later = (node, scope, parent) => pending.push({ node, scope, parent });
  hoist(tree.body, file);
  for (const statement of tree.body) visit(statement, file, tree, later);
  for (const { node, scope, parent } of pending) {
    let at = scope;
    while (at && !at.names.has(node.name)) at = at.outer;
    references.push({ node, scope, declared: at, parent, written: isWritten(node, parent) || written.has(node) });
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

// walk calls see with each node, and with those around it, the outermost first.
function walk(node, see, around = []) {
  see(node, around);
  around.push(node);
  for (const child of children(node)) walk(child, see, around);
  around.pop();
}

// targets are the nodes that an assignment to a pattern writes to: names and members.
function targets(pattern) {
  switch (pattern && pattern.type) {
    case "Identifier": case "MemberExpression": return [pattern];
    case "ObjectPattern": return pattern.properties.flatMap((p) => targets(p.type === "RestElement" ? p.argument : p.value));
    case "ArrayPattern": return pattern.elements.flatMap(targets);
    case "AssignmentPattern": return targets(pattern.left);
    case "RestElement": return targets(pattern.argument);
  }
  return [];
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

function checkHandlers(tree, { file, references }, kind, report) {
  const wanted = handlersOfKind(kind);
  const known = new Set(["onRequest", ...typesOf.map((t) => "on" + t)]);
  // What var declares in a block, and what is assigned anywhere, is the name that
  // Segment's runtime looks at too.
  const defined = new Set(file.names.keys());
  const used = new Set();
  for (const { node, declared, written } of references) {
    if (written && !declared) defined.add(node.name);
    if (!written && (!declared || declared === file)) used.add(node.name);
  }
  for (const [name, node, value, how] of topLevel(tree)) {
    if (known.has(name)) {
      if (how === "const" || how === "let") report("function-handler-const", node, `${how} ${name} declares a name that Segment's runtime has declared already`, `write async function ${name}(...)`);
      if (!wanted.includes(name)) report("function-handler-kind", node, `${name} is no handler of a ${kind} function, which has ${wanted.join(", ")}`);
      continue;
    }
    // A helper that is called may have any name, and so may one beside the handler itself.
    const near = isFunction(value) && !used.has(name) && /^on[A-Za-z]/i.test(name) && nearest(name, [...known], 1);
    if (near && !defined.has(near)) report("function-handler-misspelt", node, `${name} is no handler; did you mean ${near}?`, "Segment calls a handler by its name alone");
  }
  if (!wanted.some((name) => defined.has(name))) {
    report("function-no-handler", tree, `the file defines no handler, want ${wanted.length > 1 ? "one of " : ""}${wanted.join(", ")}`, "handlers are functions at the top of the file, not exports");
  }
}

// nearest returns the name that is closest, if it is at most so many letters away.
function nearest(name, names, most) {
  let best, least = most + 1;
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

// guardsOf returns where a name may be used that is not there when Segment runs the
// function: guarded(node) says it of one. What stands behind a test with typeof of the
// name is never reached then. Of a try with a catch it holds for all names, but not in
// functions: what a handler tries and never gets is an error of the handler.
function guardsOf(tree) {
  const ranges = new Map(); // by name; "" is for all names
  const add = (name, node) => { if (!ranges.has(name)) ranges.set(name, []); ranges.get(name).push(node); };
  walk(tree, (node, around) => {
    if (node.type === "TryStatement" && node.handler && !around.some((n) => isFunction(n))) add("", node.block);
    if (node.type !== "UnaryExpression" || node.operator !== "typeof" || node.argument.type !== "Identifier") return;
    for (let i = around.length - 1, inner = node; i >= 0 && !/Statement$|^Function|Declaration$/.test(inner.type); inner = around[i--]) {
      const outer = around[i];
      if (outer.type === "LogicalExpression" && outer.left === inner) add(node.argument.name, outer.right);
      if (/^(If|While)Statement$|^ConditionalExpression$/.test(outer.type) && outer.test === inner) add(node.argument.name, outer);
    }
  });
  const inside = (name, node) => (ranges.get(name) || []).some((r) => r.start <= node.start && node.end <= r.end);
  const functions = [];
  if (ranges.has("")) walk(tree, (node) => { if (isFunction(node)) functions.push(node); });
  return (node) => inside(node.name, node) ||
    inside("", node) && !functions.some((f) => f.start <= node.start && node.end <= f.end);
}

function checkReferences({ references }, guarded, report) {
  const assigned = new Set(); // undeclared names that the file makes global itself
  for (const { node, declared, written } of references) if (!declared && written) assigned.add(node.name);
  const said = new Set();
  for (const { node, declared, parent } of references) {
    const name = node.name;
    if (parent.type === "MemberExpression" && parent.object === node && !declared && !parent.computed && tooNew[name] && tooNew[name].has(parent.property.name)) {
      report("function-too-new", node, `${name}.${parent.property.name} came after Node 20, which Segment runs`);
    }
    if (declared || said.has(name) || parent.type === "UnaryExpression" && parent.operator === "typeof") continue;
    if (isHandler.test(name) || !moduleNames.has(name) && (segmentGlobals.has(name) || languageGlobals.has(name)) && !assigned.has(name)) continue;
    if (!assigned.has(name) && guarded(node)) continue;
    if (moduleNames.has(name)) {
      if (name === "require" && !(parent.type === "CallExpression" && parent.callee === node)) continue;
      said.add(name);
      report("function-imports", node, `${name} is not there when Segment runs the function`, name === "require" ? "take a global that Segment documents, or put the code into the file" : "guard it: typeof " + name + ' !== "undefined"');
    } else if (assigned.has(name)) {
      said.add(name);
      report("function-undeclared", node, `${name} is assigned without being declared: all events that are under way share it`, `declare it: let ${name}`);
    } else {
      said.add(name);
      const near = nearest(name, [...segmentGlobals].filter((n) => n.length > 3), 2);
      report("function-unknown-global", node, `${name} is neither declared nor a global that Segment documents` + (near ? `; did you mean ${near}?` : ""));
    }
  }
}

function isWritten(node, parent) {
  return parent.type === "AssignmentExpression" && parent.left === node || parent.type === "UpdateExpression" ||
    /^For(In|Of)Statement$/.test(parent.type) && parent.left === node;
}

// checkImports reports dynamic imports.
function checkImports(tree, report) {
  walk(tree, (node) => {
    if (node.type === "ImportExpression") report("function-imports", node, "import() is not there when Segment runs the function", "take a global that Segment documents, or put the code into the file");
  });
}

// checkText reports the address of functions: Segment looks at the text, comments and all.
function checkText(source, report) {
  const address = "fn.segmentapis.com";
  source.split(/\r\n|[\n\r\u2028\u2029]/).forEach((text, i) => {
    const at = text.indexOf(address);
    if (at >= 0) report("function-calls-functions", { loc: { start: { line: i + 1, column: at } } }, `the file names ${address}, and Segment does not save a function that does`, "a function must not call a function");
  });
}

// checkState reports settings that a handler keeps in a name outside of it.
function checkState({ file, references }, tree, report) {
  const declaredIn = new Map(references.map((r) => [r.node, r.declared]));
  for (const [name, , value] of topLevel(tree)) {
    if (!isHandler.test(name) || !isFunction(value)) continue;
    const inner = newScope(undefined, value, true);
    declare(value.params[1], inner, value);
    if (inner.names.size === 0) continue;
    walk(value.body, (node) => {
      // What is made of settings is settings, under another name.
      if (node.type === "VariableDeclarator" && node.init && mentions(node.init, inner.names)) declare(node.id, inner, node);
    });
    walk(value.body, (node) => {
      if (node.type !== "AssignmentExpression" || !mentions(node.right, inner.names)) return;
      for (const target of targets(node.left)) {
        const kept = keptIn(target, file, declaredIn);
        if (kept) report("function-settings-kept", target, `${kept} keeps settings outside of the handler: another instance of the function may see them`, "read settings in the handler each time");
      }
    });
  }
}

// keptIn returns what outlives the handler if it is assigned to: a name of the file's, one
// that nobody declares, or the object that a member is of; "" for what is the handler's.
function keptIn(target, file, declaredIn) {
  let root = target;
  while (root.type === "MemberExpression") root = root.object;
  if (root.type !== "Identifier") return "";
  const declared = declaredIn.get(root);
  if (declared) return declared === file ? root.name : "";
  if (root === target) return root.name;
  return root.name === "globalThis" || root.name === "window" ? root.name : "";
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
