package exporter_test

import (
	"testing"
	"testing/fstest"

	"segproof/internal/exporter"

	"github.com/google/go-cmp/cmp"
)

// Cells that a spreadsheet would run are told, once each; the same texts are no matter in
// JSON, and neither are those that only contain such a sign.
func TestFormulasAreTold(t *testing.T) {
	const contract = `{"$schema":"http://json-schema.org/draft-07/schema#","description":"=1+1","properties":{"type":{"const":"track"},"event":{"const":"@Crate"},"properties":{
"properties":{"a":{"description":"-2"},"+b":{"description":"2-1=1"}}}}}`
	catalog := loadFS(t, fstest.MapFS{"a.json": {Data: []byte(contract)}})
	for name, want := range map[string][]string{
		"json": nil,
		"csv":  {`spreadsheets take the cell "=1+1" for a formula`, `spreadsheets take the cell "@Crate" for a formula`, `/properties/properties/properties/a spreadsheets take the cell "-2" for a formula`, `/properties/properties/properties/+b spreadsheets take the cell "+b" for a formula`},
	} {
		_, found, err := exporter.Plan(catalog.Contracts(), format(t, name))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			if f.Rule != "plan-cell-formula" {
				continue
			}
			text := f.Message
			if f.Pointer != "" {
				text = f.Pointer + " " + text
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
