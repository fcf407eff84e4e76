package compat

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"segproof/validator"
)

// join returns the pointer with one more step.
func join(pointer, step string) string {
	return pointer + "/" + strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1")
}

// names returns the strings of a list.
func names(v any) []string {
	var all []string
	list, _ := v.([]any)
	for _, item := range list {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// object returns a member that is an object, nil if it is none.
func object(schema map[string]any, keyword string) map[string]any {
	m, _ := schema[keyword].(map[string]any)
	return m
}

// bothNames returns the keys of both, sorted.
func bothNames(a, b map[string]any) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)
	return slices.Compact(all)
}

// member is what an object's schema says of one of its members.
type member struct{ described, required bool }

// members compares "properties" and "required".
func (w *walker) members(h here, prev, next map[string]any) {
	before, after := object(prev, "properties"), object(next, "properties")
	wanted, wants := names(prev["required"]), names(next["required"])
	all := bothNames(before, after)
	for _, name := range slices.Concat(wanted, wants) {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	for _, name := range all {
		_, was := before[name]
		_, is := after[name]
		prevMember, nextMember := member{was, slices.Contains(wanted, name)}, member{is, slices.Contains(wants, name)}
		w.member(h, name, prevMember, nextMember)
		if exists := (was || prevMember.required) && (is || nextMember.required); exists && (was || is) { // what is required and not described may be anything
			w.compare(h.at(join(h.pointer, name), "properties", name))
		}
	}
}

// member compares what is said of one member, its schema aside.
func (w *walker) member(h here, name string, prev, next member) {
	was, is := prev.described || prev.required, next.described || next.required
	c := change{pointer: join(h.pointer, name), around: h.around}
	c.prev, c.next = h.spots(name, prev, next)
	switch {
	case !was && next.required:
		c.rule, c.message = "property-added-required", fmt.Sprintf("property %q is new and required", name)
		c.hint = "make it optional first; require it when every sender sends it, or in a new version of the event"
	case !was && is:
		c.rule, c.message = "property-added-optional", fmt.Sprintf("property %q is new; it may be left out", name)
	case was && !is:
		w.removed(h, name, prev, c)
		return
	case prev.required && !next.required:
		c.rule, c.message = "property-became-optional", fmt.Sprintf("property %q was required and may be left out now", name)
	case next.required && !prev.required:
		c.rule, c.message = "property-became-required", fmt.Sprintf("property %q is required now", name)
		c.hint = "require it when every sender sends it, or in a new version of the event"
	default:
		return
	}
	w.add(c)
}

// spots returns where a member stands on both sides: in "required" on the side that
// alone requires it, else in "properties", even if it is not there.
func (h here) spots(name string, prev, next member) (before, after spot) {
	keyword := keywordMember
	if (prev.described || prev.required) && (next.described || next.required) {
		keyword = keywordRequired
	}
	before = spot{h.prev, []string{"properties", name}, relax{h.prev, keyword, name}}
	after = spot{h.next, []string{"properties", name}, relax{h.next, keyword, name}}
	if prev.required && !next.required || !prev.described {
		before.steps = inRequired(h.prev, name, before.steps)
	}
	if next.required && !prev.required || next.required && !next.described {
		after.steps = inRequired(h.next, name, after.steps)
	}
	return before, after
}

// inRequired returns the steps to the name in "required", or to "required" if it is not
// in it; otherwise if the schema has no "required".
func inRequired(p validator.Part, name string, otherwise []string) []string {
	schema, _ := p.Value().(map[string]any)
	if _, ok := schema["required"]; !ok {
		return otherwise
	}
	if i := slices.Index(names(schema["required"]), name); i >= 0 {
		return []string{"required", fmt.Sprint(i)}
	}
	return []string{"required"}
}

// removed reports a member that is gone, and how that was announced.
func (w *walker) removed(h here, name string, prev member, c change) {
	notice := noticeOf(h.prev.In("properties", name))
	after, _ := h.next.Value().(map[string]any)
	what := "could be left out"
	c.rule = "property-removed-optional"
	if prev.required {
		c.rule, what = "property-removed-required", "was required"
	}
	c.message = fmt.Sprintf("property %q is removed; it %s", name, what)
	switch _, there := object(after, "properties")[notice.renamedTo]; {
	case notice.renamedTo != "" && there:
		c.rule = "property-renamed"
		c.message = fmt.Sprintf("property %q is called %q now", name, notice.renamedTo)
	case notice.given:
		c.rule = "property-removed-after-deprecation"
		c.message += ", and was deprecated"
	default:
		c.hint = w.guess(h, name)
	}
	w.add(c)
}

// guess returns a hint if exactly one new member looks like the one that is gone.
func (w *walker) guess(h here, name string) string {
	before, _ := h.prev.Value().(map[string]any)
	after, _ := h.next.Value().(map[string]any)
	gone := canonical(bare(object(before, "properties")[name]))
	if gone == "null" || gone == "{}" {
		return ""
	}
	var like []string
	for other, schema := range object(after, "properties") {
		if _, old := object(before, "properties")[other]; !old && canonical(bare(schema)) == gone {
			like = append(like, other)
		}
	}
	if len(like) != 1 {
		return ""
	}
	return fmt.Sprintf("if it is called %q now, say so before it goes: \"x-segproof\": {\"deprecated\": {\"renamed-to\": %q}}", like[0], like[0])
}

// bare returns a schema without what constrains nothing.
func bare(v any) any {
	schema, ok := v.(map[string]any)
	if !ok {
		return v
	}
	schema = maps.Clone(schema)
	for _, name := range []string{"title", "description", "$comment", "examples", "default", "deprecated", "x-segproof"} {
		delete(schema, name)
	}
	return schema
}
