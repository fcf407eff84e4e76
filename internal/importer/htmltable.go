package importer

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// htmlTag finds the tags that tables are made of.
var htmlTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)<(/?)(table|thead|tbody|tfoot|tr|td|th)\b[^<>]*>`)
})

// readHTMLTables reads the HTML tables outside code, and returns the text without them.
// Their cells hold Markdown: Segment's site says markdown="span" for each.
//
// Source: the segment-docs repository, _plugins/jekyll-table-markdown-attribute.rb
func (p *page) readHTMLTables() ([]*table, []byte) {
	src := p.source
	blanked := bytes.Clone(src.text)
	if !bytes.Contains(bytes.ToLower(src.text), []byte("<table")) {
		return nil, blanked
	}
	var tables []*table
	r := &htmlReader{page: p}
	for _, m := range htmlTag().FindAllSubmatchIndex(src.text, -1) {
		if src.code[src.lineAt(m[0])] {
			continue
		}
		closing, name := m[2] < m[3], strings.ToLower(string(src.text[m[4]:m[5]]))
		if name == "table" && closing && r.table != nil {
			r.endRow(m[0])
			r.table.last = src.lineAt(m[1] - 1)
			copy(blanked[r.table.offset:m[1]], blanks(src.text[r.table.offset:m[1]]))
			tables = append(tables, r.done())
			continue
		}
		if name == "table" && !closing {
			if r.table != nil {
				p.report(ruleUnreadableTable, r.table.at, "the table never ends", "close it with </table>")
			}
			r.table = &table{offset: m[0], at: src.place(m[0]), first: src.lineAt(m[0])}
			r.head, r.row = false, nil
			continue
		}
		if r.table != nil {
			r.tag(name, m)
		}
	}
	if r.table != nil {
		p.report(ruleUnreadableTable, r.table.at, "the table never ends", "close it with </table>")
	}
	return tables, blanked
}

// htmlReader is the state of reading one table.
type htmlReader struct {
	page  *page
	table *table
	row   *row
	head  bool // in <thead>, or the row has a <th>
	cell  int  // offset of the open cell's text; 0 if none is open
	begin int  // offset of the open row
}

// tag takes a tag of a table, given by its match.
func (r *htmlReader) tag(name string, m []int) {
	closing := m[2] < m[3]
	switch name {
	case "thead":
		r.endRow(m[0])
		r.head = !closing
	case "tr":
		r.endRow(m[0])
		if !closing {
			r.row, r.begin = &row{at: r.page.source.place(m[0])}, m[0]
		}
	case "td", "th":
		r.endCell(m[0])
		if closing {
			return
		}
		if r.row == nil {
			r.row, r.begin = &row{at: r.page.source.place(m[0])}, m[0]
		}
		r.head = r.head || name == "th" && len(r.table.rows) == 0
		r.cell = m[1]
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
		} else {
			r.table.rows = append(r.table.rows, *r.row)
		}
	}
	r.row = nil
}

func (r *htmlReader) done() *table {
	t := r.table
	r.table, r.row, r.cell, r.head = nil, nil, 0, false
	return t
}
