package importer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/importer"
)

// What an include brings is bounded as the page itself is, also where its text and the
// page's become one line.
func TestIncludesAreBounded(t *testing.T) {
	const table = "## Events\n\n| Event Name | Description |\n|---|---|\n| Crate Moved | Somebody moves it |\n"
	const want = "page.md:1:1: error: the page has more text in a line than can be taken; the rest is left out (source-too-large)\n"
	for name, tt := range map[string]struct{ page, include string }{
		"one line of quotes": {"{% include a.md %}\n" + table, strings.Repeat(">", 500_000) + " a\n"},
		"many includes":      {strings.Repeat("{% include a.md %}", 50) + "\n" + table, ">>"},
		"page and include":   {strings.Repeat(">", 40) + "{% include a.md %}\n" + table, strings.Repeat(">", 40) + " a"},
	} {
		doc := importer.ReadPage("page.md", []byte(tt.page), importer.PageOptions{Includes: fstest.MapFS{"a.md": {Data: []byte(tt.include)}}})
		got := lines(slices.DeleteFunc(doc.Findings, func(f finding.Finding) bool { return f.Severity != finding.Error }))
		if got != want || len(doc.Events) != 1 {
			t.Errorf("%s: %d events, errors %s\nwant one event and %s", name, len(doc.Events), got, want)
		}
	}
}

// A finding inside an include names the file as the user can open it.
func TestFindingsInIncludesNameTheFile(t *testing.T) {
	opts := importer.PageOptions{Includes: fstest.MapFS{"ev.md": {Data: []byte("| Event Name | Description |\n|---|---|\n| A | b |\n")}}, IncludesName: "docs/inc"}
	doc := importer.ReadPage("page.md", []byte("## Events\n\n{% include ./ev.md %}\n"), opts)
	if len(doc.Events) != 1 || doc.Events[0].At != (event.Place{File: "docs/inc/ev.md", Line: 3, Column: 3}) {
		t.Errorf("got %+v, want one event at docs/inc/ev.md:3:3", doc.Events)
	}
}

// A reader that is told to stop stops.
func TestReadPageStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if doc, err := importer.ReadPageContext(ctx, "page.md", []byte("## Events\n"), importer.PageOptions{}); doc != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v; want context.Canceled", doc, err)
	}
}

// A cell that is too long to be read whole is told, in both kinds of tables.
func TestLongCellsAreTold(t *testing.T) {
	long := "`x` " + strings.Repeat("crate ", 4000)
	const before = "## Events\n\n| Event Name | Description |\n|---|---|\n| A | b (track event) |\n\n### A\n\n"
	for name, tt := range map[string]struct{ table, want string }{
		"pipes": {"| Property | Description |\n|---|---|\n| p | " + long + " |\n", "page.md:11:7"},
		"HTML":  {"<table><tr><th>Property</th><th>Description</th></tr>\n<tr><td>p</td><td>" + long + "</td></tr></table>\n", "page.md:10:19"},
		"short": {"| Property | Description |\n|---|---|\n| p | " + long[:16_000] + " |\n", ""},
	} {
		doc := importer.ReadPage("page.md", []byte(before+tt.table), importer.PageOptions{})
		got := lines(slices.DeleteFunc(doc.Findings, func(f finding.Finding) bool { return f.Rule != "source-too-large" }))
		want := tt.want
		if want != "" {
			want += ": error: the cell has 24003 bytes; what comes behind the first 16384 is not read (source-too-large)\n"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// A table has at most 20,000 rows, and lists have as many items; what comes behind
// them is told, and the page before it is read.
func TestLongTables(t *testing.T) {
	repeat := func(row string) string { return strings.Repeat(row, 20_001) }
	for name, test := range map[string]struct{ page, want string }{
		"pipes": {"## Events\n\n### Crate Packed\n\n| Property | Type |\n|---|---|\n| `a` | String |\n" + repeat("| `a` | String |\n"),
			"page.md:5:1: error: the table has 20002 rows; those behind the first 20000 are not read (source-too-large)\n"},
		"HTML": {"## Events\n\n### Crate Packed\n\n<table>\n<tr><th>Property</th><th>Type</th></tr>\n<tr><td>a</td><td>String</td></tr>\n" + repeat("<tr><td>a</td><td>String</td></tr>\n") + "</table>\n",
			"page.md:5:1: error: the table has 20002 rows; those behind the first 20000 are not read (source-too-large)\n"},
		"items": {"## Events\n\n- `Crate Packed`\n" + repeat("- `Crate Moved`\n"),
			"page.md:1:1: error: the page has more items of lists than can be taken; the rest is left out (source-too-large)\n"},
		"properties": {"## Events\n\n### Crate Packed\n\n- `a` (string, required): b\n" + repeat("- `a` (string): b\n"),
			"page.md:1:1: error: the page has more items of lists than can be taken; the rest is left out (source-too-large)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := importer.ReadPage("page.md", []byte(test.page), importer.PageOptions{})
			got := lines(slices.DeleteFunc(slices.Clone(doc.Findings), func(f finding.Finding) bool {
				return f.Rule != "source-too-large" || strings.Contains(f.Message, "more findings")
			}))
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if len(doc.Events) == 0 || doc.Events[0].Name != "Crate Packed" {
				t.Errorf("got events %v, want Crate Packed first", doc.Events)
			}
		})
	}
}

// Tags of tables are found whatever their case and their attributes, and nothing else is
// taken for one.
func TestTableTags(t *testing.T) {
	page := "## Events\n\n### Crate Packed\n\n<TABLE class=\"a\n b\"><Tr><Th scope=col>Property</tH><th>Type</th></tr>\n" +
		"<tr><td >weight<td>Number <tdx>a < b <t\n</TABLE >\n"
	doc := importer.ReadPage("page.md", []byte(page), importer.PageOptions{})
	if len(doc.Events) != 1 || doc.Events[0].Field("properties") == nil {
		t.Fatalf("got events %+v, want Crate Packed with properties; findings:\n%s", doc.Events, lines(doc.Findings))
	}
	weight := doc.Events[0].Field("properties").Member("weight")
	if weight == nil || weight.RawType != "Number <tdx>a < b <t" {
		t.Errorf("got %+v, want weight, of the type as it stands", weight)
	}
}

// Quotes within quotes cost a reader of Markdown their square: so many lines of them that
// it would take long are told, and the page before them is read.
func TestManyQuotes(t *testing.T) {
	page := "## Events\n\n### Crate Packed\n\n| Property | Type |\n|---|---|\n| `a` | String |\n\n" + strings.Repeat(strings.Repeat("> ", 50)+"b\n", 40_001)
	doc := importer.ReadPage("page.md", []byte(page), importer.PageOptions{})
	const want = "page.md:1:1: error: the page has more quotes and lists than can be taken; the rest is left out (source-too-large)\n"
	if got := lines(doc.Findings); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(doc.Events) != 1 || doc.Events[0].Name != "Crate Packed" {
		t.Errorf("got events %v, want Crate Packed", doc.Events)
	}
}
