package inclusion

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// group is the schemas that are there for one value: see docs/inclusion.md.
type group struct {
	id      int
	there   []location // sorted: those of a place, without what they say themselves
	judging []location // those and the ones that judge because they do
	listed  bool       // one lists objects, or leads somewhere that is not known: names are written down that no keyword tells
	inside  map[string]*group
}

// listedMark stands in a group for a value that is, or may be, part of a list.
var listedMark = location{pointer: "listed"}

// group returns the group of schemas that are there for a value, and of those that judge it
// because they do, as far as they may: in every branch, and in conditions too.
func (w *world) group(there ...location) *group {
	slices.SortFunc(there, func(a, b location) int { return cmp.Or(cmp.Compare(a.url, b.url), cmp.Compare(a.pointer, b.pointer)) })
	there = slices.Compact(there)
	key := fmt.Sprintf("%q", there)
	if g := w.groups[key]; g != nil {
		return g
	}
	g := &group{id: len(w.groups), there: there, inside: map[string]*group{}}
	w.groups[key] = g
	queue, seen := slices.Clone(there), map[location]bool{}
	for len(queue) > 0 {
		l := queue[0]
		queue = queue[1:]
		g.listed = g.listed || l == listedMark
		schema := w.at(l)
		if schema == nil || seen[l] {
			continue
		}
		w.left--
		seen[l] = true
		g.judging = append(g.judging, l)
		for _, below := range w.below(l, schema) {
			if below.role == within {
				queue = append(queue, below.location)
			}
		}
		schema = w.keywords(l)
		for _, keyword := range []string{"if", "not"} {
			if _, ok := schema[keyword]; ok && (keyword == "not" || w.years(l.url) >= 7) {
				queue = append(queue, l.step(keyword))
			}
		}
		_, dynamic := schema["$dynamicRef"]
		_, recursive := schema["$recursiveRef"]
		g.listed = g.listed || dynamic || recursive || holdsObject(schema["const"]) || holdsObject(schema["enum"])
	}
	return g
}

// at returns the schema at a location, nil if there is none, or true or false.
func (w *world) at(l location) map[string]any {
	schema, ok := w.read[l]
	if !ok {
		schema, _ = at(w.docs, l).(map[string]any)
		w.read[l] = schema
	}
	return schema
}

// keywords returns the schema at a location without what does not count beside "$ref".
func (w *world) keywords(l location) map[string]any {
	schema := w.at(l)
	if _, ref := schema["$ref"]; ref && w.years(l.url) < 2019 {
		return nil
	}
	return schema
}

// holdsObject reports whether a value is an object, or one is in it.
func holdsObject(v any) bool {
	if list, ok := v.([]any); ok {
		return slices.ContainsFunc(list, holdsObject)
	}
	_, ok := v.(map[string]any)
	return ok
}

// inside returns what describes the members or elements that the schema at l describes by
// a keyword, and a key in it if it holds several: all schemas that any schema of the whole
// has for them, or may have.
func (w *world) inside(with company, l location, keyword, key string) company {
	var in company
	if keyword == "properties" {
		in.beside = w.inBeside(with.beside, key)
	}
	if w.place == nil {
		return in
	}
	step := keyword + "/" + key
	if keyword != "properties" {
		step = l.url + "#" + l.pointer + "/" + step
	}
	g := with.group.inside[step]
	if g == nil {
		g = w.groupInside(with.group, l, keyword, key)
		with.group.inside[step] = g
	}
	in.group = g
	return in
}

// groupInside returns the group of what inside is about.
func (w *world) groupInside(around *group, l location, keyword, key string) *group {
	var there []location
	for _, other := range around.judging {
		w.left--
		switch keyword {
		case "properties":
			there = append(there, w.ofName(other, key)...)
		case "patternProperties":
			there = append(there, w.ofNames(other, func(name string) bool { return matches(key, name) }, map[string]any{key: nil})...)
		case "additionalProperties", "unevaluatedProperties":
			schema := w.keywords(l)
			patterns, _ := schema["patternProperties"].(map[string]any)
			there = append(there, w.ofNames(other, func(name string) bool { return !named(schema, name) && !anyMatches(patterns, name) }, nil)...)
		default:
			from, to := w.elements(l, keyword, key)
			there = append(there, w.ofElements(other, from, to)...)
		}
	}
	there = w.telling(there)
	if around.listed {
		there = append(there, listedMark)
	}
	return w.group(there...)
}

