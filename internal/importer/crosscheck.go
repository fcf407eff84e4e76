package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
)

// crossCheck looks for what the page says twice, in two ways: tables against each other,
// and samples against tables.
func (p *page) crossCheck() {
	p.conflicts()
	for _, e := range p.events {
		p.checkSamples(e, &p.doc.Events[e.index])
	}
}

// firstSeen is where the page spoke of a property first.
type firstSeen struct {
	row propertyRow
	of  *draftEvent
}

// conflicts tells of a property that two tables of the page describe in two ways, once.
func (p *page) conflicts() {
	c := &conflicts{page: p, types: map[string]firstSeen{}, meanings: map[string]firstSeen{}, told: map[string]bool{}}
	for _, e := range p.events {
		for _, t := range slices.Concat(e.own, e.shared) {
			if t.compared { // a shared table says the same of each of its events
				continue
			}
			t.compared = true
			for _, r := range t.read {
				c.compareTypes(e, r)
				c.compareMeanings(e, r)
			}
		}
	}
}

// conflicts is the state of one search for them.
type conflicts struct {
	page            *page
	types, meanings map[string]firstSeen // by path
	told            map[string]bool
}

func (c *conflicts) compareTypes(e *draftEvent, r propertyRow) {
	key := pathText(r.path)
	if r.rawType == "" || r.typ.unknown {
		return
	}
	f, ok := c.types[key]
	if !ok {
		c.types[key] = firstSeen{r, e}
		return
	}
	if f.row.typ.same(r.typ) || c.told["type "+key] || f.row.typ.String() == r.typ.String() {
		return
	}
	c.told["type "+key] = true
	c.page.reportFor(ruleTypeConflict, r.at, e.id(), fmt.Sprintf("property %q is %s here, and %s in line %d, of %s", r.name, r.typ, f.row.typ, f.row.at.Line, f.of), "")
}

func (c *conflicts) compareMeanings(e *draftEvent, r propertyRow) {
	key := pathText(r.path)
	if r.description == "" {
		return
	}
	f, ok := c.meanings[key]
	if !ok {
		c.meanings[key] = firstSeen{r, e}
		return
	}
	if f.row.description == r.description || c.told["meaning "+key] || !clash(r.name, f.row.description, r.description) {
		return
	}
	c.told["meaning "+key] = true
	c.page.reportFor(ruleDescriptionClash, r.at, e.id(), fmt.Sprintf("property %q is %s here, and %s in line %d, of %s",
		r.name, quoteShort(r.description), quoteShort(f.row.description), f.row.at.Line, f.of), "one of the two was probably copied")
	c.page.doubt(e, "The page describes %s as %s here, and as %s of %s.", r.name, quoteShort(r.description), quoteShort(f.row.description), f.of)
	c.page.doubt(f.of, "The page describes %s as %s here, and as %s of %s.", r.name, quoteShort(f.row.description), quoteShort(r.description), e)
}

// clash reports whether two descriptions of a property mean two things: they have little
// in common, neither says more of the same, and one of them alone speaks of what the
// property is called after.
func clash(name, a, b string) bool {
	x, y := contentWords(a), contentWords(b)
	if len(x) == 0 || len(y) == 0 {
		return false
	}
	common := 0
	for w := range x {
		if y[w] {
			common++
		}
	}
	if common == len(x) || common == len(y) || common*2 >= len(x)+len(y)-common {
		return false
	}
	for w := range contentWords(spaced(name)) {
		if w != "id" && x[w] != y[w] {
			return true
		}
	}
	return common == 0
}

// spaced writes versionId and version_id as words.
func spaced(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.NewReplacer("_", " ", ".", " ", "-", " ").Replace(b.String())
}

// contentWords returns the words of a text that carry its meaning.
func contentWords(s string) map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }) {
		switch w {
		case "the", "a", "an", "of", "to", "in", "for", "is", "are", "was", "were", "be", "this", "that", "with", "by", "on", "at", "from", "and", "or", "it", "its", "their", "being", "which":
		default:
			words[strings.TrimSuffix(w, "s")] = true
		}
	}
	return words
}

