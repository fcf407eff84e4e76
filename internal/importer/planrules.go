package importer

import "segproof/finding"

// The IDs of the rules about tracking plans and traffic.
const (
	rulePlanRule       = "plan-rule-unusable"
	rulePlanDuplicate  = "plan-rule-duplicate"
	rulePlanIncomplete = "plan-incomplete"
	rulePlanSchema     = "plan-schema-unreadable"
	rulePlanNoise      = "plan-noise"
	rulePlanColumn     = "plan-column-unknown"
	rulePlanCell       = "plan-cell-unreadable"

	ruleTrafficSkipped    = "traffic-skipped"
	ruleTrafficBounded    = "traffic-bounded"
	ruleTrafficMixedTypes = "traffic-mixed-types"
	ruleTrafficEnum       = "traffic-enum"
)

// planRules are about tracking plans.
func planRules() []finding.Rule {
	return []finding.Rule{
		{ID: rulePlanRule, Title: "a rule of a tracking plan cannot become a contract",
			Why: "It has no name, no known type, no JSON Schema, or one that is larger than a contract may be. The other rules are imported.",
			Hit: `{"rules":[{"type":"TRACK","version":1,"jsonSchema":{}}]}`, Neighbour: `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}}]}`},
		{ID: rulePlanDuplicate, Title: "a tracking plan has two rules for one version of an event",
			Why:       "There can be one contract for it only; the first counts.",
			Hit:       `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}},{"key":"A","type":"TRACK","version":1,"jsonSchema":{}}]}`,
			Neighbour: `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}},{"key":"A","type":"TRACK","version":2,"jsonSchema":{}}]}`},
		{ID: rulePlanIncomplete, Severity: finding.Warning, Title: "the file holds one page of a tracking plan",
			Why:       "The Public API answers in pages. Events of the others have no contract yet. Source: PaginationOutput of github.com/segmentio/public-api-sdk-go.",
			Hit:       `{"data":{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}}],"pagination":{"current":"MA==","next":"MQ=="}}}`,
			Neighbour: `{"data":{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}}],"pagination":{"current":"MA=="}}}`},
		{ID: rulePlanSchema, Severity: finding.Warning, Title: "a part of a tracking plan's rule means nothing",
			Why:       "A type that JSON Schema does not have, a list that is none, a version that is no whole number: the rest of the rule is imported.",
			Hit:       `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"properties":{"p":{"type":"text"}}}}}}]}`,
			Neighbour: `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"properties":{"p":{"type":"string"}}}}}}]}`},
		{ID: rulePlanNoise, Severity: finding.Info, Title: "a part of a tracking plan was left out that no validator reads",
			Why:       "Segment's app and Typewriter write addresses (id) and notes (eventMetadata) into schemas. JSON Schema draft-07 does not read them.",
			Hit:       `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"id":"/properties/properties","type":"object"}}}}]}`,
			Neighbour: `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"type":"object"}}}}]}`},
		{ID: rulePlanColumn, Severity: finding.Warning, Title: "a column of a tracking plan is not known",
			Why: "What stands in it is not in the contracts.",
			Hit: "Event Name,Property Name,Colour\nA,p,red\n", Neighbour: "Event Name,Property Name\nA,p\n"},
		{ID: rulePlanCell, Severity: finding.Warning, Title: "a cell of a tracking plan cannot be read",
			Why: "The type is no known word, the status is neither required nor optional, the name is no path. The rest of the row is imported.",
			Hit: "Event Name,Property Name,Property Type\nA,p,text\n", Neighbour: "Event Name,Property Name,Property Type\nA,p,string\n"},
	}
}

// trafficRules are about contracts that were inferred from events.
func trafficRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleTrafficSkipped, Severity: finding.Warning, Title: "events cannot have a contract",
			Why: "A contract is for one type and name. Events without them were not learned from.",
			Hit: `{"type":"track","userId":"u1"}`, Neighbour: `{"type":"track","event":"E","userId":"u1"}`},
		{ID: ruleTrafficBounded, Severity: finding.Warning, Title: "not all of the traffic is in the proposed contracts",
			Why: "The numbers of events and properties that are learned are bounded, so that no traffic takes the memory of the machine. Names that hold data (an ID in each) are the usual cause.",
			Hit: `{"type":"track","event":"E","userId":"u1","properties":{"${repeat:201:p$}":1}}`, Neighbour: `{"type":"track","event":"E","userId":"u1","properties":{"${repeat:200:p$}":1}}`},
		{ID: ruleTrafficMixedTypes, Severity: finding.Warning, Title: "a property has values of several types",
			Why:       "A warehouse column has one type, that of the first value. One of the senders is probably wrong; the proposal takes them all.",
			Hit:       `[{"type":"track","event":"E","userId":"u1","properties":{"p":1}},{"type":"track","event":"E","userId":"u1","properties":{"p":"1"}}]`,
			Neighbour: `[{"type":"track","event":"E","userId":"u1","properties":{"p":1}},{"type":"track","event":"E","userId":"u1","properties":{"p":1.5}}]`},
		{ID: ruleTrafficEnum, Severity: finding.Warning, Title: "a proposed contract allows only the values that came",
			Why:       "Few texts that come again and again look like all there are; the next event may bring another, which the contract refuses. The values stand in the contract, for all to read. There is none for traits, and for what is named as a name, an address, a token or the like.",
			Hit:       `[${repeat:3:{"type":"track","event":"E","userId":"u1","properties":{"size":"s"}},{"type":"track","event":"E","userId":"u1","properties":{"size":"m"}},$}{"type":"track","event":"E","userId":"u1"}]`,
			Neighbour: `[${repeat:3:{"type":"track","event":"E","userId":"u1","properties":{"city_name":"s"}},{"type":"track","event":"E","userId":"u1","properties":{"city_name":"m"}},$}{"type":"track","event":"E","userId":"u1"}]`},
	}
}
