package mockserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// wake tells those who wait to look again. The caller holds mu.
func (j *journal) wake() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// change returns a channel that is closed at the next change, and whether nothing more
// will arrive.
func (j *journal) change() (<-chan struct{}, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.changed, j.closed
}

// wait returns when n records have arrived in a scope, or with an error that says how
// far it came.
func (j *journal) wait(ctx context.Context, in scopeFilter, n int) error {
	for {
		changed, closed := j.change()
		switch {
		case j.tally(in).arrived >= n:
			return nil
		case closed:
			return j.short(in, n, http.ErrServerClosed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return j.short(in, n, ctx.Err())
		}
	}
}

// short says how far a wait came. It names refused requests, which are the usual
// reason.
func (j *journal) short(in scopeFilter, n int, cause error) error {
	records := "records"
	if n == 1 {
		records = "record"
	}
	return fmt.Errorf("waited for %d %s, %d arrived%s: %w", n, records, j.tally(in).arrived, j.refusals(in), cause)
}

// refusals tells of the requests of a scope that were refused: "" if none was.
func (j *journal) refusals(in scopeFilter) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := j.tallyLocked(in).refused
	if n == 0 {
		return ""
	}
	last := j.last[in.name]
	for _, req := range j.last {
		if in.all && req.seq > last.seq {
			last = req
		}
	}
	if last.seq == 0 { // they came before a restart
		return fmt.Sprintf("; requests refused: %d", n)
	}
	return fmt.Sprintf("; requests refused: %d, the last one %s %s with %d %s", n, last.method, last.path, last.status, last.code)
}

// arrivals returns what there is behind a cursor.
func (j *journal) arrivals(in scopeFilter, after Cursor) (Arrivals, error) {
	got := Arrivals{Cursor: after}
	j.mu.Lock()
	lost, at := j.tallyLocked(in).lost, j.level
	j.mu.Unlock()
	if at.record > after.Record {
		p, err := j.store.records(query{in: in, after: after.Record, limit: arrivalsLimit, bytes: arrivalsBytes})
		if err != nil {
			return got, err
		}
		got.Records, got.Cursor.Record = p.records, at.record
		if n := len(p.records); n > 0 {
			if in.all && lost > 0 {
				got.Missed = min(lost, int(p.records[0].Seq-after.Record-1))
			}
			last := p.records[n-1].Seq
			if got.Cursor.Record = max(at.record, last); p.more { // more may have come since
				got.Cursor.Record = last
			}
		}
	}
	if at.request > after.Request {
		requests, err := j.store.requests(requestQuery{in: in, after: after.Request, where: isTroubled, limit: troubledLimit})
		if err != nil {
			return got, err
		}
		got.Cursor.Request = at.request
		if n := len(requests); n > 0 {
			last := requests[n-1].Seq
			if got.Cursor.Request = max(at.request, last); n == troubledLimit {
				got.Cursor.Request = last
			}
		}
		got.Failed = slices.DeleteFunc(requests, func(r Request) bool { return !r.failed() })
	}
	return got, nil
}

// state returns the counts of a scope, and how often there was a reset.
func (j *journal) state(in scopeFilter) (tally, int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tallyLocked(in), j.resets
}
