// Holds the witnesses of `score diff` to ajv, which has nothing in common with the
// validator that segproof uses: each has to be valid under the one schema and invalid
// under the other.
//
//   go run ./internal/score diff PAIRS.jsonl > SCORE.jsonl
//   node e2e/ajv/check.mjs PAIRS.jsonl SCORE.jsonl
//
// Exit codes: 0 ajv agrees with every witness, 1 with some it does not, 2 the work could
// not be done, 3 there was no witness.
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import Ajv04 from "ajv-draft-04";
import Ajv2019 from "ajv/dist/2019.js";
import Ajv2020 from "ajv/dist/2020.js";
import draft06 from "ajv/dist/refs/json-schema-draft-06.json" with { type: "json" };
import addFormats from "ajv-formats";

// classes is ajv's class for each draft.
const classes = { "draft-04": Ajv04, "draft-06": Ajv, "draft-07": Ajv, "2019-09": Ajv2019, "2020-12": Ajv2020 };

function draftOf(schema, dialect) {
  const named = String(schema?.$schema ?? "");
  return Object.keys(classes).find((draft) => named.includes(draft)) ?? dialect ?? "draft-07";
}

// alone drops what stands beside a $ref, which before 2019 does not count. ajv has an option
// for that, which leaves "type" in force.
function alone(v) {
  if (Array.isArray(v)) return v.map(alone);
  if (v === null || typeof v !== "object") return v;
  const kept = typeof v.$ref === "string" ? ["$ref", "$id", "id", "$schema", "definitions"] : Object.keys(v);
  return Object.fromEntries(Object.entries(v).filter(([k]) => kept.includes(k)).map(([k, inner]) => [k, alone(inner)]));
}

// compile returns ajv's judge of a schema. Each has an ajv of its own: two versions have
// one $id.
function compile(schema, dialect) {
  const draft = draftOf(schema, dialect);
  const ajv = new classes[draft]({ strict: false, logger: false, validateSchema: false, addUsedSchema: false, multipleOfPrecision: 9 });
  if (draft === "draft-06") ajv.addMetaSchema(draft06);
  addFormats(ajv);
  // ajv-formats does not know these; segproof's validator takes them for their namesakes.
  ajv.addFormat("iri", ajv.formats.uri);
  ajv.addFormat("iri-reference", ajv.formats["uri-reference"]);
  return ajv.compile(draft.startsWith("draft-") ? alone(schema) : schema);
}

const lines = (file) => readFileSync(file, "utf8").split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));

// check returns what ajv has against a witness, "" if nothing.
function check(witness, from, to, dialect) {
  if (!compile(from, dialect)(witness)) return "not valid under the schema that accepts it";
  if (compile(to, dialect)(witness)) return "valid under the schema that rejects it";
  return "";
}

function main([pairsFile, scoreFile]) {
  if (!scoreFile) {
    console.error("usage: node check.mjs PAIRS.jsonl SCORE.jsonl");
    return 2;
  }
  const pairs = lines(pairsFile);
  const scores = lines(scoreFile).filter((line) => !line.summary);
  if (pairs.length !== scores.length) {
    console.error(`${scoreFile}: ${scores.length} lines, want one for each of the ${pairs.length} pairs`);
    return 2;
  }
  let witnesses = 0;
  let against = 0;
  pairs.forEach((pair, i) => {
    for (const [direction, from, to] of [["backward", pair.old, pair.new], ["forward", pair.new, pair.old]]) {
      const judged = scores[i][direction];
      if (judged.verdict !== "breaking") continue;
      witnesses++;
      let problem;
      try {
        problem = check(judged.witness, from, to, pair.dialect);
      } catch (err) {
        problem = `ajv fails: ${err.message}`;
      }
      if (problem) {
        against++;
        console.log(JSON.stringify({ source: pair.source, id: pair.id, direction, witness: judged.witness, problem }));
      }
    }
  });
  console.log(JSON.stringify({ summary: { pairs: pairs.length, witnesses, against } }));
  if (witnesses === 0) {
    console.error("no witness found");
    return 3;
  }
  return against > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
