// The globals of a function.

function bundle(name) { throw new NativeError("no bundle " + name); }
function serverRequest() { return {}; }

function installGlobals() {
  const all = { ...timerGlobals, console, Segment, ValidationError, EventNotSupported, InvalidEventPayload, RetryError, DropEvent };
  for (const name of keys(all)) define(globalThis, name, all[name]);
  const window = {};
  for (const name of keys(all)) window[name] = all[name];
  window.window = window;
  define(globalThis, "window", window);
}
