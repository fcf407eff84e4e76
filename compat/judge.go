package compat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/inclusion"
	"segproof/validator"
)

// contracts is two versions of one contract.
type contracts struct {
	run
	before, after *validator.Contract
	directions    []Direction
	changes       []change
	versionless   bool // only events that name no version are in question
}

// side is one version with its catalog.
type side struct {
	cat      *validator.Catalog
	contract *validator.Contract
}

// sides returns who sends the events in question, and who must take them.
func (p contracts) sides(d Direction) (from, to side) {
	from, to = side{p.prev, p.before}, side{p.next, p.after}
	if d == Consumer {
		return to, from
	}
	return from, to
}

// world says which events count.
type world int

const (
	declared world = iota // those that are described
	strict                // all that are accepted
)

// shows is an event that one side accepts and the other rejects.
type shows struct {
	text    json.RawMessage
	faults  []finding.Finding // what the other side has against it
	refused string            // what Segment itself has against it; "" if it takes it
}

// answer is what the engine found out about one direction in one world.
type answer struct {
	by          map[int]shows // by the change that is the cause
	unexplained []shows
	left        inclusion.Kind // what is to say of everything else; Breaking: there are more events
	stuck       string
	forgotten   []relax // when left was found
}

// maxRounds is how many different events are looked for in one direction. A contract of
// which more changes break is told so; those that were not looked at keep their level.
const maxRounds = 40

// ask asks the engine for an event that breaks, finds the changes that are the cause, and
// asks again for one that breaks without them, until there is none. What is forgotten breaks
// otherwise.
func (p contracts) ask(d Direction, w world, forgotten ...relax) answer {
	a := answer{by: map[int]shows{}, forgotten: forgotten}
	from, to := p.sides(d)
	sent, err := p.sent(from, w)
	if err != nil {
		a.stuck = err.Error()
		return a
	}
	budget := cmp.Or(p.opts.Steps, inclusion.DefaultSteps)
	for range maxRounds {
		if err := p.ctx.Err(); err != nil || budget <= 0 {
			a.left, a.stuck = inclusion.Unknown, "there was no time to look at all changes"
			return a
		}
		taken, err := p.taken(to, d, w, a.forgotten)
		if err != nil {
			a.left, a.stuck = inclusion.Unknown, err.Error()
			return a
		}
		v := inclusion.Decide(p.ctx, sent, taken, inclusion.Options{Steps: budget, Examples: examples(from.contract, to.contract)})
		budget -= v.Steps
		if a.left, a.stuck = v.Kind, v.Stuck; v.Kind != inclusion.Breaking {
			return a
		}
		shown, steps := p.shownBy(v.Witness, sent, taken, from, to, budget)
		budget -= steps
		if !shown.asWritten(from, to) {
			a.left, a.stuck = inclusion.Unknown, fmt.Sprintf("internal error: the contracts as they are written do not disagree about %s", shown.text)
			return a
		}
		rejects := func(forgotten []relax) bool {
			s, err := p.taken(to, d, w, slices.Concat(a.forgotten, forgotten))
			if err != nil {
				return true
			}
			ok, err := s.Valid(shown.text)
			return err != nil || !ok
		}
		more := p.blame(&a, d, shown, rejects)
		if len(more) == 0 {
			return a
		}
		a.forgotten = append(a.forgotten, more...)
	}
	return a
}

// asWritten reports whether the contract of those who send accepts the event, and that of
// those who take it does not: what the worlds make of contracts must not show anything else.
func (s shows) asWritten(from, to side) bool {
	sent, errSent := inclusion.Of(from.contract)
	taken, errTaken := inclusion.Of(to.contract)
	if errSent != nil || errTaken != nil {
		return false
	}
	isSent, errSent := sent.Valid(s.text)
	isTaken, errTaken := taken.Valid(s.text)
	return errSent == nil && errTaken == nil && isSent && !isTaken
}

// sent returns the schema of the events that are sent. What the Segment Spec describes for
// every event of the type, around the contract's own properties or traits, is sent too.
func (p contracts) sent(from side, w world) (*inclusion.Schema, error) {
	s, err := p.whole(from)
	if err != nil || w == strict {
		return s, err
	}
	spec := from.cat.Spec(from.contract.Type)
	if spec == nil {
		return s.Close()
	}
	known, err := inclusion.Of(spec)
	if err != nil {
		return nil, err
	}
	return s.CloseBeside(known, "context")
}

