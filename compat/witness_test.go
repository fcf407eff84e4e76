package compat_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/compat"
	"segproof/finding"
)

// What a message says of before and after is so.
func TestMessagesSayWhatWasAndIs(t *testing.T) {
	for _, tt := range []struct{ prev, next, rule, want string }{
		{`"type":"array","minItems":1`, `"type":"array","minItems":0`, "min-items-lowered", "minItems of lists was 1, is 0"},
		{`"type":"array","minItems":0`, `"type":"array","minItems":2`, "min-items-raised", "minItems of lists was 0, is 2"},
		{`"type":"array","minItems":1`, `"type":"array"`, "min-items-lowered", "minItems of lists was 1; there is none now"},
		{`"type":"string"`, `"type":"array"`, "warehouse-array-stringified", `the column "a" was varchar and is varchar of JSON: a list is stored as text`},
		{`"type":"array"`, `"type":"string"`, "warehouse-array-stringified", `the column "a" was varchar of JSON and is varchar: what is there are lists as text, and what comes are single values`},
	} {
		found := changed(t, `{"properties":{"a":{`+tt.prev+`}}}`, `{"properties":{"a":{`+tt.next+`}}}`, compat.Options{}).Findings
		i := slices.IndexFunc(found, func(f finding.Finding) bool { return f.Rule == tt.rule })
		if i < 0 || found[i].Message != tt.want {
			t.Errorf("from %s to %s: got\n%s\nwant %q", tt.prev, tt.next, lines(found), tt.want)
		}
	}
	for name, want := range map[string]string{"coupon": `the column "coupon" stays, and is NULL from now on`, "couponCode": `the column "coupon_code" of "couponCode" stays, and is NULL from now on`} {
		found := changed(t, `{"properties":{"a":{},"`+name+`":{"type":"string"}}}`, `{"properties":{"a":{}}}`, compat.Options{}).Findings
		if !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Message == want }) {
			t.Errorf("without %s: got\n%s\nwant %q", name, lines(found), want)
		}
	}
}

// An event that shows a break is one that Segment takes, if there is one; else it is said
// why it does not take it.
func TestWitnessesAreTaken(t *testing.T) {
	of := func(required, members string) string {
		return `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"A"}` + members + `},"required":[` + required + `]}`
	}
	const all, closed = `"type","event","userId"`, `,"additionalProperties":false`
	for _, tt := range []struct{ name, prev, next, want, refused string }{
		{"neither type nor name is required", of("", `,"x":{"type":"string"}`), of("", `,"x":{"type":"integer"}`), `{"type":"track","event":"A","userId":"user-1","x":"text"}`, ""},
		{"what is required is no envelope", of("", ""), of(`"properties"`, ""), `{"type":"track","event":"A","userId":"user-1"}`, ""},
		{"a user of a format", of(all, `,"userId":{"format":"uuid"},"x":{"type":"string"}`), of(all, `,"userId":{"format":"uuid"},"x":{"type":"integer"}`), `{"type":"track","event":"A","userId":"123e4567-e89b-12d3-a456-426614174000","x":"text"}`, ""},
		{"no user is allowed, an anonymous one is", of("", `,"anonymousId":{"pattern":"^a-[0-9]$"},"userId":false,"x":{"type":"string"}`), of("", `,"anonymousId":{"pattern":"^a-[0-9]$"},"userId":false,"x":{"type":"integer"}`),
			`{"type":"track","event":"A","anonymousId":"a-0","x":"text"}`, ""},
		{"no object is required", `{"properties":{"type":{"const":"track"},"event":{"const":"A"},"x":{"type":"string"}}}`, `{"properties":{"type":{"const":"track"},"event":{"const":"A"},"x":{"type":"string","maxLength":1}}}`, `{"type":"track","event":"A","userId":"user-1","x":"te"}`, ""},
		{"no user is allowed", of("", `,"userId":false,"anonymousId":false,"x":{"type":"string"}`), of("", `,"userId":false,"anonymousId":false,"x":{"type":"integer"}`), `{"type":"track","event":"A","x":"text"}`,
			"neither userId nor anonymousId is there, want at least one (no-user-anon-id)"},
		{"the type alone", of(`"event"`, ""), of(`"type","event"`, ""), `{"event":"A","userId":"user-1"}`, "type is missing, want one of track, identify, page, screen, group, alias (missing-type)"},
		{"a text of 40,000 characters", of(all, `,"x":{"type":"string","minLength":40000}`), of(all, `,"x":{"type":"string","minLength":40001}`), "", "event has 40051 bytes, want at most 32768 (event-too-large)"},
	} {
		result := compat.Run(t.Context(), catalog(t, "prev", "own/a.json", tt.prev), catalog(t, "next", "own/a.json", tt.next), compat.Options{Direction: compat.Producer})
		if len(result.Witnesses) != 1 {
			t.Errorf("%s: got %d witnesses, want 1: %v", tt.name, len(result.Witnesses), lines(result.Findings))
			continue
		}
		w := result.Witnesses[0]
		if diff := cmp.Diff(tt.refused, w.Refused); diff != "" {
			t.Errorf("%s: refused (-want +got):\n%s", tt.name, diff)
		}
		if got := string(w.JSON); tt.want != "" && got != tt.want {
			t.Errorf("%s: got the event %s, want %s", tt.name, got, tt.want)
		}
		told := strings.Contains(strings.Join(result.Findings[0].Notes, "\n"), "Segment itself would not take this event: "+w.Refused)
		if told != (tt.refused != "") {
			t.Errorf("%s: the notes are %q", tt.name, result.Findings[0].Notes)
		}
	}
}
