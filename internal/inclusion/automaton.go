package inclusion

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
)

// automaton tells, character by character, whether a regular expression is found in a
// text. It is the program that Go's regexp package runs, its states made one by one as
// they are needed.
type automaton struct {
	program *syntax.Prog
	looks   syntax.EmptyOp // the assertions in it
	states  []progress
	known   map[string]int
	moves   []map[rune]int
	ends    []int8 // 0 not known yet, 1 accepts, -1 does not
}

// progress is how far a search has come.
type progress struct {
	found bool     // whatever follows
	pcs   []uint32 // where the program stands, before the assertions that look at the next character
	last  rune     // the last character, as far as assertions ask; -1 at the beginning
}

// maxAutomaton is how many states an automaton may have before it is given up.
const maxAutomaton = 3000

// newAutomaton returns the automaton of a pattern that compiles. Its state 0 is the
// beginning.
func newAutomaton(source string) *automaton {
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil
	}
	a := &automaton{program: program, known: map[string]int{}}
	for _, inst := range program.Inst {
		if inst.Op == syntax.InstEmptyWidth {
			a.looks |= syntax.EmptyOp(inst.Arg)
		}
	}
	a.state(progress{last: -1})
	return a
}

// state returns the number of a state; -1 if there are too many.
func (a *automaton) state(p progress) int {
	if p.found {
		p.pcs, p.last = nil, 0
	}
	key := make([]byte, 0, 5+4*len(p.pcs))
	key = binary.LittleEndian.AppendUint32(key, uint32(p.last))
	if p.found {
		key = append(key, 1)
	}
	for _, pc := range p.pcs {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if i, ok := a.known[string(key)]; ok {
		return i
	}
	if len(a.states) >= maxAutomaton {
		return -1
	}
	a.known[string(key)] = len(a.states)
	a.states = append(a.states, p)
	a.moves = append(a.moves, map[rune]int{})
	a.ends = append(a.ends, 0)
	return len(a.states) - 1
}

// next returns the state after one more character; -1 if there are too many states.
func (a *automaton) next(state int, r rune) int {
	if to, ok := a.moves[state][r]; ok {
		return to
	}
	p := a.states[state]
	to := state
	if !p.found {
		pcs, found := a.close(p, r)
		after := progress{found: found, last: a.lastOf(r)}
		for _, pc := range pcs {
			if inst := &a.program.Inst[pc]; inst.MatchRune(r) && !slices.Contains(after.pcs, inst.Out) {
				after.pcs = append(after.pcs, inst.Out)
			}
		}
		slices.Sort(after.pcs)
		to = a.state(after)
	}
	if to >= 0 {
		a.moves[state][r] = to
	}
	return to
}

// accepts reports whether a text that ends in this state matches.
func (a *automaton) accepts(state int) bool {
	if a.ends[state] == 0 {
		found := a.states[state].found
		if !found {
			_, found = a.close(a.states[state], -1)
		}
		a.ends[state] = -1
		if found {
			a.ends[state] = 1
		}
	}
	return a.ends[state] > 0
}

// close follows the program without reading a character, given the next one, -1 at the
// end. It returns the places that wait for a character, and whether one is the end.
func (a *automaton) close(p progress, next rune) (waiting []uint32, found bool) {
	flags := syntax.EmptyOpContext(p.last, next)
	seen := make([]bool, len(a.program.Inst))
	// The search may begin anywhere.
	stack := append(slices.Clone(p.pcs), uint32(a.program.Start))
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch inst := &a.program.Inst[pc]; inst.Op {
		case syntax.InstMatch:
			return nil, true
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^flags == 0 {
				stack = append(stack, inst.Out)
			}
		case syntax.InstFail:
		default:
			waiting = append(waiting, pc)
		}
	}
	return waiting, false
}

const (
	looksAtLines = syntax.EmptyBeginLine | syntax.EmptyEndLine
	looksAtWords = syntax.EmptyWordBoundary | syntax.EmptyNoWordBoundary
)

// lastOf returns a character that stands for r in what assertions ask of the past.
func (a *automaton) lastOf(r rune) rune {
	switch {
	case a.looks&looksAtLines != 0 && r == '\n':
		return '\n'
	case a.looks&looksAtWords != 0 && syntax.IsWordChar(r):
		return 'a'
	}
	return ' '
}

// borders adds the characters at which the program may begin to behave differently.
func (a *automaton) borders(all map[rune]bool) {
	if a.looks&looksAtLines != 0 {
		all['\n'], all['\n'+1] = true, true
	}
	if a.looks&looksAtWords != 0 {
		for _, r := range []rune{'0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1} {
			all[r] = true
		}
	}
	for _, inst := range a.program.Inst {
		switch inst.Op {
		case syntax.InstRuneAnyNotNL:
			all['\n'], all['\n'+1] = true, true
		case syntax.InstRune, syntax.InstRune1:
			if len(inst.Rune) == 1 {
				r := inst.Rune[0]
				all[r], all[r+1] = true, true
				for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
					all[f], all[f+1] = true, true
				}
			}
			for i := 0; i+1 < len(inst.Rune); i += 2 {
				all[inst.Rune[i]], all[inst.Rune[i+1]+1] = true, true
			}
		}
	}
}

// habit is the same for two characters that the program treats alike.
func (a *automaton) habit(r rune) []byte {
	habit := []byte{byte(a.lastOf(r))}
	bit := 0
	for i := range a.program.Inst {
		switch inst := &a.program.Inst[i]; inst.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if bit%8 == 0 {
				habit = append(habit, 0)
			}
			if inst.MatchRune(r) {
				habit[len(habit)-1] |= 1 << (bit % 8)
			}
			bit++
		}
	}
	return habit
}
