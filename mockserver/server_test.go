package mockserver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// client is a sender that a test steers by hand.
type client struct {
	t    testing.TB
	http *http.Client
	url  string
}

// answer is what a client got.
type answer struct {
	Status int
	Header http.Header
	Body   string
	Close  bool // the server closes the connection
}

func newClient(t testing.TB, srv *mockserver.Server) client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return client{t, &http.Client{Transport: transport, Timeout: 30 * time.Second}, srv.URL()}
}

// do sends one request; header holds pairs of name and value.
func (c client) do(method, path string, body io.Reader, header ...string) answer {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: read the answer: %v", method, path, err)
	}
	return answer{resp.StatusCode, resp.Header, string(text), resp.Close}
}

func (c client) post(path, body string, header ...string) answer {
	c.t.Helper()
	return c.do(http.MethodPost, path, strings.NewReader(body), header...)
}

// code returns the status of an answer and the code of its error body, after checking
// that it has the form that senders need.
func (a answer) code(t testing.TB) (int, string) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", got)
	}
	if a.Status == http.StatusOK {
		if a.Body != `{"success":true}` {
			t.Errorf(`body of a 200 = %q, want {"success":true}`, a.Body)
		}
		return a.Status, ""
	}
	var e struct {
		Success *bool
		Code    string
		Message string
	}
	if err := json.Unmarshal([]byte(a.Body), &e); err != nil || e.Success == nil || *e.Success || e.Code == "" || e.Message == "" {
		t.Errorf(`body of a %d = %q, want {"success":false,"code":...,"message":...}`, a.Status, a.Body)
	}
	return a.Status, e.Code
}

// gzipped returns text as one gzip member.
func gzipped(text string) string {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	// A buffer takes whatever is written to it.
	_, _ = io.WriteString(zw, text)
	_ = zw.Close()
	return b.String()
}

// soon is a context for waits that ought to be over at once.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// checkerFunc is a Checker made of a function.
type checkerFunc func(event.Event) []finding.Finding

func (f checkerFunc) Validate(ev event.Event) []finding.Finding { return f(ev) }

const track = `{"type":"track","event":"Order Completed","userId":"u1","properties":{"total":12.90}}`

func TestZeroOptionsListenOnLoopbackAndAnswer(t *testing.T) {
	srv, err := mockserver.Listen(mockserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if !strings.HasPrefix(srv.URL(), "http://127.0.0.1:") {
		t.Errorf("URL() = %q, want a loopback one", srv.URL())
	}
	if status, code := newClient(t, srv).post("/v1/track", track).code(t); status != 200 {
		t.Errorf("answer = %d %s, want 200", status, code)
	}
	records := recordsOf(t, srv)
	if len(records) != 1 || string(records[0].Event.Raw) != track {
		t.Errorf("Records() = %+v, want one with the event as sent", records)
	}
	if records[0].ReceivedAt.IsZero() {
		t.Error("ReceivedAt is zero")
	}
}

func TestListenRefusesAddressesThatOthersReach(t *testing.T) {
	for _, tt := range []struct {
		addr    string
		allow   bool
		wantErr string
	}{
		{addr: "127.0.0.1:0"},
		{addr: "localhost:0"},
		{addr: "127.9.9.9:0"},
		{addr: ":0", wantErr: "AllowRemote"},
		{addr: "0.0.0.0:0", wantErr: "AllowRemote"},
		{addr: "[::]:0", wantErr: "AllowRemote"},
		{addr: "192.0.2.1:0", wantErr: "AllowRemote"},
		{addr: "example.com:0", wantErr: "AllowRemote"},
		{addr: "127.0.0.1", wantErr: "want host:port"},
		{addr: "0.0.0.0:0", allow: true},
		{addr: ":0", allow: true},
	} {
		srv, err := mockserver.Listen(mockserver.Options{Addr: tt.addr, AllowRemote: tt.allow})
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("Listen(%q) error = %v, want one that says %q", tt.addr, err, tt.wantErr)
			}
			continue
		}
		if err != nil {
			t.Errorf("Listen(%q): %v", tt.addr, err)
			continue
		}
		if a := newClient(t, srv).do(http.MethodGet, "/_segproof/health", nil); a.Status != 200 {
			t.Errorf("Listen(%q): health at %s = %d, want 200", tt.addr, srv.URL(), a.Status)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("Listen(%q): close: %v", tt.addr, err)
		}
	}
}

func TestListenOnABusyPortIsAnError(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	second, err := mockserver.Listen(mockserver.Options{Addr: strings.TrimPrefix(srv.URL(), "http://")})
	if err == nil {
		second.Close()
		t.Error("two servers listen on one port")
	}
}

// fakeT is a test that Start may fail.
type fakeT struct {
	cleanups []func()
	failed   bool
}

func (f *fakeT) Cleanup(fn func())     { f.cleanups = append(f.cleanups, fn) }
func (f *fakeT) Fatalf(string, ...any) { f.failed = true }

func TestStartClosesWithTheTestAndFailsItOtherwise(t *testing.T) {
	var good fakeT
	srv := mockserver.Start(&good, mockserver.Options{})
	if good.failed || len(good.cleanups) != 1 {
		t.Fatalf("failed = %v, cleanups = %d; want false and 1", good.failed, len(good.cleanups))
	}
	good.cleanups[0]()
	if resp, err := http.Get(srv.URL()); err == nil {
		resp.Body.Close()
		t.Error("the server answers after its test has ended")
	}

	var bad fakeT
	if srv := mockserver.Start(&bad, mockserver.Options{Addr: "192.0.2.1:1"}); srv != nil || !bad.failed {
		t.Errorf("Start on a bad address = %v, failed = %v; want nil and true", srv, bad.failed)
	}
}

func TestNewIsAHandlerForTheCallersServer(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	if srv.URL() != "" {
		t.Errorf("URL() = %q, want none", srv.URL())
	}
	req, err := http.NewRequest(http.MethodPost, "/v1/track", strings.NewReader(track))
	if err != nil {
		t.Fatal(err)
	}
	w := &memoryWriter{}
	srv.ServeHTTP(w, req)
	if w.status() != 200 || len(recordsOf(t, srv)) != 1 {
		t.Errorf("status = %d, records = %d; want 200 and 1", w.status(), len(recordsOf(t, srv)))
	}
	if err := srv.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// memoryWriter is the http.ResponseWriter of a request that no connection brought.
type memoryWriter struct {
	code   int
	header http.Header
	body   bytes.Buffer
}

func (w *memoryWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *memoryWriter) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *memoryWriter) status() int { return w.code }

// recordsOf returns the records of all scopes.
func recordsOf(t testing.TB, srv *mockserver.Server) []mockserver.Record {
	t.Helper()
	records, err := srv.Records()
	if err != nil {
		t.Errorf("Records: %v", err)
	}
	return records
}

// requestsOf returns the requests of all scopes.
func requestsOf(t testing.TB, srv *mockserver.Server) []mockserver.Request {
	t.Helper()
	requests, err := srv.Requests()
	if err != nil {
		t.Errorf("Requests: %v", err)
	}
	return requests
}

// newServer is [mockserver.New] for a test.
func newServer(t testing.TB, opts mockserver.Options) *mockserver.Server {
	t.Helper()
	srv, err := mockserver.New(opts)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return srv
}
