package inclusion

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// declared is the names that schemas of one value write down.
type declared struct {
	names, patterns map[string]any
	any             bool // there is "properties"
	explicit        bool // something is said of further names
	joined          bool // there is more than one schema, or a name that is in no "properties"
	least           int  // members that there must be
}

// demanded adds the names that a schema asks for without a word of what they hold.
func (w *world) demanded(l location, schema map[string]any, d *declared) {
	k := keywords{at: l, schema: schema}
	d.least = max(d.least, k.integer("minProperties"))
	lists := []any{schema["required"]}
	for _, keyword := range []string{"dependencies", "dependentRequired"} {
		all, _ := schema[keyword].(map[string]any)
		for _, names := range all {
			lists = append(lists, names)
		}
	}
	for _, list := range lists {
		names, _ := list.([]any)
		for _, name := range stringsOf(names) {
			if d.names[name] == nil {
				d.names[name] = map[string]any{}
				d.joined = d.joined || !named(schema, name)
			}
		}
	}
}

// named reports whether a schema has the name in its "properties".
func named(schema map[string]any, name string) bool {
	properties, _ := schema["properties"].(map[string]any)
	return properties[name] != nil
}

// says reports whether a name is written down, or matches a pattern that is.
func (d declared) says(name string) bool {
	if _, named := d.names[name]; named {
		return true
	}
	for pattern := range d.patterns {
		if ok, err := regexp.MatchString(pattern, name); ok || err != nil {
			return true
		}
	}
	return false
}

// closePlace closes the schema of a place over the names of all schemas of its value, and
// of those beside.
func (w *world) closePlace(l location, c map[string]any, beside []location) {
	d := declared{names: map[string]any{}, patterns: map[string]any{}}
	w.collect(l, &d, map[location]bool{})
	if !d.any || d.explicit || len(d.names) < d.least && len(d.patterns) == 0 {
		return // also where every event holds more than anybody has described
	}
	described := w.described(beside)
	for _, name := range slices.Sorted(maps.Keys(described)) {
		if d.says(name) {
			continue
		}
		var all []any
		for _, m := range described[name] {
			if to := w.changed(m, placed, nil); to != nil {
				all = append(all, to)
			}
		}
		d.joined = true
		d.names[name] = map[string]any{}
		if len(all) > 0 {
			d.names[name] = map[string]any{"allOf": all}
		}
	}
	if !d.joined {
		c["additionalProperties"] = false
		return
	}
	closed := map[string]any{"properties": d.names, "patternProperties": d.patterns, "additionalProperties": false}
	if ref, ok := c["$ref"]; ok && w.years(l.url) < 2019 {
		delete(c, "$ref")
		c["allOf"] = []any{map[string]any{"$ref": ref}, closed}
		return
	}
	all, _ := c["allOf"].([]any)
	c["allOf"] = append(slices.Clone(all), closed)
}

// collect adds the names that the schema at a location, and those that judge the same
// value, write down. It reads the documents as they were.
func (w *world) collect(l location, d *declared, seen map[location]bool) {
	schema, ok := at(w.docs, l).(map[string]any)
	if !ok || seen[l] {
		return
	}
	seen[l] = true
	d.joined = d.joined || len(seen) > 1
	if _, ref := schema["$ref"]; !ref || w.years(l.url) >= 2019 {
		properties, has := schema["properties"].(map[string]any)
		d.any = d.any || has
		for name := range properties {
			d.names[name] = map[string]any{}
		}
		patterns, _ := schema["patternProperties"].(map[string]any)
		for pattern := range patterns {
			d.patterns[pattern] = map[string]any{}
		}
		w.demanded(l, schema, d)
		_, additional := schema["additionalProperties"]
		_, unevaluated := schema["unevaluatedProperties"]
		d.explicit = d.explicit || additional || unevaluated && w.years(l.url) >= 2019
	}
	for _, below := range w.below(l, schema) {
		if below.role == within {
			w.collect(below.location, d, seen)
		}
	}
	if _, ok := schema["if"]; ok && w.years(l.url) >= 7 {
		w.collect(l.step("if"), d, seen)
	}
}

// inside returns the schemas that describe names of a member.
func (w *world) inside(beside []location, name string) []location {
	if slices.Contains(beside, w.known) && !slices.Contains(w.deep, name) {
		return nil
	}
	return w.described(beside)[name]
}

// described returns the schemas of the members that schemas, and those that always judge
// the same value, describe.
func (w *world) described(beside []location) map[string][]location {
	members := map[string][]location{}
	for i := 0; i < len(beside); i++ {
		l := beside[i]
		schema, _ := at(w.docs, l).(map[string]any)
		for _, below := range w.below(l, schema) {
			always := strings.HasPrefix(below.pointer, l.pointer+"/allOf/") || schema["$ref"] != nil && below.location == target(schema["$ref"].(string))
			if below.role == within && always && !slices.Contains(beside, below.location) {
				beside = append(slices.Clone(beside), below.location)
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for name := range properties {
			members[name] = append(members[name], l.step("properties", name))
		}
	}
	return members
}
