// Package event is the wire: what a Segment call looks like as bytes, what names it,
// and what Segment takes.
//
// It decodes single events, arrays and batch envelopes. Raw JSON bytes are carried
// end to end: the order of keys and the text of numbers stay the sender's. Judging an
// event is the validator's work; this package only says what was sent and where it
// stood.
package event

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Type is the kind of a Segment call, as the event names it in "type".
type Type string

// The call types. Delete reaches Segment Functions only; the Tracking API does not
// take it.
//
// Source: segment.com/docs/connections/spec/common/ and .../functions/
const (
	Track    Type = "track"
	Identify Type = "identify"
	Page     Type = "page"
	Screen   Type = "screen"
	Group    Type = "group"
	Alias    Type = "alias"
	Delete   Type = "delete"
)

// Types returns the call types that the Tracking API takes.
func Types() []Type { return []Type{Track, Identify, Page, Screen, Group, Alias} }

// NameKey returns the member that carries the event's name: "event" for track, "name"
// for page and screen, "" for the others, which have none.
func (t Type) NameKey() string {
	switch t {
	case Track:
		return "event"
	case Page, Screen:
		return "name"
	}
	return ""
}

// BodyKey returns the member that carries what the sender wants to say: "properties"
// for track, page and screen, "traits" for identify and group, "" for the others.
func (t Type) BodyKey() string {
	switch t {
	case Track, Page, Screen:
		return "properties"
	case Identify, Group:
		return "traits"
	}
	return ""
}

// Place is where a piece of JSON begins in what the user gave us. The zero value means
// that it is not known.
type Place struct {
	File   string // as the user wrote it; "" for HTTP
	Line   int    // 1-based; 0 if not known
	Column int    // 1-based, in bytes; 0 if not known
}

// Advance returns the place behind text, if text begins at p. What is not known stays so.
func (p Place) Advance(text []byte) Place {
	if p.Line == 0 {
		return p
	}
	if n := bytes.Count(text, []byte("\n")); n > 0 {
		p.Line += n
		p.Column = len(text) - bytes.LastIndexByte(text, '\n')
		return p
	}
	p.Column += len(text)
	return p
}

// Event is one Segment call, as [Decode] and [DecodeCall] make it. Its bytes are not
// changed by anyone who holds it. Who makes one by hand owes it JSON that [CheckSyntax]
// passes.
type Event struct {
	Type    Type   // as written; "" if missing or not a string
	Name    string // "event" of a track, "name" of a page or screen; "" if missing or not a string
	Version string // context.protocols.event_version: the number's text or the string; "" if none

	Raw json.RawMessage // the event as it was sent. Any JSON value: an item that is no object is kept too; see also JSON
	At  Place           // of Raw's first byte

	Batch *Batch // the envelope it came in; nil if it came alone
	Index int    // position in the batch, 0-based
}

// Batch is the envelope that several events came in.
type Batch struct {
	Raw   json.RawMessage // the whole envelope as sent
	At    Place           // of Raw's first byte
	Count int             // events in it

	Shared []Shared // what it gives to its events: its context and integrations, those that are objects

	shared []shared // the same, taken apart
}

// Equal reports whether two envelopes are the same, at the same place.
func (b *Batch) Equal(other *Batch) bool {
	if b == nil || other == nil {
		return b == other
	}
	return bytes.Equal(b.Raw, other.Raw) && b.At == other.At && b.Count == other.Count && slices.Equal(b.Shared, other.Shared)
}

// Shared is a member of an envelope that is merged into each of its events.
type Shared struct {
	Member       // of the envelope's Raw
	At     Place // of the key's opening quote
}

// JSON returns the event that Segment works with: Raw with the batch's context and
// integrations merged in, and with the type that the path gave it. It is made anew each
// time, and not kept: a batch of 100 KB can be one of 16 MB once each event has its copy.
// What needs no merging is Raw itself, so nobody may change it.
func (e Event) JSON() json.RawMessage {
	switch {
	case len(e.Raw) == 0:
		return nil
	case e.Batch != nil:
		return mergeAll(e.Raw, e.Batch.shared)
	case e.Type != "":
		return typed(e.Raw, e.Type)
	}
	return e.Raw
}

// MessageID returns the event's messageId, "" if it has none or it is not a string.
func (e Event) MessageID() string {
	return stringOf(valueOf(e.Raw, "messageId")) // no batch has one to give
}
