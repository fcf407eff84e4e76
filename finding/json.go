package finding

import (
	"bufio"
	"bytes"
	"encoding/json"
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
	doc := jsonReport{jsonSummary: newJSONSummary(r), Findings: r.Findings}
	if doc.Findings == nil {
		doc.Findings = []Finding{}
	}
	return encodeJSON(w, doc, "  ")
}

// writeJSONL writes one object a line: the findings, then {"summary":{...}}.
func writeJSONL(w *bufio.Writer, r *Report, _ WriteOptions) error {
	for _, f := range r.Findings {
		if err := encodeJSON(w, f, ""); err != nil {
			return err
		}
	}
	return encodeJSON(w, map[string]jsonSummary{"summary": newJSONSummary(r)}, "")
}

// encodeJSON writes v and a line end. An indent of "" puts v on one line. Bytes that
// are not UTF-8 become U+FFFD: JSON has no way to say them.
func encodeJSON(w *bufio.Writer, v any, indent string) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.WriteString(jsonSafe(buf.String()))
	return err
}
