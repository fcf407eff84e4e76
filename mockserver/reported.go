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

// Reporting makes a report of what arrived, all at once or piece by piece, so that every
// report about a server tells the same. One goroutine uses it.
type Reporting struct {
	Report *finding.Report
	Count  func([]finding.Finding) // adds findings to the report, where a policy has its say first; nil: all of them

	refused int // requests told that were refused
}

// Findings adds findings that are about no single record or request.
func (r *Reporting) Findings(found []finding.Finding) {
	if r.Count != nil {
		r.Count(found)
		return
	}
	r.Report.Add(found...)
}

// Record adds a record.
func (r *Reporting) Record(rec Record) {
	r.Report.Checked.Events++
	r.Findings(rec.Reported())
}

// Request adds a request of which nothing was taken. Of others it takes no notice.
func (r *Reporting) Request(req Request) {
	if !req.failed() {
		return
	}
	if req.refused() {
		r.refused++
	}
	r.Report.Checked.Events += len(req.Rejected) // they were judged, and are no records
	r.Findings(req.Reported())
}

// Unreported is what a report is not made of, though it arrived.
type Unreported struct {
	Records   int // that had to make room for newer ones
	Refused   int // requests that were refused, those told by Reporting.Request included
	Forgotten int // records, and requests of which nothing was taken, that a reset forgot before they were read
}

// End tells as problems what the report lacks. It comes behind all that is told.
func (r *Reporting) End(missing Unreported) {
	problem := func(n int, format string) {
		if n > 0 {
			r.Report.Problems = append(r.Report.Problems, fmt.Sprintf(format, n))
		}
	}
	problem(missing.Records, "%d events had to make room for newer ones: raise --capacity, or --capacity-bytes (in Go: Options.Capacity, CapacityBytes)")
	problem(missing.Refused-r.refused, "%d more requests were refused and had to make room for newer ones")
	problem(missing.Forgotten, "%d events or refused requests were reset before the report had them: it did not keep up")
}
