package inclusion

import (
	"context"
	"testing"
)

// FuzzDecideIsSound holds Decide to what the JSON Schema library says of random values of
// random schemas.
func FuzzDecideIsSound(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := newMaker(seed)
		a, textA := m.compiled(t)
		b, textB := m.compiled(t)
		if a == nil || b == nil {
			t.Skip("a schema that the library does not take")
		}
		checkSound(t, m, a, b, textA, textB)
	})
}

// checkSound holds the verdict on a and b to random values.
func checkSound(t *testing.T, m *maker, a, b *Schema, textA, textB []byte) {
	t.Helper()
	v := Decide(context.Background(), a, b, Options{Steps: 50_000})
	if v.Kind == Breaking {
		if !accepts(t, a, v.Witness) || accepts(t, b, v.Witness) {
			t.Errorf("%s: %s\n%s: a witness that is none: %s", m.draft, textA, textB, v.Witness)
		}
	}
	for range 40 {
		w := encode(m.value(3))
		if v.Kind == Safe && accepts(t, a, w) && !accepts(t, b, w) {
			t.Fatalf("%s: %s\n%s: safe, but %s is a witness", m.draft, textA, textB, w)
		}
	}
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
