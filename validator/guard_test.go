package validator_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/event"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

func TestGuards(t *testing.T) {
	cat := builtIn(t)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"exponent", `{"type":"identify","userId":"u","traits":{"a":[1e401]}}`, []string{"wire number-out-of-range /traits/a/0"}},
		{"negative exponent", `{"type":"identify","userId":"u","traits":{"a":-1E-401}}`, []string{"wire number-out-of-range /traits/a"}},
		{"at the bound", `{"type":"identify","userId":"u","traits":{"a":1.7976931348623157e308,"b":-0,"c":1e-400,"d":-0.00001e313,"e":0e400}}`, nil},
		{"beyond a double", `{"type":"identify","userId":"u","traits":{"a":1.8e308,"b":-1000e306,"c":1e400}}`,
			[]string{"wire number-out-of-range /traits/a", "wire number-out-of-range /traits/b", "wire number-out-of-range /traits/c"}},
		{"64 digits", `{"type":"identify","userId":"u","traits":{"a":${repeat:64:1$}}}`, nil},
		{"65 digits", `{"type":"identify","userId":"u","traits":{"a":${repeat:65:1$}}}`, []string{"wire number-out-of-range /traits/a"}},
		{"digits in a string", `{"type":"identify","userId":"u","traits":{"a":"${repeat:65:1$}"}}`, nil},
		{"repeated key", `{"type":"identify","userId":"u","traits":{"a":{"b":1,"c":2,"b":3}}}`, []string{"wire duplicate-key /traits/a/b"}},
		{"repeated key, spelt otherwise", `{"type":"identify","userId":"u","traits":{"a":1,"\u0061":2}}`, []string{"wire duplicate-key /traits/a"}},
		{"the same key elsewhere", `{"type":"identify","userId":"u","traits":{"a":{"b":1},"c":{"b":1}}}`, nil},
		{"not UTF-8", "{\"type\":\"identify\",\"userId\":\"u\",\"traits\":{\"a\":\"\xff\"}}", []string{"wire invalid-utf8 /traits/a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := places(cat.Validate(one(t, finding.Expand(tt.text))))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%.200s (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// An event with tens of thousands of keys is answered at once, whatever is wrong with it.
func TestManyKeys(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"type":"screen","name":"tutorial.view","userId":"u","properties":{`)
	for i := range 35_000 {
		b.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26%9) + strings.Repeat("z", i/2000) + `":1,`)
	}
	b.WriteString(`"last":1}}`)
	var found []finding.Finding
	inTime(t, "Validate", func() { found = builtIn(t).Validate(one(t, b.String())) })
	var rules []string
	for _, f := range found {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	rules = slices.Compact(rules)
	for _, want := range []string{"event-too-large", "too-many-properties", "duplicate-key"} {
		if !slices.Contains(rules, want) {
			t.Errorf("found %v, want %s among them", rules, want)
		}
	}
}

// FuzzValidateNeverPanics holds that any JSON at all is judged, by contracts of every
// kind, without a panic that only the recover of Validate keeps from the user.
func FuzzValidateNeverPanics(f *testing.F) {
	for _, seed := range []string{
		`{"type":"track","event":"E","userId":"u1","properties":{"p":{"p":[1,"x",null]}}}`,
		`{"batch":[{"type":"screen","name":"tutorial.view"},7],"context":{"protocols":{"event_version":1}}}`,
		`{"type":"page","name":null,"properties":{"url":1e1000001}}`, `[[[]]]`, `{"type":{}}`,
	} {
		f.Add([]byte(seed))
	}
	property := `{"anyOf":[{"type":"object","properties":{"p":{"$ref":"#/definitions/d"}}},{"type":"array","uniqueItems":true,"items":{"multipleOf":0.1}},{"pattern":"^a+$"}]}`
	own := `{"definitions":{"d":` + property + `},` + contract(`{"$ref":"#/definitions/d"}`)[1:]
	cat := loadRoots(f, validator.Root{FS: schemas.FS()}, validator.Root{FS: fstest.MapFS{"own/e.json": {Data: []byte(own)}}})
	f.Fuzz(func(t *testing.T, text []byte) {
		events, err := event.Decode(text, event.Place{Line: 1, Column: 1})
		if err != nil {
			return
		}
		for _, ev := range events {
			for _, found := range cat.Validate(ev) {
				if found.Rule == "validator-failed" || found.Message == "" || found.Line < 1 {
					t.Errorf("Validate(%q) found %+v", text, found)
				}
			}
		}
	})
}

// FuzzLoadNeverPanics holds that any text at all can be offered as a contract.
func FuzzLoadNeverPanics(f *testing.F) {
	for _, r := range validator.Rules() {
		if r.Layer == finding.Catalog {
			f.Add([]byte(r.Hit))
			f.Add([]byte(r.Neighbour))
		}
	}
	f.Add([]byte(`{"$id":"segproof:/x/y","$ref":"#","anyOf":[{"$id":"a:/b"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		inTime(t, "Load", func() {
			cat, _, err := validator.Load(validator.Root{FS: fstest.MapFS{"own/e.json": {Data: text}}})
			if err == nil && cat == nil {
				t.Errorf("Load(%q) gave neither a catalog nor an error", text)
			}
		})
	})
}
