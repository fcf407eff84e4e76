package validator_test

import (
	"fmt"
	"strings"
	"testing"

	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

func TestHints(t *testing.T) {
	for _, tt := range []struct{ schema, value, want string }{
		{`{"type":"integer"}`, `"12"`, "send the number 12, without quotes"},
		{`{"type":"integer"}`, `"-12"`, "send the number -12, without quotes"},
		{`{"type":"integer"}`, `"1.5"`, ""},
		{`{"type":"integer"}`, `"1e2"`, ""},
		{`{"type":"integer"}`, `"012"`, ""},
		{`{"type":"integer"}`, `"12 "`, ""},
		{`{"type":"integer"}`, `""`, ""},
		{`{"type":"integer"}`, `"` + strings.Repeat("1", 65) + `"`, ""},
		{`{"type":"number"}`, `"1.5e3"`, "send the number 1.5e3, without quotes"},
		{`{"type":"number"}`, `"true"`, ""},
		{`{"type":"boolean"}`, `"true"`, "send true, without quotes"},
		{`{"type":"boolean"}`, `"yes"`, ""},
		{`{"type":"string"}`, `12`, `send it in quotes: "12"`},
		{`{"type":"string"}`, `true`, `send it in quotes: "true"`},
		{`{"type":"string"}`, `null`, "leave it out if there is no value"},
		{`{"type":"integer"}`, `1.5`, "send a whole number"},
		{`{"type":"array"}`, `"a"`, "send it in an array: [...]"},
		{`{"multipleOf":0.01}`, `1.005`, "round it before it is sent"},
		{`{"multipleOf":0.03}`, `1.005`, ""},
		{`{"format":"date"}`, `"1.2.2026"`, "a date is like 2026-01-31"},
		{`{"format":"ipv4"}`, `"x"`, ""},
		{`{"properties":{"tutorialId":{}},"required":["tutorialId"]}`, `{"TutorialID":1}`, `"TutorialID" is there; did you mean "tutorialId"?`},
		{`{"properties":{"tutorialId":{},"tutorialIds":{}},"required":["tutorialId"]}`, `{"tutorialIds":1}`, ""},
		{`{"anyOf":[{"type":"object","required":["a","b"]},{"type":"string","minLength":9}]}`, `"x"`, "this is the closest of 2 alternatives"},
		{`{"anyOf":[{"type":"object","required":["a"]},{"type":"array","items":{"type":"string"}},{"type":"null"}]}`, `[1]`, `send it in quotes: "1"`},
	} {
		found := loadAlone(t, "own/c.json", contract(tt.schema)).Validate(one(t, eventOf(tt.value)))
		if len(found) == 0 || found[0].Hint != tt.want {
			t.Errorf("%s in %s: found %v, want the hint %q", tt.value, tt.schema, found, tt.want)
		}
	}
}

// Properties that are called like keywords, and names that must be escaped on the way:
// the library puts all of them into its locations.
func TestPropertiesNamedLikeKeywords(t *testing.T) {
	awkward := []string{"anyOf", "oneOf", "allOf", "properties", "propertyNames", "required", "contains", "minContains", "not", "items",
		"additionalProperties", "dependencies", "dependentRequired", "contentSchema", "$ref", "type", "0", "a/b", "a~b", "~1", "a%b", "a%2Fb", "two words", "größe", "日本", `qu"ote`, "#", "?", "a.b", "+"}
	for _, name := range awkward {
		for _, schema := range []string{
			`{"properties":{%q:{"type":"object","properties":{"x":{"type":"string"},"y":{"type":"string"}}}}}`,
			`{"properties":{%q:{"$ref":"#/definitions/d"}}}`,
			`{"additionalProperties":{"allOf":[{"$ref":"#/definitions/d"}]}}`,
			`{"patternProperties":{"":{"$ref":"#/definitions/d"}}}`,
		} {
			if strings.Contains(schema, "%q") {
				schema = fmt.Sprintf(schema, name)
			}
			text := contract(schema, `"definitions":{"d":{"properties":{"x":{"type":"string"},"y":{"type":"string"}}}}`)
			got := brief(loadAlone(t, "own/c.json", text).Validate(one(t, eventOf(fmt.Sprintf(`{%q:{"x":1,"y":2}}`, name)))))
			pointer := "/properties/p/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
			want := []string{pointer + "/x type-mismatch: got number 1, want string", pointer + "/y type-mismatch: got number 2, want string"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q by %s (-want +got):\n%s", name, schema, diff)
			}
		}
	}
}

// What is wrong below a name like a keyword is explained as below any other.
func TestFaultsBelowNamesLikeKeywords(t *testing.T) {
	for _, tt := range []struct {
		schema, value string
		want          []string
	}{
		{`{"properties":{"propertyNames":{"properties":{"a":{"type":"string"}}}}}`, `{"propertyNames":{"a":1}}`,
			[]string{"/propertyNames/a type-mismatch: got number 1, want string"}},
		{`{"properties":{"minContains":{"minimum":3,"multipleOf":2}}}`, `{"minContains":1}`,
			[]string{"/minContains not-multiple: got number 1, want a multiple of 2", "/minContains number-range: got number 1, want at least 3"}},
		{`{"properties":{"contains":{"minimum":3,"multipleOf":2}}}`, `{"contains":1}`,
			[]string{"/contains not-multiple: got number 1, want a multiple of 2", "/contains number-range: got number 1, want at least 3"}},
		{`{"properties":{"anyOf":{"minimum":3,"multipleOf":2}}}`, `{"anyOf":1}`,
			[]string{"/anyOf not-multiple: got number 1, want a multiple of 2", "/anyOf number-range: got number 1, want at least 3"}},
		{`{"properties":{"anyOf":{"anyOf":[{"type":"null"},{"type":"boolean"}]}}}`, `{"anyOf":1}`,
			[]string{"/anyOf type-mismatch: got number 1, want null or boolean"}},
		{`{"dependencies":{"properties":{"properties":{"required":{"type":"string"}}}}}`, `{"properties":1,"required":2}`,
			[]string{"/required type-mismatch: got number 2, want string"}},
		{`{"dependencies":{"0":["required"],"1":{"required":["anyOf"]}}}`, `{"0":1,"1":2}`,
			[]string{"/anyOf missing-property: property \"anyOf\" is missing", "/required missing-dependency: property \"required\" is missing, want it beside \"0\""}},
		{`{"propertyNames":{"not":{"enum":["required","not"]}}}`, `{"not":1}`,
			[]string{"/not property-name: property name \"not\": got string \"not\", which the contract does not allow here"}},
		{`{"properties":{"items":{"items":[{"items":{"type":"null"}}]}}}`, `{"items":[[1]]}`,
			[]string{"/items/0/0 type-mismatch: got number 1, want null"}},
		{`{"patternProperties":{"a/b~c%25":{"type":"null"}}}`, `{"a/b~c%25":1}`,
			[]string{"/a~1b~0c%25 type-mismatch: got number 1, want null"}},
	} {
		var got []string
		for _, line := range brief(loadAlone(t, "own/c.json", contract(tt.schema)).Validate(one(t, eventOf(tt.value)))) {
			got = append(got, strings.TrimPrefix(line, "/properties/p"))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s in %s (-want +got):\n%s", tt.value, tt.schema, diff)
		}
	}
}

// The place in the contract is the line of the keyword that says so, in whatever file
// and however it is reached.
func TestSchemaPlace(t *testing.T) {
	own := `{
 "properties": {"type": {"const": "track"}, "event": {"const": "E"},
  "properties": {
   "properties": {
    "a": {"type": "string"},
    "b": {"$ref": "parts/common.json#/definitions/b b"},
    "c": {"anyOf": [
      {"type": "null"},
      {"const": 1}
    ]},
    "d": {"$ref": "#/$defs/x~1y"},
    "e": {"additionalProperties":
      false},
    "f": {"contains":
      {"const": 1}},
    "g": {"dependencies": {"x":
      ["y"]}}
   },
   "required": [
     "a",
     "z"]
  }},
 "$defs": {"x/y":
   {"minimum":
     1}}
}`
	part := `{"definitions": {
 "b b": {
   "type": "string"}}}`
	cat := loadRoots(t, validator.Root{FS: schemas.Spec()}, validator.Root{Name: "my contracts", FS: files("own/c.json", own, "own/parts/common.json", part)})
	want := map[string]string{
		"/properties/a": "own/c.json:5", "/properties/b": "own/parts/common.json:3", "/properties/c": "own/c.json:9", "/properties/d": "own/c.json:24",
		"/properties/e/q": "own/c.json:12", "/properties/f": "own/c.json:14", "/properties/g/y": "own/c.json:17", "/properties/z": "own/c.json:21",
		"/properties/n": "own/c.json:3",
	}
	got := map[string]string{}
	for _, f := range cat.Validate(one(t, `{"type":"track","event":"E","userId":"u1","properties":{"a":1,"b":2,"c":3,"d":0,"e":{"q":1},"f":[],"g":{"x":1},"n":1}}`)) {
		got[f.Pointer] = strings.TrimPrefix(f.Schema, "my contracts/")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A contract may refer to the meta-schema of a draft, of which there is no text to show.
func TestMetaSchemaAsPart(t *testing.T) {
	text := contract(`{"$ref":"http://json-schema.org/draft-07/schema#"}`)
	ev := one(t, eventOf(`{"type":"txet","minimum":"1","required":3,"anyOf":[]}`))
	got := brief(loadAlone(t, "own/c.json", text).Validate(ev))
	want := []string{
		`/properties/p/type value-not-allowed: got string "txet", which does not keep "enum" of a schema that the contract refers to`,
		`/properties/p/minimum type-mismatch: got string "1", which does not keep "type" of a schema that the contract refers to`,
		`/properties/p/required type-mismatch: got number 3, which does not keep "type" of a schema that the contract refers to`,
		`/properties/p/anyOf item-count: got array of 0 items, which does not keep "minItems" of a schema that the contract refers to`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A recursive contract is judged at every level.
func TestRecursiveContract(t *testing.T) {
	for _, text := range []string{
		contract(`{"$ref":"#/definitions/tree"}`, `"definitions":{"tree":{"properties":{"v":{"type":"string"},"kids":{"items":{"$ref":"#/definitions/tree"}}}}}`),
		contract(`{"$ref":"#/$defs/tree"}`, in2020, `"$defs":{"tree":{"$dynamicAnchor":"node","properties":{"v":{"type":"string"},"kids":{"items":{"$dynamicRef":"#node"}}}}}`),
		contract(`{"$ref":"#tree"}`, in2019, `"$defs":{"tree":{"$anchor":"tree","properties":{"v":{"type":"string"},"kids":{"items":{"$ref":"#tree"}}}}}`),
	} {
		value := strings.Repeat(`{"v":"x","kids":[`, 20) + `{"v":1,"w":2}` + strings.Repeat(`]}`, 20)
		at := "/properties/p" + strings.Repeat("/kids/0", 20)
		got := brief(loadAlone(t, "own/c.json", text).Validate(one(t, eventOf(value))))
		want := []string{at + "/v type-mismatch: got number 1, want string", at + `/w unplanned-property: property "w" is not in the contract`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", text, diff)
		}
	}
}

// The library reads some keywords otherwise than their draft says. Contracts mean what
// the draft says.
func TestWhereWeDifferFromTheLibrary(t *testing.T) {
	for _, tt := range []struct {
		name, contract, value string
		want                  []string
	}{
		{"2^63-1 is no bound", contract(`{"maxLength":9223372036854775807,"maxItems":1e300}`), `["a"]`, nil},
		{"2^63-1 at least is one", contract(`{"minLength":9223372036854775807}`), `"a"`, []string{"string-length"}},
		{"contentSchema is not read in draft-07", contract(`{"contentMediaType":"application/json","contentSchema":{"minimum":5}}`), `"1"`, nil},
		{"nor in 2020-12", contract(`{"contentMediaType":"application/json","contentSchema":{"minimum":5}}`, in2020), `"1"`, nil},
		{"$recursiveRef is not read in 2020-12", contract(`{"$recursiveRef":"#/$defs/x"}`, in2020, `"$defs":{"x":false}`), `1`, nil},
		{"regexProperties is no keyword", contract(`{"regexProperties":true}`), `{"(":1}`, nil},
		{"regexProperties need not be a boolean", contract(`{"regexProperties":"x"}`), `{"(":1}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range loadAlone(t, "own/c.json", tt.contract).Validate(one(t, eventOf(tt.value))) {
				if f.Severity == finding.Error {
					got = append(got, f.Rule)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s by %s (-want +got):\n%s", tt.value, tt.contract, diff)
			}
		})
	}
}
