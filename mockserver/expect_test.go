package mockserver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/yamlfile"
	"segproof/mockserver"
	"segproof/schemas"
)

// expectSchema compiles the published schema of expectation files.
func expectSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return schemas.FS().Open(strings.TrimPrefix(url, "segproof:///"))
	}
	sch, err := c.Compile("segproof:///_formats/expect.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

// asJSON reads a file as the value that a JSON Schema judges.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := yamlfile.Decode("expect.yaml", []byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// reading is an expectation file, and what is said of it.
type reading struct {
	name, text string
	schema     bool // the schema takes it
	want       string
}

// What the schema says about a file, ParseExpectations says too: an editor must not
// promise what the engine refuses.
func testParse(t *testing.T, readings []reading) {
	t.Helper()
	sch := expectSchema(t)
	for _, tt := range readings {
		t.Run(tt.name, func(t *testing.T) {
			e, found := mockserver.ParseExpectations("expect.yaml", []byte(tt.text))
			var got []string
			for _, f := range found {
				got = append(got, strings.TrimPrefix(place(f), "expect.yaml:")+": "+f.Message)
				if f.Rule != "expectation-invalid" || f.Layer != mockserver.LayerExpectation || f.Excerpt.Text == "" {
					t.Errorf("finding %+v, want rule, layer and an excerpt", f)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
				t.Errorf("ParseExpectations(%s) (-want +got):\n%s", tt.text, diff)
			}
			if (e == nil) != (len(found) > 0) {
				t.Errorf("ParseExpectations = %v with %d findings", e, len(found))
			}
			if err := sch.Validate(asJSON(t, tt.text)); (err == nil) != tt.schema {
				t.Errorf("the schema on %s: error %v, want that it takes it: %t", tt.text, err, tt.schema)
			}
		})
	}
}

func TestParseExpectations(t *testing.T) {
	testParse(t, []reading{
		{"everything", "scope: s\nexpect:\n- name: n\n  event: {type: track, name: N, user: u, verdict: valid, match: {a: {$any: true}}}\n  count: {min: 1, max: 3}\n  once: true\n- order: [{}, {type: page}]\n  per-user: true\n- no: refused\n", true, ""},
		{"JSON", `{"expect":[{"event":{"match":{"a":[1.10,{"$regexp":"x"}]}},"count":0}]}`, true, ""},
		{"all events", "expect:\n- event: {}\n", true, ""},
		{"nothing", "scope: s\n", false, "1:1: got no expectation, want at least one: nothing would be checked"},
		{"empty list", "expect: []\n", false, "1:9: got no expectation, want at least one: nothing would be checked"},
		{"unknown key", "expects: []\n", false, `1:1: unknown key "expects", want one of scope, expect`},
		{"unknown key of an expectation", "expect:\n- events: {}\n", false, `2:3: unknown key "events", want one of name, event, count, once, order, per-user, no`},
		{"unknown key of an event", "expect:\n- event: {event: N}\n", false, `2:11: unknown key "event", want one of type, name, user, verdict, match`},
		{"no kind", "expect:\n- no: invalid\n- name: n\n", false, "3:3: neither event, order nor no has a value, want one of them"},
		{"two kinds", "expect:\n- event: {}\n  no: invalid\n", false, "3:3: both event and no are there, want one of them: write two expectations"},
		{"count of an order", "expect:\n- order: [{}]\n  count: 1\n", false, "3:3: count stands beside order, want it beside event"},
		{"once of an absence", "expect:\n- no: invalid\n  once: true\n", false, "3:3: once stands beside no, want it beside event"},
		{"per-user of an event", "expect:\n- event: {}\n  per-user: true\n", false, "3:3: per-user stands beside event, want it beside order"},
		{"empty order", "expect:\n- order: []\n", false, "2:10: order is empty, want the events in their order"},
		{"unknown absence", "expect:\n- no: invalids\n", false, `2:7: got "invalids", want one of invalid, dropped, unplanned, duplicates, refused; did you mean "invalid"?`},
		{"unknown type", "expect:\n- event:\n    type: trak\n", false, `3:11: no call type "trak", want one of track, identify, page, screen, group, alias, delete; did you mean "track"?`},
		{"name of an identify", "expect:\n- order:\n  - {type: track}\n  - {type: identify, name: N}\n", false, `4:28: got name "N" for identify, whose calls have no name`},
		{"unknown verdict", "expect:\n- event: {verdict: bad}\n", false, `2:20: no verdict "bad", want one of valid, invalid, dropped`},
		{"count below 0", "expect:\n- event: {}\n  count: -1\n", false, "3:10: got -1, want a whole number from 0 on"},
		{"count of a half", "expect:\n- event: {}\n  count: 1.5\n", false, "3:10: got 1.5, want a whole number from 0 on"},
		{"count in words", "expect:\n- event: {}\n  count: two\n", false, `3:10: got "two", want a whole number from 0 on`},
		{"count of nothing", "expect:\n- event: {}\n  count: {}\n", false, "3:10: got {}, want min, max or both"},
		{"unknown key of a count", "expect:\n- event: {}\n  count: {mn: 1}\n", false, `3:10: unknown key "mn", want min, max or both`},
		{"min in words", "expect:\n- event: {}\n  count: {min: '1'}\n", false, `3:10: min: got "1", want a whole number from 0 on`},
		{"count upside down", "expect:\n- event: {}\n  count: {min: 3, max: 1}\n", true, "3:10: got min 3 and max 1, want min from 0 on and max no less than min"},
	})
}

func TestParseExpectationsWithMatches(t *testing.T) {
	testParse(t, []reading{
		{"match of a list", "expect:\n- event: {match: [1]}\n", false, "2:18: got [1], want an object: the members that the event must have"},
		{"match of a matcher", "expect:\n- event: {match: {$any: true}}\n", false, `2:18: got {"$any":true} for a whole event, want its members`},
		{"unknown matcher", "expect:\n- event:\n    match:\n      properties:\n        id: {$regex: x}\n", false, `5:14: no matcher "$regex", want one of $any, $absent, $type, $regexp, $exact; a property of that name is written $$regex; did you mean "$regexp"?`},
		{"expression that is none", "expect:\n- event:\n    match: {a/b: [{c: {$regexp: '['}}]}\n", true, "3:33: $regexp: got \"[\", want a regular expression: missing closing ]: `[`"},
		{"type that is none", "expect:\n- event: {match: {a: {$type: int}}}\n", false, `2:30: $type: got "int", want one of string, number, integer, boolean, null, object, array`},
		{"any of nothing", "expect:\n- event: {match: {a: {$any: yes}}}\n", false, `2:29: $any: got "yes", want true`},
		{"two matchers", "expect:\n- event: {match: {a: {$any: true, $type: string}}}\n", false, `2:23: got the matcher "$any" beside other members, want it alone; a property of that name is written $$any`},
		{"all that is wrong", "expect:\n- no: nothing\n- event: {type: trak, match: {a: {$x: 1}}}\n", false,
			`2:7: got "nothing", want one of invalid, dropped, unplanned, duplicates, refused|3:17: no call type "trak", want one of track, identify, page, screen, group, alias, delete; did you mean "track"?|` +
				`3:35: no matcher "$x", want one of $any, $absent, $type, $regexp, $exact; a property of that name is written $$x`},
	})
}

// place writes FILE:LINE:COLUMN.
func place(f finding.Finding) string {
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

func TestParseExpectationsThatAreNoYAML(t *testing.T) {
	for text, want := range map[string]string{
		"": "expect.yaml: file is empty", "expect: [": "expect.yaml:1:9: ", "expect: 1": "expect.yaml:1:9: got number 1, want a list",
		"expect:\n-\n": "expect.yaml:2:2: got nothing, want a mapping", "expect:\r\n- event: {match: {a: 0x1}}\r\n": "expect.yaml:2:22: got number 0x1, want it as JSON writes it, or in quotes for a text",
	} {
		_, found := mockserver.ParseExpectations("expect.yaml", []byte(text))
		if len(found) != 1 {
			t.Fatalf("ParseExpectations(%q) = %v, want one finding", text, found)
		}
		f := found[0]
		if got := (&yamlfile.Error{File: f.File, Line: f.Line, Column: f.Column, Message: f.Message}).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("ParseExpectations(%q) = %s, want %s", text, got, want)
		}
	}
}

// The schema names the keys of the Go types, no more and no fewer, and its examples are
// read.
func TestExpectSchemaIsTheGoTypes(t *testing.T) {
	data, err := fs.ReadFile(schemas.FS(), "_formats/expect.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct{ Properties map[string]json.RawMessage }
	var doc struct {
		object
		Definitions map[string]object
		Examples    []json.RawMessage
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for definition, typ := range map[string]reflect.Type{"expectation": reflect.TypeFor[mockserver.Expectation](), "where": reflect.TypeFor[mockserver.Where]()} {
		var want, got []string
		for field := range typ.Fields() {
			if key := field.Tag.Get("yaml"); key != "-" {
				want = append(want, key)
			}
		}
		for key := range doc.Definitions[definition].Properties {
			got = append(got, key)
		}
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("keys of %s (-Go +schema):\n%s", definition, diff)
		}
	}
	sch := expectSchema(t)
	if len(doc.Examples) == 0 {
		t.Error("the schema has no examples")
	}
	for _, example := range doc.Examples {
		if err := sch.Validate(asJSON(t, string(example))); err != nil {
			t.Errorf("%s: %#v", example, err)
		}
		e, found := mockserver.ParseExpectations("example", example)
		if len(found) > 0 {
			t.Fatalf("%s: %s", example, found[0].Message)
		}
		if strings.Contains(string(example), `"scope"`) && e.Scope() != "checkout" || e.Len() == 0 {
			t.Errorf("%s: scope %q, %d expectations", example, e.Scope(), e.Len())
		}
	}
}

func TestCount(t *testing.T) {
	for _, tt := range []struct {
		count mockserver.Count
		holds []int // of 0 to 4
		text  string
	}{
		{mockserver.Count{}, []int{0}, "none"},
		{*mockserver.Exactly(2), []int{2}, "exactly 2"},
		{*mockserver.AtLeast(3), []int{3, 4}, "at least 3"},
		{*mockserver.AtMost(1), []int{0, 1}, "at most 1"},
		{mockserver.Count{Min: 1, Max: 2}, []int{1, 2}, "1 to 2"},
	} {
		var holds []int
		for n := range 5 {
			if tt.count.Holds(n) {
				holds = append(holds, n)
			}
		}
		if diff := cmp.Diff(tt.holds, holds); diff != "" || tt.count.String() != tt.text {
			t.Errorf("%+v is %q, want %q; it holds for (-want +got):\n%s", tt.count, tt.count, tt.text, diff)
		}
	}
	for text, want := range map[string]mockserver.Count{
		`2`: {Min: 2, Max: 2}, `{"min":1}`: {Min: 1, Max: mockserver.NoMax}, `{"max":3}`: {Min: 0, Max: 3}, `{"max":3,"min":2}`: {Min: 2, Max: 3},
	} {
		var got mockserver.Count
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestNewExpectations(t *testing.T) {
	_, err := mockserver.NewExpectations(
		mockserver.Expectation{Event: &mockserver.Where{}, Count: &mockserver.Count{Min: -1}},
		mockserver.Expectation{Order: []mockserver.Where{{}, {Type: "x"}}},
	)
	invalid, ok := errors.AsType[*mockserver.InvalidError](err)
	if !ok {
		t.Fatalf("error %v, want an InvalidError", err)
	}
	var got []string
	for _, r := range invalid.Reasons {
		got = append(got, r.Pointer)
	}
	if diff := cmp.Diff([]string{"/0/count", "/1/order/1/type"}, got); diff != "" {
		t.Errorf("pointers (-want +got):\n%s", diff)
	}
	if _, err := mockserver.NewExpectations(); err == nil {
		t.Error("no expectations are none that fail, want an error")
	}
	e, err := mockserver.NewExpectations(mockserver.Expectation{Event: &mockserver.Where{Type: event.Page}})
	if err != nil {
		t.Fatal(err)
	}
	if found := e.Judge(mockserver.Observed{}); len(found) != 1 || found[0].File != "" || found[0].Message != "got no record of page, want at least 1" {
		t.Errorf("Judge = %+v", found)
	}
}

// Every rule of expectations is documented, in kebab-case, once.
func TestExpectationRules(t *testing.T) {
	var ids []string
	var first finding.Rule
	for _, r := range mockserver.Rules() {
		if r.ID == "expectation-invalid" {
			first = r
		}
		if r.Layer == mockserver.LayerExpectation {
			ids = append(ids, r.ID)
			if r.Title == "" || r.Why == "" || r.Hit == "" || r.Neighbour == "" {
				t.Errorf("%+v: want title, why and examples", r)
			}
		}
	}
	want := []string{"fault-never-struck", "fault-lost-events", "expectation-invalid", "expectation-count", "expectation-once", "expectation-order", "expectation-none", "records-lost"}
	if !slices.Equal(ids, want) {
		t.Errorf("rules %v, want %v", ids, want)
	}
	for text, want := range map[string]int{first.Hit: 1, first.Neighbour: 0} {
		if _, found := mockserver.ParseExpectations("f", []byte(text)); len(found) != want {
			t.Errorf("%s has %d findings, want %d", text, len(found), want)
		}
	}
}

// Reading and judging never panic, whatever a file says.
func FuzzParseExpectationsReadsAnything(f *testing.F) {
	for _, seed := range []string{
		"expect:\n- event: {type: track, match: {a: {$regexp: x}}}\n  count: {min: 1}\n  once: true\n", "expect:\n- order: [{}, {user: u}]\n  per-user: true\n- no: unplanned\n",
		`{"expect":[{"event":{"match":{"a":[1e5]}},"count":0}]}`, "expect: [\n", "\xef\xbb\xbfexpect:\r\n- no: x",
	} {
		f.Add([]byte(seed))
	}
	records := arrived(f, `{"type":"track","event":"E","userId":"u","messageId":"m","a":"x"}`+"\n"+`{"type":"page","anonymousId":"u","messageId":"m","a":[1]}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, found := mockserver.ParseExpectations("f.yaml", data)
		for _, fault := range found {
			if fault.Message == "" || fault.Line > strings.Count(string(data), "\n")+strings.Count(string(data), "\r")+1 {
				t.Errorf("%+v", fault)
			}
		}
		if len(found) == 0 {
			e.Judge(mockserver.Observed{Records: records, Requests: []mockserver.Request{{Status: 404}}, Lost: 1})
		}
	})
}
