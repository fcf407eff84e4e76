package input_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
	"segproof/internal/input"
)

// found is a text and its findings, whole, as the reports will show them.
type found struct {
	name, text string
	limit      int
	want       []finding.Finding
}

func TestFindingsOfInvalidJSON(t *testing.T) {
	for _, tt := range []found{
		{
			name: "a comma too many",
			text: "{\"a\":1}\n{\"b\":2,}\n",
			want: []finding.Finding{{
				Rule: "invalid-json", File: "(stdin)", Line: 2, Column: 8,
				Message: "not JSON: invalid character '}' looking for beginning of object key string",
				Hint:    "remove the comma before it",
				Excerpt: finding.Excerpt{Text: `{"b":2,}`, Start: 7, Length: 1},
			}},
		},
		{
			name: "in the middle of a long line of two-byte characters",
			text: `{"a":1}` + "\n" + `{"b":"` + strings.Repeat("é", 60) + `" "` + strings.Repeat("é", 60) + `"}`,
			want: []finding.Finding{{
				Rule: "invalid-json", File: "(stdin)", Line: 2, Column: 129,
				Message: `not JSON: invalid character '"' after object key:value pair`,
				Excerpt: finding.Excerpt{
					Text:  strings.Repeat("é", 27) + `" "` + strings.Repeat("é", 28),
					Start: 56, Length: 1, Before: true, After: true,
				},
			}},
		},
		{
			name: "in a document, with a resume",
			text: "[{\"a\":'x'},\n{\"b\":1}]",
			want: []finding.Finding{{
				Rule: "invalid-json", File: "(stdin)", Line: 1, Column: 7,
				Message: `not JSON: invalid character '\'' looking for beginning of value`,
				Hint:    `write " instead of '; nothing behind it could be read`,
				Excerpt: finding.Excerpt{Text: `{"a":'x'},`, Start: 5, Length: 1, Before: true},
			}},
		},
		{
			name: "a hole",
			text: "\x00\x00\x00\x00\x00\n{\"b\":1}",
			want: []finding.Finding{{
				Rule: "invalid-json", File: "(stdin)", Line: 1, Column: 1,
				Message: `not JSON: invalid character '\x00' looking for beginning of value`,
				Hint:    "a hole of NUL bytes, as a crash leaves it: write the file again; reading goes on at line 2",
				Excerpt: finding.Excerpt{Text: "\x00\x00\x00\x00\x00", Length: 1},
			}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) { checkFindings(t, tt) })
	}
}

func TestFindingsOfOtherRules(t *testing.T) {
	for _, tt := range []found{
		{
			name: "an empty batch",
			text: ` {"sentAt":"x","batch":[ ]}`,
			want: []finding.Finding{{
				Rule: "empty-batch", File: "(stdin)", Line: 1, Column: 24, Pointer: "/batch",
				Message: "got a batch of no events, want at least one",
				Hint:    "put the events into batch, or send nothing",
				Excerpt: finding.Excerpt{Text: `{"sentAt":"x","batch":[ ]}`, Start: 22, Length: 3},
			}},
		},
		{
			name:  "too long",
			limit: 10,
			text:  `{"a":1}` + "\n  " + `{"a":"12345"}` + "\n",
			want: []finding.Finding{{
				Rule: "value-too-long", File: "(stdin)", Line: 2, Column: 3,
				Message: "got one JSON text of 13 bytes, want at most 10",
				Hint:    "it is skipped, not judged; Segment takes 32 KB an event and 500 KB a batch: is a newline missing, or a quote?",
				Excerpt: finding.Excerpt{Text: `{"a":"12345"}`, Length: 1},
			}},
		},
		{
			name: "too deep",
			text: `{"a":1}` + "\n" + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
			want: []finding.Finding{{
				Rule: "too-deep", File: "(stdin)", Line: 2, Column: 10_001,
				Message: "got JSON nested more than 10,000 deep, want at most 64 levels",
				Hint:    "flatten it; each level costs whoever reads it",
				Excerpt: finding.Excerpt{Text: strings.Repeat("[", 57) + strings.Repeat("]", 56), Start: 56, Length: 1, Before: true, After: true},
			}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) { checkFindings(t, tt) })
	}
}

func checkFindings(t *testing.T, tt found) {
	t.Helper()
	got, _, err := read(t, strings.NewReader(tt.text), input.Options{MaxValueBytes: tt.limit})
	if err != nil {
		t.Fatal(err)
	}
	for i := range tt.want {
		tt.want[i].Layer = finding.Input
	}
	if d := cmp.Diff(tt.want, got.Findings); d != "" {
		t.Errorf("Read(%.100q) findings (-want +got):\n%s", tt.text, d)
	}
}

func TestFindingsAreBoundedPerBlock(t *testing.T) {
	// Each of these is a finding of its own, and none comes with a text.
	text := strings.Repeat("{\n", 5_000)
	most, total := 0, 0
	_, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: strings.NewReader(text)}, func(b input.Block) error {
		_, findings := b.Decode()
		most, total = max(most, len(findings)), total+len(findings)
		return nil
	})
	if err != nil || total != 5_000 || most > 300 {
		t.Errorf("got %d findings, at most %d in a block, error %v; want 5000, and at most 300 in a block", total, most, err)
	}
}
