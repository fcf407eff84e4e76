package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"segproof/finding"
)

// Observed is what expectations are judged over: all that arrived in a scope, or since a
// reset.
type Observed struct {
	Records      []Record  // in the order of arrival
	Requests     []Request // in the order of being answered
	Lost         int       // records that are missing because the journal had no room for them
	LostRequests int       // requests likewise

	silence  silence // what to say if nothing at all arrived in a server's scope
	unjudged bool    // the server has nobody who judges events
}

// Judge returns a finding for each expectation that does not hold, in the order of the
// list, and for each user of whom a sequence per user does not hold. Its notes show the
// records that came nearest and how they differ, property by property.
//
// An expectation over records of which some were lost fails: what is lost may have kept
// or broken it. What must not arrive, has not arrived where nothing did: whether anything
// had to, is for an expectation with a count to say.
func (e *Expectations) Judge(o Observed) []finding.Finding {
	var found []finding.Finding
	for _, x := range e.list {
		failures := x.judge(o)
		if len(failures) == 0 {
			failures = x.unchecked(o)
		}
		if lost := x.lost(o); lost != "" {
			for i := range failures {
				failures[i].Notes = append(failures[i].Notes, lost+": they may be the reason")
			}
			if len(failures) == 0 {
				failures = []finding.Finding{{Rule: ruleRecordsLost, Message: "got an incomplete journal, want all of it: " + lost,
					Hint: "raise the server's capacity, or reset the journal between tests"}}
			}
		}
		for _, f := range failures {
			f.Layer, f.File, f.Line, f.Column = LayerExpectation, x.At.File, x.At.Line, x.At.Column
			f.Excerpt = excerpt(e.text, f.Line, f.Column)
			if x.Name != "" {
				f.Message = quoted(x.Name) + ": " + f.Message
			}
			found = append(found, f)
		}
	}
	return found
}

// lost says what is missing of what the expectation is about, "" for nothing.
func (x compiled) lost(o Observed) string {
	if x.absent != nil && x.absent.ofRequests {
		return counted(o.LostRequests, "request was", "requests were") + dropped(o.LostRequests)
	}
	return counted(o.Lost, "record was", "records were") + dropped(o.Lost)
}

func dropped(n int) string {
	if n == 0 {
		return ""
	}
	return " dropped to make room for newer ones"
}

