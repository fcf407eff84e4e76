package mockserver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"segproof/event"
)

// Value is a JSON value taken apart for comparison. Numbers are their text; strings are
// decoded, so that "\u00e9" is "é". A lone surrogate becomes the three bytes that WTF-8
// gives it, and bytes that are not UTF-8 stay: nothing is lost.
type Value struct {
	Kind    byte     // '{', '[', '"', '0' for a number, 'a' for true, false and null
	Text    string   // of a string, decoded; of a number or literal, as written
	Members []Member // of an object, in the order written. A repeated key makes several
	Items   []Value  // of an array
}

// Member is one member of an object.
type Member struct {
	Key   string // decoded as Value.Text is
	Value Value
}

// ParseValue takes apart a JSON text that [event.CheckSyntax] has passed. It panics on
// others.
func ParseValue(text []byte) Value {
	text = bytes.Trim(text, " \t\r\n")
	switch c := text[0]; c {
	case '{':
		v := Value{Kind: c}
		for m := range event.Members(text) {
			key := unquote(text[m.KeyStart:event.SkipString(text, m.KeyStart)])
			v.Members = append(v.Members, Member{key, ParseValue(text[m.Start:m.End])})
		}
		return v
	case '[':
		v := Value{Kind: c}
		var items []json.RawMessage
		_ = json.Unmarshal(text, &items) // the text has been checked
		for _, raw := range items {
			v.Items = append(v.Items, ParseValue(raw))
		}
		return v
	case '"':
		return Value{Kind: c, Text: unquote(text)}
	case 't', 'f', 'n':
		return Value{Kind: 'a', Text: string(text)}
	}
	return Value{Kind: '0', Text: string(text)}
}

// unquote decodes a JSON string, quotes included. Unlike encoding/json it loses nothing:
// a lone surrogate becomes the three bytes that WTF-8 gives it, and bytes that are not
// UTF-8 stay, so that a sender that puts U+FFFD in their place is found out.
func unquote(quoted []byte) string {
	text := quoted[1 : len(quoted)-1]
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if text[i] != 'u' {
			b.WriteByte(unescape(text[i]))
			continue
		}
		r := hex4(text[i+1:])
		i += 4
		if rest := text[i+1:]; utf16.IsSurrogate(r) && len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(rest[2:])); pair != utf8.RuneError {
				r = pair
				i += 6
			}
		}
		if utf16.IsSurrogate(r) {
			b.Write([]byte{0xe0 | byte(r>>12), 0x80 | byte(r>>6)&0x3f, 0x80 | byte(r)&0x3f})
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unescape returns the byte that a backslash and c stand for.
func unescape(c byte) byte {
	if i := strings.IndexByte("bfnrt", c); i >= 0 {
		return "\b\f\n\r\t"[i]
	}
	return c
}

func hex4(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 32) // the text has been checked
	return rune(n)
}

// Canonical returns the same text for values that are the same: keys sorted, those repeated
// in the order written.
func (v Value) Canonical() string {
	var b strings.Builder
	v.write(&b)
	return b.String()
}

func (v Value) write(b *strings.Builder) {
	switch v.Kind {
	case '{':
		members := slices.Clone(v.Members)
		slices.SortStableFunc(members, func(x, y Member) int { return cmp.Compare(x.Key, y.Key) })
		b.WriteByte('{')
		for _, m := range members {
			b.WriteString(strconv.Quote(m.Key))
			b.WriteByte(':')
			m.Value.write(b)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case '[':
		b.WriteByte('[')
		for _, item := range v.Items {
			item.write(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case '"':
		b.WriteString(strconv.Quote(v.Text))
	default:
		b.WriteString(v.Text)
	}
}
