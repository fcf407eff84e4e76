package exporter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the exported functions of the fixtures anew")

// noPolicy reviews findings and changes nothing.
func noPolicy() *validator.Review { return validator.Policy{}.NewReview(time.Time{}) }

func TestExportedCatalogJudgesAsTheValidator(t *testing.T) {
	cat := builtin(t, schemas.Sources()...)
	events := append(eventsOfFixtures(t), examples(t, cat)...)
	for i, engine := range functions.Engines() {
		t.Run(engine, func(t *testing.T) {
			if _, err := exec.LookPath(engine); i > 0 && err != nil {
				t.Skip("there is no ", engine)
			}
			x := export(t, cat, engine, exporter.FunctionOptions{})
			texts := withMutants(rand.New(rand.NewPCG(1, 2)), events, 2*i)
			if n := x.differences(cat, noPolicy(), texts); n < len(some(texts))/2 {
				t.Errorf("judged %d events", n)
			}
		})
	}
}

// The functions of the fixtures are what export makes, so that what is said of the
// fixtures is true of what users get.
func TestFixturesHoldWhatIsExported(t *testing.T) {
	cat := builtin(t, "candu")
	for _, a := range exporter.Actions() {
		want, err := exporter.Function(cat, exporter.FunctionOptions{Kind: "insert", OnViolation: a.Name, Minify: true, Version: "devel"})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("..", "..", "fixtures", "cases", "enforce", a.Name+".js")
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s is not what is exported: go test ./internal/exporter -update writes it anew", file)
		}
	}
}

// Whatever is asked for, the file is one that Segment takes: it has the handlers of its
// kind, and the linter of functions has nothing to say about it.
func TestEveryFunctionIsInOrder(t *testing.T) {
	cat := builtin(t, "candu")
	calls := []string{"onTrack", "onIdentify", "onPage", "onScreen", "onGroup", "onAlias", "onDelete"}
	kinds := map[string]functions.Kind{"insert": functions.DestinationInsert, "source-insert": functions.SourceInsert, "destination": functions.Destination}
	batches := []string{"insert omit", "insert annotate", "insert report", "destination reject", "destination report"}
	made := 0
	for _, kind := range exporter.FunctionKinds() {
		for _, action := range kind.Actions {
			made++
			text, err := exporter.Function(cat, exporter.FunctionOptions{Kind: kind.Name, OnViolation: action, Minify: made%2 == 0})
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(calls)
			if slices.Contains(batches, kind.Name+" "+action) {
				want = append(want, "onBatch")
			}
			got := loaded(t, string(text), functions.Options{Kind: kinds[kind.Name]}).Handlers()
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s: handlers (-want +got):\n%s", kind.Name, action, diff)
			}
			if kind.Name != "insert" || oneOf > 1 {
				continue // the others are made of the same text, and the linter has a limit of time
			}
			complaints, err := functions.Lint(string(text), kinds[kind.Name])
			if err != nil || len(complaints) > 0 {
				t.Errorf("%s %s: %v %v", kind.Name, action, complaints, err)
			}
		}
	}
	if made != 12 {
		t.Errorf("made %d functions, want 12", made)
	}
}

// A snippet works in a strict function, beside any names of the user's, and when texts
// cannot be evaluated.
func TestSnippetKeepsToItself(t *testing.T) {
	cat := builtin(t, "candu")
	text, err := exporter.Function(cat, exporter.FunctionOptions{Kind: "snippet"})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"import ", "require(", "eval(", "new Function", "process.", "\nexport "} {
		if strings.Contains(string(text), word) {
			t.Errorf("the snippet holds %q", word)
		}
	}
	code := "const table = 1, judge = 2, nodes = 3, policy = 4;\nglobalThis.eval = undefined;\n(function () {\n'use strict';\n" + string(text) +
		"\nglobalThis.found = segproofValidate({ type: 'track', event: 'E', properties: [] });\n})();\nasync function onTrack() { return globalThis.found; }"
	res := run(t, loaded(t, code, functions.Options{Kind: functions.Destination}), map[string]any{"type": "track"})
	var got []map[string]string
	if err := json.Unmarshal(res.Returned, &got); err != nil {
		t.Fatal(err, res.Error)
	}
	want := []map[string]string{
		{"rule": "no-user-anon-id", "pointer": "/userId", "severity": "error", "message": "neither userId nor anonymousId is there, want at least one"},
		{"rule": "properties-not-object", "pointer": "/properties", "severity": "error", "message": "got array of 0 items, want an object"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segproofValidate() (-want +got):\n%s", diff)
	}
}

