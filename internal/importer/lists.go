package importer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"segproof/event"
)

// listProperty is an item of a list, read as a property.
type listProperty struct {
	text        *text
	depth       int    // of the list in the others
	name        string // "" if the item begins with none
	sentence    bool   // the name is a part of one
	raw         string // of the name
	coded       bool   // the name is code
	typ         cell
	need        string // "required", "optional"; "" if it does not say
	nullable    string // "yes"; "" if it does not say
	marked      bool   // it says a type, or a need
	description string
	row         string // all of the item
}

// propertyList is a list whose items may be properties.
type propertyList struct {
	section *section
	first   int // index of its first text in the section's
	last    int // of the first behind it
	items   []*listProperty
	broken  bool // an item begins with no name: items are the first that says or may say what it is
}

// The parts of an item: a name in code, in bold or, before brackets, as it stands; brackets
// with type and need; a description.
var (
	nameInItem = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^(?:`([^`\\n]+)`|(?:\\*\\*|__)`([^`\\n]+)`:?(?:\\*\\*|__)|(?:\\*\\*|__)([^*`\\n]+?):?(?:\\*\\*|__))")
	})
	bareItem    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([\w.$\[\]-]+)\s+[*_]{0,2}\(`) })
	itemBracket = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s*[*_]{0,2}\(((?:[^()\n]|\([^()\n]*\))*)\)[*_]{0,2}`)
	})
	itemSeparator = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?:[-–—:]+|\.)\s*`) })
	itemType      = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[*_]{0,2}([A-Za-z][\w<>\[\] |/-]*?)[*_]{0,2}(?:\s*,\s*(required|optional))?\s*(?:$|[.;:,–—]|\s-\s)`)
	})
)

// typedItem is an item with a name, and in its line a word that says of what type a value is;
// behind a name in code or in bold one that says whether it is needed will do.
var typedItem = sync.OnceValue(func() *regexp.Regexp {
	const types, needs = `string|number|integer|int|float|boolean|bool|object|array`, `required|optional|nullable`
	const marked, bare = "[*_]*`[^`\\n]+`|[*_]{1,3}[\\w.$-]+[*_]{1,3}", `[\w.$-]+\s*[:(\[]`
	return regexp.MustCompile(`(?i)^(?:(?:` + marked + `)[^\n]*\b(?:` + types + `|` + needs + `)\b|` + bare + `[^\n]*\b(?:` + types + `)\b)`)
})

// documents reports whether an item says a type, or a need, or may: it has a word of these
// where it cannot be read.
func (i *listProperty) documents() bool {
	return i.name != "" && i.marked ||
		mentions(i.text.raw, "string", "number", "int", "float", "bool", "object", "array", "required", "optional", "nullable") && typedItem().MatchString(i.text.raw)
}

// readItem reads an item.
func readItem(x *text) *listProperty {
	i := &listProperty{text: x, depth: x.depth, row: x.raw}
	if namesEvent(x.raw) {
		return i
	}
	rest := x.raw
	if !strings.ContainsAny(rest[:min(1, len(rest))], "`*_") && !strings.Contains(rest, " (") {
		return i
	}
	if m := nameInItem().FindStringSubmatch(rest); m != nil {
		i.name, i.raw, i.coded = strings.TrimSpace(m[1]+m[2]+m[3]), m[0], m[3] == ""
		rest = rest[len(m[0]):]
	} else if m := bareItem().FindStringSubmatch(rest); m != nil {
		i.name, i.raw = m[1], m[1]
		rest = rest[len(m[1]):]
	} else {
		return i
	}
	if m := itemBracket().FindStringSubmatchIndex(rest); m != nil {
		i.bracket(rest[m[2]:m[3]], len(x.raw)-len(rest)+m[2])
		rest = rest[m[1]:]
	}
	if i.raw == i.name && (i.typ.text == "" || parseType(i.typ).unknown) {
		i.name = "" // a word of a text: "Screenshot (optional)"
		return i
	}
	separator := itemSeparator().FindString(rest)
	if separator == "" && strings.TrimSpace(rest) != "" && !i.marked && !strings.HasSuffix(strings.TrimRight(i.raw, "*_"), ":") {
		i.sentence = true
		return i
	}
	rest = strings.TrimSpace(rest[len(separator):])
	if m := itemType().FindStringSubmatchIndex(rest); m != nil && !i.marked {
		if t := parseTypeText(rest[m[2]:m[3]], 0); !t.unknown && len(t.enum) == 0 {
			i.bracket(rest[m[2]:m[3]], strings.Index(x.raw, rest))
			if m[4] >= 0 {
				i.need = strings.ToLower(rest[m[4]:m[5]])
			}
			rest = strings.TrimLeft(rest[m[1]:], " .;:,–—-")
		}
	}
	i.description = cleanCell(rest).text
	return i
}

