package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"segproof/event"
	"segproof/finding"
)

// Where reading resumes behind a text that is not JSON: at the start of a line that is
// indented no further than the line in which the damaged text began, and that
//
//   - is a JSON object on its own: an event of an NDJSON file of which a line was cut;
//   - is that with a comma behind it, in an array of one element a line;
//   - is just "{": the next of several values that are laid out over several lines;
//   - begins an object that is longer than any that is read.
//
// The indent keeps the inner objects of a damaged value from being taken for events.

// contextBytes is how much of the text behind a fault must be in memory when the finding
// is made, so that its excerpt does not depend on how the stream came in pieces.
const contextBytes = 256

// context returns the bytes ahead up to the end of the line that off is in, or up to
// some way behind off in a long line.
func (s *splitter) context(off int) []byte {
	line, _ := s.w.line(off, contextBytes)
	return s.w.held()[:off+min(len(line), contextBytes)]
}

// add puts a finding into the block.
func (s *splitter) add(f finding.Finding) { s.block.findings = append(s.block.findings, f) }

// broken is called with the offset at which the text ahead stops being JSON.
func (s *splitter) broken(off int) {
	if !s.resumeWithin(off) {
		s.resume(s.syntaxFinding(s.context(off), off), off)
	}
}

// endsEarly is called when the stream ends in the middle of the text ahead.
func (s *splitter) endsEarly() {
	n := len(s.w.held())
	switch {
	case s.resumeWithin(n):
	case s.w.cut():
		// No fault of the text: Read's error tells.
		s.w.advance(n)
		s.array = outside
	default:
		text := bytes.TrimRight(s.w.held(), blank)
		s.resume(s.syntaxFinding(text, len(text)), n)
	}
}

// resumeWithin looks for a place to resume in the first off bytes, which could be part
// of one value; if there is one, it adds the finding for what is in front of it and goes
// there. An NDJSON line that was cut may swallow the next line whole, as the value of a
// key, before the one behind it cannot be JSON any more.
func (s *splitter) resumeWithin(off int) bool {
	held := s.w.held()[:off]
	second := bytes.IndexByte(held, '\n') + 1
	last := bytes.LastIndexByte(held, '\n') + 1
	resume := 0
	switch {
	case second > 0 && second < last && s.canResume(second, ""):
		resume = second
	case last > 0 && s.canResume(last, "{"):
		resume = last
	default:
		return false
	}
	// The fault is at the end of the line that was cut, not where the next begins.
	text := bytes.TrimRight(s.w.held()[:resume], blank)
	s.add(s.syntaxFinding(text, len(text)))
	s.w.advance(resume)
	return true
}

// resume adds the finding for a fault at off ahead, and moves to where reading can go
// on. The finding says where that is.
func (s *splitter) resume(f finding.Finding, off int) {
	s.w.advance(off)
	// The rest of this line is part of what is damaged, unless events share the line.
	lost := s.packed || s.array != outside
	found := s.w.at.Column-1 <= s.indent && s.canResume(0, "{")
	for !found && s.w.skipLine() {
		if found = s.canResume(0, "{"); !found && !lost {
			line, whole := s.w.line(0, contextBytes)
			lost = !whole || len(bytes.TrimSpace(line)) > 0
		}
	}
	switch {
	case found:
		f.Hint = join(f.Hint, fmt.Sprintf("reading goes on at line %d", s.w.at.Line))
	case lost:
		f.Hint = join(f.Hint, "nothing behind it could be read")
	}
	if !found {
		s.array, s.packed = outside, false
	}
	s.add(f)
}

func join(hint, more string) string {
	if hint == "" {
		return more
	}
	return hint + "; " + more
}

// canResume reports whether reading can resume at the line that begins at off, and
// prepares for it. opener is the text of a line that begins a value, "" for none.
func (s *splitter) canResume(off int, opener string) bool {
	line, whole := s.w.line(off, s.limit)
	object := bytes.TrimLeft(line, " \t")
	if len(object) == 0 || object[0] != '{' || len(line)-len(object) > s.indent {
		return false
	}
	object = bytes.TrimRight(object, blankInLine)
	inArray := s.array != outside
	switch {
	case !whole, string(object) == opener:
		// Whether it is JSON will be seen.
	case inArray && object[len(object)-1] == ',' && json.Valid(object[:len(object)-1]):
	case !json.Valid(object):
		return false
	default:
		// The last element of the array, or an event behind an array that was cut.
		_, next, _ := s.w.find(off+len(line), contextBytes, blank)
		inArray = inArray && next == ']'
	}
	s.packed, s.array = false, outside
	if inArray {
		s.array = behindComma
	}
	return true
}

// isLineOfItsOwn reports whether the line ahead is an event that has nothing to do with
// the array being read.
func (s *splitter) isLineOfItsOwn() bool {
	line, whole := s.w.line(0, s.limit)
	if s.w.at.Column-1 != s.indent || !whole || !isWholeObject(line) {
		return false
	}
	_, next, _ := s.w.find(len(line), contextBytes, blank)
	return next != ']'
}

// isWholeObject reports whether a line is a JSON object.
func isWholeObject(line []byte) bool {
	object := bytes.TrimLeft(line, blank)
	return len(object) > 0 && object[0] == '{' && json.Valid(object)
}

// syntaxFinding says why the text ahead, of which text is the part to show, is not JSON:
// it stops being so at off.
func (s *splitter) syntaxFinding(text []byte, off int) finding.Finding {
	var e *event.SyntaxError
	if !errors.As(event.CheckSyntax(text), &e) {
		e = &event.SyntaxError{Offset: off, Message: endsInside}
	}
	f := notJSON(text, s.w.at, e)
	markBefore(&f, s.w.at, s.inLine())
	return f
}

// endsInside is what event.CheckSyntax says of half a value.
const endsInside = "the text ends in the middle of a value"

// unexpected is the finding for the character ahead. hint may be "".
func (s *splitter) unexpected(where, hint string) finding.Finding {
	context := s.context(0)
	message := endsInside // a string cannot go on in the next line
	if len(context) > 0 {
		message = fmt.Sprintf("invalid character %s %s", quoted(context), where)
	}
	f := notJSON(context, s.w.at, &event.SyntaxError{Message: message})
	markBefore(&f, s.w.at, s.inLine())
	if hint != "" {
		f.Hint = hint
	}
	return f
}

// unclosed adds a finding if an array is still open at the end of the stream.
func (s *splitter) unclosed() {
	if s.array == outside || s.w.cut() {
		return
	}
	f := newFinding(ruleInvalidJSON, nil, s.w.at, 0, 1)
	f.Message = fmt.Sprintf("not JSON: the array that begins at %d:%d has no end", s.opened.Line, s.opened.Column)
	f.Hint = hintFor(nil, 0)
	s.add(f)
}

// tooLong is the finding for the value ahead; addTooLong completes and adds it.
func (s *splitter) tooLong() finding.Finding {
	f := newFinding(ruleValueTooLong, s.context(0), s.w.at, 0, 1)
	markBefore(&f, s.w.at, s.inLine())
	return f
}

func (s *splitter) addTooLong(f finding.Finding, size int64, about string) {
	f.Message = fmt.Sprintf("got one JSON text of %s%s bytes, want at most %s", about, commas(size), commas(s.limit))
	f.Hint = "it is skipped, not judged; Segment takes 32 KB an event and 500 KB a batch: is a newline missing, or a quote?"
	s.add(f)
}
