// The globals of a function: what Segment documents, or what its open-source runtime has.
//
// Source: segment.com/docs/connections/functions/environment/

// notHere words the error of what Segment has and a run here has not.
function notHere(name) {
  const e = new NativeError(`${name} is available in Segment Functions but not in a run here; give a stand-in for it`);
  define(e, "name", "NotAvailableHere");
  return e;
}

// absent stands for a library that Segment has and a run here has not: it can be named
// and passed on, and the first use of it says so.
function absent(name, callable) {
  const fail = () => { throw notHere(name); };
  return new Proxy(callable ? function () {} : {}, { get(_, key) { if (typeof key === "symbol") return undefined; fail(); }, apply: fail, construct: fail });
}

// What is made when it is first asked for, and what is there anyway.
const lazyGlobals = {
  Buffer: buffer,
  URL: () => urls().URL,
  URLSearchParams: () => urls().URLSearchParams,
  crypto: cryptoModule,
};
const openSourceLazy = {
  ...lazyGlobals,
  _: () => bundle("lodash-open-source"),
  xml: () => bundle("xml"),
  OAuth: () => bundle("oauth"),
  AWS: () => absent("AWS", false),
};
const documentedLazy = {
  ...openSourceLazy,
  _: () => bundle("lodash"),
  moment: () => bundle("moment"),
  xml2js: () => bundle("xml2js"),
  jsonwebtoken: () => bundle("jsonwebtoken"),
  https: () => nodeModule("https"),
  zlib: () => ({ zlib: zlibModule() }),
  uuidv5: () => {
    globalThis.Buffer; // the library wants it while it is loaded
    return { uuidv5: bundle("uuidv5") };
  },
  libphonenumberjslib: () => ({ libphonenumberjs: bundle("libphonenumberjs") }),
  fetchretrylib: () => ({ fetchretry: bundle("fetchretry") }),
  winstonlib: () => ({ winston: winston() }),
  aws4: () => absent("aws4", false),
};
const absentObjects = ["google", "hubspotlib", "jsforce", "mailchimplib", "nodemailjet", "sendgrid", "skyflowlib"];
const absentFunctions = ["stripe", "twilio"];
const sourceInsertAbsent = ["akeyless", "azure", "clickHouseClient", "jsftp", "oneSignal", "pg", "sentrylib", "snowflakesdk"];

const alwaysThere = { ...timerGlobals, btoa, atob, console, fetch, Request, Response, Headers, FormData, ServerRequest, Segment, ValidationError, EventNotSupported, InvalidEventPayload };
const documentedThere = { ...alwaysThere, RetryError, DropEvent };

// What Node has and Segment does not document: given when a run asks for it.
const allowable = {
  structuredClone: () => (v) => clone(v, new NativeMap()),
  queueMicrotask: () => (f) => { apply(then, resolvePromise(), [() => f()]); },
  setImmediate: () => (f, ...args) => startTimer(f, 0, args, false),
  clearImmediate: () => stopTimer,
  TextEncoder: () => TextEncoder,
  TextDecoder: () => TextDecoder,
  AbortController: () => AbortController,
  AbortSignal: () => AbortSignal,
  performance: () => ({ now: () => clock.skipped, timeOrigin: 0 }),
};

function installGlobals(message) {
  const documented = message.globals !== "open-source";
  const there = { ...(documented ? documentedThere : alwaysThere) };
  const lazy = { ...(documented ? documentedLazy : openSourceLazy) };
  if (documented) {
    there.cache = cache;
    for (const name of absentObjects) lazy[name] = () => absent(name, false);
    for (const name of absentFunctions) lazy[name] = () => absent(name, true);
    if (kind === "source-insert") {
      lazy.cryptojslib = () => ({ cryptojs: bundle("cryptojs") });
      for (const name of sourceInsertAbsent) lazy[name] = () => absent(name, false);
    }
  }
  if (typeof globalThis.Intl === "undefined") installIntl();
  if (typeof globalThis.WebAssembly === "undefined") lazy.WebAssembly = () => absent("WebAssembly", false);
  for (const name of message.allow || []) {
    lazy[name] = allowable[name];
  }
  for (const name of keys(message.stubs || {})) {
    delete there[name];
    lazy[name] = () => globalEval("(" + message.stubs[name] + "\n)");
  }
  // window is a copy: what a function does to its globals does not show in it.
  const window = {};
  for (const target of [globalThis, window]) {
    for (const name of keys(there)) expose(target, name, there[name]);
    for (const name of keys(lazy)) lazily(target, name, () => globalValue(name, lazy[name]));
  }
  expose(window, "window", window);
  expose(globalThis, "window", window);
}

const madeGlobals = create(null);
function globalValue(name, make) { return name in madeGlobals ? madeGlobals[name] : (madeGlobals[name] = make()); }

// installIntl has the host put in its own Intl, in US English, when something asks for it.
function installIntl() {
  const arrive = () => { restore(); host.call("intl", ""); };
  const lent = [[Date.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]], [Number.prototype, ["toLocaleString"]]];
  const natives = lent.map(([proto, names]) => names.map((name) => proto[name]));
  const restore = () => {
    delete globalThis.Intl;
    lent.forEach(([proto, names], i) => names.forEach((name, j) => define(proto, name, natives[i][j])));
  };
  for (const [proto, names] of lent) {
    for (const name of names) define(proto, name, { [name](...args) { arrive(); return apply(proto[name], this, args); } }[name]);
  }
  defineProperty(globalThis, "Intl", { get() { arrive(); return globalThis.Intl; }, set(v) { define(globalThis, "Intl", v); }, configurable: true, enumerable: false });
}

// winston writes to console here: a function's logs have nowhere else to go.
function winston() {
  const levels = { error: "error", warn: "warn", info: "info", http: "info", verbose: "info", debug: "debug", silly: "debug" };
  const logger = { log(level, ...rest) { typeof level === "object" ? log(levels[level.level] || "info", [`${level.level}: ${level.message}`]) : log(levels[level] || "info", [`${level}: ${formatted(rest)}`]); } };
  for (const level of keys(levels)) logger[level] = (...args) => logger.log(level, ...args);
  const ignore = () => logger;
  return assign(create(logger), { Logger: function () { return logger; }, createLogger: () => logger, add: ignore, remove: ignore, configure: ignore, transports: { Console: function () {}, File: function () {} } });
}
