package finding

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// The ANSI codes of the text format.
const (
	bold   = "1"
	red    = "31"
	yellow = "33"
	cyan   = "36"
)

// textWriter writes the text format.
type textWriter struct {
	*bufio.Writer
	color bool // ANSI colours
}

// writeText writes the format for people: the findings, a blank line, the summary.
func writeText(w *bufio.Writer, r *Report, opts WriteOptions) error {
	t := textWriter{Writer: w, color: opts.Color}
	for _, f := range r.Findings {
		t.finding(f)
	}
	if len(r.Findings) > 0 {
		t.line("")
	}
	t.line(r.Summary())
	if s := r.notShown(); s != "" {
		t.line(s)
	}
	for _, p := range r.Problems {
		t.line("not checked: " + visible(p))
	}
	return nil
}

// line writes one line. A write error shows when the writer is flushed.
func (t textWriter) line(s string) {
	t.WriteString(s)
	t.WriteByte('\n')
}

// finding writes one finding: place and message, its line with carets, the details.
func (t textWriter) finding(f Finding) {
	color := cyan
	switch f.Severity {
	case Error:
		color = red
	case Warning:
		color = yellow
	}
	t.line(lineStart(fmt.Sprintf("%s: %s: %s (%s)", t.paint(bold, f.place(f.asWritten())),
		t.paint(color, f.Severity.String()), visible(f.Message), visible(f.Rule))))
	number := " "
	if f.Line > 0 {
		number = strconv.Itoa(f.Line)
	}
	gutter := strings.Repeat(" ", len(number))
	if f.Excerpt.Text != "" {
		shown, before, carets := f.Excerpt.draw()
		t.line(fmt.Sprintf("  %s | %s", number, shown))
		t.line(fmt.Sprintf("  %s | %s%s", gutter, strings.Repeat(" ", before), t.paint(cyan, strings.Repeat("^", carets))))
	}
	for _, d := range f.details() {
		t.line(fmt.Sprintf("  %s = %s", gutter, d))
	}
}

// paint returns s in the given colour, if colours are wanted.
func (t textWriter) paint(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// draw returns the excerpt as it is shown, how many columns of it come before the
// carets, and how many carets there are, at least one. A tab is shown as one space.
func (e Excerpt) draw() (shown string, before, carets int) {
	start, end := e.bounds()
	var b strings.Builder
	if e.Before {
		b.WriteString("... ")
		before = len("... ")
	}
	for i := 0; i < len(e.Text); {
		g, width, size := glyph(e.Text[i:])
		if e.Text[i] == '\t' {
			g, width = " ", 1
		}
		b.WriteString(g)
		switch {
		case i+size <= start:
			before += width
		case i < end:
			carets += width
		}
		i += size
	}
	if e.After {
		b.WriteString(" ...")
	}
	return b.String(), before, max(carets, 1)
}
