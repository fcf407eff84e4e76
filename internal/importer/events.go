package importer

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"segproof/event"
	"segproof/finding"
)

// draftEvent is an event while the page is read.
type draftEvent struct {
	name        string // "" for a call that has none
	call        event.Type
	description string
	at          event.Place
	row         string // the text that names it
	line        int    // of the heading over its table, else of what names it
	anchor      string // that its row links to
	alias       string
	overview    []listed // properties in its row of the list
	section     *section // with its table or sample; nil if it has none
	own         []*table
	shared      []*table
	samples     []*sample
	doubts      []string // for its contract's comment
	index       int      // of what is made of it, in the document's events
}

// listed is a property that stands in a cell's list.
type listed struct {
	name, typ string
	at        event.Place
}

// id names the event in findings.
func (e *draftEvent) id() finding.Event { return finding.Event{Type: string(e.call), Name: e.name} }

// String names the event in messages.
func (e *draftEvent) String() string {
	if e.name == "" {
		return string(e.call)
	}
	return fmt.Sprintf("%q", e.name)
}

// listEvents lists the events of the page: the rows of its lists, else its headings; and
// the calls that have a section of their own.
func (p *page) listEvents() {
	for _, t := range p.tables {
		if t.kind != eventTable {
			continue
		}
		for _, r := range t.rows {
			p.eventRow(t, r)
		}
	}
	labelled := p.labelledEvents()
	for _, list := range []func(*page){(*page).eventHeadings, (*page).eventItems, (*page).eventInProse} {
		if len(p.events) == labelled {
			list(p)
		}
	}
	none := len(p.events) == labelled
	p.callSections()
	if len(p.events) == 0 && p.onlyCall() {
		none = false
	}
	if none { // headings beside Identify are the names of events
		p.plainHeadings()
	}
	if len(p.events) == 0 {
		p.report(ruleNoEventList, event.Place{File: p.doc.File, Line: 1, Column: 1},
			"no table lists events, and no heading of an event has properties or a sample below it",
			"a table Event Name, Description lists the events; a heading for each, with a table Property, Type, Description, documents them")
	}
}

// addEvent adds an event, or returns the one of that name.
func (p *page) addEvent(e *draftEvent) *draftEvent {
	key := eventKey(e)
	if have := p.byName[key]; have != nil {
		return have
	}
	if len(p.events) >= maxEvents {
		p.overflow("events")
		return nil
	}
	p.byName[key] = e
	p.events = append(p.events, e)
	return e
}

func eventKey(e *draftEvent) string {
	if e.name == "" {
		return "\x00" + string(e.call)
	}
	return fold(e.name)
}

// nameTemplate is a part of a name that the sender fills in.
var nameTemplate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[^}]*\}|<[^<>]+>|\[[^\]]+\]|\$\w+`) })

// callsTitle is a name that stands for whatever is sent by a call.
var callsTitle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\b(track|identify|page|screen|group) calls$`) })

// eventRow takes a row of a list of events.
func (p *page) eventRow(t *table, r row) {
	c := r.cellAt(t.columns.name)
	if c.text == "" {
		if !r.empty() {
			p.report(ruleEmptyName, r.at, "the row names no event", "")
		}
		return
	}
	if isStruck(c.raw) {
		p.report(ruleStruckOut, c.at, fmt.Sprintf("%q is struck out; the row is not read", strings.Trim(c.text, "~ ")), "")
		return
	}
	if t.header != nil && len(r.cells) == 1 && len(t.header) > 1 && c.bold {
		return // it opens a group
	}
	p.checkRagged(t, r)
	e := &draftEvent{name: c.text, at: c.at, row: r.raw, line: c.at.Line, description: r.cellAt(t.columns.description).text}
	if target, ok := strings.CutPrefix(c.link, "#"); ok {
		e.anchor = target
	}
	if alias := r.cellAt(t.columns.alias).text; t.columns.alias > 0 && !isNothing(alias) {
		e.alias = alias
	}
	if t.columns.properties > 0 {
		e.overview = listProperties(r.cellAt(t.columns.properties))
	}
	bare := p.bare(c)
	e.call, c.text = cmp.Or(p.callOfRow(t, r), bare.call), bare.name
	for _, name := range p.eventNames(c) {
		one := *e
		one.name = name
		p.listEvent(&one)
	}
}

// listEvent adds an event of a list.
func (p *page) listEvent(e *draftEvent) {
	if call := callNamed(e.name); call != "" && (e.call == "" || e.call == call) {
		e.call = call
		if call.NameKey() != "event" {
			e.name = ""
		}
	}
	have := p.addEvent(e)
	if have == nil || have == e {
		if have != nil && e.alias != "" && p.byName[fold(e.alias)] == nil {
			p.byName[fold(e.alias)] = e
		}
		return
	}
	if have.name != e.name {
		p.reportFor(ruleEventNameCase, e.at, have.id(), fmt.Sprintf("event %q is written %q in line %d", e.name, have.name, have.at.Line), "")
	} else {
		p.reportFor(ruleEventDuplicate, e.at, have.id(), fmt.Sprintf("event %q is listed in line %d already", e.name, have.at.Line), "")
	}
	if have.description == "" {
		have.description = e.description
	}
	have.overview = append(have.overview, e.overview...)
}

