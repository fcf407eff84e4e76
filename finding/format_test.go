package finding_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// reports are the golden cases, by name.
func reports() map[string]*finding.Report {
	return map[string]*finding.Report{
		"full":    fullReport(),
		"clean":   {Tool: "segproof", Version: "1.2.3", Rules: rules(), Checked: finding.Checked{Inputs: 1, Events: 12, Bytes: 4096, Contracts: 2}},
		"nothing": {},
		"many":    manyReport(),
	}
}

func rules() []finding.Rule {
	return []finding.Rule{
		{
			ID: "type-mismatch", Layer: finding.Contract,
			Title:     "a value has another type than its contract says",
			Why:       "The warehouse column has one type; Segment drops values of another.",
			Hit:       `{"type":"track","event":"Paid","properties":{"total":"12"}}`,
			Neighbour: `{"type":"track","event":"Paid","properties":{"total":12}}`,
			Contract:  "{\"properties\":{\"properties\":{\"properties\":{\"total\":{\"type\":\"integer\"}}}}}",
		},
		{ID: "unplanned-event", Severity: finding.Warning, Title: "no contract names this event", Why: "Nobody reads it.", Hit: "a ``` in an example"},
		{ID: "wrong-case", Severity: finding.Info},
	}
}

// fullReport has all severities, hostile text everywhere, missing lines, events and
// files, findings that were not kept, and problems.
func fullReport() *finding.Report {
	const hostile = "\x1b]0;pwned\x07\x1b[31m a|b `c` <img src=x onerror=alert(1)> \u202egnp.exe\u200b \xff\n::error::x ##[error]y ##vso[task.setvariable]z ]]> @octocat #1 [l](http://e.example) 100%, $a:b\tc\u0085\u2028"
	r := &finding.Report{
		Tool: "segproof", Version: "1.2.3", Rules: rules(), Max: 9,
		Checked: finding.Checked{Inputs: 2, Events: 12, Bytes: 4096, Contracts: 2},
		Problems: []string{
			"read orders.ndjson.gz: unexpected EOF after 4,096 bytes",
			"read " + hostile + ": permission denied",
		},
	}
	tutorial := finding.Event{Type: "screen", Name: "tutorial.view"}
	mismatch := finding.Finding{
		Rule: "type-mismatch", Layer: finding.Contract, File: "orders.ndjson", Line: 3, Column: 118,
		Pointer: "/properties/tutorialId", Event: tutorial,
		Message: `got string "12", want integer`, Hint: "send the number 12, without quotes",
		Schema:  "schemas/candu/tutorial.view.json:17",
		Excerpt: finding.Excerpt{Text: `"properties":{"tutorialId":"12","segmentId":"s"`, Start: 27, Length: 4, Before: true, After: true},
	}
	again := mismatch
	again.Line, again.Column = 104, 118
	r.Add(
		mismatch,
		again,
		finding.Finding{
			Rule: "unplanned-event", Severity: finding.Warning, Layer: finding.Contract, File: "dir with space/a:b%41#1.ndjson", Line: 12, Column: 2,
			Event: finding.Event{Type: "track", Name: "Order Complete", Version: "2"}, Message: `no contract for track "Order Complete"; did you mean "Order Completed"?`,
			Notes:   []string{`record 3 comes nearest: /event: want "Order Completed", got "Order Complete"`, "record 4\nis\x1b further"},
			Excerpt: finding.Excerpt{Text: "{\"日本\":\t\"é\"}", Start: 1, Length: 8},
		},
		finding.Finding{Rule: "wrong-case", Severity: finding.Info, Layer: finding.Spec, Pointer: "/traits/Email", Event: finding.Event{Type: "identify"}, Message: `got trait "Email", want "email"`},
		finding.Finding{Rule: "no-id", Layer: finding.Wire, Line: 1, Message: "got no userId and no anonymousId"},
		finding.Finding{Rule: "bad-json", Layer: finding.Input, File: "/abs/repo/broken.json", Line: 1, Message: "got end of file, want }",
			Excerpt: finding.Excerpt{Text: `{"a":1`, Start: 6, Length: 1}},
		finding.Finding{Rule: "stale-waiver", Severity: finding.Warning, Layer: finding.Policy, File: "::segproof.yaml", Message: "waiver 3 matched nothing", Hint: "remove it"},
		finding.Finding{
			Rule: "type-mismatch", Layer: finding.Contract, File: hostile, Line: 7, Column: 3, Pointer: "/" + hostile,
			Event: finding.Event{Type: hostile, Name: hostile}, Message: hostile, Hint: hostile, Schema: hostile,
			Excerpt: finding.Excerpt{Text: hostile, Start: 2, Length: 5},
		},
		finding.Finding{Rule: "wrong-case", Severity: finding.Info, File: "a.json", Event: finding.Event{Type: "track"}, Message: "the second of its kind"},
		finding.Finding{Rule: "type-mismatch", Message: "not kept"},
		finding.Finding{Rule: "unplanned-event", Severity: finding.Warning, Message: "not kept either"},
	)
	return r
}

