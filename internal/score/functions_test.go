package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runScore runs the command line and returns the exit code and what it printed.
func runScore(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const meta = `"meta":{"fixedNow":1700000000000,"randomSeed":42}`

func TestFunctionsThatAgree(t *testing.T) {
	cases := writeFile(t, "cases.json", `{`+meta+`,"cases":[
{"id":"source","kind":"source","code":"async function onRequest(r, s) { const a = await (await fetch('https://a.example/x')).json(); Segment.track({ event: a.e, userId: s.u, properties: { at: Date.now() } }); console.log('done'); }",
 "payload":{"body":{}},"settings":{"u":"u"},"fetch":{"default":{"status":500},"routes":[{"match":"a.example","status":200,"body":"{\"e\":\"E\"}"}]},
 "expected":{"ok":true,"events":[{"type":"track","event":"E","userId":"u","properties":{"at":1700000000000}}],"objects":[],"requests":[{"method":"GET","url":"https://a.example/x","headers":{},"body":null}],"logs":["done"]}},
{"id":"destination","kind":"destination","code":"function onTrack(e) { e.n = 1; return e.n }","event":{"type":"track"},
 "expected":{"ok":true,"returned":{"json":1},"eventAfter":{"type":"track","n":1},"events":[],"objects":[],"requests":[]}},
{"id":"repeat","kind":"destination","code":"let n = 0; function onTrack() { return ++n }","event":{"type":"track"},
 "expectedRepeat":[{"ok":true,"returned":{"json":1}},{"ok":true,"returned":{"json":2}}]},
{"id":"documented","kind":"destination","code":"function onTrack() { throw new RetryError('later') }","event":{"type":"track"},
 "expected":{"ok":false,"error":{"thrown":"Error","name":"ReferenceError","message":"RetryError is not defined","frame":{"line":1,"col":20}}},
 "expectedWithDocumentedErrors":{"ok":false,"error":{"thrown":"Error","name":"RetryError","message":"later","frame":{"line":1}}}},
{"id":"network","kind":"source","code":"async function onRequest() { await fetch('https://a.example/') }","payload":{"body":{}},"fetch":{"default":{"networkError":true}},
 "expected":{"ok":false,"error":{"name":"FetchError","thrown":"Error","message":"request to https://a.example/ failed, reason: socket hang up","frame":null},"events":[]}}
]}`)
	code, stdout, stderr := runScore("functions", cases)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != 0 || stderr != "" || len(lines) != 6 {
		t.Fatalf("code %d, stderr %q, stdout:\n%s", code, stderr, stdout)
	}
	if diff := cmp.Diff(`{"agree":5,"cases":5,"differ":{}}`, lines[5]); diff != "" {
		t.Errorf("summary (-want +got):\n%s\n%s", diff, stdout)
	}
	want := `{"id":"destination","got":{"eventAfter":{"n":1,"type":"track"},"events":[],"logs":[],"objects":[],"ok":true,"requests":[],"returned":{"json":1}},"agree":true,"differs":[]}`
	if diff := cmp.Diff(want, lines[1]); diff != "" {
		t.Errorf("line of a case (-want +got):\n%s", diff)
	}
}

func TestFunctionsThatDiffer(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "handler.js"), []byte("function onTrack() { throw new Error('here') }"), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := writeFile(t, "cases.json", `{`+meta+`,"cases":[
{"id":"words alone","kind":"destination","handler":"handler.js","event":{"type":"track"},"expected":{"ok":false,"error":{"thrown":"Error","name":"Error","message":"there","frame":{"line":2}}}},
{"id":"more","kind":"destination","handler":"handler.js","event":{"type":"track"},"expected":{"ok":true,"returned":{"json":1},"events":[{"type":"track"}]}}
]}`)
	code, stdout, _ := runScore("functions", cases, "--handlers", folder)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	want := []string{
		`"agree":true,"differs":["error.frame.line","error.message"]}`,
		`"agree":false,"differs":["error","events","ok","returned"]}`,
		`{"agree":1,"cases":2,"differ":{"error":1,"error.frame.line":1,"error.message":1,"events":1,"ok":1,"returned":1}}`,
	}
	if code != 1 || len(lines) != len(want) {
		t.Fatalf("code %d, want 1; stdout:\n%s", code, stdout)
	}
	for i, w := range want {
		if !strings.HasSuffix(lines[i], w) {
			t.Errorf("line %d = %s, want the end %s", i, lines[i], w)
		}
	}
}

func TestFunctionsThatCannotBeScored(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"functions"}, 2, "score: functions: want one file of cases\n"},
		{[]string{"functions", writeFile(t, "none.json", `{"cases":[]}`)}, 3, "score: functions: no case found\n"},
	} {
		code, _, stderr := runScore(tt.args...)
		if code != tt.code || stderr != tt.stderr {
			t.Errorf("score %v: code %d, stderr %q, want %d, %q", tt.args, code, stderr, tt.code, tt.stderr)
		}
	}
}
