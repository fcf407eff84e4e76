package mockserver_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// picky finds an event without a name dropped, and one that is called "Bad" invalid.
var picky = checkerFunc(func(ev event.Event) []finding.Finding {
	switch ev.Name {
	case "":
		return []finding.Finding{{Rule: "event-not-defined", Layer: finding.Wire, Message: "got no name"}}
	case "Bad":
		return []finding.Finding{{Rule: "type-mismatch", Layer: finding.Contract, Pointer: "/properties/a", Message: `got string "x", want integer`}}
	}
	return nil
})

// seqs answers GET records with a query by the numbers of the records.
func (c client) seqs(query string) string {
	c.t.Helper()
	a := c.do(http.MethodGet, "/_segproof/records"+query, nil)
	var list struct {
		Records []struct{ Seq int64 }
		Next    *int64
		Total   int
	}
	if err := json.Unmarshal([]byte(a.Body), &list); err != nil || a.Status != http.StatusOK {
		return fmt.Sprintf("%d %s", a.Status, a.Body)
	}
	text := ""
	for _, r := range list.Records {
		text += fmt.Sprint(r.Seq, " ")
	}
	next := "end"
	if list.Next != nil {
		next = fmt.Sprint(*list.Next)
	}
	return fmt.Sprintf("%sof %d, next %s", text, list.Total, next)
}

