package inclusion

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// refuseArray returns the options for an array that breaks a keyword of n about arrays.
func refuseArray(n *node) split {
	var s split
	a := &n.array
	add := func(x atom) { s = append(s, option{{atom: x}}) }
	if a.minItems > 0 {
		add(atom{kind: fewerItems, i: a.minItems - 1})
	}
	if a.maxItems >= 0 {
		add(atom{kind: moreItems, i: a.maxItems + 1})
	}
	if a.unique {
		add(atom{kind: repeated})
	}
	for i, below := range a.prefix {
		add(atom{kind: elementIs, i: i, below: literal{below, true}})
	}
	if a.rest != nil {
		add(atom{kind: laterElementIs, i: len(a.prefix), below: literal{a.rest, true}})
	}
	if a.contains != nil {
		if a.minContains > 0 {
			add(atom{kind: containsFew, i: a.minContains - 1, below: literal{a.contains, false}})
		}
		if a.maxContains >= 0 {
			add(atom{kind: containsMany, i: a.maxContains + 1, below: literal{a.contains, false}})
		}
	}
	if a.unevaluated != nil {
		if cover := n.cover(); !cover.allItems {
			s = append(s, append(cover.joined, item{atom: atom{kind: laterElementIs, i: cover.items, below: literal{a.unevaluated, true}}}))
		}
	}
	return s
}

// demand is something that one element has to be: at an index, or at that index or later.
type demand struct {
	index int
	later bool
	lits  []literal
	group int  // demands of one group, if not 0, are met by different elements
	twin  bool // the element is equal to another one, which has to be that too
}

// slot is an element that demands have been given.
type slot struct {
	lits   []literal
	groups []int
}

// arraySearch looks for an array.
type arraySearch struct {
	*branch
	min, max int // max -1: no bound
	unique   bool
	demands  []demand
	few      []atom // containsFew
	tuple    int    // from this index on, all elements are asked the same
}

// maxDemands is how many elements are looked for one by one, and maxTuple how long the
// arrays may be whose elements differ by their index.
const (
	maxDemands = 12
	maxTuple   = 300
)

// arrayTheory looks for an array.
func (b *branch) arrayTheory() result {
	a := &arraySearch{branch: b, max: -1}
	for _, n := range b.pos {
		a.require(n)
	}
	for _, x := range b.atoms {
		a.refuse(x)
	}
	if a.max >= 0 && a.min > a.max || a.overCounted() || a.unique && slices.ContainsFunc(a.demands, func(d demand) bool { return d.twin }) {
		return result{outcome: impossible}
	}
	if len(a.demands) > maxDemands || a.tuple > maxTuple {
		return result{why: "an array with many elements that differ"}
	}
	for _, d := range a.demands {
		if r := a.alone(d); r.outcome != possible {
			return r
		}
	}
	left := result{outcome: impossible}
	last := max(a.min, a.tuple+len(a.demands))
	if a.max >= 0 {
		last = min(last, a.max)
	}
	for length := a.min; length <= last; length++ {
		r := a.ofLength(length)
		if r.outcome == possible || b.left < 0 {
			return r
		}
		if r.outcome == undecided {
			left = r
		}
	}
	return left
}

// require adds what a node that accepts the array asks.
func (a *arraySearch) require(n *node) {
	w := &n.array
	a.min = max(a.min, w.minItems)
	a.atMost(w.maxItems)
	a.unique = a.unique || w.unique
	a.tuple = max(a.tuple, len(w.prefix))
	if w.contains == nil {
		return
	}
	a.atLeastMany(w.minContains, literal{w.contains, false})
	if w.maxContains >= 0 {
		a.few = append(a.few, atom{i: w.maxContains, below: literal{w.contains, false}})
	}
}

func (a *arraySearch) atMost(items int) {
	if items >= 0 && (a.max < 0 || items < a.max) {
		a.max = items
	}
}

func (a *arraySearch) atLeastMany(count int, l literal) {
	a.min = max(a.min, count)
	// The elements that one keyword counts may be those that another counts too.
	known := 0
	for _, d := range a.demands {
		if d.group == l.code()+1 {
			known++
		}
	}
	for range min(count, maxDemands+1) - known {
		a.demands = append(a.demands, demand{later: true, lits: []literal{l}, group: l.code() + 1})
	}
}

// refuse adds what an atom asks.
func (a *arraySearch) refuse(x atom) {
	switch x.kind {
	case fewerItems:
		a.atMost(x.i)
	case moreItems:
		a.min = max(a.min, x.i)
	case elementIs:
		a.min = max(a.min, x.i+1)
		a.tuple = max(a.tuple, x.i+1)
		a.demands = append(a.demands, demand{index: x.i, lits: []literal{x.below}})
	case laterElementIs:
		a.min = max(a.min, x.i+1)
		a.tuple = max(a.tuple, x.i)
		a.demands = append(a.demands, demand{index: x.i, later: true, lits: []literal{x.below}})
	case containsMany:
		a.atLeastMany(x.i, x.below)
	case containsFew:
		a.few = append(a.few, x)
	case repeated:
		a.min = max(a.min, 2)
		a.demands = append(a.demands, demand{later: true, twin: true}, demand{later: true, twin: true})
	}
}

// overCounted reports whether as many elements are demanded as are too many.
func (a *arraySearch) overCounted() bool {
	for _, f := range a.few {
		count := 0
		for _, d := range a.demands {
			if d.group == f.below.code()+1 {
				count++
			}
		}
		if count > f.i {
			return true
		}
	}
	return false
}

