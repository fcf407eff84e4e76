package mockserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

func TestWriteKeyIsFoundWhereSendersPutIt(t *testing.T) {
	basic := func(user string) string {
		req := &http.Request{Header: http.Header{}}
		req.SetBasicAuth(user, "")
		return req.Header.Get("Authorization")
	}
	one := func(more string) string { return `{"type":"track","event":"x"` + more + `}` }
	for _, tt := range []struct {
		name, path, auth, body string
		want                   []string
	}{
		{"nowhere", "/v1/track", "", one(""), []string{""}},
		{"Basic", "/v1/track", basic("wk"), one(""), []string{"wk"}},
		{"Basic wins over the body", "/v1/track", basic("wk"), one(`,"writeKey":"other"`), []string{"wk"}},
		{"Basic without a name", "/v1/track", basic(""), one(`,"writeKey":"body"`), []string{"body"}},
		{"Basic that is no base64", "/v1/track", "Basic %%%", one(`,"writeKey":"body"`), []string{"body"}},
		{"event", "/v1/track", "", one(`,"writeKey":"body"`), []string{"body"}},
		{"Bearer and event", "/v1/track", "Bearer token", one(`,"writeKey":"body"`), []string{"body"}},
		{"Bearer alone", "/v1/track", "Bearer token", one(""), []string{""}},
		{"Basic for a batch", "/v1/batch", basic("wk"), `{"batch":[` + one("") + `,` + one(`,"writeKey":"e"`) + `]}`, []string{"wk", "wk"}},
		{"envelope", "/v1/batch", "", `{"writeKey":"env","batch":[` + one("") + `,` + one(`,"writeKey":"e"`) + `]}`, []string{"env", "env"}},
		{"Bearer and envelope", "/v1/batch", "Bearer token", `{"batch":[` + one("") + `],"writeKey":"env"}`, []string{"env"}},
		{"events of a batch", "/v1/batch", "", `{"batch":[` + one(`,"writeKey":"a"`) + `,` + one("") + `,7,` + one(`,"writeKey":"b"`) + `]}`, []string{"a", "", "", "b"}},
		{"escaped", "/v1/track", "", one(`,"write\u004bey":"w\u006b"`), []string{"wk"}},
		{"twice", "/v1/track", "", one(`,"writeKey":"a","writeKey":"b"`), []string{"b"}},
		{"no string", "/v1/track", "", one(`,"writeKey":17`), []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			var header []string
			if tt.auth != "" {
				header = []string{"Authorization", tt.auth}
			}
			if status, code := newClient(t, srv).post(tt.path, tt.body, header...).code(t); status != 200 {
				t.Fatalf("answer = %d %s, want 200", status, code)
			}
			var got []string
			for _, rec := range recordsOf(t, srv) {
				got = append(got, rec.WriteKey)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("write keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordSaysHowTheEventCame(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := finding.Finding{Rule: "no-contract", Severity: finding.Warning, Message: "for the test"}
	srv := mockserver.Start(t, mockserver.Options{
		Now:     func() time.Time { return at },
		Checker: checkerFunc(func(event.Event) []finding.Finding { return []finding.Finding{f} }),
	})
	text := `{"context":{"library":{"name":"l"}},` + "\n" + `"batch":[{"type":"identify"},` + "\n" + `  ` + track + `]}`
	zipped := gzipped(text)
	newClient(t, srv).post("/v1/batch?write_key=k", zipped,
		"Content-Encoding", "gzip", "Authorization", "Basic c2VjcmV0Og==", "Cookie", "a=secret", "X-Own", "1", "User-Agent", "test/1")

	records := recordsOf(t, srv)
	if len(records) != 2 {
		t.Fatalf("%d records, want 2", len(records))
	}
	req := &mockserver.Request{
		Seq: 1, ReceivedAt: at, Method: "POST", Path: "/v1/batch", Scope: "secret", RemoteIP: "127.0.0.1",
		Header: http.Header{
			"Authorization": {"Basic [redacted]"}, "Cookie": {"[redacted]"}, "X-Own": {"1"}, "User-Agent": {"test/1"},
			"Content-Encoding": {"gzip"}, "Content-Length": {fmt.Sprint(len(zipped))}, "Accept-Encoding": {"gzip"},
		},
		WireBytes: int64(len(zipped)), BodyBytes: int64(len(text)), Body: []byte(text), Status: 200, Events: 2,
	}
	batch := &event.Batch{Raw: json.RawMessage(text), At: event.Place{Line: 1, Column: 1}, Count: 2,
		Shared: []event.Shared{{Member: event.Member{Key: "context", KeyStart: 1, Start: 11, End: 35}, At: event.Place{Line: 1, Column: 2}}}}
	want := mockserver.Record{
		Seq: 2, ReceivedAt: at, Scope: "secret", WriteKey: "secret", MessageID: records[1].MessageID, Verdict: mockserver.Valid, Findings: []finding.Finding{f}, Request: req,
		Event: event.Event{
			Type: "track", Name: "Order Completed", Raw: json.RawMessage(track),
			At: event.Place{Line: 3, Column: 3}, Batch: batch, Index: 1,
		},
	}
	if diff := cmp.Diff(want, records[1]); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if got, want := string(records[1].Event.JSON()), strings.TrimSuffix(track, "}")+`,"context":{"library":{"name":"l"}}}`; got != want {
		t.Errorf("the event as Segment works with it is %s, want %s", got, want)
	}
	if records[0].Request != records[1].Request {
		t.Error("the events of one batch do not share their request")
	}
	if diff := cmp.Diff([]mockserver.Request{*req}, requestsOf(t, srv)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestHostileNamesAreReadBackByteForByte is S9 with names of our own.
func TestHostileNamesAreReadBackByteForByte(t *testing.T) {
	names := []string{
		"", " ", "null", "undefined", "NaN", "0", "-1", "true", "<script>alert(1)</script>", `"'><img src=x onerror=alert(1)>`, "'; DROP TABLE events; --",
		"../../etc/passwd", `..\..\windows`, "%00%0a", "%s%s%n%d", "$(touch /tmp/x)", "`id`", "{{7*7}}", "${jndi:ldap://x}", "line\nbreak", "tab\there",
		"\r\nX-Injected: 1", "\x00", "\x07bell", "\x1b[31mred", "zero\u200bwidth", "\u202Ertl", "e\u0301", "\ufeffbom", "Ω≈ç√∫", "田中さん", "👩‍👩‍👧‍👦", "ﷺ", "𝒳",
		"\ufffd", "\u2028", "İıſK", strings.Repeat("a\u0300", 300), strings.Repeat("x", 1000), `\`, `\\"`, `\u0041`, "a/b~c", "__proto__", "constructor",
	}
	srv := mockserver.Start(t, mockserver.Options{Capacity: 1000})
	c := newClient(t, srv)
	var want []string
	for _, name := range names {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		// escaped as far as can be, and as little as can be
		escaped := `"`
		for _, unit := range utf16Units(name) {
			escaped += fmt.Sprintf(`\u%04x`, unit)
		}
		for _, text := range []string{string(quoted), escaped + `"`} {
			body := `{"type":"track","event":` + text + `,"messageId":` + text + `}`
			if status, code := c.post("/v1/track", body).code(t); status != 200 {
				t.Fatalf("POST %s = %d %s, want 200", body, status, code)
			}
			want = append(want, name+"|"+body)
		}
	}
	var got []string
	for _, rec := range recordsOf(t, srv) {
		got = append(got, rec.Event.Name+"|"+string(rec.Event.Raw))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func utf16Units(s string) []uint16 {
	var units []uint16
	for _, r := range s {
		if r >= 0x10000 {
			units = append(units, uint16(0xd800+(r-0x10000)>>10), uint16(0xdc00+(r-0x10000)&0x3ff))
			continue
		}
		units = append(units, uint16(r))
	}
	return units
}

// TestACheckerThatPanicsLosesNothing is S10, with a checker that does what the JSON
// Schema library does on 1e1000001.
func TestACheckerThatPanicsLosesNothing(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: checkerFunc(func(ev event.Event) []finding.Finding {
		if ev.Name == "bomb" {
			var p *event.Event
			return []finding.Finding{{Message: p.Name}}
		}
		return []finding.Finding{{Rule: "ok", Event: finding.Event{Name: ev.Name}}}
	})})
	c := newClient(t, srv)
	bomb := `{"type":"track","event":"bomb","properties":{"x":1e1000001}}`
	if status, code := c.post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"a"},`+bomb+`,{"type":"track","event":"b"}]}`).code(t); status != 200 {
		t.Fatalf("answer = %d %s, want 200", status, code)
	}
	var rules []string
	for _, rec := range recordsOf(t, srv) {
		for _, f := range rec.Findings {
			rules = append(rules, f.Rule)
		}
	}
	if diff := cmp.Diff([]string{"ok", "validator-failed", "ok"}, rules); diff != "" {
		t.Fatalf("rules (-want +got):\n%s", diff)
	}
	got := recordsOf(t, srv)[1]
	if string(got.Event.Raw) != bomb {
		t.Errorf("event = %s, want %s", got.Event.Raw, bomb)
	}
	f := got.Findings[0]
	want := finding.Finding{
		Rule: "validator-failed", Severity: finding.Error, Layer: finding.Contract, Line: 1, Column: f.Column,
		Event: finding.Event{Type: "track", Name: "bomb"}, Message: f.Message, Hint: f.Hint,
	}
	if diff := cmp.Diff(want, f); diff != "" || !strings.Contains(f.Message, "nil pointer") || f.Column == 0 {
		t.Errorf("finding = %+v (-want +got):\n%s", f, diff)
	}
	if !slices.ContainsFunc(mockserver.Rules(), func(r finding.Rule) bool { return r.ID == f.Rule }) {
		t.Errorf("Rules() does not hold %s", f.Rule)
	}
	if status, _ := c.post("/v1/track", track).code(t); status != 200 {
		t.Errorf("the server answers %d after a panic", status)
	}
}

func TestWaitReturnsWhenEnoughHasArrived(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	if got, err := srv.Wait(t.Context(), 0); err != nil || len(got) != 0 {
		t.Errorf("Wait for 0 = %v, %v", got, err)
	}
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	for _, n := range []int{1, 3, 4} {
		go func() {
			got, err := srv.Wait(soon(t), n)
			if err == nil && len(got) < n {
				err = fmt.Errorf("waited for %d, got %d", n, len(got))
			}
			results <- result{n, err}
		}()
	}
	c.post("/v1/track", track)
	if got := <-results; got.n != 1 || got.err != nil {
		t.Errorf("first wait to end = %+v, want that for 1", got)
	}
	c.post("/v1/track", "{")
	c.post("/v1/batch", `{"batch":[{},{},{}]}`)
	for range 2 {
		if got := <-results; got.err != nil {
			t.Errorf("wait for %d: %v", got.n, got.err)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := srv.Wait(done, 4); err != nil || len(got) != 4 {
		t.Errorf("Wait for what is there = %d records, %v, even if ctx is over", len(got), err)
	}
}

func TestWaitSaysHowFarItCame(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := srv.Wait(ctx, 1)
	if want := "waited for 1 record, 0 arrived: context canceled"; err == nil || err.Error() != want {
		t.Errorf("Wait error = %v, want %s", err, want)
	}
	c.post("/v1/track", track)
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	got, err := srv.Wait(ctx, 3)
	if want := "waited for 3 records, 1 arrived: context deadline exceeded"; err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait error = %v, want %s", err, want)
	}
	if len(got) != 1 {
		t.Errorf("Wait returned %d records, want the one that arrived", len(got))
	}
	c.post("/v1/v1/batch", track)
	c.post("/v1/batch", `{"batch":`)
	_, err = srv.Wait(ctx, 3)
	want := `waited for 3 records, 1 arrived; requests refused: 2, the last one POST "/v1/batch" with 400 bad_json: context deadline exceeded`
	if err == nil || err.Error() != want {
		t.Errorf("Wait error = %v, want %s", err, want)
	}
}

func TestWaitEndsWithTheServer(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	newClient(t, srv).post("/v1/track", track)
	ended := make(chan error)
	go func() {
		_, err := srv.Wait(context.Background(), 2)
		ended <- err
	}()
	if err := srv.Shutdown(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Wait error = %v, want http.ErrServerClosed", err)
	}
	if got, err := srv.Wait(t.Context(), 1); err != nil || len(got) != 1 {
		t.Errorf("Wait for what had arrived = %d, %v", len(got), err)
	}
}

func TestCapacityDropsTheOldestAndCountsThem(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Capacity: 3})
	c := newClient(t, srv)
	for i := 1; i <= 5; i++ {
		c.post("/v1/track", fmt.Sprintf(`{"type":"track","event":"%d"}`, i))
	}
	check := func(want string, dropped int) {
		t.Helper()
		got := ""
		for _, rec := range recordsOf(t, srv) {
			got += fmt.Sprintf("%d:%s ", rec.Seq, rec.Event.Name)
		}
		if got != want || srv.Lost() != dropped {
			t.Errorf("records = %q, dropped = %d; want %q and %d", got, srv.Lost(), want, dropped)
		}
	}
	check("3:3 4:4 5:5 ", 2)
	if reqs := requestsOf(t, srv); len(reqs) != 3 || reqs[0].Seq != 3 {
		t.Errorf("requests = %+v, want the last three", reqs)
	}
	if got, err := srv.Wait(t.Context(), 5); err != nil || len(got) != 3 {
		t.Errorf("Wait for 5 = %d records, %v; want the 3 kept, since 5 arrived", len(got), err)
	}
	c.post("/v1/batch", `{"batch":[{"type":"page","name":"a"},{"type":"page","name":"b"},{"type":"page","name":"c"},{"type":"page","name":"d"}]}`)
	check("7:b 8:c 9:d ", 6)
	srv.Reset()
	check("", 0)
	if len(requestsOf(t, srv)) != 0 {
		t.Error("requests survive Reset")
	}
	if _, err := srv.Wait(expired(t), 1); err == nil {
		t.Error("Wait counts what came before Reset")
	}
	c.post("/v1/track", `{"type":"track","event":"new"}`)
	check("10:new ", 0)
}

// expired is a context that is over.
func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestRecordsReturnsACopy(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	newClient(t, srv).post("/v1/track", track)
	recordsOf(t, srv)[0].WriteKey = "changed"
	requestsOf(t, srv)[0].Path = "changed"
	if recordsOf(t, srv)[0].WriteKey != "" || requestsOf(t, srv)[0].Path != "/v1/track" {
		t.Error("a caller's change shows in the server")
	}
}

// follow reads what arrives until there are n records: their numbers must be 1, 2, 3 and
// so on.
func follow(t *testing.T, srv *mockserver.Server, n int) {
	var at mockserver.Cursor
	next := int64(1)
	for next <= int64(n) {
		got, err := srv.Next(t.Context(), at)
		if err != nil {
			t.Errorf("Next: %v", err)
			return
		}
		for _, rec := range got.Records {
			if rec.Seq != next {
				t.Errorf("record %d comes where %d was to", rec.Seq, next)
				return
			}
			next++
		}
		at = got.Cursor
	}
}

// TestManySendersLoseNothing sends 10,000 events by 20 goroutines, in batches and
// alone, while others follow and wait.
func TestManySendersLoseNothing(t *testing.T) {
	const senders, rounds, inBatch = 20, 50, 9
	const total = senders * rounds * (inBatch + 1)
	srv := mockserver.Start(t, mockserver.Options{
		Capacity: total,
		Checker:  checkerFunc(func(ev event.Event) []finding.Finding { return []finding.Finding{{Rule: ev.Name}} }),
	})
	c := newClient(t, srv)
	var reader, sending sync.WaitGroup
	reader.Go(func() { follow(t, srv, total) })
	for s := range senders {
		sending.Go(func() {
			for r := range rounds {
				name := func(i int) string { return fmt.Sprintf(`{"type":"track","event":"%d-%d-%d","writeKey":"a"}`, s, r, i) }
				var items []string
				for i := range inBatch {
					items = append(items, name(i))
				}
				if a := c.post("/v1/batch", `{"batch":[`+strings.Join(items, ",")+`]}`); a.Status != 200 {
					t.Errorf("batch = %d %s", a.Status, a.Body)
				}
				if a := c.post("/v1/track", name(inBatch)); a.Status != 200 {
					t.Errorf("call = %d %s", a.Status, a.Body)
				}
			}
		})
	}
	records, err := srv.Wait(t.Context(), total)
	if err != nil {
		t.Error(err)
	}
	sending.Wait()
	reader.Wait()
	seen := map[string]int{}
	for _, rec := range records {
		seen[rec.Event.Name]++
		if len(rec.Findings) != 1 || rec.Findings[0].Rule != rec.Event.Name {
			t.Fatalf("record %q has the findings of another: %v", rec.Event.Name, rec.Findings)
		}
	}
	if len(records) != total || len(seen) != total || srv.Lost() != 0 {
		t.Errorf("%d records, %d different, %d dropped; want %d, all different, none dropped", len(records), len(seen), srv.Lost(), total)
	}
}
