package main

import (
	"cmp"
	"fmt"
	"os"

	"segproof/finding"
	"segproof/mockserver"
)

// loadExpectations reads a file of expectations; nil if no file is named. What is wrong
// in it is told and is an error: the run would prove nothing.
func (c *check) loadExpectations(file string) (*mockserver.Expectations, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--expect: %w", missing(file, err))
	}
	expectations, found := mockserver.ParseExpectations(file, text)
	return expectations, c.unusable(file, found)
}

// loadFaults reads a file of faults, as loadExpectations does.
func (c *check) loadFaults(file string) (*mockserver.Faults, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--faults: %w", missing(file, err))
	}
	faults, found := mockserver.ParseFaults(file, text)
	return faults, c.unusable(file, found)
}

// unusable ends the run with a report if something is wrong in a file.
func (c *check) unusable(file string, found []finding.Finding) error {
	if len(found) == 0 {
		return nil
	}
	c.count(found)
	c.report.Problems = append(c.report.Problems, fmt.Sprintf("%s cannot be used", file))
	return c.finish()
}

// expected is what expectations are judged over: all that a follower has seen, also what
// was reset since. A suite that resets the server between its tests is judged as one that
// does not.
type expected struct {
	expectations *mockserver.Expectations
	seen         mockserver.Observed
	bytes        int64 // of the bodies of what is seen
	records      int   // that may be kept, and as many requests
	most         int64 // bytes that may be
}

// newExpected keeps as much as the server does.
func newExpected(e *mockserver.Expectations, flags serveFlags) *expected {
	return &expected{expectations: e,
		records: cmp.Or(max(flags.capacity, 0), mockserver.DefaultCapacity), most: cmp.Or(max(flags.capacityBytes, 0), mockserver.DefaultCapacityBytes)}
}

// take keeps what has arrived in the scope that is judged. The oldest make room, and are
// counted.
func (x *expected) take(got mockserver.Arrivals) {
	o, scope := &x.seen, x.expectations.Scope()
	o.Lost += got.Missed + got.Forgotten
	for _, r := range got.Records {
		if scope != "" && r.Scope != scope {
			continue
		}
		if n := len(o.Records); n == 0 || o.Records[n-1].Request != r.Request {
			x.bytes += int64(len(r.Request.Body))
		}
		o.Records = append(o.Records, r)
	}
	for len(o.Records) > x.records || x.bytes > x.most && len(o.Records) > 0 {
		first := o.Records[0].Request
		for len(o.Records) > 0 && o.Records[0].Request == first {
			o.Records[0] = mockserver.Record{}
			o.Records = o.Records[1:]
			o.Lost++
		}
		x.bytes -= int64(len(first.Body))
	}
	for _, r := range got.Failed {
		if r.Body = nil; scope == "" || r.Scope == scope {
			o.Requests = append(o.Requests, r)
		}
	}
	if n := len(o.Requests) - x.records; n > 0 {
		o.Requests = o.Requests[n:]
		o.LostRequests += n
	}
}

// judge returns what does not hold. The report tells of faults that never struck when the
// server is stopped.
func (x *expected) judge(srv *mockserver.Server) []finding.Finding {
	scope := srv.All()
	if name := x.expectations.Scope(); name != "" {
		scope = srv.Scope(name)
	}
	return scope.JudgeSeen(x.expectations, x.seen)
}
