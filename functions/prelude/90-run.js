// Loading a function's file, and running its handlers.

const handlersOf = {
  source: { request: "onRequest" },
  destination: { identify: "onIdentify", track: "onTrack", page: "onPage", screen: "onScreen", group: "onGroup", alias: "onAlias", delete: "onDelete", batch: "onBatch" },
};
handlersOf["destination-insert"] = handlersOf.destination;
handlersOf["source-insert"] = handlersOf.destination;

const limits = { emitted: 10000, logChars: 1 << 20, outputChars: 16 << 20, milliseconds: 5000 };
let kind;
let sorts = false; // a webhook is handed over with its keys sorted
let handlers = {};
let fault; // what went wrong when the file was loaded
let running; // the invocation under way

// limit records that the run went over one of our bounds. The function may catch what is
// thrown, but not what is recorded.
function limit(name, message) {
  if (running && !running.limit) running.limit = name;
  return new RangeError(message);
}

// describe says what was thrown. Reading it may run code of the function's, and throw.
function describe(e) {
  const read = (name) => { try { const v = e[name]; return v === undefined ? undefined : "" + v; } catch { return undefined; } };
  if (e === null || (typeof e !== "object" && typeof e !== "function")) return { __proto__: null, thrown: e === null ? "null" : typeof e, message: String(e) };
  // By its tag: the engine may throw errors of another realm.
  const thrown = e instanceof NativeError || apply(objectTag, e, []) === "[object Error]" ? "Error" : "object";
  const of = { __proto__: null, thrown, name: read("name"), message: read("message"), stack: read("stack"), code: read("code"), type: read("type") };
  if (thrown === "object" && of.message === undefined) try { of.message = stringify(e); } catch { of.message = "" + objectTag.call(e); }
  return of;
}

// load evaluates the function's file: sloppy, inside a function whose parameters are the
// names of the handlers, as Segment's open-source runtime does it.
function load(message) {
  setUp(message);
  const known = handlersOf[kind];
  const names = [];
  for (const type of keys(known)) names.push(known[type]);
  const set = names.map((name) => `__handlers.${name}=${name};`).join("");
  const standIns = names.map((name) => name === "onRequest" ? requestNotSupported : name === "onBatch" ? undefined : eventNotSupported);
  const code = message.code.charCodeAt(0) === 0xfeff ? message.code.slice(1) : message.code;
  handlers = {};
  let prefixed = 0;
  const evaluate = (prefix, suffix) => {
    prefixed = host.compile ? 0 : prefix.length;
    return compile(prefix, code + suffix).call(globalThis.window, handlers, ...standIns);
  };
  const parameters = `(function(__handlers,${names.join(",")}){`;
  let lexical;
  try {
    evaluate(parameters + set, `\n;${set}})`);
  } catch (e) {
    // A handler that is declared with const cannot have the name of a parameter. Segment's
    // pages do not say that such a file is refused, so it gets a scope of its own.
    lexical = message.globals !== "open-source" && isSyntaxError(e) ? (/(?:^|[;\n])\s*(?:const|let|class)\s+(on[A-Z]\w*)/.exec(code) || [])[1] : undefined;
    if (names.indexOf(lexical) < 0) {
      lexical = undefined;
      fault = describe(e);
    } else {
      try { evaluate(parameters + "return (function(){", `\n;${set}}).call(this)})`); } catch (e2) { fault = describe(e2); }
    }
  }
  const found = [];
  for (const name of names) {
    const f = handlers[name];
    if (f !== undefined && f !== requestNotSupported && f !== eventNotSupported) found.push(name);
  }
  return stringify({ handlers: found, fault, lexical, prefixed });
}

function isSyntaxError(e) { return e instanceof NativeSyntaxError || e !== null && typeof e === "object" && e.name === "SyntaxError"; }

function requestNotSupported() { throw new EventNotSupported("request not supported"); }
function eventNotSupported(event) { throw new EventNotSupported(`${event.type} not supported`); }

// compile turns the file into a function. Its first line begins after prefix.
function compile(prefix, code) {
  return host.compile ? host.compile(prefix, code) : globalEval(prefix + code);
}

// start begins an invocation. Its end is seen by poll.
function start(message) {
  stopAt = nativeNow() + limits.milliseconds;
  running = { __proto__: null, done: false, began: clock.skipped, input: undefined };
  Segment.events = [];
  Segment.objects = [];
  const run = running;
  const failed = (e) => { if (!run.done) { run.done = true; run.error = describe(e); } };
  const ended = (v) => { if (!run.done) { run.done = true; run.returned = v; } };
  if (fault) { run.done = true; run.error = fault; return; }
  try {
    const returned = call(run, message);
    if (returned !== null && typeof returned === "object" || typeof returned === "function") {
      apply(then, resolvePromise(returned), [ended, failed]);
    } else ended(returned);
  } catch (e) {
    failed(e);
  }
}

