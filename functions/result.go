package functions

import (
	"encoding/json"
	"time"
)

// Result is what one run of a function did.
type Result struct {
	Handler string // the handler that the input was for, such as "onTrack"; "" if there is none for its type

	// Events and Objects are what a function emitted through Segment.track and the others,
	// and through Segment.set. With an Error they are what was emitted before it; Segment
	// does not deliver them then.
	Events  []json.RawMessage
	Objects []json.RawMessage

	// Returned is the JSON of what the handler returned; nil if that is undefined or
	// Unserializable. An insert function returns the event that goes on.
	Returned       json.RawMessage
	Unserializable bool // the handler returned what JSON cannot say, such as an object that holds itself

	// InputAfter is the event or the batch as the handler left it: handlers may change
	// what they are given. It is nil for a source function.
	InputAfter json.RawMessage

	// Requests and Logs begin, in the first run of an instance, with those that were made
	// while the file was loaded.
	Requests    []Exchange    // what fetch and https sent, in order, and the answers
	Logs        []Log         // what console wrote
	LogsDropped int           // lines that were not kept, because there was too much of them
	Took        time.Duration // how long the function waited, in its own time: for timers and answers

	Error       *Error // what the handler threw, or which limit it went over; nil if it ended well
	Disposition Disposition
	Batch       []Outcome // what becomes of each event of a batch; nil if the input was no batch
	Notes       []Note    // what is odd, and no error
}

// Unmatched returns the requests that nothing answered. A test whose function sent one has
// failed, whatever the function made of it.
func (r Result) Unmatched() []Request {
	var all []Request
	for _, x := range r.Requests {
		if x.Unmatched {
			all = append(all, x.Request)
		}
	}
	return all
}

// Log is one line of console.
type Log struct {
	Level string // log, info, warn, error or debug
	Text  string // as Node would write it; may have several lines
}

// Disposition is what Segment does with the input of a run.
type Disposition string

// The dispositions.
//
// Source: segment.com/docs/connections/functions/source-functions/#errors-and-error-handling,
// the same in destination-functions and insert-functions
const (
	Delivered Disposition = "delivered" // the run succeeded
	Dropped   Disposition = "dropped"   // a source function failed, or an insert function threw DropEvent: the input is gone
	Discarded Disposition = "discarded" // a destination function failed for good
	Retried   Disposition = "retried"   // Segment tries again later
	Blocked   Disposition = "blocked"   // an insert function has no handler for the type: no event of it passes
)

// Outcome is what becomes of one event of a batch.
type Outcome struct {
	Disposition Disposition
	Status      int             // the status that onBatch returned for it; 0 if none
	Message     string          // the message beside the status
	Event       json.RawMessage // what an insert function sends on; nil if nothing
}

// Note is something odd about a run that is no error at Segment.
type Note struct {
	ID      NoteID
	Message string
}

// NoteID names what a Note is about.
type NoteID string

// The notes.
const (
	UnknownPayloadKey NoteID = "unknown-payload-key" // Segment's runtime ignores it
	NoHandler         NoteID = "no-handler"          // the name of a handler holds no function
	LexicalHandler    NoteID = "lexical-handler"     // a handler is declared with const, let or class, which Segment may refuse
	UnknownType       NoteID = "unknown-type"        // the event's type is none that handlers are for
	ShortBatch        NoteID = "short-batch"         // onBatch returned another number of events, or of statuses
	BatchStatus       NoteID = "batch-status"        // onBatch of a destination returned what is no status, or no text as its message
	UnknownMessageID  NoteID = "unknown-message-id"  // onBatch of an insert function returned a messageId that is none of the batch's
	ReorderedBatch    NoteID = "reordered-batch"     // onBatch of an insert function returned the events in another order
	NotAnEvent        NoteID = "not-an-event"        // an insert function returned something else than an event, or none for one of a batch
	LostEvents        NoteID = "lost-events"         // events were emitted before the error
	UnhandledRejected NoteID = "unhandled-rejection" // a promise was rejected and nobody cared, which ends Node; the engine node alone sees it
)

// Limit is a bound that a run went over.
type Limit string

// The limits. Each is an Error of class "Timeout" or "RangeError" too; Limit says which
// bound of ours it was.
const (
	LimitCPU     Limit = "cpu"           // the function computed for longer than Options.Timeout
	LimitTime    Limit = "time"          // the function waited for longer than Options.Timeout
	LimitSettle  Limit = "never-settles" // the handler's promise cannot settle any more: nothing is left that could do it
	LimitMemory  Limit = "memory"
	LimitStack   Limit = "stack" // calls nested too deep; the function may catch this one
	LimitOutput  Limit = "output"
	noLimit      Limit = ""
	timeoutClass       = "Timeout"
)

// Error is why a run failed.
type Error struct {
	Class   string // the name of the error, such as "TypeError"; for what is no Error the type of the value, such as "string"
	Message string
	Thrown  string // "Error", or the type of what was thrown in its place: "string", "object" ...
	Code    string // the code member, as FetchError and Node's errors have it; "" if none
	ShownAs string // the heading under which Segment shows it, such as "Message Rejected"
	Limit   Limit  // the bound that was gone over; "" if none
	Loading bool   // it happened when the file was evaluated, before any handler

	File   string  // the function's name, as Load was given it; "" if no place is known
	Line   int     // 1-based, in the function's source; 0 if not known
	Column int     // 1-based; 0 if not known. Engines disagree about it
	Stack  []Frame // the places in the function's source, innermost first
}

// Frame is one place of a stack.
type Frame struct {
	Func   string // the function's name; "" if it has none
	Line   int    // 1-based
	Column int    // 1-based
}

// Error makes an *Error a Go error, for those who want to pass it on.
func (e *Error) Error() string { return e.Class + ": " + e.Message }
