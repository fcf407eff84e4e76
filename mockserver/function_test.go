package mockserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"segproof/mockserver"
)

// functionFunc is a hosted function made of a Go function.
type functionFunc func(in mockserver.Input) mockserver.Outcome

func (f functionFunc) Invoke(_ context.Context, in mockserver.Input) mockserver.Outcome { return f(in) }

func raw(texts ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, text := range texts {
		all = append(all, json.RawMessage(text))
	}
	return all
}

// greeter emits an event for each word of its webhook, and an object; "fail" makes it
// throw, "again" makes it ask for another try.
var greeter = functionFunc(func(in mockserver.Input) mockserver.Outcome {
	words := strings.Fields(string(in.Webhook.Body))
	switch {
	case slices.Contains(words, "fail"):
		return mockserver.Outcome{Disposition: "dropped", Error: "ValidationError: no"}
	case slices.Contains(words, "again"):
		return mockserver.Outcome{Disposition: mockserver.DispositionRetried, Error: "RetryError: later"}
	}
	out := mockserver.Outcome{Disposition: mockserver.DispositionDelivered, Objects: raw(`{"collection":"words","id":"1","properties":{}}`), Logs: []string{in.Webhook.Header.Get("X-Who")}}
	for _, word := range words {
		out.Events = append(out.Events, json.RawMessage(fmt.Sprintf(`{"type":"track","event":%q,"userId":"u1","properties":{"n":1.10}}`, word)))
	}
	return out
})

