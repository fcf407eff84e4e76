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

// binding says which events a table of properties is for.
type binding struct {
	events   []*draftEvent
	shared   bool   // by several events: nothing in it is required
	optional bool   // only under a condition
	prefix   string // of the rows' paths: "context", "traits", "context.traits"
}

// contextObject is a text that says that traits travel in the context.
//
// Source: segment.com/docs/connections/spec/common/#context
var contextObject = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bcontext object\b|\bcontext\.traits\b`) })

// bindTables binds each table of properties to its events.
func (p *page) bindTables() {
	for _, t := range p.tables {
		if t.kind != propertyTable {
			continue
		}
		b, ok := p.bind(t)
		if !ok {
			p.unbound(t)
			continue
		}
		if b.prefix == "" && (t.columns.trait || traitTitle().MatchString(t.section.title.text)) {
			b.prefix = "traits"
			if slices.ContainsFunc(t.before, func(x *text) bool { return contextObject().MatchString(x.text) }) {
				b.prefix = "context.traits"
			}
		}
		t.bound = b
		for _, e := range b.events {
			if b.shared {
				e.shared = append(e.shared, t)
				continue
			}
			if len(e.own) == 0 && e.section == nil {
				e.line = max(t.section.at.Line, 1)
			}
			if slices.ContainsFunc(t.before, func(x *text) bool { return mentions(x.text, "only ") && onlyFor().MatchString(x.text) }) && len(e.own) > 0 {
				t.bound.optional = true
			}
			e.own = append(e.own, t)
			if e.section == nil {
				e.section = t.section
			}
		}
	}
}

// onlyFor is a sentence that a conditional table stands under.
var onlyFor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bonly (for|when|if|on)\b`) })

// unbound tells of a table that belongs to nothing.
func (p *page) unbound(t *table) {
	t.kind = otherTable
	if t.list {
		if t.section.under(onTopic) || !t.section.under(notAnEvent) {
			p.listIgnored(t.at, t.rows[0].cells[0].text)
		}
		return
	}
	if !t.section.under(onTopic) && t.section.under(notAnEvent) || len(p.events) == 0 {
		p.report(ruleTableIgnored, t.at, "the table stands in no section about events or properties; it was not read", "")
		return
	}
	hint := "name the event in the heading above it, or write that the table is for all events"
	var names []string
	for _, e := range p.events[:min(len(p.events), 500)] {
		names = append(names, e.name)
	}
	if near := finding.Nearest(t.section.title.text, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	p.report(ruleUnboundTable, t.at, fmt.Sprintf("the table under %q belongs to no event", t.section.title.text), hint)
}

// binders are the ways to bind a table, the first that finds something wins.
func binders() []func(p *page, t *table) (binding, bool) {
	return []func(p *page, t *table) (binding, bool){
		(*page).byRow, (*page).byLabel, (*page).bySection, (*page).byHeading, (*page).byAnchor, (*page).byJoinedHeading, (*page).byTextAbove, (*page).byHeadingAbove,
		(*page).byCall, (*page).bySharedObject, (*page).byGroupWord, (*page).byCommonWords, (*page).byNewName,
	}
}

func (p *page) bind(t *table) (binding, bool) {
	for _, try := range binders() {
		if b, ok := try(p, t); ok {
			return b, true
		}
	}
	return binding{}, false
}

// bySection: the heading, or a general one below it, was taken for several events.
func (p *page) bySection(t *table) (binding, bool) {
	s := t.section
	for s.parent != nil && len(p.bySections[s]) == 0 && genericTitle().MatchString(s.title.text) {
		s = s.parent
	}
	events := p.bySections[s]
	return binding{events: events, shared: true}, len(events) > 1
}

// newName is an event that is named in running text.
var newName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("`([^`]+)` event\\b") })

// byNewName: the text right above names an event that no list has.
func (p *page) byNewName(t *table) (binding, bool) {
	if len(t.before) == 0 || !t.section.under(onTopic) {
		return binding{}, false
	}
	x := t.before[len(t.before)-1]
	m := newName().FindStringSubmatch(x.raw)
	if m == nil || !properName().MatchString(m[1]) {
		return binding{}, false
	}
	e := p.addEvent(&draftEvent{name: m[1], at: x.at, line: t.section.at.Line, section: t.section, row: x.raw})
	return binding{events: []*draftEvent{e}}, e != nil
}

