package mockserver_test

import (
	"sync/atomic"
	"testing"
	"time"

	analytics "github.com/segmentio/analytics-go/v3"

	"segproof/mockserver"
)

// failures counts what a client of analytics-go could not deliver.
type failures struct{ ok, failed atomic.Int64 }

func (f *failures) Success(analytics.Message)        { f.ok.Add(1) }
func (f *failures) Failure(analytics.Message, error) { f.failed.Add(1) }

// TestStrictAsAnalyticsGoSeesIt: a batch with one wrong event is sent ten times, as
// analytics-go does whatever the answer is, and none of its events is taken, so that
// nothing comes twice; the next batch is.
func TestStrictAsAnalyticsGoSeesIt(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: picky, Mode: mockserver.Strict, WriteKeys: []string{"wk"}})
	var told failures
	client, err := analytics.NewWithConfig("wk", analytics.Config{
		Endpoint: srv.URL(), BatchSize: 2, Interval: time.Hour, Callback: &told, Logger: quiet{},
		RetryAfter: func(int) time.Duration { return time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Good", "Bad", "Good", "Better"} {
		if err := client.Enqueue(analytics.Track{UserId: "u1", Event: name}); err != nil {
			t.Fatal(err)
		}
	}
	srv.Scope("wk").Await(t, 20*time.Second, mockserver.Await{Count: mockserver.Exactly(2)})
	for deadline := time.Now().Add(20 * time.Second); told.failed.Load() < 2 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond) // Close would drop the batch that is being sent again
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, failed := told.ok.Load(), told.failed.Load(); ok != 2 || failed != 2 {
		t.Errorf("%d messages delivered and %d failed, want 2 each", ok, failed)
	}
	refused := 0
	for _, r := range requestsOf(t, srv) {
		if r.Status == 200 {
			continue
		}
		if refused++; r.Status != 422 || len(r.Rejected) != 1 || r.Rejected[0].Index != 1 || r.Rejected[0].Event.Name != "Bad" {
			t.Errorf("request %d was answered with %d, rejected %+v; want 422 for the second event", r.Seq, r.Status, r.Rejected)
		}
	}
	if refused != 10 {
		t.Errorf("%d requests refused, want 10", refused)
	}
}

// quiet is a logger of analytics-go that says nothing.
type quiet struct{}

func (quiet) Logf(string, ...any)   {}
func (quiet) Errorf(string, ...any) {}
