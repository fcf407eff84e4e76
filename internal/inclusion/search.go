package inclusion

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// search looks for a witness without the solver: it edits values that a accepts, at first
// where the two schemas differ, and tries what lies at the edges of their keywords. It
// knows nothing of why a proof holds, so that it can catch a wrong one.
type search struct {
	solver  *solver
	a, b    *node
	left    int // values that may still be tried
	tried   map[string]bool
	witness func(any) bool
	found   any
}

// maxTried is how many values one search tries.
const maxTried = 1500

// place is a value with the nodes of both schemas that judge it.
type place struct {
	value any
	a, b  []*node
	added int           // how many of the values around it the search has added
	set   func(any) any // returns the whole value with another one in this place
}

// maxAdded is how deep the search adds values inside of values that it has added: a
// schema that leads to itself has no end.
const maxAdded = 2

// run returns a witness, if there is one among what it tries.
func (s *search) run(seeds []any) (any, bool) {
	seeds = append(slices.Clone(seeds), edges(joined([]*node{s.a}))...)
	seeds = append(seeds, s.grow([]*node{s.a}, maxGrown), s.grow([]*node{s.b}, maxGrown))
	var valid []any
	for _, v := range seeds {
		if s.try(v) {
			return s.found, true
		}
		if len(valid) < maxSeeds && s.accepted([]*node{s.a}, v) {
			valid = append(valid, v)
		}
	}
	for _, where := range []scope{whereTheyDiffer, everywhere} {
		for _, v := range valid {
			p := place{value: v, a: []*node{s.a}, b: []*node{s.b}, set: func(v any) any { return v }}
			if s.edit(p, where) {
				return s.found, true
			}
		}
	}
	return nil, false
}

// scope says which places are edited.
type scope int

const (
	whereTheyDiffer scope = iota
	everywhere
)

const (
	maxSeeds = 8 // values that are edited
	maxGrown = 5 // how deep values are grown
)

// try reports whether v is a witness.
func (s *search) try(v any) bool {
	if s.left <= 0 {
		return false
	}
	key := canonical(v)
	if s.tried[key] {
		return false
	}
	s.tried[key] = true
	if s.left--; !s.solver.spend(1 + len(key)/100) {
		s.left = 0
	}
	if !s.witness(v) {
		return false
	}
	s.found = v
	return true
}

// edit tries the value with one change at the place or below it.
func (s *search) edit(p place, where scope) bool {
	all := append(joined(p.a), joined(p.b)...)
	if s.left <= 0 || !s.solver.spend(1+len(all)) || p.added > maxAdded || where == whereTheyDiffer && alike(p.a, p.b) {
		return false
	}
	for _, v := range append(edges(all), s.nearPatterns(all)...) {
		if s.try(p.set(v)) {
			return true
		}
	}
	switch v := p.value.(type) {
	case map[string]any:
		return s.editObject(p, v, all, where)
	case []any:
		return s.editArray(p, v, all, where)
	}
	return false
}

// nearPatterns returns strings that have the nodes' patterns, or nearly so.
func (s *search) nearPatterns(nodes []*node) []any {
	var all []any
	for _, n := range nodes {
		if r := s.solver.textFor(n); r.outcome == possible {
			w := r.value.(string)
			all = append(all, w, w+w, w+"x", "x"+w, w+"-", "-"+w, w+"0", "\n"+w, "\n", strings.ToUpper(w))
			if runes := []rune(w); len(runes) > 0 {
				all = append(all, string(runes[1:]), string(runes[:len(runes)-1]))
			}
		}
	}
	return all
}

