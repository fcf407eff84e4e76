package importer

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"

	"segproof/event"
)

// label is a line above a table that names its event: "**Event:** Order Completed".
type label struct {
	name        cell
	call        event.Type // that a line below it names; "" if none does
	description string
	row         string
	section     *section
	offset      int
	events      []*draftEvent // that it was taken for
}

// The lines that are labels: "**Event:** Name", "**Event name**: Name", and without bold
// text where the name stands out.
var (
	boldLabel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s*(?:\*\*|__)([A-Za-z][A-Za-z ]{0,30}?)\s*(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:)\s*(.+?)\s*$`)
	})
	plainLabel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?i)^\\s*(event|event name)\\s*:\\s*(`[^`]+`|\\*\\*[^*]+\\*\\*|\"[^\"]+\")\\s*$")
	})
)

// labelIn reads a line, key and value; key is "" if it is no label.
func labelIn(line string) (key, value string) {
	if !strings.Contains(line, ":") {
		return "", ""
	}
	line = strings.TrimSuffix(strings.TrimRight(line, " \t"), `\`)
	m := boldLabel().FindStringSubmatch(line)
	if m == nil {
		m = plainLabel().FindStringSubmatch(line)
	}
	if m == nil {
		return "", ""
	}
	return fold(m[1]), strings.Trim(m[2], `"`)
}

// prose is a text behind a label that says what the event is about, and not its name.
var prose = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:fired?|sent|triggers?|triggered|emitted|track(?:s|ed)|logged|raised|occurs|called|when|whenever|this|the|an?|on|after|before|every|each)\s|[.!?]$|^\S+(?:\s+\S+){6}`)
})

// namesEvent reports whether a line is a label with the name of an event.
func namesEvent(line string) bool {
	key, value := labelIn(line)
	if key != "event" && key != "event name" {
		return false
	}
	c := cleanCell(value)
	return c.text != "" && (len(c.codes) > 0 && strings.HasPrefix(c.text, c.codes[0]) || !prose().MatchString(c.text))
}

// readLabels finds the labels of the page, those of each section in order.
func (p *page) readLabels() map[*section][]*label {
	found := map[*section][]*label{}
	for _, x := range p.texts {
		if !mentions(x.raw, "event") {
			continue
		}
		var current *label
		index := p.source.lineAt(x.offset)
		for line := range strings.Lines(x.raw) {
			line = strings.TrimRight(line, "\n")
			key, value := labelIn(line)
			switch {
			case namesEvent(line):
				current = &label{name: cleanCell(value), section: x.section, offset: x.offset, row: strings.TrimSpace(line)}
				current.name.at = x.at
				if at := p.source.starts[index]; at > x.offset {
					blank := len(p.source.line(index)) - len(strings.TrimLeft(string(p.source.line(index)), " \t>"))
					current.offset, current.name.at = at, p.source.place(at+blank)
				}
				found[x.section] = append(found[x.section], current)
			case current == nil || key == "":
			case key == "description":
				current.description = cleanCell(value).text
			case callIn(cleanCell(value)) != "":
				current.call = callIn(cleanCell(value))
			}
			index++
		}
	}
	return found
}

// labelOf returns the label that a table stands below, in its section or, of a general one
// as Properties, in that above it; nil if there is none.
func (p *page) labelOf(t *table) *label {
	if p.labels == nil {
		p.labels = p.readLabels()
	}
	for s := t.section; s != nil && len(p.labels) > 0; s = s.parent {
		list := p.labels[s]
		if n := sort.Search(len(list), func(i int) bool { return list[i].offset >= t.offset }); n > 0 {
			return list[n-1]
		}
		if !genericTitle().MatchString(s.title.text) {
			break
		}
	}
	return nil
}

// labelledEvents lists the events that labels above tables of properties name. On a page
// that has such tables, a label without one names an event too. It returns how many there
// are that no list has.
func (p *page) labelledEvents() int {
	had := len(p.events)
	used := false
	for _, t := range p.tables {
		used = used || t.kind == propertyTable && t.ofEvent == "" && p.labelOf(t) != nil
	}
	if !used {
		return 0
	}
	for _, s := range p.sections {
		for _, l := range p.labels[s] {
			p.labelled(l)
		}
	}
	return len(p.events) - had
}

func (p *page) labelled(l *label) {
	bare := p.bare(l.name)
	for _, name := range p.eventNames(cell{text: bare.name, at: l.name.at}) {
		e := p.byName[fold(name)]
		switch {
		case e == nil:
			call := l.call
			if call == "" {
				call = bare.call
			}
			e = p.addEvent(&draftEvent{name: name, call: call, at: l.name.at, line: l.name.at.Line, section: l.section, row: l.row, description: l.description})
		case e.name != name:
			p.reportFor(ruleEventNameCase, l.name.at, e.id(), fmt.Sprintf("event %q is written %q in line %d", name, e.name, e.at.Line), "")
		}
		if e != nil {
			l.events = append(l.events, e)
		}
	}
}

// byLabel: a line above the table names the event.
func (p *page) byLabel(t *table) (binding, bool) {
	l := p.labelOf(t)
	if l == nil || len(l.events) == 0 {
		return binding{}, false
	}
	return binding{events: l.events, shared: len(l.events) > 1, prefix: partOf(t.section.title.text)}, true
}

// partOf returns the member of the event that a heading within its section is about, ""
// for one about its properties.
func partOf(title string) string {
	switch fold(title) {
	case "context", "traits":
		return fold(title)
	}
	return ""
}

// hasLabel reports whether a label in the section, or above one of the tables, names the
// event, so that the heading does not.
func (p *page) hasLabel(s *section, tables []*table) bool {
	for _, t := range tables {
		if p.labelOf(t) != nil {
			return true
		}
	}
	return len(p.labels[s]) > 0
}
