//go:build chaos && linux

package chaos_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	taken    = answer{200, ""}
	full     = answer{503, "store_full"}
	failed   = answer{503, "store_failed"}
	isReady  = answer{200, "ready"}
	isHealth = answer{200, "ok"}
)

// TestAnswersComeAfterTheDisk looks at the order of system calls: what was written is
// synced, and only then the 200 leaves.
func TestAnswersComeAfterTheDisk(t *testing.T) {
	p, c := start(t, "--data", filepath.Join(t.TempDir(), "j.db")), client()
	tr := trace(t, p, "-y", "-s", "24", "-e", "trace=fsync,fdatasync,pwrite64,write")
	for i := range 20 {
		if got := p.post(c, "/v1/track", track(fmt.Sprint(i))); got != taken {
			t.Fatalf("got %v", got)
		}
	}
	tr.detach()
	dirty, synced, answers := false, false, 0
	for _, call := range tr.lines(t) {
		switch {
		case strings.HasPrefix(call, "pwrite64(") && strings.Contains(call, "j.db-wal>"):
			dirty, synced = true, false
		case strings.Contains(call, "sync(") && strings.Contains(call, "j.db-wal>") && strings.HasSuffix(call, "= 0"):
			dirty, synced = false, true
		case strings.HasPrefix(call, "write(") && strings.Contains(call, `"HTTP/1.1 200`):
			answers++
			if dirty || !synced {
				t.Errorf("answer %d left before its sync", answers)
			}
			synced = false // the next one needs its own
		}
	}
	t.Logf("%d answers, each after an fsync of the log with nothing unwritten", answers)
	if answers != 20 {
		t.Errorf("strace saw %d answers, want 20", answers)
	}
}

// TestDiskErrors is S19: while system calls fail, no answer is 200, and afterwards all
// that was acknowledged is there.
func TestDiskErrors(t *testing.T) {
	for _, tt := range []struct {
		name, inject string
		want         answer
		sticky       bool // it takes nothing until a restart
	}{
		{"EIO on fsync", "fsync,fdatasync:error=EIO", failed, true},
		{"ENOSPC on fsync", "fsync,fdatasync:error=ENOSPC", failed, true},
		{"EIO on pwrite64", "pwrite64:error=EIO", failed, false},
		{"ENOSPC on pwrite64", "pwrite64:error=ENOSPC", full, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "j.db")
			p, c, acked := start(t, "--data", file), client(), newLedger()
			send := func(name string) answer {
				got := p.post(c, "/v1/track", track(name))
				if got == taken {
					acked.add(name)
				}
				return got
			}
			if got := send("before"); got != taken {
				t.Fatalf("before: %v", got)
			}
			calls, _, _ := strings.Cut(tt.inject, ":")
			tr := trace(t, p, "-e", "trace="+calls, "-e", "inject="+tt.inject)
			for i := range 6 {
				if got := send(fmt.Sprint("during ", i)); got != tt.want {
					t.Errorf("while it lasts: %v, want %v", got, tt.want)
				}
			}
			if got := p.get(c, "/_segproof/ready"); got.status != http.StatusServiceUnavailable {
				t.Errorf("ready while it lasts: %v, want 503", got)
			}
			if got := p.get(c, "/_segproof/health"); got != isHealth {
				t.Errorf("health while it lasts: %v", got)
			}
			tr.detach()
			ready, after := isReady, taken
			if tt.sticky {
				ready, after = failed, failed
			}
			if got := p.get(c, "/_segproof/ready"); got != ready {
				t.Errorf("ready afterwards: %v, want %v", got, ready)
			}
			for i := range 3 {
				if got := send(fmt.Sprint("after ", i)); got != after {
					t.Errorf("afterwards: %v, want %v", got, after)
				}
			}
			acked.holds(t, p.names(t))
			p.kill()
			p = start(t, "--data", file)
			if got := send("restarted"); got != taken {
				t.Errorf("after a restart: %v, want %v", got, taken)
			}
			acked.holds(t, p.names(t))
		})
	}
}

