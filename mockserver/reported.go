package mockserver

import (
	"fmt"
	"net/http"
	"slices"

	"segproof/finding"
)

// Reported returns the record's findings as a report shows them: each with a note that
// names the record, so that one can fetch it.
func (r Record) Reported() []finding.Finding {
	note := fmt.Sprintf("record %d", r.Seq)
	if r.Request != nil {
		note += fmt.Sprintf(", in request %d: %s %s", r.Request.Seq, Shorten(r.Request.Method), Shorten(quoted(r.Request.Path)))
	}
	return noted(r.Findings, note)
}

// Reported returns what a report shows of a request of which nothing was taken: that it
// was refused, or answered with 200 and dropped as a whole, and the findings of the events
// for which a [Strict] server refused it. Of other requests, those that a fault refused
// among them, it is nil.
func (r Request) Reported() []finding.Finding {
	if !r.failed() {
		return nil
	}
	f := finding.Finding{Rule: RuleRefused, Layer: finding.Wire,
		Message: fmt.Sprintf("%s %s was answered with %d %s: %s", r.Method, r.Path, r.Status, r.Code, r.Message)}
	switch {
	case r.Code == emptyBatch.code && r.Status == http.StatusOK:
		f = finding.Finding{Rule: "empty-batch", Layer: finding.Input, Pointer: "/batch", Message: "got a batch without events, want at least one",
			Hint: "Segment answers 200 and counts it as failed on ingest"}
	case r.Status == http.StatusOK:
		f.Rule, f.Message = RuleDropped, fmt.Sprintf("%s %s was answered with 200 and dropped: %s", r.Method, r.Path, r.Message)
	}
	found := noted([]finding.Finding{f}, fmt.Sprintf("request %d", r.Seq))
	for _, rejected := range r.Rejected {
		found = append(found, noted(rejected.Findings, fmt.Sprintf("request %d, %s, which was refused", r.Seq, rejected))...)
	}
	return found
}

// noted returns findings with one more note.
func noted(findings []finding.Finding, note string) []finding.Finding {
	out := slices.Clone(findings)
	for i := range out {
		out[i].Notes = append(slices.Clone(out[i].Notes), note)
	}
	return out
}
