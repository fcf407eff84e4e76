package functions

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"sync"
	"time"

	"modernc.org/quickjs"
	"modernc.org/quickjs/intl"
)

//go:embed prelude/*.js
var preludeFiles embed.FS

// preludeText is the prelude: a function of one object, host, that returns the entry that
// the engine calls. Its files are one scope, in the order of their names.
var preludeText = sync.OnceValues(func() (string, error) {
	names, err := fs.Glob(preludeFiles, "prelude/*.js")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("(function(host){")
	for _, name := range names {
		text, err := preludeFiles.ReadFile(name)
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	b.WriteString("})")
	return b.String(), nil
})

// preludeCode is the prelude compiled, once for all instances: parsing it takes longer
// than everything else that starts an instance.
var preludeCode = sync.OnceValues(func() ([]byte, error) {
	text, err := preludeText()
	if err != nil {
		return nil, err
	}
	return compile(text)
})

// quickJS is the engine that is built in.
type quickJS struct {
	vm      *quickjs.VM
	entry   quickjs.Value
	host    *host
	ops     map[string]operation
	timeout time.Duration
}

// hostName is the global through which the prelude is handed the host. It is gone when
// the function's file is evaluated.
const hostName = "__segproofHost"

func startQuickJS(opts Options, r *recorder) (engine, error) {
	code, err := preludeCode()
	if err != nil {
		return nil, fmt.Errorf("compile the prelude: %w", err)
	}
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, fmt.Errorf("start quickjs: %w", err)
	}
	q := &quickJS{vm: vm, timeout: opts.Timeout, host: &host{recorder: r, chance: newChance(opts.Seed)}, ops: operations()}
	vm.SetMemoryLimit(uintptr(opts.Memory))
	if err := q.begin(code); err != nil {
		vm.Close()
		return nil, fmt.Errorf("start quickjs: %w", err)
	}
	return q, nil
}

// begin evaluates the prelude.
func (q *quickJS) begin(code []byte) error {
	if err := q.vm.RegisterHostFunc(hostName, q.hostCall); err != nil {
		return err
	}
	prelude, err := q.vm.EvalBytecodeValue(code)
	if err != nil {
		return err
	}
	defer prelude.Free()
	host, err := q.vm.EvalValue(`(function(){const call=`+hostName+`;delete globalThis.`+hostName+`;return {call}})()`, quickjs.EvalGlobal)
	if err != nil {
		return err
	}
	defer host.Free()
	q.entry, err = prelude.CallValue(quickjs.UndefinedValue, host)
	return err
}

// hostCall is what the prelude calls in Go: an operation and its argument, both strings.
func (q *quickJS) hostCall(args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("host: %d arguments, want 2", len(args))
	}
	op, _ := args[0].(string)
	arg, _ := args[1].(string)
	switch op {
	case "bundle":
		code, err := bundleCode(arg)
		if err != nil {
			return nil, err
		}
		_, err = q.vm.EvalBytecode(code)
		return nil, err
	case "intl":
		return nil, intl.Register(q.vm)
	case "stop":
		// A panic goes through JavaScript that would catch an error, to enter.
		panic(errStopped)
	}
	return q.host.call(q.ops, op, arg)
}

func (q *quickJS) call(ctx context.Context, message []byte) ([]byte, error) {
	q.host.ctx, q.host.waited = ctx, 0
	began := time.Now()
	deadline := began.Add(q.timeout)
	stop := q.watch(ctx, deadline)
	answer, err := q.converse(deadline, string(message))
	stop()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case !time.Now().Before(deadline):
		// Also if it has answered: the engine may have been starved by then.
		return nil, &overLimit{q.host.slow(time.Since(began), q.timeout), q.logs()}
	case err == nil:
		return []byte(answer), nil
	case strings.Contains(err.Error(), "out of memory"), strings.HasPrefix(err.Error(), "null"):
		// Without memory for an error, the engine throws null.
		return nil, &overLimit{LimitMemory, q.logs()}
	}
	return nil, err
}

// logs returns what a function that was stopped had logged, as a report; nil if the engine
// is not able to say so any more.
func (q *quickJS) logs() []byte {
	const patience = time.Second // a megabyte of logs takes a fraction of it
	q.vm.SetMemoryLimit(math.MaxInt32)
	answer, err := q.converse(time.Now().Add(patience), `{"op":"logs"}`)
	if err != nil {
		return nil
	}
	return []byte(answer)
}

// converse hands the prelude a message and runs what is to be run until it answers.
func (q *quickJS) converse(deadline time.Time, message string) (answer string, err error) {
	defer func() {
		if r := recover(); r == errStopped {
			answer, err = "", errStopped
		} else if r != nil {
			answer, err = "", fmt.Errorf("quickjs: %v", r)
		}
	}()
	answer, err = q.enter(deadline, message)
	for answer == "" && err == nil {
		if err = q.runJobs(deadline); err == nil {
			answer, err = q.enter(deadline)
		}
	}
	return answer, err
}

// enter calls the prelude's entry and returns the string that it returns, "" for none.
func (q *quickJS) enter(deadline time.Time, args ...any) (string, error) {
	left := time.Until(deadline)
	if left <= 0 {
		return "", errStopped
	}
	if err := q.vm.SetEvalTimeout(left); err != nil {
		return "", err
	}
	v, err := q.entry.Call(quickjs.UndefinedValue, args...)
	if err != nil {
		return "", err
	}
	s, _ := v.(string)
	return s, nil
}

var errStopped = errors.New("stopped")

// runJobs runs what promises have waiting, until nothing is.
func (q *quickJS) runJobs(deadline time.Time) error {
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return errStopped
		}
		if err := q.vm.SetEvalTimeout(left); err != nil {
			return err
		}
		// What a job threw is not lost: what matters of it reached a promise.
		n, _ := q.vm.ExecutePendingJobs()
		if !time.Now().Before(deadline) {
			return errStopped
		}
		if n == 0 {
			return nil
		}
	}
}

// lastResort is how long after the deadline the engine is starved of memory.
const lastResort = 250 * time.Millisecond

// watch stops the engine when ctx ends, and when the function is past its deadline and
// does not notice. It returns what ends the watch.
func (q *quickJS) watch(ctx context.Context, deadline time.Time) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		late := time.NewTimer(time.Until(deadline) + lastResort)
		defer late.Stop()
		done := ctx.Done()
		for {
			select {
			case <-end:
				return
			case <-done:
				// An interrupt between two calls into the engine is lost: it is repeated.
				q.vm.Interrupt()
				done = tick(5 * time.Millisecond)
			case <-late.C:
				// The engine looks at its time limit every 10,000 steps, and a step may be a slow
				// call of a built-in. Without memory such calls fail at once, and the steps go by
				// fast. This writes one word that the engine reads, beside the engine's own
				// goroutine: the VM is thrown away after it.
				q.vm.SetMemoryLimit(1)
			}
		}
	}()
	return func() { close(end); <-ended }
}

// tick returns a channel that is closed after a while.
func tick(after time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(after, func() { close(c) })
	return c
}

func (q *quickJS) close() (err error) {
	defer func() {
		if r := recover(); r != nil { // of an engine that panicked before
			err = fmt.Errorf("quickjs: %v", r)
		}
	}()
	q.entry.Free()
	return q.vm.Close()
}
