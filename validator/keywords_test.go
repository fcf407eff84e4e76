package validator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keywordCase is a schema, the value of a property that it judges, and what is found:
// the pointer from the property on, the rule and the message.
type keywordCase struct {
	draft  int
	schema string
	value  string
	want   []string
}

// contract frames the schema as the contract of the track event "E".
func (c keywordCase) contract() string {
	rest := map[int][]string{4: {in04}, 6: {in06}, 7: nil, 2019: {in2019}, 2020: {in2020}}[c.draft]
	text := contract(c.schema, rest...)
	if c.draft == 4 {
		// Which has no const.
		text = strings.NewReplacer(`{"const":"track"}`, `{"enum":["track"]}`, `{"const":"E"}`, `{"enum":["E"]}`).Replace(text)
	}
	return text
}

// Every keyword that can fail, of every draft: what is found, where, and that the library
// itself gives the same verdict.
func TestKeywords(t *testing.T) {
	seen := map[string]bool{}
	for family, cases := range map[string][]keywordCase{
		"values": valueKeywords, "objects": objectKeywords, "arrays": arrayKeywords, "combined": combinedKeywords, "drafts": draftKeywords,
	} {
		for i, c := range cases {
			t.Run(fmt.Sprintf("%s/%d", family, i), func(t *testing.T) {
				text := c.contract()
				cat, ev := loadAlone(t, "own/c.json", text), one(t, eventOf(c.value))
				var got []string
				for _, line := range brief(cat.Validate(ev)) {
					got = append(got, strings.TrimPrefix(line, "/properties/p"))
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s in %s (-want +got):\n%s", c.value, c.schema, diff)
				}
				checkVerdict(t, cat, text, ev)
				for _, f := range cat.Validate(ev) {
					seen[f.Rule] = true
				}
			})
		}
	}
	for _, rule := range keywordRuleIDs() {
		if !seen[rule] {
			t.Errorf("no case raises %s", rule)
		}
	}
}

// keywordRuleIDs are the rules of what a contract can ask for.
func keywordRuleIDs() []string {
	return strings.Fields(`type-mismatch missing-property additional-property missing-dependency unplanned-item value-not-allowed
		format-mismatch pattern-mismatch string-length number-range not-multiple item-count items-not-unique contains-mismatch
		property-count property-name content-mismatch several-alternatives forbidden-value unplanned-property`)
}

