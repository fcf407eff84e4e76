package mockserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
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
			req := srv.Requests()[0]
			if n := len(srv.Records()); n != tt.events || req.Events != tt.events {
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
		srv := mockserver.New(mockserver.Options{})
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
		srv := mockserver.New(mockserver.Options{})
		setFaults(t, srv, `{seed: `+seed+`, faults: [
			{probability: 0.25, answers: [{status: 500, times: always}]},
			{probability: 0.5, answers: [{status: 429, times: always}]},
			{latency: {p50: 200us, p99: 600us}, times: 20}]}`)
		for range n {
			serve(t, srv, "/v1/track", track)
		}
		for _, req := range srv.Requests() {
			met = append(met, req.Fault)
		}
		return met
	}
	first := run("7")
	if diff := cmp.Diff(first, run("7")); diff != "" {
		t.Errorf("the same seed, another result (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, run("8")) {
		t.Error("another seed, the same result")
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

// fail posts one event and returns the error that the sender sees, and what it has read
// of the answer.
func (c client) fail() (string, error) {
	resp, err := c.http.Post(c.url+"/v1/track", "", strings.NewReader(track))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestBrokenAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, fault, fate string
		want              error
		body              string
		events            int
	}{
		{"reset", `do: reset`, "reset", syscall.ECONNRESET, "", 1},
		{"reset before the events were taken", `do: reset, taken: false`, "reset", syscall.ECONNRESET, "", 0},
		{"late reset", `latency: 1ms, do: reset`, "latency 1ms, reset", syscall.ECONNRESET, "", 1},
		{"half", `do: half`, "half", io.ErrUnexpectedEOF, `{"succes`, 1},
		{"half, not taken", `do: half, taken: false`, "half", io.ErrUnexpectedEOF, `{"succes`, 0},
		{"half of an error", `answers: [{status: 500, body: abcd, do: half}]`, "status 500, half", io.ErrUnexpectedEOF, "ab", 0},
		{"half of nothing", `answers: [{body: "", do: half}]`, "changed, half", io.ErrUnexpectedEOF, "", 1},
		{"slow", `do: slow, latency: 20ms`, "slow 20ms", nil, `{"success":true}`, 1},
		{"slow nothing", `latency: 2ms, answers: [{body: "", do: slow}]`, "changed, slow 2ms", nil, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, err := mockserver.Listen(mockserver.Options{})
			if err != nil {
				t.Fatal(err)
			}
			setFaults(t, srv, `faults: [{`+tt.fault+`, times: 1}]`)
			c := newClient(t, srv)
			begun := time.Now()
			body, err := c.fail()
			if !errors.Is(err, tt.want) || body != tt.body {
				t.Errorf("sender got %q and error %v, want %q and %v", body, err, tt.body, tt.want)
			}
			if took := time.Since(begun); strings.Contains(tt.fate, "20ms") && took < 20*time.Millisecond {
				t.Errorf("took %v, want 20ms", took)
			}
			if body, err := c.fail(); err != nil || body != `{"success":true}` {
				t.Errorf("afterwards: %q, %v; want the normal answer", body, err)
			}
			if err := srv.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
			if req := srv.Requests()[0]; req.Fault != tt.fate || req.Events != tt.events {
				t.Errorf("request says %q, %d events; want %q, %d", req.Fault, req.Events, tt.fate, tt.events)
			}
			if got := len(srv.Records()); got != tt.events+1 {
				t.Errorf("%d records, want %d", got, tt.events+1)
			}
		})
	}
	checkNoGoroutineIsLeft(t)
}

