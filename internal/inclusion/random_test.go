package inclusion

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// maker makes small random schemas and values out of few words, so that they meet.
type maker struct {
	*rand.Rand
	draft string
}

func newMaker(seed uint64) *maker {
	r := rand.New(rand.NewPCG(seed, 7))
	return &maker{r, []string{"draft-07", "2020-12", "2019-09"}[r.IntN(3)]}
}

func pick[T any](m *maker, all ...T) T { return all[m.IntN(len(all))] }

func (m *maker) name() string { return pick(m, "a", "b", "ab", "c") }

func (m *maker) pattern() string {
	return pick(m, "^a", "b$", "^[a-c]+$", "a", "^.{2,}$", ".", "^(a|bc)*$", `\bb`, "(?i)^A$", "^$|b")
}

// nameSchema makes a schema that tells names apart.
func (m *maker) nameSchema() any {
	s := map[string]any{pick(m, "pattern", "enum", "maxLength"): nil}
	for word := range s {
		switch word {
		case "pattern":
			s[word] = m.pattern()
		case "enum":
			s[word] = []any{m.name(), m.name()}
		default:
			s[word] = json.Number("1")
		}
	}
	if m.IntN(2) == 0 {
		return map[string]any{"not": s}
	}
	return s
}

func (m *maker) names() []any {
	all := []any{}
	for _, name := range []string{"a", "b", "ab", "c"} {
		if m.IntN(3) == 0 {
			all = append(all, name)
		}
	}
	return all
}

// value makes a value.
func (m *maker) value(depth int) any {
	switch n := m.IntN(10); {
	case n == 0:
		return nil
	case n == 1:
		return m.IntN(2) == 0
	case n < 4:
		return json.Number(pick(m, "0", "1", "2", "3", "-1", "1.5", "0.5", "1.0", "7", "2.25", "10"))
	case n < 6 || depth <= 0:
		return pick(m, "", "a", "b", "ab", "abc", "bc", "A", "2026-01-31", "a@b.co", "1", "\n", "é")
	case n < 7:
		all := []any{}
		for range m.IntN(4) {
			all = append(all, m.value(depth-1))
		}
		return all
	}
	all := map[string]any{}
	for range m.IntN(4) {
		all[m.name()] = m.value(depth - 1)
	}
	return all
}

func (m *maker) schemas(depth int) []any {
	all := []any{}
	for range 1 + m.IntN(3) {
		all = append(all, m.schema(depth))
	}
	return all
}

func (m *maker) named(depth int, name func() string) map[string]any {
	all := map[string]any{}
	for range 1 + m.IntN(2) {
		all[name()] = m.schema(depth)
	}
	return all
}

// schema makes a schema.
func (m *maker) schema(depth int) any {
	if n := m.IntN(20); n < 2 {
		return n == 0
	}
	s := map[string]any{}
	if m.IntN(2) == 0 {
		s["type"] = pick[any](m, "string", "integer", "number", "object", "object", "array", "null", "boolean", []any{"string", "null"}, []any{"object", "integer"})
	}
	words := m.words(depth)
	for range m.IntN(4) {
		name := words[m.IntN(len(words))]
		s[name] = m.keyword(name, depth-1)
	}
	return s
}