// valueKeywords are the keywords of numbers, texts and any value.
var valueKeywords = []keywordCase{
	{7, `{"type":"string"}`, `1`, []string{` type-mismatch: got number 1, want string`}},
	{7, `{"type":"string"}`, `"a"`, nil},
	{7, `{"type":"integer"}`, `1.0`, nil},
	{7, `{"type":"integer"}`, `1.5`, []string{` type-mismatch: got number 1.5, want integer`}},
	{7, `{"type":"integer"}`, `"1"`, []string{` type-mismatch: got string "1", want integer`}},
	{7, `{"type":"integer"}`, `"1.5"`, []string{` type-mismatch: got string "1.5", want integer`}},
	{7, `{"type":"number"}`, `"1.5"`, []string{` type-mismatch: got string "1.5", want number`}},
	{7, `{"type":"number"}`, `"1e5"`, []string{` type-mismatch: got string "1e5", want number`}},
	{7, `{"type":"number"}`, `" 1"`, []string{` type-mismatch: got string " 1", want number`}},
	{7, `{"type":"boolean"}`, `"true"`, []string{` type-mismatch: got string "true", want boolean`}},
	{7, `{"type":"boolean"}`, `0`, []string{` type-mismatch: got number 0, want boolean`}},
	{7, `{"type":"null"}`, `0`, []string{` type-mismatch: got number 0, want null`}},
	{7, `{"type":"array"}`, `{}`, []string{` type-mismatch: got object of 0 members, want array`}},
	{7, `{"type":"object"}`, `[]`, []string{` type-mismatch: got array of 0 items, want object`}},
	{7, `{"type":["string","null"]}`, `1`, []string{` type-mismatch: got number 1, want string or null`}},
	{7, `{"type":["string","null"]}`, `null`, nil},
	{7, `{"type":"string"}`, `null`, []string{` type-mismatch: got null, want string`}},
	{7, `{"type":"string"}`, `true`, []string{` type-mismatch: got boolean true, want string`}},
	{7, `{"enum":[1,"a",null]}`, `1.0`, nil},
	{7, `{"enum":[1,"a",null]}`, `2`, []string{` value-not-allowed: got number 2, want one of 1, "a", null`}},
	{7, `{"enum":["card","cash"]}`, `"Card"`, []string{` value-not-allowed: got string "Card", want one of "card", "cash"; did you mean "card"?`}},
	{7, `{"enum":[1,2,3,4,5,6,7,8,9,10]}`, `0`, []string{` value-not-allowed: got number 0, want one of 1, 2, 3, 4, 5, 6, 7, 8 and 2 more`}},
	{7, `{"enum":[{"a":1}]}`, `{"a":1.0}`, nil},
	{7, `{"enum":[[1,2]]}`, `[2,1]`, []string{` value-not-allowed: got array of 2 items, want [1,2]`}},
	{7, `{"const":null}`, `0`, []string{` value-not-allowed: got number 0, want null`}},
	{7, `{"const":{"a":[1,"<x>"]}}`, `{"a":[1]}`, []string{` value-not-allowed: got object of 1 member, want {"a":[1,"<x>"]}`}},
	{7, `{"const":false}`, `0`, []string{` value-not-allowed: got number 0, want false`}},
	{7, `{"multipleOf":0.01}`, `0.075`, []string{` not-multiple: got number 0.075, want a multiple of 0.01`}},
	{7, `{"multipleOf":0.01}`, `0.07`, nil},
	{7, `{"multipleOf":3}`, `7`, []string{` not-multiple: got number 7, want a multiple of 3`}},
	{7, `{"minimum":1.1}`, `0.6`, []string{` number-range: got number 0.6, want at least 1.1`}},
	{7, `{"minimum":-2}`, `-2`, nil},
	{7, `{"maximum":3}`, `3.5`, []string{` number-range: got number 3.5, want at most 3`}},
	{7, `{"exclusiveMinimum":1}`, `1`, []string{` number-range: got number 1, want more than 1`}},
	{7, `{"exclusiveMaximum":3}`, `3`, []string{` number-range: got number 3, want less than 3`}},
	{7, `{"minLength":2}`, `"f"`, []string{` string-length: got 1 character, want at least 2`}},
	{7, `{"minLength":2}`, `"💩"`, []string{` string-length: got 1 character, want at least 2`}},
	{7, `{"maxLength":2}`, `"foo"`, []string{` string-length: got 3 characters, want at most 2`}},
	{7, `{"maxLength":2}`, `"💩💩"`, nil},
	{7, `{"pattern":"^a*$"}`, `"abc"`, []string{` pattern-mismatch: got string "abc", want text that matches ^a*$`}},
	{7, `{"pattern":"a+"}`, `"xxaayy"`, nil},
	{7, `{"pattern":"^\\d+$"}`, `"৪"`, []string{` pattern-mismatch: got string "৪", want text that matches ^\d+$`}},
	{7, `{"format":"date-time"}`, `"2026-01-31"`, []string{` format-mismatch: got string "2026-01-31", want date-time`}},
	{7, `{"format":"date"}`, `"2026-02-30"`, []string{` format-mismatch: got string "2026-02-30", want date`}},
	{7, `{"format":"time"}`, `"12:00"`, []string{` format-mismatch: got string "12:00", want time`}},
	{7, `{"format":"email"}`, `"joe"`, []string{` format-mismatch: got string "joe", want email`}},
	{7, `{"format":"hostname"}`, `"-a"`, []string{` format-mismatch: got string "-a", want hostname`}},
	{7, `{"format":"ipv4"}`, `"256.1.1.1"`, []string{` format-mismatch: got string "256.1.1.1", want ipv4`}},
	{7, `{"format":"ipv6"}`, `"12345::"`, []string{` format-mismatch: got string "12345::", want ipv6`}},
	{7, `{"format":"uri"}`, `"//foo"`, []string{` format-mismatch: got string "//foo", want uri`}},
	{7, `{"format":"uri-reference"}`, `"\\\\x"`, []string{` format-mismatch: got string "\\\\x", want uri-reference`}},
	{7, `{"format":"json-pointer"}`, `"a"`, []string{` format-mismatch: got string "a", want json-pointer`}},
	{7, `{"format":"regex"}`, `"["`, []string{` format-mismatch: got string "[", want regex`}},
	{7, `{"format":"unknown"}`, `"x"`, nil},
	{2020, `{"format":"uuid"}`, `"2eb8aa08"`, []string{` format-mismatch: got string "2eb8aa08", want uuid`}},
	{2020, `{"format":"duration"}`, `"P"`, []string{` format-mismatch: got string "P", want duration`}},
	{7, `{"contentMediaType":"application/json"}`, `"{:}"`, []string{` content-mismatch: got string "{:}", want application/json`}},
	{7, `{"contentEncoding":"base64"}`, `"ey=="`, nil},
	{7, `{"contentEncoding":"base64","contentMediaType":"application/json"}`, `"ezp9Cg=="`, []string{` content-mismatch: got string "ezp9Cg==", want application/json`}},
	{2020, `{"contentMediaType":"application/json"}`, `"{:}"`, nil},
}

