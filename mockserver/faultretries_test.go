package mockserver_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// TestRetriesOfASender sends a batch until it is taken, as senders do: through a 429, a
// reset before the events were taken, and one after.
func TestRetriesOfASender(t *testing.T) {
	begun := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	var n atomic.Int64
	srv := mockserver.Start(t, mockserver.Options{Now: func() time.Time {
		i := n.Add(1) - 1
		return begun.Add(time.Duration(i*i) * time.Second) // 0, 1, 4, 9 s
	}})
	setFaults(t, srv, `faults: [{route: /v1/batch, answers: [{status: 429}, {do: reset, taken: false}, {do: reset}]}]`)
	c := newClient(t, srv)
	const batch = `{"batch":[{"type":"track","messageId":"m1","event":"A"},{"type":"track","messageId":"m2","event":"B"}],"sentAt":"2026-11-24T08:00:0X.000Z"}`
	for i := range 4 {
		req := c.request("/v1/batch", strings.ReplaceAll(batch, "X", string(rune('0'+i)))) // sentAt changes
		if i > 0 {
			req.Header.Set("X-Retry-Count", string(rune('0'+i)))
		}
		req.Header.Set("X-Segproof-Scope", "test")
		resp, err := c.http.Do(req)
		if err == nil {
			resp.Body.Close()
		}
	}
	want := []mockserver.Retry{{
		Scope:      "test",
		MessageIDs: []string{"m1", "m2"},
		Attempts: []mockserver.Attempt{
			{Request: 1, At: begun, Status: 429, Fault: "status 429"},
			{Request: 2, At: begun.Add(time.Second), Gap: time.Second, RetryCount: 1, Fault: "reset"},
			{Request: 3, At: begun.Add(4 * time.Second), Gap: 3 * time.Second, RetryCount: 2, Fault: "reset"},
			{Request: 4, At: begun.Add(9 * time.Second), Gap: 5 * time.Second, RetryCount: 3, Status: 200},
		},
	}}
	if diff := cmp.Diff(want, mockserver.Retries(requestsOf(t, srv))); diff != "" {
		t.Errorf("Retries (-want +got):\n%s", diff)
	}
	// Segment took the third request though its answer was lost, and the fourth.
	var ids []string
	for _, rec := range recordsOf(t, srv) {
		ids = append(ids, rec.Event.MessageID())
	}
	if diff := cmp.Diff([]string{"m1", "m2", "m1", "m2"}, ids); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// sent is a request of which only the body, the path and the scope count.
func sent(seq int64, scope, path, body string) mockserver.Request {
	return mockserver.Request{Seq: seq, Scope: scope, Path: path, Body: []byte(body), ReceivedAt: time.Unix(seq, 0)}
}

// taken is a request with an event without a messageId, answered with 200.
func taken(seq int64) mockserver.Request {
	req := sent(seq, "s", "/v1/track", `{"event":"a"}`)
	req.Status, req.Events = http.StatusOK, 1
	return req
}

// counted is a request that its sender counts as a retry.
func counted(req mockserver.Request) mockserver.Request {
	req.RetryCount = 1
	return req
}

func TestRetriesAreKnownByWhatTheyCarry(t *testing.T) {
	type retry struct {
		IDs      string
		Requests []int64
	}
	for _, tt := range []struct {
		name     string
		requests []mockserver.Request
		want     []retry
	}{
		{"nothing", nil, nil},
		{"once", []mockserver.Request{sent(1, "s", "/t", `{"messageId":"a"}`), sent(2, "s", "/t", `{"messageId":"b"}`)}, nil},
		{"in another batch, by another route", []mockserver.Request{
			sent(1, "s", "/v1/batch", `{"batch":[{"messageId":"a"},{"messageId":"b"}]}`),
			sent(2, "s", "/v1/batch", `{"batch":[{"messageId":"b"},{"messageId":"c"}]}`),
			sent(3, "s", "/v1/track", `{"messageId":"c"}`),
			sent(4, "s", "/v1/batch", `{"batch":[{"messageId":"a"},{"messageId":"d"}]}`),
		}, []retry{{"a", []int64{1, 4}}, {"b", []int64{1, 2}}, {"c", []int64{2, 3}}}},
		{"twice in one request", []mockserver.Request{sent(1, "s", "/b", `{"batch":[{"messageId":"a"},{"messageId":"a"}]}`)}, nil},
		{"another scope", []mockserver.Request{sent(1, "s", "/v1/track", `{"messageId":"a"}`), sent(2, "t", "/v1/track", `{"messageId":"a"}`)}, nil},
		{"each scope for itself", []mockserver.Request{
			sent(1, "s", "/v1/track", `{"messageId":"a"}`), sent(2, "t", "/v1/track", `{"messageId":"a"}`),
			sent(3, "s", "/v1/track", `{"messageId":"a"}`), sent(4, "t", "/v1/track", `{"messageId":"a"}`),
		}, []retry{{"a", []int64{1, 3}}, {"a", []int64{2, 4}}}},
		{"the same bytes, no JSON", []mockserver.Request{sent(1, "s", "/v1/batch", `{"batch`), sent(2, "s", "/batch/", `{"batch`)}, []retry{{"", []int64{1, 2}}}},
		{"the same bytes, another path", []mockserver.Request{sent(1, "s", "/v1/batch", `{"batch`), sent(2, "s", "/v1/import", `{"batch`)}, nil},
		{"other bytes", []mockserver.Request{sent(1, "s", "/v1/batch", `{"batch`), sent(2, "s", "/v1/batch", `{"batc`)}, nil},
		{"two kinds of bytes by turns", []mockserver.Request{sent(1, "s", "/b", `{`), sent(2, "s", "/b", `[`), sent(3, "s", "/b", `{`), sent(4, "s", "/b", `[`)},
			[]retry{{"", []int64{1, 3}}, {"", []int64{2, 4}}}},
		{"no messageId", []mockserver.Request{sent(1, "s", "/v1/track", `{"event":"a"}`), sent(2, "s", "/v1/track", `{"event":"a"}`)}, []retry{{"", []int64{1, 2}}}},
		{"some without one", []mockserver.Request{
			sent(1, "s", "/b", `{"batch":[{"messageId":"a"},{},1,null]}`), sent(2, "s", "/b", `{"batch":[{"messageId":"a"},{},1,null]}`),
		}, []retry{{"a", []int64{1, 2}}, {"", []int64{1, 2}}}},
		{"no body", []mockserver.Request{sent(1, "s", "/v1/batch", ``), sent(2, "s", "/v1/batch", ``)}, nil},
		{"too deep to be read", []mockserver.Request{
			sent(1, "s", "/t", `{"messageId":"a","x":`+nest(2_000)+`}`), sent(2, "s", "/t", `{"messageId":"a","x":`+nest(2_000)+`}`),
		}, []retry{{"", []int64{1, 2}}}},
		{"answered in another order", []mockserver.Request{
			{Seq: 1, Path: "/t", Body: []byte(`{"messageId":"a"}`), ReceivedAt: time.Unix(9, 0)},
			{Seq: 2, Path: "/t", Body: []byte(`{"messageId":"a"}`), ReceivedAt: time.Unix(7, 0)},
		}, []retry{{"a", []int64{2, 1}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []retry
			for _, r := range mockserver.Retries(tt.requests) {
				one := retry{IDs: strings.Join(r.MessageIDs, " ")}
				for _, a := range r.Attempts {
					one.Requests = append(one.Requests, a.Request)
					if a.Gap < 0 {
						t.Errorf("request %d comes %v before the one before it", a.Request, -a.Gap)
					}
				}
				got = append(got, one)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Retries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRetryCountOfARequest(t *testing.T) {
	for header, want := range map[string]int{"": 0, "3": 3, "-1": 0, "x": 0, "1.5": 0} {
		srv := newServer(t, mockserver.Options{})
		serve(t, srv, "/v1/track", track, "X-Retry-Count", header)
		if got := requestsOf(t, srv)[0].RetryCount; got != want {
			t.Errorf("X-Retry-Count: %q = %d, want %d", header, got, want)
		}
	}
}

// Without a messageId, the same bytes behind an answer of success are the same thing said
// twice, unless the sender says that they are not.
func TestSayingTheSameTwiceIsNoRetry(t *testing.T) {
	for name, tt := range map[string]struct {
		requests []mockserver.Request
		want     []int64
	}{
		"said twice":                      {[]mockserver.Request{taken(1), taken(2)}, nil},
		"the sender counts":               {[]mockserver.Request{taken(1), counted(taken(2)), taken(3)}, []int64{1, 2}},
		"said, refused, sent again, said": {[]mockserver.Request{taken(1), sent(2, "s", "/v1/track", `{"event":"a"}`), taken(3), taken(4)}, []int64{2, 3}},
	} {
		var got []int64
		for _, r := range mockserver.Retries(tt.requests) {
			for _, a := range r.Attempts {
				got = append(got, a.Request)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: requests %v are one sent again, want %v", name, got, tt.want)
		}
	}
}
