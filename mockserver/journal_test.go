package mockserver_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// listen is [mockserver.Listen] for a test that closes the server itself.
func listen(t testing.TB, opts mockserver.Options) *mockserver.Server {
	t.Helper()
	srv, err := mockserver.Listen(opts)
	if err != nil {
		t.Fatalf("Listen: %v", err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

func closed(t testing.TB, srv *mockserver.Server) {
	t.Helper()
	if err := srv.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestAFileKeepsEverythingAcrossARestart(t *testing.T) {
	opts := mockserver.Options{
		Data: filepath.Join(t.TempDir(), "journal file.db"), Capacity: 3,
		Checker: checkerFunc(func(ev event.Event) []finding.Finding {
			if ev.Name == "" {
				return nil
			}
			return []finding.Finding{{Rule: "type-mismatch", Severity: finding.Error, Pointer: "/properties/a", Message: "got \"x\", want <number>",
				Excerpt: finding.Excerpt{Text: "caf\xe9", Start: 1, Length: 2, After: true}}}
		}),
	}
	srv := listen(t, opts)
	c := newClient(t, srv)
	for range 2 {
		c.post("/v1/track", `{"event":"A","messageId":"m1","writeKey":"wk"}`, "X-Retry-Count", "2")
	}
	c.post("/v1/batch", gzipped(`{"writeKey":"wk", "context":{"a":1.10}, "batch":[{"type":"identify"},{"type":"track","event":"B"}]}`), "Content-Encoding", "gzip")
	c.post("/v1/track", `{bad`, "Authorization", "Basic d2s6")
	records, requests, lost := recordsOf(t, srv), requestsOf(t, srv), srv.Lost()
	if len(records) != 3 || len(requests) < 3 || lost != 1 || records[2].Event.Name != "B" || records[0].DuplicateOf != 1 {
		t.Fatalf("before: %d records, %d requests, %d lost\n%+v", len(records), len(requests), lost, records)
	}
	closed(t, srv)

	srv = listen(t, opts)
	if diff := cmp.Diff(records, recordsOf(t, srv)); diff != "" {
		t.Errorf("records after a restart (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(requests, requestsOf(t, srv)); diff != "" {
		t.Errorf("requests after a restart (-before +after):\n%s", diff)
	}
	if srv.Lost() != lost || srv.Scope("wk").Lost() != lost || srv.Refused() != 1 {
		t.Errorf("after a restart: lost %d, refused %d, want %d and 1", srv.Lost(), srv.Refused(), lost)
	}
	newClient(t, srv).post("/v1/track", `{"event":"C","writeKey":"wk"}`)
	records = recordsOf(t, srv)
	if last := records[len(records)-1]; last.Seq != 5 || last.Request.Seq != 5 {
		t.Errorf("the next record has number %d, its request %d, want 5 and 5: numbers are not used twice", last.Seq, last.Request.Seq)
	}
}

func TestFilesThatAreNoJournalAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	database := func(name string, statements ...string) string {
		file := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
		return file
	}
	used := filepath.Join(dir, "used.db")
	closed(t, listen(t, mockserver.Options{Data: used}))
	journal, err := os.ReadFile(used)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(journal)
	for i := 4096; i < len(damaged)-100; i++ {
		damaged[i] ^= 0x5a
	}
	for _, tt := range []struct{ name, file, want string }{
		{"text", write("notes.txt", []byte(strings.Repeat("dear diary\n", 500))), "not a journal"},
		{"another database", database("other.db", "CREATE TABLE t (a)"), "not one of segproof's"},
		{"a newer journal", database("newer.db", "PRAGMA application_id = 1936158822", "PRAGMA user_version = 99", "CREATE TABLE t (a)"), "version 99"},
		{"damaged", write("damaged.db", damaged), "damaged"},
		{"no folder", filepath.Join(dir, "no", "folder.db"), "no such file"},
		{"a folder", dir, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, _ := os.ReadFile(tt.file)
			srv, err := mockserver.Listen(mockserver.Options{Data: tt.file})
			if err == nil {
				srv.Close()
				t.Fatal("the server started")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.file) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error = %q, want one line with %q and the file's name", err, tt.want)
			}
			if after, _ := os.ReadFile(tt.file); !bytes.Equal(before, after) {
				t.Errorf("the file has changed: %d bytes before, %d after", len(before), len(after))
			}
		})
	}
}

func TestAFileIsForOneServer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "journal.db")
	srv := listen(t, mockserver.Options{Data: file})
	_, err := mockserver.Listen(mockserver.Options{Data: file})
	if want := fmt.Sprintf("in use by pid %d", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a second server: %v, want %q", err, want)
	}
	closed(t, srv)
	closed(t, listen(t, mockserver.Options{Data: file}))
}

