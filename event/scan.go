package event

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// The functions of this file walk text that CheckSyntax has passed: they trust it to be
// one JSON value, and only look for where its parts begin and end.

// blank is JSON's white space.
const blank = " \t\r\n"

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// SkipString returns the offset behind the JSON string whose opening quote is text[i].
// text must have passed [CheckSyntax].
func SkipString(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the offset behind the value that begins at text[i].
func skipValue(text []byte, i int) int {
	switch text[i] {
	case '"':
		return SkipString(text, i)
	case '{', '[':
		return skipNested(text, i)
	}
	for i < len(text) {
		switch text[i] {
		case ',', ']', '}', ' ', '\t', '\r', '\n':
			return i
		}
		i++
	}
	return i
}

func skipNested(text []byte, i int) int {
	depth := 0
	for {
		switch text[i] {
		case '"':
			i = SkipString(text, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
}

// A Member is one member of a JSON object.
type Member struct {
	Key        string // decoded, as encoding/json does
	KeyStart   int    // offset of the key's opening quote
	Start, End int    // the value is object[Start:End]
}

// Members yields the members of a JSON object in the order written, a repeated key
// each time. object must have passed [CheckSyntax] and begin with "{".
func Members(object []byte) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for m := range walk(object) {
			if !yield(Member{string(m.key), m.keyStart, m.start, m.end}) {
				return
			}
		}
	}
}

// member is a Member that costs no memory.
type member struct {
	key                  []byte // decoded
	keyStart, start, end int    // as in Member
}

// walk yields what Members does.
func walk(object []byte) iter.Seq[member] {
	return func(yield func(member) bool) {
		i := skipSpace(object, 1)
		for object[i] != '}' {
			m := member{keyStart: i}
			end := SkipString(object, i)
			m.key = unquote(object[i:end])
			m.start = skipSpace(object, skipSpace(object, end)+1) // behind the colon
			m.end = skipValue(object, m.start)
			if !yield(m) {
				return
			}
			if i = skipSpace(object, m.end); object[i] == ',' {
				i = skipSpace(object, i+1)
			}
		}
	}
}

// last returns the last member of that key, which is the one that encoding/json keeps,
// and whether there is one.
func last(object []byte, key string) (found member, ok bool) {
	for m := range walk(object) {
		if string(m.key) == key {
			found, ok = m, true
		}
	}
	return found, ok
}

// valueOf returns the value of the last member of that key, empty if there is none or if
// value is no object.
func valueOf(value []byte, key string) []byte {
	if len(value) == 0 || value[0] != '{' {
		return nil
	}
	m, _ := last(value, key)
	return value[m.start:m.end]
}

// elements yields the offsets at which the elements of a JSON array begin and end.
func elements(array []byte) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		i := skipSpace(array, 1)
		for array[i] != ']' {
			end := skipValue(array, i)
			if !yield(i, end) {
				return
			}
			if i = skipSpace(array, end); array[i] == ',' {
				i = skipSpace(array, i+1)
			}
		}
	}
}

// unquote decodes a JSON string, quotes included, as encoding/json does: a lone surrogate
// and what is not UTF-8 become U+FFFD. It is part of quoted if nothing is to be decoded.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // a string that was checked always decodes
	return []byte(s)
}

// stringOf returns the value of a JSON string, "" for anything else.
func stringOf(value []byte) string {
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	return string(unquote(value))
}
