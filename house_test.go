// Package segproof_test holds the house together: it asks the Go tool and the syntax
// trees whether docs/architecture.md is still true.
package segproof_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// room says what a package may import, tests aside. The standard library is free.
type room struct {
	ours   []string // packages of this module
	theirs []string // modules of others
}

// house is the import table of docs/architecture.md. A package that is not in it may
// not exist; an entry that is not used is taken out.
var house = map[string]room{
	"cmd/segproof": {
		ours:   []string{"event", "finding", "fixtures", "internal/input", "mockserver", "schemas", "validator"},
		theirs: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
	},
	"fixtures": {
		ours:   []string{"event", "finding", "internal/yamlfile", "mockserver", "validator"},
		theirs: []string{"github.com/segmentio/analytics-go/v3"},
	},
	"validator": {
		ours:   []string{"event", "finding", "internal/jsonpos", "internal/yamlfile"},
		theirs: []string{"github.com/santhosh-tekuri/jsonschema/v5"},
	},
	"mockserver": {
		ours:   []string{"event", "finding", "internal/yamlfile"},
		theirs: []string{"github.com/gin-gonic/gin"},
	},
	"internal/input": {
		ours:   []string{"event", "finding"},
		theirs: []string{"github.com/klauspost/compress"},
	},
	"event":             {},
	"finding":           {},
	"schemas":           {},
	"internal/jsonpos":  {},
	"internal/yamlfile": {theirs: []string{"github.com/goccy/go-yaml"}},
}

func TestImportTable(t *testing.T) {
	got := map[string]room{}
	for _, p := range packages(t) {
		name, ok := strings.CutPrefix(p.ImportPath, "segproof/")
		if !ok || len(p.GoFiles) == 0 {
			continue // the module's root holds this test alone
		}
		var r room
		for _, path := range p.Imports {
			if ours, ok := strings.CutPrefix(path, "segproof/"); ok {
				r.ours = append(r.ours, ours)
			} else if m := module(path); m != "" && !slices.Contains(r.theirs, m) {
				r.theirs = append(r.theirs, m)
			}
		}
		got[name] = r
	}
	if diff := cmp.Diff(house, got, cmp.AllowUnexported(room{})); diff != "" {
		t.Errorf("the rooms import something else than the table allows (-table +found):\n%s", diff)
	}
}

// pkg is what go list says of one package.
type pkg struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
	if len(all) < len(house) {
		t.Fatalf("go list found %d packages, want at least %d", len(all), len(house))
	}
	return all
}

// module returns the module that an import path belongs to, "" for the standard
// library. Modules of go.mod are known by their first three elements, and /vN.
func module(path string) string {
	parts := strings.Split(path, "/")
	if !strings.Contains(parts[0], ".") {
		return ""
	}
	n := min(3, len(parts))
	if len(parts) > n && len(parts[n]) > 1 && parts[n][0] == 'v' && strings.Trim(parts[n][1:], "0123456789") == "" {
		n++
	}
	return strings.Join(parts[:n], "/")
}

const (
	maxFuncLines = 60
	maxFileLines = 500
)

func TestSizesAndComments(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "tools") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if n := fset.File(file.Pos()).LineCount(); n > maxFileLines {
			t.Errorf("%s has %d lines, want at most %d", path, n, maxFileLines)
		}
		for _, decl := range file.Decls {
			checkDecl(t, fset, decl, strings.HasSuffix(path, "_test.go"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("found %d Go files, want the whole tree", files)
	}
}

func checkDecl(t *testing.T, fset *token.FileSet, decl ast.Decl, test bool) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		lines := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1
		if lines > maxFuncLines {
			t.Errorf("%s: %s has %d lines, want at most %d", fset.Position(d.Pos()), d.Name, lines, maxFuncLines)
		}
		if !test && d.Name.IsExported() && d.Doc == nil {
			t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if !test {
				checkSpec(t, fset, d, spec)
			}
		}
	}
}

func checkSpec(t *testing.T, fset *token.FileSet, d *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
			t.Errorf("%s: %s has no comment", fset.Position(s.Pos()), s.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: %s has no comment", fset.Position(s.Pos()), name)
			}
		}
	}
}
