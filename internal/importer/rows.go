package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/event"
)

// propertyRow is what one row of a table says about one property.
type propertyRow struct {
	name        string // as written, without markup
	path        []step
	description string
	typ         docType
	rawType     string // "" if the table or the row has none
	need        Need
	at          event.Place
	raw         string      // the row
	only        *draftEvent // a group within the table is for this event; nil: for those of the table
	again       bool        // the name was in the table before
	doubt       string
}

// rowsOf reads the rows of a table of properties.
func (p *page) rowsOf(t *table) []propertyRow {
	r := &rowReader{page: p, table: t, rows: make([]propertyRow, 0, len(t.rows)), seen: make(map[string]int, len(t.rows)), bold: mostlyBold(t)}
	if t.columns.need < 0 {
		t.columns.need = unnamedNeed(t)
	}
	if t.columns.typ < 0 && valuesAreTypes(t) {
		t.columns.typ, t.columns.values = t.columns.values, -1
	}
	for _, row := range t.rows {
		r.row(row)
	}
	r.arrays()
	r.counts()
	r.presented()
	return r.rows
}

// rowReader is the state of reading one table's rows.
type rowReader struct {
	page    *page
	table   *table
	rows    []propertyRow
	seen    map[string]int // index of the row that a name was in
	only    *draftEvent
	bold    bool // bold names are nothing special here
	untyped int
	paths   int
	first   string // of the paths
}

func mostlyBold(t *table) bool {
	n := 0
	for _, r := range t.rows {
		if r.cellAt(t.columns.name).bold {
			n++
		}
	}
	return n*4 >= len(t.rows)*3 && n > 1
}

// valuesAreTypes reports whether the column Values holds types: String, or the list of the
// values.
func valuesAreTypes(t *table) bool {
	known := 0
	for _, r := range t.rows {
		if c := r.cellAt(t.columns.values); !isNothing(c.text) {
			if typ := parseType(c); !typ.unknown && (len(typ.enum) == 0 || !onlyAllowed(headerText(t.header[t.columns.values]))) {
				known++
			}
		}
	}
	return t.columns.values >= 0 && known*2 > len(t.rows)
}

// asStrings is a sentence that says that the types below it are not what is sent.
var asStrings = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\ball (fields|values|properties) are (presented|sent|passed) as strings\b`)
})

// presented tells of types that the text above the table takes back.
func (r *rowReader) presented() {
	if !slices.ContainsFunc(r.table.before, func(x *text) bool { return mentions(x.text, "as strings") && asStrings().MatchString(x.text) }) {
		return
	}
	for _, x := range r.rows {
		if len(x.typ.types) > 0 && !slices.Contains(x.typ.types, "string") {
			r.page.report(ruleProseVsType, x.at, fmt.Sprintf("property %q has the type %s, and the text above says that all are strings", x.name, x.typ), "")
		}
	}
}

// unnamedNeed returns the column without a header whose cells say what is required, -1
// if there is none.
func unnamedNeed(t *table) int {
	for i, h := range t.header {
		if h.text != "" || i == t.columns.name {
			continue
		}
		for _, r := range t.rows {
			if s := fold(r.cellAt(i).text); strings.HasPrefix(s, "required") || strings.HasPrefix(s, "optional") {
				return i
			}
		}
	}
	return -1
}

// wildcard is a name that stands for many.
var wildcard = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\*|<[^>]*>|\{[^}]*\}|\.\.\.$|…|^others?$|^etc\.?$|^any other|\(example\)`)
})

func (r *rowReader) row(row row) {
	c := row.cellAt(r.table.columns.name)
	if row.empty() {
		return
	}
	if c.text == "" {
		r.continues(row)
		return
	}
	if isStruck(c.raw) {
		r.page.report(ruleStruckOut, c.at, fmt.Sprintf("%q is struck out; the row is not read", strings.Trim(c.text, "~ ")), "")
		return
	}
	if c.bold && !r.bold && isNothing(r.typeText(row)) || c.bold && len(row.cells) == 1 && len(r.table.header) > 1 {
		r.group(c)
		return
	}
	r.page.checkRagged(r.table, row)
	names := namesIn(c)
	if len(names) > 1 {
		r.page.report(rulePropertyMultiName, c.at, fmt.Sprintf("the cell names %d properties: %s", len(names), strings.Join(names, ", ")), "give each a row of its own")
	}
	types := r.types(row, len(names))
	for i, name := range names {
		r.property(row, c, name, types[i])
	}
}

