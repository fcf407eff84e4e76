package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
)

// ErrEmptyBatch says that an envelope holds no events. Segment's own code for it is
// empty_batch.
var ErrEmptyBatch = errors.New("batch holds no events")

// Decode reads one JSON text: an event, an array of events, or a batch envelope (an
// object with an array "batch" and no "type").
//
// The events come back in the order sent; an empty array has none. The envelope's context
// and integrations are what [Event.JSON] merges into each item; the item wins. An item of an unknown
// type, or one that is no object, is kept: judging it is the validator's work. at is the
// place of text[0]. The events share text's memory.
//
// Decode returns [ErrEmpty] or a [*SyntaxError] if text is not one JSON value,
// [ErrEmptyBatch] if an envelope holds no events, and [ErrMergeTooLarge] if it shares
// more with them than memory should take.
func Decode(text []byte, at Place) ([]Event, error) {
	return DecodeSome(text, at, 0, math.MaxInt)
}

// DecodeSome is [Decode] for some of the events of an array or an envelope, those from
// first to last, counted from 0: the others take no memory. What is neither is decoded
// whatever first and last are.
func DecodeSome(text []byte, at Place, first, last int) ([]Event, error) {
	text, at, err := trimmed(text, at)
	if err != nil {
		return nil, err
	}
	switch text[0] {
	case '[':
		events, _, err := decodeItems(text, at, nil, span{first, last})
		return events, err
	case '{':
		if items, ok := envelope(text); ok {
			return decodeBatch(text, items, at, span{first, last})
		}
	}
	return []Event{newEvent(text, text, at)}, nil
}

// DecodeCall reads the body of a request to /v1/track and its like, where the path names
// the type: t is used if the event does not say its own (analytics-rust does not). Any
// JSON value is one event here, an array or envelope too.
//
// DecodeCall returns [ErrEmpty] or a [*SyntaxError] if text is not one JSON value.
func DecodeCall(text []byte, t Type, at Place) (Event, error) {
	text, at, err := trimmed(text, at)
	if err != nil {
		return Event{}, err
	}
	return newEvent(text, typed(text, t), at), nil
}

// typed returns an event with the type t, unless it says its own or is no object.
func typed(text []byte, t Type) []byte {
	if text[0] != '{' {
		return text
	}
	if _, ok := last(text, "type"); ok {
		return text
	}
	name, _ := json.Marshal(t) // a string always marshals
	return appendObject(nil, text, append([]byte(`"type":`), name...))
}

// trimmed returns the one JSON value that text holds, without the white space around it,
// and its place.
func trimmed(text []byte, at Place) ([]byte, Place, error) {
	if err := CheckSyntax(text); err != nil {
		return nil, Place{}, err
	}
	start := skipSpace(text, 0)
	end := len(bytes.TrimRight(text, blank))
	return text[start:end:end], at.Advance(text[:start]), nil
}

// envelope returns the member that holds a batch envelope's events; ok is false if
// object is no envelope.
func envelope(object []byte) (items member, ok bool) {
	if items, ok = last(object, "batch"); !ok || object[items.start] != '[' {
		return member{}, false
	}
	_, isEvent := last(object, "type")
	return items, !isEvent
}

// span is a part of a list: from first to last, counted from 0.
type span struct{ first, last int }

func decodeBatch(text []byte, items member, at Place, some span) ([]Event, error) {
	all := sharedBy(text)
	events, count, err := decodeItems(text[items.start:items.end], at.Advance(text[:items.start]), all, some)
	if err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, ErrEmptyBatch
	}
	batch := &Batch{Raw: text, At: at, Count: count, shared: all}
	for _, s := range all {
		// Found and counted once: a fault in it is one of each event.
		batch.Shared = append(batch.Shared, Shared{s.place, at.Advance(text[:s.place.KeyStart])})
	}
	for i := range events {
		events[i].Batch, events[i].Index = batch, some.first+i
	}
	return events, nil
}

// decodeItems reads some of the elements of a JSON array, into each of which all is
// merged, and counts the elements; at is the place of the array's bracket.
func decodeItems(array []byte, at Place, all []shared, some span) (events []Event, count int, err error) {
	merged := 0
	counted := 0 // array[:counted] is already counted in at
	for start, end := range elements(array) {
		at = at.Advance(array[counted:start])
		counted = start
		item := array[start:end:end]
		if item[0] == '{' {
			for _, s := range all {
				if merged += len(s.member); merged > MaxMergedBytes {
					return nil, 0, ErrMergeTooLarge
				}
			}
		}
		if count >= some.first && count <= some.last {
			events = append(events, newEvent(item, mergeAll(item, all), at))
		}
		count++
	}
	return events, count, nil
}

// newEvent reads what names an event from full, its JSON, which it does not keep.
func newEvent(raw, full []byte, at Place) Event {
	ev := Event{Raw: raw, At: at}
	if full[0] != '{' {
		return ev
	}
	var track, name, context []byte
	for m := range walk(full) {
		value := full[m.start:m.end]
		switch string(m.key) {
		case "type":
			ev.Type = Type(stringOf(value))
		case "event":
			track = value
		case "name":
			name = value
		case "context":
			context = value
		}
	}
	switch ev.Type.NameKey() {
	case "event":
		ev.Name = stringOf(track)
	case "name":
		ev.Name = stringOf(name)
	}
	ev.Version = versionOf(context)
	return ev
}

// versionOf returns context.protocols.event_version as text.
func versionOf(context []byte) string {
	version := valueOf(valueOf(context, "protocols"), "event_version")
	if len(version) > 0 && (version[0] == '-' || version[0] >= '0' && version[0] <= '9') {
		return string(version)
	}
	return stringOf(version)
}
