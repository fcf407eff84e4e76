package mockserver_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// files is a small @segment/analytics-next.
var files = fstest.MapFS{
	"package.json":                      {Data: []byte(`{}`)},
	"dist/umd/standalone.js":            {Data: []byte(`window.analyticsWriteKey="__WRITE_KEY__"`)},
	"dist/umd/standalone.js.map":        {Data: []byte(`{"version":3}`)},
	"dist/umd/407.bundle.61ef.js":       {Data: []byte(`bundle`)},
	"dist/umd/407.bundle.61ef.js.gz":    {Data: []byte(`zipped`)},
	"next-integrations/a/1.2/a.css":     {Data: []byte(`a{}`)},
	"next-integrations/a/1.2/a.wasm":    {Data: []byte(`wasm`)},
	"dist/umd/analytics.classic.min.js": {Data: []byte(`classic`)},
}

const pictureHex = "47494638396101000100800000ffffff00000021f9040100000000" + "2c000000000100010000020244" + "01003b"

// routeCase is one route that senders use: its path without /v1 and
// without a slash at its end, and the whole answer.
type routeCase struct {
	method, path, body string
	kind, want         string // of the answer; "" is Segment's success
	events             string // the types of what is recorded
}

func routeCases() []routeCase {
	data := base64.RawURLEncoding.EncodeToString([]byte(`{"userId":"u1","writeKey":"WK"}`))
	batch := `{"batch":[` + track + `,{"type":"identify","userId":"u1"}]}`
	one := `{"userId":"u1"}` // analytics-rust sends no type: the path says it
	const js, jsonType = "text/javascript; charset=utf-8", "application/json"
	cases := []routeCase{
		{"POST", "/batch", batch, "", "", "track identify"},
		{"POST", "/import", batch, "", "", "track identify"},
		{"POST", "/b", batch, "", "", "track identify"},
		{"POST", "/t", one, "", "", "track"},
		{"POST", "/i", one, "", "", "identify"},
		{"POST", "/p", one, "", "", "page"},
		{"POST", "/s", one, "", "", "screen"},
		{"POST", "/g", one, "", "", "group"},
		{"POST", "/a", one, "", "", "alias"},
		{"POST", "/m", `{"series":[{"type":"Counter","metric":"analytics_js.x","value":1,"tags":{}}]}`, "", "", ""},
		{"POST", "/set", `{"collection":"rooms","objects":[{"id":"1","properties":{"beds":2}}]}`, "", "", ""},
		{"POST", "/token", tokenForm(""), jsonType, `{"access_token":"TOKEN","token_type":"Bearer","scope":"tracking_api:write","expires_in":86400}`, ""},
		{"GET", "/projects/WK/settings", "", jsonType, `{"integrations":{"Segment.io":{"apiKey":"WK","apiHost":"HOST/v1","protocol":"http"}},"plan":{},"edgeFunction":{},"metrics":{"sampleRate":0}}`, ""},
		{"GET", "/analytics.js/v1/WK/analytics.min.js", "", js, `window.analyticsWriteKey="WK"`, ""},
		{"GET", "/analytics.js/v1/WK/analytics.js", "", js, `window.analyticsWriteKey="WK"`, ""},
		{"GET", "/analytics.js/v1/WK/platform/analytics.min.js", "", js, `window.analyticsWriteKey="WK"`, ""},
		{"GET", "/analytics.js/v1/WK/platform", "", js, `window.analyticsWriteKey="WK"`, ""},
		{"GET", "/analytics.js/v1/W'K/analytics.min.js", "", js, `window.analyticsWriteKey="__WRITE_KEY__"`, ""},
		{"GET", "/analytics.js/v1/WK/analytics.classic.min.js", "", js, `classic`, ""},
		{"GET", "/analytics.js/v1/WK/standalone.js.map", "", jsonType, `{"version":3}`, ""},
		{"GET", "/analytics-next/bundles/407.bundle.61ef.js", "", js, `bundle`, ""},
		{"GET", "/analytics-next/bundles/407.bundle.61ef.js.gz", "", "application/gzip", `zipped`, ""},
		{"GET", "/next-integrations/a/1.2/a.css", "", "text/css; charset=utf-8", `a{}`, ""},
		{"GET", "/next-integrations/a/1.2/a.wasm", "", "application/octet-stream", `wasm`, ""},
	}
	for _, t := range []string{"track", "identify", "page", "screen", "group", "alias"} {
		cases = append(cases,
			routeCase{"POST", "/" + t, one, "", "", t},
			routeCase{"GET", "/pixel/" + t + "?data=" + data, "", "image/gif", pictureHex, t})
	}
	return cases
}

