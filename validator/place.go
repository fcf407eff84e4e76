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
	in := stretch{text: ev.Raw, begins: ev.At, at: ev.At}
	span, reached := nearest(in.text, f.Pointer)
	if reached != f.Pointer && ev.Batch != nil {
		for _, s := range ev.Batch.Shared {
			if inBatch, further := nearestShared(ev.Batch.Raw, s, f.Pointer); len(further) > len(reached) {
				in, span, reached = around(ev.Batch, s), inBatch, further
			}
		}
	}
	keyed := []string{ruleUnplannedProperty, ruleAdditionalProperty, ruleDuplicateKey, rulePropertyName}
	pointAt(in, span, shape{missing: reached != f.Pointer, key: slices.Contains(keyed, f.Rule)}, f)
}

// nearestShared is nearest for a pointer that leads into a member that the batch shares;
// reached is "" if it does not. Of the batch it looks at that member only.
func nearestShared(batch []byte, s event.Shared, pointer string) (span jsonpos.Span, reached string) {
	name := "/" + s.Key // neither context nor integrations needs escapes
	rest, ok := strings.CutPrefix(pointer, name)
	if !ok || rest != "" && rest[0] != '/' {
		return jsonpos.Span{}, ""
	}
	span, reached = nearest(batch[s.Start:s.End], rest)
	span.Start, span.End = span.Start+s.Start, span.End+s.Start
	switch {
	case reached == "":
		span.Key = s.KeyStart
	case span.Key >= 0:
		span.Key += s.Start
	}
	return span, name + reached
}

// stretch is a text to point into.
type stretch struct {
	text   []byte
	begins event.Place // of the first byte
	from   int         // an offset in text that is no further than the place
	at     event.Place // of text[from]
	near   int         // text[near:far] is enough for an excerpt; far 0 means all
	far    int
}

// excerptRoom is how many bytes beside a member an excerpt of it may need.
const excerptRoom = 256

// around returns the batch as a text to point into, at the member that it shares.
func around(batch *event.Batch, s event.Shared) stretch {
	return stretch{text: batch.Raw, begins: batch.At, from: s.KeyStart, at: s.At,
		near: max(0, s.KeyStart-excerptRoom), far: min(len(batch.Raw), s.End+excerptRoom)}
}

// shape says what of a span to point at.
type shape struct {
	missing bool // the place itself does not exist: span is the object that lacks it
	key     bool // the key is at fault, not the value
}

// pointAt sets the place and excerpt of f to span in the text.
func pointAt(in stretch, span jsonpos.Span, what shape, f *finding.Finding) {
	start, length := span.Start, span.End-span.Start
	switch {
	case (what.missing || what.key) && span.Key >= 0:
		start = span.Key
		length = event.SkipString(in.text, start) - start
	case what.missing:
		length = 1 // the opening brace
	}
	here := in.at.Advance(in.text[in.from:start])
	f.Line, f.Column = here.Line, here.Column
	text := in.text[in.near:]
	if in.far > 0 {
		text = in.text[in.near:in.far]
	}
	f.Excerpt = finding.ExcerptAt(text, start-in.near, length)
	if in.begins.Column > 1 && here.Line == in.begins.Line && !f.Excerpt.Before {
		f.Excerpt.Before = true // the line began before the text did
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
