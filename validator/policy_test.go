package validator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

func TestParsePolicyErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "unplaned: {}\n", `p.yaml:1:1: unknown key "unplaned", want one of contracts, fail-on, unplanned, severity, waivers`},
		{"bad level", "unplanned: {events: bad}\n", `p.yaml: unplanned.events: got "bad", want error, warning, info or off`},
		{"bad fail-on", "fail-on: never\n", `p.yaml: fail-on: got "never", want error, warning, info or none`},
		{"no rule", "severity:\n  - {severity: off}\n", `p.yaml: severity 1: rule is missing`},
		{"no owner", "waivers:\n  - {rule: type-mismatch, reason: r, until: 2030-01-01}\n", `p.yaml: waiver 1: owner is missing`},
		{"no day", "waivers:\n  - {rule: type-mismatch, reason: r, owner: o, until: soon}\n", `p.yaml: waiver 1: until: got "soon", want a day, as 2026-12-31`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := validator.ParsePolicy("p.yaml", []byte(tt.text))
			if got := fmt.Sprint(err); got != tt.want {
				t.Errorf("ParsePolicy(%q) error\n got %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestCheckRules(t *testing.T) {
	ids := []string{"type-mismatch", "invalid-json"}
	waiver := "waivers:\n  - {rule: %s, reason: r, owner: o, until: 2030-01-01}\n"
	for _, tt := range []struct{ text, want string }{
		{"fail-on: error\n", "<nil>"},
		{"severity:\n  - {rule: invalid-json, severity: off}\n  - {rule: type-*, severity: off}\n  - {rule: '*', severity: off}\n", "<nil>"},
		{fmt.Sprintf(waiver, "type-mismatc?"), "<nil>"},
		{"severity:\n  - {rule: type-mismach, severity: off}\n", `p.yaml: severity 1: there is no rule "type-mismach"; did you mean "type-mismatch"?`},
		{fmt.Sprintf(waiver, "nonsense"), `p.yaml: waiver 1: there is no rule "nonsense"`},
		{fmt.Sprintf(waiver, "typo-*"), `p.yaml: waiver 1: no rule is like "typo-*"`},
	} {
		p, err := validator.ParsePolicy("p.yaml", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.CheckRules(ids)); got != tt.want {
			t.Errorf("CheckRules of %q\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

// reviewed runs findings through a policy on a day, and returns what is left as
// "severity rule", then what the policy itself is told.
func reviewed(t *testing.T, policy, day string, found []finding.Finding) []string {
	t.Helper()
	p, err := validator.ParsePolicy("p.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	review := p.NewReview(now)
	var got []string
	for _, f := range slices.Concat(review.Apply(found), review.Expired(), review.Stale(ruleIDs())) {
		got = append(got, f.Severity.String()+" "+f.Rule+" "+f.Pointer)
	}
	return got
}

func TestReview(t *testing.T) {
	order := finding.Event{Type: "track", Name: "Order Completed"}
	found := []finding.Finding{
		{Rule: "type-mismatch", Pointer: "/properties/total", Event: order},
		{Rule: "unplanned-property", Severity: finding.Warning, Pointer: "/properties/note", Event: order},
		{Rule: "type-mismatch", Pointer: "/traits/age", Event: finding.Event{Type: "identify"}},
	}
	all := []string{"error type-mismatch /properties/total", "warning unplanned-property /properties/note", "error type-mismatch /traits/age"}
	waiver := "waivers:\n  - {rule: type-*, event: Order*, path: /properties/*, reason: r, owner: o, until: 2026-06-30}\n"
	for _, tt := range []struct {
		name, policy, day string
		want              []string
	}{
		{"nothing said", "fail-on: error\n", "2026-01-01", all},
		{"unplanned off", "unplanned: {properties: off}\n", "2026-01-01", []string{all[0], all[2]}},
		{"the last level wins", "severity:\n  - {rule: '*', severity: info}\n  - {rule: type-mismatch, event: identify, severity: warning}\n", "2026-01-01",
			[]string{"info type-mismatch /properties/total", "info unplanned-property /properties/note", "warning type-mismatch /traits/age"}},
		{"waived", waiver, "2026-01-01", all[1:]},
		{"waived on its last day", waiver, "2026-06-30", all[1:]},
		{"expired the day after", waiver, "2026-07-01", append(append([]string{}, all...), "error waiver-expired /waivers/0")},
		{"stale", strings.Replace(waiver, "type-*", "number-range", 1), "2026-01-01", append(append([]string{}, all...), "warning waiver-stale /waivers/0")},
		{"the policy's own findings have levels too", "severity:\n  - {rule: waiver-stale, severity: off}\n  - {rule: waiver-expired, severity: info}\n" +
			strings.Replace(waiver, "type-*", "number-range", 1) + "  - {rule: x, reason: r, owner: o, until: 2026-01-01}\n", "2026-06-01",
			append(append([]string{}, all...), "info waiver-expired /waivers/1")},
		{"a waiver does not waive itself", "waivers:\n  - {rule: 'waiver-*', reason: r, owner: o, until: 2026-06-30}\n", "2026-01-01",
			append(append([]string{}, all...), "warning waiver-stale /waivers/0")},
		{"a question mark is one character", "severity:\n  - {rule: type-mismatc?, severity: off}\n", "2026-01-01", all[1:2]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, reviewed(t, tt.policy, tt.day, found)); diff != "" {
				t.Errorf("%s on %s (-want +got):\n%s", tt.policy, tt.day, diff)
			}
		})
	}
}

func TestBaseline(t *testing.T) {
	a := finding.Finding{Rule: "type-mismatch", File: "x.json", Pointer: "/items/0/p", Line: 3}
	sameElsewhere := finding.Finding{Rule: "type-mismatch", File: "x.json", Pointer: "/items/7/p", Line: 9, Message: "reworded"}
	b := finding.Finding{Rule: "missing-property", File: "x.json", Pointer: "/q"}
	var written validator.Baseline
	if !written.Add(a, sameElsewhere, b) {
		t.Fatal("Add says that the baseline is full")
	}
	text, err := written.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	known, err := validator.ReadBaseline("known.json", text)
	if err != nil {
		t.Fatalf("ReadBaseline(%s): %v", text, err)
	}
	fresh := known.Fresh([]finding.Finding{a, a, a})
	if len(fresh) != 1 {
		t.Errorf("of three, with two known, %d are new, want 1", len(fresh))
	}
	var vanished []string
	for _, f := range known.Vanished() {
		vanished = append(vanished, f.Rule+" "+f.Severity.String()+" "+f.Pointer)
	}
	if diff := cmp.Diff([]string{"baseline-vanished info /q"}, vanished); diff != "" {
		t.Errorf("vanished (-want +got):\n%s", diff)
	}
	again, err := written.Bytes()
	if err != nil || string(again) != string(text) {
		t.Errorf("Bytes gave other bytes the second time, error %v", err)
	}
	for _, bad := range []string{"", "{}", `{"format":"segproof-baseline/2","findings":[]}`, `{"format":"segproof-baseline/1","findings":[null]}`} {
		if _, err := validator.ReadBaseline("known.json", []byte(bad)); err == nil {
			t.Errorf("ReadBaseline(%q) gave no error", bad)
		}
	}
}

func TestDuplicates(t *testing.T) {
	var d validator.Duplicates
	check := func(id string) int { return len(d.Check(one(t, `{"messageId":"`+id+`"}`))) }
	if check("m0") != 0 || check("m1") != 0 || check("m0") != 1 {
		t.Error("want a finding for the second m0 only")
	}
	for i := 2; i <= validator.DuplicateWindow; i++ {
		if check(fmt.Sprint("m", i)) != 0 {
			t.Fatalf("m%d was not sent before", i)
		}
	}
	if check("m0") != 0 {
		t.Error("m0 is out of the window, want no finding")
	}
	if check("m2") != 1 {
		t.Error("m2 is in the window, want a finding")
	}
	if got := d.Check(event.Event{Raw: []byte(`1`)}); got != nil {
		t.Errorf("an item without messageId gave %v", got)
	}
}

func TestColumn(t *testing.T) {
	for name, want := range map[string]string{
		"tutorialId": "tutorial_id", "tutorial_id": "tutorial_id", "TutorialID": "tutorial_id", "sample-text": "sample_text",
		"CStringRef": "cstring_ref", "2FA Enabled": "2fa_enabled", "THE5r": "the5r", "SAMPLE 2 TEXT": "sample_2_text",
		"  x  y ": "x_y", "Item2Name": "item2_name", "item2Name": "item_2name", "café": "caf", "": "", "•": "",
	} {
		if got := validator.Column(name); got != want {
			t.Errorf("Column(%q) = %q, want %q", name, got, want)
		}
	}
}

// ruleIDs is the IDs of the validator's rules.
func ruleIDs() []string {
	var ids []string
	for _, r := range validator.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}
