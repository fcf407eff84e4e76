package functions

import (
	"context"
	"fmt"
	"strings"
)

// engine is one JavaScript world with the prelude and one function's file in it. It is not
// safe for concurrent use.
type engine interface {
	// call hands the prelude one message and returns its answer, when the function has
	// settled. It returns an *overLimit if the function had to be stopped; the engine can
	// only be closed then.
	call(ctx context.Context, message []byte) ([]byte, error)
	close() error
}

// overLimit says that a function had to be stopped from outside.
type overLimit struct {
	limit Limit
	logs  []byte // a report with what it had logged; nil if nobody knows
}

// Error makes an overLimit an error.
func (o *overLimit) Error() string { return "went over the limit " + string(o.limit) }

// sourceName is what the engines call the function's file: QuickJS calls what is evaluated
// so, and the worker of the node engine does as it.
const sourceName = "<input>"

// engineEntry is one engine that functions can run in.
type engineEntry struct {
	name, about string
	start       func(opts Options, r *recorder) (engine, error)
}

// engines is the table of engines; the first is the default.
func engines() []engineEntry {
	return []engineEntry{
		{"quickjs", "built in; the language of Node 20, messages worded as V8's where they differ", startQuickJS},
		{"node", "a process of Node 20 or newer: V8's messages, all locales, stacks across await", startNode},
	}
}

// Engines returns the names of the engines, the default first.
func Engines() []string {
	var names []string
	for _, e := range engines() {
		names = append(names, e.name)
	}
	return names
}

// start starts the engine that the options name.
func (o Options) start(r *recorder) (engine, error) {
	for _, e := range engines() {
		if e.name == o.Engine {
			return e.start(o, r)
		}
	}
	return nil, fmt.Errorf("unknown engine %q; want one of %s", o.Engine, strings.Join(Engines(), ", "))
}
