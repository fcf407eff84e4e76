package mockserver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/mockserver"
)

func TestEveryRouteTakesEventsWithAndWithoutV1AndSlash(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	bodies := map[string]string{
		"batch":  `{"batch":[` + track + `,{"type":"identify","userId":"u1"}]}`,
		"import": `{"batch":[` + track + `]}`,
	}
	for _, typ := range event.Types() {
		// analytics-rust sends no type: the path says it.
		bodies[string(typ)] = `{"userId":"u1"}`
	}
	tried := 0
	for name, body := range bodies {
		for _, form := range []string{"/v1/%s", "/v1/%s/", "/%s", "/%s/"} {
			path := fmt.Sprintf(form, name)
			srv.Reset()
			if status, code := c.post(path, body).code(t); status != 200 {
				t.Errorf("POST %s = %d %s, want 200", path, status, code)
				continue
			}
			tried++
			records := srv.Records()
			if want := max(1, strings.Count(body, `"type"`)); len(records) != want {
				t.Errorf("POST %s: %d records, want %d", path, len(records), want)
				continue
			}
			if name != "batch" && name != "import" && string(records[0].Event.Type) != name {
				t.Errorf("POST %s: type %q, want that of the path", path, records[0].Event.Type)
			}
			if records[0].Request.Path != path || records[0].Request.Events != len(records) {
				t.Errorf("POST %s: request %+v", path, records[0].Request)
			}
		}
	}
	if tried != 32 {
		t.Errorf("%d paths taken, want 32", tried)
	}
}

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
	if got := srv.Requests(); len(got) != 0 {
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
			reqs := srv.Requests()
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
