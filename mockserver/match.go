package mockserver

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// pattern is a JSON value that others are compared with. It does not change.
type pattern struct {
	value   Value          // as written, matchers included
	matcher string         // "$any", "$absent", "$type" or "$regexp"; "" compares with value
	closed  bool           // an object may have no other members than these
	names   []string       // of the members, decoded: the matchers' escape "$$" is a "$"
	members []*pattern     // of an object, by the indexes of names
	items   []*pattern     // of an array
	re      *regexp.Regexp // of $regexp
}

// matcherKind is one line of the table of matchers.
type matcherKind struct {
	name  string
	wants string // what stands behind it

	// compile fills in p, whose value is the matcher with argument; it returns what is
	// wrong with argument, "" for nothing.
	compile func(c *patternCompiler, p *pattern, pointer string, argument Value) string
}

// matchers returns the table of matchers: the objects with one member that do not stand
// for themselves inside a match.
func matchers() []matcherKind {
	return []matcherKind{
		{"$any", "true", wantsTrue},
		{"$absent", "true", wantsTrue},
		{"$type", strings.Join(typeNames(), ", "), func(_ *patternCompiler, _ *pattern, _ string, argument Value) string {
			if argument.Kind != '"' || !slices.Contains(typeNames(), argument.Text) {
				return fmt.Sprintf("got %s, want one of %s%s", Shorten(argument.String()), strings.Join(typeNames(), ", "), finding.DidYouMean(argument.Text, typeNames()))
			}
			return ""
		}},
		{"$regexp", "a regular expression (RE2)", compileRegexp},
		{"$exact", "a value that may have no further members", func(c *patternCompiler, p *pattern, pointer string, argument Value) string {
			*p = *c.compile(pointer, argument, exactly)
			return ""
		}},
	}
}

func typeNames() []string {
	return []string{"string", "number", "integer", "boolean", "null", "object", "array"}
}

func wantsTrue(_ *patternCompiler, _ *pattern, _ string, argument Value) string {
	if argument.Kind != 'a' || argument.Text != "true" {
		return fmt.Sprintf("got %s, want true", Shorten(argument.String()))
	}
	return ""
}

// maxRegexpBytes is how long a regular expression of a match may be. A search costs the
// product of the expression's size and the text's.
const maxRegexpBytes = 1000

