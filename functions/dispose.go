package functions

import (
	"encoding/json"
	"fmt"
	"slices"
)

// dispose says what Segment does with the input of a run, and notes what is odd.
func (f *Function) dispose(in Invocation, r report, res *Result) {
	if f.opts.Kind == Source {
		res.noteUnknownKeys(in.Input)
	}
	if f.lexical != "" {
		res.note(LexicalHandler, "%s is declared with const, let or class; Segment's open-source runtime refuses such a file, so declare it with function", f.lexical)
	}
	if r.NoHandler {
		res.note(NoHandler, "%s is no function: Segment calls nothing", r.Handler)
	}
	if r.UnknownType {
		res.note(UnknownType, "the event's type is none that a handler is for: Segment calls nothing")
	}
	for _, message := range r.Unhandled {
		res.note(UnhandledRejected, "a promise was rejected and nothing handles it: %s", message)
	}
	res.Disposition = Delivered
	if e := res.Error; e != nil {
		fate := f.fate(e)
		res.Disposition, e.ShownAs = fate.disposition, fate.shownAs
		if n := len(res.Events) + len(res.Objects); n > 0 {
			res.note(LostEvents, "%d events and objects were emitted before the error: Segment does not deliver them", n)
		}
	}
	var events []json.RawMessage
	if f.opts.Kind != Source && json.Unmarshal(in.Input, &events) == nil && events != nil {
		res.Batch = f.outcomes(events, res)
	} else if f.insert() && res.Error == nil && !r.NoHandler && !r.UnknownType && !isObject(res.Returned) {
		res.Disposition = Dropped
		res.note(NotAnEvent, "%s returned no event: nothing goes on", r.Handler)
	}
}

func (f *Function) insert() bool {
	return f.opts.Kind == DestinationInsert || f.opts.Kind == SourceInsert
}

func (r *Result) note(id NoteID, format string, args ...any) {
	r.Notes = append(r.Notes, Note{ID: id, Message: fmt.Sprintf(format, args...)})
}

// payloadKeys are the members of a webhook that Segment's open-source runtime looks at.
func payloadKeys() []string { return []string{"body", "headers", "url", "queryParameters"} }

// noteUnknownKeys notes members of a webhook that nothing looks at, such as queryParams.
func (r *Result) noteUnknownKeys(input json.RawMessage) {
	var members map[string]json.RawMessage
	if json.Unmarshal(input, &members) != nil {
		return
	}
	var unknown []string
	for name := range members {
		if !slices.Contains(payloadKeys(), name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		r.note(UnknownPayloadKey, "the payload's %q is ignored; want one of %q", name, payloadKeys())
	}
}

func isObject(text json.RawMessage) bool { return len(text) > 0 && text[0] == '{' }

// fate is what becomes of the input after an error, and how Segment shows it.
type fate struct {
	shownAs     string
	disposition Disposition
}

// fate looks an error up. Any class that is not named here is a Bad Request.
//
// Source: segment.com/docs/connections/functions/destination-functions/#destination-functions-error-types,
// and the same section of the other kinds
func (f *Function) fate(e *Error) fate {
	gone := Discarded
	if f.opts.Kind == Source {
		gone = Dropped
	}
	switch {
	case e.Class == "EventNotSupported" && f.insert():
		return fate{"Unsupported Event Type", Blocked}
	case e.Class == "EventNotSupported":
		return fate{"Unsupported Event Type", gone}
	case e.Class == "InvalidEventPayload", e.Class == "ValidationError":
		return fate{"Message Rejected", gone}
	case e.Class == "RetryError":
		return fate{"Retry", Retried}
	case e.Class == timeoutClass && e.Limit != noLimit:
		return fate{"Timeout", Retried}
	case e.Class == "DropEvent" && f.insert():
		return fate{"", Dropped} // meant so: no error is shown
	}
	return fate{"Bad Request", gone}
}
