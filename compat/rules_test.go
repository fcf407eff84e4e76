package compat_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"segproof/compat"
	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

var update = flag.Bool("update", false, "write what is wanted in testdata anew")

// load loads the files of an archive below a folder.
func load(t testing.TB, archive *txtar.Archive, folder string) *validator.Catalog {
	t.Helper()
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, folder+"/"); ok {
			files[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	catalog, found, err := validator.Load(validator.Root{Name: folder, FS: files})
	if err != nil {
		t.Fatalf("load %s: %v %v", folder, err, found)
	}
	return catalog
}

// lines writes findings, a line each.
func lines(findings []finding.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s: %s (%s)\n", f.File, f.Line, f.Column, f.Severity, f.Pointer, f.Message, f.Rule)
	}
	return b.String()
}

// options reads the first line of an archive's comment.
func options(archive *txtar.Archive) (opts compat.Options) {
	if w, ok := strings.CutPrefix(string(archive.Comment), "warehouse: "); ok {
		name, _, _ := strings.Cut(w, "\n")
		opts.Warehouse = compat.Warehouse(name)
	}
	return opts
}

// replayed is what the recorded events of an archive show, if it has any.
func replayed(t *testing.T, archive *txtar.Archive, prev, next *validator.Catalog) []finding.Finding {
	t.Helper()
	r := compat.NewReplay(prev, next, options(archive))
	for _, f := range archive.Files {
		if f.Name != "events.ndjson" {
			continue
		}
		for i, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
			events, err := event.Decode([]byte(line), event.Place{File: f.Name, Line: i + 1, Column: 1})
			if err != nil {
				t.Fatal(err)
			}
			r.Add(events[0])
		}
	}
	return r.Findings()
}

// Each file of testdata is named as a rule, and shows a change that raises it beside a
// neighbour that does not.
func TestRuleFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var files, rules []string
	for _, name := range names {
		files = append(files, strings.TrimSuffix(filepath.Base(name), ".txtar"))
	}
	for _, r := range compat.Rules() {
		rules = append(rules, r.ID)
	}
	slices.Sort(rules)
	slices.Sort(files) // Glob sorts names with their ending
	if diff := cmp.Diff(rules, files); diff != "" || len(files) == 0 {
		t.Fatalf("rules and files of testdata differ (-rules +files):\n%s", diff)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) { testRule(t, name) })
	}
}

func testRule(t *testing.T, rule string) {
	file := "testdata/" + rule + ".txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	prev, next := load(t, archive, "prev"), load(t, archive, "next")
	found := append(compat.Compare(prev, next, options(archive)), replayed(t, archive, prev, next)...)
	finding.Sort(found)
	got := lines(found)
	last := len(archive.Files) - 1
	if archive.Files[last].Name != "want" {
		t.Fatalf("%s: the last part is %s, want \"want\"", file, archive.Files[last].Name)
	}
	if *update {
		archive.Files[last].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(archive.Files[last].Data), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	hit := 0
	for _, f := range found {
		if f.Rule != rule {
			continue
		}
		hit++
		if strings.Contains(f.File, "near") || f.Event.Name == "Near" || strings.HasPrefix(f.Event.Name, "N ") {
			t.Errorf("%s: the neighbour raises the rule: %s", file, f.Message)
		}
	}
	if hit == 0 {
		t.Errorf("%s: the rule is not raised", file)
	}
}
