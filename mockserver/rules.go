package mockserver

import "segproof/finding"

// RuleRefused is the ID of the rule for a request that is not answered with 200.
const RuleRefused = "request-refused"

// Rules returns the rules that the server itself can raise, or that its requests can.
func Rules() []finding.Rule { return []finding.Rule{validatorFailed(), refused(), faultsInvalid()} }

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
