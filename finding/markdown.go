package finding

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxMarkdown is how many bytes a Markdown report takes, about; what does not fit
	// is counted. GitHub refuses a comment of more than 65,536 characters.
	maxMarkdown = 60_000

	// maxCell is how many bytes of one text of the user's are shown, so that no
	// finding takes the room of the others. Escaping makes it up to eight times longer.
	maxCell = 300

	// maxOpen is how many findings are shown unfolded.
	maxOpen = 10
)

// markdownWriter writes what fits.
type markdownWriter struct {
	*bufio.Writer
	left int // bytes of user text that still fit
}

// writeMarkdown writes a headline, what was not checked, and a table of the findings,
// the first ones open and the others folded. A run without findings and problems is
// one line.
func writeMarkdown(w *bufio.Writer, r *Report, opts WriteOptions) error {
	m := &markdownWriter{Writer: w, left: maxMarkdown / 2} // the other half is for the table
	tool := markdownText(r.tool())
	if r.Counts.Total() == 0 {
		fmt.Fprintf(m, "**%s**: %s\n", tool, r.Summary())
	} else {
		fmt.Fprintf(m, "### %s: %s\n\n%s; %s\n", tool, count(r.Counts.Total(), "finding"), r.Counts, r.checked())
	}
	m.problems(r.Problems)
	m.left += maxMarkdown / 2
	shown := m.table(r.Findings[:min(maxOpen, len(r.Findings))], opts)
	if folded := r.Findings[shown:]; shown == maxOpen && len(folded) > 0 {
		fmt.Fprintf(m, "\n<details>\n<summary>%d more</summary>\n", len(folded))
		shown += m.table(folded, opts)
		m.WriteString("\n</details>\n")
	}
	if missing := r.Counts.Total() - shown; missing > 0 {
		fmt.Fprintf(m, "\n%s not shown; of all %d: %s\n", count(missing, "finding"), r.Counts.Total(), markdownText(r.byRule()))
	}
	return nil
}

// problems lists what was not checked.
func (m *markdownWriter) problems(lines []string) {
	if len(lines) == 0 {
		return
	}
	m.WriteString("\n")
	for i, p := range lines {
		if !m.fits("- not checked: " + markdownText(clip(p)) + "\n") {
			fmt.Fprintf(m, "- %s not shown\n", count(len(lines)-i, "problem"))
			return
		}
	}
}

// table writes the findings as rows and returns how many of them fitted.
func (m *markdownWriter) table(findings []Finding, opts WriteOptions) int {
	head := "\n| severity | place | event | message | hint |\n| --- | --- | --- | --- | --- |\n"
	for i, f := range findings {
		cells := []string{
			f.Severity.String(),
			markdownCode(f.place(clip(f.relative(opts.Root)))),
			strings.TrimSpace(markdownCode(clip(f.Event.String())) + " " + markdownCode(clip(f.Pointer))),
			markdownText(clip(f.Message)) + " (" + markdownText(clip(f.Rule)) + ")",
			markdownText(f.remarks()),
		}
		if !m.fits(head + "| " + strings.Join(cells, " | ") + " |\n") {
			return i
		}
		head = ""
	}
	return len(findings)
}

// remarks returns the hint and the notes, each as far as it is shown.
func (f *Finding) remarks() string {
	var all []string
	for _, s := range append([]string{f.Hint}, f.Notes...) {
		if s != "" {
			all = append(all, clip(s))
		}
	}
	return strings.Join(all, "; ")
}

// fits writes s, which is made of user text, if there is room for it.
func (m *markdownWriter) fits(s string) bool {
	if len(s) > m.left {
		return false
	}
	m.left -= len(s)
	m.WriteString(s)
	return true
}

// clip returns the first maxCell bytes of s, and says so where there is more.
func clip(s string) string {
	if len(s) <= maxCell {
		return s
	}
	end := maxCell
	for end > maxCell-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + " ..."
}

// markdownCode returns s as inline code, or "" for nothing. It is HTML, for a
// backtick cannot be escaped inside backticks, nor a pipe inside a table.
func markdownCode(s string) string {
	if s == "" {
		return ""
	}
	return "<code>" + markdownText(s) + "</code>"
}

// markdownText returns s as visible text that stays text: no markup, tag, link,
// mention or reference comes out of it, on GitHub or GitLab.
func markdownText(s string) string {
	s = visible(s)
	var b strings.Builder
	for i, r := range s {
		rest := s[i+len(string(r)):]
		if strings.ContainsRune("\\`*_{}[]<>#+!|~&$@^", r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
		if startsReference(r, rest) {
			// A zero-width space: these are looked for after entities are decoded.
			b.WriteString("&#8203;")
		}
	}
	return b.String()
}

// startsReference reports whether r and the text after it would be made a link: a
// mention (@name), a reference (#12; !12, ~12, %12, $12, &12 on GitLab), or an address.
func startsReference(r rune, rest string) bool {
	next := ' '
	for _, next = range rest {
		break
	}
	switch r {
	case '@', '#':
		return unicode.IsLetter(next) || unicode.IsDigit(next)
	case '!', '~', '%', '$', '&':
		return unicode.IsDigit(next)
	case ':':
		return strings.HasPrefix(rest, "//")
	case 'w', 'W':
		return next == '.'
	}
	return false
}

// Markdown returns s as Markdown that shows it and does nothing else: no markup, tag,
// link, mention or reference comes out of it.
func Markdown(s string) string { return markdownText(s) }
