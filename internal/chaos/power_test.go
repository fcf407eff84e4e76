//go:build chaos && linux

package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// disk is a disk that loses its power: what was written since the last sync of a file may
// be there, or not, or only the first half of it.
type disk struct {
	files map[string]*fileState // by base name
}

type fileState struct {
	synced  []byte  // is there for sure
	pending []write // in order
	syncs   int
}

// write is one write, or a truncation if data is nil.
type write struct {
	offset int
	data   []byte
}

func (w write) apply(file []byte) []byte {
	if w.data == nil {
		return resized(file, w.offset)
	}
	file = resized(file, max(len(file), w.offset+len(w.data)))
	copy(file[w.offset:], w.data)
	return file
}

func resized(file []byte, size int) []byte {
	if size <= len(file) {
		return file[:size]
	}
	return append(file, make([]byte, size-len(file))...)
}

// after returns the file as a loss of power may leave it; keep says of each write whether
// it reached the disk: 0 no, 1 half of it, 2 yes.
func (f *fileState) after(keep func() int) []byte {
	file := append([]byte(nil), f.synced...)
	for _, w := range f.pending {
		switch keep() {
		case 1:
			if w.data != nil {
				w.data = w.data[:len(w.data)/2]
			}
			fallthrough
		case 2:
			file = w.apply(file)
		}
	}
	return file
}

var (
	onFile = regexp.MustCompile(`^(\w+)\(\d+<([^>]*)>(.*)\) += (\d+)`)
	inHex  = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

// do takes one system call of the trace.
func (d *disk) do(call string) error {
	m := onFile.FindStringSubmatch(call)
	if m == nil {
		return nil
	}
	path, err := strconv.Unquote(`"` + m[2] + `"`) // strace writes it in hex too
	if err != nil {
		return fmt.Errorf("%.80s: %w", call, err)
	}
	f := d.files[filepath.Base(path)]
	if f == nil {
		return nil
	}
	args := strings.Split(m[3], ", ")
	switch m[1] {
	case "fsync", "fdatasync":
		for _, w := range f.pending {
			f.synced = w.apply(f.synced)
		}
		f.pending = nil
		f.syncs++
	case "ftruncate", "pwrite64":
		offset, err := strconv.Atoi(args[len(args)-1])
		if err != nil {
			return fmt.Errorf("%.80s: %w", call, err)
		}
		w := write{offset: offset}
		if hex := inHex.FindStringSubmatch(m[3]); hex != nil {
			text, err := strconv.Unquote(`"` + hex[1] + `"`)
			if err != nil {
				return fmt.Errorf("%.80s: %w", call, err)
			}
			n, err := strconv.Atoi(m[4])
			if err != nil || len(text) != n {
				return fmt.Errorf("%.80s: %d bytes written, %d seen: %w", call, n, len(text), err)
			}
			w.data = []byte(text)
		}
		f.pending = append(f.pending, w)
	}
	return nil
}

// crash writes the files as a loss of power at this moment may leave them.
func (d *disk) crash(t *testing.T, dir string, keep func() int) {
	t.Helper()
	for name, f := range d.files {
		if err := os.WriteFile(filepath.Join(dir, name), f.after(keep), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPowerLoss replays what strace saw the server write and sync, up to moments at which
// answers had left, and leaves out, or tears, what no sync had promised. Each of these
// disks must hold all that was acknowledged by then. A killed process cannot show that:
// the kernel keeps what it wrote.
func TestPowerLoss(t *testing.T) {
	file := filepath.Join(t.TempDir(), "j.db")
	p := start(t, "--data", file)
	tr := trace(t, p, "-y", "-xx", "-s", "70000", "-e", "trace=pwrite64,ftruncate,fsync,fdatasync,write")
	d := &disk{files: map[string]*fileState{}}
	for _, name := range []string{file, file + "-wal"} { // as they were before the first event
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d.files[filepath.Base(name)] = &fileState{synced: data}
	}
	const events = 150
	pad := strings.Repeat("x", 30_000) // so that the log is moved into the database meanwhile
	var senders sync.WaitGroup
	for w := range 3 {
		senders.Go(func() {
			c := client()
			for i := range events / 3 {
				name := fmt.Sprintf("e%d-%d", w, i)
				if got := p.post(c, "/v1/track", fmt.Sprintf(`{"event":%q,"userId":%q}`, name, pad)); got != taken {
					t.Errorf("%s: %v", name, got)
				}
			}
		})
	}
	senders.Wait()
	tr.detach()
	p.kill()
	d.replay(t, tr.lines(t), events)
}

// replay goes through the trace and crashes after every tenth answer, in two ways. An
// answer does not say whose it is, so that what is counted is how many events are there.
func (d *disk) replay(t *testing.T, calls []string, events int) {
	r := rand.New(rand.NewPCG(26, 1))
	answers, crashes := 0, 0
	const ok = `"\x48\x54\x54\x50\x2f\x31\x2e\x31\x20\x32\x30\x30` // HTTP/1.1 200
	for _, call := range calls {
		if err := d.do(call); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(call, "write(") || !strings.Contains(call, ok) {
			continue
		}
		if answers++; answers%10 != 0 && answers != events {
			continue
		}
		for _, keep := range []func() int{func() int { return 0 }, func() int { return r.IntN(3) }} {
			dir := t.TempDir()
			d.crash(t, dir, keep)
			p := start(t, "--data", filepath.Join(dir, "j.db"))
			if found := len(p.names(t)); found < answers {
				t.Errorf("after %d answers a loss of power leaves %d events", answers, found)
			}
			p.kill()
			crashes++
		}
	}
	checkpoints := d.files["j.db"].syncs
	t.Logf("%d answers, %d losses of power, %d checkpoints", answers, crashes, checkpoints)
	if answers != events || crashes < 20 || checkpoints == 0 {
		t.Errorf("the trace has %d answers and %d checkpoints, want %d and some: the test is of no use", answers, checkpoints, events)
	}
}
