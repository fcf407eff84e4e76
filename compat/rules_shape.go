package compat

// listRules are the rules about lists.
func listRules() []rule {
	const list, ints = `{"type":"array"}`, `{"type":"array","items":{"type":"integer"}}`
	const one, two = `{"type":"array","items":[{"type":"integer"}]}`, `{"type":"array","items":[{"type":"integer"},{"type":"string"}]}`
	const unique = `{"type":"array","uniqueItems":true}`
	return []rule{
		{id: "unique-items-added", producer: breaking, consumer: safe, mirror: "unique-items-removed", faults: []string{"items-not-unique"},
			title: "a list must not hold anything twice", why: "Senders of lists with repetitions are rejected.",
			hit: props(list, unique), near: props(list, `{"type":"array","uniqueItems":false}`)},
		{id: "unique-items-removed", producer: safe, consumer: risky, mirror: "unique-items-added", faults: []string{"items-not-unique"},
			title: "a list may hold something twice", why: "Readers that count on different items meet repetitions.",
			hit: props(unique, list), near: props(`{"type":"array","uniqueItems":false}`, list)},
		{id: "items-narrowed", producer: breaking, consumer: safe, mirror: "items-widened", faults: []string{"type-mismatch", "value-not-allowed", "unplanned-item", "forbidden-value"},
			title: "the items of a list are bound", why: "Senders of lists with other items are rejected.",
			hit: props(list, ints), near: props(list, `{"type":"array","items":true}`)},
		{id: "items-widened", producer: safe, consumer: risky, mirror: "items-narrowed", faults: []string{"type-mismatch", "value-not-allowed", "unplanned-item", "forbidden-value"},
			title: "the items of a list may be anything", why: "Readers meet items that could not be.",
			hit: props(ints, list), near: props(`{"type":"array","items":true}`, list)},
		{id: "tuple-length-changed", producer: breaking, consumer: breaking, mirror: "tuple-length-changed", faults: []string{"type-mismatch", "value-not-allowed", "unplanned-item"},
			title: "more or fewer items of a list have a schema of their own", why: "An event shows whether lists that were allowed are not any more.",
			hit: props(one, two), near: props(one, `{"type":"array","items":[{"type":["integer"]}]}`)},
		{id: "contains-added", producer: breaking, consumer: safe, mirror: "contains-removed", faults: []string{"contains-mismatch"},
			title: "a list must hold some item", why: "Senders of lists without it are rejected.",
			hit: props(list, `{"type":"array","contains":{"const":1}}`), near: props(`{"contains":{"const":1}}`, `{"contains":{"const":1.0}}`)},
		{id: "contains-removed", producer: safe, consumer: risky, mirror: "contains-added", faults: []string{"contains-mismatch"},
			title: "a list need not hold some item any more", why: "Readers count on it.",
			hit: props(`{"type":"array","contains":{"const":1}}`, list), near: props(`{"contains":{"const":1}}`, `{"contains":{"const":1.0}}`)},
		{id: "contains-changed", producer: breaking, consumer: risky, mirror: "contains-changed", faults: []string{"contains-mismatch"},
			title: "a list must hold another item", why: "An event shows whether lists that were allowed are not any more.",
			hit: props(`{"type":"array","contains":{"const":1}}`, `{"type":"array","contains":{"const":2}}`), near: props(`{"contains":{"const":1}}`, `{"contains":{"const":1.0}}`)},
	}
}

