package importer_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/finding"
	"segproof/internal/importer"
	"segproof/schemas"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// folderOf returns the folder of contracts with the files written into it.
func folderOf(t *testing.T, fsys fstest.MapFS, files []importer.File) importer.Folder {
	t.Helper()
	for _, f := range files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return importer.Folder{Name: "schemas/depot", FS: fsys}
}

// edit replaces text in contracts: lines "FILE: OLD => NEW".
func edit(t *testing.T, fsys fstest.MapFS, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		file, change, ok := strings.Cut(strings.TrimSpace(line), ": ")
		before, after, ok2 := strings.Cut(change, " => ")
		have := fsys[file]
		if !ok || !ok2 || have == nil || !strings.Contains(string(have.Data), before) {
			t.Fatalf("edit %q: no such file or text", line)
		}
		have.Data = []byte(strings.Replace(string(have.Data), before, after, 1))
	}
}

// Each rule of drift has testdata/drift/RULE.txtar: depot-source.md is imported, the
// contracts are edited, page.md is checked against them and then imported, and checked again.
// neighbour.md must not raise the rule.
func TestDriftRules(t *testing.T) {
	files, err := filepath.Glob("testdata/drift/*.txtar")
	if err != nil || len(files) != len(documentRules())-len(pageRules()) {
		t.Fatalf("%d files in testdata/drift for %d rules, %v", len(files), len(documentRules())-len(pageRules()), err)
	}
	for _, name := range files {
		rule := strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(rule, func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sections := map[string][]byte{}
			for _, f := range archive.Files {
				sections[f.Name] = f.Data
			}
			got := runDrift(t, rule, sections)
			for i, f := range archive.Files {
				text, ok := got[f.Name]
				if !ok {
					continue
				}
				if *update {
					archive.Files[i].Data = []byte(text)
				} else if diff := cmp.Diff(string(f.Data), text); diff != "" {
					t.Errorf("%s (-want +got):\n%s", f.Name, diff)
				}
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// runDrift returns the section want, and merged/FILE of each contract there is in the end.
func runDrift(t *testing.T, rule string, sections map[string][]byte) map[string]string {
	t.Helper()
	read := func(section string) *importer.Document {
		doc := importer.ReadPage("docs/depot-source.md", sections[section], importer.PageOptions{})
		if len(sections[section]) == 0 || len(doc.Events) == 0 {
			t.Fatalf("section %s documents nothing", section)
		}
		return doc
	}
	fsys := fstest.MapFS{}
	files, _, err := read("depot-source.md").Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	folder := folderOf(t, fsys, files)
	edit(t, fsys, string(sections["edit"]))
	check := func(section string) []finding.Finding {
		found, err := read(section).Check(folder)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	of := func(f finding.Finding) bool { return f.Rule == rule }
	before := check("page.md")
	beside := check("neighbour.md")
	files, told, err := read("page.md").Files(folder)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(slices.Concat(before, told), of) || slices.ContainsFunc(beside, of) {
		t.Errorf("%s is to be raised by page.md, and not by neighbour.md, of which is found:\n%s", rule, withSchema(beside))
	}
	folder = folderOf(t, fsys, files)
	got := map[string]string{"want": "check:\n" + withSchema(before) + "import:\n" + withSchema(told) + "check:\n" + withSchema(check("page.md"))}
	for file, f := range fsys {
		got["merged/"+file] = string(f.Data)
	}
	if again, _, err := read("page.md").Files(folder); err != nil || len(again) > 0 {
		t.Errorf("the import after the import writes %d files, %v; want none", len(again), err)
	}
	return got
}

// withSchema writes findings with the line of the contract.
func withSchema(found []finding.Finding) string {
	var b strings.Builder
	for _, f := range found {
		b.WriteString(strings.TrimSuffix(lines([]finding.Finding{f}), "\n") + " = " + f.Schema + "\n")
	}
	return b.String()
}

// The contracts of Candu are what the importer makes of Candu's page.
func TestShippedContractsAreImported(t *testing.T) {
	text, err := os.ReadFile("../../schemas/testdata/candu-source.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := importer.ReadPage("candu-source.md", text, importer.PageOptions{Require: importer.Included})
	files, _, err := doc.Files(importer.Folder{})
	if err != nil || len(files) != 2 {
		t.Fatalf("Files = %d files, %v; want 2", len(files), err)
	}
	fsys := fstest.MapFS{}
	for _, f := range files {
		want, err := schemas.FS().Open("candu/" + f.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		want.Close()
		shipped := readAll(t, "../../schemas/candu/"+f.Name)
		if diff := cmp.Diff(shipped, string(f.Data)); diff != "" {
			t.Errorf("%s (-shipped +imported):\n%s", f.Name, diff)
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	drift, err := doc.Check(importer.Folder{Name: "candu", FS: fsys})
	if len(drift) > 0 || err != nil {
		t.Errorf("Check: %s, %v; want nothing", lines(drift), err)
	}
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// takenBack is a page with one row of a property, under a header.
func takenBack(header, row string) []byte {
	return []byte("## Events\n\n| Event Name | Description |\n|---|---|\n| Crate Packed | (track event) |\n\n### Crate Packed\n\n| " +
		header + " |\n|---|---|---|\n| " + row + " |\n| crate_id | String | Yes |\n")
}

// What an import wrote and the page says no more goes from the contract, and is drift
// until then; what somebody added by hand stays.
func TestPageTakesBack(t *testing.T) {
	const header = "Property | Type | Required"
	for _, tt := range []struct{ name, before, header, after, gone, rule string }{
		{"enum", `state | "open" or "shut" | No`, header, "state | String | No", `"enum"`, "drift-enum"},
		{"type, untyped", "state | Number | No", header, "state | | No", `"type": "number"`, "drift-type"},
		{"type, a typo", "state | Number | No", header, "state | Nmber | No", `"type": "number"`, "drift-type"},
		{"format", "state | Date | No", header, "state | String | No", `"anyOf"`, "drift-type"},
		{"header of the types", "state | Number | No", "Property | Tpye | Required", "state | Number | No", `"type": "number"`, "drift-type"},
		{"header of the need", "state | Number | Yes", "Property | Type | Reqiured", "state | Number | Yes", `"state",`, "drift-required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := func(page []byte) *importer.Document {
				return importer.ReadPage("depot.md", page, importer.PageOptions{})
			}
			files, _, err := read(takenBack(header, tt.before)).Files(importer.Folder{})
			if err != nil || len(files) != 1 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			fsys := fstest.MapFS{}
			folder := folderOf(t, fsys, files)
			edit(t, fsys, `crate_packed.json: "state": { => "state": {"not": {"const": 7},`)
			if before := string(fsys["crate_packed.json"].Data); !strings.Contains(before, tt.gone) && tt.gone != `"state",` {
				t.Fatalf("no %s in\n%s", tt.gone, before)
			}
			found, err := read(takenBack(tt.header, tt.after)).Check(folder)
			if err != nil || !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Rule == tt.rule }) {
				t.Errorf("Check: %s, %v; want %s", lines(found), err, tt.rule)
			}
			files, _, err = read(takenBack(tt.header, tt.after)).Files(folder)
			if err != nil || len(files) != 1 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			if after := string(files[0].Data); strings.Contains(after, tt.gone) || !strings.Contains(after, `"not"`) {
				t.Errorf("want %s gone, and the keyword by hand kept:\n%s", tt.gone, after)
			}
			if found, err = read(takenBack(tt.header, tt.after)).Check(folderOf(t, fsys, files)); err != nil || len(found) > 0 {
				t.Errorf("Check after the import: %s, %v; want nothing", lines(found), err)
			}
		})
	}
}

// A contract knows its page by the path that the user wrote, from whatever folder.
func TestPageIsKnownByItsPath(t *testing.T) {
	const header = "Property | Type | Required"
	read := func(file, row string) *importer.Document {
		return importer.ReadPage(file, takenBack(header, row), importer.PageOptions{})
	}
	files, _, err := read("web/events.md", "state | Number | No").Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	folder := folderOf(t, fsys, files)
	for file, want := range map[string]string{"web/events.md": "drift-type", "./web/events.md": "drift-type", "events.md": "drift-type", "/home/me/web/events.md": "drift-type",
		"site/web/events.md": "drift-type", "app/events.md": "drift-other-source drift-type"} {
		found, err := read(file, "state | String | No").Check(folder)
		if err != nil || rulesOf(found) != want {
			t.Errorf("Check of %s: %s, %v; want %s", file, lines(found), err, want)
		}
	}
	files, _, err = read("events.md", "state | String | No").Files(folder)
	if err != nil || len(files) != 1 || !strings.Contains(string(files[0].Data), `"page": "web/events.md"`) {
		t.Errorf("%d files, %v; want one that names web/events.md", len(files), err)
	}
}
