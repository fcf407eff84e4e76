package input

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"segproof/finding"
)

const (
	ruleInvalidJSON  = "invalid-json"
	ruleValueTooLong = "value-too-long"
	ruleEmptyBatch   = "empty-batch"

	// ruleTooDeep is in the validator's table, not in ours: the validator raises it for
	// an event of more than event.MaxDepth levels. Here it is raised for a text that
	// encoding/json does not read at all, for the same reason.
	ruleTooDeep = "too-deep"

	// ruleBatchTooLarge is in the validator's table too: here it is raised for a batch
	// whose events, with what they share copied into each, would fill the memory.
	ruleBatchTooLarge = "batch-too-large"
)

// Rules documents what this package finds. "too-deep" and "batch-too-large" are raised
// here too; the validator documents them.
func Rules() []finding.Rule {
	return []finding.Rule{
		{
			ID:        ruleInvalidJSON,
			Layer:     finding.Input,
			Title:     "a text is not JSON",
			Why:       "Segment answers such a body with 400 Bad Request and keeps nothing of it (segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors). In an archive it is an event that was lost on the way: a line that was cut, a hole that a crash left, text that is no event. What is JSON by RFC 8259 passes; comments, trailing commas, NaN and single quotes do not.",
			Hit:       `{"type":"track","event":"Order Completed","properties":{"total":12.9,}}`,
			Neighbour: `{"type":"track","event":"Order Completed","properties":{"total":12.9}}`,
		},
		{
			ID:        ruleValueTooLong,
			Layer:     finding.Input,
			Title:     "one JSON text is longer than segproof reads",
			Why:       fmt.Sprintf("Segment takes %s bytes an event and %s a batch (segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size). A text of more than %s bytes is neither; it is skipped without being held, so that no input can take the machine down, and it is not judged. Often the newlines between events are missing.", commas(32<<10), commas(500<<10), commas(DefaultMaxValueBytes)),
			Hit:       `{"type":"track","event":"Image Pasted","properties":{"png":"iVBORw0KGgoAAAANSUhEUgAA and 4,194,304 bytes more"}}`,
			Neighbour: `{"type":"track","event":"Image Pasted","properties":{"url":"https://example.com/1.png"}}`,
		},
		{
			ID:        ruleEmptyBatch,
			Layer:     finding.Input,
			Title:     "a batch holds no events",
			Why:       "Segment counts it as failed on ingest, with the code empty_batch, while the sender gets 200 (segment.com/docs/connections/delivery-overview). A sender that flushes an empty queue does this.",
			Hit:       `{"batch":[],"sentAt":"2026-01-02T03:04:05Z"}`,
			Neighbour: `{"batch":[{"type":"track","event":"Order Completed","userId":"u1"}],"sentAt":"2026-01-02T03:04:05Z"}`,
		},
	}
}

// hint is what to do about a text that stops being JSON at these bytes.
type hint struct{ at, hint string }

// hints returns the hints; the first that fits counts.
func hints() []hint {
	return []hint{
		{"\x00", "a hole of NUL bytes, as a crash leaves it: write the file again"},
		{"\n", "the text was cut off here, or a string holds a raw newline: write \\n"},
		{"\r", "the text was cut off here, or a string holds a raw line end: write \\r\\n"},
		{"\t", "inside a string, write \\t for a tab"},
		{"\xef\xbb\xbf", "remove the byte order mark (EF BB BF)"},
		{"'", "write \" instead of '"},
		{"\u2018", "write \" instead of the typographic quote"},
		{"\u2019", "write \" instead of the typographic quote"},
		{"\u201c", "write \" instead of the typographic quote"},
		{"\u201d", "write \" instead of the typographic quote"},
		{"\u00a0", "write an ordinary space instead of the no-break space"},
		{"/", "remove the comment, JSON has none"},
		{"#", "remove the comment, JSON has none"},
		{"NaN", "JSON has no NaN: write null, or leave the property out"},
		{"Infinity", "JSON has no infinity: write null, or leave the property out"},
		{"undefined", "write null, or leave the property out"},
		{"None", "write null"},
		{"True", "write true in lower case"},
		{"False", "write false in lower case"},
	}
}

// hintFor says what to do about data that stops being JSON at off.
func hintFor(data []byte, off int) string {
	rest := data[off:]
	if len(bytes.TrimSpace(rest)) == 0 && (len(rest) == 0 || rest[0] != '\n') {
		return "the text was cut off, or its end is missing: a bracket, a brace or a quote"
	}
	before := bytes.TrimRight(data[:off], " \t\r\n")
	if (rest[0] == '}' || rest[0] == ']') && bytes.HasSuffix(before, []byte(",")) {
		return "remove the comma before it"
	}
	for _, h := range hints() {
		if bytes.HasPrefix(rest, []byte(h.at)) {
			return h.hint
		}
	}
	if rest[0] == '{' && bytes.HasSuffix(before, []byte("}")) {
		return "put each event on a line of its own, or a comma between the elements of an array"
	}
	return ""
}

// commas writes n with a comma between each three digits.
func commas[N int | int64](n N) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// quoted shows the character at the start of data as messages do.
func quoted(data []byte) string {
	if r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1 {
		return fmt.Sprintf("%q", r)
	}
	return fmt.Sprintf(`'\x%02x'`, data[0])
}