// struck is a text that is struck out as a whole.
var struck = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^\W{0,3}(?:~~[^~]+~~|<(?:del|s|strike)>.*</(?:del|s|strike)>)\W{0,3}$`)
})

func isStruck(raw string) bool {
	return (strings.Contains(raw, "~~") || strings.Contains(raw, "<")) && struck().MatchString(raw)
}

// group opens a group of rows: for the event that it names, or for all.
func (r *rowReader) group(c cell) {
	r.only = r.page.named(c.text)
	if r.only != nil && !slices.Contains(r.table.bound.events, r.only) {
		r.only = nil
	}
}

// continues takes a row without a name as more text of the row above.
func (r *rowReader) continues(row row) {
	r.page.report(ruleEmptyName, row.at, "the row has no name; it is taken for more of the description above", "")
	if n := len(r.rows); n > 0 {
		more := row.cellAt(r.table.columns.description).text
		r.rows[n-1].description = strings.TrimSpace(r.rows[n-1].description + " " + more)
		r.rows[n-1].raw += "\n" + row.raw
	}
}

// typeText returns what the row says about the type: the cell of the Type column, with
// the surplus cells behind it, which an unescaped pipe makes; or a surplus cell that is a
// type, in a table without such a column.
func (r *rowReader) typeText(row row) string { return r.typeCell(row).text }

func (r *rowReader) typeCell(row row) cell {
	width := len(r.table.header)
	typ := r.table.columns.typ
	surplus := width > 0 && len(row.cells) > width
	switch {
	case typ >= 0 && typ == width-1 && surplus:
		c := row.cells[typ]
		for _, more := range row.cells[width:] {
			c.text += " | " + more.text
			c.raw += " | " + more.raw
			c.codes = append(slices.Clone(c.codes), more.codes...)
		}
		return c
	case typ >= 0:
		return row.cellAt(typ)
	case surplus && !parseType(row.cells[width]).unknown:
		return row.cells[width]
	}
	return cell{}
}

// types reads the type of each of n names: one for all, or a list that pairs up.
func (r *rowReader) types(row row, n int) []docType {
	c := r.typeCell(row)
	if n > 1 {
		if parts := strings.Split(c.text, ","); len(parts) == n {
			var list []docType
			for _, part := range parts {
				t := parseTypeText(part, 0)
				if t.unknown {
					break
				}
				list = append(list, t)
			}
			if len(list) == n {
				return list
			}
		}
	}
	t := parseType(c)
	if note := footnoteOf(c.text); note != "" {
		r.page.report(rulePropertyAnnotation, c.at, fmt.Sprintf("the type %q is read as %q", c.text, strings.TrimSuffix(c.text, note)), "")
	}
	if t.unknown {
		r.page.report(ruleTypeUnknown, c.at, fmt.Sprintf("got type %q, which is no known word; the property is not constrained", c.text), "")
	}
	if t.ambiguous && (fold(c.text) != "enum" || isNothing(row.cellAt(r.table.columns.values).text)) {
		r.page.report(ruleTypeAmbiguous, c.at, fmt.Sprintf("type %q can be read in several ways; it is read as %s", c.text, t), "")
	}
	list := make([]docType, n)
	for i := range list {
		list[i] = t
	}
	return list
}

// String says a type in words.
func (t docType) String() string {
	p := &Property{}
	applyType(p, t)
	return describeSchema(p.schema())
}

// same reports whether two types are the same without more, as most of a property are; it may
// err on the side of no.
func (t docType) same(other docType) bool {
	more := func(t docType) bool { return t.items != nil || t.literals != nil || t.keywords != nil }
	return !more(t) && !more(other) && t.format == other.format && slices.Equal(t.types, other.types) && slices.Equal(t.enum, other.enum)
}

// property takes one property of a row.
func (r *rowReader) property(row row, c cell, name string, t docType) {
	trimmed := r.bare(c, strings.TrimSpace(name))
	spaced := len(c.codes) == 1 && c.codes[0] != strings.TrimSpace(c.codes[0]) && strings.TrimSpace(c.codes[0]) == trimmed
	if spaced || strings.Contains(trimmed, " ") && strings.Contains(trimmed, "_") {
		r.page.report(rulePropertyNameSpace, c.at, fmt.Sprintf("the name %q has a blank in it that looks like a slip", cmpCode(c, name)), "")
	}
	name = trimmed
	path, normalised := parsePath(name)
	if (strings.ContainsAny(name, "*<{…(") || strings.HasSuffix(name, "...") || mentions(name, "other", "etc", "any ")) && wildcard().MatchString(strings.ReplaceAll(name, "[*]", "")) && !strings.HasPrefix(name, "context[") {
		r.page.report(rulePropertyWildcard, c.at, fmt.Sprintf("the name %q stands for many; the row is left out", name), "")
		return
	}
	x := propertyRow{name: name, path: path, typ: t, rawType: r.typeText(row), at: c.at, raw: row.raw, only: r.only,
		description: row.cellAt(r.table.columns.description).text}
	if c := r.table.columns; c.description < 0 && c.values < 0 && c.typ < 0 && c.need != c.name+1 {
		x.description = row.cellAt(c.name + 1).text
	}
	typ, inType := r.limited(row, name, t)
	x.typ = typ
	if v := row.cellAt(r.table.columns.values); r.table.columns.values >= 0 && v.text != "" && !inType && r.table.columns.values != r.table.columns.description {
		x.description = strings.TrimSpace(x.description + " Values: " + v.text)
	}
	x.need = r.need(row, x)
	if isNothing(x.rawType) {
		r.untyped++
	}
	if normalised {
		if r.paths++; r.paths == 1 {
			r.first = name
		}
	}
	key := pathText(path)
	if first, ok := r.seen[key]; ok && r.rows[first].only == r.only {
		x.again = true
		r.page.report(rulePropertyDuplicate, c.at, fmt.Sprintf("property %q is in line %d already; the first row counts", name, r.rows[first].at.Line), "")
	} else {
		r.seen[key] = len(r.rows)
	}
	r.page.checkProse(x)
	r.rows = append(r.rows, x)
}

func cmpCode(c cell, name string) string {
	if len(c.codes) == 1 {
		return c.codes[0]
	}
	return name
}

// The words by which a row says that its property may be missing, or never is.
//
// Source: facts counted over 2,045 rows of Segment's documentation; "if applicable", "only
// included", "(optional)" and the like are all there is.
var (
	optionalWords = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^optional\b|\(\s*optional\s*\)|\ban? optional\b|\bif (applicable|available|supplied|provided|present|known|relevant|any|there (is|are) (one|any)|set|specified|it exists)\b|\b(when|where) (applicable|available|provided|known|relevant)\b|\bonly (available|provided|sent|applies|apply|included|present|for|if|when|set|applicable)\b|\babsent (if|when|unless)\b|\bsent for .* only\b|\bevents? only\b|^for \w+ events?,|\bonly\b[^.]*\bif\b|\b\w+-\w+ only\b|\bnull (unless|if|when)\b`)
	})
	requiredWords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(\*\s*)?required\s*[.:*]|\(\s*required\s*\)`) })
)

// need says what a row says about whether the property is always there.
func (r *rowReader) need(row row, x propertyRow) Need {
	if r.table.columns.need >= 0 && !(r.table.list && row.cellAt(r.table.columns.need).text == "") {
		return r.needCell(row.cellAt(r.table.columns.need), x)
	}
	switch {
	case x.typ.optional || mentions(x.description, "optional", "if ", "when ", "where ", "only", "absent", "events") && optionalWords().MatchString(x.description):
		return Optional
	case mentions(x.description, "required") && requiredWords().MatchString(x.description):
		return Required
	}
	return Unsaid
}

// needCell reads a cell of the column that says what is always there. What is no yes and no
// no is told.
func (r *rowReader) needCell(c cell, x propertyRow) Need {
	s := fold(strings.Trim(c.text, "*_ "))
	yes, no := Required, Optional
	if r.table.columns.inverted {
		yes, no = Optional, Required
	}
	switch {
	case slices.Contains([]string{"required", "always", "mandatory"}, s):
		return Required
	case s == "implicit":
		return Unsaid
	case saysYes(s):
		return yes
	case saysNo(s):
		return no
	case isNothing(s) && r.table.columns.inverted:
		// Nothing says that it is always there.
		r.page.report(ruleRequiredUnclear, c.at, fmt.Sprintf("the column %q does not say no of %q; it is not required", r.table.header[r.table.columns.need].text, x.name), "write yes or no")
		return Unsaid
	case isNothing(s) || s == "optional" || optionalWords().MatchString(s):
		return Optional
	}
	r.page.report(ruleRequiredUnclear, c.at, fmt.Sprintf("%q says neither that %q is always there nor that it may be missing; it is taken for optional", c.text, x.name), "write yes or no")
	return Optional
}

// mentions reports whether a text has one of some words, which are in small letters: it
// spares most texts the search for a pattern.
func mentions(s string, words ...string) bool {
	for i := range len(s) {
		for _, w := range words {
			if s[i]|0x20 == w[0] && len(s)-i >= len(w) && strings.EqualFold(s[i:i+len(w)], w) {
				return true
			}
		}
	}
	return false
}

// arrays makes items of children whose parent's row says that it is an array.
func (r *rowReader) arrays() {
	for i := range r.rows {
		path := r.rows[i].path
		for n := 1; n < len(path); n++ {
			if path[n-1].items {
				continue
			}
			if parent, ok := r.seen[pathText(path[:n])]; ok && r.rows[parent].saysArray() {
				path = slices.Clone(path)
				path[n-1].items = true
				r.rows[i].path = path
			}
		}
	}
}

// arrayText is a description that begins with saying that the value is a list.
var arrayText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(an? |the )?(array|list) of\b`) })