// base returns what the element at an index has to be.
func (a *arraySearch) base(index int) []literal {
	var lits []literal
	for _, n := range a.pos {
		if below := n.element(index); below != nil {
			lits = append(lits, literal{below, false})
		}
		if u := n.array.unevaluated; u != nil && !n.mayEvaluate(index, map[*node]bool{}) {
			lits = append(lits, literal{u, false})
		}
	}
	for _, f := range a.few {
		if f.i == 0 {
			lits = append(lits, literal{f.below.n, !f.below.neg})
		}
	}
	return lits
}

// mayEvaluate reports whether a keyword of n, or of a node that judges the same array,
// may judge the element at an index, so that unevaluatedItems leaves it alone.
func (n *node) mayEvaluate(index int, seen map[*node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	if n.opaque != "" || index < len(n.array.prefix) || n.array.rest != nil || n.array.contains != nil && n.array.evaluates {
		return true
	}
	for _, below := range n.telling() {
		if below.array.unevaluated != nil || below.mayEvaluate(index, seen) {
			return true
		}
	}
	return false
}

// alone reports whether a demand can be met at any index.
func (a *arraySearch) alone(d demand) result {
	last := d.index
	if d.later {
		last = max(a.tuple, d.index)
	}
	left := result{outcome: impossible}
	for i := d.index; i <= last; i++ {
		if a.max >= 0 && i >= a.max {
			break
		}
		r := a.solve(append(a.base(i), d.lits...))
		if r.outcome == possible {
			return r
		}
		if r.outcome == undecided {
			left = r.inside(strconv.Itoa(i))
		}
	}
	return left
}

// ofLength looks for an array of that length.
func (a *arraySearch) ofLength(length int) result {
	if length > maxLength {
		for i := range a.tuple + 1 {
			if a.solve(a.base(i)).outcome == impossible {
				return result{outcome: impossible}
			}
		}
		return result{why: fmt.Sprintf("an array of %d elements", length)}
	}
	if !a.spend(length / 16) {
		return result{why: outOfSteps}
	}
	return a.assign(length, map[int]slot{}, a.demands, nil)
}

// maxLength is how many elements the arrays may have that the solver thinks of.
const maxLength = 5000

// assign gives the demands their elements, one after the other. Of the elements that are
// asked the same, the first that is free stands for all that are.
func (a *arraySearch) assign(length int, extra map[int]slot, demands []demand, twins []int) result {
	if !a.spend(1) {
		return result{why: outOfSteps}
	}
	if len(demands) == 0 {
		return a.fill(length, extra, twins)
	}
	d, rest := demands[0], demands[1:]
	left := result{outcome: impossible}
	for i := d.index; i < length && (d.later || i == d.index); i++ {
		at, used := extra[i]
		if d.twin && len(twins) == 1 && i <= twins[0] || d.group != 0 && slices.Contains(at.groups, d.group) {
			continue
		}
		next := maps.Clone(extra)
		next[i] = slot{append(slices.Clone(at.lits), d.lits...), append(slices.Clone(at.groups), d.group)}
		with := twins
		if d.twin {
			with = append(slices.Clone(twins), i)
		}
		if len(d.lits) == 0 || a.solve(append(a.base(i), next[i].lits...)).outcome != impossible {
			r := a.assign(length, next, rest, with)
			if r.outcome == possible || a.left < 0 {
				return r
			}
			if r.outcome == undecided {
				left = r
			}
		}
		if i >= a.tuple && !used {
			break
		}
	}
	return left
}

// fill finds values for all elements.
func (a *arraySearch) fill(length int, extra map[int]slot, twins []int) result {
	values := make([]any, length)
	for i := range values {
		lits := append(a.base(i), extra[i].lits...)
		if len(twins) == 2 && i == twins[1] {
			values[i] = values[twins[0]]
			continue
		}
		if len(twins) == 2 && i == twins[0] {
			lits = append(append(lits, a.base(twins[1])...), extra[twins[1]].lits...)
		}
		r := a.spare(lits)
		if a.unique && len(twins) == 0 && r.outcome == possible && contains(values[:i], r.value) {
			r = a.distinct(values[:i], lits, extra)
		}
		if r.outcome != possible {
			return r.inside(strconv.Itoa(i))
		}
		values[i] = r.value
	}
	if forced := a.forced(length, extra); forced {
		return result{outcome: impossible}
	}
	return a.checked(a.literals, values, "an array that keeps some of contains, uniqueItems and unevaluatedItems and breaks others")
}

// spare finds an element, one that counts for no containsFew if there is any.
func (a *arraySearch) spare(lits []literal) result {
	spared := slices.Clone(lits)
	for _, f := range a.few {
		spared = append(spared, literal{f.below.n, !f.below.neg})
	}
	if r := a.solve(spared); r.outcome == possible {
		return r
	}
	return a.solve(lits)
}

// forced reports whether too many elements cannot but count for a containsFew.
func (a *arraySearch) forced(length int, extra map[int]slot) bool {
	for _, f := range a.few {
		count := 0
		for i := range length {
			lits := append(a.base(i), extra[i].lits...)
			if a.solve(append(lits, literal{f.below.n, !f.below.neg})).outcome == impossible {
				count++
			}
		}
		if count > f.i {
			return true
		}
	}
	return false
}

// distinct finds an element that is none of the values before it. If all elements are
// asked the same, and there are no more values, there is no such array.
func (a *arraySearch) distinct(before []any, lits []literal, extra map[int]slot) result {
	list := a.node("in "+canonical(before), func(n *node) { n.lists = [][]any{slices.Clone(before)} })
	r := a.solve(append(lits, literal{list, true}))
	if r.outcome == impossible && !(len(extra) == 0 && a.tuple == 0) {
		return result{why: "an array whose elements must differ, though they are few"}
	}
	return r
}
