package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// testObject is what Segment writes into a bucket to see whether it may.
const testObject = "dummy-object.txt"

// Expand turns arguments (files, folders, "-" for standard input) into the list of
// inputs, in the order given. Nothing is opened; a path that leads nowhere is a problem.
//
// A file that is named is always an input. A folder is walked in lexical order, with its
// folders, and gives the files that can hold events: those that end in .json, .jsonl or
// .ndjson, each also with .gz or .zst, and archives (.gz, .zst) whose name does not say
// that they hold something else (.csv.gz). Names that begin with "." or "_" and
// Segment's dummy-object.txt are left out there, as is what is no file: FIFOs, sockets,
// devices. Links are followed.
//
// A path that is given or met twice is one input, and a folder that is reached by two
// ways is walked once. problems tells, one error each, what could not be looked at: a
// path that is not there, a folder that cannot be read, a link that leads nowhere or
// back into a folder that it is in.
func Expand(args []string) (inputs []string, problems []error) {
	e := expander{seen: map[string]bool{}, walked: map[string]bool{}}
	for _, arg := range args {
		if arg == Stdin {
			e.add(arg, arg)
			continue
		}
		switch info, err := os.Stat(arg); {
		case err != nil:
			e.problem(arg, err)
		case info.IsDir():
			e.folder(arg)
		default:
			e.file(arg)
		}
	}
	return e.inputs, e.problems
}

// expander holds the state of one Expand.
type expander struct {
	inputs   []string
	problems []error
	seen     map[string]bool // inputs by absolute path
	walked   map[string]bool // folders by the path that no link is in
	inside   []string        // the folders that we are in, so too
}

func (e *expander) add(path, key string) {
	if !e.seen[key] {
		e.seen[key] = true
		e.inputs = append(e.inputs, path)
	}
}

func (e *expander) file(path string) {
	key, err := filepath.Abs(path)
	if err != nil {
		// The working directory is gone; the path as written is as good a key.
		key = filepath.Clean(path)
	}
	e.add(path, key)
}

func (e *expander) problem(path string, err error) {
	e.problems = append(e.problems, fmt.Errorf("%s: %w", path, reason(err)))
}

var errLoop = errors.New("a link back into a folder that it is in; it is not followed")

func (e *expander) folder(path string) {
	physical, err := filepath.EvalSymlinks(path)
	if err == nil {
		physical, err = filepath.Abs(physical)
	}
	switch {
	case err != nil:
		e.problem(path, err)
		return
	case slices.Contains(e.inside, physical):
		e.problem(path, errLoop)
		return
	case e.walked[physical]:
		return
	}
	e.walked[physical] = true
	e.inside = append(e.inside, physical)
	defer func() { e.inside = e.inside[:len(e.inside)-1] }()

	entries, err := os.ReadDir(path)
	if err != nil {
		e.problem(path, err) // what could be read of it is still used
	}
	for _, entry := range entries {
		e.entry(filepath.Join(path, entry.Name()), entry)
	}
}

func (e *expander) entry(path string, entry fs.DirEntry) {
	name := entry.Name()
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == testObject {
		return
	}
	mode := entry.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		if err != nil {
			e.problem(path, err)
			return
		}
		mode = info.Mode()
	}
	switch {
	case mode.IsDir():
		e.folder(path)
	case mode.IsRegular() && holdsEvents(name):
		e.file(path)
	}
}

// holdsEvents reports whether a file of that name can hold events. Segment's own
// archives are named NUMBER.gz, so .gz and .zst are enough, unless what stands before
// them says otherwise. A .log may hold anything: name it to have it read.
//
// Source: segment.com/docs/connections/storage/catalog/aws-s3/
func holdsEvents(name string) bool {
	name = strings.ToLower(name)
	switch ext := filepath.Ext(name); ext {
	case ".json", ".jsonl", ".ndjson":
		return true
	case ".gz", ".zst":
		name = strings.TrimSuffix(name, ext)
	default:
		return false
	}
	switch filepath.Ext(name) {
	case ".tar", ".csv", ".tsv", ".txt", ".log", ".sql", ".xml", ".html", ".js", ".css", ".svg", ".map",
		".parquet", ".avro", ".md", ".yaml", ".yml":
		return false
	}
	return true
}
