package event

import (
	"bytes"
	"errors"
)

// MaxMergedBytes is how much text, in bytes, one envelope may share with its events: the
// size of its context and integrations times the number of events. [Decode] returns
// [ErrMergeTooLarge] for more. The limit is ours: whoever works with an event
// makes a copy, and 4 MB of envelope would become a terabyte. A batch of 2,500 events may share 25 KB.
const MaxMergedBytes = 64 << 20

// ErrMergeTooLarge says that an envelope shares more than [MaxMergedBytes].
var ErrMergeTooLarge = errors.New("the batch's context and integrations, copied into each event, take more than 64 MB")

// shared is an object that an envelope has for all of its events.
type shared struct {
	key     string
	place   Member         // in the envelope
	member  []byte         // as the envelope has it: key, colon, object
	members [][]byte       // the object's, as they are written; of a repeated key the last
	index   map[string]int // of each key in members
}

// sharedBy returns what an envelope shares.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
func sharedBy(envelope []byte) []shared {
	var all []shared
	for _, key := range []string{"context", "integrations"} {
		if m, ok := last(envelope, key); ok && envelope[m.start] == '{' {
			s := shared{key: key, place: Member{key, m.keyStart, m.start, m.end}, member: envelope[m.keyStart:m.end], index: map[string]int{}}
			s.add(envelope[m.start:m.end])
			all = append(all, s)
		}
	}
	return all
}

// mergeAll returns item with all that its envelope shares merged in; item itself if that
// is nothing, or if it is no object.
func mergeAll(item []byte, all []shared) []byte {
	if item[0] != '{' {
		return item
	}
	for _, s := range all {
		item = s.mergeInto(item)
	}
	return item
}

func (s *shared) add(object []byte) {
	for m := range walk(object) {
		text := object[m.keyStart:m.end]
		if i, repeated := s.index[string(m.key)]; repeated {
			s.members[i] = text
			continue
		}
		s.index[string(m.key)] = len(s.members)
		s.members = append(s.members, text)
	}
}

// mergeInto returns item with the shared object's members added to the item's own object
// of that key. The item wins, member by member; an item whose own value is no object
// (null, say) keeps it. What the item itself holds stays byte for byte, and so does each
// member that is added.
//
// Segment's page says that both are merged; that the item wins is inferred.
func (s shared) mergeInto(item []byte) []byte {
	m, ok := last(item, s.key)
	if !ok {
		out := make([]byte, 0, len(item)+len(s.member)+1)
		return appendObject(out, item, s.member)
	}
	own := item[m.start:m.end]
	if own[0] != '{' {
		return item
	}
	missing := s.missing(own)
	if len(missing) == 0 {
		return item
	}
	out := make([]byte, 0, len(item)+len(s.member))
	out = append(out, item[:m.start]...)
	out = appendObject(out, own, missing...)
	return append(out, item[m.end:]...)
}

// missing returns the shared members that own has no key for, in their order.
func (s shared) missing(own []byte) [][]byte {
	has := make([]bool, len(s.members))
	for m := range walk(own) {
		if i, ok := s.index[string(m.key)]; ok {
			has[i] = true
		}
	}
	members := make([][]byte, 0, len(s.members))
	for i, member := range s.members {
		if !has[i] {
			members = append(members, member)
		}
	}
	return members
}

// appendObject appends to out an object with more members at its end.
func appendObject(out, object []byte, members ...[]byte) []byte {
	body := bytes.TrimRight(object[:len(object)-1], blank)
	out = append(out, body...)
	comma := body[len(body)-1] != '{'
	for _, member := range members {
		if comma {
			out = append(out, ',')
		}
		out = append(out, member...)
		comma = true
	}
	return append(out, object[len(body):]...)
}
