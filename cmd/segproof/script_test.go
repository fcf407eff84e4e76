package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"

	"segproof/finding"
)

var update = flag.Bool("update", false, "write the expected output of the scripts anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"segproof": main, "send-events": sendEvents, "run-suite": runSuite, "forget": forget, "post-webhook": postWebhook})
}

// sendEvents is the command send-events of the scripts, a sender as somebody else would
// write one: it posts each line of its standard input to $SEGMENT_HOST.
func sendEvents() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		body := fmt.Sprintf(`{"writeKey":%q,"batch":[%s]}`, os.Getenv("SEGMENT_WRITE_KEY"), lines.Text())
		resp, err := http.Post(os.Getenv("SEGMENT_HOST")+"/v1/batch", "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			fmt.Fprintln(os.Stderr, resp.Status)
			os.Exit(1)
		}
	}
}

// postWebhook is the command post-webhook of the scripts: it posts one to the function of
// that name.
func postWebhook() {
	resp, err := http.Post(os.Getenv("SEGMENT_HOST")+"/functions/"+os.Args[1], "application/json", strings.NewReader(`{"who":"u1","total":"12"}`))
	if err != nil || resp.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, resp, err)
		os.Exit(1)
	}
	resp.Body.Close()
}

// forget is the command forget of the scripts: it resets the server at $SEGPROOF_URL.
func forget() {
	req, err := http.NewRequest(http.MethodDelete, os.Getenv("SEGPROOF_URL")+"/_segproof/records", nil)
	if err == nil {
		_, err = http.DefaultClient.Do(req)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScripts runs testdata/script. Beyond testscript's own commands there are:
//
//	exits CODE COMMAND ARG...  runs the command, which must end with that exit code
//	gzip FILE, zstd FILE       writes FILE.gz, FILE.zst
//	cut FILE N                 keeps the first N bytes of FILE
//	expand FILE                writes out the ${repeat:N:TEXT$} in FILE
//	hex FILE BYTES             writes FILE of the bytes
//	await FILE                 waits until FILE is there, at most ten seconds
//	post URLFILE PATH FILE     posts FILE to the server whose URL is in URLFILE
//	local URLFILE FILE         writes a function that posts each event to the server whose URL is in URLFILE
//	get URLFILE PATH FILE      writes to FILE what that server answers
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) < 8 {
		t.Fatalf("found %d scripts, %v; want at least 8", len(scripts), err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "gzip": compress, "zstd": compress, "cut": cut, "expand": expand, "hex": hexFile, "await": await, "post": post, "get": get, "local": local,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func compress(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		plain := []byte(ts.ReadFile(name))
		var gz, zst bytes.Buffer
		writeAll(ts, gzip.NewWriter(&gz), plain)
		zw, err := zstd.NewWriter(&zst)
		ts.Check(err)
		writeAll(ts, zw, plain)
		ts.Check(os.WriteFile(ts.MkAbs(name+".gz"), gz.Bytes(), 0o644))
		ts.Check(os.WriteFile(ts.MkAbs(name+".zst"), zst.Bytes(), 0o644))
	}
}

func writeAll(ts *testscript.TestScript, w io.WriteCloser, data []byte) {
	_, err := w.Write(data)
	ts.Check(err)
	ts.Check(w.Close())
}

func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(data[:n]), 0o644))
}

func expand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(finding.Expand(ts.ReadFile(args[0]))), 0o644))
}

func hexFile(ts *testscript.TestScript, _ bool, args []string) {
	data, err := hex.DecodeString(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s is not there after ten seconds", args[0])
}

func local(ts *testscript.TestScript, _ bool, args []string) {
	code := fmt.Sprintf("async function onTrack(event) {\n  const r = await fetch('%s/v1/track', { method: 'POST', body: JSON.stringify({ ...event, writeKey: 'wk' }) });\n  return r.status;\n}\n", strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(code), 0o644))
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	url := strings.TrimSpace(ts.ReadFile(args[0])) + args[1]
	resp, err := http.Get(url)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("GET %s: %d %s", url, resp.StatusCode, body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), body, 0o644))
}

func post(ts *testscript.TestScript, _ bool, args []string) {
	url := strings.TrimSpace(ts.ReadFile(args[0])) + args[1]
	resp, err := http.Post(url, "application/json", strings.NewReader(ts.ReadFile(args[2])))
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Logf("%d %s", resp.StatusCode, body)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("POST %s: %d %s", url, resp.StatusCode, body)
	}
}
