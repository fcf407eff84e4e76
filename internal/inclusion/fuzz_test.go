package inclusion

import (
	"context"
	"strings"
	"testing"
)

// FuzzDecideIsSound holds Decide to what the JSON Schema library says of random values of
// random schemas.
func FuzzDecideIsSound(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	never, err := Compile([]byte("false"), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := newMaker(seed)
		a, textA := m.compiled(t)
		b, textB := m.compiled(t)
		if seed%2 == 0 {
			b, textB = m.compiledNear(t, textA)
		}
		if a == nil || b == nil {
			t.Skip("a schema that the library does not take")
		}
		if seed%4 == 0 {
			a, b, textA, textB = b, a, textB, textA
		}
		var known any // that a accepts
		if v := Decide(context.Background(), a, never, Options{Steps: 20_000}); v.Kind == Breaking {
			known, _ = decodeJSON(v.Witness)
		}
		v := Decide(context.Background(), a, b, Options{Steps: 50_000})
		if v.Kind == Breaking && (!accepts(t, a, v.Witness) || accepts(t, b, v.Witness)) {
			t.Errorf("%s: %s\n%s: a witness that is none: %s", m.draft, textA, textB, v.Witness)
		}
		if strings.Contains(v.Stuck, "internal error") {
			t.Errorf("%s: %s\n%s: %s", m.draft, textA, textB, v.Stuck)
		}
		for i := range 60 {
			value := m.value(3)
			if i%2 == 0 {
				value = m.around(known)
			}
			w := encode(value)
			in := accepts(t, a, w)
			if in {
				known = value
			}
			if in && v.Kind == Safe && !accepts(t, b, w) {
				t.Fatalf("%s: %s\n%s: safe, but %s is a witness", m.draft, textA, textB, w)
			}
		}
	})
}

// FuzzDecideKnowsSetAlgebra asks what is so of any two schemas.
func FuzzDecideKnowsSetAlgebra(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := newMaker(seed)
		a, textA := m.compiled(t)
		b, textB := m.compiledNear(t, textA)
		if a == nil || b == nil {
			t.Skip("a schema that the library does not take")
		}
		// Both have the definitions of the first: the second changes none.
		join := func(how string) *Schema {
			s := map[string]any{}
			one, _ := decodeJSON(textA)
			other, _ := decodeJSON(textB)
			s["definitions"] = one.(map[string]any)["definitions"]
			if !equal(s["definitions"], other.(map[string]any)["definitions"]) {
				t.Skip("definitions that differ")
			}
			s[how] = []any{one, other}
			joined, err := Compile(tupled(t, s), m.draft)
			if err != nil {
				t.Skip("a union that the library does not take")
			}
			return joined
		}
		all, either := join("allOf"), join("anyOf")
		for _, q := range []struct {
			name string
			a, b *Schema
		}{{"a in a", a, a}, {"a and b in a", all, a}, {"a and b in b", all, b}, {"a in a or b", a, either}, {"b in a or b", b, either}, {"a and b in a or b", all, either}} {
			if v := Decide(context.Background(), q.a, q.b, Options{Steps: 50_000}); v.Kind == Breaking || q.a == q.b && v.Kind != Safe {
				t.Errorf("%s: %s\n%s: %s: got %v %s %s", m.draft, textA, textB, q.name, v.Kind, v.Witness, v.Stuck)
			}
		}
		if v := Decide(context.Background(), all, b, Options{}); v.Kind == Safe {
			if up := Decide(context.Background(), all, either, Options{}); up.Kind == Breaking {
				t.Errorf("%s: %s\n%s: not transitive: %s", m.draft, textA, textB, up.Witness)
			}
		}
	})
}

func accepts(t *testing.T, s *Schema, value []byte) bool {
	t.Helper()
	ok, err := s.Valid(value)
	if err != nil {
		t.Fatalf("Valid(%s): %v", value, err)
	}
	return ok
}

// FuzzEvaluatorAgreesWithTheLibrary holds the engines' own evaluator to the library.
func FuzzEvaluatorAgreesWithTheLibrary(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := newMaker(seed)
		s, text := m.compiled(t)
		if s == nil {
			t.Skip("a schema that the library does not take")
		}
		arena := newArena()
		n := arena.add(s)
		for range 40 {
			v := m.value(3)
			want := accepts(t, s, encode(v))
			var ev evaluator
			if got := ev.accepts(n, v); got != want && ev.unsure == "" {
				t.Errorf("%s: %s\naccepts(%s) = %v, want %v", m.draft, text, encode(v), got, want)
			}
		}
	})
}
