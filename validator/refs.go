package validator

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"segproof/internal/jsonpos"
)

// The library resolves URLs by itself, and some of them send it in a circle until the
// stack overflows, which nothing can recover: of "$id": "scheme:/path" it makes
// "scheme:///path" on the way and never finds the file again; two files that name each
// other as "$schema" are another. So references are resolved here, in the open, and the
// library is given texts in which every reference is a file and a pointer.

// links is what a document and others refer to in it.
type links struct {
	schemas   []schemaVisit     // every schema that is an object, the outer before the inner
	known     map[string]bool   // their pointers, and those of the schemas true and false
	resources map[string]string // URL -> pointer: the document, by its $id, and schemas with an $id of their own
	anchors   map[string]anchor // URL "#" name
	refs      []reference
	linked    int // schemas[:linked] have their references in refs
}

// schemaVisit is one schema of a document that is an object.
type schemaVisit struct {
	pointer string
	schema  map[string]any
	base    string // URL that its references start from
	partial bool   // it judges the same value as the schema around it
}

// anchor is a name for a place.
type anchor struct {
	pointer string
	dynamic bool // $dynamicAnchor
}

// reference is a $ref, $dynamicRef or $recursiveRef.
type reference struct {
	holder  string // pointer of the schema that holds it
	keyword string
	to      *document // nil if it leads to the meta-schema of a draft
	target  string    // as the library is told
}

// own returns the $id and the fragment of it that a schema has in the document's draft.
// Before 2019 a "$ref" hides it.
func (d *document) own(schema map[string]any) (id, fragment string) {
	if _, ref := schema["$ref"]; ref && d.year < 2019 {
		return "", ""
	}
	s, _ := schema[d.idKeyword()].(string)
	id, fragment, _ = strings.Cut(s, "#")
	return id, fragment
}

func (d *document) idKeyword() string {
	if d.year < 6 {
		return "id"
	}
	return "$id"
}

// resolve returns the URL that ref means where base counts, in its one spelling and
// without its fragment, and the fragment, decoded.
func resolve(base, ref string) (target, fragment string, err error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", "", err
	}
	u, err := b.Parse(ref)
	if err != nil {
		return "", "", err
	}
	fragment = u.Fragment
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.ToLower(u.Host)
	// A reference to nothing has the URL spelt as all others: without "..", with a
	// host, were it an empty one.
	return u.ResolveReference(&url.URL{}).String(), fragment, nil
}

// link finds the schemas of the document, and the URLs and anchors that they go by.
func (d *document) link() {
	d.links = links{known: map[string]bool{}, resources: map[string]string{}, anchors: map[string]anchor{}}
	d.links.resources[d.url] = ""
	d.walk(d.value, schemaVisit{base: d.url})
}

// base returns the URL that the document goes by: its $id, or else where it lies. The
// latter stands for a document that could not be read.
func (d *document) base() string {
	if len(d.links.schemas) == 0 {
		return d.url
	}
	return d.links.schemas[0].base
}

// walk adds the schema v at the place of visit, and those inside. What stands in enum,
// const, default or examples is data and is not visited.
func (d *document) walk(v any, visit schemaVisit) {
	if !isSchema(v) || d.links.known[visit.pointer] || len(d.links.known) > maxSchemas {
		return
	}
	if d.links.known[visit.pointer] = true; len(d.links.known) > maxSchemas {
		d.fault(ruleContractTooComplex, visit.pointer, fmt.Sprintf("more than %d schemas in one file", maxSchemas), "split it")
		return
	}
	schema, ok := v.(map[string]any)
	if !ok {
		return
	}
	visit.schema = schema
	visit.base = d.identify(schema, visit)
	d.links.schemas = append(d.links.schemas, visit)
	d.checkSizes(visit)
	for _, name := range sortedKeys(schema) {
		below := schemaVisit{pointer: jsonpos.Join(visit.pointer, name), base: visit.base, partial: isPartial(name)}
		d.walkKeyword(schema[name], keywordTable()[name].nest, below)
	}
}

