package finding_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
)

// parse reads a JSON text into a T.
func parse[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, text)
	}
	return v
}

// TestJSONSaysAllThatTheReportDoes fails when Report gets a field that the json
// format forgets.
func TestJSONSaysAllThatTheReportDoes(t *testing.T) {
	doc := parse[map[string]json.RawMessage](t, write(t, "json", fullReport(), finding.WriteOptions{}))
	want := []string{"format", "complete"}
	for field := range reflect.TypeFor[finding.Report]().Fields() {
		if tag := field.Tag.Get("json"); field.IsExported() && tag != "-" {
			want = append(want, tag)
		}
	}
	for _, name := range want {
		if doc[name] == nil || string(doc[name]) == "null" {
			t.Errorf("json format: %q is %s", name, doc[name])
		}
	}
	if len(doc) != len(want) {
		t.Errorf("json format has %d members, want %d: %q", len(doc), len(want), want)
	}
}

func TestJSONKeepsTheUsersText(t *testing.T) {
	r := &finding.Report{}
	r.Add(finding.Finding{
		Rule: "r", Severity: finding.Warning, File: "##[x]", Pointer: "/\u202e\U000e0041", Message: "<\x1b\u009b>&\u2028\x7f",
		Event: finding.Event{Type: "track", Name: "日本"},
	})
	got := parse[finding.Report](t, write(t, "json", r, finding.WriteOptions{}))
	if diff := cmp.Diff(r.Findings, got.Findings); diff != "" {
		t.Errorf("findings after a round trip (-want +got):\n%s", diff)
	}
}

func TestJSONLIsOneObjectALine(t *testing.T) {
	r := fullReport()
	lines := strings.Split(strings.TrimSuffix(write(t, "jsonl", r, finding.WriteOptions{}), "\n"), "\n")
	if len(lines) != len(r.Findings)+1 {
		t.Fatalf("got %d lines, want %d findings and a summary", len(lines), len(r.Findings))
	}
	for i, line := range lines[:len(r.Findings)] {
		if got, want := parse[finding.Finding](t, line).Fingerprint, r.Findings[i].Fingerprint; got != want {
			t.Errorf("line %d: got fingerprint %q, want %q", i+1, got, want)
		}
	}
	last := parse[map[string]map[string]any](t, lines[len(lines)-1])["summary"]
	if last["format"] != finding.ReportFormat || last["complete"] != false || last["dropped"] != 2.0 {
		t.Errorf("summary: got %v", last)
	}
}

// sarif is the part of a SARIF log that the tests look at.
type sarif struct {
	Runs []struct {
		Results []struct {
			RuleID    string
			RuleIndex *int
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine, StartColumn, EndColumn int }
				}
			}
			PartialFingerprints map[string]string
		}
	}
}

func TestSARIFColumnsAreUTF16OrLeftOut(t *testing.T) {
	for _, tt := range []struct {
		name       string
		line, col  int
		excerpt    finding.Excerpt
		start, end int
	}{
		{"ASCII", 3, 3, finding.Excerpt{Text: `{"a":1}`, Start: 2, Length: 3, After: true}, 3, 6},
		{"two bytes a unit", 3, 5, finding.Excerpt{Text: "éé\"ü\"", Start: 4, Length: 4}, 3, 6},
		{"two units a character", 3, 5, finding.Excerpt{Text: "😀😀", Start: 4, Length: 4}, 3, 5},
		{"byte order mark, first line", 1, 4, finding.Excerpt{Text: "\ufeff{}", Start: 3, Length: 1}, 1, 2},
		{"the line begins before the excerpt", 3, 3, finding.Excerpt{Text: `{"a":1}`, Start: 2, Length: 3, Before: true}, 0, 0},
		{"the excerpt contradicts the column", 3, 4, finding.Excerpt{Text: `{"a":1}`, Start: 2, Length: 3}, 0, 0},
		{"not UTF-8 before", 3, 2, finding.Excerpt{Text: "\xff{}", Start: 1, Length: 1}, 0, 0},
		{"not UTF-8 inside", 3, 1, finding.Excerpt{Text: "\xff{}", Start: 0, Length: 1}, 0, 0},
		{"no excerpt", 3, 1, finding.Excerpt{}, 0, 0},
		{"no column", 3, 0, finding.Excerpt{Text: "{}", Length: 1}, 0, 0},
		{"end of line", 3, 3, finding.Excerpt{Text: "{}", Start: 2, Length: 1}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &finding.Report{}
			r.Add(finding.Finding{File: "f", Line: tt.line, Column: tt.col, Excerpt: tt.excerpt})
			got := parse[sarif](t, write(t, "sarif", r, finding.WriteOptions{})).Runs[0].Results[0].Locations[0].PhysicalLocation.Region
			if got.StartLine != tt.line || got.StartColumn != tt.start || got.EndColumn != tt.end {
				t.Errorf("column %d of %+v: got line %d, columns %d to %d; want %d, %d to %d",
					tt.col, tt.excerpt, got.StartLine, got.StartColumn, got.EndColumn, tt.line, tt.start, tt.end)
			}
		})
	}
}

