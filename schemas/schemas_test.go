package schemas_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"segproof/schemas"
)

// idPrefix and a file's path make its $id. The empty host is written out, because
// net/url does so when it resolves a reference: given "segproof:/x", the library takes
// the two spellings for two files and calls itself until the stack is full.
const idPrefix = "segproof:///"

// draft07 is the $schema of every file.
const draft07 = "http://json-schema.org/draft-07/schema#"

// jsonFiles lists the *.json files of fsys, except those under testdata. It fails the
// test if there is none.
func jsonFiles(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case path.Ext(p) == ".json":
			found = append(found, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no *.json file found")
	}
	return found
}

// embedded lists all embedded *.json files, those of Builtin too.
func embedded(t *testing.T) []string {
	t.Helper()
	found := jsonFiles(t, schemas.FS())
	for _, name := range schemas.Sources() {
		sub, _ := schemas.Builtin(name)
		found = append(found, jsonFiles(t, sub)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// folderOf returns the file system that an embedded file is in.
func folderOf(file string) fs.FS {
	folder, _, _ := strings.Cut(file, "/")
	if sub, ok := schemas.Builtin(folder); ok {
		return sub
	}
	return schemas.FS()
}

// compile compiles one embedded file. What it refers to comes from the embedded files,
// by $id, and from nowhere else.
func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.LoadURL = func(id string) (io.ReadCloser, error) {
		name, ok := strings.CutPrefix(id, idPrefix)
		if !ok {
			return nil, fmt.Errorf("load %q: not one of the embedded files", id)
		}
		return folderOf(name).Open(name)
	}
	sch, err := c.Compile(idPrefix + file)
	if err != nil {
		t.Fatalf("compile %s: %v", file, err)
	}
	return sch
}

// header is what the tests read of a file.
type header struct {
	Schema   string            `json:"$schema"`
	ID       string            `json:"$id"`
	Title    string            `json:"title"`
	Examples []json.RawMessage `json:"examples"`
	Segproof struct {
		Source source `json:"source"`
		Owner  string `json:"owner"`
	} `json:"x-segproof"`
	Properties struct {
		Type struct {
			Const string `json:"const"`
		} `json:"type"`
		Properties struct {
			Properties map[string]struct {
				Type any `json:"type"` // a name or a list of names
			} `json:"properties"`
			Required []string `json:"required"`
		} `json:"properties"`
	} `json:"properties"`
}

// source is where a contract comes from.
type source struct {
	Page   string `json:"page"`
	Line   int    `json:"line"`
	SHA256 string `json:"sha256"`
}

// read returns the bytes of an embedded file.
func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := fs.ReadFile(folderOf(file), file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readHeader decodes an embedded contract as far as the tests need it.
func readHeader(t *testing.T, file string) header {
	t.Helper()
	var h header
	if err := json.Unmarshal(read(t, file), &h); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return h
}

// decode reads one JSON value as the library wants it: numbers keep their text.
func decode(t *testing.T, data []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
	return v
}

// faults returns what sch finds wrong with v: "pointer keyword" of each leaf, sorted,
// each once. nil: v is valid.
func faults(t *testing.T, sch *jsonschema.Schema, v any) []string {
	t.Helper()
	err := sch.Validate(v)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		t.Fatal(err)
	}
	var found []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			found = append(found, e.InstanceLocation+" "+path.Base(e.KeywordLocation))
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(invalid)
	slices.Sort(found)
	return slices.Compact(found)
}

// A folder that is added beside this file and forgotten in the go:embed line is found.
func TestEveryFileIsEmbedded(t *testing.T) {
	got, want := embedded(t), jsonFiles(t, os.DirFS("."))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("embedded files (-on disk +embedded):\n%s", diff)
	}
}

func TestEveryCallTypeHasASchema(t *testing.T) {
	for _, want := range []string{"alias", "common", "group", "identify", "page", "screen", "track"} {
		if _, err := fs.Stat(schemas.FS(), "segment/"+want+".json"); err != nil {
			t.Error(err)
		}
	}
}

// rootOrder is the order of keywords at the top of every file.
var rootOrder = []string{
	"$schema", "$id", "title", "description", "$comment", "x-segproof", "type", "allOf", "properties", "required",
	"additionalProperties", "anyOf", "if", "then", "definitions", "examples",
}

func TestFilesAreWrittenInHouseStyle(t *testing.T) {
	for _, file := range embedded(t) {
		t.Run(file, func(t *testing.T) {
			data := read(t, file)
			h := readHeader(t, file)
			if h.Schema != draft07 || h.ID != idPrefix+file || h.Title == "" {
				t.Errorf("$schema %q, $id %q, title %q; want draft-07, %q and a title", h.Schema, h.ID, h.Title, idPrefix+file)
			}
			var canonical bytes.Buffer
			if err := json.Indent(&canonical, data, "", "  "); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canonical.String(), string(data)); diff != "" {
				t.Errorf("indentation (-want +got):\n%s", diff)
			}
			keys := rootKeys(t, data)
			want := slices.DeleteFunc(slices.Clone(rootOrder), func(k string) bool { return !slices.Contains(keys, k) })
			if diff := cmp.Diff(want, keys); diff != "" {
				t.Errorf("order of keywords (-want +got):\n%s", diff)
			}
		})
	}
}

// rootKeys returns the keys of a JSON object in the order written.
func rootKeys(t *testing.T, data []byte) []string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// Every example is valid by its own contract and by the spec of its call.
func TestExamplesAreValid(t *testing.T) {
	for _, file := range embedded(t) {
		t.Run(file, func(t *testing.T) {
			sch := compile(t, file)
			h := readHeader(t, file)
			if file == "segment/common.json" {
				return // says what calls share; the examples stand in the calls
			}
			if len(h.Examples) == 0 {
				t.Error("no examples")
			}
			if path.Dir(file) == "segment" && len(h.Examples) < 2 {
				t.Errorf("%d examples, want a minimal and a rich one", len(h.Examples))
			}
			for _, ex := range h.Examples {
				v := decode(t, ex)
				if got := faults(t, sch, v); got != nil {
					t.Errorf("example %s: got %q, want none", ex, got)
				}
				if kind := h.Properties.Type.Const; kind != "" {
					if got := faults(t, compile(t, "segment/"+kind+".json"), v); got != nil {
						t.Errorf("example %s by the spec of %s: got %q, want none", ex, kind, got)
					}
				}
			}
		})
	}
}
