package inclusion

import (
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"segproof/validator"
)

// reader makes nodes of the documents of a schema.
type reader struct {
	arena *arena
	docs  map[string]any
	year  func(string) int
	read  map[location]*node
}

// arena holds the nodes of one question.
type arena struct {
	nodes    []*node
	patterns map[string]*pattern
	dynamic  string // a reference that cannot be followed without the way to it; "" if none
}

func newArena() *arena { return &arena{patterns: map[string]*pattern{}} }

// add reads a schema into the arena and returns its node.
func (a *arena) add(s *Schema) *node {
	r := &reader{arena: a, docs: s.docs, year: s.judge.Year, read: map[location]*node{}}
	return r.schema(location{s.judge.Root(), ""})
}

// fresh returns a new node that accepts everything.
func (a *arena) fresh() *node {
	n := &node{id: len(a.nodes), kinds: allKinds}
	n.text.minLength, n.text.maxLength = -1, -1
	n.array.minItems, n.array.maxItems, n.array.maxContains = -1, -1, -1
	n.object.minProperties, n.object.maxProperties = -1, -1
	a.nodes = append(a.nodes, n)
	return n
}

// compile returns the pattern of a source that the library has compiled.
func (a *arena) compile(source string) *pattern {
	p, ok := a.patterns[source]
	if !ok {
		p = &pattern{source: source, regexp: regexp.MustCompile(source)}
		a.patterns[source] = p
	}
	return p
}

// schema returns the node of the schema at a location.
func (r *reader) schema(l location) *node {
	l = r.follow(l)
	if n, ok := r.read[l]; ok {
		return n
	}
	v := at(r.docs, l)
	schema, isObject := v.(map[string]any)
	n := r.arena.fresh()
	n.at = l
	r.read[l] = n
	if allowed, isBool := v.(bool); !isObject {
		if isBool && !allowed {
			n.never, n.kinds = true, 0
		} else if !isBool {
			n.opaque = "a reference to " + l.url
		}
		return n
	}
	w := keywords{r, l, schema, r.year(l.url)}
	w.references(n)
	if _, ref := schema["$ref"]; ref && w.year < 2019 {
		return n
	}
	w.values(n)
	w.numbers(n)
	w.strings(n)
	w.arrays(n)
	w.objects(n)
	w.logic(n)
	return n
}

// maxHops is how many references in a row are followed.
const maxHops = 100

// follow returns where a schema that is nothing but a reference leads.
func (r *reader) follow(l location) location {
	for range maxHops {
		schema, _ := at(r.docs, l).(map[string]any)
		ref, ok := schema["$ref"].(string)
		if !ok || len(schema) > 1 && r.year(l.url) >= 2019 || at(r.docs, target(ref)) == nil {
			break
		}
		l = target(ref)
	}
	return l
}

// keywords reads the keywords of one schema.
type keywords struct {
	*reader
	at     location
	schema map[string]any
	year   int
}

// one returns the node of a keyword that holds a schema; nil if it is not there.
func (w keywords) one(name string) *node {
	if _, ok := w.schema[name]; !ok {
		return nil
	}
	return w.reader.schema(w.at.step(name))
}

// list returns the nodes of a keyword that holds a list of schemas.
func (w keywords) list(name string) []*node {
	items, _ := w.schema[name].([]any)
	var all []*node
	for i := range items {
		all = append(all, w.reader.schema(w.at.step(name, strconv.Itoa(i))))
	}
	return all
}

// integer returns a count; -1 if it is not there.
func (w keywords) integer(name string) int {
	n, ok := w.schema[name].(json.Number)
	if !ok {
		return -1
	}
	f, err := n.Float64()
	if err != nil {
		return -1
	}
	return int(f)
}

func (w keywords) rational(name string) *big.Rat {
	n, ok := w.schema[name].(json.Number)
	if !ok {
		return nil
	}
	return rational(n)
}

// references reads the keywords that lead elsewhere.
func (w keywords) references(n *node) {
	if ref, ok := w.schema["$ref"].(string); ok {
		n.ref = w.reader.schema(target(ref))
	}
	for _, name := range []string{"$dynamicRef", "$recursiveRef"} {
		ref, ok := w.schema[name].(string)
		if !ok || name == "$dynamicRef" && w.year < 2020 || name == "$recursiveRef" && w.year != 2019 {
			continue
		}
		if to, ok := w.reader.dynamic(ref); ok {
			n.allOf = append(n.allOf, w.reader.schema(to))
		} else {
			n.opaque = name
			w.arena.dynamic = name + " at " + w.at.url + "#" + w.at.pointer
		}
	}
}

// dynamic returns where a $dynamicRef or $recursiveRef leads; ok is false if that depends
// on the way by which it is reached.
func (r *reader) dynamic(ref string) (to location, ok bool) {
	_, fragment, _ := strings.Cut(ref, "#")
	to = target(ref)
	var anchors []location
	for _, u := range slices.Sorted(maps.Keys(r.docs)) {
		eachSchema(r.docs[u], location{url: u}, func(l location, schema map[string]any) {
			if schema["$recursiveAnchor"] == true || fragment != "" && schema["$dynamicAnchor"] == fragment {
				anchors = append(anchors, l)
			}
		})
	}
	switch isAnchor := fragment != "" && fragment[0] != '/'; {
	case isAnchor && len(anchors) == 1:
		return anchors[0], true
	case isAnchor:
		return to, false
	}
	v, _ := at(r.docs, to).(map[string]any)
	return to, v["$recursiveAnchor"] != true || len(anchors) == 1
}

