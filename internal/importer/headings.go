package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// genericTitle are headings that belong to the event of the heading above them.
var genericTitle = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^((event |semantic |common |supported )?(properties|property|fields|parameters|attributes|payload|context|traits|examples?|samples?|sample payload|example (call|payload|event)|usage|overview|description|details|notes?))( \(.*\))?$`)
})

// eventHeadings lists the events of a page without a list: headings in a section about
// events that have a table of properties or a sample of a call below them, and headings
// that a list of links leads to and that have.
func (p *page) eventHeadings() {
	linked := p.linkedAnchors()
	p.headingsWhere(func(s *section) bool {
		return s.parent.under(aboutEvents) || linked[s.anchor] || p.sampleNames(s)
	})
}

// notEvents are headings over tables that are about something else than events.
var notEvents = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(settings?|config\w*|options?|install\w*|setup|set up|getting started|authenticat\w*|credentials?|mappings?|glossary|limits?|api|errors?|status|changelog|types?|enums?|propert\w*|traits?|fields|objects?|context|common|global|shared|destinations?|sources?|prerequisites?|troubleshooting|faq)\b`)
})

func notAnEvent(title string) bool { return notEvents().MatchString(title) }

// plainHeadings lists the events of a page that speaks of events nowhere: each heading
// that a table of properties or a sample stands under, if it is not about something else.
func (p *page) plainHeadings() {
	p.headingsWhere(func(s *section) bool {
		if s.under(func(title string) bool { return callHeading(title) != "" }) {
			return false
		}
		tables, samples := 0, 0
		for _, part := range append([]*section{s}, p.partsOf(s)...) {
			for _, t := range part.tables {
				if t.kind == propertyTable {
					tables++
				}
			}
			samples += len(part.samples)
		}
		// Several tables under one heading are for several things, which it does not name.
		return (tables == 1 || tables == 0 && samples > 0) && !s.under(notAnEvent)
	})
}

// partsOf returns the general sections, as Properties, right below a heading.
func (p *page) partsOf(s *section) []*section {
	return slices.DeleteFunc(p.children(s), func(c *section) bool { return c.parent != s || !genericTitle().MatchString(c.title.text) })
}

// headingsWhere lists the events of the headings that ok takes, and that a table of
// properties or a sample stands under.
func (p *page) headingsWhere(ok func(s *section) bool) {
	for _, s := range p.sections {
		if s.level == 0 || genericTitle().MatchString(s.title.text) || callNamed(s.title.text) != "" || sharedObject(s.title.text) != "" {
			continue
		}
		if !ok(s) {
			continue
		}
		tables, samples := p.below(s)
		if len(tables) == 0 && len(samples) == 0 || p.hasLabel(s, tables) {
			continue
		}
		bare := undress(s.title.text)
		e := &draftEvent{name: bare.name, call: bare.call, at: s.title.at, line: s.at.Line, section: s, row: strings.TrimSpace(string(p.source.line(s.line)))}
		if e.at.Line == 0 {
			e.at = s.at
		}
		if len(s.texts) > 0 && !s.texts[0].item && !genericTitle().MatchString(strings.TrimSuffix(s.texts[0].text, ":")) {
			e.description = firstSentence(s.texts[0].text)
		}
		p.bare(cell{text: s.title.text, at: e.at})
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
		p.alias(e.section.title.text, &one)
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
		return x.name != "" && fold(x.name) == strings.TrimSuffix(fold(undress(s.title.text).name), " event")
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
	items := 0
	for _, x := range p.texts {
		if !x.item || !justEvents().MatchString(x.section.title.text) {
			continue
		}
		name, description := itemName(x)
		if name == "" {
			continue
		}
		if items++; items > maxRows {
			p.overflow("items of lists")
			return
		}
		bare := p.bare(cell{text: name, at: x.at})
		for _, one := range p.eventNames(cell{text: bare.name, at: x.at}) {
			p.listEvent(&draftEvent{name: one, call: bare.call, at: x.at, line: x.at.Line, row: x.raw, description: description})
		}
	}
}

// itemStart is what an item of a list of events begins with.
var itemStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^(?:\\[([^\\]]+)\\]\\([^)]*\\)(?:\\{:[^}]*\\})?|`([^`]+)`|\\*\\*([^*]+)\\*\\*)\\s*(?:[-–—:]\\s*(.*))?$")
})

func itemName(x *text) (name, description string) {
	if m := itemStart().FindStringSubmatch(x.raw); m != nil {
		return cleanCell(m[1] + m[2] + m[3]).text, cleanCell(m[4]).text
	}
	const manyWords = 6
	name, description, _ = strings.Cut(x.text, ": ")
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
		for _, code := range x.codes {
			if properName().MatchString(code) {
				p.listEvent(&draftEvent{name: code, at: x.at, line: x.at.Line, row: x.raw})
			}
		}
	}
}

// onlyCall takes a page that documents one call without naming an event: it says that it
// sends identify or group calls, and has a table of properties.
func (p *page) onlyCall() bool {
	call := p.pageSays().call
	if call == "" || call.NameKey() == "event" {
		return false
	}
	for _, t := range p.tables {
		if t.kind == propertyTable && t.section.under(onTopic) {
			p.addEvent(&draftEvent{call: call, at: t.section.at, line: t.section.at.Line, section: t.section, row: t.section.title.raw})
			return true
		}
	}
	return false
}

// linkedAnchors returns the anchors that items of lists in sections about events lead to.
func (p *page) linkedAnchors() map[string]bool {
	linked := map[string]bool{}
	for _, t := range p.texts {
		if !t.item || !t.section.under(aboutEvents) {
			continue
		}
		if target, ok := strings.CutPrefix(t.link, "#"); ok {
			linked[target] = true
		}
	}
	return linked
}