// call calls the handler that the input wants.
function call(run, message) {
  const { input, settings } = message;
  if (kind === "source") {
    run.handler = "onRequest";
    const f = handlers.onRequest;
    if (typeof f !== "function") { run.noHandler = true; return; }
    return f(serverRequest(sorts ? sorted(input) : input), settings === undefined || settings === null ? {} : settings);
  }
  run.input = input;
  const type = isArray(input) ? "batch" : input.type;
  const name = typeof type === "string" && own(handlersOf[kind], type) && (type !== "batch" || isArray(input)) ? handlersOf[kind][type] : undefined;
  if (name === undefined) { run.unknownType = true; return; }
  run.handler = name;
  const f = handlers[name];
  if (typeof f !== "function") {
    if (type === "batch" && f === undefined) throw new EventNotSupported("batch not supported");
    run.noHandler = true;
    return;
  }
  return f(input, settings === null ? undefined : settings);
}

// sorted is a JSON value with the keys of its objects in the order of the alphabet.
function sorted(v) {
  if (isArray(v)) return v.map(sorted);
  if (typeof v !== "object" || v === null) return v;
  const copy = {};
  for (const key of keys(v).sort()) defineProperty(copy, key, { value: sorted(v[key]), writable: true, enumerable: true, configurable: true });
  return copy;
}

// poll returns the report of the invocation if it has ended. Else it lets time pass until
// the next timer, and returns undefined.
function poll() {
  const run = running;
  if (run.done) return report(run);
  const timer = nextTimer();
  if (!timer) {
    run.done = true;
    run.limit = "never-settles";
    return report(run);
  }
  if (timer.due - run.began > limits.milliseconds) {
    clock.skipped = run.began + limits.milliseconds;
    run.done = true;
    run.limit = "time";
    return report(run);
  }
  try {
    runTimer(timer);
  } catch (e) {
    // Nothing of the function can catch what a timer throws: the process ends with it.
    if (!run.done) { run.done = true; run.error = describe(e); }
  }
  return undefined;
}

// json returns the JSON text of a value. null stands for undefined, which has none.
function json(v, failed) {
  try {
    const text = stringify(v);
    return text === undefined ? null : text;
  } catch (e) {
    return failed(e);
  }
}

// texts writes values, each by itself: one that cannot be written is left out and does not
// hide the others. What went wrong is added to wrong.
function texts(values, wrong) {
  let all = "";
  for (let i = 0; isArray(values) && i < values.length; i++) {
    const text = json(values[i], (e) => {
      if (e instanceof TypeError && e.message === "circular reference") e = new TypeError(circle(values[i]));
      wrong[wrong.length] = describe(e);
      return "";
    });
    if (text !== "") all += (all === "" ? "" : ",") + (text || "null");
  }
  return all;
}

// report writes what the invocation did. Its own objects have no prototype: a function may
// have put a toJSON into those that others have.
function report(run) {
  const wrong = [];
  const events = texts(Segment.events, wrong);
  const objects = texts(Segment.objects, wrong);
  let unserializable = false;
  const failed = () => { unserializable = true; return null; };
  const returned = run.error || run.limit ? null : json(run.returned, failed);
  const input = run.input === undefined ? null : json(run.input, () => null);
  if (events.length + objects.length + (returned || "").length + (input || "").length > limits.outputChars && !run.limit) run.limit = "output";
  let text = stringify({
    __proto__: null, handler: run.handler, noHandler: run.noHandler, unknownType: run.unknownType, limit: run.limit, error: run.error,
    unserializable: unserializable ? true : undefined, wrong: wrong.length ? setPrototypeOf(wrong, null) : undefined,
    logs: setPrototypeOf(logs.lines, null), logsDropped: logs.dropped, took: clock.skipped - run.began,
  });
  running = undefined;
  // Not before the next run: what is logged while the file is loaded belongs to the first.
  logs.lines = [];
  logs.chars = logs.dropped = 0;
  if (run.limit === "output") return text;
  text = apply(slice, text, [0, -1]) + `,"events":[${events}],"objects":[${objects}]`;
  if (returned !== null) text += `,"returned":${returned}`;
  if (input !== null) text += `,"input":${input}`;
  return text + "}";
}
const { slice } = String.prototype;

// setUp gives the world its clock, its chance and its globals, as the run asked for them.
function setUp(message) {
  kind = message.kind;
  assign(limits, message.limits);
  if (message.now !== undefined) clock.start = message.now;
  clock.frozen = !!message.frozen;
  sorts = !!message.sort;
  if (message.seed !== undefined) seedRandom(message.seed);
  installGlobals(message);
}

hideNewerThanNode20();
installClock();
installJSON();

// The engine calls this with a message, or with none to poll.
return function segproof(text) {
  if (text !== undefined) {
    const message = parse(text);
    if (message.op === "load") return load(message);
    if (message.op === "logs") return stringify({ __proto__: null, logs: setPrototypeOf(logs.lines, null), logsDropped: logs.dropped });
    start(message);
    return undefined;
  }
  try {
    return poll();
  } catch (e) {
    // A function that breaks the language under the prelude has failed.
    return `{"error":${stringify(describe(e))}}`;
  }
};
