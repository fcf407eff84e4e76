package mockserver

import "segproof/finding"

// The IDs of the rules about expectations. What each means stands in expectationRules.
const (
	ruleExpectationInvalid = "expectation-invalid"
	ruleExpectationCount   = "expectation-count"
	ruleExpectationOnce    = "expectation-once"
	ruleExpectationOrder   = "expectation-order"
	ruleExpectationNone    = "expectation-none"
	ruleRecordsLost        = "records-lost"
)

// expectationRules returns the rules that expectations raise. Hit and Neighbour of those
// that a fixture can raise are fixtures.
func expectationRules() []finding.Rule {
	rules := []finding.Rule{
		{ID: ruleExpectationInvalid, Title: "an expectation cannot be read",
			Why:       "An expectation that is misread proves nothing: an unknown key or matcher, or one that expects nothing, is no small matter.",
			Hit:       "expect:\n  - event: {type: trak}\n",
			Neighbour: "expect:\n  - event: {type: track}\n"},
		{ID: ruleExpectationCount, Title: "another number of events arrived than was expected",
			Why:       "Of too few it shows the ones that came nearest and how they differ; of too many, which they are, and which of them were sent again.",
			Hit:       exampleFixture("{\"type\":\"track\",\"event\":\"Bicycle Returned\",\"userId\":\"u1\",\"properties\":{\"fee\":3}}", "event: {type: track, match: {properties: {fee: 3.5}}}\n    count: 1"),
			Neighbour: exampleFixture("{\"type\":\"track\",\"event\":\"Bicycle Returned\",\"userId\":\"u1\",\"properties\":{\"fee\":3.50}}", "event: {type: track, match: {properties: {fee: 3.5}}}\n    count: 1")},
		{ID: ruleExpectationOnce, Title: "an event arrived more than once",
			Why:       "A sender that had no answer sends again, with the same messageId. Segment keeps one of them for at least a day; what forwards events by itself may not.",
			Hit:       exampleFixture("{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m1\"} {\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m1\"}", "event: {type: identify}\n    once: true") + "findings: [{rule: duplicate-message-id, pointer: /messageId, record: 2}]\n",
			Neighbour: exampleFixture("{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m1\"} {\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m2\"}", "event: {type: identify}\n    once: true")},
		{ID: ruleExpectationOrder, Title: "events did not arrive in the expected order",
			Why:       "Destinations that work on single events see a user's steps in the order of arrival: a track before its identify is an unknown user's.",
			Hit:       exampleFixture("{\"type\":\"track\",\"event\":\"Signed Up\",\"userId\":\"u1\"} {\"type\":\"identify\",\"userId\":\"u1\"}", "order: [{type: identify}, {type: track, name: Signed Up}]"),
			Neighbour: exampleFixture("{\"type\":\"identify\",\"userId\":\"u1\"} {\"type\":\"track\",\"event\":\"Signed Up\",\"userId\":\"u1\"}", "order: [{type: identify}, {type: track, name: Signed Up}]")},
		{ID: ruleExpectationNone, Title: "something arrived that must not",
			Why:       "An invalid event, an unplanned one, a duplicate, or a request that was refused.",
			Hit:       exampleFixture("{\"type\":\"identify\",\"userId\":\"\"}", "no: invalid") + "findings: [{rule: id-not-string, pointer: /userId}]\n",
			Neighbour: exampleFixture("{\"type\":\"identify\",\"userId\":\"u1\"}", "no: invalid")},
		{ID: ruleRecordsLost, Title: "records were dropped that an expectation is about",
			Why:       "The journal keeps a bounded number and drops the oldest. What is gone may have kept an expectation or broken it, so that it cannot hold.",
			Hit:       "12,000 events into a server that keeps 10,000, then any expectation over all of them",
			Neighbour: "8,000 events into a server that keeps 10,000"},
	}
	for i := range rules {
		rules[i].Layer = LayerExpectation
	}
	return rules
}

// exampleFixture makes a fixture of events and one expectation.
func exampleFixture(events, expectation string) string {
	return "name: an example\nsource: \"segproof explain\"\ncontracts: {}\nevents: '" + events + "'\nexpect:\n  - " + expectation + "\n"
}
