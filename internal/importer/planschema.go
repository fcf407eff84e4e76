package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// schemaReader reads the JSON Schema of one rule into an event.
type schemaReader struct {
	*planReader
	event      *Documented
	properties int    // read so far
	refused    string // why it cannot be a contract; "" while it can
}

// isNoise reports whether a keyword says nothing to anybody who validates: an address or
// a note that Segment's app or Typewriter left. No contract keeps it, unless it refers to
// something by such an address.
//
// Source: the plan.json of github.com/segmentio/typewriter, which has them all.
func isNoise(keyword string) bool {
	return slices.Contains([]string{"id", "$id", "eventMetadata"}, keyword)
}

// contract reads the schema of a rule. Typewriter writes plans whose schemas are of the
// properties alone; "eventMetadata" marks them.
func (r *schemaReader) contract(s span) {
	members, _ := r.members(s)
	if _, unwrapped := members["eventMetadata"]; unwrapped {
		body := r.property(r.event.Type.BodyKey(), s, 0)
		body.Description = ""
		r.event.Description = r.string(members["description"].span)
		body.Keywords = slices.DeleteFunc(body.Keywords, func(k Keyword) bool { return k.Name == "$schema" || k.Name == "labels" })
		if labels, ok := members["labels"]; ok && string(r.raw(labels.span)) != "{}" {
			r.event.Root = append(r.event.Root, Keyword{"labels", r.raw(labels.span)})
		}
		if len(body.Properties) > 0 || len(body.Keywords) > 0 {
			if body.Need = Optional; slices.ContainsFunc(body.Properties, (*Property).needed) {
				body.Need = Required
			}
			r.event.Fields = []*Property{body}
		}
		return
	}
	for m := range r.each(s) {
		r.keyword(m)
	}
	r.requires(members["required"])
}

// each yields the members of the object at s in the order written, of a repeated key the
// last alone.
func (r *planReader) each(s span) iter.Seq[planMember] {
	return func(yield func(planMember) bool) {
		last, _ := r.members(s)
		for m := range event.Members(r.text[s.start:s.end]) {
			if last[m.Key].keyStart == s.start+m.KeyStart && !yield(last[m.Key]) {
				return
			}
		}
	}
}

// keyword reads one keyword at the top of a rule's schema.
func (r *schemaReader) keyword(m planMember) {
	switch m.key {
	case "title":
		r.event.Title = r.string(m.span)
	case "description":
		r.event.Description = r.string(m.span)
	case "$comment":
		r.event.Comment = r.string(m.span)
	case "$schema":
		if s := r.string(m.span); strings.TrimSuffix(s, "#") != strings.TrimSuffix(draft07, "#") {
			r.event.Dialect = s
		}
	case "$id":
		if s := r.string(m.span); strings.HasPrefix(s, idPrefix) {
			r.event.ID = s
		} else {
			r.noise["$id"]++
		}
	case "x-segproof":
		r.event.Origin = r.raw(m.span)
	case "examples":
		for e := range arrayElements(r.text[m.start:m.end]) {
			r.event.Examples = append(r.event.Examples, r.raw(span{m.start + e.start, m.start + e.end}))
		}
	case "properties":
		r.fields(m)
	case "type", "required": // an event is an object, whatever the schema says
	case "id":
		r.noise["id"]++
	case "labels":
		if string(r.raw(m.span)) != "{}" {
			r.event.Root = append(r.event.Root, Keyword{m.key, r.raw(m.span)})
		}
	default:
		r.event.Root = append(r.event.Root, Keyword{m.key, r.raw(m.span)})
	}
}

// fields reads the members of the event. Segment's app lists context and traits whether
// anything is said of them or not; those that say nothing are left out, and so is the
// identity, which the rule itself names.
func (r *schemaReader) fields(m planMember) {
	if r.text[m.start] != '{' {
		r.refused = "its properties are no object"
		return
	}
	for f := range r.each(m.span) {
		text := string(r.raw(f.span))
		if r.identity(f, text) {
			continue
		}
		if text == "{}" && f.key != r.event.Type.BodyKey() || text == "{}" && f.key == "properties" {
			continue
		}
		p := r.property(f.key, f.span, 0)
		p.At = r.places.at(f.keyStart)
		if f.key == "context" && r.dropVersion(p) {
			continue
		}
		r.event.Fields = append(r.event.Fields, p)
	}
}

