package finding

import (
	"bufio"
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// ReportFormat names the shape of the json format's document and of the jsonl
// format's summary. It changes when a reader of the old shape would misread the new.
const ReportFormat = "segproof-report/1"

// jsonSummary is a report without its findings: the last line of the jsonl format.
type jsonSummary struct {
	Format   string         `json:"format"` // ReportFormat
	Tool     string         `json:"tool"`
	Version  string         `json:"version"`
	Complete bool           `json:"complete"` // everything asked for was checked
	Counts   Counts         `json:"counts"`
	Dropped  int            `json:"dropped"`
	ByRule   map[string]int `json:"byRule"`
	Checked  Checked        `json:"checked"`
	Problems []string       `json:"problems"`
}

// jsonReport is the document of the json format.
type jsonReport struct {
	jsonSummary
	Findings []Finding `json:"findings"`
}

// newJSONSummary copies what r says of the whole run. Nothing in it is null.
func newJSONSummary(r *Report) jsonSummary {
	s := jsonSummary{
		Format:   ReportFormat,
		Tool:     r.tool(),
		Version:  r.Version,
		Complete: r.Complete(),
		Counts:   r.Counts,
		Dropped:  r.Dropped,
		ByRule:   r.ByRule,
		Checked:  r.Checked,
		Problems: r.Problems,
	}
	if s.ByRule == nil {
		s.ByRule = map[string]int{}
	}
	if s.Problems == nil {
		s.Problems = []string{}
	}
	return s
}

// writeJSON writes the whole report as one indented document.
func writeJSON(w *bufio.Writer, r *Report, _ WriteOptions) error {
	return encodeList(w, jsonReport{jsonSummary: newJSONSummary(r), Findings: []Finding{}}, slices.Values(r.Findings))
}

// writeJSONL writes one object a line: the findings, then {"summary":{...}}.
func writeJSONL(w *bufio.Writer, r *Report, _ WriteOptions) error {
	for _, f := range r.Findings {
		if err := encodeLine(w, f); err != nil {
			return err
		}
	}
	return encodeLine(w, map[string]jsonSummary{"summary": newJSONSummary(r)})
}

// encodeLine writes v as one line of JSON.
func encodeLine(w *bufio.Writer, v any) error {
	text, err := encodeJSON(v, "", "")
	if err != nil {
		return err
	}
	_, err = w.WriteString(text + "\n")
	return err
}

// encodeList writes doc, whose last array must be empty, with the items in that array,
// indented. It makes the text of one item after the other: that of all of them takes
// many times the memory of the report.
func encodeList[T any](w *bufio.Writer, doc any, items iter.Seq[T]) error {
	text, err := encodeJSON(doc, "", indent)
	if err != nil {
		return err
	}
	at := strings.LastIndex(text, "[]") + 1
	line := text[strings.LastIndexByte(text[:at], '\n')+1:]
	outer := "\n" + line[:len(line)-len(strings.TrimLeft(line, " "))]
	w.WriteString(text[:at])
	separator, end := "", ""
	for item := range items {
		one, err := encodeJSON(item, outer[1:]+indent, indent)
		if err != nil {
			return err
		}
		w.WriteString(separator + outer + indent + one)
		separator, end = ",", outer
	}
	_, err = w.WriteString(end + text[at:] + "\n")
	return err
}

// indent is what each level of a document is indented by.
const indent = "  "

// encodeJSON returns v as JSON. An indent of "" puts v on one line, any other begins each
// line but the first with prefix. Bytes that are not UTF-8 become U+FFFD: JSON has no way
// to say them.
func encodeJSON(v any, prefix, indent string) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, indent)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return jsonSafe(strings.TrimSuffix(buf.String(), "\n")), nil
}