// objectKeywords are the keywords of objects.
var objectKeywords = []keywordCase{
	{7, `{"required":["a","b"]}`, `{"a":1}`, []string{`/b missing-property: property "b" is missing`}},
	{7, `{"required":["a","b"]}`, `{}`, []string{`/a missing-property: property "a" is missing`, `/b missing-property: property "b" is missing`}},
	{7, `{"required":["a/b","c~d","e%f"]}`, `{"A/B":1}`, []string{`/a~1b missing-property: property "a/b" is missing`, `/c~0d missing-property: property "c~d" is missing`, `/e%f missing-property: property "e%f" is missing`}},
	{7, `{"properties":{"a":{"type":"string"},"b":{}},"required":["a"]}`, `{"A":"x"}`, []string{`/a missing-property: property "a" is missing, want string`, `/A unplanned-property: property "A" is not in the contract; did you mean "a"?`}},
	{7, `{"properties":{"a":{"const":3}},"required":["a"]}`, `{}`, []string{`/a missing-property: property "a" is missing, want 3`}},
	{7, `{"minProperties":2}`, `{"a":1}`, []string{` property-count: got 1 member, want at least 2`}},
	{7, `{"maxProperties":0}`, `{"a":1}`, []string{` property-count: got 1 member, want at most 0`}},
	{7, `{"properties":{"a":{"type":"integer"}}}`, `{"a":"x","b":1}`, []string{`/a type-mismatch: got string "x", want integer`, `/b unplanned-property: property "b" is not in the contract`}},
	{7, `{"properties":{"a":false}}`, `{"a":1}`, []string{`/a forbidden-value: got number 1, which the contract does not allow here`}},
	{7, `{"properties":{"a":true}}`, `{"a":1}`, nil},
	{7, `{"patternProperties":{"^f.*o$":{"type":"integer"}}}`, `{"foo":"x","bar":1}`, []string{`/foo type-mismatch: got string "x", want integer`}},
	{7, `{"patternProperties":{"^a":{"type":"integer"},"b$":{"type":"integer"}}}`, `{"ab":"x"}`, []string{`/ab type-mismatch: got string "x", want integer`}},
	{7, `{"patternProperties":{"^a":false}}`, `{"ab":"x"}`, []string{`/ab forbidden-value: got string "x", which the contract does not allow here`}},
	{7, `{"properties":{"foo":{}},"additionalProperties":false}`, `{"foo":1,"bar":2,"baz":3}`, []string{`/bar additional-property: property "bar" is not in the contract`, `/baz additional-property: property "baz" is not in the contract`}},
	{7, `{"properties":{"foo":{}},"patternProperties":{"^v":{}},"additionalProperties":false}`, `{"vroom":1,"fo":2}`, []string{`/fo additional-property: property "fo" is not in the contract; did you mean "foo"?`}},
	{7, `{"properties":{"foo":{}},"additionalProperties":{"type":"boolean"}}`, `{"foo":1,"bar":2}`, []string{`/bar type-mismatch: got number 2, want boolean`}},
	{7, `{"propertyNames":{"maxLength":3}}`, `{"foo":1,"foobar":2}`, []string{`/foobar property-name: property name "foobar": got 6 characters, want at most 3`}},
	{7, `{"propertyNames":{"enum":["user_id"]}}`, `{"userId":1}`, []string{`/userId property-name: property name "userId": got string "userId", want "user_id"`}},
	{7, `{"propertyNames":{"minLength":1}}`, `{"":1}`, []string{`/ property-name: property name "": got 0 characters, want at least 1`}},
	{7, `{"properties":{"a":{"propertyNames":{"maxLength":3}}}}`, `{"a":{"foobar":1}}`, []string{`/a/foobar property-name: property name "foobar": got 6 characters, want at most 3`}},
	{7, `{"additionalProperties":{"items":{"propertyNames":{"minLength":1}}}}`, `{"a":[{"":1}]}`, []string{`/a/0/ property-name: property name "": got 0 characters, want at least 1`}},
	{7, `{"propertyNames":false}`, `{"foo":1}`, []string{`/foo property-name: property name "foo": got string "foo", which the contract does not allow here`}},
	{7, `{"propertyNames":{"anyOf":[{"const":"a"},{"const":"b"}]}}`, `{"c":1}`, []string{`/c property-name: property name "c": got string "c", want one of "a", "b"; did you mean "a"?`}},
	{7, `{"propertyNames":{"allOf":[{"minLength":2},{"pattern":"^x"}]}}`, `{"c":1}`, []string{`/c property-name: property name "c": got 1 character, want at least 2`, `/c property-name: property name "c": got string "c", want text that matches ^x`}},
	{7, `{"dependencies":{"bar":["foo"]}}`, `{"bar":2}`, []string{`/foo missing-dependency: property "foo" is missing, want it beside "bar"`}},
	{7, `{"dependencies":{"bar":{"properties":{"foo":{"type":"integer"}}}}}`, `{"bar":2,"foo":"quux"}`, []string{`/foo type-mismatch: got string "quux", want integer`}},
	{7, `{"dependencies":{"bar":{"required":["foo"]}}}`, `{"bar":2}`, []string{`/foo missing-property: property "foo" is missing`}},
	{7, `{"dependencies":{"propertyNames":["foo"]}}`, `{"propertyNames":2}`, []string{`/foo missing-dependency: property "foo" is missing, want it beside "propertyNames"`}},
	{2020, `{"dependentRequired":{"bar":["foo"]}}`, `{"bar":2}`, []string{`/foo missing-dependency: property "foo" is missing, want it beside "bar"`}},
	{2020, `{"dependentRequired":{"propertyNames":["foo"]}}`, `{"propertyNames":2}`, []string{`/foo missing-dependency: property "foo" is missing, want it beside "propertyNames"`}},
	{2020, `{"dependentSchemas":{"bar":{"properties":{"foo":{"type":"integer"}}}}}`, `{"bar":2,"foo":"quux"}`, []string{`/foo type-mismatch: got string "quux", want integer`}},
	{2020, `{"unevaluatedProperties":false,"properties":{"a":{}},"allOf":[{"properties":{"b":{}}}]}`, `{"a":1,"b":2,"c":3}`, []string{`/c additional-property: property "c" is not in the contract`}},
	{2020, `{"unevaluatedProperties":{"type":"string"},"properties":{"a":{}}}`, `{"a":1,"b":2}`, []string{`/b type-mismatch: got number 2, want string`}},
	{2020, `{"dependencies":{"bar":["foo"]}}`, `{"bar":2}`, []string{`/foo missing-dependency: property "foo" is missing, want it beside "bar"`}},
}