// identity reports whether a member says which events the rule is for, which its key and
// type say already. What else it says is told. The rule of a page may have no key, and the
// name in its schema.
func (r *schemaReader) identity(f planMember, text string) bool {
	want := quoted(string(r.event.Type))
	if r.event.Type == "" { // the common schema
		return false
	}
	if f.key != "type" {
		if f.key != r.event.Type.NameKey() {
			return false
		}
		if r.event.Name == "" {
			members, _ := r.members(f.span)
			r.event.Name = r.string(members["const"].span)
		}
		if want = quoted(r.event.Name); r.event.Name == "" {
			return false
		}
	}
	if text != "{}" && text != `{"type":"string"}` && text != `{"const":`+string(want)+`}` {
		r.report(rulePlanSchema, f.keyStart, fmt.Sprintf("what is said of %s is left out, for it is %s", f.key, want), "")
	}
	return true
}

// dropVersion takes context.protocols.event_version out of the context, which the rule's
// version stands for. It reports whether nothing is left. Who writes it into the schema
// wants it in the contract, even where the version is 1 and alone.
func (r *schemaReader) dropVersion(context *Property) (empty bool) {
	protocols := context.Member("protocols")
	if protocols == nil || protocols.Member("event_version") == nil {
		return false
	}
	r.event.keepsVersion = true
	protocols.Properties = slices.DeleteFunc(protocols.Properties, func(p *Property) bool { return p.Name == "event_version" })
	if len(protocols.Properties) == 0 && len(protocols.Keywords) == 0 {
		context.Properties = slices.DeleteFunc(context.Properties, func(p *Property) bool { return p == protocols })
	}
	return len(context.Properties) == 0 && len(context.Keywords) == 0
}

// requires reads which members every event has.
func (r *schemaReader) requires(m planMember) {
	for _, name := range r.names(m) {
		switch {
		case name == "type" || name == r.event.Type.NameKey() || name == "groupId" && r.event.Type == event.Group:
			// The contract says so anyhow.
		case member(r.event.Fields, name) != nil:
			member(r.event.Fields, name).Need = Required
		default:
			r.event.Requires = append(r.event.Requires, name)
		}
	}
}

// names reads a list of names.
func (r *planReader) names(m planMember) []string {
	var names []string
	if m.end > 0 && json.Unmarshal(r.text[m.start:m.end], &names) != nil {
		r.report(rulePlanSchema, m.start, "required is no list of names; it is left out", "")
		return nil
	}
	return names
}

// property reads the schema of one property.
func (r *schemaReader) property(name string, s span, depth int) *Property {
	p := &Property{Name: name, At: r.places.at(s.start), Row: rowHash(string(r.raw(s))), Need: Optional}
	r.properties++
	switch {
	case depth > maxPlanDepth:
		r.refused = fmt.Sprintf("its properties nest more than %d deep", maxPlanDepth)
		return p
	case r.properties > maxPlanProperties:
		r.refused = fmt.Sprintf("it has more than %d properties", maxPlanProperties)
		return p
	}
	members, ok := r.members(s)
	if !ok {
		r.boolean(p, s)
		return p
	}
	for m := range r.each(s) {
		r.propertyKeyword(p, m, depth)
	}
	if isEitherDate(p) {
		p.Format = FormatISO8601
		p.Keywords = slices.DeleteFunc(p.Keywords, func(k Keyword) bool { return k.Name == "anyOf" })
	}
	_, described := members["properties"]
	for _, name := range r.names(members["required"]) {
		child := p.Member(name)
		if child == nil {
			// Where others are described, it is misspelt in one of the two places. The version
			// is described by the rule's own.
			if described && name != "event_version" {
				r.report(rulePlanSchema, members["required"].start, fmt.Sprintf("%q is required and not described; the contract describes it as anything", name), "")
			}
			child = &Property{Name: name, At: r.places.at(members["required"].start)}
			p.Properties = append(p.Properties, child)
		}
		child.Need = Required
	}
	return p
}

