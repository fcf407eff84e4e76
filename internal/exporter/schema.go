package exporter

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"segproof/event"
)

// part is a member of an object that is being written.
type part struct {
	key   string
	value []byte // JSON
}

func text(key, value string) part { return part{key, quoted(value)} }

// quoted returns the JSON text of a string, with < > & as they are.
func quoted(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be written
	return bytes.TrimRight(b.Bytes(), "\n")
}

// object writes an object.
func object(parts ...part) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quoted(p.key))
		b.WriteByte(':')
		b.Write(p.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func array(items [][]byte) []byte {
	return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]"))
}

// found is a member of an object in a contract's file.
type found struct {
	key   string
	value []byte
	at    int // offset of the key in the object
	start int // offset of the value in the object
}

// members returns the members of an object, in order; none if the text is no object.
func members(text []byte) []found {
	start := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	if start == len(text) || text[start] != '{' {
		return nil
	}
	var all []found
	for m := range event.Members(text[start:]) {
		all = append(all, found{m.Key, text[start+m.Start : start+m.End], start + m.KeyStart, start + m.Start})
	}
	return all
}

// memberOf returns the last member of that name, which counts.
func memberOf(text []byte, key string) (m found, ok bool) {
	for _, member := range members(text) {
		if member.key == key {
			m, ok = member, true
		}
	}
	return m, ok
}

// offsetAt returns where the member stands that a JSON Pointer leads to, as far as it leads
// through objects; 0 for the whole.
func offsetAt(text []byte, pointer string) int {
	base, at := 0, 0
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := memberOf(text, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		if !ok {
			return at
		}
		at, base, text = base+m.at, base+m.start, m.value
	}
	return at
}

// list returns the elements of an array, nil for anything else.
func list(text []byte) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(text, &items) != nil {
		return nil
	}
	return items
}

// stringIn returns the string, "" for anything else.
func stringIn(text []byte) string {
	var s string
	if json.Unmarshal(text, &s) != nil {
		return ""
	}
	return s
}

// refersOutside reports whether there is a "$ref" to something outside of the text.
func refersOutside(text []byte) bool {
	for _, m := range members(text) {
		if m.key == "$ref" && !strings.HasPrefix(stringIn(m.value), "#") || refersOutside(m.value) {
			return true
		}
	}
	return slices.ContainsFunc(list(text), func(item json.RawMessage) bool { return refersOutside(item) })
}

// change writes an object anew, member by member: edit returns the new value, or nil to
// leave the member out. It returns nil if nothing is left.
func change(text []byte, edit func(found) []byte) []byte {
	var parts []part
	for _, m := range members(text) {
		if value := edit(m); value != nil {
			parts = append(parts, part{m.key, value})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return object(parts...)
}

// schema returns a rule's JSON Schema: the contract without what key, type and version
// say, and without the reference to the common schema.
func (p *plan) schema(r rule) []byte {
	name := r.contract.Type.NameKey()
	schema := change(r.text, func(m found) []byte {
		switch {
		case m.key == "properties":
			return change(m.value, func(f found) []byte {
				switch {
				case f.key == "type" || f.key == name && r.contract.Name != "":
					return nil
				case f.key == "context" && r.dropsVersion():
					return withoutVersion(f.value)
				}
				return f.value
			})
		case m.key == "required":
			return without(m.value, "type", name)
		case m.key == "allOf" && p.common != nil:
			return withoutFirst(m.value)
		}
		return m.value
	})
	if schema == nil {
		return []byte("{}")
	}
	return schema
}

// dropsVersion reports whether the version that the plan's rule has brings the contract's
// back. A version of 1 that is alone does not: most contracts have none and mean that.
func (r rule) dropsVersion() bool { return r.contract.Version != "" && !r.alone }

// without returns a list of names without some of them, nil if none is left.
func without(text []byte, names ...string) []byte {
	var kept [][]byte
	for _, item := range list(text) {
		if !slices.Contains(names, stringIn(item)) {
			kept = append(kept, item)
		}
	}
	if kept == nil {
		return nil
	}
	return array(kept)
}

// withoutFirst returns a list without its first element, nil if none is left.
func withoutFirst(text []byte) []byte {
	items := list(text)
	if len(items) < 2 {
		return nil
	}
	var kept [][]byte
	for _, item := range items[1:] {
		kept = append(kept, item)
	}
	return array(kept)
}

// withoutVersion takes context.protocols.event_version out of the schema of the context,
// and the objects around it that say nothing else.
func withoutVersion(context []byte) []byte {
	return dropMember(context, func(protocols []byte) []byte {
		return dropMember(protocols, func([]byte) []byte { return nil }, "event_version")
	}, "protocols")
}

// dropMember changes the schema of one member of an object's schema. It returns nil if
// the rest says nothing more than that there is an object.
func dropMember(schema []byte, edit func([]byte) []byte, name string) []byte {
	says := false
	changed := change(schema, func(m found) []byte {
		if m.key != "properties" {
			says = says || m.key != "type"
			return m.value
		}
		left := change(m.value, func(f found) []byte {
			if f.key == name {
				return edit(f.value)
			}
			return f.value
		})
		says = says || left != nil
		return left
	})
	if !says {
		return nil
	}
	return changed
}
