package importer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// MaxPlanRows is how many rows a plan as CSV may have: Segment takes fewer.
//
// Source: segment.com/docs/protocols/tracking-plan/create/#upload-a-tracking-plan
const MaxPlanRows = 100_000

// column is what a column of a plan as CSV holds.
type csvColumn int

const (
	columnCall csvColumn = iota
	columnEvent
	columnVersion
	columnEventDescription
	columnLabels
	columnProperty
	columnDescription
	columnStatus
	columnType
	columnPattern
	columnEnum
	csvColumns // how many there are
)

// csvWords are the headers by which a column is known, in small letters, the one that
// export writes first.
//
// Source: segment.com/docs/protocols/tracking-plan/create/: the section on downloads names
// Allowed Property Values and Enum Values, and says that the columns are the editor's;
// that on editing names those. The template itself is for who has an account.
func csvWords() [csvColumns][]string {
	return [csvColumns][]string{
		columnCall:             {"event type", "call", "call type", "rule type"},
		columnEvent:            {"event name", "event", "event key", "rule key"},
		columnVersion:          {"event version", "version"},
		columnEventDescription: {"event description"},
		columnLabels:           {"labels", "event labels"},
		columnProperty:         {"property name", "property", "trait name", "property key"},
		columnDescription:      {"property description", "description", "trait description"},
		columnStatus:           {"property status", "status", "property required", "required"},
		columnType:             {"property type", "data type", "property data type", "type"},
		columnPattern:          {"allowed property values", "permitted values", "property values", "regex"},
		columnEnum:             {"enum values", "property enum values"},
	}
}

// ReadPlanCSV reads a tracking plan as CSV: a header, and a row for each property, or for
// an event without any. A row without an event's name goes on with the event above.
// Columns are found by their headers' words, in any order. name is the source's name, file
// the file's, as the user wrote it.
//
// The path of a property leads into an object with ".", and into what an array holds with
// ".$": products.$.sku. A file without a column of call types is read as track calls.
//
// ReadPlanCSV returns a [*PlanError] if text is no such file, and [ErrNoEvents], wrapped,
// with a Document if there is no event in it.
func ReadPlanCSV(name, file string, text []byte) (*Document, error) {
	r := &csvReader{doc: &Document{Name: name, Page: sourcePath(file), File: file}, events: map[trafficKey]*Documented{}}
	text, r.mark = withoutMark(text)
	r.csv = csv.NewReader(bytes.NewReader(text))
	r.csv.FieldsPerRecord = -1 // editors leave out empty cells at the end
	r.csv.ReuseRecord = true
	header, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return r.doc, fmt.Errorf("%s: the file is empty: %w", file, ErrNoEvents)
	}
	if err != nil {
		return nil, r.broken(err)
	}
	r.width = len(header)
	if err := r.header(slices.Clone(header)); err != nil {
		return nil, err
	}
	for rows := 0; ; rows++ {
		row, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, r.broken(err)
		}
		if rows == MaxPlanRows {
			r.report(rulePlanRule, 0, fmt.Sprintf("more than %d rows; the rest is left out", MaxPlanRows), "Segment takes fewer in one plan")
			break
		}
		r.width = len(row)
		r.row(row)
	}
	for _, d := range r.order {
		r.doc.Events = append(r.doc.Events, *d)
	}
	r.doc.settleVersions()
	r.doc.rememberDescriptions()
	finding.Sort(r.doc.Findings)
	if len(r.doc.Events) == 0 {
		return r.doc, fmt.Errorf("%s: the plan has no rows with events: %w", file, ErrNoEvents)
	}
	return r.doc, nil
}

// csvReader is the state of one ReadPlanCSV.
type csvReader struct {
	doc        *Document
	csv        *csv.Reader
	where      [csvColumns]int // index of each column, -1 without one
	events     map[trafficKey]*Documented
	order      []*Documented
	current    *Documented // the event of the row above; nil if there is none
	width      int         // cells of the current row
	mark       int         // bytes of the file before the first line's
	properties map[*Documented]int
}