// boolean reads a schema that is true or false.
func (r *schemaReader) boolean(p *Property, s span) {
	switch string(r.text[s.start:s.end]) {
	case "true": // anything
	case "false":
		p.Keywords = append(p.Keywords, Keyword{"not", json.RawMessage("{}")})
	default:
		r.refused = fmt.Sprintf("line %d: the schema of %q is neither an object nor true or false", p.At.Line, p.Name)
	}
}

// isEitherDate reports whether the schema takes a date or a date-time, as the importer
// writes it.
func isEitherDate(p *Property) bool {
	return p.Format == "" && slices.ContainsFunc(p.Keywords, func(k Keyword) bool {
		return k.Name == "anyOf" && string(k.Value) == `[{"format":"date"},{"format":"date-time"}]`
	})
}

// propertyKeyword reads one keyword of a property's schema. What has no place in a
// Property is kept as it is.
func (r *schemaReader) propertyKeyword(p *Property, m planMember, depth int) {
	switch {
	case m.key == "required":
	case m.key == "description" && r.text[m.start] == '"':
		p.Description = r.string(m.span)
	case m.key == "format" && r.text[m.start] == '"':
		p.Format = r.string(m.span)
	case m.key == "type":
		r.types(p, m)
	case m.key == "enum" && r.text[m.start] == '[':
		for e := range arrayElements(r.text[m.start:m.end]) {
			p.Enum = append(p.Enum, r.raw(span{m.start + e.start, m.start + e.end}))
		}
	case m.key == "items" && r.text[m.start] == '{':
		p.Items = r.property("", m.span, depth+1)
	case m.key == "properties" && r.text[m.start] == '{':
		for child := range r.each(m.span) {
			c := r.property(child.key, child.span, depth+1)
			c.At = r.places.at(child.keyStart)
			p.Properties = append(p.Properties, c)
		}
	case isNoise(m.key) && !r.hasRef:
		r.noise[m.key]++
	default:
		p.Keywords = append(p.Keywords, Keyword{m.key, r.raw(m.span)})
	}
}

// jsonSchemaTypes are the types that JSON Schema has.
func jsonSchemaTypes() []string {
	var names []string
	for t := range jsonTypes {
		names = append(names, t.String())
	}
	return names
}

// types reads one type or a list of them.
func (r *schemaReader) types(p *Property, m planMember) {
	var one string
	if json.Unmarshal(r.text[m.start:m.end], &one) == nil {
		p.Types = []string{one}
	} else if json.Unmarshal(r.text[m.start:m.end], &p.Types) != nil {
		p.Types = nil
		r.report(rulePlanSchema, m.start, "type is neither a name nor a list of names; it is left out", "")
	}
	for _, t := range p.Types {
		// Segment's editor has a data type any; in a schema it means that no type is asked for.
		if t != "any" && !slices.Contains(jsonSchemaTypes(), t) {
			r.report(rulePlanSchema, m.start, fmt.Sprintf("type %q is left out, JSON Schema has none such%s", t, finding.DidYouMean(t, jsonSchemaTypes())), "")
		}
	}
	p.Types = slices.DeleteFunc(p.Types, func(t string) bool { return !slices.Contains(jsonSchemaTypes(), t) })
}

// arrayElements yields the elements of a JSON array, which was checked, as spans of its
// text; none if it is no array.
func arrayElements(text []byte) iter.Seq[span] {
	return func(yield func(span) bool) {
		if len(text) == 0 || text[0] != '[' {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		if _, err := dec.Token(); err != nil {
			return
		}
		for dec.More() {
			var element json.RawMessage
			if dec.Decode(&element) != nil {
				return
			}
			end := int(dec.InputOffset())
			if !yield(span{end - len(element), end}) {
				return
			}
		}
	}
}
