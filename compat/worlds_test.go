package compat_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/compat"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"
)

// A place that another place refers to has its own names, and lends them.
func TestPlacesThatOthersReferTo(t *testing.T) {
	const bill = `{"properties":{"bill":{"type":"object","properties":{"city":{"type":"string"}}},"ship":{"allOf":[{"$ref":"#/properties/properties/properties/bill"},{"properties":{"note":{"type":"string"}}}]}}}`
	got := brief(changed(t, bill, strings.Replace(bill, `"note":{"type":"string"}`, `"note":{"type":"integer"}`, 1), compat.Options{Direction: compat.Producer}).Findings)
	if want := []string{"error type-changed /properties/ship/note"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	const judged = `{"properties":{"a":{"anyOf":[{"required":["k"],"properties":{"n":{}}},{}],"properties":{"m":{},"k":{}}},"b":{"allOf":[{"$ref":"#/properties/properties/properties/a"}],"unevaluatedProperties":{"type":"integer"}}}}`
	in2020 := func(properties string) *validator.Catalog {
		return catalog(t, "", "own/a.json", track("A", properties, `"$schema":"https://json-schema.org/draft/2020-12/schema"`))
	}
	next := strings.Replace(judged, `"b":`, `"q":{"type":"string"},"b":`, 1)
	for _, f := range compat.Compare(in2020(judged), in2020(next), compat.Options{Direction: compat.Producer}) {
		if f.Severity == finding.Error {
			t.Errorf("an optional property: %s %s: %v", f.Rule, f.Message, f.Notes)
		}
	}
}

// A place that several schemas describe is closed over the names of all of them: an event
// with names of each is sent, and what breaks it is no safe change.
func TestPlacesThatSeveralSchemasDescribe(t *testing.T) {
	const both = `{"allOf":[{"properties":{"o":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}},{"properties":{"o":{"properties":{"b":{"type":"string"}},"required":["b"]}}}]}`
	for _, tt := range []struct{ name, prev, from, to, want string }{
		{"allOf", both, `"b":{"type":"string"}`, `"b":{"type":"integer"}`, "error type-changed /properties/o/b"},
		{"allOf beside properties", `{"properties":{"o":{"properties":{"a":{"type":"string"}}}},"allOf":[{"properties":{"o":{"properties":{"b":{"type":"string"}},"required":["a","b"]}}}]}`,
			`"a":{"type":"string"}`, `"a":{"type":"integer"}`, "error type-changed /properties/o/a"},
		{"then", `{"properties":{"k":{"const":1},"o":{"properties":{"a":{"type":"string"}}}},"if":{"required":["k"]},"then":{"properties":{"o":{"required":["a","b"],"properties":{"b":{"type":"string"}}}},"required":["o"]}}`,
			`"b":{"type":"string"}`, `"b":{"type":"integer"}`, "error condition-changed /properties"},
		{"elements", `{"properties":{"l":{"allOf":[{"items":{"properties":{"a":{"type":"string"}},"required":["a"]}},{"items":{"properties":{"b":{"type":"string"}},"required":["b"]}}]}}}`,
			`"b":{"type":"string"}`, `"b":{"type":"integer"}`, "error type-changed /properties/l/*/b"},
	} {
		got := brief(changed(t, tt.prev, strings.Replace(tt.prev, tt.from, tt.to, 1), compat.Options{Direction: compat.Producer}).Findings)
		if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	got := brief(changed(t, both, strings.Replace(both, `"b":{`, `"c":{"type":"string"},"b":{`, 1), compat.Options{Direction: compat.Producer}).Findings)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"info property-added-optional /properties/o/c", "warning undeclared-break /properties/o/c"}, got); diff != "" {
		t.Errorf("an optional member (-want +got):\n%s", diff)
	}
}