// eventNames returns the names in a bare cell: one, as a rule.
func (p *page) eventNames(c cell) []string {
	name := c.text
	if mentions(name, "calls") && callsTitle().MatchString(name) {
		p.report(ruleEventTemplate, c.at, fmt.Sprintf("%q names a kind of call, and no event; it is left out", name), "")
		return nil
	}
	if strings.ContainsAny(name, "{<[$") && nameTemplate().MatchString(name) {
		p.report(ruleEventTemplate, c.at, fmt.Sprintf("event %q has a part that is filled in", name), "")
		return []string{name}
	}
	if !strings.Contains(name, "/") && !strings.Contains(name, ",") {
		return []string{name}
	}
	if names := splitKnown(name); names != nil {
		p.report(ruleEventCompound, c.at, fmt.Sprintf("%q is read as %s", name, quotedNames(names)), "")
		return names
	}
	p.report(ruleEventCompound, c.at, fmt.Sprintf("event %q may be several", name), "give each event a row of its own")
	return []string{name}
}

func quotedNames(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(" and ")
		}
		fmt.Fprintf(&b, "%q", n)
	}
	return b.String()
}

// splitKnown splits "Video Playback Paused/Resumed", if each half makes an event of the
// Segment Spec.
func splitKnown(name string) []string {
	before, after, ok := strings.Cut(name, "/")
	if !ok {
		return nil
	}
	stem := ""
	if i := strings.LastIndexByte(strings.TrimRight(before, " "), ' '); i >= 0 {
		stem = before[:i+1]
	}
	first, second := strings.TrimSpace(before), stem+strings.TrimSpace(after)
	if isSpecEvent(first) && isSpecEvent(second) {
		return []string{first, second}
	}
	return nil
}

// callNamed returns the call that a name is the name of: Identify, Page, ...; "" for none.
func callNamed(name string) event.Type {
	switch t := event.Type(strings.ToLower(strings.TrimSpace(name))); t {
	case event.Identify, event.Page, event.Screen, event.Group, event.Alias:
		return t
	}
	return ""
}

// callSections adds the calls that a heading with a table of properties is named after.
func (p *page) callSections() {
	for _, s := range p.sections {
		if s.level == 0 {
			continue
		}
		call := callHeading(s.title.text)
		if call == "" || call.NameKey() == "event" {
			continue
		}
		tables, samples := p.below(s)
		if len(tables) == 0 {
			continue
		}
		p.addEvent(&draftEvent{call: call, at: s.at, line: s.at.Line, section: s, samples: samples, row: strings.TrimSpace(string(p.source.line(s.line)))})
	}
}

// callTitle is a heading that is the name of a call.
var callTitle = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:segment )?(identify|page|screen|group|alias)(?: (?:calls?|events?|traits|methods?|messages?))?$`)
})

func callHeading(title string) event.Type {
	if m := callTitle().FindStringSubmatch(title); m != nil {
		return event.Type(strings.ToLower(m[1]))
	}
	return ""
}

// firstSentence returns the beginning of a paragraph.
func firstSentence(s string) string {
	if i := strings.Index(s, ". "); i > 0 {
		return s[:i+1]
	}
	return s
}

// isNothing reports whether a cell says that there is nothing.
func isNothing(s string) bool {
	const longest = 4
	if s = strings.TrimSpace(s); len(s) > longest {
		return false
	}
	switch fold(s) {
	case "", "n/a", "na", "-", "–", "—", "none":
		return true
	}
	return false
}

// listItem is a name in a list, with the type in brackets behind it.
var listItem = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([\w.$\[\]-]+)(?:\s*\(([^)]*)\))?$`) })

// listProperties reads the properties that a cell lists: `a`, `b (object)`.
func listProperties(c cell) []listed {
	var list []listed
	parts := c.codes
	if len(parts) < 2 {
		parts = strings.FieldsFunc(c.text, func(r rune) bool { return r == ',' || r == ';' })
	}
	for _, part := range parts {
		if m := listItem().FindStringSubmatch(strings.TrimSpace(part)); m != nil {
			list = append(list, listed{name: m[1], typ: m[2], at: c.at})
		}
	}
	return list
}

// annotationOf returns the note at the end of an event's name, "" if there is none.
func annotationOf(name string) string {
	if !strings.HasSuffix(name, ")") {
		return ""
	}
	return annotation().FindString(name)
}
