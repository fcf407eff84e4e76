package inclusion

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// textSearch looks for a string.
type textSearch struct {
	*branch
	wordSearch
	samples []string // that may do
	asked   []string // what is asked, in words
}

// textTheory looks for a string.
func (b *branch) textTheory() result {
	w := &textSearch{branch: b, wordSearch: wordSearch{solver: b.solver, max: -1, accept: func(s string) bool {
		ok, sure := b.holds(b.literals, s)
		return ok && sure
	}}}
	for _, n := range b.pos {
		w.require(&n.text)
	}
	for _, a := range b.atoms {
		w.refuse(a)
	}
	if w.max >= 0 && w.min > w.max || b.samePredicates() {
		return result{outcome: impossible}
	}
	if w.min > 0 && w.min <= maxRepeated {
		w.samples = append(w.samples, strings.Repeat("text ", w.min/5+1)[:w.min], strings.Repeat("a", w.min))
	}
	if v, ok := b.sample(w.samples); ok {
		return result{outcome: possible, value: v}
	}
	w.none(b.excluded())
	v, found := w.find()
	switch {
	case found == possible:
		return result{outcome: possible, value: v}
	case found == impossible:
		return result{outcome: impossible}
	case b.left < 0:
		return result{why: outOfSteps}
	}
	return result{why: "a string " + strings.Join(w.asked, " and ")}
}

// require adds what a node that accepts the string asks.
func (w *textSearch) require(t *textWords) {
	w.min = max(w.min, t.minLength)
	w.atMost(t.maxLength)
	if t.pattern != nil {
		w.asked = append(w.asked, fmt.Sprintf("that matches %q", t.pattern.source))
		w.match(t.pattern.source, plainly)
	}
	if t.check != nil {
		f := lookUpFormat(t.format)
		w.asked = append(w.asked, "of the format "+f.name)
		w.samples = append(w.samples, f.good...)
		w.atMost(f.max)
		w.match(anchored(f.all), plainly)
	}
	if samples := t.contentSamples(); samples != nil {
		w.asked = append(w.asked, "with encoded content")
		w.samples = append(w.samples, samples...)
	}
}

// refuse adds what an atom asks.
func (w *textSearch) refuse(a atom) {
	switch a.kind {
	case shorter:
		w.atMost(a.i)
	case longer:
		w.min = max(w.min, a.i)
	case notPattern:
		w.asked = append(w.asked, fmt.Sprintf("that does not match %q", a.n.text.pattern.source))
		w.match(a.n.text.pattern.source, negated)
	case notFormat:
		f := lookUpFormat(a.n.text.format)
		w.asked = append(w.asked, "not of the format "+f.name)
		w.samples = append(w.samples, f.bad...)
		if f.some != "" {
			w.match(anchored(f.some), negated)
		}
	case notContent:
		w.asked = append(w.asked, "without encoded content")
	}
}

// maxRepeated is how many characters a sample may have.
const maxRepeated = 1 << 17

// sign says whether a clause is negated.
type sign int

const (
	plainly sign = iota
	negated
)

// match adds a clause. One that there is no automaton for is left out.
func (w *textSearch) match(source string, how sign) {
	a, ok := w.autos[source]
	if !ok {
		a = newAutomaton(source)
		w.autos[source] = a
	}
	c := clause{auto: a, negated: how == negated}
	if a != nil && !slices.Contains(w.clauses, c) {
		w.clauses = append(w.clauses, c)
	}
}

func (w *wordSearch) atMost(length int) {
	if length >= 0 && (w.max < 0 || length < w.max) {
		w.max = length
	}
}

// maxRefusedTrie is how many characters the words that are refused may have in all; what
// is beyond is left to accept.
const maxRefusedTrie = 3000

// none adds that the word is none of those values.
func (w *wordSearch) none(values []any) {
	var words []string
	total := 0
	for _, v := range values {
		if s, ok := v.(string); ok && total+len(s) <= maxRefusedTrie {
			words = append(words, s)
			total += len(s)
		}
	}
	if len(words) > 0 {
		w.clauses = append(w.clauses, clause{refused: newTrie(words)})
	}
}

// samePredicates reports whether the string is to keep and to break the same format or
// encoding.
func (b *branch) samePredicates() bool {
	for _, a := range b.atoms {
		for _, n := range b.pos {
			if a.kind == notFormat && n.text.format == a.n.text.format ||
				a.kind == notContent && n.text.encoding == a.n.text.encoding && n.text.media == a.n.text.media {
				return true
			}
		}
	}
	return false
}

// contentSamples returns strings that are encoded as the node says.
func (w *textWords) contentSamples() []string {
	switch {
	case w.encoding != "" && w.media != "":
		return []string{base64.StdEncoding.EncodeToString([]byte("{}"))}
	case w.encoding != "":
		return []string{"YQ=="}
	case w.media != "":
		return []string{"{}"}
	}
	return nil
}

// sample tries strings that a reader would write.
func (b *branch) sample(samples []string) (string, bool) {
	for _, s := range append(samples, "text", "a", "", "1", "A", "0", "2026-01-31", "\n", "é", "😀", "some longer text") {
		if ok, sure := b.holds(b.literals, s); ok && sure && utf8.ValidString(s) {
			return s, true
		}
	}
	return "", false
}
