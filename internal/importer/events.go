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
}

// listed is a property that stands in a cell's list.
type listed struct {
	name, typ string
	at        event.Place
}

// id names the event in findings.
func (e *draftEvent) id() finding.Event { return finding.Event{Type: string(e.call), Name: e.name} }

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
	for _, list := range []func(*page){(*page).eventHeadings, (*page).eventItems, (*page).eventInProse} {
		if len(p.events) == 0 {
			list(p)
		}
	}
	p.callSections()
	if len(p.events) == 0 {
		p.onlyCall()
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

// annotation is a note behind an event's name that is not sent.
var annotation = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\s*\(\s*(coming soon|v\d+|beta|deprecated|new|legacy|optional)\s*\)\s*$`)
})

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
	for _, name := range p.eventNames(c) {
		one := *e
		one.name = name
		p.listEvent(&one)
	}
}

// listEvent adds an event of a list.
func (p *page) listEvent(e *draftEvent) {
	if call := callNamed(e.name); call != "" {
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

// eventNames returns the names in a cell: one, as a rule.
func (p *page) eventNames(c cell) []string {
	name := strings.TrimSpace(c.text)
	if m := annotation().FindString(name); m != "" {
		p.report(ruleEventAnnotation, c.at, fmt.Sprintf("%q is taken off the event's name %q", strings.TrimSpace(m), c.text), "")
		name = strings.TrimSuffix(name, m)
	}
	if callsTitle().MatchString(name) {
		p.report(ruleEventTemplate, c.at, fmt.Sprintf("%q names a kind of call, and no event; it is left out", name), "")
		return nil
	}
	if nameTemplate().MatchString(name) {
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

// genericTitle are headings that belong to the event of the heading above them.
var genericTitle = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^((event |semantic |common |supported )?(properties|property|fields|parameters|attributes|payload|context|traits|examples?|samples?|sample payload|example (call|payload|event)|usage|overview|description|details|notes?))( \(.*\))?$`)
})

// eventHeadings lists the events of a page without a list: headings in a section about
// events that have a table of properties or a sample of a call below them, and headings
// that a list of links leads to and that have.
func (p *page) eventHeadings() {
	linked := p.linkedAnchors()
	for _, s := range p.sections {
		if s.level == 0 || genericTitle().MatchString(s.title.text) || callNamed(s.title.text) != "" || sharedObject(s.title.text) != "" {
			continue
		}
		if !s.parent.under(aboutEvents) && !linked[s.anchor] && !p.sampleNames(s) {
			continue
		}
		tables, samples := p.below(s)
		if len(tables) == 0 && len(samples) == 0 {
			continue
		}
		e := &draftEvent{name: s.title.text, at: s.title.at, line: s.at.Line, section: s, row: strings.TrimSpace(string(p.source.line(s.line)))}
		if e.at.Line == 0 {
			e.at = s.at
		}
		if len(s.texts) > 0 && !s.texts[0].item {
			e.description = firstSentence(s.texts[0].plain)
		}
		p.headingEvent(e, samples)
	}
}

// headingEvent adds the event of a heading, or the several that its samples name.
func (p *page) headingEvent(e *draftEvent, samples []*sample) {
	heading := e.name
	var names []string
	for _, s := range samples {
		if s.name != "" && !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	if len(names) < 2 || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, heading) }) {
		p.nameBySample(e, samples)
		if names = p.eventNames(cell{text: e.name, at: e.at}); len(names) == 0 {
			return
		}
		names = names[:1]
	} else {
		p.report(ruleHeadingMismatch, e.at, fmt.Sprintf("the heading says %q, its samples are of %s", heading, quotedNames(names)), "")
	}
	for _, name := range names {
		one := *e
		one.name = name
		if p.listEvent(&one); p.byName[fold(name)] == &one {
			p.bySections[e.section] = append(p.bySections[e.section], &one)
		}
		p.alias(heading, &one)
	}
}

// nameBySample takes the name that the event has in its sample.
func (p *page) nameBySample(e *draftEvent, samples []*sample) {
	heading := e.name
	for _, s := range samples {
		if s.name == "" || s.name == heading {
			continue
		}
		e.name = s.name
		if strings.EqualFold(s.name, heading) {
			p.reportFor(ruleEventNameCase, e.at, e.id(), fmt.Sprintf("the heading says %q, the sample %q; the sample's way is taken", heading, s.name), "")
		} else {
			p.reportFor(ruleHeadingMismatch, e.at, e.id(), fmt.Sprintf("the heading says %q, the sample %q; the sample's name is taken", heading, s.name), "")
		}
		return
	}
}

