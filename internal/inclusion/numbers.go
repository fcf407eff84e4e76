package inclusion

import (
	"encoding/json"
	"math/big"
)

// numberTest is one keyword about numbers.
type numberTest struct {
	word  numberWord
	bound *big.Rat
}

type numberWord int

const (
	wordMin numberWord = iota
	wordMax
	wordAbove
	wordBelow
	wordMultiple
)

// all returns the keywords that are there.
func (w *numberWords) all() []numberTest {
	var tests []numberTest
	for _, t := range []numberTest{{wordMin, w.min}, {wordMax, w.max}, {wordAbove, w.above}, {wordBelow, w.below}, {wordMultiple, w.multipleOf}} {
		if t.bound != nil {
			tests = append(tests, t)
		}
	}
	return tests
}

// span is the numbers between two bounds, on a grid or not.
type span struct {
	low, high         *big.Rat   // nil: no bound
	lowOpen, highOpen bool       // the bound itself is not among them
	grid              *big.Rat   // all are multiples of it; nil: any
	off               []*big.Rat // none is a wordMultiple of these
}

func (s *span) raise(r *big.Rat, open edge) {
	if c := 1; s.low != nil {
		if c = r.Cmp(s.low); c < 0 {
			return
		} else if c == 0 {
			s.lowOpen = s.lowOpen || open == exclusive
			return
		}
	}
	s.low, s.lowOpen = r, open == exclusive
}

func (s *span) lower(r *big.Rat, open edge) {
	if c := 1; s.high != nil {
		if c = r.Cmp(s.high); c > 0 {
			return
		} else if c == 0 {
			s.highOpen = s.highOpen || open == exclusive
			return
		}
	}
	s.high, s.highOpen = r, open == exclusive
}

// edge says whether a bound is among the numbers that it bounds.
type edge int

const (
	inclusive edge = iota
	exclusive
)

// require adds what one keyword asks.
func (s *span) require(t numberTest) {
	switch t.word {
	case wordMin:
		s.raise(t.bound, inclusive)
	case wordAbove:
		s.raise(t.bound, exclusive)
	case wordMax:
		s.lower(t.bound, inclusive)
	case wordBelow:
		s.lower(t.bound, exclusive)
	case wordMultiple:
		s.on(t.bound)
	}
}

// refuse adds that one keyword is broken.
func (s *span) refuse(t numberTest) {
	switch t.word {
	case wordMin:
		s.lower(t.bound, exclusive)
	case wordAbove:
		s.lower(t.bound, inclusive)
	case wordMax:
		s.raise(t.bound, exclusive)
	case wordBelow:
		s.raise(t.bound, inclusive)
	case wordMultiple:
		s.off = append(s.off, t.bound)
	}
}

// on makes the grid the numbers that are multiples of m too.
func (s *span) on(m *big.Rat) {
	if s.grid == nil {
		s.grid = m
		return
	}
	// lcm(a/b, c/d) = lcm(a*d, c*b) / (b*d)
	x := new(big.Int).Mul(s.grid.Num(), m.Denom())
	y := new(big.Int).Mul(m.Num(), s.grid.Denom())
	gcd := new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y))
	if gcd.Sign() == 0 {
		return
	}
	lcm := new(big.Int).Quo(new(big.Int).Mul(x, y), gcd)
	s.grid = new(big.Rat).SetFrac(lcm.Abs(lcm), new(big.Int).Mul(s.grid.Denom(), m.Denom()))
}

// numberTheory looks for a number.
func (b *branch) numberTheory() result {
	var s span
	for _, n := range b.pos {
		for _, t := range n.number.all() {
			s.require(t)
		}
	}
	for _, a := range b.atoms {
		if a.kind == notNumber {
			s.refuse(a.n.number.all()[a.i])
		}
	}
	one := big.NewRat(1, 1)
	if b.kind == integers {
		s.on(one)
	} else {
		s.off = append(s.off, one)
	}
	for _, r := range append(s.off, s.grid) {
		if r != nil && r.Sign() <= 0 {
			return result{why: "a multipleOf that is not above 0"}
		}
	}
	excluded := b.excluded()
	if v, ok := b.nice(s); ok {
		return result{outcome: possible, value: v}
	}
	if s.grid != nil {
		return b.onGrid(s, excluded)
	}
	return b.inSpan(s, excluded)
}