func (x propertyRow) saysArray() bool {
	return slices.Contains(x.typ.types, "array") || len(x.typ.types) == 0 && arrayText().MatchString(x.description)
}

// counts tells what is to be told once a table.
func (r *rowReader) counts() {
	if r.untyped > 0 {
		r.page.report(ruleTypeMissing, r.table.at, fmt.Sprintf("properties without a type: %d of %d", r.untyped, len(r.rows)), "")
	}
	if r.paths > 0 {
		r.page.report(rulePathNormalised, r.table.at, fmt.Sprintf("names read as paths: %d of %d, first %q", r.paths, len(r.rows), r.first), "")
	}
}

// nameSplit is what stands between the names in a cell.
var nameSplit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`,|\s+(?:or|and)\s+|\s+/\s+`) })

// namesIn returns the names in a cell: one, as a rule.
func namesIn(c cell) []string {
	if len(c.codes) > 1 {
		rest := c.text
		for _, code := range c.codes {
			rest = strings.Replace(rest, strings.Join(strings.Fields(code), " "), "", 1)
		}
		if strings.Trim(strings.NewReplacer(" and ", "", " or ", "").Replace(" "+rest+" "), " ,/&;") == "" {
			return c.codes
		}
		if strings.HasPrefix(c.text, strings.TrimSpace(c.codes[0])) && !strings.ContainsAny(c.codes[0], " ") {
			return c.codes[:1] // the rest is prose
		}
		if !slices.ContainsFunc(c.codes, func(code string) bool { return !bareWord().MatchString(code) }) {
			return c.codes // the prose is before them
		}
	}
	if parts := nameSplit().Split(c.text, -1); len(c.codes) <= 1 && len(parts) > 1 {
		for i, part := range parts {
			parts[i] = strings.TrimSpace(part)
			if !bareWord().MatchString(parts[i]) {
				return []string{c.text}
			}
		}
		return parts
	}
	return []string{c.text}
}