func TestPathsAreRelative(t *testing.T) {
	for _, tt := range []struct{ file, root, path, uri string }{
		{"a/b.json", "", "a/b.json", "a/b.json"},
		{"./a//b.json", "", "a/b.json", "a/b.json"},
		{"../b.json", "/repo", "../b.json", "../b.json"},
		{"/repo/a/b.json", "/repo", "a/b.json", "a/b.json"},
		{"/repo/a/b.json", "/repo/", "a/b.json", "a/b.json"},
		{"/repository/b.json", "/repo", "repository/b.json", "repository/b.json"},
		{"/etc/b.json", "", "etc/b.json", "etc/b.json"},
		{"//host/b.json", "/repo", "host/b.json", "host/b.json"},
		{"/", "", ".", "."},
		{"-", "", "-", "-"},
		{"", "/repo", "(request)", "%28request%29"},
		{"javascript:alert(1)", "", "javascript:alert(1)", "javascript%3Aalert%281%29"},
		{"a b?c#d%41", "", "a b?c#d%41", "a%20b%3Fc%23d%2541"},
		{"é\xff", "", `é\xff`, "%C3%A9%FF"},
	} {
		r := &finding.Report{}
		r.Add(finding.Finding{File: tt.file, Rule: "r", Message: "m"})
		opts := finding.WriteOptions{Root: tt.root}
		uri := parse[sarif](t, write(t, "sarif", r, opts)).Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI
		if uri != tt.uri {
			t.Errorf("sarif: file %q, root %q: got URI %q, want %q", tt.file, tt.root, uri, tt.uri)
		}
		if path := parse[[]gitlabEntry](t, write(t, "gitlab", r, opts))[0].Location.Path; path != tt.path {
			t.Errorf("gitlab: file %q, root %q: got path %q, want %q", tt.file, tt.root, path, tt.path)
		}
	}
}

// gitlabEntry is an entry of a code quality report.
type gitlabEntry struct {
	Description, Fingerprint, Severity string
	CheckName                          string `json:"check_name"`
	Location                           struct {
		Path  string
		Lines struct{ Begin int }
	}
}

// TestFingerprintsAreUnique gives the findings fingerprints that run into each other.
func TestFingerprintsAreUnique(t *testing.T) {
	r := &finding.Report{Problems: []string{"a", "b"}}
	for _, fp := range []string{"x", "x", "x-2", "x-2", "x", "", "", "y"} {
		r.Findings = append(r.Findings, finding.Finding{Fingerprint: fp})
	}
	seen := map[string]bool{}
	for _, e := range parse[[]gitlabEntry](t, write(t, "gitlab", r, finding.WriteOptions{})) {
		if e.Fingerprint == "" || seen[e.Fingerprint] {
			t.Errorf("fingerprint %q is empty or comes twice", e.Fingerprint)
		}
		seen[e.Fingerprint] = true
	}
	if want := len(r.Findings) + len(r.Problems); len(seen) != want {
		t.Errorf("got %d fingerprints, want %d", len(seen), want)
	}
	if !seen["x"] || !seen["y"] {
		t.Errorf("the first of its kind does not keep its fingerprint: %v", seen)
	}
}

