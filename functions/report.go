package functions

import (
	"encoding/json"
	"fmt"
	"time"
)

// The messages to the prelude, and what it answers. They are the whole protocol between
// the room and an engine, and JSON on both sides.

// loadMessage has the prelude set up its world and evaluate the function's file.
type loadMessage struct {
	Op      string            `json:"op"`
	Kind    Kind              `json:"kind"`
	Code    string            `json:"code"`
	Globals GlobalSet         `json:"globals"`
	Allow   []string          `json:"allow,omitempty"`
	Stubs   map[string]string `json:"stubs,omitempty"`
	Now     *int64            `json:"now,omitempty"`
	Frozen  bool              `json:"frozen,omitempty"`
	Seed    *uint32           `json:"seed,omitempty"`
	Sort    bool              `json:"sort,omitempty"`
	Limits  limits            `json:"limits"`
}

// limits are the bounds that the prelude holds a function to.
type limits struct {
	Milliseconds int64 `json:"milliseconds"` // of waiting in one run
	OutputChars  int   `json:"outputChars"`
}

// runMessage has the prelude call a handler.
type runMessage struct {
	Op       string          `json:"op"`
	Input    json.RawMessage `json:"input"`
	Settings json.RawMessage `json:"settings,omitempty"`
}

// report is the prelude's answer to a runMessage.
type report struct {
	Handler        string            `json:"handler"`
	NoHandler      bool              `json:"noHandler"`
	UnknownType    bool              `json:"unknownType"`
	Limit          Limit             `json:"limit"`
	Error          *thrown           `json:"error"`
	Wrong          []thrown          `json:"wrong"` // events and objects that JSON cannot say
	Unserializable bool              `json:"unserializable"`
	Logs           []loggedLine      `json:"logs"`
	LogsDropped    int               `json:"logsDropped"`
	Took           float64           `json:"took"` // in milliseconds
	Events         []json.RawMessage `json:"events"`
	Objects        []json.RawMessage `json:"objects"`
	Returned       json.RawMessage   `json:"returned"`
	Input          json.RawMessage   `json:"input"`
	Unhandled      []string          `json:"unhandled"` // messages of rejections; the engine node alone sees them
}

// loggedLine is one line of console.
type loggedLine struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// thrown is what a function threw.
type thrown struct {
	Thrown  string `json:"thrown"`
	Name    string `json:"name"`
	Message string `json:"message"`
	Stack   string `json:"stack"`
	Code    string `json:"code"`
	Type    string `json:"type"`
}

func (f *Function) loadMessage() []byte {
	m := loadMessage{
		Op: "load", Kind: f.opts.Kind, Code: f.source, Globals: f.opts.Globals, Allow: f.opts.Allow, Stubs: f.opts.Stubs,
		Frozen: f.opts.Frozen, Seed: f.opts.Seed, Sort: f.opts.SortKeys,
		Limits: limits{Milliseconds: f.opts.Timeout.Milliseconds(), OutputChars: f.opts.Output},
	}
	if !f.opts.Now.IsZero() {
		ms := f.opts.Now.UnixMilli()
		m.Now = &ms
	}
	text, err := json.Marshal(m)
	if err != nil {
		// Strings, numbers and booleans can always be written.
		panic(err)
	}
	return text
}

// result turns the prelude's report into ours.
func (f *Function) result(in Invocation, r report) Result {
	res := Result{
		Handler: r.Handler, Events: r.Events, Objects: r.Objects,
		Returned: r.Returned, Unserializable: r.Unserializable, InputAfter: r.Input,
		Requests: f.recorder.exchanges, LogsDropped: r.LogsDropped,
		Took: time.Duration(r.Took * float64(time.Millisecond)),
	}
	for _, l := range r.Logs {
		res.Logs = append(res.Logs, Log(l))
	}
	switch {
	case f.fault != nil:
		fault := *f.fault
		res.Error = &fault
	case r.Limit != noLimit:
		res.Error = r.Limit.fault(f.opts.Timeout)
		res.Error.File = f.name
	case r.Error != nil:
		res.Error = f.newError(*r.Error)
	case len(r.Wrong) > 0:
		res.Error = f.newError(r.Wrong[0])
	}
	f.dispose(in, r, &res)
	return res
}

// fault words a limit as the error that a run ends with. Segment shows a function that it
// had to stop as a timeout, and tries again.
func (l Limit) fault(timeout time.Duration) *Error {
	e := &Error{Class: timeoutClass, Thrown: "Error", Limit: l}
	switch l {
	case LimitCPU:
		e.Message = fmt.Sprintf("cpu limit: the function computed for %v without an end", timeout)
	case LimitTime:
		e.Message = fmt.Sprintf("the function was not done after waiting for %v", timeout)
	case LimitSettle:
		e.Message = "the handler's promise never settles: no timer and no request is left that could settle it"
	case LimitMemory:
		e.Class, e.Message = "RangeError", "memory limit: the function wants more memory than it may have"
	case LimitStack:
		e.Class, e.Message = "RangeError", "Maximum call stack size exceeded"
	case LimitOutput:
		e.Class, e.Message = "RangeError", "output limit: the function emits more than can be kept"
	}
	return e
}