// broken says where the file stops being CSV.
func (r *csvReader) broken(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &PlanError{At: r.marked(parse.Line, parse.Column), Message: "not CSV: " + parse.Err.Error(),
			Hint: `a cell with a comma, a quote or a line break stands in "quotes", and a quote in it is written ""`}
	}
	return &PlanError{At: event.Place{File: r.doc.File}, Message: "not CSV: " + err.Error()}
}

// report adds a finding about a cell of the current row.
func (r *csvReader) report(rule string, cell int, message, hint string) {
	at := r.at(cell)
	f := finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Source, File: r.doc.File, Line: at.Line, Column: at.Column, Message: message, Hint: hint}
	if r.current != nil {
		f.Event = r.current.identity()
	}
	r.doc.note(f)
}

// at returns the place of a cell of the current row, of the row if it has no such cell.
func (r *csvReader) at(cell int) event.Place {
	if cell < 0 || cell >= r.width {
		cell = 0
	}
	return r.marked(r.csv.FieldPos(cell))
}

// marked returns the place in the file of one in its text.
func (r *csvReader) marked(line, column int) event.Place {
	if line == 1 {
		column += r.mark
	}
	return event.Place{File: r.doc.File, Line: line, Column: column}
}

// header finds the columns.
func (r *csvReader) header(cells []string) error {
	for c := range r.where {
		r.where[c] = -1
	}
	var unknown []int
	for i, cell := range cells {
		word := strings.ToLower(strings.Join(strings.Fields(cell), " "))
		c := slices.IndexFunc(csvWordList(), func(words []string) bool { return slices.Contains(words, word) })
		switch {
		case c >= 0 && r.where[c] < 0:
			r.where[c] = i
		case word != "":
			unknown = append(unknown, i)
		}
	}
	if r.where[columnEvent] < 0 || r.where[columnProperty] < 0 && len(unknown) > 0 {
		return r.noHeader(cells, unknown)
	}
	for _, i := range unknown {
		hint := ""
		if near := nearestColumn(cells[i]); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		r.report(rulePlanColumn, i, fmt.Sprintf("column %q is not known; it is left out", cells[i]), hint)
	}
	if r.where[columnCall] < 0 {
		r.report(ruleCallAssumed, 0, "no column says which call an event is; all are taken for track calls", `add a column "Event Type"`)
	}
	return nil
}

func csvWordList() [][]string {
	words := csvWords()
	return words[:]
}

func nearestColumn(cell string) string {
	return finding.Nearest(strings.ToLower(strings.TrimSpace(cell)), slices.Concat(csvWordList()...))
}

// noHeader says what the first row is not.
func (r *csvReader) noHeader(cells []string, unknown []int) error {
	hint := `the first row names the columns: "Event Name", "Property Name", "Property Type", ...`
	for _, i := range unknown {
		if near := nearestColumn(cells[i]); near != "" {
			hint = fmt.Sprintf("did you mean %q for %q?", near, cells[i])
			break
		}
	}
	missing := "event name"
	if r.where[columnEvent] >= 0 {
		missing = "property name"
	}
	return &PlanError{At: event.Place{File: r.doc.File, Line: 1, Column: 1}, Message: fmt.Sprintf("no column %q in the header: this is no tracking plan", missing), Hint: hint}
}

// cell returns the text of a column in a row.
func (r *csvReader) cell(row []string, c csvColumn) string {
	if i := r.where[c]; i >= 0 && i < len(row) {
		return strings.TrimSpace(row[i])
	}
	return ""
}