func TestControlListsRecords(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: picky})
	c := newClient(t, srv)
	c.post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"Good","userId":"u1","properties":{"n":1.10,"t":"<b>&"}},{"type":"track","event":"Bad","anonymousId":"u2"}]}`)
	c.post("/v1/identify", `{"userId":"u1","writeKey":"b"}`)
	c.post("/v1/track", `{"event":"Good","userId":"u3","writeKey":"b"}`, "X-Segproof-Scope", "a")
	for query, want := range map[string]string{
		"":                            "1 2 3 4 of 4, next end",
		"?scope=a":                    "1 2 4 of 3, next end",
		"?scope=":                     "of 0, next end",
		"?type=track&limit=1":         "1 of 3, next 1",
		"?type=track&limit=1&after=1": "2 of 3, next 2",
		"?name=Good":                  "1 4 of 2, next end",
		"?user=u1":                    "1 3 of 2, next end",
		"?user=u2":                    "2 of 1, next end",
		"?verdict=valid":              "1 4 of 2, next end",
		"?verdict=invalid":            "2 of 1, next end",
		"?verdict=dropped":            "3 of 1, next end",
		"?q=1.10":                     "1 of 1, next end",
		"?q=type-mismatch":            "2 of 1, next end",
		"?scope=a&q=Good&limit=1":     "1 of 2, next 1",
	} {
		if got := c.seqs(query); got != want {
			t.Errorf("GET records%s = %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"?verdict=good", "?type=trak", "?limit=-1", "?limit=1001", "?after=x", "?typ=track"} {
		if a := c.do(http.MethodGet, "/_segproof/records"+query, nil); a.Status != 400 || !strings.Contains(a.Body, `"bad_parameter"`) {
			t.Errorf("GET records%s = %d %s, want 400 bad_parameter", query, a.Status, a.Body)
		}
	}
	one := c.do(http.MethodGet, "/_segproof/records/1", nil).Body
	if raw := `"event":{"type":"track","event":"Good","userId":"u1","properties":{"n":1.10,"t":"<b>&"}}`; !strings.Contains(one, raw) || !json.Valid([]byte(one)) {
		t.Errorf("GET records/1 = %s, want the event as it was sent: %s", one, raw)
	}
	if a := c.do(http.MethodGet, "/_segproof/records/9", nil); a.Status != 404 {
		t.Errorf("GET records/9 = %d, want 404", a.Status)
	}
	if a := c.do(http.MethodDelete, "/_segproof/records?scope=a", nil); a.Status != 204 {
		t.Errorf("DELETE records = %d %s, want 204", a.Status, a.Body)
	}
	if got, want := c.seqs(""), "3 of 1, next end"; got != want {
		t.Errorf("after DELETE records?scope=a: %s, want %s", got, want)
	}
}

func TestControlIsForThisMachineAndItsOwnPages(t *testing.T) {
	open := mockserver.Start(t, mockserver.Options{AllowHosts: []string{"segment"}})
	locked := mockserver.Start(t, mockserver.Options{Token: "secret"})
	for _, tt := range []struct {
		name   string
		srv    *mockserver.Server
		host   string
		header []string
		want   int
	}{
		{"curl", open, "", nil, 200},
		{"localhost", open, "localhost:1", nil, 200},
		{"localhost, as nobody writes it", open, "LocalHost.:1", nil, 200},
		{"allowed name", open, "segment:8765", nil, 200},
		{"a name that resolves to this machine", open, "evil.example:8765", nil, 421},
		{"a page of another site", open, "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a page of another port", open, "", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"an old browser's page of another site", open, "", []string{"Origin", "http://evil.example"}, 403},
		{"a page without origin", open, "", []string{"Origin", "null"}, 403},
		{"typed into a browser", open, "", []string{"Sec-Fetch-Site", "none"}, 200},
		{"no token", locked, "", nil, 401},
		{"a wrong token", locked, "", []string{"Authorization", "Bearer secre"}, 401},
		{"not as Bearer", locked, "", []string{"Authorization", "secret"}, 401},
		{"the token", locked, "", []string{"Authorization", "Bearer secret"}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/_segproof/records", "/_segproof/stream", "/_segproof/findings", "/metrics"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.srv.URL()+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if tt.host != "" {
					req.Host = tt.host
				}
				for i := 0; i < len(tt.header); i += 2 {
					req.Header.Set(tt.header[i], tt.header[i+1])
				}
				resp, err := newClient(t, tt.srv).http.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != tt.want {
					t.Errorf("GET %s = %d, want %d", path, resp.StatusCode, tt.want)
				}
				for name := range resp.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("GET %s has the header %s: no other origin has any business there", path, name)
					}
				}
			}
		})
	}
	if a := newClient(t, locked).do(http.MethodGet, "/_segproof/health", nil); a.Status != 200 {
		t.Errorf("health without the token = %d, want 200", a.Status)
	}
}

// wait posts a wait and returns its status and body.
func (c client) wait(body string) answer { return c.post("/_segproof/wait", body) }

func TestControlWaits(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: picky})
	c := newClient(t, srv)
	var waits sync.WaitGroup
	begun := time.Now()
	waits.Go(func() {
		a := c.wait(`{"scope":"a","where":{"type":"track","name":"Late"},"count":{"min":2},"timeout":"20s"}`)
		if a.Status != 200 || strings.Count(a.Body, `"name":"Late"`) != 2 || !strings.Contains(a.Body, `"met":true`) {
			t.Errorf("wait for two = %d %s", a.Status, a.Body)
		}
	})
	for _, name := range []string{"Late", "Early", "Late"} {
		c.post("/v1/track", `{"event":"`+name+`","userId":"u1","writeKey":"a","properties":{"n":2}}`)
	}
	waits.Wait()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the wait took %v", took)
	}
	for _, tt := range []struct {
		body   string
		status int
		want   []string
	}{
		{`{"scope":"a","where":{"name":"Late"},"count":2}`, 200, []string{`"met":true`}},
		{`{"scope":"a","where":{"name":"Late"},"count":{"max":1}}`, 408, []string{`"met":false`, `"seen":2`, `too many arrived`}},
		{`{"scope":"a","where":{"name":"Late","match":{"properties":{"n":3}}},"timeout":"10ms"}`, 408, []string{`"seen":0`, `the time is up`, `{"pointer":"/properties/n","want":"3","got":"2"}`}},
		{`{"scope":"b","where":{},"count":0,"quiet":"20ms"}`, 200, []string{`"records":[]`}},
		{`{"scope":"a","where":{"type":"trak"}}`, 400, []string{`did you mean`}},
		{"{\"scope\":\"a\",\n \"wher\":{}}", 400, []string{`wait:2:2: `, `want one of scope, where, count, quiet, timeout`}},
		{`{"scope":"a","where":{"nme":"A"}}`, 400, []string{`wait:1:23: `, `want one of type, name, user, verdict, match`}},
		{`{"timeout":"soon"}`, 400, []string{`200ms`}},
		{`{"timeout":"2h"}`, 400, []string{`at most`}},
		{`[`, 400, nil},
	} {
		a := c.wait(tt.body)
		if a.Status != tt.status || !json.Valid([]byte(a.Body)) {
			t.Errorf("wait %s = %d %s, want %d", tt.body, a.Status, a.Body, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(a.Body, want) {
				t.Errorf("wait %s = %s, want %s in it", tt.body, a.Body, want)
			}
		}
	}
}

func TestControlWaitEndsWithTheServer(t *testing.T) {
	srv := listen(t, mockserver.Options{})
	c := newClient(t, srv)
	stream, err := http.Get(srv.URL() + "/_segproof/stream") // returns when the stream has begun
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan answer, 2)
	go func() {
		defer stream.Body.Close()
		_, _ = io.Copy(io.Discard, stream.Body) // a stream that is cut is one that has ended
		done <- answer{Status: stream.StatusCode}
	}()
	go func() { done <- c.wait(`{"timeout":"60s"}`) }()
	for !strings.Contains(goroutines(), "mockserver.(*Server).waitFor") {
		time.Sleep(time.Millisecond) // nothing else tells that the wait has begun
	}
	closed(t, srv)
	for range 2 {
		if a := <-done; a.Status != 200 && a.Status != 503 {
			t.Errorf("answer %d %s, want 200 or 503", a.Status, a.Body)
		}
	}
}

// TestListsComeInPagesOfBoundedSize asks for more than a page holds: Next leads on, and
// nothing is missing.
func TestListsComeInPagesOfBoundedSize(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	const n = 30
	for i := range n {
		c.post("/v1/batch", fmt.Sprintf(`{"batch":[{"type":"track","event":"E%d"},{"type":"track","event":"%s"}]}`, i, strings.Repeat("x", 490_000)))
	}
	seen, pages := 0, 0
	for after := "0"; after != "null"; pages++ {
		var page struct {
			Records []json.RawMessage
			Next    json.RawMessage
			Total   int
		}
		a := c.do(http.MethodGet, "/_segproof/records?limit=1000&after="+after, nil)
		if err := json.Unmarshal([]byte(a.Body), &page); err != nil {
			t.Fatal(err)
		}
		if page.Total != 2*n {
			t.Errorf("page %d: total %d, want %d", pages+1, page.Total, 2*n)
		}
		seen, after = seen+len(page.Records), string(page.Next)
	}
	if seen != 2*n || pages != 2 {
		t.Errorf("%d records on %d pages, want %d on 2", seen, pages, 2*n)
	}
	got := 0
	for cursor := (mockserver.Cursor{}); got < 2*n; {
		arrived, err := srv.Next(soon(t), cursor)
		if err != nil {
			t.Fatalf("Next: %v after %d records", err, got)
		}
		if len(arrived.Records) > 2 {
			t.Errorf("Next returned %d records of 500 kB each, want one request's", len(arrived.Records))
		}
		got, cursor = got+len(arrived.Records), arrived.Cursor
	}
}

// goroutines returns the stacks of all goroutines.
func goroutines() string {
	var stacks bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 2) // a buffer takes all
	return stacks.String()
}

func TestControlStreamGoesOnWhereItStopped(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	read := func(last string, n int) (ids []string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL()+"/_segproof/stream?scope=a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		for len(ids) < n && lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				ids = append(ids, id)
			}
		}
		return ids
	}
	send := func(n int) {
		for range n {
			c.post("/v1/track", "{\"event\":\"E\",\n\"writeKey\":\"a\"}")
			c.post("/v1/track", `{"event":"E","writeKey":"b"}`)
		}
	}
	send(2)
	if diff := cmp.Diff([]string{"1", "3"}, read("", 2)); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
	send(1)
	if diff := cmp.Diff([]string{"5"}, read("3", 1)); diff != "" {
		t.Errorf("stream behind 3 (-want +got):\n%s", diff)
	}
	// A reader that saw an earlier server, whose numbers were larger.
	stopSending := make(chan bool)
	var sending sync.WaitGroup
	sending.Go(func() {
		for {
			select {
			case <-stopSending:
				return
			default:
				send(1)
			}
		}
	})
	if got := read("500000", 1); len(got) != 1 {
		t.Errorf("stream behind 500000 showed %v, want what arrives now", got)
	}
	close(stopSending)
	sending.Wait()
}

// TestQuietIsWhenNoRequestComesEither: a sender that is refused, or met by a fault, will
// send again.
func TestQuietIsWhenNoRequestComesEither(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	const quiet = 300 * time.Millisecond
	waited := make(chan time.Time, 1)
	go func() {
		if _, err := srv.All().WaitFor(t.Context(), mockserver.Await{Count: mockserver.AtLeast(0), Quiet: quiet}); err != nil {
			t.Error(err)
		}
		waited <- time.Now()
	}()
	last, pause := time.Now(), time.Duration(0) // the longest that the server may have had without a request
	for i := range 100 {
		sent := last
		last = time.Now()
		if got := c.post("/v1/track", "{", "X-Segproof-Scope", fmt.Sprint(i%2)); got.Status != 400 {
			t.Fatalf("got %v", got)
		}
		pause = max(pause, time.Since(sent))
	}
	if after := (<-waited).Sub(last); after < quiet && pause < quiet {
		t.Errorf("it was quiet %v after the last request, want %v at least", after, quiet)
	}
}

func TestControlExpectsAndReports(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: picky})
	c := newClient(t, srv)
	c.post("/v1/track", `{"event":"Bad","userId":"u1","writeKey":"a"}`)
	for _, tt := range []struct{ path, body, want string }{
		{"/_segproof/expect?scope=a", "expect: [{event: {name: Bad}, count: 1}]", `200 {"findings":[],"ok":true}`},
		{"/_segproof/expect", "scope: b\nexpect: [{event: {name: Bad}}]", `"ok":false`},
		{"/_segproof/expect?scope=a", "expect: [{no: invalid}]", `got 1 invalid record, want none`},
		{"/_segproof/expect", "expect: [{evnt: {}}]", `400`},
	} {
		a := c.post(tt.path, tt.body)
		if got := fmt.Sprintf("%d %s", a.Status, a.Body); !strings.Contains(got, tt.want) {
			t.Errorf("POST %s %s = %s, want %s", tt.path, tt.body, got, tt.want)
		}
	}
	for format, want := range map[string]string{"": `"rule": "type-mismatch"`, "?format=text": `want integer (type-mismatch)`, "?scope=b": `"findings": []`, "?format=xml": "bad_parameter"} {
		if a := c.do(http.MethodGet, "/_segproof/findings"+format, nil); !strings.Contains(a.Body, want) {
			t.Errorf("GET findings%s = %s, want %s", format, a.Body, want)
		}
	}
}

// fatal is a test that fails.
type fatal struct {
	said  string
	asked int // how often it was told that the line is not the test's own
}

func (f *fatal) Helper()                           { f.asked++ }
func (f *fatal) Cleanup(func())                    {}
func (f *fatal) Fatalf(format string, args ...any) { f.said = fmt.Sprintf(format, args...) }

func TestExpectFailsTheTestWithWhatCameNearest(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	scope := srv.Scope("a")
	newClient(t, srv).post("/v1/track", `{"event":"Order Completed","userId":"u1","writeKey":"a","properties":{"total":12}}`)
	order := func(total string) mockserver.Where {
		return mockserver.Where{Name: "Order Completed", Match: json.RawMessage(`{"properties":{"total":` + total + `}}`)}
	}
	if records := scope.Await(t, 10*time.Second, mockserver.Await{Where: order("12.0")}); len(records) != 1 {
		t.Errorf("%d records, want 1", len(records))
	}
	good, bad := order("12"), order("13")
	scope.Expect(t, mockserver.Expectation{Event: &good, Count: mockserver.Exactly(1)})
	var failed fatal
	scope.Expect(&failed, mockserver.Expectation{Event: &bad})
	if !strings.Contains(failed.said, "/properties/total: want 13, got 12") {
		t.Errorf("Expect said %q", failed.said)
	}
	failed = fatal{}
	scope.Await(&failed, 10*time.Millisecond, mockserver.Await{Where: bad})
	if !strings.Contains(failed.said, "/properties/total: want 13, got 12") {
		t.Errorf("Await said %q", failed.said)
	}
	if failed.asked != 1 {
		t.Error("a failure names a line of ours, want the test's")
	}
}

func TestRefusedRequestsThatWereLostFailTheExpectationOfNone(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Capacity: 3})
	c := newClient(t, srv)
	c.post("/v1/track", `{bad`, "Authorization", "Basic YTo=")
	for range 20 {
		c.post("/v1/track", track, "Authorization", "Basic YTo=")
	}
	if n := len(requestsOf(t, srv)); n > 6 {
		t.Fatalf("%d requests kept, want the refused one lost", n)
	}
	var failed fatal
	srv.Scope("a").Expect(&failed, mockserver.Expectation{No: mockserver.NoRefused})
	if !strings.Contains(failed.said, "records-lost") {
		t.Errorf("Expect said %q, want that requests were lost", failed.said)
	}
}
