package mockserver_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"segproof/event"
	"segproof/mockserver"
)

// FuzzIngestNeverPanicsOr5xx sends any body to any route, plain and as gzip. Whatever it
// is, it gets an answer below 500 that senders can read, it is recorded once, and its
// events are pieces of it.
func FuzzIngestNeverPanicsOr5xx(f *testing.F) {
	routes := []string{"/v1/batch", "/v1/import/", "/v1/b", "/scope/s/t"}
	for _, typ := range event.Types() {
		routes = append(routes, "/"+string(typ))
	}
	for route := range routes {
		for _, seed := range []string{
			track, `{"batch":[` + track + `,{},1,null],"context":{"a":1},"integrations":{},"writeKey":"k"}`, `[]`, `[{}]`, `{`, ``, `"`, "\xff\xfe", `{"batch":[]}`,
			`{"batch":{"batch":[]}}`, `{"a":[{},{}],"batch":[{"context":{"a":{}}}]}`, `{"type":1,"batch":[{}]}`, gzipped(track), gzipped(`{"batch":[{}]}`)[:20],
		} {
			f.Add(uint8(route), false, []byte(seed))
			f.Add(uint8(route), true, []byte(seed))
		}
	}
	srv := newServer(f, mockserver.Options{})
	f.Fuzz(func(t *testing.T, route uint8, zip bool, body []byte) {
		srv.Reset()
		req, err := http.NewRequest(http.MethodPost, routes[int(route)%len(routes)], bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if zip {
			req.Header.Set("Content-Encoding", "gzip")
		}
		w := &memoryWriter{}
		srv.ServeHTTP(w, req)
		if w.status() < 200 || w.status() >= 500 || !json.Valid(w.body.Bytes()) {
			t.Fatalf("answer = %d %s", w.status(), &w.body)
		}
		reqs, records := requestsOf(t, srv), recordsOf(t, srv)
		if len(reqs) != 1 || reqs[0].Status != w.status() || reqs[0].Events != len(records) || w.status() != 200 && len(records) > 0 {
			t.Fatalf("status %d, requests %+v, %d records", w.status(), reqs, len(records))
		}
		if w.status() == 200 && !json.Valid(reqs[0].Body) {
			t.Fatalf("200 for what is no JSON: %q", reqs[0].Body)
		}
		for _, rec := range records {
			if !bytes.Contains(reqs[0].Body, rec.Event.Raw) || !json.Valid(rec.Event.JSON) {
				t.Fatalf("event %q is no piece of %q", rec.Event.Raw, reqs[0].Body)
			}
		}
	})
}

// FuzzOtherBodiesNever5xx sends any body to the routes that take no events. The answer
// is below 500 and JSON; an error of the token route is one that OAuth clients can read.
func FuzzOtherBodiesNever5xx(f *testing.F) {
	routes := []string{"/token", "/v1/set", "/v1/m"}
	for route := range routes {
		for _, seed := range []string{
			tokenForm(""), tokenForm("a.b.c"), tokenForm(jwt(`{}`, nil)), "client_assertion=a.b.c&client_assertion=d", "%", "", `{"collection":"c","objects":[{"id":"1","properties":{}}]}`,
			`{"collection":"c","objects":[1,{},[]]}`, `{"objects":[`, `[]`, `{"collection":"c","objects":"x"}`, `{"series":[]}`,
		} {
			f.Add(uint8(route), []byte(seed))
		}
	}
	srv := newServer(f, mockserver.Options{})
	f.Fuzz(func(t *testing.T, route uint8, body []byte) {
		srv.Reset()
		path := routes[int(route)%len(routes)]
		req, err := http.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		w := &memoryWriter{}
		srv.ServeHTTP(w, req)
		if w.status() < 200 || w.status() >= 500 || !json.Valid(w.body.Bytes()) {
			t.Fatalf("POST %s = %d %s", path, w.status(), &w.body)
		}
		if path == "/token" && w.status() >= 400 && !bytes.Contains(w.body.Bytes(), []byte(`"error_description":"`)) {
			t.Fatalf("POST %s = %d %s, which has no error_description", path, w.status(), &w.body)
		}
		if reqs := requestsOf(t, srv); len(reqs) != 1 || reqs[0].Status != w.status() {
			t.Fatalf("status %d, requests %+v", w.status(), reqs)
		}
	})
}
