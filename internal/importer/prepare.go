package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"unicode/utf8"

	"segproof/event"
	"segproof/finding"
)

// Bounds of {% include %}: how deep includes may include, and how many bytes all of a
// page may bring. Those of Segment's docs go two deep and bring a few kilobytes.
const (
	maxIncludeDepth = 8
	maxIncludeBytes = 4 << 20
)

// source is the text of a page made ready for reading: front matter, comments and Liquid
// tags are blanked out, byte for byte, and includes are put in their places. So every
// line knows where it came from, and columns are those of the file.
type source struct {
	title string // of the front matter; "" if it has none
	text  []byte

	starts []int    // offset of each line of text
	from   []origin // of each line of text
	code   []bool   // of each line of text: it belongs to a block of code
	last   int      // index of the line that was asked for last
}

// origin is a line of a file.
type origin struct {
	file string
	line int
}

// place returns the place of an offset in text.
func (s *source) place(offset int) event.Place {
	i := s.lineAt(offset)
	return event.Place{File: s.from[i].file, Line: s.from[i].line, Column: offset - s.starts[i] + 1}
}

// lineAt returns the index of the line that an offset is in.
func (s *source) lineAt(offset int) int {
	// Most questions are about the line of the last one, or about the next line.
	for i := s.last; i < min(s.last+2, len(s.starts)); i++ {
		if s.starts[i] <= offset && (i+1 == len(s.starts) || offset < s.starts[i+1]) {
			s.last = i
			return i
		}
	}
	s.last = max(0, sort.SearchInts(s.starts, offset+1)-1)
	return s.last
}

// line returns the text of a line by index, without its end.
func (s *source) line(i int) []byte {
	if i < 0 || i >= len(s.starts) {
		return nil
	}
	end := len(s.text)
	if i+1 < len(s.starts) {
		end = s.starts[i+1]
	}
	return bytes.TrimRight(s.text[s.starts[i]:end], "\r\n")
}

// maxExcerptLine is how long a line may be for a piece of it to be shown.
const maxExcerptLine = 16 << 10

// excerpt returns the line at a place, for a person to see. Only lines of the page itself
// are shown: those of an include are not where the page's line numbers say.
func (s *source) excerpt(at event.Place) finding.Excerpt {
	i := sort.Search(len(s.from), func(i int) bool { return s.from[i].file == at.File && s.from[i].line >= at.Line })
	if i == len(s.from) || s.from[i] != (origin{at.File, at.Line}) || at.Column < 1 {
		return finding.Excerpt{}
	}
	line := s.line(i)
	if at.Column > len(line) || len(line) > maxExcerptLine {
		return finding.Excerpt{}
	}
	length := len(bytes.TrimRight(line[at.Column-1:], " \t|"))
	if length == 0 {
		return finding.Excerpt{} // front matter, or a tag: it was blanked out
	}
	if end := bytes.IndexByte(line[at.Column-1:], '|'); end > 0 {
		length = len(bytes.TrimRight(line[at.Column-1:at.Column-1+end], " \t"))
	}
	return finding.ExcerptAt(s.text, s.starts[i]+at.Column-1, max(1, length))
}

// preparing is the state of prepare.
type preparing struct {
	page     *page
	out      *source
	included int // bytes
	file     string
	line     int
	fence    string // the mark that closes the code block one is in; "" outside
	dead     map[string]bool
}

// prepare makes a text ready.
func prepare(p *page, file string, text []byte) *source {
	s := &source{}
	w := &preparing{page: p, out: s, file: file, line: 1, dead: map[string]bool{}}
	w.out.text = make([]byte, 0, len(text)+1)
	lines := min(bytes.Count(text, []byte("\n"))+1, maxLines)
	w.out.starts, w.out.from, w.out.code = make([]int, 0, lines), make([]origin, 0, lines), make([]bool, 0, lines)
	w.startLine()
	rest := w.frontMatter(w.bounded(readable(text)))
	w.run(rest, 0)
	w.assembled()
	return s
}

// assembled holds the whole text to the bounds of a page's: lines of the page and of its
// includes may have become one.
func (w *preparing) assembled() {
	s := w.out
	whole := len(s.text)
	s.text = w.bounded(s.text)
	if len(s.text) < whole { // too many lines
		s.starts, s.from, s.code = s.starts[:maxLines], s.from[:maxLines], s.code[:maxLines]
	}
}

// readable returns the text with a blank for the carriage return at a line's end, and with
// a question mark for each byte that is no UTF-8: no name can have it, and columns stay.
func readable(text []byte) []byte {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte(" \n"))
	}
	if utf8.Valid(text) {
		return text
	}
	text = bytes.Clone(text)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			text[i] = '?'
		}
		i += size
	}
	return text
}

// Bounds of a page's lines. The longest of Segment's docs has 13 KB, and no page of
// theirs has 2,000; what a reader of Markdown makes of deeper quotes costs their square.
const (
	maxLines     = 320_000
	maxLineBytes = 256 << 10
	maxMarks     = 60 // of quotes and lists, before a line's text
	maxAllMarks  = 5 * maxLines
)

