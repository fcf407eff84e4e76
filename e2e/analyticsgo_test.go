package e2e

import (
	"log"
	"net/http"
	"testing"
	"time"

	"segproof/mockserver"
	"segproof/schemas"
	"segproof/validator"

	"github.com/segmentio/analytics-go/v3"
)

// TestAnalyticsGo sends through analytics-go to a server in the same process, as a Go
// test of a user does.
func TestAnalyticsGo(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: catalog(t)})
	// It counts no retries and does not look at Retry-After.
	analyticsGo := sdk{name: "analytics-go", calls: callTypes, deliveries: []delivery{single, batch}}
	journeys(t, analyticsGo, func(t *testing.T, j journey) {
		scope := srv.Scope(j.key())
		if err := srv.SetFaults(j.key(), j.faults()); err != nil {
			t.Fatal(err)
		}
		client := sendWithGo(t, srv.URL(), j)
		// Closed while it waits before it sends again, the library drops the batch: so
		// first wait, then close. After that nothing can arrive any more.
		scope.Await(t, patience, mockserver.Await{Count: mockserver.AtLeast(len(j.calls))})
		if err := client.Close(); err != nil {
			t.Errorf("%s: close: %v", j, err)
		}
		j.check(t, outcomeOf(t, scope))
	})
}

// catalog returns the built-in contracts.
func catalog(t *testing.T) *validator.Catalog {
	t.Helper()
	cat, found, err := validator.Load(

		validator.Root{FS: schemas.FS()},
	)
	if err != nil || len(found) > 0 {
		t.Fatalf("load the built-in contracts: %v, %v", err, found)
	}
	return cat
}

// sendWithGo makes one call of each type.
func sendWithGo(t *testing.T, url string, j journey) analytics.Client {
	t.Helper()
	writeKey := j.key()
	config := analytics.Config{
		BatchSize: j.size(),
		Interval:  time.Hour, // a batch leaves when it is full
		Logger:    analytics.StdLogger(log.New(t.Output(), "", 0)),
	}
	// README
	config.Endpoint = url // http://127.0.0.1:8765
	client, err := analytics.NewWithConfig(writeKey, config)
	// end
	if err != nil {
		t.Fatal(err)
	}
	view := analytics.Properties{"tutorialId": 7, "segmentId": "s-1", "portalId": 3, "versionId": "v-1"}
	click := analytics.Properties{"tutorialId": 7, "segmentId": "s-1", "portalId": 3, "versionId": "v-1", "eventName": "opened"}
	const user = "u-1"
	for _, call := range []analytics.Message{
		analytics.Alias{UserId: user, PreviousId: "visitor-1"},
		analytics.Identify{UserId: user, Traits: analytics.Traits{"plan": "pro", "seats": 12}},
		analytics.Track{UserId: user, Event: "tutorial.interaction", Properties: click},
		analytics.Page{UserId: user, Name: "Docs", Properties: analytics.Properties{"section": "start"}},
		analytics.Screen{UserId: user, Name: "tutorial.view", Properties: view},
		analytics.Group{UserId: user, GroupId: "g-1", Traits: analytics.Traits{"employees": 40}},
	} {
		if err := client.Enqueue(call); err != nil {
			t.Errorf("%s: %T: %v", j, call, err)
		}
	}
	return client
}

// outcomeOf asks a scope for all that a journey has left.
func outcomeOf(t *testing.T, scope *mockserver.Scope) (o outcome) {
	t.Helper()
	want, found := mockserver.ParseExpectations("expect.yaml", expectations)
	if len(found) > 0 {
		t.Fatalf("expect.yaml: %v", found)
	}
	requests, err := scope.Requests()
	if err == nil {
		o.records, err = scope.Records()
	}
	if err == nil {
		o.findings, err = scope.Judge(want)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		if r.Method == http.MethodPost {
			o.posts = append(o.posts, post{r.Status, r.Events})
		}
	}
	o.retries = mockserver.Retries(requests)
	return o
}
