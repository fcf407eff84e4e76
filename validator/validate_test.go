package validator_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"segproof/event"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

// builtIn is the catalog of the embedded contracts, as cmd/segproof loads them.
func builtIn(t testing.TB) *validator.Catalog {
	t.Helper()
	return loadRoots(t, validator.Root{Name: "schemas", FS: schemas.FS()})
}

// view is a tutorial.view in order, on several lines.
const view = `{
  "type": "screen",
  "name": "tutorial.view",
  "userId": "u1",
  "properties": {
    "tutorialId": 12,
    "segmentId": "s",
    "portalId": 3,
    "versionId": "v"
  }
}`

func TestFindingIsWhole(t *testing.T) {
	text := strings.Replace(view, `"tutorialId": 12`, `"tutorialId": "12"`, 1)
	got := builtIn(t).Validate(one(t, text))
	want := []finding.Finding{{
		Rule: "type-mismatch", Severity: finding.Error, Layer: finding.Contract,
		File: "ev.json", Line: 6, Column: 19, Pointer: "/properties/tutorialId",
		Event:   finding.Event{Type: "screen", Name: "tutorial.view"},
		Message: `got string "12", want integer`, Hint: "send the number 12, without quotes",
		Schema:  "schemas/candu/tutorial.view.json:36",
		Excerpt: finding.Excerpt{Text: `    "tutorialId": "12",`, Start: 18, Length: 4},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", text, diff)
	}
}

// canduProperties are the documented properties of the two events and their types.
//
// Source: schemas/testdata/candu-source.md
var canduProperties = map[string]string{
	"tutorialId": "integer", "segmentId": "string", "portalId": "integer", "versionId": "string", "eventName": "string",
}

// canduEvent writes an event with its documented properties, those of change changed; ""
// takes one away.
func canduEvent(name string, change map[string]string) string {
	head := `{"type":"screen","name":"tutorial.view",`
	if name == "tutorial.interaction" {
		head = `{"type":"track","event":"tutorial.interaction",`
	}
	values := map[string]string{}
	for p, typ := range canduProperties {
		if values[p] = `"x"`; typ == "integer" {
			values[p] = "1"
		}
	}
	if name == "tutorial.view" {
		delete(values, "eventName")
	}
	for p, v := range change {
		if values[p] = v; v == "" {
			delete(values, p)
		}
	}
	var members []string
	for p, v := range values {
		members = append(members, fmt.Sprintf("%q:%s", p, v))
	}
	slices.Sort(members)
	return head + `"userId":"u1","properties":{` + strings.Join(members, ",") + `}}`
}

func TestCanduProperties(t *testing.T) {
	cat := builtIn(t)
	wrong := map[string]map[string]string{
		"integer": {`"1"`: `string "1"`, `1.5`: "number 1.5", `true`: "boolean true", `null`: "null", `[1]`: "array of 1 item", `{}`: "object of 0 members"},
		"string":  {`1`: "number 1", `false`: "boolean false", `null`: "null", `[]`: "array of 0 items", `{"a":1}`: "object of 1 member"},
	}
	for _, name := range []string{"tutorial.view", "tutorial.interaction"} {
		if found := cat.Validate(one(t, canduEvent(name, nil))); len(found) > 0 {
			t.Errorf("%s in order: %v", name, lines(found))
		}
		for p, typ := range canduProperties {
			if p == "eventName" && name == "tutorial.view" {
				continue
			}
			misspelt := strings.ToLower(p[:1]) + strings.ToUpper(p[1:])
			cases := map[string][]string{
				canduEvent(name, map[string]string{p: ""}): {
					fmt.Sprintf("/properties/%s missing-property: property %q is missing, want %s", p, p, typ)},
				canduEvent(name, map[string]string{p: "", misspelt: `"z"`}): {
					fmt.Sprintf("/properties/%s missing-property: property %q is missing, want %s", p, p, typ),
					fmt.Sprintf("/properties/%s unplanned-property: property %q is not in the contract; did you mean %q?", misspelt, misspelt, p)},
			}
			for value, got := range wrong[typ] {
				cases[canduEvent(name, map[string]string{p: value})] = []string{
					fmt.Sprintf("/properties/%s type-mismatch: got %s, want %s", p, got, typ)}
			}
			for text, want := range cases {
				got := brief(cat.Validate(one(t, text)))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", text, diff)
				}
			}
		}
	}
}

