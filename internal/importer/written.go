package importer

import (
	"slices"
	"strings"
)

// commentRow is the name under which the hash of a contract's $comment stands, if an
// import wrote it.
const commentRow = "$comment"

// noRow stands in place of the hash of an event that no text of its own describes.
const noRow = "-"

// rowsOf returns what x-segproof.source.rows says: for the event ("") and each property the
// hash of what the source says about it, and behind it the keywords that the import wrote.
// By the hash a later import tells whether the source has changed, by the keywords what
// of the contract came from the source.
func (doc *Document) rowsOf(d *Documented) *object {
	rows := &object{}
	words := doc.eventWords(d)
	if d.Source.Row != "" {
		rows.set("", quoted(entry(rowHash(d.Source.Row), words)))
	} else if len(words) > 0 {
		rows.set("", quoted(entry(noRow, words)))
	}
	if d.Comment != "" {
		rows.set(commentRow, quoted(rowHash(d.Comment)))
	}
	for _, p := range d.Fields {
		p.eachRow(p.Name, func(path string, p *Property) {
			if p.Row != "" {
				rows.set(path, quoted(entry(rowHash(p.Row), p.words())))
			}
		})
	}
	return rows
}

func entry(hash string, words []string) string {
	return strings.Join(append([]string{hash}, words...), " ")
}

// eventWords returns the keywords that the source gives the event as a whole.
func (doc *Document) eventWords(d *Documented) []string {
	var words []string
	if d.Description != "" {
		words = append(words, "description")
	}
	for _, k := range doc.root(d) {
		words = append(words, k.Name)
	}
	for _, name := range d.Requires {
		words = append(words, requiresWord+name)
	}
	return words
}

// requiresWord is in front of a member that the event requires and nothing describes.
const requiresWord = "required:"

// words returns the keywords that the source gives the property, as far as its members do
// not imply them.
func (p *Property) words() []string {
	var words []string
	for _, k := range p.schema().members {
		if k.key != "properties" && k.key != "required" {
			words = append(words, k.key)
		}
	}
	if p.needed() {
		words = append(words, "required")
	}
	return words
}

// hash returns the hash of what the source said about a path at the earlier import, "" if
// there was none.
func (m *merging) hash(path string) string {
	hash, _, _ := strings.Cut(m.rows.text(path), " ")
	if hash == noRow {
		return ""
	}
	return hash
}

// written returns the keywords that the earlier import wrote at a path.
func (m *merging) written(path string) []string {
	_, words, _ := strings.Cut(m.rows.text(path), " ")
	return strings.Fields(words)
}

func (m *merging) wroteWord(path, word string) bool { return slices.Contains(m.written(path), word) }

// wroteRequired reports whether an earlier import required the property: for its row, or,
// of a parent without one, for what is in it.
func (m *merging) wroteRequired(p *Property, path string) bool {
	if p.Row != "" || m.rows == nil {
		return m.wroteWord(path, "required")
	}
	return slices.ContainsFunc(m.rows.members, func(x pair) bool {
		return strings.HasPrefix(x.key, path+".") && m.wroteWord(x.key, "required")
	})
}

// dropped takes out of a property what an earlier import wrote and the source does not say
// any more.
func (m *merging) dropped(have, want *object, path string, d difference) {
	before := describeSchema(have)
	var gone []string
	for _, word := range m.written(path) {
		if word != "description" && word != "required" && have.get(word) != nil && want.get(word) == nil {
			gone = append(gone, word)
			have.remove(word)
		}
	}
	if len(gone) == 0 {
		return
	}
	d.rule, d.says, d.contract = ruleDriftType, describeSchema(want), before
	if len(gone) == 1 && gone[0] == "enum" {
		d.rule = ruleDriftEnum
	}
	if d.says == d.contract {
		d.says, d.contract = "nothing of "+strings.Join(gone, ", ")+" any more", strings.Join(gone, ", ")
	}
	m.differ(d)
}

// droppedRoot does the same for the event as a whole.
func (m *merging) droppedRoot(c *object) {
	says := m.doc.eventWords(m.event)
	for _, word := range m.written("") {
		if word == "description" || slices.Contains(says, word) {
			continue
		}
		d := difference{rule: ruleDriftType, pointer: "/" + word, at: m.event.At, what: "the event", says: "nothing of " + word + " any more", contract: word}
		if name, ok := strings.CutPrefix(word, requiresWord); ok {
			if !hasName(c, name) || member(m.event.Fields, name) != nil {
				continue
			}
			d.rule, d.pointer, d.what, d.contract = ruleDriftRequired, "/required", "the event's "+name, "that it is required"
			dropName(c, name)
		} else if c.get(word) == nil {
			continue
		}
		m.differ(d)
		c.remove(word)
	}
}

// lost returns what somebody has added by hand to a property that goes: keywords, and
// members that no import wrote.
func (m *merging) lost(schema any, path string) []string {
	o, _ := schema.(*object)
	if o == nil {
		return nil
	}
	var names []string
	words := m.written(path)
	for _, x := range o.members {
		if len(words) > 0 && !slices.Contains(words, x.key) && !slices.Contains([]string{"properties", "required", "items"}, x.key) {
			names = append(names, x.key)
		}
	}
	if properties := o.object("properties"); properties != nil {
		for _, x := range properties.members {
			if child := join(path, x.key); m.wrote(child) {
				names = append(names, m.lost(x.value, child)...)
			} else {
				names = append(names, propertyWord(child))
			}
		}
	}
	return append(names, m.lost(o.get("items"), path+"[]")...)
}

// leaveReworded takes the descriptions that somebody has reworded out of what this import
// says it wrote.
func (m *merging) leaveReworded(rows *object) {
	for path := range m.reworded {
		words := strings.Fields(rows.text(path))
		if len(words) > 0 {
			rows.set(path, quoted(strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "description" }), " ")))
		}
	}
}

// rememberDescriptions makes the events of a plan known by their descriptions, as those of
// a page are by their rows.
func (doc *Document) rememberDescriptions() {
	for i := range doc.Events {
		doc.Events[i].Source.Row = doc.Events[i].Description
	}
}
