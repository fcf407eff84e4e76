package compat

import (
	"fmt"
	"strconv"

	"segproof/validator"
)

// listing is what a schema says of the items of a list: the first ones each by a schema
// of its own, and the rest.
type listing struct {
	first int
	tuple string // the keyword of the first ones
	rest  string // the keyword of the rest
}

// listingOf reads the keywords as the draft of the schema means them.
func listingOf(p validator.Part, schema map[string]any) listing {
	if first, ok := schema["prefixItems"].([]any); ok && p.Draft() >= 2020 {
		return listing{len(first), "prefixItems", "items"}
	}
	if first, ok := schema["items"].([]any); ok && p.Draft() < 2020 {
		return listing{len(first), "items", "additionalItems"}
	}
	return listing{0, "items", "items"}
}

// lists compares the schemas of items.
func (w *walker) lists(h here, prev, next map[string]any) {
	before, after := listingOf(h.prev, prev), listingOf(h.next, next)
	for i := range min(before.first, after.first) {
		step := strconv.Itoa(i)
		w.compare(h.into(join(h.pointer, step), []string{before.tuple, step}, []string{after.tuple, step}))
	}
	if before.first != after.first {
		c := w.report(h, "tuple-length-changed", after.tuple, "the first %d items had schemas of their own, the first %d have", before.first, after.first)
		c.pointer = join(h.pointer, "*")
		c.prev.named(before.tuple)
	}
	w.items(h, before.rest, after.rest, prev, next)
	w.items(h, "unevaluatedItems", "unevaluatedItems", prev, next)
}

// items compares what two keywords say of the items that have no schema of their own.
func (w *walker) items(h here, was, is string, prev, next map[string]any) {
	wasFree, isFreeNow := prev[was] == nil || isFree(prev[was]), next[is] == nil || isFree(next[is])
	place := func(c *change) {
		c.pointer = join(h.pointer, "*")
		c.prev.named(was)
		c.next.named(is)
	}
	switch {
	case wasFree && isFreeNow:
	case wasFree:
		place(w.report(h, "items-narrowed", is, "items could be anything and must be %s", shown(next[is])))
	case isFreeNow:
		place(w.report(h, "items-widened", was, "items had to be %s and may be anything", shown(prev[was])))
	default:
		w.compare(h.into(h.pointer+"/*", []string{was}, []string{is}))
	}
}

// contains compares "contains" and its counts as one.
func (w *walker) contains(h here, prev, next map[string]any) {
	before, was := prev["contains"]
	after, is := next["contains"]
	switch {
	case !was && !is:
	case !was:
		w.report(h, "contains-added", "contains", "a list must hold an item like %s now", shown(after))
	case !is:
		w.report(h, "contains-removed", "contains", "a list had to hold an item like %s, and need not now", shown(before))
	default:
		for _, keyword := range []string{"contains", "minContains", "maxContains"} {
			if canonical(prev[keyword]) != canonical(next[keyword]) {
				w.report(h, "contains-changed", keyword, "%s was %s, is %s", keyword, saidOf(prev, keyword), saidOf(next, keyword))
			}
		}
	}
}

// combination is a keyword with a list of schemas for one value.
type combination struct {
	keyword        string
	added, removed string // a branch
	came, went     string // the keyword
	branches       string
}

func (w *walker) allOf(h here, prev, next map[string]any) {
	w.combined(h, prev, next, combination{"allOf", "all-of-branch-added", "all-of-branch-removed", "all-of-branch-added", "all-of-branch-removed", "schemas to satisfy"})
}

func (w *walker) anyOf(h here, prev, next map[string]any) {
	w.combined(h, prev, next, combination{"anyOf", "any-of-branch-added", "any-of-branch-removed", "alternatives-added", "alternatives-removed", "alternatives"})
}

// oneOf compares as anyOf. What narrows one branch can widen the whole, so that the whole
// keyword is what a version must forget.
func (w *walker) oneOf(h here, prev, next map[string]any) {
	outer := w.forget
	if outer[0].keyword == "" {
		w.forget = [2]relax{{at: h.prev, keyword: "oneOf"}, {at: h.next, keyword: "oneOf"}}
	}
	w.combined(h, prev, next, combination{"oneOf", "one-of-branch-added", "one-of-branch-removed", "alternatives-added", "alternatives-removed", "alternatives"})
	w.forget = outer
}

// combined compares the branches of a combination. Equal branches are pairs wherever they
// stand; those that are left are pairs in their order.
func (w *walker) combined(h here, prev, next map[string]any, c combination) {
	before, was := prev[c.keyword].([]any)
	after, is := next[c.keyword].([]any)
	if !was && !is {
		return
	}
	lost, gained := unmatched(before, after)
	switch {
	case !was && allFree(after), !is && allFree(before):
		return // true beside the others changes nothing
	case !was:
		w.report(h, c.came, c.keyword, "%d %s are new", len(after), c.branches)
		return
	case !is:
		w.report(h, c.went, c.keyword, "%d %s are gone", len(before), c.branches)
		return
	}
	paired := min(len(lost), len(gained))
	for i := range paired {
		w.compare(h.into(h.pointer, []string{c.keyword, strconv.Itoa(lost[i])}, []string{c.keyword, strconv.Itoa(gained[i])}))
	}
	for _, i := range lost[paired:] {
		w.branch(h, c.removed, c.keyword, i, fmt.Sprintf("%s %s is gone", c.keyword, shown(before[i])))
	}
	for _, i := range gained[paired:] {
		w.branch(h, c.added, c.keyword, i, fmt.Sprintf("%s %s is new", c.keyword, shown(after[i])))
	}
}

// branch reports a branch that came or went.
func (w *walker) branch(h here, rule, keyword string, index int, message string) {
	c := w.report(h, rule, keyword, "%s", message)
	steps := []string{keyword, strconv.Itoa(index)}
	here := &c.prev
	if rule == "all-of-branch-added" || rule == "any-of-branch-added" || rule == "one-of-branch-added" {
		here = &c.next
	}
	here.steps = steps
	if keyword == "allOf" && here.relax.at == here.part { // each of them alone rejects
		here.relax.name = steps[1]
	}
}

// unmatched returns the indexes of the branches that the other side does not have.
func unmatched(before, after []any) (lost, gained []int) {
	have := map[string][]int{}
	for i, branch := range before {
		text := canonical(branch)
		have[text] = append(have[text], i)
	}
	matched := map[int]bool{}
	for i, branch := range after {
		text := canonical(branch)
		if free := have[text]; len(free) > 0 {
			matched[free[0]], have[text] = true, free[1:]
			continue
		}
		gained = append(gained, i)
	}
	for i := range before {
		if !matched[i] {
			lost = append(lost, i)
		}
	}
	return lost, gained
}

// allFree reports whether every branch allows everything.
func allFree(branches []any) bool {
	for _, b := range branches {
		if !isFree(b) {
			return false
		}
	}
	return true
}
