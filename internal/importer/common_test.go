package importer_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"segproof/internal/importer"
)

// withCommon reads a plan with a common schema; none if it is "".
func withCommon(t *testing.T, file, schema string) *importer.Document {
	t.Helper()
	rules := crate("1", `{"type":"object"}`)
	if schema != "" {
		rules = `{"type":"COMMON","version":1,"jsonSchema":` + schema + `},` + rules
	}
	doc, err := importer.ReadPlan("shop", file, []byte(`{"rules":[`+rules+`]}`))
	if err != nil || len(doc.Findings) > 0 {
		t.Fatalf("%v\n%s", err, said(doc.Findings))
	}
	return doc
}

// The common schema of a plan and its file are compared and merged as contracts are.
func TestCommonSchemaDrifts(t *testing.T) {
	const plan = `{"type":"object","properties":{"userId":{"type":"string","minLength":3}},"required":["userId"]}`
	for _, tt := range []struct{ name, plan, old, new, check, gone, stays string }{
		{"nothing", plan, "", "", "", "\x00", `"minLength": 3`},
		{"the file is gone", plan, "*", "", "drift-event-new", "\x00", `"minLength": 3`},
		{"another type in the plan", strings.Replace(plan, `"string"`, `"number"`, 1), "", "", "drift-type", `"string"`, `"number"`},
		{"a bound less in the plan", strings.Replace(plan, `,"minLength":3`, "", 1), "", "", "drift-type", "minLength\":", `"string"`},
		{"required no more", strings.Replace(plan, `,"required":["userId"]`, "", 1), "", "", "drift-required", `"required"`, `"string"`},
		{"another type in the file", plan, `"string"`, `"number"`, "drift-type", `"number"`, `"string"`},
		{"a bound by hand", plan, `"minLength": 3`, `"minLength": 3, "maxLength": 9`, "", "\x00", `"maxLength": 9`},
		{"gone from the plan", "", "", "", "drift-event-removed drift-type", "\x00", `"minLength": 3`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			files, _, err := withCommon(t, "plan.json", plan).Files(importer.Folder{})
			if err != nil || len(files) != 2 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			folder := folderOf(t, fsys, files)
			if tt.old == "*" {
				delete(fsys, "common.json")
			} else if tt.old != "" {
				edit(t, fsys, "common.json: "+tt.old+" => "+tt.new)
			}
			found, err := withCommon(t, "plan.json", tt.plan).Check(folder)
			if err != nil || rulesOf(found) != tt.check {
				t.Errorf("Check: %s, %v; want %q", said(found), err, tt.check)
			}
			files, _, err = withCommon(t, "plan.json", tt.plan).Files(folder)
			if err != nil {
				t.Fatal(err)
			}
			folder = folderOf(t, fsys, files)
			if text := string(fsys["common.json"].Data); strings.Contains(text, tt.gone) || !strings.Contains(text, tt.stays) {
				t.Errorf("want %s gone and %s there:\n%s", tt.gone, tt.stays, text)
			}
			if text := string(fsys["crate_packed.json"].Data); strings.Contains(text, "common.json") != (tt.plan != "") {
				t.Errorf("the contract refers to the common schema: %v\n%s", tt.plan == "", text)
			}
			found, err = withCommon(t, "plan.json", tt.plan).Check(folder)
			if rest := strings.TrimSuffix(tt.check, " drift-type"); err != nil || rulesOf(found) != "" && rulesOf(found) != rest {
				t.Errorf("Check after the import: %s, %v; want nothing", said(found), err)
			}
		})
	}
}

// A common.json of somebody else is not overwritten, nor taken for the plan's.
func TestCommonSchemaOfSomebodyElse(t *testing.T) {
	other, _, err := withCommon(t, "other.json", `{"required":["userId"]}`).Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"by hand": `{"type":"object"}`, "of another plan": string(other[0].Data)} {
		t.Run(name, func(t *testing.T) {
			there := importer.Folder{Name: "shop", FS: fstest.MapFS{"common.json": {Data: []byte(text)}}}
			doc := withCommon(t, "plan.json", `{"required":["anonymousId"]}`)
			if files, _, err := doc.Files(there); err == nil || !strings.Contains(err.Error(), "shop/common.json was not made of plan.json") {
				t.Errorf("Files: %d files, %v", len(files), err)
			}
			if found, err := doc.Check(there); err == nil {
				t.Errorf("Check: %s, want an error", said(found))
			}
		})
	}
}