// TestWaitingEndsWithTheServer holds a request for a minute, and closes.
func TestWaitingEndsWithTheServer(t *testing.T) {
	for _, fault := range []string{`latency: 60s`, `do: slow`, `latency: 60s, do: slow`, `latency: 60s, answers: [{body: "` + strings.Repeat("x", 50_000) + `", do: slow}]`} {
		srv, err := mockserver.Listen(mockserver.Options{})
		if err != nil {
			t.Fatal(err)
		}
		setFaults(t, srv, `faults: [{`+fault+`}]`)
		c := newClient(t, srv)
		answered := make(chan answer)
		go func() { answered <- c.post("/v1/track", track) }()
		if _, err := srv.Wait(soon(t), 1); err != nil { // recorded before the wait
			t.Fatal(err)
		}
		begun := time.Now()
		if err := srv.Close(); err != nil {
			t.Errorf("%.40s: Close() = %v", fault, err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("%.40s: Close took %v", fault, took)
		}
		if a := <-answered; a.Status != 200 || a.Body == "" {
			t.Errorf("%.40s: the request under way got %d %.40q, want its answer", fault, a.Status, a.Body)
		}
	}
	checkNoGoroutineIsLeft(t)
}

// TestWaitingEndsWithTheSender leaves while the answer is on its way.
func TestWaitingEndsWithTheSender(t *testing.T) {
	for _, fault := range []string{`latency: 60s`, `do: slow`, `latency: 60s, do: reset`} {
		srv := mockserver.New(mockserver.Options{})
		setFaults(t, srv, `faults: [{`+fault+`}]`)
		ended := make(chan struct{})
		ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			srv.ServeHTTP(w, r)
		}))
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.URL+"/v1/track", strings.NewReader(track))
		if err != nil {
			t.Fatal(err)
		}
		var sender sync.WaitGroup
		sender.Go(func() {
			if resp, err := ts.Client().Do(req); err == nil {
				_, _ = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
		})
		if _, err := srv.Wait(soon(t), 1); err != nil {
			t.Fatal(err)
		}
		leave()
		select {
		case <-ended:
		case <-soon(t).Done():
			t.Errorf("%s: the server goes on for a sender that has left", fault)
		}
		sender.Wait()
		ts.Close()
	}
}

// TestLatencyOutlivesTheWriteTimeout uses a server with a short timeout; ours has one of
// 15 seconds.
func TestLatencyOutlivesTheWriteTimeout(t *testing.T) {
	for _, fault := range []string{`latency: 300ms`, `latency: 300ms, do: slow`} {
		srv := mockserver.New(mockserver.Options{})
		setFaults(t, srv, `faults: [{`+fault+`}]`)
		ts := httptest.NewUnstartedServer(srv)
		ts.Config.ReadTimeout, ts.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
		ts.Start()
		resp, err := ts.Client().Post(ts.URL+"/v1/track", "", strings.NewReader(track))
		if err != nil {
			t.Errorf("%s: %v", fault, err)
		} else if body, err := io.ReadAll(resp.Body); err != nil || string(body) != `{"success":true}` {
			t.Errorf("%s: got %q, %v; want the answer", fault, body, err)
		}
		ts.Close()
	}
}

// TestHeaderOfASlowAnswerComesAtOnce looks at the answer before its body is there.
func TestHeaderOfASlowAnswerComesAtOnce(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	setFaults(t, srv, `faults: [{answers: [{status: 503, do: slow}]}]`)
	resp, err := newClient(t, srv).http.Post(srv.URL()+"/v1/track", "", strings.NewReader(track))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 503 || resp.ContentLength < 16 {
		t.Errorf("got status %d and length %d while the body is under way, want 503 and the body's length", resp.StatusCode, resp.ContentLength)
	}
}

func TestFaultsOfAScope(t *testing.T) {
	srv := mockserver.New(mockserver.Options{})
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
	srv := mockserver.New(mockserver.Options{})
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
	srv := mockserver.New(mockserver.Options{})
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

// TestWaitingAnswersHoldNoBodies keeps 140 of the largest batches waiting, which is more
// than may be held before they are recorded.
func TestWaitingAnswersHoldNoBodies(t *testing.T) {
	srv := mockserver.New(mockserver.Options{})
	setFaults(t, srv, `faults: [{latency: 60s}]`)
	const n = 140
	body := envelope(499_000)
	var senders sync.WaitGroup
	for i := range n {
		senders.Go(func() {
			if w := serve(t, srv, "/v1/batch", body); w.status() != 200 {
				t.Errorf("got %d %s", w.status(), &w.body)
			}
		})
		if _, err := srv.Wait(soon(t), i+1); err != nil {
			t.Fatal(err)
		}
	}
	if err := srv.SetFaults("", nil); err != nil {
		t.Fatal(err)
	}
	if w := serve(t, srv, "/v1/batch", body); w.status() != 200 {
		t.Errorf("while %d answers wait: %d %s, want 200", n, w.status(), &w.body)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	senders.Wait()
}
