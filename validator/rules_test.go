package validator_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/event"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"
)

// judged says which rules an example raises: events are judged by the rule's own
// contract and the Segment Spec, contracts are loaded.
func judged(t *testing.T, rule finding.Rule, example string) map[string]bool {
	t.Helper()
	example = finding.Expand(example)
	if rule.Layer == finding.Catalog {
		return loadedRules(t, example)
	}
	roots := []validator.Root{{FS: schemas.Spec()}}
	if rule.Contract != "" {
		roots = append(roots, validator.Root{FS: fstest.MapFS{"own/e.json": {Data: []byte(rule.Contract)}}})
	}
	cat, found, err := validator.Load(roots...)
	if err != nil {
		t.Fatalf("Load: %v %v", err, found)
	}
	raised := map[string]bool{}
	var duplicates validator.Duplicates
	for i, line := range strings.Split(example, "\n") {
		events, err := event.Decode([]byte(line), event.Place{File: "example", Line: i + 1, Column: 1})
		if err != nil {
			t.Fatalf("Decode(%.80s): %v", line, err)
		}
		for _, ev := range events {
			for _, f := range append(cat.Validate(ev), duplicates.Check(ev)...) {
				raised[f.Rule] = true
			}
		}
	}
	return raised
}

func loadedRules(t *testing.T, contract string) map[string]bool {
	t.Helper()
	own := fstest.MapFS{
		"own/a.json": {Data: []byte(contract)},
		// duplicate-identity needs a second contract to collide with.
		"own/b.json": {Data: []byte(`{"properties":{"type":{"const":"track"},"event":{"const":"Other"}}}`)},
	}
	if strings.HasPrefix(t.Name(), "TestRuleExamples/duplicate-identity") {
		own["own/b.json"].Data = []byte(`{"properties":{"type":{"const":"track"},"event":{"const":"E"}}}`)
	}
	_, found, err := validator.Load(validator.Root{FS: schemas.Spec()}, validator.Root{FS: own})
	if err != nil && !errors.Is(err, validator.ErrUnusable) {
		t.Fatalf("Load: %v", err)
	}
	raised := map[string]bool{}
	for _, f := range found {
		raised[f.Rule] = true
	}
	return raised
}

// noExample lists the rules that no text of an example can raise, and where they are
// tested instead.
var noExample = map[string]string{
	"validator-failed":    "FuzzValidateNeverPanics",
	"too-many-properties": "TestManyKeys",
	"waiver-expired":      "TestReview",
	"waiver-stale":        "TestReview",
	"baseline-vanished":   "TestBaseline",
}

func TestRuleExamples(t *testing.T) {
	rules := validator.Rules()
	if len(rules) < 50 {
		t.Fatalf("only %d rules", len(rules))
	}
	for _, rule := range rules {
		t.Run(rule.ID, func(t *testing.T) {
			if noExample[rule.ID] != "" {
				return
			}
			if raised := judged(t, rule, rule.Hit); !raised[rule.ID] {
				t.Errorf("the hit %.200s raised %v, want %s", rule.Hit, raised, rule.ID)
			}
			if raised := judged(t, rule, rule.Neighbour); len(raised) > 0 {
				t.Errorf("the neighbour %.200s raised %v, want nothing", rule.Neighbour, raised)
			}
		})
	}
}

func TestRulesAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range validator.Rules() {
		if seen[r.ID] {
			t.Errorf("%s stands twice in the table", r.ID)
		}
		seen[r.ID] = true
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(r.ID) || r.Title == "" || r.Why == "" {
			t.Errorf("%+v: want an ID in kebab-case, a title and a reason", r)
		}
	}
}
