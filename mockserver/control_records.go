package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"segproof/event"
	"segproof/finding"
)

// recordJSON is a record as the control routes show it. The event is behind it, byte
// for byte as it was received.
type recordJSON struct {
	Seq         int64             `json:"seq"`
	ReceivedAt  time.Time         `json:"receivedAt"`
	Scope       string            `json:"scope"`
	Type        event.Type        `json:"type"`
	Name        string            `json:"name"`
	MessageID   string            `json:"messageId"`
	DuplicateOf int64             `json:"duplicateOf,omitempty"`
	Verdict     Verdict           `json:"verdict"`
	Findings    []finding.Finding `json:"findings"`
	Request     requestRefJSON    `json:"request"`
}

// requestRefJSON names the request that a record came in.
type requestRefJSON struct {
	Seq        int64  `json:"seq"`
	Method     string `json:"method"`
	Path       string `json:"path"`
	RetryCount int    `json:"retryCount"`
}

// appendRecord appends a record as JSON, with more members behind the event: names and
// JSON texts in turn.
func appendRecord(b *bytes.Buffer, rec Record, more ...string) error {
	req := rec.Request
	head, err := encode(recordJSON{
		Seq: rec.Seq, ReceivedAt: rec.ReceivedAt, Scope: rec.Scope, Type: rec.Event.Type, Name: rec.Event.Name,
		MessageID: rec.MessageID, DuplicateOf: rec.DuplicateOf, Verdict: rec.Verdict, Findings: append([]finding.Finding{}, rec.Findings...),
		Request: requestRefJSON{req.Seq, req.Method, req.Path, req.RetryCount},
	})
	if err != nil {
		return err
	}
	b.Write(bytes.TrimSuffix(head, []byte("}")))
	for i, text := range slices.Concat([]string{"event", string(rec.Event.Raw)}, more) {
		if i%2 == 0 {
			fmt.Fprintf(b, ",%q:", text)
			continue
		}
		b.WriteString(text)
	}
	b.WriteByte('}')
	return nil
}

// encode is json.Marshal without escapes for HTML.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Of a list, at most maxPage items come at once, and defaultPage unless asked; records
// whose bodies together take more than pageBytes bytes come in several pages.
const (
	defaultPage = 100
	maxPage     = 1000
	pageBytes   = 8 << 20
)

// listRecords answers GET records.
func (s *Server) listRecords(c *call) error {
	q, err := c.recordQuery()
	if err != nil {
		return err
	}
	q.bytes, q.count = pageBytes, true
	p, err := s.journal.store.records(q)
	if err != nil {
		return err
	}
	return c.records(http.StatusOK, p.records, func(b *bytes.Buffer) {
		next := "null"
		if p.more {
			next = fmt.Sprint(p.records[len(p.records)-1].Seq)
		}
		fmt.Fprintf(b, `,"next":%s,"total":%d,"lost":%d`, next, p.total, s.journal.tally(q.in).lost)
	})
}

// recordQuery reads the parameters of GET records.
func (c *call) recordQuery() (q query, err error) {
	get := c.query.Get
	q = query{in: c.scope(), typ: get("type"), name: get("name"), user: get("user"), verdict: Verdict(get("verdict")), text: get("q")}
	if verdicts := []Verdict{"", Valid, Invalid, Dropped}; !slices.Contains(verdicts, q.verdict) {
		return q, badParameter.because("verdict: want valid, invalid or dropped")
	}
	if types := typesAsText(); q.typ != "" && !slices.Contains(types, q.typ) {
		return q, badParameter.because("type: want one of " + strings.Join(types, ", ") + finding.DidYouMean(q.typ, types))
	}
	limit, err := c.number("limit", defaultPage, 1, maxPage)
	if err != nil {
		return q, err
	}
	q.limit = int(limit)
	q.after, err = c.number("after", 0, 0, math.MaxInt64)
	return q, err
}

