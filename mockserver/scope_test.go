package mockserver_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

func TestScopeIsFoundWhereTestsPutIt(t *testing.T) {
	const keyed = `{"writeKey":"wk","userId":"u"}`
	long := strings.Repeat("x", mockserver.MaxScopeBytes)
	batch := `{"batch":[{"type":"track","writeKey":"a"},{"type":"track","writeKey":"b"},{"type":"track"}]}`
	for _, tt := range []struct {
		name, path, header, body string
		want                     []string
		request                  string
	}{
		{"nowhere", "/v1/track", "", track, []string{""}, ""},
		{"write key", "/v1/track", "", keyed, []string{"wk"}, "wk"},
		{"write keys", "/v1/batch", "", batch, []string{"a", "b", ""}, "a"},
		{"header", "/v1/track", "test 1", keyed, []string{"test 1"}, "test 1"},
		{"prefix", "/scope/test1/v1/track", "", keyed, []string{"test1"}, "test1"},
		{"prefix without /v1", "/scope/test1/t/", "", keyed, []string{"test1"}, "test1"},
		{"prefix wins over header", "/scope/p/v1/track", "h", keyed, []string{"p"}, "p"},
		{"prefix for a batch", "/scope/p/v1/batch", "", batch, []string{"p", "p", "p"}, "p"},
		{"escaped", "/scope/Test%2Fsub%20%C3%A9%3F/v1/track", "", keyed, []string{"Test/sub é?"}, "Test/sub é?"},
		{"dots are names", "/scope/../v1/track", "", keyed, []string{".."}, ".."},
		{"pixel", "/scope/p/pixel/track?userId=u", "", "", []string{"p"}, "p"},
		{"longest prefix", "/scope/" + long + "/v1/track", "", keyed, []string{long}, long},
		{"longest write key", "/v1/track", "", `{"writeKey":"` + long + `"}`, []string{long}, long},
		{"a write key too long for a scope", "/v1/track", "", `{"writeKey":"` + long + `x"}`, []string{""}, ""},
		{"a write key with a control character", "/v1/track", "", `{"writeKey":"a\u0000b"}`, []string{""}, ""},
		{"refused", "/scope/p/v1/track", "", "{", nil, "p"},
		{"stray", "/scope/p/v1/nothing", "", track, nil, "p"},
		{"settings", "/v1/projects/WK/settings", "", "", nil, "WK"},
		{"objects", "/v1/set", "", `{"write_key":"WK"}`, nil, "WK"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			method := "POST"
			if tt.body == "" {
				method = "GET"
			}
			newClient(t, srv).do(method, tt.path, strings.NewReader(tt.body), "X-Segproof-Scope", tt.header)
			var got []string
			for _, rec := range recordsOf(t, srv) {
				got = append(got, rec.Scope)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
			reqs := requestsOf(t, srv)
			if len(reqs) != 1 || reqs[0].Scope != tt.request {
				t.Fatalf("requests = %+v, want one of scope %q", reqs, tt.request)
			}
			if strings.HasPrefix(tt.path, "/scope/") && !strings.HasPrefix(reqs[0].Path, "/scope/"+tt.request+"/") {
				t.Errorf("path = %q, want it as sent", reqs[0].Path)
			}
		})
	}
}

func TestScopesThatAreRefused(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	tooLong := strings.Repeat("x", mockserver.MaxScopeBytes+1)
	for _, tt := range []struct{ path, header string }{
		{"/scope//v1/track", ""},
		{"/scope/", ""},
		{"/scope/%00/v1/track", ""},
		{"/scope/a%0ab/v1/track", ""},
		{"/scope/%ff/v1/track", ""},
		{"/scope/" + tooLong + "/v1/track", ""},
		{"/v1/track", tooLong},
		{"/v1/track", "a\xffb"},
		{"/scope/good/v1/track", tooLong},
	} {
		if status, code := c.post(tt.path, track, "X-Segproof-Scope", tt.header).code(t); status != 400 || code != "bad_scope" {
			t.Errorf("POST %.40q with scope %.40q = %d %s, want 400 bad_scope", tt.path, tt.header, status, code)
		}
	}
	if len(recordsOf(t, srv)) != 0 || len(requestsOf(t, srv)) != 9 {
		t.Errorf("%d records, %d requests; want 0 and 9", len(recordsOf(t, srv)), len(requestsOf(t, srv)))
	}
	for _, path := range []string{"/scope", "/scope/a", "/scope/a/", "/scope/a/scope/b/v1/track", "/v1/scope/a/track"} {
		if status, code := c.post(path, track).code(t); status != 404 || code != "not_found" {
			t.Errorf("POST %s = %d %s, want 404", path, status, code)
		}
	}
}

func TestMessageIDsAreThere(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	newClient(t, srv).post("/v1/batch", `{"batch":[{"messageId":"m1"},{},{"messageId":""},{"messageId":7},null]}`)
	seen := map[string]bool{}
	for i, rec := range recordsOf(t, srv) {
		if i == 0 && rec.MessageID != "m1" {
			t.Errorf("messageId = %q, want that of the event", rec.MessageID)
		}
		if i > 0 && !uuid.MatchString(rec.MessageID) {
			t.Errorf("record %d: messageId = %q, want a UUID of version 4", i, rec.MessageID)
		}
		seen[rec.MessageID] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d different messageIds, want 5", len(seen))
	}
}
