package compat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"segproof/finding"
)

// The levels of a change, as severities.
const (
	breaking = finding.Error   // an event shows that it breaks
	risky    = finding.Warning // it goes well only if nobody does what the contract allows
	safe     = finding.Info    // worth knowing
)

// rule is one kind of change. The levels are the worst that it is: a change that no event
// can show, although all were looked for, is safe, unless the rule is decided.
type rule struct {
	id        string
	producer  finding.Severity // for senders that were built for prev
	consumer  finding.Severity // for readers that were built for prev
	decided   bool             // the levels stand without an event: the change is about something else
	warehouse Warehouse        // that the examples need; "" is Generic
	events    [2]string        // that the examples need: of hit, of near
	mirror    string           // the rule of the reverse change; "" if it is about the events of one side
	title     string
	why       string

	// faults are the validator's rules that a rejected event raises because of the change.
	faults []string

	// hit is what raises the rule, near its nearest neighbour that does not: the schema of
	// an event's properties before and after. In rules about events it is whole contracts.
	hit, near pair
}

// pair is a schema before and after a change; "" is none.
type pair struct{ prev, next string }

// told writes the pair, and an event if there is one, as documentation.
func (p pair) told(event string) string {
	lines := []string{}
	for _, side := range []struct{ name, text string }{{"before", p.prev}, {"after ", p.next}, {"event ", event}} {
		for line := range strings.SplitSeq(side.text, "\n") {
			if line != "" || side.name != "event " {
				lines = append(lines, side.name+"  "+cmp.Or(line, "no contract"))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// rules is the table of changes.
func rules() []rule {
	var all []rule
	for _, table := range [][]rule{eventRules(), replayRules(), verdictRules(), objectRules(), memberRules(), nameRules(), valueRules(), textRules(), boundRules(), listRules(), combinationRules(), annotationRules(), warehouseRules()} {
		all = append(all, table...)
	}
	return all
}

// ruleTable is rules by ID; made once, when first asked for.
var ruleTable = sync.OnceValue(func() map[string]rule {
	table := map[string]rule{}
	for _, r := range rules() {
		table[r.id] = r
	}
	return table
})

// Rules returns every rule about changes: events first, then what no rule explains, then
// objects, values, annotations and the warehouse.
func Rules() []finding.Rule {
	var all []finding.Rule
	for _, r := range rules() {
		all = append(all, r.documented())
	}
	return all
}

// documented returns the rule as people read it.
func (r rule) documented() finding.Rule {
	why, worst := r.why, min(r.producer, r.consumer)
	switch {
	case strings.HasPrefix(r.id, "warehouse-"):
		why += fmt.Sprintf(" Readers: %s.", levelName(r.consumer))
	case r.indirect():
		why += fmt.Sprintf(" Senders: %s; readers: %s, and an error where the event has a value of another type or lacks a property.", levelName(r.producer), levelName(r.consumer))
		worst = breaking
	default:
		why += fmt.Sprintf(" Senders: %s; readers: %s.", levelName(r.producer), levelName(r.consumer))
	}
	return finding.Rule{ID: r.id, Severity: worst, Layer: finding.Change, Title: r.title, Why: why,
		Hit: r.hit.told(r.events[0]), Neighbour: r.near.told(r.events[1])}
}

// levelName says how grave a change is, at worst.
func levelName(s finding.Severity) string {
	if s == safe {
		return "safe"
	}
	return s.String()
}

// grave returns the faults that break readers whatever the keyword is that lets the value
// through: another type, and a property that is not there.
func grave() []string { return []string{"type-mismatch", "missing-property"} }

// indirect reports whether the rule is about a keyword that can say in other words that a
// value has a type, or that there is one: how grave it is for readers, the event shows.
func (r rule) indirect() bool {
	return !r.decided && r.consumer == risky && (len(r.faults) == 0 || slices.ContainsFunc(grave(), func(id string) bool { return slices.Contains(r.faults, id) }))
}

// level returns how grave the rule is for one direction.
func (r rule) level(d Direction) finding.Severity {
	if d == Consumer {
		return r.consumer
	}
	return r.producer
}
