package validator_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the want sections of testdata/load anew")

// TestLoad loads the files of each testdata/load/*.txtar beside the Segment Spec; the
// section want holds what is found in them. A file is named after its rule.
func TestLoad(t *testing.T) {
	archives, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("found %d archives, %v; want some", len(archives), err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fsys, want := fstest.MapFS{}, -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				fsys[f.Name] = &fstest.MapFile{Data: []byte(finding.Expand(string(f.Data)))}
			}
			if want < 0 {
				t.Fatal("no section want")
			}
			var found []finding.Finding
			inTime(t, "Load", func() {
				_, found, err = validator.Load(validator.Root{FS: schemas.Spec()}, validator.Root{FS: fsys})
			})
			if err != nil && !errors.Is(err, validator.ErrUnusable) {
				t.Fatal(err)
			}
			got := ""
			for _, line := range lines(found) {
				got += line + "\n"
			}
			if *update {
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryCatalogRuleHasAFile holds each rule about contracts to a file whose hit
// raises it, and whose neighbour raises nothing.
func TestEveryCatalogRuleHasAFile(t *testing.T) {
	rules := 0
	for _, r := range validator.Rules() {
		if r.Layer != finding.Catalog {
			continue
		}
		rules++
		data, err := os.ReadFile(filepath.Join("testdata", "load", r.ID+".txtar"))
		if err != nil {
			t.Error(err)
			continue
		}
		_, want, _ := strings.Cut(string(data), "-- want --\n")
		if !strings.Contains(want, "("+r.ID+")") || !strings.Contains(string(data), "neighbour.json --") || strings.Contains(want, "neighbour") {
			t.Errorf("%s.txtar: want a hit that raises it and a neighbour that raises nothing:\n%s", r.ID, want)
		}
	}
	if rules < 10 {
		t.Errorf("found %d rules about contracts, want at least 10", rules)
	}
}

// A contract that is large, shared or recursive without multiplying is taken.
func TestContractsThatAreFine(t *testing.T) {
	var many strings.Builder
	for i := range 300 {
		many.WriteString(`"p` + strings.Repeat("x", i) + `":{"$ref":"#/definitions/address"},`)
	}
	for name, text := range map[string]string{
		"a tree":         `{"definitions":{"n":{"properties":{"left":{"$ref":"#/definitions/n"},"right":{"$ref":"#/definitions/n"}}}},` + contract(`{"$ref":"#/definitions/n"}`)[1:],
		"300 properties": `{"definitions":{"address":{"properties":{"street":{"type":"string"},"city":{"$ref":"#/definitions/city"}}},"city":{"type":"string"}},` + contract(`{"properties":{` + many.String() + `"last":{}}}`)[1:],
	} {
		cat := loadAlone(t, "own/c.json", text)
		if len(cat.Contracts()) != 1 {
			t.Errorf("%s: %d contracts, want 1", name, len(cat.Contracts()))
		}
	}
}

// A link out of the folder is not followed: the caller's os.Root refuses it.
func TestLinkOutOfTheRoot(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(outside, []byte(contract(`{}`)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.json")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, _, err := validator.Load(validator.Root{Name: "mine", FS: root.FS()}); err == nil || errors.Is(err, validator.ErrUnusable) {
		t.Errorf("Load error = %v, want that the folder cannot be read", err)
	}
}
