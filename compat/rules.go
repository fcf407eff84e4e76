package compat

import (
	"cmp"
	"fmt"
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
	mirror    string           // the rule of the reverse change; "" if the reverse is nothing to tell
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

// String writes the pair as documentation: a line each.
func (p pair) String() string {
	return cmp.Or(p.prev, "no contract") + "\n" + cmp.Or(p.next, "no contract")
}

// rules is the table of changes.
func rules() []rule {
	var all []rule
	for _, table := range [][]rule{eventRules(), replayRules(), verdictRules(), objectRules(), memberRules(), valueRules(), boundRules(), shapeRules(), annotationRules(), warehouseRules()} {
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
	why := r.why
	if strings.HasPrefix(r.id, "warehouse-") {
		why += fmt.Sprintf(" For readers it is %s.", article(r.consumer))
	} else {
		why += fmt.Sprintf(" For senders it is %s, for readers %s.", article(r.producer), article(r.consumer))
	}
	return finding.Rule{ID: r.id, Severity: min(r.producer, r.consumer), Layer: finding.Change, Title: r.title, Why: why,
		Hit: strings.TrimSpace(r.hit.String() + "\n" + r.events[0]), Neighbour: strings.TrimSpace(r.near.String() + "\n" + r.events[1])}
}

func article(s finding.Severity) string {
	switch s {
	case breaking:
		return "an error"
	case risky:
		return "a warning"
	}
	return "safe"
}

// level returns how grave the rule is for one direction.
func (r rule) level(d Direction) finding.Severity {
	if d == Consumer {
		return r.consumer
	}
	return r.producer
}
