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

// callTypes are the calls that an SDK has, but for phones, which have no pages. A sender
// makes each of its calls once.
var (
	callTypes  = []event.Type{event.Identify, event.Track, event.Page, event.Screen, event.Group, event.Alias}
	phoneCalls = []event.Type{event.Identify, event.Track, event.Screen, event.Group, event.Alias}
)

// What has to arrive of one sender.
var (
	//go:embed expect.yaml
	expectations []byte
	//go:embed expect-phone.yaml
	phoneExpectations []byte
)

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
type delivery string

const (
	single delivery = "single" // a request for each event
	batch  delivery = "batch"  // one for all
)

// sdk is one of Segment's SDKs, and what it does with a request that failed.
type sdk struct {
	name       string
	calls      []event.Type
	deliveries []delivery

	countsRetries bool // in X-Retry-Count

	waitsRetryAfter bool // sends again no earlier than a 429 says

	// A request may be sent again by the HTTP client below the SDK, which counts nothing,
	// if a connection breaks that it had used before. The SDK's own retries are then some
	// of those after a reset, not all.
	resends bool

	splits bool // a batch may be more than one request, as time will have it
}

// journey is one run of a sender: which events are to arrive, and on which way.
type journey struct {
	sdk
	delivery
	fault
}

// size is how many events a request has.
func (j journey) size() int {
	if j.delivery == single {
		return 1
	}
	return len(j.calls)
}

// requests is how many requests it takes, if none fails.
func (j journey) requests() int { return len(j.calls) / j.size() }

// faults returns those that have each event's first request fail: of single events
// that of each call type, of a batch its own.
func (j journey) faults() *mockserver.Faults {
	if j.answer == nil {
		return nil
	}
	all := &mockserver.Faults{}
	for _, call := range j.calls[:j.requests()] {
		all.Faults = append(all.Faults, mockserver.Fault{Type: call, Answers: []mockserver.Answer{*j.answer}})
	}
	return all
}

func (j journey) String() string { return j.sdk.name + "/" + string(j.delivery) + "/" + j.fault.name }

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
func journeys(t *testing.T, s sdk, f func(*testing.T, journey)) {
	for _, d := range s.deliveries {
		for _, wrong := range faults {
			j := journey{s, d, wrong}
			t.Run(string(d)+"/"+wrong.name, func(t *testing.T) {
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

// note counts into the tally what came of one call of each type.
func (o outcome) note(row, way string, calls []event.Type) {
	came := map[event.Type]map[string]bool{} // the messageIds of each type
	for _, rec := range o.records {
		if came[rec.Event.Type] == nil {
			came[rec.Event.Type] = map[string]bool{}
		}
		came[rec.Event.Type][rec.MessageID] = true
	}
	for _, call := range calls {
		arrived.add(cell{row, call, way}, score{1, len(came[call])})
	}
}

// check holds an outcome against what the journey has to come to.
func (j journey) check(t *testing.T, o outcome) {
	t.Helper()
	o.note(j.sdk.name+", "+string(j.delivery), j.fault.name, j.calls)
	for _, f := range o.findings {
		t.Errorf("%s: %s %v", j, f.Message, f.Notes)
	}
	if j.splits {
		o.posts = join(o.posts)
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
	var all []post
	for range j.requests() {
		all = append(all, post{200, j.size()})
		if j.answer != nil {
			all = append(all, post{j.status, 0})
		}
	}
	slices.SortFunc(all, func(a, b post) int { return a.Status - b.Status })
	return all
}

// join returns requests with those that were taken put together.
func join(posts []post) []post {
	taken := post{Status: 200}
	var all []post
	for _, p := range posts {
		if p.Status == taken.Status {
			taken.Events += p.Events
		} else {
			all = append(all, p)
		}
	}
	return append(all, taken)
}

// checkRetries holds the timelines: every event went into the fault first, and the SDK
// sent it again.
func (j journey) checkRetries(t *testing.T, got []mockserver.Retry) {
	t.Helper()
	want := 0
	if j.answer != nil {
		want = j.requests()
	}
	if len(got) != want {
		t.Errorf("%s: got %d timelines of retries, want %d: %+v", j, len(got), want, got)
	}
	counted := 0
	for _, r := range got {
		var statuses, counts []int
		for _, a := range r.Attempts {
			statuses, counts = append(statuses, a.Status), append(counts, a.RetryCount)
		}
		if want := []int{j.status, 200}; !slices.Equal(statuses, want) {
			t.Errorf("%s: the answers of %d events were %v, want %v", j, len(r.MessageIDs), statuses, want)
			continue
		}
		if slices.Equal(counts, []int{0, 1}) {
			counted++
		} else if !slices.Equal(counts, []int{0, 0}) {
			t.Errorf("%s: X-Retry-Count of the two requests is %v, want none in the first and at most 1 in the second", j, counts)
		}
		// That it waited long enough is what the header is about; how long beyond that is
		// the machine's business.
		if gap := r.Attempts[1].Gap; j.waitsRetryAfter && j.status == 429 && gap < time.Second {
			t.Errorf("%s: sent again after %v, want the second that Retry-After asks for", j, gap)
		}
	}
	least, most := 0, 0
	if j.countsRetries {
		least, most = want, want
	}
	if j.resends && j.answer != nil && j.answer.Do == mockserver.DoReset {
		least = 1
	}
	if counted < least || counted > most {
		t.Errorf("%s: %d of %d events or batches were sent again with an X-Retry-Count, want %d to %d", j, counted, want, least, most)
	}
}

func (p post) String() string { return fmt.Sprintf("%d with %d events", p.Status, p.Events) }