func TestSourceFunctionEmitsAsALibraryWouldSend(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Functions: map[string]mockserver.Function{"greeter": greeter}})
	c := newClient(t, srv)
	for _, tt := range []struct {
		path, body, header string
		want               string
	}{
		{path: "/functions/greeter", body: "Hello World", want: "200 "},
		{path: "/functions/greeter", body: "Scoped", header: "mine", want: "200 "},
		{path: "/functions/greeter", body: "fail", want: "200 "},
		{path: "/functions/greeter", body: "again", want: "200 "},
		{path: "/functions/nobody", body: "Hello", want: "404 not_found"},
		{path: "/functions/greeter", body: strings.Repeat("x", mockserver.MaxWebhookBytes+1), want: "400 payload_too_large"},
	} {
		header := []string{"X-Who", "me"}
		if tt.header != "" {
			header = append(header, "X-Segproof-Scope", tt.header)
		}
		status, code := c.post(tt.path, tt.body, header...).code(t)
		if got := fmt.Sprintf("%d %s", status, code); got != tt.want {
			t.Errorf("POST %s %.20q = %s, want %s", tt.path, tt.body, got, tt.want)
		}
	}
	var got []string
	for _, r := range recordsOf(t, srv) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", r.Scope, r.WriteKey, r.Request.Path, r.Request.Header.Get("User-Agent"), r.Event.JSON()))
	}
	want := []string{
		`greeter greeter /v1/batch segproof-function {"type":"track","event":"Hello","userId":"u1","properties":{"n":1.10}}`,
		`greeter greeter /v1/batch segproof-function {"type":"track","event":"World","userId":"u1","properties":{"n":1.10}}`,
		`mine greeter /v1/batch segproof-function {"type":"track","event":"Scoped","userId":"u1","properties":{"n":1.10}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	requests, err := srv.Requests()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range requests {
		paths = append(paths, fmt.Sprintf("%s %d %s %.30s", r.Path, r.Status, r.Code, r.Message))
	}
	wantPaths := []string{
		"/v1/batch 200  ", "/v1/set 200  ", "/functions/greeter 200  ",
		"/v1/batch 200  ", "/v1/set 200  ", "/functions/greeter 200  ",
		"/functions/greeter 200 function_dropped ValidationError: no",
		"/functions/greeter 200 function_retried RetryError: later",
		"/functions/nobody 404 not_found there is no such function; the",
		"/functions/greeter 400 payload_too_large the body is larger than 524288",
	}
	if diff := cmp.Diff(wantPaths, paths); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestInvocationsSayWhatAFunctionDid(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Functions: map[string]mockserver.Function{"greeter": greeter}})
	c := newClient(t, srv)
	c.post("/functions/greeter", "Hello", "X-Who", "me")
	c.post("/functions/greeter", "again", "X-Segproof-Scope", "mine")
	want := []mockserver.Invocation{{Seq: 1, Function: "greeter", Scope: "greeter", Request: 3, Attempt: 1, Outcome: mockserver.Outcome{
		Disposition: "delivered", Logs: []string{"me"}, Objects: raw(`{"collection":"words","id":"1","properties":{}}`),
		Events: raw(`{"type":"track","event":"Hello","userId":"u1","properties":{"n":1.10}}`)}}}
	for attempt := range mockserver.MaxAttempts {
		want = append(want, mockserver.Invocation{Seq: int64(attempt) + 2, Function: "greeter", Scope: "mine", Request: 4, Attempt: attempt + 1,
			Outcome: mockserver.Outcome{Disposition: "retried", Error: "RetryError: later"}})
	}
	if diff := cmp.Diff(want, srv.Invocations(), cmpopts.IgnoreFields(mockserver.Invocation{}, "At")); diff != "" {
		t.Errorf("invocations (-want +got):\n%s", diff)
	}
	if err := srv.Scope("mine").Reset(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:1], srv.Invocations(), cmpopts.IgnoreFields(mockserver.Invocation{}, "At")); diff != "" {
		t.Errorf("invocations after the reset of another scope (-want +got):\n%s", diff)
	}
	a := c.do(http.MethodGet, "/_segproof/invocations?scope=greeter&limit=1", nil)
	var list struct {
		Invocations []map[string]any
		Next        any
		Settled     bool
	}
	if err := json.Unmarshal([]byte(a.Body), &list); err != nil || len(list.Invocations) != 1 || list.Invocations[0]["function"] != "greeter" || !list.Settled {
		t.Errorf("GET invocations = %d %s (%v), want the one of greeter, settled", a.Status, a.Body, err)
	}
	for _, query := range []string{"?settle=1h", "?settle=soon", "?scoop=a", "?limit=-1"} {
		if a := c.do(http.MethodGet, "/_segproof/invocations"+query, nil); a.Status != 400 || !strings.Contains(a.Body, `"bad_parameter"`) {
			t.Errorf("GET invocations%s = %d %s, want 400 bad_parameter", query, a.Status, a.Body)
		}
	}
}

func TestDestinationsGetWhatInsertFunctionsLetThrough(t *testing.T) {
	var got []string
	upper := mockserver.Destination{Name: "upper", Insert: true, Function: functionFunc(func(in mockserver.Input) mockserver.Outcome {
		if strings.Contains(string(in.Event), "Secret") {
			return mockserver.Outcome{Disposition: "dropped", Error: "DropEvent: secret"}
		}
		return mockserver.Outcome{Disposition: mockserver.DispositionDelivered, Returned: json.RawMessage(strings.Replace(string(in.Event), "Order", "ORDER", 1))}
	})}
	warehouse := mockserver.Destination{Name: "warehouse", WriteKeys: []string{"a"}, Function: functionFunc(func(in mockserver.Input) mockserver.Outcome {
		var ev struct{ Event, ReceivedAt string }
		if err := json.Unmarshal(in.Event, &ev); err != nil {
			t.Errorf("destination got %s: %v", in.Event, err)
		}
		got = append(got, fmt.Sprint(ev.Event, ev.ReceivedAt != ""))
		return mockserver.Outcome{Disposition: mockserver.DispositionDelivered, Requests: raw(`{"method":"POST","url":"https://warehouse.example/"}`)}
	})}
	srv := mockserver.Start(t, mockserver.Options{Checker: picky, Destinations: []mockserver.Destination{upper, warehouse}})
	c := newClient(t, srv)
	c.post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"Order","userId":"u"},{"type":"track","event":"Secret","userId":"u"},{"type":"track","event":"","userId":"u"}]}`)
	c.post("/v1/track", `{"writeKey":"b","event":"Order","userId":"u"}`)
	a := c.do(http.MethodGet, "/_segproof/invocations?settle=30s", nil)
	if a.Status != 200 || !strings.Contains(a.Body, `"settled":true`) {
		t.Errorf("GET invocations?settle=30s = %d %s, want it settled", a.Status, a.Body)
	}
	// The warehouse is for write key a; a dropped event and one without a name reach nobody.
	if diff := cmp.Diff([]string{"ORDERtrue"}, got); diff != "" {
		t.Errorf("the destination got (-want +got):\n%s", diff)
	}
	var did []string
	for _, n := range srv.Invocations() {
		did = append(did, fmt.Sprintf("%s on record %d: %s, %d requests", n.Function, n.Record, n.Disposition, len(n.Requests)))
	}
	want := []string{
		"upper on record 1: delivered, 0 requests", "warehouse on record 1: delivered, 1 requests",
		"upper on record 2: dropped, 0 requests", "upper on record 4: delivered, 0 requests",
	}
	if diff := cmp.Diff(want, did); diff != "" {
		t.Errorf("invocations (-want +got):\n%s", diff)
	}
}