// alias lets an event be found by another name too.
func (p *page) alias(name string, e *draftEvent) {
	if p.byName[fold(name)] == nil {
		p.byName[fold(name)] = e
	}
}

// sampleNames reports whether a sample right below the heading is a call of that name.
func (p *page) sampleNames(s *section) bool {
	return slices.ContainsFunc(s.samples, func(x *sample) bool {
		return x.name != "" && fold(x.name) == strings.TrimSuffix(fold(s.title.text), " event")
	})
}

// below returns the tables of properties and the samples of calls that are below a
// heading, or below a general one like Properties in it.
func (p *page) below(s *section) (tables []*table, samples []*sample) {
	take := func(from *section) {
		for _, t := range from.tables {
			if t.kind == propertyTable {
				tables = append(tables, t)
			}
		}
		for _, x := range from.samples {
			if x.call != "" {
				samples = append(samples, x)
			}
		}
	}
	take(s)
	for _, child := range p.children(s) {
		if genericTitle().MatchString(child.title.text) {
			take(child)
		}
	}
	return tables, samples
}

// children returns the sections directly or further below a heading.
func (p *page) children(s *section) []*section {
	i := s.index + 1
	var list []*section
	for ; i < len(p.sections) && p.sections[i].level > s.level; i++ {
		list = append(list, p.sections[i])
	}
	return list
}

// eventItems lists the events of a page that has them in a list under a heading Events:
// items that begin with a link, with code, or with bold text, or that are a few words.
func (p *page) eventItems() {
	for _, x := range p.texts {
		if !x.item || !justEvents().MatchString(x.section.title.text) {
			continue
		}
		name, description := itemName(x)
		if name == "" {
			continue
		}
		for _, one := range p.eventNames(cell{text: name, at: x.at}) {
			p.listEvent(&draftEvent{name: one, at: x.at, line: x.at.Line, row: x.raw, description: description})
		}
	}
}

// itemStart is what an item of a list of events begins with.
var itemStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^(?:\\[([^\\]]+)\\]\\([^)]*\\)(?:\\{:[^}]*\\})?|`([^`]+)`|\\*\\*([^*]+)\\*\\*)\\s*(?:[-–—:]\\s*(.*))?$")
})

func itemName(x text) (name, description string) {
	if m := itemStart().FindStringSubmatch(x.raw); m != nil {
		return cleanCell(m[1] + m[2] + m[3]).text, cleanCell(m[4]).text
	}
	const manyWords = 6
	name, description, _ = strings.Cut(x.plain, ": ")
	if before, after, ok := strings.Cut(name, " - "); ok {
		name, description = before, after
	}
	if words := strings.Fields(name); len(words) > manyWords || strings.ContainsAny(name, ".!?") && len(words) > 1 {
		return "", ""
	}
	return name, description
}

// properName is a name of several words in capitals, as it stands in running text.
var properName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\p{Lu}[\p{L}\p{N}]*( \p{Lu}[\p{L}\p{N}]*)+$`) })

// eventInProse takes the one event that a section Events names in code.
func (p *page) eventInProse() {
	for _, x := range p.texts {
		if x.item || !justEvents().MatchString(x.section.title.text) {
			continue
		}
		for _, code := range cleanCell(x.raw).codes {
			if properName().MatchString(code) {
				p.listEvent(&draftEvent{name: code, at: x.at, line: x.at.Line, row: x.raw})
			}
		}
	}
}

// onlyCall takes a page that documents one call without naming an event: it says that it
// sends identify or group calls, and has a table of properties.
func (p *page) onlyCall() {
	call := p.pageSays().call
	if call == "" || call.NameKey() == "event" {
		return
	}
	for _, t := range p.tables {
		if t.kind == propertyTable && t.section.under(onTopic) {
			p.addEvent(&draftEvent{call: call, at: t.section.at, line: t.section.at.Line, section: t.section, row: t.section.title.raw})
			return
		}
	}
}

// linkedAnchors returns the anchors that items of lists in sections about events lead to.
func (p *page) linkedAnchors() map[string]bool {
	linked := map[string]bool{}
	for _, t := range p.texts {
		if !t.item || !t.section.under(aboutEvents) {
			continue
		}
		if target, ok := strings.CutPrefix(cleanCell(t.raw).link, "#"); ok {
			linked[target] = true
		}
	}
	return linked
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
	return slices.Contains([]string{"", "n/a", "na", "-", "–", "—", "none"}, fold(s))
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
