package validator

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"segproof/event"
	"segproof/internal/jsonpos"
)

// maxNumberChars and maxExponent bound the numbers that reach the JSON Schema library,
// which computes exactly: 1e1000001 makes it panic, 1e999999 costs tens of milliseconds
// each. No quantity that anybody tracks comes near them.
const (
	maxNumberChars = 64
	maxExponent    = 400
)

// guardFaultsOfARule is how many faults of one rule the guard reports in one text.
const guardFaultsOfARule = 5

// guardFault is one thing that the guard found in a JSON text.
type guardFault struct {
	rule    string
	pointer string
	message string
	hint    string
}

// fatal reports whether the text must not reach the JSON Schema library.
func (f guardFault) fatal() bool { return f.rule == ruleTooDeep || f.rule == ruleNumberOutOfRange }

// guard walks a JSON text that event.CheckSyntax has passed, and reports what could cost
// more than its size, or would be lost on the way: depth, numbers, repeated keys, bytes
// that are not UTF-8. It returns the number of values in the text too, or of those before
// it nests too deeply: there it stops.
func guard(text []byte) (faults []guardFault, values int) {
	g := guardian{text: text, badUTF8: !utf8.Valid(text), values: 1}
	g.walk()
	return g.faults, g.values
}

// guardian holds the state of one walk.
type guardian struct {
	text    []byte
	open    []container // the containers around the current place, outermost first
	badUTF8 bool        // some string holds bytes that are not UTF-8
	values  int         // seen so far
	faults  []guardFault
}

// container is an object or array that the walk is in.
type container struct {
	object bool
	index  int                 // of the current element of an array
	key    []byte              // of the current member, as written, quotes included
	few    [][]byte            // the keys so far, quotes included, while they are few
	many   map[string]struct{} // the keys so far, once they are many
}

// fewKeys is the number of keys up to which comparing them one by one beats a map.
const fewKeys = 16

func (g *guardian) walk() {
	isKey := false
	for i := 0; i < len(g.text); {
		switch c := g.text[i]; {
		case c == '"':
			end := event.SkipString(g.text, i)
			if isKey {
				g.key(g.text[i:end])
			}
			g.characters(g.text[i:end])
			isKey, i = false, end
			continue
		case c == '{' || c == '[':
			g.enter(c == '{', i)
			if len(g.open) == event.MaxDepth+1 {
				g.report(ruleTooDeep, fmt.Sprintf("nested more than %d deep", event.MaxDepth), "flatten the value: warehouses and destinations flatten it anyway")
				return
			}
			isKey = c == '{'
		case c == '}' || c == ']':
			g.open = g.open[:len(g.open)-1]
			isKey = false
		case c == ',':
			in := &g.open[len(g.open)-1]
			in.index++
			g.values++
			isKey = in.object
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(g.text) && isNumberByte(g.text[end]) {
				end++
			}
			g.number(g.text[i:end])
			i = end
			continue
		}
		i++
	}
}

// enter opens the container that begins at text[i]. The list of keys of one that was
// open at the same depth before is used again.
func (g *guardian) enter(isObject bool, i int) {
	n := len(g.open)
	var few [][]byte
	if n < cap(g.open) {
		few = g.open[:n+1][n].few[:0]
	}
	g.open = append(g.open, container{object: isObject, few: few})
	if next := g.text[skipBlank(g.text, i+1)]; next != '}' && next != ']' {
		g.values++ // the first; each comma is one more
	}
}

