package e2e

import (
	_ "embed"
	"fmt"
	"slices"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"

	"github.com/google/go-cmp/cmp"
)

// callTypes are the calls that every SDK here has, and that every sender makes once.
var callTypes = []event.Type{event.Identify, event.Track, event.Page, event.Screen, event.Group, event.Alias}

// expectations say what has to arrive of one sender.
//
//go:embed expect.yaml
var expectations []byte

// fault is what the first request of every event meets.
type fault struct {
	name   string
	answer *mockserver.Answer // nil: nothing happens to it
	status int                // as the server notes it of such a request
}

var notTaken = false

var faults = []fault{
	{name: "no fault"},
	{name: "429", status: 429, answer: &mockserver.Answer{Status: 429, Headers: map[string]string{"Retry-After": "1"}}},
	{name: "500", status: 500, answer: &mockserver.Answer{Status: 500}},
	{name: "reset", status: 0, answer: &mockserver.Answer{Do: mockserver.DoReset, Taken: &notTaken}},
}

// delivery is how an SDK is told to send.
type delivery struct {
	name string
	size int // events of a request
}

var deliveries = []delivery{{"single", 1}, {"batch", len(callTypes)}}

// set returns the faults that have each event's first request meet f: of single events,
// the first of each call type; of a batch, the first.
func (f fault) set(d delivery) *mockserver.Faults {
	if f.answer == nil {
		return nil
	}
	all := &mockserver.Faults{}
	if d.size > 1 {
		all.Faults = []mockserver.Fault{{Type: event.Track, Answers: []mockserver.Answer{*f.answer}}}
		return all
	}
	for _, call := range callTypes {
		all.Faults = append(all.Faults, mockserver.Fault{Type: call, Answers: []mockserver.Answer{*f.answer}})
	}
	return all
}

// habits are what an SDK does with a request that failed.
type habits struct {
	countsRetries   bool // in X-Retry-Count
	waitsRetryAfter bool // as long as a 429 says
	resends         bool // a request whose connection broke is sent again by the HTTP client below the SDK, which counts nothing
}

// journey is one run of a sender: which events are to arrive, and on which way.
type journey struct {
	sdk string
	habits
	delivery
	fault
}

func (j journey) String() string { return j.sdk + "/" + j.delivery.name + "/" + j.fault.name }

// key returns a write key of the journey's own, which is its scope.
func (j journey) key() string {
	key := []byte("e2e")
	for _, c := range []byte(j.String()) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			key = append(key, c)
		}
	}
	return string(key)
}

// journeys calls f for each way of each delivery, all at the same time: each has a scope
// of its own.
func journeys(t *testing.T, sdk string, h habits, f func(*testing.T, journey)) {
	for _, d := range deliveries {
		for _, wrong := range faults {
			j := journey{sdk, h, d, wrong}
			t.Run(d.name+"/"+wrong.name, func(t *testing.T) {
				t.Parallel()
				f(t, j)
			})
		}
	}
}

// outcome is what the server knows of a journey.
type outcome struct {
	records  []mockserver.Record // of their events, type and messageId are looked at
	findings []finding.Finding   // of expect.yaml
	posts    []post
	retries  []mockserver.Retry
}

// post is a request with events, as it was answered.
type post struct {
	Status int
	Events int // records made of it
}

// check holds an outcome against what the journey has to come to.
func (j journey) check(t *testing.T, o outcome) {
	t.Helper()
	came := map[event.Type]map[string]bool{}
	for _, rec := range o.records {
		if came[rec.Event.Type] == nil {
			came[rec.Event.Type] = map[string]bool{}
		}
		came[rec.Event.Type][rec.MessageID] = true
	}
	for _, call := range callTypes {
		arrived.add(cell{j.sdk + ", " + j.delivery.name, call, j.fault.name}, score{1, len(came[call])})
	}
	for _, f := range o.findings {
		t.Errorf("%s: %s %v", j, f.Message, f.Notes)
	}
	slices.SortFunc(o.posts, func(a, b post) int { return a.Status - b.Status })
	if diff := cmp.Diff(j.posts(), o.posts); diff != "" {
		t.Errorf("%s: requests (-want +got):\n%s", j, diff)
	}
	j.checkRetries(t, o.retries)
}

// posts returns the requests that a journey is made of, those that failed first or last
// as their status says.
func (j journey) posts() []post {
	requests := len(callTypes) / j.size
	var all []post
	for range requests {
		all = append(all, post{200, j.size})
		if j.answer != nil {
			all = append(all, post{j.status, 0})
		}
	}
	slices.SortFunc(all, func(a, b post) int { return a.Status - b.Status })
	return all
}

// checkRetries holds the timelines: every event went twice, first into the fault.
func (j journey) checkRetries(t *testing.T, got []mockserver.Retry) {
	t.Helper()
	if j.answer == nil {
		if len(got) > 0 {
			t.Errorf("%s: something was sent again: %+v", j, got)
		}
		return
	}
	if want := len(callTypes) / j.size; len(got) != want {
		t.Errorf("%s: got %d timelines, want %d: %+v", j, len(got), want, got)
	}
	for _, r := range got {
		type attempt struct{ Status, RetryCount int }
		var attempts []attempt
		for _, a := range r.Attempts {
			attempts = append(attempts, attempt{a.Status, a.RetryCount})
		}
		again := 0
		if j.countsRetries && !(j.resends && j.answer.Do == mockserver.DoReset) {
			again = 1
		}
		want := []attempt{{j.status, 0}, {200, again}}
		if diff := cmp.Diff(want, attempts); diff != "" {
			t.Errorf("%s: attempts for %d events (-want +got):\n%s", j, len(r.MessageIDs), diff)
			continue
		}
		// That it waited long enough is what the header is about; how long beyond that is
		// the machine's business.
		if gap := r.Attempts[1].Gap; j.waitsRetryAfter && j.status == 429 && gap < time.Second {
			t.Errorf("%s: sent again after %v, want the second that Retry-After asks for", j, gap)
		}
	}
}

func (p post) String() string { return fmt.Sprintf("%d with %d events", p.Status, p.Events) }
