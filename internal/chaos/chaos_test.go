//go:build chaos && linux

// Package chaos_test breaks what a real segproof serve stands on, and looks at what it
// says and keeps: it kills it, fills its disk, makes its system calls fail, sends bombs,
// and holds thousands of connections. `make chaos` runs it; docs/reliability.md has the
// results. Nothing leaves this machine.
//
// A fault that cannot be caused here fails its test with the reason: a run that has
// skipped something is not a clean one.
package chaos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the segproof under test, built by TestMain as a release is.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "segproof-chaos")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "segproof")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "segproof/cmd/segproof")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir) // it is in the folder for temporary files anyway
	os.Exit(code)
}

// process is a running segproof serve.
type process struct {
	url    string
	cmd    *exec.Cmd
	stderr *lockedBuffer
	waited chan struct{} // closed when it has ended
	err    error         // how it ended; read it after waited
}

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start runs segproof serve and returns when it answers. It is killed when the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startBy(t, nil, args...)
}

// startBy is start with a command before segproof's, such as prlimit.
func startBy(t *testing.T, before []string, args ...string) *process {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "url")
	line := slices.Concat(before, []string{binary, "serve", "--addr", "127.0.0.1:0", "--ready-file", ready}, args)
	p := &process{cmd: exec.Command(line[0], line[1:]...), stderr: &lockedBuffer{}, waited: make(chan struct{})}
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.waited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.waited
	})
	until(t, 20*time.Second, "serve to be ready", func() bool {
		url, err := os.ReadFile(ready)
		p.url = string(url)
		select {
		case <-p.waited:
			t.Fatalf("serve ended with %v: %s", p.err, p.stderr)
		default:
		}
		return err == nil
	})
	return p
}

// until looks again and again whether something has happened in another process.
func until(t *testing.T, patience time.Duration, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("waited %v for %s", patience, what)
}

// kill ends the process as the kernel does when memory is short.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.waited
}

// memory returns a line of /proc/PID/status in kB: VmRSS now, VmHWM at most so far.
func (p *process) memory(t *testing.T, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kb
		}
	}
	t.Fatalf("%s is not in the status of process %d", name, p.cmd.Process.Pid)
	return 0
}

// peaksBelow holds the process to its memory: VmHWM is the most that it ever had.
func (p *process) peaksBelow(t *testing.T, mb int) {
	t.Helper()
	peak := p.memory(t, "VmHWM")
	t.Logf("peak of the server's memory: %.1f MB", float64(peak)/1024)
	if peak > mb<<10 {
		t.Errorf("the server had %d kB at its peak, want at most %d MB", peak, mb)
	}
}

// answer is what came back: a status and a code; 0 if nothing came.
type answer struct {
	status int
	code   string
}

// client opens as many connections as it is asked for, and keeps them.
func client() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
}

// post sends one request. Header fields come in pairs.
func (p *process) post(c *http.Client, path, body string, header ...string) answer {
	req, err := http.NewRequest(http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(c, req)
}

func do(c *http.Client, req *http.Request) answer {
	resp, err := c.Do(req)
	if err != nil {
		return answer{}
	}
	defer resp.Body.Close()
	var body struct{ Code, Status string }
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}
	}
	_ = json.Unmarshal(data, &body) // not every answer is JSON
	if body.Code == "" {
		body.Code = body.Status
	}
	return answer{resp.StatusCode, body.Code}
}

// get asks a page of the server's own.
func (p *process) get(c *http.Client, path string) answer {
	req, err := http.NewRequest(http.MethodGet, p.url+path, nil)
	if err != nil {
		return answer{}
	}
	return do(c, req)
}

// names returns the names of all events in the journal, with how often each is there.
func (p *process) names(t *testing.T) map[string]int {
	t.Helper()
	names := map[string]int{}
	for after := int64(0); ; {
		resp, err := http.Get(fmt.Sprintf("%s/_segproof/records?limit=1000&after=%d", p.url, after))
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Records []struct{ Name string }
			Next    *int64
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			names[r.Name]++
		}
		if page.Next == nil {
			return names
		}
		after = *page.Next
	}
}

// track is the body of one event with a name of its own.
func track(name string) string { return fmt.Sprintf(`{"event":%q,"userId":"u"}`, name) }

// ledger knows which events were acknowledged. Its methods may be called by many
// goroutines.
type ledger struct {
	mu    sync.Mutex // guards acked
	acked map[string]bool
}

func newLedger() *ledger { return &ledger{acked: map[string]bool{}} }

// add notes an event that got its 200, and returns how many did.
func (l *ledger) add(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[name] = true
	return len(l.acked)
}

// holds checks that what was acknowledged is in the journal.
func (l *ledger) holds(t *testing.T, found map[string]int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	lost, twice := 0, 0
	for name := range l.acked {
		if found[name] == 0 {
			lost++
		}
		if found[name] > 1 {
			twice++
		}
	}
	t.Logf("%d acknowledged, %d lost, %d twice, %d stored without an answer", len(l.acked), lost, twice, max(0, len(found)-len(l.acked)+lost))
	if lost > 0 {
		t.Errorf("%d of %d acknowledged events are gone", lost, len(l.acked))
	}
	if twice > 0 { // each was sent once
		t.Errorf("%d of %d acknowledged events are there twice", twice, len(l.acked))
	}
	if len(l.acked) == 0 {
		t.Error("no event was acknowledged: the test is of no use")
	}
}

// refuses runs a serve that is not to start, and returns how it ended and what it said.
func refuses(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"serve"}, args...)...)
	var b bytes.Buffer
	cmd.Stderr = &b
	timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Run() // its state says how it ended
	return cmd.ProcessState.ExitCode(), b.String()
}
