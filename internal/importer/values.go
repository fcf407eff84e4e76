package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// listedValue is one value of a cell that lists them.
type listedValue struct {
	text   string
	quoted bool // it stands in quotes: it is a text
}

// The signs that a cell has no whole list of values in it.
var (
	exampleWords = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\be\.?g\b|\bsuch as\b|\bexamples?\b|\betc\b|\band (so on|more|others?)\b|\bothers?$|\.\.\.|…`)
	})
	// classWords are words that say of what letters, or from where to where, values are.
	classWords = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:(?:[a-z]|\d+)(?:-|\.\.+)(?:[a-z]|\d+)|(?:alphanumerics?|letters?|digits?|numbers?|numerics?|characters?|dash(?:es)?|hyphens?|underscores?|spaces?|symbols?|positive|negative|(?:upper|lower)case|texts?|varies|various|unlimited|tbd)$)`)
	})
	oneOf       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:one of|either|must be|any of)\s*:?\s+`) })
	valueBreaks = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)<br\s*/?>|</?(?:li|ul|ol)\b[^<>]*>`) })
	codeFirst   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^`([^`]+)`\\s*(?:$|[-–—:=(])") })
	// Slashes stand between values only with blanks around them: km/h is one.
	valueSplit = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\s*\|\s*|\s*[,;]\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+|\s+/\s+`)
	})
	jsonNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$`) })
)

// values reads a cell of a column of allowed values, and reports whether the type says
// them now. head is the column's header.
func (l *limiting) values(c cell, head string) bool {
	if isNothing(c.text) || fold(c.text) == "any" {
		return false
	}
	if l.span(c) {
		return true
	}
	list := valuesIn(c)
	// A single word may describe the values, and in a column that does not say that nothing
	// else is allowed be an example.
	loose := len(list) == 1 && (!onlyAllowed(head) || !list[0].quoted && isWord(list[0].text) && codesAlone(c) == nil)
	if list == nil || loose {
		l.unread(c, "is no plain list of values", "write each value as code, with commas between, in a column Allowed values")
		return false
	}
	t := l.one()
	literals, why := l.literals(t, list)
	switch {
	case why != "":
		l.against(c, why, "")
		return false
	case len(t.enum) > 0 && !sameValues(t.enum, list):
		l.against(c, "the type names other values: "+strings.Join(t.enum, ", "), "")
		return false
	case len(t.enum) == 0:
		t.literals = literals
	}
	return true
}

// onlyAllowed reports whether a column's header says that there are no other values.
func onlyAllowed(head string) bool {
	return strings.Contains(head, "allowed") || strings.Contains(head, "enum")
}

func sameValues(texts []string, list []listedValue) bool {
	return len(texts) == len(list) && !slices.ContainsFunc(list, func(v listedValue) bool { return !slices.Contains(texts, v.text) })
}

// valuesIn returns the values that a cell lists, nil if it is no plain list.
func valuesIn(c cell) []listedValue {
	if exampleWords().MatchString(c.text) {
		return nil
	}
	parts := codesAlone(c)
	if parts == nil {
		parts = brokenLines(c.raw)
	}
	if len(parts) == 1 && parts[0] == strings.TrimSpace(c.text) {
		parts = nil // a list may stand in one code span
	}
	coded := parts != nil
	if parts == nil {
		text := strings.TrimSuffix(oneOf().ReplaceAllString(c.text, ""), ".")
		if n := len(text); n > 1 && (text[0] == '[' && text[n-1] == ']' || text[0] == '{' && text[n-1] == '}') {
			text = text[1 : n-1]
		}
		parts = valueSplit().Split(strings.TrimSpace(text), -1)
	}
	var list []listedValue
	for _, part := range parts {
		v := listedValue{text: strings.TrimSpace(part)}
		if m := quotedAlt().FindStringSubmatch(v.text); m != nil {
			v = listedValue{m[1], true}
		}
		_, isType := wordsByName()[fold(v.text)]
		plain := coded || v.quoted || bareWord().MatchString(v.text) && !classWords().MatchString(v.text)
		if v.text == "" || !plain || isType && !v.quoted && fold(v.text) != "null" {
			return nil
		}
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// codesAlone returns the code spans of a cell that has nothing else in it but what stands
// between them, nil for another.
func codesAlone(c cell) []string {
	if len(c.codes) == 0 {
		return nil
	}
	rest := oneOf().ReplaceAllString(c.text, "")
	for _, code := range c.codes {
		rest = strings.Replace(rest, strings.Join(strings.Fields(code), " "), "", 1)
	}
	if strings.Trim(strings.NewReplacer(" and ", "", " or ", "").Replace(" "+rest+" "), " ,/&;|.") != "" {
		return nil
	}
	return c.codes
}

// brokenLines returns the values of a cell that has one a line, each code or a word.
func brokenLines(raw string) []string {
	if !strings.Contains(raw, "<") {
		return nil
	}
	var values []string
	for _, line := range valueBreaks().Split(raw, -1) {
		line = strings.Trim(line, " \t\n,;•")
		if line == "" {
			continue
		}
		if m := codeFirst().FindStringSubmatch(line); m != nil {
			values = append(values, m[1])
		} else if text := cleanCell(line).text; bareWord().MatchString(text) || quotedAlt().MatchString(text) {
			values = append(values, text)
		} else {
			return nil
		}
	}
	if len(values) < 2 {
		return nil
	}
	return values
}

// literals returns the values as JSON, nil if the type says them without: why says which
// the type cannot have.
func (l *limiting) literals(t *docType, list []listedValue) (literals []json.RawMessage, why string) {
	types := l.valueTypes(t)
	if len(types) > 1 {
		return nil, fmt.Sprintf("the type is %s, and which type each has, nothing says", l.typ)
	}
	kind := strings.Join(types, "")
	for _, v := range list {
		switch {
		case v.text == "null" && !v.quoted && (len(types) < len(t.types) || t.nullable):
			continue // it is added below
		case kind == "" && !v.quoted && !isWord(v.text):
			return nil, fmt.Sprintf("the row has no type, and whether %s is a text, nothing says", v.text)
		case (kind == "" || kind == "string") && (v.quoted || v.text != "null"):
			literals = append(literals, quoted(v.text))
		case kind == "boolean" && (fold(v.text) == "true" || fold(v.text) == "false"):
			literals = append(literals, json.RawMessage(fold(v.text)))
		case kind == "number" && jsonNumber().MatchString(v.text), kind == "integer" && isWhole(v.text) && jsonNumber().MatchString(v.text):
			literals = append(literals, json.RawMessage(v.text))
		default:
			return nil, fmt.Sprintf("the type is %s, and %q is none", l.typ, v.text)
		}
	}
	if kind == "boolean" && len(literals) == 2 {
		return nil, "" // as every boolean
	}
	if t.nullable || len(types) < len(t.types) {
		literals = append(literals, json.RawMessage("null"))
	}
	return literals, ""
}

// isWord reports whether a value without quotes and without a type can only be a text.
func isWord(s string) bool {
	return !jsonNumber().MatchString(s) && !slices.Contains([]string{"true", "false", "null"}, strings.ToLower(s))
}
