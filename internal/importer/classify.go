package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/finding"
)

// tableKind is what a table is for.
type tableKind int

// The kinds.
const (
	otherTable tableKind = iota
	eventTable
	propertyTable
	bothTable // events, with a row for each property
)

// columns are the indexes of a table's columns by what they hold; -1 for none.
type columns struct {
	name        int // of the event, or of the property
	typ         int
	description int
	need        int  // "Always Included", "Required"
	values      int  // that a property may have
	properties  int  // of an event, as a list
	alias       int  // another name of an event
	call        int  // that an event is
	event       int  // of a table of both; there name is the property's
	trait       bool // the names are traits

	limits    []limitColumn // that say more of the values than their type
	inverted  bool          // need says yes of what may be left out
	formatted bool          // typ is a column Format
}

// columnWords is the table of header words, for each kind of column but names: of the
// columns that have one of the words in their header the first is taken.
var columnWords = sync.OnceValue(func() []columnKind {
	return []columnKind{
		{[]string{"description", "definition", "details", "meaning", "explanation", "trigger"}, func(c *columns) *int { return &c.description }},
		{[]string{"always", "required", "mandatory"}, func(c *columns) *int { return &c.need }},
		{[]string{"possible values", "values", "allowed values", "enum"}, func(c *columns) *int { return &c.values }},
		{[]string{"properties", "fields", "parameters"}, func(c *columns) *int { return &c.properties }},
		{[]string{"type name", "event id", "slug"}, func(c *columns) *int { return &c.alias }},
	}
})

// columnKind is a kind of column: the words of its header, and where its index is kept.
type columnKind struct {
	words []string
	field func(*columns) *int
}

// eventHeaders are the headers of a column of events that need no further sign.
func isEventHeader(h string) bool {
	switch h {
	case "event", "events", "event name", "event names", "collection", "collections", "action", "actions", "messageevent kind":
		return true
	}
	return strings.HasSuffix(h, " event name") || strings.HasSuffix(h, " event names")
}

// isPropertyHeader reports whether a header is that of a column of properties; slip says
// that it is misspelt.
func (p *page) isPropertyHeader(h string) (ok, slip bool) {
	is, known := p.headers[h]
	if !known {
		is.ok, is.slip = isPropertyHeader(h)
		p.headers[h] = is
	}
	return is.ok, is.slip
}

// propertyHeader is what isPropertyHeader says of a header: most of a page are the same.
type propertyHeader struct{ ok, slip bool }

func isPropertyHeader(h string) (ok, slip bool) {
	names := []string{"property", "property name", "properties", "property names", "field", "field name", "field(s)", "fields", "parameter", "parameter name",
		"attribute", "attribute name", "trait", "trait name", "common properties", "identifier", "key", "user profile trait / property name", "event property"}
	if slices.Contains(names, h) {
		return true, false
	}
	if len(h) > 6 && slices.Contains([]string{"property name", "property", "parameter name", "attribute name"}, finding.Nearest(h, []string{"property name", "property", "parameter name", "attribute name"})) && !strings.Contains(h, "description") {
		return true, true
	}
	return false, false
}

func isTypeHeader(h string) bool {
	return h == "type" || h == "types" || strings.HasSuffix(h, " type") && !strings.HasPrefix(h, "event") || h == "format" || h == "datatype"
}

// The words of headings that say what a section is about.
var (
	eventWord     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bevents?\b`) })
	propertyWords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)propert|\btraits?\b|\bfields\b|\battributes\b`) })
	topicWords    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(events?|propert\w*|traits?|identify|page|screen|group|track|track\w* calls?|collections?|stream|actions?)\b`)
	})
	justEvents = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(\w+ )?events?$`) })
)

func aboutEvents(title string) bool {
	return mentions(title, "event") && eventWord().MatchString(title)
}
func aboutProperties(title string) bool {
	return mentions(title, "propert", "trait", "fields", "attributes") && propertyWords().MatchString(title)
}
func onTopic(title string) bool { return topicWords().MatchString(title) }

// headerText is a header's words, by which they are compared.
func headerText(c cell) string { return strings.Trim(fold(c.text), "*: ") }

