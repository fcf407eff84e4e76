package importer

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// typeWords is the table of type spellings, folded, with what each means in JSON Schema.
// A word that is not here is unknown.
func typeWords() map[string]docType {
	kind := func(name string) docType { return docType{types: []string{name}} }
	date := docType{types: []string{"string"}, format: FormatISO8601}
	return map[string]docType{
		"string": kind("string"), "str": kind("string"), "text": kind("string"), "varchar": kind("string"), "uuid": kind("string"), "guid": kind("string"),
		"url": kind("string"), "uri": kind("string"), "email": kind("string"), "enum": kind("string"),
		"number": kind("number"), "float": kind("number"), "double": kind("number"), "decimal": kind("number"), "numeric": kind("number"), "float64": kind("number"),
		"integer": kind("integer"), "int": kind("integer"), "long": kind("integer"), "bigint": kind("integer"), "int64": kind("integer"), "int32": kind("integer"),
		"boolean": kind("boolean"), "bool": kind("boolean"),
		"object": kind("object"), "hash": kind("object"), "map": kind("object"), "dictionary": kind("object"), "json": kind("object"), "json object": kind("object"),
		"key/value pair": kind("object"), "key/value pairs": kind("object"), "key-value pair": kind("object"), "key-value pairs": kind("object"),
		"array": kind("array"), "list": kind("array"), "null": kind("null"),
		"date": date, "datetime": date, "date time": date, "date-time": date, "timestamp": date, "iso 8601 date string": date, "iso-8601 date string": date,
		"iso 8601": date, "iso-8601": date, "iso8601": date, "iso 8601 date": date, "iso-8601 date": date, "date string": date, "iso date": date,
		"iso 8601 timestamp": date, "iso 8601 string": date, "iso-8601 string": date,
	}
}

// wordsByName is typeWords, made once.
var wordsByName = sync.OnceValue(typeWords)

// docType is what a cell of a Type column says.
type docType struct {
	types     []string // JSON Schema types; nil: no constraint
	items     *docType // of an array; nil: not said
	enum      []string // values, all strings
	format    string
	any       bool // it says that anything will do
	unknown   bool // it is no known spelling
	ambiguous bool // it can be read in several ways
	optional  bool // it says so in brackets

	// The rest is what columns beside Type say.
	nullable bool
	literals []json.RawMessage // values, in place of enum
	keywords []Keyword         // further keywords of JSON Schema
}

// The spellings that hold another type or values.
var (
	arraySuffix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.+?)\s*\[\s*\]$`) })
	arrayOf     = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:an? )?(?:array|list)\s*(?:\[\s*(.+?)\s*\]|<\s*(.+?)\s*>|\(\s*(?:of )?(.+?)\s*\)|of\s+(.+?))$`)
	})
	bracketed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\[\s*(\w+)\s*\]$`) })
	objectOfX = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:object|map|hash|dictionary|record)\s*[\[<].*[\]>]$`)
	})
	enumOf    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:string )?enum\s*[:({\[]\s*(.+?)\s*[)}\]]?$`) })
	noteAtEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s*\(([^()]*)\)$`) })
	splitAlts = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\s*\|\s*|\s*,\s*(?:or\s+)?|\s+or\s+|\s*/\s*|\s*;\s*`)
	})
	bareWord  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{N}_.-]+$`) })
	quotedAlt = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^[\"'“”‘’`]([^\"“”]+)[\"'“”‘’`]$")
	})
)

// parseType reads a cell of a Type column.
func parseType(c cell) docType {
	if isNothing(c.text) {
		return docType{}
	}
	t := parseTypeText(c.text, 0)
	if t.unknown && len(c.codes) > 1 {
		if values := literals(c.codes); values != nil {
			return docType{types: []string{"string"}, enum: values}
		}
	}
	return t
}

// maxTypeDepth is how many types a type may hold, one in the other.
const maxTypeDepth = 4

func parseTypeText(s string, depth int) docType {
	s = strings.TrimSpace(strings.TrimSuffix(s, footnoteOf(s)))
	folded := fold(s)
	if t, ok := wordsByName()[folded]; ok {
		if folded == "enum" {
			t.ambiguous = true
		}
		return t
	}
	if folded == "any" || folded == "mixed" || folded == "various" {
		return docType{any: true}
	}
	if depth >= maxTypeDepth {
		return docType{unknown: true}
	}
	if rest, ok := cutNull(s); ok {
		if t := parseTypeText(rest, depth+1); len(t.enum) > 0 {
			t.types = append(t.types, "null")
			return t
		}
	}
	if m := enumOf().FindStringSubmatch(s); m != nil {
		if values := literals(splitAlts().Split(m[1], -1)); values != nil {
			return docType{types: []string{"string"}, enum: values}
		}
	}
	if t, ok := parseArray(folded, s, depth); ok {
		return t
	}
	if objectOfX().MatchString(folded) {
		return docType{types: []string{"object"}}
	}
	if m := noteAtEnd().FindStringSubmatchIndex(s); m != nil && m[0] > 0 {
		t := parseTypeText(s[:m[0]], depth+1)
		note := fold(s[m[2]:m[3]])
		if strings.Contains(note, "iso") && strings.Contains(note, "8601") && slices.Equal(t.types, []string{"string"}) {
			t.format = FormatISO8601
		}
		t.optional = t.optional || strings.Contains(note, "optional")
		t.ambiguous = t.ambiguous || strings.Contains(note, "separated")
		return t
	}
	return parseAlternatives(s, depth)
}