func TestFunctionRefusals(t *testing.T) {
	own := func(schema string) *validator.Catalog {
		text := `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"type": {"const": "track"}, "event": {"const": "E"},
  "properties": {"properties": {"a": ` + schema + `}}}}`
		cat, _, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.Spec()}, validator.Root{Name: "own", FS: fstest.MapFS{"e.json": {Data: []byte(text)}}})
		if err != nil {
			t.Fatal(err)
		}
		return cat
	}
	candu := builtin(t, "candu")
	for _, tt := range []struct {
		name string
		cat  *validator.Catalog
		opts exporter.FunctionOptions
		want string
	}{
		{"no kind", candu, exporter.FunctionOptions{}, `unknown kind of function "", want one of insert, source-insert, destination, snippet`},
		{"misspelt kind", candu, exporter.FunctionOptions{Kind: "isnert"}, `unknown kind of function "isnert", want one of insert, source-insert, destination, snippet; did you mean "insert"?`},
		{"no action", candu, exporter.FunctionOptions{Kind: "destination"}, `no action for an event with a violation, want one of reject, report`},
		{"misspelt action", candu, exporter.FunctionOptions{Kind: "insert", OnViolation: "anotate"}, `unknown action "anotate", want one of drop, reject, omit, annotate, report; did you mean "annotate"?`},
		{"nothing to drop", candu, exporter.FunctionOptions{Kind: "destination", OnViolation: "drop"}, `kind destination cannot drop: no event leaves a destination function, so that none can be dropped or changed; an insert function can`},
		{"snippet", candu, exporter.FunctionOptions{Kind: "snippet", OnViolation: "reject"}, `kind snippet cannot reject: a snippet returns what it finds, and what is done about it is yours`},
		{"no such event", candu, exporter.FunctionOptions{Kind: "snippet", Only: "Order*"}, `no contract is for an event like "Order*"`},
		{"regex", own(`{"format": "regex"}`), exporter.FunctionOptions{Kind: "snippet"}, `own/e.json:2: format "regex": whether a text is a Go regular expression cannot be told in JavaScript`},
		{"uri-template", own(`{"format": "uri-template"}`), exporter.FunctionOptions{Kind: "snippet"}, `own/e.json:2: format "uri-template": what Go takes for a URI template cannot be told in JavaScript`},
		{"dynamic", own(`{"$dynamicRef": "#meta"}, "b": {"$dynamicAnchor": "meta"}`), exporter.FunctionOptions{Kind: "snippet"}, `own/e.json:2: a $dynamicRef or $recursiveRef cannot be written down as data`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := exporter.Function(tt.cat, tt.opts)
			if err == nil || err.Error() != tt.want {
				t.Errorf("Function() error\n got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// What the glob of Only does not fit passes, whatever is wrong with it.
func TestOnlySomeEventsAreJudged(t *testing.T) {
	x := export(t, builtin(t, "candu", "ecommerce"), "", exporter.FunctionOptions{Only: "Order *"})
	for event, want := range map[string][]string{
		`{"type":"track","event":"Order Completed"}`:     {"no-user-anon-id /userId error"},
		`{"type":"track","event":"Order Eaten"}`:         {"unplanned-event /event warning", "no-user-anon-id /userId error"},
		`{"type":"track","event":"Product Viewed"}`:      {},
		`{"type":"screen","name":"tutorial.view"}`:       {},
		`{"type":"track","event":{"name":"Order Done"}}`: {},
	} {
		got := x.judge([][]byte{[]byte(event)})[0].found
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", event, diff)
		}
	}
}

// No data is lost because judging fails.
func TestWhatCannotBeJudgedGoesOn(t *testing.T) {
	text, err := exporter.Function(builtin(t, "candu"), exporter.FunctionOptions{Kind: "insert", OnViolation: "drop"})
	if err != nil {
		t.Fatal(err)
	}
	fn := loaded(t, string(text)+"\nasync function onRequest() { const event = { type: 'track', n: 1n }; return event === await segproofEnforce(event, {}); }", functions.Options{Kind: functions.Source})
	res := run(t, fn, map[string]any{"body": ""})
	if string(res.Returned) != "true" || len(res.Logs) != 1 || !strings.HasPrefix(res.Logs[0].Text, "segproof: an event was not judged, and goes on: ") {
		t.Errorf("it returned %s, %v and logged %v", res.Returned, res.Error, res.Logs)
	}
}

// One bad event of a batch is answered alone.
func TestBatches(t *testing.T) {
	cat := builtin(t, "candu")
	batch := []map[string]any{
		{"type": "identify", "userId": "u1"},
		{"type": "identify", "userId": 7},
		{"type": "delete", "userId": ""},
	}
	for _, tt := range []struct {
		kind, action string
		as           functions.Kind
		want         string
	}{
		{"destination", "reject", functions.Destination, `[{"status":200},{"status":400,"errormessage":"identify: /userId: got number 7, want a non-empty string (id-not-string)"},{"status":200}]`},
		{"insert", "annotate", functions.DestinationInsert, `[{"type":"identify","userId":"u1"},{"type":"identify","userId":7,"context":{"protocols":{"violations":[{"type":"id-not-string","field":"userId","description":"userId: an identifier is empty or not a string"}]}}},{"type":"delete","userId":""}]`},
	} {
		text, err := exporter.Function(cat, exporter.FunctionOptions{Kind: tt.kind, OnViolation: tt.action})
		if err != nil {
			t.Fatal(err)
		}
		res := run(t, loaded(t, string(text), functions.Options{Kind: tt.as}), batch)
		var want, got any
		if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(res.Returned, &got); err != nil {
			t.Fatal(err, res.Error)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("onBatch of %s %s (-want +got):\n%s", tt.kind, tt.action, diff)
		}
	}
}

// The settings are those of the call, not those of an earlier one; without a write key, or
// when the report cannot be sent, the event goes on all the same.
func TestReportsAreSentByTheSettingsOfTheCall(t *testing.T) {
	text, err := exporter.Function(builtin(t, "candu"), exporter.FunctionOptions{Kind: "insert", OnViolation: "report"})
	if err != nil {
		t.Fatal(err)
	}
	const bad = `{"type":"identify","userId":7,"messageId":"m1"}`
	authorization := "authorization" // names of headers are in lower case here
	var sent []string
	rules := functions.NewRules([]functions.Rule{{URL: "https://down.example.com/*", Responses: []functions.Response{{Failure: "no route"}}}, {}}, nil)
	fn := loaded(t, string(text), functions.Options{Kind: functions.DestinationInsert, Responder: rules})
	for _, settings := range []string{`{"violationsWriteKey":"a"}`, `{"violationsWriteKey":"b","violationsEndpoint":"https://eu.example.com/v1/track"}`, `{}`, `{"violationsWriteKey":"c","violationsEndpoint":"https://down.example.com/"}`} {
		res, err := fn.Run(context.Background(), functions.Invocation{Input: []byte(bad), Settings: []byte(settings)})
		if err != nil {
			t.Fatal(err)
		}
		if res.Error != nil || string(res.Returned) != bad {
			t.Errorf("with settings %s it returned %s, %v", settings, res.Returned, res.Error)
		}
		for _, x := range res.Requests {
			sent = append(sent, x.Request.URL+" "+strings.Join(x.Request.Header[authorization], " "))
		}
		for _, log := range res.Logs {
			sent = append(sent, log.Text)
		}
	}
	want := []string{
		"https://api.segment.io/v1/track Basic YTo=",
		"https://eu.example.com/v1/track Basic Yjo=",
		"segproof: the setting violationsWriteKey is empty: a violation is not reported",
		"https://down.example.com/ Basic Yzo=",
		"segproof: the report of a violation failed: request to https://down.example.com/ failed, reason: no route",
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("what was sent and logged (-want +got):\n%s", diff)
	}
}
