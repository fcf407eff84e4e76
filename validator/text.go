package validator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxQuoted is how many bytes of a user's text a message quotes.
const maxQuoted = 60

// shorten cuts a long text, at a character, and says so.
func shorten(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	cut := maxQuoted
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// quote writes a user's text as a message shows it.
func quote(s string) string {
	if len(s) <= maxQuoted {
		return strconv.Quote(s)
	}
	return strconv.Quote(shorten(s))
}

// unquote decodes a JSON string.
func unquote(literal []byte) string {
	var s string
	if err := json.Unmarshal(literal, &s); err != nil {
		return string(literal) // only a JSON string is handed in
	}
	return s
}

// describe says what a JSON value is: string "12", number 12.5, null.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean " + strconv.FormatBool(v)
	case string:
		return "string " + quote(v)
	case json.Number:
		return "number " + shorten(string(v))
	case []any:
		return "array of " + count(len(v), "item")
	case map[string]any:
		return "object of " + count(len(v), "member")
	}
	return fmt.Sprintf("%T", v) // no other type comes out of encoding/json
}

// literal writes a JSON value as it would be sent, shortened if it is long.
func literal(v any) string {
	if s, ok := v.(string); ok {
		return quote(s)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v) // only decoded JSON is handed in
	}
	return shorten(strings.TrimSuffix(b.String(), "\n"))
}

// count writes a number and its noun, in the plural where needed.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if noun[len(noun)-1] == 'y' {
		return strconv.Itoa(n) + " " + noun[:len(noun)-1] + "ies"
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