// cutNull takes a last alternative off that is null.
func cutNull(s string) (rest string, ok bool) {
	lower := strings.ToLower(s)
	for _, end := range []string{", null", "| null", " or null"} {
		if strings.HasSuffix(lower, end) {
			return strings.TrimSpace(s[:len(s)-len(end)]), true
		}
	}
	return s, false
}

// parseArray reads X[], Array[X], Array<X>, array of X.
func parseArray(folded, s string, depth int) (docType, bool) {
	item := ""
	if m := arraySuffix().FindStringSubmatch(folded); m != nil && !strings.ContainsAny(m[1], "|,") {
		item = m[1]
	} else if m := bracketed().FindStringSubmatch(folded); m != nil {
		item = m[1]
	} else if m := arrayOf().FindStringSubmatch(folded); m != nil {
		item = strings.Join(m[1:], "")
	}
	if item == "" {
		return docType{}, false
	}
	note := noteAtEnd().FindString(item)
	item = strings.TrimSuffix(item, note)
	t := docType{types: []string{"array"}, ambiguous: strings.Contains(note, "separated")}
	if fold(item) == "any" {
		return t, true
	}
	of := parseTypeText(item, depth+1)
	if of.unknown {
		of = parseTypeText(strings.TrimSuffix(item, "s"), depth+1)
	}
	if of.unknown { // the name of an object that the page describes elsewhere
		of = docType{types: []string{"object"}}
	}
	t.items = &of
	return t, true
}

// parseAlternatives reads several types, or several values.
func parseAlternatives(s string, depth int) docType {
	parts := splitAlts().Split(s, -1)
	parts = slices.DeleteFunc(parts, func(part string) bool { return strings.TrimSpace(part) == "" })
	if len(parts) < 2 {
		if values := quotedValues(parts); values != nil {
			return docType{types: []string{"string"}, enum: values}
		}
		return docType{unknown: true}
	}
	if values := quotedValues(parts); values != nil {
		return docType{types: []string{"string"}, enum: values}
	}
	union := docType{}
	known := 0
	for _, part := range parts {
		t := parseTypeText(part, depth+1)
		if t.unknown {
			continue
		}
		known++
		union.merge(t)
	}
	if known == len(parts) {
		if union.any {
			return docType{any: true}
		}
		return union
	}
	if known == 0 {
		if values := bareValues(parts); values != nil {
			return docType{types: []string{"string"}, enum: values, ambiguous: true}
		}
	}
	return docType{unknown: true}
}

// merge adds an alternative.
func (t *docType) merge(other docType) {
	for _, name := range other.types {
		if !slices.Contains(t.types, name) {
			t.types = append(t.types, name)
		}
	}
	if other.items != nil {
		t.items = other.items
	}
	if other.format != "" && (len(t.types) == 1 || t.format != "") {
		t.format = other.format
	}
	t.any = t.any || other.any
	t.ambiguous = t.ambiguous || other.ambiguous
}

// quotedValues returns what stands in quotes, if all parts do.
func quotedValues(parts []string) []string {
	var values []string
	for _, part := range parts {
		m := quotedAlt().FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return nil
		}
		values = append(values, m[1])
	}
	return unique(values)
}

// bareValues returns the parts, if each is a word that is no type.
func bareValues(parts []string) []string {
	for _, part := range parts {
		if !bareWord().MatchString(strings.TrimSpace(part)) {
			return nil
		}
	}
	return literals(parts)
}

// literals returns the parts without quotes, nil if one is empty or the name of a type.
func literals(parts []string) []string {
	var values []string
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if m := quotedAlt().FindStringSubmatch(part); m != nil {
			part = m[1]
		}
		if _, isType := wordsByName()[fold(part)]; part == "" || isType {
			return nil
		}
		values = append(values, part)
	}
	return unique(values)
}

func unique(values []string) []string {
	var list []string
	for _, v := range values {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// applyType gives a property the documented type.
func applyType(p *Property, t docType) {
	p.Types, p.Format = slices.Clone(t.types), t.format
	for _, v := range t.enum {
		p.Enum = append(p.Enum, json.RawMessage(quoted(v)))
	}
	if len(t.enum) > 0 && slices.Contains(t.types, "null") {
		p.Enum = append(p.Enum, json.RawMessage("null"))
	}
	p.Enum, p.Keywords = append(p.Enum, t.literals...), t.keywords
	if t.items != nil {
		p.Items = &Property{}
		applyType(p.Items, *t.items)
	}
}
