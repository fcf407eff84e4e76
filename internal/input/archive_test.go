package input_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"segproof/event"
	"segproof/internal/input"
)

// The archives of these tests are written by the standard library's gzip, not by the one
// that reads them.

func gzipped(t testing.TB, text string, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = name
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstded(t testing.TB, text string, opts ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// numbered is n events, one a line, that do not compress to nothing.
func numbered(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"i\":%d,\"messageId\":\"%016x\"}\n", i, rng.Uint64())
	}
	return b.String()
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadArchives(t *testing.T) {
	text := numbered(300)
	half := strings.Index(text, "{\"i\":150,")
	skippable := "\x53\x2a\x4d\x18\x03\x00\x00\x00abc"
	for _, tt := range []struct {
		name, file string
		data       []byte
	}{
		{"plain", "a.ndjson", []byte(text)},
		{"gzip", "a.gz", gzipped(t, text, "")},
		{"gzip by another name (C5)", "a.ndjson", gzipped(t, text, "a.ndjson")},
		{"plain named .gz (C5)", "a.gz", []byte(text)},
		{"plain named .zst (C5)", "a.zst", []byte(text)},
		{"gzip members, cut in a line (C4)", "a.gz", append(gzipped(t, text[:half+5], "x"), gzipped(t, text[half+5:], "y")...)},
		{"gzip with empty members", "a.gz", append(append(gzipped(t, "", ""), gzipped(t, text, "")...), gzipped(t, "", "")...)},
		{"zstd", "a.zst", zstded(t, text)},
		{"zstd by another name (C5)", "a.json", zstded(t, text)},
		{"zstd frames", "a.zst", append(zstded(t, text[:half]), zstded(t, text[half:])...)},
		{"zstd behind a skippable frame", "a.zst", append([]byte(skippable), zstded(t, text)...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.file, tt.data)
			got, stats, err := readFile(t, path, input.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkNumbered(t, got, text, 300)
			if stats.Bytes != int64(len(text)) {
				t.Errorf("Stats.Bytes = %d, want %d", stats.Bytes, len(text))
			}
			if at := (event.Place{File: path, Line: 300, Column: 1}); got.Events[299].At != at {
				t.Errorf("last event at %+v, want %+v", got.Events[299].At, at)
			}
			piped, _, err := read(t, bytes.NewReader(tt.data), input.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkNumbered(t, piped, text, 300)
		})
	}
}

// checkNumbered checks that got is the first events of text, n of them at least.
func checkNumbered(t *testing.T, got outcome, text string, n int) {
	t.Helper()
	if len(got.Events) < n || len(got.Findings) > 0 {
		t.Fatalf("got %d events and findings %v, want at least %d and none", len(got.Events), got.Findings, n)
	}
	var joined strings.Builder
	for _, ev := range got.Events {
		joined.Write(ev.Raw)
		joined.WriteByte('\n')
	}
	if !strings.HasPrefix(text, joined.String()) {
		t.Error("the events are not the first of the text, in order")
	}
}

// TestReadCutArchives cuts archives at every byte: each cut is an error, and what came
// before it is read (C1, C6).
func TestReadCutArchives(t *testing.T) {
	text := numbered(12)
	gz, zst := gzipped(t, text, "named.ndjson"), zstded(t, text)
	for _, tt := range []struct {
		name string
		data []byte
		ends []int // where the archive is whole
	}{
		{"a.gz", gz, []int{len(gz)}},
		{"two.gz", append(bytes.Clone(gz), gz...), []int{len(gz), 2 * len(gz)}},
		{"a.zst", zst, []int{len(zst)}},
		{"two.zst", append(bytes.Clone(zst), zst...), []int{len(zst), 2 * len(zst)}},
		{"unchecked.zst", zstded(t, text, zstd.WithEncoderCRC(false)), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			whole := map[int]bool{}
			for _, n := range append(tt.ends, len(tt.data)) {
				whole[n] = true
			}
			path := write(t, tt.name, tt.data)
			for n := len(tt.data); n >= 0; n-- {
				if err := os.Truncate(path, int64(n)); err != nil {
					t.Fatal(err)
				}
				got, stats, err := readFile(t, path, input.Options{})
				if whole[n] {
					if err != nil {
						t.Errorf("cut at %d of %d: error %v, want none", n, len(tt.data), err)
					}
					continue
				}
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("cut at %d of %d: error %v, want io.ErrUnexpectedEOF", n, len(tt.data), err)
				}
				want := fmt.Sprintf("%s: truncated after %s decompressed bytes (%s bytes of ", path, commas(stats.Bytes), commas(int64(n)))
				if !strings.HasPrefix(err.Error(), want) {
					t.Fatalf("cut at %d: error %q, want %q...", n, err, want)
				}
				checkNumbered(t, got, text+text, strings.Count((text + text)[:stats.Bytes], "\n"))
			}
		})
	}
}

