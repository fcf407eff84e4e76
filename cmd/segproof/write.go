package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// writeFile writes a file so that nobody ever sees half of it: under a temporary name
// beside it, synced, then renamed. A file that is there keeps its mode, and a link leads
// where it did.
func writeFile(name string, write func(io.Writer) error) (err error) {
	info, statErr := os.Stat(name)
	if statErr == nil && !info.Mode().IsRegular() {
		return writeDevice(name, write) // /dev/stdout is a link that only the system can follow
	}
	target, err := followLinks(name)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	f, _, err := createBeside(target, os.OpenFile)
	if err != nil {
		return cannotCreate(name, filepath.Dir(target), err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()           // the write has failed already
			_ = os.Remove(f.Name()) // at worst a temporary file stays
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = closeSynced(f, info); err != nil {
		return err
	}
	return os.Rename(f.Name(), target)
}

// closeSynced closes a file whose bytes are on the disk by then. It has the mode of the one
// that it replaces, if there is one: before is nil if not.
func closeSynced(f *os.File, before fs.FileInfo) error {
	if before != nil {
		if err := f.Chmod(before.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// cannotCreate says why a file cannot be written, without the temporary name beside it, which
// means nothing to anybody.
func cannotCreate(name, folder string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return hinted{fmt.Errorf("write %s: there is no folder %s", name, folder), "make it first"}
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("folder %s: %w", folder, at.Err)
	}
	return fmt.Errorf("write %s: %w", name, err)
}

// createBeside creates a file of a new name, which it returns, in the folder of name. Unlike that of
// [os.CreateTemp], which is for its owner alone, its mode is the umask's.
func createBeside(name string, open func(string, int, fs.FileMode) (*os.File, error)) (*os.File, string, error) {
	for {
		temporary := filepath.Join(filepath.Dir(name), fmt.Sprintf(".segproof-%08x", rand.Uint32()))
		f, err := open(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, temporary, err
		}
	}
}

// maxLinks is how many links may lead to a file, as in Linux.
const maxLinks = 40

// followLinks returns the file that name is at the end of all links; it need not be
// there yet.
func followLinks(name string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil // what else is wrong with it, opening it will tell
		}
		target, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
	return "", fmt.Errorf("more than %d links", maxLinks)
}

// writeDevice writes to what cannot be renamed over: a FIFO, /dev/stderr.
func writeDevice(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := write(f); err != nil {
		_ = f.Close() // the write has failed already
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Close()
}
