package importer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/internal/importer"
)

// tenMegabytes is how large the pages of the benchmark are.
const tenMegabytes = 10 << 20

// largePage is a page of that size: what comes before, what is repeated, what comes after.
type largePage struct {
	before string
	part   func(i int) string
	after  string
}

func (p largePage) text() []byte {
	var b bytes.Buffer
	b.WriteString(p.before)
	for i := 0; b.Len() < tenMegabytes; i++ {
		b.WriteString(p.part(i))
	}
	b.WriteString(p.after)
	return b.Bytes()
}

// largePages are one as people write them, and some that nobody does.
func largePages() map[string]largePage {
	same := func(part string) func(int) string { return func(int) string { return part } }
	return map[string]largePage{
		"documentation": {"## Events\n\n", func(i int) string {
			return fmt.Sprintf("### Crate Moved %d\n\nA crate is moved by hand or by a belt, whatever is free (track event).\n\n"+
				"| Property | Type | Description |\n|---|---|---|\n| `crate_id` | String | Which crate of the shelf was moved |\n| `items.$.sku` | String | What is in it |\n"+
				"| `weight` | Number | In kilograms, if available |\n\n```json\n{\"type\":\"track\",\"event\":\"Crate Moved %d\",\"userId\":\"u\",\"properties\":{\"crate_id\":\"a\",\"weight\":1}}\n```\n\n", i, i)
		}, ""},
		"one list of events": {"## Events\n\n| Event Name | Description |\n|---|---|\n", func(i int) string {
			return fmt.Sprintf("| Crate Moved %d | A crate is moved |\n", i)
		}, ""},
		"one table of properties": {"## Events\n\n| Event Name | Description |\n|---|---|\n| A | b |\n\n### A\n\n| Property | Type |\n|---|---|\n", func(i int) string {
			return fmt.Sprintf("| a%d.b | String |\n", i)
		}, ""},
		"shared table": {"## Events\n\n| Event Name | Description |\n|---|---|\n", func(i int) string {
			if i == 20_000 {
				return "\n## Event properties\n\n| Property | Type |\n|---|---|\n"
			}
			return fmt.Sprintf("| a%d | String |\n", i)
		}, ""},
		"headings":      {"# Events\n\n", same("## a\n"), ""},
		"deep headings": {"# Events\n\n", same("## a\n### b\n#### c\n##### d\n###### e\n"), ""},
		"openings":      {"", same("<!-- {% {{ <table> [ ` ** \n"), ""},
		"brackets":      {"", same(strings.Repeat("[", 60) + "\n"), ""},
		"links":         {"## Events\n\n| Event Name | Description |\n|---|---|\n", same("| [a](b [a](b | [[[[ **a *b _c `d <b> {: |\n"), ""},
		"code spans":    {"## Events\n\n", same("- `A B` event `C D` event\n"), ""},
		"one cell":      {"| a | b |\n|---|---|\n| ", same("`a ** _b [c](d) "), "|\n"},
		"paragraph":     {"", same("uses a server-side track method. The page says it in all events listed above\n"), ""},
		"quotes":        {"", same("> > > > > > > > > > > > > > > > > a\n"), ""},
		"lists":         {"", same("- a\n  - b\n"), ""},
		"html tables":   {"## Events\n", same("<table><tr><td>Event</td><td>Description</td></tr><tr><td>a</td><td>b</td></tr></table>\n"), ""},
		"html rows":     {"## Events\n<table>", same("<tr><td>a<td>b\n"), "</table>"},
		"samples":       {"", same("```js\nanalytics.track('A', {a: [{b: 1}], c: \n```\n\n"), ""},
		"properties":    {"## Events\n\n### A\n\n", same("- `a` (string, required): b\n  - `c` (int)\n\n    d\n"), ""},
		"one property":  {"## Events\n\n### A\n\n- `a` (string): b\n", same("\n  c\n"), ""},
		"html headings": {"# Events\n\n", same("<h3>a</h3>\n<h3></a>\n"), ""},
		"labels":        {"# Events\n\n", func(i int) string { return fmt.Sprintf("**Event:** a%d\n\n| Property |\n|-|\n| b |\n\n", i) }, ""},
		"values":        {"## Events\n\n### A\n\n| Property | Type | Allowed values | Format |\n|---|---|---|---|\n", same("| a | String | `a`, `b`, c | x |\n"), ""},
		"one sample":    {"```json\n{\"type\":\"track\",\"event\":\"A\"", same(",\"a\":[[[[1]]]]"), "}\n```\n"},
	}
}

// BenchmarkReadPage reads pages of 10 MB. None should take two seconds.
func BenchmarkReadPage(b *testing.B) {
	for name, page := range largePages() {
		b.Run(name, func(b *testing.B) {
			text := page.text()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				importer.ReadPage("page.md", text, importer.PageOptions{})
			}
		})
	}
}

// BenchmarkReadPageIncludes reads pages whose includes bring as much as they may. None
// should take two seconds.
func BenchmarkReadPageIncludes(b *testing.B) {
	quotes := strings.Repeat(">", 1<<20) + " a\n"
	for name, page := range map[string]struct{ page, include string }{
		"quotes on one line":      {"{% include a %}", quotes},
		"quotes of many includes": {strings.Repeat("{% include a %}", 2000), strings.Repeat(">", 50)},
		"quotes on many lines":    {"{% include a %}", strings.Repeat(strings.Repeat("> ", 50)+"a\n", 40_000)},
		"lines":                   {"{% include a %}", strings.Repeat("\n", 4<<20-1000)},
		"tags on one line":        {"{% include a %}", strings.Repeat("{{a}}", 700_000)},
	} {
		b.Run(name, func(b *testing.B) {
			opts := importer.PageOptions{Includes: fstest.MapFS{"a": {Data: []byte(page.include)}}}
			for b.Loop() {
				importer.ReadPage("page.md", []byte(page.page), opts)
			}
		})
	}
}
