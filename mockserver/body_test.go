package mockserver_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// call returns a track event of exactly size bytes.
func call(size int) string {
	const frame = `{"type":"track","event":"","userId":"u"}`
	return `{"type":"track","event":"` + strings.Repeat("n", size-len(frame)) + `","userId":"u"}`
}

// envelope returns a batch of exactly size bytes, with one event in it.
func envelope(size int) string {
	const frame = `{"batch":[]}`
	return `{"batch":[` + call(size-len(frame)) + `]}`
}

// bomb returns the gzip form of so many MB of one letter. It is made of members of
// 1 MB, which is quicker than compressing all of it.
func bomb(mb int) string {
	return strings.Repeat(gzipped(strings.Repeat("a", 1<<20)), mb)
}

// bodyCase is a body and what is to be answered.
type bodyCase struct {
	name, path, body, encoding string
	status                     int
	code                       string
}

const kb = 1 << 10

// nest returns arrays in arrays, n deep.
func nest(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

var wholeGzip = gzipped(track)

// bodyCases is the table of S1 to S7 and of what Segment takes though it drops it
// later.
var bodyCases = []bodyCase{
	// S1
	{"garbage behind", "/v1/track", `{"type":"track"}}}xx`, "", 400, "bad_json"},
	{"two documents", "/v1/track", track + track, "", 400, "bad_json"},
	{"two documents on two lines", "/v1/batch", `{"batch":[{}]}` + "\n" + `{"batch":[{}]}`, "", 400, "bad_json"},
	// S2 and the limits, at and around
	{"call below the limit", "/v1/track", call(32*kb - 1), "", 200, ""},
	{"call at the limit", "/v1/track", call(32 * kb), "", 200, ""},
	{"call above the limit", "/v1/track", call(32*kb + 1), "", 400, "payload_too_large"},
	{"batch below the limit", "/v1/batch", envelope(500*kb - 1), "", 200, ""},
	{"batch at the limit", "/v1/batch", envelope(500 * kb), "", 200, ""},
	{"batch above the limit", "/v1/batch", envelope(500*kb + 1), "", 400, "payload_too_large"},
	{"import at the limit", "/v1/import", envelope(500 * kb), "", 200, ""},
	{"import above the limit", "/v1/import", envelope(500*kb + 1), "", 400, "payload_too_large"},
	{"600 KB", "/v1/batch", envelope(600 * kb), "", 400, "payload_too_large"},
	{"10 MB", "/v1/batch", envelope(10 << 20), "", 400, "payload_too_large"},
	{"gzip call at the limit", "/v1/track", gzipped(call(32 * kb)), "gzip", 200, ""},
	{"gzip call above the limit", "/v1/track", gzipped(call(32*kb + 1)), "gzip", 400, "payload_too_large"},
	{"gzip batch at the limit", "/v1/batch", gzipped(envelope(500 * kb)), "gzip", 200, ""},
	{"gzip batch above the limit", "/v1/batch", gzipped(envelope(500*kb + 1)), "gzip", 400, "payload_too_large"},
	// S3
	{"nested 9,990 deep in a batch", "/v1/batch", `{"batch":[` + nest(9_990) + `]}`, "", 400, "too_deep"},
	{"200,000 brackets", "/v1/batch", strings.Repeat("[", 200_000), "", 400, "too_deep"},
	{"nested 9,990 deep in a call", "/v1/track", `{"properties":` + nest(9_990) + `}`, "", 400, "too_deep"},
	{"deeper than an event may be, for the checker to say", "/v1/track", `{"properties":` + nest(event.MaxDepth+1) + `}`, "", 200, ""},
	{"brackets in a string", "/v1/track", `{"event":"\"` + strings.Repeat("[", 9_990) + `"}`, "", 200, ""},
	// S4
	{"gzip bomb of 1 MB", "/v1/batch", bomb(1), "gzip", 400, "payload_too_large"},
	{"gzip bomb of 100 MB", "/v1/batch", bomb(100), "gzip", 400, "payload_too_large"},
	{"gzip bomb of 100 MB on a call", "/v1/track", bomb(100), "gzip", 400, "payload_too_large"},
	// S6
	{"brotli", "/v1/track", track, "br", 415, "unsupported_encoding"},
	{"gzip twice", "/v1/track", gzipped(wholeGzip), "gzip, gzip", 415, "unsupported_encoding"},
	{"plain text called gzip", "/v1/track", track, "gzip", 400, "bad_gzip"},
	{"truncated gzip", "/v1/track", wholeGzip[:len(wholeGzip)-12], "gzip", 400, "bad_body"},
	{"gzip without its checksum", "/v1/track", wholeGzip[:len(wholeGzip)-8], "gzip", 400, "bad_body"},
	{"nothing called gzip", "/v1/track", "", "gzip", 400, "bad_body"},
	{"garbage behind gzip", "/v1/track", wholeGzip + "garbage that is no gzip member", "gzip", 400, "bad_gzip"},
	{"damaged gzip", "/v1/track", wholeGzip[:20] + "\xff\xff" + wholeGzip[22:], "gzip", 400, "bad_gzip"},
	{"two gzip members that make one text", "/v1/track", gzipped(track[:20]) + gzipped(track[20:]), "gzip", 200, ""},
	{"gzip", "/v1/track", wholeGzip, "gzip", 200, ""},
	{"GZIP, as header values are not case sensitive", "/v1/track", wholeGzip, "GZIP", 200, ""},
	{"identity", "/v1/track", track, "identity", 200, ""},
	// S7
	{"35,000 keys in a call", "/v1/track", manyKeys(35_000), "", 400, "payload_too_large"},
	{"35,000 keys in a batch", "/v1/batch", `{"batch":[` + manyKeys(35_000) + `]}`, "", 200, ""},
	// what Segment takes and drops later
	{"no identifiers", "/v1/track", `{"type":"track","event":"x"}`, "", 200, ""},
	{"no event name", "/v1/track", `{"type":"track","userId":"u"}`, "", 200, ""},
	{"event of more than 32 KB in a batch", "/v1/batch", envelope(40 * kb), "", 200, ""},
	{"2,501 events", "/v1/batch", `{"batch":[` + strings.Repeat(`{"type":"track"},`, 2_500) + `{"type":"track"}]}`, "", 200, ""},
	{"empty batch", "/v1/batch", `{"batch":[]}`, "", 200, ""},
	{"items that are no objects", "/v1/batch", `{"batch":[1,"x",null]}`, "", 200, ""},
	{"a call that is no object", "/v1/track", `[1]`, "", 200, ""},
	// no envelope
	{"event where a batch belongs", "/v1/batch", track, "", 400, "bad_request"},
	{"array where a batch belongs", "/v1/batch", `[` + track + `]`, "", 400, "bad_request"},
	{"batch that is no array", "/v1/batch", `{"batch":{}}`, "", 400, "bad_request"},
	{"number", "/v1/batch", `7`, "", 400, "bad_request"},
	// small on the wire, large in memory
	{"context copied into 10,000 events", "/v1/batch", `{"context":{"a":"` + strings.Repeat("x", 100*kb) + `"},"batch":[` +
		strings.Repeat(`{},`, 9_999) + `{}]}`, "", 400, "payload_too_large"},
	{"250,000 items", "/v1/batch", `{"batch":[` + strings.Repeat(`1,`, 249_999) + `1]}`, "", 400, "payload_too_large"},
	{"2,500 events with 6 KB of context", "/v1/batch", `{"context":{"a":"` + strings.Repeat("x", 6_000) + `"},"batch":[` +
		strings.Repeat(`{"type":"track","event":"a name of some length"},`, 2_499) + `{}]}`, "", 200, ""},
}

func TestBodiesThatAreTakenOrRefused(t *testing.T) {
	for _, tt := range bodyCases {
		t.Run(tt.name, func(t *testing.T) {
			for _, chunked := range []bool{false, true} {
				srv := mockserver.Start(t, mockserver.Options{})
				var body io.Reader = strings.NewReader(tt.body)
				if chunked {
					body = io.MultiReader(body) // hides its length
				}
				var header []string
				if tt.encoding != "" {
					header = []string{"Content-Encoding", tt.encoding}
				}
				a := newClient(t, srv).do("POST", tt.path, body, header...)
				status, code := a.code(t)
				if status != tt.status || code != tt.code {
					t.Errorf("chunked %v: answer = %d %s, want %d %s", chunked, a.Status, a.Body, tt.status, tt.code)
				}
				if code == "payload_too_large" && !a.Close {
					t.Errorf("chunked %v: the connection stays open", chunked)
				}
				checkRecorded(t, srv, tt.status, tt.code, tt.body)
			}
		})
	}
}

// checkRecorded compares what the server kept of one request with what was sent.
func checkRecorded(t *testing.T, srv *mockserver.Server, status int, code, sent string) {
	t.Helper()
	reqs := requestsOf(t, srv)
	if len(reqs) != 1 {
		t.Fatalf("%d requests recorded, want 1", len(reqs))
	}
	req := reqs[0]
	records := recordsOf(t, srv)
	if status == 200 {
		if req.Status != 200 || req.Events != len(records) || (req.Events == 0) != (req.Code == "empty_batch") {
			t.Errorf("request = %d %q with %d events, %d records", req.Status, req.Code, req.Events, len(records))
		}
		return
	}
	if req.Status != status || req.Code != code || req.Message == "" || len(records) != 0 {
		t.Errorf("request = %d %s %q, %d records; want %d %s and no records", req.Status, req.Code, req.Message, len(records), status, code)
	}
	// What could be decompressed is kept decompressed.
	if req.BodyBytes == 0 && !strings.HasPrefix(sent, string(req.Body)) {
		t.Errorf("the body kept is not what was sent")
	}
	if len(req.Body) == 0 && sent != "" {
		t.Error("nothing of the body was kept")
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	b.WriteString(`{"type":"track","properties":{`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"k%d":1`, i)
	}
	b.WriteString(`}}`)
	return b.String()
}

// TestBadJSON is S8 in small: a table of texts of our own that are no JSON, as the
// whole body and as a property's value.
func TestBadJSON(t *testing.T) {
	bad := []string{
		`{`, `}`, `[`, `]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`, `{"a":1}}`, `[1,]`, `[,1]`,
		`[1 2]`, `[1]]`, `"`, `"a`, `"\"`, `"\x41"`, `"\u12"`, `"\u12G4"`, "\"a\nb\"", "\"a\tb\"", "\"\x00\"", `01`, `-`, `-01`, `+1`, `1.`,
		`.5`, `1e`, `1e+`, `0x10`, `1_000`, `NaN`, `Infinity`, `-Infinity`, `nul`, `True`, `TRUE`, `undefined`, `/*c*/1`, `1 // c`, `1;`,
		"\ufeff{}", "{}\x00", "\x00", `{"a":1}{"b":2}`, `null null`, "\u00a0{}", "\xff", `{"a":"b"]`, `[{]}`, `{"a":[1,2}`, `"\ud800\"`,
	}
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for _, text := range bad {
		for path, body := range map[string]string{
			"/v1/track":  text,
			"/v1/batch":  text,
			"/v1/page":   `{"type":"page","properties":{"x":` + text + `}}`,
			"/v1/import": `{"batch":[{"type":"track","properties":{"x":` + text + `}}]}`,
		} {
			if status, code := c.post(path, body).code(t); status != 400 || code != "bad_json" {
				t.Errorf("POST %s %q = %d %s, want 400 bad_json", path, body, status, code)
			}
		}
	}
	for _, blank := range []string{"", " ", "\r\n\t"} {
		if status, code := c.post("/v1/batch", blank).code(t); status != 400 || code != "bad_json" {
			t.Errorf("POST %q = %d %s, want 400 bad_json", blank, status, code)
		}
	}
	if n := len(recordsOf(t, srv)); n != 0 {
		t.Errorf("%d records of bad JSON", n)
	}
}

