package exporter

import (
	"sync"

	"segproof/finding"
)

// The IDs of the exporter's rules. What each means stands in Rules.
const (
	rulePlanRefused = "plan-contract-refused"
	rulePlanLost    = "plan-detail-lost"
	rulePlanChanged = "plan-detail-changed"
	rulePlanFormula = "plan-cell-formula"
)

// Rules returns every rule that the exporter can raise.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: rulePlanRefused, Layer: finding.Catalog, Title: "a contract cannot be a rule of a tracking plan",
			Why:       "Plans have rules for track, identify, group, page and screen calls, with versions 1, 2, 3, and a rule refers to no other file. The contract is not in the plan.",
			Hit:       `{"properties":{"type":{"const":"alias"}}}`,
			Neighbour: `{"properties":{"type":{"const":"identify"}}}`},
		{ID: rulePlanLost, Severity: finding.Warning, Layer: finding.Catalog, Title: "a tracking plan cannot say what the contract says",
			Why:       "The CSV has columns for names, descriptions, types, what is required, patterns and values; the JSON has a place for everything, but Segment reads it as draft-07. Segment will not hold events to the rest.",
			Hit:       `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"type":{"const":"identify"}}}`,
			Neighbour: `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"type":{"const":"identify"}}}`},
		{ID: rulePlanChanged, Severity: finding.Info, Layer: finding.Catalog, Title: "a tracking plan says it otherwise",
			Why: "Nothing is lost for Segment; who imports the plan again gets another text than this contract's."},
		{ID: rulePlanFormula, Severity: finding.Warning, Layer: finding.Catalog, Title: "a cell of a tracking plan as CSV looks like a formula",
			Why: "A cell that begins with =, +, - or @ is run by spreadsheets when somebody opens the file. It is written as it is, for Segment takes it as text. Source: owasp.org/www-community/attacks/CSV_Injection"},
	}
}

// severities is every rule's severity, by ID; made once, when first asked for.
var severities = sync.OnceValue(func() map[string]finding.Severity {
	byID := map[string]finding.Severity{}
	for _, r := range Rules() {
		byID[r.ID] = r.Severity
	}
	return byID
})

func severityOf(rule string) finding.Severity { return severities()[rule] }
