package compat

import (
	"fmt"
	"slices"

	"segproof/validator"
)

const (
	// maxVisits is how many pairs of schemas of one contract are compared. References
	// can lead to one schema in as many ways as somebody cares to write.
	maxVisits = 20_000

	// maxChanges is how many changes of one contract are named.
	maxChanges = 500
)

// change is one structural difference between two versions of a contract.
type change struct {
	rule       string
	pointer    string // into the event; "*" stands for every item or name
	prev, next spot
	message    string
	hint       string
	around     [][2]relax // the keywords around it, in prev and in next: who forgets one of them forgets the change
}

// spot is where a change is in one version, and how the version is made to forget it.
type spot struct {
	part  validator.Part
	steps []string // from part
	relax relax
}

// relax takes a constraint out of a schema, which then accepts more. The zero value
// cannot: the change has no constraint of its own in that version.
type relax struct {
	at      validator.Part
	keyword string
	name    string // of keywordRequired and keywordMember; of another keyword the one schema in it that goes, "" for all
}

const (
	keywordRequired = "required"       // the member of that name need not be there
	keywordMember   = "a whole member" // nor is there anything that it must be
)

// walker compares two versions of a contract, place by place.
type walker struct {
	changes []change
	visits  int
	cut     bool               // there is more than was looked at
	seen    map[[2]string]bool // pairs of places that have been compared: what references share is told once
	forget  [2]relax           // around the place: a keyword under which narrower can be wider
}

// here is a pair of schemas that judge the same value.
type here struct {
	prev, next validator.Part
	pointer    string
	around     [][2]relax // see change
}

// at returns the pair that both sides reach by the same steps.
func (h here) at(pointer string, steps ...string) here { return h.into(pointer, steps, steps) }

// into returns the pair that the sides reach by these steps.
func (h here) into(pointer string, prev, next []string) here {
	around := append(slices.Clip(h.around), [2]relax{region(h.prev, prev), region(h.next, next)})
	return here{h.prev.In(prev...), h.next.In(next...), pointer, around}
}

// region is what is forgotten with all that the steps lead to.
func region(p validator.Part, steps []string) relax {
	r := relax{at: p, keyword: steps[0]}
	if len(steps) > 1 {
		r.name = steps[1]
	}
	if r.keyword == "properties" {
		r.keyword = keywordMember
	}
	return r
}

// covers reports whether who forgets r has forgotten o.
func (r relax) covers(o relax) bool {
	return r.keyword != "" && r.at == o.at && (r.name == "" && family(r.keyword) == family(o.keyword) || r == o)
}

// family returns the keyword without which one says nothing.
func family(keyword string) string {
	switch keyword {
	case "prefixItems", "additionalItems", "unevaluatedItems":
		return "items"
	case "minContains", "maxContains":
		return "contains"
	}
	return keyword
}

// report adds a change of a keyword.
func (w *walker) report(h here, rule, keyword, format string, args ...any) *change {
	return w.add(change{
		rule: rule, pointer: h.pointer, message: fmt.Sprintf(format, args...), around: h.around,
		prev: spot{part: h.prev, steps: []string{keyword}, relax: relax{at: h.prev, keyword: keyword}},
		next: spot{part: h.next, steps: []string{keyword}, relax: relax{at: h.next, keyword: keyword}},
	})
}

// add adds a change, unless there are too many, and returns it for its maker to refine.
func (w *walker) add(c change) *change {
	if w.forget[0].keyword != "" {
		c.prev.relax, c.next.relax = w.forget[0], w.forget[1]
	}
	if len(w.changes) >= maxChanges {
		w.cut = true
		return &c
	}
	w.changes = append(w.changes, c)
	return &w.changes[len(w.changes)-1]
}

// compare compares the schemas of one value.
func (w *walker) compare(h here) {
	h.prev, h.next = resolve(h.prev), resolve(h.next)
	h.prev, h.next = unwrapped(h.prev, h.next), unwrapped(h.next, h.prev)
	pair := [2]string{h.prev.URL() + "#" + h.prev.Pointer(), h.next.URL() + "#" + h.next.Pointer()}
	if w.visits++; w.visits > maxVisits || w.seen[pair] {
		w.cut = w.cut || w.visits > maxVisits
		return
	}
	w.seen[pair] = true
	prev, isPrev := keywords(h.prev)
	next, isNext := keywords(h.next)
	if !isPrev || !isNext {
		w.compareBooleans(h)
		return
	}
	for _, compare := range []func(here, map[string]any, map[string]any){
		w.types, w.values, w.numberBounds, w.plainKeywords, w.members, w.additional, w.patternMembers, w.dependents,
		w.lists, w.contains, w.allOf, w.anyOf, w.oneOf, w.conditions, w.annotations,
	} {
		compare(h, prev, next)
	}
}

// resolve follows references. From 2019 on a "$ref" may have siblings; then they are two
// schemas, and what they say together is compared by the engine alone.
func resolve(p validator.Part) validator.Part {
	for range maxVisits { // references that lead in a circle cannot be loaded
		schema, _ := p.Value().(map[string]any)
		target, ok := p.Target()
		if !ok || p.Draft() >= 2019 && hasSiblings(schema, "$ref") {
			return p
		}
		p = target
	}
	return p
}

// unwrapped returns the only branch of an "allOf" that a schema is made of, if the other
// version says the same without one: what moved into the branch is there still.
func unwrapped(p, other validator.Part) validator.Part {
	schema, _ := p.Value().(map[string]any)
	against, _ := other.Value().(map[string]any)
	branches, _ := schema["allOf"].([]any)
	if len(branches) != 1 || against["allOf"] != nil || hasSiblings(schema, "allOf") {
		return p
	}
	return resolve(p.In("allOf", "0"))
}

// hasSiblings reports whether a schema says more than the keyword does.
func hasSiblings(schema map[string]any, keyword string) bool {
	for name := range schema {
		if name != keyword && !slices.Contains([]string{"$id", "$schema", "$comment", "$defs", "definitions", "title", "description", "examples", "x-segproof"}, name) {
			return true
		}
	}
	return false
}

// keywords returns what a schema says. A schema that is true says nothing; ok is false
// for one that is false.
func keywords(p validator.Part) (schema map[string]any, ok bool) {
	switch v := p.Value().(type) {
	case map[string]any:
		return v, true
	case bool:
		return nil, v
	}
	return nil, true
}

// compareBooleans compares two schemas of which one is false.
func (w *walker) compareBooleans(h here) {
	_, prev := keywords(h.prev)
	_, next := keywords(h.next)
	switch {
	case prev && !next:
		w.whole(h, "value-forbidden", "no value is allowed any more")
	case next && !prev:
		w.whole(h, "value-allowed", "values are allowed where none was")
	}
}

// whole reports a change of a schema that is more than one of its keywords.
func (w *walker) whole(h here, rule, message string) *change {
	return w.add(change{rule: rule, pointer: h.pointer, message: message, around: h.around, prev: spot{part: h.prev}, next: spot{part: h.next}})
}
