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

// callCellText is a cell that names a call.
var callCellText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:segment )?(?:analytics\.)?(track|identify|page|screen|group|alias)(?:\(\))?(?: (?:event|call|method)s?)?$`)
})

// callIn returns the call that a cell of a column of calls names, "" if it names none.
func callIn(c cell) event.Type {
	if m := callCellText().FindStringSubmatch(c.text); m != nil {
		return event.Type(strings.ToLower(m[1]))
	}
	return ""
}

// spellings are the names of the calls.
func spellings() []string { return []string{"track", "identify", "page", "screen", "group", "alias"} }

// callColumn returns the column of a list of events that says which call each is, -1 if
// there is none. Its header speaks of calls, or of types, and its cells are calls.
func callColumn(t *table, heads []string) int {
	for i, h := range heads {
		named := strings.Contains(h, "call") || strings.Contains(h, "method")
		if !named && h != "type" && !strings.HasSuffix(h, "event type") && !strings.HasSuffix(h, "message type") {
			continue
		}
		calls, cells := 0, 0
		for _, r := range t.rows {
			c := r.cellAt(i)
			if isNothing(c.text) {
				continue
			}
			cells++
			if callIn(c) != "" || finding.Nearest(fold(c.text), spellings()) != "" {
				calls++
			}
		}
		if calls > 0 && (named || calls*2 >= cells) {
			return i
		}
	}
	return -1
}

// callOfRow reads the row's cell of calls. One that names none is told.
func (p *page) callOfRow(t *table, r row) event.Type {
	c := r.cellAt(t.columns.call)
	if t.columns.call < 0 || isNothing(c.text) {
		return ""
	}
	call := callIn(c)
	if call == "" {
		p.report(ruleCallUnknown, c.at, fmt.Sprintf("%q is no call%s", c.text, finding.DidYouMean(fold(c.text), spellings())), "want track, page, screen, identify or group")
	}
	return call
}

// propertyColumn returns the column of a table of events that holds one property a row,
// -1 if there is none. A column Properties holds a list, unless types stand beside it.
func (p *page) propertyColumn(heads []string, typ int) int {
	return slices.IndexFunc(heads, func(h string) bool {
		ok, slip := p.isPropertyHeader(h)
		return ok && !slip && (typ >= 0 || !strings.HasSuffix(h, "s") && h != "key" && h != "identifier")
	})
}

// split takes a table of events and properties apart, with a row for each property: into
// the list of its events, and a table of properties for each. A row without an event is
// for the event above it.
func (p *page) split(t *table) []*table {
	name := t.columns.name
	list := *t
	list.kind, list.rows = eventTable, nil
	list.columns.name, list.columns.properties = t.columns.event, -1
	parts := []*table{&list}
	byName := map[string]*table{}
	calls := map[*table]event.Type{}
	var current *table
	for _, r := range t.rows {
		c := r.cellAt(t.columns.event)
		if r.empty() {
			continue
		}
		if c.text != "" {
			key := fold(undress(c.text).name)
			current = byName[key]
			if current == nil {
				current = &table{header: t.header, section: t.section, before: t.before, at: r.at, offset: t.offset, first: t.first, last: t.last,
					kind: propertyTable, columns: t.columns, ofEvent: undress(c.text).name}
				byName[key] = current
				calls[current] = callIn(r.cellAt(t.columns.call))
				parts = append(parts, current)
				list.rows = append(list.rows, eventCells(t, r))
			} else if call := callIn(r.cellAt(t.columns.call)); call != "" && call != calls[current] {
				p.report(ruleCallAmbiguous, r.cellAt(t.columns.call).at, fmt.Sprintf("%q is %s here, and another call above", c.text, call), "")
			}
		}
		switch {
		case current == nil:
			p.report(ruleEmptyName, r.at, "the row names no event", "")
		case r.cellAt(name).text != "" || c.text == "":
			current.rows = append(current.rows, r)
		}
	}
	for _, part := range parts[1:] {
		var rows []string
		for _, r := range part.rows {
			rows = append(rows, r.raw)
		}
		part.sum = Source{Table: strings.Join(rows, "\n")}.SHA256()
	}
	return slices.DeleteFunc(parts, func(part *table) bool { return part != &list && len(part.rows) == 0 })
}

// eventCells returns the row as one of a list of events: what it says of its property
// does not describe the event.
func eventCells(t *table, r row) row {
	if d := t.columns.description; d >= 0 && d < len(r.cells) && !isNothing(r.cellAt(t.columns.name).text) {
		r.cells = slices.Clone(r.cells)
		r.cells[d] = cell{at: r.cells[d].at}
	}
	return r
}

// byRow: the table is the part of one with the events in its rows.
func (p *page) byRow(t *table) (binding, bool) {
	e := p.byName[fold(t.ofEvent)]
	if t.ofEvent == "" || e == nil {
		return binding{}, false
	}
	return binding{events: []*draftEvent{e}}, true
}
