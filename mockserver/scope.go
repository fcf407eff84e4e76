package mockserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"segproof/finding"
)

// Scope is the part of a server's journal that one test has for itself: the records of
// one write key, of one X-Segproof-Scope header, or of the path prefix /scope/NAME. Get
// one from [Server.Scope]. Its methods may be called by many goroutines.
type Scope struct {
	server *Server
	in     scopeFilter
}

// Scope returns the scope of that name. It need not hold anything yet.
func (s *Server) Scope(name string) *Scope { return &Scope{s, scopeFilter{name: name}} }

// All returns all scopes together.
func (s *Server) All() *Scope { return &Scope{s, scopeFilter{all: true}} }

// Records returns the records kept, in the order of arrival. An error says that the
// journal cannot be read: it is closed, or its disk fails.
func (c *Scope) Records() ([]Record, error) {
	p, err := c.server.journal.store.records(query{in: c.in})
	return p.records, err
}

// Requests returns the requests that are kept, taken and refused, in the order in
// which they were answered.
func (c *Scope) Requests() ([]Request, error) {
	return c.server.journal.store.requests(requestQuery{in: c.in, bodies: true})
}

// Wait returns the records kept as soon as n have arrived since the start or the last
// Reset; records that had to be dropped count. If ctx or the server ends first, it
// returns the records kept by then with an error that wraps ctx's error, or
// [http.ErrServerClosed], and tells how many arrived.
func (c *Scope) Wait(ctx context.Context, n int) ([]Record, error) {
	waited := c.server.journal.wait(ctx, c.in, n)
	records, err := c.Records()
	if waited != nil {
		return records, waited
	}
	return records, err
}

// Lost returns how many records had to make room for newer ones since the start or the
// last Reset. A test that asserts on what arrived wants it to be 0.
func (c *Scope) Lost() int { return c.server.journal.tally(c.in).lost }

// Reset forgets the scope's records and requests with their counts, and invocations. Sequence numbers
// go on. An event whose sender had its answer before Reset was called is forgotten; one
// that is sent after Reset has returned is kept. [ErrUnseen] says that it is done, and that
// somebody who follows has missed something.
func (c *Scope) Reset() error {
	c.server.reset.add(c.server.journal.heard(c.in))
	c.server.hosted.forget(c.in)
	return c.server.journal.reset(c.in)
}

// Cursor is a place in the order of arrival: behind the record and the request with
// these sequence numbers. The zero value is the beginning.
type Cursor struct{ Record, Request int64 }

// Last returns the cursor behind all that has arrived by now: in a file, that may be
// much.
func (s *Server) Last() Cursor {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return Cursor{s.journal.level.record, s.journal.level.request}
}

// Arrivals is what [Scope.Next] returns.
type Arrivals struct {
	Records []Record  // behind the cursor, oldest first
	Failed  []Request // requests behind the cursor of which nothing was taken, without their bodies; see [Request.Reported]
	Cursor  Cursor    // behind all of these
	Missed  int       // records that had to make room before they were looked at

	// Forgotten is how many records, and requests of which nothing was taken, a Reset forgot
	// before [Server.Follow] could read them.
	Forgotten int
}

// Next returns at most so many records, of about so many bytes of bodies, and so many
// requests: there may be a hundred who follow, and each holds what it has not sent on.
const (
	arrivalsLimit = 500
	arrivalsBytes = 256 << 10
	troubledLimit = 20
)

// Next returns what has arrived behind a cursor, as soon as there is something. Called
// again with the cursor that it returned, it goes on. If ctx or the server ends first,
// it returns ctx's error, or [http.ErrServerClosed] when nothing more will come.
func (c *Scope) Next(ctx context.Context, after Cursor) (Arrivals, error) {
	j := c.server.journal
	for {
		changed, closed := j.change()
		got, err := j.arrivals(c.in, after)
		if err != nil || got.Cursor != after {
			return got, err
		}
		if closed {
			return got, http.ErrServerClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return got, ctx.Err()
		}
	}
}

// Judge judges expectations over what has arrived in the scope since the start or the
// last Reset; of a journal in a file, also before the start. Behind their findings, each
// of severity error, stands a warning for each fault that was set for the scope, or for
// all, and has never struck. An error says that the journal cannot be read.
//
// Where nothing at all arrived, neither a record nor a request, nothing was checked: what must
// not have arrived fails there, and so does a count that 0 records keep, unless something
// arrived in the scope before, or before it was reset. Without [Options].Checker, whatever asks
// for verdicts fails.
func (c *Scope) Judge(e *Expectations) ([]finding.Finding, error) {
	o, err := c.server.journal.store.observed(c.in)
	if err != nil {
		return nil, err
	}
	return append(c.JudgeSeen(e, o), c.server.faults.neverStruck(c.in)...), nil
}

// JudgeSeen judges expectations over what a caller has seen of the scope, one who follows
// it for example, with what the server knows besides: see [Scope.Judge] on silence.
func (c *Scope) JudgeSeen(e *Expectations, o Observed) []finding.Finding {
	o.unjudged = c.server.checker == nil
	if len(o.Records)+len(o.Requests)+o.Lost+o.LostRequests == 0 {
		o.silence = c.silence()
	}
	return e.Judge(o)
}

// Expect fails the test if an expectation does not hold for what has arrived in the
// scope, and shows what came nearest. It does not wait: see [Scope.WaitFor].
func (c *Scope) Expect(t T, list ...Expectation) {
	if h, ok := t.(helper); ok {
		h.Helper()
	}
	e, err := NewExpectations(list...)
	if err != nil {
		t.Fatalf("expect: %v", err)
		return
	}
	found, err := c.Judge(e)
	if err != nil {
		t.Fatalf("expect: %v", err)
		return
	}
	if !holds(found) {
		t.Fatalf("%s", explain(found))
	}
}

// holds reports whether all expectations hold of which these are the findings.
func holds(found []finding.Finding) bool {
	return !slices.ContainsFunc(found, isError)
}

// Await is [Scope.WaitFor] for a test: it fails the test if the wait is not met within
// the time, and shows what came nearest.
func (c *Scope) Await(t T, timeout time.Duration, a Await) []Record {
	if h, ok := t.(helper); ok {
		h.Helper()
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	records, err := c.WaitFor(ctx, a)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return records
}

// explain writes findings for a person, each with its notes.
func explain(found []finding.Finding) string {
	var lines []string
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("%s (%s)", f.Message, f.Rule))
		for _, note := range f.Notes {
			lines = append(lines, "  "+note)
		}
	}
	return strings.Join(lines, "\n")
}
