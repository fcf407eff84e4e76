package inclusion

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"segproof/validator"
)

// Close returns the schema of the events that the schema declares: nobody uses names that
// are not written down. Every place that declares "properties", by itself or through the
// schemas that judge the same value, and none of them says anything of further names,
// refuses further names. What "additionalProperties" or "unevaluatedProperties" says
// explicitly stays. Close accepts nothing that the schema does not accept.
func (s *Schema) Close() (*Schema, error) {
	w := newWorld(s, (*world).closePlace)
	return w.schema(s, "allOf")
}

// Open returns the schema of a reader that ignores names that it does not know:
// "additionalProperties": false and "unevaluatedProperties": false are gone. Open
// accepts whatever the schema accepts.
func (s *Schema) Open() (*Schema, error) {
	w := newWorld(s, nil)
	return w.schema(s, "anyOf")
}

// changedMark marks the URLs of the documents that hold the changed schemas. The documents as they
// were stay beside them, under their own URLs.
const changedMark = "?changed"

// world makes changed schemas out of those of documents, which stay as they are: a schema
// that is a place of its own and, for the references that lead to it, judges the value of
// another place is changed twice, once for each. What is below "not", "if", "contains" and
// "propertyNames" is not changed: what narrows a schema there widens the whole.
type world struct {
	docs    map[string]any                         // as they were
	years   func(string) int                       // of the documents as they were
	made    map[string]map[string]any              // the changed schemas, by the document that they come from and by name
	names   map[string]string                      // of the changed schemas, by place and role
	place   func(*world, location, map[string]any) // closes the schema of a place; nil opens schemas
	careful bool                                   // a keyword is there under which narrower is wider
}

func newWorld(s *Schema, place func(*world, location, map[string]any)) *world {
	w := &world{years: s.judge.Year, made: map[string]map[string]any{}, names: map[string]string{}, place: place}
	w.docs, w.careful = undynamic(s)
	return w
}

// undynamic returns the documents with plain references in place of dynamic ones; dynamic
// reports whether some could not be replaced, as they lead to different places by
// different ways.
func undynamic(s *Schema) (docs map[string]any, dynamic bool) {
	docs = map[string]any{}
	r := &reader{docs: s.docs}
	for u, doc := range s.docs {
		docs[u] = copyJSON(doc)
		eachSchema(docs[u], location{url: u}, func(_ location, schema map[string]any) {
			for _, name := range []string{"$dynamicRef", "$recursiveRef"} {
				ref, ok := schema[name].(string)
				if !ok || s.judge.Year(u) != map[string]int{"$dynamicRef": 2020, "$recursiveRef": 2019}[name] {
					continue
				}
				to, plain := r.dynamic(ref)
				if !plain {
					dynamic = true
					continue
				}
				delete(schema, name)
				all, _ := schema["allOf"].([]any)
				schema["allOf"] = append(slices.Clone(all), refTo(to))
			}
		})
	}
	if dynamic {
		return docs, true
	}
	for _, doc := range docs {
		eachSchema(doc, location{}, func(_ location, schema map[string]any) { delete(schema, "$recursiveAnchor") })
	}
	return docs, false
}

// refTo returns a schema that is a reference.
func refTo(l location) map[string]any {
	return map[string]any{"$ref": l.url + "#" + (&url.URL{Path: l.pointer}).EscapedPath()}
}

// schema compiles the changed documents. Where keywords are about that turn narrower into
// wider, the schema as written stays beside the changed one, joined by how.
func (w *world) schema(s *Schema, how string) (*Schema, error) {
	written := location{s.judge.Root(), ""}
	changed := w.changed(written, placed)
	if changed == nil {
		return s, nil // true, or false
	}
	both := map[string]any{"allOf": []any{changed}}
	if w.careful {
		both = map[string]any{how: []any{refTo(written), changed}}
	}
	w.draft(both, written.url)
	root := written.url + "?world"
	docs := map[string]any{root: both}
	for u, doc := range w.docs {
		docs[u] = doc
		if made := w.made[u]; made != nil {
			docs[u+changedMark] = w.draft(map[string]any{"definitions": made}, u)
		}
	}
	texts := map[string][]byte{}
	for u, doc := range docs {
		text, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		texts[u] = text
	}
	judge, err := validator.NewSchemaOf(root, texts)
	if err != nil {
		return nil, err
	}
	return newSchema(judge)
}

// draft lets a new document be read as the one at the URL is.
func (w *world) draft(doc map[string]any, u string) map[string]any {
	if object, ok := w.docs[u].(map[string]any); ok && object["$schema"] != nil {
		doc["$schema"] = object["$schema"]
	}
	return doc
}

// copyJSON returns a deep copy of a decoded JSON value.
func copyJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, inner := range v {
			c[name] = copyJSON(inner)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, inner := range v {
			c[i] = copyJSON(inner)
		}
		return c
	}
	return v
}

// location is a place in a document.
type location struct {
	url     string
	pointer string // RFC 6901
}

// step returns the location one step further.
func (l location) step(steps ...string) location {
	for _, s := range steps {
		l.pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
	}
	return l
}

