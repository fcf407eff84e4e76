package exporter_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

// strictPolicy has something of everything that a segproof.yaml can say about events.
const strictPolicy = `unplanned: {events: error, properties: error}
severity:
  - {rule: "missing-*", event: "tutorial.?iew", severity: warning}
  - {rule: unplanned-property, event: "Order*", severity: warning}
  - {rule: no-user-anon-id, severity: off}
waivers:
  - {rule: type-mismatch, event: "tutorial.*", path: "/properties/t*", reason: r, owner: o, until: 2026-01-31}
  - {rule: type-mismatch, path: "/properties/p*", reason: r, owner: o, until: 2026-01-30}
`

// today is when everything in these tests happens.
func today() time.Time { return time.Date(2026, 1, 31, 12, 30, 0, 0, time.UTC) }

func parsed(t testing.TB, policy string) validator.Policy {
	t.Helper()
	p, err := validator.ParsePolicy("segproof.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExportedPolicyIsTheReviews(t *testing.T) {
	cat := builtin(t, "candu", "ecommerce")
	policy := parsed(t, strictPolicy)
	x := export(t, cat, "", exporter.FunctionOptions{Policy: policy})
	texts := withMutants(rand.New(rand.NewPCG(3, 4)), examples(t, cat), 7)
	if n := x.differences(cat, policy.NewReview(today()), texts); n < len(some(texts))/2 {
		t.Errorf("judged %d events", n)
	}
}

// enforcing loads a function that enforces, with a source function around it that enforces
// a list of texts.
func enforcing(t testing.TB, cat *validator.Catalog, opts exporter.FunctionOptions) *functions.Function {
	t.Helper()
	opts.Kind = "insert"
	text, err := exporter.Function(cat, opts)
	if err != nil {
		t.Fatal(err)
	}
	return loaded(t, string(text)+`
async function onRequest(request) {
  const all = [];
  for (const text of request.json()) {
    const event = JSON.parse(text), before = JSON.stringify(event);
    try { all.push({ before, left: await segproofEnforce(event, {}) }); } catch (error) { all.push({ before, thrown: error.name }); }
  }
  return all;
}`, functions.Options{Kind: functions.Source, Now: today()})
}

// enforced is what came of one event.
type enforced struct {
	Before string
	Left   any
	Thrown string
}

func TestEnforceIsTheMirrorOfTheFunction(t *testing.T) {
	cat := builtin(t, "candu", "ecommerce")
	texts := withMutants(rand.New(rand.NewPCG(5, 6)), append(examples(t, cat), awkward()...), 3)
	for _, policy := range []string{"fail-on: error\n", strictPolicy} {
		for _, action := range exporter.Enforceable() {
			t.Run(fmt.Sprintf("%s %d", action, len(policy)), func(t *testing.T) {
				p := parsed(t, policy)
				review := p.NewReview(today())
				fn := enforcing(t, cat, exporter.FunctionOptions{OnViolation: action, Policy: p, Minify: true})
				changed := 0
				for part := range slices.Chunk(some(texts), 10) {
					for _, got := range results[enforced](t, fn, part) {
						want := mirrored(t, cat, review, action, got.Before)
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("%s\n(-mirror +function):\n%s", got.Before, diff)
						}
						if left, err := json.Marshal(want.Left); err != nil || want.Thrown != "" || string(left) != got.Before {
							changed++
						}
					}
				}
				if changed < len(some(texts))/10 {
					t.Errorf("of %d events %d were changed", len(some(texts)), changed)
				}
			})
		}
	}
}