// nice tries numbers that are short, and those at the bounds.
func (b *branch) nice(s span) (json.Number, bool) {
	candidates := []json.Number{"1", "0", "10", "100", "-1", "2", "1.5", "0.5", "-0.5", "0.1", "12.34"}
	for _, r := range []*big.Rat{s.low, s.high} {
		if r != nil {
			for _, d := range []*big.Rat{{}, big.NewRat(1, 1), big.NewRat(-1, 1), big.NewRat(1, 2), big.NewRat(-1, 2)} {
				candidates = append(candidates, numberText(new(big.Rat).Add(r, d)))
			}
		}
	}
	for _, v := range candidates {
		if kindOf(v) == b.kind && s.holds(rational(v)) {
			if ok, sure := b.holds(b.literals, v); ok && sure {
				return v, true
			}
		}
	}
	return "", false
}

func (s *span) holds(r *big.Rat) bool {
	if s.low != nil && (r.Cmp(s.low) < 0 || s.lowOpen && r.Cmp(s.low) == 0) || s.high != nil && (r.Cmp(s.high) > 0 || s.highOpen && r.Cmp(s.high) == 0) ||
		s.grid != nil && !isMultiple(r, s.grid) {
		return false
	}
	for _, m := range s.off {
		if isMultiple(r, m) {
			return false
		}
	}
	return true
}

// inSpan looks for a number that need not be on a grid. Between two bounds there are more
// numbers than grids and lists can take away.
func (b *branch) inSpan(s span, excluded []any) result {
	if s.low != nil && s.high != nil {
		switch c := s.low.Cmp(s.high); {
		case c > 0, c == 0 && (s.lowOpen || s.highOpen || !s.holds(s.low) || contains(excluded, numberText(s.low))):
			return result{outcome: impossible}
		case c == 0:
			return b.checked(b.literals, numberText(s.low), "numbers")
		}
	}
	low, high := s.low, s.high
	switch {
	case low == nil && high == nil:
		low, high = new(big.Rat), big.NewRat(1, 1)
	case low == nil:
		low = new(big.Rat).Sub(high, big.NewRat(1, 1))
	case high == nil:
		high = new(big.Rat).Add(low, big.NewRat(1, 1))
	}
	// Fractions of the span with denominators that a decimal number can have.
	for _, share := range []*big.Rat{big.NewRat(1, 2), big.NewRat(1, 4), big.NewRat(3, 10), big.NewRat(37, 100), big.NewRat(613, 1000),
		big.NewRat(27183, 100000), big.NewRat(314159, 1000000)} {
		r := new(big.Rat).Sub(high, low)
		r.Add(low, r.Mul(r, share))
		if v := numberText(r); s.holds(rational(v)) && !contains(excluded, v) {
			return b.checked(b.literals, v, "numbers")
		}
	}
	return result{why: "numbers between bounds, some of them excluded"}
}

// maxGrid is how many numbers of a grid are tried.
const maxGrid = 5000

// onGrid looks for a number on a grid: the multiples of s.grid, by their factors.
func (b *branch) onGrid(s span, excluded []any) result {
	var first, last *big.Int // of the factors; nil: no bound
	if s.low != nil {
		first = ceil(new(big.Rat).Quo(s.low, s.grid))
		if s.lowOpen && new(big.Rat).Mul(new(big.Rat).SetInt(first), s.grid).Cmp(s.low) == 0 {
			first.Add(first, big.NewInt(1))
		}
	}
	if s.high != nil {
		last = ceil(new(big.Rat).Neg(new(big.Rat).Quo(s.high, s.grid)))
		last.Neg(last)
		if s.highOpen && new(big.Rat).Mul(new(big.Rat).SetInt(last), s.grid).Cmp(s.high) == 0 {
			last.Sub(last, big.NewInt(1))
		}
	}
	if first != nil && last != nil && first.Cmp(last) > 0 {
		return result{outcome: impossible}
	}
	for _, m := range s.off {
		if isMultiple(s.grid, m) {
			return result{outcome: impossible} // all of the grid is off
		}
	}
	step, at := int64(1), first
	switch {
	case at == nil && last == nil:
		at = big.NewInt(1)
	case at == nil:
		at, step = last, -1
	}
	k := new(big.Int).Set(at)
	for range maxGrid {
		if first != nil && k.Cmp(first) < 0 || last != nil && k.Cmp(last) > 0 {
			return result{outcome: impossible}
		}
		if !b.spend(1) {
			return result{why: outOfSteps}
		}
		r := new(big.Rat).Mul(new(big.Rat).SetInt(k), s.grid)
		if v := numberText(r); s.holds(r) && !contains(excluded, v) {
			return b.checked(b.literals, v, "numbers on a grid")
		}
		k.Add(k, big.NewInt(step))
	}
	return result{why: "numbers on a grid, many of them excluded"}
}

// ceil returns the smallest whole number that is not below r.
func ceil(r *big.Rat) *big.Int {
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if m.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}
