package importer_test

import (
	"regexp"
	"strings"
	"testing"

	"segproof/internal/importer"
)

// Names of files stay within what file systems take, whatever the event, its version and
// its properties are called, and no two are the same.
func TestFileNamesAreBounded(t *testing.T) {
	long := strings.Repeat("crate", 100)
	for _, tt := range []struct{ name, version, property string }{
		{long, "2", long}, {"A", strings.Repeat("v7", 150), long + "x"}, {long, strings.Repeat("v7", 150), long}, {"ä" + strings.Repeat("é", 300), "1", strings.Repeat("é", 300)},
	} {
		d := &importer.Document{Name: "shop", Page: "page.md", Events: []importer.Documented{
			{Type: "track", Name: tt.name, Version: tt.version, Fields: []*importer.Property{{Name: "properties", Types: []string{"object"}, Properties: []*importer.Property{
				{Name: tt.property, Types: []string{"string"}, Row: "a"}, {Name: tt.property + "2", Types: []string{"string"}, Row: "b"}}}}},
			{Type: "track", Name: tt.name, Version: tt.version + "1"},
		}}
		files, _, err := d.Files(importer.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		cases, _, err := d.Fixtures(importer.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 2 || len(cases) != 4 {
			t.Errorf("%.20q: %d contracts and %d cases; want 2 and 4", tt.name, len(files), len(cases))
		}
		seen := map[string]bool{}
		for _, f := range append(files, cases...) {
			if len(f.Name) > 250 || seen[f.Name] {
				t.Errorf("%.20q: %s has %d bytes, or stands twice", tt.name, f.Name, len(f.Name))
			}
			seen[f.Name] = true
		}
	}
}

// An event that is named as a case of another has a file of its own.
func TestCasesHaveFilesOfTheirOwn(t *testing.T) {
	d := &importer.Document{Page: "page.md", Events: []importer.Documented{
		{Type: "track", Name: "A", Fields: []*importer.Property{{Name: "properties", Types: []string{"object"}, Properties: []*importer.Property{{Name: "b", Types: []string{"string"}, Row: "b"}}}}},
		{Type: "track", Name: "A.b.type"},
	}}
	cases, _, err := d.Fixtures(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range cases {
		got = append(got, f.Name)
	}
	if want := "a.yaml a.b.type2.yaml a.b.type.yaml"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

// Windows takes some names for devices; no contract has one.
func TestFileNamesAreNoDevices(t *testing.T) {
	for name, want := range map[string]string{"Con": "con-HASH.json", "com1": "com1-HASH.json", "AUX": "aux-HASH.json", "nul.x": "nul-HASH.x.json", "Console": "console.json", "lpt0": "lpt0.json"} {
		d := &importer.Document{Events: []importer.Documented{{Type: "track", Name: name, ID: "segproof:///shop/" + strings.ToLower(name) + ".json"}}}
		files, _, err := d.Files(importer.Folder{})
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %d files, %v", name, len(files), err)
		}
		got := regexp.MustCompile("-[0-9a-f]{8}").ReplaceAllString(files[0].Name, "-HASH")
		if got != want {
			t.Errorf("%s: got file %s, want %s", name, got, want)
		}
	}
}
