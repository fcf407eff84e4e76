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
	return s.journal.store.lostToFaults(scopeFilter{all: true}, after.Request)
}

// bodiesAtOnce is how many bodies are held while requests are gone through.
const bodiesAtOnce = 20

func (st *store) lostToFaults(in scopeFilter, after int64) ([]finding.Finding, error) {
	struck, err := st.requests(requestQuery{in: in, after: after, where: "fault <> ''", limit: 1})
	if err != nil || len(struck) == 0 {
		return nil, err // and the bodies of all need not be read
	}
	trips := faultTrips{again: map[trip]bool{}}
	for {
		requests, err := st.requests(requestQuery{in: in, after: after, limit: bodiesAtOnce, bodies: true})
		if err != nil {
			return nil, err
		}
		if len(requests) == 0 {
			return trips.lost(), nil
		}
		for _, req := range requests {
			trips.add(req)
		}
		after = requests[len(requests)-1].Seq
	}
}

// faultTrips is what requests carried, in vain or not.
type faultTrips struct {
	again   map[trip]bool // what came by a request that no fault refused
	refused []refusedTrips
}

// refusedTrips is what a request carried that a fault refused; its body is not kept.
type refusedTrips struct {
	req   Request
	trips []trip
}

func (t *faultTrips) add(req Request) {
	trips := tripsOf(req)
	if req.Events > 0 || req.Fault == "" {
		for _, carried := range trips {
			t.again[carried] = true
		}
		return
	}
	if len(trips) > 0 && holdsEvents(req.Body) {
		req.Body = nil
		t.refused = append(t.refused, refusedTrips{req, trips})
	}
}

// lost returns what never came again.
func (t *faultTrips) lost() (found []finding.Finding) {
	var losses []*faultLoss
	for _, r := range t.refused {
		events, ids := 0, []string{}
		for _, carried := range r.trips {
			if t.again[carried] {
				continue
			}
			t.again[carried] = true // it is told once
			if events++; carried.messageID != "" {
				ids = append(ids, Shorten(quoted(carried.messageID)))
			}
		}
		if events > 0 {
			losses = lose(losses, r.req, events, ids)
		}
	}
	for _, l := range losses {
		found = append(found, l.finding())
	}
	return found
}

// faultLoss is what a scope lost to faults.
type faultLoss struct {
	scope    string
	events   int
	requests []string // for notes
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
