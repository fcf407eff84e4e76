package validator

import "segproof/finding"

// exampleContract frames the schema of one property as the contract of the track event
// "E", for the examples of the keyword rules.
func exampleContract(property string) string {
	return `{"properties":{"type":{"const":"track"},"event":{"const":"E"},"properties":{"properties":{"p":` + property + `}}}}`
}

// exampleEvent is the track event "E" with that text as its properties.
func exampleEvent(properties string) string {
	return `{"type":"track","event":"E","userId":"u1","properties":` + properties + `}`
}

// keyword makes the rule of a keyword family: its example is a property p.
func keywordRule(id, title, why, schema, hit, neighbour string) finding.Rule {
	return finding.Rule{ID: id, Title: title, Why: why, Contract: exampleContract(schema),
		Hit: exampleEvent(`{"p":` + hit + `}`), Neighbour: exampleEvent(`{"p":` + neighbour + `}`)}
}

// keywordRules is the table of what a contract, or the Segment Spec, can ask for: one
// rule for each family of JSON Schema keywords, and for what is not planned at all.
func keywordRules() []finding.Rule {
	return append(plannedRules(),
		keywordRule(ruleTypeMismatch, "a value has another type than documented",
			"Keyword type. A warehouse column takes the type of the first value; later ones of another type are lost.",
			`{"type":"integer"}`, `"12"`, `12`),
		finding.Rule{ID: ruleMissingProperty, Title: "a required property is missing",
			Why:      "Keyword required. Reports that need the property lose the event.",
			Contract: `{"properties":{"type":{"const":"track"},"event":{"const":"E"},"properties":{"properties":{"p":{}},"required":["p"]}}}`,
			Hit:      exampleEvent(`{}`), Neighbour: exampleEvent(`{"p":null}`)},
		keywordRule(ruleAdditionalProperty, "a property that the closed contract does not allow",
			"Keywords additionalProperties and unevaluatedProperties. A Segment tracking plan that is closed blocks or omits such a property.",
			`{"properties":{"a":{}},"additionalProperties":false}`, `{"b":1}`, `{"a":1}`),
		keywordRule(ruleMissingDependency, "a property that another one needs is missing",
			"Keywords dependentRequired and dependencies.",
			`{"dependencies":{"currency":["price"]}}`, `{"currency":"EUR"}`, `{"currency":"EUR","price":1}`),
		keywordRule(ruleUnplannedItem, "an array has an item that the contract has no place for",
			"Keywords additionalItems, unevaluatedItems, and items where it is false.",
			`{"items":[{"type":"string"}],"additionalItems":false}`, `["a","b"]`, `["a"]`),
		keywordRule(ruleValueNotAllowed, "a value is not one of those documented",
			"Keywords enum and const. Reports group by these values.",
			`{"enum":["card","cash"]}`, `"carte"`, `"card"`),
		keywordRule(ruleFormatMismatch, "a text is not in its documented format",
			"Keyword format: date-time, date, uri, email, uuid and the others of JSON Schema. In draft 2020-12 it is asserted too.",
			`{"format":"date-time"}`, `"2026-01-31"`, `"2026-01-31T12:30:00Z"`),
		keywordRule(rulePatternMismatch, "a text does not match its pattern",
			"Keyword pattern, a Go regular expression (RE2), found anywhere in the text unless it is anchored.",
			`{"pattern":"^[A-Z]{3}$"}`, `"eur"`, `"EUR"`),
		keywordRule(ruleStringLength, "a text is too short or too long",
			"Keywords minLength and maxLength, in characters.",
			`{"maxLength":3}`, `"EURO"`, `"EUR"`),
		keywordRule(ruleNumberRange, "a number is too small or too large",
			"Keywords minimum, maximum, exclusiveMinimum, exclusiveMaximum, compared exactly.",
			`{"minimum":0}`, `-1`, `0`),
		keywordRule(ruleNotMultiple, "a number is not a multiple of its step",
			"Keyword multipleOf, computed exactly: 0.3 is a multiple of 0.1.",
			`{"multipleOf":0.01}`, `9.999`, `9.99`),
	)
}

