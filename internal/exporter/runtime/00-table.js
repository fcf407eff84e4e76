// The contracts, as data: see the package validator, Table. A schema in a literal could
// set prototypes; JSON.parse takes every name for a name.

const table = JSON.parse(TABLE);
for (const node of table.nodes) {
  if (node.re !== undefined) {
    node.rt = node.re;
    node.re = new RegExp(table.patterns[node.re], "u");
  }
  for (const entry of node.pp || []) entry.unshift(new RegExp(table.patterns[entry[0]], "u"));
}
