package compat

// valueRules are the rules about what a value may be.
func valueRules() []rule {
	const integer, text, either = `{"type":"integer"}`, `{"type":"string"}`, `{"type":["string","integer"]}`
	const nullable = `{"type":["string","null"]}`
	return []rule{
		{id: "type-narrowed", producer: breaking, consumer: safe, mirror: "type-widened", faults: []string{"type-mismatch"},
			title: "fewer types are allowed", why: "Senders of the other types are rejected.",
			hit: props(either, text), near: props(either, `{"type":["integer","string"]}`)},
		{id: "type-widened", producer: safe, consumer: breaking, mirror: "type-narrowed", faults: []string{"type-mismatch"},
			title: "more types are allowed", why: "Readers get values of a type that they do not expect.",
			hit: props(integer, `{"type":"number"}`), near: props(`{"type":"number"}`, `{"type":["number","integer"]}`)},
		{id: "type-changed", producer: breaking, consumer: breaking, mirror: "type-changed", faults: []string{"type-mismatch"},
			title: "other types are allowed than before", why: "What senders send is rejected, and readers get values of a type that they do not expect.",
			hit: props(integer, text), near: props(integer, `{"type":["integer"]}`)},
		{id: "null-allowed", producer: safe, consumer: breaking, mirror: "null-forbidden", faults: []string{"type-mismatch", "value-not-allowed"},
			title: "null is allowed", why: "Readers find null where there was always a value.",
			hit: props(text, nullable), near: props(nullable, `{"type":["null","string"]}`)},
		{id: "null-forbidden", producer: breaking, consumer: safe, mirror: "null-allowed", faults: []string{"type-mismatch", "value-not-allowed"},
			title: "null is not allowed any more", why: "Senders that send null for \"not known\" are rejected.",
			hit: props(nullable, text), near: props(nullable, `{"type":["null","string"]}`)},
		{id: "enum-value-removed", producer: breaking, consumer: safe, mirror: "enum-value-added", faults: []string{"value-not-allowed"},
			title: "a value is not allowed any more", why: "Senders of it are rejected.",
			hit: props(`{"enum":["x","y"]}`, `{"enum":["x"]}`), near: props(`{"enum":["x","y"]}`, `{"enum":["y","x"]}`)},
		{id: "enum-value-added", producer: safe, consumer: risky, mirror: "enum-value-removed", faults: []string{"value-not-allowed"},
			title: "one more value is allowed", why: "Readers that tell the values apart meet one that they do not know.",
			hit: props(`{"enum":["x"]}`, `{"enum":["x","y"]}`), near: props(`{"enum":[1,2]}`, `{"enum":[2.0,1]}`)},
		{id: "enum-added", producer: breaking, consumer: safe, mirror: "enum-dropped", faults: []string{"value-not-allowed"},
			title: "only listed values are allowed", why: "Senders of other values are rejected.",
			hit: props(text, `{"type":"string","enum":["x"]}`), near: props(`{"enum":["x"]}`, `{"const":"x"}`)},
		{id: "enum-dropped", producer: safe, consumer: risky, mirror: "enum-added", faults: []string{"value-not-allowed"},
			title: "values are not listed any more", why: "Readers that tell the values apart meet ones that they do not know.",
			hit: props(`{"type":"string","enum":["x"]}`, text), near: props(`{"const":"x"}`, `{"enum":["x"]}`)},
		{id: "const-added", producer: breaking, consumer: safe, mirror: "const-removed", faults: []string{"value-not-allowed"},
			title: "only one value is allowed", why: "Senders of other values are rejected.",
			hit: props(`{"type":"integer"}`, `{"type":"integer","const":1}`), near: props(`{"const":1}`, `{"const":1.0}`)},
		{id: "const-changed", producer: breaking, consumer: breaking, mirror: "const-changed", faults: []string{"value-not-allowed"},
			title: "another value is the only one allowed", why: "What senders send is rejected, and readers get what could not be.",
			hit: props(`{"const":1}`, `{"const":2}`), near: props(`{"const":1}`, `{"const":1.0}`)},
		{id: "const-removed", producer: safe, consumer: risky, mirror: "const-added", faults: []string{"value-not-allowed"},
			title: "other values are allowed beside the only one", why: "Readers that count on the value meet others.",
			hit: props(`{"type":"integer","const":1}`, `{"type":"integer"}`), near: props(`{"const":1}`, `{"const":1.0}`)},
	}
}

