package compat

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

// tables compares the warehouse behind the two catalogs.
func (r run) tables() []told {
	all := r.tableNames()
	for _, after := range r.next.Contracts() {
		// All versions of an event have one table.
		was, known := r.prev.Lookup(after.Type, after.Name, after.Version)
		if known && was.Same(after) {
			continue
		}
		w := wares{run: r, profile: r.opts.Warehouse.profile(), about: identity(after), contract: after, after: tableOf(r.ctx, after)}
		if known {
			w.before = tableOf(r.ctx, was)
		}
		w.faults()
		w.columns()
		if known && sameVersion(was.Version, after.Version) {
			w.gone()
		}
		if n := len(w.found); n > 0 {
			for _, cut := range slices.Compact([]string{w.before.cut, w.after.cut}) {
				if cut != "" {
					w.found[n-1].finding.Notes = append(w.found[n-1].finding.Notes, "of this contract: "+cut)
				}
			}
		}
		all = append(all, w.found...)
	}
	return all
}

// wares is the table of one event, before and after.
type wares struct {
	run
	profile       profile
	about         finding.Event
	contract      *validator.Contract
	before, after table
	found         []told
}

// report adds a finding about a column; was is where it was before, nil if it was not.
func (w *wares) report(rule string, c column, was *column, format string, args ...any) {
	t := w.fact(rule, w.about, c.part.At(), fmt.Sprintf(format, args...), "")
	t.finding.Severity = ruleTable()[rule].consumer
	t.finding.Pointer = c.pointer
	if was != nil {
		t.finding.Notes = append(t.finding.Notes, before(was.part.At()))
	}
	w.found = append(w.found, t)
}

// at returns the column of a property, nil if there is none.
func (t table) at(pointer string) *column {
	if i, ok := slices.BinarySearchFunc(t.columns, pointer, func(c column, p string) int { return strings.Compare(c.pointer, p) }); ok {
		return &t.columns[i]
	}
	return nil
}

