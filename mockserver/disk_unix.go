//go:build unix

package mockserver

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// fileLock keeps a second server away from a journal's file. It ends with the process,
// however that ends; the file stays.
type fileLock struct{ file *os.File }

func lockFile(name string) (*fileLock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid := make([]byte, 20)
		n, _ := f.Read(pid) // only a hint
		err = fmt.Errorf("in use by pid %s", strings.TrimSpace(string(pid[:n])))
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteString(fmt.Sprintln(os.Getpid())) // only a hint
	}
	return &fileLock{f}, nil
}

func (l *fileLock) release() error { return l.file.Close() }

// freeBytes returns how much a file system that holds the file has left for us, and how
// large it is.
func freeBytes(file string) (free, size uint64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(file, &fs); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: file, Err: err}
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), uint64(fs.Blocks) * uint64(fs.Bsize), nil
}
