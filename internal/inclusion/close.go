package inclusion

import (
	"maps"
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
	return anyMatches(d.patterns, name)
}

// closePlace closes the schema of a place over the names of all schemas that judge its
// value, and of those beside. Whether it is closed, it says itself: an alternative that
// declares nothing stays open when another one does.
func (w *world) closePlace(l location, c map[string]any, with company) {
	own, d := w.declared(w.group(l)), w.declared(with.group)
	if !own.any || d.explicit || own.fewer() || d.fewer() {
		return
	}
	described := w.described(with.beside)
	for _, name := range slices.Sorted(maps.Keys(described)) {
		if d.says(name) {
			continue
		}
		var all []any
		for _, m := range described[name] {
			if to := w.changed(m, placed, company{group: w.group(described[name]...)}); to != nil {
				all = append(all, to)
			}
		}
		d.joined = true
		d.names[name] = map[string]any{}
		if len(all) > 0 {
			d.names[name] = map[string]any{"allOf": all}
		}
	}
	if !own.joined && !d.joined {
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

// fewer reports whether every event holds more than anybody has described.
func (d declared) fewer() bool { return len(d.names) < d.least && len(d.patterns) == 0 }

// declared returns the names that the schemas of a group, and those that judge the same
// value because they do, write down. It reads the documents as they were.
func (w *world) declared(g *group) declared {
	d := declared{names: map[string]any{}, patterns: map[string]any{}, explicit: g.listed, joined: len(g.judging) > 1}
	for _, l := range g.judging {
		schema := w.keywords(l)
		properties, has := schema["properties"].(map[string]any)
		d.any = d.any || has
		for name := range properties {
			d.names[name] = map[string]any{}
		}
		patterns, _ := schema["patternProperties"].(map[string]any)
		for pattern := range patterns {
			d.patterns[pattern] = map[string]any{}
		}
		w.demanded(l, schema, &d)
		_, additional := schema["additionalProperties"]
		_, unevaluated := schema["unevaluatedProperties"]
		d.explicit = d.explicit || additional || unevaluated && w.years(l.url) >= 2019
	}
	return d
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

// inBeside returns the schemas beside that describe names of a member.
func (w *world) inBeside(beside []location, name string) []location {
	if slices.Contains(beside, w.known) && !slices.Contains(w.deep, name) {
		return nil
	}
	return w.described(beside)[name]
}
