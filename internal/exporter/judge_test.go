package exporter_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/fixtures"
	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/schemas"
	"segproof/validator"
)

// builtin loads the Segment Spec and the built-in contracts of these names.
func builtin(t testing.TB, names ...string) *validator.Catalog {
	t.Helper()
	roots := []validator.Root{{Name: "built-in", FS: schemas.Spec()}}
	for _, name := range names {
		files, ok := schemas.Builtin(name)
		if !ok {
			t.Fatalf("no built-in contracts %q", name)
		}
		roots = append(roots, validator.Root{Name: "built-in", FS: files})
	}
	cat, _, err := validator.Load(roots...)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// exported runs an exported snippet in an engine.
type exported struct {
	t  testing.TB
	fn *functions.Function
}

// export loads a snippet, with a source function around it that judges a list of texts.
// What a text is to JavaScript comes back too: numbers and repeated keys are gone from it.
func export(t testing.TB, cat *validator.Catalog, engine string, opts exporter.FunctionOptions) *exported {
	t.Helper()
	opts.Kind = "snippet"
	text, err := exporter.Function(cat, opts)
	if err != nil {
		t.Fatal(err)
	}
	return &exported{t, loaded(t, string(text)+`
async function onRequest(request) {
  return request.json().map((text) => {
    let event;
    try { event = JSON.parse(text); } catch { return null; }
    return { text: JSON.stringify(event), found: segproofValidate(event, "info") };
  });
}`, functions.Options{Engine: engine, Kind: functions.Source, Now: today()})}
}

func loaded(t testing.TB, source string, opts functions.Options) *functions.Function {
	t.Helper()
	opts.Timeout = time.Minute
	fn, err := functions.Load(context.Background(), "export.js", source, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fn.Close() })
	if f := fn.Fault(); f != nil {
		t.Fatal(f)
	}
	return fn
}

// run runs a function on an input, which must not fail.
func run(t testing.TB, fn *functions.Function, input any) functions.Result {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	res, err := fn.Run(context.Background(), functions.Invocation{Input: body})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// opinion is what came of one text: "rule pointer severity" of each finding.
type opinion struct {
	text  string // as JavaScript writes it down again
	found []string
}

// judge returns the opinion on each text that is JSON.
func (x *exported) judge(texts [][]byte) []opinion {
	x.t.Helper()
	all := results[*struct {
		Text  string
		Found []struct{ Rule, Pointer, Severity string }
	}](x.t, x.fn, texts)
	var opinions []opinion
	for _, one := range all {
		if one == nil {
			continue
		}
		v := opinion{text: one.Text, found: []string{}}
		for _, f := range one.Found {
			v.found = append(v.found, f.Rule+" "+f.Pointer+" "+f.Severity)
		}
		opinions = append(opinions, v)
	}
	return opinions
}

// reviewed returns the findings of the validator about an event, after the policy; false
// if the text is no event.
func reviewed(cat *validator.Catalog, review *validator.Review, text string) (event.Event, []finding.Finding, bool) {
	events, err := event.Decode([]byte(text), event.Place{Line: 1, Column: 1})
	if err != nil || len(events) != 1 || events[0].Batch != nil || text[0] != '{' {
		return event.Event{}, nil, false
	}
	return events[0], review.Apply(cat.Validate(events[0])), true
}

// differences holds the exported function against the validator. It judges only what a
// JavaScript value can say, and tells the first few differences.
func (x *exported) differences(cat *validator.Catalog, review *validator.Review, texts [][]byte) (judged int) {
	x.t.Helper()
	const atOnce, most = 10, 10
	differ := 0
	for part := range slices.Chunk(some(texts), atOnce) {
		for _, v := range x.judge(part) {
			_, findings, ok := reviewed(cat, review, v.text)
			if !ok {
				continue
			}
			judged++
			want := []string{}
			for _, f := range findings {
				want = append(want, f.Rule+" "+f.Pointer+" "+f.Severity.String())
			}
			if !slices.Equal(want, v.found) {
				differ++
				x.t.Errorf("%.400s\nvalidator %s\n exported %s", v.text, strings.Join(want, "; "), strings.Join(v.found, "; "))
			}
			if differ > most {
				x.t.FailNow()
			}
		}
	}
	return judged
}

// some returns all texts, or one of so many: oneOf.
func some(texts [][]byte) [][]byte {
	var all [][]byte
	for i := 0; i < len(texts); i += oneOf {
		all = append(all, texts[i])
	}
	return all
}

// eventsOfFixtures returns every event of the built-in fixtures that is not enormous.
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
			if len(r.Event.JSON()) < 40_000 {
				all = append(all, r.Event.JSON())
			}
		}
	}
	if len(all) < 300 {
		t.Fatalf("found %d events in the fixtures", len(all))
	}
	return all
}

// examples returns the example events of the contracts.
func examples(t testing.TB, cat *validator.Catalog) [][]byte {
	t.Helper()
	var all [][]byte
	for _, c := range cat.Contracts() {
		var schema struct{ Examples []json.RawMessage }
		if err := json.Unmarshal(c.Text(), &schema); err != nil {
			t.Fatal(err)
		}
		for _, e := range schema.Examples {
			all = append(all, e)
		}
	}
	return all
}

// withMutants returns the texts, each followed by some in which values are others.
func withMutants(chance *rand.Rand, texts [][]byte, each int) [][]byte {
	var all [][]byte
	for _, text := range texts {
		all = append(all, text)
		for range each {
			all = append(all, mutated(chance, text))
		}
	}
	return all
}

// mutated returns an event in which some values are others.
func mutated(chance *rand.Rand, text []byte) []byte {
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
	values := []any{nil, true, 0.0, 1.5, -3.0, 1e21, "", "x", "12", "2026-01-31T12:30:00Z", "\u00e9\U0001f600", []any{}, []any{1.0, "a"}, []any{map[string]any{"a": 1.0}, map[string]any{"a": 1.0}}, map[string]any{}, map[string]any{"a": map[string]any{"b": 1.0}}}
	names := []string{"extra", "userId", "messageId", "context", "traits", "properties", "a/b~c", "\u00e9", "__proto__", "constructor", "toString", "7", "products", "timestamp"}
	switch in := v.(type) {
	case map[string]any:
		keys := []string{}
		for k := range in {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if len(keys) == 0 || chance.IntN(6) == 0 {
			in[names[chance.IntN(len(names))]] = values[chance.IntN(len(values))]
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
