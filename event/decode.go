package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrEmptyBatch says that an envelope holds no events. Segment's own code for it is
// empty_batch.
var ErrEmptyBatch = errors.New("batch holds no events")

// ErrEmpty says that a text holds nothing but white space.
var ErrEmpty = errors.New("no JSON value")

// SyntaxError says that a text is not one JSON value, and where it stops being one.
type SyntaxError struct {
	Offset  int    // of the first byte that does not fit, 0-based; len(text) if the text ends too early
	Message string // what is wrong, without the place
	TooDeep bool   // the text nests more deeply than encoding/json reads (10,000)
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Message) }

// CheckSyntax returns nil if text is exactly one JSON value (RFC 8259), [ErrEmpty] if
// it is white space, else a [*SyntaxError].
//
// Repeated keys, lone surrogates and invalid UTF-8 inside strings pass, as they do in
// encoding/json; the validator warns about them.
func CheckSyntax(text []byte) error {
	if len(bytes.TrimLeft(text, " \t\r\n")) == 0 {
		return ErrEmpty
	}
	if json.Valid(text) {
		return nil
	}
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &SyntaxError{Message: err.Error()}
	}
	e := &SyntaxError{Offset: int(syntax.Offset) - 1, Message: syntax.Error()}
	switch {
	case strings.Contains(e.Message, "unexpected end"):
		// encoding/json counts the bytes read here, not the byte it stopped at.
		e.Offset = len(text)
		e.Message = "the text ends in the middle of a value"
	case strings.Contains(e.Message, "exceeded max depth"):
		e.TooDeep = true
		e.Message = "nested more than 10,000 deep"
	}
	e.Offset = max(0, min(e.Offset, len(text)))
	return e
}

// Decode reads one JSON text: an event, an array of events, or a batch envelope (an
// object with an array "batch" and no "type").
//
// The events come back in the order sent. The envelope's context and integrations are
// merged into each item's JSON; the item wins. An item of an unknown type, or one that
// is no object, is kept: judging it is the validator's work. at is the place of
// text[0].
//
// Decode returns [ErrEmpty] or a [*SyntaxError] if text is not one JSON value,
// [ErrEmptyBatch] if an envelope holds no events.
func Decode(text []byte, at Place) ([]Event, error) {
	if err := CheckSyntax(text); err != nil {
		return nil, err
	}
	start := skipSpace(text, 0)
	at = at.Advance(text[:start])
	text = bytes.TrimRight(text[start:], " \t\r\n")
	switch text[0] {
	case '[':
		return decodeItems(text, at, nil), nil
	case '{':
		if items, ok := envelope(text); ok {
			return decodeBatch(text, items, at)
		}
	}
	return []Event{newEvent(text, text, at)}, nil
}

// DecodeCall reads the body of a request to /v1/track and its like, where the path
// names the type: t is used if the event does not say its own (analytics-rust does
// not). The errors are those of [Decode].
func DecodeCall(text []byte, t Type, at Place) (Event, error) {
	if err := CheckSyntax(text); err != nil {
		return Event{}, err
	}
	start := skipSpace(text, 0)
	at = at.Advance(text[:start])
	text = bytes.TrimRight(text[start:], " \t\r\n")
	full := text
	if text[0] == '{' {
		if _, ok := last(text, "type"); !ok {
			full = insertMember(text, "type", []byte(`"`+string(t)+`"`))
		}
	}
	return newEvent(text, full, at), nil
}

// envelope returns the member that holds a batch envelope's events; ok is false if
// object is no envelope.
func envelope(object []byte) (items Member, ok bool) {
	if items, ok = last(object, "batch"); !ok || object[items.Start] != '[' {
		return Member{}, false
	}
	_, isEvent := last(object, "type")
	return items, !isEvent
}

func decodeBatch(text []byte, items Member, at Place) ([]Event, error) {
	shared := members(text)
	batch := &Batch{Raw: text, At: at}
	events := decodeItems(text[items.Start:items.End], at.Advance(text[:items.Start]), func(item []byte) []byte {
		item = mergeObject(item, "context", shared["context"])
		return mergeObject(item, "integrations", shared["integrations"])
	})
	if len(events) == 0 {
		return nil, ErrEmptyBatch
	}
	batch.Count = len(events)
	for i := range events {
		events[i].Batch, events[i].Index = batch, i
	}
	return events, nil
}

// decodeItems reads the elements of a JSON array; at is the place of its bracket.
// merge, if not nil, makes an item's JSON of its raw text.
func decodeItems(array []byte, at Place, merge func([]byte) []byte) []Event {
	var events []Event
	counted := 0 // array[:counted] is already counted in at
	for start, end := range elements(array) {
		at = at.Advance(array[counted:start])
		counted = start
		item := array[start:end:end]
		full := item
		if merge != nil && item[0] == '{' {
			full = merge(item)
		}
		events = append(events, newEvent(item, full, at))
	}
	return events
}

func newEvent(raw, full []byte, at Place) Event {
	ev := Event{Raw: raw, JSON: full, At: at}
	if full[0] != '{' {
		return ev
	}
	m := members(full)
	ev.Type = Type(stringOf(m["type"]))
	if key := ev.Type.NameKey(); key != "" {
		ev.Name = stringOf(m[key])
	}
	ev.Version = versionOf(m["context"])
	return ev
}

// versionOf returns context.protocols.event_version as text.
func versionOf(context []byte) string {
	for _, key := range []string{"protocols", "event_version"} {
		if len(context) == 0 || context[0] != '{' {
			return ""
		}
		context = members(context)[key]
	}
	if len(context) > 0 && (context[0] == '-' || context[0] >= '0' && context[0] <= '9') {
		return string(context)
	}
	return stringOf(context)
}

// stringOf returns the value of a JSON string, "" for anything else.
func stringOf(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 && isASCII(value) {
		return string(value[1 : len(value)-1])
	}
	var s string
	// A JSON string always decodes: the text was checked.
	_ = json.Unmarshal(value, &s)
	return s
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// Advance returns the place behind text, if text begins at p.
func (p Place) Advance(text []byte) Place {
	if n := bytes.Count(text, []byte("\n")); n > 0 {
		p.Line += n
		p.Column = len(text) - bytes.LastIndexByte(text, '\n')
		return p
	}
	p.Column += len(text)
	return p
}
