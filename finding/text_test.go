package finding_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
)

// TestTextCarets checks that the carets stand under what is pointed at, whatever
// comes before it. Only the two lines of the excerpt are compared.
func TestTextCarets(t *testing.T) {
	for _, tt := range []struct {
		name    string
		line    int
		excerpt finding.Excerpt
		want    string
	}{
		{"start of line", 3, finding.Excerpt{Text: "abc", Start: 0, Length: 1}, "" +
			"  3 | abc\n" +
			"    | ^\n"},
		{"cut on both sides", 12345, finding.Excerpt{Text: "abc", Start: 1, Length: 1, Before: true, After: true}, "" +
			"  12345 | ... abc ...\n" +
			"        |      ^\n"},
		{"line not known", 0, finding.Excerpt{Text: "abc", Start: 1, Length: 2}, "" +
			"    | abc\n" +
			"    |  ^^\n"},
		{"tabs", 1, finding.Excerpt{Text: "\t\tx\ty", Start: 2, Length: 3}, "" +
			"  1 |   x y\n" +
			"    |   ^^^\n"},
		{"escapes before", 1, finding.Excerpt{Text: "\x1b\xff\u202e\U000e0041x", Start: 9, Length: 1}, "" +
			`  1 | \x1b\xff\u202e\U000e0041x` + "\n" +
			"    |                         ^\n"},
		{"escapes inside", 1, finding.Excerpt{Text: "a\x00\nb", Start: 1, Length: 2}, "" +
			`  1 | a\x00\nb` + "\n" +
			"    |  ^^^^^^\n"},
		{"wide characters", 1, finding.Excerpt{Text: "日本x語", Start: 6, Length: 4}, "" +
			"  1 | 日本x語\n" +
			"    |     ^^^\n"},
		{"narrow characters of several bytes", 1, finding.Excerpt{Text: "äöx", Start: 4, Length: 1}, "" +
			"  1 | äöx\n" +
			"    |   ^\n"},
		{"combining mark before", 1, finding.Excerpt{Text: "e\u0301x", Start: 3, Length: 1}, "" +
			"  1 | e\u0301x\n" +
			"    |  ^\n"},
		{"middle of a character", 1, finding.Excerpt{Text: "日x", Start: 1, Length: 1}, "" +
			"  1 | 日x\n" +
			"    | ^^\n"},
		{"end of line", 1, finding.Excerpt{Text: "abc", Start: 3, Length: 1}, "" +
			"  1 | abc\n" +
			"    |    ^\n"},
		{"no length", 1, finding.Excerpt{Text: "abc", Start: 1}, "" +
			"  1 | abc\n" +
			"    |  ^\n"},
		{"out of range", 1, finding.Excerpt{Text: "abc", Start: 99, Length: 99}, "" +
			"  1 | abc\n" +
			"    |    ^\n"},
		{"negative", 1, finding.Excerpt{Text: "abc", Start: -5, Length: -5}, "" +
			"  1 | abc\n" +
			"    | ^\n"},
		{"no excerpt", 1, finding.Excerpt{Start: 1, Length: 1}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { checkExcerpt(t, tt.line, tt.excerpt, tt.want) })
	}
}

func checkExcerpt(t *testing.T, line int, excerpt finding.Excerpt, want string) {
	r := &finding.Report{}
	r.Add(finding.Finding{File: "f", Line: line, Rule: "r", Message: "m", Excerpt: excerpt})
	_, rest, _ := strings.Cut(write(t, "text", r, finding.WriteOptions{}), "\n")
	got, _, _ := strings.Cut(rest, "\n1 finding")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("excerpt %+v (-want +got):\n%s", excerpt, diff)
	}
}

func TestTextShowsWhatItHides(t *testing.T) {
	for _, tt := range []struct{ name, message, want string }{
		{"plain text", `got "a\b", want ~`, `got "a\b", want ~`},
		{"foreign letters", "größe 名前 ♥ 😀", "größe 名前 ♥ 😀"},
		{"line ends", "a\nb\r\nc", `a\nb\r\nc`},
		{"terminal escape", "\x1b[2J", `\x1b[2J`},
		{"C1 control", "\u009b31m", `\u009b31m`},
		{"a byte that is no UTF-8", "\x9b31m", `\x9b31m`},
		{"DEL", "\x7f", `\x7f`},
		{"replacement character, as written", "\ufffd", "\ufffd"},
		{"bidi", "\u202e\u2066\u200f", `\u202e\u2066\u200f`},
		{"zero width", "a\u200bb\u200dc\ufeffd\u00ade", `a\u200bb\u200dc\ufeffd\u00ade`},
		{"blank letters and selectors", "\u3164\u034f\ufe0f", `\u3164\u034f\ufe0f`},
		{"spaces that are none", "\u00a0\u3000", `\u00a0\u3000`},
		{"tags", "\U000e0041", `\U000e0041`},
		{"CI command", "a ##[error]b ##vso[task.x]c ##teamcity[d", `a \x23#[error]b \x23#vso[task.x]c \x23#teamcity[d`},
		{"CI command after number signs", "####[error]", `##\x23#[error]`},
		{"a heading is no CI command", "## Title [x] ##", "## Title [x] ##"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &finding.Report{}
			r.Add(finding.Finding{File: "f", Rule: "r", Message: tt.message})
			got, _, _ := strings.Cut(write(t, "text", r, finding.WriteOptions{}), "\n")
			if want := "f: error: " + tt.want + " (r)"; got != want {
				t.Errorf("message %q: got %s, want %s", tt.message, got, want)
			}
		})
	}
}

func TestNoLineStartsAGitHubCommand(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"::error::x", `\x3a:error::x: error: m (r)`},
		{"  ::x", `  \x3a:x: error: m (r)`},
		{":", `\x3a: error: m (r)`},
		{"a::b", "a::b: error: m (r)"},
	} {
		r := &finding.Report{}
		r.Add(finding.Finding{File: tt.file, Rule: "r", Message: "m"})
		if got, _, _ := strings.Cut(write(t, "text", r, finding.WriteOptions{}), "\n"); got != tt.want {
			t.Errorf("file %q: got %s, want %s", tt.file, got, tt.want)
		}
	}
}

func TestTextColor(t *testing.T) {
	r := &finding.Report{Checked: finding.Checked{Inputs: 1, Events: 1, Contracts: 1}}
	r.Add(
		finding.Finding{File: "f", Line: 1, Column: 2, Rule: "r", Message: "m\x1b[0m", Excerpt: finding.Excerpt{Text: "ab", Start: 1, Length: 1}},
		finding.Finding{File: "f", Rule: "r", Message: "m", Severity: finding.Warning},
		finding.Finding{Rule: "r", Message: "m", Severity: finding.Info},
	)
	want := "" +
		"\x1b[1mf:1:2\x1b[0m: \x1b[31merror\x1b[0m: m\\x1b[0m (r)\n" +
		"  1 | ab\n" +
		"    |  \x1b[36m^\x1b[0m\n" +
		"\x1b[1mf\x1b[0m: \x1b[33mwarning\x1b[0m: m (r)\n" +
		"\x1b[1m(request)\x1b[0m: \x1b[36minfo\x1b[0m: m (r)\n" +
		"\n" +
		"3 findings: 1 error, 1 warning, 1 info; 1 event in 1 input checked against 1 contract\n"
	if diff := cmp.Diff(want, write(t, "text", r, finding.WriteOptions{Color: true})); diff != "" {
		t.Errorf("text with colours (-want +got):\n%s", diff)
	}
}
