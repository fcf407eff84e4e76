// Bundles the libraries of package.json into dist/, one file for each global that a
// function may ask for, and writes their licences beside them. Run it through
// "make bundle"; "make bundle-check" shows that dist/ is what it makes.
//
// Each file sets globalThis.__segproofBundle to a function (require, module, exports, process).
// The prelude takes it away and calls it with its own stand-ins for Node's modules.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

// What is bundled: the name that the prelude (acorn: the linter) asks for, and what it gets.
const entries = {
  acorn: `module.exports = { parse: require("acorn").parse }`,
  buffer: `module.exports = require("./node_modules/buffer/index.js").Buffer`,
  url: `module.exports = { URL: require("core-js-pure/web/url"), URLSearchParams: require("core-js-pure/web/url-search-params") }`,
  inspect: `const { format, inspect } = require("node-inspect-extracted"); module.exports = { format, inspect }`,
  lodash: `module.exports = require("lodash")`,
  "lodash-open-source": `module.exports = require("lodash-open-source")`,
  moment: `module.exports = require("moment-timezone")`,
  xml: `module.exports = require("xml")`,
  xml2js: `module.exports = require("xml2js")`,
  jsonwebtoken: `module.exports = require("jsonwebtoken")`,
  oauth: `module.exports = require("oauth")`,
  uuidv5: `module.exports = require("uuidv5")`,
  libphonenumberjs: `module.exports = require("libphonenumber-js")`,
  fetchretry: `module.exports = require("fetch-retry")`,
  cryptojs: `module.exports = require("crypto-js")`,
};

// Node's modules, which the prelude stands in for.
const external = ["buffer", "crypto", "events", "http", "https", "querystring", "stream", "string_decoder", "timers", "url", "util"];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const packages = new Set();
for (const [name, contents] of Object.entries(entries)) {
  const result = await build({
    stdin: { contents, resolveDir: here, sourcefile: `${name}.entry.js` },
    absWorkingDir: here,
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: "cjs",
    platform: "neutral",
    mainFields: ["main"],
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    external,
    banner: { js: "globalThis.__segproofBundle=function(require,module,exports,process){" },
    footer: { js: "};" },
  });
  writeFileSync(join(out, `${name}.js`), result.outputFiles[0].contents);
  for (const path of Object.keys(result.metafile.inputs)) {
    const at = path.lastIndexOf("node_modules/");
    if (at < 0) continue;
    const parts = path.slice(at + "node_modules/".length).split("/");
    packages.add(path.slice(0, at) + "node_modules/" + parts.slice(0, parts[0].startsWith("@") ? 2 : 1).join("/"));
  }
}

// The licences, in the order of the packages' names.
const rule = "=".repeat(80) + "\n";
let licences = "The libraries in this folder, bundled by build.mjs, and their licences.\n";
const named = [...packages].map((path) => ({ path, ...JSON.parse(readFileSync(join(here, path, "package.json"), "utf8")) }));
named.sort((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1));
for (const { path, name, version, license, licenses, author } of named) {
  const file = readdirSync(join(here, path)).filter((f) => /^(licen[cs]e|copying)/i.test(f)).sort()[0];
  const kind = license ?? licenses?.map((l) => l.type).join(", ");
  const holder = typeof author === "string" ? author : author ? `${author.name}` : "its authors";
  const text = file ? readFileSync(join(here, path, file), "utf8").replace(/\r\n/g, "\n").trim() : `The package says ${kind} and carries no text of its licence. Copyright ${holder}.`;
  licences += `\n${rule}${name} ${version} (${kind})\n${rule}\n${text}\n`;
}
writeFileSync(join(out, "LICENSES.txt"), licences);

// SUMS says from what, and into what, so that a test can see a stale folder without npm.
let sums = "";
const sum = (label, path) => { sums += createHash("sha256").update(readFileSync(path)).digest("hex") + `  ${label}\n`; };
for (const name of ["build.mjs", "package.json", "package-lock.json"]) sum(name, join(here, name));
for (const name of readdirSync(out).sort()) sum(`dist/${name}`, join(out, name));
writeFileSync(join(out, "SUMS"), sums);
