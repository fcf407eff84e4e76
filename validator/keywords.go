package validator

import "sync"

// nesting says what a JSON Schema keyword holds: whether there are schemas inside, and
// how one gets to them.
type nesting int

const (
	plain        nesting = iota // a value, no schema inside
	one                         // a schema
	list                        // an array of schemas
	oneOrList                   // items: either
	named                       // an object whose values are schemas: the next step is a name
	namedOrPlain                // dependencies: values are schemas or arrays of names
	namedPlain                  // dependentRequired: values are arrays of names
)

// keyword describes one JSON Schema keyword.
type keyword struct {
	name  string
	nest  nesting
	since int // the draft that it came with: 4, 6, 7, 2019, 2020
	until int // the last draft that knows it; 0 if it is still read
}

// keywords returns every keyword of JSON Schema draft-04 to 2020-12, with x-segproof,
// ours. dependencies left the standard in 2019, but validators go on to read it, ours
// too.
//
// Source: json-schema.org, the drafts' validation and applicator vocabularies.
func keywords() []keyword {
	return []keyword{
		{"$schema", plain, 4, 0}, {"$id", plain, 6, 0}, {"id", plain, 4, 4}, {"$ref", plain, 4, 0}, {"$comment", plain, 7, 0},
		{"$anchor", plain, 2019, 0}, {"$recursiveRef", plain, 2019, 2019}, {"$recursiveAnchor", plain, 2019, 2019},
		{"$dynamicRef", plain, 2020, 0}, {"$dynamicAnchor", plain, 2020, 0}, {"$vocabulary", plain, 2019, 0},
		{"$defs", named, 2019, 0}, {"definitions", named, 4, 0},
		{"title", plain, 4, 0}, {"description", plain, 4, 0}, {"default", plain, 4, 0}, {"examples", plain, 6, 0},
		{"deprecated", plain, 2019, 0}, {"readOnly", plain, 7, 0}, {"writeOnly", plain, 7, 0},
		{"type", plain, 4, 0}, {"enum", plain, 4, 0}, {"const", plain, 6, 0}, {"format", plain, 4, 0},
		{"multipleOf", plain, 4, 0}, {"maximum", plain, 4, 0}, {"exclusiveMaximum", plain, 4, 0},
		{"minimum", plain, 4, 0}, {"exclusiveMinimum", plain, 4, 0},
		{"maxLength", plain, 4, 0}, {"minLength", plain, 4, 0}, {"pattern", plain, 4, 0},
		{"contentEncoding", plain, 7, 0}, {"contentMediaType", plain, 7, 0}, {"contentSchema", one, 2019, 0},
		{"items", oneOrList, 4, 0}, {"prefixItems", list, 2020, 0}, {"additionalItems", one, 4, 2019},
		{"maxItems", plain, 4, 0}, {"minItems", plain, 4, 0}, {"uniqueItems", plain, 4, 0},
		{"contains", one, 6, 0}, {"maxContains", plain, 2019, 0}, {"minContains", plain, 2019, 0},
		{"unevaluatedItems", one, 2019, 0},
		{"maxProperties", plain, 4, 0}, {"minProperties", plain, 4, 0}, {"required", plain, 4, 0},
		{"properties", named, 4, 0}, {"patternProperties", named, 4, 0}, {"additionalProperties", one, 4, 0},
		{"propertyNames", one, 6, 0}, {"unevaluatedProperties", one, 2019, 0},
		{"dependencies", namedOrPlain, 4, 0}, {"dependentRequired", namedPlain, 2019, 0}, {"dependentSchemas", named, 2019, 0},
		{"allOf", list, 4, 0}, {"anyOf", list, 4, 0}, {"oneOf", list, 4, 0}, {"not", one, 4, 0},
		{"if", one, 7, 0}, {"then", one, 7, 0}, {"else", one, 7, 0},
		{"x-segproof", plain, 4, 0},
	}
}

// keywordTable is keywords by name; made once, when first asked for.
var keywordTable = sync.OnceValue(func() map[string]keyword {
	table := map[string]keyword{}
	for _, k := range keywords() {
		table[k.name] = k
	}
	return table
})

// readIn reports whether the draft knows the keyword.
func (k keyword) readIn(year int) bool { return k.since <= year && (k.until == 0 || year <= k.until) }

// draft is one version of JSON Schema.
type draft struct {
	year int    // or its number, before 2019
	name string // as people call it
	url  string // its meta-schema's, which "$schema" names
}

// drafts returns the versions of JSON Schema that a contract can be written in.
func drafts() []draft {
	return []draft{
		{4, "draft-04", "http://json-schema.org/draft-04/schema"},
		{6, "draft-06", "http://json-schema.org/draft-06/schema"},
		{7, "draft-07", "http://json-schema.org/draft-07/schema"},
		{2019, "draft 2019-09", "https://json-schema.org/draft/2019-09/schema"},
		{2020, "draft 2020-12", "https://json-schema.org/draft/2020-12/schema"},
	}
}

// defaultDraft is the draft of a contract that does not say which it is written in:
// draft-07, as Segment's own tracking plans are.
const defaultDraft = 7

// draftOf returns the draft of that year.
func draftOf(year int) draft {
	for _, d := range drafts() {
		if d.year == year {
			return d
		}
	}
	return draft{}
}
