// Patterns that JavaScript's own expressions could spend hours on are programs of Go's: all
// ways through them are followed at once, so that each character is looked at once.

// The edges of lines, texts and words, as Go numbers them.
const edge = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, word: 16, noWord: 32 };

function isWord(c) { return c >= 48 && c <= 57 || c >= 65 && c <= 90 || c === 95 || c >= 97 && c <= 122; }

function edgesAt(chars, i) {
  const first = i === 0, last = i === chars.length;
  let edges = isWord(chars[i - 1]) !== isWord(chars[i]) ? edge.word : edge.noWord;
  if (first) edges |= edge.beginText;
  if (last) edges |= edge.endText;
  if (first || chars[i - 1] === 10) edges |= edge.beginLine;
  if (last || chars[i] === 10) edges |= edge.endLine;
  return edges;
}

function inRanges(ranges, c) {
  for (let i = 0; i < ranges.length; i += 2) if (c >= ranges[i] && c <= ranges[i + 1]) return true;
  return false;
}

// finds reports whether a program finds something in a text.
function finds(program, text) {
  const chars = Array.from(text, (c) => c.codePointAt(0));
  let entered = [];
  for (let i = 0; i <= chars.length; i++) {
    const edges = edgesAt(chars, i);
    const seen = new Set(), takers = [];
    entered.push(program.start);
    while (entered.length > 0) {
      const at = entered.pop();
      if (seen.has(at)) continue;
      seen.add(at);
      const [op, out, operand] = program.code[at];
      if (op === "found") return true;
      if (op === "or") entered.push(out, operand);
      else if (op === "go" || op === "at" && (operand & ~edges) === 0) entered.push(out);
      else if (op === "in") takers.push(program.code[at]);
    }
    for (const [, out, ranges] of takers) if (i < chars.length && inRanges(ranges, chars[i])) entered.push(out);
  }
  return false;
}

// patternOf returns what tests texts by a pattern of Go's.
function patternOf(pattern) {
  const ported = table.patterns[pattern];
  const re = typeof ported === "string" ? new RegExp(ported, "u") : undefined;
  return { test: (text) => re ? re.test(wellFormed(text)) : finds(ported, wellFormed(text)) };
}

for (const node of table.nodes) {
  if (node.re !== undefined) {
    node.rt = node.re;
    node.re = patternOf(node.re);
  }
  for (const entry of node.pp || []) entry.unshift(patternOf(entry[0]));
}
