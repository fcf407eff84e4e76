package exporter

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"segproof/event"
	"segproof/fixtures"
	"segproof/functions"
	"segproof/schemas"
	"segproof/validator"
)

// builtin loads the built-in contracts.
func builtin(t testing.TB) *validator.Catalog {
	t.Helper()
	cat, _, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.FS()})
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// exported judges events by the exported catalog, in an engine.
type exported struct {
	t  testing.TB
	fn *functions.Function
}

func export(t testing.TB, cat *validator.Catalog, engine string) *exported {
	t.Helper()
	text, err := runtimeText(cat)
	if err != nil {
		t.Fatal(err)
	}
	fn, err := functions.Load("export.js", "const judge = "+text+";\nasync function onRequest(request) { return judge(JSON.parse(request.text())); }", functions.Options{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fn.Close() })
	return &exported{t, fn}
}

// judge returns "rule pointer severity" of each finding.
func (x *exported) judge(text []byte) []string {
	x.t.Helper()
	body, err := json.Marshal(string(text))
	if err != nil {
		x.t.Fatal(err)
	}
	res, err := x.fn.Run(context.Background(), functions.Invocation{Input: []byte(`{"body":` + string(body) + `}`)})
	if err != nil {
		x.t.Fatal(err)
	}
	if res.Error != nil {
		x.t.Fatalf("judge(%s): %v at %d:%d", text, res.Error, res.Error.Line, res.Error.Column)
	}
	var found []struct{ Rule, Pointer, Severity, Message string }
	if err := json.Unmarshal(res.Returned, &found); err != nil {
		x.t.Fatal(err)
	}
	all := []string{}
	for _, f := range found {
		all = append(all, f.Rule+" "+f.Pointer+" "+f.Severity)
	}
	return all
}

// validated returns the same of the validator.
func validated(cat *validator.Catalog, text []byte) []string {
	events, err := event.Decode(text, event.Place{Line: 1, Column: 1})
	if err != nil || len(events) != 1 || events[0].Batch != nil {
		return nil
	}
	all := []string{}
	for _, f := range cat.Validate(events[0]) {
		all = append(all, f.Rule+" "+f.Pointer+" "+f.Severity.String())
	}
	return all
}

// eventsOfFixtures returns every event of the built-in fixtures.
func eventsOfFixtures(t testing.TB) [][]byte {
	t.Helper()
	cases, _, err := fixtures.Load("", fixtures.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	runner := fixtures.NewRunner(fixtures.Options{})
	var all [][]byte
	for _, c := range cases {
		if !c.TakenBy("http") {
			continue
		}
		res, err := runner.Run(context.Background(), c, fixtures.HTTP())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range res.Records {
			all = append(all, r.Event.JSON)
		}
	}
	if len(all) < 300 {
		t.Fatalf("found %d events in the fixtures", len(all))
	}
	return all
}

func TestExportedCatalogJudgesAsTheValidator(t *testing.T) {
	cat := builtin(t)
	x := export(t, cat, "")
	chance := rand.New(rand.NewPCG(1, 2))
	events := eventsOfFixtures(t)
	differ := 0
	for _, text := range events {
		for round := range 4 {
			if len(text) > 40_000 {
				continue
			}
			if round > 0 {
				text = mutated(chance, text, events)
			}
			want, got := validated(cat, text), x.judge(text)
			if want == nil {
				continue
			}
			if !slices.Equal(want, got) {
				differ++
				t.Errorf("%.300s\nvalidator %s\n exported %s", text, strings.Join(want, "; "), strings.Join(got, "; "))
			}
			if differ > 10 {
				t.FailNow()
			}
		}
	}
}

// mutated returns an event in which some values are others.
func mutated(chance *rand.Rand, text []byte, events [][]byte) []byte {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return text
	}
	for range 1 + chance.IntN(3) {
		v = mutate(chance, v)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return out
}

func mutate(chance *rand.Rand, v any) any {
	values := []any{nil, true, 0.0, 1.5, -3.0, 1e21, "", "x", "12", "2026-01-31T12:30:00Z", []any{}, []any{1.0, "a"}, map[string]any{}, map[string]any{"a": map[string]any{"b": 1.0}}}
	switch in := v.(type) {
	case map[string]any:
		keys := []string{}
		for k := range in {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if len(keys) == 0 || chance.IntN(6) == 0 {
			in[[]string{"extra", "userId", "messageId", "context", "traits", "properties", "a/b~c", "é"}[chance.IntN(8)]] = values[chance.IntN(len(values))]
			return in
		}
		k := keys[chance.IntN(len(keys))]
		switch chance.IntN(4) {
		case 0:
			delete(in, k)
		case 1:
			in[k] = values[chance.IntN(len(values))]
		default:
			in[k] = mutate(chance, in[k])
		}
		return in
	case []any:
		if len(in) > 0 {
			i := chance.IntN(len(in))
			in[i] = mutate(chance, in[i])
		}
		return in
	}
	return values[chance.IntN(len(values))]
}