// row reads one row.
func (r *csvReader) row(row []string) {
	if !r.event(row) {
		return
	}
	d := r.current
	path := r.cell(row, columnProperty)
	if text := r.cell(row, columnEventDescription); text != "" && d.Description == "" {
		d.Description = text
	}
	r.labels(row)
	if path == "" {
		return
	}
	if r.properties == nil {
		r.properties = map[*Documented]int{}
	}
	if r.properties[d]++; r.properties[d] > maxPlanProperties {
		if r.properties[d] == maxPlanProperties+1 {
			r.report(rulePlanRule, r.where[columnProperty], fmt.Sprintf("more than %d properties; the rest is left out", maxPlanProperties), "")
		}
		return
	}
	p := r.place(row, path)
	if p == nil {
		return
	}
	p.Description = r.cell(row, columnDescription)
	p.Row = strings.Join(row, "\x00")
	r.status(p, row)
	r.types(p, row)
}

// event finds the event of the row; false if the row has none.
func (r *csvReader) event(row []string) bool {
	name, call := r.cell(row, columnEvent), r.cell(row, columnCall)
	if name == "" && call == "" {
		if r.current == nil && strings.TrimSpace(strings.Join(row, "")) != "" {
			r.report(rulePlanCell, r.where[columnEvent], "the row has no event's name, and none stands above it", "")
		}
		return r.current != nil
	}
	key := trafficKey{event.Type(strings.ToLower(call)), name, r.version(row)}
	if call == "" {
		key.callType = event.Track
	}
	if !slices.Contains(callNames(), string(key.callType)) {
		r.report(rulePlanRule, r.where[columnCall], fmt.Sprintf("event type %q, want track, identify, group, page or screen%s", call, finding.DidYouMean(strings.ToLower(call), callNames())), "")
		r.current = nil
		return false
	}
	if key.callType.NameKey() == "" {
		key.name = ""
	} else if key.callType == event.Track && name == "" {
		r.report(rulePlanRule, r.where[columnEvent], "a track event without a name", "")
		r.current = nil
		return false
	}
	if r.events[key] == nil {
		if len(r.order) == MaxPlanRules {
			r.report(rulePlanRule, r.where[columnEvent], fmt.Sprintf("more than %d events; this one is left out", MaxPlanRules), "Segment takes no more rules in one plan")
			r.current = nil
			return false
		}
		r.events[key] = &Documented{Type: key.callType, Name: key.name, Version: key.version, At: r.at(r.where[columnEvent])}
		r.order = append(r.order, r.events[key])
	}
	r.current = r.events[key]
	return true
}

// version reads the version; "" is none.
func (r *csvReader) version(row []string) string {
	v := r.cell(row, columnVersion)
	if strings.Trim(v, "0123456789") != "" || v != "" && strings.TrimLeft(v, "0") == "" || len(v) > 9 {
		r.report(rulePlanCell, r.where[columnVersion], fmt.Sprintf("version %q, want 1, 2, 3, ...; it is left out", v), "Segment's event_version is an integer")
		return ""
	}
	return strings.TrimLeft(v, "0")
}

// labels reads key:value, key:value.
func (r *csvReader) labels(row []string) {
	text := r.cell(row, columnLabels)
	if text == "" || len(r.current.Root) > 0 {
		return
	}
	labels := &object{}
	for label := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(label, ":")
		if !ok {
			r.report(rulePlanCell, r.where[columnLabels], fmt.Sprintf("label %q, want key:value", strings.TrimSpace(label)), "")
			continue
		}
		labels.set(strings.TrimSpace(key), quoted(strings.TrimSpace(value)))
	}
	if len(labels.members) > 0 {
		r.current.Root = append(r.current.Root, Keyword{"labels", compactJSON(labels)})
	}
}

