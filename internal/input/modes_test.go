package input_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/input"
)

// reading is a text and what is read of it, in short form.
type reading struct {
	name, text string
	events     []string
	findings   []string
}

// cutShort is what is said of a text that is cut.
const cutShort = "invalid-json not JSON: the text ends in the middle of a value"

func TestReadModes(t *testing.T) {
	for _, tt := range []reading{
		{name: "nothing"},
		{name: "blank lines only", text: " \r\n\t\n"},
		{name: "lines", text: `{"a":1}` + "\n" + `{"a":2}` + "\n", events: []string{`1:1 {"a":1}`, `2:1 {"a":2}`}},
		{name: "no last newline", text: `{"a":1}` + "\n" + `{"a":2}`, events: []string{`1:1 {"a":1}`, `2:1 {"a":2}`}},
		{name: "CRLF", text: "{\"a\":1}\r\n{\"a\":2}\r\n", events: []string{`1:1 {"a":1}`, `2:1 {"a":2}`}},
		{name: "CR only", text: "{\"a\":1}\r{\"a\":2}\r", events: []string{`1:1 {"a":1}`, `1:9 {"a":2}`}},
		{name: "blank and indented lines", text: "\n  {\"a\":1}\n\n\t{\"a\":2}  \n", events: []string{`2:3 {"a":1}`, `4:2 {"a":2}`}},
		{name: "byte order mark", text: "\ufeff{\"a\":1}\n{\"a\":2}", events: []string{`1:1 {"a":1}`, `2:1 {"a":2}`}},
		{name: "byte order mark before a document", text: "\ufeff{\n\"a\":1}", events: []string{"1:1 {\n\"a\":1}"}},
		{name: "array and batch lines",
			text:   `[{"a":1},{"a":2}]` + "\n" + `{"batch":[{"a":3}, {"a":4}]}` + "\n[]\n",
			events: []string{`1:2 {"a":1}`, `1:10 {"a":2}`, `2:11 {"a":3}`, `2:20 {"a":4}`}},
		{name: "empty batch line", text: `{"a":1}` + "\n" + ` { "batch" : [ ] }`,
			events:   []string{`1:1 {"a":1}`},
			findings: []string{`2:14 empty-batch got a batch of no events, want at least one`}},
		{name: "lines that are no objects are kept", text: "1\n\"x\"\n", events: []string{"1:1 1", `2:1 "x"`}},
		{name: "one laid-out event", text: "{\n  \"a\": 1\n}\n", events: []string{"1:1 {\n  \"a\": 1\n}"}},
		{name: "laid-out events", text: "{\n\"a\":1\n}\n{\n\"a\":2\n}", events: []string{"1:1 {\n\"a\":1\n}", "4:1 {\n\"a\":2\n}"}},
		{name: "laid-out batch", text: "{\"batch\": [\n  {\"a\":1},\n  {\"a\":2}\n]}", events: []string{`2:3 {"a":1}`, `3:3 {"a":2}`}},
		{name: "laid-out empty batch", text: "{\"batch\": [\n]}", findings: []string{`1:11 empty-batch got a batch of no events, want at least one`}},
		{name: "laid-out array", text: "[\n  {\n  \"a\":1\n  },\n  {\"a\":2}\n]\n", events: []string{"2:3 {\n  \"a\":1\n  }", `5:3 {"a":2}`}},
		{name: "array over lines, then lines", text: "[{\"a\":1},\n{\"a\":2}]\n{\"a\":3}\n", events: []string{`1:2 {"a":1}`, `2:1 {"a":2}`, `3:1 {"a":3}`}},
		{name: "elements of a laid-out array are decoded as in an array line",
			text: "[[{\"a\":1}],\n{\"batch\":[]}]", events: []string{`1:2 [{"a":1}]`, `2:1 {"batch":[]}`}},
		{name: "empty laid-out arrays", text: "[\n]\n[ \n ]"},
		{name: "events without newlines", text: `{"a":1}{"a":2} {"a":3}`, events: []string{`1:1 {"a":1}`, `1:8 {"a":2}`, `1:16 {"a":3}`}},
		{name: "events without newlines, on several lines", text: "{\"a\":1}{\"a\":2}\n{\"a\":3}\n{\"a\":4}{\"a\":5}",
			events: []string{`1:1 {"a":1}`, `1:8 {"a":2}`, `2:1 {"a":3}`, `3:1 {"a":4}`, `3:8 {"a":5}`}},
		{name: "lines, then laid out, then lines", text: "{}\n{\n\"a\":1\n}\r\n{\r\n}\r\n{\"a\":2}\n[\n{\"a\":3}\n]\n{\"a\":4}",
			events: []string{"1:1 {}", "2:1 {\n\"a\":1\n}", "5:1 {\r\n}", `7:1 {"a":2}`, `9:1 {"a":3}`, `11:1 {"a":4}`}},
		{name: "escapes and brackets in strings", text: "{\n\"a}]\":\"\\\"}{\\\\\",\"é\":[\"\\u005d\"]}", events: []string{"1:1 {\n\"a}]\":\"\\\"}{\\\\\",\"é\":[\"\\u005d\"]}"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkReading(t, tt) })
	}
}

