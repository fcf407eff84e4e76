package mockserver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// judged returns what a scope's expectations come to, one line each.
func judged(t *testing.T, scope *mockserver.Scope, list ...mockserver.Expectation) []string {
	t.Helper()
	e, err := mockserver.NewExpectations(list...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := scope.Judge(e)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, strings.Join(append([]string{f.Message + " (" + f.Rule + ")"}, f.Notes...), "; "))
	}
	return lines
}

// nothingWrong is a Checker that finds nothing.
var nothingWrong = checkerFunc(func(event.Event) []finding.Finding { return nil })

// What must not arrive proves nothing about a scope in which nothing did: its name may be
// misspelt, or the sender may never have run.
func TestExpectationsOverSilenceFail(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: nothingWrong})
	c := newClient(t, srv)
	c.post("/v1/track", `{"event":"A","userId":"u","writeKey":"phone"}`)
	c.do(http.MethodGet, "/v1/projects/page/settings", nil, "X-Segproof-Scope", "page")
	never, none := mockserver.Expectation{No: mockserver.NoInvalid}, mockserver.Expectation{Event: &mockserver.Where{Type: "track"}, Count: mockserver.Exactly(0)}
	const silent = `got neither an event nor a request in scope "phon", want at least one: nothing was checked (`
	const meant = `); something arrived in scope "phone"; did you mean that one?`
	if diff := cmp.Diff([]string{silent + "expectation-none" + meant, silent + "expectation-count" + meant}, judged(t, srv.Scope("phon"), never, none)); diff != "" {
		t.Errorf("a scope that nothing arrived in (-want +got):\n%s", diff)
	}
	if got := judged(t, srv.Scope("page"), never, none); got != nil {
		t.Errorf("a scope with a request and no event: %q, want nothing", got)
	}
	if a := c.post("/_segproof/expect?scope=phon", `{"expect":[{"no":"invalid"}]}`); !strings.Contains(a.Body, `"ok":false`) || !strings.Contains(a.Body, "nothing was checked") {
		t.Errorf("POST expect = %d %s, want that nothing was checked", a.Status, a.Body)
	}
	if err := srv.Scope("phone").Reset(); err != nil {
		t.Fatal(err)
	}
	if got := judged(t, srv.Scope("phone"), none); got != nil {
		t.Errorf("no event since a reset: %q, want nothing", got)
	}
	if got := judged(t, srv.Scope("phone"), never); len(got) != 1 {
		t.Errorf("no invalid event since a reset: %q, want that nothing was checked", got)
	}
	fresh := mockserver.Start(t, mockserver.Options{Checker: nothingWrong})
	if got, want := judged(t, fresh.All(), none), "got neither an event nor a request in any scope, want at least one: nothing was checked (expectation-count)"; len(got) != 1 || got[0] != want {
		t.Errorf("a server that nothing arrived at: %q, want %q", got, want)
	}
}

// A server without a Checker calls every event valid: that is no verdict.
func TestExpectationsThatNobodyJudgesFail(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	newClient(t, srv).post("/v1/track", `{"event":"A","userId":"u","writeKey":"a"}`)
	list := []mockserver.Expectation{
		{No: mockserver.NoInvalid}, {No: mockserver.NoDropped}, {No: mockserver.NoUnplanned},
		{Event: &mockserver.Where{Verdict: mockserver.Valid}}, {Order: []mockserver.Where{{Verdict: mockserver.Valid}}},
	}
	got := judged(t, srv.All(), list...)
	if len(got) != len(list) || strings.Count(strings.Join(got, "\n"), "got nobody who judges the events, want a Checker: nothing was checked") != len(list) {
		t.Errorf("expectations that need a judge: %q, want all %d to fail", got, len(list))
	}
	if got := judged(t, srv.All(), mockserver.Expectation{Event: &mockserver.Where{Name: "A"}}, mockserver.Expectation{No: mockserver.NoDuplicates}, mockserver.Expectation{No: mockserver.NoRefused}); got != nil {
		t.Errorf("expectations that need no judge: %q, want nothing", got)
	}
	if _, err := mockserver.New(mockserver.Options{Mode: mockserver.Strict}); err == nil || !strings.Contains(err.Error(), "Options.Checker") {
		t.Errorf("New(Strict without a Checker) = %v, want an error that names Options.Checker", err)
	}
}

// TestAMisspeltScopeIsOffered: who waits in a scope of which nothing has come is told of the
// one that was meant, as who expects is; and a wait shows no more noise than an expectation.
func TestAMisspeltScopeIsOffered(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	c.post("/v1/track", `{"event":"Order Completed","userId":"u1"}`, "X-Segproof-Scope", "checkout")
	c.post("/v1/identify", `{"userId":"u2"}`, "X-Segproof-Scope", "checkout")
	const meant = `something arrived in scope \"checkout\"; did you mean that one?`
	for _, tt := range []struct {
		scope         string
		offered, near bool
	}{{"chekout", true, false}, {"checkout", false, true}, {"elsewhere", false, false}} {
		a := c.wait(fmt.Sprintf(`{"scope":%q,"where":{"type":"track","name":"Order Complete"},"timeout":"0s"}`, tt.scope))
		if got := strings.Contains(a.Body, meant); a.Status != 408 || got != tt.offered {
			t.Errorf("wait in %s: %d %s, want 408 that offers the scope: %v", tt.scope, a.Status, a.Body, tt.offered)
		}
		if near := strings.Count(a.Body, `"record":`); (near == 1) != tt.near {
			t.Errorf("wait in %s shows %d near records, want one: %v", tt.scope, near, tt.near)
		}
		e := c.do("POST", "/_segproof/expect", strings.NewReader(fmt.Sprintf(`{"scope":%q,"expect":[{"event":{"type":"track","name":"Order Complete"}}]}`, tt.scope)))
		if got := strings.Contains(e.Body, meant); e.Status != 200 || got != tt.offered {
			t.Errorf("expect in %s: %d %s, want 200 that offers the scope: %v", tt.scope, e.Status, e.Body, tt.offered)
		}
	}
}
