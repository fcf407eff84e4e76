package inclusion

import (
	"encoding/binary"
	"maps"
	"slices"
)

// atomKind is what an atom says of a value.
type atomKind int

const (
	notListed      atomKind = iota // it is not in the list of n with index i
	notNumber                      // it breaks the keyword of n about numbers with index i
	shorter                        // it has at most i characters
	longer                         // it has at least i characters
	notPattern                     // n's pattern is not found in it
	notFormat                      // it is not of n's format
	notContent                     // it is not encoded as n says
	fewerItems                     // it has at most i elements
	moreItems                      // it has at least i elements
	repeated                       // two of its elements are equal
	elementIs                      // there is an element i, and below holds of it
	laterElementIs                 // below holds of an element at i or later
	containsMany                   // below holds of at least i elements
	containsFew                    // below holds of at most i elements
	fewerMembers                   // it has at most i members
	moreMembers                    // it has at least i members
	present                        // it has a member of that name
	absent                         // it has none
	memberIs                       // it has one, of which below holds
	patternIs                      // below holds of a member that matches n's pattern i
	otherIs                        // below holds of a member that n does not know
	nameIs                         // below holds of the name of a member
)

// atom is what the opposite of a keyword says, or the presence of a member.
type atom struct {
	kind  atomKind
	n     *node
	i     int
	name  string
	below literal
}

// item is a literal or, if its node is nil, an atom.
type item struct {
	literal
	atom atom
}

// option is items that hold together; of a split, one option holds.
type option []item
type split []option

// branch is one way to make literals true of a value of one kind.
type branch struct {
	*solver
	kind     kinds
	literals []literal // what all began with
	has      map[int]bool
	pos      []*node // that accept the value
	lists    [][]any // that it is in
	atoms    []atom
	pending  []split
}

func (b *branch) clone() *branch {
	c := *b
	c.has = maps.Clone(b.has)
	c.pos, c.lists = slices.Clip(b.pos), slices.Clip(b.lists)
	c.atoms, c.pending = slices.Clip(b.atoms), slices.Clone(b.pending)
	return &c
}

// assert adds a literal; false means that it cannot hold.
func (b *branch) assert(l literal) bool {
	if b.has[l.code()^1] {
		return false
	}
	if b.has[l.code()] {
		return true
	}
	b.has[l.code()] = true
	switch {
	case l.n.opaque != "":
		return true // left out; the value will be checked, as far as it can be
	case l.neg:
		return b.refuse(l.n)
	}
	return b.accept(l.n)
}

func (b *branch) assertAll(o option) bool {
	for _, it := range o {
		if it.n == nil {
			b.state(it.atom)
		} else if !b.assert(it.literal) {
			return false
		}
	}
	return true
}

// maxUnlisted is how many arrays or objects of a list are told apart from the value.
const maxUnlisted = 64

// state adds an atom. That the value is none of some arrays or objects is said by their
// parts.
func (b *branch) state(a atom) {
	b.atoms = append(b.atoms, a)
	if a.kind != notListed || b.kind != arrays && b.kind != objects {
		return
	}
	for i, v := range a.n.lists[a.i] {
		if i >= maxUnlisted {
			break // the rest is left out; the value will be checked
		}
		if kindOf(v) == b.kind {
			b.pending = append(b.pending, b.differs(v))
		}
	}
}

// differs returns the split of an array or object that is not equal to v.
func (b *branch) differs(v any) split {
	var s split
	add := func(a atom) { s = append(s, option{{atom: a}}) }
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			add(atom{kind: fewerItems, i: len(v) - 1})
		}
		add(atom{kind: moreItems, i: len(v) + 1})
		for i, item := range v {
			add(atom{kind: elementIs, i: i, below: literal{b.constant(item), true}})
		}
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		for _, name := range names {
			add(atom{kind: absent, name: name})
			add(atom{kind: memberIs, name: name, below: literal{b.constant(v[name]), true}})
		}
		known := b.node("knows "+canonical(valuesOf(names)), func(n *node) {
			n.object.properties = map[string]*node{}
			for _, name := range names {
				n.object.names, n.object.properties[name] = names, b.anything()
			}
		})
		add(atom{kind: otherIs, n: known, below: literal{b.anything(), false}})
	}
	return s
}