// bracket reads what stands in brackets behind the name: a type, "required", "nullable".
func (i *listProperty) bracket(s string, offset int) {
	var types []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' }) {
		switch word := fold(strings.Trim(part, "*_` ")); word {
		case "required", "mandatory", "always":
			i.need, i.marked = "required", true
		case "optional", "not required":
			i.need, i.marked = "optional", true
		case "nullable":
			i.nullable, i.marked = "yes", true
		default:
			types = append(types, strings.TrimSpace(part))
		}
	}
	if len(types) == 0 {
		return
	}
	i.typ = cleanCell(strings.Join(types, ", "))
	i.typ.at = i.text.at
	if newline := strings.IndexByte(i.text.raw, '\n'); newline < 0 || offset < newline {
		i.typ.at.Column += offset
	}
	i.marked = i.marked || !parseType(i.typ).unknown
}

// readLists reads the lists of properties: each becomes a table, for all that comes after.
func (p *page) readLists() {
	var made []*table
	for _, l := range p.propertyLists() {
		t := p.tableOf(l)
		if t == nil {
			p.lists = append(p.lists, l)
			continue
		}
		made = append(made, t)
		l.section.tables = append(l.section.tables, t)
		slices.SortStableFunc(l.section.tables, byOffset)
	}
	if len(made) > 0 {
		p.tables = append(p.tables, made...)
		slices.SortStableFunc(p.tables, byOffset)
	}
}

func byOffset(a, b *table) int { return cmp.Compare(a.offset, b.offset) }

// propertyLists finds the lists of which each item begins with a name.
func (p *page) propertyLists() []*propertyList {
	r := &listReader{}
	for n, x := range p.texts {
		if x.section != r.section {
			r.section, r.start, r.current, r.list = x.section, n, nil, 0
		}
		if r.items == maxRows {
			p.overflow("items of lists")
			break
		}
		r.text(x, n-r.start)
	}
	return slices.DeleteFunc(r.found, func(l *propertyList) bool { return len(l.items) == 0 })
}

// listReader is the state of propertyLists.
type listReader struct {
	found   []*propertyList
	current *propertyList // that the last text belongs to; nil if it is none of a list
	list    int           // its number
	section *section
	start   int // index of the section's first text in the page's
	items   int
}

// text takes a text of the page, given with its index in its section.
func (r *listReader) text(x *text, index int) {
	switch {
	case !x.item:
		r.current, r.list = nil, 0
		return
	case x.list > 0:
		if x.list != r.list {
			r.list, r.current = x.list, &propertyList{section: x.section, first: index}
			r.found = append(r.found, r.current)
		} else if r.current.broken && len(r.current.items) > 0 {
			return
		}
		item := readItem(x)
		if r.current.broken {
			r.current.keepMarked(item)
			return
		}
		r.items++
		if item.name == "" && x.depth == 0 {
			items := r.current.items
			r.items -= len(items)
			r.current.broken, r.current.items = true, nil
			for _, some := range append(items, item) {
				r.current.keepMarked(some)
			}
			return
		}
		r.current.items = append(r.current.items, item)
	case r.current == nil || r.current.broken || len(r.current.items) == 0:
		return
	default: // an item goes on
		last := r.current.items[len(r.current.items)-1]
		if len(last.row) < maxCellBytes {
			last.description = strings.TrimSpace(last.description + " " + x.text)
			last.row += "\n" + x.raw
		}
	}
	r.current.last = index + 1
}

// keepMarked keeps the first item of a broken list that says a type, or a need, or may.
func (l *propertyList) keepMarked(i *listProperty) {
	if len(l.items) == 0 && i.documents() {
		l.items = append(l.items, i)
	}
}

// regular reports whether items are properties: at least half of them say a type or a need.
func regular(items []*listProperty) bool {
	marked := 0
	for _, i := range items {
		if i.name == "" || i.sentence {
			return false
		}
		if i.marked {
			marked++
		}
	}
	return marked > 0 && marked*2 >= len(items)
}

// top returns the items of the outermost list.
func (l *propertyList) top() []*listProperty {
	return slices.DeleteFunc(slices.Clone(l.items), func(i *listProperty) bool { return i.depth > 0 })
}