// bounded returns the part of a text that can be taken, with the lines blanked out that
// cannot.
func (w *preparing) bounded(text []byte) []byte {
	at, cloned, all := 0, false, 0
	for n := 0; at < len(text); n++ {
		if n == maxLines {
			w.page.overflow("lines")
			return text[:at]
		}
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at
		}
		line := text[at : at+end]
		opened := marks(line)
		if all += opened; all > maxAllMarks {
			w.page.overflow("quotes and lists")
			return text[:at]
		}
		if end > maxLineBytes || opened > maxMarks {
			w.page.overflow("text in a line")
			if !cloned {
				text, cloned = bytes.Clone(text), true // it is the caller's
			}
			copy(text[at:], blanks(line))
		}
		at += end + 1
	}
	return text
}

// marks counts what may open quotes and lists before a line's text. A line of nothing else
// is a rule, which opens nothing, if its marks are all the same and can make one.
func marks(line []byte) int {
	n := 0
	var seen []byte // the different ones
	for _, b := range line {
		switch b {
		case '>', '-', '+', '*':
			if n++; bytes.IndexByte(seen, b) < 0 {
				seen = append(seen, b)
			}
		case ' ', '\t':
		default:
			return n
		}
	}
	if len(seen) == 1 && (seen[0] == '-' || seen[0] == '*') {
		return 0
	}
	return n
}

// startLine notes that a line of the output begins here.
func (w *preparing) startLine() {
	w.out.starts = append(w.out.starts, len(w.out.text))
	w.out.from = append(w.out.from, origin{w.file, w.line})
	w.out.code = append(w.out.code, false)
}

// emit writes text as it is.
func (w *preparing) emit(text []byte) {
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n')
		if n < 0 {
			w.out.text = append(w.out.text, text...)
			return
		}
		w.out.text = append(w.out.text, text[:n+1]...)
		text = text[n+1:]
		w.line++
		w.startLine()
	}
}

// blank writes a blank for each byte that ends no line.
func (w *preparing) blank(text []byte) {
	w.emit(blanks(text))
}

func blanks(text []byte) []byte {
	out := bytes.Repeat([]byte(" "), len(text))
	for i, b := range text {
		if b == '\n' {
			out[i] = b
		}
	}
	return out
}

