package importer

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// relaxed reads what people write in documentation for an object: JSON, or a literal of
// JavaScript, with comments, names without quotes, single quotes, commas at the end.
// What it cannot read, it refuses; strict says that the text was JSON.
type relaxed struct {
	s      string
	i      int
	nodes  int
	strict bool
	broken bool // a comma is missing: no program reads it
}

var errNotLiteral = errors.New("not a literal")

// maxSampleNodes bounds the values of one sample: an event may have 10,000 properties.
const maxSampleNodes = 20_000

// parseRelaxed reads the value that s begins with. The reader tells how far it got, and
// what it thinks of it.
func parseRelaxed(s string) (v any, r *relaxed, err error) {
	r = &relaxed{s: s, strict: true}
	v, err = r.value(0)
	return v, r, err
}

// space skips blanks and comments.
func (r *relaxed) space() {
	for r.i < len(r.s) {
		switch {
		case strings.IndexByte(" \t\r\n", r.s[r.i]) >= 0:
			r.i++
		case strings.HasPrefix(r.s[r.i:], "//"):
			r.strict = false
			end := strings.IndexByte(r.s[r.i:], '\n')
			if end < 0 {
				end = len(r.s) - r.i
			}
			r.i += end
		case strings.HasPrefix(r.s[r.i:], "/*"):
			r.strict = false
			end := strings.Index(r.s[r.i:], "*/")
			if end < 0 {
				r.i = len(r.s)
				return
			}
			r.i += end + 2
		case strings.HasPrefix(r.s[r.i:], "\u00a0"), strings.HasPrefix(r.s[r.i:], "\u200b"):
			r.strict = false
			_, size := utf8.DecodeRuneInString(r.s[r.i:])
			r.i += size
		default:
			return
		}
	}
}

func (r *relaxed) peek() byte {
	r.space()
	if r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

func (r *relaxed) value(depth int) (any, error) {
	if r.nodes++; r.nodes > maxSampleNodes || depth > maxJSONDepth {
		return nil, errNotLiteral
	}
	switch c := r.peek(); {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"' || c == '\'' || c == '`':
		s, err := r.str()
		return quoted(s), err
	case c == 0:
		return nil, errNotLiteral
	}
	return r.word()
}

func (r *relaxed) object(depth int) (any, error) {
	o := &object{}
	r.i++
	for {
		c := r.peek()
		switch {
		case c == '}':
			r.i++
			return o, nil
		case c == 0:
			return nil, errNotLiteral
		case c == ',' && len(o.members) > 0:
			r.i++
			if r.peek() == '}' || r.peek() == ',' {
				r.strict = false
			}
			continue
		}
		if r.nodes++; r.nodes > maxSampleNodes {
			return nil, errNotLiteral
		}
		key, err := r.key()
		if err != nil {
			return nil, err
		}
		if r.peek() != ':' {
			return nil, errNotLiteral
		}
		r.i++
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.members = append(o.members, pair{key, v})
		if next := r.peek(); next != ',' && next != '}' {
			r.strict, r.broken = false, true // what is meant is plain
		}
	}
}

func (r *relaxed) key() (string, error) {
	if c := r.peek(); c == '"' || c == '\'' || c == '`' {
		return r.str()
	}
	start := r.i
	for r.i < len(r.s) && (isWordByte(r.s[r.i]) || r.s[r.i] == '$' || r.s[r.i] == '-') {
		r.i++
	}
	if r.i == start {
		return "", errNotLiteral
	}
	r.strict = false
	return r.s[start:r.i], nil
}

func (r *relaxed) array(depth int) (any, error) {
	list := []any{}
	r.i++
	for {
		switch c := r.peek(); {
		case c == ']':
			r.i++
			return list, nil
		case c == 0:
			return nil, errNotLiteral
		case c == ',' && len(list) > 0:
			r.i++
			if r.peek() == ']' {
				r.strict = false
			}
			continue
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if next := r.peek(); next != ',' && next != ']' {
			r.strict, r.broken = false, true
		}
	}
}

// str reads a string in any quotes, which end on its line.
func (r *relaxed) str() (string, error) {
	quote := r.s[r.i]
	r.strict = r.strict && quote == '"'
	for end := r.i + 1; end < len(r.s); end++ {
		switch c := r.s[end]; {
		case c == '\\':
			end++
		case c == '\n' && quote != '`':
			return "", errNotLiteral
		case c == quote:
			text := r.s[r.i+1 : end]
			raw := r.s[r.i : end+1]
			r.i = end + 1
			if quote == '"' && plainText(text) {
				return text, nil
			}
			var s string
			if quote == '"' && json.Unmarshal([]byte(raw), &s) == nil {
				return s, nil
			}
			if quote == '"' {
				r.strict = false
			}
			return strings.NewReplacer(`\'`, "'", `\"`, `"`, `\\`, `\`, `\n`, "\n").Replace(text), nil
		}
	}
	return "", errNotLiteral
}

// word reads a number, true, false, null, or what a program fills in, which is null.
func (r *relaxed) word() (any, error) {
	start := r.i
	for r.i < len(r.s) && (isWordByte(r.s[r.i]) || strings.IndexByte("+-.$", r.s[r.i]) >= 0) {
		r.i++
	}
	text := r.s[start:r.i]
	if text == "" {
		return nil, errNotLiteral
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text), nil
	}
	r.strict = false
	if strings.IndexByte("0123456789-.", text[0]) >= 0 {
		return nil, errNotLiteral
	}
	if next := r.peek(); next == '(' {
		return nil, errNotLiteral
	}
	return filledIn{}, nil
}

// filledIn is a value that a program fills in: new Date, user.id.
type filledIn struct{}