// manyReport has more findings than the markdown format shows unfolded.
func manyReport() *finding.Report {
	r := &finding.Report{Tool: "segproof", Checked: finding.Checked{Inputs: 1, Events: 12, Contracts: 1}}
	for i := range 12 {
		r.Add(finding.Finding{Rule: "required", Severity: finding.Severity(i % 3), File: "a.ndjson", Line: i + 1, Message: fmt.Sprintf("property %q is missing", "p")})
	}
	return r
}

func write(t testing.TB, format string, r *finding.Report, opts finding.WriteOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := finding.Write(&b, format, r, opts); err != nil {
		t.Fatalf("Write(%s): %v", format, err)
	}
	return b.String()
}

// TestGolden compares every report in every format with testdata/golden/REPORT.FORMAT.
func TestGolden(t *testing.T) {
	expected := map[string]bool{}
	for name, r := range reports() {
		for _, f := range finding.Formats() {
			file := filepath.Join("testdata", "golden", name+"."+f.Name)
			expected[file] = true
			t.Run(filepath.Base(file), func(t *testing.T) {
				got := write(t, f.Name, r, finding.WriteOptions{Root: "/abs/repo"})
				if again := write(t, f.Name, r, finding.WriteOptions{Root: "/abs/repo"}); again != got {
					t.Errorf("a second Write gave other bytes (-first +second):\n%s", cmp.Diff(got, again))
				}
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatalf("%v; run go test -update", err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", file, diff)
				}
			})
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files found (%v)", err)
	}
	for _, file := range files {
		if !expected[file] {
			t.Errorf("%s belongs to no report and format", file)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	const list = "want text, json, jsonl, sarif, junit, github, gitlab or markdown"
	for _, tt := range []struct{ name, hint string }{
		{"jsno", `; did you mean "json"?`},
		{"SARIF", `; did you mean "sarif"?`},
		{"sariff", `; did you mean "sarif"?`},
		{"git-hub", `; did you mean "github"?`},
		{"checkstyle", ""},
		{"", ""},
		{strings.Repeat("json", 100), ""},
	} {
		var b bytes.Buffer
		err := finding.Write(&b, tt.name, fullReport(), finding.WriteOptions{})
		want := fmt.Sprintf("format %q: %s%s", tt.name, list, tt.hint)
		if err == nil || err.Error() != want || b.Len() > 0 {
			t.Errorf("Write(%q) wrote %d bytes, error = %v\nwant none, error = %s", tt.name, b.Len(), err, want)
		}
	}
}

func TestFormatsAreDescribedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range finding.Formats() {
		if f.Name == "" || f.Title == "" || seen[f.Name] {
			t.Errorf("format %q, title %q: want a new name and a title", f.Name, f.Title)
		}
		seen[f.Name] = true
		if got, err := finding.ParseFormat(f.Name); err != nil || got.Title != f.Title {
			t.Errorf("ParseFormat(%q) = %q, %v", f.Name, got.Title, err)
		}
	}
}

// brokenWriter takes some bytes, then fails.
type brokenWriter struct{ room int }

var errFull = errors.New("disk full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		return w.room, errFull
	}
	w.room -= len(p)
	return len(p), nil
}

func TestWriteReturnsTheWritersError(t *testing.T) {
	for _, f := range finding.Formats() {
		size := len(write(t, f.Name, fullReport(), finding.WriteOptions{}))
		for _, room := range []int{0, 1, size / 2, size - 1} {
			err := finding.Write(&brokenWriter{room}, f.Name, fullReport(), finding.WriteOptions{})
			if !errors.Is(err, errFull) {
				t.Errorf("Write(%s) into %d of %d bytes: error = %v, want %v", f.Name, room, size, err, errFull)
			}
		}
		if err := finding.Write(&brokenWriter{size}, f.Name, fullReport(), finding.WriteOptions{}); err != nil {
			t.Errorf("Write(%s) into %d bytes: %v", f.Name, size, err)
		}
	}
}
