package compat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"segproof/finding"
	"segproof/internal/inclusion"
	"segproof/validator"
)

// graded is how grave a change is for one direction, and why.
type graded struct {
	severity  finding.Severity
	notes     []string
	witnesses []Witness
}

// tell makes a finding of a change.
func (p contracts) tell(index int, outcomes map[Direction]outcome) told {
	c := p.changes[index]
	at := c.next.part.At(c.next.steps...)
	f := finding.Finding{Rule: c.rule, Severity: finding.Info, Layer: finding.Change, File: at.File, Line: at.Line, Column: at.Column, Excerpt: at.Excerpt,
		Pointer: c.pointer, Event: identity(p.after), Message: c.message,
		Notes: []string{before(c.prev.part.At(c.prev.steps...))}}
	t := told{finding: f}
	for _, d := range p.directions {
		g := p.grade(index, d, outcomes[d])
		t.finding.Severity = min(t.finding.Severity, g.severity)
		t.finding.Notes = append(t.finding.Notes, g.notes...)
		t.witnesses = append(t.witnesses, g.witnesses...)
	}
	if t.finding.Severity < safe {
		t.finding.Hint = c.hint
	}
	return t
}

// grade says how grave a change is for one direction. The rule says how grave it can be;
// an event must show it, unless the rule is about something else than events.
func (p contracts) grade(index int, d Direction, o outcome) graded {
	c := p.changes[index]
	r := ruleTable()[c.rule]
	level := r.level(d)
	if s, ok := o.declared.by[index]; ok {
		if level == safe {
			level = breaking // the event knows better
		}
		if d == Consumer && level == risky && r.indirect() && len(s.faults) > 0 && slices.Contains(grave(), s.faults[0].Rule) {
			level = breaking // as if the type had been named, or the property required, in so many words
		}
		return p.shown(c.rule, d, level, declared, s)
	}
	if s, ok := o.strict.by[index]; ok && level < safe {
		return p.shown(c.rule, d, risky, strict, s)
	}
	switch {
	case r.decided && (d == Consumer || len(r.faults) == 0), level == safe:
		return graded{severity: level}
	case o.declared.hides(c, d):
		return graded{severity: max(level, p.opts.Undecided), notes: []string{d.who() + ": it was not judged alone, for another change of the same place breaks"}}
	case o.declared.left == inclusion.Safe && level == breaking:
		return graded{severity: safe, notes: []string{d.who() + ": no described event breaks by it, which is proved"}}
	case o.declared.left == inclusion.Safe:
		return graded{severity: safe}
	}
	notes := []string{d.who() + ": no event was found that breaks by this change alone, and no proof that there is none"}
	if o.declared.left == inclusion.Breaking && level == breaking {
		return graded{severity: p.opts.Undecided, notes: notes} // no finding beside it says that something is open
	}
	return graded{severity: risky, notes: notes}
}

// eventNote begins the note that shows an event.
const eventNote = "event: "

// maxNote is how many bytes of an event a note shows.
const maxNote = 2000

// shown is a severity with the event that is the reason.
func (p contracts) shown(rule string, d Direction, severity finding.Severity, w world, s shows) graded {
	witness := Witness{Rule: rule, Event: identity(p.after), Direction: d, JSON: s.text, Refused: s.refused}
	if len(s.faults) > 0 {
		witness.Pointer, witness.Message = s.faults[0].Pointer, s.faults[0].Message+" ("+s.faults[0].Rule+")"
	}
	said := "senders: this event was accepted and is rejected"
	if d == Consumer {
		said = "readers: this event is accepted and would have been rejected"
	}
	if w == strict {
		said += ", but holds what nobody described"
	}
	if len(s.faults) > 0 {
		said += fmt.Sprintf(", at %s: %s", cmp.Or(witness.Pointer, "its root"), witness.Message)
	}
	text := string(s.text)
	if len(text) > maxNote {
		text = strings.ToValidUTF8(text[:maxNote], "") + fmt.Sprintf("... (%d bytes)", len(s.text))
	}
	notes := []string{said, eventNote + text}
	if s.refused != "" {
		notes = append(notes, "Segment itself would not take this event: "+s.refused+"; none that it takes was found")
	}
	return graded{severity: severity, notes: notes, witnesses: []Witness{witness}}
}

// rest tells what the engine found out and no change explains.
func (p contracts) rest(d Direction, o outcome) []told {
	var all []told
	for _, s := range o.declared.unexplained {
		all = append(all, p.verdict(ruleUnexplainedBreak, d, breaking, declared, s,
			"an event that "+sentBy(d)+" breaks, and no rule says which change is the cause"))
	}
	if o.declared.left == inclusion.Unknown {
		t := p.verdict(ruleUndecided, d, p.opts.Undecided, declared, shows{}, fmt.Sprintf("cannot tell whether every event that %s is still in order: %s", sentBy(d), o.declared.stuck))
		t.finding.Notes, t.witnesses = nil, nil
		if i := p.suspect(d, o.declared); i >= 0 {
			at := p.changes[i].next
			t.finding.Pointer = p.changes[i].pointer
			place(&t.finding, at.part.At(at.steps...))
		}
		t.finding.Hint = "say it more simply, or look at it and waive this finding"
		all = append(all, t)
	}
	undeclared := o.strict.unexplained
	for i := range p.changes {
		_, told := o.declared.by[i]
		if s, ok := o.strict.by[i]; ok && !told && ruleTable()[p.changes[i].rule].level(d) == safe {
			undeclared = append(undeclared, s)
		}
	}
	for _, s := range undeclared {
		message := "an event that holds what nobody described breaks " + d.who()
		if d == Consumer {
			message += " that take only what they know"
		}
		if len(s.faults) > 0 {
			message = fmt.Sprintf("%s: %s", message, s.faults[0].Message)
		}
		all = append(all, p.verdict(ruleUndeclaredBreak, d, risky, strict, s, message))
	}
	return all
}

// place points a finding at a place.
func place(f *finding.Finding, at validator.Spot) {
	f.File, f.Line, f.Column, f.Excerpt = at.File, at.Line, at.Column, at.Excerpt
}

// suspect returns the first change that may be the cause and of which no event tells; -1
// if there is none.
func (p contracts) suspect(d Direction, a answer) int {
	for i, c := range p.changes {
		r := ruleTable()[c.rule]
		if _, shown := a.by[i]; !shown && !r.decided && r.level(d) < safe {
			return i
		}
	}
	return -1
}

// sentBy names the events of a direction.
func sentBy(d Direction) string {
	if d == Consumer {
		return "may be sent now"
	}
	return "could be sent before"
}

// verdict is a finding about the contract as a whole.
func (p contracts) verdict(rule string, d Direction, severity finding.Severity, w world, s shows, message string) told {
	whole := p.after.Whole()
	at := whole.At(nameSteps(p.after)...)
	g := p.shown(rule, d, severity, w, s)
	f := finding.Finding{Rule: rule, Severity: severity, Layer: finding.Change, File: at.File, Line: at.Line, Column: at.Column, Excerpt: at.Excerpt,
		Event: identity(p.after), Message: message, Notes: g.notes}
	if len(s.faults) > 0 {
		f.Pointer = s.faults[0].Pointer
		for i := range p.changes {
			if same, _, _ := relation(p.changes[i].pointer, f.Pointer); same {
				place(&f, p.changes[i].next.part.At(p.changes[i].next.steps...))
			}
		}
	}
	return told{f, g.witnesses}
}
