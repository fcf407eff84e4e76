package input

// verdict is what a scanner knows after some more bytes.
type verdict int

const (
	more  verdict = iota // so far it is the beginning of a JSON value
	whole                // the value is complete
	bad                  // no JSON value begins like this
)

// state is what a scanner waits for.
type state uint8

const (
	wantValue   state = iota
	wantElement       // or the end of the array
	wantKey
	wantMember // a key, or the end of the object
	wantColon
	wantComma // or the end of the array or object
	inString
	inEscape
	inHex
	inWord
	behindMinus
	behindZero
	inInteger
	behindPoint
	inFraction
	behindE
	behindSign
	inExponent
)

// maxNesting is how deeply, in levels, a text may nest for its end to be found: a bit a
// level makes 1 MiB. Beyond it the text counts as damaged. Only a text larger than
// DefaultMaxValueBytes gets there, which is skipped anyway.
const maxNesting = 8 << 20

// scanner finds the end of one JSON value (RFC 8259) that comes in pieces, and the first
// byte that cannot be part of one: the same byte that encoding/json stops at. Unlike
// encoding/json it needs neither the whole value nor more than a bit for each level.
// The zero value waits for the value's first byte.
type scanner struct {
	state   state
	isKey   bool     // inString: the string is a key
	hexLeft int      // inHex: digits to come
	word    string   // inWord: bytes to come
	objects []uint64 // one bit for each level: it is an object, not an array
	depth   int
}

// scan reads on in p. It returns more with len(p); or whole with the offset behind the
// value; or bad with the offset of the byte that does not fit.
func (s *scanner) scan(p []byte) (int, verdict) {
	for i, c := range p {
		switch s.state {
		case inString:
			if c != '"' && c != '\\' && c >= ' ' {
				continue
			}
		case behindZero, inInteger, inFraction, inExponent:
			// A number has no last byte of its own: only the byte behind it ends it.
			if s.inNumber(c) {
				continue
			}
			if s.endValue() == whole {
				return i, whole
			}
		}
		switch s.step(c) {
		case whole:
			return i + 1, whole
		case bad:
			return i, bad
		}
	}
	return len(p), more
}

// endOfInput reports whether the value is complete if nothing follows: a number.
func (s *scanner) endOfInput() bool {
	switch s.state {
	case behindZero, inInteger, inFraction, inExponent:
		return s.depth == 0
	}
	return false
}

func (s *scanner) step(c byte) verdict {
	switch s.state {
	case inString:
		return s.string(c)
	case inEscape, inHex, inWord:
		return s.literal(c)
	case behindMinus, behindPoint, behindE, behindSign:
		return s.number(c)
	}
	if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		return more
	}
	switch s.state {
	case wantColon:
		return s.expect(c == ':', wantValue)
	case wantComma:
		switch {
		case c != ',':
			return s.close(c)
		case s.inObject():
			return s.expect(true, wantKey)
		}
		return s.expect(true, wantValue)
	case wantKey, wantMember:
		if c == '}' && s.state == wantMember {
			return s.close(c)
		}
		s.isKey = true
		return s.expect(c == '"', inString)
	case wantElement:
		if c == ']' {
			return s.close(c)
		}
	}
	return s.begin(c)
}

// begin takes the first byte of a value.
func (s *scanner) begin(c byte) verdict {
	switch {
	case c == '{':
		return s.push(1, wantMember)
	case c == '[':
		return s.push(0, wantElement)
	case c == '"':
		s.isKey = false
		return s.expect(true, inString)
	case c == '-':
		return s.expect(true, behindMinus)
	case c == '0':
		return s.expect(true, behindZero)
	case c >= '1' && c <= '9':
		return s.expect(true, inInteger)
	case c == 't':
		s.word = "rue"
	case c == 'f':
		s.word = "alse"
	case c == 'n':
		s.word = "ull"
	default:
		return bad
	}
	return s.expect(true, inWord)
}

func (s *scanner) string(c byte) verdict {
	switch {
	case c == '\\':
		return s.expect(true, inEscape)
	case c != '"':
		return bad
	case s.isKey:
		return s.expect(true, wantColon)
	}
	return s.endValue()
}

func (s *scanner) literal(c byte) verdict {
	switch s.state {
	case inEscape:
		switch c {
		case 'u':
			s.hexLeft = 4
			return s.expect(true, inHex)
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			return s.expect(true, inString)
		}
		return bad
	case inHex:
		if s.hexLeft--; s.hexLeft > 0 {
			return s.expect(isHex(c), inHex)
		}
		return s.expect(isHex(c), inString)
	}
	if c != s.word[0] {
		return bad
	}
	if s.word = s.word[1:]; s.word == "" {
		return s.endValue()
	}
	return more
}

// number takes a byte of a number that cannot end before it.
func (s *scanner) number(c byte) verdict {
	digit := c >= '0' && c <= '9'
	switch s.state {
	case behindMinus:
		if c == '0' {
			return s.expect(true, behindZero)
		}
		return s.expect(digit, inInteger)
	case behindPoint:
		return s.expect(digit, inFraction)
	case behindE:
		if c == '+' || c == '-' {
			return s.expect(true, behindSign)
		}
	}
	return s.expect(digit, inExponent)
}

// inNumber reports whether c goes on with a number that could end before it.
func (s *scanner) inNumber(c byte) bool {
	switch {
	case c >= '0' && c <= '9':
		return s.state != behindZero
	case c == '.' && (s.state == behindZero || s.state == inInteger):
		s.state = behindPoint
		return true
	case (c == 'e' || c == 'E') && s.state != inExponent:
		s.state = behindE
		return true
	}
	return false
}

func (s *scanner) expect(ok bool, next state) verdict {
	if !ok {
		return bad
	}
	s.state = next
	return more
}

func (s *scanner) endValue() verdict {
	if s.depth == 0 {
		return whole
	}
	s.state = wantComma
	return more
}

func (s *scanner) push(object uint64, next state) verdict {
	if s.depth == maxNesting {
		return bad
	}
	if s.depth%64 == 0 {
		s.objects = append(s.objects, 0)
	}
	s.objects[s.depth/64] |= object << (s.depth % 64)
	s.depth++
	return s.expect(true, next)
}

func (s *scanner) inObject() bool {
	top := s.depth - 1
	return s.objects[top/64]>>(top%64)&1 == 1
}

func (s *scanner) close(c byte) verdict {
	if s.inObject() != (c == '}') || c != '}' && c != ']' {
		return bad
	}
	s.depth--
	s.objects[s.depth/64] &^= 1 << (s.depth % 64)
	if s.depth%64 == 0 {
		s.objects = s.objects[:len(s.objects)-1]
	}
	return s.endValue()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