func TestShutdownDeliversWhatWasRecorded(t *testing.T) {
	release := make(chan struct{})
	ran := 0
	slow := mockserver.Destination{Name: "slow", Function: functionFunc(func(mockserver.Input) mockserver.Outcome {
		<-release
		ran++
		return mockserver.Outcome{Disposition: mockserver.DispositionDelivered}
	})}
	srv := mockserver.Start(t, mockserver.Options{Destinations: []mockserver.Destination{slow}})
	c := newClient(t, srv)
	for range 3 {
		c.post("/v1/track", `{"event":"Order","userId":"u","writeKey":"a"}`)
	}
	short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := srv.Settle(short); err != context.DeadlineExceeded {
		t.Errorf("Settle() of a destination that does not end = %v, want context.DeadlineExceeded", err)
	}
	close(release)
	if err := srv.Shutdown(soon(t)); err != nil {
		t.Fatal(err)
	}
	if ran != 3 {
		t.Errorf("the destination ran %d times by the end of Shutdown, want 3", ran)
	}
}

func TestOneRefusedGroupKeepsNothingBack(t *testing.T) {
	emits := functionFunc(func(mockserver.Input) mockserver.Outcome {
		return mockserver.Outcome{Disposition: mockserver.DispositionDelivered,
			Events:  raw(`{"type":"track","event":"`+strings.Repeat("x", 600<<10)+`","userId":"u1"}`, `{"type":"track","event":"Order","userId":"u1"}`),
			Objects: raw(`{"collection":"words","id":"1","properties":{}}`)}
	})
	srv := mockserver.Start(t, mockserver.Options{Functions: map[string]mockserver.Function{"emits": emits}})
	if status, code := newClient(t, srv).post("/functions/emits", "").code(t); status != 200 {
		t.Errorf("POST /functions/emits = %d %s, want 200: what was refused is a request of its own", status, code)
	}
	var got []string
	for _, r := range requestsOf(t, srv) {
		got = append(got, fmt.Sprintf("%s %d %s", r.Path, r.Status, r.Code))
	}
	want := []string{"/v1/batch 400 payload_too_large", "/v1/batch 200 ", "/v1/set 200 ", "/functions/emits 200 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// contextFunc is a hosted function that looks at its context.
type contextFunc func(ctx context.Context) mockserver.Outcome

func (f contextFunc) Invoke(ctx context.Context, _ mockserver.Input) mockserver.Outcome {
	return f(ctx)
}

func TestAFunctionOutlivesItsCaller(t *testing.T) {
	caller, giveUp := context.WithCancel(t.Context())
	f := contextFunc(func(ctx context.Context) mockserver.Outcome {
		giveUp()
		if ctx.Err() != nil {
			return mockserver.Outcome{Disposition: "dropped", Error: ctx.Err().Error()}
		}
		return mockserver.Outcome{Disposition: mockserver.DispositionDelivered, Events: raw(`{"type":"track","event":"Order","userId":"u1"}`)}
	})
	srv := mockserver.Start(t, mockserver.Options{Functions: map[string]mockserver.Function{"f": f}})
	srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/functions/f", strings.NewReader("{}")).WithContext(caller))
	if got := len(recordsOf(t, srv)); got != 1 {
		t.Errorf("%d records after the caller gave up, want the one that was emitted; invocations: %+v", got, srv.Invocations())
	}
}

func TestCloseCutsAFunction(t *testing.T) {
	started := make(chan struct{})
	f := contextFunc(func(ctx context.Context) mockserver.Outcome {
		close(started)
		<-ctx.Done()
		return mockserver.Outcome{Disposition: "dropped", Error: ctx.Err().Error()}
	})
	srv, err := mockserver.New(mockserver.Options{Functions: map[string]mockserver.Function{"f": f}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/functions/f", strings.NewReader("{}")))
	}()
	<-started
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// deadlineWriter notes until when it may be written to.
type deadlineWriter struct {
	memoryWriter
	until time.Time
}

// SetWriteDeadline is what [http.ResponseController] looks for.
func (w *deadlineWriter) SetWriteDeadline(at time.Time) error {
	w.until = at
	return nil
}

// TestSettleMayTakeLongerThanAnAnswer: an answer has 15 seconds, unless it is asked to
// wait.
func TestSettleMayTakeLongerThanAnAnswer(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	w, began := &deadlineWriter{}, time.Now()
	req := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/_segproof/invocations?settle=40s", nil)
	req.RemoteAddr = "127.0.0.1:1"
	srv.ServeHTTP(w, req)
	if w.status() != 200 || w.until.Before(began.Add(40*time.Second)) {
		t.Errorf("the answer %d has until %v after it was asked for, want more than 40s", w.status(), w.until.Sub(began))
	}
}

// TestFunctionsHaveTheirOwnKeys: a server that is told the write keys of its sources knows
// those of its functions too.
func TestFunctionsHaveTheirOwnKeys(t *testing.T) {
	for _, mode := range mockserver.Modes() {
		srv := mockserver.Start(t, mockserver.Options{Mode: mode, WriteKeys: []string{"production"}, Checker: nothingWrong,
			Functions: map[string]mockserver.Function{"greeter": greeter}})
		if got := newClient(t, srv).post("/functions/greeter", "Hello"); got.Status != 200 {
			t.Errorf("%s: %d %s, want 200", mode, got.Status, got.Body)
		}
		if records := recordsOf(t, srv); len(records) != 1 || records[0].Verdict != mockserver.Valid {
			t.Errorf("%s: records %v, want one that is valid", mode, records)
		}
	}
}

// TestInvocationsAreBoundedByBytes has a function log much: the oldest invocations make
// room, and are counted.
func TestInvocationsAreBoundedByBytes(t *testing.T) {
	line := strings.Repeat("x", 1<<20)
	chatty := functionFunc(func(mockserver.Input) mockserver.Outcome {
		return mockserver.Outcome{Disposition: mockserver.DispositionDelivered, Logs: []string{line, line, line, line}}
	})
	srv := mockserver.Start(t, mockserver.Options{Functions: map[string]mockserver.Function{"chatty": chatty}})
	c := newClient(t, srv)
	for range 10 {
		c.post("/functions/chatty", "")
	}
	kept := srv.Invocations()
	if n := len(kept); n != 3 || kept[0].Seq != 8 || kept[0].Request != 8 {
		t.Errorf("%d invocations of 4 MB are kept, from %d on, want the last 3: 16 MB are not enough for 4", n, kept[0].Seq)
	}
	if got := c.do(http.MethodGet, "/_segproof/invocations?limit=1", nil).Body; !strings.Contains(got, `"lost":7`) {
		t.Errorf("GET invocations ends with %s, want 7 lost", got[max(0, len(got)-100):])
	}
	if err := srv.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := c.do(http.MethodGet, "/_segproof/invocations", nil).Body; !strings.Contains(got, `"lost":0`) {
		t.Errorf("after a reset: %s, want 0 lost", got)
	}
}