// place returns the property that the path leads to, which it makes with what it lies in.
func (r *csvReader) place(row []string, path string) *Property {
	at := r.at(r.where[columnProperty])
	steps := strings.Split(path, ".")
	if len(steps) > maxPlanDepth || slices.Contains(steps, "") || steps[0] == "$" {
		r.report(rulePlanCell, r.where[columnProperty], fmt.Sprintf("%s is no path", quoteShort(path)), `"." leads into an object and ".$" into what an array holds: products.$.sku`)
		return nil
	}
	p := r.current.Field(r.current.Type.BodyKey()) // no row says whether it is required: what is in it does
	for _, step := range steps {
		if step == "$" {
			if p.Items == nil {
				p.Items = &Property{At: at}
				p.Types = addType(p.Types, "array")
			}
			p = p.Items
			continue
		}
		next := p.Member(step)
		if next == nil {
			next = &Property{Name: step, At: at, Need: Optional}
			p.Properties = append(p.Properties, next)
			p.Types = addType(p.Types, "object")
		}
		p = next
	}
	if p.Row != "" {
		r.report(rulePropertyDuplicate, r.where[columnProperty], fmt.Sprintf("property %s is listed twice; the first row counts", quoteShort(path)), "")
		return nil
	}
	return p
}

func addType(types []string, t string) []string {
	if slices.Contains(types, t) {
		return types
	}
	return append(types, t)
}

// status reads whether the property is always there.
func (r *csvReader) status(p *Property, row []string) {
	switch status := strings.ToLower(r.cell(row, columnStatus)); status {
	case "required", "true", "yes":
		p.Need = Required
	case "", "optional", "false", "no":
	default:
		r.report(rulePlanCell, r.where[columnStatus], fmt.Sprintf("status %q is taken for optional, want required or optional%s", status, finding.DidYouMean(status, []string{"required", "optional"})), "")
	}
}

// types reads data type, pattern and values.
func (r *csvReader) types(p *Property, row []string) {
	var types []string
	isEnum := false
	for word := range strings.FieldsFuncSeq(r.cell(row, columnType), func(c rune) bool { return c == '|' || c == ',' || c == ';' }) {
		switch t := strings.ToLower(strings.TrimSpace(word)); {
		case slices.Contains(jsonSchemaTypes(), t):
			types = append(types, t)
		case t == "any" || t == "":
		case t == "enum":
			isEnum = true
			types = append(types, "string")
		case t == "date":
			p.Format = FormatISO8601
			types = append(types, "string")
		case isDateTimeWord(t):
			p.Format = "date-time"
			types = append(types, "string")
		default:
			r.report(rulePlanCell, r.where[columnType], fmt.Sprintf("type %q is left out, it is no known word%s", t, finding.DidYouMean(t, append(jsonSchemaTypes(), "any", "enum", "date-time"))), "")
		}
	}
	for _, t := range types {
		p.Types = addType(p.Types, t)
	}
	r.enum(p, row)
	if isEnum && len(p.Enum) == 0 {
		r.report(rulePlanCell, r.where[columnEnum], "an enum without values; it may be any string", "")
	}
	if pattern := r.cell(row, columnPattern); pattern != "" {
		p.Keywords = append(p.Keywords, Keyword{"pattern", quoted(pattern)})
	}
}

// isDateTimeWord reports whether a word is one for Segment's data type of a date and time.
func isDateTimeWord(word string) bool {
	return slices.Contains([]string{"date-time", "date time", "datetime", "date time (iso-8601)", "timestamp"}, word)
}

// callNames are the calls that a plan has rules for.
func callNames() []string { return []string{"track", "identify", "group", "page", "screen"} }

// enum reads the values: with bars between, or a JSON list, or, where there is no bar,
// with commas.
func (r *csvReader) enum(p *Property, row []string) {
	text := r.cell(row, columnEnum)
	if text == "" {
		return
	}
	var values []string
	if json.Unmarshal([]byte(text), &values) != nil {
		separator := "|"
		if !strings.Contains(text, separator) {
			separator = ","
		}
		values = strings.Split(text, separator)
	}
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			p.Enum = append(p.Enum, quoted(v))
		}
	}
	if slices.Contains(p.Types, "null") {
		p.Enum = append(p.Enum, json.RawMessage("null"))
	}
}
