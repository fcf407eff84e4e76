package validator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"segproof/finding"
)

// explained fills in rule, message and hint from the table of keywords.
func (l leaf) explained() leaf {
	entry, ok := explanationTable()[l.keyword]
	if !ok || l.doc == nil && l.keyword != "false" {
		// The meta-schema of a draft, say: its text is not at hand.
		entry = explanation{rule: cmp.Or(entry.rule, ruleForbiddenValue), say: sayOther}
	}
	message, hint := entry.say(l)
	l.rule, l.message, l.hint = entry.rule, message, cmp.Or(hint, l.hint)
	if l.ofName {
		l.rule, l.message, l.hint = rulePropertyName, "property name "+quote(l.name)+": "+message, ""
	}
	return l
}

// explanationTable is explanations by keyword; made once, when first asked for.
var explanationTable = sync.OnceValue(func() map[string]explanation {
	table := map[string]explanation{}
	for _, e := range explanations() {
		for _, k := range e.keywords {
			table[k] = e
		}
	}
	return table
})

// explanation says how the failure of some keywords is told.
type explanation struct {
	rule     string
	keywords []string
	say      func(leaf) (message, hint string)
}

// explanations is the table of keywords that can fail, and what is said then.
func explanations() []explanation {
	return []explanation{
		{ruleTypeMismatch, []string{"type"}, sayType},
		{ruleMissingProperty, []string{"required"}, sayMissing},
		{ruleMissingDependency, []string{"dependentRequired", "dependencies"}, sayDependency},
		{ruleAdditionalProperty, []string{"additionalProperties", "unevaluatedProperties"}, sayAdditional},
		{ruleUnplannedItem, []string{"additionalItems", "unevaluatedItems", "items"}, sayUnplannedItem},
		{ruleValueNotAllowed, []string{"enum", "const"}, sayEnum},
		{ruleFormatMismatch, []string{"format"}, sayFormat},
		{rulePatternMismatch, []string{"pattern"}, sayPattern},
		{ruleStringLength, []string{"minLength", "maxLength"}, sayLength},
		{ruleNumberRange, []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}, sayRange},
		{ruleNotMultiple, []string{"multipleOf"}, sayMultiple},
		{ruleItemCount, []string{"minItems", "maxItems"}, sayItemCount},
		{ruleItemsNotUnique, []string{"uniqueItems"}, sayUnique},
		{ruleContainsMismatch, []string{"contains", "minContains", "maxContains"}, sayContains},
		{rulePropertyCount, []string{"minProperties", "maxProperties"}, sayPropertyCount},
		{ruleContentMismatch, []string{"contentEncoding", "contentMediaType"}, sayContent},
		{ruleSeveralAlternatives, []string{"oneOf"}, saySeveral},
		{ruleForbiddenValue, []string{"not", "false", "anyOf"}, sayForbidden},
	}
}

func sayType(l leaf) (string, string) {
	var types []string
	for _, t := range asList(l.want) {
		if s := fmt.Sprint(t); !slices.Contains(types, s) {
			types = append(types, s)
		}
	}
	message := "got " + describe(l.got) + ", want " + strings.Join(types, " or ")
	switch got := l.got.(type) {
	case string:
		if (slices.Contains(types, "integer") || slices.Contains(types, "number")) && isNumber(got, types) {
			return message, "send the number " + got + ", without quotes"
		}
		if slices.Contains(types, "boolean") && (got == "true" || got == "false") {
			return message, "send " + got + ", without quotes"
		}
	case json.Number:
		if slices.Contains(types, "string") {
			return message, quoteHint(got)
		}
		if slices.Contains(types, "integer") {
			return message, "send a whole number"
		}
	case bool:
		if slices.Contains(types, "string") {
			return message, quoteHint(got)
		}
	case nil:
		return message, "leave it out if there is no value"
	}
	if slices.Contains(types, "array") {
		return message, "send it in an array: [...]"
	}
	return message, ""
}

// isNumber reports whether s is a JSON number of one of the types.
func isNumber(s string, types []string) bool {
	if len(s) > maxNumberChars || !json.Valid([]byte(s)) || strings.Trim(s[:1]+s[len(s)-1:], "-0123456789") != "" {
		return false
	}
	return slices.Contains(types, "number") || !strings.ContainsAny(s, ".eE")
}

// maxSuggested is how many names are compared with one that may be misspelt.
const maxSuggested = 1000

