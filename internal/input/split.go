package input

import (
	"bytes"
	"encoding/json"

	"segproof/event"
)

const (
	blank       = " \t\r\n"
	blankInLine = " \t\r"
)

// blockFindings is from how many findings on a block goes out, whatever else it holds.
const blockFindings = 256

// splitter cuts a stream into JSON texts, and gathers them in blocks.
//
// It reads in one of two ways, and decides anew whenever it stands between two texts, at
// the start of a line. If that line is a JSON value on its own, what follows is taken to
// be lines: they are cut where the newlines are and go out without a look at them, until
// a line is just "{" or "[", or too long. Otherwise it follows the grammar to the end of
// the value, byte by byte; that costs more, and reads any layout.
type splitter struct {
	w          *window
	limit      int // bytes of one JSON text
	blockBytes int
	emit       func(Block) error

	block  Block // in the making
	array  arrayPlace
	opened event.Place // where the streamed array begins
	packed bool        // several texts stand on one line, so lines mean nothing

	indent     int // how far the line indentLine is indented
	indentLine int
}

// arrayPlace is where in a streamed array a splitter is.
type arrayPlace int

const (
	outside       arrayPlace = iota
	atFirst                  // behind the opening bracket
	behindElement            // a comma or the end comes next
	behindComma              // an element comes next
)

// run reads the stream to its end. It returns emit's errors only; what ended the stream
// is in the window.
func (s *splitter) run() error {
	for {
		if len(s.block.data) >= s.blockBytes || len(s.block.findings) >= blockFindings {
			if err := s.flush(); err != nil {
				return err
			}
		}
		c, ok := s.w.skip(blank)
		if !ok {
			s.unclosed()
			return s.flush()
		}
		s.noteIndent()
		switch {
		case s.array != outside:
			s.arrayStep(c)
		case !s.packed && s.wholeLine():
			if err := s.lines(); err != nil {
				return err
			}
		case c == '[':
			s.array, s.opened = atFirst, s.w.at
			s.w.advance(1)
		default:
			s.value(value)
		}
	}
}

// noteIndent remembers the indent of the line that the window begins in; the window
// begins with the first byte of that line that is not blank.
func (s *splitter) noteIndent() {
	if at := s.w.at; at.Line != s.indentLine {
		s.indentLine, s.indent = at.Line, at.Column-1
	}
}

// inLine reports whether something else stands in front of the window in its line.
func (s *splitter) inLine() bool { return s.w.at.Column-1 > s.indent }

// flush emits the block, if there is anything in it.
func (s *splitter) flush() error {
	b := s.block
	if len(b.texts) == 0 && len(b.findings) == 0 {
		return nil
	}
	s.block = Block{}
	return s.emit(b)
}

// wholeLine reports whether the line ahead is a JSON value on its own.
func (s *splitter) wholeLine() bool {
	line, ok := s.w.line(0, s.limit)
	return ok && json.Valid(line)
}

// lines emits blocks of whole lines. It returns at the end of the stream, or in front of
// a line that has to be read by the grammar.
func (s *splitter) lines() error {
	if err := s.flush(); err != nil {
		return err
	}
	for {
		for len(s.w.held()) < s.blockBytes && s.w.fill() {
		}
		chunk := s.w.held()[:min(len(s.w.held()), s.blockBytes)]
		n := bytes.LastIndexByte(chunk, '\n') + 1
		if n == 0 {
			if n = s.longLine(); n == 0 {
				return nil
			}
		}
		stop := bareOpener(s.w.held()[:n])
		if stop >= 0 {
			n = stop
		}
		if err := s.emitLines(n); err != nil || stop >= 0 {
			return err
		}
	}
}

// longLine returns the length of the line ahead, which is longer than a block or the
// last; 0 if there is none, or if it is too long.
func (s *splitter) longLine() int {
	line, ok := s.w.line(0, s.limit)
	n := min(len(line)+1, len(s.w.held()))
	switch {
	case !ok:
		return 0
	case s.w.cut() && n == len(line) && !isWholeObject(line):
		// Half a line, because the stream broke off: Read's error tells.
		s.w.advance(n)
		return 0
	}
	return n
}

func (s *splitter) emitLines(n int) error {
	if n == 0 {
		return nil
	}
	s.block = Block{
		data:  bytes.Clone(s.w.held()[:n]),
		texts: []text{{kind: lines, end: n, at: s.w.at}},
	}
	s.w.advance(n)
	return s.flush()
}

