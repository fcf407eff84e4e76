package inclusion

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// textTheory looks for a string.
func (b *branch) textTheory() result {
	w := wordSearch{solver: b.solver, max: -1, accept: func(s string) bool {
		ok, sure := b.holds(b.literals, s)
		return ok && sure
	}}
	var samples []string
	decided := true // the clauses say all there is to say
	for _, n := range b.pos {
		t := &n.text
		w.min = max(w.min, t.minLength)
		w.atMost(t.maxLength)
		if t.pattern != nil {
			decided = b.match(&w, t.pattern.source, plainly) && decided
		}
		if t.check != nil {
			f := lookUpFormat(t.format)
			samples = append(samples, f.good...)
			w.atMost(f.max)
			decided = b.match(&w, anchored(f.all), plainly) && decided
		}
		samples = append(samples, t.contentSamples()...)
	}
	for _, a := range b.atoms {
		switch a.kind {
		case shorter:
			w.atMost(a.i)
		case longer:
			w.min = max(w.min, a.i)
		case notPattern:
			decided = b.match(&w, a.n.text.pattern.source, negated) && decided
		case notFormat:
			f := lookUpFormat(a.n.text.format)
			samples = append(samples, f.bad...)
			if f.some != "" {
				decided = b.match(&w, anchored(f.some), negated) && decided
			}
		}
	}
	if w.max >= 0 && w.min > w.max || b.samePredicates() {
		return result{outcome: impossible}
	}
	if w.min > 0 && w.min <= maxRepeated {
		samples = append(samples, strings.Repeat("text ", w.min/5+1)[:w.min], strings.Repeat("a", w.min))
	}
	if v, ok := b.sample(samples); ok {
		return result{outcome: possible, value: v}
	}
	w.refuse(b.excluded())
	v, found := w.find()
	switch {
	case found == possible:
		return result{outcome: possible, value: v}
	case found == impossible:
		return result{outcome: impossible}
	case b.left < 0:
		return result{why: outOfSteps}
	case !decided:
		return result{why: "a pattern with too many states"}
	}
	return result{why: "a string that keeps some formats or patterns and breaks others"}
}

// maxRepeated is how many characters a sample may have.
const maxRepeated = 1 << 17

// sign says whether a clause is negated.
type sign int

const (
	plainly sign = iota
	negated
)

// match adds a clause; false means that it had to be left out.
func (b *branch) match(w *wordSearch, source string, how sign) bool {
	a, ok := b.autos[source]
	if !ok {
		a = newAutomaton(source)
		b.autos[source] = a
	}
	if a == nil {
		return false
	}
	for _, c := range w.clauses {
		if c.auto == a && c.negated == (how == negated) {
			return true
		}
	}
	w.clauses = append(w.clauses, clause{auto: a, negated: how == negated})
	return true
}

func (w *wordSearch) atMost(length int) {
	if length >= 0 && (w.max < 0 || length < w.max) {
		w.max = length
	}
}

// maxRefusedTrie is how many characters the words that are refused may have in all; what
// is beyond is left to accept.
const maxRefusedTrie = 3000

// refuse adds that the word is none of those values.
func (w *wordSearch) refuse(values []any) {
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
