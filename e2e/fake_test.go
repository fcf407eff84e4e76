package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"

	"github.com/google/go-cmp/cmp"
)

// patience is how long anything may take. Nothing is measured by it.
const patience = time.Minute

// fake is a fake Segment as any language reaches it: by its control routes.
type fake struct{ url string }

// serve runs segproof serve until the test ends.
func serve(t *testing.T, args ...string) fake {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "url")
	cmd := exec.Command(segproof, append([]string{"serve", "--addr", "127.0.0.1:0", "--ready-file", ready, "--format", "json"}, args...)...)
	cmd.Dir = t.TempDir() // the built-in contracts, whatever folders are here
	cmd.Stderr = t.Output()
	// serve prints its URL when it answers; the file is there by then or a moment later.
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_, _ = io.Copy(io.Discard, stdout) // its report; the tests have asked what they want to know
		_ = cmd.Wait()                     // 1: the faults' requests are findings
	})
	return fake{waitForFile(t, ready)}
}

// waitForFile returns a file's content as soon as it is there.
func waitForFile(t *testing.T, name string) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		text, err := os.ReadFile(name)
		if err == nil {
			return string(text)
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("serve was not ready within %v: %v", patience, err)
		}
	}
}

// call asks a control route, and decodes what it answers into answer unless that is nil.
func (f fake) call(t *testing.T, method, route, scope string, body []byte, answer any) {
	t.Helper()
	u := f.url + "/_segproof/" + route
	if scope != "" {
		u += "?scope=" + url.QueryEscape(scope)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, u, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s answered %s:\n%s", method, route, res.Status, text)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s %s: %v in\n%s", method, route, err, text)
	}
}

// setFaults has the server misbehave for one scope.
func (f fake) setFaults(t *testing.T, scope string, faults *mockserver.Faults) {
	t.Helper()
	if faults == nil {
		return
	}
	body, err := json.Marshal(faults)
	if err != nil {
		t.Fatal(err)
	}
	f.call(t, http.MethodPut, "faults", scope, body, nil)
}

// wait waits until n records are in a scope, and then until nothing has arrived for as
// long as quiet says.
func (f fake) wait(t *testing.T, scope string, n int, quiet time.Duration) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"scope": scope, "count": map[string]int{"min": n}, "quiet": quiet.String(), "timeout": patience.String(),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.call(t, http.MethodPost, "wait", "", body, nil)
}

// request is what GET requests tells, as far as the tests look at it.
type request struct {
	Method, Path   string
	Status, Events int
	Fault          string
	Headers        http.Header
}

func (f fake) requests(t *testing.T, scope string) []request {
	t.Helper()
	var answer struct{ Requests []request }
	f.call(t, http.MethodGet, "requests", scope, nil, &answer)
	return answer.Requests
}

// outcome asks for all that a journey has left, and holds it against expectations.
func (f fake) outcome(t *testing.T, scope string, expectations []byte) (o outcome) {
	t.Helper()
	var records struct {
		Records []struct {
			Type        event.Type
			MessageID   string
			DuplicateOf int64
		}
	}
	f.call(t, http.MethodGet, "records", scope, nil, &records)
	for _, r := range records.Records {
		o.records = append(o.records, mockserver.Record{Event: event.Event{Type: r.Type}, MessageID: r.MessageID, DuplicateOf: r.DuplicateOf})
	}
	var judged struct{ Findings []finding.Finding }
	f.call(t, http.MethodPost, "expect", scope, expectations, &judged)
	o.findings = judged.Findings
	for _, r := range f.requests(t, scope) {
		if r.Method == http.MethodPost {
			o.posts = append(o.posts, post{r.Status, r.Events})
		}
	}
	var again struct{ Retries []mockserver.Retry }
	f.call(t, http.MethodGet, "retries", scope, nil, &again)
	o.retries = again.Retries
	return o
}

// checkArrived holds what a scope has received against expect.yaml, and notes it in the
// tally.
func (f fake) checkArrived(t *testing.T, scope, row, way string) {
	t.Helper()
	o := f.outcome(t, scope, expectations)
	o.note(row, way, callTypes)
	for _, found := range o.findings {
		t.Errorf("%s, %s: %s %v", row, way, found.Message, found.Notes)
	}
}

// checkPosts holds the POST requests of a scope, "" for all, against paths and statuses.
func (f fake) checkPosts(t *testing.T, scope string, want []string) {
	t.Helper()
	var got []string
	for _, r := range f.requests(t, scope) {
		if r.Method == http.MethodPost {
			got = append(got, fmt.Sprintf("%s %d", r.Path, r.Status))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
