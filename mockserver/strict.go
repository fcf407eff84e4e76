package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// Mode is the manner in which a server answers.
type Mode string

// The manners.
const (
	// Lenient answers as Segment does: 200 also for an event that Segment drops later.
	// The event's record tells.
	Lenient Mode = "lenient"

	// Strict tells the sender. A request is refused as a whole, and no record is made of
	// any of its events, if one of them has a write key that is missing or not known (401),
	// would be dropped by Segment (400), or has a finding of severity error (422); an empty
	// batch too (400). The answer names the events and their findings, and so does
	// [Request].Rejected. As a whole, because that is what a sender makes of such an answer:
	// it gives up all of the batch or sends all of it again, and events that were taken
	// nevertheless would come twice. Most official senders give up; analytics-go sends the
	// same ten times, analytics-swift (all but a 400) and analytics_flutter at each flush.
	// The pixel is refused likewise, and its picture is not sent.
	//
	// Source: analytics-go analytics.go:248, analytics-swift HTTPClient.swift:185, analytics_flutter
	// http_client.dart:48; the others were run against such answers
	Strict Mode = "strict"
)

// Modes returns the manners, the usual one first.
func Modes() []Mode { return []Mode{Lenient, Strict} }

// Rejection is an event for which a strict server refused its request.
type Rejection struct {
	Index     int               // 0-based, of the event in its batch; 0 for a single call
	Event     finding.Event     // its type, name and version, cut where they are too long
	MessageID string            // the event's own, cut where it is too long; "" if it has none
	Verdict   Verdict           // Dropped or Invalid; "" if its write key is the reason
	Code      string            // why: Segment's failed-on-ingest code, "invalid_event", "missing_write_key" or "unknown_write_key"
	Findings  []finding.Finding // at most 10, the one that is the reason first; of its write key there are none
}

// String names the event: event 1 with messageId "m1", track "Order Completed".
func (r Rejection) String() string {
	text := fmt.Sprintf("event %d", r.Index)
	if r.MessageID != "" {
		text += " with messageId " + quoted(r.MessageID)
	}
	if what := r.Event.String(); what != "" {
		text += ", " + what
	}
	return text
}

// A request keeps, and its answer shows, so many of the events for which it was refused,
// and so many findings of each: a batch has up to 2,500 events with up to 100 findings.
const (
	maxRejections        = 20
	maxRejectionFindings = 10
)

// The ways to refuse a request that only a strict server knows. That of an event that
// Segment drops has 400 and Segment's code.
var (
	missingKey   = refusalKind{http.StatusUnauthorized, "missing_write_key"}
	unknownKey   = refusalKind{http.StatusUnauthorized, "unknown_write_key"}
	emptyBatch   = refusalKind{http.StatusBadRequest, "empty_batch"}
	invalidEvent = refusalKind{http.StatusUnprocessableEntity, "invalid_event"}
)

// keyRefusal says why a strict server does not take a write key; nil if it does.
func (s *Server) keyRefusal(key string) *refusal {
	switch {
	case key == "":
		return missingKey.because("there is no write key: send it as the user name of Basic authentication, or as writeKey in the body")
	case !isScope(key):
		return unknownKey.because(fmt.Sprintf("the write key is none: want 1 to %d bytes of UTF-8 without control characters", MaxScopeBytes))
	case !s.knowsKey(key):
		return unknownKey.because("the write key is not one of those that this server was started with: Options.WriteKeys (serve: --write-key)")
	}
	return nil
}

// knowsKey reports whether a write key is one of a source's. Without a list, each is. The
// name of a source function is the key of its own source.
func (s *Server) knowsKey(key string) bool {
	_, hosted := s.functions[key]
	return len(s.writeKeys) == 0 || hosted || slices.Contains(s.writeKeys, key)
}

// checkKey refuses a request for its write key, if the server is strict.
func (s *Server) checkKey(key string) error {
	if why := s.keyRefusal(key); s.mode == Strict && why != nil {
		return why
	}
	return nil
}

