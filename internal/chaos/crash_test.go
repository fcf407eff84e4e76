//go:build chaos && linux

package chaos_test

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// write sends events one after the other until the server is gone.
func (p *process) write(prefix string, l *ledger, acked func(int)) {
	c := client()
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s-%d", prefix, i)
		switch got := p.post(c, "/v1/track", track(name)); got.status {
		case 0:
			return
		case 200:
			acked(l.add(name))
		}
	}
}

// under runs 16 writers against a server, calls crash once so many events more were
// acknowledged, and waits until it has ended.
func (p *process) under(t *testing.T, prefix string, l *ledger, more int, crash func()) {
	t.Helper()
	enough := make(chan struct{})
	var once sync.Once
	first := l.add(prefix + "-0-0") // which writer 0 sends first
	var writers sync.WaitGroup
	if got := p.post(client(), "/v1/track", track(prefix+"-0-0")); got != taken {
		t.Fatalf("first event: %v", got)
	}
	for w := range 16 {
		writers.Go(func() {
			p.write(fmt.Sprintf("%s-%d", prefix, w+1), l, func(acked int) {
				if acked-first >= more {
					once.Do(func() { close(enough) })
				}
			})
		})
	}
	select {
	case <-enough:
	case <-p.waited: // whatever is injected was quicker
	case <-time.After(30 * time.Second):
		t.Errorf("fewer than %d events in 30 seconds", more)
	}
	crash()
	writers.Wait()
	<-p.waited
}

// TestKill is S17: 20 rounds of kill -9 under 16 writers, on one file. It says nothing
// about fsync, since what was written outlives the process: see TestPowerLoss.
func TestKill(t *testing.T) {
	file, acked := filepath.Join(t.TempDir(), "j.db"), newLedger()
	args := []string{"--data", file, "--capacity", "1000000"}
	for round := range 20 {
		p := start(t, args...)
		p.under(t, fmt.Sprint(round), acked, 100+53*round, p.kill)
	}
	began := time.Now()
	p := start(t, args...)
	t.Logf("the server that found all this was ready after %v", time.Since(began))
	acked.holds(t, p.names(t))
}

// TestKillInsideASystemCall is S18: the process dies as it enters the N-th write or sync
// of a thread, which leaves transactions half written.
func TestKillInsideASystemCall(t *testing.T) {
	file, acked := filepath.Join(t.TempDir(), "j.db"), newLedger()
	args := []string{"--data", file, "--capacity", "1000000"}
	rounds := 0
	for _, call := range []string{"pwrite64", "fsync"} {
		for n := 1; n <= 46; n += 3 {
			p := start(t, args...)
			tr := trace(t, p, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n))
			p.write(fmt.Sprintf("%s-%d", call, n), acked, func(int) {})
			<-p.waited
			tr.detach()
			if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Errorf("%s %d: it ended with %v, want SIGKILL", call, n, p.err)
			}
			rounds++
		}
	}
	p := start(t, args...)
	t.Logf("%d rounds", rounds)
	acked.holds(t, p.names(t))
}

// TestTerminate is S24: a SIGTERM while every commit takes 300 ms. What was taken is
// answered, and the end is in order.
func TestTerminate(t *testing.T) {
	file, acked := filepath.Join(t.TempDir(), "j.db"), newLedger()
	p := start(t, "--data", file, "--fail-on", "none")
	trace(t, p, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=300000")
	var senders sync.WaitGroup
	sent := time.Now()
	for i := range 32 {
		senders.Go(func() {
			name := fmt.Sprint("taken ", i)
			if got := p.post(client(), "/v1/track", track(name)); got == taken {
				acked.add(name)
			}
		})
	}
	time.Sleep(100 * time.Millisecond) // they are in the queue: each commit takes longer
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	senders.Wait()
	<-p.waited
	took := time.Since(sent)
	t.Logf("%d of 32 answered, ended with %v after %v", len(acked.acked), p.cmd.ProcessState, took)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 || took > 10*time.Second || len(acked.acked) != 32 {
		t.Errorf("exit code %d after %v with %d answers, want 0 within 10s with 32: %s", code, took, len(acked.acked), p.stderr)
	}
	acked.holds(t, start(t, "--data", file).names(t))
}

// TestTerminateTwice has a request under way, which the first SIGTERM waits for.
func TestTerminateTwice(t *testing.T) {
	p := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
	time.Sleep(200 * time.Millisecond) // the server has read the header
	sent := time.Now()
	for range 2 {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond) // the kernel merges signals that come together
	}
	<-p.waited
	t.Logf("ended with %v after %v", p.cmd.ProcessState, time.Since(sent))
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM || time.Since(sent) > 2*time.Second {
		t.Errorf("ended with %v after %v, want SIGTERM at once", p.cmd.ProcessState, time.Since(sent))
	}
}

// TestFilesThatCannotBeUsed is S34 and S35 by the command itself: exit code 2, one line.
func TestFilesThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "j.db")
	p := start(t, "--data", file)
	port := strings.TrimPrefix(p.url, "http://")
	for name, args := range map[string][]string{
		"the file is in use": {"--addr", "127.0.0.1:0", "--data", file},
		"the port is in use": {"--addr", port},
		"no such folder":     {"--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "no", "j.db")},
		"a folder":           {"--addr", "127.0.0.1:0", "--data", dir},
	} {
		code, stderr := refuses(t, args...)
		t.Logf("%s: %d %s", name, code, stderr)
		if code != 2 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d and %q, want 2 and one line", name, code, stderr)
		}
	}
}
