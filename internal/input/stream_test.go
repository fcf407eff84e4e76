package input_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"segproof/internal/input"
)

// stream is head, then body n times with sep between, then tail; made as it is read. It
// samples the heap on the way.
type stream struct {
	head, body, sep, tail string
	n                     int
	rest                  string
	state                 int
	reads                 int
	peak                  uint64
}

func (s *stream) Read(p []byte) (int, error) {
	s.sample()
	n := 0
	for n < len(p) {
		if s.rest == "" && !s.next() {
			break
		}
		c := copy(p[n:], s.rest)
		s.rest = s.rest[c:]
		n += c
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// sample looks at the heap, now and then.
func (s *stream) sample() {
	if s.reads++; s.reads%16 == 1 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.peak = max(s.peak, m.HeapInuse)
	}
}

func (s *stream) next() bool {
	switch s.state++; {
	case s.state == 1:
		s.rest = s.head
	case s.state <= s.n:
		s.rest = s.body + s.sep
	case s.state == s.n+1:
		s.rest = s.body
	case s.state == s.n+2:
		s.rest = s.tail
	default:
		return false
	}
	return s.rest != "" || s.next()
}

const order = `{"type":"track","event":"Order Completed","userId":"u-17","messageId":"0b5e1c7a","properties":{"order_id":"50314b8e","total":27.5,"currency":"USD","products":[{"sku":"45790-32","price":19},{"sku":"46493-32","price":3}]}}`

// maxHeap is how much memory reading anything may take.
const maxHeap = 64 << 20

// TestReadTakesConstantMemory reads streams that could not be held in the memory it may
// take; the smaller ones show only that another layout takes the same way.
// Of each 16 blocks one is decoded: decoding costs time, and no memory that stays.
func TestReadTakesConstantMemory(t *testing.T) {
	const n = maxHeap/len(order) + 1
	for name, s := range map[string]stream{
		"lines":                         {body: order, sep: "\n", n: n, tail: "\n"},
		"one array on one line":         {head: "[", body: order, sep: ",", n: n / 3, tail: "]"},
		"one array, one element a line": {head: "[\n", body: order, sep: ",\n", n: n / 8, tail: "\n]\n"},
		"events without newlines":       {body: order, n: n / 8},
		"blank lines":                   {head: order + "\n", body: strings.Repeat(" ", 4<<10), sep: "\n", n: maxHeap >> 12, tail: order},
	} {
		t.Run(name, func(t *testing.T) {
			blocks := 0
			stats, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: &s}, func(b input.Block) error {
				if blocks++; blocks%16 != 1 {
					return nil
				}
				if events, findings := b.Decode(); len(findings) > 0 {
					t.Errorf("block %d: %d events, findings %v; want no finding", blocks, len(events), findings)
				}
				return nil
			})
			if want := int64(s.n * len(s.body)); err != nil || stats.Bytes < want {
				t.Errorf("read %d bytes, error %v; want at least %d", stats.Bytes, err, want)
			}
			s.checkPeak(t)
		})
	}
}

// TestReadSkipsInConstantMemory reads texts that are too long, or none, among events
// (C12, C14).
func TestReadSkipsInConstantMemory(t *testing.T) {
	const n = 40 << 10 // of 1 KiB: 40 MiB
	x := strings.Repeat("x", 1<<10)
	for _, tt := range []struct {
		name             string
		stream           stream
		events, findings int
	}{
		{"a line of 40 MB (C12)", stream{head: order + "\n{\"x\":\"", body: x, n: n, tail: "\"}\n" + order}, 2, 1},
		{"an element of 10 MB", stream{head: "[" + order + ",[\"", body: x, n: n / 4, tail: "\"]," + order + "]"}, 2, 1},
		{"a line of 40 MB of text", stream{head: order + "\n", body: x, n: n, tail: "\n" + order}, 2, 1},
		{"10 MB of blanks in an array", stream{head: "[" + order, body: strings.Repeat(" ", 1024), n: n / 4, tail: "," + order + "]"}, 2, 0},
		{"40 MB of NUL (C14)", stream{body: strings.Repeat("\x00", 1024), n: n, tail: "\n" + order}, 1, 1},
		{"nine million levels", stream{body: strings.Repeat("[", 1024), n: 9 << 10, tail: "\n" + order}, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, &tt.stream, input.Options{})
			if err != nil || len(got.Events) != tt.events || len(got.Findings) != tt.findings {
				t.Errorf("got %d events, findings %v, error %v; want %d and %d", len(got.Events), got.Findings, err, tt.events, tt.findings)
			}
			tt.stream.checkPeak(t)
		})
	}
}

