// Package functions runs Segment Functions on this machine: the file as it is deployed,
// unmodified, offline, with every outgoing request recorded and answered by rules.
//
// A [Function] is one instance of a function's file, as Segment would keep one: what the
// file stores outside its handlers lives from one Run to the next. What the function does
// wrong, down to a loop that never ends, is part of the [Result]; an error means that we
// could not do our work.
//
// The package judges nothing by contracts and knows no files: callers hand it the source
// and get back raw JSON.
//
// Source of what Segment does: segment.com/docs/connections/functions/ and Segment's
// open-source runtime in github.com/segmentio/functions-library, which the package follows
// where the documentation is silent.
package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is what a function is for. It decides which handlers count, and what becomes of an
// event whose handler fails.
type Kind string

// The kinds of functions.
//
// Source: segment.com/docs/connections/functions/
const (
	Source            Kind = "source"             // onRequest turns a webhook into events and objects
	Destination       Kind = "destination"        // onTrack, onIdentify ... onBatch send events on
	DestinationInsert Kind = "destination-insert" // the same handlers return the event that goes to a destination
	SourceInsert      Kind = "source-insert"      // the same without onBatch, before all destinations
)

// Kinds returns the kinds of functions.
func Kinds() []Kind { return []Kind{Source, Destination, DestinationInsert, SourceInsert} }

// kindNames lists the kinds for a sentence.
func kindNames() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// GlobalSet is a choice of globals that functions see.
type GlobalSet string

// The sets of globals.
const (
	// Documented is what Segment documents for functions.
	//
	// Source: segment.com/docs/connections/functions/environment/
	Documented GlobalSet = ""
	// OpenSource is what Segment's open-source runtime gives: older and smaller. It lacks
	// RetryError, DropEvent, cache, moment and others.
	OpenSource GlobalSet = "open-source"
)

// Allowable returns the names that Options.Allow takes: globals of Node 20 that functions
// may have at Segment, whose pages do not say so.
func Allowable() []string {
	return []string{"AbortController", "AbortSignal", "TextDecoder", "TextEncoder", "clearImmediate", "performance", "queueMicrotask", "setImmediate", "structuredClone"}
}

// The limits that a zero Options stands for.
const (
	// DefaultTimeout is how long a handler may run. Segment stops it then and retries.
	//
	// Source: segment.com/docs/connections/functions/source-functions/ (5 seconds)
	DefaultTimeout = 5 * time.Second
	// DefaultMemory is how many bytes the engine of one instance may take. Segment
	// documents no number; functions run on AWS Lambda, whose smallest size this is.
	DefaultMemory = 128 << 20
	// DefaultOutput is how many bytes of JSON one run may emit and return. It is ours:
	// nothing that Segment takes is nearly as large.
	DefaultOutput = 16 << 20
)

// Options configures Load. The zero value runs a function of either kind in the engine
// that is built in, in real time, with real chance, and refuses every request.
type Options struct {
	Kind      Kind              // "": Source if the file defines onRequest, else Destination
	Engine    string            // "quickjs", which "" means, or "node": see [Engines]
	Globals   GlobalSet         // the zero value is Documented
	Allow     []string          // globals that Node has and Segment does not document: see [Allowable]
	Stubs     map[string]string // a JavaScript expression for each global that stands in for a real one
	Responder Responder         // answers fetch; nil: no request is matched
	Now       time.Time         // the function's time at its start; zero: the machine's
	Frozen    bool              // time stays at Now while timers run; else it moves with them
	Seed      *uint32           // of Math.random and of random bytes; nil: real chance
	SortKeys  bool              // hand a webhook over with its keys in the order of the alphabet, as a deployed source function gets them; the tester keeps their order
	Timeout   time.Duration     // of running, by the clock of the machine, and again of waiting, in the time of the function; 0: DefaultTimeout
	Memory    int               // in bytes; 0: DefaultMemory. Node bounds its heap by it, and not its buffers
	Output    int               // in bytes; 0: DefaultOutput
}

var definesOnRequest = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`function\s+onRequest\b|\bonRequest\s*=[^=]`)
})

// Function is one instance of a function. It is not safe for concurrent use; load one for
// each goroutine.
type Function struct {
	name     string
	source   string
	opts     Options
	engine   engine // nil: the next Run starts a new instance
	handlers []string
	fault    *Error // what went wrong when the file was evaluated
	loading  report // what the file logged until it was stopped, for the next Run; else empty
	recorder *recorder
	lexical  string // a handler that is declared with const, let or class; "" if none
	prefixed int    // columns of the first line that are not the file's
}

