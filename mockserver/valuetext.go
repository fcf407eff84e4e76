package mockserver

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxShown is how much of a value a message shows, in bytes.
const maxShown = 80

// String returns the value as JSON, as a person is shown it. Strings are written with
// what they hold, but for what JSON itself escapes; what is no Unicode is written as \x
// and two digits.
func (v Value) String() string {
	var b strings.Builder
	v.show(&b)
	return b.String()
}

func (v Value) show(b *strings.Builder) {
	switch v.Kind {
	case '{':
		b.WriteByte('{')
		for i, m := range v.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(m.Key))
			b.WriteByte(':')
			m.Value.show(b)
		}
		b.WriteByte('}')
	case '[':
		b.WriteByte('[')
		for i := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			v.Items[i].show(b)
		}
		b.WriteByte(']')
	case '"':
		b.WriteString(quoted(v.Text))
	default:
		b.WriteString(v.Text)
	}
}

// quoted writes a text as JSON, as a person is shown it.
func quoted(text string) string {
	if !utf8.ValidString(text) {
		return strconv.Quote(text)
	}
	return string(jsonQuoted(text))
}

// fromDifference cuts what two long texts have in common at their beginning, but for a
// few characters.
func fromDifference(a, b string) (string, string) {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	if n = max(0, n-maxShown/4); n == 0 {
		return a, b
	}
	for n > 0 && !utf8.RuneStart(a[n]) {
		n--
	}
	return "..." + a[n:], "..." + b[n:]
}

// Shorten cuts a text that is too long for a message, 80 bytes, and says how long it is.
func Shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	n := maxShown - 20
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:n], len(text))
}