// counted writes a number with its noun, "" for 0.
func counted(n int, one, many string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (x compiled) judge(o Observed) []finding.Finding {
	switch {
	case x.event != nil:
		return x.judgeEvent(o)
	case x.order != nil:
		return x.judgeOrder(o)
	}
	return x.absent.judge(o)
}

// judgeEvent judges count and once.
func (x compiled) judgeEvent(o Observed) []finding.Finding {
	var matching []Record
	for _, r := range o.Records {
		if x.event.Matches(r) {
			matching = append(matching, r)
		}
	}
	var found []finding.Finding
	if n := len(matching); !x.count.Holds(n) {
		f := finding.Finding{Rule: ruleExpectationCount, Event: x.event.event(),
			Message: fmt.Sprintf("got %s, want %s", x.event.count(n), x.count)}
		if n < x.count.Min {
			f.Notes = x.event.whyFew(o)
		} else {
			f.Notes = theseCame(matching)
		}
		found = append(found, f)
	}
	if x.Once {
		found = append(found, x.judgeOnce(matching)...)
	}
	return found
}

// event names the event that is meant, as findings do.
func (s *Selector) event() finding.Event {
	return finding.Event{Type: string(s.where.Type), Name: s.where.Name}
}

// count says how many of the records that are meant there are.
func (s *Selector) count(n int) string {
	switch n {
	case 0:
		return "no record of " + s.String()
	case 1:
		return "1 record of " + s.String()
	}
	return fmt.Sprintf("%d records of %s", n, s)
}

// whyFew explains that too few records came: what came nearest, and what was refused.
func (s *Selector) whyFew(o Observed) []string {
	var lines []string
	if nearest := s.nearOnly(o.Records, maxNear); len(nearest) > 0 {
		lines = notes(nearest)
	} else if len(o.Records) == 0 {
		lines = append(lines, "no record of any event arrived")
		if near := o.silence.didYouMean(); near != "" {
			lines = append(lines, near)
		}
	}
	var refused []Request
	for _, r := range o.Requests {
		if isRefused(r) {
			refused = append(refused, r)
		}
	}
	if n := len(refused); n > 0 {
		lines = append(lines, fmt.Sprintf("%s refused, the last one: %s", counted(n, "request was", "requests were"), describeRequest(refused[n-1])))
	}
	return lines
}

// isRefused reports whether the sender was not told that its request was taken.
func isRefused(r Request) bool {
	return r.Status < http.StatusOK || r.Status >= http.StatusMultipleChoices
}

// describeRequest names a request and its answer.
func describeRequest(r Request) string {
	text := fmt.Sprintf("%s %s with %d", Shorten(r.Method), Shorten(quoted(r.Path)), r.Status)
	if r.Code != "" {
		text += " " + r.Code
	}
	if r.Message != "" {
		text += ": " + r.Message
	}
	if r.Fault != "" {
		text += " (a fault: " + r.Fault + ")"
	}
	return text
}

// maxCame is how many of the records that came a finding lists.
const maxCame = 5

// theseCame lists records that are too many, and which of them were sent again.
func theseCame(records []Record) []string {
	var lines []string
	first := map[string]int64{}
	for i, r := range records {
		if i == maxCame {
			return append(lines, counted(len(records)-i, "more came", "more came"))
		}
		line := "record " + describe(r)
		if id := r.messageID(); id != "" {
			if seq, again := first[id]; again {
				line += fmt.Sprintf(", sent again: it has the messageId of record %d", seq)
			} else {
				first[id] = r.Seq
			}
		}
		lines = append(lines, line+retried(r))
	}
	return lines
}

// retried says what the request said of itself.
func retried(r Record) string {
	if r.Request == nil || r.Request.RetryCount == 0 {
		return ""
	}
	return fmt.Sprintf(" (X-Retry-Count %d)", r.Request.RetryCount)
}

// judgeOnce reports the messageIds that several records have.
func (x compiled) judgeOnce(records []Record) []finding.Finding {
	byID := map[string][]Record{}
	var repeated []string
	for _, r := range records {
		id := r.messageID()
		if id == "" {
			continue
		}
		if byID[id] = append(byID[id], r); len(byID[id]) == 2 {
			repeated = append(repeated, id)
		}
	}
	if len(repeated) == 0 {
		return nil
	}
	f := finding.Finding{Rule: ruleExpectationOnce, Event: x.event.event()}
	first := byID[repeated[0]]
	f.Message = fmt.Sprintf("got messageId %s %d times among the records of %s, want it once", Shorten(quoted(repeated[0])), len(first), x.event)
	if n := len(repeated); n > 1 {
		f.Message = fmt.Sprintf("got %d messageIds more than once among the records of %s, want each once", n, x.event)
	}
	for i, id := range repeated {
		if i == maxCame {
			f.Notes = append(f.Notes, fmt.Sprintf("%d more messageIds came more than once", len(repeated)-i))
			break
		}
		var came []string
		for _, r := range byID[id][:min(len(byID[id]), maxCame)] {
			came = append(came, fmt.Sprint(r.Seq)+retried(r))
		}
		if n := len(byID[id]) - len(came); n > 0 {
			came = append(came, fmt.Sprintf("%d more", n))
		}
		f.Notes = append(f.Notes, fmt.Sprintf("messageId %s came as records %s", Shorten(quoted(id)), strings.Join(came, ", ")))
	}
	return []finding.Finding{f}
}

// absence is one line of the table of what can be forbidden to arrive.
type absence struct {
	no         Absence
	one, many  string                  // what it is
	ofRequests bool                    // it is about requests, not records
	offending  func(Observed) []string // a line for each one that did arrive
}

func absences() []absence {
	return []absence{
		{NoInvalid, "invalid record", "invalid records", false,
			recordsThat(func(r Record) (bool, string) { return r.verdict() != Valid, worst(r, isError) })},
		{NoDropped, "record that Segment would drop", "records that Segment would drop", false,
			recordsThat(func(r Record) (bool, string) { return r.verdict() == Dropped, worst(r, isError) })},
		{NoUnplanned, "record with something unplanned", "records with something unplanned", false,
			recordsThat(func(r Record) (bool, string) {
				return slices.ContainsFunc(r.Findings, isUnplanned), worst(r, isUnplanned)
			})},
		{NoDuplicates, "record with a messageId that came before", "records with a messageId that came before", false, duplicates},
		{NoRefused, "request that was refused", "requests that were refused", true, refusedRequests},
	}
}

func recordsThat(offends func(Record) (bool, string)) func(Observed) []string {
	return func(o Observed) []string {
		var lines []string
		for _, r := range o.Records {
			if yes, why := offends(r); yes {
				lines = append(lines, "record "+describe(r)+why)
			}
		}
		for _, req := range o.Requests {
			for _, r := range req.Rejected {
				// As the record that it would be on a lenient server.
				rec := Record{Verdict: cmp.Or(r.Verdict, Valid), Findings: r.Findings}
				if yes, why := offends(rec); yes {
					lines = append(lines, fmt.Sprintf("request %d, %s, which was refused%s", req.Seq, r, why))
				}
			}
		}
		return lines
	}
}

func isError(f finding.Finding) bool { return f.Severity == finding.Error }

// isUnplanned reports whether a finding says that no contract knows something. The rules
// are package validator's, which this package must not import.
func isUnplanned(f finding.Finding) bool {
	switch f.Rule {
	case "unplanned-event", "unplanned-property", "unplanned-item", "additional-property":
		return true
	}
	return false
}

// worst says why a record offends: the first of its findings that is of that kind.
func worst(r Record, kind func(finding.Finding) bool) string {
	i := slices.IndexFunc(r.Findings, kind)
	if i < 0 {
		return ""
	}
	f, at := r.Findings[i], ""
	if f.Pointer != "" {
		at = f.Pointer + ": "
	}
	return fmt.Sprintf(": %s%s (%s)", at, f.Message, f.Rule)
}

func duplicates(o Observed) []string {
	type place struct{ scope, id string }
	first := map[place]int64{}
	var lines []string
	for _, r := range o.Records {
		at := place{r.Scope, r.messageID()}
		before := r.DuplicateOf
		if seq, again := first[at]; again && before == 0 {
			before = seq
		}
		if before != 0 {
			lines = append(lines, fmt.Sprintf("record %s: messageId %s came with record %d", describe(r), Shorten(quoted(at.id)), before)+retried(r))
		} else if at.id != "" {
			first[at] = r.Seq
		}
	}
	return lines
}

func refusedRequests(o Observed) []string {
	var lines []string
	for _, r := range o.Requests {
		if r.refused() { // by no fault: those were asked for
			lines = append(lines, "request "+describeRequest(r))
		}
	}
	return lines
}

func (a *absence) judge(o Observed) []finding.Finding {
	lines := a.offending(o)
	n := len(lines)
	if n == 0 {
		return nil
	}
	if n > maxCame {
		lines = append(lines[:maxCame], fmt.Sprintf("%d more are not shown", n-maxCame))
	}
	return []finding.Finding{{Rule: ruleExpectationNone, Message: fmt.Sprintf("got %s, want none", counted(n, a.one, a.many)), Notes: lines}}
}
