package functions_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
)

// runNode runs a function once in the engine node.
func runNode(t *testing.T, source string) functions.Result {
	t.Helper()
	f, err := functions.Load(context.Background(), "f.js", source, functions.Options{Engine: "node", Timeout: patience})
	if errors.Is(err, functions.ErrNoNode) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestNodeDescribesWhatNobodyHandles(t *testing.T) {
	res := runNode(t, `async function onTrack() {
		Promise.reject(new Error("no"));
		Promise.reject({ get message() { throw new Error("gotcha"); } });
		Promise.reject(Object.create(null));
		Promise.reject(Symbol("q"));
		Promise.reject("x".repeat(1e5));
		for (let i = 0; i < 1000; i++) Promise.reject(1);
		return 1;
	}`)
	const prefix = "a promise was rejected and nothing handles it: "
	var got []string
	for _, n := range res.Notes {
		got = append(got, strings.TrimPrefix(n.Message, prefix))
	}
	want := []string{"no", "a reason that cannot be read", "a reason that cannot be read", "Symbol(q)", strings.Repeat("x", 300)}
	if len(got) != 20 || string(res.Returned) != "1" {
		t.Fatalf("%d notes, returned %s, want 20 notes and 1", len(got), res.Returned)
	}
	if diff := cmp.Diff(want, got[:5]); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// No object of the worker's own realm makes code that sees Node.
func TestNodeKeepsItsRealm(t *testing.T) {
	res := runNode(t, `async function onTrack() {
		const seen = [];
		const look = (o) => { try { seen.push(o.constructor.constructor("return typeof process")()); } catch (e) { seen.push(e.name); } };
		look(globalThis);
		try { await import("fs"); } catch (e) { look(e); }
		try { crypto.createHash("nonsense"); } catch (e) { look(e); }
		seen.push(new Function("return 1")());
		return seen;
	}`)
	if got, want := string(res.Returned), `["undefined","EvalError","undefined",1]`; got != want {
		t.Errorf("returned %s (error %v), want %s", got, res.Error, want)
	}
}

// TestNodeEndsWithItsParent kills a parent, here a shell, whose worker runs a loop without
// an end. The worker holds the other end of the pipe that is read to its end.
func TestNodeEndsWithItsParent(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip(err)
	}
	worker, err := os.ReadFile("node/worker.js")
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command("sh", "-c", `"$0" -e "$1"; true`, node, string(worker))
	in, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	pipe, writes, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	parent.Stdout = writes
	if err := parent.Start(); err != nil {
		t.Skip(err)
	}
	writes.Close()
	out := bufio.NewReader(pipe)
	if line, err := out.ReadString('\n'); err != nil || !strings.Contains(line, "version") {
		t.Fatalf("the worker said %q, %v", line, err)
	}
	if _, err := io.WriteString(in, `"(function () { for (;;) {} })"`+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	if err := pipe.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(out); err != nil {
		t.Errorf("the worker outlived its parent: %v", err)
	}
}
