package mockserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Await says what [Scope.WaitFor] waits for.
type Await struct {
	Where Where
	Count *Count // how many records; nil is at least one

	// Quiet is how long nothing at all must have arrived in the scope, no request that was
	// refused or that a fault met either: its sender will send it again. It is counted from
	// the call at the earliest. 0 does not wait: a count that must not be exceeded is then
	// only what has arrived by now.
	Quiet time.Duration
}

// AwaitError says why a wait ended without what it was for.
type AwaitError struct {
	Count   Count
	Seen    int    // records that are meant
	Near    []Near // the records that come nearest to being meant, if too few came
	Refused string // what is to be told of requests that were refused; "" for nothing
	Silent  string // what is to be told if nothing at all arrived in the scope: one of nearly its name; "" for nothing
	Cause   error  // the context's error, [http.ErrServerClosed], [ErrTooMany] or [ErrLost]
}

// ErrTooMany is the cause of an [AwaitError] if more records came than were to.
var ErrTooMany = errors.New("too many arrived")

// ErrLost is the cause of an [AwaitError] if records that could count were lost.
var ErrLost = errors.New("the journal had no room for all of them")

// Error tells got and want, and how the nearest records differ.
func (e *AwaitError) Error() string {
	var b strings.Builder
	cause := e.Cause.Error()
	if errors.Is(e.Cause, context.DeadlineExceeded) {
		cause = "the time is up"
	}
	fmt.Fprintf(&b, "waited for %s, got %d%s: %s", e.Count, e.Seen, e.Refused, cause)
	if e.Silent != "" {
		b.WriteString("\n" + e.Silent)
	}
	for _, n := range e.Near {
		fmt.Fprintf(&b, "\nnearest is record %s, which differs:", describe(n.Record))
		for _, d := range n.Differences {
			fmt.Fprintf(&b, "\n  %s", d)
		}
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *AwaitError) Unwrap() error { return e.Cause }

// nearCount is how many near records a failed wait shows.
const nearCount = 3

// WaitFor waits until as many records as a.Count says are there that a.Where means, and
// returns these, in the order of arrival. A Reset of the scope starts it again. Any error
// that is about what arrived is an [*AwaitError], and comes with the records so far;
// others are an [*InvalidError] of a.Where, and that the journal cannot be read.
func (c *Scope) WaitFor(ctx context.Context, a Await) ([]Record, error) {
	selector, err := a.Where.Compile()
	if err != nil {
		return nil, err
	}
	w := waiter{scope: c, await: a, selector: selector, count: Count{Min: 1, Max: NoMax}, changed: time.Now()}
	if a.Count != nil {
		w.count = *a.Count
	}
	for {
		changed, closed := c.server.journal.change()
		done, err := w.look()
		if done || err != nil {
			return w.seen, err
		}
		if closed {
			return w.seen, w.fail(http.ErrServerClosed)
		}
		if err := w.pause(ctx, changed); err != nil {
			return w.seen, w.fail(err)
		}
	}
}

// waiter is one wait under way. One goroutine uses it.
type waiter struct {
	scope    *Scope
	await    Await
	selector *Selector
	count    Count

	seen    []Record  // that are meant
	after   int64     // Seq of the last record looked at
	resets  int       // of the journal, when it was looked at
	counted tally     // of the scope, then
	changed time.Time // when something last arrived in the scope, as far as is known
}

// look takes in what has arrived, and reports whether the wait is over.
func (w *waiter) look() (bool, error) {
	j := w.scope.server.journal
	now, resets := j.state(w.scope.in)
	if resets != w.resets {
		w.seen, w.after, w.resets = nil, 0, resets
	}
	if now != w.counted {
		w.counted, w.changed = now, time.Now()
	}
	where := w.await.Where
	q := query{in: w.scope.in, typ: string(where.Type), name: where.Name, user: where.User, verdict: where.Verdict, after: w.after}
	err := j.store.visit(q, func(rec Record) {
		w.after = rec.Seq
		if w.selector.Matches(rec) {
			w.seen = append(w.seen, rec)
		}
	})
	if err != nil {
		return false, err
	}
	switch n := len(w.seen); {
	case w.count.Max != NoMax && now.lost > 0:
		return false, w.fail(ErrLost)
	case w.count.Max != NoMax && n > w.count.Max:
		return false, w.fail(ErrTooMany)
	}
	return w.count.Holds(len(w.seen)) && w.quietFor() >= w.await.Quiet, nil
}

func (w *waiter) quietFor() time.Duration { return time.Since(w.changed) }

// pause waits until there is a reason to look again.
func (w *waiter) pause(ctx context.Context, changed <-chan struct{}) error {
	var quiet <-chan time.Time
	if w.count.Holds(len(w.seen)) {
		timer := time.NewTimer(w.await.Quiet - w.quietFor())
		defer timer.Stop()
		quiet = timer.C
	}
	select {
	case <-changed:
	case <-quiet:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// fail makes the error of a wait that ended too early.
func (w *waiter) fail(cause error) error {
	e := &AwaitError{Count: w.count, Seen: len(w.seen), Cause: cause}
	if e.Seen >= w.count.Min {
		return e
	}
	e.Refused = w.scope.server.journal.refusals(w.scope.in)
	if w.counted == (tally{}) {
		e.Silent = w.scope.silence().didYouMean()
	}
	var likely []Record
	// That the journal cannot be read either adds nothing.
	_ = w.scope.server.journal.store.visit(query{in: w.scope.in}, func(rec Record) {
		if likely = append(likely, rec); len(likely) >= 2*maxCompared {
			likely = w.selector.likely(likely)
		}
	})
	e.Near = w.selector.nearOnly(likely, nearCount)
	return e
}