// textRules are the rules about numbers and strings.
func textRules() []rule {
	const text = `{"type":"string"}`
	return []rule{
		{id: "multiple-of-changed", producer: breaking, consumer: risky, mirror: "multiple-of-changed", faults: []string{"not-multiple"},
			title: "numbers must be multiples of something else", why: "An event shows whether numbers that were allowed are not any more.",
			hit: props(`{"type":"integer","multipleOf":2}`, `{"type":"integer","multipleOf":3}`), near: props(`{"multipleOf":2}`, `{"multipleOf":2.0}`)},
		{id: "pattern-added", producer: breaking, consumer: safe, mirror: "pattern-removed", faults: []string{"pattern-mismatch"},
			title: "strings must be like a pattern", why: "Senders of other strings are rejected, unless every string is like it.",
			hit: props(text, `{"type":"string","pattern":"^x"}`), near: props(`{"type":"string","pattern":"^x"}`, `{"pattern":"^x","type":"string"}`)},
		{id: "pattern-changed", producer: breaking, consumer: risky, mirror: "pattern-changed", faults: []string{"pattern-mismatch"},
			title: "strings must be like another pattern", why: "An event shows whether strings that were allowed are not any more.",
			hit: props(`{"type":"string","pattern":"^x"}`, `{"type":"string","pattern":"^y"}`), near: props(`{"type":"string","pattern":"^x"}`, `{"pattern":"^x","type":"string"}`)},
		{id: "pattern-removed", producer: safe, consumer: risky, mirror: "pattern-added", faults: []string{"pattern-mismatch"},
			title: "strings need not be like a pattern any more", why: "Readers that take the strings apart meet others.",
			hit: props(`{"type":"string","pattern":"^x"}`, text), near: props(`{"type":"string","pattern":"^x"}`, `{"pattern":"^x","type":"string"}`)},
		{id: "format-added", producer: breaking, consumer: safe, mirror: "format-removed", faults: []string{"format-mismatch"},
			title: "strings must have a format", why: "Formats are always asserted here; senders of other strings are rejected.",
			hit: props(text, `{"type":"string","format":"date"}`), near: props(text, `{"type":"string","format":"our-own"}`)},
		{id: "format-changed", producer: breaking, consumer: risky, mirror: "format-changed", faults: []string{"format-mismatch"},
			title: "strings must have another format", why: "Formats are always asserted here; an event shows whether strings that were allowed are not any more.",
			hit: props(`{"type":"string","format":"date"}`, `{"type":"string","format":"time"}`), near: props(`{"type":"string","format":"our-own"}`, `{"type":"string","format":"another"}`)},
		{id: "format-removed", producer: safe, consumer: risky, mirror: "format-added", faults: []string{"format-mismatch"},
			title: "strings need not have a format any more", why: "Readers that take the strings apart meet others.",
			hit: props(`{"type":"string","format":"date"}`, text), near: props(`{"type":"string","format":"our-own"}`, `{"type":"string","format":"another"}`)},
	}
}

// bound is a keyword that bounds a value from below or above.
type bound struct {
	keyword string
	rules   [2]string // of the bound going up, and going down
	lower   bool
	of      string // what is bounded
	value   string // more of a schema that it makes sense in
	fault   string
}

// bounds is the table of bounds.
func bounds() []bound {
	return []bound{
		{"minimum", [2]string{"minimum-raised", "minimum-lowered"}, true, "numbers", `"type":"integer"`, "number-range"},
		{"maximum", [2]string{"maximum-raised", "maximum-lowered"}, false, "numbers", `"type":"integer"`, "number-range"},
		{"minLength", [2]string{"min-length-raised", "min-length-lowered"}, true, "strings", `"type":"string"`, "string-length"},
		{"maxLength", [2]string{"max-length-raised", "max-length-lowered"}, false, "strings", `"type":"string"`, "string-length"},
		{"minItems", [2]string{"min-items-raised", "min-items-lowered"}, true, "lists", `"type":"array"`, "item-count"},
		{"maxItems", [2]string{"max-items-raised", "max-items-lowered"}, false, "lists", `"type":"array"`, "item-count"},
		{"minProperties", [2]string{"min-properties-raised", "min-properties-lowered"}, true, "objects", `"type":"object"`, "property-count"},
		{"maxProperties", [2]string{"max-properties-raised", "max-properties-lowered"}, false, "objects", `"type":"object"`, "property-count"},
	}
}

// boundRules are the rules of the table of bounds.
func boundRules() []rule {
	var all []rule
	for _, b := range bounds() {
		low, high := `{`+b.value+`,"`+b.keyword+`":3}`, `{`+b.value+`,"`+b.keyword+`":5}`
		near := props(low, `{`+b.value+`,"`+b.keyword+`":3.0}`)
		narrower := rule{producer: breaking, consumer: safe, why: "Senders of " + b.of + " that it now excludes are rejected."}
		wider := rule{producer: safe, consumer: risky, why: "Readers meet " + b.of + " that could not be."}
		up, down := narrower, wider
		if !b.lower {
			up, down = wider, narrower
		}
		up.id, up.mirror, up.title, up.hit = b.rules[0], b.rules[1], "the "+b.keyword+" of "+b.of+" is raised", props(low, high)
		down.id, down.mirror, down.title, down.hit = b.rules[1], b.rules[0], "the "+b.keyword+" of "+b.of+" is lowered", props(high, low)
		for _, r := range []rule{up, down} {
			r.faults, r.near = []string{b.fault}, near
			all = append(all, r)
		}
	}
	return all
}
