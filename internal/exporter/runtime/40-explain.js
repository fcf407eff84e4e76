// From faults to causes: one for each thing that a person would mend. Of alternatives the
// closest one is explained.

const ruleOf = {
  type: "type-mismatch", required: "missing-property", dependentRequired: "missing-dependency", dependencies: "missing-dependency",
  additionalProperties: "additional-property", unevaluatedProperties: "additional-property", additionalItems: "unplanned-item",
  unevaluatedItems: "unplanned-item", items: "unplanned-item", enum: "value-not-allowed", const: "value-not-allowed", format: "format-mismatch",
  pattern: "pattern-mismatch", minLength: "string-length", maxLength: "string-length", minimum: "number-range", maximum: "number-range",
  exclusiveMinimum: "number-range", exclusiveMaximum: "number-range", multipleOf: "not-multiple", minItems: "item-count", maxItems: "item-count",
  uniqueItems: "items-not-unique", contains: "contains-mismatch", minContains: "contains-mismatch", maxContains: "contains-mismatch",
  minProperties: "property-count", maxProperties: "property-count", contentEncoding: "content-mismatch", contentMediaType: "content-mismatch",
  oneOf: "several-alternatives", not: "forbidden-value", false: "forbidden-value", anyOf: "forbidden-value",
};

function ordered(faults) {
  return faults.map((f, i) => [f, i]).sort(([a, i], [b, j]) => order(a.escaped, b.escaped) || order(a.way, b.way) || i - j).map(([f]) => f);
}

// leaves returns the causes that one fault stands for.
function leaves(f) {
  const leaf = { keyword: f.keyword, pointer: f.pointer, node: f.node, ofName: f.ofName, got: f.ofName ? lastStep(f.pointer) : f.v, near: [], name: f.name, of: f.of };
  if (f.branches) return closest(leaf, f.branches);
  switch (f.keyword) {
    case "required":
      return f.node.r.filter((name) => !has(f.v, name)).map((name) => ({ ...leaf, name, pointer: join(f.pointer, name) }));
    case "dependencies": case "dependentRequired":
      return [{ ...leaf, pointer: join(f.pointer, f.name) }];
    case "additionalProperties": {
      const known = (name) => f.node.p && has(f.node.p, name) || (f.node.pp || []).some(([re]) => re.test(name));
      return Object.keys(f.v).filter((name) => !known(name)).sort(order).slice(0, most).map((name) => ({ ...leaf, name, pointer: join(f.pointer, name) }));
    }
    case "unevaluatedProperties":
      return [{ ...leaf, name: lastStep(f.pointer) }];
  }
  return [leaf];
}

// closest explains alternatives of which none fits: by one cause where they ask for the
// same kind of thing, else by what is wrong with the one that comes nearest.
function closest(leaf, faultsOfBranches) {
  const branches = faultsOfBranches.map((faults) => ordered(faults).flatMap(leaves));
  const near = nearOf(branches);
  let best = branches.reduce((a, b) => farness(b, leaf.pointer) < farness(a, leaf.pointer) ? b : a);
  const one = merged(branches) || discriminator(branches, leaf.pointer);
  if (one) best = [{ ...one }];
  return best.map((l) => ({ ...l, near }));
}

// nearOf returns the places that alternatives are about. Causes of one fault share theirs:
// they are taken once.
function nearOf(branches) {
  const near = new Set(), lists = new Set();
  for (const branch of branches) for (const l of branch) { near.add(l.pointer); lists.add(l.near); }
  for (const list of lists) for (const p of list) near.add(p);
  return [...near];
}

function farness(branch, pointer) {
  let far = branch.length;
  for (const l of branch) {
    if (l.keyword === "type" && l.pointer === pointer) far += 10000;
    else if (l.keyword === "const" || l.keyword === "enum") far += 100;
  }
  return far;
}

function merged(branches) {
  if (branches.some((b) => b.length !== 1)) return undefined;
  return union(branches.map((b) => b[0]));
}

