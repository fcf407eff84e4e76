package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"segproof/finding"
)

// maxOffered is how many files are offered in place of one that is not there.
const maxOffered = 5

// missing gives an error about a file that is not there a way out: the file of nearly that
// name, or those of its kind that its folder has. Other errors it returns as they are.
func missing(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(name)
	entries, listErr := os.ReadDir(dir)
	if errors.Is(listErr, fs.ErrNotExist) {
		return hinted{err, "there is no folder " + filepath.ToSlash(dir)}
	}
	ext := filepath.Ext(name)
	var files, alike []string
	for _, e := range entries { // what cannot be listed offers nothing
		if e.IsDir() {
			continue
		}
		files = append(files, e.Name())
		if strings.EqualFold(filepath.Ext(e.Name()), ext) {
			alike = append(alike, e.Name())
		}
	}
	base := filepath.Base(name)
	if near := cmp.Or(finding.Nearest(base, alike), finding.Nearest(base, files)); near != "" {
		return hinted{err, fmt.Sprintf("did you mean %q?", filepath.ToSlash(filepath.Join(dir, near)))}
	}
	kind := "file whose name ends with " + ext
	if ext == "" {
		kind, alike = "file", files
	}
	folder := "the folder " + filepath.ToSlash(dir)
	if dir == "." {
		folder = "this folder"
	}
	switch n := len(alike); {
	case n == 0:
		return hinted{err, fmt.Sprintf("%s has no %s", folder, kind)}
	case n > maxOffered:
		alike = append(alike[:maxOffered:maxOffered], fmt.Sprintf("%d more", n-maxOffered))
	}
	return hinted{err, folder + " has " + strings.Join(alike, ", ")}
}
