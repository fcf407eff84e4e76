package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/finding"
	"segproof/internal/importer"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Each testdata/pages/*.txtar is a page, the files that it includes, and what is read of
// it: an event a line, and a line for each property.
func TestPages(t *testing.T) {
	files, err := filepath.Glob("testdata/pages/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d archives, %v; want at least 10", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			includes := fstest.MapFS{}
			var page []byte
			want := -1
			for i, f := range archive.Files {
				switch f.Name {
				case "page.md":
					page = f.Data
				case "want":
					want = i
				default:
					includes[strings.TrimPrefix(f.Name, "includes/")] = &fstest.MapFile{Data: f.Data}
				}
			}
			if want < 0 || page == nil {
				t.Fatal("want the sections page.md and want")
			}
			got := summary(importer.ReadPage("page.md", page, importer.PageOptions{Includes: includes}))
			if *update {
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("the page is read otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// summary writes what was read of a page.
func summary(doc *importer.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %q\n", doc.Name, doc.Title)
	for _, d := range doc.Events {
		fmt.Fprintf(&b, "%s %q, line %d, from %d: %s\n", d.Type, d.Name, d.At.Line, d.Source.Line, d.Description)
		for _, p := range d.Fields {
			describe(&b, p, p.Name)
		}
	}
	for _, f := range doc.Findings {
		fmt.Fprintf(&b, "%d:%d %s\n", f.Line, f.Column, f.Rule)
	}
	return b.String()
}

func describe(b *strings.Builder, p *importer.Property, path string) {
	fmt.Fprintf(b, "  %s", path)
	if len(p.Types) > 0 {
		fmt.Fprintf(b, " %s", strings.Join(p.Types, "|"))
	}
	for _, v := range p.Enum {
		fmt.Fprintf(b, " %s", v)
	}
	if p.Format != "" {
		fmt.Fprintf(b, " (%s)", p.Format)
	}
	for _, k := range p.Keywords {
		fmt.Fprintf(b, " %s=%s", k.Name, k.Value)
	}
	fmt.Fprintf(b, "%s", []string{"", ", optional", ", required"}[p.Need])
	if p.Description != "" {
		fmt.Fprintf(b, ": %s", p.Description)
	}
	b.WriteString("\n")
	for _, c := range p.Properties {
		describe(b, c, path+"."+c.Name)
	}
	if p.Items != nil {
		describe(b, p.Items, path+"[]")
	}
}

// The page that the README works with says what it means.
func TestDemoPage(t *testing.T) {
	doc := importer.ReadPage("docs/demo/shop.md", []byte(readAll(t, "../../docs/demo/shop.md")), importer.PageOptions{})
	for _, f := range doc.Findings {
		if f.Severity < finding.Info {
			t.Errorf("%s", lines([]finding.Finding{f}))
		}
	}
	if len(doc.Events) != 2 || doc.Events[0].Name != "Basket Filled" || doc.Events[1].Name != "Basket Emptied" {
		t.Errorf("got %s", summary(doc))
	}
}
