package mockserver

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"segproof/event"
)

// ingest takes one request of a route that takes events: it reads, decodes, checks
// and records, and only then answers.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request, rt route) {
	x := s.begin(w, r)
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
	w    http.ResponseWriter
	r    *http.Request
	req  *Request // what will be recorded of it
	held holding
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *exchange {
	return &exchange{w: w, r: r, req: newRequest(r, s.now()), held: holding{budget: &s.budget}}
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
	body, err := x.readBody(rt.limit)
	if err != nil {
		return nil, err
	}
	events, err := rt.decode(body)
	if errors.Is(err, event.ErrEmptyBatch) {
		// Segment answers 200 and tells of it in its delivery overview only.
		x.req.Code = "empty_batch"
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key := requestKey(x.r, events)
	records = make([]Record, len(events))
	for i, ev := range events {
		records[i] = Record{
			ReceivedAt: x.req.ReceivedAt,
			WriteKey:   key,
			Event:      ev,
			Findings:   s.check(ev),
			Request:    x.req,
		}
		if key == "" {
			records[i].WriteKey = stringMember(ev.Raw, "writeKey")
		}
		records[i].Scope, records[i].MessageID = records[i].WriteKey, ev.MessageID()
	}
	return records, nil
}

var (
	errPanicked   = errors.New("request handler panicked")
	errNoEnvelope = badRequest.because(`the body is no envelope: want an object with an array "batch", and no "type"`)
)

// decodeBatch reads the body of /v1/batch and /v1/import. What is JSON but no envelope
// is refused; the "malformed batch" that Segment answers with 400 is the nearest fact.
//
// Source: github.com/segmentio/analytics-android/issues/597
func decodeBatch(body []byte) ([]event.Event, error) {
	if err := checkBatch(body); err != nil {
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
func decodeCall(t event.Type) func(body []byte) ([]event.Event, error) {
	return func(body []byte) ([]event.Event, error) {
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

// decodeStored decodes the body of a request whose events were taken.
func decodeStored(req Request) ([]event.Event, error) {
	path := strings.TrimSuffix(strings.TrimPrefix(req.Path, "/v1"), "/")
	for _, rt := range routes() {
		if rt.path == path && rt.decode != nil {
			return rt.decode(req.Body)
		}
	}
	return nil, fmt.Errorf("no route %q takes events", req.Path)
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
		key = stringMember(events[0].Batch.Raw, "writeKey")
	}
	return key
}