// key takes the key of the next member, as written.
func (g *guardian) key(key []byte) {
	in := &g.open[len(g.open)-1]
	in.key = key
	name := key[1 : len(key)-1]
	if bytes.IndexByte(key, '\\') >= 0 || g.badUTF8 {
		name = []byte(unquote(key)) // "a" and "\u0061" are one name
	}
	repeated := false
	if in.many != nil {
		_, repeated = in.many[string(name)]
		in.many[string(name)] = struct{}{}
	} else {
		for _, k := range in.few {
			repeated = repeated || bytes.Equal(k, name)
		}
		if in.few = append(in.few, name); len(in.few) > fewKeys {
			in.many = make(map[string]struct{}, 4*fewKeys)
			for _, k := range in.few {
				in.many[string(k)] = struct{}{}
			}
		}
	}
	if repeated {
		g.report(ruleDuplicateKey, fmt.Sprintf("key %s stands more than once in this object; readers keep the last", shorten(string(key))), "send it once")
	}
}

// characters judges a string, as written, for what no reader can take over as it is.
func (g *guardian) characters(literal []byte) {
	if g.badUTF8 && !utf8.Valid(literal) {
		g.report(ruleInvalidUTF8, "the bytes of this string are not UTF-8; a reader sees U+FFFD in their place", "send UTF-8")
		return
	}
	if lone := loneSurrogate(literal); lone != "" {
		g.report(ruleInvalidUTF8, "the string holds "+lone+", half of a surrogate pair; a reader sees U+FFFD in its place",
			"a text was cut between two UTF-16 units; cut it between characters")
	}
}

// loneSurrogate returns the first escape in a string, as written, that is half of a
// surrogate pair, "" if there is none.
func loneSurrogate(literal []byte) string {
	for i := bytes.IndexByte(literal, '\\'); i >= 0 && i < len(literal); i++ {
		if literal[i] != '\\' {
			continue
		}
		unit, ok := utf16Unit(literal[i:])
		if !ok {
			i++ // what is escaped is one byte
			continue
		}
		escape := literal[i : i+escapeLen]
		i += escapeLen - 1
		if !utf16.IsSurrogate(unit) {
			continue
		}
		if low, ok := utf16Unit(literal[i+1:]); !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return string(escape)
		}
		i += escapeLen
	}
	return ""
}

// escapeLen is the length of an escape such as \u00e9.
const escapeLen = 6

// utf16Unit returns the UTF-16 unit that text begins with as an escape.
func utf16Unit(text []byte) (unit rune, ok bool) {
	if len(text) < escapeLen || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:escapeLen]), 16, 16)
	return rune(n), err == nil
}

func (g *guardian) number(literal []byte) {
	exponent := 0
	if at := bytes.IndexAny(literal, "eE"); at >= 0 {
		n, err := strconv.Atoi(string(literal[at+1:]))
		if exponent = max(n, -n); err != nil {
			exponent = maxExponent + 1
		}
	}
	if len(literal) > maxNumberChars || exponent > maxExponent || overflows(literal, exponent) {
		g.report(ruleNumberOutOfRange,
			fmt.Sprintf("number %s: want at most %d characters, an exponent of at least -%d and a value within a double's ±1.8e308", shorten(string(literal)), maxNumberChars, maxExponent),
			"send it as a string, if it is an identifier")
	}
}

// overflows reports whether a number is beyond a double: JavaScript makes it infinite, and
// writes null in its place. exponent is how large its own is, without the sign.
func overflows(literal []byte, exponent int) bool {
	if exponent+maxNumberChars < 308 {
		return false // the largest double is 1.8e308
	}
	_, err := strconv.ParseFloat(string(literal), 64)
	return err != nil
}

// report adds a fault at the current place.
func (g *guardian) report(rule, message, hint string) {
	said := 0
	for _, f := range g.faults {
		if f.rule == rule {
			said++
		}
	}
	if said >= guardFaultsOfARule {
		return
	}
	way := g.open
	if rule == ruleTooDeep {
		way = way[:len(way)-1] // the container itself, not what is in it
	}
	pointer := ""
	for _, in := range way {
		if in.object {
			pointer = jsonpos.Join(pointer, unquote(in.key))
		} else {
			pointer = jsonpos.Join(pointer, strconv.Itoa(in.index))
		}
	}
	g.faults = append(g.faults, guardFault{rule, pointer, message, hint})
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}
