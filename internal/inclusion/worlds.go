package inclusion

import (
	"encoding/json"
	"errors"
	"fmt"
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
	return w.schema(s, "allOf", nil)
}

// CloseBeside is [Schema.Close] where another schema describes names as well, with what
// they may hold: those of the whole value, and, inside of its members of the names deep, at
// any depth. Where the schema itself describes a name, it alone says what that may hold.
func (s *Schema) CloseBeside(known *Schema, deep ...string) (*Schema, error) {
	w := newWorld(s, (*world).closePlace)
	w.deep = deep
	docs, dynamic := undynamic(known)
	for u, doc := range docs {
		w.docs[u+knownMark] = marked(doc)
	}
	w.careful = w.careful || dynamic
	w.years = func(u string) int {
		if own, ok := strings.CutSuffix(u, knownMark); ok {
			return known.judge.Year(own)
		}
		return s.judge.Year(u)
	}
	w.known = location{known.judge.Root() + knownMark, ""}
	return w.schema(s, "allOf", []location{w.known})
}

// Open returns the schema of a reader that ignores names that it does not know:
// "additionalProperties": false and "unevaluatedProperties": false are gone. Open
// accepts whatever the schema accepts.
func (s *Schema) Open() (*Schema, error) {
	w := newWorld(s, nil)
	return w.schema(s, "anyOf", nil)
}

// changedMark marks the URLs of the documents that hold the changed schemas. The documents as they
// were stay beside them, under their own URLs.
const changedMark = "?changed"

// knownMark marks the URLs of the documents of another schema.
const knownMark = "?known"

// world makes changed schemas out of those of documents, which stay as they are: a schema
// that is a place of its own and, for the references that lead to it, judges the value of
// another place is changed twice, once for each. What is below "not", "if", "contains" and
// "propertyNames" is not changed: what narrows a schema there widens the whole.
type world struct {
	docs    map[string]any                                  // as they were
	years   func(string) int                                // of the documents as they were
	made    map[string]map[string]any                       // the changed schemas, by the document that they come from and by name
	names   map[string]string                               // of the changed schemas, by place and role
	place   func(*world, location, map[string]any, company) // closes the schema of a place; nil opens schemas
	known   location                                        // of the whole schema that describes names as well
	deep    []string                                        // the members of the whole inside of which it does
	careful bool                                            // a keyword is there under which narrower is wider
	groups  map[string]*group                               // by the schemas that are there
	read    map[location]map[string]any                     // the schemas that were looked at
	left    int                                             // schemas that may still be looked at
}

// maxLookedAt is how many schemas closing may look at, counted for each place anew.
const maxLookedAt = 400_000

// errManyPlaces is the error of a schema of which closing would take too long.
var errManyPlaces = errors.New("the schema describes too many places in too many ways")

// company is what describes the value that a schema judges.
type company struct {
	group  *group     // all of the world, the schema itself or what leads to it among them; nil if nothing is closed
	beside []location // of the schema that describes names as well
}

// id tells companies apart that differ in their groups.
func (c company) id() int {
	if c.group == nil {
		return -1
	}
	return c.group.id
}

func newWorld(s *Schema, place func(*world, location, map[string]any, company)) *world {
	w := &world{years: s.judge.Year, made: map[string]map[string]any{}, names: map[string]string{}, place: place, read: map[location]map[string]any{}, groups: map[string]*group{}, left: maxLookedAt}
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

// marked lets the references of a document lead to the documents with the mark of those
// that are known.
func marked(v any) any {
	eachSchema(v, location{}, func(_ location, schema map[string]any) {
		for _, name := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
			ref, _ := schema[name].(string)
			if u, fragment, ok := strings.Cut(ref, "#"); ok && strings.HasPrefix(u, "segproof:") {
				schema[name] = u + knownMark + "#" + fragment
			}
		}
	})
	return v
}

// refTo returns a schema that is a reference.
func refTo(l location) map[string]any {
	return map[string]any{"$ref": l.url + "#" + (&url.URL{Path: l.pointer}).EscapedPath()}
}

// schema compiles the changed documents. Where keywords are about that turn narrower into
// wider, the schema as written stays beside the changed one, joined by how. The schemas
// beside describe names of the whole value.
func (w *world) schema(s *Schema, how string, beside []location) (*Schema, error) {
	written := location{s.judge.Root(), ""}
	changed := w.changed(written, placed, company{w.group(written), beside})
	if changed == nil {
		return s, nil // true, or false
	}
	if w.left < 0 {
		return nil, errManyPlaces
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
		l.pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
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
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
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
func (w *world) changed(l location, as role, with company) map[string]any {
	schema := w.at(l)
	if w.left--; schema == nil || w.left < 0 {
		return nil
	}
	key := fmt.Sprintf("%d %q %d %q", as, l, with.id(), with.beside)
	name, known := w.names[key]
	if !known {
		name = strconv.Itoa(len(w.names))
		w.names[key] = name
		if w.made[l.url] == nil {
			w.made[l.url] = map[string]any{}
		}
		w.made[l.url][name] = w.change(l, as, schema, with)
	}
	return refTo(location{l.url + changedMark, ""}.step("definitions", name))
}

// change returns the changed schema.
func (w *world) change(l location, as role, schema map[string]any, with company) map[string]any {
	c := maps.Clone(schema)
	for _, name := range []string{"$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "definitions", "$defs"} {
		delete(c, name)
	}
	if ref, ok := schema["$ref"].(string); ok {
		if w.years(l.url) < 2019 {
			c = map[string]any{"$ref": ref} // what stands beside it does not count
		}
		if to := w.changed(target(ref), within, with); to != nil {
			c["$ref"] = to["$ref"]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		w.keyword(l, name, c, with)
	}
	switch {
	case w.place == nil:
		for _, name := range []string{"additionalProperties", "unevaluatedProperties"} {
			if allowed, ok := c[name].(bool); ok && !allowed {
				delete(c, name)
			}
		}
	case as == placed:
		w.place(w, l, c, with)
	}
	return c
}

// keyword puts references to the changed schemas in place of those that a keyword of c holds.
func (w *world) keyword(l location, name string, c map[string]any, with company) {
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
	below := func(key string) company {
		if as == within {
			return with
		}
		return w.inside(with, l, name, key)
	}
	switch v := c[name].(type) {
	case []any:
		v = slices.Clone(v)
		for i := range v {
			key := strconv.Itoa(i)
			if to := w.changed(l.step(name, key), as, below(key)); to != nil {
				v[i] = to
			}
		}
		c[name] = v
	case map[string]any:
		if !holdsNames(name) {
			if to := w.changed(l.step(name), as, below("")); to != nil {
				c[name] = to
			}
			return
		}
		v = maps.Clone(v)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if to := w.changed(l.step(name, k), as, below(k)); to != nil {
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
