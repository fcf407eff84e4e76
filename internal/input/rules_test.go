package input_test

import (
	"regexp"
	"strings"
	"testing"

	"segproof/finding"
	"segproof/internal/input"
)

// TestRules holds every rule to its own documentation: Hit raises it, Neighbour raises
// nothing.
func TestRules(t *testing.T) {
	rules := input.Rules()
	if len(rules) == 0 {
		t.Fatal("there are no rules")
	}
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, r := range rules {
		t.Run(r.ID, func(t *testing.T) {
			if !kebab.MatchString(r.ID) || seen[r.ID] || r.Layer != finding.Input || r.Title == "" || r.Why == "" {
				t.Errorf("the rule is not in order: %+v", r)
			}
			seen[r.ID] = true
			opts := input.Options{}
			if r.ID == "value-too-long" {
				opts.MaxValueBytes = len(r.Neighbour) // nobody would read an example of 4 MiB
			}
			hit, _, err := read(t, strings.NewReader(r.Hit), opts)
			if err != nil || len(hit.Findings) != 1 || hit.Findings[0].Rule != r.ID || hit.Findings[0].Severity != r.Severity {
				t.Errorf("Hit %s: findings %v, error %v; want one of %s", r.Hit, hit.Findings, err, r.ID)
			}
			near, _, err := read(t, strings.NewReader(r.Neighbour), opts)
			if err != nil || len(near.Findings) != 0 || len(near.Events) == 0 {
				t.Errorf("Neighbour %s: findings %v, %d events, error %v; want an event and no finding", r.Neighbour, near.Findings, len(near.Events), err)
			}
		})
	}
}

func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}` + "\n" + `{"a":[1,]}`:         "remove the comma before it",
		`{"a":1}` + "\n" + `{"a":'x'}`:          `write " instead of '`,
		`{"a":1}` + "\n" + `{“a”:1}`:            `write " instead of the typographic quote`,
		`{"a":1}` + "\n" + `{"a":NaN}`:          "JSON has no NaN: write null, or leave the property out",
		`{"a":1}` + "\n" + `{"a":None}`:         "write null",
		`{"a":1}` + "\n" + `{"a":True}`:         "write true in lower case",
		`{"a":1}` + "\n" + `// note`:            "remove the comment, JSON has none",
		`{"a":1}` + "\n" + "{\"a\":\"x\ty\"}":   `inside a string, write \t for a tab`,
		`{"a":1}` + "\n" + "\ufeff" + `{"a":1}`: "remove the byte order mark (EF BB BF)",
		`{"a":1}` + "\n" + `{"a":1}{"a":2}`:     "put each event on a line of its own, or a comma between the elements of an array",
		`{"a":1}` + "\n" + `{"a":1`:             "the text was cut off, or its end is missing: a bracket, a brace or a quote",
		`{"a":1}` + "\n" + `{"a":"x` + "\r\n":   "the text was cut off, or its end is missing: a bracket, a brace or a quote",
		`{"a":1}` + "\n" + `{"a":qq}`:           "",
	} {
		got, _, err := read(t, strings.NewReader(text), input.Options{})
		if err != nil || len(got.Findings) != 1 || got.Findings[0].Hint != want {
			t.Errorf("Read(%q) findings = %+v, error %v; want one with the hint %q", text, got.Findings, err, want)
		}
	}
}
