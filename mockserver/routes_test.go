package mockserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

func TestPages(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	index := c.do(http.MethodGet, "/", nil)
	if index.Status != 200 || !strings.Contains(index.Body, srv.URL()) || !strings.HasPrefix(index.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("GET / = %+v, want 200, plain text that names %s", index, srv.URL())
	}
	if a := c.do(http.MethodGet, "/_segproof/health", nil); a.Status != 200 || a.Body != `{"status":"ok"}` {
		t.Errorf("GET health = %d %s", a.Status, a.Body)
	}
	if a := c.do(http.MethodHead, "/_segproof/health", nil); a.Status != 200 {
		t.Errorf("HEAD health = %d, want 200", a.Status)
	}
	if got := requestsOf(t, srv); len(got) != 0 {
		t.Errorf("pages are recorded: %+v", got)
	}
}

func TestStrayRequestsAreExplainedAndRecorded(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
		says         string
	}{
		{"POST", "/v1/v1/batch", 404, "not_found", "/v1 twice"},
		{"POST", "//v1/batch", 404, "not_found", "two slashes"},
		{"POST", "/v1/nothing", 404, "not_found", "/v1/batch, /v1/import, /v1/track, /v1/identify, /v1/page, /v1/screen, /v1/group, /v1/alias"},
		{"GET", "/v1/projects/SECRETKEY/setting", 404, "not_found", "no such route"},
		{"GET", "/v1/batch", 405, "method_not_allowed", "POST /v1/batch"},
		{"PUT", "/track/", 405, "method_not_allowed", "POST /v1/batch"},
		{"POST", "/", 405, "method_not_allowed", "useSegmentEndpoints; events go to POST /v1/batch"},
		{"POST", "/v1/pixel/track", 405, "method_not_allowed", "POST /v1/batch"},
		{"GET", "/scope/s/_segproof/health", 404, "not_found", "no such route"},
		{"GET", "/scope/s/", 404, "not_found", "no such route"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			a := newClient(t, srv).do(tt.method, tt.path, strings.NewReader(track))
			status, code := a.code(t)
			if status != tt.status || code != tt.code || !strings.Contains(a.Body, tt.says) {
				t.Errorf("answer = %d %s %s, want %d %s that says %q", status, code, a.Body, tt.status, tt.code, tt.says)
			}
			if strings.Contains(a.Body, "SECRETKEY") {
				t.Errorf("the answer repeats the path: %s", a.Body)
			}
			if tt.status == 405 && a.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			reqs := requestsOf(t, srv)
			if len(reqs) != 1 {
				t.Fatalf("%d requests recorded, want 1", len(reqs))
			}
			got := reqs[0]
			want := mockserver.Request{
				Seq: 1, ReceivedAt: got.ReceivedAt, Method: tt.method, Path: tt.path, RemoteIP: "127.0.0.1", Header: got.Header,
				WireBytes: int64(len(track)), Body: []byte(track), Status: tt.status, Code: tt.code, Message: got.Message,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// A wrong method says what the path is for, and lists no routes of events for a function's.
func TestAWrongMethodSaysWhatThePathIsFor(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for path, want := range map[string]string{
		"/functions/hook": "a source function is run by POST /functions/NAME",
		"/v1/track":       "the path is there, but not for this method; events go to POST",
	} {
		if a := c.do("PUT", path, nil); a.Status != 405 || !strings.Contains(a.Body, want) || strings.Contains(a.Body, "/v1/track") != (path == "/v1/track") {
			t.Errorf("PUT %s = %d %s, want 405 and %q", path, a.Status, a.Body, want)
		}
	}
}