// combinationRules are the rules about schemas that are put together.
func combinationRules() []rule {
	return []rule{
		{id: "all-of-branch-added", producer: breaking, consumer: safe, mirror: "all-of-branch-removed",
			title: "a value must satisfy one more schema", why: "Senders of values that do not are rejected.",
			hit:  props(`{"allOf":[{"type":"integer"}]}`, `{"allOf":[{"type":"integer"},{"minimum":3}]}`),
			near: props(`{"allOf":[{"type":"integer"},{"minimum":3}]}`, `{"allOf":[{"minimum":3},{"type":"integer"}]}`)},
		{id: "all-of-branch-removed", producer: safe, consumer: risky, mirror: "all-of-branch-added",
			title: "a value must satisfy one schema less", why: "Readers meet values that could not be.",
			hit:  props(`{"allOf":[{"type":"integer"},{"minimum":3}]}`, `{"allOf":[{"type":"integer"}]}`),
			near: props(`{"allOf":[{"type":"integer"},{"minimum":3}]}`, `{"allOf":[{"minimum":3},{"type":"integer"}]}`)},
		{id: "any-of-branch-removed", producer: breaking, consumer: safe, mirror: "any-of-branch-added",
			title: "an alternative is gone", why: "Senders of values that only it allowed are rejected.",
			hit:  props(`{"anyOf":[{"type":"integer"},{"type":"string"}]}`, `{"anyOf":[{"type":"integer"}]}`),
			near: props(`{"anyOf":[{"type":"integer"},{"type":"string"}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`)},
		{id: "any-of-branch-added", producer: safe, consumer: risky, mirror: "any-of-branch-removed",
			title: "there is one more alternative", why: "Readers meet values that they do not expect.",
			hit:  props(`{"anyOf":[{"type":"integer"}]}`, `{"anyOf":[{"type":"integer"},{"type":"string"}]}`),
			near: props(`{"anyOf":[{"type":"integer"},{"type":"string"}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`)},
		{id: "one-of-branch-added", producer: breaking, consumer: risky, mirror: "one-of-branch-removed",
			title: "there is one more alternative, of which exactly one must fit", why: "A value that fits the new alternative and an old one is rejected; an event shows whether there is any.",
			hit:  props(`{"oneOf":[{"type":"integer"}]}`, `{"oneOf":[{"type":"integer"},{"minimum":3}]}`),
			near: props(`{"oneOf":[{"type":"integer"},{"type":"string"}]}`, `{"oneOf":[{"type":"string"},{"type":"integer"}]}`)},
		{id: "one-of-branch-removed", producer: breaking, consumer: breaking, mirror: "one-of-branch-added",
			title: "an alternative is gone, of which exactly one must fit", why: "Senders of values that only it allowed are rejected; values that fitted it and another one are allowed now.",
			hit:  props(`{"oneOf":[{"type":"integer"},{"type":"string"}]}`, `{"oneOf":[{"type":"integer"}]}`),
			near: props(`{"oneOf":[{"type":"integer"},{"type":"string"}]}`, `{"oneOf":[{"type":"string"},{"type":"integer"}]}`)},
		{id: "alternatives-added", producer: breaking, consumer: safe, mirror: "alternatives-removed",
			title: "a value must be one of alternatives", why: "Senders of values that are none of them are rejected.",
			hit:  props(`{}`, `{"anyOf":[{"type":"integer"},{"type":"string"}]}`),
			near: props(`{}`, `{"anyOf":[true]}`)},
		{id: "alternatives-removed", producer: safe, consumer: risky, mirror: "alternatives-added",
			title: "a value need not be one of alternatives any more", why: "Readers meet values that could not be.",
			hit:  props(`{"anyOf":[{"type":"integer"},{"type":"string"}]}`, `{}`),
			near: props(`{"anyOf":[true]}`, `{}`)},
		{id: "not-added", producer: breaking, consumer: safe, mirror: "not-removed", faults: []string{"forbidden-value"},
			title: "some values are excluded", why: "Senders of them are rejected.",
			hit: props(`{}`, `{"not":{"const":1}}`), near: props(`{"not":{"const":1}}`, `{"not":{"const":1.0}}`)},
		{id: "not-removed", producer: safe, consumer: risky, mirror: "not-added", faults: []string{"forbidden-value"},
			title: "values that were excluded are allowed", why: "Readers meet values that could not be.",
			hit: props(`{"not":{"const":1}}`, `{}`), near: props(`{"not":{"const":1}}`, `{"not":{"const":1.0}}`)},
		{id: "not-changed", producer: breaking, consumer: risky, mirror: "not-changed", faults: []string{"forbidden-value"},
			title: "other values are excluded", why: "An event shows whether values that were allowed are not any more.",
			hit: props(`{"not":{"const":1}}`, `{"not":{"const":2}}`), near: props(`{"not":{"const":1}}`, `{"not":{"const":1.0}}`)},
		{id: "condition-changed", producer: breaking, consumer: breaking, mirror: "condition-changed",
			title: "another condition holds (if, then, else)", why: "An event shows whether values that were allowed are not any more.",
			hit:  props(`{"type":"integer","if":{"minimum":3},"then":{"maximum":5}}`, `{"type":"integer","if":{"minimum":3},"then":{"maximum":4}}`),
			near: props(`{"if":{"minimum":3},"then":{"maximum":5}}`, `{"if":{"minimum":3.0},"then":{"maximum":5}}`)},
	}
}

// annotation is a keyword that constrains nothing.
type annotation struct {
	keyword, rule string
	hit, near     pair
}

// annotations is the table of annotations that are told when they change.
func annotations() []annotation {
	return []annotation{
		{"title", "title-changed", props(`{"title":"a"}`, `{"title":"b"}`), props(`{"title":"a"}`, `{"title":"\u0061"}`)},
		{"description", "description-changed", props(`{"description":"a"}`, `{"description":"b"}`), props(`{"description":"a"}`, `{"description":"\u0061"}`)},
		{"examples", "examples-changed", props(`{"examples":[1]}`, `{"examples":[2]}`), props(`{"examples":[1]}`, `{"examples":[1.0]}`)},
		{"$comment", "comment-changed", props(`{"$comment":"a"}`, `{"$comment":"b"}`), props(`{"$comment":"a"}`, `{"$comment":"\u0061"}`)},
		{"readOnly", "read-only-changed", props(`{}`, `{"readOnly":true}`), props(`{"readOnly":true}`, `{"readOnly":true}`)},
		{"writeOnly", "write-only-changed", props(`{}`, `{"writeOnly":true}`), props(`{"writeOnly":true}`, `{"writeOnly":true}`)},
	}
}

// annotationRules are the rules about what constrains nothing.
func annotationRules() []rule {
	all := []rule{
		{id: "default-changed", producer: safe, consumer: risky, decided: true, mirror: "default-changed",
			title: "another default", why: "A default makes no event valid or invalid. Readers that fill in what is missing fill in something else.",
			hit: props(`{"default":1}`, `{"default":2}`), near: props(`{"default":1}`, `{"default":1.0}`)},
		{id: "property-deprecated", producer: safe, consumer: safe, decided: true, mirror: "property-deprecation-cleared",
			title: "a property is deprecated", why: "This is the notice that makes its later removal a warning.",
			hit: props(`{}`, `{"deprecated":true}`), near: props(`{"deprecated":true}`, `{"x-segproof":{"deprecated":true}}`)},
		{id: "property-deprecation-cleared", producer: safe, consumer: safe, decided: true, mirror: "property-deprecated",
			title: "a property is not deprecated any more", why: "Its removal would be an error again.",
			hit: props(`{"deprecated":true}`, `{}`), near: props(`{"deprecated":true}`, `{"x-segproof":{"deprecated":true}}`)},
	}
	for _, a := range annotations() {
		all = append(all, rule{id: a.rule, producer: safe, consumer: safe, decided: true, mirror: a.rule,
			title: "another " + a.keyword, why: "It constrains nothing; people read it.", hit: a.hit, near: a.near})
	}
	return all
}