// structureRules goes on with arrays, objects and alternatives.
func structureRules() []finding.Rule {
	return []finding.Rule{
		keywordRule(ruleItemCount, "an array has too few or too many items",
			"Keywords minItems and maxItems.",
			`{"minItems":1}`, `[]`, `["a"]`),
		keywordRule(ruleItemsNotUnique, "an array has the same item twice",
			"Keyword uniqueItems. 1 and 1.0 are the same.",
			`{"uniqueItems":true}`, `["a","a"]`, `["a","b"]`),
		keywordRule(ruleContainsMismatch, "an array has too few or too many items of one kind",
			"Keywords contains, minContains, maxContains.",
			`{"contains":{"const":"a"}}`, `["b"]`, `["a","b"]`),
		keywordRule(rulePropertyCount, "an object has too few or too many members",
			"Keywords minProperties and maxProperties.",
			`{"minProperties":1}`, `{}`, `{"a":1}`),
		keywordRule(rulePropertyName, "a property has a name that is not allowed",
			"Keyword propertyNames.",
			`{"propertyNames":{"pattern":"^[a-z_]+$"}}`, `{"Bad Name":1}`, `{"good_name":1}`),
		keywordRule(ruleContentMismatch, "a text does not hold what it should",
			"Keywords contentEncoding and contentMediaType (asserted in draft-07 only).",
			`{"contentMediaType":"application/json"}`, `"{"`, `"{}"`),
		keywordRule(ruleSeveralAlternatives, "a value fits more than one of alternatives that exclude each other",
			"Keyword oneOf. Where none fits, the closest alternative is explained instead.",
			`{"oneOf":[{"type":"integer"},{"minimum":10}]}`, `12`, `9`),
		keywordRule(ruleForbiddenValue, "a value is one that the contract excludes",
			"Keyword not, and the schema false.",
			`{"not":{"const":""}}`, `""`, `"a"`),
		finding.Rule{ID: ruleValidatorFailed, Title: "the validator could not judge the event",
			Why: "A fault of segproof or of the JSON Schema library, or an event of so many values, by a contract of so many alternatives, that it would take more than 500,000 steps. The event counts as wrong, the run goes on."},
	}
}

// plannedRules is the table of what nobody documented, where no contract forbids it.
func plannedRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleUnplannedEvent, Severity: finding.Warning, Layer: finding.Contract, Title: "there is no contract for the event",
			Why:      "Segment compares names exactly, letter case and spaces included. Policy: unplanned.events in segproof.yaml, default warning.",
			Contract: exampleContract(`{}`), Hit: `{"type":"track","event":"e","userId":"u1"}`, Neighbour: `{"type":"track","event":"E","userId":"u1"}`},
		{ID: ruleUnplannedProperty, Severity: finding.Warning, Layer: finding.Contract, Title: "a property is not in the contract",
			Why:      "Nobody documented it: it is misspelt, or the contract is behind. Policy: unplanned.properties in segproof.yaml, default warning. Only properties and traits are looked at, and of a page or screen not the names that the Segment Spec reserves. A contract that says additionalProperties decides for itself: additional-property.",
			Contract: exampleContract(`{}`), Hit: exampleEvent(`{"P":1}`), Neighbour: exampleEvent(`{"p":1}`)},
	}
}

