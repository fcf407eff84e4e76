package finding_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"segproof/finding"
)

// hostileSeeds are texts that break careless writers.
func hostileSeeds() []string {
	return []string{
		"", "plain", "\x1b[31m\x07\x00\x7f", "\u009b\u0085\u2028", "\xff\xc3\x28\xed\xa0\x80", "\u202e\u2066\u200b\ufeff\ufe0f",
		"\U000e0041\ufffe\uffff\U0010ffff", "]]>&<\"'-->", "a|b`c`\\*[x](y)<b>@me#1", "::error::x\n::set-env::y", " ::x", ":", "##[error]x", "##vso[y]",
		"%0A%25,:", "javascript:x", "//host/x", "../../x", "/abs", "C:\\x", "日本\te\u0301😀", "{0}{{}}", "https://a.example www.b.example",
	}
}

// fuzzReport puts the fuzzed text everywhere where a user's text can come from.
func fuzzReport(a, b string, n, m int) *finding.Report {
	r := &finding.Report{Tool: "segproof", Version: a, Max: 3, Problems: []string{a, b}, Rules: []finding.Rule{{ID: b, Title: a, Why: b, Hit: a, Neighbour: b, Contract: a}}}
	f := finding.Finding{
		Rule: b, Layer: finding.Layer(a), File: a, Line: n, Column: m, Pointer: b, Event: finding.Event{Type: a, Name: b, Version: a},
		Message: b, Hint: a, Schema: b, Excerpt: finding.Excerpt{Text: a, Start: m, Length: n, Before: n%2 == 0, After: m%2 == 0},
	}
	g := f
	g.Severity, g.File, g.Event, g.Excerpt.Text, g.Pointer = finding.Warning, b, finding.Event{}, b, a
	r.Add(f, g, f, g)
	return r
}

func addSeeds(f *testing.F) {
	seeds := hostileSeeds()
	for i, s := range seeds {
		f.Add(s, seeds[(i+7)%len(seeds)], i-1, i%5-1)
	}
}

// FuzzTextHasNoControlBytes holds the text format to one line a fact, in UTF-8, with
// nothing that a terminal obeys or hides.
func FuzzTextHasNoControlBytes(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, a, b string, n, m int) {
		r := fuzzReport(a, b, n, m)
		got := write(t, "text", r, finding.WriteOptions{})
		checkLog(t, got)
		want := 1 + 1 + 1 + len(r.Problems) // blank line, summary, dropped, problems
		for _, x := range r.Findings {
			want++
			if x.Excerpt.Text != "" {
				want += 2
			}
			for _, known := range []bool{x.Pointer != "" || x.Event.String() != "", x.Schema != "", x.Hint != ""} {
				if known {
					want++
				}
			}
		}
		if lines := strings.Count(got, "\n"); lines != want {
			t.Errorf("got %d lines, want %d:\n%s", lines, want, got)
		}
		for line := range strings.Lines(got) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") {
				t.Errorf("a line is a GitHub command: %q", line)
			}
		}
	})
}

// ciCommand finds what CI systems obey anywhere in a line.
var ciCommand = regexp.MustCompile(`##[A-Za-z]*\[`)

// checkLog fails if text does more than show itself in a terminal or a CI log.
func checkLog(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("not UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) {
			t.Errorf("has %U: %q", r, text)
		}
	}
	if command := ciCommand.FindString(text); command != "" {
		t.Errorf("has the CI command %q: %q", command, text)
	}
}

// FuzzFormatsAreWellFormed holds every format to its own grammar, whatever the user's
// text is.
func FuzzFormatsAreWellFormed(f *testing.F) {
	addSeeds(f)
	checks := map[string]func(*testing.T, *finding.Report, string){
		"text": func(*testing.T, *finding.Report, string) {}, // FuzzTextHasNoControlBytes
		"json": func(t *testing.T, r *finding.Report, got string) {
			if n := len(parse[finding.Report](t, got).Findings); n != len(r.Findings) {
				t.Errorf("got %d findings, want %d", n, len(r.Findings))
			}
		},
		"jsonl":    checkJSONL,
		"sarif":    checkSARIF,
		"junit":    checkJUnit,
		"github":   checkGitHub,
		"gitlab":   checkGitLab,
		"markdown": checkMarkdown,
	}
	f.Fuzz(func(t *testing.T, a, b string, n, m int) {
		r := fuzzReport(a, b, n, m)
		for _, format := range finding.Formats() {
			got := write(t, format.Name, r, finding.WriteOptions{Root: "/abs"})
			checkLog(t, got)
			checks[format.Name](t, r, got)
		}
	})
}