func TestOddJSONIsTaken(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for _, value := range []string{
		`-0`, `1e400`, `1E-400`, `1e1000001`, strings.Repeat("9", 10_000), `0.1`, `"\ud800"`, "\"\xff\"", `"\u0000"`, "\"\x7f\"", `{"a":1,"a":2}`,
		`{"":{"":[]}}`, " [ ] ", `[[[[[[1]]]]]]`, `"` + strings.Repeat("é", 1000) + `"`, `""`, `null`, `true`,
	} {
		body := `{"type":"track","properties":{"x":` + value + `}}`
		srv.Reset()
		if status, code := c.post("/v1/track", body).code(t); status != 200 {
			t.Errorf("value %.60q = %d %s, want 200", value, status, code)
			continue
		}
		if got := string(recordsOf(t, srv)[0].Event.Raw); got != body {
			t.Errorf("read back %q, want %q", got, body)
		}
	}
}

// TestAnswersRepeatNothingThatWasSent sends a mark in every place that a refusal could
// quote.
func TestAnswersRepeatNothingThatWasSent(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for _, a := range []answer{
		c.post("/v1/track", `{"type":XYZZY}`),
		c.post("/v1/track", `{"type":"track"}§`),
		c.post("/v1/track", `"XYZZY`),
		c.post("/v1/batch", `{"XYZZY":1}`),
		c.post("/XYZZY", `{}`),
		c.post("/v1/track", `{}`, "Content-Encoding", "XYZZY"),
		c.post("/v1/track", `XYZZY`, "Content-Encoding", "gzip"),
		c.do("PATCH", "/v1/track?XYZZY", nil),
	} {
		if a.Status == 200 || strings.Contains(a.Body, "XYZZY") || strings.Contains(a.Body, "§") || strings.Contains(a.Body, "'X'") {
			t.Errorf("answer = %d %s", a.Status, a.Body)
		}
	}
}