func compileRegexp(_ *patternCompiler, p *pattern, _ string, argument Value) string {
	if argument.Kind != '"' {
		return fmt.Sprintf("got %s, want a regular expression in quotes", Shorten(argument.String()))
	}
	if n := len(argument.Text); n > maxRegexpBytes {
		return fmt.Sprintf("got a regular expression of %d bytes, want at most %d", n, maxRegexpBytes)
	}
	re, err := regexp.Compile(argument.Text)
	if err != nil {
		return fmt.Sprintf("got %s, want a regular expression: %s", quoted(argument.Text), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	p.re = re
	return ""
}

// fit says whether objects may have other members than those of a pattern.
type fit int

const (
	partly fit = iota
	exactly
)

// patternCompiler collects what is wrong with a pattern.
type patternCompiler struct{ reasons []Reason }

// compilePattern reads the match of a [Where].
func compilePattern(text []byte) (*pattern, []Reason) {
	if err := event.CheckSyntax(text); err != nil {
		return nil, []Reason{{Message: "not JSON: " + err.Error()}}
	}
	if depth(text) > event.MaxDepth {
		return nil, []Reason{{Message: fmt.Sprintf("nested more than %d deep", event.MaxDepth)}}
	}
	var c patternCompiler
	v := ParseValue(text)
	if v.Kind != '{' {
		c.report("", "got %s, want an object: the members that the event must have", Shorten(v.String()))
		return nil, c.reasons
	}
	p := c.compile("", v, partly)
	if len(c.reasons) == 0 && (p.matcher != "" || p.value.Kind != '{') {
		c.report("", "got %s for a whole event, want its members", Shorten(v.String()))
	}
	return p, c.reasons
}

// depth returns how deeply the arrays and objects of a JSON text nest.
func depth(text []byte) int {
	deepest, now := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = event.SkipString(text, i) - 1
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
	}
	return deepest
}

func (c *patternCompiler) report(pointer, format string, args ...any) {
	c.reasons = append(c.reasons, Reason{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

// reportKey is report for a fault of the key that pointer ends with.
func (c *patternCompiler) reportKey(pointer, format string, args ...any) {
	c.report(pointer, format, args...)
	c.reasons[len(c.reasons)-1].OnKey = true
}

func (c *patternCompiler) compile(pointer string, v Value, how fit) *pattern {
	p := &pattern{value: v, closed: how == exactly}
	switch v.Kind {
	case '[':
		for i, item := range v.Items {
			below := pointer + "/" + strconv.Itoa(i)
			q := c.compile(below, item, how)
			if q.matcher == "$absent" {
				c.report(below, "an item of a list cannot be absent: leave it out")
			}
			p.items = append(p.items, q)
		}
	case '{':
		if i := slices.IndexFunc(v.Members, func(m Member) bool { return isMatcher(m.Key) }); i >= 0 {
			c.matcher(p, pointer, v.Members[i].Key, how)
			return p
		}
		seen := map[string]bool{}
		for _, m := range v.Members {
			below := pointerTo(pointer, m.Key)
			name := m.Key
			if strings.HasPrefix(name, "$$") {
				name = name[1:]
			}
			if seen[name] {
				c.reportKey(below, "key %s stands twice", quoted(m.Key))
			}
			seen[name] = true
			p.names = append(p.names, name)
			p.members = append(p.members, c.compile(below, m.Value, how))
		}
	}
	return p
}

// isMatcher reports whether a key is a matcher's, or is meant to be one: "$$set" is
// not, it stands for the key "$set".
func isMatcher(key string) bool { return strings.HasPrefix(key, "$") && !strings.HasPrefix(key, "$$") }

// matcher compiles an object that has a matcher's key.
func (c *patternCompiler) matcher(p *pattern, pointer, key string, how fit) {
	below := pointerTo(pointer, key)
	if len(p.value.Members) > 1 {
		c.reportKey(below, "got the matcher %s beside other members, want it alone; a property of that name is written $%s", quoted(key), key)
		return
	}
	var names []string
	for _, kind := range matchers() {
		names = append(names, kind.name)
		if kind.name != key {
			continue
		}
		p.matcher = key
		if wrong := kind.compile(c, p, below, p.value.Members[0].Value); wrong != "" {
			c.report(below, "%s: %s", key, wrong)
		}
		return
	}
	c.reportKey(below, "no matcher %s, want one of %s; a property of that name is written $%s%s",
		quoted(key), strings.Join(names, ", "), key, finding.DidYouMean(key, names))
}

// pointerTo returns the JSON Pointer of a member.
func pointerTo(pointer, key string) string {
	return pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// literal returns the pattern that the same value alone fits, "$" or not.
func literal(v Value) *pattern {
	p := &pattern{value: v, closed: true}
	for _, m := range v.Members {
		p.names = append(p.names, m.Key)
		p.members = append(p.members, literal(m.Value))
	}
	for _, item := range v.Items {
		p.items = append(p.items, literal(item))
	}
	return p
}

// want says what fits the pattern, as a person is shown it.
func (p *pattern) want() string {
	switch {
	case p == nil || p.matcher == "$absent":
		return "nothing"
	case p.matcher == "$any":
		return "any value"
	case p.matcher == "$type":
		return "any " + p.argument().Text
	case p.matcher == "$regexp":
		return "a string that matches " + quoted(p.argument().Text)
	}
	return p.value.String()
}

func (p *pattern) argument() Value { return p.value.Members[0].Value }
