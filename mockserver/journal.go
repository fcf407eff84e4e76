package mockserver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// journal keeps what arrived, in memory. Its methods may be called by many goroutines.
type journal struct {
	mu        sync.Mutex // guards all below
	records   ring[Record]
	requests  ring[*Request]
	arrived   int           // records since the start or the last reset
	refused   int           // requests refused since then
	last      *Request      // the last one refused; nil if none
	recordNo  int64         // the last Seq given to a record
	requestNo int64         // the last Seq given to a request
	changed   chan struct{} // closed at the next change; nil if nobody waits
	closed    bool          // nothing more will arrive
}

// add keeps one request and its records, all at once: a reader sees all events of a
// batch or none. It sets their sequence numbers; nobody may change them afterwards.
func (j *journal) add(req *Request, records []Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.requestNo++
	req.Seq = j.requestNo
	j.requests.push(req)
	if req.Status != http.StatusOK {
		j.refused++
		j.last = req
	}
	for _, rec := range records {
		j.recordNo++
		rec.Seq = j.recordNo
		j.records.push(rec)
	}
	j.arrived += len(records)
	j.wake()
}

// wake tells those who wait to look again. The caller holds mu.
func (j *journal) wake() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

func (j *journal) wait(ctx context.Context, n int) ([]Record, error) {
	for {
		records, changed, err := j.poll(n)
		if changed == nil {
			return records, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return j.short(n, ctx.Err())
		}
	}
}

// poll answers a wait that is over; else it returns a channel that is closed at the
// next change.
func (j *journal) poll(n int) ([]Record, <-chan struct{}, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.arrived >= n:
		return j.records.all(), nil, nil
	case j.closed:
		return j.records.all(), nil, j.shortError(n, http.ErrServerClosed)
	case j.changed == nil:
		j.changed = make(chan struct{})
	}
	return nil, j.changed, nil
}

// short answers a wait that ended too early.
func (j *journal) short(n int, cause error) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.records.all(), j.shortError(n, cause)
}

// shortError says how far a wait came. It names refused requests, which are the usual
// reason. The caller holds mu.
func (j *journal) shortError(n int, cause error) error {
	records := "records"
	if n == 1 {
		records = "record"
	}
	refused := ""
	if j.last != nil {
		refused = fmt.Sprintf("; requests refused: %d, the last one %s %q with %d %s",
			j.refused, j.last.Method, j.last.Path, j.last.Status, j.last.Code)
	}
	return fmt.Errorf("waited for %d %s, %d arrived%s: %w", n, records, j.arrived, refused, cause)
}

func (j *journal) allRecords() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.records.all()
}

func (j *journal) allRequests() []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.requests.all()
	out := make([]Request, len(kept))
	for i, req := range kept {
		out[i] = *req
	}
	return out
}

func (j *journal) droppedRecords() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.arrived - len(j.records.items)
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records.clear()
	j.requests.clear()
	j.arrived, j.refused, j.last = 0, 0, nil
}

func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.wake()
}

// ring keeps the last capacity items.
type ring[E any] struct {
	capacity int
	items    []E // at most capacity
	oldest   int // index of the oldest item
}

// push adds an item; a full ring forgets its oldest.
func (r *ring[E]) push(item E) {
	if len(r.items) < r.capacity {
		r.items = append(r.items, item)
		return
	}
	r.items[r.oldest] = item
	r.oldest = (r.oldest + 1) % r.capacity
}

// all returns a copy of the items, oldest first.
func (r *ring[E]) all() []E {
	out := make([]E, 0, len(r.items))
	out = append(out, r.items[r.oldest:]...)
	return append(out, r.items[:r.oldest]...)
}

func (r *ring[E]) clear() { r.items, r.oldest = nil, 0 }