func TestContentTypeDoesNotMatter(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for _, contentType := range []string{"", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "garbage;;"} {
		if status, code := c.post("/v1/track", track, "Content-Type", contentType).code(t); status != 200 {
			t.Errorf("Content-Type %q = %d %s, want 200", contentType, status, code)
		}
	}
}

// TestGzipBombsCostNothing sends what would become 8 GB. Memory is measured as bytes
// allocated by the whole process, sender and all.
func TestGzipBombsCostNothing(t *testing.T) {
	body := bomb(256)
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	c.post("/v1/batch", body, "Content-Encoding", "gzip")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	const n = 32
	for range n {
		if status, code := c.post("/v1/batch", body, "Content-Encoding", "gzip").code(t); status != 400 || code != "payload_too_large" {
			t.Fatalf("answer = %d %s, want 400 payload_too_large", status, code)
		}
	}
	took := time.Since(start) / n
	runtime.ReadMemStats(&after)
	each := (after.TotalAlloc - before.TotalAlloc) / n
	t.Logf("%d bytes of gzip: %v and %d KB allocated each", len(body), took, each>>10)
	if each > 5<<20 || took > 200*time.Millisecond {
		t.Errorf("a gzip bomb took %v and %d KB, want under 200ms and 5 MB", took, each>>10)
	}
}

