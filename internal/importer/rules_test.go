package importer_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"segproof/finding"
	"segproof/internal/importer"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the want sections of testdata anew")

// lines writes findings as text has them, one a line.
func lines(found []finding.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s (%s)\n", f.File, f.Line, f.Column, f.Severity, f.Message, f.Rule)
	}
	return b.String()
}

// documentRules are the rules without those of tracking plans and traffic and that of
// fixtures, which have examples of their own.
func documentRules() []finding.Rule {
	return slices.DeleteFunc(importer.Rules(), func(r finding.Rule) bool {
		return r.ID == "fixture-stale" || strings.HasPrefix(r.ID, "plan-") || strings.HasPrefix(r.ID, "traffic-")
	})
}

// pageRules are the rules that a page alone can raise; the others are about contracts.
func pageRules() []finding.Rule {
	return slices.DeleteFunc(documentRules(), func(r finding.Rule) bool {
		return strings.HasPrefix(r.ID, "drift-") || r.ID == "contract-changed" || strings.HasPrefix(r.ID, "hand-made-")
	})
}

// Each rule has a page that raises it and a neighbour that does not: testdata/rules/RULE.txtar.
// The section want holds all that is found in the two.
func TestPageRules(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(pageRules()) {
		t.Errorf("%d files in testdata/rules for %d rules", len(files), len(pageRules()))
	}
	for _, rule := range pageRules() {
		t.Run(rule.ID, func(t *testing.T) {
			name := filepath.Join("testdata", "rules", rule.ID+".txtar")
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				doc := importer.ReadPage(f.Name, []byte(finding.Expand(string(f.Data))), importer.PageOptions{})
				raised := slices.ContainsFunc(doc.Findings, func(f finding.Finding) bool { return f.Rule == rule.ID && f.Severity == rule.Severity })
				if raised != (f.Name == "hit.md") {
					t.Errorf("%s raises %s: %v", f.Name, rule.ID, raised)
				}
				got += lines(doc.Findings)
			}
			if want < 0 {
				t.Fatal("no section want")
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
