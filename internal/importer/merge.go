package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
	"segproof/internal/jsonpos"
)

// difference is one place where a source and a contract say two things, or where only
// the contract says something.
type difference struct {
	rule     string      // one of the rules of drift
	pointer  string      // into the contract: of the place, or of the object that lacks it
	at       event.Place // in the source: of the row, or of the event
	says     string      // what the source says, after "the page says"
	contract string      // what the contract says
	what     string      // what it is about: `property "sku"`
	kept     bool        // the contract keeps what it says
}

// merging brings one contract in step with one documented event. It changes what the
// source speaks of, and keeps the rest.
//
// The silence of a source contradicts nothing: a type, a required name, a keyword, a
// property that stands in the contract alone was added by hand and stays. But what an
// earlier import has written (source.rows says so) is gone from the source, and goes.
type merging struct {
	doc         *Document
	event       *Documented
	rows        *object         // of the earlier import; nil if there was none
	reworded    map[string]bool // the paths whose descriptions somebody has reworded
	differences []difference
}

func (m *merging) differ(d difference) { m.differences = append(m.differences, d) }

// merge changes the contract, which is the caller's, to what the document says.
func (doc *Document) merge(d *Documented, c *object) []difference {
	if d.Source.Inferred > 0 {
		return doc.mergeSample(d, c)
	}
	m := &merging{doc: doc, event: d, rows: c.object("x-segproof").object("source").object("rows"), reworded: map[string]bool{}}
	m.identity(c)
	m.description(c, d.Description, "", d.Source.Row, difference{pointer: "/description", at: d.At, what: "the event"})
	m.comment(c)
	if c.object("properties") == nil {
		c.insert("properties", &object{}, rootOrder())
	}
	m.members(c, d.Fields, "", "")
	m.root(c)
	ours := c.object("x-segproof")
	if ours == nil {
		ours = &object{}
		c.insert("x-segproof", ours, rootOrder())
	}
	was := ours.object("source").text("page")
	if source := doc.origin(d).object("source"); source != nil && len(source.members) > 0 {
		if page := source.text("page"); was != "" && sameSource(was, page) {
			source.set("page", quoted(longer(was, page)))
		}
		m.leaveReworded(source.object("rows"))
		ours.insert("source", source, []string{"source", "owner"})
	}
	return m.differences
}

// comment replaces the $comment that an earlier import wrote, if nobody has touched it.
func (m *merging) comment(c *object) {
	have := c.text("$comment")
	if have != "" && m.hash(commentRow) != rowHash(have) {
		return
	}
	if m.event.Comment == "" {
		c.remove("$comment")
		return
	}
	c.insert("$comment", quoted(m.event.Comment), rootOrder())
}

// identity turns the contract to another call, if the source says so now.
func (m *merging) identity(c *object) {
	properties := c.object("properties")
	was := event.Type(properties.object("type").text("const"))
	now := m.event.Type
	if was == now {
		return
	}
	m.differ(difference{rule: ruleDriftCall, pointer: "/properties/type/const", at: m.event.At, what: "the call",
		says: string(now), contract: string(was)})
	properties.set("type", constant(quoted(string(now))))
	oldKey, newKey := was.NameKey(), now.NameKey()
	if oldKey == newKey {
		return
	}
	for i, p := range properties.members {
		if p.key == oldKey {
			properties.members[i] = pair{newKey, p.value}
		}
	}
	properties.members = slices.DeleteFunc(properties.members, func(p pair) bool { return p.key == "" })
	dropName(c, oldKey)
	if newKey != "" {
		properties.set(newKey, constant(quoted(m.event.Name)))
		addName(c, newKey)
	}
}

// description takes the source's description, unless it was reworded by hand: it is
// another one, while the row that it came from is as it was at the last import.
func (m *merging) description(schema *object, says, path, row string, d difference) {
	have := schema.text("description")
	if says == have {
		return
	}
	if says == "" {
		if m.wroteWord(path, "description") {
			d.rule, d.says, d.contract = ruleDriftDescription, "nothing", quoteShort(have)
			m.differ(d)
			schema.remove("description")
		}
		return
	}
	known := m.hash(path)
	d.kept = known == "" && have != "" || known != "" && known == rowHash(row)
	if have != "" {
		d.rule, d.says, d.contract = ruleDriftDescription, quoteShort(says), quoteShort(have)
		m.differ(d)
	}
	if d.kept {
		m.reworded[path] = true
		return
	}
	schema.insert("description", quoted(says), append([]string{"$schema", "$id", "title"}, propertyOrder()...))
}

