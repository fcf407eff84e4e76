package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/event"
	"segproof/finding"
)

// buildEvents makes the documented events of what was read.
func (p *page) buildEvents() {
	tables := 0
	for _, t := range p.tables {
		if t.kind == propertyTable {
			t.read = p.rowsOf(t)
			tables++
		}
	}
	said := false
	byID := map[finding.Event]int{}
	for _, e := range p.events {
		b := &builder{page: p, event: e}
		b.out = Documented{Type: e.call, Name: e.name, Description: e.description, At: e.at,
			Source: Source{Row: e.row, Line: e.line}}
		if e.call.NameKey() == "" && e.name != "" {
			// Such a call carries no name; that of the page stands in the contract's title.
			b.out.Name, b.out.Title = "", strings.TrimPrefix(p.doc.Title+": "+e.name, ": ")
		}
		first, again := byID[b.out.identity()]
		if again {
			p.reportFor(ruleEventDuplicate, e.at, b.out.identity(), fmt.Sprintf("%s is the same call as line %d documents; there is one contract for both", e, p.doc.Events[first].At.Line), "")
			b.out = p.doc.Events[first]
		}
		b.tables()
		b.overview()
		b.samples()
		said = said || b.required
		if len(b.out.Fields) == 0 {
			p.reportFor(ruleNoProperties, e.at, e.id(), fmt.Sprintf("%s has no documented properties", e), "")
		}
		if again {
			e.index, p.doc.Events[first] = first, b.out
			continue
		}
		e.index = len(p.doc.Events)
		byID[b.out.identity()] = e.index
		p.doc.Events = append(p.doc.Events, b.out)
	}
	if tables > 0 && !said {
		p.report(ruleRequiredUnknown, event.Place{File: p.doc.File, Line: 1, Column: 1}, "the page says of no property that it is always there; none is required",
			"--required included requires what the page says is included; a column Always Included says it")
	}
}

// maxEventMembers is how many properties one contract can hold: the validator takes 2,000
// schemas in a file, and a property may need one for itself and one for its items.
const maxEventMembers = 900

// builder makes one documented event.
type builder struct {
	page     *page
	event    *draftEvent
	out      Documented
	required bool                               // a row was
	made     int                                // properties
	children map[*Property]map[string]*Property // by name, of those that have many
}

// tables puts the rows of the event's tables in their places: its own, then those that it
// shares with others.
func (b *builder) tables() {
	var sums []string
	for _, t := range slices.Concat(b.event.own, b.event.shared) {
		sums = append(sums, b.page.tableSum(t))
		included := b.page.opts.Require == Included && !t.bound.shared && !t.bound.optional && b.page.saysIncluded(t)
		for _, r := range t.read {
			if r.only != nil && r.only != b.event {
				continue
			}
			if b.page.built >= maxProperties {
				b.page.overflow("properties")
				return
			}
			if b.made >= maxEventMembers {
				b.page.reportFor(ruleSourceTooLarge, b.event.at, b.event.id(), fmt.Sprintf("%s has more than %d properties; the rest is left out", b.event, maxEventMembers), "")
				break
			}
			b.page.built++
			need := r.need
			if t.bound.optional && need == Unsaid {
				need = Optional
			}
			if t.bound.shared && need == Required && t.columns.need < 0 {
				need = Unsaid
			}
			if included && need == Unsaid {
				need = Required
			}
			b.required = b.required || need == Required
			b.place(t, r, need)
		}
	}
	if b.out.Source.sum != "" {
		sums = append([]string{b.out.Source.sum}, sums...)
	}
	b.out.Source.sum = strings.Join(sums, "")
	if len(sums) > 1 {
		b.out.Source.sum = Source{Table: strings.Join(sums, "\n")}.SHA256()
	}
}

