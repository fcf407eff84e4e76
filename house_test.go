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
		ours:   []string{"compat", "event", "finding", "fixtures", "functions", "internal/exporter", "internal/importer", "internal/input", "mockserver", "schemas", "validator"},
		theirs: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
	},
	"fixtures": {
		ours:   []string{"event", "finding", "functions", "internal/yamlfile", "mockserver", "validator"},
		theirs: []string{"github.com/segmentio/analytics-go/v3"},
	},
	"compat":            {ours: []string{"event", "finding", "internal/inclusion", "validator"}},
	"internal/exporter": {ours: []string{"event", "finding", "internal/jsonpos", "validator"}},
	"internal/importer": {
		ours:   []string{"event", "finding", "internal/jsonpos", "validator"},
		theirs: []string{"github.com/yuin/goldmark"},
	},
	"validator": {
		ours:   []string{"event", "finding", "internal/jsonpos", "internal/yamlfile"},
		theirs: []string{"github.com/santhosh-tekuri/jsonschema/v5"},
	},
	"mockserver": {
		ours:   []string{"event", "finding", "internal/yamlfile"},
		theirs: []string{"github.com/gin-gonic/gin", "github.com/prometheus/client_golang", "modernc.org/sqlite", "modernc.org/sqlite/lib"},
	},
	"functions": {
		theirs: []string{"modernc.org/quickjs", "modernc.org/quickjs/intl"},
	},
	"internal/inclusion": {
		ours: []string{"validator"},
	},
	"internal/input": {
		ours:   []string{"event", "finding"},
		theirs: []string{"github.com/klauspost/compress"},
	},
	"event":             {},
	"finding":           {},
	"internal/score":    {ours: []string{"event", "functions", "internal/exporter", "internal/importer", "internal/inclusion", "validator"}},
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

// only says which rooms may import some packages of the standard library. The others see
// the world through what they are handed.
var only = map[string][]string{
	"os":        {"cmd/segproof", "internal/input", "internal/score", "mockserver"}, // mockserver: for os.ErrDeadlineExceeded
	"os/signal": {"cmd/segproof", "internal/score"},
	"log":       {"mockserver"}, // http.Server has an ErrorLog of this kind alone
	"log/slog":  {"cmd/segproof", "mockserver"},
	"os/exec":   {"cmd/segproof", "fixtures", "functions"}, // functions: the engine node
}

func TestOnlySomeImportTheSystem(t *testing.T) {
	got := map[string][]string{}
	for path := range only {
		got[path] = []string{}
	}
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			if _, ok := only[path]; ok {
				got[path] = append(got[path], strings.TrimPrefix(p.ImportPath, "segproof/"))
			}
		}
	}
	if diff := cmp.Diff(only, got); diff != "" {
		t.Errorf("importers of the system's packages (-table +found):\n%s", diff)
	}
}

const (
	maxFuncLines    = 60
	maxFileLines    = 500
	maxCommandLines = 100 // of a file with a command of the CLI
)

// boolParameters are the functions that have a bool parameter for now, by file. They are
// to lose it; an entry that is not needed any more is taken out.
var boolParameters = map[string]bool{
	"fixtures/update.go set":             true,
	"internal/input/block.go markBefore": true,
	"internal/input/scan.go expect":      true,
	"validator/guard.go enter":           true,
	"validator/identity.go noIdentity":   true,
	"validator/load.go compile":          true,
}

func TestSizesAndComments(t *testing.T) {
	files := 0
	bools := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "tools", "node_modules"}, d.Name())) {
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
		test := strings.HasSuffix(path, "_test.go")
		for _, decl := range file.Decls {
			if test {
				checkLength(t, fset, decl)
				continue
			}
			checkDecl(t, fset, decl)
			if name := withBool(decl); name != "" {
				bools[filepath.ToSlash(path)+" "+name] = true
			}
		}
		if !test {
			checkSystem(t, fset, file)
		}
		return nil
	})
	if diff := cmp.Diff(boolParameters, bools); diff != "" {
		t.Errorf("functions with a bool parameter (-allowed for now +found):\n%s", diff)
	}
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("found %d Go files, want the whole tree", files)
	}
}

// checkLength holds a function to its length.
func checkLength(t *testing.T, fset *token.FileSet, decl ast.Decl) {
	d, ok := decl.(*ast.FuncDecl)
	if !ok {
		return
	}
	if lines := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1; lines > maxFuncLines {
		t.Errorf("%s: %s has %d lines, want at most %d", fset.Position(d.Pos()), d.Name, lines, maxFuncLines)
	}
}

// checkDecl holds a declaration that is no test's to the rules.
func checkDecl(t *testing.T, fset *token.FileSet, decl ast.Decl) {
	checkLength(t, fset, decl)
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil {
			t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), d.Name)
		}
		file := fset.File(d.Pos())
		if command := returnsCommand(d); command && file.LineCount() > maxCommandLines {
			t.Errorf("%s has %d lines, want at most %d in the file of a command", file.Name(), file.LineCount(), maxCommandLines)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			checkSpec(t, fset, d, spec)
		}
	}
}

// returnsCommand reports whether a function makes one command of the CLI.
func returnsCommand(d *ast.FuncDecl) bool {
	if d.Type.Results == nil || len(d.Type.Results.List) != 1 {
		return false
	}
	star, ok := d.Type.Results.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := star.X.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Command" && strings.HasSuffix(d.Name.Name, "Command")
}

// withBool returns the name of a function that has a bool parameter, else "".
func withBool(decl ast.Decl) string {
	d, ok := decl.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	for _, field := range d.Type.Params.List {
		if id, ok := field.Type.(*ast.Ident); ok && id.Name == "bool" {
			return d.Name.Name
		}
	}
	return ""
}

// checkSystem lets cmd, and the main of the development command, end the process and look at its arguments and environment,
// which a command that is started inherits by its Environ method too.
func checkSystem(t *testing.T, fset *token.FileSet, file *ast.File) {
	path := filepath.ToSlash(fset.Position(file.Pos()).Filename)
	if strings.HasPrefix(path, "cmd/") || path == "internal/score/main.go" {
		return
	}
	system := []string{"Exit", "Args", "Getenv", "LookupEnv", "Environ", "Setenv", "ExpandEnv"}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "os" && slices.Contains(system, n.Sel.Name) {
				t.Errorf("%s: os.%s, which only cmd may use", fset.Position(n.Pos()), n.Sel.Name)
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Environ" {
				t.Errorf("%s: %s reads the environment, which only cmd may", fset.Position(n.Pos()), sel.Sel.Name)
			}
		}
		return true
	})
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
