package importer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/event"
	"segproof/internal/importer"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

func shipment() *importer.Document {
	return &importer.Document{Name: "depot", Title: "Depot", Page: "depot.md", File: "docs/depot.md", Events: []importer.Documented{{
		Type: event.Track, Name: "Crate Packed", Description: "A crate is closed.", Version: "2",
		At: event.Place{File: "docs/depot.md", Line: 4, Column: 3}, Source: importer.Source{Line: 9, Table: "|a|", Row: "|Crate Packed|A crate is closed.|"},
		Fields: []*importer.Property{{Name: "properties", Types: []string{"object"}, Properties: []*importer.Property{
			{Name: "crate_id", Types: []string{"string"}, Need: importer.Required, Row: "|crate_id|String|", Description: "Which crate."},
			{Name: "packed_on", Types: []string{"string", "null"}, Format: importer.FormatISO8601, Row: "|packed_on|Date|"},
			{Name: "items", Types: []string{"array"}, Items: &importer.Property{Types: []string{"object"}, Properties: []*importer.Property{
				{Name: "sku", Types: []string{"integer"}, Row: "|items.$.sku|Integer|"},
			}}},
		}}},
	}}}
}

// What is written is read back as the same, and nothing is to be done then.
func TestFilesAreStable(t *testing.T) {
	files, found, err := shipment().Files(importer.Folder{Name: "schemas/depot"})
	if err != nil || len(found) > 0 || len(files) != 1 || !files[0].New {
		t.Fatalf("Files = %d files, findings %v, error %v; want one new file", len(files), found, err)
	}
	folder := importer.Folder{Name: "schemas/depot", FS: fstest.MapFS{files[0].Name: {Data: files[0].Data}}}
	again, found, err := shipment().Files(folder)
	if len(again) > 0 || len(found) > 0 || err != nil {
		t.Errorf("the second time: %d files, findings %v, error %v; want none", len(again), found, err)
	}
	drift, err := shipment().Check(folder)
	if len(drift) > 0 || err != nil {
		t.Errorf("Check: %v, error %v; want none", drift, err)
	}
	if diff := cmp.Diff(string(files[0].Data), string(shipment().Contract(&shipment().Events[0], files[0].Name))); diff != "" {
		t.Errorf("Contract and Files (-Files +Contract):\n%s", diff)
	}
}

// Examples that the contract does not accept are left out, and one is made where none is left.
func TestOnlyGoodExamplesAreKept(t *testing.T) {
	const good = `{"type":"track","event":"Crate Packed","userId":"u","context":{"protocols":{"event_version":2}},"properties":{"crate_id":"c"}}`
	const bad = `{"type":"track","event":"Crate Packed","userId":"u","context":{"protocols":{"event_version":2}},"properties":{"crate_id":7}}`
	for _, tt := range []struct {
		name string
		have []string
		want []string // what each kept example holds
	}{
		{name: "one of two", have: []string{bad, good}, want: []string{`"crate_id":"c"`}},
		{name: "none", have: []string{bad, `not JSON`}, want: []string{`"crate_id":"example"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := shipment()
			for _, text := range tt.have {
				doc.Events[0].Examples = append(doc.Events[0].Examples, json.RawMessage(text))
			}
			files, _, err := doc.Files(importer.Folder{})
			if err != nil {
				t.Fatal(err)
			}
			var contract struct{ Examples []json.RawMessage }
			if err := json.Unmarshal(files[0].Data, &contract); err != nil || len(contract.Examples) != len(tt.want) {
				t.Fatalf("%d examples, %v; want %d", len(contract.Examples), err, len(tt.want))
			}
			for i, want := range tt.want {
				var line bytes.Buffer
				if err := json.Compact(&line, contract.Examples[i]); err != nil || !strings.Contains(line.String(), want) {
					t.Errorf("example %d = %s, %v; want %s in it", i, line.String(), err, want)
				}
			}
		})
	}
}

// What is made up for properties without a type is what the Segment Spec wants of their names.
func TestExamplesFollowTheSpec(t *testing.T) {
	page := "## Events\n\n| Event Name | Description |\n|---|---|\n| Crate Packed | A crate (track event) |\n\n### Crate Packed\n\n| Property | Description |\n|---|---|\n" +
		"| revenue | |\n| value | |\n| currency | |\n| timestamp | |\n| sentAt | |\n| userId | |\n| context.ip | |\n\n" +
		"## Identify\n\n| Trait | Description |\n|---|---|\n| email | |\n| age | |\n| birthday | |\n| createdAt | |\n| address | |\n| company | |\n\n" +
		"## Group\n\n| Trait | Description |\n|---|---|\n| employees | |\n\n## Page\n\n| Property | Description |\n|---|---|\n| keywords | |\n| url | |\n"
	files, _, err := importer.ReadPage("page.md", []byte(page), importer.PageOptions{}).Files(importer.Folder{})
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v; want 4", len(files), err)
	}
	fsys := fstest.MapFS{}
	for _, f := range files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	_, found, err := validator.Load(validator.Root{FS: schemas.Spec()}, validator.Root{FS: fsys})
	if err != nil || len(found) > 0 {
		t.Errorf("the contracts and their examples: %s, %v; want nothing", lines(found), err)
	}
}

// A contract holds what the validator takes, and what is left out is told.
func TestLargeTablesAreBounded(t *testing.T) {
	var page strings.Builder
	page.WriteString("## Events\n\n| Event Name | Description |\n|---|---|\n| Crate Packed | A crate (track event) |\n\n### Crate Packed\n\n| Property | Type |\n|---|---|\n")
	for i := range 2100 {
		fmt.Fprintf(&page, "| p%d | String |\n", i)
	}
	doc := importer.ReadPage("page.md", []byte(page.String()), importer.PageOptions{})
	if found := lines(doc.Findings); !strings.Contains(found, "page.md:5:3: error: \"Crate Packed\" has more than 900 properties; the rest is left out (source-too-large)") {
		t.Errorf("found %s; want source-too-large in line 5", found)
	}
	files, _, err := doc.Files(importer.Folder{})
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v; want 1", len(files), err)
	}
	if _, found, err := validator.Load(validator.Root{FS: fstest.MapFS{"a.json": {Data: files[0].Data}}}); err != nil {
		t.Errorf("the contract cannot be used: %s, %v", lines(found), err)
	}
}
