package importer_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/internal/importer"
	"segproof/validator"

	"github.com/rogpeppe/go-internal/txtar"
)

// pages returns the pages of testdata/rules and testdata/pages.
func pages(f *testing.F) [][]byte {
	files, err := filepath.Glob("testdata/[rp]*/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("found %d archives, %v; want some", len(files), err)
	}
	var list [][]byte
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if filepath.Ext(file.Name) == ".md" {
				list = append(list, file.Data)
			}
		}
	}
	return list
}

// Whatever a page holds: reading it does not fail, its contracts can be used, and the
// check that follows the import finds no drift.
func FuzzImportedIsClean(f *testing.F) {
	for _, page := range pages(f) {
		f.Add(page)
	}
	candu, err := os.ReadFile("../../schemas/testdata/candu-source.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(candu)
	for _, page := range []string{
		"---\ntitle: \"", "{% comment %}", "{% include a %}{{", "> > > > {% include q %}{% include q %} a\n", "<table><tr><td>`a|b`<td>", "## Events\n\n| Event Name | Description |\n|---|---|\n| [a](#b) | c |\n| ``` | |\n",
		"## Events\n\n### a\n\n| Property | Type |\n|:-:|---|\n| a.$.b[c][].d | Array<Array<X>[] |\n| a..b | \"x\" \\| \"y\" |\n| . | [] |\n",
		"```js\nanalytics.track('a', {b: [1, {c: 2,}], 'd'\n```\n## Identify\n\n| Trait | Type |\n|-|-|\n| context['a b'].c | Enum {`x`, y} |\n| userId | Number |\n",
		"## Events\n\n### A\n\n#### Properties\n\n- - `a` (string)\n  - **b**\n\n<h4>Context\n- `c` (integer, required\n",
		"## Events\r\n\r\n| Collection | Type |\r\n|-|-|\r\n| a/b | Event |\r\n| A/B | Event |\r\n",
	} {
		f.Add([]byte(page))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		for _, require := range []importer.Strictness{importer.Marked, importer.Included} {
			doc := importer.ReadPage("a/page.md", page, importer.PageOptions{Includes: fstest.MapFS{"a": {Data: []byte("{% include a %}|a|b|\n|-|-|\n")}, "q": {Data: []byte(strings.Repeat(">", 50) + "\n- - -")}}, Require: require})
			files, _, err := doc.Files(importer.Folder{})
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != len(doc.Events) {
				t.Errorf("%d files for %d events", len(files), len(doc.Events))
			}
			fsys := fstest.MapFS{}
			for _, file := range files {
				fsys[file.Name] = &fstest.MapFile{Data: file.Data}
			}
			if _, found, err := validator.Load(validator.Root{FS: fsys}); errors.Is(err, validator.ErrUnusable) {
				t.Errorf("contracts cannot be used: %s", lines(found))
			} else if err != nil {
				t.Fatal(err)
			}
			folder := importer.Folder{Name: "x", FS: fsys}
			drift, err := doc.Check(folder)
			if err != nil || len(drift) > 0 {
				t.Errorf("after the import: %s, %v; want nothing", lines(drift), err)
			}
			again, _, err := doc.Files(folder)
			if err != nil || len(again) > 0 {
				t.Errorf("the second import writes %d files, %v; want none", len(again), err)
			}
			doc.Fixtures(folder)
		}
	})
}
