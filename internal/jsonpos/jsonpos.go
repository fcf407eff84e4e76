// Package jsonpos finds where in a JSON text a JSON Pointer (RFC 6901) leads: the
// bytes, and their line and column.
//
// It walks the text each time it is asked, past what the pointer does not lead through
// and without decoding it; it is meant for the few places that a person is shown, not
// for every value.
//
// A text should be JSON. Of a text that is not, the functions say some place within it;
// they never fail on it.
package jsonpos

import (
	"bytes"
	"strings"
)

// Span is the place of a value in a text.
type Span struct {
	Key        int // offset of the member's key, the opening quote of a whole string; -1 for an array element and the root
	Start, End int // the value is text[Start:End]
}

// Find returns the place of the value that pointer leads to. Of a repeated key the last
// counts, as in encoding/json. ok is false if the pointer leads nowhere.
func Find(text []byte, pointer string) (span Span, ok bool) {
	span, reached := Nearest(text, pointer)
	if reached != pointer || span.Start == span.End {
		return Span{}, false
	}
	return span, true
}

// Nearest returns the place of the deepest value on the way of pointer that text holds,
// and the pointer of that value. The root is always there; of a text of white space it
// is empty, at the end.
func Nearest(text []byte, pointer string) (span Span, reached string) {
	end := len(bytes.TrimRight(text, blank))
	start := skipBlank(text, 0)
	span = Span{Key: -1, Start: start, End: max(start, end)}
	for reached != pointer && pointer[len(reached)] == '/' {
		token, _, _ := strings.Cut(pointer[len(reached)+1:], "/")
		next, ok := child(text[:span.End], span.Start, unescape(token))
		if !ok {
			break
		}
		span, reached = next, pointer[:len(reached)+1+len(token)]
	}
	return span, reached
}

// Steps returns the reference tokens of a JSON Pointer, decoded: "~1" is a slash, "~0" a
// tilde, and a tilde before anything else stands for itself. "" has none, and nor has a
// text that does not begin with a slash, which is no pointer.
func Steps(pointer string) []string {
	if pointer == "" || pointer[0] != '/' {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	for i, token := range steps {
		steps[i] = unescape(token)
	}
	return steps
}

// Join returns the pointer with one more step.
func Join(pointer, step string) string {
	step = strings.ReplaceAll(step, "~", "~0")
	return pointer + "/" + strings.ReplaceAll(step, "/", "~1")
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// LineColumn returns the 1-based line and byte column of an offset in text. An offset
// outside text is taken for the nearest one inside.
func LineColumn(text []byte, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, len(before) - bytes.LastIndexByte(before, '\n')
}