// awkward returns events that are hard to change.
func awkward() [][]byte {
	var all [][]byte
	for _, text := range []string{
		`{"type":"screen","name":"tutorial.view","userId":"u","context":null,"properties":{"tutorialId":"1"}}`,
		`{"type":"screen","name":"tutorial.view","userId":"u","context":7,"properties":{"tutorialId":"1"}}`,
		`{"type":"screen","name":"tutorial.view","userId":"u","context":{"protocols":[]},"properties":{"a":1}}`,
		`{"type":"screen","name":"tutorial.view","userId":"u","context":{"protocols":{"violations":[{"type":"x"}],"omitted":"none"}},"properties":{"a":1,"portalId":"x"}}`,
		`{"type":"screen","name":"tutorial.view","userId":"u","context":{},"properties":{}}`,
		`{"type":"screen","name":"tutorial.view","userId":"u","properties":[]}`,
		`{"type":"track","event":"Order Completed","userId":"u","properties":{"order_id":"o","products":[{"price":"x"},"y",{"a/b~c":{"price":1}}]}}`,
		`{"type":"track","event":"Order Completed","userId":"u","properties":{"order_id":"o","products":["y"],"a/b~c":1}}`,
		`{"type":"delete","userId":""}`,
		`{"type":"identify","traits":{"email":7,"address":{"city":1,"__proto__":2}},"context":{"active":"yes","traits":{"age":"old"}}}`,
		`{}`,
	} {
		all = append(all, []byte(text))
	}
	return all
}

// results runs a function on a list of texts and returns what it returns for each.
func results[T any](t testing.TB, fn *functions.Function, texts [][]byte) []T {
	t.Helper()
	list := []string{}
	for _, text := range texts {
		list = append(list, string(text))
	}
	res := run(t, fn, map[string]any{"body": list})
	if res.Error != nil {
		t.Fatalf("%s: %v at %d:%d", list, res.Error, res.Error.Line, res.Error.Column)
	}
	var all []T
	if err := json.Unmarshal(res.Returned, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// mirrored returns what Enforce makes of an event.
func mirrored(t testing.TB, cat *validator.Catalog, review *validator.Review, action, text string) enforced {
	t.Helper()
	want := enforced{Before: text}
	ev, findings, ok := reviewed(cat, review, text)
	if !ok {
		t.Fatalf("%s is no event", text)
	}
	left, err := exporter.Enforce(action, ev, findings, again(cat, review))
	if err != nil {
		t.Fatal(err)
	}
	if left == nil {
		want.Thrown = map[string]string{"drop": "DropEvent", "reject": "ValidationError"}[action]
		return want
	}
	if err := json.Unmarshal(left, &want.Left); err != nil {
		t.Fatalf("Enforce(%s, %s) = %s: %v", action, text, left, err)
	}
	return want
}

// again judges an event, and what is left of it.
func again(cat *validator.Catalog, review *validator.Review) func(event.Event) []finding.Finding {
	return func(ev event.Event) []finding.Finding { return review.Apply(cat.ValidateAll(ev)) }
}

func TestEnforceKeepsBytes(t *testing.T) {
	cat := builtin(t, "candu")
	text := `{"type" : "screen","name":"tutorial.view","userId":"\u0075","properties":{"big":1.10,"tutorialId":1e0,"segmentId":"s", "portalId": 3.0,"versionId":7}}`
	ev, findings, _ := reviewed(cat, noPolicy(), text)
	for _, tt := range []struct{ action, want string }{
		{"annotate", strings.TrimSuffix(text, "}") + `,"context":{"protocols":{"violations":[{"type":"Invalid Type","field":"properties.versionId","description":"properties.versionId: a value has another type than documented"}]}}}`},
		{"omit", `{"type" : "screen","name":"tutorial.view","userId":"\u0075","properties":{"tutorialId":1e0,"segmentId":"s","portalId": 3.0},"context":{"protocols":{"omitted":["properties.big"],"omitted_on_violation":["properties.versionId"]}}}`},
		{"drop", ""},
	} {
		got, err := exporter.Enforce(tt.action, ev, findings, again(cat, noPolicy()))
		if err != nil {
			t.Fatal(err)
		}
		// The first members are joined anew, and keep their texts.
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.action, diff)
		}
	}
	if _, err := exporter.Enforce("report", event.Event{}, nil, nil); err == nil {
		t.Error("Enforce took an action that changes nothing")
	}
}
