package compat

import (
	"fmt"
	"slices"
	"strings"
)

// openness says what a schema allows of members that it does not describe.
type openness int

const (
	anything openness = iota // whatever they are
	onlySome                 // what satisfies a schema
	nothing                  // there are none
)

// additional compares "additionalProperties" and "unevaluatedProperties".
func (w *walker) additional(h here, prev, next map[string]any) {
	for _, keyword := range []string{"additionalProperties", "unevaluatedProperties"} {
		before, after := opennessOf(prev[keyword]), opennessOf(next[keyword])
		said := fmt.Sprintf("%s was %s, is %s", keyword, saidOf(prev, keyword), saidOf(next, keyword))
		switch {
		case before == onlySome && after == onlySome:
			w.compare(h.at(h.pointer+"/*", keyword))
		case before == after:
		case after == nothing:
			w.report(h, "additional-properties-forbidden", keyword, "%s", said)
		case before == nothing:
			w.report(h, "additional-properties-allowed", keyword, "%s", said)
		case after == onlySome:
			c := w.report(h, "additional-properties-narrowed", keyword, "%s", said)
			c.pointer += "/*"
		default:
			c := w.report(h, "additional-properties-widened", keyword, "%s", said)
			c.pointer += "/*"
		}
	}
}

func opennessOf(v any) openness {
	switch v := v.(type) {
	case bool:
		if !v {
			return nothing
		}
	case map[string]any:
		if len(v) > 0 {
			return onlySome
		}
	}
	return anything
}

// saidOf returns the value of a keyword, or that it is not there.
func saidOf(schema map[string]any, keyword string) string {
	v, ok := schema[keyword]
	if !ok {
		return "not given"
	}
	return shown(v)
}

// isFree reports whether a schema allows everything.
func isFree(v any) bool {
	schema, ok := bare(v).(map[string]any)
	return v == true || ok && len(schema) == 0
}

// patternMembers compares "patternProperties".
func (w *walker) patternMembers(h here, prev, next map[string]any) {
	const keyword = "patternProperties"
	before, after := object(prev, keyword), object(next, keyword)
	for _, pattern := range bothNames(before, after) {
		_, was := before[pattern]
		_, is := after[pattern]
		if was && is {
			w.compare(h.at(h.pointer+"/*", keyword, pattern))
			continue
		}
		rule, message := "pattern-property-added", fmt.Sprintf("properties with names like %q are described now", pattern)
		if was {
			rule, message = "pattern-property-removed", fmt.Sprintf("properties with names like %q are not described any more", pattern)
		}
		c := w.report(h, rule, keyword, "%s", message)
		c.pointer += "/*"
		c.one(keyword, pattern)
	}
}

// one makes a change that of one of the schemas that a keyword holds by name.
func (c *change) one(keyword, name string) {
	for _, s := range []*spot{&c.prev, &c.next} {
		s.steps = []string{keyword, name}
		if s.relax.at == s.part && s.relax.keyword == keyword {
			s.relax.name = name
		}
	}
}

// dependents compares what a member asks of the object that it is in.
func (w *walker) dependents(h here, prev, next map[string]any) {
	for _, keyword := range []string{"dependencies", "dependentRequired", "dependentSchemas"} {
		before, after := object(prev, keyword), object(next, keyword)
		for _, name := range bothNames(before, after) {
			w.dependent(h, keyword, name, before[name], after[name])
		}
	}
}

// dependent compares what one member asks.
func (w *walker) dependent(h here, keyword, name string, before, after any) {
	report := func(rule, format string, args ...any) {
		c := w.report(h, rule, keyword, format, args...)
		c.one(keyword, name)
	}
	wanted, wants := names(before), names(after)
	for _, other := range wants {
		if !slices.Contains(wanted, other) {
			report("dependent-required-added", "property %q wants property %q beside it now", name, other)
		}
	}
	for _, other := range wanted {
		if !slices.Contains(wants, other) {
			report("dependent-required-removed", "property %q does not want property %q beside it any more", name, other)
		}
	}
	was, is := isSchemaValue(before), isSchemaValue(after)
	switch {
	case was && is:
		w.compare(h.at(h.pointer, keyword, name))
	case is:
		report("dependent-schema-added", "property %q binds the object that it is in now", name)
	case was:
		report("dependent-schema-removed", "property %q does not bind the object that it is in any more", name)
	}
}

// isSchemaValue reports whether a value is a schema and no list of names.
func isSchemaValue(v any) bool {
	switch v.(type) {
	case bool, map[string]any:
		return true
	}
	return false
}

// conditions compares "if", "then" and "else" as one.
func (w *walker) conditions(h here, prev, next map[string]any) {
	if prev["if"] == nil && next["if"] == nil {
		return // then and else alone say nothing
	}
	var changed []string
	for _, keyword := range []string{"if", "then", "else"} {
		if canonical(prev[keyword]) != canonical(next[keyword]) {
			changed = append(changed, fmt.Sprintf("%s was %s, is %s", keyword, saidOf(prev, keyword), saidOf(next, keyword)))
		}
	}
	if len(changed) == 0 {
		return
	}
	c := w.report(h, "condition-changed", "if", "%s", strings.Join(changed, "; "))
	keyword, _, _ := strings.Cut(changed[0], " ")
	c.prev.steps, c.next.steps = []string{keyword}, []string{keyword}
}