func sayMissing(l leaf) (string, string) {
	if len(l.names) > 1 {
		var names []string
		for _, name := range l.names {
			names = append(names, quote(name))
		}
		return "one of " + strings.Join(names, ", ") + " is missing", ""
	}
	message := "property " + quote(l.name) + " is missing"
	declared, _ := l.schema["properties"].(map[string]any)
	schema, _ := declared[l.name].(map[string]any)
	switch want := wanted(schema); {
	case len(l.allowed) > 0:
		message += ", want " + oneOf(l.allowed)
	case want != "":
		message += ", want " + want
	}
	object, _ := l.got.(map[string]any)
	if len(object) > maxSuggested {
		return message, ""
	}
	var unplanned []string
	for _, name := range sortedKeys(object) {
		if _, ok := declared[name]; !ok {
			unplanned = append(unplanned, name)
		}
	}
	if got := finding.Nearest(l.name, unplanned); got != "" {
		return message, quote(got) + " is there; did you mean " + quote(l.name) + "?"
	}
	return message, ""
}

// wanted says in a few words what a schema wants; "" if it says nothing simple.
func wanted(schema map[string]any) string {
	if c, ok := schema["const"]; ok {
		return literal(c)
	}
	var types []string
	for _, t := range asList(schema["type"]) {
		if s, ok := t.(string); ok {
			types = append(types, s)
		}
	}
	return strings.Join(types, " or ")
}

func sayDependency(l leaf) (string, string) {
	return fmt.Sprintf("property %s is missing, want it beside %s", quote(l.name), literal(l.want)), ""
}

func sayAdditional(l leaf) (string, string) {
	object, _ := l.got.(map[string]any)
	declared, _ := l.schema["properties"].(map[string]any)
	var free []string
	for _, name := range sortedKeys(declared) {
		if _, ok := object[name]; !ok {
			free = append(free, name)
		}
	}
	return unplannedMessage(l.name, free), ""
}

// unplannedMessage is what is said of a property that is not in the contract; one of the
// candidates was probably meant.
func unplannedMessage(name string, candidates []string) string {
	return "property " + quote(name) + " is not in the contract" + finding.DidYouMean(name, candidates)
}

func sayUnplannedItem(l leaf) (string, string) {
	if items, ok := l.got.([]any); ok && l.keyword == "additionalItems" {
		tuple, _ := l.schema["items"].([]any)
		return fmt.Sprintf("got %s, want at most %d", count(len(items), "item"), len(tuple)), ""
	}
	return "got " + describe(l.got) + " where the contract allows no further item", ""
}

// maxListed is how many allowed values a message lists.
const maxListed = 8

func sayEnum(l leaf) (string, string) {
	values := []any{l.want}
	if l.keyword == "enum" {
		values = asList(l.want)
	}
	message := "got " + describe(l.got) + ", want " + oneOf(values)
	got, ok := l.got.(string)
	if !ok || len(values) < 2 || len(values) > maxSuggested {
		return message, ""
	}
	var names []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			names = append(names, s)
		}
	}
	return message + finding.DidYouMean(got, names), ""
}