// checkRagged tells of a row that has other cells than the header.
func (p *page) checkRagged(t *table, r row) {
	width := len(t.header)
	if width == 0 || len(r.cells) == width {
		return
	}
	hint := "a pipe within a cell is written \\|"
	if len(r.cells) < width {
		hint = ""
	}
	p.report(ruleRaggedRow, r.at, fmt.Sprintf("the row has %d cells, the header %d", len(r.cells), width), hint)
}

// The descriptions that say what the value is.
var (
	saysBoolean = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(an? |the )?(boolean|true\b.*\bfalse\b|true (if|when|or))`)
	})
	saysNull = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\bsend (a |as )?null\b|\bnull (unless|if|when)\b|\(null (if|when)`)
	})
)

// checkProse tells of a description that contradicts the type.
func (p *page) checkProse(x propertyRow) {
	if len(x.typ.types) == 0 {
		return
	}
	says := ""
	switch {
	case mentions(x.description, "array", "list") && arrayText().MatchString(x.description) && !slices.Contains(x.typ.types, "array"):
		says = "an array"
	case mentions(x.description, "boolean", "true") && saysBoolean().MatchString(x.description) && !slices.Contains(x.typ.types, "boolean"):
		says = "a boolean"
	case mentions(x.description, "null") && saysNull().MatchString(x.description) && !slices.Contains(x.typ.types, "null"):
		says = "null"
	default:
		return
	}
	p.report(ruleProseVsType, x.at, fmt.Sprintf("property %q is described as %s, and its type is %s", x.name, says, x.typ), "")
}
