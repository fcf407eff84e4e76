package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"segproof/internal/importer"
)

// writeInside writes a file as writeFile does, but nowhere outside root: a link that leads
// out of it, on the way or at the end, is an error.
func writeInside(root *os.Root, file importer.File) (err error) {
	target, err := linksInside(root, filepath.FromSlash(file.Name))
	if err != nil {
		return err
	}
	info, statErr := root.Stat(target)
	switch {
	case statErr != nil && !errors.Is(statErr, fs.ErrNotExist):
		return statErr
	case statErr == nil && !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	}
	if err := root.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	f, temporary, err := createBeside(target, root.OpenFile)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()              // the write has failed already
			_ = root.Remove(temporary) // at worst a temporary file stays
		}
	}()
	if _, err = f.Write(file.Data); err != nil {
		return err
	}
	if err = closeSynced(f, info); err != nil {
		return err
	}
	return root.Rename(temporary, target)
}

// linksInside returns the file in root that name is at the end of all links; it need not
// be there yet.
func linksInside(root *os.Root, name string) (string, error) {
	for range maxLinks {
		info, err := root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		target, err := root.Readlink(name)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			return "", fmt.Errorf("it is a link to %s, outside the folder", target)
		}
		name = filepath.Join(filepath.Dir(name), target)
	}
	return "", fmt.Errorf("more than %d links", maxLinks)
}