// objectsOnly reports whether the page is about an object source, which sends no calls.
// A table of collections says so in its Type column.
func (p *page) objectsOnly() bool {
	for _, t := range p.tables {
		if len(t.header) < 2 || !strings.HasPrefix(headerText(t.header[0]), "collection") {
			continue
		}
		typ := slices.IndexFunc(t.header, func(c cell) bool { return isTypeHeader(headerText(c)) })
		if typ < 0 {
			continue
		}
		for _, r := range t.rows {
			if c := r.cellAt(typ); strings.HasPrefix(fold(c.text), "object") {
				p.report(ruleNotAMessageSource, c.at, fmt.Sprintf("collection %q is an object: the page documents no calls", r.cellAt(0).text),
					"an object source is loaded into the warehouse; there is nothing to send, and nothing to judge")
				return true
			}
		}
	}
	return false
}

// classify finds out what each table is for.
func (p *page) classify() {
	var all []*table
	for _, t := range p.tables {
		p.findHeader(t)
		t.kind, t.columns = p.kindOf(t)
		if t.kind == bothTable {
			all = append(all, p.split(t)...)
			continue
		}
		all = append(all, t)
		if t.kind == otherTable {
			p.report(ruleTableIgnored, t.at, "the table speaks of neither events nor properties; it was not read", "")
		}
	}
	p.tables = all
	p.mislabelledEvents()
}

// findHeader takes the first row for a header, where its words are those of one.
func (p *page) findHeader(t *table) {
	if t.header != nil && (row{cells: t.header}).empty() {
		t.header = nil
	}
	if t.header != nil || len(t.rows) == 0 {
		return
	}
	first := t.rows[0].cells
	h := headerText(first[0])
	property, _ := p.isPropertyHeader(h)
	if len(first) > 1 && (property || isEventHeader(h) || h == "name") {
		t.header, t.rows = first, t.rows[1:]
	}
}

// kindOf classifies a table by its header words, then by where it stands.
func (p *page) kindOf(t *table) (tableKind, columns) {
	c := columns{name: -1, typ: -1, description: -1, need: -1, values: -1, properties: -1, alias: -1, call: -1, event: -1}
	if len(t.rows) == 0 {
		return otherTable, c
	}
	if t.header == nil {
		return p.headerless(t, c)
	}
	var heads []string
	for _, h := range t.header {
		heads = append(heads, headerText(h))
	}
	slip := false
	name := slices.IndexFunc(heads, func(h string) bool {
		ok, misspelt := p.isPropertyHeader(h)
		slip = ok && misspelt
		return ok
	})
	underProperties := t.section.level > 0 && aboutProperties(t.section.title.text)
	eventFirst := isEventHeader(heads[0]) || heads[0] == "name" && aboutEvents(t.section.title.text) && !underProperties
	if c, ok := p.bothColumns(t, heads, c); ok {
		return bothTable, c
	}
	if eventFirst {
		c.call = callColumn(t, heads)
	}
	c = fillColumns(c, heads)
	switch {
	case c.call >= 0:
		c.name = 0
		return eventTable, c
	case eventFirst && underProperties && name < 0 && c.properties < 0 && p.hasEventList():
		p.report(ruleHeaderMislabelled, t.header[0].at, fmt.Sprintf("the column %q holds properties, as the heading %q says", t.header[0].text, t.section.title.text), "")
		c.name = 0
		return propertyTable, c
	case eventFirst && !vendorMapping(heads) && (!weakEventHeader(heads[0]) || t.section.level == 0 || t.section.under(onTopic)):
		c.name = 0
		return eventTable, c
	case eventFirst:
		return otherTable, c
	case name < 0 && (underProperties && (heads[0] == "name" || heads[0] == "") || heads[0] == "name" && c.typ > 0 && (callHeading(t.section.title.text) != "" || p.labelOf(t) != nil || t.section.level > 0 && !t.section.under(notAnEvent))):
		name = 0
	}
	if name < 0 || len(heads) < 2 && !underProperties {
		return otherTable, c
	}
	if slip {
		p.report(ruleHeaderMislabelled, t.header[name].at, fmt.Sprintf("%q is taken for the name of a property", t.header[name].text), "")
	}
	c.name = name
	c.trait = strings.Contains(heads[name], "trait") && !strings.Contains(heads[name], "property") || strings.HasPrefix(heads[name], "attribute") && !underProperties
	if c.properties == name {
		c.properties = -1
	}
	return propertyTable, c
}