// members brings the members of an object in step, and what it requires of them.
func (m *merging) members(schema *object, children []*Property, path, pointer string) {
	have := schema.object("properties")
	if have == nil {
		if len(children) == 0 {
			return
		}
		have = &object{}
		schema.insert("properties", have, propertyOrder())
	}
	for _, p := range children {
		m.member(schema, have, p, join(path, p.Name), jsonpos.Join(pointer+"/properties", p.Name))
	}
	for _, x := range slices.Clone(have.members) {
		if member(children, x.key) != nil || path == "" && m.ownMember(x.key) {
			continue
		}
		at := difference{pointer: jsonpos.Join(pointer+"/properties", x.key), at: m.event.At, what: propertyWord(join(path, x.key)), says: "nothing"}
		switch {
		case m.wrote(join(path, x.key)):
			at.rule = ruleDriftPropertyRemoved
			m.differ(at)
			if lost := m.lost(x.value, join(path, x.key)); len(lost) > 0 {
				at.rule, at.contract = ruleHandMadeLost, strings.Join(lost, ", ")
				m.differ(at)
			}
			have.remove(x.key)
			dropName(schema, x.key)
		case path != "":
			at.rule, at.kept = ruleDriftUndocumented, true
			m.differ(at)
		}
	}
}

// wrote reports whether an earlier import wrote the property, or one below it.
func (m *merging) wrote(path string) bool {
	if m.rows == nil {
		return false
	}
	return slices.ContainsFunc(m.rows.members, func(p pair) bool {
		rest, ok := strings.CutPrefix(p.key, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// ownMember reports whether a member of the event belongs to its identity.
func (m *merging) ownMember(name string) bool {
	return name == "type" || name == m.event.Type.NameKey() || name == "context" && m.event.Version != ""
}

func (m *merging) member(parent, have *object, p *Property, path, pointer string) {
	at := p.firstPlace()
	if at.Line == 0 {
		at = m.event.At
	}
	d := difference{pointer: pointer, at: at, what: propertyWord(path)}
	if p.Row == "" && strings.Count(path, ".") == 0 {
		d.what = "the event's " + p.Name
	}
	schema, ok := have.get(p.Name).(*object)
	if have.get(p.Name) == nil {
		d.rule, d.says = ruleDriftPropertyNew, cmpType(p)
		m.differ(d)
		have.set(p.Name, p.schema())
	} else if !ok { // true or false
		d.rule, d.says, d.contract = ruleDriftType, cmpType(p), string(compactJSON(have.get(p.Name)))
		m.differ(d)
		have.set(p.Name, p.schema())
	} else {
		m.property(schema, p, path, d)
	}
	switch required := hasName(parent, p.Name); {
	case p.needed() && !required:
		if d.rule == "" {
			d.rule, d.says, d.contract = ruleDriftRequired, "that it is always there", "optional"
			m.differ(d)
		}
		addName(parent, p.Name)
	case p.Need == Unsaid && required && !p.needed() && m.wroteRequired(p, path):
		d.rule, d.says, d.contract = ruleDriftRequired, "nothing of it any more", "that it is required"
		m.differ(d)
		dropName(parent, p.Name)
	case p.Need == Optional && required:
		d.rule, d.says, d.contract = ruleDriftRequired, "that it may be left out", "required"
		m.differ(d)
		dropName(parent, p.Name)
	}
}

// firstPlace returns where the source names the property, or the first below it.
func (p *Property) firstPlace() event.Place {
	if p.At.Line > 0 {
		return p.At
	}
	for _, c := range p.Properties {
		if at := c.firstPlace(); at.Line > 0 {
			return at
		}
	}
	if p.Items != nil {
		return p.Items.firstPlace()
	}
	return event.Place{}
}

// ownKeywords returns the keywords of a schema that the source does not speak of.
func ownKeywords(have, want *object) string {
	var names []string
	for _, x := range have.members {
		if want.get(x.key) == nil && !slices.Contains([]string{"properties", "required", "description", "items"}, x.key) {
			names = append(names, x.key)
		}
	}
	return strings.Join(names, ", ")
}

// property brings one schema in step.
func (m *merging) property(have *object, p *Property, path string, d difference) {
	want := p.schema()
	m.description(have, p.Description, path, p.Row, d)
	m.dropped(have, want, path, d)
	if own := ownKeywords(have, want); own != "" {
		kept := d
		kept.rule, kept.kept, kept.contract = ruleHandMadeKept, true, own
		m.differ(kept)
	}
	before := len(m.differences)
	for _, key := range []string{"type", "enum", "format", "anyOf"} {
		if want.get(key) == nil || sameKeyword(key, have, want) {
			continue
		}
		rule := ruleDriftType
		if key == "enum" {
			rule = ruleDriftEnum
		}
		if len(m.differences) == before || m.differences[len(m.differences)-1].rule != rule {
			d.rule, d.says, d.contract = rule, describeSchema(want), describeSchema(have)
			m.differ(d)
		}
		have.insert(key, want.get(key), propertyOrder())
	}
	for _, k := range p.Keywords {
		if bytes.Equal(compactJSON(have.get(k.Name)), compactJSON(want.get(k.Name))) {
			continue
		}
		d.rule, d.says, d.contract = ruleDriftType, keywordText(k.Name, want), keywordText(k.Name, have)
		m.differ(d)
		have.set(k.Name, want.get(k.Name))
	}
	if p.Items != nil {
		if items := have.object("items"); items != nil {
			d.pointer += "/items"
			m.property(items, p.Items, path+"[]", d)
		} else {
			d.rule, d.says, d.contract = ruleDriftType, describeSchema(want), describeSchema(have)
			m.differ(d)
			have.insert("items", want.get("items"), propertyOrder())
		}
	}
	if len(p.Properties) > 0 || have.object("properties") != nil {
		m.members(have, p.Properties, path, d.pointer)
	}
}

// keywordText says what a schema has of a keyword.
func keywordText(name string, o *object) string {
	const enough = 80
	if o.get(name) == nil {
		return "no " + name
	}
	if value := string(compactJSON(o.get(name))); len(value) <= enough {
		return name + " " + value
	}
	return "another " + name
}

// sameKeyword reports whether both schemas say the same with a keyword. Types are sets;
// a date that the contract knows more exactly than the source is no contradiction.
func sameKeyword(key string, have, want *object) bool {
	switch key {
	case "type", "enum":
		return slices.Equal(sorted(have.get(key)), sorted(want.get(key)))
	case "anyOf":
		if f := have.text("format"); f == "date" || f == "date-time" {
			return true
		}
	}
	return bytes.Equal(compactJSON(have.get(key)), compactJSON(want.get(key)))
}

// sorted returns the texts of a list, or of a single value, in order.
func sorted(v any) []string {
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	var texts []string
	for _, item := range list {
		texts = append(texts, string(compactJSON(item)))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// describeSchema says what a schema wants: `integer`, `string, one of "a", "b"`.
func describeSchema(o *object) string {
	var words []string
	for _, t := range sorted(o.get("type")) {
		words = append(words, strings.Trim(t, `"`))
	}
	text := strings.Join(words, " or ")
	if text == "" {
		text = "no type"
	}
	if items := o.object("items"); items != nil {
		text += " of " + describeSchema(items)
	}
	if f := o.text("format"); f != "" {
		text += " (" + f + ")"
	}
	if o.get("anyOf") != nil {
		text += " (date or date-time)"
	}
	if values, ok := o.get("enum").([]any); ok {
		var list []string
		for _, v := range values {
			list = append(list, string(compactJSON(v)))
		}
		text += ", one of " + strings.Join(list, ", ")
	}
	return text
}

func cmpType(p *Property) string { return describeSchema(p.schema()) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func propertyWord(path string) string {
	_, name, ok := strings.Cut(path, ".")
	if !ok {
		name = path
	}
	return fmt.Sprintf("property %q", name)
}

// quoteShort quotes a text for a message, cut to what one line can hold.
func quoteShort(s string) string {
	const enough = 80
	if runes := []rune(s); len(runes) > enough {
		s = string(runes[:enough]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// hasName reports whether a schema requires a member.
func hasName(schema *object, name string) bool {
	list, _ := schema.get("required").([]any)
	return slices.ContainsFunc(list, func(v any) bool { return isText(v, name) })
}

func isText(v any, text string) bool {
	raw, _ := v.(json.RawMessage)
	return bytes.Equal(raw, quoted(text))
}

func addName(schema *object, name string) {
	list, _ := schema.get("required").([]any)
	schema.insert("required", append(slices.Clone(list), quoted(name)), append(propertyOrder(), "examples"))
}

func dropName(schema *object, name string) {
	list, ok := schema.get("required").([]any)
	if !ok {
		return
	}
	list = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return isText(v, name) })
	if len(list) == 0 {
		schema.remove("required")
		return
	}
	schema.set("required", list)
}
