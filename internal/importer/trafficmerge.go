package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/internal/jsonpos"
)

// sampling brings an inferred contract in step with more events. They are a sample: what
// they have widens the contract, what they lack narrows nothing. What somebody has changed
// by hand stays; source.rows has what an import wrote of each property, by a hash.
type sampling struct {
	merging
	out      *object // rows, as they are now
	narrower []string
}

// mergeSample changes the contract, which is the caller's, to take the events too.
func (doc *Document) mergeSample(d *Documented, c *object) []difference {
	ours := c.object("x-segproof")
	m := &sampling{merging: merging{doc: doc, event: d, rows: ours.object("source").object("rows")}, out: &object{}}
	if m.rows != nil {
		m.out.members = slices.Clone(m.rows.members)
	}
	m.members(c, d.Fields, "", "")
	if source := doc.origin(d).object("source"); ours != nil && source != nil {
		if source.remove("rows"); len(m.out.members) > 0 {
			source.set("rows", m.out)
		}
		ours.insert("source", source, []string{"source", "owner"})
	}
	if n := len(m.narrower); n > 0 {
		first := strings.Join(m.narrower[:min(3, n)], ", ")
		m.differ(difference{rule: ruleHandMadeKept, at: d.At, kept: true,
			contract: fmt.Sprintf("the events are narrower than the contract in %s, as in %s; it stays as wide as it is", plural(n, "place"), first)})
	}
	return m.differences
}

// less notes that a sample has less than the contract takes.
func (m *sampling) less(what string) {
	if !slices.Contains(m.narrower, what) {
		m.narrower = append(m.narrower, what)
	}
}

// sampleState is the hash of what an import of traffic writes of a property.
func sampleState(schema *object, need Need) string {
	return rowHash(fmt.Sprintf("%s %s %s %t", compactJSON(schema.get("type")), compactJSON(schema.get("enum")), compactJSON(schema.get("format")), need == Required))
}

// sampleRows returns the states of all properties of an event.
func (d *Documented) sampleRows() *object {
	rows := &object{}
	for _, p := range d.Fields {
		p.sampleRows(rows, p.Name, p.need())
	}
	return rows
}

// need returns Required for what the contract requires.
func (p *Property) need() Need {
	if p.needed() {
		return Required
	}
	return Optional
}

// needIn returns the same of a member of a schema.
func needIn(parent *object, name string) Need {
	if hasName(parent, name) {
		return Required
	}
	return Optional
}

func (p *Property) sampleRows(rows *object, path string, need Need) {
	own := Property{Types: p.Types, Enum: p.Enum, Format: p.Format}
	rows.set(path, quoted(sampleState(own.schema(), need)))
	for _, c := range p.Properties {
		c.sampleRows(rows, join(path, c.Name), c.need())
	}
	if p.Items != nil {
		p.Items.sampleRows(rows, path+"[]", Optional)
	}
}

// members brings the members of an object in step.
func (m *sampling) members(schema *object, children []*Property, path, pointer string) {
	m.missing(schema, children, path, pointer)
	if len(children) == 0 {
		return
	}
	have := schema.object("properties")
	if have == nil {
		have = &object{}
		schema.insert("properties", have, propertyOrder())
	}
	for _, p := range children {
		m.member(schema, have, p, join(path, p.Name), jsonpos.Join(pointer+"/properties", p.Name))
	}
}

// missing deals with what an object requires and none of the events had.
func (m *sampling) missing(schema *object, children []*Property, path, pointer string) {
	for _, text := range sorted(schema.get("required")) {
		var name string
		_ = json.Unmarshal([]byte(text), &name) // what is no text is no name
		at := join(path, name)
		if member(children, name) != nil || path == "" && name != m.event.Type.BodyKey() {
			continue
		}
		ours := m.rows.text(at) == sampleState(schema.object("properties").object(name), Required)
		d := difference{rule: ruleDriftRequired, pointer: pointer + "/required", at: m.event.At, what: propertyWord(at), says: "that it may be left out", contract: "required", kept: !ours}
		if path == "" {
			d.what = "the event's " + name
		}
		if m.differ(d); ours {
			dropName(schema, name)
			m.out.set(at, quoted(sampleState(schema.object("properties").object(name), Optional)))
		}
	}
}

func (m *sampling) member(parent, have *object, p *Property, path, pointer string) {
	d := difference{pointer: pointer, at: m.event.At, what: propertyWord(path)}
	if !strings.Contains(path, ".") {
		d.what = "the event's " + p.Name
	}
	if have.get(p.Name) == nil {
		// The events before had none: it is not always there.
		d.rule, d.says = ruleDriftPropertyNew, cmpType(p)
		m.differ(d)
		have.set(p.Name, p.schema())
		p.sampleRows(m.out, path, Optional)
		return
	}
	schema, ok := have.get(p.Name).(*object)
	if !ok { // true or false
		if isFalse, _ := have.get(p.Name).(json.RawMessage); string(isFalse) == "false" {
			d.rule, d.says, d.contract, d.kept = ruleDriftType, cmpType(p), "false", true
			m.differ(d)
		}
		return
	}
	need := needIn(parent, p.Name)
	d.kept = m.rows.text(path) != sampleState(schema, need)
	m.value(schema, p, path, d)
	if need == Required && p.Need == Optional {
		d.rule, d.says, d.contract = ruleDriftRequired, "that it may be left out", "required"
		if m.differ(d); !d.kept {
			dropName(parent, p.Name)
		}
	} else if need != Required && p.Need == Required {
		m.less(d.what)
	}
	if !d.kept {
		m.out.set(path, quoted(sampleState(schema, needIn(parent, p.Name))))
	}
}

