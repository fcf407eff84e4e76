package inclusion

import (
	"fmt"
	"maps"
	"slices"
)

// acceptObject adds what a node that accepts an object asks of the presence of members.
func (b *branch) acceptObject(n *node) {
	for _, name := range n.object.required {
		b.atoms = append(b.atoms, atom{kind: present, name: name})
	}
	for _, d := range n.object.dependencies {
		there := option{{atom: atom{kind: present, name: d.name}}}
		for _, name := range d.required {
			there = append(there, item{atom: atom{kind: present, name: name}})
		}
		if d.node != nil {
			there = append(there, is(d.node))
		}
		b.pending = append(b.pending, split{{{atom: atom{kind: absent, name: d.name}}}, there})
	}
}

// refuseObject returns the options for an object that breaks a keyword of n about
// objects.
func refuseObject(n *node) split {
	var s split
	o := &n.object
	add := func(all ...item) { s = append(s, all) }
	if o.minProperties > 0 {
		add(item{atom: atom{kind: fewerMembers, i: o.minProperties - 1}})
	}
	if o.maxProperties >= 0 {
		add(item{atom: atom{kind: moreMembers, i: o.maxProperties + 1}})
	}
	for _, name := range o.required {
		add(item{atom: atom{kind: absent, name: name}})
	}
	for _, name := range o.names {
		add(item{atom: atom{kind: memberIs, name: name, below: literal{o.properties[name], true}}})
	}
	for i, p := range o.patterns {
		add(item{atom: atom{kind: patternIs, n: n, i: i, below: literal{p.node, true}}})
	}
	if o.additional != nil {
		add(item{atom: atom{kind: otherIs, n: n, below: literal{o.additional, true}}})
	}
	if o.propertyNames != nil {
		add(item{atom: atom{kind: nameIs, below: literal{o.propertyNames, true}}})
	}
	if o.unevaluated != nil {
		if cover := n.cover(); !cover.allNames {
			// Another option is there for each joined schema that does not accept the object.
			add(append(cover.joined, item{atom: atom{kind: otherIs, n: cover.node, below: literal{o.unevaluated, true}}})...)
		}
	}
	for _, d := range o.dependencies {
		there := item{atom: atom{kind: present, name: d.name}}
		for _, name := range d.required {
			add(there, item{atom: atom{kind: absent, name: name}})
		}
		if d.node != nil {
			add(there, isNot(d.node))
		}
	}
	return s
}

// objectSearch looks for an object.
type objectSearch struct {
	*branch
	min, max int                  // max -1: no bound
	known    map[string]bool      // names that some keyword writes down
	members  map[string][]literal // members that are there, and what they are asked beside the base
	absent   map[string]bool
	names    []literal // what each name is asked
	wanted   []wanted  // members that are there under some name
	patterns []*pattern
}

// wanted is a member that is to be there, under a name that is not given.
type wanted struct {
	pattern *pattern // that its name matches; nil: any
	unknown *node    // that neither names it nor matches it; nil: any
	name    []literal
	lits    []literal
}

// objectTheory looks for an object.
func (b *branch) objectTheory() result {
	o := b.newObjectSearch()
	if r := o.early(); r.outcome == impossible {
		return r
	}
	return o.place(o.wanted, nil)
}

func (b *branch) newObjectSearch() *objectSearch {
	o := &objectSearch{branch: b, max: -1, known: map[string]bool{}, members: map[string][]literal{}, absent: map[string]bool{}}
	for _, n := range b.pos {
		w := &n.object
		o.min = max(o.min, w.minProperties)
		o.atMost(w.maxProperties)
		for _, name := range w.names {
			o.known[name] = true
		}
		for _, p := range w.patterns {
			o.pattern(p.pattern)
		}
		if w.propertyNames != nil {
			o.names = append(o.names, literal{w.propertyNames, false})
		}
		if w.unevaluated != nil {
			o.covered(n, map[*node]bool{})
		}
	}
	for _, a := range b.atoms {
		o.atom(a)
	}
	// Those that ask something of the name come first: to the others one new name is as
	// good as another.
	slices.SortStableFunc(o.wanted, func(a, b wanted) int { return len(b.name) - len(a.name) })
	return o
}

func (o *objectSearch) atMost(members int) {
	if members >= 0 && (o.max < 0 || members < o.max) {
		o.max = members
	}
}

// pattern notes a pattern that tells names apart.
func (o *objectSearch) pattern(p *pattern) {
	if !slices.Contains(o.patterns, p) {
		o.patterns = append(o.patterns, p)
	}
}