// tableOf makes the table of a list, nil if it is none of properties: its items do not say
// so, or a table beside it has the properties.
func (p *page) tableOf(l *propertyList) *table {
	s := l.section
	if l.broken || l.items[0].depth > 0 { // a list that begins with nothing but another
		return nil
	}
	properties := aboutProperties(s.title.text) && s.level > 0 && !slices.ContainsFunc(l.top(), func(i *listProperty) bool { return !i.coded || i.sentence })
	if !regular(l.top()) && !properties || slices.ContainsFunc(s.tables, func(t *table) bool { return !t.list && t.kind != otherTable }) || justEvents().MatchString(s.title.text) {
		return nil
	}
	first := l.items[0].text
	t := &table{list: true, section: s, at: first.at, offset: first.offset, first: p.source.lineAt(first.offset)}
	end := s.texts[l.last-1]
	t.last = p.source.lineAt(end.offset) + strings.Count(end.raw, "\n")
	from := 0
	if n := sort.Search(len(s.tables), func(i int) bool { return s.tables[i].offset >= t.offset }); n > 0 {
		from = sort.Search(len(s.texts), func(i int) bool { return s.texts[i].offset >= s.tables[n-1].offset })
		from += s.tables[n-1].itemsIn(s.texts[from:])
	}
	t.before = s.texts[min(from, l.first):l.first]
	for _, word := range []string{"property", "type", "required", "description", "nullable"} {
		t.header = append(t.header, cell{raw: word, text: word, at: t.at})
	}
	t.kind, t.columns = propertyTable, columns{name: 0, typ: 1, need: 2, description: 3, values: -1, properties: -1, alias: -1, call: -1, event: -1,
		limits: []limitColumn{{limitNullable, 4}}}
	t.columns.trait = strings.Contains(fold(s.title.text), "trait")
	p.listRows(t, l)
	return t
}

// itemsIn returns how many texts at the beginning are items of the list that is the table.
func (t *table) itemsIn(texts []*text) int {
	n := 0
	for t.list && n < len(texts) && texts[n].item {
		n++
	}
	return n
}

// listRows makes the rows of a list's table. The items of a list within an item are the
// members of its property, if they are as regular.
func (p *page) listRows(t *table, l *propertyList) {
	var path []string // of the item above, by depth
	skip := -1        // the depth from which items are not read
	for n, i := range l.items {
		if skip >= 0 && i.depth >= skip {
			continue
		}
		skip = -1
		if i.depth > len(path) || i.depth > 0 && i.depth == len(path) && !regular(siblings(l.items[n:])) {
			skip = i.depth
			p.lists = append(p.lists, &propertyList{section: l.section, items: siblings(l.items[n:])})
			continue
		}
		path = append(path[:i.depth:i.depth], i.name)
		name := strings.Join(path, ".")
		c := cell{raw: i.raw, text: name, at: i.text.at, whole: true}
		if i.coded {
			c.codes = []string{name}
		}
		place := func(x cell) cell {
			if x.at.Line == 0 {
				x.at = i.text.at
			}
			return x
		}
		t.rows = append(t.rows, row{raw: i.row, at: i.text.at,
			cells: []cell{c, place(i.typ), place(cell{raw: i.need, text: i.need}), place(cell{raw: i.description, text: i.description}), place(cell{raw: i.nullable, text: i.nullable})}})
	}
}

// siblings returns the first of some items and those of its list.
func siblings(items []*listProperty) []*listProperty {
	var list []*listProperty
	for _, i := range items {
		if i.depth < items[0].depth {
			break
		}
		if i.depth == items[0].depth {
			list = append(list, i)
		}
	}
	return list
}

// tellLists tells of the lists that look like properties of an event and were not read.
func (p *page) tellLists() {
	for _, l := range p.lists {
		if p.concernsEvents(l) {
			p.listIgnored(l.items[0].text.at, l.items[0].text.text)
		}
	}
}

func (p *page) listIgnored(at event.Place, begin string) {
	p.report(ruleListIgnored, at, fmt.Sprintf("the list that begins with %s was not read; its properties, if it has some, are in no contract", quoteShort(begin)),
		"write each item as - `name` (type, required): description, or make a table Property, Type, Description of it")
}

// concernsEvents reports whether a list stands where the properties of an event do.
func (p *page) concernsEvents(l *propertyList) bool {
	s := l.section
	if justEvents().MatchString(s.title.text) || len(l.items) == 0 || l.items[0].name == "" && l.items[0].depth == 0 && !l.items[0].documents() {
		return false
	}
	if !slices.ContainsFunc(l.items, func(i *listProperty) bool { return p.byName[fold(i.name)] == nil }) {
		return false // it lists events
	}
	for ; s != nil && s.level > 0; s = s.parent {
		if p.named(s.title.text) != nil || len(p.bySections[s]) > 0 || len(p.labels[s]) > 0 {
			return true
		}
		if !genericTitle().MatchString(s.title.text) {
			break
		}
	}
	marked := slices.ContainsFunc(l.items, (*listProperty).documents)
	if l.section.level > 0 && marked && !l.section.under(notAnEvent) {
		return true // it documents something, perhaps an event that nothing else names
	}
	return l.section.level > 0 && (aboutProperties(l.section.title.text) || l.section.parent.under(aboutEvents) || len(p.events) == 0 && regular(l.top()))
}