// catalogRules is the table of what can be wrong with a contract. Hit and Neighbour are
// contracts.
func catalogRules() []finding.Rule {
	contract := func(rest string) string {
		return `{"properties":{"type":{"const":"track"},"event":{"const":"E"}` + rest + `}`
	}
	property := func(schema string) string { return contract(`,"properties":{"properties":{"p":` + schema + `}}}`) }
	rules := []finding.Rule{
		{ID: ruleContractInvalid, Title: "a contract is not a JSON Schema",
			Why: "It cannot be used: exit code 2.",
			Hit: property(`{"type":"int"}`), Neighbour: property(`{"type":"integer"}`)},
		{ID: ruleContractTooComplex, Title: "judging an event by the contract could cost out of proportion",
			Why: "Nested alternatives multiply: twenty anyOf of two references each judge one value a million times; want at most 10,000 times. Also bounded: 1 MiB, 64 levels and 2,000 schemas a file, 64 references or alternatives in a row and 1,000 on the way to one value, 1,000 characters and 1,000 steps a pattern, 10,000 values an enum, numbers as in events. It cannot be used: exit code 2.",
			Hit: property(`{"pattern":"([a-z]{0,20}){0,40}"}`), Neighbour: property(`{"pattern":"[a-z]{0,90}"}`)},
		{ID: ruleRefOutside, Title: "a reference leaves the contract folder",
			Why: "A contract must mean the same on every machine: a $ref reaches files of the same folder, never the network, never another path. It cannot be used: exit code 2.",
			Hit: property(`{"$ref":"file:///etc/hostname"}`), Neighbour: property(`{"$ref":"#/properties/event"}`)},
		{ID: rulePatternUnsupported, Title: "a pattern cannot be compiled",
			Why: "Patterns are Go regular expressions (RE2), which have no look-ahead and no back references, and never take exponential time. It cannot be used: exit code 2.",
			Hit: property(`{"pattern":"(?!x)"}`), Neighbour: property(`{"pattern":"[^x]"}`)},
		{ID: ruleNoIdentity, Title: "a contract does not say which events it is for",
			Why: "The identity stands in consts: properties.type, and properties.event or properties.name. Without it no event is ever judged by the contract.",
			Hit: `{"properties":{"event":{"const":"E"}}}`, Neighbour: contract(`}`)},
		{ID: ruleDuplicateIdentity, Title: "two contracts are for the same event",
			Why: "Only the first, by file name, would judge. Give them versions: a const at context.protocols.event_version.",
			Hit: contract(`}`), Neighbour: `{"properties":{"type":{"const":"track"},"event":{"const":"F"}}}`},
		{ID: ruleExampleFails, Title: "a contract rejects its own example",
			Why: "One of the two is wrong.",
			Hit: contract(`},"examples":[{"type":"track","event":"E"}]`), Neighbour: contract(`},"examples":[{"type":"track","event":"E","userId":"u1"}]`)},
	}
	for i := range rules {
		rules[i].Layer = finding.Catalog
	}
	warnings := []finding.Rule{
		{ID: ruleMisspeltKeyword, Title: "a keyword is misspelt",
			Why: "JSON Schema ignores keywords that it does not know.",
			Hit: property(`{"minimun":1}`), Neighbour: property(`{"minimum":1}`)},
		{ID: ruleMisspeltField, Title: "a field of the event is misspelt",
			Why: "An event has properties, not propertes: what the contract says there is never held against any event, and the contract passes all of them.",
			Hit: contract(`,"propertes":{"required":["a"]}}`), Neighbour: contract(`,"properties":{"required":["a"]}}`)},
		{ID: ruleKeywordIgnored, Title: "a keyword is ignored in the contract's draft",
			Why: "draft-07, the default, reads nothing beside $ref, and does not know the keywords of later drafts.",
			Hit: property(`{"dependentRequired":{"a":["b"]}}`), Neighbour: property(`{"dependencies":{"a":["b"]}}`)},
		{ID: ruleRequiredUndeclared, Title: "a required property is not described",
			Why: "It is misspelt in one of the two places, or its type is unknown to everybody.",
			Hit: property(`{"properties":{"a":{}},"required":["b"]}`), Neighbour: property(`{"properties":{"a":{}},"required":["a"]}`)},
		{ID: ruleColumnCollision, Title: "two properties become one warehouse column",
			Why: "Segment turns names into snake case and flattens objects: tutorialId and tutorial_id overwrite each other.",
			Hit: property(`{},"tutorialId":{},"tutorial_id":{}`), Neighbour: property(`{},"tutorialId":{},"tutorialid":{}`)},
	}
	for i := range warnings {
		warnings[i].Layer, warnings[i].Severity = finding.Catalog, finding.Warning
	}
	return append(rules, warnings...)
}

// policyRules is the table of what can be wrong with segproof.yaml and the baseline.
func policyRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleWaiverExpired, Layer: finding.Policy, Title: "a waiver has expired",
			Why: "Its date is past: it waives nothing any more. Mend what it waived, or decide anew."},
		{ID: ruleWaiverStale, Layer: finding.Policy, Severity: finding.Warning, Title: "a waiver waives nothing",
			Why: "What it waived is mended, or its glob misses. Remove it, so that it does not hide the next fault."},
		{ID: ruleBaselineVanished, Layer: finding.Policy, Severity: finding.Info, Title: "findings of the baseline are gone",
			Why: "Write the baseline again, so that they cannot come back unseen."},
	}
}
