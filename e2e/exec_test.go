package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExec runs the Node sender below segproof exec, which tells it where the fake is.
func TestExec(t *testing.T) {
	t.Parallel()
	got := execNode(t, "expect.yaml")
	if got.code != 0 {
		t.Errorf("exit code %d, want 0", got.code)
	}
	var report struct{ Checked struct{ Events int } }
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("the report: %v in\n%s", err, got.stdout)
	}
	if report.Checked.Events != len(callTypes) {
		t.Errorf("%d events were checked, want %d", report.Checked.Events, len(callTypes))
	}
}

// TestExecMissing has an expectation of what the sender never sends.
func TestExecMissing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "expect.yaml")
	const text = "expect:\n  - event: {type: identify, match: {traits: {plan: free}}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := execNode(t, file)
	if got.code != 1 || !strings.Contains(got.stdout, "/traits/plan") {
		t.Errorf("exit code %d, want 1 and the identify that came nearest, with its plan:\n%s", got.code, got.stdout)
	}
}

// ended is how a command ended.
type ended struct {
	stdout string
	code   int
}

// execNode runs the Node sender below segproof exec.
func execNode(t *testing.T, expect string) ended {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), segproof, "exec", "--expect", expect, "--format", "json", "--", "node", "senders/node.mjs")
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, t.Output()
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatalf("segproof exec: %v", err)
	}
	return ended{stdout.String(), cmd.ProcessState.ExitCode()}
}