// accept takes a node apart that accepts the value.
func (b *branch) accept(n *node) bool {
	if n.never || n.kinds&b.kind == 0 {
		return false
	}
	b.pos = append(b.pos, n)
	b.lists = append(b.lists, n.lists...)
	if n.ref != nil && !b.assert(literal{n.ref, false}) || n.not != nil && !b.assert(literal{n.not, true}) {
		return false
	}
	for _, below := range n.allOf {
		if !b.assert(literal{below, false}) {
			return false
		}
	}
	if len(n.anyOf) > 0 {
		var s split
		seen := map[int]bool{}
		for _, below := range n.anyOf {
			if !seen[below.id] {
				seen[below.id] = true
				s = append(s, option{is(below)})
			}
		}
		b.pending = append(b.pending, s)
	}
	if len(n.oneOf) > 0 {
		b.pending = append(b.pending, b.exactlyOne(n.oneOf))
	}
	if n.ifThen != nil && (n.then != nil || n.orElse != nil) {
		b.pending = append(b.pending, split{both(is(n.ifThen), n.then), both(isNot(n.ifThen), n.orElse)})
	}
	if b.kind == objects {
		b.acceptObject(n)
	}
	return true
}

func is(n *node) item    { return item{literal: literal{n, false}} }
func isNot(n *node) item { return item{literal: literal{n, true}} }

// both returns the option that has an item and a node, if there is one.
func both(first item, n *node) option {
	if n == nil {
		return option{first}
	}
	return option{first, is(n)}
}

// maxPaired is how many schemas a oneOf may have whose pairs are told apart one by one:
// there are as many as half the square.
const maxPaired = 16

// exactlyOne returns the split of a oneOf that holds.
func (b *branch) exactlyOne(nodes []*node) split {
	var s split
	for i, n := range nodes {
		o := option{is(n)}
		if len(nodes) > maxPaired {
			o = append(o, isNot(b.either(nodes[:i])), isNot(b.either(nodes[i+1:])))
		} else {
			for j, other := range nodes {
				if j != i {
					o = append(o, isNot(other))
				}
			}
		}
		s = append(s, o)
	}
	return s
}

// notOne returns the options of a oneOf that does not hold.
func (b *branch) notOne(nodes []*node) split {
	var none option
	var s split
	for i, n := range nodes {
		none = append(none, isNot(n))
		if len(nodes) > maxPaired {
			s = append(s, option{is(n), is(b.either(nodes[i+1:]))})
			continue
		}
		for _, other := range nodes[i+1:] {
			s = append(s, option{is(n), is(other)})
		}
	}
	return append(s, none)
}

// either returns the node of what one of some nodes accepts.
func (s *solver) either(nodes []*node) *node {
	var ids []byte
	for _, n := range nodes {
		ids = binary.AppendUvarint(ids, uint64(n.id))
	}
	return s.node("either "+string(ids), func(n *node) {
		n.anyOf = nodes
		if len(nodes) == 0 {
			n.never, n.kinds = true, 0
		}
	})
}

// refuse takes a node apart that does not accept the value: one of its keywords fails.
func (b *branch) refuse(n *node) bool {
	if n.never || n.kinds&b.kind == 0 {
		return true
	}
	var s split
	for i := range n.lists {
		s = append(s, option{{atom: atom{kind: notListed, n: n, i: i}}})
	}
	switch b.kind {
	case integers, fractions:
		for i := range n.number.all() {
			s = append(s, option{{atom: atom{kind: notNumber, n: n, i: i}}})
		}
	case texts:
		s = append(s, refuseText(n)...)
	case arrays:
		s = append(s, refuseArray(n)...)
	case objects:
		s = append(s, refuseObject(n)...)
	}
	for _, below := range n.allOf {
		s = append(s, option{isNot(below)})
	}
	if n.ref != nil {
		s = append(s, option{isNot(n.ref)})
	}
	if n.not != nil {
		s = append(s, option{is(n.not)})
	}
	if len(n.anyOf) > 0 {
		var none option
		for _, below := range n.anyOf {
			none = append(none, isNot(below))
		}
		s = append(s, none)
	}
	if len(n.oneOf) > 0 {
		s = append(s, b.notOne(n.oneOf)...)
	}
	if n.then != nil {
		s = append(s, option{is(n.ifThen), isNot(n.then)})
	}
	if n.orElse != nil {
		s = append(s, option{isNot(n.ifThen), isNot(n.orElse)})
	}
	b.spend(len(s) / 8)
	switch len(s) {
	case 0:
		return false
	case 1:
		return b.assertAll(s[0])
	}
	b.pending = append(b.pending, s)
	return true
}

