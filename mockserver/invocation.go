package mockserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Destination is a function that is invoked on each event that the server records, in
// the background: see [Server.Settle]. An event that Segment drops reaches none.
type Destination struct {
	Name      string   // as its invocations show it
	WriteKeys []string // of the events that it gets, or their scopes; nil: of all
	Function  Function

	// Insert says that it is a destination insert function: what it returns is what the
	// destinations behind it in the list get of the event, and nothing if it returns
	// nothing.
	Insert bool
}

// gets reports whether a record is for the destination.
func (d Destination) gets(rec Record) bool {
	return d.WriteKeys == nil || slices.Contains(d.WriteKeys, rec.WriteKey) || slices.Contains(d.WriteKeys, rec.Scope)
}

// Invocation is one run of a function that the server hosts. The server keeps as many as
// it keeps records, of 16 MB in all, in memory alone; the oldest make room.
type Invocation struct {
	Seq      int64 // 1-based, in the order of ending; never reused
	At       time.Time
	Function string // its name
	Scope    string // of the webhook or the record
	Record   int64  // Seq of the record that it was invoked on; 0 for a webhook
	Request  int64  // Seq of the webhook's request; 0 for a record
	Attempt  int    // 1-based: the function wanted to be tried again before
	Outcome
}

// invoked says what a function is invoked on.
type invoked struct {
	function string
	scope    string
	record   int64
	request  *Request // the webhook's; nil for a record
	attempt  int
}

// keptInvocation is an invocation as it is kept.
type keptInvocation struct {
	Invocation
	request *Request // the webhook's, until it is recorded
}

// hosted is what the functions did. Its methods may be called by many goroutines.
type hosted struct {
	capacity int
	ended    chan struct{} // closed when no record will be delivered any more

	mu      sync.Mutex
	list    []keptInvocation // the last ones, oldest first
	bytes   int              // that the list holds, about
	lost    int              // that had to make room, since the start or the last reset of all scopes
	seq     int64            // of the last one
	record  int64            // Seq of the last record that the destinations are done with
	changed chan struct{}    // closed at the next change; nil if nobody waits
}

func newHosted(capacity int) *hosted {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	return &hosted{capacity: capacity, ended: make(chan struct{})}
}

// note keeps an invocation.
func (h *hosted) note(at time.Time, by invoked, out Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	h.list = append(h.list, keptInvocation{request: by.request, Invocation: Invocation{
		Seq: h.seq, At: at, Function: by.function, Scope: by.scope, Record: by.record, Attempt: by.attempt, Outcome: out,
	}})
	h.bytes += out.bytes()
	drop := 0
	for len(h.list)-drop > h.capacity || h.bytes > maxInvocationBytes {
		h.bytes -= h.list[drop].bytes()
		drop++
	}
	h.list, h.lost = slices.Delete(h.list, 0, drop), h.lost+drop
	h.wake()
}

// maxInvocationBytes is how many bytes the invocations that are kept may hold. The limit
// is ours.
const maxInvocationBytes = 16 << 20

// bytes returns how many bytes an outcome holds, about.
func (o Outcome) bytes() int {
	n := 500 + len(o.Error) + len(o.Returned) // for the invocation itself
	for _, list := range [][]json.RawMessage{o.Events, o.Objects, o.Requests} {
		for _, text := range list {
			n += len(text) + 24
		}
	}
	for _, line := range o.Logs {
		n += len(line) + 16
	}
	return n
}

// recorded notes that the request of a webhook has its Seq by now, 0 if it could not be
// stored.
func (h *hosted) recorded(req *Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.list {
		if h.list[i].request == req {
			h.list[i].request, h.list[i].Request = nil, req.Seq
		}
	}
}

// done notes that the destinations are done with all records up to one.
func (h *hosted) done(record int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.record = max(h.record, record)
	h.wake()
}

// wake tells those who wait to look again. The caller holds mu.
func (h *hosted) wake() {
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// state returns the Seq of the last record that the destinations are done with, and a
// channel that is closed at the next change.
func (h *hosted) state() (int64, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return h.record, h.changed
}

// dropped returns how many invocations had to make room.
func (h *hosted) dropped() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lost
}

// behind returns the invocations in a scope with a larger Seq, at most limit of them;
// 0 means all.
func (h *hosted) behind(in scopeFilter, after int64, limit int) []Invocation {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []Invocation
	for _, n := range h.list {
		if n.Seq <= after || !in.all && n.Scope != in.name {
			continue
		}
		if found = append(found, n.Invocation); len(found) == limit {
			break
		}
	}
	return found
}

// forget forgets the invocations of a scope.
func (h *hosted) forget(in scopeFilter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = slices.DeleteFunc(h.list, func(n keptInvocation) bool {
		gone := in.all || n.Scope == in.name
		if gone {
			h.bytes -= n.bytes()
		}
		return gone
	})
	if in.all {
		h.lost = 0
	}
}

// Invocations returns what the functions that the server hosts did in the scope, in the
// order in which they ended. Wait for [Server.Settle] to see all of it.
func (c *Scope) Invocations() []Invocation { return c.server.hosted.behind(c.in, 0, 0) }

// Invocations returns the invocations of all scopes; see [Scope.Invocations].
func (s *Server) Invocations() []Invocation { return s.All().Invocations() }

// Settle waits until the destinations are done with every event that was recorded before
// Settle was called. If ctx or the server ends first, it returns ctx's error, or
// [http.ErrServerClosed].
func (s *Server) Settle(ctx context.Context) error {
	if len(s.destinations) == 0 {
		return nil
	}
	last := s.Last().Record
	for {
		done, changed := s.hosted.state()
		if done >= last {
			return nil
		}
		select {
		case <-changed:
		case <-s.hosted.ended:
			if done, _ := s.hosted.state(); done < last {
				return http.ErrServerClosed
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// deliverAll invokes the destinations on every record that arrives, one after the other,
// until the server is closed and all of them are done, or ctx ends.
func (s *Server) deliverAll(ctx context.Context, from Cursor) {
	defer close(s.hosted.ended)
	for {
		got, err := s.Next(ctx, from)
		if err != nil {
			if !errors.Is(err, http.ErrServerClosed) && ctx.Err() == nil {
				s.log.error("records cannot be read for the destinations", "err", err)
			}
			return
		}
		for _, rec := range got.Records {
			s.deliver(ctx, rec)
			if ctx.Err() != nil {
				return
			}
			s.hosted.done(rec.Seq)
		}
		from = got.Cursor
		s.hosted.done(from.Record) // records that were lost or reset meanwhile
	}
}

// deliver invokes the destinations on one record, in their order.
func (s *Server) deliver(ctx context.Context, rec Record) {
	if rec.Verdict == Dropped {
		return
	}
	text := rec.Delivered()
	for _, d := range s.destinations {
		if !d.gets(rec) {
			continue
		}
		out := s.attempts(ctx, invoked{function: d.Name, scope: rec.Scope, record: rec.Seq}, d.Function, Input{Event: text, Record: rec.Seq})
		if !d.Insert {
			continue
		}
		if out.Disposition != DispositionDelivered || len(out.Returned) == 0 {
			return
		}
		text = out.Returned
	}
}