func checkJSONL(t *testing.T, r *finding.Report, got string) {
	lines := strings.Split(got, "\n")
	if len(lines) != len(r.Findings)+2 || lines[len(lines)-1] != "" {
		t.Errorf("jsonl: got %d line ends, want %d", len(lines)-1, len(r.Findings)+1)
	}
	for _, line := range lines[:len(lines)-1] {
		parse[map[string]any](t, line)
	}
}

func checkSARIF(t *testing.T, r *finding.Report, got string) {
	results := parse[sarif](t, got).Runs[0].Results
	if len(results) != len(r.Findings) {
		t.Errorf("sarif: got %d results, want %d", len(results), len(r.Findings))
	}
	seen := map[string]bool{}
	for _, res := range results {
		uri := res.Locations[0].PhysicalLocation.ArtifactLocation.URI
		if u, err := url.Parse(uri); err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || strings.HasPrefix(uri, "/") || uri == "" {
			t.Errorf("sarif: %q is no relative path (%v)", uri, err)
		}
		if fp := res.PartialFingerprints["segproof/v1"]; fp == "" || seen[fp] {
			t.Errorf("sarif: fingerprint %q is empty or comes twice", fp)
		} else {
			seen[fp] = true
		}
		if strings.Contains(res.Message.Text, "](") {
			t.Errorf("sarif: message may hold a link: %q", res.Message.Text)
		}
	}
}

func checkJUnit(t *testing.T, r *finding.Report, got string) {
	d := xml.NewDecoder(strings.NewReader(got))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("junit: %v\n%s", err, got)
		}
	}
	var j junit
	if err := xml.Unmarshal([]byte(got), &j); err != nil {
		t.Fatalf("junit: %v\n%s", err, got)
	}
	said, are := j.counts(t)
	if want := len(r.Findings) + 1 + len(r.Problems); said != are || are[0] != want {
		t.Errorf("junit: attributes say %v, elements are %v; want %d tests", said, are, want)
	}
}

func checkGitHub(t *testing.T, r *finding.Report, got string) {
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	commands := len(r.Findings) + len(r.Problems)
	if len(lines) != commands+2 {
		t.Fatalf("github: got %d lines, want %d commands, the summary and the dropped:\n%s", len(lines), commands, got)
	}
	command := regexp.MustCompile(`^::(error|warning|notice)( [a-z]+=[^:,\r\n]*(,[a-z]+=[^:,\r\n]*)*)?::`)
	for i, line := range lines {
		if command.MatchString(line) != (i < commands) {
			t.Errorf("github: line %d of %d commands is %q", i+1, commands, line)
		}
	}
}

func checkGitLab(t *testing.T, r *finding.Report, got string) {
	entries := parse[[]gitlabEntry](t, got)
	if want := len(r.Findings) + len(r.Problems) + 1; len(entries) != want {
		t.Errorf("gitlab: got %d entries, want %d", len(entries), want)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if e.Fingerprint == "" || seen[e.Fingerprint] || e.Location.Path == "" || strings.HasPrefix(e.Location.Path, "/") || e.Location.Lines.Begin < 1 {
			t.Errorf("gitlab: got %+v, want a new fingerprint, a relative path and a line", e)
		}
		seen[e.Fingerprint] = true
	}
}

// checkMarkdown counts the lines and cells, and looks for markup that is not ours.
func checkMarkdown(t *testing.T, r *finding.Report, got string) {
	rows := 0
	for line := range strings.Lines(got) {
		line = strings.TrimSpace(line)
		rest := strings.NewReplacer("<code>", "", "</code>", "", "<details>", "", "</details>", "").Replace(line)
		switch {
		case strings.HasPrefix(line, "| error") || strings.HasPrefix(line, "| warning"):
			rows++
			if cells := strings.Count(line, "|") - 1; cells != 5 {
				t.Errorf("markdown: got %d cells, want 5: %q", cells, line)
			}
		case strings.HasPrefix(line, "|"), strings.HasPrefix(line, "### "), strings.HasPrefix(line, "<summary>"):
			continue
		}
		if strings.ContainsAny(rest, "<>`*_[]\\@~") || strings.Contains(rest, "://") {
			t.Errorf("markdown: markup in %q", line)
		}
	}
	if rows != len(r.Findings) {
		t.Errorf("markdown: got %d rows, want %d:\n%s", rows, len(r.Findings), got)
	}
}
