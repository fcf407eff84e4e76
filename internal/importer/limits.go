package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// limitKind is what a column beside Type says about the values of a property.
type limitKind int

// The kinds, in the order in which a row's cells are read. What a property may have for
// values is a column of its own.
const (
	limitNullable limitKind = iota
	limitFormat
	limitPattern
	limitRange
	limitMinimum
	limitMaximum
	limitMinLength
	limitMaxLength
)

// limitColumn is such a column.
type limitColumn struct {
	kind  limitKind
	index int
}

// limitWords are the headers of such columns.
func limitWords() [][]string {
	return [][]string{
		limitNullable:  {"nullable", "nullable?", "is nullable", "null", "null?", "null allowed", "allows null"},
		limitFormat:    {"format", "string format"},
		limitPattern:   {"pattern", "regex", "regexp", "regular expression"},
		limitRange:     {"range", "min/max", "min / max", "min-max"},
		limitMinimum:   {"min", "min.", "minimum", "min value", "minimum value"},
		limitMaximum:   {"max", "max.", "maximum", "max value", "maximum value"},
		limitMinLength: {"min length", "min. length", "minimum length", "minlength", "min_length"},
		limitMaxLength: {"max length", "max. length", "maximum length", "maxlength", "max_length"},
	}
}

// limitColumns finds the columns of limits. A column Format alone is one of types.
func limitColumns(heads []string) []limitColumn {
	var found []limitColumn
	for kind, words := range limitWords() {
		i := slices.IndexFunc(heads, func(h string) bool { return slices.Contains(words, h) })
		if i > 0 {
			found = append(found, limitColumn{limitKind(kind), i})
		}
	}
	return found
}

func isLimit(found []limitColumn, index int) bool {
	return slices.ContainsFunc(found, func(c limitColumn) bool { return c.index == index })
}

// isOptionalHeader reports whether a column says yes of what may be left out.
func isOptionalHeader(h string) bool {
	return h == "optional" || h == "optional?" || h == "is optional"
}

// The words of a cell that says yes or no.
func saysYes(s string) bool {
	return slices.Contains([]string{"✅", "✓", "✔", "✔️", "☑", "☑️", "[x]", ":white_check_mark:", ":heavy_check_mark:", "yes", "y", "true", "x"}, s)
}

func saysNo(s string) bool {
	return slices.Contains([]string{"no", "n", "false", "never", "✗", "✘", "✖", "❌", "☐", "[ ]", ":x:"}, s)
}

// limiting is the state of reading the limits of one property.
type limiting struct {
	reader *rowReader
	name   string
	typ    docType
}

// limited returns the type of a row with what its other columns say of the values, and
// whether the column of values is in it. What cannot be read, or contradicts the type, is
// told and left out.
func (r *rowReader) limited(row row, name string, t docType) (docType, bool) {
	l := &limiting{reader: r, name: name, typ: t}
	columns := r.table.columns
	if columns.formatted {
		l.formatAsType(row.cellAt(columns.typ))
	}
	for _, c := range columns.limits {
		if c.kind == limitNullable {
			l.nullable(row.cellAt(c.index))
		}
	}
	values := false
	if columns.values >= 0 && columns.values != columns.description {
		values = l.values(row.cellAt(columns.values), headerText(r.table.header[columns.values]))
	}
	for _, c := range columns.limits {
		if cell := row.cellAt(c.index); !isNothing(cell.text) {
			l.limit(c.kind, cell)
		}
	}
	l.compare("minimum", "maximum", row)
	l.compare("minLength", "maxLength", row)
	return l.typ, values
}

func (l *limiting) limit(kind limitKind, c cell) {
	switch kind {
	case limitFormat:
		l.format(c)
	case limitPattern:
		l.pattern(c)
	case limitRange:
		if !l.span(c) {
			l.unread(c, "is no range of numbers", "write 1-5")
		}
	case limitMinimum:
		l.bound(c, "minimum")
	case limitMaximum:
		l.bound(c, "maximum")
	case limitMinLength:
		l.length(c, "minLength")
	case limitMaxLength:
		l.length(c, "maxLength")
	}
}

// unread tells of a cell that does not say what its column is for.
func (l *limiting) unread(c cell, why, hint string) {
	l.reader.page.report(ruleConstraintUnread, c.at, fmt.Sprintf("%s %s; it does not constrain %q", quoteShort(c.text), why, l.name), hint)
}

