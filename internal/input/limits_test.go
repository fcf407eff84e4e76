package input_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/input"
)

// TestTooDeep holds that a text nested more deeply than encoding/json reads costs one
// finding wherever it stands, and nothing around it (C19).
func TestTooDeep(t *testing.T) {
	deep := `{"d":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}`
	for name, text := range map[string]string{
		"line":             `{"a":1}` + "\n" + deep + "\n" + `{"a":2}`,
		"first line":       deep + "\n" + `{"a":1}` + "\n" + `{"a":2}`,
		"element":          `[{"a":1},` + deep + ",\n" + `{"a":2}]`,
		"without newlines": `{"a":1}` + deep + `{"a":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := read(t, strings.NewReader(text), input.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Events) != 2 || len(got.Findings) != 1 || got.Findings[0].Rule != "too-deep" {
				t.Errorf("got %d events and %v, want 2 events and one too-deep finding", len(got.Events), got.Findings)
			}
		})
	}
}

// TestNumberBombsPass holds that numbers are handed on as they are: the validator judges
// them (C19).
func TestNumberBombsPass(t *testing.T) {
	bombs := []string{`{"a":1e1000001}`, `{"a":` + strings.Repeat("9", 100_000) + "}", "{\"a\":\n-0}", "1e-999999"}
	got, _, err := read(t, strings.NewReader("[\n"+strings.Join(bombs, ",\n")+"]"), input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var raw []string
	for _, ev := range got.Events {
		raw = append(raw, string(ev.Raw))
	}
	if d := cmp.Diff(outcome{}.Findings, got.Findings) + cmp.Diff(bombs, raw); d != "" {
		t.Errorf("findings and events (-want +got):\n%s", d)
	}
}

func TestTooLong(t *testing.T) {
	const tooLong = "value-too-long got one JSON text of "
	big := `{"big":"` + strings.Repeat("x", 100) + `"}` // 110 bytes
	for _, tt := range []struct {
		name, text string
		events     []string
		findings   []string
	}{
		{name: "a line", text: `{"a":1}` + "\n" + big + "\n" + `{"a":2}`, events: []string{`1:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{"2:1 " + tooLong + "110 bytes, want at most 64"}},
		{name: "the first line", text: big + "\n" + `{"a":2}`, events: []string{`2:1 {"a":2}`},
			findings: []string{"1:1 " + tooLong + "110 bytes, want at most 64"}},
		{name: "an element", text: "[\n" + `{"a":1},` + big + `,{"a":2}]`, events: []string{`2:1 {"a":1}`, `2:120 {"a":2}`},
			findings: []string{"2:9 " + tooLong + "110 bytes, want at most 64"}},
		{name: "a string and a number", text: "[\n" + `"` + strings.Repeat("x", 70) + `",` + strings.Repeat("1", 70) + "]",
			findings: []string{"2:1 " + tooLong + "72 bytes, want at most 64", "2:74 " + tooLong + "70 bytes, want at most 64"}},
		{name: "an array line is streamed", text: `{"a":1}` + "\n[" + strings.Repeat(`{"a":2},`, 9) + `{"a":3}]` + "\n" + `{"a":4}`,
			events: []string{`1:1 {"a":1}`, `2:2 {"a":2}`, `2:10 {"a":2}`, `2:18 {"a":2}`, `2:26 {"a":2}`, `2:34 {"a":2}`,
				`2:42 {"a":2}`, `2:50 {"a":2}`, `2:58 {"a":2}`, `2:66 {"a":2}`, `2:74 {"a":3}`, `3:1 {"a":4}`}},
		{name: "a blank line is none", text: `{"a":1}` + "\n" + strings.Repeat(" ", 1000) + "\n" + strings.Repeat(" ", 1000) + `{"a":2}`,
			events: []string{`1:1 {"a":1}`, `3:1001 {"a":2}`}},
		{name: "exactly the limit", text: `{"a":1}` + "\n" + `{"b":"` + strings.Repeat("x", 56) + `"}`,
			events: []string{`1:1 {"a":1}`, `2:1 {"b":"` + strings.Repeat("x", 56) + `"}`}},
		{name: "a line that is cut", text: big[:100] + "\n" + `{"a":1}` + "\n" + `{"a":2}`, events: []string{`2:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{"1:1 " + tooLong + "more than 100 bytes, want at most 64",
				"1:101 invalid-json not JSON: the text ends in the middle of a value"}},
		{name: "a line that is cut where the next one fits", text: big[:100] + `","b":[` + "\n" + `{"a":1}` + "\n" + `{"a":2}`, events: []string{`2:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{"1:1 " + tooLong + "more than 107 bytes, want at most 64",
				"1:108 invalid-json not JSON: the text ends in the middle of a value"}},
		{name: "a laid-out value", text: "{\n  \"a\": " + big + ",\n  \"b\": {\"c\":1}\n}\n" + `{"a":2}`, events: []string{`5:1 {"a":2}`},
			findings: []string{"1:1 " + tooLong + "137 bytes, want at most 64"}},
		{name: "a stream that is cut in it", text: big[:100], findings: []string{
			"1:1 " + tooLong + "more than 100 bytes, want at most 64",
			"1:101 invalid-json not JSON: the text ends in the middle of a value"}},
		{name: "a line of text", text: `{"a":1}` + "\n" + strings.Repeat("x", 1000) + "\n" + `{"a":2}`, events: []string{`1:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{"2:1 invalid-json not JSON: invalid character 'x' looking for beginning of value"}},
		{name: "behind a damaged line", text: `{"a":x}` + "\n" + big + "\n" + `{"a":2}`, events: []string{`3:1 {"a":2}`},
			findings: []string{"1:6 invalid-json not JSON: invalid character 'x' looking for beginning of value",
				"2:1 " + tooLong + "110 bytes, want at most 64"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text))} {
				got, _, err := read(t, r, input.Options{MaxValueBytes: 64})
				if err != nil {
					t.Fatal(err)
				}
				events, findings := got.lines()
				if d := cmp.Diff(tt.events, events); d != "" {
					t.Errorf("Read(%q) events (-want +got):\n%s", tt.text, d)
				}
				if d := cmp.Diff(tt.findings, findings); d != "" {
					t.Errorf("Read(%q) findings (-want +got):\n%s", tt.text, d)
				}
			}
		})
	}
}