// covered notes the names and patterns of all nodes that judge the same object.
func (o *objectSearch) covered(n *node, seen map[*node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	for _, name := range n.object.names {
		o.known[name] = true
	}
	for _, p := range n.object.patterns {
		o.pattern(p.pattern)
	}
	for _, below := range n.telling() {
		o.covered(below, seen)
	}
}

func (o *objectSearch) atom(a atom) {
	switch a.kind {
	case fewerMembers:
		o.atMost(a.i)
	case moreMembers:
		o.min = max(o.min, a.i)
	case present:
		o.members[a.name] = append(o.members[a.name], []literal{}...)
		o.known[a.name] = true
	case absent:
		o.absent[a.name], o.known[a.name] = true, true
	case memberIs:
		o.members[a.name] = append(o.members[a.name], a.below)
		o.known[a.name] = true
	case patternIs:
		p := a.n.object.patterns[a.i].pattern
		o.pattern(p)
		o.wanted = append(o.wanted, wanted{pattern: p, lits: []literal{a.below}})
	case otherIs:
		o.wanted = append(o.wanted, wanted{unknown: a.n, lits: []literal{a.below}})
		for _, name := range a.n.object.names {
			o.known[name] = true
		}
		for _, p := range a.n.object.patterns {
			o.pattern(p.pattern)
		}
	case nameIs:
		o.wanted = append(o.wanted, wanted{name: []literal{a.below}})
	}
}

// early looks at the members that are there in any case.
func (o *objectSearch) early() result {
	if o.max >= 0 && (o.min > o.max || len(o.members) > o.max) {
		return result{outcome: impossible}
	}
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if o.absent[name] || !o.nameFits(o.names, name) {
			return result{outcome: impossible}
		}
		if r := o.solve(append(o.base(name), o.members[name]...)); r.outcome == impossible {
			return r
		}
	}
	return result{outcome: possible}
}

// sharpen drops options of what is pending that ask of a member that is there what it
// cannot be, and splits with an option that asks what it is in any case. It reports
// whether there were any.
func (o *objectSearch) sharpen() bool {
	var pending []split
	changed := false
	for _, s := range o.pending {
		var left split
		done := false
		for _, opt := range s {
			switch o.foresee(opt) {
			case impossible:
				changed = true
				continue
			case possible:
				done, changed = true, true
			}
			left = append(left, opt)
		}
		if !done {
			pending = append(pending, left)
		}
	}
	o.branch.pending = pending
	return changed
}

// foresee reports whether an option cannot hold, or holds in any case.
func (o *objectSearch) foresee(opt option) outcome {
	for _, it := range opt {
		lits, there := o.members[it.atom.name]
		if it.n != nil || it.atom.kind != memberIs || !there {
			continue
		}
		lits = append(o.base(it.atom.name), lits...)
		if o.solve(append(lits, it.atom.below)).outcome == impossible {
			return impossible
		}
		below := it.atom.below
		below.neg = !below.neg
		if len(opt) == 1 && o.solve(append(slices.Clone(lits), below)).outcome == impossible {
			return possible
		}
	}
	return undecided
}

// nameFits reports whether the literals may hold of a name.
func (o *objectSearch) nameFits(lits []literal, name string) bool {
	ok, sure := o.holds(lits, name)
	return ok || !sure
}

// base returns what the member of a name is asked by the nodes that accept the object.
func (o *objectSearch) base(name string) []literal {
	var lits []literal
	for _, n := range o.pos {
		for _, below := range n.member(name) {
			lits = append(lits, literal{below, false})
		}
		if u := n.object.unevaluated; u != nil && !n.mayKnow(name, map[*node]bool{}) {
			lits = append(lits, literal{u, false})
		}
	}
	return lits
}

