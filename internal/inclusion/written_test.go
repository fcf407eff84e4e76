package inclusion

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
)

// written tells apart the values of which all names are written down, after the words of
// docs/inclusion.md alone: it knows nothing of how schemas are closed.
type written struct{ root any }

// judging returns the schemas that judge the same value as some do.
func (w written) judging(group []any) (all []map[string]any) {
	seen := map[string]bool{}
	for len(group) > 0 {
		s, ok := group[0].(map[string]any)
		if group = group[1:]; !ok {
			continue
		}
		if key := string(encode(s)); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		all = append(all, s)
		if ref, ok := s["$ref"].(string); ok {
			group = append(group, at(map[string]any{"": w.root}, location{pointer: strings.TrimPrefix(ref, "#")}))
		}
		for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
			list, _ := s[keyword].([]any)
			group = append(group, list...)
		}
		for _, keyword := range []string{"if", "then", "else", "not"} {
			group = append(group, s[keyword])
		}
		dependent, _ := s["dependentSchemas"].(map[string]any)
		for _, s := range dependent {
			group = append(group, s)
		}
	}
	return all
}

// here reports whether a value holds only names that are written down, where any are.
func (w written) here(v any, group []any) bool {
	all := w.judging(group)
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			names, closed := false, false
			var below []any
			open := false
			for _, s := range all {
				properties, has := s["properties"].(map[string]any)
				closed = closed || has
				own, known := properties[name]
				names = names || known
				here := known
				if known {
					below = append(below, own)
				}
				patterns, _ := s["patternProperties"].(map[string]any)
				for pattern, p := range patterns {
					if regexp.MustCompile(pattern).MatchString(name) {
						below, names, here = append(below, p), true, true
					}
				}
				required, _ := s["required"].([]any)
				for _, r := range required {
					names = names || r == name
				}
				more, additional := s["additionalProperties"]
				if open = open || additional; additional && !here {
					below = append(below, more)
				}
			}
			if closed && !open && !names || !w.here(value, below) {
				return false
			}
		}
	case []any:
		for i, value := range v {
			var below []any
			for _, s := range all {
				prefix, _ := s["prefixItems"].([]any)
				if i < len(prefix) {
					below = append(below, prefix[i])
				} else {
					below = append(below, s["items"])
				}
				below = append(below, s["contains"])
			}
			if !w.here(value, below) {
				return false
			}
		}
	}
	return true
}

// placesSchema makes a schema in which places are described again and again.
func placesSchema(m *maker, depth int) any {
	s := map[string]any{}
	if depth <= 0 {
		return pick[any](m, true, map[string]any{"type": "integer"}, map[string]any{"type": "object"}, map[string]any{"required": []any{m.name()}})
	}
	named := func(name func() string) map[string]any {
		return map[string]any{name(): placesSchema(m, depth-1), name(): placesSchema(m, depth-1)}
	}
	for range 1 + m.IntN(2) {
		switch name := pick(m, "properties", "properties", "properties", "allOf", "allOf", "anyOf", "oneOf", "if", "not", "items", "prefixItems", "contains", "patternProperties",
			"additionalProperties", "required", "dependentSchemas", "$ref", "minProperties"); name {
		case "properties", "dependentSchemas":
			s[name] = named(m.name)
		case "patternProperties":
			s[name] = named(func() string { return pick(m, "^a", "b$", "^c$") })
		case "allOf", "anyOf", "oneOf":
			s[name] = []any{placesSchema(m, depth-m.IntN(2)), placesSchema(m, depth-1)}
		case "prefixItems":
			s[name] = []any{placesSchema(m, depth-1)}
		case "if":
			s["if"], s["then"], s["else"] = placesSchema(m, depth-1), placesSchema(m, depth-1), placesSchema(m, depth-1)
		case "not":
			s[name] = map[string]any{"not": placesSchema(m, depth-1)}
		case "required":
			s[name] = []any{m.name()}
		case "minProperties":
			s[name] = count(m)
		case "$ref":
			s[name] = pick(m, "#/$defs/x", "#/$defs/y")
		default:
			s[name] = placesSchema(m, depth-1)
		}
	}
	return s
}

// placesText makes a whole schema out of them, with definitions.
func placesText(t *testing.T, m *maker) []byte {
	s := placesSchema(m, 2).(map[string]any)
	s["$defs"] = map[string]any{"x": placesSchema(m, 1), "y": placesSchema(m, 1)}
	return tupled(t, s)
}

// tree makes a value of objects and lists.
func (m *maker) tree(depth int) any {
	if depth <= 0 {
		return pick[any](m, "x", json.Number("1"), map[string]any{})
	}
	if m.IntN(6) == 0 {
		return []any{m.tree(depth - 1)}
	}
	all := map[string]any{}
	for range 1 + m.IntN(2) {
		all[m.name()] = m.tree(depth - 1)
	}
	return all
}

// FuzzClosedTakesWhatIsWrittenDown holds closing to its other promise: an event of which
// every name is written down for its place, by whatever schema, is one that is sent. A
// closed schema that refuses it would let a change look safe that breaks it.
func FuzzClosedTakesWhatIsWrittenDown(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := newMaker(seed)
		m.draft = "2020-12"
		text := placesText(t, m)
		s, err := Compile(text, m.draft)
		if err != nil {
			t.Skip("a schema that the library does not take")
		}
		closed, err := s.Close()
		if errors.Is(err, errManyPlaces) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatalf("%s: Close: %v", text, err)
		}
		root, err := decodeJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		w := written{root}
		values := []any{}
		if v := Decide(context.Background(), s, closed, Options{Steps: 3_000}); v.Kind == Breaking {
			value, _ := decodeJSON(v.Witness)
			values = append(values, value)
		}
		for range 40 {
			values = append(values, m.tree(3))
		}
		for _, v := range values {
			if w.here(v, []any{root}) && accepts(t, s, encode(v)) && !accepts(t, closed, encode(v)) {
				t.Fatalf("%s: %s is refused, though every name in it is written down", text, encode(v))
			}
		}
	})
}
