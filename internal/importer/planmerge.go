package importer

import (
	"bytes"
	"encoding/json"
	"slices"
)

// commonFile is the name of the file with the schema of all events of a tracking plan. It
// is no contract of its own: the contracts refer to it.
const commonFile = "common.json"

// commonFile returns the file of the plan's common schema, nil if there is none. It is
// the plan's as it is, with the $id by which the contracts find it.
func (doc *Document) commonFile(there *folder) *File {
	if doc.common == nil {
		return nil
	}
	schema := &object{members: slices.Clone(doc.common.members)}
	if schema.text("$id") == "" && doc.Name != "" {
		schema.remove("$id")
		schema.insert("$id", quoted(doc.id(commonFile)), rootOrder())
	}
	isNew := !there.taken[commonFile]
	there.taken[commonFile] = true
	return &File{Name: commonFile, Data: contractText(schema), New: isNew}
}

// root brings in step what a tracking plan says of the whole event beside its members.
func (m *merging) root(c *object) {
	m.droppedRoot(c)
	for _, k := range m.doc.root(m.event) {
		have := compactJSON(c.get(k.Name))
		want := compactJSON(valueOf(k.Value))
		if bytes.Equal(have, want) {
			continue
		}
		says := "nothing"
		if c.get(k.Name) != nil {
			says = "another"
		}
		m.differ(difference{rule: ruleDriftType, pointer: "/" + k.Name, at: m.event.At, what: "the event", says: k.Name, contract: says})
		c.insert(k.Name, valueOf(k.Value), []string{k.Name, "examples"})
	}
	for _, name := range m.event.Requires {
		if !hasName(c, name) {
			m.differ(difference{rule: ruleDriftRequired, pointer: "/required", at: m.event.At, what: "the event's " + name, says: "that it is always there", contract: "optional"})
			addName(c, name)
		}
	}
}

// valueOf returns the value of a text that is JSON.
func valueOf(text json.RawMessage) any {
	v, err := parseJSON(text)
	if err != nil {
		return text
	}
	return v
}