// countText is the comment that an import of traffic writes.
var countText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^in \d+ of \d+$`) })

// value widens one schema and tells where it is not wide enough; d says whether it is kept,
// because it is not as an import wrote it.
func (m *sampling) value(schema *object, p *Property, path string, d difference) {
	before, broken := describeSchema(schema), ""
	for _, keyword := range []struct {
		name  string
		takes bool
	}{{"type", coversTypes(typesIn(schema), p.Types)}, {"enum", p.sample.within(schema)}, {"format", p.sample.has(schema.text("format"))}} {
		if keyword.takes {
			continue
		}
		if broken == "" {
			broken = keyword.name
		}
		switch {
		case d.kept:
		case keyword.name == "type":
			schema.insert("type", typeValue(append(typesIn(schema), p.Types...)), propertyOrder())
		default:
			schema.remove(keyword.name)
		}
	}
	if broken != "" {
		d.rule, d.says, d.contract = ruleDriftType, cmpType(p), before
		if broken == "enum" {
			d.rule, d.says = ruleDriftEnum, "other values"
		}
		m.differ(d)
	} else if have := typesIn(schema); have == nil && len(p.Types) > 0 || !coversTypes(p.Types, have) {
		m.less(d.what)
	}
	if comment := keyword(p.Keywords, "$comment"); comment != nil && countText().MatchString(schema.text("$comment")) {
		schema.set("$comment", comment)
	}
	if p.sample != nil && p.sample.types[isObject] > 0 {
		m.members(schema, p.Properties, path, d.pointer)
	}
	m.items(schema, p, path, d)
}

// items brings what an array holds in step.
func (m *sampling) items(schema *object, p *Property, path string, d difference) {
	if p.Items == nil {
		return
	}
	items := schema.object("items")
	switch {
	case items != nil:
		d.pointer += "/items"
		d.kept = m.rows.text(path+"[]") != sampleState(items, Optional)
		m.value(items, p.Items, path+"[]", d)
		if !d.kept {
			m.out.set(path+"[]", quoted(sampleState(items, Optional)))
		}
	case !d.kept && schema.get("items") == nil && m.rows.get(path+"[]") == nil:
		// No array had anything in it so far.
		d.rule, d.says, d.contract = ruleDriftType, cmpType(p), describeSchema(schema)
		m.differ(d)
		schema.insert("items", p.Items.schema(), propertyOrder())
		p.Items.sampleRows(m.out, path+"[]", Optional)
	}
}

// typesIn returns the types that a schema names, nil if it names none.
func typesIn(schema *object) []string {
	var types []string
	for _, t := range sorted(schema.get("type")) {
		types = append(types, strings.Trim(t, `"`))
	}
	return types
}

// coversTypes reports whether values of the types of want may have those of have. None are
// any.
func coversTypes(have, want []string) bool {
	return len(have) == 0 || !slices.ContainsFunc(want, func(t string) bool {
		return !slices.Contains(have, t) && !(t == "integer" && slices.Contains(have, "number"))
	})
}

// typeValue returns the types as a schema has them, each once, in the order of proposals.
func typeValue(types []string) any {
	var list []string
	for t := range jsonTypes {
		if name := t.String(); slices.Contains(types, name) && !(t == isInteger && slices.Contains(types, isNumber.String())) {
			list = append(list, name)
		}
	}
	if len(list) == 1 {
		return quoted(list[0])
	}
	return quotedList(list)
}

// within reports whether all values that came are those of the schema's enum.
func (s *shape) within(schema *object) bool {
	values, ok := schema.get("enum").([]any)
	if s == nil || !ok {
		return true
	}
	has := func(text json.RawMessage) bool {
		return slices.ContainsFunc(values, func(v any) bool { return string(compactJSON(v)) == string(text) })
	}
	if s.types[isNull] > 0 && !has(json.RawMessage("null")) || s.types[isString]+s.types[isNull] < s.seen || s.anyText && s.types[isString] > 0 {
		return false
	}
	return !slices.ContainsFunc(s.texts, func(v enumValue) bool { return !has(quoted(v.text)) })
}

// has reports whether all texts that came have a format, as far as it is one that can be
// told.
func (s *shape) has(format string) bool {
	i := slices.IndexFunc(trafficFormats(), func(f trafficFormat) bool { return f.name == format })
	return s == nil || i < 0 || !s.hasTexts || s.formats&(1<<i) != 0
}
