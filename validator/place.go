package validator

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// locate sets the line, column and excerpt of a finding about ev from its pointer. What
// the batch gave to the event is shown where it stands in the batch. A member that is
// missing is shown at the object that lacks it.
func locate(ev event.Event, f *finding.Finding) {
	text, at := []byte(ev.Raw), ev.At
	span, reached := nearest(text, f.Pointer)
	if reached != f.Pointer && ev.Batch != nil && isShared(f.Pointer) {
		if inBatch, further := nearest(ev.Batch.Raw, f.Pointer); len(further) > len(reached) {
			text, at, span, reached = ev.Batch.Raw, ev.Batch.At, inBatch, further
		}
	}
	keyed := []string{ruleUnplannedProperty, ruleAdditionalProperty, ruleDuplicateKey, rulePropertyName}
	pointAt(text, at, span, shape{missing: reached != f.Pointer, key: slices.Contains(keyed, f.Rule)}, f)
}

// isShared reports whether a pointer leads into what a batch gives to its events.
func isShared(pointer string) bool {
	member, _, _ := strings.Cut(pointer[min(1, len(pointer)):], "/")
	return member == "context" || member == "integrations"
}

// shape says what of a span to point at.
type shape struct {
	missing bool // the place itself does not exist: span is the object that lacks it
	key     bool // the key is at fault, not the value
}

// pointAt sets the place and excerpt of f to span in text, which begins at at.
func pointAt(text []byte, at event.Place, span jsonpos.Span, what shape, f *finding.Finding) {
	start, length := span.Start, span.End-span.Start
	switch {
	case (what.missing || what.key) && span.Key >= 0:
		start = span.Key
		length = event.SkipString(text, start) - start
	case what.missing:
		length = 1 // the opening brace
	}
	here := at.Advance(text[:start])
	f.Line, f.Column = here.Line, here.Column
	f.Excerpt = finding.ExcerptAt(text, start, length)
	if at.Column > 1 && here.Line == at.Line && !f.Excerpt.Before {
		f.Excerpt.Before = true // the line began before the event did
	}
}

// nearest returns the place of the deepest value on the way of pointer that text holds,
// and the pointer of that value: "" and the whole text if there is nothing on the way.
//
// It is jsonpos.Nearest for texts that have passed [event.CheckSyntax]: it need not look
// at every byte again for each of a hundred findings.
func nearest(text []byte, pointer string) (jsonpos.Span, string) {
	span := jsonpos.Span{Key: -1, Start: skipBlank(text, 0), End: len(bytes.TrimRight(text, " \t\r\n"))}
	if span.Start >= span.End {
		return jsonpos.Span{Key: -1, End: len(text)}, ""
	}
	reached := ""
	for _, step := range jsonpos.Steps(pointer) {
		below, ok := child(text, span, step)
		if !ok {
			break
		}
		span, reached = below, jsonpos.Join(reached, step)
	}
	return span, reached
}

// child returns the member or element of the value at span that step names. Of a
// repeated key the last counts, as in encoding/json.
func child(text []byte, span jsonpos.Span, step string) (found jsonpos.Span, ok bool) {
	index := -1
	if text[span.Start] == '[' {
		n, err := strconv.Atoi(step)
		if err != nil || strconv.Itoa(n) != step {
			return jsonpos.Span{}, false
		}
		index = n
	} else if text[span.Start] != '{' {
		return jsonpos.Span{}, false
	}
	i := skipBlank(text, span.Start+1)
	for n := 0; text[i] != '}' && text[i] != ']'; n++ {
		here := jsonpos.Span{Key: -1}
		wanted := n == index
		if index < 0 {
			here.Key = i
			i = event.SkipString(text, i)
			wanted = isKey(text[here.Key:i], step)
			i = skipBlank(text, i)
		}
		here.Start, here.End = i, skipValue(text, i)
		if wanted {
			found, ok = here, true
			if index >= 0 {
				break
			}
		}
		i = skipBlank(text, here.End)
	}
	return found, ok
}

// isKey reports whether a key, as written, quotes included, is that name.
func isKey(key []byte, name string) bool {
	if inner := key[1 : len(key)-1]; string(inner) == name {
		return bytes.IndexByte(inner, '\\') < 0
	}
	return !isPlain(key) && unquote(key) == name
}

// isPlain reports whether a JSON string stands for its own bytes.
func isPlain(literal []byte) bool {
	for _, c := range literal {
		if c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}

// skipBlank returns the offset of the next byte that is part of a value or closes one.
func skipBlank(text []byte, i int) int {
	for i < len(text) && (text[i] <= ' ' || text[i] == ',' || text[i] == ':') {
		i++
	}
	return i
}

// skipValue returns the offset behind the value that begins at text[i].
func skipValue(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = event.SkipString(text, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of what holds a scalar
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
