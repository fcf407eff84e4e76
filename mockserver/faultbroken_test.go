package mockserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"segproof/mockserver"
)

// request makes a request that the test may change.
func (c client) request(path, body string) *http.Request {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	return req
}

// fail posts one event and returns the error that the sender sees, and what it has read
// of the answer.
func (c client) fail() (string, error) {
	resp, err := c.http.Post(c.url+"/v1/track", "", strings.NewReader(track))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestBrokenAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, fault, fate string
		want              error
		body              string
		events            int
	}{
		{"reset", `do: reset`, "reset", syscall.ECONNRESET, "", 1},
		{"reset before the events were taken", `do: reset, taken: false`, "reset", syscall.ECONNRESET, "", 0},
		{"late reset", `latency: 1ms, do: reset`, "latency 1ms, reset", syscall.ECONNRESET, "", 1},
		{"half", `do: half`, "half", io.ErrUnexpectedEOF, `{"succes`, 1},
		{"half, not taken", `do: half, taken: false`, "half", io.ErrUnexpectedEOF, `{"succes`, 0},
		{"half of an error", `answers: [{status: 500, body: abcd, do: half}]`, "status 500, half", io.ErrUnexpectedEOF, "ab", 0},
		{"half of nothing", `answers: [{body: "", do: half}]`, "changed, half", io.ErrUnexpectedEOF, "", 1},
		{"slow", `do: slow, latency: 20ms`, "slow 20ms", nil, `{"success":true}`, 1},
		{"slow nothing", `latency: 2ms, answers: [{body: "", do: slow}]`, "changed, slow 2ms", nil, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, err := mockserver.Listen(mockserver.Options{})
			if err != nil {
				t.Fatal(err)
			}
			setFaults(t, srv, `faults: [{`+tt.fault+`, times: 1}]`)
			c := newClient(t, srv)
			begun := time.Now()
			body, err := c.fail()
			if !errors.Is(err, tt.want) || body != tt.body {
				t.Errorf("sender got %q and error %v, want %q and %v", body, err, tt.body, tt.want)
			}
			if took := time.Since(begun); strings.Contains(tt.fate, "20ms") && took < 20*time.Millisecond {
				t.Errorf("took %v, want 20ms", took)
			}
			if body, err := c.fail(); err != nil || body != `{"success":true}` {
				t.Errorf("afterwards: %q, %v; want the normal answer", body, err)
			}
			if err := srv.Shutdown(soon(t)); err != nil {
				t.Errorf("Close() = %v", err)
			}
			if req := requestsOf(t, srv)[0]; req.Fault != tt.fate || req.Events != tt.events {
				t.Errorf("request says %q, %d events; want %q, %d", req.Fault, req.Events, tt.fate, tt.events)
			}
			if got := len(recordsOf(t, srv)); got != tt.events+1 {
				t.Errorf("%d records, want %d", got, tt.events+1)
			}
		})
	}
	checkNoGoroutineIsLeft(t)
}

