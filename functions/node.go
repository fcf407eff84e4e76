package functions

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

//go:embed node/worker.js
var workerText string

// minNode is the oldest major version of Node whose language functions have.
//
// Source: segment.com/docs/connections/functions/environment/
const minNode = 20

// maxStart is how long a process that is called node may take to say its version.
const maxStart = 30 * time.Second

// ErrNoNode says that there is no Node to run functions in.
var ErrNoNode = errors.New("the engine node wants Node 20 or newer as node on the path")

// nodeEngine is a Node process with the same prelude: V8's words, all locales, and Node's
// own crypto and zlib.
type nodeEngine struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  *tail
	host    *host
	ops     map[string]operation
	timeout time.Duration
	killed  atomic.Bool  // by us, because the function was past its deadline
	logs    []loggedLine // since the last answer: of a worker that is stopped, nothing else is left
}

func startNode(opts Options, r *recorder) (engine, error) {
	prelude, err := preludeText()
	if err != nil {
		return nil, err
	}
	path, err := exec.LookPath("node")
	if err != nil {
		return nil, ErrNoNode
	}
	n := &nodeEngine{
		cmd:    exec.Command(path, fmt.Sprintf("--max-old-space-size=%d", max(1, opts.Memory>>20)), "--disallow-code-generation-from-strings", "-e", workerText),
		stderr: &tail{}, host: &host{recorder: r, chance: newChance(opts.Seed)}, ops: operations(), timeout: opts.Timeout,
	}
	n.cmd.Env = []string{"TZ=UTC"} // Node itself sees nothing of the machine's; a context is no fence against who means harm
	n.cmd.Stderr = n.stderr
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	n.out = bufio.NewReader(out)
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start node: %w", err)
	}
	if err := n.greet(prelude); err != nil {
		n.close() // the process that did not start well need not end well
		return nil, err
	}
	return n, nil
}

// greet waits for the worker's version and hands it the prelude.
func (n *nodeEngine) greet(prelude string) error {
	late := time.AfterFunc(maxStart, func() { n.cmd.Process.Kill() }) // it may have ended by itself just now
	defer late.Stop()
	m, err := n.read()
	if err != nil {
		return fmt.Errorf("start node: %w", err)
	}
	major, _, _ := strings.Cut(m.Version, ".")
	if v, err := strconv.Atoi(major); err != nil || v < minNode {
		return fmt.Errorf("%w; it is version %q", ErrNoNode, m.Version)
	}
	return n.write(prelude)
}

// fromWorker is one line of the worker.
type fromWorker struct {
	Version   string      `json:"version"`
	Log       *loggedLine `json:"log"`
	Op        string      `json:"op"`
	Arg       string      `json:"arg"`
	Answer    *string     `json:"answer"`
	Unhandled []string    `json:"unhandled"`
}

// toWorker answers an op.
type toWorker struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

func (n *nodeEngine) write(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := n.in.Write(line.Bytes())
	return err
}

func (n *nodeEngine) read() (fromWorker, error) {
	var m fromWorker
	line, err := n.out.ReadBytes('\n')
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(line, &m)
}

func (n *nodeEngine) call(ctx context.Context, message []byte) ([]byte, error) {
	n.host.ctx, n.host.waited = ctx, 0
	began := time.Now()
	late := time.AfterFunc(n.timeout, func() {
		n.killed.Store(true)
		n.cmd.Process.Kill() // it may have ended by itself just now
	})
	defer late.Stop()
	stop := context.AfterFunc(ctx, func() { n.cmd.Process.Kill() })
	defer stop()
	answer, err := n.converse(message)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err == nil:
		return answer, nil
	}
	wait := n.cmd.Wait()
	var exit *exec.ExitError
	switch {
	case n.killed.Load(), errors.As(wait, &exit) && exit.ExitCode() == stoppedCode:
		return nil, &overLimit{n.host.slow(time.Since(began), n.timeout), n.logged()}
	case strings.Contains(n.stderr.String(), "heap out of memory"), strings.Contains(n.stderr.String(), "allocation failed"):
		return nil, &overLimit{LimitMemory, n.logged()}
	}
	return nil, fmt.Errorf("node: %w: %s", err, n.stderr)
}

// stoppedCode is how the worker ends when the prelude finds that time is up.
const stoppedCode = 75

// converse hands the worker a message and answers its questions until it has the result.
func (n *nodeEngine) converse(message []byte) ([]byte, error) {
	if _, err := n.in.Write(append(message, '\n')); err != nil {
		return nil, err
	}
	for {
		m, err := n.read()
		if err != nil {
			return nil, err
		}
		if m.Log != nil {
			n.logs = append(n.logs, *m.Log)
			continue
		}
		if m.Answer != nil {
			if !bytes.HasPrefix(message, []byte(`{"op":"load"`)) {
				n.logs = nil
			}
			return withUnhandled(*m.Answer, m.Unhandled)
		}
		var reply toWorker
		if m.Op == "bundle" {
			reply.Text, err = bundleText(m.Arg)
		} else {
			reply.Text, err = n.host.call(n.ops, m.Op, m.Arg)
		}
		if err != nil {
			reply.Error = err.Error()
		}
		if err := n.write(reply); err != nil {
			return nil, err
		}
	}
}

// logged is what the function logged as a report.
func (n *nodeEngine) logged() []byte {
	text, err := json.Marshal(map[string][]loggedLine{"logs": n.logs})
	if err != nil {
		panic(err) // strings can always be written
	}
	return text
}

// withUnhandled adds the rejections that nobody handled to a report.
func withUnhandled(answer string, unhandled []string) ([]byte, error) {
	if len(unhandled) == 0 {
		return []byte(answer), nil
	}
	text, err := json.Marshal(unhandled)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `%s,"unhandled":%s}`, strings.TrimSuffix(answer, "}"), text), nil
}

func (n *nodeEngine) close() error {
	n.in.Close()         // it may be closed already
	n.cmd.Process.Kill() // it may have ended already
	n.cmd.Wait()         // that it was killed is no news
	return nil
}

// tail keeps the first few kilobytes that a process says about its end.
type tail struct {
	mu   sync.Mutex // guards text
	text []byte
}

// Write keeps what fits.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 8<<10 - len(t.text); room > 0 {
		t.text = append(t.text, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