// spellings returns what all senders together make of a path.
func spellings(path string) []string {
	path, query, found := strings.Cut(path, "?")
	if found {
		query = "?" + query
	}
	return []string{"/v1" + path + query, "/v1" + path + "/" + query, path + query, path + "/" + query}
}

var tokenText = regexp.MustCompile(`"access_token":"[A-Za-z0-9_-]{43}"`)

// plain returns the part of an answer that is the same each time.
func (c client) plain(a answer) answer {
	a.Header = a.Header.Clone()
	a.Header.Del("Date")
	a.Body = tokenText.ReplaceAllString(a.Body, `"access_token":"TOKEN"`)
	a.Body = strings.ReplaceAll(a.Body, strings.TrimPrefix(c.url, "http://"), "HOST")
	if a.Header.Get("Content-Type") == "image/gif" {
		a.Body = fmt.Sprintf("%x", a.Body)
	}
	return a
}

func (rc routeCase) answer(length string) answer {
	if rc.kind == "" {
		return answer{200, http.Header{"Content-Type": {"application/json"}, "Content-Length": {"16"}}, `{"success":true}`, false}
	}
	return answer{200, http.Header{
		"Content-Type": {rc.kind}, "Content-Length": {length},
		"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
	}, rc.want, false}
}

const origin = "https://shop.example"

// shared is what an answer to a page of another origin has besides.
var shared = http.Header{
	"Access-Control-Allow-Origin": {origin}, "Access-Control-Allow-Credentials": {"true"},
	"Access-Control-Expose-Headers": {"Retry-After"}, "Vary": {"Origin"},
}

func TestEveryRouteInEverySpelling(t *testing.T) {
	tried := 0
	for _, rc := range routeCases() {
		srv := mockserver.Start(t, mockserver.Options{AnalyticsJS: files})
		c := newClient(t, srv)
		for _, path := range spellings(rc.path) {
			tried++
			srv.Reset()
			got := c.do(rc.method, path, strings.NewReader(rc.body))
			want := rc.answer(fmt.Sprint(len(got.Body)))
			if diff := cmp.Diff(want, c.plain(got)); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", rc.method, path, diff)
			}
			maps.Copy(want.Header, shared)
			if diff := cmp.Diff(want, c.plain(c.do(rc.method, path, strings.NewReader(rc.body), "Origin", origin))); diff != "" {
				t.Errorf("%s %s from another origin (-want +got):\n%s", rc.method, path, diff)
			}
			checkRoute(t, srv, rc, path)
		}
	}
	if tried != 4*36 {
		t.Errorf("%d paths tried, want %d", tried, 4*36)
	}
}

// checkRoute looks at what the two requests of one path left behind.
func checkRoute(t *testing.T, srv *mockserver.Server, rc routeCase, path string) {
	t.Helper()
	var types []string
	for _, rec := range recordsOf(t, srv) {
		types = append(types, string(rec.Event.Type))
	}
	if got, want := strings.Join(types, " "), strings.TrimSpace(rc.events+" "+rc.events); got != want {
		t.Errorf("%s %s: events %q, want %q", rc.method, path, got, want)
	}
	path, _, _ = strings.Cut(path, "?")
	reqs := requestsOf(t, srv)
	if len(reqs) != 2 || reqs[0].Path != path || reqs[0].Method != rc.method || reqs[0].Status != 200 || reqs[0].Code != "" || reqs[0].Events != len(types)/2 {
		t.Errorf("%s %s: requests %+v", rc.method, path, reqs)
	}
}

// TestPreflight asks as Chromium 156 does before analytics-next 1.84 sends.
func TestPreflight(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	paths := []string{"/v1/nothing", "/scope/s/v1/t", "/scope//v1/t"}
	for _, rc := range routeCases() {
		paths = append(paths, spellings(rc.path)...)
	}
	for _, path := range paths {
		got := c.do(http.MethodOptions, path, nil, "Accept", "*/*", "Origin", origin, "Sec-Fetch-Mode", "cors",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,x-retry-count,x-own",
			"Access-Control-Request-Private-Network", "true")
		want := answer{204, http.Header{
			"Allow":                                {"GET, HEAD, POST, OPTIONS"},
			"Vary":                                 {"Origin", "Access-Control-Request-Method, Access-Control-Request-Headers"},
			"Access-Control-Allow-Origin":          {origin},
			"Access-Control-Allow-Credentials":     {"true"},
			"Access-Control-Allow-Methods":         {"GET, POST, OPTIONS"},
			"Access-Control-Allow-Headers":         {"authorization,x-retry-count,x-own"},
			"Access-Control-Allow-Private-Network": {"true"},
			"Access-Control-Expose-Headers":        {"Retry-After"},
			"Access-Control-Max-Age":               {"7200"},
		}, "", false}
		if diff := cmp.Diff(want, c.plain(got)); diff != "" {
			t.Errorf("OPTIONS %s (-want +got):\n%s", path, diff)
		}
	}
	if got := c.plain(c.do(http.MethodOptions, "/v1/t", nil)); !cmp.Equal(got, answer{204, http.Header{"Allow": {"GET, HEAD, POST, OPTIONS"}}, "", false}) {
		t.Errorf("OPTIONS that is no preflight = %+v", got)
	}
	if got := requestsOf(t, srv); len(got) != 0 {
		t.Errorf("preflights are recorded: %+v", got)
	}
}

