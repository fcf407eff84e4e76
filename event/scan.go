package event

import "iter"

// The functions of this file walk text that CheckSyntax has passed: they trust it to be
// one JSON value, and only look for where its parts begin and end.

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
	Key        string // decoded
	KeyStart   int    // offset of the key's opening quote
	Start, End int    // the value is object[Start:End]
}

// Members yields the members of a JSON object in the order written, a repeated key
// each time. object must have passed [CheckSyntax] and begin with "{".
func Members(object []byte) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		i := skipSpace(object, 1)
		for object[i] != '}' {
			m := Member{KeyStart: i}
			end := SkipString(object, i)
			m.Key = stringOf(object[i:end])
			m.Start = skipSpace(object, skipSpace(object, end)+1) // behind the colon
			m.End = skipValue(object, m.Start)
			if !yield(m) {
				return
			}
			if i = skipSpace(object, m.End); object[i] == ',' {
				i = skipSpace(object, i+1)
			}
		}
	}
}

// members returns the object's values by key; of a repeated key, the last, as
// encoding/json does.
func members(object []byte) map[string][]byte {
	m := make(map[string][]byte, 16)
	for member := range Members(object) {
		m[member.Key] = object[member.Start:member.End]
	}
	return m
}

// last returns the last member of that key, and whether there is one.
func last(object []byte, key string) (found Member, ok bool) {
	for m := range Members(object) {
		if m.Key == key {
			found, ok = m, true
		}
	}
	return found, ok
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
