package importer

import (
	"bytes"
	"encoding/json"
)

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
