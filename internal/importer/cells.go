package importer

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"sync"

	"segproof/event"
)

// cell is a cell, or a heading, as a reader sees it.
type cell struct {
	raw   string   // as written, trimmed
	text  string   // without markup, trimmed
	codes []string // its code spans, as they stand in them
	link  string   // the target of its first link; "" if it has none
	bold  bool     // all of it is bold
	at    event.Place
	whole bool // all of raw was read
}

// inlineTags are the HTML elements that a cell may have for its looks. Another <word> is
// text: Array<Product>.
var inlineTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^</?(?i:b|i|em|strong|code|a|span|p|br|sup|sub|ul|ol|li|div|u|small|kbd|img|font|center|pre)\b[^<>]*>`)
})

// cleanCell takes the markup off a cell: escapes, code spans, links, emphasis, HTML tags,
// entities, and attribute lists {:...}, whose quotes cannot be trusted.
func cleanCell(raw string) cell {
	c := cell{raw: strings.TrimSpace(raw), whole: true}
	w := &cleaning{cell: &c}
	bare := c.raw
	if singleSpaced(bare) && !strings.ContainsAny(bare, "\\`<{&![*_") {
		c.text = bare
		return c
	}
	if len(bare) > maxCellBytes {
		bare, c.whole = strings.ToValidUTF8(bare[:maxCellBytes], ""), false
	}
	c.bold = len(bare) > 4 && (strings.HasPrefix(bare, "**") && strings.HasSuffix(bare, "**") ||
		strings.HasPrefix(bare, "<b>") && strings.HasSuffix(bare, "</b>") || strings.HasPrefix(bare, "<strong>") && strings.HasSuffix(bare, "</strong>"))
	w.b.Grow(len(bare))
	w.run(bare, 0)
	if c.text = strings.Trim(w.b.String(), " "); !singleSpaced(c.text) {
		c.text = strings.Join(strings.FieldsFunc(c.text, func(r rune) bool {
			return r == '\n' || r == '\t' || r == '\r' || r == ' ' || r == '\u00a0' || r == '\u200b'
		}), " ")
	}
	return c
}

// singleSpaced reports whether the words of a text have just a blank between them.
func singleSpaced(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '\n', '\t', '\r', 0xc2, 0xe2: // and what U+00A0 and U+200B begin with
			return false
		case ' ':
			if i+1 < len(s) && s[i+1] == ' ' {
				return false
			}
		}
	}
	return true
}

// maxCellBytes is how much of a cell or a paragraph is read. The longest cell of Segment's
// docs has 3 KB.
const maxCellBytes = 16 << 10

// tableCell reads a cell of a table at its place, and tells if it is too long.
func (p *page) tableCell(raw string, at event.Place) cell {
	c := cleanCell(raw)
	if c.at = at; !c.whole {
		p.report(ruleSourceTooLarge, at, fmt.Sprintf("the cell has %d bytes; what comes behind the first %d is not read", len(c.raw), maxCellBytes), "shorten it")
	}
	return c
}

// maxTries is how many openings of links and emphasis that never close are looked after
// in one cell.
const maxTries = 100

// cleaning is the state of one cleanCell.
type cleaning struct {
	cell  *cell
	b     strings.Builder
	tries int
}

// maxInlineDepth is how deeply links may hold links.
const maxInlineDepth = 4

func (w *cleaning) run(s string, depth int) {
	for i := 0; i < len(s); {
		if n := w.step(s, i, depth); n > 0 {
			i += n
			continue
		}
		// What is no markup is copied up to the next byte that may be some.
		end := strings.IndexAny(s[i+1:], "\\`<{&![*_")
		if end < 0 {
			end = len(s) - i - 1
		}
		w.b.WriteString(s[i : i+1+end])
		i += 1 + end
	}
}