// headingNoise is what headings have around the name of an event.
var headingNoise = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(?i)^(?:event )?(?:properties|fields|parameters|attributes) (?:for|of|in)(?: the)? `),
		regexp.MustCompile(`(?i)^(?:event|events):\s*`),
		regexp.MustCompile(`(?i)\s*\([^()]*\)`),
		regexp.MustCompile(`(?i)\s+(?:track |screen |page |identify )?(?:events?|event properties|properties|payload|event payload|calls?)$`),
		regexp.MustCompile(`^[\d.]+\s+`),
		footnotes(),
	}
})

// named returns the event that a heading names: as it stands, or without what headings
// have around a name.
func (p *page) named(title string) *draftEvent {
	if e := p.byName[fold(title)]; e != nil {
		return e
	}
	stripped := title
	for _, noise := range headingNoise() {
		if e := p.byName[fold(noise.ReplaceAllString(title, ""))]; e != nil {
			return e
		}
		stripped = noise.ReplaceAllString(stripped, "")
		if e := p.byName[fold(stripped)]; e != nil {
			return e
		}
	}
	return nil
}

// byHeading: the heading is the event's name, or its alias.
func (p *page) byHeading(t *table) (binding, bool) {
	title := t.section.title.text
	e := p.named(title)
	if e == nil {
		e = p.byName[strings.ReplaceAll(slug(title), "-", "_")]
	}
	if e == nil {
		return binding{}, false
	}
	if e.alias != "" && p.byName[fold(e.alias)] == e && fold(title) != fold(e.name) && p.named(title) == nil {
		p.reportFor(ruleHeadingMismatch, t.section.at, e.id(), fmt.Sprintf("the heading %q is not the event's name %q; its other name %q is like it", title, e.name, e.alias), "")
	}
	return binding{events: []*draftEvent{e}}, true
}

// byAnchor: a link in the event's row leads to the heading.
func (p *page) byAnchor(t *table) (binding, bool) {
	if t.section.anchor == "" {
		return binding{}, false
	}
	for _, e := range p.events {
		if e.anchor == t.section.anchor {
			p.reportFor(ruleHeadingMismatch, t.section.at, e.id(), fmt.Sprintf("the heading %q is not the event's name %q; the list links to it", t.section.title.text, e.name), "")
			return binding{events: []*draftEvent{e}}, true
		}
	}
	return binding{}, false
}

// joiner stands between the events that a heading names together.
var joiner = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\s+and\s+|\s*/\s*|\s*,\s*|\s*&\s*|\s+or\s+`) })

// justCall is a part of a heading that names a call and no event.
var justCall = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:track|page|screen|identify|group) (?:events?|calls?)(?: properties)?$`)
})

// byJoinedHeading: the heading joins the names of events, which may share words: "Cart
// Viewed and Cart Shared", "Product Added/Removed".
func (p *page) byJoinedHeading(t *table) (binding, bool) {
	title := t.section.title.text
	for _, noise := range headingNoise()[:2] {
		title = noise.ReplaceAllString(title, "")
	}
	parts := joiner().Split(title, 12)
	if len(parts) < 2 {
		return binding{}, false
	}
	// "Page Viewed / Page event properties" says the call beside the name.
	parts = slices.DeleteFunc(parts, func(part string) bool { return justCall().MatchString(part) })
	if len(parts) == 0 {
		return binding{}, false
	}
	first := strings.Fields(parts[0])
	last := strings.Fields(parts[len(parts)-1])
	var events []*draftEvent
	for _, part := range parts {
		e := p.named(part)
		for i := 1; e == nil && i < len(first); i++ {
			e = p.named(strings.Join(first[:i], " ") + " " + part)
		}
		for i := len(last) - 1; e == nil && i > 0; i-- {
			e = p.named(part + " " + strings.Join(last[i:], " "))
		}
		if e == nil {
			return binding{}, false
		}
		if !slices.Contains(events, e) {
			events = append(events, e)
		}
	}
	return binding{events: events, shared: len(events) > 1}, true
}

// maxNamed is how many events of a page are looked for in running text.
const maxNamed = 500

// byTextAbove: the paragraph or list right above names the events, in code or as items,
// or one of them with the word event behind it.
func (p *page) byTextAbove(t *table) (binding, bool) {
	var events []*draftEvent
	add := func(name string) {
		if e := p.byName[fold(name)]; e != nil && !slices.Contains(events, e) && len(events) < maxNamed {
			events = append(events, e)
		}
	}
	for i := len(t.before) - 1; i >= 0; i-- {
		x := t.before[i]
		found := len(events)
		for _, code := range x.codes {
			add(code)
		}
		if x.item {
			add(x.text)
		}
		if len(events) == found && !x.item && len(events) > 0 {
			break // the list's own paragraph has none
		}
	}
	if len(events) == 0 && len(p.events) <= maxNamed && len(t.before) > 0 {
		last := " " + fold(t.before[len(t.before)-1].text)
		for _, e := range p.events {
			if e.name != "" && strings.Contains(last, " "+fold(e.name)+" event") {
				add(e.name)
			}
		}
	}
	return binding{events: events, shared: len(events) > 1}, len(events) > 0
}

// byHeadingAbove: a heading above is the event's name, and this one is a part of it.
func (p *page) byHeadingAbove(t *table) (binding, bool) {
	prefix := partOf(t.section.title.text)
	for s := t.section.parent; s != nil && s.level > 0; s = s.parent {
		if e := p.named(s.title.text); e != nil {
			return binding{events: []*draftEvent{e}, prefix: prefix}, true
		}
		if !genericTitle().MatchString(t.section.title.text) {
			break
		}
	}
	return binding{}, false
}

// byCall: the heading is the name of a call, or the rows are traits of the user.
func (p *page) byCall(t *table) (binding, bool) {
	call := callHeading(t.section.title.text)
	if call == "" && (t.columns.trait || traitTitle().MatchString(t.section.title.text)) && !p.traitsOfEvents(t) {
		call = event.Identify
	}
	if call == "" {
		return binding{}, false
	}
	if callHeading(t.section.title.text) == "" {
		for _, e := range p.events {
			if e.name == "" && e.call.BodyKey() == "traits" {
				return binding{events: []*draftEvent{e}}, true // the page has such a call already
			}
		}
	}
	e := p.addEvent(&draftEvent{call: call, at: t.section.at, line: t.section.at.Line, section: t.section, row: t.section.title.raw})
	return binding{events: []*draftEvent{e}}, e != nil
}

// traitTitle is a heading over traits of the user.
var traitTitle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\btraits\b`) })

