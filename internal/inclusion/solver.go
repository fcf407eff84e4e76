package inclusion

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
)

// literal says that a value is accepted by a node, or that it is not.
type literal struct {
	n   *node
	neg bool
}

// code is the same for literals that say the same, and differs in its last bit from that
// of the opposite.
func (l literal) code() int {
	if l.neg {
		return 2*l.n.id + 1
	}
	return 2 * l.n.id
}

// result is what is known of a set of literals.
type result struct {
	outcome outcome
	value   any    // of possible: all literals hold of it
	why     string // of undecided
	where   string // the place in the value that why is about, a JSON Pointer
	low     int    // of impossible: how far up the path is what it assumes; unassuming if nothing
}

// unassuming is the low of a result that assumes nothing.
const unassuming = math.MaxInt

// inside returns the result with the place of its reason one step further out.
func (r result) inside(step string) result {
	if r.outcome == undecided && r.why != outOfSteps {
		r.where = location{}.step(step).pointer + r.where
	}
	return r
}

// maxNesting is how deep the values may nest that the solver thinks of.
const maxNesting = 100

// solver looks for a value of which a set of literals holds, or shows that there is none.
//
// It is a tableau: literals are taken apart, alternatives are tried one by one, and what
// is left is asked of the theory of one kind of value. Members and elements are sets of
// literals again. A theory may leave out a constraint that it does not understand: a
// value that it finds is checked against all literals, and if none is found, there is
// none. Where a set of literals comes again below itself, there is no smallest value of
// it that needs the inner one, so that the inner one counts as impossible for as long as
// the outer one has not been found possible.
type solver struct {
	ctx   context.Context
	arena *arena
	left  int // steps
	spent int
	memo  map[string]result
	trail []string       // keys in memo whose result assumes something
	path  map[string]int // literals that are being looked at, and how deep
	lows  []int          // of each of them: the lowest assumption so far
	ev    evaluator
	autos map[string]*automaton
	made  map[string]*node // that no schema has, by what they say
}

func newSolver(ctx context.Context, a *arena, steps int) *solver {
	return &solver{ctx: ctx, arena: a, left: steps, memo: map[string]result{}, path: map[string]int{},
		autos: map[string]*automaton{}, made: map[string]*node{}}
}

// checkEvery is how many steps are taken between looks at the context.
const checkEvery = 1 << 10

// spend takes steps from the budget; false means that there are none left.
func (s *solver) spend(steps int) bool {
	before := s.spent
	s.spent += steps
	if s.left -= steps; s.left < 0 {
		return false
	}
	if before/checkEvery != s.spent/checkEvery && s.ctx.Err() != nil {
		s.left = -1
		return false
	}
	return true
}

// outOfSteps is why a search was given up.
const outOfSteps = "the search was given up after as many steps as it may take"

// solve looks for a value of which all literals hold.
func (s *solver) solve(literals []literal) result {
	literals, ok := settled(literals)
	if !ok {
		return result{outcome: impossible, low: unassuming}
	}
	var key []byte
	for _, l := range literals {
		key = binary.AppendUvarint(key, uint64(l.code()))
	}
	r, known := s.memo[string(key)]
	if depth, open := s.path[string(key)]; open {
		r, known = result{outcome: impossible, low: depth}, true
	}
	if known {
		return s.assume(r)
	}
	if !s.spend(1) {
		return result{why: outOfSteps}
	}
	if len(s.lows) >= maxNesting {
		return result{why: "values nest too deeply"}
	}
	return s.assume(s.enter(string(key), literals))
}

// assume notes what a result assumes, for the literals that it was wanted for.
func (s *solver) assume(r result) result {
	if n := len(s.lows); n > 0 && r.outcome == impossible {
		s.lows[n-1] = min(s.lows[n-1], r.low)
	}
	return r
}

// enter looks at literals that are not known yet.
func (s *solver) enter(key string, literals []literal) result {
	depth, mark := len(s.lows), len(s.trail)
	s.path[key] = depth
	s.lows = append(s.lows, unassuming)
	r := s.places(literals)
	low := s.lows[depth]
	s.lows = s.lows[:depth]
	delete(s.path, key)
	switch {
	case r.outcome != impossible:
		// What was found impossible on the assumption that these literals are may be
		// wrong now.
		for _, k := range s.trail[mark:] {
			delete(s.memo, k)
		}
		s.trail = s.trail[:mark]
	case low >= depth:
		for _, k := range s.trail[mark:] {
			s.memo[k] = result{outcome: impossible, low: unassuming}
		}
		s.trail = s.trail[:mark]
		r.low = unassuming
	default:
		r.low = low
		s.trail = append(s.trail, key)
	}
	s.memo[key] = r
	return r
}

