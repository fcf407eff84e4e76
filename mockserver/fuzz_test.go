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
			if !bytes.Contains(reqs[0].Body, rec.Event.Raw) || !json.Valid(rec.Event.JSON()) {
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

// FuzzStrictTakesWhatLenientFindsGood sends any body to two servers: the strict one takes
// it whole if the lenient one takes it, has events, and finds nothing wrong with any;
// else it makes no record, answers with JSON that has a code and a message, and keeps the
// same bytes.
func FuzzStrictTakesWhatLenientFindsGood(f *testing.F) {
	routes := []string{"/v1/batch", "/v1/track", "/p"}
	for route := range routes {
		for _, seed := range []string{
			`{"writeKey":"k","event":"E"}`, `{"writeKey":"k","event":"Bad"}`, `{"writeKey":"k"}`, `{"writeKey":1,"event":"E"}`,
			`{"writeKey":"k","batch":[{"type":"track","event":"E"},{"type":"track","event":"Bad"},{"type":"track"}]}`, `{"writeKey":"k","batch":[{"type":"page","name":"E"}]}`,
			`{"batch":[{"type":"track","event":"E","writeKey":"k"},{"type":"track","event":"E"}]}`, `{"writeKey":"k","batch":[]}`, `{`,
		} {
			f.Add(uint8(route), []byte(seed))
		}
	}
	lenient := newServer(f, mockserver.Options{Checker: picky})
	strict := newServer(f, mockserver.Options{Checker: picky, Mode: mockserver.Strict})
	f.Fuzz(func(t *testing.T, route uint8, body []byte) {
		answers := map[*mockserver.Server]*memoryWriter{}
		for _, srv := range []*mockserver.Server{lenient, strict} {
			srv.Reset()
			req, err := http.NewRequest(http.MethodPost, routes[int(route)%len(routes)], bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			answers[srv] = &memoryWriter{}
			srv.ServeHTTP(answers[srv], req)
		}
		records := recordsOf(t, lenient)
		good := answers[lenient].status() == 200 && len(records) > 0
		for _, rec := range records {
			good = good && rec.Verdict == mockserver.Valid && rec.WriteKey != "" && rec.Scope == rec.WriteKey
		}
		status, kept := answers[strict].status(), recordsOf(t, strict)
		if good != (status == 200) || good && len(kept) != len(records) || !good && len(kept) != 0 {
			t.Fatalf("lenient %d with %d records, all good: %v; strict %d with %d", answers[lenient].status(), len(records), good, status, len(kept))
		}
		var told struct{ Code, Message string }
		if err := json.Unmarshal(answers[strict].body.Bytes(), &told); err != nil || !good && (told.Code == "" || told.Message == "") {
			t.Fatalf("strict %d %s", status, &answers[strict].body)
		}
		if reqs := requestsOf(t, strict); len(reqs) != 1 || !bytes.Equal(reqs[0].Body, requestsOf(t, lenient)[0].Body) {
			t.Fatalf("strict keeps %+v", reqs)
		}
	})
}