// eachSchema calls do with every object in a document.
func eachSchema(v any, l location, do func(location, map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		do(l, v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			eachSchema(v[name], l.step(name), do)
		}
	case []any:
		for i, inner := range v {
			eachSchema(inner, l.step(strconv.Itoa(i)), do)
		}
	}
}

// values reads the keywords about values of any kind.
func (w keywords) values(n *node) {
	if names := stringsOf(w.schema["type"]); len(names) > 0 {
		n.kinds = 0
		for _, name := range names {
			n.kinds |= kindsOf(name)
		}
	}
	if values, _ := w.schema["enum"].([]any); len(values) > 0 {
		n.lists = append(n.lists, values)
	}
	if v, ok := w.schema["const"]; ok && w.year >= 6 {
		n.lists = append(n.lists, []any{v})
	}
	examples, _ := w.schema["examples"].([]any)
	n.hints = append(n.hints, examples...)
	if v, ok := w.schema["default"]; ok {
		n.hints = append(n.hints, v)
	}
}

// kindsOf returns the kinds that a type's name stands for.
func kindsOf(name string) kinds {
	switch name {
	case "null":
		return nulls
	case "boolean":
		return booleans
	case "integer":
		return integers
	case "number":
		return integers | fractions
	case "string":
		return texts
	case "array":
		return arrays
	case "object":
		return objects
	}
	return 0
}

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

func (w keywords) numbers(n *node) {
	n.number = numberWords{min: w.rational("minimum"), max: w.rational("maximum"),
		above: w.rational("exclusiveMinimum"), below: w.rational("exclusiveMaximum"), multipleOf: w.rational("multipleOf")}
	if w.schema["exclusiveMinimum"] == true {
		n.number.min, n.number.above = nil, n.number.min
	}
	if w.schema["exclusiveMaximum"] == true {
		n.number.max, n.number.below = nil, n.number.max
	}
}

func (w keywords) strings(n *node) {
	n.text.minLength, n.text.maxLength = w.integer("minLength"), w.integer("maxLength")
	if source, ok := w.schema["pattern"].(string); ok {
		n.text.pattern = w.arena.compile(source)
	}
	if format, ok := w.schema["format"].(string); ok {
		if n.text.check = validator.FormatCheck(format); n.text.check != nil {
			n.text.format = formatName(format)
		}
	}
	if w.year == 7 {
		// Later drafts make annotations of these, which the library leaves alone.
		if w.schema["contentEncoding"] == "base64" {
			n.text.encoding = "base64"
		}
		if w.schema["contentMediaType"] == "application/json" {
			n.text.media = "application/json"
			// An empty name of an encoding counts as none.
			if encoding, _ := w.schema["contentEncoding"].(string); encoding != "" && n.text.encoding == "" {
				n.text.media = "" // of what it cannot decode the library parses nothing
			}
		}
	}
}

func (w keywords) arrays(n *node) {
	a := &n.array
	a.minItems, a.maxItems = w.integer("minItems"), w.integer("maxItems")
	a.unique = w.schema["uniqueItems"] == true
	_, isList := w.schema["items"].([]any)
	switch {
	case w.year >= 2020:
		a.prefix, a.rest = w.list("prefixItems"), w.one("items")
	case isList:
		a.prefix, a.rest = w.list("items"), w.one("additionalItems")
	default:
		a.rest = w.one("items")
	}
	if w.year >= 6 {
		if a.contains = w.one("contains"); a.contains != nil {
			a.minContains = 1
		}
	}
	if w.year >= 2019 {
		if min := w.integer("minContains"); min >= 0 && a.contains != nil {
			a.minContains = min
		}
		a.maxContains = w.integer("maxContains")
		a.unevaluated = w.one("unevaluatedItems")
	}
	a.evaluates = w.year >= 2020
}

func (w keywords) objects(n *node) {
	o := &n.object
	o.minProperties, o.maxProperties = w.integer("minProperties"), w.integer("maxProperties")
	required, _ := w.schema["required"].([]any)
	o.required = stringsOf(required)
	slices.Sort(o.required)
	properties, _ := w.schema["properties"].(map[string]any)
	o.names = slices.Sorted(maps.Keys(properties))
	o.properties = map[string]*node{}
	for _, name := range o.names {
		o.properties[name] = w.reader.schema(w.at.step("properties", name))
	}
	patterns, _ := w.schema["patternProperties"].(map[string]any)
	for _, source := range slices.Sorted(maps.Keys(patterns)) {
		below := w.reader.schema(w.at.step("patternProperties", source))
		o.patterns = append(o.patterns, patternProperty{w.arena.compile(source), below})
	}
	o.additional = w.one("additionalProperties")
	if w.year >= 6 {
		o.propertyNames = w.one("propertyNames")
	}
	w.dependencies(n, "dependencies")
	if w.year >= 2019 {
		w.dependencies(n, "dependentRequired")
		w.dependencies(n, "dependentSchemas")
		o.unevaluated = w.one("unevaluatedProperties")
	}
}

func (w keywords) dependencies(n *node, keyword string) {
	all, _ := w.schema[keyword].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d := dependency{name: name}
		if names, ok := all[name].([]any); ok {
			d.required = stringsOf(names)
		} else {
			d.node = w.reader.schema(w.at.step(keyword, name))
		}
		n.object.dependencies = append(n.object.dependencies, d)
	}
}

func (w keywords) logic(n *node) {
	n.not = w.one("not")
	n.allOf = append(n.allOf, w.list("allOf")...)
	n.anyOf, n.oneOf = w.list("anyOf"), w.list("oneOf")
	if w.schema["if"] != nil && w.year >= 7 {
		n.ifThen, n.then, n.orElse = w.one("if"), w.one("then"), w.one("else")
	}
}
