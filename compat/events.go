package compat

import (
	"fmt"
	"strings"

	"segproof/finding"
	"segproof/validator"
)

// tasks returns what is to be done, each of which can be done by itself, in an order that
// does not depend on anything but the catalogs.
func (r run) tasks() []func() []told {
	tasks := []func() []told{r.events}
	for _, before := range r.prev.Contracts() {
		after := partner(r.next, before)
		removed := after == nil
		if removed {
			after, _ = r.next.Lookup(before.Type, before.Name, before.Version)
		}
		if after == nil {
			continue // the event is gone: events says so
		}
		if before.Same(after) {
			continue
		}
		p := contracts{run: r, before: before, after: after, directions: r.opts.Direction.each()}
		if removed && partner(r.prev, after) != nil {
			p.directions = only(p.directions, Producer) // readers of that version have a contract as before
		}
		tasks = append(tasks, p.compare)
	}
	for _, c := range r.next.Contracts() {
		if was := r.judgedBefore(c); was != nil && r.opts.Direction != Consumer {
			p := contracts{run: r, before: was, after: c, directions: []Direction{Producer}, versionless: true}
			tasks = append(tasks, p.compare)
		}
	}
	if r.opts.Direction != Producer && r.opts.Warehouse != None {
		tasks = append(tasks, r.tables)
	}
	return tasks
}

// only returns the directions that are d.
func only(directions []Direction, d Direction) (left []Direction) {
	for _, other := range directions {
		if other == d {
			left = append(left, d)
		}
	}
	return left
}

// events tells which contracts came and went.
func (r run) events() []told {
	var all []told
	for _, c := range r.prev.Contracts() {
		if partner(r.next, c) == nil {
			all = append(all, r.gone(c)...)
		}
	}
	seen := map[kind]bool{}
	for _, c := range r.next.Contracts() {
		if partner(r.prev, c) == nil {
			all = append(all, r.came(c))
		}
		if k := (kind{c.Type, c.Name}); !seen[k] {
			seen[k] = true
			all = append(all, r.oldest(c)...)
		}
	}
	return all
}

// came tells of a contract that prev does not have.
func (r run) came(c *validator.Contract) told {
	rule, message := "event-added", fmt.Sprintf("%s is new", identity(c))
	if _, known := r.prev.Lookup(c.Type, c.Name, c.Version); known {
		rule, message = "event-version-added", fmt.Sprintf("%s is new", versioned(c))
	}
	return r.fact(rule, identity(c), c.Whole().At(nameSteps(c)...), message, "")
}

// versioned names a contract with its version.
func versioned(c *validator.Contract) string {
	if c.Version == "" {
		return identity(c).String() + " without a version"
	}
	return fmt.Sprintf("%s version %q", identity(c), c.Version)
}

// nameSteps lead to what names a contract's events.
func nameSteps(c *validator.Contract) []string {
	if k := c.Type.NameKey(); k != "" && c.Name != "" {
		return []string{"properties", k, "const"}
	}
	return []string{"properties", "type", "const"}
}

// gone tells of a contract that next does not have; where next has another version of the
// event, contracts.compare does.
func (r run) gone(c *validator.Contract) []told {
	if _, known := r.next.Lookup(c.Type, c.Name, c.Version); known {
		return nil
	}
	said := noticeOf(c.Whole())
	rule, message, hint := "event-removed", fmt.Sprintf("%s has no contract any more", identity(c)), ""
	renamed, _ := r.next.Lookup(c.Type, said.renamedTo, "")
	at := c.Whole().At(nameSteps(c)...)
	switch {
	case said.renamedTo != "" && renamed != nil:
		rule, message = "event-renamed", fmt.Sprintf("%s is called %q now", identity(c), said.renamedTo)
		at = renamed.Whole().At(nameSteps(renamed)...)
	case said.given:
		rule, message = "event-removed-after-deprecation", message+"; it was deprecated"
	default:
		hint = "deprecate it first: \"x-segproof\": {\"deprecated\": true}"
		if heir := r.heir(c); heir != nil {
			at = heir.Whole().At(nameSteps(heir)...)
			hint = fmt.Sprintf("if it is called %q now, keep the old contract for a while, with \"x-segproof\": {\"deprecated\": {\"renamed-to\": %q}}", heir.Name, heir.Name)
		}
	}
	t := r.fact(rule, identity(c), at, message, hint)
	if at.File != c.File {
		t.finding.Notes = append(t.finding.Notes, before(c.Whole().At(nameSteps(c)...)))
	}
	return []told{t}
}

// heir returns a new contract of next that stands in the file of one that is gone.
func (r run) heir(c *validator.Contract) *validator.Contract {
	for _, other := range r.next.Contracts() {
		if other.Whole().URL() == c.Whole().URL() && other.Type == c.Type && partner(r.prev, other) == nil {
			return other
		}
	}
	return nil
}

// judgedBefore returns the contract that judged the events without a version that c judges now,
// if that is another one and next has it still; else nil.
func (r run) judgedBefore(c *validator.Contract) *validator.Contract {
	if is, ok := r.next.Lookup(c.Type, c.Name, ""); !ok || is != c {
		return nil
	}
	was, ok := r.prev.Lookup(c.Type, c.Name, "")
	if !ok || sameVersion(was.Version, c.Version) || partner(r.next, was) == nil {
		return nil
	}
	return was
}

// oldest tells that events without a version are judged by another contract than before;
// c is the oldest of next.
func (r run) oldest(c *validator.Contract) []told {
	was := r.judgedBefore(c)
	if was == nil {
		return nil
	}
	t := r.fact("event-version-changed", identity(c), c.Whole().At(versionSteps()...),
		fmt.Sprintf("events that name no version were judged by %s, and are by %s", versioned(was), versioned(c)), "")
	t.finding.Notes = append(t.finding.Notes, before(was.Whole().At(versionSteps()...)))
	return []told{t}
}

// versionSteps lead to what says the version of a contract.
func versionSteps() []string {
	return []string{"properties", "context", "properties", "protocols", "properties", "event_version"}
}

// versionPointer is the place of the version in an event.
const versionPointer = "/context/protocols/event_version"

// before is the note that says where a thing was.
func before(at validator.Spot) string {
	text := strings.TrimSpace(at.Excerpt.Text)
	if at.Excerpt.Before {
		text = "... " + text
	}
	if at.Excerpt.After {
		text += " ..."
	}
	return fmt.Sprintf("before: %s:%d:%d: %s", at.File, at.Line, at.Column, text)
}

// fact is a finding that needs no event to show it.
func (r run) fact(rule string, about finding.Event, at validator.Spot, message, hint string) told {
	f := finding.Finding{Rule: rule, Severity: r.opts.worst(rule), Layer: finding.Change, File: at.File, Line: at.Line, Column: at.Column,
		Event: about, Message: message, Hint: hint, Excerpt: at.Excerpt}
	return told{finding: f}
}

// worst returns how grave a rule is for those that the options ask for.
func (o Options) worst(rule string) finding.Severity {
	worst := finding.Info
	for _, d := range o.Direction.each() {
		worst = min(worst, ruleTable()[rule].level(d))
	}
	return worst
}
