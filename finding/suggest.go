package finding

import (
	"fmt"
	"strings"
	"unicode"
)

// Nearest returns the candidate that name was probably meant to be, "" if none is near
// enough. Letter case, spaces, "_", "-" and "." count for little: those are what people
// get wrong. Among equals the first candidate wins.
func Nearest(name string, candidates []string) string {
	best, bestCost := "", 1<<30
	for _, c := range candidates {
		if c == name {
			continue
		}
		limit := max(1, min(len(name), len(c))/3)
		a, b := fold(name), fold(c)
		if len(a) > maxSuggestLen || len(b) > maxSuggestLen || len(a)-len(b) > limit || len(b)-len(a) > limit {
			continue
		}
		cost := edits(a, b)
		if cost <= limit && cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// maxSuggestLen bounds the names that are compared; the comparison costs their product.
const maxSuggestLen = 100

// fold drops what people get wrong about names without meaning another one.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-', '.':
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// edits is the number of insertions, deletions, replacements and swaps of
// neighbouring bytes that turn a into b (optimal string alignment).
func edits(a, b string) int {
	before := make([]int, len(b)+1) // two rows up
	prev := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

// DidYouMean returns the end of a message that offers the nearest candidate, "" if none
// is near.
func DidYouMean(name string, candidates []string) string {
	if best := Nearest(name, candidates); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// Printable returns text with everything that could move a terminal's cursor, hide or
// reorder text written as an escape, \x1b for example. Messages that quote a user's data
// outside a report go through it.
func Printable(text string) string { return visible(text) }
