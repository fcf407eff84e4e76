package inclusion

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
)

// The tests of this file ask about schemas of one kind of value, and hold the answers to
// all small values there are.

// bruteRounds is how many pairs of schemas each test asks about.
const bruteRounds = 250

// lists returns all lists of at most so many of the values.
func lists(values []any, most int) []any {
	all := []any{[]any{}}
	last := []any{[]any{}}
	for range most {
		var next []any
		for _, l := range last {
			for _, v := range values {
				next = append(next, append(append([]any{}, l.([]any)...), v))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

// members returns all objects with some of the names and of the values.
func members(names []string, values []any) []any {
	all := []any{map[string]any{}}
	for _, name := range names {
		for _, o := range all {
			for _, v := range values {
				with := copyJSON(o).(map[string]any)
				with[name] = v
				all = append(all, with)
			}
		}
	}
	return all
}

func leaf(m *maker) any {
	return pick[any](m, true, false, map[string]any{"type": "string"}, map[string]any{"type": "integer"}, map[string]any{"const": json.Number("1")},
		map[string]any{"enum": []any{json.Number("0"), "a"}}, map[string]any{"not": map[string]any{"const": "a"}}, map[string]any{"minimum": json.Number("1")})
}

func count(m *maker) json.Number { return json.Number(fmt.Sprint(m.IntN(4))) }

// arraySchema makes a schema about arrays; depth is how deep it may join others.
func arraySchema(m *maker, depth int) any {
	s := map[string]any{"type": "array"}
	for range 1 + m.IntN(3) {
		switch m.IntN(10) {
		case 0:
			s["items"] = leaf(m)
		case 1:
			s["prefixItems"] = []any{leaf(m), leaf(m)}
		case 2:
			s["contains"] = leaf(m)
		case 3:
			s["contains"], s["minContains"], s["maxContains"] = leaf(m), count(m), count(m)
		case 4:
			s["uniqueItems"] = true
		case 5:
			s["minItems"] = count(m)
		case 6:
			s["maxItems"] = count(m)
		case 7:
			s["enum"] = []any{[]any{}, []any{"a"}, []any{json.Number("1"), "a"}}
		case 8:
			s["unevaluatedItems"] = leaf(m)
		default:
			joinedTo(m, s, depth, arraySchema)
		}
	}
	return s
}

// joinedTo adds a keyword that joins more schemas of a kind.
func joinedTo(m *maker, s map[string]any, depth int, more func(*maker, int) any) {
	if depth <= 0 {
		return
	}
	switch name := pick(m, "not", "anyOf", "oneOf", "allOf", "if"); name {
	case "not":
		s[name] = more(m, depth-1)
	case "if":
		s["if"], s["then"] = more(m, depth-1), more(m, depth-1)
	default:
		s[name] = []any{more(m, depth-1), more(m, depth-1)}
	}
}

// objectSchema makes a schema about objects.
func objectSchema(m *maker, depth int) any {
	s := map[string]any{"type": "object"}
	name := func() string { return pick(m, "a", "b", "ab") }
	for range 1 + m.IntN(3) {
		switch m.IntN(11) {
		case 0:
			s["properties"] = map[string]any{name(): leaf(m), name(): leaf(m)}
		case 1:
			s["patternProperties"] = map[string]any{pick(m, "^a", "b$", "^.$"): leaf(m)}
		case 2:
			s["additionalProperties"] = leaf(m)
		case 3:
			s["required"] = []any{name()}
		case 4:
			s["minProperties"] = count(m)
		case 5:
			s["maxProperties"] = count(m)
		case 6:
			s["propertyNames"] = pick[any](m, map[string]any{"enum": []any{"a", "b"}}, map[string]any{"pattern": "^a"}, map[string]any{"maxLength": json.Number("1")}, map[string]any{"pattern": "^(a|b|ab)$"})
		case 7:
			s["dependentRequired"] = map[string]any{name(): []any{name()}}
		case 8:
			s["unevaluatedProperties"] = leaf(m)
		case 9:
			s["enum"] = []any{map[string]any{}, map[string]any{"a": json.Number("1")}, map[string]any{"a": "a", "b": json.Number("0")}}
		default:
			joinedTo(m, s, depth, objectSchema)
		}
	}
	return s
}

// brute holds the answers about random schemas to the values. If none of them is a
// witness, there may be a larger one: then the answer's own witness counts.
func brute(t *testing.T, values []any, schema func(*maker, int) any) {
	t.Helper()
	told := map[Kind]int{}
	for seed := range uint64(bruteRounds) {
		m := newMaker(seed)
		textA, textB := tupled(t, schema(m, 2)), tupled(t, schema(m, 1))
		a, b := compile(t, string(textA), "2020-12"), compile(t, string(textB), "2020-12")
		arena := newArena()
		na, nb := arena.add(a), arena.add(b)
		v := Decide(context.Background(), a, b, Options{})
		told[v.Kind]++
		for _, value := range values {
			var ev evaluator
			if ev.accepts(na, value) && !ev.accepts(nb, value) && v.Kind != Breaking {
				if v.Kind == Unknown {
					t.Logf("%s\n%s: unknown, though %s is a witness: %s", textA, textB, encode(value), v.Stuck)
					break
				}
				t.Errorf("%s\n%s: safe, though %s is a witness", textA, textB, encode(value))
				break
			}
		}
		if v.Kind == Breaking && (!accepts(t, a, v.Witness) || accepts(t, b, v.Witness)) {
			t.Errorf("%s\n%s: %s is no witness", textA, textB, v.Witness)
		}
	}
	t.Logf("%v", told)
	if told[Safe] < bruteRounds/20 || told[Breaking] < bruteRounds/20 || told[Unknown] > bruteRounds/20 {
		t.Errorf("%v of %d, want some of both, and few that are unknown", told, bruteRounds)
	}
}

func TestArraysAgreeWithAllSmallOnes(t *testing.T) {
	brute(t, lists([]any{json.Number("0"), json.Number("1"), "a", nil}, 4), arraySchema)
}

func TestObjectsAgreeWithAllSmallOnes(t *testing.T) {
	brute(t, members([]string{"a", "b", "ab", "c"}, []any{json.Number("0"), json.Number("1"), "a"}), objectSchema)
}

// TestRecursionAgreesWithAllSmallTrees makes grammars of trees that lead to each other.
func TestRecursionAgreesWithAllSmallTrees(t *testing.T) {
	trees := []any{"x", json.Number("1")}
	for range 2 {
		trees = append([]any{"x", json.Number("1")}, members([]string{"a", "b"}, trees)...)
		trees = trees[:min(len(trees), 25)]
	}
	trees = append(trees, members([]string{"a", "b"}, trees)...)
	grammar := func(m *maker, _ int) any {
		ref := func() any { return map[string]any{"$ref": pick(m, "#/$defs/p", "#/$defs/q", "#/$defs/r")} }
		rule := func() any {
			switch m.IntN(5) {
			case 0:
				return map[string]any{"type": pick(m, "string", "integer")}
			case 1:
				return map[string]any{"type": "object", "anyOf": []any{map[string]any{"required": []any{"a"}}, map[string]any{"properties": map[string]any{"b": ref()}, "required": []any{"b"}}}}
			}
			s := map[string]any{"type": "object", "properties": map[string]any{"a": ref(), "b": ref()}}
			if m.IntN(2) == 0 {
				s["required"] = []any{pick(m, "a", "b")}
			}
			if m.IntN(3) == 0 {
				s["additionalProperties"] = false
			}
			return s
		}
		union := func() any {
			return map[string]any{pick(m, "anyOf", "oneOf"): []any{map[string]any{"type": "string"}, map[string]any{"properties": map[string]any{"a": ref()}, "type": "object"}, rule()}}
		}
		return map[string]any{"$defs": map[string]any{"p": rule(), "q": pick(m, rule(), union()), "r": union()}, "properties": map[string]any{"a": ref(), "b": ref()}, "type": "object", "required": []any{"a"}}
	}
	brute(t, trees, grammar)
}