// traitsOfEvents reports whether a table of traits is said to go with the events.
func (p *page) traitsOfEvents(t *table) bool {
	return slices.ContainsFunc(t.before, func(x *text) bool {
		return commonText().MatchString(x.text)
	})
}

// objectTitle is the heading of an object that several events share.
var objectTitle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:the )?(.+?) events? object$`) })

// sharedObject returns the first word of "Playback event object", "" for other headings.
func sharedObject(title string) string {
	if m := objectTitle().FindStringSubmatch(title); m != nil {
		return fold(m[1])
	}
	return ""
}

// bySharedObject: the heading is a shared object, "Playback event object"; its events are
// those under "Playback events".
func (p *page) bySharedObject(t *table) (binding, bool) {
	word := sharedObject(t.section.title.text)
	if word == "" {
		return binding{}, false
	}
	var events []*draftEvent
	for _, e := range p.events {
		if e.section != nil && e.section.parent != nil && strings.TrimSuffix(fold(e.section.parent.title.text), "s") == word+" event" {
			events = append(events, e)
		}
	}
	return binding{events: events, shared: true}, len(events) > 0
}

// groupTitle is the heading of a table for a group of events: "Shelf Visit Event Properties".
var groupTitle = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(\w+)(?: \w+)? (?:track )?events? propert`)
})

// byGroupWord: the heading begins with the word that some of the events begin with.
func (p *page) byGroupWord(t *table) (binding, bool) {
	m := groupTitle().FindStringSubmatch(t.section.title.text)
	if m == nil {
		return binding{}, false
	}
	word := fold(m[1])
	var events []*draftEvent
	for _, e := range p.events {
		if fold(firstWord(e.name)) == word {
			events = append(events, e)
		}
	}
	return binding{events: events, shared: true}, len(events) > 1
}

// firstWord returns the first word of a name, which may be written inCamelCase.
func firstWord(name string) string {
	for i, r := range name {
		if i > 0 && (r >= 'A' && r <= 'Z' || r == ' ' || r == '_' || r == '.' || r == '-') {
			return name[:i]
		}
	}
	return name
}

// The words by which a table says that it is for all events of the page.
var (
	commonTitle = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)event propert|^(common|shared|default|general|all|standard|additional|global)\b|all events|^propert(y|ies)$|propert`)
	})
	commonText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(all|each|every|any)( of)?( the| these| those)?( \w+){0,2} events?\b|events? (listed|described|mentioned|outlined)? ?above|\bcommon\b|included (in|with) (the|all|each|every|these|most) |\b(all|each|every)\b[^.]{0,40}\bcalls?\b|along with (the|these) events|event propert|propert\w* (included|of|for)`)
	})
	specificText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)event[- ]specific|depending on the event|\bmost events\b`)
	})
)

// byCommonWords: the heading or the text says that the table is for all events.
func (p *page) byCommonWords(t *table) (binding, bool) {
	if !commonTitle().MatchString(t.section.title.text) && !slices.ContainsFunc(t.before, func(x *text) bool { return commonText().MatchString(x.text) }) {
		return binding{}, false
	}
	var events []*draftEvent
	for _, e := range p.events {
		if e.name != "" || !t.columns.trait {
			events = append(events, e)
		}
	}
	optional := slices.ContainsFunc(t.before, func(x *text) bool { return specificText().MatchString(x.text) })
	return binding{events: events, shared: true, optional: optional}, len(events) > 0
}