// records answers with a list of records, and the members that rest appends.
func (c *call) records(status int, records []Record, rest func(*bytes.Buffer)) error {
	var b bytes.Buffer
	b.WriteString(`{"records":[`)
	for i, rec := range records {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendRecord(&b, rec); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	rest(&b)
	b.WriteByte('}')
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(b.Bytes()) // as in finish
	return nil
}

// showRecord answers GET records/SEQ: the record, and the event as Segment would work
// with it and as it would deliver it.
func (s *Server) showRecord(c *call) error {
	seq, err := c.seq()
	if err != nil {
		return err
	}
	p, err := s.journal.store.records(query{in: scopeFilter{all: true}, after: seq - 1, limit: 1})
	if err != nil {
		return err
	}
	if len(p.records) == 0 || p.records[0].Seq != seq {
		return noSuch.because("there is no such record, or it had to make room for newer ones, or was reset")
	}
	rec := p.records[0]
	var b bytes.Buffer
	if err := appendRecord(&b, rec, "merged", string(rec.Event.JSON()), "delivered", string(rec.Delivered())); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(b.Bytes()) // as in finish
	return nil
}

// resetRecords answers DELETE records.
func (s *Server) resetRecords(c *call) error {
	switch err := (&Scope{s, c.scope()}).Reset(); {
	case errors.Is(err, ErrUnseen):
		return c.json(http.StatusOK, map[string]string{"status": "unseen", "message": err.Error()})
	case err != nil:
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// requestJSON is a request as the control routes show it.
type requestJSON struct {
	Seq        int64       `json:"seq"`
	ReceivedAt time.Time   `json:"receivedAt"`
	Scope      string      `json:"scope"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Status     int         `json:"status"`
	Code       string      `json:"code,omitempty"`
	Message    string      `json:"message,omitempty"`
	Headers    http.Header `json:"headers"`
	WireBytes  int64       `json:"wireBytes"`
	BodyBytes  int64       `json:"bodyBytes"`
	Events     int         `json:"events"`
	RetryCount int         `json:"retryCount"`
	Fault      string      `json:"fault,omitempty"`

	Rejected []rejectionJSON `json:"rejected,omitempty"`
}

// listRequests answers GET requests.
func (s *Server) listRequests(c *call) error {
	limit, err := c.number("limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	after, err := c.number("after", 0, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	found, err := s.journal.store.requests(requestQuery{in: c.scope(), after: after, limit: int(limit) + 1})
	if err != nil {
		return err
	}
	var next *int64
	if len(found) > int(limit) {
		found = found[:limit]
		next = &found[limit-1].Seq
	}
	list := []requestJSON{}
	for _, r := range found {
		list = append(list, requestJSON{r.Seq, r.ReceivedAt, r.Scope, r.Method, r.Path, r.Status, r.Code, r.Message, r.Header,
			r.WireBytes, r.BodyBytes, r.Events, r.RetryCount, r.Fault, rejectionsJSON(r.Rejected)})
	}
	return c.json(http.StatusOK, map[string]any{"requests": list, "next": next})
}

// showBody answers GET requests/SEQ/body with the bytes of a request's body, after
// decompression if it could be decompressed.
func (s *Server) showBody(c *call) error {
	seq, err := c.seq()
	if err != nil {
		return err
	}
	found, err := s.journal.store.requests(requestQuery{in: scopeFilter{all: true}, after: seq - 1, limit: 1, bodies: true})
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Seq != seq {
		return noSuch.because("there is no such request, or it had to make room for newer ones, or was reset")
	}
	// A browser must not take a sender's bytes for a page.
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="request-%d"`, seq))
	_, _ = c.w.Write(found[0].Body) // as in finish
	return nil
}

// listRetries answers GET retries.
func (s *Server) listRetries(c *call) error {
	requests, err := s.journal.store.requests(requestQuery{in: c.scope(), bodies: true})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"retries": append([]Retry{}, Retries(requests)...)})
}

// listFindings answers GET findings with a report of a scope, in any format.
func (s *Server) listFindings(c *call) error {
	format := "json"
	if c.query.Has("format") {
		format = c.query.Get("format")
	}
	if _, err := finding.ParseFormat(format); err != nil {
		return badParameter.because("format: want one of those that segproof lint --help lists")
	}
	report, err := s.report(c.scope())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := finding.Write(&b, format, report, finding.WriteOptions{}); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", reportType(format))
	_, _ = c.w.Write(b.Bytes()) // as in finish
	return nil
}

// reportType returns the content type of a report format.
func reportType(format string) string {
	switch format {
	case "json", "sarif", "gitlab":
		return "application/json"
	case "jsonl":
		return "application/x-ndjson"
	case "junit":
		return "application/xml"
	case "markdown":
		return "text/markdown; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}

// allRules returns the server's rules and those that it was told, each once.
func (s *Server) allRules() []finding.Rule {
	rules := Rules()
	for _, r := range s.rules {
		if !slices.ContainsFunc(rules, func(own finding.Rule) bool { return own.ID == r.ID }) {
			rules = append(rules, r)
		}
	}
	return rules
}

// report makes a report of what a scope holds: its records, and the requests of which
// nothing was taken.
func (s *Server) report(in scopeFilter) (*finding.Report, error) {
	report := &finding.Report{Tool: "segproof", Version: s.version, Rules: s.allRules(), Checked: finding.Checked{Inputs: 1}}
	reporting := Reporting{Report: report}
	before := s.journal.tally(in).refused // those that come from here on may be told or not
	if err := s.journal.store.visit(query{in: in}, reporting.Record); err != nil {
		return nil, err
	}
	requests, err := s.journal.store.requests(requestQuery{in: in, where: isTroubled})
	if err != nil {
		return nil, err
	}
	for _, req := range requests {
		reporting.Request(req)
	}
	lost, err := s.journal.store.lostToFaults(in, 0)
	if err != nil {
		return nil, err
	}
	reporting.Findings(lost)
	counts := s.journal.tally(in)
	reporting.End(Unreported{Records: counts.lost, Refused: min(before, counts.refused)})
	return report, nil
}
