package importer

import (
	"bytes"
	"strings"
)

// tableTag is a tag of those that tables are made of.
type tableTag struct {
	name       string // in small letters
	closing    bool
	begin, end int
}

// tableTags calls yield for each tag of a table, in order. It asks the text byte by byte,
// because a page of ten megabytes may be all tables.
func tableTags(text []byte, yield func(tableTag)) {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '<')
		if i < 0 {
			return
		}
		t := tableTag{begin: at + i}
		at = t.begin + 1
		if t.closing = at < len(text) && text[at] == '/'; t.closing {
			at++
		}
		from := at
		for at < len(text) && isWordByte(text[at]) {
			at++
		}
		if t.name = tableElement(text[from:at]); t.name == "" {
			continue
		}
		n := bytes.IndexAny(text[at:], "<>")
		if n < 0 {
			return
		}
		at += n
		if text[at] == '>' {
			at++
			t.end = at
			yield(t)
		}
	}
}

// tableElement returns the name of an element of tables, "" for another word.
func tableElement(word []byte) string {
	const longest = 5
	if len(word) > longest {
		return ""
	}
	for _, name := range [...]string{"td", "tr", "th", "table", "thead", "tbody", "tfoot"} {
		if strings.EqualFold(string(word), name) {
			return name
		}
	}
	return ""
}

// readHTMLTables reads the HTML tables outside code, and returns the text without them.
// Their cells hold Markdown: Segment's site says markdown="span" for each.
//
// Source: the segment-docs repository, _plugins/jekyll-table-markdown-attribute.rb
func (p *page) readHTMLTables() ([]*table, []byte) {
	src := p.source
	blanked := src.text
	var tables []*table
	r := &htmlReader{page: p}
	tableTags(src.text, func(tag tableTag) {
		switch {
		case src.code[src.lineAt(tag.begin)]:
		case tag.name == "table" && !tag.closing:
			if r.table != nil {
				p.report(ruleUnreadableTable, r.table.at, "the table never ends", "close it with </table>")
			}
			r.table = &table{offset: tag.begin, at: src.place(tag.begin), first: src.lineAt(tag.begin)}
			r.head, r.row, r.rows = false, nil, 0
		case r.table == nil:
		case tag.name == "table":
			r.endRow(tag.begin)
			r.table.last = src.lineAt(tag.end - 1)
			if len(tables) == 0 {
				blanked = bytes.Clone(src.text)
			}
			copy(blanked[r.table.offset:tag.end], blanks(src.text[r.table.offset:tag.end]))
			tables = append(tables, r.done())
		default:
			r.tag(tag)
		}
	})
	if r.table != nil {
		p.report(ruleUnreadableTable, r.table.at, "the table never ends", "close it with </table>")
	}
	return tables, blanked
}

// htmlReader is the state of reading one table.
type htmlReader struct {
	page  *page
	table *table
	rows  int // of the table
	row   *row
	head  bool // in <thead>, or the row has a <th>
	cell  int  // offset of the open cell's text; 0 if none is open
	begin int  // offset of the open row
}

// tag takes a tag within a table.
func (r *htmlReader) tag(tag tableTag) {
	switch tag.name {
	case "thead":
		r.endRow(tag.begin)
		r.head = !tag.closing
	case "tr":
		r.endRow(tag.begin)
		if !tag.closing {
			r.row, r.begin = &row{at: r.page.source.place(tag.begin)}, tag.begin
		}
	case "td", "th":
		r.endCell(tag.begin)
		if tag.closing {
			return
		}
		if r.row == nil {
			r.row, r.begin = &row{at: r.page.source.place(tag.begin)}, tag.begin
		}
		r.head = r.head || tag.name == "th" && len(r.table.rows) == 0
		r.cell = tag.end
	}
}

func (r *htmlReader) endCell(end int) {
	if r.cell == 0 || r.row == nil {
		return
	}
	text := r.page.source.text[r.cell:end]
	at := r.page.source.place(r.cell + len(text) - len(bytes.TrimLeft(text, " \t\n")))
	r.row.cells = append(r.row.cells, r.page.tableCell(string(text), at))
	r.cell = 0
}

func (r *htmlReader) endRow(end int) {
	r.endCell(end)
	if r.row == nil {
		return
	}
	r.row.raw = strings.TrimSpace(string(r.page.source.text[r.begin:end]))
	if len(r.row.cells) > 0 {
		if r.head && r.table.header == nil && len(r.table.rows) == 0 {
			r.table.header = r.row.cells
			r.head = false
		} else if r.rows++; r.rows <= maxRows {
			r.table.rows = append(r.table.rows, *r.row)
		}
	}
	r.row = nil
}

func (r *htmlReader) done() *table {
	t := r.table
	r.page.tooLong(t, r.rows)
	r.table, r.rows, r.row, r.cell, r.head = nil, 0, nil, 0, false
	return t
}
