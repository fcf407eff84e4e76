package mockserver

import (
	"errors"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/yamlfile"
)

// LayerExpectation is the layer of the findings about expectations: did what arrived go
// as its author expected?
const LayerExpectation finding.Layer = "expectation"

// expectationFile is the content of an expectation file.
type expectationFile struct {
	Scope  string        `yaml:"scope"`  // whose records are meant; "" leaves that to who judges
	Expect []Expectation `yaml:"expect"` // at least one
}

// ParseExpectations reads an expectation file, YAML or JSON, that the user calls file:
//
//	expect:
//	  - name: the order is sent once
//	    event: {type: track, name: Order Completed, match: {properties: {total: 12.5, id: {$regexp: "^ord_"}}}}
//	    count: 1         # or {min: 1, max: 3}; without it at least one
//	    once: true       # no two of them have one messageId
//	  - order: [{type: identify}, {type: track, name: Signed Up}]
//	    per-user: true   # for each user that has any of these
//	  - no: invalid      # or dropped, unplanned, duplicates, refused
//
// [Expectation] and [Where] document the keys; schemas/_formats/expect.schema.json says
// the same to editors. The findings are what is wrong with the file, an unknown key among
// it, with line and column; with findings there are no expectations.
func ParseExpectations(file string, data []byte) (*Expectations, []finding.Finding) {
	text := sourceText(data)
	invalid := func(line, column int, message string) finding.Finding {
		f := finding.Finding{Rule: ruleExpectationInvalid, Layer: LayerExpectation, File: file, Line: line, Column: column, Message: message}
		f.Excerpt = excerpt(text, line, column)
		return f
	}
	var content expectationFile
	if err := yamlfile.Decode(file, data, &content); err != nil {
		at, ok := errors.AsType[*yamlfile.Error](err)
		if !ok {
			at = &yamlfile.Error{Message: err.Error()}
		}
		return nil, []finding.Finding{invalid(at.Line, at.Column, at.Message)}
	}
	places := yamlfile.Locate(data)
	for i := range content.Expect {
		content.Expect[i].At = event.Place{File: file}
		content.Expect[i].At.Line, content.Expect[i].At.Column = places.Value("/expect/" + strconv.Itoa(i))
	}
	e, reasons := compileAll(content.Expect)
	var found []finding.Finding
	for _, r := range reasons {
		line, column := r.place(places, "/expect")
		found = append(found, invalid(line, column, r.Message))
	}
	if len(found) > 0 {
		return nil, found
	}
	e.scope, e.text = content.Scope, text
	return e, nil
}

// place returns where a reason stands in a file that has the list of expectations at
// that pointer.
func (r Reason) place(places yamlfile.Places, list string) (line, column int) {
	if r.OnKey {
		return places.Key(list + r.Pointer)
	}
	if line, column = places.Value(list + r.Pointer); line == 0 {
		return places.Value("") // the list itself is missing
	}
	return line, column
}

// sourceText returns the text of a file as its lines and columns are counted.
func sourceText(data []byte) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
}

// excerpt returns what a file's text says from a place to the end of the line.
func excerpt(text string, line, column int) finding.Excerpt {
	if line == 0 || text == "" {
		return finding.Excerpt{}
	}
	offset := 0
	for range line - 1 {
		i := strings.IndexByte(text[offset:], '\n')
		if i < 0 {
			return finding.Excerpt{}
		}
		offset += i + 1
	}
	rest, _, _ := strings.Cut(text[offset:], "\n")
	from := min(max(column-1, 0), len(rest))
	return finding.ExcerptAt([]byte(text), offset+from, len(strings.TrimRight(rest[from:], " \t")))
}