func TestReadDamagedTexts(t *testing.T) {
	for _, tt := range []reading{
		{name: "a line that is not JSON", text: "{\"a\":1}\noops\n{\"a\":2}", events: []string{`1:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{"2:1 invalid-json not JSON: invalid character 'o' looking for beginning of value"}},
		{name: "two values on a line among lines", text: "{\"a\":1}\n{\"a\":2}{\"a\":3}", events: []string{`1:1 {"a":1}`},
			findings: []string{"2:8 invalid-json not JSON: invalid character '{' after top-level value"}},
		{name: "C11: a hole between lines", text: "{\"a\":1}\n\x00\x00\x00\x00\n{\"a\":2}", events: []string{`1:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{`2:1 invalid-json not JSON: invalid character '\x00' looking for beginning of value`}},
		{name: "C11: a hole in front", text: "\x00\x00\x00\x00\x00\x00\x00\x00\n{\"a\":1}\n{\"a\":2}", events: []string{`2:1 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{`1:1 invalid-json not JSON: invalid character '\x00' looking for beginning of value`}},
		{name: "last line cut", text: "{\"a\":1}\n{\"a\":", events: []string{`1:1 {"a":1}`}, findings: []string{"2:6 " + cutShort}},
		{name: "first line cut in a string", text: "{\"a\":\"x\n{\"a\":2}\n{\"a\":3}", events: []string{`2:1 {"a":2}`, `3:1 {"a":3}`}, findings: []string{"1:8 " + cutShort}},
		{name: "first line cut in an object", text: "{\"a\":1,\n{\"a\":2}\n{\"a\":3}", events: []string{`2:1 {"a":2}`, `3:1 {"a":3}`}, findings: []string{"1:8 " + cutShort}},
		{name: "first line cut where the next one fits", text: "{\"a\":[\n{\"a\":2}\n{\"a\":3}\n", events: []string{`2:1 {"a":2}`, `3:1 {"a":3}`}, findings: []string{"1:7 " + cutShort}},
		{name: "first line cut, the next is the last and fits", text: "{\"a\":\n{\"a\":2}", events: []string{`2:1 {"a":2}`}, findings: []string{"1:6 " + cutShort}},
		{name: "first line cut to one byte", text: "{\n{\"a\":2}\n", events: []string{`2:1 {"a":2}`}, findings: []string{"1:2 " + cutShort}},
		{name: "array line cut", text: "[{\"a\":1},\n{\"a\":2}\n{\"a\":3}\n", events: []string{`1:2 {"a":1}`, `2:1 {"a":2}`, `3:1 {"a":3}`},
			findings: []string{"3:1 invalid-json not JSON: invalid character '{' after array element"}},
		{name: "laid-out event cut, then another", text: "{\n  \"a\": 1,\n{\n  \"a\": 2\n}\n", events: []string{"3:1 {\n  \"a\": 2\n}"}, findings: []string{"2:10 " + cutShort}},
		{name: "inner objects of a damaged value are no events", text: "{\n  \"a\" 1,\n  \"b\": [\n    {\"c\":1}\n  ]\n}\n",
			findings: []string{"2:7 invalid-json not JSON: invalid character '1' after object key"}},
		{name: "laid-out event without an end", text: "{\n  \"a\": 1\n\n", findings: []string{"2:9 " + cutShort}},
		{name: "no JSON at all", text: "id,name\n1,x\n", findings: []string{"1:1 invalid-json not JSON: invalid character 'i' looking for beginning of value"}},
		{name: "text that begins like JSON", text: "2026-01-02 03:04 {\"a\":1}\n12 apples\n", findings: []string{"1:5 invalid-json not JSON: invalid character '-' after top-level value"}},
		{name: "an event, then text", text: "{\"a\":1} oops\n{\"a\":2}\n", events: []string{`1:1 {"a":1}`, `2:1 {"a":2}`},
			findings: []string{"1:9 invalid-json not JSON: invalid character 'o' looking for beginning of value"}},
		{name: "a scalar behind an event", text: `{"a":1} 5`, events: []string{`1:1 {"a":1}`, "1:9 5"}},
		{name: "typographic quotes", text: "{“a”:1}\n{\"a\":2}", events: []string{`2:1 {"a":2}`},
			findings: []string{"1:2 invalid-json not JSON: invalid character '“' looking for beginning of object key string"}},
		{name: "array without an end", text: "[\n{\"a\":1},\n", events: []string{`2:1 {"a":1}`},
			findings: []string{"3:1 invalid-json not JSON: the array that begins at 1:1 has no end"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkReading(t, tt) })
	}
}

func TestReadDamagedArrays(t *testing.T) {
	for _, tt := range []reading{
		{name: "comma missing in an array", text: "[{\"a\":1}\n {\"a\":2}, {\"a\":3} {\"a\":4}]", events: []string{`1:2 {"a":1}`, `2:2 {"a":2}`, `2:11 {"a":3}`, `2:19 {"a":4}`},
			findings: []string{"2:2 invalid-json not JSON: invalid character '{' after array element", "2:19 invalid-json not JSON: invalid character '{' after array element"}},
		{name: "comma at the end of an array", text: "[{\"a\":1},\n]\n{\"a\":2}", events: []string{`1:2 {"a":1}`, `3:1 {"a":2}`},
			findings: []string{"2:1 invalid-json not JSON: invalid character ']' where an element should begin"}},
		{name: "damaged element, one a line", text: "[\n {\"a\":1},\n {\"a\":x},\n {\"a\":3},\n {\"a\":4}\n]\n{\"a\":5}",
			events:   []string{`2:2 {"a":1}`, `4:2 {"a":3}`, `5:2 {"a":4}`, `7:1 {"a":5}`},
			findings: []string{"3:7 invalid-json not JSON: invalid character 'x' looking for beginning of value"}},
		{name: "damaged last element", text: "[\n {\"a\":1},\n {\"a\":x}\n]\n{\"a\":5}",
			events:   []string{`2:2 {"a":1}`, `5:1 {"a":5}`},
			findings: []string{"3:7 invalid-json not JSON: invalid character 'x' looking for beginning of value"}},
		{name: "damaged element, laid out", text: "[\n {\n  \"a\": 1 2\n },\n {\n  \"a\": 3\n }\n]",
			events:   []string{"5:2 {\n  \"a\": 3\n }"},
			findings: []string{"3:10 invalid-json not JSON: invalid character '2' after object key:value pair"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkReading(t, tt) })
	}
}

// checkReading reads the text in blocks of several sizes, in one piece and byte by byte:
// the outcome is the same.
func checkReading(t *testing.T, tt reading) {
	t.Helper()
	var first outcome
	for i, opts := range []input.Options{{}, {BlockBytes: 1}, {BlockBytes: 10}} {
		for j, r := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text))} {
			got, stats, err := read(t, r, opts)
			if err != nil {
				t.Fatalf("Read(%q) error = %v", tt.text, err)
			}
			if stats.Bytes != int64(len(tt.text)) {
				t.Errorf("Read(%q) read %d bytes, want %d", tt.text, stats.Bytes, len(tt.text))
			}
			events, findings := got.lines()
			if d := cmp.Diff(tt.events, events); d != "" {
				t.Errorf("Read(%q) with %+v: events (-want +got):\n%s", tt.text, opts, d)
			}
			if d := cmp.Diff(tt.findings, findings); d != "" {
				t.Errorf("Read(%q) with %+v: findings (-want +got):\n%s", tt.text, opts, d)
			}
			if i+j == 0 {
				first = got
			}
			if d := cmp.Diff(first, got); d != "" {
				t.Errorf("Read(%q) with %+v in other pieces (-first +now):\n%s", tt.text, opts, d)
			}
		}
	}
}
