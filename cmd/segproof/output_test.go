package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestWriteFileShowsNoHalfFile looks at the target while it is written: there is the old
// file or none, and the new one only when it is whole.
func TestWriteFileShowsNoHalfFile(t *testing.T) {
	for _, before := range []string{"", "old"} {
		dir := t.TempDir()
		name := filepath.Join(dir, "report.json")
		if before != "" {
			writeTest(t, name, before)
		}
		err := writeFile(name, func(w io.Writer) error {
			for range 2 {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return err
				}
				if got, _ := os.ReadFile(name); string(got) != before { // not there: nil
					t.Errorf("while it is written the file has %d bytes, want %q", len(got), before)
				}
			}
			return nil
		})
		if got, readErr := os.ReadFile(name); err != nil || readErr != nil || len(got) != 1<<17 {
			t.Errorf("writeFile: %v, then the file has %d bytes, error %v", err, len(got), readErr)
		}
		checkAlone(t, name)
	}
}

func TestWriteFileThatFailsLeavesTheOldOne(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.json")
	writeTest(t, name, "old")
	broken := errors.New("broken")
	err := writeFile(name, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "write "+name) {
		t.Errorf("writeFile: %v, want an error that names the file and wraps %v", err, broken)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "old" {
		t.Errorf("then the file has %q, %v; want %q", got, err, "old")
	}
	checkAlone(t, name)
}

// TestWriteFileKeepsModes: an existing file's is the user's, that of a new one the
// umask's.
func TestWriteFileKeepsModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	f, err := os.OpenFile(plain, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret")
	writeTest(t, secret, "old")
	if err := os.Chmod(secret, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"new": mode(t, plain), "secret": 0o600} {
		file := filepath.Join(dir, name)
		if err := writeFile(file, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
			t.Fatal(err)
		}
		if got := mode(t, file); got != want {
			t.Errorf("%s has mode %v, want %v", name, got, want)
		}
	}
}

// TestWriteFileFollowsLinks writes where a link leads, also where nothing is yet.
func TestWriteFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join("there", "second"), link); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	if err := os.Symlink("file", filepath.Join(dir, "there", "second")); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "second"} {
		if err := writeFile(link, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "there", "file")); err != nil || string(got) != text {
			t.Errorf("the file that the link leads to has %q, %v; want %q", got, err, text)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(loop, func(io.Writer) error { return nil }); err == nil {
		t.Error("writeFile to a link to itself gave no error")
	}
}

func writeTest(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// checkAlone fails if anything but the file is left in its folder.
func checkAlone(t *testing.T, name string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(name) {
		t.Errorf("the folder holds %v, %v; want %s alone", entries, err, filepath.Base(name))
	}
}