// telling returns those of some schemas that may tell something of names, or where those
// that do nothing but refer to others lead: groups that tell the same become the same.
func (w *world) telling(group []location) (all []location) {
	for _, l := range group {
		for range maxHops {
			ref, ok := w.at(l)["$ref"].(string)
			if !ok || len(w.at(l)) > 1 && w.years(l.url) >= 2019 {
				break
			}
			l = target(ref)
		}
		for keyword, v := range w.at(l) {
			_, list := v.([]any)
			if _, schema := v.(map[string]any); schema || list && keyword != "type" || keyword == "$ref" || keyword == "minProperties" || slices.Contains(furtherNames(), keyword) {
				all = append(all, l)
				break
			}
		}
	}
	return all
}

// furtherNames returns the keywords that say something of names that are not written down.
func furtherNames() []string {
	return []string{"additionalProperties", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"}
}

// ofName returns the schemas that the schema at l has for a member.
func (w *world) ofName(l location, name string) (all []location) {
	schema := w.keywords(l)
	if properties, _ := schema["properties"].(map[string]any); properties[name] != nil {
		all = append(all, l.step("properties", name))
	}
	patterns, _ := schema["patternProperties"].(map[string]any)
	for pattern := range patterns {
		if matches(pattern, name) {
			all = append(all, l.step("patternProperties", pattern))
		}
	}
	if len(all) > 0 {
		return all
	}
	return w.present(l, "additionalProperties", "unevaluatedProperties")
}

// ofNames returns the schemas that the schema at l may have for members of which it is only
// known which written names they may have, and which patterns match all of them.
func (w *world) ofNames(l location, may func(string) bool, sure map[string]any) (all []location) {
	schema := w.keywords(l)
	properties, _ := schema["properties"].(map[string]any)
	for name := range properties {
		if may(name) {
			all = append(all, l.step("properties", name))
		}
	}
	known := false
	patterns, _ := schema["patternProperties"].(map[string]any)
	for pattern := range patterns {
		_, here := sure[pattern]
		known = known || here
		all = append(all, l.step("patternProperties", pattern))
	}
	if known {
		return all
	}
	return append(all, w.present(l, "additionalProperties", "unevaluatedProperties")...)
}

// elements returns which elements the schema at l describes by a keyword, and a key in it:
// those from an index on, and before another one; to is -1 if there is no end.
func (w *world) elements(l location, keyword, key string) (from, to int) {
	if i, err := strconv.Atoi(key); err == nil {
		return i, i + 1
	}
	if keyword == "unevaluatedItems" {
		return 0, -1
	}
	return len(w.prefix(l)), -1
}

// prefix returns the schemas of the first elements that the schema at l has, each by itself.
func (w *world) prefix(l location) (all []location) {
	keyword := "items"
	if w.years(l.url) >= 2020 {
		keyword = "prefixItems"
	}
	list, _ := w.keywords(l)[keyword].([]any)
	for i := range list {
		all = append(all, l.step(keyword, strconv.Itoa(i)))
	}
	return all
}

// ofElements returns the schemas that the schema at l has, or may have, for elements.
func (w *world) ofElements(l location, from, to int) []location {
	all := w.present(l, "contains", "unevaluatedItems")
	prefix := w.prefix(l)
	if to >= 0 && to <= len(prefix) {
		return append(all, prefix[from:to]...)
	}
	all = append(all, prefix[min(from, len(prefix)):]...)
	return append(all, w.present(l, "items", "additionalItems")...)
}

// present returns where the schemas are that the schema at l has by keywords.
func (w *world) present(l location, keywords ...string) (all []location) {
	schema := w.keywords(l)
	for _, keyword := range keywords {
		if _, ok := schema[keyword].(map[string]any); ok {
			all = append(all, l.step(keyword))
		}
	}
	return all
}

// anyMatches reports whether one of the patterns matches a name.
func anyMatches(patterns map[string]any, name string) bool {
	for pattern := range patterns {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches reports whether a pattern matches a name, or cannot be read.
func matches(pattern, name string) bool {
	ok, err := regexp.MatchString(pattern, name)
	return ok || err != nil
}