// words returns the keywords that a schema may have.
func (m *maker) words(depth int) []string {
	words := []string{"enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
		"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required"}
	if depth <= 0 {
		return words
	}
	words = append(words, "items", "contains", "properties", "properties", "patternProperties", "additionalProperties", "propertyNames", "dependencies",
		"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref")
	switch m.draft {
	case "draft-07":
		words = append(words, "additionalItems", "tuple")
	default:
		words = append(words, "minContains", "maxContains", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems")
		if m.draft == "2020-12" {
			words = append(words, "prefixItems")
		}
	}
	return words
}

func (m *maker) keyword(name string, depth int) any {
	switch name {
	case "enum":
		return []any{m.value(1), m.value(1), m.value(1)}
	case "const":
		return m.value(1)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return json.Number(pick(m, "0", "1", "2", "0.5", "-1", "3"))
	case "multipleOf":
		return json.Number(pick(m, "1", "2", "3", "0.5", "1.5"))
	case "pattern":
		return m.pattern()
	case "format":
		return pick(m, "date", "email", "ipv4", "uuid", "uri", "json-pointer", "date-time", "nothing")
	case "uniqueItems":
		return true
	case "required":
		return m.names()
	case "propertyNames":
		if m.IntN(3) > 0 {
			return m.nameSchema()
		}
		return m.schema(depth)
	case "items", "contains", "additionalProperties", "not", "if", "then", "else", "additionalItems", "unevaluatedProperties", "unevaluatedItems":
		return m.schema(depth)
	case "tuple", "prefixItems", "allOf", "anyOf", "oneOf":
		return m.schemas(depth)
	case "properties", "dependentSchemas":
		return m.named(depth, m.name)
	case "patternProperties":
		return m.named(depth, m.pattern)
	case "dependencies":
		return map[string]any{m.name(): m.names(), m.name(): m.schema(depth)}
	case "dependentRequired":
		return map[string]any{m.name(): m.names()}
	case "$ref":
		return pick(m, "#/definitions/x", "#/definitions/y", "#", "#/definitions/x/properties/a", "#/properties/a", "#/properties/b", "#/anyOf/0")
	}
	return json.Number(fmt.Sprint(m.IntN(4))) // a count
}

// text makes a whole schema, with definitions that may lead to each other.
func (m *maker) text(t *testing.T) []byte {
	t.Helper()
	s, ok := m.schema(2).(map[string]any)
	if !ok {
		s = map[string]any{}
	}
	s["definitions"] = map[string]any{"x": m.schema(2), "y": m.schema(1)}
	return tupled(t, s)
}

// tupled writes a schema, with the list that "tuple" stands for as "items".
func tupled(t *testing.T, s any) []byte {
	t.Helper()
	var rename func(any)
	rename = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if list, ok := v["tuple"]; ok {
				v["items"] = list
				delete(v, "tuple")
			}
			for _, inner := range v {
				rename(inner)
			}
		case []any:
			for _, inner := range v {
				rename(inner)
			}
		}
	}
	rename(s)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compiled makes a schema that the library takes; nil if the random one is none.
func (m *maker) compiled(t *testing.T) (*Schema, []byte) {
	t.Helper()
	text := m.text(t)
	s, err := Compile(text, m.draft)
	if err != nil {
		return nil, text
	}
	return s, text
}

// changed returns a schema that differs in one place: a keyword is gone, is new or is
// another one.
func (m *maker) changed(s map[string]any) map[string]any {
	c := copyJSON(s).(map[string]any)
	var all []map[string]any
	eachSchema(c, location{}, func(l location, schema map[string]any) {
		if !strings.HasPrefix(l.pointer, "/definitions") || m.IntN(4) == 0 {
			all = append(all, schema)
		}
	})
	at := all[m.IntN(len(all))]
	words := m.words(1)
	name := words[m.IntN(len(words))]
	if m.IntN(3) == 0 {
		if keys := slices.Sorted(maps.Keys(at)); len(keys) > 0 {
			if k := keys[m.IntN(len(keys))]; k != "definitions" {
				delete(at, k)
			}
		}
	} else {
		at[name] = m.keyword(name, 1)
	}
	return c
}

// around returns values near v.
func (m *maker) around(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := copyJSON(v).(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			switch m.IntN(4) {
			case 0:
				delete(c, k)
			case 1:
				c[k] = m.around(c[k])
			}
		}
		if m.IntN(2) == 0 {
			c[m.name()] = m.value(1)
		}
		return c
	case []any:
		c := copyJSON(v).([]any)
		if len(c) > 0 && m.IntN(2) == 0 {
			i := m.IntN(len(c))
			c[i] = m.around(c[i])
			return c
		}
		if len(c) > 0 && m.IntN(2) == 0 {
			return c[1:]
		}
		return append(c, m.value(1))
	}
	return m.value(1)
}

// compiledNear makes a schema that differs a little from another one; nil if the library
// does not take it.
func (m *maker) compiledNear(t *testing.T, text []byte) (*Schema, []byte) {
	t.Helper()
	v, err := decodeJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	near := v.(map[string]any)
	for range 1 + m.IntN(3) {
		near = m.changed(near)
	}
	text = tupled(t, near)
	s, err := Compile(text, m.draft)
	if err != nil {
		return nil, text
	}
	return s, text
}
