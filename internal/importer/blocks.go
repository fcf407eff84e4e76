package importer

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/event"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gmtext "github.com/yuin/goldmark/text"
)

// section is a heading and what is below it.
type section struct {
	index   int // in the page's sections
	level   int // 0: the page, before its first heading
	title   cell
	anchor  string // by which links find it
	at      event.Place
	line    int // index of the line in the source's text
	parent  *section
	tables  []*table
	samples []*sample
	texts   []*text
}

// under reports whether the heading, or one above it, is one that ok accepts.
func (s *section) under(ok func(title string) bool) bool {
	for ; s != nil; s = s.parent {
		if s.level > 0 && ok(s.title.text) {
			return true
		}
	}
	return false
}

// text is a paragraph or an item of a list.
type text struct {
	cell
	section *section
	offset  int
	item    bool // of a list
	list    int  // the number of the outermost list that it begins an item in; 0 if it begins none
	depth   int  // of its list in the others
}

// readBlocks takes the page apart: headings, texts, tables, blocks of code, in order.
func (p *page) readBlocks() {
	htmlTables, blanked := p.readHTMLTables()
	headings := p.readHTMLHeadings(blanked)
	root := parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	).Parse(gmtext.NewReader(blanked))
	p.sections = []*section{{}}
	w := &walking{page: p, text: blanked, html: htmlTables, headings: headings}
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Type() != ast.TypeBlock {
			return ast.WalkContinue, nil
		}
		return w.visit(n), nil
	})
	w.htmlBefore(len(blanked) + 1)
}

// walking is the state of one walk over the blocks of a page.
type walking struct {
	page *page
	text []byte

	html     []*table      // that are yet to come, by offset
	headings []htmlHeading // the same

	cells []rawCell // of the last row, for their room
	outer ast.Node  // the outermost list that was seen last
	lists int       // how many of these there were
}

func (w *walking) current() *section { return w.page.sections[len(w.page.sections)-1] }

// htmlBefore puts the HTML tables and headings that begin before offset where they belong.
func (w *walking) htmlBefore(offset int) {
	for len(w.html) > 0 && w.html[0].offset < offset {
		w.headingsBefore(w.html[0].offset)
		w.add(w.html[0])
		w.html = w.html[1:]
	}
	w.headingsBefore(offset)
}

func (w *walking) add(t *table) {
	s := w.current()
	t.section = s
	t.before = w.before(t.offset)
	s.tables = append(s.tables, t)
	w.page.tables = append(w.page.tables, t)
}

// before returns the texts between the heading, or the table before, and an offset.
func (w *walking) before(offset int) []*text {
	s := w.current()
	from := 0
	if n := len(s.tables); n > 0 {
		from = s.tables[n-1].offset
	}
	first := len(s.texts)
	for first > 0 && s.texts[first-1].offset >= from {
		first--
	}
	last := first
	for last < len(s.texts) && s.texts[last].offset < offset {
		last++
	}
	return s.texts[first:last]
}

// visit takes a block in.
func (w *walking) visit(n ast.Node) ast.WalkStatus {
	lines := n.Lines()
	if lines != nil && lines.Len() > 0 {
		w.htmlBefore(lines.At(0).Start)
	}
	switch n := n.(type) {
	case *ast.Heading:
		w.heading(n)
		return ast.WalkSkipChildren
	case *ast.FencedCodeBlock:
		w.codeBlock(n)
		return ast.WalkSkipChildren
	case *ast.Paragraph, *ast.TextBlock:
		w.paragraph(n)
		return ast.WalkSkipChildren
	}
	return ast.WalkContinue
}

