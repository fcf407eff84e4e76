package validator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// libraryAccepts asks the JSON Schema library itself about an event: the contract's text
// as it is, nothing of ours around it.
func libraryAccepts(t testing.TB, contract string, ev event.Event) bool {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	compiler.AssertFormat = true
	compiler.LoadURL = func(u string) (io.ReadCloser, error) { return nil, fmt.Errorf("no %s", u) }
	if err := compiler.AddResource("https://example.org/c.json", strings.NewReader(contract)); err != nil {
		t.Fatalf("AddResource(%s): %v", contract, err)
	}
	schema, err := compiler.Compile("https://example.org/c.json")
	if err != nil {
		t.Fatalf("the library does not compile what Load takes: %s: %v", contract, err)
	}
	dec := json.NewDecoder(bytes.NewReader(ev.JSON()))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("Decode(%s): %v", ev.JSON(), err)
	}
	return schema.Validate(v) == nil
}

// checkVerdict compares what the catalog and the library say of an event, and looks at
// what is said. It reports false if the event never reached the contract.
func checkVerdict(t testing.TB, cat *validator.Catalog, contract string, ev event.Event) {
	t.Helper()
	found := cat.Validate(ev)
	rejected := false
	for _, f := range found {
		if f.Layer == finding.Wire && f.Severity == finding.Error {
			return // it speaks first, and may speak of the same place
		}
		rejected = rejected || f.Layer == finding.Contract && f.Severity == finding.Error
		if f.Rule == "validator-failed" {
			t.Fatalf("%s by %s: %s", ev.JSON(), contract, f.Message)
		}
		if text := f.Message + f.Hint; strings.Contains(text, "%!") || strings.Contains(text, "<nil>") || strings.Contains(text, "want  ") || f.Message == "" {
			t.Errorf("%s by %s: message %q, hint %q", ev.JSON(), contract, f.Message, f.Hint)
		}
		if f.Pointer != "" && f.Pointer[0] != '/' || f.Line == 0 || f.Column == 0 || f.Schema == "" && f.Layer == finding.Contract {
			t.Errorf("%s by %s: place %q %d:%d %q", ev.JSON(), contract, f.Pointer, f.Line, f.Column, f.Schema)
		}
	}
	if accepted := libraryAccepts(t, contract, ev); accepted == rejected {
		t.Errorf("%s by %s: the library accepts it: %v; Validate found\n%s", ev.JSON(), contract, accepted, strings.Join(brief(found), "\n"))
	}
}

// names are those of properties, in schemas and in values: few, so that they meet, and
// some of them keywords, or in need of escapes.
var names = []string{"a", "b", "anyOf", "properties", "propertyNames", "required", "minContains", "$ref", "items", "0", "a/b", "a~b", "a%b", "ä b", "not"}

// maker makes random schemas and values.
type maker struct{ *rand.Rand }

func (m maker) name() string { return names[m.IntN(len(names))] }

func (m maker) pick(texts ...string) string { return texts[m.IntN(len(texts))] }

// value makes a JSON value.
func (m maker) value(depth int) string {
	switch n := m.IntN(9); {
	case n < 2 && depth > 0:
		var members []string
		for range m.IntN(4) {
			members = append(members, fmt.Sprintf("%q:%s", m.name(), m.value(depth-1)))
		}
		return "{" + strings.Join(members, ",") + "}"
	case n < 4 && depth > 0:
		return "[" + strings.Join(m.some(4, func() string { return m.value(depth - 1) }), ",") + "]"
	}
	return m.pick(`"a"`, `"b"`, `""`, `"2026-01-31"`, `"abcdef"`, "0", "1", "1.0", "1.5", "-3", "12", "1e2", "true", "false", "null", `"anyOf"`)
}

func (m maker) some(n int, make func() string) []string {
	var all []string
	for range m.IntN(n) {
		all = append(all, make())
	}
	return all
}

// schema makes a schema of the draft with that year.
func (m maker) schema(depth, year int) string {
	if depth == 0 || m.IntN(8) == 0 {
		return m.pick("true", "false", "{}", `{"type":"string"}`, `{"type":"integer"}`, `{"$ref":"#/definitions/d"}`, `{"$ref":"#/definitions/ä%20b"}`)
	}
	parts := map[string]string{}
	for range 1 + m.IntN(3) {
		k, v := m.keyword(depth-1, year)
		parts[k] = v
	}
	return object(parts)
}