func TestBodiesKeptAreBoundedByBytes(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{CapacityBytes: 100_000})
	c := newClient(t, srv)
	for i := range 40 {
		c.post("/v1/track", fmt.Sprintf(`{"event":"E%d","properties":{"a":%q}}`, i, strings.Repeat("x", 10_000)))
		c.post("/v1/track", "{"+strings.Repeat("y", 10_000)) // refused, and kept
	}
	size := 0
	for _, r := range requestsOf(t, srv) {
		size += len(r.Body)
	}
	records := recordsOf(t, srv)
	if size > 100_000 || size < 80_000 {
		t.Errorf("bodies of %d bytes are kept, want at most 100,000 and not much less", size)
	}
	if n := len(records); n == 0 || records[n-1].Event.Name != "E39" || srv.Lost() != 40-n {
		t.Errorf("%d records kept, %d lost, want 40 together, the last one E39", n, srv.Lost())
	}
}

// A test that sends much does not push out what another one has sent, and refused
// requests do not push out events.
func TestTheScopeThatHoldsMostMakesRoom(t *testing.T) {
	for _, tt := range []struct{ name, small, large string }{
		{"large events of another scope", "calm", `{"writeKey":"loud","event":"L","properties":{"a":"` + strings.Repeat("x", 9_000) + `"}}`},
		{"refused ones of another scope", "calm", `{"writeKey":"loud",` + strings.Repeat("x", 9_000)},
		{"refused ones of the same scope", "loud", `{"writeKey":"loud",` + strings.Repeat("x", 9_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{CapacityBytes: 100_000})
			c := newClient(t, srv)
			for i := range 20 {
				c.post("/v1/track", fmt.Sprintf(`{"event":"S%d"}`, i), "X-Segproof-Scope", tt.small)
			}
			for range 40 {
				c.post("/v1/track", tt.large, "X-Segproof-Scope", "loud")
			}
			records, err := srv.Scope(tt.small).Records()
			if err != nil || len(records) != 20 || srv.Scope(tt.small).Lost() != 0 {
				t.Errorf("%d small records are left, %d lost, %v; want 20 and none", len(records), srv.Scope(tt.small).Lost(), err)
			}
			size := 0
			for _, r := range requestsOf(t, srv) {
				size += len(r.Body)
			}
			if size > 100_000 || size < 80_000 {
				t.Errorf("bodies of %d bytes are kept, want at most 100,000 and not much less", size)
			}
		})
	}
}