// TestResetWithoutAConnectionOfOurs uses a server that is not ours.
func TestResetWithoutAConnectionOfOurs(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{do: reset}]`)
	ts := httptest.NewServer(srv)
	defer ts.Close()
	resp, err := ts.Client().Post(ts.URL+"/v1/track", "", strings.NewReader(track))
	if err == nil {
		resp.Body.Close()
		t.Errorf("got status %d, want no answer", resp.StatusCode)
	}
}

// TestWaitingEndsWithTheServer holds a request for a minute, and closes.
func TestWaitingEndsWithTheServer(t *testing.T) {
	for _, fault := range []string{`latency: 60s`, `do: slow`, `latency: 60s, do: slow`, `latency: 60s, answers: [{body: "` + strings.Repeat("x", 50_000) + `", do: slow}]`} {
		srv, err := mockserver.Listen(mockserver.Options{})
		if err != nil {
			t.Fatal(err)
		}
		setFaults(t, srv, `faults: [{`+fault+`}]`)
		c := newClient(t, srv)
		answered := make(chan answer)
		go func() { answered <- c.post("/v1/track", track) }()
		if _, err := srv.Wait(soon(t), 1); err != nil { // recorded before the wait
			t.Fatal(err)
		}
		begun := time.Now()
		if err := srv.Close(); err != nil {
			t.Errorf("%.40s: Close() = %v", fault, err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("%.40s: Close took %v", fault, took)
		}
		if a := <-answered; a.Status != 200 || a.Body == "" {
			t.Errorf("%.40s: the request under way got %d %.40q, want its answer", fault, a.Status, a.Body)
		}
	}
	checkNoGoroutineIsLeft(t)
}

// TestWaitingEndsWithTheSender leaves while the answer is on its way.
func TestWaitingEndsWithTheSender(t *testing.T) {
	for _, fault := range []string{`latency: 60s`, `do: slow`, `latency: 60s, do: reset`} {
		srv := newServer(t, mockserver.Options{})
		setFaults(t, srv, `faults: [{`+fault+`}]`)
		ended := make(chan struct{})
		ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			srv.ServeHTTP(w, r)
		}))
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.URL+"/v1/track", strings.NewReader(track))
		if err != nil {
			t.Fatal(err)
		}
		var sender sync.WaitGroup
		sender.Go(func() {
			if resp, err := ts.Client().Do(req); err == nil {
				_, _ = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
		})
		if _, err := srv.Wait(soon(t), 1); err != nil {
			t.Fatal(err)
		}
		leave()
		select {
		case <-ended:
		case <-soon(t).Done():
			t.Errorf("%s: the server goes on for a sender that has left", fault)
		}
		sender.Wait()
		ts.Close()
	}
}

// TestLatencyOutlivesTheWriteTimeout uses a server with a short timeout; ours has one of
// 15 seconds.
func TestLatencyOutlivesTheWriteTimeout(t *testing.T) {
	for _, fault := range []string{`latency: 300ms`, `latency: 300ms, do: slow`} {
		srv := newServer(t, mockserver.Options{})
		setFaults(t, srv, `faults: [{`+fault+`}]`)
		ts := httptest.NewUnstartedServer(srv)
		ts.Config.ReadTimeout, ts.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
		ts.Start()
		resp, err := ts.Client().Post(ts.URL+"/v1/track", "", strings.NewReader(track))
		if err != nil {
			t.Errorf("%s: %v", fault, err)
		} else if body, err := io.ReadAll(resp.Body); err != nil || string(body) != `{"success":true}` {
			t.Errorf("%s: got %q, %v; want the answer", fault, body, err)
		}
		ts.Close()
	}
}

// TestHeaderOfASlowAnswerComesAtOnce looks at the answer before its body is there.
func TestHeaderOfASlowAnswerComesAtOnce(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{answers: [{status: 503, do: slow}]}]`)
	resp, err := newClient(t, srv).http.Post(srv.URL()+"/v1/track", "", strings.NewReader(track))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 503 || resp.ContentLength < 16 {
		t.Errorf("got status %d and length %d while the body is under way, want 503 and the body's length", resp.StatusCode, resp.ContentLength)
	}
}

// TestWaitingAnswersHoldNoBodies keeps 140 of the largest batches waiting, which is more
// than may be held before they are recorded.
func TestWaitingAnswersHoldNoBodies(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{latency: 60s}]`)
	const n = 140
	body := envelope(499_000)
	var senders sync.WaitGroup
	var at mockserver.Cursor
	for range n {
		senders.Go(func() {
			if w := serve(t, srv, "/v1/batch", body); w.status() != 200 {
				t.Errorf("got %d %s", w.status(), &w.body)
			}
		})
		got, err := srv.Next(soon(t), at) // recorded before it waits
		if err != nil {
			t.Fatal(err)
		}
		at = got.Cursor
	}
	if err := srv.SetFaults("", nil); err != nil {
		t.Fatal(err)
	}
	if w := serve(t, srv, "/v1/batch", body); w.status() != 200 {
		t.Errorf("while %d answers wait: %d %s, want 200", n, w.status(), &w.body)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	senders.Wait()
}
