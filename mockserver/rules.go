package mockserver

import (
	"fmt"

	"segproof/finding"
)

// The IDs of the rules for a request that is not answered with 200, and for one that is
// and of which nothing is taken all the same.
const (
	RuleRefused = "request-refused"
	RuleDropped = "request-dropped"
)

// Rules returns the rules that the server itself can raise, or that its requests and the
// expectations about them can.
func Rules() []finding.Rule {
	return append([]finding.Rule{validatorFailed(), refused(), droppedRequest(), unknownSource(), missingWriteKey(), faultsInvalid(), faultNeverStruck(), faultLostEvents()}, expectationRules()...)
}

func refused() finding.Rule {
	return finding.Rule{
		ID:       RuleRefused,
		Severity: finding.Error,
		Layer:    finding.Wire,
		Title:    "a request was not taken",
		Why: "Segment answers 400 to a body that is no JSON or too large, and so does the fake; a wrong path gets 404. " +
			"Senders give up on such answers, or send the same again for hours.",
		Hit:       `POST /v1/v1/track: the sender's host ends with /v1 already`,
		Neighbour: `POST /v1/track`,
	}
}

func droppedRequest() finding.Rule {
	return finding.Rule{
		ID:       RuleDropped,
		Severity: finding.Error,
		Layer:    finding.Wire,
		Title:    "a request was answered with 200 and dropped as a whole",
		Why: "The pixel answers 200 and its picture whatever happens (segment.com/docs/connections/sources/catalog/libraries/server/pixel-tracking-api), " +
			"so that nobody notices an event that cannot be read.",
		Hit:       `GET /v1/pixel/track?data=%25, which is no base64`,
		Neighbour: `GET /v1/pixel/track?userId=u1&event=Email+Opened`,
	}
}

// duplicateFinding says that the messageId of a record came before. The rule is the
// validator's, which raises it for files.
func duplicateFinding(rec Record) finding.Finding {
	return finding.Finding{
		Rule: "duplicate-message-id", Severity: finding.Warning, Layer: finding.Wire,
		Line: rec.Event.At.Line, Column: rec.Event.At.Column, Pointer: "/messageId",
		Event:   finding.Event{Type: string(rec.Event.Type), Name: rec.Event.Name, Version: rec.Event.Version},
		Message: fmt.Sprintf("messageId %q was sent before, by record %d", rec.MessageID, rec.DuplicateOf),
		Hint:    "Segment keeps one of them and drops the others",
	}
}
