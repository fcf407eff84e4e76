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
	stderr := &greeting{rest: t.Output(), url: make(chan string, 1)}
	cmd := exec.Command(segproof, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	cmd.Dir = t.TempDir() // the built-in contracts, whatever folders are here
	cmd.Stderr = stderr   // of the report on stdout nothing is wanted: the tests ask for what they want to know
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // 1: the requests that met faults are findings
	})
	select {
	case url := <-stderr.url:
		return fake{url}
	case <-time.After(patience):
		t.Fatalf("segproof serve has not said its URL within %v", patience)
	}
	return fake{}
}

// greeting reads the URL in the line that serve writes when it answers, and hands all of
// it on.
type greeting struct {
	rest io.Writer
	url  chan string
	line []byte // what has come of the line
	done bool
}

func (g *greeting) Write(text []byte) (int, error) {
	if !g.done {
		g.line = append(g.line, text...)
		if _, after, found := bytes.Cut(g.line, []byte("serving ")); found {
			if url, _, found := bytes.Cut(after, []byte(";")); found {
				g.done = true
				g.url <- string(url)
			}
		}
	}
	return g.rest.Write(text)
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