func commas(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", commas(n/1000), n%1000)
}

func TestReadDamagedArchives(t *testing.T) {
	text := numbered(3000)
	gz, zst := gzipped(t, text, ""), zstded(t, text)
	flip := func(data []byte, at int) []byte {
		data = bytes.Clone(data)
		data[at] ^= 0x40
		return data
	}
	for _, tt := range []struct {
		name   string
		data   []byte
		events int    // at least
		want   string // in the error
	}{
		{"garbage behind gzip (C2)", append(bytes.Clone(gz), "tail"...), 3000,
			fmt.Sprintf("something else follows the gzip data at compressed byte %s; %s decompressed bytes were read", commas(int64(len(gz))), commas(int64(len(text))))},
		{"one byte behind gzip (C2)", append(bytes.Clone(gz), 'x'), 3000, "something else follows the gzip data"},
		{"NUL bytes behind gzip (C2)", append(bytes.Clone(gz), make([]byte, 512)...), 3000, "something else follows the gzip data"},
		{"bit in gzip (C3)", flip(gz, len(gz)/2), 500, "damaged gzip data near compressed byte "},
		{"gzip checksum (C3)", flip(gz, len(gz)-6), 3000, "damaged gzip data near compressed byte " + commas(int64(len(gz)))},
		{"gzip length (C3)", flip(gz, len(gz)-2), 3000, "gzip: invalid checksum"},
		{"gzip method", flip(gz, 2), 0, "damaged gzip data near compressed byte 10; 0 decompressed bytes were read before it: gzip: invalid header"},
		{"garbage behind zstd (C2)", append(bytes.Clone(zst), "tail"...), 3000, "damaged zstd data near compressed byte "},
		{"one byte behind zstd (C2)", append(bytes.Clone(zst), 'x'), 3000, "truncated after "},
		{"bit in zstd (C3)", flip(zst, len(zst)/2), 0, "damaged zstd data near compressed byte "},
		{"zstd checksum (C3)", flip(zst, len(zst)-2), 0, "damaged zstd data near compressed byte "},
		{"zstd with a window of 128 MiB", []byte(zstdMagic + "\x00\x88" + "\x01\x00\x00"), 0, "a zstd window of more than 16 MiB"},
		{"gzip in gzip", gzipped(t, string(gz), ""), 0, "looks like gzip in an archive; unpack it once"},
		{"tar in gzip", gzipped(t, strings.Repeat("a", 257)+"ustar", ""), 0, "looks like a tar archive; unpack it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "a.gz", tt.data)
			got, _, err := readFile(t, path, input.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Read error = %v, want %s: ...%s", err, path, tt.want)
			}
			if tt.events > 0 {
				// A flipped bit may spoil the last events before it is noticed.
				if len(got.Events) < tt.events {
					t.Errorf("got %d events before the error, want at least %d", len(got.Events), tt.events)
				}
			}
		})
	}
}

const zstdMagic = "\x28\xb5\x2f\xfd"

func TestReadEmptyFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		data string
		want string // in the error; "" for none
	}{
		{"a.ndjson", "", ""},
		{"a.json", "\n\n", ""},
		{"a.gz", "", "truncated after 0 decompressed bytes (0 bytes of gzip data)"},
		{"a.ndjson.GZ", "", "truncated after 0 decompressed bytes (0 bytes of gzip data)"},
		{"a.gz", "\x1f", "truncated after 0 decompressed bytes (1 bytes of gzip data)"},
		{"a.zst", "", "truncated after 0 decompressed bytes (0 bytes of zstd data)"},
		{"a.json.zst", "\x28\xb5", "truncated after 0 decompressed bytes (2 bytes of zstd data)"},
		{"a.gz", string(gzipped(t, "", "")), ""},
		{"a.zst", string(zstded(t, "")), ""},
	} {
		path := write(t, tt.name, []byte(tt.data))
		got, _, err := readFile(t, path, input.Options{})
		switch {
		case tt.want == "" && err != nil, tt.want != "" && err == nil, err != nil && !strings.Contains(err.Error(), tt.want):
			t.Errorf("Read(%s holding %q) error = %v, want %q", tt.name, tt.data, err, tt.want)
		}
		if d := cmp.Diff(outcome{}, got); d != "" {
			t.Errorf("Read(%s holding %q) (-want +got):\n%s", tt.name, tt.data, d)
		}
	}
}
