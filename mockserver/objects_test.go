package mockserver_test

import (
	"strings"
	"testing"

	"segproof/mockserver"
)

func TestObjectsThatAreTakenOrRefused(t *testing.T) {
	object := `{"id":"1","properties":{}}`
	list := func(n int) string { return strings.TrimSuffix(strings.Repeat(object+",", n), ",") }
	call := func(objects string) string { return `{"collection":"rooms","objects":[` + objects + `]}` }
	for _, tt := range []struct {
		name, body string
		status     int
		code, says string
	}{
		{"one", call(object), 200, "", ""},
		{"ten", call(list(10)), 200, "", ""},
		{"as objects-go sends it", `{"source":"","collection":"rooms","write_key":"k","objects":[` + object + `]}`, 200, "", ""},
		{"white space", "\n" + call(" "+object+" ") + "\n", 200, "", ""},
		{"eleven", call(list(11)), 400, "bad_request", "more than 10"},
		{"eleven, the last one broken", call(list(10) + ",7"), 400, "bad_request", "more than 10"},
		{"none", call(""), 400, "bad_request", "empty"},
		{"no list", `{"collection":"rooms"}`, 400, "bad_request", "no array"},
		{"no array", `{"collection":"rooms","objects":{}}`, 400, "bad_request", "no array"},
		{"no collection", `{"objects":[` + object + `]}`, 400, "bad_request", "collection"},
		{"collection is a number", `{"collection":7,"objects":[` + object + `]}`, 400, "bad_request", "collection"},
		{"no id", call(object + `,{"properties":{}}`), 400, "bad_request", "object 1"},
		{"id is a number", call(`{"id":1,"properties":{}}`), 400, "bad_request", "object 0"},
		{"id of 100 characters", call(`{"id":"` + strings.Repeat("é", 100) + `","properties":{}}`), 200, "", ""},
		{"id of 101 characters", call(`{"id":"` + strings.Repeat("é", 101) + `","properties":{}}`), 400, "bad_request", "100 characters"},
		{"no properties", call(`{"id":"1"}`), 400, "bad_request", "properties"},
		{"properties are a list", call(`{"id":"1","properties":[]}`), 400, "bad_request", "properties"},
		{"an object is a number", call("7"), 400, "bad_request", "object 0"},
		{"no object", `[]`, 400, "bad_request", "collection"},
		{"no JSON", `{`, 400, "bad_json", ""},
		{"nothing", ``, 400, "bad_json", "empty"},
		{"two calls", call(object) + call(object), 400, "bad_json", ""},
		{"nested too deeply", call(`{"id":"1","properties":{"a":` + nest(1000) + `}}`), 400, "too_deep", ""},
		{"250,000 numbers", call(strings.Repeat("1,", 249_000) + "1"), 400, "bad_request", "object 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			a := newClient(t, srv).post("/v1/set", tt.body)
			if status, code := a.code(t); status != tt.status || code != tt.code || !strings.Contains(a.Body, tt.says) {
				t.Errorf("answer = %d %s, want %d %s that says %q", status, a.Body, tt.status, tt.code, tt.says)
			}
			if reqs := requestsOf(t, srv); len(reqs) != 1 || string(reqs[0].Body) != tt.body || reqs[0].Status != tt.status || len(recordsOf(t, srv)) != 0 {
				t.Errorf("requests = %+v, want the body as sent and no record", reqs)
			}
		})
	}
}
