//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// suite is a test suite as somebody else would write one, in whatever language: it knows
// the server's URL and its own write key, and talks HTTP.
type suite struct{ url, key string }

// suiteRounds is how many tests a suite has, and suiteEvents how many events each sends.
const (
	suiteRounds = 30
	suiteEvents = 7
)

// runSuite is the command run-suite: it runs a suite against $SEGMENT_HOST with
// $SEGMENT_WRITE_KEY. It begins when another one has begun too.
func runSuite() {
	s := suite{os.Getenv("SEGMENT_HOST"), os.Getenv("SEGMENT_WRITE_KEY")}
	err := s.meet()
	for round := 0; round < suiteRounds && err == nil; round++ {
		err = errors.Join(s.test(round), s.testFault(round))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, s.key, err)
		os.Exit(1)
	}
	fmt.Println(s.key, "ran", suiteRounds)
}

// do makes a request and returns the body of its answer, which must have that status.
func (s suite) do(method, path, body string, status int) (string, error) {
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(s.key, "")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != status {
		err = fmt.Errorf("%s %s: %d %s, want %d", method, path, resp.StatusCode, text, status)
	}
	return string(text), err
}

// meet waits until both suites are there.
func (s suite) meet() error {
	_, err := s.do("POST", "/scope/lobby/v1/track", `{"event":"Here","userId":"u"}`, 200)
	if err == nil {
		_, err = s.do("POST", "/_segproof/wait", `{"scope":"lobby","where":{"name":"Here"},"count":2,"timeout":"30s"}`, 200)
	}
	return err
}

// test resets, has a sender send in the background, waits for what it sends, and looks at
// all that is there.
func (s suite) test(round int) error {
	if _, err := s.do("DELETE", "/_segproof/records?scope="+s.key, "", 204); err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		var errs []error
		for i := range suiteEvents {
			_, err := s.do("POST", "/v1/track", fmt.Sprintf(`{"event":"%s-%d-%d","userId":"u"}`, s.key, round, i), 200)
			errs = append(errs, err)
		}
		sent <- errors.Join(errs...)
	}()
	_, err := s.do("POST", "/_segproof/wait", fmt.Sprintf(`{"scope":%q,"count":%d,"timeout":"30s"}`, s.key, suiteEvents), 200)
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	text, err := s.do("GET", "/_segproof/records?scope="+s.key, "", 200)
	if err != nil {
		return err
	}
	var list struct {
		Records []struct{ Name, Scope string }
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return err
	}
	for i, r := range list.Records {
		if want := fmt.Sprintf("%s-%d-%d", s.key, round, i); r.Name != want || r.Scope != s.key {
			return fmt.Errorf("round %d: record %q of scope %q, want %q", round, r.Name, r.Scope, want)
		}
	}
	if len(list.Records) != suiteEvents {
		return fmt.Errorf("round %d: %d records, want %d", round, len(list.Records), suiteEvents)
	}
	return nil
}

// testFault has the server refuse one request of this suite, and no other one's.
func (s suite) testFault(round int) error {
	_, err := s.do("PUT", "/_segproof/faults?scope="+s.key, `{"faults":[{"answers":[{"status":503}]}]}`, 200)
	if err == nil {
		_, err = s.do("POST", "/v1/page", `{"name":"Refused","userId":"u"}`, 503)
	}
	if err == nil {
		_, err = s.do("POST", "/v1/page", `{"name":"Taken","userId":"u"}`, 200)
	}
	if err == nil {
		_, err = s.do("POST", "/_segproof/expect?scope="+s.key, "expect:\n- {event: {name: Taken}, count: 1}\n- {event: {name: Refused}, count: 0}\n- {no: refused}\n", 200)
	}
	if err != nil {
		return fmt.Errorf("round %d: %w", round, err)
	}
	return nil
}

// TestTwoProcessesDoNotSeeEachOther runs two suites with two write keys at once against
// one server, a process each.
func TestTwoProcessesDoNotSeeEachOther(t *testing.T) {
	server := startKilled(t, t.TempDir())
	var suites sync.WaitGroup
	for _, key := range []string{"one", "two"} {
		suites.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Args = []string{"run-suite"}
			cmd.Env = append(cmd.Environ(), "SEGMENT_HOST="+server.url, "SEGMENT_WRITE_KEY="+key)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Run(); err != nil || out.String() != fmt.Sprintln(key, "ran", suiteRounds) {
				t.Errorf("suite %s: %v\n%s", key, err, &out)
			}
		})
	}
	suites.Wait()
}
