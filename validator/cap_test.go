package validator_test

import (
	"fmt"
	"strings"
	"testing"

	"segproof/finding"
	"segproof/validator"
)

// members writes n members p0, p1, ... of one value.
func members(n int, value string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"p%d":%s`, i, value))
	}
	return strings.Join(all, ",")
}

// An event has MaxFindings findings at most. Which they are must not depend on what is
// looked at first: a warning never takes an error's place. What is cut is told.
func TestWarningsDoNotHideErrors(t *testing.T) {
	cat := load(t, "own/c.json", contract(`{"type":"object"}`), "own/closed.json",
		`{"properties":{"type":{"const":"track"},"event":{"const":"Closed"},"properties":{"properties":{"a":{}},"additionalProperties":false}}}`)
	const head = `{"type":"track","userId":"u1","event":`
	for _, tt := range []struct {
		name, text string
		errors     int
		hint       string
	}{
		{"as many warnings as findings, and an error of the spec",
			head + `"E","context":{"ip":5},"properties":{` + members(100, "1") + `}}`, 1, "1 more finding of this event is not shown"},
		{"more warnings", head + `"E","context":{"ip":5},"properties":{` + members(250, "1") + `}}`, 1, "151 more findings of this event are not shown"},
		{"no more than all", head + `"E","context":{"ip":5},"properties":{` + members(99, "1") + `}}`, 1, ""},
		{"errors of the contract, and one of the spec", head + `"Closed","context":{"ip":5},"properties":{` + members(300, "1") + `}}`, 100, "201 more findings of this event are not shown"},
		{"errors of the wire", head + `"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":{` + members(300, "1") + `}}}}`, 100, "201 more findings of this event are not shown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := cat.Validate(one(t, tt.text))
			errors, hints := 0, []string{}
			for _, f := range found {
				if f.Severity == finding.Error {
					errors++
				}
				if strings.Contains(f.Hint, "of this event") {
					hints = append(hints, f.Hint)
				}
			}
			if len(found) != validator.MaxFindings || errors != tt.errors {
				t.Errorf("got %d findings with %d errors, want %d with %d", len(found), errors, validator.MaxFindings, tt.errors)
			}
			if got := strings.Join(hints, "|"); !strings.HasSuffix(got, tt.hint) || (got == "") != (tt.hint == "") || len(hints) > 1 {
				t.Errorf("got the hints %q, want one that ends with %q", hints, tt.hint)
			}
		})
	}
}
