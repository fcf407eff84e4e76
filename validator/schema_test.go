package validator_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/event"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

func TestSchemaJudgesAnyValue(t *testing.T) {
	for _, tt := range []struct{ name, text, draft, valid, invalid string }{
		{"an object", `{"type":"object","required":["a"]}`, "", `{"a":1}`, `{}`},
		{"a boolean", `true`, "", `null`, ``},
		{"no value", ` false`, "", ``, `null`},
		{"the draft that the caller names", `{"prefixItems":[{"type":"string"}]}`, "2020-12", `["a"]`, `[1]`},
		{"draft-07, which knows no prefixItems", `{"prefixItems":[{"type":"string"}]}`, "", `[1]`, ``},
		{"the text's own draft wins", `{"$schema":"http://json-schema.org/draft-07/schema#","prefixItems":[{"type":"string"}]}`, "2020-12", `[1]`, ``},
		{"a format, in any draft", `{"format":"date"}`, "2020-12", `"2026-01-31"`, `"2026-02-30"`},
		{"a reference", `{"$ref":"#/definitions/x","definitions":{"x":{"type":"integer"}}}`, "", `1.0`, `"1"`},
		{"exact numbers", `{"const":12345678901234567890.1}`, "", `12345678901234567890.10`, `12345678901234567890.2`},
	} {
		s, err := validator.NewSchema([]byte(tt.text), tt.draft)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for value, want := range map[string]bool{tt.valid: true, tt.invalid: false} {
			if value == "" {
				continue
			}
			if got, err := s.Valid([]byte(value)); got != want || err != nil {
				t.Errorf("%s: Valid(%s) = %v, %v, want %v", tt.name, value, got, err, want)
			}
		}
	}
}

func TestSchemaRefusesWhatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                               "not JSON",
		`3`:                               "want a JSON Schema",
		`{"type":"strnig"}`:               "not a JSON Schema",
		`{"pattern":"(?=a)"}`:             "cannot be compiled",
		`{"$ref":"other.json"}`:           "no file of this contract folder",
		`{"$ref":"#"}`:                    "circle",
		`{"minimum":1e1000001}`:           "1e1000001",
		`{"$schema":"https://a.example"}`: "want the URL of a JSON Schema draft",
	} {
		if _, err := validator.NewSchema([]byte(text), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewSchema(%s) = %v, want an error with %q", text, err, want)
		}
	}
}

// TestSchemaBoundsTheWork asks for judgements that would not end.
func TestSchemaBoundsTheWork(t *testing.T) {
	bomb := `{"definitions":{"a0":{"type":"string"}`
	for i := range 22 {
		bomb += fmt.Sprintf(`,"a%d":{"anyOf":[{"$ref":"#/definitions/a%d"},{"$ref":"#/definitions/a%d"}]}`, i+1, i, i)
	}
	s, err := validator.NewSchema([]byte(bomb+`},"$ref":"#/definitions/a22"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{`1`, `1e1000001`, `[`} {
		if _, err := s.Valid([]byte(value)); !errors.Is(err, validator.ErrNotJudged) {
			t.Errorf("Valid(%s) = %v, want %v", value, err, validator.ErrNotJudged)
		}
	}
}

func TestContractsSchemaBringsItsFiles(t *testing.T) {
	fsys := fstest.MapFS{
		"shop/bought.json": {Data: []byte(`{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"Bought"},"properties":{"$ref":"parts/price.json"}},"required":["type","event","properties"]}`)},
		"shop/parts/price.json": {Data: []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"price":{"$ref":"#/$defs/amount"}},"required":["price"],
			"$defs":{"amount":{"type":"number","minimum":0}}}`)},
	}
	cat, _, err := validator.Load(validator.Root{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := cat.Lookup(event.Track, "Bought", "")
	s, err := c.Schema()
	if err != nil {
		t.Fatal(err)
	}
	years := map[string]int{}
	for u := range s.Documents() {
		years[u] = s.Year(u)
	}
	if diff := cmp.Diff(map[string]int{"segproof:///shop/bought.json": 7, "segproof:///shop/parts/price.json": 2020}, years); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	for value, want := range map[string]bool{
		`{"type":"track","event":"Bought","properties":{"price":1}}`:  true,
		`{"type":"track","event":"Bought","properties":{"price":-1}}`: false,
	} {
		if got, err := s.Valid([]byte(value)); got != want || err != nil {
			t.Errorf("Valid(%s) = %v, %v, want %v", value, got, err, want)
		}
	}
	again, err := validator.NewSchemaOf(s.Root(), s.Documents())
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := again.Valid([]byte(`{"type":"track","event":"Bought","properties":{"price":-1}}`)); ok || err != nil {
		t.Errorf("made of its documents again: %v, %v, want false", ok, err)
	}
}