// mayKnow reports whether a keyword of n, or of a node that judges the same object, may
// judge the member of that name, so that unevaluatedProperties leaves it alone.
func (n *node) mayKnow(name string, seen map[*node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	if n.opaque != "" || n.object.additional != nil || len(n.member(name)) > 0 {
		return true
	}
	for _, below := range n.telling() {
		if below.object.unevaluated != nil || below.mayKnow(name, seen) {
			return true
		}
	}
	return false
}

// place gives the members that are wanted their names, one after the other: a name that
// is known, that of a wanted one before it, or a new one. Of the new names that match the
// same patterns, and of which the same wishes hold, one stands for all: they are asked the
// same, and wanted for the same.
func (o *objectSearch) place(rest []wanted, fresh []string) result {
	if !o.spend(1) {
		return result{why: outOfSteps}
	}
	if len(rest) == 0 {
		return o.complete(fresh)
	}
	w := rest[0]
	left := result{outcome: impossible}
	try := func(name string, lits []literal, fresh []string) bool {
		c := o.with(name, lits)
		if c.max >= 0 && len(c.members) > c.max || c.solve(append(c.base(name), c.members[name]...)).outcome == impossible {
			return false
		}
		r := c.place(rest[1:], fresh)
		if r.outcome == possible || r.outcome == undecided {
			left = r
		}
		return r.outcome == possible || o.left < 0
	}
	for _, name := range slices.Sorted(maps.Keys(o.known)) {
		if o.fits(w, name) && try(name, w.lits, fresh) {
			return left
		}
	}
	for _, name := range fresh {
		if o.fits(w, name) && try(name, w.lits, fresh) {
			return left
		}
	}
	var r result
	o.eachClass(w, rest[1:], func(name string, found outcome) bool {
		if found == possible {
			return try(name, w.lits, append(slices.Clone(fresh), name))
		}
		r = result{why: "the name of a member"}
		return false
	})
	if left.outcome == impossible && r.why != "" {
		return r
	}
	return left
}

// with returns the search with one more member.
func (o *objectSearch) with(name string, lits []literal) *objectSearch {
	c := *o
	c.members = maps.Clone(o.members)
	c.members[name] = append(slices.Clone(c.members[name]), lits...)
	return &c
}

// fits reports whether a wanted member may have that name.
func (o *objectSearch) fits(w wanted, name string) bool {
	if o.absent[name] || w.pattern != nil && !w.pattern.regexp.MatchString(name) || !o.nameFits(o.names, name) || !o.nameFits(w.name, name) {
		return false
	}
	if w.unknown == nil {
		return true
	}
	_, named := w.unknown.object.properties[name]
	return !named && !slices.ContainsFunc(w.unknown.object.patterns, func(p patternProperty) bool { return p.pattern.regexp.MatchString(name) })
}

// maxPatterns is how many patterns, and wishes, may tell the names of an object apart.
const maxPatterns = 10

// eachClass calls try with one new name for each way in which a new name can match the
// patterns that are about, and serve the members that are still wanted, until it returns true, and reports whether it has.
// If a class cannot be decided, found is undecided.
func (o *objectSearch) eachClass(w wanted, rest []wanted, try func(name string, found outcome) bool) bool {
	lits := append(slices.Clone(o.names), w.name...)
	if w.pattern != nil {
		lits = append(lits, literal{o.patternNode(w.pattern), false})
	}
	if w.unknown != nil {
		for _, p := range w.unknown.object.patterns {
			lits = append(lits, literal{o.patternNode(p.pattern), true})
		}
	}
	taken := slices.Sorted(maps.Keys(o.known))
	for name := range o.members {
		if !o.known[name] {
			taken = append(taken, name)
		}
	}
	slices.Sort(taken)
	lits = append(lits, literal{o.textNode(), false})
	if len(taken) > 0 {
		lits = append(lits, literal{o.listNode(taken), true})
	}
	by := o.tellsApart(rest)
	if len(by) > maxPatterns {
		return try("", undecided)
	}
	return o.classes(lits, by, try)
}

// tellsApart returns what one new name may be of which another is not.
func (o *objectSearch) tellsApart(rest []wanted) []*node {
	var by []*node
	for _, p := range o.patterns {
		by = append(by, o.patternNode(p))
	}
	if o.max < 0 {
		return by // nobody has to share: whoever is wanted may get a name of their own
	}
	for _, w := range rest {
		for _, l := range w.name {
			if !slices.Contains(by, l.n) {
				by = append(by, l.n)
			}
		}
	}
	return by
}

// classes splits the names of which lits hold by the nodes.
func (o *objectSearch) classes(lits []literal, by []*node, try func(string, outcome) bool) bool {
	r := o.solve(lits)
	switch {
	case r.outcome == impossible:
		return false
	case r.outcome == undecided:
		return try("", undecided)
	case len(by) == 0:
		name, _ := r.value.(string)
		return try(name, possible)
	}
	return o.classes(append(slices.Clone(lits), literal{by[0], true}), by[1:], try) ||
		o.classes(append(slices.Clone(lits), literal{by[0], false}), by[1:], try)
}

// patternNode returns the node of the strings that a pattern is found in.
func (s *solver) patternNode(p *pattern) *node {
	return s.node("pattern "+p.source, func(n *node) { n.text.pattern = p })
}

// textNode returns the node of all strings.
func (s *solver) textNode() *node {
	return s.node("string", func(n *node) {
		n.kinds = texts
		n.hints = []any{"extra", "other", "note"} // what a reader takes for a member's name
		for i := 2; i < 40; i++ {
			n.hints = append(n.hints, fmt.Sprintf("extra%d", i))
		}
	})
}

// listNode returns the node of some strings.
func (s *solver) listNode(names []string) *node {
	values := valuesOf(names)
	return s.node("in "+canonical(values), func(n *node) { n.lists = [][]any{values} })
}

// constant returns the node of one value.
func (s *solver) constant(v any) *node {
	return s.node("in "+canonical([]any{v}), func(n *node) { n.lists = [][]any{{v}} })
}

// anything returns the node of all values.
func (s *solver) anything() *node { return s.node("anything", func(*node) {}) }

// valuesOf returns names as values.
func valuesOf(names []string) []any {
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = name
	}
	return values
}

// node returns a node that no schema has, by what it says.
func (s *solver) node(says string, fill func(*node)) *node {
	n, ok := s.made[says]
	if !ok {
		n = s.arena.fresh()
		fill(n)
		s.made[says] = n
	}
	return n
}