func object(parts map[string]string) string {
	var members []string
	for k, v := range parts {
		members = append(members, fmt.Sprintf("%q:%s", k, v))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// keyword makes one keyword and its value.
func (m maker) keyword(depth, year int) (name, value string) {
	one := func() string { return m.schema(depth, year) }
	list := func() string { return "[" + strings.Join(append(m.some(3, one), one()), ",") + "]" }
	named := func() string {
		parts := map[string]string{}
		for range 1 + m.IntN(3) {
			parts[m.name()] = one()
		}
		return object(parts)
	}
	nameList := func() string { return fmt.Sprintf("[%q]", m.name()) }
	all := []func() (string, string){
		func() (string, string) {
			return "type", m.pick(`"string"`, `"integer"`, `"object"`, `["array","null"]`, `"number"`, `["object","array"]`)
		},
		func() (string, string) { return "const", m.value(1) },
		func() (string, string) { return "enum", "[" + m.value(1) + `,"x"]` },
		func() (string, string) { return m.pick("minimum", "exclusiveMaximum"), m.pick("0", "1", "1.5") },
		func() (string, string) { return m.pick("multipleOf"), m.pick("2", "0.5") },
		func() (string, string) {
			return m.pick("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), m.pick("0", "1", "2")
		},
		func() (string, string) { return "pattern", m.pick(`"^a"`, `"b$"`) },
		func() (string, string) { return "format", m.pick(`"date"`, `"email"`, `"unknown"`) },
		func() (string, string) { return "uniqueItems", "true" },
		func() (string, string) { return "required", nameList() },
		func() (string, string) { return m.pick("properties", "properties", "definitions"), named() },
		func() (string, string) {
			return "patternProperties", object(map[string]string{m.pick("^a", "O", "b"): one(), "e": one()})
		},
		func() (string, string) {
			return m.pick("additionalProperties", "propertyNames", "contains", "not", "items"), one()
		},
		func() (string, string) { return m.pick("if", "then", "else"), one() },
		func() (string, string) { return m.pick("allOf", "anyOf", "oneOf", "anyOf", "oneOf"), list() },
		func() (string, string) {
			return "dependencies", object(map[string]string{m.name(): one(), "a": nameList()})
		},
	}
	if year < 2019 {
		all = append(all, func() (string, string) { return "items", list() }, func() (string, string) { return "additionalItems", one() },
			func() (string, string) { return m.pick("contentMediaType"), `"application/json"` })
	} else {
		all = append(all, func() (string, string) { return m.pick("unevaluatedProperties", "unevaluatedItems"), one() },
			func() (string, string) { return m.pick("minContains", "maxContains"), m.pick("0", "1", "2") },
			func() (string, string) { return "dependentSchemas", named() },
			func() (string, string) { return "dependentRequired", object(map[string]string{m.name(): nameList()}) },
			func() (string, string) { return "prefixItems", list() })
	}
	return all[m.IntN(len(all))]()
}

// Thousands of random contracts and events: where Load takes the contract, the library's
// verdict is ours, and what we say of it is whole.
func TestVerdictIsTheLibrarys(t *testing.T) {
	loaded, rejected := 0, 0
	for seed := range uint64(1500) {
		m := maker{rand.New(rand.NewPCG(seed, 1))}
		year, rest := 7, []string{fmt.Sprintf(`"definitions":{"d":%s,"ä b":%s}`, m.schema(2, 7), m.schema(1, 7))}
		if seed%2 == 1 {
			year, rest = 2020, append(rest, in2020)
		}
		text := contract(m.schema(3, year), rest...)
		cat, _, err := validator.Load(validator.Root{FS: files("own/c.json", text)})
		if err != nil {
			continue
		}
		loaded++
		for range 8 {
			ev := one(t, eventOf(m.value(3)))
			checkVerdict(t, cat, text, ev)
			if !libraryAccepts(t, text, ev) {
				rejected++
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if loaded < 500 || rejected < 1000 {
		t.Errorf("%d contracts loaded, %d events rejected, want some hundreds and some thousands", loaded, rejected)
	}
}
