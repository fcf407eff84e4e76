package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const ownPairs = "testdata/pairs.jsonl"

// score runs the command line and returns its standard output.
func score(t *testing.T, want int, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), args, &stdout, &stderr); code != want {
		t.Fatalf("score %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// timeless takes the times out.
func timeless(out string) string {
	return regexp.MustCompile(`"(ms|median_ms_events)":[0-9.e+-]+`).ReplaceAllString(out, `"$1":0`)
}

func TestDiffJudgesOurPairs(t *testing.T) {
	out := score(t, 0, "diff", ownPairs)
	text, err := os.ReadFile(ownPairs)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(rows)+1 || len(rows) < 20 {
		t.Fatalf("%d lines for %d pairs, want one for each of at least 20, and a summary", len(lines), len(rows))
	}
	for i, row := range rows {
		var p pair
		var j judgedPair
		if err := json.Unmarshal([]byte(row), &p); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(lines[i]), &j); err != nil {
			t.Fatal(err)
		}
		for _, q := range []struct {
			direction string
			truth     *bool
			got       judgedAs
		}{{"backward", p.Truth.Backward, j.Backward}, {"forward", p.Truth.Forward, j.Forward}} {
			want := "breaking"
			if *q.truth {
				want = "safe"
			}
			if q.got.Verdict != want || (q.got.Witness != nil) != (want == "breaking") {
				t.Errorf("%s, %s: got %+v, want %s", p.ID, q.direction, q.got, want)
			}
		}
	}
	if again := score(t, 0, "diff", ownPairs); timeless(again) != timeless(out) {
		t.Errorf("a second run differs:\n%s\n%s", out, again)
	}
}

func TestDiffCountsWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pairs.jsonl")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"source":"s","id":"claimed safe","old":{"type":"string"},"new":{"type":"integer"},"truth":{"backward":true,"forward":null}}` + "\n")
	out := score(t, 1, "diff", file)
	if want := `"wrong":1`; !strings.Contains(out, want) {
		t.Errorf("got %s, want %s", out, want)
	}
	write(`{"source":"s","id":"no schema","old":{"type":3},"new":{},"truth":{"backward":null,"forward":null}}` + "\n")
	if out, want := score(t, 0, "diff", file), `"verdict":"unknown","stuck":"contract-invalid: not a JSON Schema`; !strings.Contains(out, want) {
		t.Errorf("got %s, want %s", out, want)
	}
	write("")
	score(t, 3, "diff", file)
	write("{")
	score(t, 2, "diff", file)
	score(t, 2, "diff")
	score(t, 2, "nothing")
}