// Each layer speaks, and where two would speak of one place, the first does: wire, then
// contract, then spec.
func TestLayers(t *testing.T) {
	cat := load(t, "own/e.json", `{"properties":{"type":{"const":"track"},"event":{"const":"E"},"userId":{"type":"string","pattern":"^u"},
		"anonymousId":{"type":"string"},"properties":{"type":"object","properties":{"revenue":{"type":"number"},"p":{"type":"integer"}}}},
		"required":["userId","properties"]}`)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"wire", `{"type":"track","event":"E","userId":"u1","properties":{},"timestamp":"now"}`, []string{"wire timestamp-not-iso8601 /timestamp"}},
		{"contract", `{"type":"track","event":"E","userId":"x","properties":{}}`, []string{"contract pattern-mismatch /userId"}},
		{"spec", `{"type":"track","event":"E","userId":"u1","properties":{},"context":{"ip":7}}`, []string{"spec type-mismatch /context/ip"}},
		{"wire and spec", `{"type":"track","event":"E","userId":"u1","properties":{},"messageId":"` + strings.Repeat("m", 100) + `"}`, []string{"wire message-id-too-long /messageId"}},
		{"wire, contract and spec", `{"type":"track","event":"E","userId":12,"properties":{}}`, []string{"wire id-not-string /userId"}},
		{"wire says that both are missing", `{"type":"track","event":"E","properties":{}}`, []string{"wire no-user-anon-id /userId"}},
		{"the other alternative of the spec", `{"type":"track","event":"E","anonymousId":5,"userId":null,"properties":{}}`,
			[]string{"contract type-mismatch /userId", "wire id-not-string /anonymousId"}},
		{"wire speaks of what is around", `{"type":"track","event":"E","userId":"u1","properties":[{"p":"x"}]}`, []string{"wire properties-not-object /properties"}},
		{"contract and spec", `{"type":"track","event":"E","userId":"u1","properties":{"revenue":"1"}}`, []string{"contract type-mismatch /properties/revenue"}},
		{"two places", `{"type":"track","event":"E","userId":"u1","context":{"ip":7},"properties":{"p":"1"}}`,
			[]string{"contract type-mismatch /properties/p", "spec type-mismatch /context/ip"}},
		{"a warning does not silence", `{"type":"track","event":"E","userId":"u1","properties":{"p":1,"p":"x"}}`,
			[]string{"contract type-mismatch /properties/p", "wire duplicate-key /properties/p"}},
		{"no contract", `{"type":"track","event":"F","userId":"u1","properties":{"revenue":"1"}}`,
			[]string{"contract unplanned-event /event", "spec type-mismatch /properties/revenue"}},
		{"no contract for the type", `{"type":"identify","userId":"u1","traits":{"age":"1"}}`, []string{"spec type-mismatch /traits/age"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := places(cat.Validate(one(t, tt.text)))
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// An identifier of the wrong type is one cause, though the spec's anyOf of the two
// identifiers fails in both alternatives.
func TestOneCauseAcrossAlternatives(t *testing.T) {
	cat := builtIn(t)
	for _, tt := range []struct{ text, want string }{
		{`{"type":"identify","anonymousId":5}`, "wire id-not-string /anonymousId"},
		{`{"type":"identify","userId":5}`, "wire id-not-string /userId"},
		{`{"type":"identify","userId":""}`, "wire id-not-string /userId"},
		{`{"type":"identify","userId":null}`, "wire no-user-anon-id /userId"},
		{`{"type":"identify","anonymousId":null,"userId":null}`, "wire no-user-anon-id /userId"},
		{`{"type":"identify","userid":"u1"}`, "wire no-user-anon-id /userId"},
		{`{"type":"group","userId":"u1"}`, "wire id-required /groupId"},
		{`{"type":"group","userId":"u1","groupId":5}`, "wire id-not-string /groupId"},
		{`{"type":"alias","userId":"u1"}`, "wire id-required /previousId"},
		{`{"type":"track","userId":"u1"}`, "wire event-not-defined /event"},
		{`{"type":"page","userId":"u1","name":""}`, "wire name-not-string /name"},
		{`{"type":"track","userId":"u1","event":"Segment Consent Preference Updated"}`, "wire consent-categorypreferences-should-exist /context/consent/categoryPreferences"},
	} {
		if diff := cmp.Diff([]string{tt.want}, slices.DeleteFunc(places(cat.Validate(one(t, tt.text))), func(s string) bool {
			return strings.Contains(s, "unplanned-event")
		})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestLookup(t *testing.T) {
	version := func(v string) string {
		return `{"properties":{"type":{"const":"track"},"event":{"const":"E"},"context":{"properties":{"protocols":{"properties":{"event_version":{"const":` + v + `}}}}}}}`
	}
	none := `{"properties":{"type":{"const":"track"},"event":{"const":"E"}}}`
	for _, tt := range []struct {
		name  string
		files []string
		want  map[string]string // version asked for -> version that judges
	}{
		{"oldest is without a version", []string{version("2"), none, version("1")}, map[string]string{"": "", "1": "1", "2": "2", "3": "", "1.0": "1"}},
		{"numbers by value", []string{version("10"), version("2"), version("1")}, map[string]string{"": "1", "10": "10", "2": "2", "x": "1"}},
		{"parts by value", []string{version(`"1.10"`), version(`"1.9"`)}, map[string]string{"": "1.9", "1.10": "1.10", "1.9": "1.9"}},
		{"shorter first", []string{version(`"1.0.1"`), version(`"1.0"`)}, map[string]string{"": "1.0"}},
		{"numbers before texts", []string{version(`"beta"`), version(`"10"`), version(`"1a"`), version(`"2"`)}, map[string]string{"": "2", "beta": "beta"}},
		{"many digits", []string{version(`"100000000000000000000"`), version(`"99999999999999999999"`)}, map[string]string{"": "99999999999999999999"}},
		{"numbers written differently", []string{version("1.0"), version("2.0"), version("3e1")}, map[string]string{"2": "2.0", "2.00": "2.0", "20e-1": "2.0", "30": "3e1", "": "1.0", "4": "1.0"}},
		{"the text itself comes first", []string{version("2"), version("2.0")}, map[string]string{"2": "2", "2.0": "2.0", "2.00": "2"}},
		{"texts are not numbers", []string{version(`"1"`), version(`"1.10"`), version(`"2.0"`)}, map[string]string{"1.1": "1", "1.10": "1.10", "2": "1"}},
		{"no number too large to compare", []string{version("1"), version("2")}, map[string]string{"2e999999999999": "1", "2e99999999999999999999999": "1", "-2": "1", "2e0": "2"}},
		{"leading zeros", []string{version(`"02"`), version(`"1"`)}, map[string]string{"": "1", "02": "02", "2": "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// In whatever order the files come.
			for range tt.files {
				tt.files = append(tt.files[1:], tt.files[0])
				var pairs []string
				for i, f := range tt.files {
					pairs = append(pairs, fmt.Sprintf("own/%d.json", i), f)
				}
				cat := loadAlone(t, pairs...)
				got := map[string]string{}
				for v := range tt.want {
					c, ok := cat.Lookup(event.Track, "E", v)
					if !ok {
						t.Fatalf("Lookup(E, %q) found nothing", v)
					}
					got[v] = c.Version
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%v (-want +got):\n%s", tt.files, diff)
				}
			}
		})
	}
	if c, ok := loadAlone(t, "own/a.json", none).Lookup(event.Screen, "E", ""); ok {
		t.Errorf("Lookup(screen E) = %+v, want nothing: the contract is for a track", c)
	}
}

// The event itself says which version judges it, in the event or in the batch.
func TestVersionOfTheEvent(t *testing.T) {
	version := func(v, typ string) string {
		return fmt.Sprintf(`{"properties":{"type":{"const":"track"},"event":{"const":"E"},"properties":{"properties":{"p":{"type":%q}}},
			"context":{"properties":{"protocols":{"properties":{"event_version":{"const":%s}}}}}}}`, typ, v)
	}
	cat := loadAlone(t, "own/1.json", version("1", "integer"), "own/2.json", version("2", "string"))
	for _, tt := range []struct{ text, want string }{
		{`{"type":"track","event":"E","userId":"u1","properties":{"p":"x"},"context":{"protocols":{"event_version":2}}}`, ""},
		{`{"type":"track","event":"E","userId":"u1","properties":{"p":"x"},"context":{"protocols":{"event_version":1}}}`, "own/1.json:1"},
		{`{"type":"track","event":"E","userId":"u1","properties":{"p":"x"}}`, "own/1.json:1"},
		{`{"batch":[{"type":"track","event":"E","userId":"u1","properties":{"p":"x"}}],"context":{"protocols":{"event_version":2}}}`, ""},
	} {
		got := ""
		for _, f := range cat.Validate(one(t, tt.text)) {
			got += f.Schema
		}
		if got != tt.want {
			t.Errorf("%s: found by %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestContractsAreSorted(t *testing.T) {
	c := func(members string) string { return `{"properties":{` + members + `}}` }
	cat := loadAlone(t,
		"b/z.json", c(`"type":{"const":"track"},"event":{"const":"A"}`),
		"b/y.json", c(`"type":{"const":"page"}`),
		"a/x.json", c(`"type":{"const":"track"},"event":{"const":"B"}`),
		"a/w.json", c(`"type":{"const":"page"},"name":{"const":"Home"}`))
	var got []string
	for _, contract := range cat.Contracts() {
		got = append(got, fmt.Sprintf("%s %q %s", contract.Type, contract.Name, contract.File))
	}
	want := []string{`page "" b/y.json`, `page "Home" a/w.json`, `track "A" b/z.json`, `track "B" a/x.json`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Contracts() (-want +got):\n%s", diff)
	}
	cat.Contracts()[0] = nil
	if cat.Contracts()[0] == nil {
		t.Error("the slice that Contracts returns is not the caller's own")
	}
}

// What the batch gives to an event is shown where it stands in the batch; what it does
// not give, at the event.
func TestPlacesInABatch(t *testing.T) {
	text := `{"userId":"ignored",
 "context":{"ip":7,"os":{"name":1}},
 "batch":[
  {"type":"identify","userId":"u1","traits":{"age":"x"}},
  {"type":"identify","context":{"locale":2}},
  {"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{}}}]}`
	cat := builtIn(t)
	var got []string
	for _, ev := range all(t, text) {
		got = append(got, lines(cat.Validate(ev))...)
	}
	want := []string{
		`ev.json:2:18: error: got number 7, want string (type-mismatch)`,
		`ev.json:2:33: error: got number 1, want string (type-mismatch)`,
		`ev.json:4:52: error: got string "x", want number or null (type-mismatch)`,
		`ev.json:2:18: error: got number 7, want string (type-mismatch)`,
		`ev.json:2:33: error: got number 1, want string (type-mismatch)`,
		`ev.json:5:3: error: neither userId nor anonymousId is there, want at least one (no-user-anon-id)`,
		`ev.json:5:42: error: got number 2, want string (type-mismatch)`,
		`ev.json:2:18: error: got number 7, want string (type-mismatch)`,
		`ev.json:2:33: error: got number 1, want string (type-mismatch)`,
		`ev.json:6:41: warning: no contract for track "Segment Consent Preference Updated" (unplanned-event)`,
		`ev.json:6:89: error: context.consent.categoryPreferences is missing, want an object of booleans (consent-categorypreferences-should-exist)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAtMostMaxFindings(t *testing.T) {
	cat := loadAlone(t, "own/c.json", contract(`{"items":{"type":"string"}}`))
	text := eventOf("[" + strings.Repeat("1,", 5*validator.MaxFindings) + `"x"]`)
	found := cat.Validate(one(t, text))
	if len(found) != validator.MaxFindings {
		t.Errorf("%d findings, want %d", len(found), validator.MaxFindings)
	}
	for i, f := range found {
		if i > 0 && finding.Compare(found[i-1], f) >= 0 {
			t.Errorf("finding %d, %v, does not come behind %v", i, f, found[i-1])
		}
	}
}

// A machine gets all findings, of each kind that may be cut: the same as people get, where
// those are not too many.
func TestValidateAllCutsNothing(t *testing.T) {
	cat := loadAlone(t, "own/c.json", contract(`{"properties":{"l":{"items":{"type":"string"}},"closed":{"additionalProperties":false},"open":{"properties":{"a":true}}}}`))
	body := func(n int) string {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"k%d":1`, i))
		}
		object := "{" + strings.Join(members, ",") + "}"
		return eventOf(`{"l":[` + strings.Repeat("1,", n-1) + `1],"closed":` + object + `,"open":` + object + `}`)
	}
	for _, n := range []int{20, 3 * validator.MaxFindings} {
		found := cat.ValidateAll(one(t, body(n)))
		if len(found) != 3*n {
			t.Errorf("%d findings, want %d", len(found), 3*n)
		}
		if n > validator.MaxFindings {
			continue
		}
		causes := func(all []finding.Finding) (causes []string) {
			for _, f := range all {
				causes = append(causes, f.Pointer+" "+f.Rule+" "+f.Severity.String())
			}
			slices.Sort(causes)
			return causes
		}
		if diff := cmp.Diff(causes(cat.Validate(one(t, body(n)))), causes(found)); diff != "" {
			t.Errorf("(-Validate +ValidateAll):\n%s", diff)
		}
	}
}

// The library walks maps, so that its order differs from call to call; ours must not.
func TestSameFindingsEachTime(t *testing.T) {
	text := contract(`{"patternProperties":{"^a":{"type":"integer"},"a$":{"type":"integer"},"^aa":{"type":["integer","null"]},"^":{"minLength":9}},
		"dependencies":{"a":["x"],"aa":["x"],"aaa":["y"]},"properties":{"o":{"patternProperties":{"^a":{"properties":{"q":{}}},"a$":{"properties":{"r":{}}}}}},
		"allOf":[{"patternProperties":{"^a":{"type":"null"}}},{"anyOf":[{"required":["k","l"]},{"required":["m","n"]}]}]}`)
	ev := one(t, eventOf(`{"aaaa":"b","aaa":"c","aa":"d","a":"e","b":"f","o":{"a":{"z":1},"aa":{"z":1},"aaa":{"z":1}}}`))
	want := loadAlone(t, "own/c.json", text).Validate(ev)
	if len(want) < 10 {
		t.Fatalf("only %d findings", len(want))
	}
	for range 50 {
		cat := loadAlone(t, "own/c.json", text)
		if diff := cmp.Diff(want, cat.Validate(ev)); diff != "" {
			t.Fatalf("(-first +another):\n%s", diff)
		}
	}
	var wg sync.WaitGroup
	cat := loadAlone(t, "own/c.json", text)
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if diff := cmp.Diff(want, cat.Validate(ev)); diff != "" {
					t.Errorf("beside others (-want +got):\n%s", diff)
				}
			}
		})
	}
	wg.Wait()
}
