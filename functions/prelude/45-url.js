// URLs: the standard's, and the older parser that fetch has at Segment.

let loadedUrls;

function urls() {
  if (loadedUrls) return loadedUrls;
  const { URL, URLSearchParams } = bundle("url");
  delete URL.parse; // newer than Node 20
  defineProperty(URL, "name", { value: "URL" });
  defineProperty(URLSearchParams, "name", { value: "URLSearchParams" });
  loadedUrls = {
    URLSearchParams,
    // What is no URL is refused in Node's words.
    URL: new Proxy(URL, {
      construct(target, args, newTarget) {
        try { return construct(target, args, newTarget); } catch (e) {
          if (!(e instanceof TypeError) || args.length === 0) throw e;
          const invalid = new TypeError("Invalid URL");
          invalid.code = "ERR_INVALID_URL";
          invalid.input = "" + args[0];
          throw invalid;
        }
      },
    }),
  };
  define(URL.prototype, "constructor", loadedUrls.URL);
  return loadedUrls;
}

const autoEscapes = create(null);
for (const c of "\t\n\r \"'<>\\^`{|}") autoEscapes[c] = "%" + (c.charCodeAt(0) < 16 ? "0" : "") + c.charCodeAt(0).toString(16).toUpperCase();
const slashed = { "http:": true, "https:": true, "ftp:": true, "gopher:": true, "file:": true, "ws:": true, "wss:": true };

// legacyParse takes a URL apart as Node's url.parse does: leniently, and without the
// standard's encoding of what is not ASCII.
function legacyParse(text) {
  text = ("" + text).trim();
  const query = text.search(/[?#]/);
  text = query < 0 ? text.replace(/\\/g, "/") : text.slice(0, query).replace(/\\/g, "/") + text.slice(query);
  const u = { protocol: null, slashes: null, auth: null, host: null, port: null, hostname: null, hash: null, search: null, query: null, pathname: null, path: null, href: "" };
  const protocol = /^[a-z0-9.+-]+:/i.exec(text);
  if (protocol) {
    u.protocol = protocol[0].toLowerCase();
    text = text.slice(protocol[0].length);
  }
  if (text.startsWith("//") && u.protocol !== "javascript:") {
    u.slashes = true;
    text = parseHost(u, text.slice(2));
  }
  text = text.replace(/[\t\n\r "'<>\\^`{|}]/g, (c) => autoEscapes[c]);
  const hash = text.indexOf("#");
  if (hash >= 0) { u.hash = text.slice(hash); text = text.slice(0, hash); }
  const search = text.indexOf("?");
  if (search >= 0) { u.search = text.slice(search); u.query = u.search.slice(1); text = text.slice(0, search); }
  if (text) u.pathname = text;
  if (slashed[u.protocol] && u.hostname && !u.pathname) u.pathname = "/";
  if (u.pathname || u.search) u.path = (u.pathname || "") + (u.search || "");
  u.href = legacyFormat(u);
  return u;
}

// parseHost takes the host off the front of text and returns the rest.
function parseHost(u, text) {
  let end = text.search(/[/?#]/);
  if (end < 0) end = text.length;
  const at = text.lastIndexOf("@", end - 1);
  if (at >= 0 && at < end) {
    try { u.auth = decodeURIComponent(text.slice(0, at)); } catch { u.auth = text.slice(0, at); }
    text = text.slice(at + 1);
    end -= at + 1;
  }
  const bad = text.slice(0, end).search(/[\t\n\r "%';<>\\^`{|}]/);
  if (bad >= 0) end = bad;
  let host = text.slice(0, end);
  const port = /:([0-9]*)$/.exec(host);
  if (port) {
    if (port[1]) u.port = port[1];
    host = host.slice(0, port.index);
  }
  u.hostname = host.toLowerCase();
  if (/[^\x00-\x7f]/.test(u.hostname)) {
    try { u.hostname = new (urls().URL)("http://" + u.hostname).hostname; } catch { /* an impossible name stays as it is */ }
  }
  u.host = u.hostname + (u.port ? ":" + u.port : "");
  if (/^\[.*\]$/.test(u.hostname)) u.hostname = u.hostname.slice(1, -1);
  const rest = text.slice(end);
  return rest && !/^[/?#]/.test(rest) ? "/" + rest : rest;
}

function legacyFormat(u) {
  let auth = u.auth ? encodeURIComponent(u.auth).replace(/%3A/i, ":") + "@" : "";
  let protocol = u.protocol || "";
  if (protocol && !protocol.endsWith(":")) protocol += ":";
  let pathname = (u.pathname || "").replace(/[?#]/g, encodeURIComponent);
  let host = "";
  if (u.host) host = auth + u.host;
  else if (u.hostname) host = auth + (u.hostname.includes(":") ? `[${u.hostname}]` : u.hostname) + (u.port ? ":" + u.port : "");
  let search = u.search || "";
  if (!search && u.query && typeof u.query === "object" && keys(u.query).length) search = "?" + queryText(u.query);
  if (u.slashes || slashed[protocol] && host) {
    host = "//" + host;
    if (pathname && pathname[0] !== "/") pathname = "/" + pathname;
  }
  return protocol + host + pathname + search.replace(/#/g, "%23") + (u.hash || "");
}

// legacyResolve makes the target of a redirect absolute.
function legacyResolve(from, to) { return new (urls().URL)(to, from).href; }