// checkSamples compares the samples of an event with its tables.
func (p *page) checkSamples(e *draftEvent, d *Documented) {
	for _, s := range e.samples {
		if s.call == "" || s.call != e.call || p.inTable(s) {
			continue
		}
		if s.odd != "" {
			p.reportFor(ruleSampleEnvelope, s.at, e.id(), "the sample is no call that Segment takes: "+s.odd, "")
		}
		if s.body == nil {
			continue
		}
		body := member(d.Fields, s.call.BodyKey())
		if body == nil && len(e.own)+len(e.shared) == 0 {
			continue // nothing is documented: event-without-properties has said so
		}
		c := &sampleCheck{page: p, event: e, at: s.at}
		if body == nil {
			body = &Property{Types: []string{"object"}}
		}
		c.members(s.body, body, "")
		c.tell()
	}
}

// inTable reports whether a sample is told of already: each is told once.
func (p *page) inTable(s *sample) bool {
	done := s.checked
	s.checked = true
	return done
}

// sampleCheck collects what is odd about one sample.
type sampleCheck struct {
	page         *page
	event        *draftEvent
	at           event.Place
	undocumented []string
	broken       []string
}

func (c *sampleCheck) tell() {
	if len(c.undocumented) > 0 {
		c.page.reportFor(ruleSampleUndocumented, c.at, c.event.id(), fmt.Sprintf("the sample of %s has %s, which no table has", c.event, quotedAnd(c.undocumented)), "document it, or take it out of the sample")
	}
	if len(c.broken) > 0 {
		c.page.reportFor(ruleSampleVsTable, c.at, c.event.id(), "the sample of "+c.event.String()+" breaks the table: "+strings.Join(c.broken, "; "), "")
	}
}

func quotedAnd(names []string) string {
	list := make([]string, 0, len(names))
	for _, n := range names {
		list = append(list, fmt.Sprintf("%q", n))
	}
	return strings.Join(list, ", ")
}

func (c *sampleCheck) members(o *object, p *Property, path string) {
	for _, m := range o.members {
		at := strings.TrimPrefix(path+"."+m.key, ".")
		child := p.Member(m.key)
		if child == nil {
			if len(p.Properties) > 0 || path == "" {
				c.undocumented = append(c.undocumented, at)
			}
			continue
		}
		c.value(m.value, child, at)
	}
}

func (c *sampleCheck) value(v any, p *Property, path string) {
	got := kindOf(v)
	if got == "" {
		return
	}
	ok := len(p.Types) == 0 || slices.Contains(p.Types, got) || got == "integer" && slices.Contains(p.Types, "number")
	if !ok {
		c.broken = append(c.broken, fmt.Sprintf("%s is %s, want %s", path, got, describeSchema(p.schema())))
		return
	}
	if raw, isText := v.(json.RawMessage); isText && len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, func(e json.RawMessage) bool { return string(e) == string(raw) }) {
		c.broken = append(c.broken, fmt.Sprintf("%s is %s, want %s", path, raw, describeSchema(p.schema())))
	}
	switch v := v.(type) {
	case *object:
		c.members(v, p, path)
	case []any:
		if p.Items == nil {
			return
		}
		for _, item := range v[:min(len(v), 3)] {
			c.value(item, p.Items, path+"[]")
		}
	}
}

// kindOf returns the JSON Schema type of a value, "" for what a program fills in.
func kindOf(v any) string {
	switch v := v.(type) {
	case *object:
		return "object"
	case []any:
		return "array"
	case json.RawMessage:
		switch c := v[0]; {
		case c == '"':
			return "string"
		case c == 't' || c == 'f':
			return "boolean"
		case c == 'n':
			return "null"
		case strings.ContainsAny(string(v), ".eE"):
			return "number"
		}
		return "integer"
	}
	return ""
}