// TestBodiesAreNotReused changes nothing behind the events' back: bodies of
// later requests must not show through those of earlier ones.
func TestBodiesAreNotReused(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	var want []string
	for i := range 50 {
		body := fmt.Sprintf(`{"type":"track","event":%q}`, strings.Repeat(string(rune('a'+i%26)), 10+i*37))
		want = append(want, body)
		if i%2 == 0 {
			c.post("/v1/track", body)
		} else {
			c.post("/v1/track", gzipped(body), "Content-Encoding", "gzip")
		}
	}
	for i, rec := range recordsOf(t, srv) {
		if !bytes.Equal(rec.Event.Raw, []byte(want[i])) || !bytes.Equal(rec.Request.Body, []byte(want[i])) {
			t.Errorf("record %d = %s, want %s", i, rec.Event.Raw, want[i])
		}
	}
}

// TestOfBodiesThatAreTooLargeTheHeadIsKept holds that refused bodies do not push out what
// a test looks for.
func TestOfBodiesThatAreTooLargeTheHeadIsKept(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	large, packed := envelope(600*kb), bomb(100)
	c.post("/v1/batch", large)
	c.post("/v1/batch", packed, "Content-Encoding", "gzip")
	for i, sent := range []string{large, packed} {
		req := requestsOf(t, srv)[i]
		if req.Code != "payload_too_large" || req.WireBytes != int64(len(sent)) || string(req.Body) != sent[:32*kb] {
			t.Errorf("request %d: %s, %d bytes on the wire, %d kept; want payload_too_large, %d, the first %d",
				i+1, req.Code, req.WireBytes, len(req.Body), len(sent), 32*kb)
		}
	}
}

// TestEventsCountAsTheyAreDecoded: 60 KB of body can be 30,000 events, which take 15 MB
// until they are recorded. A fifth such request at once has no room.
func TestEventsCountAsTheyAreDecoded(t *testing.T) {
	body := `{"batch":[` + strings.Repeat("1,", 30_000) + `1]}`
	checking, goOn := make(chan bool), make(chan bool)
	srv := mockserver.Start(t, mockserver.Options{Mode: mockserver.Strict, Checker: checkerFunc(func(ev event.Event) []finding.Finding {
		if ev.Index == 0 {
			checking <- true
			<-goOn
		}
		return []finding.Finding{{Rule: "type-mismatch"}} // no records: they would take the test's time
	})})
	c := newClient(t, srv)
	post := func() answer { return c.post("/v1/batch", body, "Authorization", "Basic YTo=") }
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() { post() })
		<-checking
	}
	if got := post(); got.Status != 503 {
		t.Errorf("the fifth got %v, want 503", got)
	}
	close(goOn)
	senders.Wait()
	senders.Go(func() {
		if got := post(); got.Status != 422 {
			t.Errorf("once the others are recorded, one got %v, want 422", got)
		}
	})
	<-checking
	senders.Wait()
	for i, req := range requestsOf(t, srv) {
		if busy := req.Status == 503; busy != (i == 0) || busy && (req.Code != "too_busy" || req.Body != nil) {
			t.Errorf("request %d: status %d %s with %d bytes", i, req.Status, req.Code, len(req.Body))
		}
	}
}
