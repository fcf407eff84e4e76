package compat

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

// catalogOf loads an example: the schema of the properties of the track event "Hit" or
// "Near", or whole contracts, a line each.
func catalogOf(t *testing.T, name, example string) *validator.Catalog {
	t.Helper()
	files := fstest.MapFS{}
	for i, line := range strings.Split(example, "\n") {
		if line == "" {
			continue
		}
		if !strings.Contains(line, `"const":"track"`) {
			line = `{"properties":{"type":{"const":"track"},"event":{"const":"` + name + `"},"properties":` + line + `},"required":["type","event","properties"]}`
		}
		files[fmt.Sprintf("own/%d.json", i)] = &fstest.MapFile{Data: []byte(line)}
	}
	catalog, found, err := validator.Load(validator.Root{FS: files})
	if err != nil {
		t.Fatalf("load %s: %v %v", example, err, found)
	}
	return catalog
}

// raised says which rules a change raises.
func raised(t *testing.T, name string, p pair, r rule) map[string]bool {
	t.Helper()
	prev, next := catalogOf(t, name, p.prev), catalogOf(t, name, p.next)
	found := Compare(prev, next, Options{Warehouse: r.warehouse})
	replay := NewReplay(prev, next, Options{})
	for _, text := range r.events {
		if !strings.Contains(text, `"`+name+`"`) {
			continue
		}
		events, err := event.Decode([]byte(text), event.Place{})
		if err != nil {
			t.Fatal(err)
		}
		replay.Add(events[0])
	}
	rules := map[string]bool{}
	for _, f := range append(found, replay.Findings()...) {
		rules[f.Rule] = true
	}
	return rules
}

// Every rule's example raises it, its neighbour does not, and the reverse of its example
// raises its mirror.
func TestExamples(t *testing.T) {
	for _, r := range rules() {
		t.Run(r.id, func(t *testing.T) {
			if got := raised(t, "Hit", r.hit, r); !got[r.id] {
				t.Errorf("the example raises %v, want %s\n%s", got, r.id, r.hit.told(""))
			}
			if got := raised(t, "Near", r.near, r); got[r.id] {
				t.Errorf("the neighbour raises %v, want no %s\n%s", got, r.id, r.near.told(""))
			}
			reverse := pair{r.hit.next, r.hit.prev}
			if got := raised(t, "Hit", reverse, r); r.mirror != "" && !got[r.mirror] {
				t.Errorf("the reverse of the example raises %v, want %s\n%s", got, r.mirror, reverse.told(""))
			}
		})
	}
}

// oneWay says of the rules whose mirror has another mirror why that is so.
var oneWay = map[string]string{
	"event-removed-after-deprecation":    "the reverse is an event like any that is added",
	"event-version-changed":              "the version that is the oldest goes, which its removal tells",
	"event-renamed":                      "the reverse is an event like any that is added",
	"property-removed-after-deprecation": "the reverse is a property like any that is added",
	"property-renamed":                   "the reverse is a property like any that is added",
	"warehouse-varchar-to-typed":         "varchar takes every value, no other type takes text",
	"warehouse-column-type-ambiguous":    "the reverse drops values",
	"warehouse-column-collision":         "the reverse leaves one column fewer",
	"warehouse-table-collision":          "the reverse is an event that is gone",
	"warehouse-reserved-column":          "the reverse is a column that is gone, if there ever was one",
	"warehouse-string-truncated":         "shorter strings lose nothing",
	"warehouse-integer-overflow":         "smaller numbers lose nothing",
	"warehouse-identifier-invalid":       "the reverse is a column that is gone, if there ever was one",
	"warehouse-column-orphaned":          "a new column is told as the property that it is of",
}

// uneven says of the rules that are not as grave for senders as their mirror is for
// readers why that is so.
var uneven = map[string]string{
	"event-added":               "nobody is hurt by an event that is new; everybody by one that is gone",
	"event-removed":             "nobody is hurt by an event that is new; everybody by one that is gone",
	"event-version-removed":     "a version that is new is sent by those who know it",
	"property-removed-optional": "in a closed contract senders are rejected; for readers a new column is only new",
	"property-added-optional":   "readers are hurt by a property that goes, senders by none that comes",
	"property-removed-required": "in a closed contract senders are rejected; for readers a new column is only new",
	"pattern-property-removed":  "in a closed contract senders are rejected; for readers new columns are only new",
	"default-changed":           "only readers fill in defaults",
}

// What hurts senders when it comes hurts readers when it goes: the table of rules is
// symmetric, and where it is not there is a reason.
func TestMirrors(t *testing.T) {
	table := ruleTable()
	for _, r := range rules() {
		if r.mirror == "" {
			if r.id != RuleReplay && r.id != ruleUndeclaredBreak {
				t.Errorf("%s has no mirror", r.id)
			}
			continue // they are about events of one side
		}
		m, ok := table[r.mirror]
		if !ok {
			t.Errorf("%s: the mirror %q is no rule", r.id, r.mirror)
			continue
		}
		if back := m.mirror == r.id; back == (oneWay[r.id] != "") {
			t.Errorf("%s: its mirror is %s, whose mirror is %s; in oneWay: %q", r.id, m.id, m.mirror, oneWay[r.id])
		}
		even := (r.producer == safe) == (m.consumer == safe) || strings.HasPrefix(r.id, "warehouse-") || oneWay[r.id] != ""
		if even == (uneven[r.id] != "") {
			t.Errorf("%s is %s for senders, and its mirror %s is %s for readers; in uneven: %q", r.id, r.producer, m.id, m.consumer, uneven[r.id])
		}
	}
}

// The rules that explain a rejection are the validator's, and no ID stands twice.
func TestTableOfRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range validator.Rules() {
		known[r.ID] = true
	}
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || known[r.ID] {
			t.Errorf("%s is the ID of two rules", r.ID)
		}
		seen[r.ID] = true
		if r.Layer != finding.Change || r.Title == "" || r.Why == "" {
			t.Errorf("%s: layer %q, title %q, why %q", r.ID, r.Layer, r.Title, r.Why)
		}
	}
	for _, r := range rules() {
		for _, id := range r.faults {
			if !known[id] {
				t.Errorf("%s: %q is no rule of the validator", r.id, id)
			}
		}
	}
	for _, a := range bounds() {
		for _, id := range a.rules {
			if !seen[id] {
				t.Errorf("%q of %s is no rule", id, a.keyword)
			}
		}
	}
}