// What the Segment Spec describes is sent, whether the contract writes it down or not.
func TestWhatTheSpecDescribesIsSent(t *testing.T) {
	beside := func(members string) *validator.Catalog {
		files := fstest.MapFS{"own/a.json": &fstest.MapFile{Data: []byte(`{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"A"},"properties":{"properties":{"x":{"type":"string"}}}` + members + `,"required":["type","event"]}`)}}
		c, found, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.Spec()}, validator.Root{FS: files})
		if err != nil {
			t.Fatal(err, found)
		}
		return c
	}
	const protocols = `"protocols":{"properties":{"event_version":{"const":"1"}}}`
	for _, tt := range []struct {
		name, prev, next string
		want             []string
	}{
		{"the root is closed", `}`, `},"additionalProperties":false`, []string{"error additional-properties-forbidden "}},
		{"the root is closed, around all that senders send", `}`, `,"userId":{},"anonymousId":{},"messageId":{},"timestamp":{},"originalTimestamp":{},"sentAt":{},"receivedAt":{},"version":{},"context":{},"integrations":{}},"additionalProperties":false`,
			[]string{"info property-added-optional /anonymousId", "info property-added-optional /context", "info property-added-optional /integrations", "info property-added-optional /messageId", "info property-added-optional /originalTimestamp",
				"info property-added-optional /receivedAt", "info property-added-optional /sentAt", "info property-added-optional /timestamp", "info property-added-optional /userId", "info property-added-optional /version", "warning additional-properties-forbidden "}},
		{"a type that no event has", `}`, `,"userId":{"type":"integer"}}`, []string{"error property-added-optional /userId"}},
		{"a type that events have", `}`, `,"userId":{"type":["string","null"]}}`, []string{"info property-added-optional /userId", "warning undeclared-break /userId"}},
		{"a member of context", `}`, `,"context":{"type":"object","required":["campaign"]}}`, []string{"error property-added-optional /context"}},
		{"a member of context, beside a version", `,"context":{"properties":{` + protocols + `}}}`, `,"context":{"properties":{` + protocols + `,"page":{"required":["zz"]}}}}`, []string{"error property-added-optional /context/page"}},
		{"what only the Spec says of properties", `}`, `},"description":"new"`, nil},
	} {
		var got []string
		for _, line := range brief(compat.Compare(beside(tt.prev), beside(tt.next), compat.Options{Direction: compat.Producer})) {
			if !strings.HasPrefix(line, "info description") {
				got = append(got, line)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Events that name no version are judged by the oldest contract: an older one that comes
// is a change for them.
func TestOlderVersionIsAChange(t *testing.T) {
	of := func(version, properties, rest string) string {
		return `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"A"},"properties":` + properties + `,"context":{"properties":{"protocols":{"properties":{"event_version":{"const":"` + version + `"}}}}}},"required":["type","event"` + rest + `]}`
	}
	two := of("2", `{"properties":{"a":{"type":"string"}}}`, "")
	for _, tt := range []struct {
		name, older string
		want        []string
	}{
		{"it wants more", of("1", `{"properties":{"a":{"type":"string"}},"required":["a"]}`, `,"properties"`), []string{"error property-became-required /properties/a", "error property-became-required /properties"}},
		{"it wants something else", of("1", `{"properties":{"a":{"type":"integer"}}}`, ""), []string{"error type-changed /properties/a"}},
		{"it wants less", of("1", `{"properties":{"a":{}}}`, ""), nil},
	} {
		got := brief(compat.Compare(catalog(t, "", "own/a.json", two), catalog(t, "", "own/a.json", two, "own/b.json", tt.older), compat.Options{Direction: compat.Producer}))
		got = slices.DeleteFunc(got, func(line string) bool { return strings.Contains(line, " event-version-") })
		if diff := cmp.Diff(tt.want, got); diff != "" && (len(tt.want) > 0 || len(got) > 0) {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// The context of events that name no version has the names that its contract gives it.
func TestOlderVersionWithMoreContext(t *testing.T) {
	of := func(version, context string) string {
		return `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"A"},"context":{"properties":{"app":{"type":"string"},` + context + `"protocols":{"properties":{"event_version":{"const":"` + version + `"}}}}}},"required":["type","event"]}`
	}
	two := of("2", "")
	for older, want := range map[string][]string{
		of("1", `"os":{"type":"string"},`):                   {"warning undeclared-break /context/os"},
		strings.Replace(of("1", ""), "string", "integer", 1): {"error type-changed /context/app"},
	} {
		got := brief(compat.Compare(catalog(t, "", "own/a.json", two), catalog(t, "", "own/a.json", two, "own/b.json", older), compat.Options{Direction: compat.Producer}))
		got = slices.DeleteFunc(got, func(line string) bool { return strings.Contains(line, " event-version-") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("beside %s (-want +got):\n%s", older, diff)
		}
	}
}

// A break of described events does not hide what only others break by.
func TestStrictWarningsBesideABreak(t *testing.T) {
	got := brief(changed(t, `{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}`, compat.Options{Direction: compat.Producer}).Findings)
	slices.Sort(got)
	want := []string{"error type-changed /properties/a", "info property-added-optional /properties/b", "warning undeclared-break /properties/b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A version that goes after notice is a warning, whatever its events lack in another one,
// and nothing is said of a notice that another version has not.
func TestDeprecatedVersionIsRemoved(t *testing.T) {
	of := func(version, properties, rest string) string {
		return `{` + rest + `"type":"object","properties":{"type":{"const":"track"},"event":{"const":"A"},"properties":` + properties + `,"context":{"properties":{"protocols":{"properties":{"event_version":{"const":"` + version + `"}}}}}},"required":["type","event"]}`
	}
	one := of("1", `{"properties":{"a":{"type":"string"}}}`, "")
	for notice, want := range map[string][]string{
		`"x-segproof":{"deprecated":true},`: {"warning event-version-removed /context/protocols/event_version", "warning type-changed /properties/a"},
		"":                                  {"error event-version-removed /context/protocols/event_version", "error type-changed /properties/a"},
	} {
		two := of("2", `{"properties":{"a":{"type":"integer"}}}`, notice)
		got := brief(compat.Compare(catalog(t, "", "own/a.json", one, "own/b.json", two), catalog(t, "", "own/a.json", one), compat.Options{Direction: compat.Producer}))
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("notice %q (-want +got):\n%s", notice, diff)
		}
	}
}

// The event that shows a change of one version of a contract is one that it judges.
func TestWitnessNamesItsVersion(t *testing.T) {
	for _, version := range []string{`"2"`, `2`} {
		of := func(version, a string) string {
			return `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"A"},"properties":{"properties":{"a":{"type":"` + a + `"}}},"context":{"properties":{"protocols":{"properties":{"event_version":{"const":` + version + `}}}}}},"required":["type","event"]}`
		}
		one := of("1", "boolean")
		result := compat.Run(t.Context(), catalog(t, "", "own/a.json", one, "own/b.json", of(version, "string")), catalog(t, "", "own/a.json", one, "own/b.json", of(version, "integer")), compat.Options{Direction: compat.Producer})
		if len(result.Witnesses) != 1 {
			t.Fatalf("version %s: got %d witnesses, want 1", version, len(result.Witnesses))
		}
		want := `"context":{"protocols":{"event_version":` + version + `}}`
		if got := string(result.Witnesses[0].JSON); !strings.Contains(got, want) {
			t.Errorf("version %s: the event is %s, want %s in it", version, got, want)
		}
	}
}

// A property of which only the description goes is there still: the place tells what it may
// be now, and its column goes on.
func TestRequiredAndNotDescribedAnyMore(t *testing.T) {
	got := brief(changed(t, `{"properties":{"b":{},"url":{"type":"string"}},"required":["url"]}`, `{"properties":{"b":{}},"required":["url"]}`, compat.Options{}).Findings)
	if diff := cmp.Diff([]string{"error type-widened /properties/url"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = brief(changed(t, `{"properties":{"b":{}},"required":["url"]}`, `{"properties":{"b":{},"url":{"type":"string"}},"required":["url"]}`, compat.Options{Direction: compat.Producer}).Findings)
	if diff := cmp.Diff([]string{"error type-narrowed /properties/url"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a schema that holds itself changes is one change, however deep it is met.
func TestChangeInRecursionIsToldOnce(t *testing.T) {
	of := func(v string) *validator.Catalog {
		return catalog(t, "", "own/a.json", track("A", `{"properties":{"t":{"$ref":"#/definitions/n"}}}`, `"definitions":{"n":{"type":"object","properties":{"v":{"type":"`+v+`"},"next":{"$ref":"#/definitions/n"},"kids":{"type":"array","items":{"$ref":"#/definitions/n"}}}}}`))
	}
	got := brief(compat.Compare(of("string"), of("integer"), compat.Options{}))
	slices.Sort(got)
	want := []string{"error type-changed /properties/t/v", "warning warehouse-varchar-to-typed /properties/t/v"}
	if len(got) > 0 && strings.HasPrefix(got[0], "error type-changed /properties/t/") {
		want[0] = got[0] // whichever way is found first
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What breaks readers is an error however it is spelled.
func TestReadersSeverityFollowsTheEvent(t *testing.T) {
	for _, tt := range []struct{ name, prev, next, want string }{
		{"type", `{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":["string","integer"]}}}`, "error type-widened /properties/a"},
		{"anyOf", `{"properties":{"a":{"anyOf":[{"type":"string"}]}}}`, `{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}}`, "error any-of-branch-added /properties/a"},
		{"anyOf of strings", `{"properties":{"a":{"anyOf":[{"const":"x"}]}}}`, `{"properties":{"a":{"anyOf":[{"const":"x"},{"const":"y"}]}}}`, "warning any-of-branch-added /properties/a"},
		{"null in an enum", `{"properties":{"a":{"enum":["x"]}}}`, `{"properties":{"a":{"enum":["x",null]}}}`, "error null-allowed /properties/a"},
		{"a text in an enum", `{"properties":{"a":{"enum":["x"]}}}`, `{"properties":{"a":{"enum":["x","y"]}}}`, "warning enum-value-added /properties/a"},
		{"no enum", `{"properties":{"a":{"enum":["x"]}}}`, `{"properties":{"a":{}}}`, "error type-widened /properties/a"},
		{"no enum, the type stays", `{"properties":{"a":{"type":"string","enum":["x"]}}}`, `{"properties":{"a":{"type":"string"}}}`, "warning enum-dropped /properties/a"},
		{"no items", `{"properties":{"a":{"type":"array","items":{"type":"string"}}}}`, `{"properties":{"a":{"type":"array"}}}`, "error items-widened /properties/a/*"},
		{"no required in allOf", `{"properties":{"a":{}},"allOf":[{"required":["a"]}]}`, `{"properties":{"a":{}}}`, "error all-of-branch-removed /properties"},
		{"an alternative without required", `{"properties":{"a":{}},"anyOf":[{"required":["a"]}]}`, `{"properties":{"a":{}},"anyOf":[{"required":["a"]},{"minProperties":0}]}`, "error any-of-branch-added /properties"},
	} {
		got := brief(changed(t, tt.prev, tt.next, compat.Options{Direction: compat.Consumer, Warehouse: compat.None}).Findings)
		if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A schema that moves into an allOf of its own is there still, and what changes on the way
// is told alone.
func TestSchemaMovesIntoAllOf(t *testing.T) {
	const schema = `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a"]}`
	wrapped := `{"allOf":[` + schema + `],"description":"d"}`
	narrower := strings.Replace(wrapped, "integer", "boolean", 1)
	for _, tt := range []struct {
		prev, next string
		want       []string
	}{
		{schema, wrapped, nil},
		{wrapped, schema, nil},
		{schema, narrower, []string{"error type-changed /properties/b"}},
		{narrower, schema, []string{"error type-changed /properties/b"}},
		{`{"allOf":[{"type":"object"}]}`, `{"allOf":[{"type":"object"},{"required":["a"]}]}`, []string{"error all-of-branch-added /properties"}},
	} {
		got := slices.DeleteFunc(brief(changed(t, tt.prev, tt.next, compat.Options{Warehouse: compat.None}).Findings), func(line string) bool { return strings.HasPrefix(line, "info ") })
		if diff := cmp.Diff(tt.want, got); diff != "" && len(tt.want)+len(got) > 0 {
			t.Errorf("%s to %s (-want +got):\n%s", tt.prev, tt.next, diff)
		}
	}
}