// explicitID is what names a heading's anchor: {#id}, or kramdown's {: #id }.
var explicitID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{:?\s*#([\w-]+)[^}]*\}`) })

func (w *walking) heading(n *ast.Heading) {
	if n.Lines().Len() == 0 {
		return
	}
	w.open(n.Level, strings.TrimRight(string(linesOf(n, n.Lines().Len(), w.text)), "\n"), n.Lines().At(0).Start)
}

// open opens the section of a heading.
func (w *walking) open(level int, raw string, offset int) {
	s := &section{level: level, title: cleanCell(raw), at: w.page.source.place(offset), line: w.page.source.lineAt(offset)}
	s.anchor = slug(s.title.text)
	if m := explicitID().FindStringSubmatch(raw); m != nil {
		s.anchor = m[1]
		s.title = cleanCell(strings.Replace(raw, m[0], "", 1))
	}
	for parent := w.current(); parent != nil; parent = parent.parent {
		if parent.level < s.level {
			s.parent = parent
			break
		}
	}
	s.index = len(w.page.sections)
	w.page.sections = append(w.page.sections, s)
}

// linesOf returns the first lines of a leaf block, as they are but for what the blocks
// around it put before them.
func linesOf(n ast.Node, count int, source []byte) []byte {
	if count == 1 {
		seg := n.Lines().At(0)
		return seg.Value(source)
	}
	size := 0
	for i := range count {
		seg := n.Lines().At(i)
		size += seg.Len() + seg.Padding
	}
	text := make([]byte, 0, size)
	for i := range count {
		seg := n.Lines().At(i)
		text = append(text, seg.Value(source)...)
	}
	return text
}

func (w *walking) codeBlock(n *ast.FencedCodeBlock) {
	if n.Lines().Len() == 0 {
		return
	}
	offset := n.Lines().At(0).Start
	w.page.samples = append(w.page.samples, &sample{
		lang: strings.ToLower(string(n.Language(w.text))), code: linesOf(n, n.Lines().Len(), w.text), section: w.current(),
		at: w.page.source.place(offset), offset: offset,
	})
}

// paragraph takes a paragraph in: as text, and as the table that it may end with.
func (w *walking) paragraph(n ast.Node) {
	lines := n.Lines()
	if lines == nil || lines.Len() == 0 {
		return
	}
	count := lines.Len()
	for i := 1; i < lines.Len(); i++ {
		seg := lines.At(i)
		columns := delimiterColumns(seg.Value(w.text))
		if columns == 0 {
			continue
		}
		head := lines.At(i - 1)
		t := w.pipeTable(lines, i-1, columns)
		if t == nil {
			w.page.report(ruleUnreadableTable, w.page.source.place(head.Start),
				"the rule below the header has another number of columns than the header", "Markdown then takes the table for a paragraph")
			return
		}
		w.texts(n, i-1)
		w.add(t)
		return
	}
	w.texts(n, count)
}

// listOf returns the number of the outermost list around a list, and how deep in it that
// is: what keeps a node keeps all of the page's.
func (w *walking) listOf(list ast.Node) (number, depth int) {
	outer := list
	for ; outer.Parent() != nil && outer.Parent().Kind() == ast.KindListItem; depth++ {
		outer = outer.Parent().Parent()
	}
	if outer != w.outer {
		w.outer = outer
		w.lists++
	}
	return w.lists, depth
}

// texts notes the first lines of a paragraph as text.
func (w *walking) texts(n ast.Node, count int) {
	if count == 0 {
		return
	}
	_, isItem := n.Parent().(*ast.ListItem)
	s, offset := w.current(), n.Lines().At(0).Start
	t := &text{cell: cleanCell(string(linesOf(n, count, w.text))), section: s, offset: offset, item: isItem}
	t.at = w.page.source.place(offset)
	if isItem && n.PreviousSibling() == nil {
		t.list, t.depth = w.listOf(n.Parent().Parent())
	}
	s.texts = append(s.texts, t)
	w.page.texts = append(w.page.texts, t)
}

// delimiterColumns returns how many columns the rule below a table's header has, 0 if
// the line is none.
//
// Source: github.github.com/gfm/#tables-extension-
func delimiterColumns(line []byte) int {
	line = bytes.TrimSpace(line)
	if len(bytes.Trim(line, "|-: \t")) > 0 || bytes.IndexByte(line, '-') < 0 || bytes.IndexByte(line, '|') < 0 {
		return 0
	}
	cells := splitPipes(nil, string(line))
	for _, c := range cells {
		if body := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(c.raw), ":"), ":"); body == "" || strings.Trim(body, "-") != "" {
			return 0
		}
	}
	return len(cells)
}