func TestGitHubPropertiesAreEscaped(t *testing.T) {
	r := &finding.Report{}
	r.Add(finding.Finding{Rule: "r,s", Severity: finding.Info, File: "a,b:c%d\n", Line: 2, Column: 3, Message: "100%\r\n::error::x", Hint: "do"})
	got, _, _ := strings.Cut(write(t, "github", r, finding.WriteOptions{}), "\n")
	want := `::notice file=a%2Cb%3Ac%25d\n,line=2,col=3,title=r%2Cs::100%25\r\n::error::x%0Ahint: do`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// junit is the part of a JUnit report that the tests look at.
type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Tests int `xml:"tests,attr"`
		Cases []struct {
			Class   string    `xml:"classname,attr"`
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// counts returns what the attributes say and what the elements are, after a check that
// no two tests have one name.
func (j junit) counts(t testing.TB) (said, are [4]int) {
	t.Helper()
	said = [4]int{j.Tests, j.Failures, j.Errors, j.Skipped}
	names := map[string]bool{}
	for _, s := range j.Suites {
		if s.Tests != len(s.Cases) {
			t.Errorf("a suite says that it has %d tests; it has %d", s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			if key := c.Class + "\x00" + c.Name; names[key] {
				t.Errorf("two tests of class %q have the name %q", c.Class, c.Name)
			} else {
				names[key] = true
			}
			are[0]++
			for i, there := range []bool{c.Failure != nil, c.Error != nil, c.Skipped != nil} {
				if there {
					are[i+1]++
				}
			}
		}
	}
	return said, are
}

func TestJUnitFailsWhatFailOnFails(t *testing.T) {
	r := &finding.Report{Max: 6, Problems: []string{"p"}}
	for i := range 8 {
		r.Add(finding.Finding{File: "f", Rule: "r", Severity: finding.Severity(i % 3)})
	}
	for _, tt := range []struct {
		opts finding.WriteOptions
		want [4]int // tests, failures, errors, skipped
	}{
		{finding.WriteOptions{FailOn: finding.Error}, [4]int{8, 3, 1, 4}},
		{finding.WriteOptions{FailOn: finding.Warning}, [4]int{8, 5, 1, 2}},
		{finding.WriteOptions{FailOn: finding.Info}, [4]int{8, 7, 1, 0}},
		{finding.WriteOptions{FailOn: finding.Info, NoFail: true}, [4]int{8, 0, 1, 7}},
	} {
		var j junit
		if err := xml.Unmarshal([]byte(write(t, "junit", r, tt.opts)), &j); err != nil {
			t.Fatal(err)
		}
		if said, are := j.counts(t); said != tt.want || are != tt.want {
			t.Errorf("%+v: attributes say %v, elements are %v; want %v", tt.opts, said, are, tt.want)
		}
	}
}

func TestMarkdownFitsIntoAComment(t *testing.T) {
	const limit = 65_536 // GitHub's, for a comment
	r := &finding.Report{}
	for i := range 5_000 {
		r.Problems = append(r.Problems, fmt.Sprintf("read %d: %s", i, strings.Repeat("|", limit)))
		r.Add(finding.Finding{File: "f", Line: i + 1, Rule: "r", Message: strings.Repeat("<", i)})
	}
	got := write(t, "markdown", r, finding.WriteOptions{})
	if len(got) > limit {
		t.Errorf("got %d bytes, want at most %d", len(got), limit)
	}
	rows := strings.Count(got, "\n| error |")
	if want := fmt.Sprintf("\n%d findings not shown; of all 5000: r 5000\n", 5_000-rows); rows < maxOpenRows || !strings.HasSuffix(got, want) {
		t.Errorf("got %d rows and the end %q, want more than %d rows and the end %q", rows, got[len(got)-60:], maxOpenRows, want)
	}
	if told := strings.Count(got, "\n- not checked: "); told == 0 || !strings.Contains(got, fmt.Sprintf("\n- %d problems not shown\n", 5_000-told)) {
		t.Errorf("%d problems are told, and not how many are left", told)
	}
}

// maxOpenRows is how many findings the markdown format shows unfolded.
const maxOpenRows = 10
