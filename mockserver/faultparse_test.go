package mockserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/yamlfile"
	"segproof/mockserver"
	"segproof/schemas"
)

// places writes findings as FILE:LINE:COLUMN: MESSAGE.
func places(findings []finding.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message))
	}
	return list
}

func TestParseFaults(t *testing.T) {
	const text = `
seed: -3
faults:
  - route: /v1/b
    type: track
    name: "Order*"
    probability: 0.5
    times: always
    latency: {p50: 50ms, p99: 2s}
    answers:
      - {status: 429, headers: {Retry-After: "3", X-Empty: ""}, body: "", content-type: text/html, times: 2}
      - {do: half, taken: false}
  - {latency: 200ms, times: 4}
`
	want := &mockserver.Faults{Seed: -3, Faults: []mockserver.Fault{
		{
			Route: "/v1/b", Type: event.Track, Name: "Order*", Probability: 0.5, Times: mockserver.Always,
			Latency: mockserver.Latency{P50: 50e6, P99: 2e9},
			Answers: []mockserver.Answer{
				{Status: 429, Headers: map[string]string{"Retry-After": "3", "X-Empty": ""}, Body: new(""), ContentType: "text/html", Times: 2},
				{Do: mockserver.DoHalf, Taken: new(false)},
			},
		},
		{Latency: mockserver.Latency{P50: 200e6}, Times: 4},
	}}
	got, findings := mockserver.ParseFaults("f.yaml", []byte(text))
	if diff := cmp.Diff(want, got); diff != "" || findings != nil {
		t.Errorf("ParseFaults(%s) = %v (-want +got):\n%s", text, places(findings), diff)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if back, findings := mockserver.ParseFaults("f.json", again); !cmp.Equal(want, back) {
		t.Errorf("read again from the JSON %s: %v (-want +got):\n%s", again, places(findings), cmp.Diff(want, back))
	}
}

// faultFormat compiles the published schema of the format.
func faultFormat(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return schemas.FS().Open(strings.TrimPrefix(url, "segproof:///"))
	}
	sch, err := c.Compile("segproof:///_formats/faults.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

// yamlAsJSON reads YAML as the value that a JSON Schema judges.
func yamlAsJSON(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := yamlfile.Decode("faults", data, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	v = nil
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// longName is longer than a name or route may be.
var longName = strings.Repeat("x", 501)

// faultCases is the table of faults that can be used or not.
var faultCases = []struct {
	name, text string
	schema     bool // the schema takes it
	want       []string
}{
	{"answers", `faults: [{answers: [{status: 429}]}]`, true, nil},
	{"JSON", `{"seed": 0, "faults": [{"do": "reset"}]}`, true, nil},
	{"an answer that lets pass", `faults: [{answers: [{}, {times: 3}, {body: ""}]}]`, true, nil},
	{"nothing", `seed: 1`, false, []string{"f:1:1: faults is missing, want a list of at least one"}},
	{"no faults", `faults: []`, false, []string{"f:1:1: faults is empty, want a value or no faults at all"}},
	{"101 faults", "faults:\n" + strings.Repeat("  - {do: reset}\n", 101), false, []string{"f:1:1: got 101 faults, want at most 100"}},
	{"unknown key", `fault: []`, false, []string{`f:1:1: unknown key "fault", want one of seed, faults`}},
	{"unknown key of a fault", `faults: [{path: /v1/batch, do: reset}]`, false,
		[]string{`f:1:11: unknown key "path", want one of route, type, name, probability, times, latency, answers, do, taken`}},
	{"unknown key of an answer", `faults: [{answers: [{code: 429}]}]`, false,
		[]string{`f:1:22: unknown key "code", want one of status, headers, content-type, body, do, taken, times`}},
	{"several at once", "faults:\n  - route: v1/batch\n    do: rest\n  - {do: half, probability: 1.5}\n", false, []string{
		`f:2:5: route is "v1/batch", want one that begins with /`,
		`f:3:5: do is "rest", want one of reset, half, slow; did you mean "reset"?`,
		`f:4:16: probability is 1.5, want one above 0 and up to 1`,
	}},
	{"does nothing", "faults:\n  - {do: reset}\n  - {route: /v1/batch, times: 2}\n", false, []string{"f:3:5: the fault does nothing, want answers, do or latency"}},
	{"do beside answers", `faults: [{do: reset, answers: [{status: 500}]}]`, false, []string{"f:1:10: do and taken stand beside answers, want them in the answers"}},
	{"taken beside answers", `faults: [{taken: true, answers: [{status: 500}]}]`, false, []string{"f:1:10: do and taken stand beside answers, want them in the answers"}},
	{"unknown type", `faults: [{type: trak, do: reset}]`, false, []string{`f:1:11: type is "trak", want one of track, identify, page, screen, group, alias; did you mean "track"?`}},
	{"long name", `faults: [{name: ` + longName + `, do: reset}]`, false, []string{`f:1:11: name has 501 bytes, want at most 500`}},
	{"long route", `faults: [{route: /` + longName + `, do: reset}]`, false, []string{`f:1:11: route has 502 bytes, want at most 500`}},
	{"empty texts", `faults: [{name: "", route: "", do: reset}]`, false,
		[]string{"f:1:11: name is empty, want a value or no name at all", "f:1:21: route is empty, want a value or no route at all"}},
	{"probability 0", `faults: [{probability: 0, do: reset}]`, false, []string{"f:1:11: probability is empty, want a value or no probability at all"}},
	{"probability below 0", `faults: [{probability: -0.5, do: reset}]`, false, []string{"f:1:11: probability is -0.5, want one above 0 and up to 1"}},
	{"times 0", `faults: [{do: reset, times: 0}]`, false, []string{"f:1:29: got 0, want 1 to 1000000, or always"}},
	{"times never", `faults: [{do: reset, times: never}]`, false, []string{`f:1:29: got "never", want a number or always`}},
	{"times 1.5", `faults: [{do: reset, times: 1.5}]`, false, []string{`f:1:29: got number 1.5, want a whole number`}},
	{"times of a list", `faults: [{do: reset, times: [1]}]`, false, []string{`f:1:29: want a number or always`}},
	{"times beyond", `faults: [{answers: [{times: 1000001}]}]`, false, []string{"f:1:29: got 1000001, want 1 to 1000000, or always"}},
	{"latency that is none", `faults: [{latency: soon}]`, false, []string{`f:1:20: got string "soon", want a duration, as "5s"`}},
	{"latency without a unit", `faults: [{latency: 200}]`, false, []string{`f:1:20: want a duration, as "200ms", or {p50: 50ms, p99: 2s}`}},
	{"latency below 0", `faults: [{latency: -1s}]`, false, []string{`f:1:20: want a duration above 0`}},
	{"latency beyond", `faults: [{latency: 61s}]`, true, []string{`f:1:11: latency is up to 1m1s, want at most 1m0s`}},
	{"p99 beyond", `faults: [{latency: {p50: 1s, p99: 2m}}]`, true, []string{`f:1:11: latency is up to 2m0s, want at most 1m0s`}},
	{"p99 below p50", `faults: [{latency: {p50: 2s, p99: 1s}}]`, true, []string{`f:1:11: p50 is 2s and p99 is 1s, want a p99 that is not less, and a p50 above 0`}},
	{"p50 alone", `faults: [{latency: {p50: 2s}}]`, false, []string{`f:1:20: want both p50 and p99, above 0`}},
	{"p90", `faults: [{latency: {p90: 2s}}]`, false, []string{`f:1:21: unknown key "p90", want one of p50, p99`}},
	{"status 100", `faults: [{answers: [{status: 100}]}]`, false, []string{"f:1:22: status is 100, want one from 200 to 599"}},
	{"status as text", `faults: [{answers: [{status: "429"}]}]`, false, []string{`f:1:30: got string "429", want a whole number`}},
	{"204 with a body", `faults: [{answers: [{status: 204, body: x}]}]`, true, []string{"f:1:22: status is 204, which has no body; want no body, half or slow beside it"}},
	{"half of a 304", `faults: [{answers: [{status: 304, do: half}]}]`, true, []string{"f:1:22: status is 304, which has no body; want no body, half or slow beside it"}},
	{"reset with a status", `faults: [{answers: [{status: 500, do: reset}]}]`, false, []string{"f:1:35: do is reset, which sends nothing; want no status, headers, content-type or body beside it"}},
	{"header with a number", `faults: [{answers: [{headers: {Retry-After: 3}}]}]`, false, []string{"f:1:45: got number 3, want a string: put it in quotes"}},
	{"no header", `faults: [{answers: [{headers: {}}]}]`, false, []string{"f:1:22: headers is empty, want a value or no headers at all"}},
	{"header with a space", `faults: [{answers: [{headers: {"Retry After": "3"}}]}]`, false, []string{`f:1:22: header "Retry After": want a name of letters, digits and hyphens`}},
	{"counted header", `faults: [{answers: [{headers: {content-length: "3"}}]}]`, true, []string{`f:1:22: header "content-length": the server writes it; want no such header`}},
	{"header with a line break", `faults: [{answers: [{headers: {A: "b\r\nC: d"}}]}]`, true, []string{`f:1:22: header "A" has a control character in its value, want text`}},
	{"content type with a line break", `faults: [{answers: [{content-type: "b\nC: d"}]}]`, true, []string{`f:1:22: content-type has a control character, want text`}},
	{"header twice", `faults: [{answers: [{headers: {a: "1", A: "2"}}]}]`, true, []string{`f:1:22: header "a" is given twice`}},
	{"content type twice", `faults: [{answers: [{headers: {content-type: a}, content-type: b}]}]`, true, []string{`f:1:22: header "content-type" is given twice`}},
}

// What the schema refuses, ParseFaults refuses too: an editor must not promise what the
// server does not keep. ParseFaults knows more, so it may refuse what the schema takes.
func TestFaultFormatAndParseAgree(t *testing.T) {
	format := faultFormat(t)
	for _, tt := range faultCases {
		t.Run(tt.name, func(t *testing.T) {
			f, findings := mockserver.ParseFaults("f", []byte(tt.text))
			if diff := cmp.Diff(tt.want, places(findings)); diff != "" || (f == nil) != (tt.want != nil) {
				t.Errorf("ParseFaults(%.200s) = %v (-want +got):\n%s", tt.text, f, diff)
			}
			if err := format.Validate(yamlAsJSON(t, []byte(tt.text))); (err == nil) != tt.schema {
				t.Errorf("the schema on %.200s: error %v, want that it takes it: %t", tt.text, err, tt.schema)
			}
		})
	}
	for _, text := range []string{``, `[]`, `{`, `faults: [&a {do: reset}, *a]`} {
		if f, findings := mockserver.ParseFaults("f", []byte(text)); f != nil || len(findings) != 1 || findings[0].Rule != mockserver.RuleFaultsInvalid {
			t.Errorf("ParseFaults(%q) = %v, %v; want one finding", text, f, findings)
		}
	}
}

// The examples of the schema can be used: JSON is YAML.
func TestFaultFormatExamples(t *testing.T) {
	data, err := fs.ReadFile(schemas.FS(), "_formats/faults.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Examples []json.RawMessage }
	if err := json.Unmarshal(data, &doc); err != nil || len(doc.Examples) == 0 {
		t.Fatalf("%d examples: %v", len(doc.Examples), err)
	}
	format := faultFormat(t)
	for i, example := range doc.Examples {
		if err := format.Validate(yamlAsJSON(t, example)); err != nil {
			t.Errorf("example %d: %#v", i, err)
		}
		if _, findings := mockserver.ParseFaults("example", example); len(findings) > 0 {
			t.Errorf("example %d: %v", i, places(findings))
		}
	}
}

func TestFaultsInvalidExamples(t *testing.T) {
	for _, rule := range mockserver.Rules() {
		if rule.ID != mockserver.RuleFaultsInvalid {
			continue
		}
		if _, findings := mockserver.ParseFaults("hit", []byte(rule.Hit)); len(findings) != 1 || findings[0].Rule != rule.ID {
			t.Errorf("the hit %s raised %v, want %s", rule.Hit, places(findings), rule.ID)
		}
		if _, findings := mockserver.ParseFaults("neighbour", []byte(rule.Neighbour)); len(findings) > 0 {
			t.Errorf("the neighbour %s raised %v, want nothing", rule.Neighbour, places(findings))
		}
		return
	}
	t.Errorf("Rules() has no %s", mockserver.RuleFaultsInvalid)
}

// FuzzParsedFaultsAreBounded reads anything as faults. What is taken keeps the limits, can be
// set, and is the same when it is written as JSON and read again.
func FuzzParsedFaultsAreBounded(f *testing.F) {
	for _, seed := range []string{
		`faults: [{answers: [{status: 429, headers: {Retry-After: "3"}, body: "", times: 2}, {do: reset}]}]`,
		"seed: 7\nfaults:\n  - route: /v1/*\n    type: track\n    name: \"Order*\"\n    probability: 0.5\n    latency: {p50: 50ms, p99: 2s}\n",
		`{"faults":[{"latency":"1.5s","do":"slow","taken":false,"times":"always"}]}`,
		`faults: [{latency: -1s}]`, `faults: []`, `{`, "\xff", `faults: [{probability: 1e-9, do: half}]`,
	} {
		f.Add([]byte(seed))
	}
	srv := newServer(f, mockserver.Options{})
	f.Fuzz(func(t *testing.T, data []byte) {
		faults, findings := mockserver.ParseFaults("f.yaml", data)
		if (faults == nil) == (len(findings) == 0) {
			t.Fatalf("got %v and %d findings, want one or the other", faults, len(findings))
		}
		if faults == nil {
			return
		}
		if n := len(faults.Faults); n == 0 || n > 100 {
			t.Fatalf("%d faults", n)
		}
		for _, fault := range faults.Faults {
			if d := fault.Latency.Quantile(1); d < 0 || d > mockserver.MaxLatency || fault.Times > mockserver.MaxTimes || fault.Times < mockserver.Always {
				t.Fatalf("fault beyond the limits: %+v", fault)
			}
		}
		if err := srv.SetFaults("", faults); err != nil {
			t.Fatalf("what was parsed cannot be set: %v", err)
		}
		for _, state := range srv.FaultStates("") {
			if state.Left == 0 || state.Left < mockserver.Always {
				t.Fatalf("a new fault has %d left: %+v", state.Left, state.Fault)
			}
		}
		text, err := json.Marshal(faults)
		if err != nil {
			t.Fatal(err)
		}
		again, findings := mockserver.ParseFaults("f.json", text)
		if diff := cmp.Diff(faults, again); diff != "" {
			t.Fatalf("%s read again: %v (-first +second):\n%s", text, places(findings), diff)
		}
	})
}
