package importer_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/internal/importer"

	"github.com/google/go-cmp/cmp"
)

// planOf is a plan of rules of one name, one of each type given.
func planOf(t *testing.T, types ...string) *importer.Document {
	t.Helper()
	var rules []string
	for _, callType := range types {
		rules = append(rules, fmt.Sprintf(`{"key":"Crate Packed","type":%q,"version":1,"jsonSchema":{"type":"object"}}`, callType))
	}
	doc, err := importer.ReadPlan("shop", "plan.json", []byte(`{"rules":[`+strings.Join(rules, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Where an event became another call its contract goes on, but no contract is that of two
// events.
func TestNoContractIsOfTwoEvents(t *testing.T) {
	for _, tt := range []struct {
		name     string
		old, new []string
		want     string // the files after the import: the event's type, and that it was there
	}{
		{"another call", []string{"SCREEN"}, []string{"TRACK"}, "crate_packed.json track"},
		{"two calls", []string{"SCREEN"}, []string{"TRACK", "PAGE"}, "crate_packed-2.json track new, crate_packed-3.json page new"},
		{"one stays", []string{"SCREEN", "TRACK"}, []string{"TRACK", "PAGE"}, "crate_packed.json page"},
		{"both there", []string{"SCREEN", "TRACK"}, []string{"PAGE"}, "crate_packed-3.json page new"},
	} {
		memory := fstest.MapFS{}
		old, _, err := planOf(t, tt.old...).Files(importer.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range old {
			memory[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		files, _, err := planOf(t, tt.new...).Files(importer.Folder{Name: "shop", FS: memory})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			_, callType, _ := strings.Cut(string(f.Data), `"const": "`)
			callType, _, _ = strings.Cut(callType, `"`)
			line := f.Name + " " + callType
			if f.New {
				line += " new"
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: files written (-want +got):\n%s", tt.name, diff)
		}
	}
}

// What no contract can be made of is told where the source says it, and not written.
func TestUnusableContractsAreTold(t *testing.T) {
	doc, err := importer.ReadPlan("shop", "plan.json", []byte(`{"rules":[
{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"type":"object","properties":{
"p":{"type":"string","pattern":"(?=x)["}}}}}},
{"key":"B","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"type":"object","properties":{"p":{"type":"string"}}}}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	files, found, err := doc.Files(importer.Folder{Name: "shop"})
	if err != nil || len(files) != 1 || files[0].Name != "b.json" {
		t.Errorf("%d files, error %v; want b.json alone", len(files), err)
	}
	if len(found) != 1 || found[0].Rule != "plan-rule-unusable" || found[0].Line != 3 || !strings.HasPrefix(found[0].Message, `track "A" gets no contract`) {
		t.Errorf("got %s, want one plan-rule-unusable on line 3", lines(found))
	}
	cases, _, err := doc.Fixtures(importer.Folder{})
	if err != nil || len(cases) != 2 || !strings.HasPrefix(cases[0].Name, "b.") {
		t.Errorf("%d cases, error %v; want the two of B", len(cases), err)
	}
}

// All kinds of source are named alike: by the path from where one stands, and one from
// elsewhere by the file's own name.
func TestContractsNameSourcesAlike(t *testing.T) {
	plan := []byte(`{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}}]}`)
	csv := []byte("Event Name,Property Name\nA,p\n")
	for dir, want := range map[string]string{"": "", "plans/": "plans/", "../plans/": "", "/srv/plans/": ""} {
		fromJSON, err := importer.ReadPlan("shop", dir+"plan.json", plan)
		if err != nil {
			t.Fatal(err)
		}
		fromCSV, err := importer.ReadPlanCSV("shop", dir+"plan.csv", csv)
		if err != nil {
			t.Fatal(err)
		}
		var traffic importer.Traffic
		got := []string{fromJSON.Page, fromCSV.Page, traffic.Document("shop", dir+"events.ndjson").Page}
		if diff := cmp.Diff([]string{want + "plan.json", want + "plan.csv", want + "events.ndjson"}, got); diff != "" {
			t.Errorf("in %q (-want +got):\n%s", dir, diff)
		}
	}
}