// named returns the columns of a name.
func (t table) named(name string) (found []column) {
	for _, c := range t.columns {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

// faults reports columns that cannot be, as far as they could be before.
func (w *wares) faults() {
	first := map[string]column{}
	for _, c := range w.after.columns {
		if other, taken := first[c.name]; taken && other.pointer != c.pointer && !w.collided(other, c) {
			w.report("warehouse-column-collision", c, nil, "%q and %q both become the column %q", other.path, c.path, c.name)
		} else if !taken {
			first[c.name] = c
		}
		if w.before.at(c.pointer) != nil {
			continue
		}
		if slices.Contains(w.profile.reservedIn(event.Type(w.about.Type)), c.name) || strings.HasPrefix(c.name, "context_") {
			w.report("warehouse-reserved-column", c, nil, "%q becomes the column %q, which every table has already: Segment discards the property", c.path, c.name)
		}
		switch digit := c.name != "" && c.name[0] >= '0' && c.name[0] <= '9'; {
		case c.name == "":
			w.report("warehouse-identifier-invalid", c, nil, "nothing of the name %q can stand in a column", c.path)
		case digit && w.profile.digit != "":
			w.report("warehouse-identifier-invalid", c, nil, "the column %q begins with a digit: %s", c.name, w.profile.digit)
		case w.profile.nameMax > 0 && len(c.name) > w.profile.nameMax:
			w.report("warehouse-identifier-invalid", c, nil, "the column %q has %d characters, want at most %d (%s)", c.name, len(c.name), w.profile.nameMax, w.profile.name)
		}
	}
}

// collided reports whether two columns were one before.
func (w *wares) collided(a, b column) bool {
	x, y := w.before.at(a.pointer), w.before.at(b.pointer)
	return x != nil && y != nil
}

// columns compares the columns that are there before and after.
func (w *wares) columns() {
	for i := range w.before.columns {
		was := &w.before.columns[i]
		if now := w.after.at(was.pointer); now != nil {
			w.column(was, now)
		}
	}
	for _, pointer := range slices.Sorted(maps.Keys(w.before.objects)) {
		was := w.before.objects[pointer]
		if now := w.after.at(pointer); now != nil && now.kind != colUnknown {
			w.report("warehouse-object-to-scalar", *now, &was, "%q was an object, whose members are columns, and is %s now", was.path, cmp.Or(now.of, now.kind))
		}
	}
}

// gone tells of the columns that are not there any more.
func (w *wares) gone() {
	for i := range w.before.columns {
		if was := &w.before.columns[i]; w.after.at(was.pointer) == nil {
			w.lost(was)
		}
	}
}

// lost tells what becomes of the column of a property that is gone.
func (w *wares) lost(was *column) {
	if now, ok := w.after.objects[was.pointer]; ok {
		w.report("warehouse-scalar-to-object", now, was, "%q was the column %q, and its members are columns now", was.path, was.name)
		return
	}
	around := w.after.around(w.contract, was.pointer)
	for _, part := range together(around, 0) {
		schema, _ := keywords(part)
		if slices.ContainsFunc(names(schema["required"]), func(name string) bool { return strings.HasSuffix(was.pointer, join("", name)) }) {
			return // it is sent as before, and nobody says as what
		}
	}
	gone := column{path: was.path, pointer: was.pointer, part: around.In("properties")}
	if same := w.after.named(was.name); len(same) > 0 {
		if w.before.at(same[0].pointer) == nil {
			w.report("warehouse-column-kept", same[0], was, "%q is gone and %q is new: both are the column %q", was.path, same[0].path, was.name)
		}
		return
	}
	for _, c := range w.after.columns {
		if strings.EqualFold(c.pointer, was.pointer) && w.before.at(c.pointer) == nil {
			w.report("warehouse-column-split", c, was, "%q was the column %q and %q is the column %q: the values are in two columns", was.path, was.name, c.path, c.name)
			return
		}
	}
	said := fmt.Sprintf("the column %q", was.name)
	if was.name != was.path {
		said += fmt.Sprintf(" of %q", was.path)
	}
	w.report("warehouse-column-orphaned", gone, was, "%s stays, and is NULL from now on", said)
}

// around returns the schema of the object in next that held a property.
func (t table) around(c *validator.Contract, pointer string) validator.Part {
	for i := strings.LastIndexByte(pointer, '/'); i > 0; i = strings.LastIndexByte(pointer, '/') {
		pointer = pointer[:i]
		if object, ok := t.objects[pointer]; ok {
			return object.part
		}
	}
	return c.Whole().In("properties", c.Type.BodyKey())
}

// column compares one column.
func (w *wares) column(was, now *column) {
	const backfill = "Segment keeps the type of the first value: ask its support for another one, and fill the table again"
	said := fmt.Sprintf("the column %q was %s and is %s", now.name, cmp.Or(was.of, was.kind), cmp.Or(now.of, now.kind))
	switch {
	case was.kind == colUnknown || now.kind == colUnknown || was.of == now.of:
	case now.kind == colMixed:
		w.report("warehouse-column-type-ambiguous", *now, was, "the column %q is %s: the first value decides", now.name, now.of)
	case was.kind == colInteger && now.kind == colFloat:
		w.report("warehouse-integer-to-float", *now, was, "%s: a table that is there stays integer, and the fractions are lost", said)
		w.hint(backfill)
	case was.kind == colFloat && now.kind == colInteger:
		w.report("warehouse-float-to-integer", *now, was, "%s: a table that is there stays float", said)
	case now.kind == colArray:
		w.report("warehouse-array-stringified", *now, was, "%s: a list is stored as text", said)
		w.hint(backfill)
	case was.kind == colArray:
		w.report("warehouse-array-stringified", *now, was, "%s: what is there are lists as text, and what comes are single values", said)
		w.hint(backfill)
	case was.kind == colVarchar:
		w.report("warehouse-varchar-to-typed", *now, was, "%s: a table that is there stays varchar, a new one does not", said)
	case was.kind == colMixed:
	default:
		w.report("warehouse-column-type-changed", *now, was, "%s: values that cannot be cast are dropped", said)
		w.hint(backfill)
	}
	w.sizes(was, now)
}

// hint gives the last finding a hint.
func (w *wares) hint(hint string) { w.found[len(w.found)-1].finding.Hint = hint }

// sizes compares how large the values of a column may be.
func (w *wares) sizes(was, now *column) {
	limit := new(big.Rat).SetInt64(maxVarchar)
	longer := now.longest == nil && was.longest != nil || now.longest != nil && was.longest != nil && now.longest.Cmp(was.longest) > 0 ||
		now.longest != nil && was.longest == nil
	if now.kind == colVarchar && longer && (now.longest == nil || now.longest.Cmp(limit) > 0) {
		bound := "may be of any length"
		if now.longest != nil {
			bound = "may have " + now.longest.RatString() + " characters"
		}
		w.report("warehouse-string-truncated", *now, was, "strings of the column %q %s: Segment cuts them off at %d", now.name, bound, maxVarchar)
	}
	most := new(big.Rat).SetInt(new(big.Int).SetUint64(1<<63 - 1))
	if w.profile.bigint && now.kind == colInteger && now.highest != nil && now.highest.Cmp(most) > 0 && (was.highest == nil || was.highest.Cmp(most) <= 0) {
		w.report("warehouse-integer-overflow", *now, was, "the column %q may hold %s, and an integer column of %s ends at %s", now.name, now.highest.RatString(), w.profile.name, most.RatString())
	}
}

// tableNames reports events whose tables have become one.
//
// Source: segment.com/docs/connections/storage/warehouses/schema/ (Warehouse tables)
func (r run) tableNames() []told {
	const segments = "one of Segment's own"
	taken := map[string]string{}
	for _, name := range []string{"tracks", "identifies", "users", "pages", "screens", "groups", "aliases", "accounts"} {
		taken[name] = segments
	}
	var all []told
	for _, c := range r.next.Contracts() {
		table, own := validator.Column(c.Name), fmt.Sprintf("that of %q", c.Name)
		if c.Type != event.Track || taken[table] == own {
			continue
		}
		by := taken[table]
		if by == "" {
			taken[table] = own
			continue
		}
		before := r.sharing(table)
		if slices.Contains(before, c.Name) && (by == segments || len(before) > 1) {
			continue // as it was
		}
		all = append(all, r.fact("warehouse-table-collision", identity(c), c.Whole().At(nameSteps(c)...),
			fmt.Sprintf("%q becomes the table %q, which is %s already", c.Name, table, by), ""))
	}
	return all
}

// sharing returns the names of the events of prev that have a table.
func (r run) sharing(table string) []string {
	var names []string
	for _, c := range r.prev.Contracts() {
		if c.Type == event.Track && validator.Column(c.Name) == table && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}