// walkKeyword adds the schemas that the value of a keyword holds.
func (d *document) walkKeyword(v any, nest nesting, visit schemaVisit) {
	each := func(inner any, step string) {
		below := visit
		below.pointer = jsonpos.Join(visit.pointer, step)
		d.walk(inner, below)
	}
	switch nest {
	case one:
		d.walk(v, visit)
	case list, oneOrList:
		items, isList := v.([]any)
		if !isList {
			d.walk(v, visit)
		}
		for i, item := range items {
			each(item, strconv.Itoa(i))
		}
	case named, namedOrPlain:
		inner, _ := v.(map[string]any)
		for _, k := range sortedKeys(inner) {
			each(inner[k], k)
		}
	}
}

// isPartial reports whether the schemas that a keyword holds judge the same value as the
// schema with the keyword.
func isPartial(keyword string) bool {
	return slices.Contains([]string{"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies", "dependentSchemas"}, keyword)
}

// identify notes the names that a schema gives itself, and returns the base of the
// references in it.
func (d *document) identify(schema map[string]any, visit schemaVisit) (base string) {
	base = visit.base
	id, fragment := d.own(schema)
	at := jsonpos.Join(visit.pointer, d.idKeyword())
	if id != "" {
		target, _, err := resolve(base, id)
		switch pointer, taken := d.links.resources[target]; {
		case err != nil:
			d.fault(ruleContractInvalid, at, "got "+quote(id)+", want a URI reference", "")
		case taken && visit.pointer == "": // where the file lies
		case taken:
			d.fault(ruleContractInvalid, at, fmt.Sprintf("%s is the URL of another schema of this file already, at %q", quote(id), pointer), "")
		default:
			base = target
			d.links.resources[base] = visit.pointer
		}
	}
	if d.year < 2019 {
		d.anchor(base, fragment, at, anchor{visit.pointer, false})
	} else {
		name, _ := schema["$anchor"].(string)
		d.anchor(base, name, jsonpos.Join(visit.pointer, "$anchor"), anchor{visit.pointer, false})
	}
	if d.year >= 2020 {
		name, _ := schema["$dynamicAnchor"].(string)
		d.anchor(base, name, jsonpos.Join(visit.pointer, "$dynamicAnchor"), anchor{visit.pointer, true})
	}
	return base
}

func (d *document) anchor(base, name, at string, a anchor) {
	if name == "" || strings.HasPrefix(name, "/") {
		return
	}
	if _, taken := d.links.anchors[base+"#"+name]; taken {
		d.fault(ruleContractInvalid, at, quote(name)+" names another schema of this file already", "")
	}
	d.links.anchors[base+"#"+name] = a
}

// shelf is the files of one root, by the URLs that references may lead to.
type shelf struct {
	docs  []*document
	byURL map[string]*document
}

// newShelf notes a fault of each document that claims the URL of another one.
func newShelf(docs []*document) *shelf {
	s := &shelf{docs: docs, byURL: map[string]*document{}}
	for _, d := range docs {
		s.byURL[d.url] = d
	}
	for _, d := range docs {
		switch other := s.byURL[d.base()]; other {
		case nil:
			s.byURL[d.base()] = d
		case d:
		default:
			d.fault(ruleContractInvalid, "/"+d.idKeyword(), fmt.Sprintf("%s is the URL of %s already", quote(d.base()), other.file),
				"give each file a URL of its own, or none")
		}
	}
	return s
}

// link resolves every reference of every document that can be used so far. A reference
// may lead to a place that no keyword makes a schema, below "components" say: then there
// are schemas there.
func (s *shelf) link() {
	var usable []*document
	for _, d := range s.docs {
		if len(d.faults) == 0 {
			usable = append(usable, d)
		}
	}
	for again := true; again; {
		again = false
		for _, d := range usable {
			for ; d.links.linked < len(d.links.schemas); d.links.linked++ {
				s.linkSchema(d, d.links.schemas[d.links.linked])
				again = true
			}
		}
	}
}

// spread notes a fault of every document that refers, through however many others, to
// one that cannot be used.
func (s *shelf) spread() {
	for again := true; again; {
		again = false
		for _, d := range s.docs {
			again = d.blame() || again
		}
	}
}

// referenced returns the documents that another one refers to.
func (s *shelf) referenced() map[*document]bool {
	referenced := map[*document]bool{}
	for _, d := range s.docs {
		for _, r := range d.links.refs {
			if r.to != nil && r.to != d {
				referenced[r.to] = true
			}
		}
	}
	return referenced
}