// whole returns the schema of the events that are in question.
func (p contracts) whole(from side) (*inclusion.Schema, error) {
	if !p.versionless {
		return inclusion.Of(from.contract)
	}
	s, err := from.contract.Schema()
	if err != nil {
		return nil, err
	}
	texts := s.Documents()
	// A pattern declares nothing that would close a place: the contract's own context does.
	none := any(false)
	for _, step := range slices.Backward(versionSteps()) {
		if step != "properties" {
			none = map[string]any{"patternProperties": map[string]any{"^" + step + "$": none}}
		}
	}
	whole := map[string]any{"allOf": []any{map[string]any{"$ref": s.Root() + "#"}, none}}
	root := s.Root() + "?versionless"
	if texts[root], err = json.Marshal(whole); err != nil {
		return nil, err
	}
	if s, err = validator.NewSchemaOf(root, texts); err != nil {
		return nil, err
	}
	return inclusion.From(s)
}

// taken returns the schema of the events that must be taken, without what is forgotten.
func (p contracts) taken(to side, d Direction, w world, forgotten []relax) (*inclusion.Schema, error) {
	s, err := relaxed(to.contract, forgotten)
	if err != nil || w == strict || d == Producer {
		return s, err
	}
	return s.Open()
}

// blame notes which changes an event shows, and returns what to forget so that the next
// event shows others; nothing if that cannot be. rejects reports whether the event is
// rejected although more is forgotten.
func (p contracts) blame(a *answer, d Direction, s shows, rejects func([]relax) bool) (more []relax) {
	causes := p.alone(p.causes(d, s.faults), d, rejects)
	if len(causes) == 0 {
		a.unexplained = append(a.unexplained, s)
		return nil
	}
	for _, i := range causes {
		if _, known := a.by[i]; known {
			continue
		}
		a.by[i] = shows{s.text, p.fittest(i, d, s.faults), s.refused}
		if r := p.changes[i].relaxed(d); r.keyword != "" {
			more = append(more, r)
		}
	}
	return more
}

// relaxed returns what makes the side that must take the events forget the change.
func (c change) relaxed(d Direction) relax {
	if d == Consumer {
		return c.prev.relax
	}
	return c.next.relax
}

// alone returns those of several changes for each of which alone the event is rejected; all
// of them if none is enough.
func (p contracts) alone(causes []int, d Direction, rejects func([]relax) bool) []int {
	if len(causes) < 2 {
		return causes
	}
	var enough []int
	for _, i := range causes {
		var others []relax
		for _, j := range causes {
			if r := p.changes[j].relaxed(d); j != i && r.keyword != "" && !r.covers(p.changes[i].relaxed(d)) {
				others = append(others, r)
			}
		}
		if rejects(others) {
			enough = append(enough, i)
		}
	}
	if len(enough) == 0 {
		return causes
	}
	return enough
}

// hides reports whether a change was forgotten with another one, so that what is left says
// nothing of it.
func (a answer) hides(c change, d Direction) bool {
	side, own := 1, c.relaxed(d)
	if d == Consumer {
		side = 0
	}
	return slices.ContainsFunc(a.forgotten, func(r relax) bool {
		return r.covers(own) || slices.ContainsFunc(c.around, func(o [2]relax) bool { return r.covers(o[side]) })
	})
}

// judge returns what the contract of a side has against an event.
func (s side) judge(text json.RawMessage) []finding.Finding {
	events, err := event.Decode(text, event.Place{})
	if err != nil || len(events) != 1 {
		return nil
	}
	return s.cat.Judge(events[0], s.contract)
}

// against returns what only the side that must take the event has against it.
func against(text json.RawMessage, from, to side) []finding.Finding {
	had := from.judge(text)
	return slices.DeleteFunc(to.judge(text), func(f finding.Finding) bool {
		return slices.ContainsFunc(had, func(h finding.Finding) bool { return h.Rule == f.Rule && h.Pointer == f.Pointer })
	})
}

