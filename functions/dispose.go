package functions

import "fmt"

// dispose says what Segment does with the input of a run, and notes what is odd.
func (f *Function) dispose(_ Invocation, r report, res *Result) {
	if r.NoHandler {
		res.note(NoHandler, "%s is no function: Segment calls nothing", r.Handler)
	}
	if r.UnknownType {
		res.note(UnknownType, "the event's type is none that a handler is for: Segment calls nothing")
	}
	for _, message := range r.Unhandled {
		res.note(UnhandledRejected, "a promise was rejected and nothing handles it: %s", message)
	}
	e := res.Error
	if e == nil {
		res.Disposition = Delivered
		return
	}
	fate := f.fate(e)
	res.Disposition, e.ShownAs = fate.disposition, fate.shownAs
	if n := len(res.Events) + len(res.Objects); n > 0 {
		res.note(LostEvents, "%d events and objects were emitted before the error: Segment does not deliver them", n)
	}
}

func (r *Result) note(id NoteID, format string, args ...any) {
	r.Notes = append(r.Notes, Note{ID: id, Message: fmt.Sprintf(format, args...)})
}

// fate is what becomes of the input after an error, and how Segment shows it.
type fate struct {
	shownAs     string
	disposition Disposition
}

// fate looks an error up. Any class that the table does not name is a Bad Request.
//
// Source: segment.com/docs/connections/functions/destination-functions/#errors-and-error-handling
func (f *Function) fate(e *Error) fate {
	gone := Discarded
	if f.opts.Kind == Source {
		gone = Dropped
	}
	insert := f.opts.Kind == DestinationInsert || f.opts.Kind == SourceInsert
	switch e.Class {
	case "EventNotSupported":
		if insert {
			return fate{"Unsupported Event Type", Blocked}
		}
		return fate{"Unsupported Event Type", gone}
	case "InvalidEventPayload", "ValidationError":
		return fate{"Message Rejected", gone}
	case "RetryError":
		return fate{"Retry", Retried}
	case timeoutClass:
		if e.Limit != noLimit {
			return fate{"Timeout", Retried}
		}
	case "DropEvent":
		if insert {
			return fate{"", Dropped}
		}
	}
	return fate{"Bad Request", gone}
}
