//go:build chaos && linux

package chaos_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tracer is an strace that is attached to a server.
type tracer struct {
	cmd    *exec.Cmd
	log    string // file with the system calls seen
	stderr *lockedBuffer
	waited chan struct{} // closed when it has ended
}

// trace attaches strace to all threads of a process, and returns when it is there. What
// it injects happens until it is detached. A count in when=N is per thread, so that it
// says little about which call of the process is hit.
func trace(t *testing.T, p *process, args ...string) *tracer {
	t.Helper()
	tr := &tracer{log: filepath.Join(t.TempDir(), "strace"), stderr: &lockedBuffer{}, waited: make(chan struct{})}
	line := append([]string{"-f", "-o", tr.log, "-p", strconv.Itoa(p.cmd.Process.Pid)}, args...)
	tr.cmd = exec.Command("strace", line...)
	tr.cmd.Stderr = tr.stderr
	if err := tr.cmd.Start(); err != nil {
		t.Fatalf("NOT RUN: strace is needed (Debian: apt-get install strace): %v", err)
	}
	go func() {
		_ = tr.cmd.Wait() // it ends as the traced process does
		close(tr.waited)
	}()
	t.Cleanup(tr.detach)
	until(t, 10*time.Second, "strace to attach", func() bool {
		select {
		case <-tr.waited:
			t.Fatalf("NOT RUN: strace cannot attach here: %s", tr.stderr)
		default:
		}
		return tr.traces(p)
	})
	return tr
}

// traces reports whether every thread of a process has the tracer.
func (tr *tracer) traces(p *process) bool {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		return false
	}
	for _, task := range tasks {
		status, err := os.ReadFile(task)
		if err == nil && strings.Contains(string(status), "TracerPid:\t0\n") {
			return false
		}
	}
	return true
}

// detach ends the tracer, and the fault with it; the process goes on. A second call does
// no harm.
func (tr *tracer) detach() {
	_ = tr.cmd.Process.Signal(syscall.SIGINT) // it may have ended
	select {
	case <-tr.waited:
	case <-time.After(10 * time.Second):
		_ = tr.cmd.Process.Kill()
		<-tr.waited
	}
}

// lines returns the system calls seen so far, those that end elsewhere than they begin
// put together, in the order of their ends.
func (tr *tracer) lines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(tr.log)
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]string{}
	var calls []string
	for line := range strings.Lines(string(text)) {
		thread, call, ok := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		if !ok {
			continue
		}
		if head, ok := strings.CutSuffix(call, " <unfinished ...>"); ok {
			begun[thread] = head
			continue
		}
		if strings.HasPrefix(call, "<... ") {
			_, tail, _ := strings.Cut(call, " resumed>")
			call = begun[thread] + tail
		}
		calls = append(calls, call)
	}
	return calls
}