// checkKeys refuses records for their write keys, if the server is strict.
func (s *Server) checkKeys(records []Record) error {
	if s.mode != Strict {
		return nil
	}
	var rejected rejections
	var first *refusal
	for i, rec := range records {
		if why := s.keyRefusal(rec.WriteKey); why != nil {
			rejected.add(i, rec, "", why.code)
			if first == nil {
				first = why
			}
		}
	}
	if first == nil {
		return nil
	}
	return rejected.refuse(first, first.message)
}

// checkVerdicts refuses records that Segment would drop or that have errors, if the
// server is strict. The worst one gives the status.
func (s *Server) checkVerdicts(records []Record) error {
	if s.mode != Strict {
		return nil
	}
	var rejected rejections
	for i, rec := range records {
		switch rec.Verdict {
		case Dropped:
			rejected.add(i, rec, rec.Verdict, droppedCode(rec.Findings))
		case Invalid:
			rejected.add(i, rec, rec.Verdict, invalidEvent.code)
		}
	}
	if rejected.count == 0 {
		return nil
	}
	worst := rejected.worst()
	why := invalidEvent.because("the event does not keep its contract")
	if worst.Verdict == Dropped {
		why = refusalKind{http.StatusBadRequest, worst.Code}.because("Segment would answer 200 and drop the event")
	}
	text := why.message
	if len(worst.Findings) > 0 && decides(worst.Findings[0], worst.Verdict, worst.Code) {
		text += ": " + worst.Findings[0].Message
		if at := worst.Findings[0].Pointer; at != "" {
			text += " at " + at
		}
	}
	return rejected.refuse(why, text)
}

// decides reports whether an event is rejected for a finding.
func decides(f finding.Finding, verdict Verdict, why string) bool {
	return f.Severity == finding.Error && (verdict != Dropped || code(f.Rule) == why)
}

// droppedCode returns Segment's code for what it drops an event for.
func droppedCode(findings []finding.Finding) string {
	for _, f := range findings {
		if slices.Contains(dropping(), f.Rule) {
			return code(f.Rule)
		}
	}
	return badRequest.code
}

// code returns a rule's ID as Segment writes its codes.
func code(rule string) string { return strings.ReplaceAll(rule, "-", "_") }

// rejections gathers the events for which a request is refused.
type rejections struct {
	list  []Rejection
	first int // in list, of the first one that Segment would drop; 0 if there is none
	count int // listed or not
}

func (r *rejections) add(index int, rec Record, verdict Verdict, code string) {
	r.count++
	if verdict == Dropped && (len(r.list) == 0 || r.worst().Verdict != Dropped) {
		if len(r.list) == maxRejections {
			r.list = r.list[:maxRejections-1] // the one that gives the status has to be shown
		}
		r.first = len(r.list)
	}
	if len(r.list) == maxRejections {
		return
	}
	findings := slices.Clone(rec.Findings)
	if i := slices.IndexFunc(findings, func(f finding.Finding) bool { return decides(f, verdict, code) }); i > 0 {
		first := findings[i] // the others may not all be shown
		copy(findings[1:i+1], findings[:i])
		findings[0] = first
	}
	ev := rec.Event
	r.list = append(r.list, Rejection{
		Index: index, Event: finding.Event{Type: string(ev.Type), Name: ev.Name, Version: ev.Version}, MessageID: ev.MessageID(),
		Verdict: verdict, Code: code, Findings: findings[:min(len(findings), maxRejectionFindings)],
	})
}

// worst returns the event that gives the answer its status.
func (r *rejections) worst() Rejection { return r.list[r.first] }

// refuse makes the refusal of the request: that of its worst event, which text explains.
func (r *rejections) refuse(why *refusal, text string) *refusal {
	at := r.worst()
	where := ""
	if at.MessageID != "" {
		where = fmt.Sprintf(", messageId %s", Shorten(quoted(at.MessageID)))
	}
	out := *why
	out.message = fmt.Sprintf("event %d, counted from 0%s: %s", at.Index, where, text)
	if r.count > 1 {
		out.message += "; " + counted(r.count-1, "more event is wrong", "more events are wrong")
	}
	out.message += "; nothing of the request was taken"
	for i := range r.list {
		f := &r.list[i].Event // as its findings have it
		bounded := finding.Finding{Event: *f}
		bounded.Bound()
		*f, r.list[i].MessageID = bounded.Event, Shorten(r.list[i].MessageID)
	}
	out.rejected, out.rejectedCount = r.list, r.count
	return &out
}