// TestCheckpointErrors lets only calls on the database itself fail, which SQLite makes
// while it moves the log there: the events are in the log by then, and safe. Once an fsync
// has failed there, the log must not be written anew.
func TestCheckpointErrors(t *testing.T) {
	for _, tt := range []struct {
		name, inject string
		sticky       bool
	}{
		{"EIO on pwrite64", "pwrite64:error=EIO", false},
		{"EIO on fsync", "fsync,fdatasync:error=EIO", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "j.db")
			p, c, acked := start(t, "--data", file), client(), newLedger()
			refused := 0
			send := func(name string) {
				body := fmt.Sprintf(`{"event":%q,"properties":{"x":%q}}`, name, strings.Repeat("x", 20_000))
				switch got := p.post(c, "/v1/track", body); got {
				case taken:
					acked.add(name)
				case failed:
					refused++
				default:
					t.Errorf("%s: %v", name, got)
				}
			}
			calls, _, _ := strings.Cut(tt.inject, ":")
			tr := trace(t, p, "-P", file, "-e", "trace="+calls, "-e", "inject="+tt.inject)
			for i := range 300 {
				send(fmt.Sprint("during ", i))
			}
			tr.detach()
			if log := strings.Join(tr.lines(t), "\n"); !strings.Contains(log, "(INJECTED)") {
				t.Error("no call failed: the test is of no use")
			}
			t.Logf("%d of 300 refused", refused)
			refused = 0
			for i := range 20 {
				send(fmt.Sprint("after ", i))
			}
			if sticky := refused == 20; sticky != tt.sticky || refused != 0 && refused != 20 {
				t.Errorf("afterwards %d of 20 are refused; want all: %v", refused, tt.sticky)
			}
			acked.holds(t, p.names(t))
			p.kill()
			acked.holds(t, start(t, "--data", file).names(t))
		})
	}
}

// TestFullDisk is S20: a file system of 16 MB is filled. What is there stays readable, a
// reset makes room again, and so does a person who deletes something.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p, c, acked := start(t, "--data", filepath.Join(dir, "j.db")), client(), newLedger()
	fill := func(name string) (took int, last answer) {
		for i := range 400 {
			one := fmt.Sprint(name, " ", i)
			last = p.post(c, "/v1/batch", fmt.Sprintf(`{"batch":[{"type":"track","event":%q,"userId":"u","properties":{"x":%q}}]}`, one, strings.Repeat("x", 100_000)))
			if last != taken {
				return took, last
			}
			acked.add(one)
			took++
		}
		return took, last
	}
	took, last := fill("first")
	t.Logf("%d events of 100 kB fit, then %v", took, last)
	if last != full || took == 0 {
		t.Fatalf("%d events taken, then %v; want some, then %v", took, last, full)
	}
	if health, ready := p.get(c, "/_segproof/health"), p.get(c, "/_segproof/ready"); health != isHealth || ready != full {
		t.Errorf("full: health %v, ready %v", health, ready)
	}
	acked.holds(t, p.names(t))
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if ready := p.get(c, "/_segproof/ready"); ready != isReady {
		t.Errorf("ready after somebody made room: %v", ready)
	}
	if took, last = fill("second"); took == 0 || last != full {
		t.Errorf("after somebody made room: %d events taken, then %v", took, last)
	}
	acked.holds(t, p.names(t))
	req, err := http.NewRequest(http.MethodDelete, p.url+"/_segproof/records", nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := time.Now()
	if got := do(c, req); got.status != http.StatusNoContent {
		t.Errorf("a reset of the full journal: %v, want 204", got)
	}
	t.Logf("the reset took %v", time.Since(sent))
	acked = newLedger()
	if took, last = fill("third"); took == 0 {
		t.Errorf("nothing is taken after the reset: %v\n%s", last, p.stderr)
	}
	t.Logf("%d events of 100 kB fit after the reset", took)
	acked.holds(t, p.names(t))
}

// smallDisk mounts a file system of 16 MB for the test.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("NOT RUN: a small file system cannot be mounted here (it needs root): %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}
