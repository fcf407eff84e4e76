//go:build unix

package input_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/input"
)

func fifo(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no FIFO here: %v", err)
	}
	return path
}

// TestReadFIFO reads a FIFO as a stream (C18), compressed too.
func TestReadFIFO(t *testing.T) {
	path := fifo(t, t.TempDir(), "events.json")
	text := numbered(500)
	for name, data := range map[string][]byte{"plain": []byte(text), "gzip": gzipped(t, text, "")} {
		wrote := make(chan error)
		go func() { wrote <- os.WriteFile(path, data, 0) }()
		got, _, err := readFile(t, path, input.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
		if len(got.Events) != 500 || len(got.Findings) != 0 {
			t.Errorf("%s: got %d events and %v, want 500", name, len(got.Events), got.Findings)
		}
	}
}

func TestReadFIFOWithoutAWriterStops(t *testing.T) {
	path := fifo(t, t.TempDir(), "events.json")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := input.Read(ctx, path, input.Options{}, func(input.Block) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Read error = %v, want context.DeadlineExceeded", err)
	}
	// Let the goroutine go that waits for a writer.
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

func TestReadDevice(t *testing.T) {
	got, stats, err := readFile(t, os.DevNull, input.Options{})
	if err != nil || stats.Bytes != 0 || len(got.Events) != 0 {
		t.Errorf("Read(%s) = %d bytes, %d events, error %v; want nothing", os.DevNull, stats.Bytes, len(got.Events), err)
	}
}

func TestExpandLeavesFIFOsInFolders(t *testing.T) {
	dir := t.TempDir()
	path := fifo(t, dir, "events.json")
	for _, tt := range []struct {
		args, want []string
	}{
		{[]string{dir}, nil},
		{[]string{path}, []string{path}},
	} {
		got, problems := input.Expand(tt.args)
		if d := cmp.Diff(tt.want, got); d != "" || len(problems) != 0 {
			t.Errorf("Expand(%q) problems %v (-want +got):\n%s", tt.args, problems, d)
		}
	}
}
