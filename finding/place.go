package finding

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// noFile stands where a file name would, for an event that came over HTTP.
const noFile = "(request)"

// place returns FILE:LINE:COLUMN as far as they are known, with the given file name.
func (f *Finding) place(file string) string {
	if lc := f.lineColumn(); lc != "" {
		return file + ":" + lc
	}
	return file
}

// lineColumn returns LINE:COLUMN, LINE, or "", as far as they are known.
func (f *Finding) lineColumn() string {
	switch {
	case f.Line <= 0:
		return ""
	case f.Column <= 0:
		return strconv.Itoa(f.Line)
	}
	return fmt.Sprintf("%d:%d", f.Line, f.Column)
}

// asWritten returns the file name as the user wrote it, visible.
func (f *Finding) asWritten() string {
	if f.File == "" {
		return noFile
	}
	return visible(f.File)
}

// Path returns the name of the file by which it is known wherever the repository lies:
// cleaned, with slashes, and relative to root, an absolute folder, if it is below it. ""
// stays "". A root of "" is no folder at all.
func (f *Finding) Path(root string) string {
	if f.File == "" {
		return ""
	}
	name := f.File
	if root != "" {
		full := name
		if !filepath.IsAbs(full) {
			full = filepath.Join(root, full)
		}
		if rel, err := filepath.Rel(root, full); err == nil && filepath.IsLocal(rel) {
			name = rel
		}
	}
	return path.Clean(filepath.ToSlash(name))
}

// relative returns the file name for reports that travel: its Path, and never absolute.
func (f *Finding) relative(root string) string {
	if f.File == "" {
		return noFile
	}
	name := f.Path(root)
	return cmp.Or(strings.TrimLeft(name[len(filepath.VolumeName(name)):], "/"), ".")
}

// where says which value of which event the finding is about, visible: "at /a of
// track \"X\"", "in track \"X\"", "at /a", or "".
func (f *Finding) where() string {
	event := visible(f.Event.String())
	switch {
	case f.Pointer == "" && event == "":
		return ""
	case f.Pointer == "":
		return "in " + event
	case event == "":
		return "at " + visible(f.Pointer)
	}
	return "at " + visible(f.Pointer) + " of " + event
}

// details returns what is known beyond place and message, one visible line each.
func (f *Finding) details() []string {
	var lines []string
	if where := f.where(); where != "" {
		lines = append(lines, where)
	}
	if f.Schema != "" {
		lines = append(lines, "contract "+visible(f.Schema))
	}
	if f.Hint != "" {
		lines = append(lines, "hint: "+visible(f.Hint))
	}
	for _, note := range f.Notes {
		lines = append(lines, visible(note))
	}
	return lines
}

// told returns the message and the details, one visible line each.
func (f *Finding) told() []string { return append([]string{visible(f.Message)}, f.details()...) }

// bounds returns the range of Text that is pointed at, whatever Start and Length say.
func (e Excerpt) bounds() (start, end int) {
	start = min(max(e.Start, 0), len(e.Text))
	return start, start + min(max(e.Length, 0), len(e.Text)-start)
}

// utf16Columns returns the columns of what the excerpt points at, 1-based, the second
// one past the end, in UTF-16 code units as editors count. It returns zeros if they
// cannot be known: the excerpt does not begin where its line does, or is not UTF-8.
func (f *Finding) utf16Columns() (start, end int) {
	from, to := f.Excerpt.bounds()
	before, at := f.Excerpt.Text[:from], f.Excerpt.Text[from:to]
	if f.Excerpt.Before || at == "" || from+1 != f.Column || !utf8.ValidString(before) || !utf8.ValidString(at) {
		return 0, 0
	}
	if f.Line == 1 {
		// Editors do not count a byte order mark.
		before = strings.TrimPrefix(before, "\ufeff")
	}
	start = 1 + len(utf16.Encode([]rune(before)))
	return start, start + len(utf16.Encode([]rune(at)))
}

// uniqueFingerprints returns a fingerprint for each finding, in order, no two alike:
// the finding's own, with -2, -3, ... after it where it comes again.
func uniqueFingerprints(findings []Finding) []string {
	unique := make([]string, len(findings))
	times := make(map[string]int, len(findings)) // how often each text was tried
	for i, f := range findings {
		if f.Fingerprint == "" {
			f.Sign("")
		}
		id := f.Fingerprint
		for times[id] > 0 {
			times[f.Fingerprint]++
			id = fmt.Sprintf("%s-%d", f.Fingerprint, times[f.Fingerprint])
		}
		times[id]++
		unique[i] = id
	}
	return unique
}
