package mockserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"segproof/mockserver"
)

// Tests that reset between two cases are what a report is to tell about, all of it.
func TestFollowMissesNothingThatIsReset(t *testing.T) {
	for _, data := range []string{"", t.TempDir() + "/journal.db"} {
		srv := listen(t, mockserver.Options{Data: data})
		seen := map[string]bool{}
		refused := 0
		done := make(chan error)
		go func() {
			done <- srv.Follow(context.Background(), mockserver.Cursor{}, func(got mockserver.Arrivals) {
				for _, r := range got.Records {
					seen[r.Event.Name] = true
				}
				refused += len(got.Failed)
			})
		}()
		var senders sync.WaitGroup
		for worker := range 4 {
			senders.Go(func() {
				c, scope := newClient(t, srv), srv.Scope(fmt.Sprint("wk", worker))
				for i := range 50 {
					c.post("/v1/track", fmt.Sprintf(`{"event":"E%d-%d","writeKey":"wk%d"}`, worker, i, worker))
					c.post("/v1/track", "{", "X-Segproof-Scope", fmt.Sprint("wk", worker))
					if err := scope.Reset(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		senders.Wait()
		if got := recordsOf(t, srv); len(got) != 0 {
			t.Errorf("%d records are left after all resets", len(got))
		}
		closed(t, srv)
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Follow ended with %v, want %v", err, http.ErrServerClosed)
		}
		if len(seen) != 200 || refused != 200 {
			t.Errorf("%d events and %d refused requests followed, want 200 each", len(seen), refused)
		}
	}
}

// TestAFollowerThatStandsStillHoldsUpNobodyElse: who sends, and who resets what has been
// seen or another scope, is answered while it stands still.
func TestAFollowerThatStandsStillHoldsUpNobodyElse(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	taking, goOn := make(chan bool, 10), make(chan bool)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- srv.Follow(ctx, mockserver.Cursor{}, func(mockserver.Arrivals) { taking <- true; <-goOn })
	}()
	c.post("/v1/track", track, "X-Segproof-Scope", "a")
	<-taking
	if err := srv.Scope("b").Reset(); err != nil { // b holds nothing
		t.Error(err)
	}
	reset := make(chan error, 1)
	go func() { reset <- srv.Scope("a").Reset() }()
	for range 3 {
		if got := c.post("/v1/track", track, "X-Segproof-Scope", "b"); got.Status != 200 {
			t.Errorf("a sender got %v", got)
		}
	}
	select {
	case err := <-reset:
		t.Errorf("a reset of what was not seen yet returned %v", err)
	default:
	}
	close(goOn)
	if err := <-reset; err != nil {
		t.Error(err)
	}
	stop()
	<-done
	if n := len(recordsOf(t, srv)); n != 3 {
		t.Errorf("%d records are left, want the 3 of the other scope", n)
	}
}

// TestAResetThatIsForcedIsTold: the one who resets is told, and so is the one who follows.
func TestAResetThatIsForcedIsTold(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	mockserver.NoPatience(srv)
	c := newClient(t, srv)
	got, goOn := make(chan mockserver.Arrivals), make(chan bool)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- srv.Follow(ctx, mockserver.Cursor{}, func(a mockserver.Arrivals) { got <- a; <-goOn })
	}()
	c.post("/v1/track", track, "X-Segproof-Scope", "a")
	<-got // and what comes now is not read while it is looked at
	if err := srv.Scope("a").Reset(); err != nil {
		t.Errorf("a reset of what has been read, though not looked at to its end: %v", err)
	}
	c.post("/v1/track", track, "X-Segproof-Scope", "b")
	c.post("/v1/track", "{", "X-Segproof-Scope", "b")
	c.post("/v1/track", track, "X-Segproof-Scope", "c")
	if err := srv.Scope("b").Reset(); !errors.Is(err, mockserver.ErrUnseen) {
		t.Errorf("a reset of what was not read: %v, want %v", err, mockserver.ErrUnseen)
	}
	a := c.do(http.MethodDelete, "/_segproof/records?scope=c", nil)
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `{"message":"it is reset, but `) {
		t.Errorf("the answer to a reset of what was not read: %d %s, want 200 and why", a.Status, a.Body)
	}
	goOn <- true
	if a := <-got; len(a.Records)+len(a.Failed) != 0 || a.Forgotten != 3 {
		t.Errorf("%d records and %d requests followed, %d forgotten, want none, and 3", len(a.Records), len(a.Failed), a.Forgotten)
	}
	goOn <- true
	c.post("/v1/track", track)
	if a := <-got; len(a.Records) != 1 || a.Forgotten != 0 {
		t.Errorf("%d records followed, %d forgotten, want 1 and none", len(a.Records), a.Forgotten)
	}
	goOn <- true
	stop()
	<-done
}
