package finding_test

import (
	"testing"

	"segproof/finding"

	"github.com/google/go-cmp/cmp"
)

func TestExcerptAt(t *testing.T) {
	long := `{"a":"` + finding.Expand("${repeat:100:x$}") + `","b":1,"c":"` + finding.Expand("${repeat:100:é$}") + `"}`
	for _, tt := range []struct {
		name           string
		text           string
		offset, length int
		want           finding.Excerpt
	}{
		{"whole line", "{\"a\":1}\n{\"b\":2}\r\n", 13, 1, finding.Excerpt{Text: `{"b":2}`, Start: 5, Length: 1}},
		{"long line", long, 112, 1, finding.Excerpt{Text: long[56:169], Start: 56, Length: 1, Before: true, After: true}},
		{"length beyond the line", "[1,\n2]", 1, 99, finding.Excerpt{Text: "[1,", Start: 1, Length: 2}},
		{"behind the last byte", `{"a":`, 5, 1, finding.Excerpt{Text: `{"a": `, Start: 5, Length: 1}},
		{"behind everything", `{`, 9, 1, finding.Excerpt{Text: `{ `, Start: 1, Length: 1}},
		{"nothing", "", 0, 0, finding.Excerpt{Text: " ", Length: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := finding.ExcerptAt([]byte(tt.text), tt.offset, tt.length)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ExcerptAt(%q, %d, %d) (-want +got):\n%s", tt.text, tt.offset, tt.length, diff)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"plain", "plain"},
		{"a${repeat:3:xy$}b", "axyxyxyb"},
		{`[${repeat:2:{"a":1},$}{"a":1}]`, `[{"a":1},{"a":1},{"a":1}]`},
		{"${repeat:2:a$}${repeat:1:b$}", "aab"},
		{"${repeat:0:a$}", ""},
		{"${repeat:x:a$}", "${repeat:x:a$}"},
	} {
		if got := finding.Expand(tt.text); got != tt.want {
			t.Errorf("Expand(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	if got := len(finding.Expand("${repeat:9999999:a$}")); got != 1_000_000 {
		t.Errorf("Expand(9,999,999 times) has %d bytes, want it bounded at 1,000,000", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"tutorialId", "segmentId", "versionId", "Order Completed"}
	for _, tt := range []struct{ name, want string }{
		{"versionID", "versionId"},
		{"version_id", "versionId"},
		{"verisonId", "versionId"},
		{"order completed", "Order Completed"},
		{"versionId", ""}, // itself is no suggestion
		{"payment", ""},
		{"", ""},
	} {
		if got := finding.Nearest(tt.name, names); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