// bareOpener returns the offset of the first line that is just "{" or "[": the start of
// a value that is laid out over several lines. It returns -1 if there is none.
func bareOpener(chunk []byte) int {
	first := -1
	for _, opener := range []string{"{\n", "[\n", "{\r\n", "[\r\n"} {
		at := 0
		if !bytes.HasPrefix(chunk, []byte(opener)) {
			if at = bytes.Index(chunk, []byte("\n"+opener)) + 1; at == 0 {
				continue
			}
		}
		if first < 0 || at < first {
			first = at
		}
	}
	return first
}

// arrayStep reads one thing in a streamed array: an element, a comma, or the end. c is
// the byte ahead.
func (s *splitter) arrayStep(c byte) {
	switch {
	case c == ']':
		if s.array == behindComma {
			s.add(s.unexpected("where an element should begin", "remove the comma before it"))
		}
		s.array = outside
		s.w.advance(1)
		s.afterValue()
	case s.array != behindElement:
		s.value(element)
	case c == ',':
		s.array = behindComma
		s.w.advance(1)
	case c == '{' && !s.isLineOfItsOwn():
		s.add(s.unexpected("after array element", "put a comma between the elements of an array"))
		s.array = behindComma
		s.value(element)
	default:
		s.resume(s.unexpected("after array element", ""), 0)
	}
}

// value reads the JSON value ahead.
func (s *splitter) value(k kind) {
	var sc scanner
	n := 0 // held()[:n] is scanned
	for {
		// One byte more than the limit decides, however the stream comes in pieces.
		i, verdict := sc.scan(s.w.held()[n:min(len(s.w.held()), s.limit+1)])
		n += i
		switch {
		case verdict == bad:
			s.broken(n)
			return
		case verdict == whole:
			s.take(k, n)
			return
		case n > s.limit:
			s.skipValue(&sc, n)
			return
		case s.w.fill():
		case sc.endOfInput() && !s.w.cut():
			s.take(k, n)
			return
		default:
			s.endsEarly()
			return
		}
	}
}

// take adds the value of n bytes ahead to the block.
func (s *splitter) take(k kind, n int) {
	if c := s.w.held()[0]; k == value && c != '{' && c != '[' {
		// Text that is no JSON often begins as if it were: "2026-01-02 03:04:05".
		i, next, ok := s.w.find(n, s.limit, blankInLine)
		if ok && next != '\n' {
			s.broken(i)
			return
		}
	}
	if n > s.limit {
		s.addTooLong(s.tooLong(), int64(n), "")
	} else {
		s.pack(k, s.w.held()[:n])
	}
	s.w.advance(n)
	s.afterValue()
}

// pack copies a text into the block.
func (s *splitter) pack(k kind, data []byte) {
	b := &s.block
	if b.data == nil {
		b.data = make([]byte, 0, s.blockBytes+s.blockBytes/8)
	}
	t := text{kind: k, start: len(b.data), at: s.w.at, inLine: s.inLine()}
	if k == element {
		t.at.Column--
		b.data = append(append(append(b.data, '['), data...), ']')
	} else {
		b.data = append(b.data, data...)
	}
	t.end = len(b.data)
	b.texts = append(b.texts, t)
}

// afterValue looks at what stands behind a value or an array, on the same line.
func (s *splitter) afterValue() {
	if s.array != outside {
		s.array = behindElement
		return
	}
	c, ok := s.w.skip(blankInLine)
	s.packed = s.packed || ok && c != '\n'
}

// skipValue reads on to the end of a value that is longer than the limit; n bytes of it
// are scanned, and none are kept.
func (s *splitter) skipValue(sc *scanner, n int) {
	f := s.tooLong()
	firstLine := bytes.IndexByte(s.w.held()[:n], '\n') < 0
	size, verdict := int64(n), more
	for s.w.advance(n); verdict == more && (len(s.w.held()) > 0 || s.w.fill()); s.w.advance(n) {
		piece := s.w.held()
		if end := bytes.IndexByte(piece, '\n'); firstLine && end == 0 {
			// A line that was cut may swallow the next one whole, as in resumeWithin.
			firstLine = false
			if cut := s.unexpected("", ""); s.canResume(1, "") {
				s.addTooLong(f, size, "more than ")
				s.add(cut)
				s.w.advance(1)
				return
			}
			piece = s.w.held()
		} else if firstLine && end > 0 {
			piece = piece[:end]
		}
		n, verdict = sc.scan(piece)
		size += int64(n)
	}
	switch {
	case verdict == whole || verdict == more && sc.endOfInput():
		s.addTooLong(f, size, "")
		s.afterValue()
	case verdict == bad:
		s.addTooLong(f, size, "more than ")
		where := "in a value of " + commas(size) + " bytes so far"
		if sc.depth == maxNesting {
			where = "more than " + commas(maxNesting) + " levels deep"
		}
		s.resume(s.unexpected(where, ""), 0)
	default:
		s.addTooLong(f, size, "more than ")
		s.endsEarly()
	}
}
