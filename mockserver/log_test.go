package mockserver_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// logBuffer collects what is logged by many goroutines.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestLogsHoldNoSecrets is S30: a write key in every place it can be in, an address in
// the traits, a checker that panics with the event.
func TestLogsHoldNoSecrets(t *testing.T) {
	const key, person, query = "WRITEKEYabc123", "jane@example.com", "token=QUERYSECRET"
	var logs logBuffer
	srv := mockserver.Start(t, mockserver.Options{
		Logger:  slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Checker: checkerFunc(func(ev event.Event) []finding.Finding { panic(string(ev.Raw)) }),
	})
	c := newClient(t, srv)
	auth := &http.Request{Header: http.Header{}}
	auth.SetBasicAuth(key, "")
	header := []string{"Authorization", auth.Header.Get("Authorization"), "X-Custom", key}
	body := `{"type":"identify","writeKey":"` + key + `","traits":{"email":"` + person + `"}}`
	for _, path := range []string{"/v1/identify?", "/v1/batch?", "/v1/projects/" + key + "/settings?", "/v1/project/" + key + "?", "/scope/" + key + "/v1/x?", "/token?", "/v1/set?", "/v1/pixel/track?writeKey=" + key + "&"} {
		c.do(http.MethodGet, path+query, nil, header...)
		c.post(path+query, body, header...)
		c.post(path+query, body[:len(body)-1], header...)
		c.do(http.MethodDelete, path+query, strings.NewReader(body), header...)
		c.post(path+query, body, append(header, "Content-Encoding", key)...)
	}
	if err := srv.Shutdown(soon(t)); err != nil {
		t.Fatal(err)
	}
	text := logs.String()
	for _, secret := range []string{key, person, "jane", "QUERYSECRET", auth.Header.Get("Authorization")[len("Basic "):]} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q:\n%s", secret, text)
		}
	}
	for _, line := range []string{"checker panicked", "request refused", "code=bad_json", "code=not_found", "code=method_not_allowed", "code=unsupported_encoding"} {
		if !strings.Contains(text, line) {
			t.Errorf("the log does not say %q:\n%s", line, text)
		}
	}
	for _, req := range requestsOf(t, srv) {
		if got := fmt.Sprint(req.Header["Authorization"]); got != "[Basic [redacted]]" {
			t.Errorf("Authorization is kept as %s", got)
		}
	}
}

func TestRepeatedFailuresAreLoggedOnceASecond(t *testing.T) {
	var logs logBuffer
	srv := mockserver.Start(t, mockserver.Options{Logger: slog.New(slog.NewTextHandler(&logs, nil))})
	c := newClient(t, srv)
	start := time.Now()
	for range 300 {
		c.post("/v1/track", "{")
		c.post("/nowhere", "{}")
	}
	kinds := 2 * (int(time.Since(start)/time.Second) + 1)
	if n := strings.Count(logs.String(), "\n"); n < 2 || n > kinds {
		t.Errorf("%d lines for 600 failures of 2 kinds, want 2 to %d:\n%s", n, kinds, &logs.text)
	}
}

// TestPanicsThatReachNetHTTPAreLoggedWithoutTheirValue uses a clock that fails, for want
// of a way to make our own code fail.
func TestPanicsThatReachNetHTTPAreLoggedWithoutTheirValue(t *testing.T) {
	var logs logBuffer
	srv := mockserver.Start(t, mockserver.Options{
		Logger: slog.New(slog.NewTextHandler(&logs, nil)),
		Now:    func() time.Time { panic("SECRET") },
	})
	if resp, err := http.Post(srv.URL()+"/v1/track", "", strings.NewReader(track)); err == nil {
		resp.Body.Close()
		t.Errorf("answer = %d, want none", resp.StatusCode)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if text := logs.String(); strings.Contains(text, "SECRET") || !strings.Contains(text, "panic serving") {
		t.Errorf("log = %s, want one that tells of the panic without its value", text)
	}
}

func TestSlowSendersAreCutAndOthersServed(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the ten seconds of the read timeout")
	}
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	never := make(chan struct{})
	const slow = 50
	answers := make(chan *http.Response, slow)
	start := time.Now()
	for range slow {
		go func() { answers <- hold(t, srv, `{"type":`, 100, never) }()
	}
	for range 5 {
		sent := time.Now()
		if status, code := c.post("/v1/track", track).code(t); status != 200 || time.Since(sent) > time.Second {
			t.Errorf("a good request got %d %s after %v", status, code, time.Since(sent))
		}
	}
	for range slow {
		if resp := <-answers; resp == nil || resp.StatusCode != http.StatusRequestTimeout {
			t.Errorf("a body that never ends got %+v, want 408", resp)
		}
	}
	if took := time.Since(start); took < 9*time.Second || took > 14*time.Second {
		t.Errorf("slow bodies were cut after %v, want about 10s", took)
	}
	timeouts := 0
	for _, req := range requestsOf(t, srv) {
		if req.Code == "body_timeout" && string(req.Body) == `{"type":` {
			timeouts++
		}
	}
	if timeouts != slow {
		t.Errorf("%d bodies that timed out are recorded, want %d", timeouts, slow)
	}
}
