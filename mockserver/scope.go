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
	return c.server.journal.store.requests(c.in, 0, 0)
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
// that is sent after Reset has returned is kept.
func (c *Scope) Reset() error {
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
	Failed  []Request // requests behind the cursor of which nothing was taken; see [Request.Reported]
	Cursor  Cursor    // behind all of these
	Missed  int       // records that had to make room before they were looked at
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
func (c *Scope) Judge(e *Expectations) ([]finding.Finding, error) {
	return c.JudgeAfter(e, Cursor{})
}

// JudgeAfter is [Scope.Judge] over what has arrived behind a cursor.
func (c *Scope) JudgeAfter(e *Expectations, after Cursor) ([]finding.Finding, error) {
	j := c.server.journal
	p, err := j.store.records(query{in: c.in, after: after.Record})
	if err != nil {
		return nil, err
	}
	requests, err := j.store.requests(c.in, after.Request, 0)
	if err != nil {
		return nil, err
	}
	counts := j.tally(c.in)
	lostRefused := counts.refused
	for _, r := range requests {
		if r.refused() {
			lostRefused--
		}
	}
	o := Observed{Records: p.records, Requests: requests, Lost: counts.lost, LostRequests: max(0, lostRefused)}
	if after != (Cursor{}) {
		// The counts hold what was lost before, too; the numbers tell what is missing.
		gone, err := j.store.missing(after)
		if err != nil {
			return nil, err
		}
		o.Lost, o.LostRequests = min(o.Lost, int(gone.Record)), min(o.LostRequests, int(gone.Request))
	}
	return append(e.Judge(o), c.server.faults.neverStruck(c.in)...), nil
}

// Expect fails the test if an expectation does not hold for what has arrived in the
// scope, and shows what came nearest. It does not wait: see [Scope.WaitFor].
func (c *Scope) Expect(t T, list ...Expectation) {
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