// examples returns the examples of both contracts.
func examples(from, to *validator.Contract) []json.RawMessage {
	var all []json.RawMessage
	for _, c := range []*validator.Contract{from, to} {
		schema, _ := c.Whole().Value().(map[string]any)
		list, _ := schema["examples"].([]any)
		for _, v := range list {
			if text, err := json.Marshal(v); err == nil {
				all = append(all, text)
			}
		}
	}
	return all
}

// compare turns the changes and the answers into findings.
func (p contracts) compare() []told {
	w := walker{seen: map[[2]string]bool{}}
	w.compare(here{prev: p.before.Whole(), next: p.after.Whole()})
	p.changes = p.own(w.changes)
	if len(p.changes) == 0 && p.identical() {
		return nil
	}
	outcomes := map[Direction]outcome{}
	for _, d := range p.directions {
		o := outcome{declared: p.ask(d, declared)}
		if o.declared.left == inclusion.Safe {
			o.strict = p.ask(d, strict, o.declared.forgotten...)
		}
		outcomes[d] = o
	}
	var all []told
	for i := range p.changes {
		all = append(all, p.tell(i, outcomes))
	}
	if n := len(all); w.cut && n > 0 {
		all[n-1].finding.Notes = append(all[n-1].finding.Notes, fmt.Sprintf("this contract has more changes than are named; %d are", n))
	}
	for _, d := range p.directions {
		all = append(all, p.rest(d, outcomes[d])...)
	}
	if !p.versionless && !sameVersion(p.before.Version, p.after.Version) && noticeOf(p.before.Whole()).given {
		for i := range all {
			all[i].finding.Severity = max(all[i].finding.Severity, risky)
			all[i].finding.Notes = append(all[i].finding.Notes, versioned(p.before)+" was deprecated: whoever sends it has had notice")
		}
	}
	if p.versionless {
		all = slices.DeleteFunc(all, func(t told) bool { return t.finding.Severity == finding.Info })
		for i := range all {
			all[i].finding.Notes = append(all[i].finding.Notes, fmt.Sprintf("of events that name no version: they were judged by %s, and are by %s", versioned(p.before), versioned(p.after)))
		}
	}
	return all
}

// outcome is what the engine found out about one direction.
type outcome struct{ declared, strict answer }

// identical reports whether the contracts and the files that they refer to say the same,
// but for the order of keys and for white space.
func (p contracts) identical() bool {
	before, errBefore := p.before.Schema()
	after, errAfter := p.after.Schema()
	return errBefore == nil && errAfter == nil && maps.EqualFunc(before.Documents(), after.Documents(), bytes.Equal)
}

// own adds what is about the contract as a whole.
func (p contracts) own(changes []change) []change {
	whole := func(rule, pointer, message string, steps ...string) {
		changes = append(changes, change{rule: rule, pointer: pointer, message: message,
			prev: spot{part: p.before.Whole(), steps: steps}, next: spot{part: p.after.Whole(), steps: steps}})
	}
	if x, y := p.before.Whole().Draft(), p.after.Whole().Draft(); x != y {
		whole("dialect-changed", "", fmt.Sprintf("was written in %s, is in %s", draftName(x), draftName(y)), "$schema")
	}
	if p.versionless {
		return slices.DeleteFunc(changes, func(c change) bool { return c.pointer == versionPointer })
	}
	if !sameVersion(p.before.Version, p.after.Version) {
		changes = slices.DeleteFunc(changes, func(c change) bool { return c.pointer == versionPointer }) // the same in other words
		whole("event-version-removed", versionPointer, fmt.Sprintf("%s is gone; its events are judged by %s", versioned(p.before), versioned(p.after)), versionSteps()...)
	}
	if !sameVersion(p.before.Version, p.after.Version) {
		return changes // a notice is about one version
	}
	switch was, is := noticeOf(p.before.Whole()), noticeOf(p.after.Whole()); {
	case is.given && !was.given:
		whole("event-deprecated", "", identity(p.after).String()+" is deprecated now", "x-segproof")
	case was.given && !is.given:
		whole("event-deprecation-cleared", "", identity(p.after).String()+" is not deprecated any more", "x-segproof")
	}
	return changes
}

// draftName names a draft by its number or year.
func draftName(year int) string {
	if year < 2019 {
		return fmt.Sprintf("draft-%02d", year)
	}
	return map[int]string{2019: "draft 2019-09", 2020: "draft 2020-12"}[year]
}
