package inclusion

import (
	"encoding/binary"
	"maps"
	"slices"
	"unicode/utf8"
)

// clause is one thing that a word is asked: to match, or not to match, a regular
// expression; or to be none of some words.
type clause struct {
	auto    *automaton
	refused *trie // if auto is nil
	negated bool
}

// trie holds words that are refused.
type trie struct {
	next []map[rune]int
	ends []bool
}

// newTrie returns the trie of words.
func newTrie(words []string) *trie {
	t := &trie{next: []map[rune]int{{}}, ends: []bool{false}}
	for _, w := range words {
		state := 0
		for _, r := range w {
			to, ok := t.next[state][r]
			if !ok {
				to = len(t.next)
				t.next = append(t.next, map[rune]int{})
				t.ends = append(t.ends, false)
				t.next[state][r] = to
			}
			state = to
		}
		t.ends[state] = true
	}
	return t
}

// offTrie is the state of a word that no refused one begins with.
const offTrie = 1 << 30

func (c *clause) step(state int, r rune) int {
	if c.auto != nil {
		return c.auto.next(state, r)
	}
	if state == offTrie {
		return offTrie
	}
	if to, ok := c.refused.next[state][r]; ok {
		return to
	}
	return offTrie
}

func (c *clause) accepts(state int) bool {
	if c.auto != nil {
		return c.auto.accepts(state) != c.negated
	}
	return state == offTrie || !c.refused.ends[state]
}

// hopeless reports whether no longer word than one in that state can be accepted.
func (c *clause) hopeless(state int) bool {
	return c.auto != nil && c.negated && c.auto.states[state].found
}

// pleasant is the characters that words are made of, where there is a choice.
const pleasant = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_ ./:@"

// weight is what one look at all clauses costs: a step for so many instructions.
func weight(clauses []clause) int {
	instructions := 0
	for _, c := range clauses {
		if c.auto != nil {
			instructions += len(c.auto.program.Inst)
		}
	}
	return instructions / 500
}

// alphabet returns one character for each set of characters that the clauses treat alike,
// the pleasant first; ok is false if there are not enough steps for that.
func (w *wordSearch) alphabet() (all []rune, ok bool) {
	clauses, each := w.clauses, weight(w.clauses)
	borders := map[rune]bool{0: true, 0xD800: true, 0xE000: true}
	for _, c := range clauses {
		if c.auto != nil {
			c.auto.borders(borders)
			continue
		}
		for _, next := range c.refused.next {
			for r := range next {
				borders[r], borders[r+1] = true, true
			}
		}
	}
	sorted := slices.Sorted(maps.Keys(borders))
	taken := map[string]bool{}
	for _, r := range append([]rune(pleasant), sorted...) {
		// A text in JSON holds no surrogates.
		if r > utf8.MaxRune || r >= 0xD800 && r < 0xE000 {
			continue
		}
		if each > 0 && !w.solver.spend(each) {
			return nil, false
		}
		habit := habits(clauses, r)
		if !taken[habit] {
			taken[habit] = true
			all = append(all, r)
		}
	}
	return all, true
}

// habits is the same for two characters that all clauses treat alike.
func habits(clauses []clause, r rune) string {
	var b []byte
	for _, c := range clauses {
		if c.auto != nil {
			b = append(append(b, c.auto.habit(r)...), ';')
			continue
		}
		for state, next := range c.refused.next {
			if to, ok := next[r]; ok {
				b = binary.LittleEndian.AppendUint32(b, uint32(state))
				b = binary.LittleEndian.AppendUint32(b, uint32(to))
			}
		}
	}
	return string(b)
}

// word is a word that is being looked for.
type word struct {
	states []int
	from   int // index of the word without its last character; -1 for the empty word
	last   rune
	length int
}

// wordSearch walks through the product of all clauses, the shortest words first.
type wordSearch struct {
	solver   *solver
	clauses  []clause
	min, max int // max -1: no bound
	accept   func(string) bool
	runes    []rune
	words    []word
	seen     map[string]bool
	failed   int // words that the automata take and accept does not
}

// outcome is what an engine found out about a set of constraints.
type outcome int

const (
	undecided outcome = iota
	impossible
	possible
)

// maxWords is how many states the product may have, and maxRefusedWords how many words
// may fail.
const (
	maxWords        = 60_000
	maxRefusedWords = 100
)

// find returns a word that all clauses take, whose length lies between min and max and
// which accept takes. It is impossible if the clauses alone leave no word.
func (w *wordSearch) find() (string, outcome) {
	var ok bool
	if w.runes, ok = w.alphabet(); !ok {
		return "", undecided
	}
	each := weight(w.clauses)
	w.seen = map[string]bool{}
	first := word{from: -1, states: make([]int, len(w.clauses))}
	w.push(first)
	for i := 0; i < len(w.words); i++ {
		at := w.words[i]
		if at.length >= w.min && w.takes(at.states) {
			s := w.text(i)
			if w.accept(s) {
				return s, possible
			}
			if w.failed++; w.failed > maxRefusedWords {
				return "", undecided
			}
		}
		if w.max >= 0 && at.length >= w.max {
			continue
		}
		if !w.solver.spend(1 + len(w.runes)*(len(w.clauses)+each)/10) {
			return "", undecided
		}
		for _, r := range w.runes {
			after := word{from: i, last: r, length: at.length + 1, states: make([]int, len(w.clauses))}
			for c := range w.clauses {
				after.states[c] = w.clauses[c].step(at.states[c], r)
			}
			if !w.push(after) {
				return "", undecided
			}
		}
	}
	if w.failed > 0 {
		return "", undecided
	}
	return "", impossible
}

func (w *wordSearch) takes(states []int) bool {
	for c, state := range states {
		if !w.clauses[c].accepts(state) {
			return false
		}
	}
	return true
}

// push adds a word unless one of its states, and of its length as far as that matters,
// was there before. It returns false if there are too many.
func (w *wordSearch) push(at word) bool {
	key := binary.LittleEndian.AppendUint32(nil, uint32(min(at.length, w.min)))
	for c, state := range at.states {
		if state < 0 {
			return false
		}
		if w.clauses[c].hopeless(state) {
			return true
		}
		key = binary.LittleEndian.AppendUint32(key, uint32(state))
	}
	if w.seen[string(key)] {
		return true
	}
	w.seen[string(key)] = true
	w.words = append(w.words, at)
	return len(w.words) <= maxWords
}

// text returns the word at an index.
func (w *wordSearch) text(i int) string {
	runes := make([]rune, w.words[i].length)
	for ; w.words[i].from >= 0; i = w.words[i].from {
		runes[w.words[i].length-1] = w.words[i].last
	}
	return string(runes)
}
