package validator

import (
	"bytes"
	"fmt"
	"strconv"
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
// that are not UTF-8.
func guard(text []byte) []guardFault {
	g := guardian{text: text, seen: map[string]int{}}
	if !utf8.Valid(text) {
		g.badUTF8 = true
	}
	g.walk()
	return g.faults
}

// guardian holds the state of one walk.
type guardian struct {
	text    []byte
	open    []container // the containers around the current place, outermost first
	badUTF8 bool        // some string holds bytes that are not UTF-8
	faults  []guardFault
	seen    map[string]int // faults of each rule so far
}

// container is an object or array that the walk is in.
type container struct {
	object bool
	index  int                 // of the current element of an array
	key    []byte              // of the current member, as written, quotes included
	few    [][]byte            // the keys so far, while they are few
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
			if g.badUTF8 && !utf8.Valid(g.text[i:end]) {
				g.report(ruleInvalidUTF8, "the bytes of this string are not UTF-8; a reader sees U+FFFD in their place", "send UTF-8")
			}
			isKey, i = false, end
			continue
		case c == '{' || c == '[':
			g.open = append(g.open, container{object: c == '{'})
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

func (g *guardian) key(key []byte) {
	in := &g.open[len(g.open)-1]
	in.key = key
	repeated := false
	if in.many != nil {
		_, repeated = in.many[string(key)]
		in.many[string(key)] = struct{}{}
	} else {
		for _, k := range in.few {
			repeated = repeated || bytes.Equal(k, key)
		}
		if in.few = append(in.few, key); len(in.few) > fewKeys {
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

func (g *guardian) number(literal []byte) {
	exponent := 0
	if at := bytes.IndexAny(literal, "eE"); at >= 0 {
		n, err := strconv.Atoi(string(literal[at+1:]))
		if exponent = max(n, -n); err != nil {
			exponent = maxExponent + 1
		}
	}
	if len(literal) > maxNumberChars || exponent > maxExponent {
		g.report(ruleNumberOutOfRange,
			fmt.Sprintf("number %s: want at most %d characters and an exponent between -%d and %d", shorten(string(literal)), maxNumberChars, maxExponent, maxExponent),
			"send it as a string, if it is an identifier")
	}
}

// report adds a fault at the current place.
func (g *guardian) report(rule, message, hint string) {
	if g.seen[rule]++; g.seen[rule] > guardFaultsOfARule {
		return
	}
	pointer := ""
	for i, in := range g.open {
		switch {
		case !in.object:
			pointer = jsonpos.Join(pointer, strconv.Itoa(in.index))
		case in.key != nil:
			pointer = jsonpos.Join(pointer, unquote(in.key))
		case i == 0:
			// The outermost object was just opened: the pointer is the root.
		}
	}
	if rule == ruleTooDeep {
		pointer = pointer[:max(0, lastSlash(pointer))]
	}
	g.faults = append(g.faults, guardFault{rule, pointer, message, hint})
}

func lastSlash(s string) int { return bytes.LastIndexByte([]byte(s), '/') }

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}
