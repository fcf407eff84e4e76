package importer_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/internal/importer"
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