// refuseText returns the options for a string that breaks a keyword of n about strings.
func refuseText(n *node) split {
	var s split
	t := &n.text
	if t.minLength > 0 {
		s = append(s, option{{atom: atom{kind: shorter, i: t.minLength - 1}}})
	}
	if t.maxLength >= 0 {
		s = append(s, option{{atom: atom{kind: longer, i: t.maxLength + 1}}})
	}
	if t.pattern != nil {
		s = append(s, option{{atom: atom{kind: notPattern, n: n}}})
	}
	if t.check != nil {
		s = append(s, option{{atom: atom{kind: notFormat, n: n}}})
	}
	if t.encoding != "" || t.media != "" {
		s = append(s, option{{atom: atom{kind: notContent, n: n}}})
	}
	return s
}

// settle drops options that cannot hold and splits that do, and follows those that have
// one option left. It returns false if a split has none.
func (b *branch) settle() bool {
	for again := true; again && b.left >= 0; {
		again = false
		pending := b.pending
		b.pending = nil
		for _, s := range pending {
			left, done := b.reduce(s)
			switch {
			case done:
			case len(left) == 0:
				return false
			case len(left) == 1:
				if !b.assertAll(left[0]) {
					return false
				}
				again = true
			default:
				b.pending = append(b.pending, left)
			}
		}
	}
	return true
}

// reduce returns the options of a split that may hold; done if one of them does.
func (b *branch) reduce(s split) (left split, done bool) {
	b.spend(len(s) / 16)
	for _, o := range s {
		open, dead := false, false
		for _, it := range o {
			if it.n == nil {
				dead = dead || b.denies(it.atom)
				open = open || !slices.Contains(b.atoms, it.atom)
				continue
			}
			open = open || !b.has[it.code()]
			dead = dead || b.has[it.code()^1] || !it.neg && (it.n.never || it.n.kinds&b.kind == 0) || it.neg && it.n.trivial()
		}
		switch {
		case dead:
		case !open:
			return nil, true
		default:
			left = append(left, o)
		}
	}
	return left, false
}

// denies reports whether an atom's opposite is there.
func (b *branch) denies(a atom) bool {
	opposite := absent
	switch a.kind {
	case absent:
		opposite = present
	case present, memberIs:
	default:
		return false
	}
	return slices.ContainsFunc(b.atoms, func(other atom) bool {
		return other.name == a.name && (other.kind == opposite || opposite == present && other.kind == memberIs)
	})
}

// explore tries the options of what is pending, and asks the theory at the end.
func (b *branch) explore() result {
	for {
		if !b.spend(1 + len(b.pending) + (len(b.has)+len(b.atoms))/8) {
			return result{why: outOfSteps}
		}
		if !b.settle() {
			return result{outcome: impossible}
		}
		if len(b.lists) > 0 {
			return b.listed()
		}
		if len(b.pending) == 0 {
			return b.theory()
		}
		if b.kind != objects {
			break
		}
		o := b.newObjectSearch()
		if o.early().outcome == impossible {
			return result{outcome: impossible}
		}
		if !o.sharpen() {
			break
		}
	}
	return b.choose()
}

// choose tries the options of the smallest split, one after the other.
func (b *branch) choose() result {
	smallest := 0
	for i, s := range b.pending {
		if len(s) < len(b.pending[smallest]) {
			smallest = i
		}
	}
	chosen := b.pending[smallest]
	b.pending = slices.Delete(slices.Clone(b.pending), smallest, smallest+1)
	left := result{outcome: impossible}
	for _, o := range chosen {
		if !b.spend(1 + len(o) + (len(b.has)+len(b.atoms)+len(b.pending))/16) {
			return result{why: outOfSteps}
		}
		c := b.clone()
		if !c.assertAll(o) {
			continue
		}
		r := c.explore()
		if r.outcome == possible {
			return r
		}
		if r.outcome == undecided {
			left = r
		}
	}
	return left
}

// listed tries the values that the first list allows: all literals are asked of each.
func (b *branch) listed() result {
	var values []any
	for _, v := range b.lists[0] {
		if kindOf(v) == b.kind {
			values = append(values, v)
		}
	}
	return b.among(b.literals, values)
}

// theory looks for a value, once nothing is left to choose.
func (b *branch) theory() result {
	switch b.kind {
	case nulls, booleans:
		return b.among(b.literals, constants(b.kind))
	case integers, fractions:
		return b.numberTheory()
	case texts:
		return b.textTheory()
	case arrays:
		return b.arrayTheory()
	}
	return b.objectTheory()
}

// excluded returns the values that the value must not be equal to.
func (b *branch) excluded() []any {
	var all []any
	for _, a := range b.atoms {
		if a.kind == notListed {
			all = append(all, a.n.lists[a.i]...)
		}
	}
	return all
}