func TestScopesDoNotSeeEachOther(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			c, scope := newClient(t, srv), srv.Scope(fmt.Sprintf("wk%d", worker))
			for round := range 20 {
				for i := range 5 {
					c.post("/v1/track", fmt.Sprintf(`{"event":"R%d-%d","writeKey":"wk%d"}`, round, i, worker))
				}
				records, err := scope.Wait(soon(t), 5)
				if err != nil || len(records) != 5 {
					t.Errorf("worker %d, round %d: %d records, %v; want 5", worker, round, len(records), err)
					return
				}
				for i, rec := range records {
					if want := fmt.Sprintf("R%d-%d", round, i); rec.Event.Name != want || rec.Scope != fmt.Sprintf("wk%d", worker) {
						t.Errorf("worker %d: record %d is %s of %s, want %s", worker, i, rec.Event.Name, rec.Scope, want)
					}
				}
				if err := scope.Reset(); err != nil {
					t.Error(err)
				}
				if records, err := scope.Records(); len(records) != 0 || err != nil {
					t.Errorf("worker %d: %d records after Reset, %v", worker, len(records), err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(recordsOf(t, srv)); n != 0 {
		t.Errorf("%d records left, want none", n)
	}
}

// TestResetsAmongWrites is S25: what was acknowledged before a reset began is gone, what
// was sent after the last one is there.
func TestResetsAmongWrites(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				if err := srv.Reset(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 8 {
		wg.Go(func() {
			c := newClient(t, srv)
			for range 25 {
				if status, code := c.post("/v1/track", track).code(t); status != http.StatusOK {
					t.Errorf("answer %d %s, want 200", status, code)
				}
			}
		})
	}
	wg.Wait()
	if err := srv.Reset(); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, srv)
	for range 7 {
		c.post("/v1/track", track)
	}
	if n := len(recordsOf(t, srv)); n != 7 {
		t.Errorf("%d records after the last reset, want 7", n)
	}
}

func TestDuplicatesAreOfTheirScope(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: checkerFunc(func(event.Event) []finding.Finding { return nil })})
	c := newClient(t, srv)
	for _, key := range []string{"a", "b", "a"} {
		c.post("/v1/track", `{"event":"E","messageId":"m","writeKey":"`+key+`"}`)
	}
	var got []string
	for _, rec := range recordsOf(t, srv) {
		text := fmt.Sprint(rec.Scope, rec.DuplicateOf)
		for _, f := range rec.Findings {
			text += " " + f.Rule
		}
		got = append(got, text)
	}
	if diff := cmp.Diff([]string{"a0", "b0", "a1 duplicate-message-id"}, got); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
}

func TestReadingAClosedJournalIsAnError(t *testing.T) {
	srv := listen(t, mockserver.Options{Data: filepath.Join(t.TempDir(), "j.db")})
	closed(t, srv)
	closed(t, srv)
	if _, err := srv.Records(); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Records = %v, want ErrServerClosed", err)
	}
	if err := srv.Reset(); err == nil {
		t.Error("Reset of a closed journal succeeds")
	}
}

func TestVerdicts(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: checkerFunc(func(ev event.Event) []finding.Finding {
		var found []finding.Finding
		_ = json.Unmarshal([]byte(ev.Name), &found) // each event's name says what is found
		return found
	})})
	c := newClient(t, srv)
	for _, found := range []string{`[]`, `[{"rule":"unplanned-event","severity":"warning"}]`, `[{"rule":"type-mismatch","severity":"error"}]`,
		`[{"rule":"type-mismatch","severity":"error"},{"rule":"no-user-anon-id","severity":"error"}]`} {
		body, err := json.Marshal(map[string]string{"event": found, "writeKey": "a"})
		if err != nil {
			t.Fatal(err)
		}
		c.post("/v1/track", string(body))
	}
	var got []mockserver.Verdict
	for _, rec := range recordsOf(t, srv) {
		got = append(got, rec.Verdict)
	}
	if diff := cmp.Diff([]mockserver.Verdict{mockserver.Valid, mockserver.Valid, mockserver.Invalid, mockserver.Dropped}, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// TestWhatCouldNotBeStoredIsNotCountedAsTaken: the metrics say what the sender was told.
func TestWhatCouldNotBeStoredIsNotCountedAsTaken(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Functions: map[string]mockserver.Function{"greeter": greeter}})
	c := newClient(t, srv)
	mockserver.BreakJournal(srv)
	for _, path := range []string{"/v1/track", "/v1/pixel/track?data=e30=", "/functions/greeter"} {
		method := http.MethodPost
		if strings.Contains(path, "pixel") {
			method = http.MethodGet
		}
		if got := c.do(method, path, strings.NewReader(track)); got.Status != 503 {
			t.Errorf("%s = %d %s, want 503", path, got.Status, got.Body)
		}
	}
	metrics := c.do(http.MethodGet, "/metrics", nil).Body
	if strings.Contains(metrics, `segproof_requests_total{status="200"}`) || strings.Contains(metrics, "\nsegproof_events_total{") ||
		!strings.Contains(metrics, `segproof_requests_total{status="503"}`) {
		t.Errorf("metrics count what could not be stored as taken:\n%s", metrics)
	}
	for _, n := range srv.Invocations() {
		if n.Request != 0 {
			t.Errorf("an invocation is of request %d, which could not be stored", n.Request)
		}
	}
}
