package importer

import (
	"bytes"
	"regexp"
	"sync"
)

// htmlHeading is a heading that is written in HTML.
type htmlHeading struct {
	level  int
	offset int // of its text
	raw    string
	id     string // by which links find it; "" if the tag has none
}

// maxHTMLHeading is how long, in bytes, such a heading may be.
const maxHTMLHeading = 2000

// headingID is what names the anchor in a tag.
var headingID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\sid\s*=\s*["']?([\w-]+)`) })

// readHTMLHeadings finds the headings in HTML at the beginnings of lines outside code, and
// blanks them out: what follows without an empty line is Markdown again.
func (p *page) readHTMLHeadings(text []byte) []htmlHeading {
	var found []htmlHeading
	end := 0 // where the next closing tag of any kind is
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '<')
		if n < 0 {
			break
		}
		at += n
		level := headingTag(text[at:])
		if level == 0 || !p.opensLine(text, at) {
			at++
			continue
		}
		tag := bytes.IndexByte(text[at:min(len(text), at+maxHTMLHeading)], '>')
		if tag < 0 {
			at++
			continue
		}
		from := at + tag + 1
		if end < from {
			if end = bytes.Index(text[from:], []byte("</")); end < 0 {
				end = len(text) - from
			}
			end += from
		}
		to, after := closingTag(text, from, end, level)
		raw := string(bytes.TrimSpace(text[from:to]))
		h := htmlHeading{level: level, offset: from + bytes.Index(text[from:to], []byte(raw)), raw: raw}
		if m := headingID().FindSubmatch(text[at:from]); m != nil {
			h.id = string(m[1])
		}
		if raw != "" {
			found = append(found, h)
		}
		copy(text[at:after], blanks(text[at:after]))
		at = after
	}
	return found
}

// headingTag returns the level of the heading that a tag opens, 0 for another tag.
func headingTag(text []byte) int {
	if len(text) < 4 || text[1] != 'h' && text[1] != 'H' || text[2] < '1' || text[2] > '6' {
		return 0
	}
	if b := text[3]; b != '>' && b != ' ' && b != '\t' && b != '\n' {
		return 0
	}
	return int(text[2] - '0')
}

// closingTag returns where the text of a heading ends, and where the tag that closes it: at
// the end of the line if none does soon. The first closing tag of any kind is at first.
func closingTag(text []byte, from, first, level int) (to, after int) {
	limit := min(len(text), from+maxHTMLHeading)
	const tags = 20 // that are looked at
	for n, at := 0, first; at < limit-4 && n < tags; n++ {
		if b := text[at+2]; (b == 'h' || b == 'H') && int(text[at+3]) == '0'+level && bytes.IndexByte(text[at:limit], '>') > 0 {
			return at, at + bytes.IndexByte(text[at:limit], '>') + 1
		}
		next := bytes.Index(text[at+2:limit], []byte("</"))
		if next < 0 {
			break
		}
		at += 2 + next
	}
	line := bytes.IndexByte(text[from:limit], '\n')
	if line < 0 {
		line = limit - from
	}
	return from + line, from + line
}

// opensLine reports whether nothing but tags stands before an offset on its line, which is
// none of a block of code.
func (p *page) opensLine(text []byte, at int) bool {
	i := p.source.lineAt(at)
	if p.source.code[i] {
		return false
	}
	before := text[p.source.starts[i]:at]
	if len(before) > maxHTMLHeading {
		return false
	}
	trimmed := bytes.TrimLeft(before, " \t")
	indented := len(before)-len(trimmed) >= 4 || bytes.HasPrefix(before, []byte("\t"))
	if indented && len(bytes.TrimSpace(p.source.line(i-1))) == 0 {
		return false // a block of code
	}
	trimmed = bytes.TrimRight(trimmed, " \t")
	return len(trimmed) == 0 || trimmed[0] == '<' && trimmed[len(trimmed)-1] == '>'
}

// headingsBefore opens the sections of the HTML headings before an offset.
func (w *walking) headingsBefore(offset int) {
	for len(w.headings) > 0 && w.headings[0].offset < offset {
		h := w.headings[0]
		w.headings = w.headings[1:]
		if w.open(h.level, h.raw, h.offset); h.id != "" {
			w.current().anchor = h.id
		}
	}
}
