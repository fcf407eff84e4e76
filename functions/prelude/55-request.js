// What a source function is handed, and the form of form-data 2.4.0.

const serverState = Symbol("request");

class ServerRequest {
  constructor(body, init) {
    const state = { url: undefined, headers: undefined, body: {} };
    define(this, serverState, state);
    if (init) {
      state.headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers);
      // The address that Segment makes up is a good one: it is parsed when it is asked for.
      state.text = init.url;
      if (typeof init.url !== "string") state.url = init.url;
      else if (init.url !== webhookURL) state.url = new (urls().URL)(init.url);
    }
    if (typeof body === "object") state.body.json = body;
    else if (typeof body === "string") state.body.text = body;
    else throw new TypeError("unsupported body type");
  }
  get url() {
    const state = this[serverState];
    return state.url || (state.text === undefined ? undefined : state.url = new (urls().URL)(state.text));
  }
  get headers() { return this[serverState].headers; }
  json() {
    const { body } = this[serverState];
    if (!body.json) body.json = JSON.parse(body.text);
    return body.json;
  }
  text() {
    const { body } = this[serverState];
    if (!body.text) body.text = JSON.stringify(body.json);
    return body.text;
  }
}

const webhookURL = "https://fn.segmentapis.com/";

// serverRequest makes the request of a payload.
function serverRequest(payload) {
  const { body, headers, url, queryParameters } = payload;
  return new ServerRequest(body, { headers, url: url || webhookAddress(queryParameters) });
}

function webhookAddress(query) {
  if (typeof query === "string") return webhookURL + (query[0] === "?" ? "" : "?") + query;
  if (typeof query !== "object" || !query) return webhookURL;
  const params = new (urls().URLSearchParams)();
  for (const name of keys(query)) {
    if (isArray(query[name])) for (const v of query[name]) params.append(name, v);
    else params.append(name, query[name]);
  }
  return webhookURL + "?" + params.toString();
}

const formState = Symbol("form");
const fileTypes = { json: "application/json", txt: "text/plain", csv: "text/csv", html: "text/html", htm: "text/html", xml: "application/xml", png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", svg: "image/svg+xml", pdf: "application/pdf", zip: "application/zip", gz: "application/gzip", js: "application/javascript", css: "text/css", md: "text/markdown" };

class FormData extends Stream {
  constructor() {
    super();
    define(this, formState, { parts: [], boundary: undefined });
  }
  append(field, value, options) {
    options = typeof options === "string" ? { filename: options } : options || {};
    if (typeof value === "number") value = "" + value;
    if (isArray(value)) throw new NativeError("Arrays are not supported.");
    if (typeof value !== "string" && !ArrayBuffer.isView(value)) {
      throw new TypeError("the value of a field must be a string, a number or a Buffer here");
    }
    let head = `Content-Disposition: form-data; name="${field}"`;
    const filename = options.filepath || options.filename;
    if (filename) head += `; filename="${options.filepath ? filename : filename.replace(/^.*\//, "")}"`;
    head += "\r\n";
    let type = options.contentType;
    if (!type && filename) type = fileTypes[(/\.([^.\/]*)$/.exec(filename) || ["", ""])[1].toLowerCase()];
    if (!type && typeof value === "object") type = "application/octet-stream";
    if (type) head += `Content-Type: ${type}\r\n`;
    this[formState].parts.push({ head, value });
  }
  getBoundary() {
    const state = this[formState];
    if (!state.boundary) {
      state.boundary = "--------------------------";
      for (let i = 0; i < 24; i++) state.boundary += floor(Math.random() * 10).toString(16);
    }
    return state.boundary;
  }
  setBoundary(boundary) { this[formState].boundary = boundary; }
  getHeaders(more) {
    const headers = { "content-type": "multipart/form-data; boundary=" + this.getBoundary() };
    for (const name of keys(more || {})) headers[name.toLowerCase()] = more[name];
    return headers;
  }
  getBuffer() {
    const { parts } = this[formState];
    const line = "--" + this.getBoundary();
    if (parts.every((p) => typeof p.value === "string")) {
      return parts.map((p) => `${line}\r\n${p.head}\r\n${p.value}\r\n`).join("") + `${line}--\r\n`;
    }
    const chunks = [];
    for (const p of parts) chunks.push(buffer().from(`${line}\r\n${p.head}\r\n`), buffer().from(p.value), buffer().from("\r\n"));
    chunks.push(buffer().from(`${line}--\r\n`));
    return buffer().concat(chunks);
  }
  getLengthSync() { return buffer().byteLength(this.getBuffer()); }
  getLength(callback) { const n = this.getLengthSync(); after(0, () => callback(null, n)); }
  hasKnownLength() { return true; }
  toString() { return "[object FormData]"; }
}
