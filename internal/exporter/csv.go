package exporter

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// csvHeader are the columns of a plan as CSV. Segment's documentation names Allowed
// Property Values and Enum Values, and says that the others are those of the editor: name,
// description, status and data type of events and properties. The importer finds columns
// by their words, so that a header that Segment words otherwise is read too.
//
// Source: segment.com/docs/protocols/tracking-plan/create/#download-a-tracking-plan
func csvHeader() []string {
	return []string{"Event Type", "Event Name", "Event Version", "Event Description", "Labels",
		"Property Name", "Property Description", "Property Status", "Property Type", "Allowed Property Values", "Enum Values"}
}

// csvPlan is a plan as CSV in the making.
type csvPlan struct {
	*plan
	rows  [][]string
	rule  rule
	at    []string // of the current row: what names the event
	notes []string // annotations of the current contract, which have no column
}

func writeCSVPlan(p *plan) ([]byte, error) {
	c := csvPlan{plan: p, rows: [][]string{csvHeader()}}
	if p.common != nil && len(p.rules) > 0 {
		c.tell(rulePlanLost, p.rules[0].contract, 0, "", "the schema that all contracts take in is not in the CSV", "export the plan as json")
	}
	for _, r := range p.rules {
		c.event(r)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(c.rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// csvRoot are the keywords at the top of a contract that a row says, or that say nothing
// about events.
func csvRoot() []string {
	return []string{"$schema", "$id", "type", "properties", "required", "description", "labels", "allOf"}
}

// annotations are the keywords that are for a contract's readers alone.
func annotations() []string {
	return []string{"title", "$comment", "x-segproof", "default", "examples"}
}

// note remembers that the contract has an annotation.
func (c *csvPlan) note(keyword string) {
	if !slices.Contains(c.notes, keyword) {
		c.notes = append(c.notes, keyword)
	}
}

// event writes the rows of one contract.
func (c *csvPlan) event(r rule) {
	c.rule, c.notes = r, nil
	version := r.version
	if r.contract.Version == "" {
		version = ""
	}
	c.at = []string{strings.ToLower(r.callType), r.contract.Name, version}
	description, _ := memberOf(r.text, "description")
	labels, _ := memberOf(r.text, "labels")
	c.add(append(slices.Clone(c.at), stringIn(description.value), c.labels(labels), "", "", "", "", "", ""), 0, "")
	for _, m := range members(r.text) {
		switch {
		case slices.Contains(annotations(), m.key):
			c.note(m.key)
		case !slices.Contains(csvRoot(), m.key) || m.key == "allOf" && c.common == nil:
			c.lost(m.at, "/"+m.key, m.key)
		}
	}
	fields, _ := memberOf(r.text, "properties")
	name, body := r.contract.Type.NameKey(), r.contract.Type.BodyKey()
	for _, f := range members(fields.value) {
		switch f.key {
		case "type", name:
		case "context":
			if rest := withoutVersion(f.value); rest != nil {
				c.lost(fields.start+f.at, "/properties/context", "what it says of the context")
			}
		case body:
			c.object(f.value, fields.start+f.start, "", "/properties/"+body)
		default:
			c.lost(fields.start+f.at, "/properties/"+f.key, "what it says of "+f.key)
		}
	}
	if len(c.notes) > 0 {
		c.tell(rulePlanChanged, r.contract, 0, "", "the CSV has no columns for "+strings.Join(c.notes, ", "), "")
	}
}

// add adds a row about what stands at the offset of the contract. Of the cells that name the
// event it is the event's own row that tells.
func (c *csvPlan) add(row []string, offset int, pointer string) {
	c.rows = append(c.rows, row)
	for i, cell := range row {
		if isFormula(cell) && (i >= len(c.at) || pointer == "") {
			c.tell(rulePlanFormula, c.rule.contract, offset, pointer, fmt.Sprintf("spreadsheets take the cell %q for a formula", shortened(cell)), "open the file as text, or reword it")
		}
	}
}

// isFormula reports whether a spreadsheet may run the cell.
//
// Source: owasp.org/www-community/attacks/CSV_Injection
func isFormula(cell string) bool {
	return cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r")
}

// shortened is a text cut to what a message can hold.
func shortened(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "..."
}

func (c *csvPlan) lost(offset int, pointer, what string) {
	c.tell(rulePlanLost, c.rule.contract, offset, pointer, "the CSV has no column for "+what, "export the plan as json, which holds it")
}

// labels returns the labels of an event as key:value, key:value.
func (c *csvPlan) labels(m found) string {
	var all []string
	for _, l := range members(m.value) {
		value := stringIn(l.value)
		if value == "" || strings.ContainsAny(l.key+value, ":,") {
			c.lost(m.start+l.at, "/labels", "this label")
			continue
		}
		all = append(all, l.key+":"+value)
	}
	return strings.Join(all, ", ")
}

// object writes a row for each member of an object; base is the offset of its schema in
// the contract, path the name of the object with a dot, "" at the top.
func (c *csvPlan) object(schema []byte, base int, path, pointer string) {
	required, _ := memberOf(schema, "required")
	for _, m := range members(schema) {
		switch m.key {
		case "properties":
			for _, f := range members(m.value) {
				at := pointer + "/properties/" + escape(f.key)
				if f.key == "" || strings.ContainsAny(f.key, ".") || f.key == "$" || strings.TrimSpace(f.key) != f.key {
					c.lost(base+m.start+f.at, at, "a name such as this, which is no path")
					continue
				}
				status := "optional"
				if slices.ContainsFunc(list(required.value), func(n json.RawMessage) bool { return stringIn(n) == f.key }) {
					status = "required"
				}
				c.property(f.value, base+m.start+f.start, path+f.key, at, status)
			}
		case "type", "required", "items", "description":
		default:
			if path == "" && slices.Contains(annotations(), m.key) {
				c.note(m.key)
			} else if path == "" {
				c.lost(base+m.at, pointer+"/"+escape(m.key), m.key)
			}
		}
	}
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// property writes the row of one property, and those of what it holds.
func (c *csvPlan) property(schema []byte, base int, path, pointer, status string) {
	row := append(slices.Clone(c.at), "", "", path, "", status, "any", "", "")
	const description, dataType, pattern, enum = 6, 8, 9, 10
	var types []string
	for _, m := range members(schema) {
		at := pointer + "/" + escape(m.key)
		switch {
		case m.key == "description":
			row[description] = stringIn(m.value)
		case m.key == "type":
			types = append(types, typesOf(m.value)...)
		case m.key == "pattern":
			row[pattern] = stringIn(m.value)
		case m.key == "enum":
			row[enum] = c.enum(m, base, at)
		case m.key == "format" && stringIn(m.value) == "date-time":
			types = append(types, "date-time")
		case m.key == "items" && len(members(m.value)) > 0, m.key == "properties", m.key == "required":
		case m.key == "items" && strings.TrimSpace(string(m.value)) == "{}":
		case slices.Contains(annotations(), m.key):
			c.note(m.key)
		default:
			c.lost(base+m.at, at, m.key)
		}
	}
	row[dataType] = dataTypeOf(types, row[enum])
	c.add(row, base, pointer)
	c.object(schema, base, path+".", pointer)
	if items, ok := memberOf(schema, "items"); ok && len(members(items.value)) > 0 {
		c.property(items.value, base+items.start, path+".$", pointer+"/items", "optional")
	}
}

// typesOf returns a type, or a list of them, as a list.
func typesOf(text []byte) []string {
	if one := stringIn(text); one != "" {
		return []string{one}
	}
	var types []string
	for _, t := range list(text) {
		types = append(types, stringIn(t))
	}
	return types
}

// dataTypeOf returns the data type of a row: "string", "date-time", "enum", or several
// with bars between.
func dataTypeOf(types []string, enum string) string {
	if i := slices.Index(types, "date-time"); i >= 0 {
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "string" })
		slices.SortStableFunc(types, func(a, b string) int { return rank(a) - rank(b) })
	}
	if enum != "" {
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "string" })
		types = append([]string{"enum"}, types...)
	}
	if len(types) == 0 {
		return "any"
	}
	return strings.Join(types, "|")
}

func rank(dataType string) int {
	if dataType == "date-time" {
		return 0
	}
	return 1
}

// enum returns the values with bars between. Values that are no text, or have a bar, have
// no place in a cell.
func (c *csvPlan) enum(m found, base int, pointer string) string {
	var values []string
	for _, v := range list(m.value) {
		s := stringIn(v)
		switch {
		case string(v) == "null":
			continue // the type says so
		case s == "" || strings.Contains(s, "|") || strings.TrimSpace(s) != s:
			c.lost(base+m.at, pointer, fmt.Sprintf("the value %s", v))
			return ""
		}
		values = append(values, s)
	}
	return strings.Join(values, "|")
}