// pipeTable reads the table whose header is line head of a paragraph. It returns nil if
// the header has another number of cells than the rule below it.
func (w *walking) pipeTable(lines *gmtext.Segments, head, columns int) *table {
	src := w.page.source
	seg := lines.At(head)
	t := &table{offset: seg.Start, at: src.place(seg.Start), first: src.lineAt(seg.Start), last: src.lineAt(lines.At(lines.Len() - 1).Start)}
	header := w.pipeRow(seg)
	if len(header.cells) != columns {
		return nil
	}
	t.header = header.cells
	rows := min(lines.Len()-head-2, maxRows)
	t.rows = make([]row, 0, rows)
	for i := head + 2; i < head+2+rows; i++ {
		t.rows = append(t.rows, w.pipeRow(lines.At(i)))
	}
	w.page.tooLong(t, lines.Len()-head-2)
	return t
}

// maxRows is how many rows of a table, and items of lists, are read. The longest table of
// Segment's docs has 300.
const maxRows = 20_000

// tooLong tells of a table that has more.
func (p *page) tooLong(t *table, rows int) {
	if rows > maxRows {
		p.report(ruleSourceTooLarge, t.at, fmt.Sprintf("the table has %d rows; those behind the first %d are not read", rows, maxRows), "split it")
	}
}

// pipeRow splits a row at its pipes. GFM drops the cells beyond the header's; they are
// kept here, because an unescaped pipe in a cell makes them.
func (w *walking) pipeRow(seg gmtext.Segment) row {
	raw := strings.TrimRight(string(seg.Value(w.text)), " \t\n")
	offset := seg.Start - seg.Padding
	r := row{raw: strings.TrimSpace(raw), at: w.page.source.place(max(offset, 0))}
	w.cells = splitPipes(w.cells[:0], raw)
	r.cells = make([]cell, 0, len(w.cells))
	for _, c := range w.cells {
		r.cells = append(r.cells, w.page.tableCell(c.raw, w.page.source.place(max(0, offset+c.offset))))
	}
	return r
}

// rawCell is a cell as it stands, and where in its row.
type rawCell struct {
	raw    string
	offset int // of the first byte that is no blank
}

// splitPipes appends the cells of a row, which is split at its pipes that no backslash
// escapes, without the bars at its ends.
func splitPipes(cells []rawCell, line string) []rawCell {
	from := 0
	add := func(end int) {
		raw := line[from:end]
		blank := len(raw) - len(strings.TrimLeft(raw, " \t"))
		cells = append(cells, rawCell{strings.ReplaceAll(strings.TrimSpace(raw), `\|`, "|"), from + blank})
	}
	end := len(strings.TrimRight(line, " \t"))
	start := len(line) - len(strings.TrimLeft(line, " \t"))
	if start < end && line[start] == '|' {
		start++
	}
	from = start
	for i := start; i < end; i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if line[i] == '|' {
			add(i)
			from = i + 1
		}
	}
	if from < end {
		add(end)
	}
	return cells
}

// table is a table of the page.
type table struct {
	header  []cell // nil if it has none
	rows    []row
	section *section
	before  []*text // between the heading, or the table before, and this one
	at      event.Place
	offset  int
	first   int // index of the first line in the source's text
	last    int // index of the last one

	list     bool // it is made of a list of properties
	kind     tableKind
	ofEvent  string // the event of all rows, of a part of a table of both; "" for others
	columns  columns
	bound    binding
	read     []propertyRow // of a table of properties
	compared bool          // with the page's other tables
	sum      string        // of its text; "" until asked for
}

// row is a row of a table.
type row struct {
	cells []cell
	raw   string
	at    event.Place
}

// text returns the lines of a table, for its hash: from the header to the last row, each
// without its trailing blanks.
func (p *page) tableText(t *table) string {
	var lines []string
	for i := t.first; i <= t.last; i++ {
		lines = append(lines, strings.TrimRight(string(p.source.line(i)), " \t\r"))
	}
	return strings.Join(lines, "\n")
}

// tableSum returns the hash of a table's text, made once.
func (p *page) tableSum(t *table) string {
	if t.sum == "" {
		t.sum = Source{Table: p.tableText(t)}.SHA256()
	}
	return t.sum
}

// cellAt returns a cell of the row, an empty one where it has none.
func (r row) cellAt(i int) cell {
	if i < 0 || i >= len(r.cells) {
		return cell{at: r.at}
	}
	return r.cells[i]
}

// empty reports whether the row has no text at all.
func (r row) empty() bool {
	return !slices.ContainsFunc(r.cells, func(c cell) bool { return c.text != "" })
}