// step deals with the markup at s[i:], and returns how many bytes of it are done; 0 if
// there is none.
func (w *cleaning) step(s string, i, depth int) int {
	rest := s[i:]
	if w.tries > maxTries {
		return 0
	}
	switch s[i] {
	case '\\':
		if len(rest) > 1 && strings.IndexByte("\\`*_{}[]()#+-.!|<>~\"'", rest[1]) >= 0 {
			w.b.WriteByte(rest[1])
			return 2
		}
	case '`':
		return w.code(rest)
	case '<':
		if text, n := superscript(rest); n > 0 {
			w.b.WriteString(text)
			return n
		}
		if m := inlineTag().FindString(rest[:min(len(rest), 300)]); m != "" {
			if strings.HasPrefix(strings.ToLower(m), "<br") || strings.HasPrefix(strings.ToLower(m), "<li") || strings.HasPrefix(strings.ToLower(m), "<p") {
				w.b.WriteByte(' ')
			}
			return len(m)
		}
	case '{':
		if strings.HasPrefix(rest, "{:") {
			if end := strings.IndexByte(rest, '}'); end > 0 {
				return end + 1
			}
		}
	case '&':
		if end := strings.IndexByte(rest[:min(len(rest), 12)], ';'); end > 1 {
			if u := html.UnescapeString(rest[:end+1]); u != rest[:end+1] {
				w.b.WriteString(u)
				return end + 1
			}
		}
	case '!':
		if strings.HasPrefix(rest, "![") {
			if _, _, n := link(rest[1:]); n > 0 {
				return n + 1
			}
		}
	case '[':
		if text, target, n := link(rest); n > 0 && depth < maxInlineDepth {
			if w.cell.link == "" {
				w.cell.link = target
			}
			w.run(text, depth+1)
			return n
		}
		w.tries++
	case '*', '_':
		return w.emphasis(s, i, depth)
	}
	return 0
}

// code copies a code span as it stands.
func (w *cleaning) code(rest string) int {
	ticks := len(rest) - len(strings.TrimLeft(rest, "`"))
	body, _, ok := strings.Cut(rest[ticks:], rest[:ticks])
	if !ok {
		w.tries++
		return 0
	}
	w.cell.codes = append(w.cell.codes, body)
	w.b.WriteString(body)
	return ticks + len(body) + ticks
}

// link reads [text](target) at the beginning of s, and returns how long it is; 0 if s
// begins with none.
func link(s string) (text, target string, n int) {
	const longest = 2000
	s = s[:min(len(s), longest)]
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth > 0 {
				continue
			}
			if i+1 >= len(s) || s[i+1] != '(' {
				return "", "", 0
			}
			end := strings.IndexByte(s[i:], ')')
			if end < 0 {
				return "", "", 0
			}
			target, _, _ = strings.Cut(strings.TrimSpace(s[i+2:i+end]), " ")
			return s[1:i], target, i + end + 1
		}
	}
	return "", "", 0
}

// emphasis takes off the marks around a stretch of text. A mark without its partner is
// text: utm_*, and so is an underscore within a word.
func (w *cleaning) emphasis(s string, i, depth int) int {
	const longest = 500
	mark := s[i : i+1]
	run := 1
	for run < 3 && i+run < len(s) && s[i+run] == s[i] {
		run++
	}
	mark = strings.Repeat(mark, run)
	rest := s[i+run:]
	rest = rest[:min(len(rest), longest)]
	if rest == "" || rest[0] == ' ' || depth >= maxInlineDepth || s[i] == '_' && i > 0 && isWordByte(s[i-1]) {
		return 0
	}
	end := strings.Index(rest, mark)
	for end >= 0 && (end == 0 || rest[end-1] == ' ' || s[i] == '_' && end+run < len(rest) && isWordByte(rest[end+run])) {
		next := strings.Index(rest[end+1:], mark)
		if next < 0 {
			w.tries++
			return 0
		}
		end += 1 + next
	}
	if end <= 0 {
		w.tries++
		return 0
	}
	w.run(rest[:end], depth+1)
	return run + end + run
}

func isWordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// fold returns a text by which names are compared where case and markup do not count.
func fold(s string) string {
	if isFolded(s) { // as most are, once read
		return s
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// isFolded reports whether fold leaves a text as it is; it may err on the side of no.
func isFolded(s string) bool {
	blank := true // before the text
	for i := range len(s) {
		c := s[i]
		if c == ' ' && blank || c < ' ' || c >= 'A' && c <= 'Z' || c >= 0x80 {
			return false
		}
		blank = c == ' '
	}
	return !blank || s == ""
}
