package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	corpusEvents = 100_000
	corpusSeed   = 20260131
)

// writeCorpus writes n events as NDJSON, the same ones for the same seed: Candu's two
// events (six in ten), the other calls, and batches of five; about 1% are wrong.
func writeCorpus(w io.Writer, n int, seed uint64) error {
	g := generator{rand.New(rand.NewPCG(seed, 1)), bufio.NewWriter(w)}
	for i := 0; i < n; {
		if g.IntN(50) == 0 && n-i >= 5 {
			fmt.Fprintf(g.w, `{"batch":[%s,%s,%s,%s,%s],"context":{"library":{"name":"analytics-go","version":"3.0.0"}},"sentAt":"2026-01-31T12:00:00Z"}`+"\n",
				g.event(i), g.event(i+1), g.event(i+2), g.event(i+3), g.event(i+4))
			i += 5
			continue
		}
		fmt.Fprintln(g.w, g.event(i))
		i++
	}
	return g.w.Flush()
}

type generator struct {
	*rand.Rand
	w *bufio.Writer
}

// event returns the i-th event.
func (g generator) event(i int) string {
	tutorial := fmt.Sprint(g.IntN(5000))
	if g.IntN(100) == 0 {
		tutorial = `"` + tutorial + `"` // the 1% that is wrong
	}
	properties := fmt.Sprintf(`"tutorialId":%s,"segmentId":"seg_%d","portalId":%d,"versionId":"v_%d"`, tutorial, g.IntN(300), g.IntN(40), g.IntN(90))
	switch k := g.IntN(20); {
	case k < 7:
		return g.call(i, "screen", fmt.Sprintf(`"name":"tutorial.view","properties":{%s}`, properties))
	case k < 12:
		return g.call(i, "track", fmt.Sprintf(`"event":"tutorial.interaction","properties":{%s,"eventName":"click %d"}`, properties, g.IntN(9)))
	case k < 15:
		return g.call(i, "identify", fmt.Sprintf(`"traits":{"email":"user%d@example.test","name":"Zo\u00eb %d","age":%d,"createdAt":"2024-05-14T15:04:05Z"}`, g.IntN(9999), i, g.IntN(90)))
	case k < 18:
		return g.call(i, "page", fmt.Sprintf(`"name":"Home","properties":{"url":"https://shop.example.test/p/%d","path":"/p/%d","title":"Größe %d"}`, i, i, g.IntN(50)))
	case k < 19:
		return g.call(i, "group", fmt.Sprintf(`"groupId":"g%d","traits":{"name":"ACME","employees":%d}`, g.IntN(70), g.IntN(900)))
	}
	return g.call(i, "alias", fmt.Sprintf(`"previousId":"anon-%d"`, i))
}

func (g generator) call(i int, kind, rest string) string {
	context := `"context":{"library":{"name":"analytics.js","version":"npm:next-1.84.1"},"ip":"203.0.113.7","locale":"en-GB","timezone":"Europe/Berlin",` +
		`"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","page":{"path":"/home","url":"https://shop.example.test/home","title":"Home","referrer":"","search":""}}`
	common := fmt.Sprintf(`"messageId":"ajs-next-%013d-%08x","userId":"u-%d","timestamp":"2026-01-31T12:%02d:%02d.%03dZ"`, 1769860000000+i, g.Uint32(), g.IntN(20000), i/60%60, i%60, g.IntN(1000))
	if g.IntN(2) == 0 { // senders order keys as they like: type may come last
		return fmt.Sprintf(`{%s,%s,%s,"type":"%s"}`, common, rest, context, kind)
	}
	return fmt.Sprintf(`{"type":"%s",%s,%s,%s}`, kind, common, rest, context)
}

// BenchmarkLint lints the corpus as the command does, with one goroutine and with all.
func BenchmarkLint(b *testing.B) {
	file := filepath.Join(b.TempDir(), "corpus.ndjson")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if err := writeCorpus(f, corpusEvents, corpusSeed); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	for _, jobs := range []int{1, runtime.GOMAXPROCS(0)} {
		b.Run(fmt.Sprintf("jobs=%d", jobs), func(b *testing.B) {
			b.SetBytes(info.Size())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				e := env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, now: time.Now,
					getenv: func(string) string { return "" }, terminal: func(io.Writer) bool { return false }}
				if code := run(context.Background(), e, []string{"lint", fmt.Sprintf("--jobs=%d", jobs), file}); code != exitFindings {
					b.Fatalf("exit code %d, want %d", code, exitFindings)
				}
			}
			runtime.ReadMemStats(&after)
			events := float64(b.N) * corpusEvents
			b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/events, "B/event")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/events, "allocs/event")
		})
	}
}

// TestCorpusIsFixed holds the benchmark's input: other bytes would be other figures.
func TestCorpusIsFixed(t *testing.T) {
	var a, b strings.Builder
	for _, w := range []*strings.Builder{&a, &b} {
		if err := writeCorpus(w, 1000, corpusSeed); err != nil {
			t.Fatal(err)
		}
	}
	if a.String() != b.String() || strings.Count(a.String(), `"messageId"`) != 1000 {
		t.Errorf("two corpora of one seed differ, or have %d events, want 1000", strings.Count(a.String(), `"messageId"`))
	}
}
