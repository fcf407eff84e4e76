//go:build chaos && linux

package chaos_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// enough is how much memory, in MB, the server may take under attack.
const enough = 64

// gzipped returns the gzip form of so many MB of one letter, as one member.
func gzipped(t *testing.T, mb int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range mb {
		if _, err := w.Write(bytes.Repeat([]byte("a"), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGzipBombs is S4 and S5. A bomb of 1 GB has 1.04 MB on the wire and is refused for
// that already; one of 400 MB has not.
func TestGzipBombs(t *testing.T) {
	p, c := start(t), client()
	before := p.memory(t, "VmHWM")
	for _, mb := range []int{1, 100, 400, 1024} {
		bomb := gzipped(t, mb)
		sent := time.Now()
		got := p.post(c, "/v1/batch", bomb, "Content-Encoding", "gzip")
		t.Logf("%d MB in %d bytes: %v after %v", mb, len(bomb), got, time.Since(sent))
		if want := (answer{400, "payload_too_large"}); got != want {
			t.Errorf("a bomb of %d MB got %v, want %v", mb, got, want)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				// A sender may see its connection cut before it reads the answer: the server
				// does not read on what it refuses.
				if got := p.post(c, "/v1/batch", bomb, "Content-Encoding", "gzip"); got != (answer{400, "payload_too_large"}) && got.status != 0 {
					t.Errorf("one of eight bombs of %d MB got %v", mb, got)
				}
			})
		}
		wg.Wait()
	}
	t.Logf("the bombs added %.1f MB", float64(p.memory(t, "VmHWM")-before)/1024)
	p.peaksBelow(t, enough)
}

// drip sends a byte a second until the server has enough, and returns how long that took.
func drip(conn net.Conn, head string) time.Duration {
	defer conn.Close()
	began := time.Now()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = bufio.NewReader(conn).WriteTo(discard{}) // ends when the server closes, however it does
	}()
	if _, err := conn.Write([]byte(head)); err != nil {
		return time.Since(began)
	}
	for {
		select {
		case <-gone:
			return time.Since(began)
		case <-time.After(time.Second):
			_, _ = conn.Write([]byte("x")) // a broken connection ends gone
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// TestSlowSenders is S11: 500 senders drip, half of them their header, half their body.
func TestSlowSenders(t *testing.T) {
	p, c := start(t), client()
	host := strings.TrimPrefix(p.url, "http://")
	var wg sync.WaitGroup
	lives := make([]time.Duration, 500)
	for i := range lives {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		head := "POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if i%2 == 0 {
			head = "POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
		}
		wg.Go(func() { lives[i] = drip(conn, head) })
	}
	all := make(chan struct{})
	go func() { wg.Wait(); close(all) }()
	var took []time.Duration
	for waiting := true; waiting; {
		sent := time.Now()
		if got := p.post(c, "/v1/track", track("good")); got.status != http.StatusOK {
			t.Errorf("a good request got %v", got)
		}
		took = append(took, time.Since(sent))
		select {
		case <-all:
			waiting = false
		case <-time.After(100 * time.Millisecond):
		}
	}
	slices.Sort(took)
	slices.Sort(lives)
	t.Logf("%d good requests: median %v, slowest %v; slow senders cut after %v to %v",
		len(took), took[len(took)/2], took[len(took)-1], lives[0].Round(time.Millisecond), lives[len(lives)-1].Round(time.Millisecond))
	if slowest := took[len(took)-1]; slowest > 100*time.Millisecond {
		t.Errorf("a good request took %v, want at most 100ms", slowest)
	}
	if last := lives[len(lives)-1]; last > 15*time.Second {
		t.Errorf("a slow sender was cut after %v, want at most 15s", last)
	}
	p.peaksBelow(t, enough)
}

// TestIdleConnections is S12: 9,000 connections that say nothing, and then each a
// request.
func TestIdleConnections(t *testing.T) {
	p := start(t)
	host := strings.TrimPrefix(p.url, "http://")
	const n = 9000
	before := p.memory(t, "VmRSS")
	conns := make([]net.Conn, n)
	for i := range conns {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
		defer conn.Close()
		conns[i] = conn
	}
	if got := p.post(client(), "/v1/track", track("good")); got.status != http.StatusOK {
		t.Errorf("a good request got %v", got)
	}
	perConn := float64(p.memory(t, "VmRSS")-before) / n
	t.Logf("%d connections that have said nothing: %.1f kB each, %d MB in all", n, perConn, p.memory(t, "VmRSS")>>10)
	began := time.Now()
	taken := 0
	for _, part := range slices.Collect(slices.Chunk(conns, 64)) {
		taken += postOnEach(part)
	}
	t.Logf("%d of %d then got 200 in %v", taken, n, time.Since(began))
	if taken != n {
		t.Errorf("%d of %d connections got 200", taken, n)
	}
	after := float64(p.memory(t, "VmHWM")-before) / n
	t.Logf("at the peak, %.1f kB for each", after)
	p.peaksBelow(t, enough+n*connectionCost>>10)
}

// connectionCost is what a connection that has had its request may take, in kB: net/http
// keeps two buffers of 4 kB and a goroutine for each, and there is garbage on top. The
// kernel's own buffers are not the server's memory.
const connectionCost = 30

// postOnEach sends an event on each connection, then reads the answers, and returns how
// many were 200.
func postOnEach(conns []net.Conn) (taken int) {
	body := track("late")
	for _, conn := range conns {
		fmt.Fprintf(conn, "POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	for _, conn := range conns {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			taken++
		}
	}
	return taken
}

// TestSharedContext sends batches of 106 kB whose events would be 16 MB with a copy of
// their context in each: 60 of them, 20 at once, and then a wait and a report of all that was
// kept.
func TestSharedContext(t *testing.T) {
	p, c := start(t), client()
	body := `{"context":{"x":"` + strings.Repeat("c", 100<<10) + `"},"batch":[` + strings.Repeat(`{"type":"track","event":"E","userId":"u"},`, 150) + `{}]}`
	got := newAnswers()
	for range 3 {
		var senders sync.WaitGroup
		for range 20 { // each takes a quarter of a second to judge
			senders.Go(func() { got.add(p.post(c, "/v1/batch", body)) })
		}
		senders.Wait()
	}
	if got.count[taken] != 60 {
		t.Errorf("answers %v, want 60 times 200", got.count)
	}
	t.Logf("answers %v, peak %.1f MB", got.count, float64(p.memory(t, "VmHWM"))/1024)
	if got := p.post(c, "/_segproof/wait", `{"count":{"min":1}}`); got.status != http.StatusOK {
		t.Errorf("a wait got %v", got)
	}
	if got := p.get(c, "/_segproof/findings"); got.status != http.StatusOK {
		t.Errorf("findings got %v", got)
	}
	p.peaksBelow(t, 3*enough)
}
