package importer_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
	"segproof/internal/importer"
)

// folder is a folder with one contract.
func folder(text string) importer.Folder {
	return importer.Folder{Name: "shop", FS: fstest.MapFS{"crate_packed.json": {Data: []byte(text)}}}
}

func readPlan(t *testing.T, properties, more string) *importer.Document {
	t.Helper()
	rule := strings.TrimSuffix(crate("1", `{"type":"object","properties":{`+properties+`}}`), "}}") + more + "}}"
	doc, err := importer.ReadPlan("shop", "plan.json", []byte(`{"rules":[`+rule+`]}`))
	if err != nil || len(doc.Findings) > 0 {
		t.Fatalf("%v\n%s", err, said(doc.Findings))
	}
	return doc
}

// A plan that is imported again changes what the plan changed, and keeps what was added to
// the contract by hand.
func TestPlanIsImportedAgain(t *testing.T) {
	const before = `"a":{"type":"string"},"b":{"type":"number","minimum":1}`
	files, _, err := readPlan(t, before, "").Files(importer.Folder{})
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	text := strings.Replace(string(files[0].Data), `        "a": {`, "        \"hand\": {\n          \"type\": \"boolean\"\n        },\n        \"a\": {\n          \"description\": \"By hand.\",", 1)
	for _, tt := range []struct{ name, properties, more, gone, come, check string }{
		{"nothing new", before, "", "", "", "drift-undocumented"},
		{"another bound", strings.Replace(before, "1", "2", 1), "", `"minimum": 1`, `"minimum": 2`, "drift-type drift-undocumented"},
		{"another type", strings.Replace(before, "string", "integer", 1), "", `"type": "string"`, `"type": "integer"`, "drift-type drift-undocumented"},
		{"one less", `"a":{"type":"string"}`, "", `"b": {`, "", "drift-property-removed drift-undocumented"},
		{"a bound less", strings.Replace(before, `,"minimum":1`, "", 1), "", `"minimum": 1`, "", "drift-type drift-undocumented"},
		{"a type less", strings.Replace(before, `"type":"number",`, "", 1), "", `"type": "number"`, "", "drift-type drift-undocumented"},
		{"labels", before, `,"labels":{"team":"x"}`, "", `"team": "x"`, "drift-type drift-undocumented"},
		{"a required member", before, `,"required":["userId"]`, "", `"userId"` + "\n  ]", "drift-required drift-undocumented"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := readPlan(t, tt.properties, tt.more)
			files, _, err := doc.Files(folder(text))
			if err != nil {
				t.Fatal(err)
			}
			after := text
			if len(files) > 0 {
				after = string(files[0].Data)
			}
			if tt.gone != "" && strings.Count(after, tt.gone) >= strings.Count(text, tt.gone) || !strings.Contains(after, tt.come) {
				t.Errorf("want %s gone and %s come:\n%s", tt.gone, tt.come, cmp.Diff(text, after))
			}
			for _, kept := range []string{`"hand": {`, `"By hand."`} {
				if !strings.Contains(after, kept) {
					t.Errorf("%s was not kept:\n%s", kept, after)
				}
			}
			found, err := doc.Check(folder(text))
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); got != tt.check {
				t.Errorf("Check finds %q, want %q\n%s", got, tt.check, said(found))
			}
		})
	}
}

// What a plan said of the whole event, and says no more, goes from the contract.
func TestPlanTakesBack(t *testing.T) {
	const property = `"a":{"type":"string"}`
	for _, tt := range []struct{ name, more, gone, rule string }{
		{"keyword", `,"additionalProperties":false`, `"additionalProperties"`, "drift-type"},
		{"required member", `,"required":["userId"]`, `"userId"` + "\n  ]", "drift-required"},
		{"description", `,"description":"Closed."`, `"Closed."`, "drift-description"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files, _, err := readPlan(t, property, tt.more).Files(importer.Folder{})
			if err != nil || !strings.Contains(string(files[0].Data), tt.gone) {
				t.Fatalf("%v, want %s in\n%s", err, tt.gone, files[0].Data)
			}
			there := folder(string(files[0].Data))
			found, err := readPlan(t, property, "").Check(there)
			if err != nil || len(found) != 1 || found[0].Rule != tt.rule {
				t.Errorf("Check: %s, %v; want %s", said(found), err, tt.rule)
			}
			files, _, err = readPlan(t, property, "").Files(there)
			if err != nil || len(files) != 1 || strings.Contains(string(files[0].Data), tt.gone) {
				t.Errorf("%v, want one file without %s, got %d", err, tt.gone, len(files))
			}
		})
	}
}

// rulesOf names the rules of findings, in order.
func rulesOf(found []finding.Finding) string {
	var rules []string
	for _, f := range found {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return strings.Join(rules, " ")
}
