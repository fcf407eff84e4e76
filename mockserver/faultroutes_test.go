package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// TestFaultsStrikeOnEveryRoute has each route answer with each kind of fault, and then as
// without.
func TestFaultsStrikeOnEveryRoute(t *testing.T) {
	for _, rc := range routeCases() {
		for fault, want := range map[string]string{
			`answers: [{status: 429, headers: {Retry-After: "2"}}]`:          `429 application/json 2 {"success":false,"code":"too_many_requests","message":"a fault answers with 429 Too Many Requests"`,
			`answers: [{status: 500, body: oops, content-type: text/plain}]`: `500 text/plain  oops`,
			`answers: [{body: "<h1>not what you want", content-type: a/b}]`:  `200 a/b  <h1>not what you want`,
			`answers: [{status: 204}]`:                                       `204   `,
			`latency: 1ms, times: 1`:                                         `200 `,
			`do: slow, latency: 20ms, times: 1`:                              `200 `,
			`do: reset, times: 1`:                                            "broken",
			`do: half, times: 1`:                                             "broken",
		} {
			srv := mockserver.Start(t, mockserver.Options{AnalyticsJS: files})
			path, _, _ := strings.Cut(rc.path, "?")
			setFaults(t, srv, `faults: [{route: "`+path+`", `+fault+`}]`)
			c := newClient(t, srv)
			if got := c.fault(rc); !strings.HasPrefix(got, want) {
				t.Errorf("%s %s with %s = %.200s, want %s", rc.method, rc.path, fault, got, want)
			}
			requests := requestsOf(t, srv)
			if len(requests) != 1 || requests[0].Fault == "" || want != "broken" && !strings.HasPrefix(want, fmt.Sprint(requests[0].Status)) {
				t.Errorf("%s %s with %s: requests %+v, want one that tells of the fault", rc.method, rc.path, fault, requests)
			}
			got := c.do(rc.method, "/v1"+rc.path, strings.NewReader(rc.body))
			if diff := cmp.Diff(rc.answer(fmt.Sprint(len(got.Body))), c.plain(got)); diff != "" {
				t.Errorf("%s %s after %s (-want +got):\n%s", rc.method, rc.path, fault, diff)
			}
		}
	}
}

// fault makes the request of a route and writes its answer on a line: status, content
// type, Retry-After and body.
func (c client) fault(rc routeCase) string {
	req, err := http.NewRequest(rc.method, c.url+"/v1"+rc.path, strings.NewReader(rc.body))
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "broken"
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "broken"
	}
	return fmt.Sprintf("%d %s %s %s", resp.StatusCode, resp.Header.Get("Content-Type"), resp.Header.Get("Retry-After"), body)
}

// OAuth clients read error and error_description.
func TestFaultsOfTheTokenRoute(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{route: /token, answers: [{status: 429}, {status: 500}, {status: 401}]}]`)
	c := newClient(t, srv)
	for _, want := range []string{
		`{"success":false,"code":"too_many_requests","message":"a fault answers with 429 Too Many Requests","error":"temporarily_unavailable","error_description":"a fault answers with 429 Too Many Requests"}`,
		`{"success":false,"code":"internal_server_error","message":"a fault answers with 500 Internal Server Error","error":"temporarily_unavailable","error_description":"a fault answers with 500 Internal Server Error"}`,
		`{"success":false,"code":"unauthorized","message":"a fault answers with 401 Unauthorized","error":"invalid_request","error_description":"a fault answers with 401 Unauthorized"}`,
	} {
		if got := c.post("/token", tokenForm("")).Body; got != want {
			t.Errorf("POST /token = %s, want %s", got, want)
		}
	}
}

// The faults of a scope are met by its settings too: the path names the write key.
func TestFaultsOfAScopeMeetItsSettings(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	if err := srv.SetFaults("a", parseFaults(t, `faults: [{route: "/projects/*/settings", answers: [{status: 404, times: always}]}]`)); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, srv)
	for path, want := range map[string]int{"/v1/projects/a/settings": 404, "/projects/b/settings": 200, "/scope/a/v1/projects/b/settings": 404} {
		if got := c.do("GET", path, nil).Status; got != want {
			t.Errorf("GET %s = %d, want %d", path, got, want)
		}
	}
}

func TestFaultsThatNeverStruckAreTold(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	set := func(scope, text string) {
		t.Helper()
		if err := srv.SetFaults(scope, parseFaults(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	set("a", `faults: [{route: /v1/btach, answers: [{status: 500}]}, {type: track, answers: [{status: 429}]}]`)
	set("b", `faults: [{probability: 0.000000001, latency: 1ms}]`)
	set("", `faults: [{do: reset, name: "Never*"}]`)
	c.post("/v1/track", `{"event":"A","writeKey":"a"}`)
	c.post("/v1/track", `{"event":"A","writeKey":"b"}`)
	set("b", `faults: [{do: half, name: Never}]`) // what was there has not struck either
	srv.Scope("b").Reset()

	const (
		ofA    = "got no request that reached fault 1 of scope \"a\", want at least one\n= hint: look at its route, type and name, at the faults before it, and whether the sender has sent\n= {\"route\":\"/v1/btach\",\"answers\":[{\"status\":500}]}\n"
		oldB   = "got 1 request that could meet fault 1 of scope \"b\", and none that did\n= hint: raise its probability, or send more\n= {\"probability\":1e-9,\"latency\":\"1ms\"}\n"
		newB   = "got no request that reached fault 1 of scope \"b\", want at least one\n= hint: look at its route, type and name, at the faults before it, and whether the sender has sent\n= {\"name\":\"Never\",\"do\":\"half\"}\n"
		ofAll  = "got no request that reached fault 1, want at least one\n= hint: look at its route, type and name, at the faults before it, and whether the sender has sent\n= {\"name\":\"Never*\",\"do\":\"reset\"}\n"
		prefix = "0:0 fault-never-struck: "
	)
	if diff := cmp.Diff(prefix+oldB+prefix+ofAll+prefix+ofA+prefix+newB, told(srv.NeverStruck())); diff != "" {
		t.Errorf("NeverStruck (-want +got):\n%s", diff)
	}
	e, err := mockserver.NewExpectations(mockserver.Expectation{No: mockserver.NoRefused})
	if err != nil {
		t.Fatal(err)
	}
	found, err := srv.Scope("a").Judge(e)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(prefix+ofAll+prefix+ofA, told(found)); diff != "" {
		t.Errorf("Judge (-want +got):\n%s", diff)
	}
	var failed fatal
	srv.Scope("a").Expect(&failed, mockserver.Expectation{No: mockserver.NoRefused})
	if failed.said != "" {
		t.Errorf("a warning fails the test: %s", failed.said)
	}
	a := c.post("/_segproof/expect?scope=a", "expect: [{no: refused}]")
	if !strings.HasPrefix(a.Body, `{"findings":[{"rule":"fault-never-struck","severity":"warning"`) || !strings.HasSuffix(a.Body, `"ok":true}`) {
		t.Errorf("POST expect = %s, want ok with the warnings", a.Body)
	}
	records := srv.Scope("a").Await(t, time.Second, mockserver.Await{Count: mockserver.AtLeast(0)})
	if len(records) != 0 {
		t.Errorf("%d records, want none: a fault refused the event", len(records))
	}
}
