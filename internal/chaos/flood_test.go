//go:build chaos && linux

package chaos_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// answers counts answers. Its methods may be called by many goroutines.
type answers struct {
	mu    sync.Mutex // guards count
	count map[answer]int
}

func newAnswers() *answers { return &answers{count: map[answer]int{}} }

func (a *answers) add(got answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count[got]++
}

// batch is a body of twenty events with names of their own.
func batch(prefix string) string {
	var events []string
	for i := range 20 {
		events = append(events, fmt.Sprintf(`{"type":"track","event":"%s-%d","userId":"u"}`, prefix, i))
	}
	return `{"batch":[` + strings.Join(events, ",") + `]}`
}

// eventCost is what an event of this file's takes that is kept in memory, in kB.
const eventCost = 2

// TestFlood is S16: 300 clients post 20 events each, as fast as they can.
func TestFlood(t *testing.T) {
	for _, data := range []string{"", filepath.Join(t.TempDir(), "j.db")} {
		t.Run("data="+filepath.Base(data), func(t *testing.T) {
			args := []string{"--capacity", "1000000"}
			if data != "" {
				args = append(args, "--data", data)
			}
			p, c, got := start(t, args...), client(), newAnswers()
			deadline := time.Now().Add(5 * time.Second)
			var clients sync.WaitGroup
			for n := range 300 {
				clients.Go(func() {
					for i := 0; time.Now().Before(deadline); i++ {
						got.add(p.post(c, "/v1/batch", batch(fmt.Sprintf("%d-%d", n, i))))
					}
				})
			}
			clients.Wait()
			t.Logf("answers %v: %d events/s", got.count, got.count[taken]*20/5)
			if got.count[taken] == 0 {
				t.Error("nothing was taken")
			}
			most := 2 * enough
			if data == "" {
				most = enough + got.count[taken]*20*eventCost>>10 // it keeps what is sent, all of it
			}
			p.peaksBelow(t, most)
			if found, want := len(p.names(t)), got.count[taken]*20; found < want {
				t.Errorf("%d events found, %d acknowledged", found, want)
			}
		})
	}
}

// TestSlowDisk is S15: each commit takes 200 ms, and more clients post than may wait.
func TestSlowDisk(t *testing.T) {
	p, got := start(t, "--data", filepath.Join(t.TempDir(), "j.db"), "--capacity", "1000000"), newAnswers()
	tr := trace(t, p, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=200000")
	before := p.memory(t, "VmRSS")
	deadline := time.Now().Add(5 * time.Second)
	var clients sync.WaitGroup
	for n := range 2500 { // 1,024 wait, and 512 are in the group that is written
		clients.Go(func() {
			c := client()
			defer c.CloseIdleConnections()
			for i := 0; time.Now().Before(deadline); i++ {
				got.add(p.post(c, "/v1/track", track(fmt.Sprintf("%d-%d", n, i))))
			}
		})
	}
	clients.Wait()
	tr.detach()
	t.Logf("answers %v, %.1f MB more", got.count, float64(p.memory(t, "VmHWM")-before)/1024)
	if got.count[answer{503, "too_busy"}] == 0 || got.count[taken] == 0 {
		t.Errorf("answers %v, want some 200 and some 503 too_busy", got.count)
	}
	if found := len(p.names(t)); found < got.count[taken] {
		t.Errorf("%d events found, %d acknowledged", found, got.count[taken])
	}
	p.peaksBelow(t, enough+2500*connectionCost>>10)
	if got := p.post(client(), "/v1/track", track("afterwards")); got != taken {
		t.Errorf("afterwards: %v", got)
	}
}

// TestReadersThatDoNotRead is S27: 100 streams whose readers stand still while events
// arrive. They are cut, and cost nothing that grows.
func TestReadersThatDoNotRead(t *testing.T) {
	p, c := start(t), client()
	for range 100 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "GET /_segproof/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	}
	big := `{"batch":[` + strings.Repeat(`{"type":"track","event":"E","userId":"`+strings.Repeat("x", 28_000)+`"},`, 15) + `{}]}`
	for i := range 40 { // 17 MB for each reader, more than its socket takes
		if got := p.post(c, "/v1/batch", big); got != taken {
			t.Errorf("batch %d: %v", i, got)
		}
	}
	most, sent := p.descriptors(t), time.Now()
	until(t, 60*time.Second, "the readers to be cut", func() bool { return p.descriptors(t) < 30 })
	t.Logf("descriptors: %d, and %d after %v", most, p.descriptors(t), time.Since(sent).Round(time.Second))
	if most < 100 {
		t.Errorf("%d descriptors were open, want 100 streams: the test is of no use", most)
	}
	p.peaksBelow(t, 4*enough) // each holds the 500 kB of one request, until it is cut
}

// descriptors returns how many files and sockets the process has open.
func (p *process) descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// TestNoDescriptorsLeft is S13: 300 connections come to a server that may have 128. A good
// request is answered as soon as idle ones have timed out.
func TestNoDescriptorsLeft(t *testing.T) {
	p := startBy(t, []string{"prlimit", "--nofile=128:128"})
	var idle []net.Conn
	for range 300 {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), time.Second)
		if err != nil {
			break // the kernel's own queue is full too
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	c := &http.Client{Timeout: 60 * time.Second}
	sent := time.Now()
	if got := p.post(c, "/v1/track", track("late")); got != taken {
		t.Errorf("a good request got %v", got)
	}
	t.Logf("with %d idle connections a good request took %v", len(idle), time.Since(sent))
	sent = time.Now()
	if got := p.post(c, "/v1/track", track("then")); got != taken || time.Since(sent) > time.Second {
		t.Errorf("the next one got %v after %v", got, time.Since(sent))
	}
}

// TestAcceptFails is S14: for three seconds no connection can be accepted.
func TestAcceptFails(t *testing.T) {
	p := start(t)
	tr := trace(t, p, "-e", "trace=accept4", "-e", "inject=accept4:error=EMFILE")
	done := make(chan answer, 1)
	sent := time.Now()
	go func() { done <- p.post(client(), "/v1/track", track("early")) }()
	time.Sleep(3 * time.Second)
	select {
	case got := <-done:
		t.Errorf("a request got %v though nothing is accepted", got)
	default:
	}
	tr.detach()
	if got := <-done; got != taken {
		t.Errorf("a request got %v", got)
	}
	t.Logf("a request that came while nothing was accepted took %v", time.Since(sent))
	if said := strings.Count(p.stderr.String(), "http server"); said < 1 || said > 6 {
		t.Errorf("the log has %d lines about it, want one a second at most:\n%s", said, p.stderr)
	}
}