// bothColumns finds the columns of a table of events and properties: the first, or the
// second behind one of calls, is that of the events, and another that of the properties.
func (p *page) bothColumns(t *table, heads []string, c columns) (columns, bool) {
	c.event = slices.IndexFunc(heads[:min(2, len(heads))], isEventHeader)
	if c.event < 0 {
		return c, false
	}
	c.call = callColumn(t, heads)
	if c.event == 1 && c.call != 0 {
		return c, false
	}
	c = fillColumns(c, heads)
	c.name = p.propertyColumn(heads, c.typ)
	if c.properties == c.name {
		c.properties = -1
	}
	return c, c.name > 0 && c.name != c.event
}

// hasEventList reports whether a table that lists events was found already.
func (p *page) hasEventList() bool {
	return slices.ContainsFunc(p.tables, func(t *table) bool { return t.kind == eventTable })
}

// weakEventHeader reports whether a header says event only where the section does too.
func weakEventHeader(h string) bool {
	return h == "event" || h == "events" || strings.HasPrefix(h, "action") || h == "name"
}

// vendorMapping reports whether a table of events maps them to what somebody else calls
// them: no column says what they are.
func vendorMapping(heads []string) bool {
	for _, h := range heads[1:] {
		for _, w := range columnWords() {
			for _, word := range w.words {
				if strings.Contains(h, word) {
					return false
				}
			}
		}
		if isTypeHeader(h) {
			return false
		}
	}
	return true
}

// fillColumns finds the columns beside that of the names.
func fillColumns(c columns, heads []string) columns {
	c.limits = limitColumns(heads)
	for i, h := range heads {
		if i > 0 && i != c.call && c.typ < 0 && isTypeHeader(h) && !isLimit(c.limits, i) {
			c.typ = i
		}
	}
	if format := slices.IndexFunc(c.limits, func(l limitColumn) bool { return l.kind == limitFormat }); c.typ < 0 && format >= 0 {
		c.typ, c.formatted = c.limits[format].index, true
		c.limits = slices.Delete(c.limits, format, format+1)
	}
	for _, w := range columnWords() {
		field := w.field(&c)
		for i, h := range heads {
			if *field < 0 && i != c.typ && i != c.call && !isLimit(c.limits, i) && slices.ContainsFunc(w.words, func(word string) bool { return strings.Contains(h, word) }) {
				*field = i
			}
		}
	}
	if i := slices.IndexFunc(heads, isOptionalHeader); c.need < 0 && i > 0 {
		c.need, c.inverted = i, true
	}
	if c.properties == 0 {
		c.properties = -1
	}
	if c.properties == c.description && c.description >= 0 {
		c.properties = -1
	}
	return c
}

// headerless classifies a table that has no header: by its section and its width.
func (p *page) headerless(t *table, c columns) (tableKind, columns) {
	width := 0
	for _, r := range t.rows {
		width = max(width, len(r.cells))
	}
	propertiesHere := t.section.level > 0 && aboutProperties(t.section.title.text)
	eventsHere := t.section.under(aboutEvents)
	c.name = 0
	kind := otherTable
	switch {
	case width >= 2 && propertiesHere:
		kind, c.description = propertyTable, 1
	case width == 2 && eventsHere:
		kind, c.description = eventTable, 1
	case width == 1 && (eventsHere || propertiesHere):
		kind = propertyTable
	}
	if kind != otherTable {
		word := map[tableKind]string{eventTable: "events", propertyTable: "properties"}[kind]
		p.report(ruleHeaderMissing, t.at, "the table has no header; its first column is taken for "+word, "")
	}
	return kind, c
}

// mislabelledEvents turns a table of "properties" under a heading Events, which another
// table of properties follows, into the list of events that it is: the page has no other.
func (p *page) mislabelledEvents() {
	if p.hasEventList() {
		return
	}
	for i, t := range p.tables {
		if t.kind != propertyTable || t.header == nil || !justEvents().MatchString(t.section.title.text) {
			continue
		}
		if !slices.ContainsFunc(p.tables[i+1:], func(t *table) bool { return t.kind == propertyTable && !justEvents().MatchString(t.section.title.text) }) {
			continue
		}
		p.report(ruleHeaderMislabelled, t.header[t.columns.name].at,
			fmt.Sprintf("the column %q holds events, as the heading %q says", t.header[t.columns.name].text, t.section.title.text), "")
		t.kind = eventTable
	}
}
