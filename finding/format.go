package finding

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Format is one way to write a report.
type Format struct {
	Name  string // what --format takes
	Title string // one line: who reads it
	write func(w *bufio.Writer, r *Report, opts WriteOptions) error
}

// Formats returns every format, the default first. The slice is the caller's.
func Formats() []Format {
	return []Format{
		{Name: "text", Title: "people at a terminal: each finding with its line and a caret", write: writeText},
		{Name: "json", Title: "programs: the whole report as one document", write: writeJSON},
		{Name: "jsonl", Title: "programs that stream: a finding a line, then the summary", write: writeJSONL},
		{Name: "sarif", Title: "code scanning: SARIF 2.1.0, with the help of every rule", write: writeSARIF},
		{Name: "junit", Title: "test reports of CI systems: a suite a file, a test a finding", write: writeJUnit},
		{Name: "github", Title: "GitHub Actions: annotations on the changed lines", write: writeGitHub},
		{Name: "gitlab", Title: "GitLab: a code quality report", write: writeGitLab},
		{Name: "markdown", Title: "pull request comments and step summaries", write: writeMarkdown},
	}
}

// WriteOptions configures [Write]. The zero value is plain output for a CI job that
// fails on errors.
type WriteOptions struct {
	Color  bool     // text: ANSI colours; for a terminal only
	FailOn Severity // junit: a finding at least this bad is a failed test, any other a skipped one; as --fail-on
	NoFail bool     // junit: no finding is a failed test, whatever FailOn says; as --fail-on none
	Root   string   // absolute folder, usually the repository's: an absolute File below it is written relative to it, except in text, json and jsonl; "" for none
}

// Write writes r to w in the named format. The same report gives the same bytes.
//
// All text in r counts as hostile: what reaches a terminal, a CI log or a web page
// has no control character, no invisible or text-reordering one, and starts no
// command, tag or link of its own.
//
// An unknown format is the error of [ParseFormat]. Any other error is w's own,
// wrapped.
func Write(w io.Writer, format string, r *Report, opts WriteOptions) error {
	f, err := ParseFormat(format)
	if err != nil {
		return err
	}
	// A bufio.Writer keeps w's first error and returns it from Flush, so the
	// formats need not look at each write.
	bw := bufio.NewWriter(w)
	err = f.write(bw, r, opts)
	if err == nil {
		err = bw.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the %s report: %w", format, err)
	}
	return nil
}

// ParseFormat finds a format by its name. Any other name is an error that lists the
// ones there are and names the nearest one, if one is near.
func ParseFormat(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	last := len(names) - 1
	return Format{}, fmt.Errorf("format %q: want %s or %s%s",
		name, strings.Join(names[:last], ", "), names[last], DidYouMean(name, names))
}
