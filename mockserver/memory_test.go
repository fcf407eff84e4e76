package mockserver_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"segproof/mockserver"
)

// shares returns a batch of 100 kB whose events would be 16 MB with a copy of its context
// in each.
func shares() string {
	return `{"context":{"x":"` + strings.Repeat("c", 100<<10) + `"},"batch":[` + strings.Repeat(`{"type":"track","event":"E","userId":"u"},`, 150) + `{}]}`
}

// heap returns how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestRecordsShareWhatTheirBatchesGiveThem: 20 batches of 106 kB make 3,020 records, and
// would be 320 MB with a copy of its context in each.
func TestRecordsShareWhatTheirBatchesGiveThem(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for range 20 {
		if got := c.post("/v1/batch", shares()); got.Status != 200 {
			t.Fatalf("got %v", got)
		}
	}
	before := heap()
	records := recordsOf(t, srv)
	if held := (heap() - before) >> 20; held > 20 {
		t.Errorf("%d records of 2 MB of bodies hold %d MB, want less than 20", len(records), held)
	}
	if n := len(records[3019].Event.JSON()); len(records) != 3020 || n < 100<<10 {
		t.Errorf("%d records, the last of %d bytes", len(records), n)
	}
}

// TestQueriesGoThroughTheJournalPieceByPiece asks for what there is in more pieces than
// one: all of it is found, once, and counted.
func TestQueriesGoThroughTheJournalPieceByPiece(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for range 13 {
		c.post("/v1/batch", `{"batch":[`+strings.Repeat(`{"type":"track","event":"E","userId":"u"},`, 99)+`{"type":"track","event":"F","userId":"u"}]}`)
	}
	for _, tt := range []struct{ query, want string }{
		{`?q=%22F%22&limit=3`, `"next":300,"total":13,`},
		{`?q=%22F%22&limit=3&after=900`, `"next":1200,"total":13,`},
		{`?q=%22F%22&limit=3&after=1100`, `"next":null,"total":13,`},
	} {
		if got := c.do(http.MethodGet, "/_segproof/records"+tt.query, nil); !strings.Contains(got.Body, tt.want) {
			t.Errorf("%s: %s, want %s", tt.query, got.Body[max(0, len(got.Body)-100):], tt.want)
		}
	}
	if got := c.wait(`{"where":{"name":"F"},"count":13}`); got.Status != 200 || strings.Count(got.Body, `"name":"F"`) != 13 || strings.Contains(got.Body, `"name":"E"`) {
		t.Errorf("a wait for 13 got %d with %d bytes", got.Status, len(got.Body))
	}
	if got := c.wait(`{"where":{"name":"F","user":"v"},"timeout":"0s"}`); !strings.Contains(got.Body, `"near":[{"record":{"seq":1300,`) {
		t.Errorf("a wait in vain got %.300s, want the last record as the nearest", got.Body)
	}
	if got := c.do(http.MethodGet, "/_segproof/findings", nil); !strings.Contains(got.Body, `"events": 1300`) && !strings.Contains(got.Body, `"events":1300`) {
		t.Errorf("findings: %.200s, want 1300 events checked", got.Body)
	}
}
