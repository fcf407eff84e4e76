package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"segproof/event"
)

// arrived is what the run tells at its end.
var arrived tally

// tally counts calls that were made and events that arrived. It may be used by many
// goroutines.
type tally struct {
	mu    sync.Mutex // guards cells
	cells map[cell]score
}

// cell is one place of the tally's table.
type cell struct {
	row  string // the SDK and how it delivers
	call event.Type
	way  string // a fault, or another way that an event took
}

// score says how many calls were made, and how many different events came of them.
type score struct{ made, came int }

func (t *tally) add(c cell, s score) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cells == nil {
		t.cells = map[cell]score{}
	}
	sum := t.cells[c]
	t.cells[c] = score{sum.made + s.made, sum.came + s.came}
}

func (t *tally) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.cells) == 0
}

// String returns the table: a line for each SDK and call type, a column for each way.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var rows, ways []string
	var sum score
	for c, s := range t.cells {
		rows = append(rows, c.row)
		ways = append(ways, c.way)
		sum = score{sum.made + s.made, sum.came + s.came}
	}
	slices.Sort(rows)
	slices.SortFunc(ways, func(a, b string) int { return strings.Compare(wayOrder(a), wayOrder(b)) })
	rows, ways = slices.Compact(rows), slices.Compact(ways)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "SDK, delivery\tcall\t%s\n", strings.Join(ways, "\t"))
	for _, row := range rows {
		for _, call := range callTypes {
			line := []string{row, string(call)}
			for _, way := range ways {
				text := "-"
				if s, ok := t.cells[cell{row, call, way}]; ok {
					text = fmt.Sprintf("%d of %d", s.came, s.made)
				}
				line = append(line, text)
			}
			fmt.Fprintln(w, strings.Join(line, "\t"))
		}
	}
	_ = w.Flush() // a strings.Builder takes everything
	fmt.Fprintf(&b, "all: arrived %d of %d\n", sum.came, sum.made)
	return b.String()
}

// wayOrder puts the faults first, in their order.
func wayOrder(way string) string {
	for i, f := range faults {
		if f.name == way {
			return fmt.Sprintf("0%d", i)
		}
	}
	return "1" + way
}
