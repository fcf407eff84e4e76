package validator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"segproof/event"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// maxCost is how many schemas may judge one place of an event. Twenty nested anyOf of two
// references each make a million of a kilobyte of contract; real contracts stay below a
// hundred.
const maxCost = 10_000

// maxStates bounds the analysis itself: the number of different sets of schemas that the
// places of an event can be judged by.
const maxStates = 20_000

// tooComplex says why judging an event by the schema could cost out of proportion, ""
// if it cannot.
//
// It follows what the library does, place by place: which schemas judge the root, which
// of them, and how often, then judge each member and element, down to the depth that an
// event can have. Only the numbers matter, so places judged by the same schemas equally
// often are one state.
func tooComplex(schema *jsonschema.Schema) string {
	a := analysis{ids: map[*jsonschema.Schema]int{}, seen: map[string]bool{}}
	level := []state{{schema: 1}}
	for depth := 0; len(level) > 0 && depth <= event.MaxDepth; depth++ {
		var next []state
		for _, s := range level {
			full, message := a.inPlace(s)
			if message != "" {
				return message
			}
			next = append(next, a.below(full)...)
			if len(a.seen) > maxStates {
				return fmt.Sprintf("the contract leads to more than %d different sets of schemas, want fewer alternatives", maxStates)
			}
		}
		level = next
	}
	return ""
}

// state is how often each schema judges one place.
type state map[*jsonschema.Schema]int

type analysis struct {
	ids  map[*jsonschema.Schema]int // for the names of states
	seen map[string]bool            // states analysed, by name
}

// inPlace adds the schemas that judge the same place because others do: those of allOf,
// anyOf, $ref and the like.
func (a *analysis) inPlace(s state) (state, string) {
	full := state{}
	total, message := 0, ""
	var add func(schema *jsonschema.Schema, times, nested int)
	add = func(schema *jsonschema.Schema, times, nested int) {
		if schema == nil || message != "" {
			return
		}
		full[schema] += times
		// The walk itself must stay cheap too, so it counts its steps, not the sum.
		if total++; total > maxCost {
			message = fmt.Sprintf("one place of an event would be judged by more than %d schemas: nested alternatives multiply", maxCost)
			return
		}
		if nested > maxCost/10 {
			message = "references lead in a circle"
			return
		}
		for _, inner := range samePlace(schema) {
			add(inner, times, nested+1)
		}
	}
	for schema, times := range s {
		add(schema, times, 0)
		if message == "" && sum(full) > maxCost {
			message = fmt.Sprintf("one place of an event would be judged by more than %d schemas: nested alternatives multiply", maxCost)
		}
	}
	return full, message
}

func sum(s state) int {
	total := 0
	for _, n := range s {
		total += n
	}
	return total
}

// samePlace returns the schemas that a schema lets judge the same value.
func samePlace(s *jsonschema.Schema) []*jsonschema.Schema {
	in := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.DynamicRef, s.Not, s.If, s.Then, s.Else}
	in = append(append(append(in, s.AllOf...), s.AnyOf...), s.OneOf...)
	for _, name := range sortedKeys(s.Dependencies) {
		if schema, ok := s.Dependencies[name].(*jsonschema.Schema); ok {
			in = append(in, schema)
		}
	}
	for _, name := range sortedKeys(s.DependentSchemas) {
		in = append(in, s.DependentSchemas[name])
	}
	return in
}

// below returns the states of the members and elements of a value in that state, each
// new one once.
func (a *analysis) below(s state) []state {
	names := map[string]bool{"": true} // "" is any name that no schema knows
	items := 0
	for schema := range s {
		for name := range schema.Properties {
			names[name] = true
		}
		items = max(items, len(schema.PrefixItems))
		if tuple, ok := schema.Items.([]*jsonschema.Schema); ok {
			items = max(items, len(tuple))
		}
	}
	var next []state
	for _, name := range sortedKeys(names) {
		member := state{}
		for schema, times := range s {
			for _, inner := range memberSchemas(schema, name) {
				member[inner] += times
			}
		}
		next = a.appendNew(next, member)
	}
	for i := range items + 1 {
		element := state{}
		for schema, times := range s {
			for _, inner := range elementSchemas(schema, i) {
				element[inner] += times
			}
		}
		next = a.appendNew(next, element)
	}
	return next
}

func (a *analysis) appendNew(states []state, s state) []state {
	if len(s) == 0 {
		return states
	}
	name := a.name(s)
	if a.seen[name] {
		return states
	}
	a.seen[name] = true
	return append(states, s)
}

// name is the same for equal states.
func (a *analysis) name(s state) string {
	parts := make([]string, 0, len(s))
	for schema, times := range s {
		if _, ok := a.ids[schema]; !ok {
			a.ids[schema] = len(a.ids)
		}
		parts = append(parts, strconv.Itoa(a.ids[schema])+"x"+strconv.Itoa(times))
	}
	slices.SortFunc(parts, func(x, y string) int { return cmp.Compare(x, y) })
	return strings.Join(parts, " ")
}

// memberSchemas returns what judges the member of that name; "" is a name not known.
func memberSchemas(s *jsonschema.Schema, name string) []*jsonschema.Schema {
	var in []*jsonschema.Schema
	known, ok := s.Properties[name]
	if ok {
		in = append(in, known)
	}
	for pattern, schema := range s.PatternProperties {
		if name == "" || pattern.MatchString(name) {
			in = append(in, schema)
		}
	}
	if schema, isSchema := s.AdditionalProperties.(*jsonschema.Schema); isSchema && !ok {
		in = append(in, schema)
	}
	if s.UnevaluatedProperties != nil && !ok {
		in = append(in, s.UnevaluatedProperties)
	}
	if s.PropertyNames != nil {
		in = append(in, s.PropertyNames)
	}
	return in
}

// elementSchemas returns what judges the element of that index.
func elementSchemas(s *jsonschema.Schema, i int) []*jsonschema.Schema {
	var in []*jsonschema.Schema
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		in = append(in, items)
	case []*jsonschema.Schema:
		if i < len(items) {
			in = append(in, items[i])
		} else if schema, ok := s.AdditionalItems.(*jsonschema.Schema); ok {
			in = append(in, schema)
		}
	}
	if i < len(s.PrefixItems) {
		in = append(in, s.PrefixItems[i])
	} else if s.Items2020 != nil {
		in = append(in, s.Items2020)
	}
	if s.Contains != nil {
		in = append(in, s.Contains)
	}
	if s.UnevaluatedItems != nil {
		in = append(in, s.UnevaluatedItems)
	}
	return in
}