// settled sorts literals and drops those that always hold. It returns false if they
// contradict each other on their face.
func settled(literals []literal) ([]literal, bool) {
	all := slices.Clone(literals)
	slices.SortFunc(all, func(a, b literal) int { return a.code() - b.code() })
	all = slices.CompactFunc(all, func(a, b literal) bool { return a.code() == b.code() })
	kept := all[:0]
	for i, l := range all {
		if i > 0 && l.code()^1 == all[i-1].code() {
			return nil, false
		}
		switch {
		case l.n.never && !l.neg, l.n.trivial() && l.neg:
			return nil, false
		case l.n.never, l.n.trivial():
			continue
		}
		kept = append(kept, l)
	}
	return kept, true
}

// trivial reports whether a node accepts everything, on its face.
func (n *node) trivial() bool {
	if n.told == 0 {
		n.told = -1
		t, a, o := &n.text, &n.array, &n.object
		if n.opaque == "" && n.kinds == allKinds && len(n.lists) == 0 && len(n.children()) == 0 &&
			n.number == (numberWords{}) && t.minLength <= 0 && t.maxLength < 0 && t.pattern == nil && t.check == nil && t.encoding == "" && t.media == "" &&
			a.minItems <= 0 && a.maxItems < 0 && !a.unique && o.minProperties <= 0 && o.maxProperties < 0 && len(o.required) == 0 && len(o.dependencies) == 0 {
			n.told = 1
		}
	}
	return n.told > 0
}

// holds reports whether all literals hold of a value; sure is false if that cannot be
// told.
func (s *solver) holds(literals []literal, v any) (ok, sure bool) {
	s.ev = evaluator{limit: min(maxEvaluation, 4*max(s.left, 0)+minEvaluation)}
	ok = true
	for _, l := range literals {
		if s.ev.accepts(l.n, v) == l.neg {
			ok = false
			break
		}
	}
	s.spend(s.ev.steps / 4)
	return ok, s.ev.unsure == ""
}

// maxEvaluation is how many steps judging one value may take, and minEvaluation how many
// it may take even when the solver has none left.
const (
	maxEvaluation = 100_000
	minEvaluation = 1000
)

// kindOrder is the order in which kinds of values are tried: what is told in a word
// first, and what a reader thinks of first.
func kindOrder() []kinds {
	return []kinds{texts, integers, fractions, booleans, nulls, objects, arrays}
}

// places looks for a value of any kind.
func (s *solver) places(literals []literal) result {
	possibleKinds := allKinds
	for _, l := range literals {
		if !l.neg {
			possibleKinds &= l.n.kinds
		}
	}
	if v, ok := s.hint(literals); ok {
		return result{outcome: possible, value: v}
	}
	left := result{outcome: impossible}
	for _, kind := range kindOrder() {
		if possibleKinds&kind == 0 {
			continue
		}
		r := s.kind(literals, kind)
		if r.outcome == possible {
			return r
		}
		if r.outcome == undecided {
			left = r
		}
	}
	return left
}

// kind looks for a value of one kind.
func (s *solver) kind(literals []literal, kind kinds) result {
	if values := constants(kind); values != nil {
		if r := s.among(literals, values); r.outcome != undecided {
			return r
		}
	}
	b := &branch{solver: s, kind: kind, literals: literals, has: map[int]bool{}}
	for _, l := range literals {
		if !b.assert(l) {
			return result{outcome: impossible}
		}
	}
	return b.explore()
}

// constants returns all values of a kind that has few.
func constants(kind kinds) []any {
	switch kind {
	case nulls:
		return []any{nil}
	case booleans:
		return []any{true, false}
	}
	return nil
}

// among looks for a value in a list that holds all there can be.
func (s *solver) among(literals []literal, values []any) result {
	for _, v := range values {
		ok, sure := s.holds(literals, v)
		if !sure {
			return result{why: "a schema that cannot be followed: " + s.ev.unsure}
		}
		if ok {
			return result{outcome: possible, value: v}
		}
	}
	return result{outcome: impossible}
}

// hint tries the examples, defaults and listed values of the nodes.
func (s *solver) hint(literals []literal) (any, bool) {
	seen := map[*node]bool{}
	queue := []*node{}
	for _, l := range literals {
		queue = append(queue, l.n)
	}
	for len(queue) > 0 && len(seen) < maxHinted {
		n := queue[0]
		queue = queue[1:]
		if seen[n] {
			continue
		}
		seen[n] = true
		queue = append(queue, n.inPlace()...)
		for _, v := range n.hints {
			if ok, sure := s.holds(literals, v); ok && sure {
				return v, true
			}
		}
	}
	return nil, false
}

// maxHinted is how many nodes are asked for their examples.
const maxHinted = 100

// checked makes a result of a value that a theory has found: what the theory left out may
// not hold of it.
func (s *solver) checked(literals []literal, v any, why string) result {
	ok, sure := s.holds(literals, v)
	if ok && sure {
		return result{outcome: possible, value: v}
	}
	if !sure {
		why = "a schema that cannot be followed: " + s.ev.unsure
	}
	return result{why: why}
}