// arrayKeywords are the keywords of arrays.
var arrayKeywords = []keywordCase{
	{7, `{"items":{"type":"integer"}}`, `[1,"x",2,"y"]`, []string{`/1 type-mismatch: got string "x", want integer`, `/3 type-mismatch: got string "y", want integer`}},
	{7, `{"items":false}`, `[1]`, []string{`/0 unplanned-item: got number 1 where the contract allows no further item`}},
	{7, `{"items":[{"type":"integer"},{"type":"string"}]}`, `[1,2]`, []string{`/1 type-mismatch: got number 2, want string`}},
	{7, `{"items":[{"type":"integer"},false]}`, `[1,2]`, []string{`/1 forbidden-value: got number 2, which the contract does not allow here`}},
	{7, `{"items":[{},{}],"additionalItems":false}`, `[1,2,3,4]`, []string{` unplanned-item: got 4 items, want at most 2`}},
	{7, `{"items":[{}],"additionalItems":{"type":"integer"}}`, `[null,2,"x"]`, []string{`/2 type-mismatch: got string "x", want integer`}},
	{2020, `{"prefixItems":[{"type":"integer"},{"type":"string"}]}`, `["x",2]`, []string{`/0 type-mismatch: got string "x", want integer`, `/1 type-mismatch: got number 2, want string`}},
	{2020, `{"prefixItems":[{}],"items":false}`, `[1,[2]]`, []string{`/1 unplanned-item: got array of 1 item where the contract allows no further item`}},
	{2020, `{"prefixItems":[{}],"items":{"type":"integer"}}`, `[1,"x"]`, []string{`/1 type-mismatch: got string "x", want integer`}},
	{2020, `{"prefixItems":[false]}`, `[1]`, []string{`/0 forbidden-value: got number 1, which the contract does not allow here`}},
	{7, `{"minItems":1}`, `[]`, []string{` item-count: got 0 items, want at least 1`}},
	{7, `{"maxItems":2}`, `[1,2,3]`, []string{` item-count: got 3 items, want at most 2`}},
	{7, `{"uniqueItems":true}`, `[1,2,1]`, []string{` items-not-unique: items 0 and 2 are both 1, want no item twice`}},
	{7, `{"uniqueItems":true}`, `[1.0,1]`, []string{` items-not-unique: items 0 and 1 are equal, 1.0 and 1, want no item twice`}},
	{7, `{"uniqueItems":true}`, `[{"a":[1],"b":2},3,{"b":2.0,"a":[1.0]}]`, []string{` items-not-unique: items 0 and 2 are equal, {"a":[1],"b":2} and {"a":[1.0],"b":2.0}, want no item twice`}},
	{7, `{"uniqueItems":true}`, `["x",1,true,"1","true"]`, nil},
	{7, `{"uniqueItems":true}`, `[{"t":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"},{"t":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2"},5,5]`, []string{` items-not-unique: items 2 and 3 are both 5, want no item twice`}},
	{7, `{"contains":{"minimum":5}}`, `[2,3]`, []string{` contains-mismatch: got 2 items, want at least 1 of the documented kind`}},
	{7, `{"contains":{"minimum":5}}`, `[]`, []string{` contains-mismatch: got 0 items, want at least 1 of the documented kind`}},
	{7, `{"contains":false}`, `[1]`, []string{` contains-mismatch: got 1 item, want at least 1 of the documented kind`}},
	{2020, `{"contains":{"minimum":5},"minContains":2}`, `[5,3]`, []string{` contains-mismatch: got 2 items, want at least 2 of the documented kind`}},
	{2020, `{"contains":{"minimum":5},"maxContains":1}`, `[5,6]`, []string{` contains-mismatch: got 2 items, want at most 1 of the documented kind`}},
	{2020, `{"contains":{"minimum":5},"minContains":0}`, `[]`, nil},
	{2020, `{"unevaluatedItems":false,"prefixItems":[{}]}`, `[1,2]`, []string{`/1 unplanned-item: got number 2 where the contract allows no further item`}},
	{2020, `{"unevaluatedItems":{"type":"string"},"prefixItems":[{}]}`, `[1,2]`, []string{`/1 type-mismatch: got number 2, want string`}},
}