func TestErrorsCanBeReadByOtherOrigins(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{OAuth: []string{"guarded"}})
	c := newClient(t, srv)
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/v1/t", "{", 400},
		{"POST", "/v1/t", call(32*kb + 1), 400},
		{"POST", "/scope/%01/v1/t", track, 400},
		{"POST", "/v1/t", `{"writeKey":"guarded"}`, 401},
		{"POST", "/v1/nothing", track, 404},
		{"GET", "/analytics-next/bundles/x.js", "", 404},
		{"GET", "/v1/t", "", 405},
		{"POST", "/token", "", 400},
	} {
		got := c.do(tt.method, tt.path, strings.NewReader(tt.body), "Origin", "null")
		if got.Status != tt.status {
			t.Errorf("%s %s = %d, want %d", tt.method, tt.path, got.Status, tt.status)
		}
		for name := range shared {
			want := strings.Replace(shared.Get(name), origin, "null", 1)
			if name == "Vary" {
				want = "Origin"
			}
			if got.Header.Get(name) != want {
				t.Errorf("%s %s: %s = %q, want %q", tt.method, tt.path, name, got.Header.Get(name), want)
			}
		}
	}
}

func TestOtherOriginsCannotReadOurPages(t *testing.T) {
	c := newClient(t, mockserver.Start(t, mockserver.Options{}))
	for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "DELETE"} {
		for _, path := range []string{"/", "/_segproof/health", "/_segproof/nothing", "/_segproof", "/_segproof/", "/%5fsegproof/health"} {
			got := c.do(method, path, nil, "Origin", origin, "Access-Control-Request-Method", method,
				"Access-Control-Request-Headers", "authorization", "Access-Control-Request-Private-Network", "true")
			for name := range got.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s has %s: %q", method, path, name, got.Header[name])
				}
			}
			if method == "OPTIONS" && got.Status < 400 {
				t.Errorf("OPTIONS %s = %d, want a refusal", path, got.Status)
			}
		}
	}
}

// TestEveryPostRouteHasItsLimit walks the server's own table, so that no route can come
// without a limit.
func TestEveryPostRouteHasItsLimit(t *testing.T) {
	limits := mockserver.PostLimits()
	if len(limits) < 18*4 {
		t.Fatalf("%d paths take a body, want at least %d", len(limits), 18*4)
	}
	for path, limit := range limits {
		if limit <= 0 || limit > mockserver.MaxWebhookBytes {
			t.Errorf("POST %s takes %d bytes, want 1 to 512 KB", path, limit)
			continue
		}
		srv := mockserver.Start(t, mockserver.Options{})
		c := newClient(t, srv)
		text := `{"a":"` + strings.Repeat("x", limit) + `"}`
		for name, a := range map[string]answer{
			"plain": c.post(path, text),
			"gzip":  c.post(path, gzipped(text), "Content-Encoding", "gzip"),
			"bomb":  c.post(path, bomb(2), "Content-Encoding", "gzip"),
		} {
			if status, code := a.code(t); status != 400 || code != "payload_too_large" {
				t.Errorf("POST %s over its limit, %s = %d %s, want 400 payload_too_large", path, name, status, code)
			}
		}
		for _, req := range requestsOf(t, srv) {
			if len(req.Body) > limit {
				t.Errorf("POST %s: %d bytes are kept, want at most %d", path, len(req.Body), limit)
			}
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestHeadRecordsNoEvent(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{AnalyticsJS: files})
	c := newClient(t, srv)
	for _, path := range []string{"/v1/pixel/track?userId=u", "/v1/projects/WK/settings", "/analytics.js/v1/WK/analytics.min.js"} {
		if a := c.do(http.MethodHead, path, nil); a.Status != 200 || a.Body != "" || a.Header.Get("Content-Length") == "0" {
			t.Errorf("HEAD %s = %+v, want 200 and the headers of GET", path, a)
		}
	}
	if got := recordsOf(t, srv); len(got) != 0 {
		t.Errorf("HEAD makes records: %+v", got)
	}
}

// A UUID of version 4: alone, and anywhere.
var (
	uuid       = regexp.MustCompile(`^` + uuidPattern + `$`)
	uuidInText = regexp.MustCompile(uuidPattern)
)

const uuidPattern = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
