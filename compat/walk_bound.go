package compat

import (
	"fmt"
	"math/big"
	"strings"

	"segproof/validator"
)

// limit is how far a bound lets values go. The zero value is no limit.
type limit struct {
	keyword   string
	at        *big.Rat // nil: everything goes
	exclusive bool
	text      string // as it is written; "" if it is not
}

// limitOf returns the limit that a schema sets by the bound's keyword, or by the
// exclusive form of it, whichever is tighter.
func (b bound) limitOf(schema map[string]any) (l limit) {
	if n, ok := rational(schema[b.keyword]); ok {
		l = limit{keyword: b.keyword, at: n, text: shown(schema[b.keyword])}
	}
	if b.keyword != "minimum" && b.keyword != "maximum" {
		if b.lower && l.at != nil && l.at.Sign() <= 0 {
			return limit{text: l.text} // no fewer than none
		}
		return l
	}
	exclusive := "exclusive" + strings.ToUpper(b.keyword[:1]) + b.keyword[1:]
	if of, _ := schema[exclusive].(bool); of && l.at != nil { // draft-04
		l.exclusive, l.text = true, l.text+" exclusive"
	}
	if n, ok := rational(schema[exclusive]); ok {
		other := limit{keyword: exclusive, at: n, exclusive: true, text: shown(schema[exclusive]) + " exclusive"}
		if l.at == nil || b.tighter(other, l) {
			return other
		}
	}
	return l
}

// tighter reports whether x lets fewer values be than y does.
func (b bound) tighter(x, y limit) bool {
	if y.at == nil || x.at == nil {
		return x.at != nil && y.at == nil
	}
	order := x.at.Cmp(y.at)
	if !b.lower {
		order = -order
	}
	return order > 0 || order == 0 && x.exclusive && !y.exclusive
}

// numberBounds compares all keywords that bound a value.
func (w *walker) numberBounds(h here, prev, next map[string]any) {
	for _, b := range bounds() {
		before, after := b.limitOf(prev), b.limitOf(next)
		tighter := b.tighter(after, before)
		if !tighter && !b.tighter(before, after) {
			continue
		}
		rule := b.rules[0]
		if tighter != b.lower {
			rule = b.rules[1]
		}
		c := w.report(h, rule, b.keyword, "%s", b.told(before, after))
		c.prev.named(before.keyword)
		c.next.named(after.keyword)
	}
}

// named makes the spot that of another keyword, if there is one; what is to be forgotten
// around it stays.
func (s *spot) named(keyword string) {
	if keyword == "" {
		return
	}
	s.steps = []string{keyword}
	if s.relax.at == s.part {
		s.relax.keyword = keyword
	}
}

// told says how a bound changed.
func (b bound) told(before, after limit) string {
	switch {
	case before.text == "":
		return fmt.Sprintf("%s of %s is %s now; there was none", b.keyword, b.of, after.text)
	case after.text == "":
		return fmt.Sprintf("%s of %s was %s; there is none now", b.keyword, b.of, before.text)
	}
	return fmt.Sprintf("%s of %s was %s, is %s", b.keyword, b.of, before.text, after.text)
}

// plain is a keyword of one value, whose coming, changing and going are rules.
type plain struct{ keyword, added, changed, removed string }

// plains is the table of such keywords.
func plains() []plain {
	return []plain{
		{"pattern", "pattern-added", "pattern-changed", "pattern-removed"},
		{"format", "format-added", "format-changed", "format-removed"},
		{"multipleOf", "multiple-of-changed", "multiple-of-changed", "multiple-of-changed"},
		{"propertyNames", "property-names-narrowed", "property-names-changed", "property-names-widened"},
		{"not", "not-added", "not-changed", "not-removed"},
		{"default", "default-changed", "default-changed", "default-changed"},
	}
}

// plainKeywords compares the keywords of the table, and uniqueItems, which is absent when
// it is false.
func (w *walker) plainKeywords(h here, prev, next map[string]any) {
	for _, p := range plains() {
		before, was := asserted(prev, p.keyword)
		after, is := asserted(next, p.keyword)
		switch {
		case was && is && canonical(before) != canonical(after):
			w.report(h, p.changed, p.keyword, "%s was %s, is %s", p.keyword, shown(before), shown(after))
		case is && !was:
			w.report(h, p.added, p.keyword, "%s is %s now; there was none", p.keyword, shown(after))
		case was && !is:
			w.report(h, p.removed, p.keyword, "%s was %s; there is none now", p.keyword, shown(before))
		}
	}
	before, _ := prev["uniqueItems"].(bool)
	after, _ := next["uniqueItems"].(bool)
	switch {
	case after && !before:
		w.report(h, "unique-items-added", "uniqueItems", "items must be unique now")
	case before && !after:
		w.report(h, "unique-items-removed", "uniqueItems", "items need not be unique any more")
	}
}

// asserted returns the value of a keyword. A format that nobody knows asks nothing.
func asserted(schema map[string]any, keyword string) (v any, ok bool) {
	v, ok = schema[keyword]
	if name, _ := v.(string); keyword == "format" && validator.FormatCheck(name) == nil {
		return nil, false
	}
	return v, ok
}