// alike reports whether the same nodes judge a place in both schemas.
func alike(a, b []*node) bool {
	ids := func(nodes []*node) []int {
		var all []int
		for _, n := range nodes {
			all = append(all, n.id)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	return slices.Equal(ids(a), ids(b))
}

func (s *search) editObject(p place, v map[string]any, all []*node, where scope) bool {
	names := map[string]bool{"extra": true}
	for _, n := range all {
		for _, name := range append(slices.Clone(n.object.names), n.object.required...) {
			names[name] = true
		}
		if n.object.propertyNames != nil {
			below := joined([]*node{n.object.propertyNames})
			for _, v := range append(edges(below), s.nearPatterns(below)...) {
				if name, ok := v.(string); ok && len(names) < maxNames {
					names[name] = true
				}
			}
		}
		for _, d := range n.object.dependencies {
			names[d.name] = true
			for _, name := range d.required {
				names[name] = true
			}
		}
		for _, pattern := range n.object.patterns {
			if r := s.solver.solve([]literal{{s.solver.textNode(), false}, {s.solver.patternNode(pattern.pattern), false}}); r.outcome == possible {
				names[r.value.(string)] = true
			}
		}
	}
	for name := range v {
		names[name] = true
	}
	if s.pairs(p, v, slices.Sorted(maps.Keys(names))) {
		return true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		with := func(member any) any {
			c := maps.Clone(v)
			c[name] = member
			return p.set(c)
		}
		below := place{a: membersOf(p.a, name), b: membersOf(p.b, name), added: p.added, set: with}
		if member, ok := v[name]; ok {
			without := maps.Clone(v)
			delete(without, name)
			if s.try(p.set(without)) {
				return true
			}
			below.value = member
		} else {
			below.added++
			below.value = s.grow(below.a, maxGrown-1)
			if s.try(with(below.value)) {
				return true
			}
		}
		if s.edit(below, where) {
			return true
		}
	}
	return false
}

// maxNames is how many names are tried for the members of one object, and maxPairs of how
// many of them two at a time.
const (
	maxNames = 100
	maxPairs = 6
)

// pairs adds two members at a time.
func (s *search) pairs(p place, v map[string]any, names []string) bool {
	names = names[:min(len(names), maxPairs)]
	for i, one := range names {
		for _, other := range names[i+1:] {
			c := maps.Clone(v)
			for _, name := range []string{one, other} {
				if _, there := c[name]; !there {
					c[name] = s.grow(membersOf(p.a, name), 1)
				}
			}
			if s.try(p.set(c)) {
				return true
			}
		}
	}
	return false
}

func (s *search) editArray(p place, v []any, all []*node, where scope) bool {
	others := [][]any{{}, v[:len(v)/2], append(slices.Clip(v), v...)}
	for _, n := range all {
		if n.array.contains != nil {
			found := s.grow([]*node{n.array.contains}, 1)
			others = append(others, []any{found}, append(slices.Clip(v), found), append(slices.Clip(v), found, found))
		}
	}
	for _, other := range append(others, []any{"a", "a"}) {
		if s.try(p.set(other)) {
			return true
		}
	}
	length := len(v) + 1
	for _, n := range all {
		length = max(length, min(n.array.maxItems+1, maxTuple), len(n.array.prefix)+1)
	}
	longer := slices.Clone(v)
	for i := 0; i < length; i++ {
		below := place{a: elementsOf(p.a, i), b: elementsOf(p.b, i), added: p.added}
		if i >= len(longer) {
			below.added++
			longer = append(longer, s.grow(below.a, maxGrown-1))
			if s.try(p.set(slices.Clone(longer))) {
				return true
			}
		}
		whole := slices.Clone(longer)
		below.value = whole[i]
		below.set = func(item any) any {
			c := slices.Clone(whole)
			c[i] = item
			return p.set(c)
		}
		if s.edit(below, where) {
			return true
		}
	}
	return false
}

// joined returns the nodes and all that judge the same value, whatever they make of it.
func joined(nodes []*node) []*node {
	var all []*node
	seen := map[*node]bool{}
	queue := slices.Clone(nodes)
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if !seen[n] {
			seen[n] = true
			all = append(all, n)
			queue = append(queue, n.inPlace()...)
		}
	}
	return all
}

// membersOf returns the nodes that judge a member, of all that judge the object.
func membersOf(nodes []*node, name string) []*node {
	var all []*node
	for _, n := range joined(nodes) {
		all = append(all, n.member(name)...)
		if n.object.unevaluated != nil {
			all = append(all, n.object.unevaluated)
		}
	}
	return all
}

// elementsOf returns the nodes that judge an element, of all that judge the array.
func elementsOf(nodes []*node, i int) []*node {
	var all []*node
	for _, n := range joined(nodes) {
		for _, below := range []*node{n.element(i), n.array.contains, n.array.unevaluated} {
			if below != nil {
				all = append(all, below)
			}
		}
	}
	return all
}

// edges returns the values that the nodes name, and those at the edges of what they ask.
func edges(nodes []*node) []any {
	all := []any{nil, true, json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("0.5"), "", "a", "text", []any{}, map[string]any{}}
	for _, n := range nodes {
		all = append(all, n.hints...)
		for _, list := range n.lists {
			all = append(all, list[:min(len(list), maxListed)]...)
		}
		for _, t := range n.number.all() {
			for _, d := range []*big.Rat{{}, big.NewRat(1, 1), big.NewRat(-1, 1), big.NewRat(1, 2), big.NewRat(-1, 2), big.NewRat(1, 1000), big.NewRat(-1, 1000)} {
				all = append(all, numberText(new(big.Rat).Add(t.bound, d)))
			}
		}
		for _, length := range []int{n.text.minLength, n.text.maxLength} {
			for _, l := range []int{length - 1, length, length + 1} {
				if length >= 0 && l >= 0 && l <= maxTriedText {
					all = append(all, strings.Repeat("a", l))
				}
			}
		}
		if n.text.format != "" {
			f := lookUpFormat(n.text.format)
			for _, sample := range append(slices.Clone(f.good), f.bad...) {
				all = append(all, sample)
			}
		}
	}
	return all
}

const (
	maxListed    = 64   // values of a list that are tried
	maxTriedText = 5000 // characters of a string that is tried
)

// grow returns a value that the nodes may well accept.
func (s *search) grow(nodes []*node, depth int) any {
	all := joined(nodes)
	if !s.solver.spend(1 + len(all)) {
		return map[string]any{}
	}
	for _, v := range edges(all) {
		if kindOf(v) != objects && kindOf(v) != arrays && s.accepted(nodes, v) {
			return v
		}
	}
	for _, n := range all {
		if r := s.solver.textFor(n); r.outcome == possible && s.accepted(nodes, r.value) {
			return r.value
		}
	}
	v := map[string]any{}
	var items []any
	for _, n := range all {
		for _, name := range n.object.required {
			if depth > 0 {
				v[name] = s.grow(membersOf(nodes, name), depth-1)
			}
		}
		for i := 2; depth > 0 && len(v) < min(n.object.minProperties, maxPairs); i++ {
			v[fmt.Sprintf("extra%d", i)] = s.grow(membersOf(nodes, fmt.Sprintf("extra%d", i)), depth-1)
		}
		if n.array.contains != nil && depth > 0 {
			items = append(items, s.grow([]*node{n.array.contains}, depth-1))
		}
		for i := len(items); depth > 0 && i < min(n.array.minItems, maxTuple); i++ {
			items = append(items, s.grow(elementsOf(nodes, i), depth-1))
		}
	}
	if items != nil && s.accepted(nodes, items) {
		return items
	}
	return v
}

// accepted reports whether all nodes accept the value.
func (s *search) accepted(nodes []*node, v any) bool {
	ev := evaluator{limit: minEvaluation}
	for _, n := range nodes {
		if s.solver.left < 0 || !ev.accepts(n, v) {
			return false
		}
	}
	s.solver.spend(ev.steps / 4)
	return true
}

// textFor looks for a string that has the node's pattern.
func (s *solver) textFor(n *node) result {
	if n.text.pattern == nil {
		return result{}
	}
	return s.solve([]literal{{s.textNode(), false}, {s.patternNode(n.text.pattern), false}})
}