// against tells of a cell that contradicts the type, or another cell.
func (l *limiting) against(c cell, message, hint string) {
	l.reader.page.report(ruleConstraintConflict, c.at, fmt.Sprintf("%s of %q: %s; it is left out", quoteShort(c.text), l.name, message), hint)
}

// one returns what a limit is about: the type, or that of what an array holds, since no
// array is a text or a number.
func (l *limiting) one() *docType {
	if slices.Equal(l.valueTypes(&l.typ), []string{"array"}) && l.typ.items != nil {
		item := *l.typ.items // other names of the row may share it
		l.typ.items = &item
		return &item
	}
	return &l.typ
}

// valueTypes are the types without null.
func (l *limiting) valueTypes(t *docType) []string {
	return slices.DeleteFunc(slices.Clone(t.types), func(name string) bool { return name == "null" })
}

// fits returns what a limit of texts, or of numbers, is about, nil where the type is
// another, which it tells.
func (l *limiting) fits(c cell, what string, kinds ...string) *docType {
	t := l.one()
	if len(t.types) == 0 {
		return t
	}
	if !slices.ContainsFunc(t.types, func(name string) bool { return slices.Contains(kinds, name) }) {
		l.against(c, fmt.Sprintf("the type is %s, which has no %s", l.typ, what), "")
		return nil
	}
	return t
}

// nullable reads a cell that says whether null is a value.
func (l *limiting) nullable(c cell) {
	s := fold(strings.Trim(c.text, "*_ "))
	has := slices.Contains(l.typ.types, "null")
	switch {
	case isNothing(s):
	case saysYes(s) || s == "nullable" || s == "null":
		l.typ.nullable = true
		if len(l.typ.types) > 0 && !has {
			l.typ.types = append(slices.Clone(l.typ.types), "null")
		}
	case !saysNo(s) && s != "not null" && s != "not nullable":
		l.unread(c, "says neither that null is a value nor that it is none", "write yes or no")
	case has:
		l.against(c, fmt.Sprintf("the type is %s", l.typ), "")
	}
}

// formatWords are the spellings of formats, with what each is in JSON Schema.
func formatWords() map[string]string {
	return map[string]string{
		"date": "date", "yyyy-mm-dd": "date", "full-date": "date",
		"date-time": "date-time", "datetime": "date-time", "date time": "date-time", "rfc 3339": "date-time", "rfc3339": "date-time", "rfc-3339": "date-time",
		"iso 8601": FormatISO8601, "iso-8601": FormatISO8601, "iso8601": FormatISO8601,
		"time": "time", "email": "email", "e-mail": "email", "email address": "email", "uuid": "uuid", "guid": "uuid", "uri": "uri", "url": "uri",
		"hostname": "hostname", "ipv4": "ipv4", "ipv6": "ipv6",
	}
}

// formatsByName is formatWords, made once.
var formatsByName = sync.OnceValue(formatWords)

// format reads a cell of a column Format.
func (l *limiting) format(c cell) {
	name := formatsByName()[fold(c.text)]
	if name == "" {
		// int64 beside Integer is how other specifications write it.
		if t := parseType(c); !t.unknown && len(t.enum) == 0 && len(l.typ.types) > 0 && slices.Equal(t.types, l.valueTypes(l.one())) {
			return
		}
		l.unread(c, "is no format of JSON Schema", "write date, date-time, email, uri, uuid, ipv4 or the like")
		if t := l.one(); t.format == FormatISO8601 {
			t.format = "" // a date, and written in another way
		}
		return
	}
	if t := l.fits(c, "format", "string"); t != nil {
		t.format = name
	}
}

// formatAsType reads a cell of a column Format that stands for that of types too: what is
// a date there may be one with a time, as in a column of types.
func (l *limiting) formatAsType(c cell) {
	if name := formatsByName()[fold(c.text)]; name != "" && l.typ.format == "" && slices.Equal(l.typ.types, []string{"string"}) {
		l.typ.format = name
	}
}