function discriminator(branches, pointer) {
  const telling = branches.map((b) => {
    const first = new Map();
    for (const l of b) if (!first.has(l.pointer) && constants(l).length > 0) first.set(l.pointer, l);
    return first;
  });
  for (const candidate of branches[0]) {
    if (candidate.pointer === pointer) continue;
    const causes = telling.map((first) => first.get(candidate.pointer));
    if (causes.some((c) => c === undefined)) continue;
    const one = union(causes);
    if (one) return one;
  }
  return undefined;
}

// constants returns the values that a cause's keyword allows, or that a missing property
// may have.
function constants(l) {
  switch (l.keyword) {
    case "const": return l.node.k;
    case "enum": return l.node.e;
    case "required": {
      const schema = l.node.p && has(l.node.p, l.name) ? nodes[l.node.p[l.name]] : {};
      return schema.k || schema.e || [];
    }
  }
  return [];
}

function union(causes) {
  const first = causes[0];
  const family = (l) => l.keyword === "const" ? "enum" : l.keyword;
  const one = { ...first, names: [first.name], wants: [] };
  for (const c of causes) {
    if (family(c) !== family(first) || c.ofName !== first.ofName) return undefined;
    if (first.keyword === "required" && parent(c.pointer) === parent(first.pointer)) {
      if (!one.names.includes(c.name)) one.names.push(c.name);
      one.wants.push(...constants(c));
      continue;
    }
    if (c.pointer !== first.pointer) return undefined;
    switch (c.keyword) {
      case "type": one.wants.push(...c.node.t); break;
      case "enum": one.wants.push(...c.node.e); break;
      case "const": one.wants.push(c.node.k[0]); break;
      case "format": one.wants.push(c.node.f); break;
      default: return undefined;
    }
  }
  if (family(first) === "enum") one.keyword = "enum";
  return one;
}

// Words.

function shorten(text) { return text.length <= 60 ? text : text.slice(0, 60) + "..."; }

function describe(v) {
  switch (typeOf(v)) {
    case "null": return "null";
    case "string": return "string " + JSON.stringify(shorten(v));
    case "array": return "array of " + v.length + (v.length === 1 ? " item" : " items");
    case "object": return "object of " + Object.keys(v).length + (Object.keys(v).length === 1 ? " member" : " members");
  }
  return typeOf(v) + " " + v;
}

function words(l) {
  const s = l.node;
  // Made when it is needed: a closed object may have thousands of faults, and members.
  const got = () => "got " + describe(l.got);
  const list = (values) => [...new Set(values.map((v) => shorten(v instanceof Exact ? v.text : JSON.stringify(v))))].join(", ");
  switch (l.keyword) {
    case "type": return got() + ", want " + [...new Set(l.wants && l.wants.length ? l.wants : s.t)].join(" or ");
    case "required":
      if (l.names && l.names.length > 1) return "one of " + l.names.map((n) => JSON.stringify(n)).join(", ") + " is missing";
      return "property " + JSON.stringify(shorten(l.name)) + " is missing";
    case "dependencies": case "dependentRequired": return `property ${JSON.stringify(l.name)} is missing, want it beside ${JSON.stringify(l.of)}`;
    case "additionalProperties": case "unevaluatedProperties": return "property " + JSON.stringify(shorten(l.name)) + " is not in the contract, which is closed";
    case "const": return got() + ", want " + list(s.k);
    case "enum": return got() + ", want one of " + list(l.wants && l.wants.length ? l.wants : s.e);
    case "format": return got() + ", want " + (l.wants && l.wants.length ? l.wants.join(" or ") : s.f);
    case "pattern": return got() + ", want text that matches " + shorten(s.rt);
    case "minimum": return got() + ", want at least " + s.mn;
    case "maximum": return got() + ", want at most " + s.mx;
    case "exclusiveMinimum": return got() + ", want more than " + s.xn;
    case "exclusiveMaximum": return got() + ", want less than " + s.xx;
    case "multipleOf": return got() + ", want a multiple of " + s.mo;
    case "minLength": return `got ${runes(l.got)} characters, want at least ${s.nl}`;
    case "maxLength": return `got ${runes(l.got)} characters, want at most ${s.xl}`;
  }
  return got() + ", which does not keep " + (l.keyword === "false" ? "the contract" : l.keyword);
}
