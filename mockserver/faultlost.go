package mockserver

import (
	"fmt"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// RuleFaultLostEvents is the ID of the rule for events that a fault refused and that never
// came again.
const RuleFaultLostEvents = "fault-lost-events"

func faultLostEvents() finding.Rule {
	return finding.Rule{
		ID:       RuleFaultLostEvents,
		Severity: finding.Warning,
		Layer:    LayerExpectation,
		Title:    "events were lost to a fault",
		Why: "A fault refused the request, and its events never came again: a sender that gives up on such an answer, or is not given " +
			"the time to send again, loses them at Segment too. Events are known by their messageId, those without one by their bytes.",
		Hit:       "a fault answers 500 to /v1/batch, and the sender ends",
		Neighbour: "a fault answers 500 to /v1/batch once, and the sender sends the same again",
	}
}

// LostToFaults returns a warning for each scope with events that a fault refused and that
// never came again, by what arrived behind a cursor and is kept.
func (s *Server) LostToFaults(after Cursor) ([]finding.Finding, error) {
	all := scopeFilter{all: true}
	struck, err := s.journal.store.someRequests("seq > ? AND fault <> ''", all, after.Request, 1)
	if err != nil || len(struck) == 0 {
		return nil, err // and the bodies of all need not be read
	}
	requests, err := s.journal.store.requests(all, after.Request, 0)
	return lostToFaults(requests), err
}

// faultLoss is what a scope lost to faults.
type faultLoss struct {
	scope    string
	events   int
	requests []string // for notes
}

func lostToFaults(requests []Request) []finding.Finding {
	again := map[trip]bool{} // what came by a request that no fault refused
	for _, req := range requests {
		if req.Events > 0 || req.Fault == "" {
			for _, t := range tripsOf(req) {
				again[t] = true
			}
		}
	}
	var losses []*faultLoss
	for _, req := range requests {
		if req.Events > 0 || req.Fault == "" {
			continue
		}
		events, ids := 0, []string{}
		for _, t := range tripsOf(req) {
			if again[t] || !holdsEvents(req.Body) {
				continue
			}
			again[t] = true // it is told once
			if events++; t.messageID != "" {
				ids = append(ids, Shorten(quoted(t.messageID)))
			}
		}
		if events > 0 {
			losses = lose(losses, req, events, ids)
		}
	}
	var found []finding.Finding
	for _, l := range losses {
		found = append(found, l.finding())
	}
	return found
}

// holdsEvents reports whether a body is one of events, and not of a token's request.
func holdsEvents(body []byte) bool {
	_, err := event.Decode(body, start())
	return err == nil
}

// lose adds what a request lost to the losses of its scope.
func lose(losses []*faultLoss, req Request, events int, ids []string) []*faultLoss {
	var loss *faultLoss
	for _, l := range losses {
		if l.scope == req.Scope {
			loss = l
		}
	}
	if loss == nil {
		loss = &faultLoss{scope: req.Scope}
		losses = append(losses, loss)
	}
	loss.events += events
	note := fmt.Sprintf("request %d, %s", req.Seq, describeRequest(req))
	if n := len(ids); n > 0 {
		note += ", messageId " + strings.Join(ids[:min(n, maxCame)], ", ")
		if n > maxCame {
			note += fmt.Sprintf(" and %d more", n-maxCame)
		}
	}
	loss.requests = append(loss.requests, note)
	return losses
}

func (l *faultLoss) finding() finding.Finding {
	rule := faultLostEvents()
	notes := l.requests
	if more := len(notes) - maxCame; more > 0 {
		notes = append(notes[:maxCame:maxCame], fmt.Sprintf("%d more are not shown", more))
	}
	in := ""
	if l.scope != "" {
		in = " of scope " + Shorten(quoted(l.scope))
	}
	return finding.Finding{Rule: rule.ID, Severity: rule.Severity, Layer: rule.Layer, Notes: notes,
		Message: fmt.Sprintf("got %s%s that a fault refused and that never came again, want each sent again", counted(l.events, "event", "events"), in),
		Hint:    "look at how the sender retries, and whether it had the time to"}
}
