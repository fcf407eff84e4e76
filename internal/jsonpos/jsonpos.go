// Package jsonpos finds where in a JSON text a JSON Pointer leads: the bytes, and their
// line and column.
//
// It walks the text each time it is asked; it is meant for the few places that a person
// is shown, not for every value.
package jsonpos

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Span is the place of a value in a text.
type Span struct {
	Key        int // offset of the member's key, its quote; -1 for an array element and the root
	Start, End int // the value is text[Start:End]
}

// Find returns the place of the value that pointer (RFC 6901) leads to. Of a repeated
// key the last counts, as in encoding/json. ok is false if the pointer leads nowhere, or
// if text is not JSON.
func Find(text []byte, pointer string) (span Span, ok bool) {
	span = Span{Key: -1}
	span.Start = skip(text, 0, " \t\r\n")
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return Span{}, false
	}
	span.End = len(bytes.TrimRight(text, " \t\r\n"))
	if pointer == "" {
		return span, true
	}
	if pointer[0] != '/' {
		return Span{}, false
	}
	for _, step := range Steps(pointer) {
		if span, ok = child(text, span, step); !ok {
			return Span{}, false
		}
	}
	return span, true
}

// Nearest returns the place of the deepest value on the way of pointer that text
// holds, and the pointer of that value. The root is always there.
func Nearest(text []byte, pointer string) (Span, string) {
	for {
		if span, ok := Find(text, pointer); ok {
			return span, pointer
		}
		cut := strings.LastIndexByte(pointer, '/')
		if cut < 0 {
			return Span{Key: -1, End: len(text)}, ""
		}
		pointer = pointer[:cut]
	}
}

// Steps returns the reference tokens of a JSON Pointer, decoded. "" has none.
func Steps(pointer string) []string {
	if pointer == "" {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	for i, s := range steps {
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return steps
}

// Join returns the pointer with one more step.
func Join(pointer, step string) string {
	step = strings.ReplaceAll(step, "~", "~0")
	return pointer + "/" + strings.ReplaceAll(step, "/", "~1")
}

// LineColumn returns the 1-based line and byte column of an offset in text.
func LineColumn(text []byte, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, len(before) - bytes.LastIndexByte(before, '\n')
}

// child returns the member or element of the value at span that step names.
func child(text []byte, span Span, step string) (found Span, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(text[span.Start:span.End]))
	open, err := dec.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return Span{}, false
	}
	for i := 0; dec.More(); i++ {
		here := Span{Key: -1}
		name := strconv.Itoa(i)
		if open == json.Delim('{') {
			here.Key = skip(text, span.Start+int(dec.InputOffset()), " \t\r\n,")
			token, err := dec.Token()
			if err != nil {
				return Span{}, false
			}
			name, _ = token.(string)
		}
		here.Start = skip(text, span.Start+int(dec.InputOffset()), " \t\r\n,:")
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return Span{}, false
		}
		here.End = here.Start + len(value)
		if name == step {
			found, ok = here, true
		}
	}
	return found, ok
}

func skip(text []byte, i int, over string) int {
	for i < len(text) && strings.IndexByte(over, text[i]) >= 0 {
		i++
	}
	return i
}
