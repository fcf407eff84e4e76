//go:build chaos && linux

package chaos_test

import (
	"debug/elf"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestReady starts serve ten times, on a file that is there already and without one. The
// quickest start says what starting costs; the others, what else the machine does.
func TestReady(t *testing.T) {
	file := filepath.Join(t.TempDir(), "j.db")
	start(t, "--data", file).kill()
	for name, args := range map[string][]string{"in memory": nil, "with --data": {"--data", file}} {
		var took []time.Duration
		for range 10 {
			began := time.Now()
			p := start(t, args...)
			took = append(took, time.Since(began))
			p.kill()
		}
		slices.Sort(took)
		t.Logf("%s: ready after %v at best, median %v", name, took[0], took[5])
		if took[0] > 100*time.Millisecond {
			t.Errorf("%s: serve is ready after %v, want 100ms", name, took[0])
		}
	}
}

// TestBinaryIsStatic looks for the interpreter that a file with shared libraries needs.
func TestBinaryIsStatic(t *testing.T) {
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, prog := range file.Progs {
		if prog.Type == elf.PT_INTERP || prog.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a segment of type %v, want none: it is to be static", prog.Type)
		}
	}
}
