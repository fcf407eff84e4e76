package inclusion

import (
	"context"
	"testing"
)

// closing is a schema, the values that it accepts when it is closed, and those that it
// refuses then though it accepts them.
type closing struct {
	name, draft, schema string
	in, out             []string
}

func (c closing) check(t *testing.T) {
	t.Helper()
	s := compile(t, c.schema, c.draft)
	closed, err := s.Close()
	if err != nil {
		t.Errorf("%s: %v", c.name, err)
		return
	}
	checkWorld(t, c.name, closed, c.in, c.out)
	checkWorld(t, c.name+", as written", s, append(c.in, c.out...), nil)
}

func TestCloseIsWhatTheSchemaDeclares(t *testing.T) {
	for _, tt := range []closing{
		{"properties alone", "", `{"properties":{"a":{}}}`, []string{`{"a":1}`, `{}`, `"text"`}, []string{`{"b":1}`}},
		{"no properties: nothing is declared", "", `{"type":"object"}`, []string{`{"b":1}`}, nil},
		{"further names are allowed in so many words", "", `{"properties":{"a":{}},"additionalProperties":true}`, []string{`{"b":1}`}, nil},
		{"a schema for further names stays", "", `{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}`, []string{`{"b":1}`}, nil},
		{"names by pattern", "", `{"properties":{"a":{}},"patternProperties":{"^x_":{}}}`, []string{`{"a":1,"x_1":2}`}, []string{`{"b":1}`}},
		{"a member", "", `{"properties":{"a":{"properties":{"b":{}}}}}`, []string{`{"a":{"b":1}}`}, []string{`{"a":{"c":1}}`}},
		{"elements", "", `{"items":{"properties":{"b":{}}}}`, []string{`[{"b":1}]`}, []string{`[{"b":1},{"c":1}]`}},
		{"the names of allOf together", "", `{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, []string{`{"a":1,"b":2}`}, []string{`{"c":1}`}},
		{"one schema of allOf is explicit", "", `{"allOf":[{"properties":{"a":{}}},{"additionalProperties":true}]}`, []string{`{"c":1}`}, nil},
		{"the names of anyOf together", "", `{"properties":{"k":{}},"anyOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}`, []string{`{"k":1,"a":1,"b":2}`}, []string{`{"a":1,"c":1}`}},
		{"if, then and else", "", `{"properties":{"k":{}},"if":{"properties":{"k":{"const":1},"i":{}}},"then":{"properties":{"a":{}}},"else":{"properties":{"b":{}}}}`, []string{`{"k":1,"a":1,"i":2,"b":3}`}, []string{`{"k":1,"c":1}`}},
		{"a reference", "", `{"definitions":{"x":{"properties":{"a":{"properties":{"b":{}}}}}},"$ref":"#/definitions/x"}`, []string{`{"a":{"b":1}}`}, []string{`{"c":1}`, `{"a":{"c":1}}`}},
		{"a reference beside names of one's own", "2020-12", `{"$defs":{"x":{"properties":{"a":{}}}},"$ref":"#/$defs/x","properties":{"b":{}}}`, []string{`{"a":1,"b":2}`}, []string{`{"c":1}`}},
		{"a target that two use with more names", "", `{"definitions":{"x":{"properties":{"a":{}}}},"properties":{"p":{"$ref":"#/definitions/x"},"q":{"allOf":[{"$ref":"#/definitions/x"},{"properties":{"b":{}}}]}}}`,
			[]string{`{"p":{"a":1},"q":{"a":1,"b":1}}`}, []string{`{"p":{"b":1}}`, `{"q":{"c":1}}`}},
		{"recursion", "", `{"properties":{"next":{"$ref":"#"}}}`, []string{`{"next":{"next":{}}}`}, []string{`{"next":{"a":1}}`}},
		{"a place that another one refers to", "", `{"properties":{"bill":{"properties":{"city":{}}},"ship":{"allOf":[{"$ref":"#/properties/bill"},{"properties":{"note":{}}}]}}}`,
			[]string{`{"ship":{"note":"x","city":1}}`}, []string{`{"bill":{"note":"x"}}`, `{"ship":{"z":1}}`}},
		{"the root, that a member refers to", "", `{"properties":{"a":{},"child":{"allOf":[{"$ref":"#"},{"properties":{"b":{}}}]}}}`, []string{`{"child":{"a":1,"b":1}}`}, []string{`{"b":1}`, `{"child":{"c":1}}`}},
		{"elements that another place refers to", "", `{"properties":{"items":{"items":{"properties":{"sku":{}}}},"top":{"allOf":[{"$ref":"#/properties/items/items"},{"properties":{"rank":{}}}]}}}`,
			[]string{`{"top":{"rank":1,"sku":2}}`}, []string{`{"items":[{"rank":1}]}`}},
		{"a place, and a place in it, that others refer to", "", `{"properties":{"a":{"properties":{"b":{"properties":{"x":{}}}}},"c":{"allOf":[{"$ref":"#/properties/a"},{"properties":{"y":{}}}]},"d":{"allOf":[{"$ref":"#/properties/a/properties/b"},{"properties":{"z":{}}}]}}}`,
			[]string{`{"c":{"y":1,"b":{"x":1}},"d":{"x":1,"z":1}}`}, []string{`{"c":{"b":{"z":1}}}`, `{"a":{"y":1}}`}},
		{"what others have judged", "2020-12", `{"properties":{"a":{"anyOf":[{"required":["k"],"properties":{"n":{}}},{}],"properties":{"m":{},"k":{}}},"b":{"allOf":[{"$ref":"#/properties/a"}],"unevaluatedProperties":{"type":"integer"}}}}`,
			[]string{`{"b":{"n":1,"m":"x"}}`}, []string{`{"a":{"z":1}}`}},
		{"a dynamic reference", "2020-12", `{"$dynamicAnchor":"t","properties":{"a":{},"in":{"$dynamicRef":"#t"}}}`, []string{`{"in":{"a":1}}`}, []string{`{"in":{"b":1}}`}},
		{"a name that is required and not described", "", `{"properties":{"a":{}},"required":["b"],"dependencies":{"a":["c"]}}`, []string{`{"b":1}`, `{"a":1,"b":1,"c":1}`}, []string{`{"b":1,"d":1}`}},
		{"more members than are described", "", `{"properties":{"a":{}},"minProperties":2}`, []string{`{"a":1,"b":1}`}, nil},
		{"what is below not stays", "", `{"properties":{"a":{}},"not":{"properties":{"a":{"properties":{"b":{"const":1}}}},"required":["a"]}}`, []string{`{"a":{"b":2}}`}, []string{`{"c":1}`}},
		{"unevaluatedProperties is explicit", "2020-12", `{"properties":{"a":{}},"unevaluatedProperties":true}`, []string{`{"b":1}`}, nil},
		{"before 2019 it is not read", "", `{"properties":{"a":{}},"unevaluatedProperties":true}`, []string{`{"a":1}`}, []string{`{"b":1}`}},
		{"oneOf accepts no more", "", `{"oneOf":[{"properties":{"a":{"properties":{"x":{}}}}},{"properties":{"a":{"properties":{"y":{}},"required":["y"]}}}]}`, []string{`{"a":{"x":1}}`}, []string{`{"a":{"z":1}}`}},
	} {
		tt.check(t)
	}
}

// A place that several schemas describe has the names of all of them.
func TestCloseIsWhatAllSchemasDeclare(t *testing.T) {
	for _, tt := range []closing{
		{"a member that two schemas of allOf describe", "", `{"allOf":[{"properties":{"a":{"properties":{"x":{}},"required":["x"]}}},{"properties":{"a":{"properties":{"y":{}},"required":["y"]}}}]}`,
			[]string{`{"a":{"x":1,"y":2}}`}, []string{`{"a":{"x":1,"y":2,"z":3}}`}},
		{"a member of such a member", "", `{"allOf":[{"properties":{"a":{"properties":{"b":{"properties":{"x":{}}}}}}},{"properties":{"a":{"properties":{"b":{"properties":{"y":{}}}}}}}]}`,
			[]string{`{"a":{"b":{"x":1,"y":2}}}`}, []string{`{"a":{"b":{"z":1}}}`}},
		{"a member that a reference describes as well", "", `{"definitions":{"base":{"properties":{"a":{"$ref":"#/definitions/x"}}},"x":{"properties":{"x":{}}}},"allOf":[{"$ref":"#/definitions/base"}],"properties":{"a":{"properties":{"y":{}}}}}`,
			[]string{`{"a":{"x":1,"y":2}}`}, []string{`{"a":{"z":1}}`}},
		{"a member that a branch of anyOf describes as well", "", `{"properties":{"a":{"properties":{"x":{}}}},"anyOf":[{"properties":{"a":{"properties":{"y":{}},"required":["y"]}}}]}`, []string{`{"a":{"x":1,"y":2}}`}, []string{`{"a":{"y":1,"z":2}}`}},
		{"a member that a condition describes as well", "", `{"properties":{"a":{"properties":{"x":{}}}},"if":{"properties":{"a":{"properties":{"k":{"const":1}}}}},"then":{"properties":{"a":{"required":["y"]}}}}`, []string{`{"a":{"x":1,"k":1,"y":2}}`}, []string{`{"a":{"y":1,"z":1}}`}},
		{"an alternative in which a member may be anything", "", `{"anyOf":[{"properties":{"a":{"type":"object"},"b":{}},"required":["b"]},{"properties":{"a":{"properties":{"x":{}}}}}]}`, []string{`{"a":{"z":1},"b":1}`}, []string{`{"a":{"z":1}}`}},
		{"a member that is explicit in one schema", "", `{"allOf":[{"properties":{"a":{"properties":{"x":{}}}}},{"properties":{"a":{"additionalProperties":true}}}]}`, []string{`{"a":{"z":1}}`}, nil},
		{"a member that a pattern describes as well", "", `{"properties":{"x_1":{"properties":{"a":{}}}},"patternProperties":{"^x_":{"properties":{"b":{}}}}}`, []string{`{"x_1":{"a":1,"b":1},"x_2":{"b":1}}`}, []string{`{"x_1":{"c":1}}`, `{"x_2":{"c":1}}`}},
		{"further members that another schema describes as well", "", `{"allOf":[{"additionalProperties":{"properties":{"a":{}}}},{"properties":{"m":{"properties":{"b":{}}}}}]}`, []string{`{"m":{"a":1,"b":1},"n":{"a":1}}`}, []string{`{"m":{"c":1}}`, `{"n":{"c":1}}`}},
		{"elements that two schemas describe", "2020-12", `{"allOf":[{"items":{"properties":{"a":{}}}},{"prefixItems":[{"properties":{"b":{}}}],"items":{"properties":{"c":{}}}}]}`, []string{`[{"a":1,"b":1},{"a":1,"c":1}]`}, []string{`[{"c":1}]`, `[{},{"b":1}]`}},
		{"elements of which one is asked for", "", `{"items":{"properties":{"a":{}}},"contains":{"required":["k"]}}`, []string{`[{"a":1},{"k":1}]`}, []string{`[{"k":1},{"z":1}]`}},
		{"a name that must not be missing", "", `{"properties":{"a":{}},"not":{"not":{"required":["b"]}}}`, []string{`{"b":1}`}, []string{`{"b":1,"c":1}`}},
		{"objects that are listed", "", `{"properties":{"a":{"properties":{"x":{}}}},"enum":[{"a":{"y":1}},{"b":1}]}`, []string{`{"a":{"y":1}}`, `{"b":1}`}, nil},
	} {
		tt.check(t)
	}
}

func TestCloseBesideAnotherSchema(t *testing.T) {
	known := compile(t, `{"definitions":{"where":{"properties":{"page":{"properties":{"url":{"type":"string"}}},"ip":{"type":"string"}}}},
		"allOf":[{"properties":{"id":{"type":["string","null"]},"context":{"$ref":"#/definitions/where"}}}],
		"properties":{"body":{"properties":{"price":{"type":"number"}}}},"anyOf":[{"properties":{"id":{"type":"string"}},"required":["id"]},{}]}`, "")
	for _, tt := range []struct {
		name, draft, schema string
		in, out             []string
	}{
		{"names of the whole", "", `{"properties":{"a":{}}}`, []string{`{"a":1,"id":"x"}`, `{"id":null}`, `{"context":{"ip":"1","page":{"url":"u"}}}`, `{"body":{"price":1}}`},
			[]string{`{"id":1}`, `{"z":1}`, `{"context":{"z":1}}`, `{"context":{"page":{"z":1}}}`}},
		{"what the schema describes it describes alone", "", `{"properties":{"id":{"type":"integer"},"body":{"properties":{"a":{}}}}}`, []string{`{"id":1}`, `{"body":{"a":1}}`}, []string{`{"body":{"price":1}}`}},
		{"deep", "", `{"properties":{"context":{"properties":{"page":{"properties":{"path":{}}},"own":{"properties":{"o":{}}}}}}}`,
			[]string{`{"context":{"ip":"1","page":{"path":1,"url":"u"},"own":{"o":1}}}`}, []string{`{"context":{"page":{"ip":"1"}}}`, `{"context":{"own":{"url":"u"}}}`, `{"context":{"ip":1}}`}},
		{"through a reference", "", `{"definitions":{"c":{"properties":{"own":{}}}},"allOf":[{"properties":{"context":{"$ref":"#/definitions/c"}}}]}`, []string{`{"context":{"own":1,"ip":"1"},"id":"x"}`}, []string{`{"context":{"z":1}}`}},
		{"another draft", "2020-12", `{"$defs":{"c":{"properties":{"own":{}}}},"properties":{"context":{"$ref":"#/$defs/c","properties":{"more":{}}}}}`, []string{`{"context":{"own":1,"ip":"1","more":2},"id":"x"}`}, []string{`{"context":{"z":1}}`}},
		{"what is explicit stays", "", `{"properties":{"a":{},"context":{"properties":{},"additionalProperties":true}},"additionalProperties":{"type":"integer"}}`, []string{`{"id":1,"context":{"ip":1}}`}, nil},
		{"names by pattern", "", `{"properties":{"a":{}},"patternProperties":{"^i":{}}}`, []string{`{"id":1}`, `{"body":{}}`}, []string{`{"z":1}`}},
	} {
		s := compile(t, tt.schema, tt.draft)
		closed, err := s.CloseBeside(known, "context")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		checkWorld(t, tt.name, closed, tt.in, tt.out)
		checkWorld(t, tt.name+", as written", s, append(tt.in, tt.out...), nil)
	}
}

func TestOpenIgnoresWhatItDoesNotKnow(t *testing.T) {
	for _, tt := range []struct {
		name, draft, schema string
		in, out             []string
	}{
		{"closed", "", `{"properties":{"a":{"type":"integer"}},"additionalProperties":false}`, []string{`{"b":1}`}, []string{`{"a":"x"}`}},
		{"a schema for further names stays", "", `{"additionalProperties":{"type":"integer"}}`, []string{`{"b":1}`}, []string{`{"b":"x"}`}},
		{"deep, and through a reference", "", `{"definitions":{"x":{"properties":{"a":{"additionalProperties":false}},"additionalProperties":false}},"items":{"$ref":"#/definitions/x"}}`,
			[]string{`[{"a":{"b":1},"c":1}]`}, nil},
		{"unevaluatedProperties", "2020-12", `{"properties":{"a":{}},"unevaluatedProperties":false}`, []string{`{"b":1}`}, nil},
		{"below not nothing changes", "", `{"not":{"additionalProperties":false}}`, []string{`{"a":1}`}, []string{`{}`}},
		{"oneOf accepts no less", "", `{"oneOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}},"required":["b"],"additionalProperties":false}]}`,
			[]string{`{"a":1}`, `{"b":1}`, `{"z":1}`}, nil},
	} {
		open, err := compile(t, tt.schema, tt.draft).Open()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		checkWorld(t, tt.name, open, tt.in, tt.out)
	}
}

func checkWorld(t *testing.T, name string, s *Schema, in, out []string) {
	t.Helper()
	for _, v := range in {
		if !accepts(t, s, []byte(v)) {
			t.Errorf("%s: %s is refused, want accepted", name, v)
		}
	}
	for _, v := range out {
		if accepts(t, s, []byte(v)) {
			t.Errorf("%s: %s is accepted, want refused", name, v)
		}
	}
}

// FuzzWorldsLieAround holds the worlds to their promise: what the closed schema accepts
// the schema accepts, and what the schema accepts the open one accepts.
func FuzzWorldsLieAround(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := newMaker(seed)
		s, text := m.compiled(t)
		if s == nil {
			t.Skip("a schema that the library does not take")
		}
		closed, err := s.Close()
		if err != nil {
			t.Fatalf("%s: Close: %v", text, err)
		}
		open, err := s.Open()
		if err != nil {
			t.Fatalf("%s: Open: %v", text, err)
		}
		for range 40 {
			w := encode(m.value(3))
			in := accepts(t, s, w)
			if accepts(t, closed, w) && !in {
				t.Errorf("%s: the closed schema accepts %s, the schema does not", text, w)
			}
			if in && !accepts(t, open, w) {
				t.Errorf("%s: the schema accepts %s, the open one does not", text, w)
			}
		}
		for _, pair := range [][2]*Schema{{closed, s}, {s, open}} {
			if v := Decide(context.Background(), pair[0], pair[1], Options{Steps: 20_000}); v.Kind == Breaking {
				t.Errorf("%s: not around: %s", text, v.Witness)
			}
		}
	})
}
