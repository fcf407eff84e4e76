// Loading a function's file, and running its handlers.

const handlersOf = {
  source: { request: "onRequest" },
  destination: { identify: "onIdentify", track: "onTrack", page: "onPage", screen: "onScreen", group: "onGroup", alias: "onAlias", delete: "onDelete", batch: "onBatch" },
};
handlersOf["destination-insert"] = handlersOf.destination;
handlersOf["source-insert"] = handlersOf.destination;

const limits = { emitted: 10000, logChars: 1 << 20, outputChars: 16 << 20, milliseconds: 5000 };
let kind;
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
  if (e === null || (typeof e !== "object" && typeof e !== "function")) return { thrown: e === null ? "null" : typeof e, message: String(e) };
  // By its tag: the engine may throw errors of another realm.
  const thrown = e instanceof NativeError || apply(objectTag, e, []) === "[object Error]" ? "Error" : "object";
  const of = { thrown, name: read("name"), message: read("message"), stack: read("stack"), code: read("code"), type: read("type") };
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
  const prefix = `(function(__handlers,${names.join(",")}){${set}`;
  handlers = {};
  try {
    compile(prefix, code + `\n;${set}})`).call(globalThis.window, handlers, ...standIns);
  } catch (e) {
    fault = describe(e);
  }
  const found = [];
  for (const name of names) {
    const f = handlers[name];
    if (f !== undefined && f !== requestNotSupported && f !== eventNotSupported) found.push(name);
  }
  return stringify({ handlers: found, fault });
}

function requestNotSupported() { throw new EventNotSupported("request not supported"); }
function eventNotSupported(event) { throw new EventNotSupported(`${event.type} not supported`); }

// compile turns the file into a function. Its first line begins after prefix.
function compile(prefix, code) {
  return host.compile ? host.compile(prefix, code) : globalEval(prefix + code);
}

// start begins an invocation. Its end is seen by poll.
function start(message) {
  stopAt = nativeNow() + limits.milliseconds;
  running = { done: false, began: clock.skipped, input: undefined };
  Segment.events = [];
  Segment.objects = [];
  logs.lines = [];
  logs.chars = logs.dropped = 0;
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
    return f(serverRequest(input), settings === undefined || settings === null ? {} : settings);
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

// report writes what the invocation did. Each value is written by itself: one that cannot
// be written does not hide the others.
function report(run) {
  let chars = 0;
  const wrong = [];
  const texts = (values) => values.map((v) => {
    const text = json(v, (e) => { wrong.push(describe(e)); return "null"; }) || "null";
    chars += text.length;
    return text;
  });
  const events = texts(Segment.events);
  const objects = texts(Segment.objects);
  let unserializable = false;
  const failed = () => { unserializable = true; return null; };
  const returned = run.error || run.limit ? null : json(run.returned, failed);
  const input = run.input === undefined ? null : json(run.input, () => null);
  chars += (returned || "").length + (input || "").length;
  if (chars > limits.outputChars && !run.limit) run.limit = "output";
  const over = run.limit === "output";
  const head = stringify({
    handler: run.handler, noHandler: run.noHandler, unknownType: run.unknownType, limit: run.limit, error: run.error,
    unserializable: unserializable ? true : undefined, wrong: wrong.length ? wrong : undefined,
    logs: logs.lines, logsDropped: logs.dropped, took: clock.skipped - run.began,
  });
  running = undefined;
  if (over) return head;
  const list = (name, items) => `,"${name}":[${items.join(",")}]`;
  return head.slice(0, -1) + list("events", events) + list("objects", objects) +
    (returned === null ? "" : `,"returned":${returned}`) + (input === null ? "" : `,"input":${input}`) + "}";
}

// setUp gives the world its clock, its chance and its globals, as the run asked for them.
function setUp(message) {
  kind = message.kind;
  assign(limits, message.limits);
  if (message.now !== undefined) clock.start = message.now;
  clock.frozen = !!message.frozen;
  if (message.seed !== undefined) seedRandom(message.seed);
  installGlobals(message);
}

hideNewerThanNode20();
installClock();
installJSON();

// The engine calls this with a message, or with none to poll.
return function segproof(text) {
  if (text === undefined) return poll();
  const message = parse(text);
  if (message.op === "load") return load(message);
  start(message);
  return undefined;
};