func (s *stream) checkPeak(t *testing.T) {
	t.Helper()
	t.Logf("the heap grew to %d MiB", s.peak>>20)
	if s.peak > maxHeap {
		t.Errorf("the heap grew to %d MiB, want at most %d", s.peak>>20, maxHeap>>20)
	}
}

// TestReadArchiveBombs reads small archives that unpack to much (C14).
func TestReadArchiveBombs(t *testing.T) {
	for _, tt := range []struct {
		name string
		pack func(testing.TB, string) []byte
	}{
		{"gzip", func(t testing.TB, text string) []byte { return gzipped(t, text, "") }},
		{"zstd", func(t testing.TB, text string) []byte {
			return zstded(t, text, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(16<<20))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const lines, members = 20_000, 16 // 69 MB
			member := tt.pack(t, strings.Repeat(order+"\n", lines))
			runtime.GC() // what packing took
			var heap stream
			stats, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: bytes.NewReader(bytes.Repeat(member, members))},
				func(input.Block) error { heap.sample(); return nil })
			if want := int64(lines * members * (len(order) + 1)); err != nil || stats.Bytes != want {
				t.Errorf("read %d bytes, error %v; want %d", stats.Bytes, err, want)
			}
			heap.checkPeak(t)
		})
	}
}

func TestReadStopsWithContext(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	go io.WriteString(pw, `{"a":1}`) // and then nothing more: the reader hangs
	endless := &stream{body: order, sep: "\n", n: 1 << 60}
	for _, tt := range []struct {
		name  string
		stdin io.Reader
	}{
		{"a stream that gives nothing", pr},
		{"a stream without an end", endless},
		{"a line without an end", &stream{head: order + "\n", body: " ", n: 1 << 60}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			stop := time.AfterFunc(50*time.Millisecond, cancel)
			defer stop.Stop()
			began := time.Now()
			_, err := input.Read(ctx, input.Stdin, input.Options{Stdin: tt.stdin}, func(input.Block) error { return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Read error = %v, want context.Canceled", err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("Read stopped after %v, want at once", took)
			}
		})
	}
}

// benchmarks: go test -bench . -benchtime 1x ./internal/input reads 1 GiB of each.

func BenchmarkRead(b *testing.B) {
	const size = 1 << 30
	for _, bb := range []struct {
		name   string
		stream stream
	}{
		{"lines", stream{body: order, sep: "\n", n: size / len(order)}},
		{"array", stream{head: "[", body: order, sep: ",", n: size / len(order), tail: "]"}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(size)
			peak := uint64(0)
			for b.Loop() {
				s := bb.stream
				events := 0
				_, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: &s}, func(blk input.Block) error {
					e, _ := blk.Decode()
					events += len(e)
					return nil
				})
				if err != nil || events != s.n {
					b.Fatalf("read %d events, error %v", events, err)
				}
				peak = max(peak, s.peak)
			}
			b.ReportMetric(float64(peak)/(1<<20), "peakMiB")
			if peak > maxHeap {
				b.Errorf("the heap grew to %d MiB, want at most %d", peak>>20, maxHeap>>20)
			}
		})
	}
}

// BenchmarkSplit leaves decoding out: what the reading goroutine does alone.
func BenchmarkSplit(b *testing.B) {
	for name, text := range map[string]string{
		"lines": strings.Repeat(order+"\n", 100_000),
		"array": "[" + strings.Repeat(order+",", 100_000) + order + "]",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: bytes.NewReader([]byte(text))},
					func(input.Block) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
