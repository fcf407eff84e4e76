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
	hint := ""
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return Format{}, fmt.Errorf("format %q: want %s or %s%s", name, strings.Join(names[:last], ", "), names[last], hint)
}

// nearest returns the candidate that name most likely stands for: the closest of
// those that it begins or that begin it, or else the one with the fewest typing
// mistakes, one in every three characters and one more. It returns "" if there is none.
func nearest(name string, candidates []string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || len(name) > 32 {
		return ""
	}
	best, least := "", len(name)/3+2
	for _, c := range candidates {
		d := distance(name, c)
		if strings.HasPrefix(c, name) || strings.HasPrefix(name, c) {
			d -= len(name) + len(c) // below every distance between words that differ elsewhere
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete, replace or swap with their neighbour
// that turn a into b (Damerau-Levenshtein, optimal string alignment).
func distance(a, b string) int {
	prev2, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev2, prev, row = prev, row, prev2
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := prev[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(prev[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
