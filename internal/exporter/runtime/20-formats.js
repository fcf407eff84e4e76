// The formats, as the validator asserts them. Each is asked of strings alone.

function inRange(text, least, most) {
  if (!/^[+-]?\d+$/.test(text)) return false;
  const n = Number(text);
  return n >= least && n <= most;
}

function isDate(s) {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(s);
  if (!m) return false;
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month >= 1 && month <= 12 && day >= 1 && day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

function isTime(s) {
  const m = /^(..):(..):(..)(?:\.\d+)?(?:[zZ]|([+-])(..):(..))$/s.exec(s);
  if (!m || !inRange(m[1], 0, 23) || !inRange(m[2], 0, 59) || !inRange(m[3], 0, 60)) return false;
  let minutes = Number(m[1]) * 60 + Number(m[2]);
  if (m[4]) {
    if (!inRange(m[5], 0, 23) || !inRange(m[6], 0, 59)) return false;
    minutes += (m[4] === "+" ? -1 : 1) * (Number(m[5]) * 60 + Number(m[6]));
    if (minutes < 0) minutes += 24 * 60;
  }
  return Number(m[3]) !== 60 || Math.trunc(minutes / 60) === 23 && minutes % 60 === 59;
}

function isDateTime(s) { return s.length >= 20 && /^[tT]$/.test(s[10]) && isDate(s.slice(0, 10)) && isTime(s.slice(11)); }

// unitsOf reads numbers, each with a unit, up to a T, and returns the units and what is
// left; undefined if a number or a unit is missing.
function unitsOf(s) {
  let units = "", i = 0;
  while (i < s.length && s[i] !== "T") {
    const from = i;
    while (s[i] >= "0" && s[i] <= "9") i++;
    if (i === from || i === s.length) return undefined;
    units += s[i++];
  }
  return { units, rest: s.slice(i) };
}

function isDuration(s) {
  const date = s[0] === "P" ? unitsOf(s.slice(1)) : undefined;
  if (!date) return false;
  if (date.units === "W") return date.rest === "";
  if (date.units !== "" && !"YMD".includes(date.units)) return false;
  if (date.rest === "") return date.units !== "";
  const time = unitsOf(date.rest.slice(1));
  return !!time && time.rest === "" && time.units !== "" && "HMS".includes(time.units);
}

function isPeriod(s) {
  const slash = s.indexOf("/");
  if (slash < 0) return false;
  const [start, end] = [s.slice(0, slash), s.slice(slash + 1)];
  return isDateTime(start) ? isDateTime(end) || isDuration(end) : isDuration(start) && isDateTime(end);
}

function isHostname(s) {
  s = s.replace(/\.$/, "");
  return s.length <= 253 && s[0] !== "-" && s.split(".").every((label) => /^[A-Za-z0-9-]{1,63}$/.test(label) && !label.endsWith("-"));
}

function isIPv4(s) {
  const groups = s.split(".");
  return groups.length === 4 && groups.every((g) => inRange(g, 0, 255) && !(Number(g) !== 0 && g[0] === "0"));
}

function isIPv6(s) {
  if (!s.includes(":")) return false;
  let tail = 0;
  const four = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/s.exec(s);
  if (four) {
    if (!four[2].split(".").every((g) => Number(g) <= 255 && (g === "0" || g[0] !== "0"))) return false;
    s = four[1].endsWith("::") ? four[1] : four[1].slice(0, -1);
    tail = 2;
  }
  const halves = s.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((h) => h === "" ? [] : h.split(":"));
  if (!groups.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return false;
  if (halves.length === 1) return groups.length + tail === 8;
  return groups.length + tail < 8;
}

function isEmail(s) {
  if (utf8Length(s) > 254) return false;
  const at = s.lastIndexOf("@");
  if (at < 0) return false;
  const [local, domain] = [s.slice(0, at), s.slice(at + 1)];
  if (utf8Length(local) > 64) return false;
  if (domain.length >= 2 && domain.startsWith("[") && domain.endsWith("]")) {
    const ip = domain.slice(1, -1);
    return ip.startsWith("IPv6:") ? isIPv6(ip.slice(5)) : isIPv4(ip);
  }
  if (!isHostname(domain) || domain.endsWith(".")) return false;
  const bare = local.replace(/^[ \t]+/, "");
  if (/^"/.test(bare)) return /^"(?:[^\x00-\x08\x0a-\x1f\x7f"\\]|\\[^\x00-\x08\x0a-\x1f\x7f])+"$/.test(bare);
  return /^[^\x00-\x20\x7f()<>[\]:;@\\,"]+$/.test(bare) && !/^\.|\.\.|\.$/.test(bare);
}

function wellEscaped(s) { return !/%(?![0-9a-fA-F]{2})/.test(s); }

// parseURL reports whether a text is a URL, and whether it has a scheme; null if it is none.
function parseURL(s) {
  const hash = s.indexOf("#");
  if (/[\x00-\x1f\x7f]/.test(hash >= 0 ? s.slice(0, hash) : s)) return null;
  if (hash >= 0 && !wellEscaped(s.slice(hash + 1))) return null;
  let rest = hash >= 0 ? s.slice(0, hash) : s;
  if (rest === "*") return { absolute: false };
  if (rest[0] === ":") return null;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(rest);
  if (scheme) rest = rest.slice(scheme[0].length + 1);
  const query = rest.indexOf("?");
  if (query >= 0) rest = rest.slice(0, query);
  if (!rest.startsWith("/")) {
    if (scheme) return { absolute: true };
    if (rest.split("/")[0].includes(":")) return null;
  }
  if (rest.startsWith("//") && (scheme || !rest.startsWith("///"))) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? "" : rest.slice(slash);
    if (!isAuthority(authority, scheme ? scheme[0].toLowerCase() : "")) return null;
  }
  return wellEscaped(rest) ? { absolute: !!scheme } : null;
}

function isAuthority(authority, scheme) {
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    const user = authority.slice(0, at);
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || !wellEscaped(user)) return false;
  }
  const host = authority.slice(at + 1);
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) return false;
  if (bracket === 0) {
    const m = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
    // An address with a zone is none.
    return !!m && isIPv6(m[1]);
  }
  const colon = host.indexOf(":");
  if (colon >= 0) {
    const from = host.lastIndexOf(":") !== colon && scheme !== "http" && scheme !== "https" ? host.lastIndexOf(":") : colon;
    if (!/^:\d*$/.test(host.slice(from))) return false;
    // An IPv6 address without its brackets.
    if (host.slice(0, from).includes(":")) return false;
  }
  return wellEscaped(host) && !/%[0-7]/.test(host.replace(/%25/g, "")) && !/[\x00-\x20#/?@\\^`{|}]/.test(host);
}

function isJSONPointer(s) { return (s === "" || s[0] === "/") && !/~(?![01])/.test(s); }

// The validator takes no longer texts for durations and periods.
const maxDurationBytes = 1000;
function short(judge) { return (s) => utf8Length(s) <= maxDurationBytes && judge(s); }

const formats = {
  "date-time": isDateTime, date: isDate, time: isTime, duration: short(isDuration), period: short(isPeriod),
  hostname: isHostname, email: isEmail, "ip-address": isIPv4, ipv4: isIPv4, ipv6: isIPv6,
  uri: (s) => { const u = parseURL(s); return u !== null && u.absolute; },
  "uri-reference": (s) => parseURL(s) !== null && !s.includes("\\"),
  "json-pointer": isJSONPointer,
  "relative-json-pointer": (s) => { const m = /^(?:0|[1-9]\d*)(.*)$/s.exec(s); return !!m && (m[1] === "#" || isJSONPointer(m[1])); },
  uuid: (s) => /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/.test(s),
};
formats.iri = formats.uri;
formats.uriref = formats["iri-reference"] = formats["uri-reference"];
