package inclusion

import (
	"context"
	"math/rand/v2"
	"regexp"
	"testing"
)

// sources is patterns that use all that Go's regular expressions have.
func sources() []string {
	return []string{`a`, `^a`, `a$`, `^a$`, `^$`, ``, `a*b+c?`, `(ab|a)(bc|c)`, `[a-c]{2,3}`, `[^a]`, `.`, `(?s).`, `(?i)straße`, `(?i)k`, `\bab\b`, `\Ba`,
		`(?m)^a$`, `\Aa|b\z`, `\p{Greek}`, `\d+\.\d+`, `[[:alpha:]_]+`, `^(a|b)*a(a|b){3}$`, `(?m)$^`, `x{0}`, `[^\x00-\x{10FFFF}]`, `a|`, `\w\W\s\S`}
}

// alphabetOf is characters that the patterns tell apart.
func alphabetOf() []rune { return []rune("abcxkK1.\n \t_ßSsſKΩé-\x00😀") }

func randomText(r *rand.Rand) string {
	runes := alphabetOf()
	text := make([]rune, r.IntN(7))
	for i := range text {
		text[i] = runes[r.IntN(len(runes))]
	}
	return string(text)
}

// FuzzAutomatonAgreesWithRegexp holds the automata to the package whose programs they run.
func FuzzAutomatonAgreesWithRegexp(f *testing.F) {
	for i := range sources() {
		for seed := range uint64(20) {
			f.Add(sources()[i], seed)
		}
	}
	f.Fuzz(func(t *testing.T, source string, seed uint64) {
		re, err := regexp.Compile(source)
		if err != nil || len(source) > 40 {
			t.Skip("no pattern, or a long one")
		}
		a := newAutomaton(source)
		r := rand.New(rand.NewPCG(seed, 1))
		for range 20 {
			text := randomText(r)
			state := 0
			for _, c := range text {
				if state = a.next(state, c); state < 0 {
					t.Skip("too many states")
				}
			}
			if got, want := a.accepts(state), re.MatchString(text); got != want {
				t.Errorf("%q on %q = %v, want %v", source, text, got, want)
			}
		}
	})
}

// FuzzWordsBetweenPatterns looks for words with one pattern and without another, and holds
// what is found, or not, to the regexp package.
func FuzzWordsBetweenPatterns(f *testing.F) {
	for i := range sources() {
		f.Add(sources()[i], sources()[(i*7+3)%len(sources())], uint64(i))
	}
	f.Fuzz(func(t *testing.T, with, without string, seed uint64) {
		plain, err := regexp.Compile(with)
		refused, errRefused := regexp.Compile(without)
		if err != nil || errRefused != nil || len(with) > 40 || len(without) > 40 {
			t.Skip("no patterns, or long ones")
		}
		accept := func(s string) bool { return plain.MatchString(s) && !refused.MatchString(s) && len([]rune(s)) <= 6 }
		w := wordSearch{solver: newSolver(context.Background(), newArena(), 100_000), max: 6, accept: accept,
			clauses: []clause{{auto: newAutomaton(with)}, {auto: newAutomaton(without), negated: true}}}
		word, found := w.find()
		if found == possible && !accept(word) {
			t.Errorf("with %q, without %q: got %q, which is none", with, without, word)
		}
		r := rand.New(rand.NewPCG(seed, 2))
		for range 200 {
			if text := randomText(r); found == impossible && accept(text) {
				t.Fatalf("with %q, without %q: got none, but %q is one", with, without, text)
			}
		}
	})
}
