package compat

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// typesOf returns the types that a schema allows, sorted, without null, and whether it
// allows null. A schema without "type" allows all.
func typesOf(schema map[string]any) (types []string, null bool) {
	switch named := schema["type"].(type) {
	case string:
		types = []string{named}
	case []any:
		for _, t := range named {
			if s, ok := t.(string); ok {
				types = append(types, s)
			}
		}
	default:
		types = []string{"array", "boolean", "null", "number", "object", "string"}
	}
	slices.Sort(types)
	types = slices.Compact(types)
	if slices.Contains(types, "number") {
		types = without(types, "integer") // every integer is a number
	}
	return without(types, "null"), slices.Contains(types, "null")
}

// without returns a copy of a list without one of its elements.
func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// uncovered returns the types of which those of by do not cover every value.
func uncovered(types, by []string) []string {
	var left []string
	for _, t := range types {
		if !slices.Contains(by, t) && (t != "integer" || !slices.Contains(by, "number")) {
			left = append(left, t)
		}
	}
	return left
}

// types compares "type". That null comes or goes is a change of its own.
func (w *walker) types(h here, prev, next map[string]any) {
	before, nullBefore := typesOf(prev)
	after, nullAfter := typesOf(next)
	lost, gained := uncovered(before, after), uncovered(after, before)
	said := fmt.Sprintf("type was %s, is %s", typeText(prev), typeText(next))
	switch {
	case len(lost) > 0 && len(gained) > 0:
		w.report(h, "type-changed", "type", "%s", said)
		if len(lost) == len(before) && len(gained) == len(after) {
			return // nothing is left that null could stand beside
		}
	case len(lost) > 0:
		w.report(h, "type-narrowed", "type", "%s", said)
	case len(gained) > 0:
		w.report(h, "type-widened", "type", "%s", said)
	}
	switch {
	case prev["type"] == nil || next["type"] == nil:
	case nullBefore && !nullAfter:
		w.report(h, "null-forbidden", "type", "null is not allowed any more: %s", said)
	case nullAfter && !nullBefore:
		w.report(h, "null-allowed", "type", "null is allowed: %s", said)
	}
}

// typeText says which types a schema allows.
func typeText(schema map[string]any) string {
	if schema["type"] == nil {
		return "any"
	}
	return shown(schema["type"])
}

// allowed returns the values that "const" or "enum" list, and the keyword; "" if the
// schema has neither.
func allowed(schema map[string]any) (values []any, keyword string) {
	if v, ok := schema["const"]; ok {
		return []any{v}, "const"
	}
	if list, ok := schema["enum"].([]any); ok {
		return list, "enum"
	}
	return nil, ""
}

// values compares "const" and "enum".
func (w *walker) values(h here, prev, next map[string]any) {
	before, was := allowed(prev)
	after, is := allowed(next)
	switch {
	case was == "" && is == "":
	case was == "":
		rule := map[string]string{"const": "const-added", "enum": "enum-added"}[is]
		w.report(h, rule, is, "only %s now", list(after, "allowed"))
	case is == "":
		rule := map[string]string{"const": "const-removed", "enum": "enum-dropped"}[was]
		if prev["type"] == nil && next["type"] == nil {
			rule = "type-widened" // the list was the type
		}
		w.report(h, rule, was, "other values than %s are allowed now", namesOf(before))
	case was == "const" && is == "const":
		if canonical(before[0]) != canonical(after[0]) {
			w.report(h, "const-changed", "const", "the only value was %s, is %s", shown(before[0]), shown(after[0]))
		}
	default:
		w.listed(h, prev, next, was, is)
	}
}

// listed compares two lists of allowed values. That null comes or goes is a change of its
// own, which types tells if the types do.
func (w *walker) listed(h here, prev, next map[string]any, was, is string) {
	before, _ := allowed(prev)
	after, _ := allowed(next)
	_, nullBefore := typesOf(prev)
	_, nullAfter := typesOf(next)
	lost, gained := lacking(before, after), lacking(after, before)
	report := func(rule, said string, values []any) {
		c := w.report(h, rule, is, "%s", list(values, said))
		c.prev.named(was)
	}
	isNull := func(v any) bool { return v == nil && nullBefore && nullAfter }
	if slices.ContainsFunc(lost, isNull) {
		report("null-forbidden", "not allowed any more", []any{nil})
		lost = slices.DeleteFunc(lost, isNull)
	}
	if slices.ContainsFunc(gained, isNull) {
		report("null-allowed", "allowed now", []any{nil})
		gained = slices.DeleteFunc(gained, isNull)
	}
	if len(lost) > 0 {
		report("enum-value-removed", "not allowed any more", lost)
	}
	if len(gained) > 0 {
		report("enum-value-added", "allowed now", gained)
	}
}

// lacking returns the values that are not in the list, by value.
func lacking(values, in []any) []any {
	have := map[string]bool{}
	for _, v := range in {
		have[canonical(v)] = true
	}
	var left []any
	for _, v := range values {
		if !have[canonical(v)] {
			left = append(left, v)
		}
	}
	return left
}

// maxListed is how many values of a list a message names.
const maxListed = 5

// list says something of values: "x" is said; "x" and "y" are said.
func list(values []any, said string) string {
	names, several := enumerate(values)
	if several {
		return names + " are " + said
	}
	return names + " is " + said
}

// namesOf names values.
func namesOf(values []any) string {
	names, _ := enumerate(values)
	return names
}

// enumerate names values, the first ones.
func enumerate(values []any) (names string, several bool) {
	var all []string
	for _, v := range values[:min(maxListed, len(values))] {
		all = append(all, shown(v))
	}
	if more := len(values) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	last := len(all) - 1
	if last < 1 {
		return strings.Join(all, ""), false
	}
	return strings.Join(all[:last], ", ") + " and " + all[last], true
}

// maxExponent bounds the numbers that are compared by value: 1e999999999 would fill the
// memory. Contracts that hold such numbers cannot be loaded; this is a second lock.
const maxExponent = 400

// rational returns the value of a JSON number.
func rational(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok || len(n) > maxExponent {
		return nil, false
	}
	if f, err := n.Float64(); err != nil || f != 0 && (f > 1e300 || f < -1e300 || f < 1e-300 && f > -1e-300) {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// canonical writes a JSON value so that equal values have one text: keys sorted, 1.0 as
// 1.
func canonical(v any) string {
	switch v := v.(type) {
	case json.Number:
		if r, ok := rational(v); ok {
			return r.RatString()
		}
		return string(v)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, canonical(item))
		}
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		var members []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			members = append(members, canonical(name)+":"+canonical(v[name]))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return shown(v)
}

// maxShown is how many bytes of a value a message shows.
const maxShown = 120

// shown writes a JSON value for a message, numbers as the user wrote them.
func shown(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "a value" // what was decoded can be encoded
	}
	text := strings.TrimSpace(b.String())
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "..."
}