// isPattern is a text that is meant for a regular expression: it has an anchor, or a class
// of letters. A mask, YYYY or ###, has none.
var isPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\^|\$$|\[[^\]]+\]|\\[dwsDWSbp]`) })

// maxPatternBytes is how long a pattern may be to be taken.
const maxPatternBytes = 1000

// pattern reads a cell of a column Pattern: one code span, or a text that Markdown changes
// nothing in.
func (l *limiting) pattern(c cell) {
	text := c.text
	switch {
	case len(c.codes) == 1 && strings.TrimSpace(c.text) == strings.Join(strings.Fields(c.codes[0]), " "):
		text = strings.TrimSpace(c.codes[0])
	case c.text != c.raw:
		l.unread(c, "may have lost a part to Markdown", "write the pattern as code, in backticks")
		return
	}
	if inner, ok := strings.CutPrefix(text, "/^"); ok && strings.HasSuffix(inner, "$/") {
		text = "^" + strings.TrimSuffix(inner, "/")
	}
	_, err := regexp.Compile(text)
	if err != nil || len(text) > maxPatternBytes || !isPattern().MatchString(text) {
		l.unread(c, "is no regular expression that can be used", "write one with its anchors, as ^[A-Z]{3}$, in backticks")
		return
	}
	if t := l.fits(c, "pattern", "string"); t != nil {
		t.keyword("pattern", quoted(text))
	}
}

// keyword gives the type one more keyword. The list may be shared.
func (t *docType) keyword(name string, value json.RawMessage) {
	t.keywords = append(slices.Clip(t.keywords), Keyword{name, value})
}

// boundText is a number with a sign before it; spanText are two.
var (
	boundText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(>=|≥|>|<=|≤|<)?\s*(-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?)$`)
	})
	spanText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(-?\d[\d.]*?)\s*(?:-|–|—|\.\.|\.\.\.|…|to)\s*(-?\d[\d.]*)$`)
	})
)

// bound reads a cell of a column Minimum or Maximum.
func (l *limiting) bound(c cell, name string) {
	m := boundText().FindStringSubmatch(strings.ReplaceAll(c.text, "−", "-"))
	wrong := map[string]string{"minimum": "<≤", "maximum": ">≥"}[name]
	if m == nil || m[1] != "" && strings.ContainsAny(m[1], wrong) {
		l.unread(c, "is no "+name, "write a number")
		return
	}
	t := l.fits(c, name, "number", "integer")
	switch {
	case t == nil:
	case len(t.types) == 0:
		l.unread(c, "is of a value without a type, and may be of its length", "give the row a type")
	case m[1] == "<" || m[1] == ">":
		t.keyword(map[string]string{"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}[name], json.RawMessage(m[2]))
	default:
		t.keyword(name, json.RawMessage(m[2]))
	}
}

// span reads a cell that says both bounds of a number, and reports whether it does.
func (l *limiting) span(c cell) bool {
	m := spanText().FindStringSubmatch(strings.ReplaceAll(c.text, "−", "-"))
	if m == nil || !boundText().MatchString(m[1]) || !boundText().MatchString(m[2]) {
		return false
	}
	t := l.one()
	if len(t.types) == 0 || !slices.ContainsFunc(t.types, func(name string) bool { return name == "number" || name == "integer" }) {
		return false
	}
	t.keyword("minimum", json.RawMessage(m[1]))
	t.keyword("maximum", json.RawMessage(m[2]))
	return true
}

// lengthText is a number of letters.
var lengthText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(0|[1-9]\d{0,8})(?: (?:characters|chars|letters))?$`)
})

// length reads a cell of a column Min length or Max length.
func (l *limiting) length(c cell, name string) {
	m := lengthText().FindStringSubmatch(c.text)
	if m == nil {
		l.unread(c, "is no length", "write a whole number")
		return
	}
	if slices.Contains(l.typ.types, "array") {
		l.against(c, "the type is "+l.typ.String()+", and whose length it is, nothing says", "")
		return
	}
	t := l.fits(c, "length", "string")
	switch {
	case t == nil:
	case len(t.types) == 0:
		l.unread(c, "is the length of a value without a type", "give the row a type")
	default:
		t.keyword(name, json.RawMessage(m[1]))
	}
}

// compare takes two bounds out that no value is between.
func (l *limiting) compare(low, high string, row row) {
	t := l.one()
	from, to := t.number(low), t.number(high)
	if from == nil || to == nil || *from <= *to {
		return
	}
	l.reader.page.report(ruleConstraintConflict, row.at, fmt.Sprintf("%s %v of %q is above %s %v; both are left out", low, *from, l.name, high, *to), "")
	t.keywords = slices.DeleteFunc(slices.Clone(t.keywords), func(k Keyword) bool { return k.Name == low || k.Name == high })
}

// number returns the value of a keyword, nil if it has none.
func (t *docType) number(name string) *float64 {
	for _, k := range t.keywords {
		if v, err := strconv.ParseFloat(string(k.Value), 64); k.Name == name && err == nil {
			return &v
		}
	}
	return nil
}
