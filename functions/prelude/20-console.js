// console: what a function logs, as Node would have written it.

const logs = { lines: [], chars: 0, dropped: 0 };

function formatted(args) {
  // Most calls log one string: the formatter is loaded for the others alone.
  if (args.length === 1 && typeof args[0] === "string") return args[0];
  let plain = true;
  for (let i = 0; i < args.length && plain; i++) plain = typeof args[i] === "string" && (i > 0 || args[i].indexOf("%") < 0);
  return plain ? args.join(" ") : bundle("inspect").format(...args);
}

function log(level, args) {
  const text = formatted(args);
  logs.chars += text.length;
  if (logs.chars > limits.logChars) { logs.dropped++; return; }
  logs.lines[logs.lines.length] = { __proto__: null, level, text };
  if (host.log) host.log(level, text);
}

const console = create(null);
for (const level of ["log", "info", "warn", "error", "debug"]) {
  define(console, level, { [level](...args) { log(level, args); } }[level]);
}
// The others neither print nor fail.
for (const name of ["assert", "clear", "count", "countReset", "dir", "dirxml", "group", "groupCollapsed", "groupEnd", "table", "time", "timeEnd", "timeLog", "trace"]) {
  define(console, name, { [name]() {} }[name]);
}