// target returns where a reference, as [validator.Schema.Documents] spells it, leads.
func target(ref string) location {
	u, fragment, _ := strings.Cut(ref, "#")
	if pointer, err := url.PathUnescape(fragment); err == nil {
		fragment = pointer
	}
	return location{u, fragment}
}

// at returns the value at a location; nil if there is none.
func at(docs map[string]any, l location) any {
	v, ok := docs[l.url]
	if !ok || l.pointer == "" {
		return v
	}
	for _, step := range strings.Split(l.pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// role says how a schema came to be visited.
type role int

const (
	placed role = iota // a value is its own: a member, an element, the root
	within             // it judges the same value as another schema
)

// changed returns a reference to the changed schema of that at a location, in a role; nil if
// what is there is no object.
func (w *world) changed(l location, as role) map[string]any {
	schema, ok := at(w.docs, l).(map[string]any)
	if !ok {
		return nil
	}
	key := strconv.Itoa(int(as)) + " " + l.url + "#" + l.pointer
	name, known := w.names[key]
	if !known {
		name = strconv.Itoa(len(w.names))
		w.names[key] = name
		if w.made[l.url] == nil {
			w.made[l.url] = map[string]any{}
		}
		w.made[l.url][name] = w.change(l, as, schema)
	}
	return refTo(location{l.url + changedMark, ""}.step("definitions", name))
}

// change returns the changed schema.
func (w *world) change(l location, as role, schema map[string]any) map[string]any {
	c := maps.Clone(schema)
	for _, name := range []string{"$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "definitions", "$defs"} {
		delete(c, name)
	}
	if ref, ok := schema["$ref"].(string); ok {
		if w.years(l.url) < 2019 {
			c = map[string]any{"$ref": ref} // what stands beside it does not count
		}
		if to := w.changed(target(ref), within); to != nil {
			c["$ref"] = to["$ref"]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		w.keyword(l, name, c)
	}
	switch {
	case w.place == nil:
		for _, name := range []string{"additionalProperties", "unevaluatedProperties"} {
			if allowed, ok := c[name].(bool); ok && !allowed {
				delete(c, name)
			}
		}
	case as == placed:
		w.place(w, l, c)
	}
	return c
}

// keyword puts references to the changed schemas in place of those that a keyword of c holds.
func (w *world) keyword(l location, name string, c map[string]any) {
	if slices.Contains([]string{"oneOf", "not", "if", "contains"}, name) {
		w.careful = true
	}
	as, ok := covariant(name)
	if !ok {
		if _, holds := c[name].(map[string]any); holds && slices.Contains([]string{"not", "if", "contains", "propertyNames"}, name) {
			c[name] = refTo(l.step(name))
		}
		return
	}
	switch v := c[name].(type) {
	case []any:
		v = slices.Clone(v)
		for i := range v {
			if to := w.changed(l.step(name, strconv.Itoa(i)), as); to != nil {
				v[i] = to
			}
		}
		c[name] = v
	case map[string]any:
		if !holdsNames(name) {
			c[name] = w.changed(l.step(name), as)
			return
		}
		v = maps.Clone(v)
		for k := range v {
			if to := w.changed(l.step(name, k), as); to != nil {
				v[k] = to
			}
		}
		c[name] = v
	}
}

// visited is a schema below another one.
type visited struct {
	location
	role role
}

// below returns the schemas below one in which narrower stays narrower.
func (w *world) below(l location, schema map[string]any) []visited {
	var all []visited
	if ref, ok := schema["$ref"].(string); ok {
		all = append(all, visited{target(ref), within})
		if w.years(l.url) < 2019 {
			return all
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		as, ok := covariant(name)
		if !ok {
			continue
		}
		switch v := schema[name].(type) {
		case []any:
			for i := range v {
				all = append(all, visited{l.step(name, strconv.Itoa(i)), as})
			}
		case map[string]any:
			if !holdsNames(name) {
				all = append(all, visited{l.step(name), as})
				continue
			}
			for _, k := range slices.Sorted(maps.Keys(v)) {
				all = append(all, visited{l.step(name, k), as})
			}
		}
	}
	return all
}

// holdsNames reports whether the keyword holds schemas by name.
func holdsNames(keyword string) bool {
	return slices.Contains([]string{"properties", "patternProperties", "dependencies", "dependentSchemas"}, keyword)
}

// covariant returns the role of the schemas in a keyword, and whether narrowing one of
// them narrows the whole.
func covariant(keyword string) (role, bool) {
	switch keyword {
	case "properties", "patternProperties", "additionalProperties", "unevaluatedProperties",
		"items", "prefixItems", "additionalItems", "unevaluatedItems":
		return placed, true
	case "allOf", "anyOf", "oneOf", "then", "else", "dependencies", "dependentSchemas":
		return within, true
	}
	return within, false
}

// declared is the names that schemas of one value write down.
type declared struct {
	names, patterns map[string]any
	any             bool // there is "properties"
	explicit        bool // something is said of further names
	joined          bool // there is more than one schema
}

// closePlace closes the schema of a place over the names of all schemas of its value.
func (w *world) closePlace(l location, c map[string]any) {
	d := declared{names: map[string]any{}, patterns: map[string]any{}}
	w.collect(l, &d, map[location]bool{})
	if !d.any || d.explicit {
		return
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
