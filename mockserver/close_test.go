package mockserver_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// TestCloseDuringTrafficLosesNoAcknowledgedRecord closes the server at odd moments
// while senders send, and compares what got a 200 with what is recorded.
func TestCloseDuringTrafficLosesNoAcknowledgedRecord(t *testing.T) {
	for round := range 20 {
		srv, err := mockserver.Listen(mockserver.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, srv)
		var mu sync.Mutex
		acked := map[string]bool{}
		var wg sync.WaitGroup
		for s := range 8 {
			wg.Go(func() {
				for i := 0; ; i++ {
					name := fmt.Sprintf("%d-%d", s, i)
					resp, err := c.http.Post(c.url+"/v1/track", "", strings.NewReader(`{"type":"track","event":"`+name+`"}`))
					if err != nil {
						return // closed
					}
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if err == nil && resp.StatusCode == 200 {
						mu.Lock()
						acked[name] = true
						mu.Unlock()
					}
				}
			})
		}
		if _, err := srv.Wait(soon(t), 1+round*7); err != nil {
			t.Fatal(err)
		}
		if err := srv.Shutdown(soon(t)); err != nil {
			t.Errorf("Shutdown() = %v", err)
		}
		recorded := len(recordsOf(t, srv))
		wg.Wait()
		if len(recordsOf(t, srv)) != recorded {
			t.Error("records arrive after Shutdown")
		}
		for _, rec := range recordsOf(t, srv) {
			delete(acked, rec.Event.Name)
		}
		if len(acked) > 0 {
			t.Fatalf("round %d: acknowledged and not recorded: %v", round, acked)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
}

// TestShutdownAnswersWhatWasTaken holds a request in the checker while the server
// shuts down.
func TestShutdownAnswersWhatWasTaken(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	srv := mockserver.Start(t, mockserver.Options{Checker: checkerFunc(func(event.Event) []finding.Finding {
		close(entered)
		<-leave
		return nil
	})})
	c := newClient(t, srv)
	answered := make(chan answer)
	go func() { answered <- c.post("/v1/track", track) }()
	<-entered

	unused, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	ended := make(chan error)
	go func() { ended <- srv.Shutdown(soon(t)) }()
	if _, err := unused.Read(make([]byte, 1)); err == nil {
		t.Error("an unused connection got data, want it closed")
	}
	close(leave)
	if a := <-answered; a.Status != 200 {
		t.Errorf("the request under way got %d, want 200", a.Status)
	}
	if err := <-ended; err != nil {
		t.Errorf("Close() = %v", err)
	}
	if len(recordsOf(t, srv)) != 1 {
		t.Errorf("%d records, want 1", len(recordsOf(t, srv)))
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Errorf("second Shutdown = %v", err)
	}
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	srv, err := mockserver.Listen(mockserver.Options{Checker: checkerFunc(func(event.Event) []finding.Finding {
		close(entered)
		<-leave
		return nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		resp, err := http.Post(srv.URL()+"/v1/track", "", strings.NewReader(track))
		if err == nil {
			resp.Body.Close()
		}
		failed <- err
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown() = %v, want the context's error", err)
	}
	if err := <-failed; err == nil {
		t.Error("the request that was cut got an answer")
	}
	close(leave)
	if err := srv.Close(); err != nil {
		t.Errorf("Close() after the checker let go = %v", err)
	}
}

func TestCloseIsQuickWithIdleAndUnusedConnections(t *testing.T) {
	srv, err := mockserver.Listen(mockserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		unused, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer unused.Close()
	}
	newClient(t, srv).post("/v1/track", track) // leaves an idle connection
	start := time.Now()
	if err := srv.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Close took %v, want far less than net/http's five seconds", took)
	}
}

func TestNoGoroutineIsLeftBehind(t *testing.T) {
	srv, err := mockserver.Listen(mockserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, srv)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { c.post("/v1/track", track) })
	}
	wg.Wait()
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	checkNoGoroutineIsLeft(t)
}

// checkNoGoroutineIsLeft wants that no server is at work in this process.
func checkNoGoroutineIsLeft(t *testing.T) {
	t.Helper()
	// The last thing that a connection's goroutine does is to say that it is done; it
	// may need a moment from there to its end.
	var stacks bytes.Buffer
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		stacks.Reset()
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stacks.String(), "net/http.(*conn).serve") && !strings.Contains(stacks.String(), "mockserver.serve") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("goroutines are left:\n%s", &stacks)
}

// TestBodiesHeldAtOnceAreBounded sends 140 bodies of almost 500 KB that do not end:
// more than the 64 MB that may be held. Some must be turned away, and once the others
// have gone, all is as before.
func TestBodiesHeldAtOnceAreBounded(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Capacity: 200, CapacityBytes: 1 << 30}) // what came first must not make room for what came last
	const n = 140
	body := envelope(499_000)
	leave := make(chan struct{})
	answers := make(chan *http.Response, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { answers <- hold(t, srv, body[:len(body)-1], len(body), leave) })
	}
	// The others answer only after leave.
	if resp := <-answers; resp == nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" || !resp.Close {
		t.Errorf("answer = %+v, want 503 with Retry-After: 1 and a closed connection", resp)
	}
	close(leave)
	wg.Wait()
	if err := srv.Shutdown(soon(t)); err != nil { // waits until the server has seen that they left
		t.Fatal(err)
	}
	busy := 0
	for _, req := range requestsOf(t, srv) {
		switch req.Code {
		case "too_busy":
			busy++
			if req.Body != nil {
				t.Error("a body for which there was no room is kept")
			}
		case "bad_body":
		default:
			t.Errorf("a body that never ended was answered with %d %s", req.Status, req.Code)
		}
	}
	// How many depends on how far each had got when there was no room left.
	if busy == 0 || busy == n {
		t.Errorf("%d of %d turned away, want some", busy, n)
	}
	w := &memoryWriter{}
	req, err := http.NewRequest(http.MethodPost, "/v1/batch", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if srv.ServeHTTP(w, req); w.status() != 200 {
		t.Errorf("afterwards: %d %s, want 200", w.status(), &w.body)
	}
}

// hold sends part of a request of size bytes and returns the answer; nil if none came
// before leave was closed.
func hold(t *testing.T, srv *mockserver.Server, part string, size int, leave <-chan struct{}) *http.Response {
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		t.Error(err)
		return nil
	}
	answered := make(chan struct{})
	var closer sync.WaitGroup
	closer.Go(func() {
		select {
		case <-leave:
		case <-answered:
		}
		conn.Close()
	})
	defer closer.Wait()
	defer close(answered)
	fmt.Fprintf(conn, "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", size, part)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil
	}
	resp.Body.Close()
	return resp
}