// frontMatter blanks out the YAML at the top, and reads the title in it. It returns what
// follows.
func (w *preparing) frontMatter(text []byte) []byte {
	if bom := []byte("\ufeff"); bytes.HasPrefix(text, bom) {
		w.blank(bom)
		text = text[len(bom):]
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if string(bytes.TrimRight(first, " \t")) != "---" {
		return text
	}
	offset := len(first) + 1
	for offset < len(text) {
		line, _, _ := bytes.Cut(text[offset:], []byte("\n"))
		offset = min(offset+len(line)+1, len(text))
		trimmed := string(bytes.TrimRight(line, " \t"))
		if trimmed == "---" || trimmed == "..." {
			w.blank(text[:offset])
			return text[offset:]
		}
		if value, ok := strings.CutPrefix(trimmed, "title:"); ok {
			w.out.title = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	w.out.title = ""
	return text // it never ends: a rule, not front matter
}

// run copies text, line by line outside comments and tags.
func (w *preparing) run(text []byte, depth int) {
	for len(text) > 0 {
		line, _, found := bytes.Cut(text, []byte("\n"))
		n := len(line)
		if found {
			n++
		}
		if w.fenced(line) {
			w.out.code[len(w.out.code)-1] = true
			w.emit(text[:n])
			text = text[n:]
			continue
		}
		at, end := w.special(text, n)
		if at < 0 {
			w.emit(text[:n])
			text = text[n:]
			continue
		}
		w.emit(text[:at])
		w.replace(text[at:end], depth)
		text = text[end:]
		// What is left of the line is looked at again, but is no fence any more.
		if rest, _, _ := bytes.Cut(text, []byte("\n")); len(bytes.TrimSpace(rest)) > 0 {
			text = w.restOfLine(text, depth)
		}
	}
}

// restOfLine copies what follows a comment or a tag on its line.
func (w *preparing) restOfLine(text []byte, depth int) []byte {
	for {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		at, end := w.special(text, n)
		if at < 0 {
			w.emit(text[:n])
			return text[n:]
		}
		w.emit(text[:at])
		w.replace(text[at:end], depth)
		text = text[end:]
	}
}

// fenced reports whether the line is one of a block of code, or opens or closes it.
func (w *preparing) fenced(line []byte) bool {
	trimmed := bytes.TrimLeft(line, " \t>")
	mark := fenceMark(trimmed)
	if w.fence != "" {
		if strings.HasPrefix(mark, w.fence) && len(bytes.Trim(trimmed, "`~ \t\r")) == 0 {
			w.fence = ""
		}
		return true
	}
	if len(mark) >= 3 && !(mark[0] == '`' && bytes.IndexByte(trimmed[len(mark):], '`') >= 0) {
		w.fence = mark
		return true
	}
	return false
}

// fenceMark returns the run of ` or ~ that a line begins with.
func fenceMark(line []byte) string {
	if len(line) == 0 || line[0] != '`' && line[0] != '~' {
		return ""
	}
	return string(line[:len(line)-len(bytes.TrimLeft(line, string(line[:1])))])
}

// special returns where in the first n bytes of text the next comment or tag begins, and
// where in text it ends; -1 if there is none.
func (w *preparing) special(text []byte, n int) (at, end int) {
	for from := 0; from < n; {
		at = bytes.IndexAny(text[from:n], "<{")
		if at < 0 {
			return -1, 0
		}
		at += from
		for _, mark := range []struct{ open, close string }{{"<!--", "-->"}, {"{%", "%}"}, {"{{", "}}"}} {
			if !bytes.HasPrefix(text[at:], []byte(mark.open)) {
				continue
			}
			if end := w.until(text, at+len(mark.open), mark.close); end > 0 {
				if mark.open == "{%" && strings.HasPrefix(tagText(text[at:end]), "comment") {
					end = w.endOfComment(text, end)
				}
				return at, end
			}
		}
		from = at + 1
	}
	return -1, 0
}

// until returns the offset behind the next closing mark, 0 if there is none. That there is
// none is remembered, so that a page full of openings is not searched to its end for each.
func (w *preparing) until(text []byte, from int, closing string) int {
	if w.dead[closing] {
		return 0
	}
	n := bytes.Index(text[from:], []byte(closing))
	if n < 0 {
		w.dead[closing] = true
		return 0
	}
	return from + n + len(closing)
}

// endOfComment returns the offset behind the {% endcomment %} after from, or from.
func (w *preparing) endOfComment(text []byte, from int) int {
	at := w.until(text, from, "endcomment")
	if at == 0 {
		return from
	}
	if end := w.until(text, at, "%}"); end > 0 {
		return end
	}
	return from
}

// tagText returns what stands in {% ... %}.
func tagText(tag []byte) string {
	return strings.TrimSpace(strings.Trim(string(tag), "{}%-"))
}

// replace writes what stands for a comment or a tag: blanks, or an included file.
func (w *preparing) replace(part []byte, depth int) {
	switch {
	case bytes.HasPrefix(part, []byte("<!--")):
		w.commented(part)
	case bytes.HasPrefix(part, []byte("{{")):
		// A value that the site fills in: as text it stays, for a person to see.
		w.emit(part)
		return
	default:
		end := bytes.Index(part, []byte("%}")) + 2
		words := strings.Fields(tagText(part[:end]))
		if len(words) > 1 && (words[0] == "include" || words[0] == "include_relative") && w.include(words[1], depth) {
			return
		}
		if len(words) > 0 && words[0] == "comment" {
			w.commented(part)
		}
	}
	w.blank(part)
}

// commented tells of a table or a sample in a comment.
func (w *preparing) commented(part []byte) {
	what := ""
	switch {
	case bytes.Contains(part, []byte("<table")) || bytes.Contains(part, []byte("|--")) || bytes.Contains(part, []byte("| --")):
		what = "a table"
	case bytes.Contains(part, []byte("api-example")) || bytes.Contains(part, []byte("```")):
		what = "a sample"
	default:
		return
	}
	at := w.here()
	w.page.report(ruleCommentIgnored, at, "a comment holds "+what+", which is not read", "")
}

// here is the place where the output has got to.
func (w *preparing) here() event.Place {
	last := len(w.out.starts) - 1
	return event.Place{File: w.out.from[last].file, Line: w.out.from[last].line, Column: len(w.out.text) - w.out.starts[last] + 1}
}

// include writes an included file in the tag's place. It reports whether there is one.
func (w *preparing) include(name string, depth int) bool {
	name = path.Clean(strings.Trim(name, `"'`))
	fsys := w.page.opts.Includes
	if fsys == nil || depth >= maxIncludeDepth || !fs.ValidPath(name) {
		return false
	}
	text, err := readInclude(fsys, name, maxIncludeBytes-w.included)
	if errors.Is(err, errTooLarge) {
		w.page.overflow("included text")
		return false
	}
	if err != nil {
		return false // the site's own parts need not be there
	}
	w.included += len(text) + 512 // a great number of small ones costs too
	outer := preparing{file: w.file, line: w.line, fence: w.fence}
	w.file, w.line = path.Join(w.page.opts.IncludesName, name), 1
	dead := w.dead
	w.dead = map[string]bool{}
	w.run(w.bounded(readable(bytes.TrimRight(text, "\r\n"))), depth+1)
	w.file, w.line, w.fence, w.dead = outer.file, outer.line, outer.fence, dead
	return true
}

var errTooLarge = errors.New("too large")

func readInclude(fsys fs.FS, name string, limit int) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	if info.Size() > int64(limit) {
		return nil, errTooLarge
	}
	return fs.ReadFile(fsys, name)
}
