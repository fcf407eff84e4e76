package event

import (
	"bytes"
	"encoding/json"
)

// mergeObject returns item with the members of shared, an object that the envelope
// holds under key, added to the item's own object of that key. The item wins, member
// by member; an item whose own value is no object (null, say) keeps it. What the item
// itself holds stays byte for byte.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
// says that both are merged; that the item wins is inferred.
func mergeObject(item []byte, key string, shared []byte) []byte {
	if len(shared) == 0 || shared[0] != '{' {
		return item
	}
	m, ok := last(item, key)
	if !ok {
		return insertMember(item, key, shared)
	}
	own := item[m.Start:m.End]
	if own[0] != '{' {
		return item
	}
	has := members(own)
	merged := own
	for member := range Members(shared) {
		if has[member.Key] == nil {
			merged = insertMember(merged, member.Key, shared[member.Start:member.End])
		}
	}
	out := make([]byte, 0, len(item)-len(own)+len(merged))
	out = append(out, item[:m.Start]...)
	out = append(out, merged...)
	return append(out, item[m.End:]...)
}

// insertMember returns the object with one more member at its end.
func insertMember(object []byte, key string, value []byte) []byte {
	body := bytes.TrimRight(object[:len(object)-1], " \t\r\n")
	name, _ := json.Marshal(key) // a string always marshals
	out := make([]byte, 0, len(object)+len(name)+len(value)+2)
	out = append(out, body...)
	if body[len(body)-1] != '{' {
		out = append(out, ',')
	}
	out = append(append(append(out, name...), ':'), value...)
	return append(out, object[len(body):]...)
}
