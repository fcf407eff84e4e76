package mockserver_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"segproof/event"
	"segproof/finding"
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
		c.post("/v1/batch", `{"writeKey":"wk","batch":[`+strings.Repeat(`{"type":"track","event":"E","userId":"u"},`, 99)+`{"type":"track","event":"F","userId":"u"}]}`)
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

// TestScopesAreForgotten sends in more scopes than are counted, records and then requests
// that are refused.
func TestScopesAreForgotten(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Capacity: 100})
	c := newClient(t, srv)
	for i := range 12 {
		var items []string
		for k := range 1000 {
			items = append(items, fmt.Sprintf(`{"type":"track","event":"E","writeKey":"key-%d-%d"}`, i, k))
		}
		if got := c.post("/v1/batch", `{"batch":[`+strings.Join(items, ",")+`]}`); got.Status != 200 {
			t.Fatalf("got %v", got)
		}
		c.post("/v1/batch", "no JSON", "X-Segproof-Scope", fmt.Sprintf("refused-%d", i))
	}
	memory, stored, last, err := mockserver.Counted(srv)
	if err != nil || memory != stored || memory > 10_000 || last > memory || last == 0 {
		t.Errorf("%d scopes are counted in memory, %d in the journal, %d with a refused request (%v); want no more in memory than in the journal, at most 10,000",
			memory, stored, last, err)
	}
	if n := srv.Scope("key-0-0").Lost(); n != 0 {
		t.Errorf("a scope that is forgotten has lost %d, want 0", n)
	}
}

// TestRefusedRequestsAreNotKeptForTheirNames sends refused bodies in many scopes to a
// journal that keeps 1 MB.
func TestRefusedRequestsAreNotKeptForTheirNames(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{CapacityBytes: 1 << 20})
	c := newClient(t, srv)
	before, body := heap(), strings.Repeat("x", 400<<10)
	for i := range 100 {
		c.post("/v1/batch", body, "X-Segproof-Scope", fmt.Sprint(i))
	}
	if held := (heap() - before) >> 20; held > 10 {
		t.Errorf("100 refused bodies of 400 kB hold %d MB, want less than 10", held)
	}
	_, err := srv.Scope("0").Wait(gone(), 1)
	if want := `requests refused: 1, the last one POST "/v1/batch" with 400 bad_json`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a wait ends with %v, want %s", err, want)
	}
}

// gone returns a context that has ended.
func gone() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestFindingsTakeRoomAndAreKeptSmall keeps records of which each has a finding that is
// larger than its event: what they take counts, and is a tenth of what it is as text.
func TestFindingsTakeRoomAndAreKeptSmall(t *testing.T) {
	talkative := checkerFunc(func(ev event.Event) []finding.Finding {
		return []finding.Finding{{Rule: "type-mismatch", Pointer: "/properties/" + ev.Name, Event: finding.Event{Name: ev.Name},
			Message: strings.Repeat("got and want, ", 70) + ev.Name}}
	})
	for _, tt := range []struct {
		name             string
		capacity         int64
		atLeast, noMore  int
		batches, inBatch int
	}{
		{"all that is told of 20 batches fits where it would not as text", 200 << 10, 3000, 3000, 20, 150},
		{"few at a time", 4 << 20, 3003, 3003, 1001, 3},
		{"what is told takes room", 60 << 10, 300, 1500, 20, 150},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{Checker: talkative, CapacityBytes: tt.capacity})
			c := newClient(t, srv)
			for b := range tt.batches {
				var events []string
				for i := range tt.inBatch {
					events = append(events, fmt.Sprintf(`{"type":"track","event":"E%d-%d"}`, b, i))
				}
				c.post("/v1/batch", `{"writeKey":"wk","batch":[`+strings.Join(events, ",")+`]}`)
			}
			records := recordsOf(t, srv)
			if n := len(records); n < tt.atLeast || n > tt.noMore {
				t.Errorf("%d records are kept, want %d to %d", n, tt.atLeast, tt.noMore)
			}
			for _, r := range records {
				if len(r.Findings) != 1 || !strings.HasSuffix(r.Findings[0].Message, r.Event.Name) || len(r.Findings[0].Message) < 900 {
					t.Fatalf("record %d of %s has %v", r.Seq, r.Event.Name, r.Findings)
				}
			}
			// A page begins where the findings of its request do not.
			if got := c.do(http.MethodGet, fmt.Sprintf("/_segproof/records?limit=1&after=%d", records[99].Seq), nil); !strings.Contains(got.Body, `"pointer":"/properties/`+records[100].Event.Name+`"`) {
				t.Errorf("a page from the record 101 on: %s", got.Body)
			}
		})
	}
}