// combinedKeywords are the keywords that put schemas together.
var combinedKeywords = []keywordCase{
	{7, `{"not":{"type":"integer"}}`, `1`, []string{` forbidden-value: got number 1, which the contract does not allow here`}},
	{7, `{"not":true}`, `"x"`, []string{` forbidden-value: got string "x", which the contract does not allow here`}},
	{7, `{"allOf":[{"type":"object"},{"required":["a"]},{"properties":{"b":{"type":"string"}}}]}`, `{"b":1}`, []string{`/a missing-property: property "a" is missing`, `/b type-mismatch: got number 1, want string`}},
	{7, `{"allOf":[true,false]}`, `1`, []string{` forbidden-value: got number 1, which the contract does not allow here`}},
	{7, `{"allOf":[{"type":"number"},{"type":"integer"}]}`, `"x"`, []string{` type-mismatch: got string "x", want number`}},
	{7, `{"allOf":[{"required":["a"]},{"properties":{"a":{"type":"string"}},"required":["a"]}]}`, `{}`, []string{`/a missing-property: property "a" is missing`}},
	{7, `{"anyOf":[{"type":"integer"},{"type":"boolean"}]}`, `"x"`, []string{` type-mismatch: got string "x", want integer or boolean`}},
	{7, `{"anyOf":[{"type":"integer"},{"minimum":2}]}`, `1.5`, []string{` number-range: got number 1.5, want at least 2`}},
	{7, `{"anyOf":[{"const":"a"},{"enum":["b","c"]}]}`, `"d"`, []string{` value-not-allowed: got string "d", want one of "a", "b", "c"; did you mean "a"?`}},
	{7, `{"anyOf":[{"const":["a"]},{"const":["b"]}]}`, `["c"]`, []string{` value-not-allowed: got array of 1 item, want one of ["a"], ["b"]`}},
	{7, `{"anyOf":[{"type":"integer"},{"const":"auto"}]}`, `"aut"`, []string{` value-not-allowed: got string "aut", want "auto"`}},
	{7, `{"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{}`, []string{`/a missing-property: one of "a", "b" is missing`}},
	{7, `{"anyOf":[{"required":["a"]},{"required":["a"]}]}`, `{}`, []string{`/a missing-property: property "a" is missing`}},
	{7, `{"anyOf":[{"required":["a","b"]},{"required":["c"]}]}`, `{}`, []string{`/c missing-property: property "c" is missing`}},
	{7, `{"anyOf":[{"properties":{"x":{"required":["a"]}}},{"properties":{"y":{"required":["b"]}}}]}`, `{"x":{},"y":{}}`, []string{`/x/a missing-property: property "a" is missing`}},
	{7, `{"anyOf":[{"format":"date"},{"format":"date-time"}]}`, `"soon"`, []string{` format-mismatch: got string "soon", want date or date-time`}},
	{7, `{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}]}`, `{"a":1}`, []string{`/a type-mismatch: got number 1, want string`}},
	{7, `{"anyOf":[{"type":"null"},{"type":"object","required":["a"]}]}`, `"x"`, []string{` type-mismatch: got string "x", want null or object`}},
	{7, `{"anyOf":[{"anyOf":[{"type":"integer"},{"type":"boolean"}]},{"type":"null"}]}`, `"x"`, []string{` type-mismatch: got string "x", want integer or boolean or null`}},
	{7, `{"anyOf":[{"anyOf":[{"const":"a"},{"const":"b"}]},{"const":"c"}]}`, `"d"`, []string{` value-not-allowed: got string "d", want one of "a", "b", "c"; did you mean "a"?`}},
	{7, `{"anyOf":[false,false]}`, `1`, []string{` forbidden-value: got number 1, which the contract does not allow here`}},
	{7, `{"oneOf":[{"type":"integer"},{"minimum":2}]}`, `3`, []string{` several-alternatives: got number 3, which fits more than one of 2 alternatives, want exactly one`}},
	{7, `{"oneOf":[{"type":"integer"},{"type":"boolean"}]}`, `"x"`, []string{` type-mismatch: got string "x", want integer or boolean`}},
	{7, `{"oneOf":[{"properties":{"kind":{"const":"card"},"number":{"type":"string"}},"required":["kind","number"]},{"properties":{"kind":{"const":"cash"}},"required":["kind"]}]}`, `{"kind":"card","number":5}`, []string{`/number type-mismatch: got number 5, want string`}},
	{7, `{"oneOf":[{"properties":{"kind":{"const":"card"},"number":{"type":"string"}},"required":["kind","number"]},{"properties":{"kind":{"const":"cash"}},"required":["kind"]}]}`, `{"kind":"crad","number":5}`, []string{`/kind value-not-allowed: got string "crad", want one of "card", "cash"; did you mean "card"?`}},
	{7, `{"oneOf":[{"properties":{"kind":{"const":"card"},"number":{"type":"string"}},"required":["kind","number"]},{"properties":{"kind":{"const":"cash"}},"required":["kind"]}]}`, `{"number":"5"}`, []string{`/kind missing-property: property "kind" is missing, want one of "card", "cash"`}},
	{7, `{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":1}`, []string{`/b missing-property: property "b" is missing`}},
	{7, `{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":2}`, []string{`/c missing-property: property "c" is missing`}},
	{7, `{"if":true,"then":false}`, `1`, []string{` forbidden-value: got number 1, which the contract does not allow here`}},
	{7, `{"then":false}`, `1`, nil},
	{7, `{"definitions":{"x":{"type":"string"}},"allOf":[{"$ref":"#/properties/properties/properties/p/definitions/x"}]}`, `1`, []string{` type-mismatch: got number 1, want string`}},
	{2020, `{"$defs":{"x":{"$anchor":"here","type":"string"}},"properties":{"q":{"$ref":"#here"}}}`, `{"q":1}`, []string{`/q type-mismatch: got number 1, want string`}},
	{2020, `{"$id":"https://h/t","$dynamicAnchor":"node","properties":{"kids":{"items":{"$dynamicRef":"#node"}},"v":{"type":"string"}}}`, `{"kids":[{"v":1}]}`, []string{`/kids/0/v type-mismatch: got number 1, want string`}},
}