// oneOf lists values as a message does, each once.
func oneOf(values []any) string {
	var texts []string
	for i, v := range values {
		if len(texts) == maxListed {
			return fmt.Sprintf("one of %s and %d more", strings.Join(texts, ", "), len(values)-i)
		}
		if text := literal(v); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "one of " + strings.Join(texts, ", ")
}

func sayFormat(l leaf) (string, string) {
	var formats []string
	for _, f := range asList(l.want) {
		formats = append(formats, fmt.Sprint(f))
	}
	return "got " + describe(l.got) + ", want " + strings.Join(formats, " or "), formatHint(formats)
}

// formatHint shows what a text in the format looks like, if there is one format.
func formatHint(formats []string) string {
	if len(formats) > 1 {
		return ""
	}
	return map[string]string{
		"date-time": "a date-time is like 2026-01-31T12:30:00Z",
		"date":      "a date is like 2026-01-31",
		"time":      "a time is like 12:30:00Z",
		"uri":       "a URI begins with its scheme: https://...",
		"uuid":      "a UUID has 8-4-4-4-12 hexadecimal digits",
	}[formats[0]]
}

func sayPattern(l leaf) (string, string) {
	return fmt.Sprintf("got %s, want text that matches %s", describe(l.got), shorten(fmt.Sprint(l.want))), ""
}

func sayLength(l leaf) (string, string) {
	text, _ := l.got.(string)
	bound := "at least"
	if l.keyword == "maxLength" {
		bound = "at most"
	}
	return fmt.Sprintf("got %s, want %s %v", count(utf8.RuneCountInString(text), "character"), bound, l.want), ""
}

func sayRange(l leaf) (string, string) {
	bound := map[string]string{"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than", "exclusiveMaximum": "less than"}[l.keyword]
	want := l.want
	if _, draft4 := want.(bool); draft4 {
		want = l.schema[strings.ToLower(strings.TrimPrefix(l.keyword, "exclusive"))]
	}
	return fmt.Sprintf("got %s, want %s %v", describe(l.got), bound, want), ""
}

func sayMultiple(l leaf) (string, string) {
	hint := ""
	if step, ok := new(big.Rat).SetString(fmt.Sprint(l.want)); ok && !step.IsInt() && step.Num().Cmp(big.NewInt(1)) == 0 {
		hint = "round it before it is sent"
	}
	return fmt.Sprintf("got %s, want a multiple of %v", describe(l.got), l.want), hint
}

func sayItemCount(l leaf) (string, string) {
	items, _ := l.got.([]any)
	bound := "at least"
	if l.keyword == "maxItems" {
		bound = "at most"
	}
	return fmt.Sprintf("got %s, want %s %v", count(len(items), "item"), bound, l.want), ""
}

func sayUnique(l leaf) (string, string) {
	items, _ := l.got.([]any)
	seen := map[string]int{}
	for i, item := range items {
		same := exact(item)
		first, ok := seen[same]
		switch {
		case !ok:
			seen[same] = i
		case literal(items[first]) == literal(item):
			return fmt.Sprintf("items %d and %d are both %s, want no item twice", first, i, literal(item)), ""
		default:
			return fmt.Sprintf("items %d and %d are equal, %s and %s, want no item twice", first, i, literal(items[first]), literal(item)), ""
		}
	}
	return "two items are equal, want no item twice", ""
}

// exact writes a JSON value so that equal values have the same text: 1 and 1.0 do.
func exact(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok {
			return r.RatString()
		}
		return string(v)
	case []any:
		for _, item := range v {
			b.WriteString(exact(item) + ",")
		}
		return "[" + b.String() + "]"
	case map[string]any:
		for _, name := range sortedKeys(v) {
			b.WriteString(strconv.Quote(name) + ":" + exact(v[name]) + ",")
		}
		return "{" + b.String() + "}"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(v) // true, false, nil
}

func sayContains(l leaf) (string, string) {
	items, _ := l.got.([]any)
	bound := "at least 1"
	if n, ok := l.schema["minContains"]; ok {
		bound = fmt.Sprintf("at least %v", n)
	}
	if l.keyword == "maxContains" {
		bound = fmt.Sprintf("at most %v", l.want)
	}
	return fmt.Sprintf("got %s, want %s of the documented kind", count(len(items), "item"), bound), ""
}

func sayPropertyCount(l leaf) (string, string) {
	object, _ := l.got.(map[string]any)
	bound := "at least"
	if l.keyword == "maxProperties" {
		bound = "at most"
	}
	return fmt.Sprintf("got %s, want %s %v", count(len(object), "member"), bound, l.want), ""
}

func sayContent(l leaf) (string, string) {
	return fmt.Sprintf("got %s, want %v", describe(l.got), l.want), ""
}

func saySeveral(l leaf) (string, string) {
	return "got " + describe(l.got) + ", which fits more than one of " + strconv.Itoa(len(asList(l.want))) + " alternatives, want exactly one", ""
}

func sayForbidden(l leaf) (string, string) {
	return "got " + describe(l.got) + ", which the contract does not allow here", ""
}

func sayOther(l leaf) (string, string) {
	return "got " + describe(l.got) + ", which does not keep " + strconv.Quote(l.keyword) + " of a schema that the contract refers to", ""
}

// compilePatterns compiles the names of patternProperties. One that cannot be compiled
// does not get past Load.
func compilePatterns(patterns any) []*regexp.Regexp {
	object, _ := patterns.(map[string]any)
	var compiled []*regexp.Regexp
	for _, p := range sortedKeys(object) {
		if re, err := regexp.Compile(p); err == nil {
			compiled = append(compiled, re)
		}
	}
	return compiled
}

func matchesAny(patterns []*regexp.Regexp, name string) bool {
	return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(name) })
}
