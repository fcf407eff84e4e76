package mockserver_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// parseFaults reads faults that are in order.
func parseFaults(t testing.TB, text string) *mockserver.Faults {
	t.Helper()
	f, findings := mockserver.ParseFaults("faults.yaml", []byte(text))
	if len(findings) > 0 {
		t.Fatalf("ParseFaults(%s): %s", text, findings[0].Message)
	}
	return f
}

// setFaults sets faults for all scopes.
func setFaults(t testing.TB, srv *mockserver.Server, text string) {
	t.Helper()
	if err := srv.SetFaults("", parseFaults(t, text)); err != nil {
		t.Fatal(err)
	}
}

// statuses posts the same event n times and returns the statuses, 0 for no answer.
func (c client) statuses(n int) []int {
	c.t.Helper()
	var got []int
	for range n {
		resp, err := c.http.Post(c.url+"/v1/track", "", strings.NewReader(track))
		if err != nil {
			got = append(got, 0)
			continue
		}
		resp.Body.Close()
		got = append(got, resp.StatusCode)
	}
	return got
}

func TestFaultAnswers(t *testing.T) {
	const normal = `{"success":true}`
	for _, tt := range []struct {
		name, answer string
		status       int
		typ, body    string
		header       string // of Retry-After
		events       int
		fault, code  string
	}{
		{"the normal one", `{}`, 200, "application/json", normal, "", 1, "", ""},
		{"429", `{status: 429, headers: {retry-after: "3"}}`, 429, "application/json",
			`{"success":false,"code":"too_many_requests","message":"a fault answers with 429 Too Many Requests"}`, "3", 0, "status 429", "too_many_requests"},
		{"a status without a name", `{status: 529}`, 529, "application/json",
			`{"success":false,"code":"fault","message":"a fault answers with 529"}`, "", 0, "status 529", "fault"},
		{"429 that took the events", `{status: 429, taken: true, body: slow down}`, 429, "application/json", "slow down", "", 1, "status 429", "too_many_requests"},
		{"200 that did not", `{taken: false}`, 200, "application/json", normal, "", 0, "", ""},
		{"204", `{status: 204}`, 204, "", "", "", 1, "status 204", ""},
		{"201", `{status: 201}`, 201, "application/json", normal, "", 1, "status 201", ""},
		{"200 without a body", `{body: ""}`, 200, "application/json", "", "", 1, "changed", ""},
		{"wrong content type", `{content-type: text/html}`, 200, "text/html", normal, "", 1, "changed", ""},
		{"a page for an error", `{status: 502, content-type: text/html, body: <h1>}`, 502, "text/html", "<h1>", "", 0, "status 502", "bad_gateway"},
		{"301 without Location", `{status: 301}`, 301, "application/json",
			`{"success":false,"code":"moved_permanently","message":"a fault answers with 301 Moved Permanently"}`, "", 0, "status 301", "moved_permanently"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			setFaults(t, srv, `faults: [{answers: [`+tt.answer+`]}]`)
			c := newClient(t, srv)
			c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			a := c.post("/v1/track", track)
			got := []string{fmt.Sprint(a.Status), a.Header.Get("Content-Type"), a.Body, a.Header.Get("Retry-After")}
			if diff := cmp.Diff([]string{fmt.Sprint(tt.status), tt.typ, tt.body, tt.header}, got); diff != "" {
				t.Errorf("%s: answer (-want +got):\n%s", tt.answer, diff)
			}
			req := requestsOf(t, srv)[0]
			if n := len(recordsOf(t, srv)); n != tt.events || req.Events != tt.events {
				t.Errorf("%s: %d records, the request says %d; want %d", tt.answer, n, req.Events, tt.events)
			}
			if req.Status != tt.status || req.Fault != tt.fault || req.Code != tt.code {
				t.Errorf("%s: request has status %d, code %q, fault %q; want %d, %q, %q", tt.answer, req.Status, req.Code, req.Fault, tt.status, tt.code, tt.fault)
			}
			if again := c.post("/v1/track", track); again.Status != 200 || again.Body != normal {
				t.Errorf("afterwards: %d %s, want the normal answer", again.Status, again.Body)
			}
		})
	}
}

