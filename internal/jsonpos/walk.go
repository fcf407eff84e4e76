package jsonpos

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Package event walks JSON too, but only what it has checked itself, and neither of the
// two may import the other. This walk gets what nobody has checked: each of its functions
// stays within the text, and goes forward or stops.

// blank is JSON's white space.
const blank = " \t\r\n"

// child returns the member or element of the value at text[start] that step names.
func child(text []byte, start int, step string) (Span, bool) {
	switch {
	case start == len(text):
	case text[start] == '{':
		return lastMember(text, start, step)
	case text[start] == '[':
		// An index is written in one way only: "01", "+1" and "-" name no element.
		if n, err := strconv.Atoi(step); err == nil && n >= 0 && strconv.Itoa(n) == step {
			return element(text, start, n)
		}
	}
	return Span{}, false
}

// lastMember returns the last member of that name of the object at text[start].
func lastMember(text []byte, start int, name string) (found Span, ok bool) {
	key := skipBlank(text, start+1)
	for at(text, key) == '"' {
		keyEnd := skipString(text, key)
		colon := skipBlank(text, keyEnd)
		if at(text, colon) != ':' {
			break
		}
		value := skipBlank(text, colon+1)
		end := skipValue(text, value)
		if end == value {
			break
		}
		if is(text[key:keyEnd], name) {
			found, ok = Span{Key: key, Start: value, End: end}, true
		}
		comma := skipBlank(text, end)
		if at(text, comma) != ',' {
			break
		}
		key = skipBlank(text, comma+1)
	}
	return found, ok
}

// element returns the n-th element, from 0, of the array at text[start].
func element(text []byte, start, n int) (Span, bool) {
	for i := 0; ; i++ {
		start = skipBlank(text, start+1)
		end := skipValue(text, start)
		if end == start {
			return Span{}, false
		}
		if i == n {
			return Span{Key: -1, Start: start, End: end}, true
		}
		if start = skipBlank(text, end); at(text, start) != ',' {
			return Span{}, false
		}
	}
}

// is reports whether a quoted key is name once it is decoded.
func is(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1:len(quoted)-1]) == name
	}
	var key string
	return json.Unmarshal(quoted, &key) == nil && key == name
}

// at returns text[i], 0 at the end of the text.
func at(text []byte, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return 0
}

func skipBlank(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// skipString returns the offset behind the string whose opening quote is text[i].
func skipString(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(text)
}

// skipValue returns the offset behind the value that begins at text[i]; i if none does.
func skipValue(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i // of the container around
			}
			depth--
			i++
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			for i++; i < len(text) && !ends(text[i]); i++ {
			}
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// ends reports whether c can stand behind a number, true, false or null.
func ends(c byte) bool {
	switch c {
	case ',', ':', '}', ']', ' ', '\t', '\r', '\n', '"', '{', '[':
		return true
	}
	return false
}
