package validator

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"segproof/finding"
)

// explained fills in rule, message and hint from the table of keywords.
func (l leaf) explained() leaf {
	for _, entry := range explanations() {
		if slices.Contains(entry.keywords, l.keyword) {
			l.rule = entry.rule
			l.message, l.hint = entry.say(l)
			return l
		}
	}
	l.rule = ruleForbiddenValue
	l.message = "got " + describe(l.got) + ", which the contract does not allow (" + l.keyword + ")"
	return l
}

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
		{ruleContentMismatch, []string{"contentEncoding", "contentMediaType", "contentSchema"}, sayContent},
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
	if len(s) > maxNumberChars || !regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`).MatchString(s) {
		return false
	}
	return slices.Contains(types, "number") || !strings.Contains(s, ".")
}

func sayMissing(l leaf) (string, string) {
	message := "property " + quote(l.name) + " is missing"
	declared, _ := l.schema["properties"].(map[string]any)
	if schema, ok := declared[l.name].(map[string]any); ok {
		if want := wanted(schema); want != "" {
			message += ", want " + want
		}
	}
	object, _ := l.got.(map[string]any)
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
	return "property " + quote(l.name) + " is missing; another property that is there needs it", ""
}

func sayAdditional(l leaf) (string, string) {
	name := l.name
	if name == "" {
		name = lastStep(l.pointer)
	}
	declared, _ := l.schema["properties"].(map[string]any)
	return unplannedMessage(name, sortedKeys(declared)), ""
}

// unplannedMessage is what is said of a property that is not in the contract.
func unplannedMessage(name string, declared []string) string {
	return "property " + quote(name) + " is not in the contract" + finding.DidYouMean(name, declared)
}

func sayUnplannedItem(l leaf) (string, string) {
	if items, ok := l.got.([]any); ok {
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
	var texts, names []string
	for _, v := range values {
		texts = append(texts, literal(v))
		if s, ok := v.(string); ok {
			names = append(names, s)
		}
	}
	message := "got " + describe(l.got) + ", want "
	switch {
	case len(texts) == 1:
		message += texts[0]
	case len(texts) > maxListed:
		message += fmt.Sprintf("one of %s and %d more", strings.Join(texts[:maxListed], ", "), len(texts)-maxListed)
	default:
		message += "one of " + strings.Join(texts, ", ")
	}
	if got, ok := l.got.(string); ok && len(texts) > 1 {
		message += finding.DidYouMean(got, names)
	}
	return message, ""
}

func sayFormat(l leaf) (string, string) {
	format := fmt.Sprint(l.want)
	hints := map[string]string{
		"date-time": "a date-time is like 2026-01-31T12:30:00Z",
		"date":      "a date is like 2026-01-31",
		"time":      "a time is like 12:30:00Z",
		"uri":       "a URI begins with its scheme: https://...",
		"uuid":      "a UUID has 8-4-4-4-12 hexadecimal digits",
	}
	return "got " + describe(l.got) + ", want " + format, hints[format]
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
	return fmt.Sprintf("got %s, want %s %v", describe(l.got), bound, l.want), ""
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
		text := literal(item)
		if first, ok := seen[text]; ok {
			return fmt.Sprintf("items %d and %d are both %s, want no item twice", first, i, text), ""
		}
		seen[text] = i
	}
	return "two items are equal, want no item twice", "1 and 1.0 are equal"
}

func sayContains(l leaf) (string, string) {
	items, _ := l.got.([]any)
	if l.keyword == "maxContains" {
		return fmt.Sprintf("too many of %s are of the kind that the contract wants at most %v of", count(len(items), "item"), l.want), ""
	}
	least := "1"
	if n, ok := l.schema["minContains"]; ok {
		least = fmt.Sprint(n)
	}
	return fmt.Sprintf("too few of %s are of the kind that the contract wants at least %s of", count(len(items), "item"), least), ""
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
	want := fmt.Sprint(l.want)
	if l.keyword == "contentSchema" {
		want = "JSON that follows the contract's contentSchema"
	}
	return "got " + describe(l.got) + ", want " + want, ""
}

func saySeveral(l leaf) (string, string) {
	return "got " + describe(l.got) + ", which fits more than one of " + strconv.Itoa(len(asList(l.want))) + " alternatives, want exactly one", ""
}

func sayForbidden(l leaf) (string, string) {
	return "got " + describe(l.got) + ", which the contract does not allow here", ""
}

// lastStep returns the last step of a pointer, decoded.
func lastStep(pointer string) string {
	cut := strings.LastIndexByte(pointer, '/')
	return strings.ReplaceAll(strings.ReplaceAll(pointer[cut+1:], "~1", "/"), "~0", "~")
}

// matchesAny reports whether name matches one of the patternProperties.
func matchesAny(patterns any, name string) bool {
	object, _ := patterns.(map[string]any)
	for pattern := range object {
		// A pattern that cannot be compiled does not get past Load.
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(name) {
			return true
		}
	}
	return false
}
