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

// asWritten marks the URLs of the documents that stand, as they were, beside the changed
// ones.
const asWritten = "?as-written"

// world rewrites a schema, place by place. Below "not", "if", "contains" and
// "propertyNames" nothing changes: what narrows a schema there widens the whole.
type world struct {
	docs    map[string]any // the changed documents
	as      map[string]any // as they were
	years   func(string) int
	seen    map[string]bool
	place   func(*world, location, map[string]any) // changes the schema of a place; nil opens schemas
	careful bool                                   // a keyword is there under which narrower is wider
}

func newWorld(s *Schema, place func(*world, location, map[string]any)) *world {
	w := &world{docs: map[string]any{}, as: s.docs, years: s.judge.Year, seen: map[string]bool{}, place: place}
	for u, doc := range s.docs {
		w.docs[u] = copyJSON(doc)
	}
	w.visit(location{s.judge.Root(), ""}, placed)
	return w
}

// schema compiles the changed documents. Where keywords are about that turn narrower into
// wider, the schema as written stays beside the changed one, joined by how.
func (w *world) schema(s *Schema, how string) (*Schema, error) {
	root := s.judge.Root()
	docs := maps.Clone(w.docs)
	if w.careful {
		for u, doc := range w.as {
			docs[u+asWritten] = redirect(copyJSON(doc))
		}
		both := map[string]any{how: []any{
			map[string]any{"$ref": root + asWritten + "#"},
			map[string]any{"$ref": root + "#"},
		}}
		if object, ok := w.as[root].(map[string]any); ok && object["$schema"] != nil {
			both["$schema"] = object["$schema"]
		}
		root += "?both"
		docs[root] = both
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

// redirect lets the references of a document lead to the documents as written.
func redirect(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			ref, isText := inner.(string)
			if u, fragment, ok := strings.Cut(ref, "#"); isText && ok && (name == "$ref" || name == "$dynamicRef" || name == "$recursiveRef") && strings.HasPrefix(u, "segproof:") {
				v[name] = u + asWritten + "#" + fragment
				continue
			}
			v[name] = redirect(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = redirect(inner)
		}
	}
	return v
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

// visit changes the schema at a location, and those below it.
func (w *world) visit(l location, as role) {
	schema, ok := at(w.docs, l).(map[string]any)
	key := l.url + "#" + l.pointer + "#" + strconv.Itoa(int(as))
	if !ok || w.seen[key] {
		return
	}
	w.seen[key] = true
	for _, below := range w.below(l, schema) {
		w.visit(below.location, below.role)
	}
	for _, name := range []string{"oneOf", "not", "if", "contains"} {
		_, has := schema[name]
		w.careful = w.careful || has
	}
	switch {
	case w.place == nil:
		for _, name := range []string{"additionalProperties", "unevaluatedProperties"} {
			if allowed, ok := schema[name].(bool); ok && !allowed {
				delete(schema, name)
			}
		}
	case as == placed:
		w.place(w, l, schema)
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
func (w *world) closePlace(l location, schema map[string]any) {
	d := declared{names: map[string]any{}, patterns: map[string]any{}}
	w.collect(l, &d, map[location]bool{})
	switch {
	case !d.any || d.explicit:
	case !d.joined:
		schema["additionalProperties"] = false
	default:
		closed := map[string]any{"properties": d.names, "patternProperties": d.patterns, "additionalProperties": false}
		if _, ref := schema["$ref"]; ref && w.years(l.url) < 2019 {
			for name := range schema {
				// What stands beside the reference has not counted, and must not now.
				if name != "$ref" && name != "$schema" && name != "definitions" {
					delete(schema, name)
				}
			}
			schema["allOf"] = []any{map[string]any{"$ref": schema["$ref"]}, closed}
			delete(schema, "$ref")
			return
		}
		all, _ := schema["allOf"].([]any)
		schema["allOf"] = append(slices.Clone(all), closed)
	}
}

// collect adds the names that the schema at a location, and those that judge the same
// value, write down. It reads the documents as they were.
func (w *world) collect(l location, d *declared, seen map[location]bool) {
	schema, ok := at(w.as, l).(map[string]any)
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