// includedText is a sentence that says that tables list what an event has.
var includedText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(tables?|propert\w+)\b[^.]*\b(includ\w+|present) (in|with)\b|\bpropert\w+ (that are )?included\b`)
})

// saysIncluded reports whether the page says that the table lists what is included: in the
// text above it, or above its section.
func (p *page) saysIncluded(t *table) bool {
	says := func(x *text) bool { return includedText().MatchString(x.text) }
	if slices.ContainsFunc(t.before, says) {
		return true
	}
	for s := t.section.parent; s != nil && s.level > 0; s = s.parent {
		if slices.ContainsFunc(s.texts, says) {
			return true
		}
	}
	return false
}

// envelopeFields are the members of a call that rows name as if they were properties.
//
// Source: segment.com/docs/connections/spec/common/
func isEnvelope(name string) bool {
	return slices.Contains([]string{"userId", "anonymousId", "event", "timestamp", "originalTimestamp", "messageId", "receivedAt", "sentAt"}, name)
}

// pathIn returns where in the event a row's value is.
func (b *builder) pathIn(t *table, r propertyRow) []step {
	body := b.event.call.BodyKey()
	if body == "" {
		body = "properties"
	}
	first := r.path[0].name
	switch {
	case len(r.path) > 1 && (first == "context" || first == "traits" || first == "properties") && !r.path[0].items:
		return r.path
	case len(r.path) == 1 && slices.Contains([]string{"context", "traits", "properties", "integrations"}, first) && slices.Equal(r.typ.types, []string{"object"}):
		return r.path
	case t.bound.prefix != "":
		prefix, _ := parsePath(t.bound.prefix)
		return append(prefix, r.path...)
	case len(r.path) == 1 && isEnvelope(first) && !b.inSample(body, first):
		return r.path
	}
	return append([]step{{name: body}}, r.path...)
}

// inSample reports whether a sample of the page has that member in its body: the field is
// then a property, whatever it is called.
func (b *builder) inSample(body, name string) bool {
	return slices.ContainsFunc(b.event.samples, func(s *sample) bool { return s.body.get(name) != nil })
}

// place puts a row in its place.
func (b *builder) place(t *table, r propertyRow, need Need) {
	path := b.pathIn(t, r)
	if len(path) == 1 {
		b.page.reportFor(ruleEnvelopeName, r.at, b.event.id(), fmt.Sprintf("%q is a field of the call, beside %s", r.name, b.event.call.BodyKey()), "")
		if path[0].name == b.event.call.NameKey() || path[0].name == "type" {
			return // it is what the event is known by
		}
		if isEnvelope(r.name) && len(r.typ.types) > 0 && !slices.Contains(r.typ.types, "string") {
			b.page.reportFor(ruleTypeConflict, r.at, b.event.id(), fmt.Sprintf("%q is %s here, and a string in the Segment Spec", r.name, r.typ), "")
			r.typ = docType{} // Segment would not take what the table says
		}
	}
	p := &Property{Name: path[0].name}
	if found := member(b.out.Fields, p.Name); found != nil {
		p = found
	} else {
		if len(path) > 1 {
			p.Types = []string{"object"}
		}
		b.out.Fields = append(b.out.Fields, p)
	}
	for i := 1; i < len(path); i++ {
		if i > 1 && len(p.Properties) == 0 && p.Items == nil && p.Row == "" {
			b.page.reportFor(ruleParentImplied, r.at, b.event.id(), fmt.Sprintf("%q leads through %q, which has no row", r.name, path[i-1].name), "")
		}
		p = b.child(p, path[i-1], path[i].name)
	}
	b.fill(p, path[len(path)-1], r, need)
}

// child returns the member of p, or of its items, which it makes if it is not there.
func (b *builder) child(p *Property, s step, name string) *Property {
	holder := p
	if s.items {
		b.imply(p, "array")
		if p.Items == nil {
			p.Items = &Property{Types: []string{"object"}}
		}
		holder = p.Items
	} else {
		b.imply(p, "object")
	}
	if c := b.member(holder, name); c != nil {
		return c
	}
	b.made++
	c := &Property{Name: name}
	holder.Properties = append(holder.Properties, c)
	if index := b.children[holder]; index != nil {
		index[name] = c
	}
	return c
}

// fewMembers is how many members of an object are looked through one by one.
const fewMembers = 30

// member is Property.Member for objects of any size.
func (b *builder) member(p *Property, name string) *Property {
	if len(p.Properties) < fewMembers {
		return p.Member(name)
	}
	index := b.children[p]
	if index == nil {
		index = make(map[string]*Property, len(p.Properties)*2)
		for _, c := range p.Properties {
			index[c.Name] = c
		}
		if b.children == nil {
			b.children = map[*Property]map[string]*Property{}
		}
		b.children[p] = index
	}
	return index[name]
}

// imply gives a parent that has no row the type that a path needs. A row that names no
// type stays without one: the page does not say that nothing else is sent.
func (b *builder) imply(p *Property, kind string) {
	if len(p.Types) == 0 && p.Row == "" {
		p.Types = []string{kind}
	}
}

// fill gives a property what its row says. What an earlier row said stays, but for the
// parent that a path has implied.
func (b *builder) fill(p *Property, last step, r propertyRow, need Need) {
	if p.Row != "" {
		return
	}
	p.Description, p.Need, p.At, p.Row, p.RawType, p.Doubt = r.description, need, r.at, r.raw, r.rawType, r.doubt
	implied := *p
	if last.items {
		p.Types = []string{"array"}
		if len(r.typ.types) > 0 && !slices.Equal(r.typ.types, []string{"array"}) {
			if p.Items == nil {
				p.Items = &Property{}
			}
			applyType(p.Items, r.typ)
		}
		return
	}
	applyType(p, r.typ)
	if implied.Items != nil {
		p.Items = implied.Items
	}
}

// overview adds the properties that the event's row in the list names.
func (b *builder) overview() {
	e := b.event
	if len(e.overview) == 0 {
		return
	}
	body := b.out.Field(e.call.BodyKey())
	had := len(e.own) > 0 && len(body.Properties) > 0
	var listedNames []string
	for _, l := range e.overview {
		path, _ := parsePath(l.name)
		listedNames = append(listedNames, path[0].name)
		if body.Member(path[0].name) != nil || isEnvelope(l.name) {
			continue
		}
		if had {
			b.page.reportFor(ruleOverviewVsTable, l.at, e.id(), fmt.Sprintf("the overview lists %q, which the table of %s does not have", l.name, e), "")
		}
		b.place(&table{}, propertyRow{name: l.name, path: path, typ: parseTypeText(l.typ, 0), rawType: l.typ, at: l.at, raw: l.name + " " + l.typ}, Unsaid)
	}
	if !had || len(e.own) == 0 {
		return
	}
	for _, c := range body.Properties {
		if !slices.Contains(listedNames, c.Name) && c.At.Line > 0 && slices.ContainsFunc(e.own, func(t *table) bool { return c.At.Line >= t.at.Line }) {
			b.page.reportFor(ruleOverviewVsTable, c.At, e.id(), fmt.Sprintf("the table of %s has %q, which the overview in line %d does not list", e, c.Name, e.at.Line), "")
		}
	}
}

// samples takes the page's own samples for examples, as far as they are events as Segment
// takes them. Whether the contract accepts them is tried later.
func (b *builder) samples() {
	for _, s := range b.event.samples {
		if s.strict && s.value != nil && s.call == b.event.call && s.odd == "" && s.value.get("type") != nil && s.name == b.out.Name {
			b.out.Examples = append(b.out.Examples, compactJSON(s.value))
		}
	}
}
