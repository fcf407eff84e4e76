package mockserver

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"segproof/event"
)

// handle takes one request of a route: it reads, decodes, checks and records, and only
// then answers. param returns the parts of the path that the route leaves open.
func (s *Server) handle(w http.ResponseWriter, r *http.Request, rt route, param func(name string) string) {
	x := s.begin(w, r)
	x.param = param
	defer x.end()
	records, err := s.take(x, rt)
	if h := s.meet(x, records, err); h != nil {
		h.respond(w, r, func(w http.ResponseWriter) {
			x.w = w
			s.finish(x, h.keep(records), nil)
			x.end() // the answer may take a while, and what is recorded no longer counts
		})
		return
	}
	s.finish(x, records, err)
}

// exchange is one request on its way to its answer. One goroutine uses it.
type exchange struct {
	w     http.ResponseWriter
	r     *http.Request
	req   *Request // what will be recorded of it
	held  holding
	began time.Time

	readers *sync.Pool // the server's

	param  func(name string) string // nil for a stray
	reply  *reply                   // what it gets if it is taken; nil: {"success":true}
	always bool                     // it gets its reply even if it is refused
}

// nameScope says that the request speaks for a write key, unless it names its scope.
func (x *exchange) nameScope(key string) {
	if x.req.Scope == "" {
		x.req.Scope = scopeOfKey(key)
	}
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{w: w, r: r, req: newRequest(r, s.now()), held: holding{budget: &s.budget}, began: time.Now(), readers: &s.readers}
	key, _, _ := r.BasicAuth()
	x.nameScope(key)
	return x
}

// end gives back what the exchange held of the budget.
func (x *exchange) end() { x.held.release() }

// take reads the request's events and has them checked. An error is one that
// [refusalOf] knows; a panic becomes one, so that a request that we stumble over is
// recorded as well.
func (s *Server) take(x *exchange, rt route) (records []Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.error("request handler panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			records, err = nil, errPanicked
		}
	}()
	if rt.serve != nil {
		return rt.serve(s, x, rt.limit)
	}
	body, err := x.readBody(rt.limit)
	if err != nil {
		return nil, err
	}
	events, err := rt.decode(body, &x.held)
	if err == errTooBusy {
		x.req.Body = nil // as in readWire
	}
	if errors.Is(err, event.ErrEmptyBatch) && s.mode == Strict {
		return nil, emptyBatch.because("the batch has no events: Segment answers 200 and counts it as failed on ingest")
	}
	if errors.Is(err, event.ErrEmptyBatch) {
		// Segment answers 200 and tells of it in its delivery overview only.
		x.req.Code = "empty_batch"
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.recordsOf(x, events)
}

// recordsOf makes records of the events of a request and has them checked.
func (s *Server) recordsOf(x *exchange, events []event.Event) ([]Record, error) {
	key, scope := requestKey(x.r, events), namedScope(x.r)
	records := make([]Record, len(events))
	for i, ev := range events {
		rec := Record{
			ReceivedAt: x.req.ReceivedAt,
			Scope:      scope,
			WriteKey:   key,
			Event:      ev,
			MessageID:  ev.MessageID(),
			Request:    x.req,
		}
		if key == "" {
			rec.WriteKey = stringOf(valueOf(ev.Raw, "writeKey"))
		}
		if scope == "" {
			rec.Scope = scopeOfKey(rec.WriteKey)
		}
		if rec.MessageID == "" {
			rec.MessageID = newUUID()
		}
		records[i] = rec
	}
	if len(records) > 0 {
		x.nameScope(records[0].Scope)
	}
	if err := s.checkKeys(records); err != nil {
		return nil, err
	}
	if err := s.checkBearer(x, records); err != nil {
		return nil, err
	}
	s.checkAll(records)
	for i := range records {
		rec := &records[i]
		if why := s.keyRefusal(rec.WriteKey); why != nil {
			rec.Findings = append(rec.Findings, sourceFinding(rec.Event, why))
		}
		rec.Verdict = verdictOf(rec.Findings)
	}
	if err := s.checkVerdicts(records); err != nil {
		return nil, err
	}
	return records, nil
}

// newUUID returns a random UUID (RFC 9562, version 4), which is what Segment's own
// senders use for a messageId.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

var (
	errPanicked   = errors.New("request handler panicked")
	errNoEnvelope = badRequest.because(`the body is no envelope: want an object with an array "batch", and no "type"`)
)

// decodeBatch reads the body of /v1/batch and /v1/import. What is JSON but no envelope
// is refused; the "malformed batch" that Segment answers with 400 is the nearest fact.
//
// Source: github.com/segmentio/analytics-android/issues/597
func decodeBatch(body []byte, held *holding) ([]event.Event, error) {
	if err := checkBatch(body, held); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		// Checked here, because Decode would read a bare array as events.
		if err := event.CheckSyntax(body); err != nil {
			return nil, err
		}
		return nil, errNoEnvelope
	}
	events, err := event.Decode(body, start())
	if err == nil && events[0].Batch == nil {
		return nil, errNoEnvelope
	}
	return events, err
}

// decodeCall reads the body of /v1/track and its like.
func decodeCall(t event.Type) func(body []byte, held *holding) ([]event.Event, error) {
	return func(body []byte, _ *holding) ([]event.Event, error) {
		if err := checkNesting(body); err != nil {
			return nil, err
		}
		ev, err := event.DecodeCall(body, t, start())
		if err != nil {
			return nil, err
		}
		return []event.Event{ev}, nil
	}
}

// callBatch is what the journal calls a request whose events came in an envelope; others
// are called by the type of their one event.
const callBatch = "batch"

// callOf names what the journal has to know to decode the body of a request again.
func callOf(records []Record) string {
	switch {
	case len(records) == 0:
		return ""
	case records[0].Event.Batch != nil:
		return callBatch
	}
	return string(records[0].Event.Type)
}

// decodeStored decodes some events of the body of a request that was taken, from first to
// last. The path need not be known again: what it said of a single event is the event's
// type.
func decodeStored(body []byte, call string, first, last int) ([]event.Event, error) {
	if call == callBatch {
		return event.DecodeSome(body, start(), first, last)
	}
	return decodeCall(event.Type(call))(body, nil)
}

// start is the place of a body's first byte.
func start() event.Place { return event.Place{Line: 1, Column: 1} }

// requestKey returns the write key that holds for all events of a request: the Basic
// user name, else the envelope's writeKey, else "". Senders that use OAuth send a
// Bearer token and the key in the body.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#authentication
func requestKey(r *http.Request, events []event.Event) string {
	key, _, _ := r.BasicAuth()
	if key == "" && len(events) > 0 && events[0].Batch != nil {
		key = stringOf(valueOf(events[0].Batch.Raw, "writeKey"))
	}
	return key
}
