package mockserver

import (
	"slices"

	"segproof/finding"
)

// Verdict is what becomes of an event at Segment, as far as its findings tell.
type Verdict string

// The verdicts.
const (
	Valid   Verdict = "valid"   // no finding of severity error
	Invalid Verdict = "invalid" // Segment takes it, and it is not what was promised
	Dropped Verdict = "dropped" // Segment answers 200 and drops it, so its sender never knows
)

// dropping lists the rules whose events Segment drops after it has answered: its
// failed-on-ingest codes in kebab-case, and its limits inside a batch.
//
// Source: segment.com/docs/connections/delivery-overview/#failed-on-ingest and
// segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors
func dropping() []string {
	return []string{
		"bad-request",
		"missing-type",
		"invalid-type",
		"no-user-anon-id",
		"id-required",
		"id-not-string",
		"event-not-defined",
		"event-not-string",
		"name-not-string",
		"category-not-string",
		"properties-not-object",
		"traits-not-object",
		"consent-categorypreferences-should-exist",
		"consent-categorypreferences-fields-should-be-object",
		"consent-categorypreferences-fields-should-be-bool",
		"consent-version-should-be-number",
		"device-advertisingid-should-be-string",
		"event-too-large",
		"too-many-events",
		"message-id-too-long",
		RuleUnknownSource,
		RuleMissingWriteKey,
	}
}

// verdictOf says what the findings of one event make of it.
func verdictOf(findings []finding.Finding) Verdict {
	verdict := Valid
	for _, f := range findings {
		switch {
		case slices.Contains(dropping(), f.Rule):
			return Dropped
		case f.Severity == finding.Error:
			verdict = Invalid
		}
	}
	return verdict
}