// Load evaluates the source of a function, whose name stands in the places of errors.
//
// A fault in the source is not an error: each Run has it as its result, and Fault returns
// it. An error says that the options are wrong, that ctx ended, or that the engine could not
// be started.
func Load(ctx context.Context, name, source string, opts Options) (*Function, error) {
	opts, err := opts.complete(source)
	if err != nil {
		return nil, err
	}
	f := &Function{name: name, source: source, opts: opts}
	if err := f.begin(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// complete fills in what the zero values stand for.
func (o Options) complete(source string) (Options, error) {
	if o.Kind == "" {
		o.Kind = Destination
		if definesOnRequest().MatchString(source) {
			o.Kind = Source
		}
	}
	switch o.Kind {
	case Source, Destination, DestinationInsert, SourceInsert:
	default:
		return o, fmt.Errorf("unknown kind of function %q; want one of %s", o.Kind, kindNames())
	}
	if o.Globals != Documented && o.Globals != OpenSource {
		return o, fmt.Errorf("unknown set of globals %q; want %q or none", o.Globals, OpenSource)
	}
	for _, name := range o.Allow {
		if !slices.Contains(Allowable(), name) {
			return o, fmt.Errorf("cannot allow %q; what can be allowed: %s", name, strings.Join(Allowable(), ", "))
		}
	}
	if o.Engine == "" {
		o.Engine = engines()[0].name
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.Output <= 0 {
		o.Output = DefaultOutput
	}
	return o, nil
}

// Kind returns the kind of the function.
func (f *Function) Kind() Kind { return f.opts.Kind }

// Handlers returns the names of the handlers that the file defines, in the order of the
// documentation.
func (f *Function) Handlers() []string { return f.handlers }

// Fault returns what went wrong when the file was evaluated; nil if nothing did.
func (f *Function) Fault() *Error { return f.fault }

// Close ends the instance. The Function can be run again: with a new one.
func (f *Function) Close() error {
	if f.engine == nil {
		return nil
	}
	err := f.engine.close()
	f.engine = nil
	return err
}

// Invocation is one call of a function.
type Invocation struct {
	// Input is, for a source function, the webhook: an object with "body" (a string or any
	// JSON object), "headers", and "url" or "queryParameters", as in the payload of
	// Segment's webhook examples. For the other kinds it is an event, or an array of
	// events, which is a batch for onBatch.
	Input    json.RawMessage
	Settings json.RawMessage // nil: none; a source function gets {} then
}

// Run calls the handler that the input is for, and waits until it ends.
//
// Everything that the function does wrong is in the Result. When it went over a limit, its
// instance is gone and the next Run starts a new one. An error says that the input is not
// JSON, that ctx ended, that the Responder could not answer, or that the engine broke.
func (f *Function) Run(ctx context.Context, in Invocation) (Result, error) {
	if !json.Valid(in.Input) {
		return Result{}, errors.New("the input of a function is not JSON")
	}
	if in.Settings != nil && !json.Valid(in.Settings) {
		return Result{}, errors.New("the settings of a function are not JSON")
	}
	if f.engine == nil && (f.fault == nil || f.fault.Limit == "") {
		if err := f.begin(ctx); err != nil {
			return Result{}, err
		}
	}
	if f.engine == nil {
		// The file itself went over a limit; it would do so again.
		res := f.result(in, f.loading)
		f.recorder.reset()
		f.loading = report{}
		return res, nil
	}
	message, err := json.Marshal(runMessage{Op: "run", Input: in.Input, Settings: in.Settings})
	if err != nil {
		return Result{}, err
	}
	answer, err := f.engine.call(ctx, message)
	var over *overLimit
	if errors.As(err, &over) {
		answer, err = over.logs, nil
		if answer == nil {
			answer = []byte(`{}`)
		}
	}
	if err == nil {
		err = f.recorder.failure
	}
	if err != nil {
		f.drop()
		return Result{}, fmt.Errorf("run %s: %w", f.name, err)
	}
	var r report
	if err := json.Unmarshal(answer, &r); err != nil {
		f.drop()
		return Result{}, fmt.Errorf("run %s: the engine's report: %w", f.name, err)
	}
	switch {
	case over != nil:
		r.Limit = over.limit
	case r.Error != nil && r.Error.Thrown == "null" && f.outOfMemory():
		r.Limit = LimitMemory
	}
	res := f.result(in, r)
	f.recorder.reset() // not before the run: what was sent while the file was loaded belongs to it
	if res.Error != nil && res.Error.Limit != "" {
		f.drop()
	}
	return res, nil
}

// outOfMemory reports whether a null that was thrown is QuickJS's: it throws null when
// there is no memory left for an error. A function that throws errors alone, each made
// where it is thrown, throws no null itself.
func (f *Function) outOfMemory() bool {
	for _, m := range throws().FindAllStringSubmatch(f.source, -1) {
		if m[1] != "new" {
			return false
		}
	}
	return true
}

// throws finds what a source throws, or rejects a promise with.
var throws = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:\bthrow\b|\breject\s*\()\s*(\w*)`) })

// drop ends an instance that cannot be used any more.
func (f *Function) drop() {
	f.engine.close() // what is thrown away need not end well
	f.engine = nil
}

// begin starts an instance and evaluates the file in it.
func (f *Function) begin(ctx context.Context) error {
	f.recorder = &recorder{responder: f.opts.Responder, most: f.opts.Output}
	e, err := f.opts.start(f.recorder)
	if err != nil {
		return err
	}
	f.engine = e
	answer, err := e.call(ctx, f.loadMessage())
	if err == nil {
		err = f.recorder.failure
	}
	var over *overLimit
	if errors.As(err, &over) {
		f.fault = over.limit.fault(f.opts.Timeout)
		f.fault.Loading = true
		f.fault.File = f.name
		if over.logs != nil {
			if err := json.Unmarshal(over.logs, &f.loading); err != nil {
				return errors.Join(fmt.Errorf("load %s: the engine's report: %w", f.name, err), f.Close())
			}
		}
		return f.Close()
	}
	if err != nil {
		f.drop()
		return fmt.Errorf("load %s: %w", f.name, err)
	}
	var loaded struct {
		Handlers []string `json:"handlers"`
		Fault    *thrown  `json:"fault"`
		Lexical  string   `json:"lexical"`  // the handler that is declared with const, let or class
		Prefixed int      `json:"prefixed"` // what stands before the file in its first line, for this engine
	}
	if err := json.Unmarshal(answer, &loaded); err != nil {
		f.drop()
		return fmt.Errorf("load %s: the engine's report: %w", f.name, err)
	}
	f.handlers, f.lexical, f.prefixed = loaded.Handlers, loaded.Lexical, loaded.Prefixed
	f.fault = nil
	if loaded.Fault != nil {
		f.fault = f.newError(*loaded.Fault)
		f.fault.Loading = true
	}
	return nil
}
