package mockserver

import (
	"maps"
	"slices"
	"sync"

	"segproof/finding"
)

// scopeNames are the scopes that something had arrived in before they were reset: that
// nothing arrives in one of these any more is worth expecting, and no misspelling.
type scopeNames struct {
	mu    sync.Mutex // guards names
	names map[string]bool
}

// add remembers scopes, as many as the journal counts.
func (n *scopeNames) add(names []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range names {
		if len(n.names) < maxScopes {
			n.names[name] = true
		}
	}
}

// has reports whether a scope is one of them, or if all are meant, whether there is any.
func (n *scopeNames) has(in scopeFilter) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.names[in.name] || in.all && len(n.names) > 0
}

// heard returns the scopes of a filter that something has arrived in since the start or
// their last reset.
func (j *journal) heard(in scopeFilter) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	names := slices.Sorted(maps.Keys(j.counts))
	return slices.DeleteFunc(names, func(name string) bool { return !in.all && name != in.name })
}

// silence is what there is to say where nothing at all has arrived.
type silence struct {
	scope  string // for a sentence; "" if something did arrive
	before bool   // something had, before what is judged
	near   string // a scope that something has arrived in and that has nearly that name; "" for none
}

// silence tells of a scope in which nothing at all has arrived.
func (c *Scope) silence() silence {
	before := c.server.reset.has(c.in) || len(c.server.journal.heard(c.in)) > 0
	if c.in.all {
		return silence{scope: "any scope", before: before}
	}
	near := finding.Nearest(c.in.name, c.server.journal.heard(scopeFilter{all: true}))
	return silence{scope: "scope " + Shorten(quoted(c.in.name)), before: before, near: near}
}

// didYouMean offers the scope that may have been meant, "" if none has nearly that name.
func (s silence) didYouMean() string {
	if s.near == "" {
		return ""
	}
	return "something arrived in scope " + Shorten(quoted(s.near)) + "; did you mean that one?"
}

// unchecked says why an expectation that nothing contradicts does not hold all the same:
// nothing was there that could contradict it, or nobody who would have said so.
func (x compiled) unchecked(o Observed) []finding.Finding {
	rule := ruleExpectationCount
	if x.absent != nil {
		rule = ruleExpectationNone
	}
	if o.unjudged && x.asksJudge() {
		return []finding.Finding{{Rule: rule, Message: "got nobody who judges the events, want a Checker: nothing was checked",
			Notes: []string{"set Options.Checker: a *validator.Catalog is one"}}}
	}
	if o.silence.scope == "" || x.absent == nil && o.silence.before {
		return nil
	}
	f := finding.Finding{Rule: rule, Message: "got neither an event nor a request in " + o.silence.scope + ", want at least one: nothing was checked"}
	if near := o.silence.didYouMean(); near != "" {
		f.Notes = []string{near}
	}
	return []finding.Finding{f}
}

// asksJudge reports whether the expectation is about what is wrong with events.
func (x compiled) asksJudge() bool {
	if x.absent != nil {
		return slices.Contains([]Absence{NoInvalid, NoDropped, NoUnplanned}, x.absent.no)
	}
	return x.Event != nil && x.Event.Verdict != "" || slices.ContainsFunc(x.Order, func(w Where) bool { return w.Verdict != "" })
}
