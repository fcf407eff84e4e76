package mockserver_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"segproof/mockserver"
)

// TestEveryRouteRefusesOtherMethods asks each route, however it is spelled, by each method
// that it does not have.
func TestEveryRouteRefusesOtherMethods(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{AnalyticsJS: files})
	c := newClient(t, srv)
	tried := 0
	for _, rc := range routeCases() {
		for _, path := range spellings(rc.path) {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				if method == rc.method {
					continue
				}
				tried++
				a := c.do(method, path, strings.NewReader(track), "Origin", origin)
				status, code := a.code(t)
				if status != 405 || code != "method_not_allowed" || !strings.Contains(a.Header.Get("Allow"), rc.method) {
					t.Errorf("%s %s = %d %s, Allow %q; want 405 method_not_allowed and %s", method, path, status, code, a.Header.Get("Allow"), rc.method)
				}
				if a.Header.Get("Access-Control-Allow-Origin") != origin {
					t.Errorf("%s %s: a page cannot read the answer", method, path)
				}
			}
		}
	}
	if want := 4 * 4 * len(routeCases()); tried != want || tried == 0 {
		t.Errorf("%d requests tried, want %d", tried, want)
	}
	if got := len(recordsOf(t, srv)); got != 0 {
		t.Errorf("%d records", got)
	}
}

// TestEveryEventRouteReadsBodiesAsSendersWriteThem posts to each route that takes events
// what the official senders make of a body, and what none of them should.
func TestEveryEventRouteReadsBodiesAsSendersWriteThem(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("WK:"))
	for _, rc := range routeCases() {
		if rc.method != "POST" || rc.events == "" {
			continue
		}
		srv := mockserver.Start(t, mockserver.Options{})
		c := newClient(t, srv)
		for _, tt := range []struct {
			name, body string
			header     []string
			status     int
			code       string
		}{
			{"Basic, as Go", rc.body, []string{"Authorization", basic, "Content-Type", "application/json"}, 200, ""},
			{"text/plain, as browsers", rc.body, []string{"Authorization", basic, "Content-Type", "text/plain"}, 200, ""},
			{"no Content-Type, as C#", rc.body, []string{"Authorization", basic}, 200, ""},
			{"gzip, as Kotlin", gzipped(rc.body), []string{"Authorization", basic, "Content-Encoding", "gzip"}, 200, ""},
			{"key in the body, as phones", `{"writeKey":"WK",` + rc.body[1:], nil, 200, ""},
			{"Bearer and key in the body, as Node", `{"writeKey":"WK",` + rc.body[1:], []string{"Authorization", "Bearer x"}, 200, ""},
			{"empty", "", nil, 400, "bad_json"},
			{"half", "{", nil, 400, "bad_json"},
			{"two", rc.body + rc.body, nil, 400, "bad_json"},
			{"no gzip", rc.body, []string{"Content-Encoding", "gzip"}, 400, "bad_gzip"},
			{"half a gzip", gzipped(rc.body)[:20], []string{"Content-Encoding", "gzip"}, 400, "bad_body"},
			{"brotli", rc.body, []string{"Content-Encoding", "br"}, 415, "unsupported_encoding"},
			{"too large", `{"a":"` + strings.Repeat("x", 500*kb) + `"}`, nil, 400, "payload_too_large"},
		} {
			if err := srv.Reset(); err != nil {
				t.Fatal(err)
			}
			for _, body := range []io.Reader{strings.NewReader(tt.body), io.MultiReader(strings.NewReader(tt.body))} { // with Content-Length, and chunked
				a := c.do("POST", rc.path, body, append(tt.header, "Origin", origin)...)
				if status, code := a.code(t); status != tt.status || code != tt.code || a.Header.Get("Access-Control-Allow-Origin") != origin {
					t.Errorf("POST %s, %s = %d %s, want %d %s that a page can read", rc.path, tt.name, status, code, tt.status, tt.code)
				}
			}
			checkKept(t, srv, rc, tt.name, tt.status)
		}
	}
}

// checkKept looks at what two requests of a route left behind.
func checkKept(t *testing.T, srv *mockserver.Server, rc routeCase, name string, status int) {
	t.Helper()
	want := 0
	if status == http.StatusOK {
		want = 2 * len(strings.Fields(rc.events))
	}
	records := recordsOf(t, srv)
	if len(records) != want {
		t.Errorf("POST %s, %s: %d records, want %d", rc.path, name, len(records), want)
	}
	for _, r := range records {
		if r.WriteKey != "WK" || r.Scope != "WK" {
			t.Errorf("POST %s, %s: record of write key %q in scope %q, want WK", rc.path, name, r.WriteKey, r.Scope)
		}
	}
	requests := requestsOf(t, srv)
	if len(requests) != 2 || requests[0].Status != status || len(requests[0].Body) == 0 && name != "empty" {
		t.Errorf("POST %s, %s: requests %+v, want two with their bytes", rc.path, name, requests)
	}
}