// blame notes a fault of a document that refers to one that cannot be used.
func (d *document) blame() bool {
	if len(d.faults) > 0 {
		return false
	}
	for _, r := range d.links.refs {
		if r.to != nil && len(r.to.faults) > 0 {
			d.fault(ruleContractInvalid, jsonpos.Join(r.holder, r.keyword), "refers to "+r.to.file+", which cannot be used", "")
		}
	}
	return len(d.faults) > 0
}

// linkSchema resolves the references that one schema holds itself.
func (s *shelf) linkSchema(d *document, v schemaVisit) {
	for _, keyword := range refKeywords() {
		ref, ok := v.schema[keyword].(string)
		if !ok || !keywordTable()[keyword].readIn(d.year) {
			continue
		}
		r := reference{holder: v.pointer, keyword: keyword}
		rule, message := s.aim(&r, d, v.base, ref)
		if rule != "" {
			hint := ""
			if rule == ruleRefOutside {
				hint = "references reach only files of the same folder, never the network or another path"
			}
			d.fault(rule, jsonpos.Join(v.pointer, keyword), message, hint)
			continue
		}
		d.links.refs = append(d.links.refs, r)
	}
}

func refKeywords() []string { return []string{"$ref", "$dynamicRef", "$recursiveRef"} }

// aim finds out where a reference of d leads. It returns a rule and a message if it
// leads nowhere.
func (s *shelf) aim(r *reference, d *document, base, ref string) (rule, message string) {
	target, fragment, err := resolve(base, ref)
	if err != nil {
		return ruleContractInvalid, "got " + quote(ref) + ", want a URI reference"
	}
	if year := draftNamed(target); year != 0 && fragment == "" {
		r.target = draftOf(year).url
		return "", ""
	}
	pointer, here := d.links.resources[target]
	if r.to = d; !here {
		if r.to = s.byURL[target]; r.to == nil {
			return ruleRefOutside, quote(ref) + " is no file of this contract folder"
		}
		target = r.to.base()
	}
	if r.to.links.known == nil {
		return "", "" // it cannot be used: blame says so
	}
	switch {
	case fragment == "" || fragment[0] == '/':
		pointer += fragment
	default:
		a, ok := r.to.links.anchors[target+"#"+fragment]
		if !ok {
			return ruleContractInvalid, fmt.Sprintf("%s leads nowhere: there is no anchor %s", quote(ref), quote(fragment))
		}
		if a.dynamic && r.keyword == "$dynamicRef" {
			r.target = r.to.private(target) + "#" + fragment
			return "", ""
		}
		pointer = a.pointer
	}
	v, ok := valueAt(r.to.value, pointer)
	if !ok {
		return ruleContractInvalid, quote(ref) + " leads nowhere"
	}
	if !isSchema(v) {
		return ruleContractInvalid, quote(ref) + " leads to " + describe(v) + ", want a schema"
	}
	r.to.adopt(v, pointer)
	r.target = r.to.url + "#" + escapePointer(pointer)
	return "", ""
}

func isSchema(v any) bool {
	switch v.(type) {
	case bool, map[string]any:
		return true
	}
	return false
}

// adopt makes the value at pointer a schema of the document, if it is none yet.
func (d *document) adopt(v any, pointer string) {
	if d.links.known[pointer] {
		return
	}
	base := d.base()
	for p := pointer; p != ""; p = p[:strings.LastIndexByte(p, '/')] {
		if i := slices.IndexFunc(d.links.schemas, func(s schemaVisit) bool { return s.pointer == p }); i >= 0 {
			base = d.links.schemas[i].base
			break
		}
	}
	before := len(d.faults)
	if d.walk(v, schemaVisit{pointer: pointer, base: base}); len(d.faults) == before {
		d.checkMeta(v, pointer)
	}
}

// private returns the URL by which the library knows one of the document's resources.
func (d *document) private(resource string) string {
	if pointer := d.links.resources[resource]; pointer != "" {
		return d.url + "?" + url.QueryEscape(pointer)
	}
	return d.url
}

// escapePointer writes a pointer as the library does in its locations.
func escapePointer(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, s := range steps {
		steps[i] = url.PathEscape(s)
	}
	return strings.Join(steps, "/")
}

// unescapePointer is the reverse of escapePointer.
func unescapePointer(fragment string) string {
	if s, err := url.PathUnescape(fragment); err == nil {
		return s
	}
	return fragment
}
