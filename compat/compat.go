// Package compat judges a change of contracts: what breaks for those who send and for
// those who read, which event shows it, and which line of which contract is the cause.
//
// [Compare] takes two catalogs, of before and after. The verdict is one of meaning, from
// package inclusion: is every event that senders may send today still accepted, and does
// every event that they may send tomorrow fit what readers of today expect? The table of
// [Rules] then names the changes, places them in both files, and says how grave each is
// for whom. What no event can show, although all were looked for, is safe whatever the
// text looks like; what an event shows and no rule explains is told all the same.
//
// Behind the events stand the tables of a warehouse: columns that change their type,
// collide or lose values are judged as Segment derives them.
//
// The package reads no files and knows no git: catalogs come from package validator.
package compat

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"sync"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

// Direction says whose side a change is judged from.
type Direction string

// The directions. "" is [Both].
const (
	Producer Direction = "producer" // senders that were built for prev: what they may send must stay valid
	Consumer Direction = "consumer" // readers that were built for prev: what will be sent must be what they expect
	Both     Direction = "both"
)

// ParseDirection reads a Direction; the error names the ones there are.
func ParseDirection(s string) (Direction, error) {
	switch d := Direction(s); d {
	case Producer, Consumer, Both:
		return d, nil
	}
	return "", fmt.Errorf("direction %q: want producer, consumer or both", s)
}

// each returns the one or two directions that d stands for.
func (d Direction) each() []Direction {
	if d == "" || d == Both {
		return []Direction{Producer, Consumer}
	}
	return []Direction{d}
}

// who names the people of a direction.
func (d Direction) who() string {
	if d == Consumer {
		return "readers"
	}
	return "senders"
}

// Options configures Compare. The zero value judges both directions, takes what cannot be
// decided for an error, and knows no particular warehouse.
type Options struct {
	Direction Direction        // "" is Both
	Undecided finding.Severity // of a question that cannot be decided; the zero value is Error
	Warehouse Warehouse        // "" is Generic
	Steps     int              // of work for one contract in one direction, see inclusion.Options; 0 means its default, a second or so
}

// Witness is an event that one version of a contract accepts and the other rejects.
type Witness struct {
	Rule      string          // of the finding that it belongs to
	Event     finding.Event   // what it is an event of
	Direction Direction       // Producer: accepted before, rejected now; Consumer: the reverse
	JSON      json.RawMessage // the event, on one line
	Pointer   string          // of the place that is rejected
	Message   string          // what is wrong there
	Refused   string          // what Segment itself has against the event; "" if it takes it, as it does wherever one was found that it takes
}

// Result is what a comparison found.
type Result struct {
	Findings  []finding.Finding // sorted by place
	Witnesses []Witness         // in the order of the findings that they belong to
	Compared  int               // contracts of next and of prev that were looked at
}

// Compare compares two catalogs and returns what the change means, sorted by place; it is
// empty if nothing changed. Severities are the rules' own, as far as an event shows that
// they are right; a policy comes after. The findings point into next, and their notes into
// prev. Compare may be called by many goroutines at once.
func Compare(prev, next *validator.Catalog, opts Options) []finding.Finding {
	return Run(context.Background(), prev, next, opts).Findings
}

// Run is [Compare] with more to return. A question that is open when the context is done
// is undecided.
func Run(ctx context.Context, prev, next *validator.Catalog, opts Options) Result {
	r := run{ctx: ctx, prev: prev, next: next, opts: opts}
	tasks := r.tasks()
	told := make([][]told, len(tasks))
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	failed := make([]any, len(tasks))
	var all sync.WaitGroup
	for i, task := range tasks {
		all.Go(func() {
			free <- struct{}{}
			defer func() {
				failed[i] = recover()
				<-free
			}()
			told[i] = task()
		})
	}
	all.Wait()
	for _, failure := range failed {
		if failure != nil {
			panic(failure) // where whoever called can see to it
		}
	}
	return gather(slices.Concat(told...), r.compared())
}

// told is a finding with its witnesses.
type told struct {
	finding   finding.Finding
	witnesses []Witness
}

// gather sorts what was found, and tells once what several contracts share.
func gather(all []told, compared int) Result {
	slices.SortStableFunc(all, func(a, b told) int {
		return cmp.Or(finding.Compare(a.finding, b.finding), cmp.Compare(a.finding.Event.String(), b.finding.Event.String()))
	})
	result := Result{Compared: compared}
	var others []string
	flush := func() {
		if n := len(result.Findings); n > 0 && len(others) > 0 {
			result.Findings[n-1].Notes = append(result.Findings[n-1].Notes, "the same in "+few(others))
		}
		others = nil
	}
	for i, t := range all {
		if i > 0 && finding.Compare(all[i-1].finding, t.finding) == 0 && t.finding.Line > 0 {
			others = append(others, t.finding.Event.String())
			continue
		}
		flush()
		result.Findings = append(result.Findings, t.finding)
		result.Witnesses = append(result.Witnesses, t.witnesses...)
	}
	flush()
	return result
}

// few lists names, the first ones.
func few(names []string) string {
	names = slices.Compact(names)
	if more := len(names) - maxListed; more > 0 {
		names = append(slices.Clone(names[:maxListed]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// run is the state of one comparison. It does not change.
type run struct {
	ctx        context.Context
	prev, next *validator.Catalog
	opts       Options
}

// compared returns how many kinds of events, by version, either side has.
func (r run) compared() int {
	n := len(r.next.Contracts())
	for _, c := range r.prev.Contracts() {
		if partner(r.next, c) == nil {
			n++
		}
	}
	return n
}

// partner returns the contract of the catalog for the same events, nil if there is none.
func partner(cat *validator.Catalog, c *validator.Contract) *validator.Contract {
	other, ok := cat.Lookup(c.Type, c.Name, c.Version)
	if !ok || !sameVersion(other.Version, c.Version) {
		return nil
	}
	return other
}

// sameVersion compares versions as Segment does: by text, or as numbers.
func sameVersion(a, b string) bool {
	x, isX := number(a)
	y, isY := number(b)
	return a == b || isX && isY && x.Cmp(y) == 0
}

func number(s string) (*big.Rat, bool) {
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return nil, false
	}
	return rational(json.Number(s))
}

// identity says which events a contract is for.
func identity(c *validator.Contract) finding.Event {
	return finding.Event{Type: string(c.Type), Name: c.Name, Version: c.Version}
}

// kind is all versions of one event.
type kind struct {
	t    event.Type
	name string
}
