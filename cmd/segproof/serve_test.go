package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"segproof/finding"

	"github.com/google/go-cmp/cmp"
	analytics "github.com/segmentio/analytics-go/v3"
)

// TestServeTakesAnalyticsGo points Segment's own Go client at the command and sends every
// call: each arrives, and each is judged.
func TestServeTakesAnalyticsGo(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready := filepath.Join(t.TempDir(), "url")
	var stdout bytes.Buffer
	e := env{stdin: strings.NewReader(""), stdout: &stdout, stderr: io.Discard, now: time.Now,
		getenv: func(string) string { return "" }, terminal: func(io.Writer) bool { return false }}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, e, []string{"serve", "--addr", "127.0.0.1:0", "--ready-file", ready, "--format", "json"})
	}()
	sendAll(t, awaitURL(t, ready))
	stop()
	if got := <-code; got != exitFindings {
		t.Errorf("serve ended with %d, want %d: the screen event is wrong", got, exitFindings)
	}
	var report struct {
		Checked  finding.Checked
		Findings []finding.Finding
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("report: %v\n%s", err, &stdout)
	}
	if want := (finding.Checked{Inputs: 1, Events: 6, Contracts: 2}); report.Checked != want {
		t.Errorf("checked %+v, want %+v", report.Checked, want)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, f.Rule+" "+f.Event.String()+" "+f.Pointer)
	}
	want := []string{`type-mismatch screen "tutorial.view" /properties/tutorialId`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func awaitURL(t testing.TB, file string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if url, err := os.ReadFile(file); err == nil {
			return string(url)
		}
	}
	t.Fatal("serve was not ready after ten seconds")
	return ""
}

// sendAll sends one event of every type; Close returns when all have their answer.
func sendAll(t *testing.T, url string) {
	t.Helper()
	client, err := analytics.NewWithConfig("wk", analytics.Config{Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	properties := analytics.NewProperties().Set("tutorialId", "12").Set("segmentId", "s").Set("portalId", 3).Set("versionId", "v")
	interaction := analytics.NewProperties().Set("tutorialId", 12).Set("segmentId", "s").Set("portalId", 3).Set("versionId", "v").Set("eventName", "click")
	for _, message := range []analytics.Message{
		analytics.Screen{UserId: "u1", Name: "tutorial.view", Properties: properties},
		analytics.Track{UserId: "u1", Event: "tutorial.interaction", Properties: interaction},
		analytics.Identify{UserId: "u1", Traits: analytics.NewTraits().SetEmail("u1@example.test")},
		analytics.Page{UserId: "u1", Name: "Home"},
		analytics.Group{UserId: "u1", GroupId: "g1"},
		analytics.Alias{UserId: "u1", PreviousId: "a1"},
	} {
		if err := client.Enqueue(message); err != nil {
			t.Fatalf("Enqueue(%+v): %v", message, err)
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestProgressIsForTerminalsAndLongRuns(t *testing.T) {
	for _, tt := range []struct {
		name     string
		terminal bool
		age      time.Duration
		want     string
	}{
		{name: "long run at a terminal", terminal: true, age: time.Minute, want: "\r\x1b[Ksegproof: 6 MB read, 0 MB/s\r\x1b[K"},
		{name: "short run", terminal: true},
		{name: "no terminal", age: time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			p := newProgress(env{stderr: &stderr, terminal: func(io.Writer) bool { return tt.terminal }})
			p.start, p.last = p.start.Add(-tt.age), p.last.Add(-tt.age)
			p.next(4e6)
			p.read(2e6)
			p.clear()
			if got := stderr.String(); got != tt.want {
				t.Errorf("progress wrote %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWorkers(t *testing.T) {
	cores := runtime.GOMAXPROCS(0)
	for jobs, want := range map[int]int{-1: 1, 0: 1, 1: 1, cores: cores, 4 * cores: 4 * cores, 1_000_000: 4 * cores} {
		if got := workers(jobs); got != want {
			t.Errorf("workers(%d) = %d, want %d", jobs, got, want)
		}
	}
}

// docs/rules.md is what the command prints: make update writes it.
func TestRulesPageIsCurrent(t *testing.T) {
	var got bytes.Buffer
	if err := markdownRules(&got, allRules()); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("docs/rules.md is behind (make update writes it; -page +rules):\n%s", diff)
	}
}
