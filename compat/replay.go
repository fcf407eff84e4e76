package compat

import (
	"fmt"
	"slices"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

// RuleReplay is the ID of the rule of recorded events that break.
const RuleReplay = "recorded-event-breaks"

// Replay judges recorded events by two catalogs and counts those that were in order and
// are not any more. That none breaks proves nothing; it is a number to know. It must be
// used by one goroutine.
type Replay struct {
	prev, next *validator.Catalog
	level      finding.Severity
	events     int
	rejected   int
	broken     map[*validator.Contract]*broken // by the contract of prev
}

// broken is what is known of the events of one contract that break.
type broken struct {
	count, of int
	first     event.Event
	fault     finding.Finding
}

// NewReplay starts a count. What was recorded was sent: if the options ask for readers
// alone, events that break are worth knowing and no more.
func NewReplay(prev, next *validator.Catalog, opts Options) *Replay {
	return &Replay{prev: prev, next: next, level: opts.worst(RuleReplay), broken: map[*validator.Contract]*broken{}}
}

// Add judges one event.
func (r *Replay) Add(ev event.Event) {
	r.events++
	contract, ok := r.prev.Lookup(ev.Type, ev.Name, ev.Version)
	if !ok {
		return
	}
	b := r.broken[contract]
	if b == nil {
		b = &broken{}
		r.broken[contract] = b
	}
	if len(r.prev.Judge(ev, contract)) > 0 {
		r.rejected++
		return
	}
	b.of++
	var fault finding.Finding
	if after, ok := r.next.Lookup(ev.Type, ev.Name, ev.Version); !ok {
		fault = finding.Finding{Rule: "unplanned-event", Message: "there is no contract any more"}
	} else if faults := r.next.Judge(ev, after); len(faults) > 0 {
		fault = faults[0]
	} else {
		return
	}
	if b.count++; b.count == 1 {
		b.first, b.fault = ev, fault
	}
}

// Replayed is what a replay counted.
type Replayed struct {
	Events   int // judged, those that no contract of prev is for included
	Rejected int // not in order by prev already: they can tell nothing
	Breaking int // in order by prev, and not by next
}

// Counts returns what was counted so far.
func (r *Replay) Counts() Replayed {
	counts := Replayed{Events: r.events, Rejected: r.rejected}
	for _, b := range r.broken {
		counts.Breaking += b.count
	}
	return counts
}

// Findings returns a finding for each contract of whose recorded events some break, sorted
// by place.
func (r *Replay) Findings() []finding.Finding {
	var found []finding.Finding
	for c, b := range r.broken {
		if b.count == 0 {
			continue
		}
		at := c.Whole().At(nameSteps(c)...)
		if after, ok := r.next.Lookup(c.Type, c.Name, c.Version); ok {
			at = after.Whole().At(nameSteps(after)...)
		}
		f := finding.Finding{Rule: RuleReplay, Severity: r.level, Layer: finding.Change, Event: identity(c),
			Message: fmt.Sprintf("%d of %d recorded events of %s that are in order would break", b.count, b.of, identity(c)),
			Notes:   []string{fmt.Sprintf("first: %s:%d:%d, at %s: %s (%s)", b.first.At.File, b.first.At.Line, b.first.At.Column, b.fault.Pointer, b.fault.Message, b.fault.Rule)}}
		place(&f, at)
		found = append(found, f)
	}
	finding.Sort(found)
	return slices.Clip(found)
}