// draftKeywords are the keywords of other drafts than 7 and 2020-12.
var draftKeywords = []keywordCase{
	{2019, `{"unevaluatedItems":false,"items":[{}]}`, `[1,2]`, []string{`/1 unplanned-item: got number 2 where the contract allows no further item`}},
	{2019, `{"items":[{"type":"string"}],"additionalItems":false}`, `["a",1]`, []string{` unplanned-item: got 2 items, want at most 1`}},
	{6, `{"exclusiveMinimum":1}`, `1`, []string{` number-range: got number 1, want more than 1`}},
	{4, `{"minimum":1,"exclusiveMinimum":true}`, `1`, []string{` number-range: got number 1, want more than 1`}},
	{4, `{"maximum":3,"exclusiveMaximum":true}`, `3`, []string{` number-range: got number 3, want less than 3`}},
	{4, `{"type":"object","additionalProperties":false}`, `{"a":1}`, []string{`/a additional-property: property "a" is not in the contract`}},
	{2019, `{"$id":"https://h/t","$recursiveAnchor":true,"properties":{"kids":{"items":{"$recursiveRef":"#"}},"v":{"type":"string"}}}`, `{"kids":[{"v":1}]}`, []string{`/kids/0/v type-mismatch: got number 1, want string`}},
}
