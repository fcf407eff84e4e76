package validator

import (
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// memberSchemas returns what judges the member of that name; "" is a name not known.
func memberSchemas(s *jsonschema.Schema, name string) []*jsonschema.Schema {
	if known, ok := s.Properties[name]; ok {
		return append([]*jsonschema.Schema{known}, otherMembers(s, name)...)
	}
	return otherMembers(s, name)
}

// otherMembers returns what judges the member of that name, "properties" aside; "" is a
// name not known, which any pattern might match. The order is the same each time.
func otherMembers(s *jsonschema.Schema, name string) []*jsonschema.Schema {
	in := patternSchemas(s, name)
	_, known := s.Properties[name]
	if schema, ok := s.AdditionalProperties.(*jsonschema.Schema); ok && !known {
		in = append(in, schema)
	}
	if s.UnevaluatedProperties != nil && !known {
		in = append(in, s.UnevaluatedProperties)
	}
	if s.PropertyNames != nil {
		in = append(in, s.PropertyNames)
	}
	return in
}

// patternSchemas returns the schemas of the patterns that match the name.
func patternSchemas(s *jsonschema.Schema, name string) []*jsonschema.Schema {
	if len(s.PatternProperties) == 0 {
		return nil
	}
	patterns := make([]*regexp.Regexp, 0, len(s.PatternProperties))
	for p := range s.PatternProperties {
		if name == "" || p.MatchString(name) {
			patterns = append(patterns, p)
		}
	}
	slices.SortFunc(patterns, func(a, b *regexp.Regexp) int { return strings.Compare(a.String(), b.String()) })
	var in []*jsonschema.Schema
	for _, p := range patterns {
		in = append(in, s.PatternProperties[p])
	}
	return in
}

// elementSchemas returns what judges the element of that index.
func elementSchemas(s *jsonschema.Schema, i int) []*jsonschema.Schema {
	in := itemSchemas(s, i)
	if s.Contains != nil {
		in = append(in, s.Contains)
	}
	if s.UnevaluatedItems != nil {
		in = append(in, s.UnevaluatedItems)
	}
	return in
}

// itemSchemas returns what describes the element of that index: items and the like, not
// contains, which describes one element among others.
func itemSchemas(s *jsonschema.Schema, i int) []*jsonschema.Schema {
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
	return in
}

// tupleLength returns how many elements the schema describes one by one.
func tupleLength(s *jsonschema.Schema) int {
	tuple, _ := s.Items.([]*jsonschema.Schema)
	return max(len(tuple), len(s.PrefixItems))
}
