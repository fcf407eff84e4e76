package mockserver

import (
	"fmt"
	"maps"
	"slices"

	"segproof/finding"
)

// RuleFaultNeverStruck is the ID of the rule for faults that no request met.
const RuleFaultNeverStruck = "fault-never-struck"

func faultNeverStruck() finding.Rule {
	return finding.Rule{
		ID:       RuleFaultNeverStruck,
		Severity: finding.Warning,
		Layer:    LayerExpectation,
		Title:    "a fault was set and no request met it",
		Why: "A test that asks for a fault wants to see what its sender does then. If no request met the fault, the test has " +
			"shown nothing, however green it is: its route, type or name is misspelt, or the sender did not send.",
		Hit:       "a fault for /v1/btach, and a sender that posts to /v1/batch",
		Neighbour: "a fault for /v1/batch, and a sender that posts to /v1/batch",
	}
}

// NeverStruck returns a warning for each fault that no request has met, in all scopes: in
// the order in which they were taken away, then those that are set. It remembers 100 of
// those that were taken away.
func (s *Server) NeverStruck() []finding.Finding { return s.faults.neverStruck(scopeFilter{all: true}) }

// idleFault is a fault that has not struck.
type idleFault struct {
	scope   string
	number  int // in its list, from 1
	reached int
	fault   Fault
}

// idle returns the faults of the set that have not struck.
func (s *faultSet) idle(scope string) []idleFault {
	if s == nil {
		return nil
	}
	var list []idleFault
	for i, q := range s.queues {
		if q.hits == 0 {
			list = append(list, idleFault{scope, i + 1, q.reached, q.fault})
		}
	}
	return list
}

// neverStruck returns warnings about the faults of a scope, and of those for all.
func (t *faultTable) neverStruck(in scopeFilter) []finding.Finding {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(t.gone)
	for _, scope := range slices.Sorted(maps.Keys(t.sets)) {
		list = append(list, t.sets[scope].idle(scope)...)
	}
	var found []finding.Finding
	for _, f := range list {
		if in.all || f.scope == in.name || f.scope == "" {
			found = append(found, f.finding())
		}
	}
	return found
}

func (f idleFault) finding() finding.Finding {
	rule := faultNeverStruck()
	name := fmt.Sprintf("fault %d", f.number)
	if f.scope != "" {
		name += " of scope " + Shorten(quoted(f.scope))
	}
	out := finding.Finding{Rule: rule.ID, Severity: rule.Severity, Layer: rule.Layer,
		Message: fmt.Sprintf("got no request that reached %s, want at least one", name),
		Hint:    "look at its route, type and name, at the faults before it, and whether the sender has sent"}
	if f.reached > 0 {
		out.Message = "got " + counted(f.reached, "request", "requests") + " that could meet " + name + ", and none that did"
		out.Hint = "raise its probability, or send more"
	}
	text, err := encode(f.fault)
	if err != nil {
		panic(err) // a fault always encodes: it was read, or checked by SetFaults
	}
	out.Notes = []string{Shorten(string(text))}
	return out
}
