package inclusion

import (
	"context"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"segproof/validator"
)

// TestFormatsAreThoseOfTheLibrary holds the table to the functions that it is about.
func TestFormatsAreThoseOfTheLibrary(t *testing.T) {
	if len(formats()) < 16 {
		t.Fatalf("%d formats, want all of the library", len(formats()))
	}
	for _, f := range formats() {
		for _, name := range append([]string{f.name}, f.aliases...) {
			check := validator.FormatCheck(name)
			if check == nil {
				t.Errorf("%s is no format of the library", name)
				continue
			}
			all := regexp.MustCompile(anchored(f.all))
			for _, s := range f.good {
				if !check(s) || !all.MatchString(s) {
					t.Errorf("%s: %q is no good sample", name, s)
				}
			}
			for _, s := range f.bad {
				if check(s) {
					t.Errorf("%s: %q is no bad sample", name, s)
				}
			}
		}
	}
}

// FuzzFormatsLieBetweenTheirPatterns changes strings of a format a little: what the
// library accepts, "all" matches; what "some" matches, the library accepts.
func FuzzFormatsLieBetweenTheirPatterns(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed, "")
	}
	all, some := map[string]*regexp.Regexp{}, map[string]*regexp.Regexp{}
	for _, form := range formats() {
		all[form.name], some[form.name] = regexp.MustCompile(anchored(form.all)), regexp.MustCompile(anchored(form.some))
	}
	odd := []string{"+5:00:00Z", "00000.0.0.+07", "-0.1.1.1", "a:#\n", `a:\`, "P1W", "P1YT", "a@[IPv6:::1]", "a@[1.2.3.4]", "x@y.", "::ffff:1.2.3.4", "0#", "%", "PT1H1M", "2026-01-31T-0:+0:-0Z"}
	for i, s := range odd {
		f.Add(uint64(i), s)
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		r := rand.New(rand.NewPCG(seed, 3))
		for _, form := range formats() {
			check := validator.FormatCheck(form.name)
			texts := []string{text}
			for _, s := range append(form.good, form.bad...) {
				texts = append(texts, s, mutated(r, s), mutated(r, mutated(r, s)))
			}
			for _, s := range texts {
				if ok := check(s); ok && (!all[form.name].MatchString(s) || form.max >= 0 && len([]rune(s)) > form.max) {
					t.Errorf("%s: the library accepts %q, which all does not match", form.name, s)
				} else if form.some != "" && !ok && some[form.name].MatchString(s) {
					t.Errorf("%s: the library does not accept %q, which some matches", form.name, s)
				}
			}
			if form.some != "" {
				s := wordOf(r, form.some)
				if !check(s) {
					t.Errorf("%s: the library does not accept %q, which some matches", form.name, s)
				}
			}
		}
	})
}

// mutated changes a character of s.
func mutated(r *rand.Rand, s string) string {
	runes := []rune(s)
	odd := []rune("0129+-:./@#TtZzPWYMDHSx~%[]\\ \n\x00é٣")
	at := r.IntN(len(runes) + 1)
	switch c := odd[r.IntN(len(odd))]; {
	case at == len(runes):
		return s + string(c)
	case r.IntN(3) == 0:
		return string(runes[:at]) + string(runes[at+1:])
	case r.IntN(2) == 0:
		return string(runes[:at]) + string(c) + string(runes[at:])
	default:
		runes[at] = c
		return string(runes)
	}
}

// wordOf returns a word that a pattern matches as a whole, of a random length.
func wordOf(r *rand.Rand, source string) string {
	s := newSolver(context.Background(), newArena(), 200_000)
	w := wordSearch{solver: s, min: r.IntN(25), max: -1, accept: func(string) bool { return true },
		clauses: []clause{{auto: newAutomaton(anchored(source))}}}
	if word, found := w.find(); found == possible {
		return word
	}
	w = wordSearch{solver: s, max: -1, accept: w.accept, clauses: w.clauses}
	word, _ := w.find()
	return word
}

// TestFormatsInEachOther asks of every two formats whether the one is within the other. The
// formats are the library's: a URI may have a backslash in it, and a reference may not.
func TestFormatsInEachOther(t *testing.T) {
	within := map[string][]string{"date": {"hostname", "uri-reference", "uri-template", "regex"}, "duration": {"uri-reference", "uri-template"},
		"hostname": {"uri-reference", "uri-template", "regex"}, "ipv4": {"uri-reference", "uri-template"}, "ipv6": {"regex"}, "uuid": {"hostname", "uri-reference", "uri-template", "regex"}}
	of := func(f format) *Schema { return compile(t, `{"type":"string","format":"`+f.name+`"}`, "") }
	for _, a := range formats() {
		for _, b := range formats() {
			want := Breaking
			switch {
			case a.name == "duration" && b.name == "regex":
				want = Unknown // of any length, and a regular expression has a longest one
			case a.name == b.name || slices.Contains(within[a.name], b.name):
				want = Safe
			}
			if v := Decide(context.Background(), of(a), of(b), Options{}); v.Kind != want {
				t.Errorf("%s in %s: got %v, %s, want %v", a.name, b.name, v.Kind, v.Witness, want)
			}
		}
	}
}