// rejectionJSON is a Rejection as answers and control routes show it.
type rejectionJSON struct {
	Index     int               `json:"index"`
	MessageID string            `json:"messageId"`
	Type      string            `json:"type"`
	Name      string            `json:"name"`
	Verdict   Verdict           `json:"verdict,omitempty"`
	Code      string            `json:"code"`
	Findings  []finding.Finding `json:"findings"`
}

func rejectionsJSON(list []Rejection) []rejectionJSON {
	var out []rejectionJSON
	for _, r := range list {
		out = append(out, rejectionJSON{r.Index, r.MessageID, r.Event.Type, r.Event.Name, r.Verdict, r.Code, append([]finding.Finding{}, r.Findings...)})
	}
	return out
}

// packedRejection is a Rejection as the journal keeps it.
type packedRejection struct {
	Rejection
	Findings []packedFinding
}

func packRejections(list []Rejection) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make([]packedRejection, len(list))
	for i, r := range list {
		out[i] = packedRejection{r, packed(r.Findings)}
	}
	return json.Marshal(out)
}

func unpackRejections(data []byte) ([]Rejection, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var in []packedRejection
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("rejected events in the journal: %w", err)
	}
	list := make([]Rejection, len(in))
	for i, p := range in {
		list[i] = p.Rejection
		list[i].Findings = unpacked(p.Findings)
	}
	return list, nil
}

// The IDs of the rules for a write key that no source has, and for none at all.
const (
	RuleUnknownSource   = "unknown-source"
	RuleMissingWriteKey = "missing-write-key"
)

func unknownSource() finding.Rule {
	return finding.Rule{
		ID:       RuleUnknownSource,
		Severity: finding.Error,
		Layer:    finding.Wire,
		Title:    "the event's write key is not known",
		Why: "Segment answers 200 to a write key that is well-formed and no source's, and the events are gone " +
			"(failed on ingest: unknown_source). It is raised where a server was told the keys that exist, and for what cannot be a key: too long, or with control characters.",
		Hit:       `serve --write-key production, and an event with the write key "prodution"`,
		Neighbour: `serve --write-key production, and an event with the write key "production"`,
	}
}

func missingWriteKey() finding.Rule {
	return finding.Rule{
		ID:       RuleMissingWriteKey,
		Severity: finding.Error,
		Layer:    finding.Wire,
		Title:    "the event has no write key",
		Why: "The write key says which source an event belongs to: without one, Segment can give it to nobody. It is the user name of Basic authentication, or writeKey " +
			"in the body (segment.com/docs/connections/sources/catalog/libraries/server/http-api/#authentication); a Bearer token alone is none.",
		Hit:       `POST /v1/track {"event":"Seen","userId":"u1"}, without Authorization`,
		Neighbour: `POST /v1/track {"event":"Seen","userId":"u1","writeKey":"key"}`,
	}
}

// sourceFinding says why no source has the record's write key. It does not quote it:
// a key may be one of a true source.
func sourceFinding(ev event.Event, why *refusal) finding.Finding {
	rule, hint := unknownSource(), "Segment answers 200 and drops the event; the request's header, or writeKey in its body, has the key"
	if why.code == missingKey.code {
		rule, hint = missingWriteKey(), "Segment answers 200 and drops the event"
	}
	return finding.Finding{
		Rule: rule.ID, Severity: rule.Severity, Layer: rule.Layer, Line: ev.At.Line, Column: ev.At.Column,
		Event:   finding.Event{Type: string(ev.Type), Name: ev.Name, Version: ev.Version},
		Message: why.message,
		Hint:    hint,
	}
}