func TestFaultQueuesAreUsedUpInOrder(t *testing.T) {
	for _, tt := range []struct {
		name, faults string
		want         []int
		left         []mockserver.Times
	}{
		{"answers", `faults: [{answers: [{status: 429, times: 2}, {status: 500}]}]`, []int{429, 429, 500, 200, 200}, []mockserver.Times{0}},
		{"then the next fault", `faults: [{answers: [{status: 500}]}, {answers: [{status: 503}, {}, {status: 408, times: 3}]}]`,
			[]int{500, 503, 200, 408, 408}, []mockserver.Times{0, 1}},
		{"always", `faults: [{answers: [{status: 500}, {status: 503, times: always}]}]`, []int{500, 503, 503, 503}, []mockserver.Times{mockserver.Always}},
		{"times of the fault end it", `faults: [{times: 2, answers: [{status: 500, times: always}]}]`, []int{500, 500, 200}, []mockserver.Times{0}},
		{"and do not prolong it", `faults: [{times: 5, answers: [{status: 500}]}]`, []int{500, 200}, []mockserver.Times{0}},
		{"a reset among them", `faults: [{answers: [{status: 500}, {do: reset}]}]`, []int{500, 0, 200}, []mockserver.Times{0}},
		{"resets", `faults: [{do: reset, times: 2}]`, []int{0, 0, 200}, []mockserver.Times{0}},
		{"never reached", `faults: [{do: reset}, {answers: [{status: 500, times: 7}]}]`, []int{0, 0}, []mockserver.Times{mockserver.Always, 7}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			setFaults(t, srv, tt.faults)
			if diff := cmp.Diff(tt.want, newClient(t, srv).statuses(len(tt.want))); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			var left []mockserver.Times
			for _, state := range srv.FaultStates("") {
				left = append(left, state.Left)
			}
			if diff := cmp.Diff(tt.left, left); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsSelectTheirRequests(t *testing.T) {
	const batch = `{"batch":[{"type":"identify","userId":"u"},{"type":"track","event":"Order Completed","userId":"u"},{"type":"screen","name":"tutorial.view"}]}`
	for _, tt := range []struct {
		fault, path, body string
		want              bool
	}{
		{`route: /v1/batch`, "/v1/batch", batch, true},
		{`route: /v1/batch`, "/batch", batch, true},
		{`route: /v1/batch`, "/v1/batch/", batch, true},
		{`route: /batch/`, "/v1/batch", batch, true},
		{`route: /v1/b`, "/batch", batch, true},
		{`route: /t`, "/v1/track", track, true},
		{`route: /v1/batch`, "/v1/import", batch, false},
		{`route: /v1/track`, "/v1/batch", batch, false},
		{`route: "/v1/*"`, "/import", batch, true},
		{`route: "/*ort"`, "/v1/import", batch, true},
		{`type: track`, "/v1/track", `{"event":"x"}`, true},
		{`type: track`, "/v1/batch", batch, true},
		{`type: group`, "/v1/batch", batch, false},
		{`name: Order Completed`, "/v1/batch", batch, true},
		{`name: "Order*"`, "/v1/batch", batch, true},
		{`name: "*d*m*"`, "/v1/batch", batch, true},
		{`name: "*Completed*Order*"`, "/v1/batch", batch, false},
		{`name: "Order Completed*Completed"`, "/v1/batch", batch, false},
		{`name: "order*"`, "/v1/batch", batch, false},
		{`name: "*"`, "/v1/identify", `{"userId":"u"}`, false},
		{`name: "*"`, "/v1/batch", batch, true},
		{`type: screen, name: "tutorial.*"`, "/v1/batch", batch, true},
		{`type: track, name: "tutorial.*"`, "/v1/batch", batch, false}, // one event has to fit both
		{`route: /v1/batch, type: track`, "/v1/track", track, false},
		{`route: /v1/batch`, "/v1/batch", `{"batch":[]}`, true},
		{`type: track`, "/v1/batch", `{"batch":[]}`, false},
		{`route: "/*"`, "/v1/track", `{"type":`, false}, // refused by the server itself
		{`route: "/*"`, "/v1/v1/track", track, false},
	} {
		srv := newServer(t, mockserver.Options{})
		setFaults(t, srv, `faults: [{`+tt.fault+`, answers: [{status: 418}]}]`)
		if got := serve(t, srv, tt.path, tt.body).status() == 418; got != tt.want {
			t.Errorf("fault {%s} on %s %s: met %t, want %t", tt.fault, tt.path, tt.body, got, tt.want)
		}
	}
}

// serve posts to a server without a connection.
func serve(t testing.TB, srv *mockserver.Server, path, body string, header ...string) *memoryWriter {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := &memoryWriter{}
	srv.ServeHTTP(w, req)
	return w
}

// TestSameSeedSameFaults has three faults that all leave something to chance.
func TestSameSeedSameFaults(t *testing.T) {
	const n = 400
	run := func(seed string) (met []string) {
		srv := newServer(t, mockserver.Options{})
		setFaults(t, srv, `{seed: `+seed+`, faults: [
			{probability: 0.25, answers: [{status: 500, times: always}]},
			{probability: 0.5, answers: [{status: 429, times: always}]},
			{latency: {p50: 200us, p99: 600us}, times: 20}]}`)
		for range n {
			serve(t, srv, "/v1/track", track)
		}
		for _, req := range requestsOf(t, srv) {
			met = append(met, req.Fault)
		}
		return met
	}
	first := run("7")
	if diff := cmp.Diff(first, run("7")); diff != "" {
		t.Errorf("the same seed, another result (-first +second):\n%s", diff)
	}
	if other := run("8"); cmp.Equal(withoutTimes(first), withoutTimes(other)) {
		t.Error("another seed, the same choices")
	} else if withoutStatuses(first) == withoutStatuses(other) {
		t.Error("another seed, the same latencies")
	}
	counts := map[string]int{}
	latencies := map[string]bool{}
	for _, what := range first {
		if strings.HasPrefix(what, "latency") {
			latencies[what] = true
			what = "latency"
		}
		counts[what]++
	}
	// Five standard deviations of 400 draws: 43 about 100, and 48 about 150.
	if got := counts["status 500"]; got < 57 || got > 143 {
		t.Errorf("500 for %d of %d, want about 100", got, n)
	}
	if got := counts["status 429"]; got < 102 || got > 198 {
		t.Errorf("429 for %d of %d, want about 150", got, n)
	}
	if counts["latency"] != 20 || len(latencies) < 3 {
		t.Errorf("%d latencies, %v; want 20 that differ", counts["latency"], latencies)
	}
}

// withoutTimes returns what faults did, but for how long.
func withoutTimes(faults []string) []string {
	kinds := slices.Clone(faults)
	for i, what := range kinds {
		if strings.HasPrefix(what, "latency") {
			kinds[i] = "latency"
		}
	}
	return kinds
}

// withoutStatuses returns the latencies in a line.
func withoutStatuses(faults []string) string {
	latencies := ""
	for _, what := range faults {
		if strings.HasPrefix(what, "latency") {
			latencies += what + ";"
		}
	}
	return latencies
}

// TestFaultsDrawForThemselves has two faults of equal probability: what one of them does must
// not tell what the other does.
func TestFaultsDrawForThemselves(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{type: track, probability: 0.5, answers: [{status: 500, times: always}]},
		{type: page, probability: 0.5, answers: [{status: 500, times: always}]}]`)
	same := 0
	const n = 200
	for range n {
		if serve(t, srv, "/v1/track", track).status() == serve(t, srv, "/v1/page", `{"userId":"u"}`).status() {
			same++
		}
	}
	if same < 65 || same > 135 { // five standard deviations
		t.Errorf("the two did the same in %d of %d cases, want about half", same, n)
	}
}

func TestLatencyIsLogNormal(t *testing.T) {
	const ms = time.Millisecond
	drawn := mockserver.Latency{P50: 50 * ms, P99: 2000 * ms}
	for _, tt := range []struct {
		latency mockserver.Latency
		q       float64
		want    time.Duration
	}{
		{mockserver.Latency{}, 0.5, 0},
		{mockserver.Latency{P50: 200 * ms}, 0, 200 * ms},
		{mockserver.Latency{P50: 200 * ms}, 0.999, 200 * ms},
		{mockserver.Latency{P50: 200 * ms, P99: 200 * ms}, 0.999, 200 * ms},
		{drawn, 0, 0},
		{drawn, 0.01, 1250 * time.Microsecond}, // p50 squared by p99: the logarithm is symmetric
		{drawn, 0.5, 50 * ms},
		{drawn, 0.99, 2000 * ms},
		{drawn, 1, mockserver.MaxLatency},
		{drawn, 2, mockserver.MaxLatency},
		{mockserver.Latency{P50: time.Hour}, 0.5, mockserver.MaxLatency},
	} {
		got := tt.latency.Quantile(tt.q)
		if diff := got - tt.want; diff < -time.Microsecond || diff > time.Microsecond {
			t.Errorf("%+v.Quantile(%v) = %v, want %v", tt.latency, tt.q, got, tt.want)
		}
	}
	last := time.Duration(-1)
	for i := range 1001 {
		if got := drawn.Quantile(float64(i) / 1000); got < last {
			t.Fatalf("Quantile(%v) = %v, less than the one before, %v", float64(i)/1000, got, last)
		} else {
			last = got
		}
	}
}

func TestFaultsOfAScope(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	set := func(scope, text string) {
		t.Helper()
		if err := srv.SetFaults(scope, parseFaults(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	set("a", `faults: [{answers: [{status: 500}]}]`)
	set("b", `faults: [{answers: [{status: 503, times: 2}]}]`)
	set("", `faults: [{answers: [{status: 429, times: 2}]}]`)
	post := func(scope string) int {
		return serve(t, srv, "/v1/track", track, "X-Segproof-Scope", scope).status()
	}
	got := []int{post("b"), post("a"), post("a"), post("c"), post("c"), post("b"), post("b")}
	if diff := cmp.Diff([]int{503, 500, 429, 429, 200, 503, 200}, got); diff != "" {
		t.Errorf("b a a c c b b (-want +got):\n%s", diff)
	}
	set("a", `faults: [{answers: [{status: 500}]}]`) // begins anew
	set("b", `faults: [{answers: [{status: 503}]}]`)
	if err := srv.SetFaults("b", nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{500, 200}, []int{post("a"), post("b")}); diff != "" {
		t.Errorf("set again, and taken away (-want +got):\n%s", diff)
	}
	if got := srv.FaultStates("b"); got != nil {
		t.Errorf("FaultStates of a scope without faults = %v, want nil", got)
	}
}

func TestFaultStates(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	faults := mockserver.Faults{Faults: []mockserver.Fault{
		{Type: "track", Answers: []mockserver.Answer{{Status: 429, Times: 2}}},
		{Probability: 1e-12, Do: mockserver.DoReset},
		{Route: "/v1/batch", Times: 3, Latency: mockserver.Latency{P50: time.Millisecond}},
	}}
	if err := srv.SetFaults("", &faults); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		serve(t, srv, "/v1/track", track)
	}
	want := []mockserver.FaultState{
		{Fault: faults.Faults[0], Reached: 2, Hits: 2, Left: 0},
		{Fault: faults.Faults[1], Reached: 1, Hits: 0, Left: mockserver.Always},
		{Fault: faults.Faults[2], Left: 3},
	}
	if diff := cmp.Diff(want, srv.FaultStates("")); diff != "" {
		t.Errorf("FaultStates (-want +got):\n%s", diff)
	}
}

func TestSetFaultsRefusesWhatCannotBeUsed(t *testing.T) {
	srv := newServer(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{answers: [{status: 500}]}]`)
	err := srv.SetFaults("", &mockserver.Faults{Faults: []mockserver.Fault{{Do: "reset"}, {Answers: []mockserver.Answer{{Status: 99}}}}})
	const want = "/faults/1/answers/0/status: status is 99, want one from 200 to 599"
	if err == nil || err.Error() != want {
		t.Errorf("SetFaults = %v, want %s", err, want)
	}
	if len(srv.FaultStates("")) != 1 {
		t.Error("faults that were refused took the place of others")
	}
}
