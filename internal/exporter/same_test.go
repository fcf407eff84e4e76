package exporter_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

// tuple is a schema of draft-07 that the contracts may refer to.
const tuple = `{"$schema":"http://json-schema.org/draft-07/schema#","items":[true,false]}`

// ofBody loads a contract of the track event E, whose properties keep to a schema.
func ofBody(t testing.TB, schema string) *validator.Catalog {
	t.Helper()
	text := `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"type":{"const":"track"},"event":{"const":"E"},"properties":` + schema + `}}`
	cat, found, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.Spec()}, validator.Root{Name: "own", FS: fstest.MapFS{"e.json": {Data: []byte(text)}, "tuple.json": {Data: []byte(tuple)}}})
	if err != nil {
		t.Fatal(err, found)
	}
	return cat
}

func eventOf(body string) []byte {
	return []byte(`{"type":"track","event":"E","userId":"u","properties":` + body + `}`)
}

// What nests too deep is dropped by every engine, and told as the validator tells it.
func TestWhatNestsTooDeepIsJudged(t *testing.T) {
	cat := ofBody(t, `{}`)
	for i, engine := range functions.Engines() {
		t.Run(engine, func(t *testing.T) {
			if _, err := exec.LookPath(engine); i > 0 && err != nil {
				t.Skip("there is no ", engine)
			}
			text, err := exporter.Function(cat, exporter.FunctionOptions{Kind: "insert", OnViolation: "drop"})
			if err != nil {
				t.Fatal(err)
			}
			fn := loaded(t, string(text)+`
async function onRequest(request) {
  const all = [];
  for (const depth of request.json()) {
    let deep = "x";
    for (let i = 0; i < depth; i++) deep = [deep];
    const event = { type: "track", event: "E", userId: "u", properties: { deep, after: {} } };
    try { all.push(await segproofEnforce(event, {}) === event ? "delivered" : "changed"); } catch (error) { all.push(error.name + " " + error.message.slice(-120)); }
  }
  return all;
}`, functions.Options{Engine: engine, Kind: functions.Source, Now: today()})
			res := run(t, fn, map[string]any{"body": []int{62, 63, 1600, 20_000}})
			var got []string
			if err := json.Unmarshal(res.Returned, &got); err != nil {
				t.Fatal(err, res.Error)
			}
			for i, g := range got {
				switch judged := strings.HasPrefix(g, "DropEvent ") && strings.HasSuffix(g, "nested more than 64 deep (too-deep)"); {
				case i == 0 && g != "delivered":
					t.Errorf("62 lists: %s, want it delivered", g)
				case i > 0 && !judged:
					t.Errorf("event %d: %s, want it dropped as too-deep", i, g)
				}
			}
			x := export(t, cat, engine, exporter.FunctionOptions{})
			x.differences(cat, noPolicy(), [][]byte{eventOf(`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `,"b":1}`), eventOf(`{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `,"b":1}`)})
		})
	}
}

// halved are bodies with halves of surrogate pairs, which only escapes can write.
func halved() [][]byte {
	var all [][]byte
	for _, body := range []string{
		`{"e":"\ud800"}`, `{"e":"\udc00"}`, `{"e":"\\ud800"}`, `{"e":"\\\ud800"}`, `{"e":"\ud83d\ude00"}`, `{"e":"\ude00\ud83d"}`, `{"e":"\ufffd"}`,
		`{"u":["\ud800","\udc00"]}`, `{"u":["\ud800","\ud83d\ude00"]}`, `{"\ud800":1}`, `{"o":{"a\udfff":"x","b":"\ud801"}}`, `{"\ud800\ud800":{"\udc00":1},"z":1}`,
		`{"\ud800":"x","\udc00":2}`, `{"\ud800":1,"a":2,"\ufffd":"x","\udfff":3}`,
	} {
		all = append(all, eventOf(body))
	}
	return append(all, []byte(`{"type":"alias","userId":"\ud800","previousId":"\udc00"}`), []byte(`{"type":"track","event":"\ud800","userId":"u"}`))
}

// Go reads U+FFFD where JavaScript keeps half of a surrogate pair; the verdicts are Go's,
// and omit finds what was found.
func TestHalvesOfSurrogatePairsAreReadAsByTheValidator(t *testing.T) {
	cat := ofBody(t, `{"properties":{"e":{"enum":["\ufffd"]},"u":{"uniqueItems":true},"\ufffd":{"type":"string"},"o":{"additionalProperties":{"type":"integer"}}}}`)
	for i, engine := range functions.Engines() {
		if _, err := exec.LookPath(engine); i > 0 && err != nil {
			continue
		}
		x := export(t, cat, engine, exporter.FunctionOptions{})
		if n := x.differences(cat, noPolicy(), halved()); oneOf == 1 && n != len(halved()) {
			t.Errorf("%s: judged %d events", engine, n)
		}
	}
	fn := enforcing(t, cat, exporter.FunctionOptions{OnViolation: "omit"})
	for _, got := range results[enforced](t, fn, halved()) {
		want := mirrored(t, cat, noPolicy(), "omit", got.Before)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-mirror +function):\n%s", got.Before, diff)
		}
	}
}

// A number that a double cannot say is not taken for its neighbour.
func TestExactNumbersOfContracts(t *testing.T) {
	cat := ofBody(t, `{"properties":{"c":{"const":9007199254740993},"e":{"enum":[0.1000000000000000001,7,{"text":9007199254740993},[1e300]]},
"same":{"enum":[9007199254740992,0.1,1e21,100e-2,-0]}}}`)
	var all [][]byte
	for _, v := range []string{"9007199254740992", "0.1", "7", `{"text":9007199254740992}`, `{"text":"9007199254740993"}`, "[1]", "1e21", "1", "0", "2"} {
		all = append(all, eventOf(`{"c":`+v+`}`), eventOf(`{"e":`+v+`}`), eventOf(`{"same":`+v+`}`))
	}
	export(t, cat, "", exporter.FunctionOptions{}).differences(cat, noPolicy(), all)
}

// Findings about one place come in the order of characters, not of UTF-16.
func TestFindingsComeInTheValidatorsOrder(t *testing.T) {
	cat := ofBody(t, `{"required":["\uff00","\ud83d\ude00","a"],"properties":{"o":{"additionalProperties":false},"w":{"properties":{"x":true}}}}`)
	var many []string
	for i := range 120 {
		many = append(many, fmt.Sprintf(`"\uff00%d":1,"\ud83d\ude00%d":1`, i, i))
	}
	export(t, cat, "", exporter.FunctionOptions{}).differences(cat, noPolicy(), [][]byte{
		eventOf(`{}`), eventOf(`{"o":{"\ud83d\ude00":1,"\uff00":1,"\ud83d\ude0":1}}`), eventOf(`{"o":{` + strings.Join(many, ",") + `}}`), eventOf(`{"w":{` + strings.Join(many, ",") + `}}`),
	})
}

// A pattern that is looked for from each character on must not cost the square of a text.
func TestPatternsAreLinear(t *testing.T) {
	long := strings.Repeat("a", 30_000)
	for _, pattern := range []string{`[a-z]+@`, `a{2,}$b`, `^[a-z]+@`} {
		schema, err := json.Marshal(map[string]any{"properties": map[string]any{"s": map[string]any{"pattern": pattern}}})
		if err != nil {
			t.Fatal(err)
		}
		cat := ofBody(t, string(schema))
		text, err := exporter.Function(cat, exporter.FunctionOptions{Kind: "snippet"})
		if err != nil {
			t.Fatal(err)
		}
		// What is looked for at the beginning alone may be JavaScript's own expression.
		if native := strings.HasPrefix(pattern, "^"); native != strings.Contains(string(text), `"`+pattern+`":"`) {
			t.Errorf("%s: JavaScript's own expression is %v", pattern, !native)
		}
		x := export(t, cat, "", exporter.FunctionOptions{})
		x.differences(cat, noPolicy(), [][]byte{eventOf(`{"s":"` + long + `"}`), eventOf(`{"s":"` + long + `@"}`), eventOf(`{"s":"b"}`)})
	}
}

// V8 looks for edges between the halves of a surrogate pair, too, where no text has any.
func TestEdgesAreNotBetweenHalvesOfPairs(t *testing.T) {
	var properties, all [][]byte
	for i, pattern := range []string{"^x*$", "x*$", "^$", `\\B`, `\\Bx*`, "(?m)^x*$", "(?m)$x*", "(?m)^", "[^a]$", "^[^a]{2}$"} {
		properties = append(properties, fmt.Appendf(nil, `"p%d":{"pattern":"%s"}`, i, pattern))
	}
	cat := ofBody(t, `{"properties":{`+string(bytes.Join(properties, []byte(",")))+`}}`)
	for _, text := range []string{"", "\U0001f600", "a\U0001f600b", "\U0001f600\U0001f601", `x\n\ud83d\ude00`, `\ud83d\ude00\nx`, "xx", "a"} {
		var body [][]byte
		for i := range properties {
			body = append(body, fmt.Appendf(nil, `"p%d":"%s"`, i, text))
		}
		all = append(all, eventOf(`{`+string(bytes.Join(body, []byte(",")))+`}`))
	}
	for i, engine := range functions.Engines() {
		if _, err := exec.LookPath(engine); i > 0 && err != nil {
			continue
		}
		x := export(t, cat, engine, exporter.FunctionOptions{})
		if n := x.differences(cat, noPolicy(), all); oneOf == 1 && n != len(all) {
			t.Errorf("%s: judged %d events", engine, n)
		}
	}
}

// A schema false at a place of a tuple forbids that item.
func TestFalseItemsOfTuples(t *testing.T) {
	cat := ofBody(t, `{"properties":{"l":{"$ref":"tuple.json"},"p":{"prefixItems":[true,false]},"i":{"items":false},"u":{"prefixItems":[true],"unevaluatedItems":false}}}`)
	export(t, cat, "", exporter.FunctionOptions{}).differences(cat, noPolicy(), [][]byte{eventOf(`{"l":[1,2],"p":[1,2],"i":[1],"u":[1,2]}`)})
}

// However many properties are unplanned or invalid, none of them goes on, and a function is
// not stopped for their number.
func TestOmitLeavesNothingUnplanned(t *testing.T) {
	cat := ofBody(t, `{"properties":{"n":{"type":"integer"}},"additionalProperties":false,"dependentRequired":{"n":["m"]}}`)
	var members []string
	for i := range 6000 / oneOf {
		members = append(members, fmt.Sprintf(`"k%d":1`, i))
	}
	texts := [][]byte{eventOf(`{` + strings.Join(members, ",") + `,"n":1}`), eventOf(`{"n":"x","z":{"y":1}}`)}
	fn := enforcing(t, cat, exporter.FunctionOptions{OnViolation: "omit"})
	for i, got := range results[enforced](t, fn, texts) {
		want := mirrored(t, cat, noPolicy(), "omit", got.Before)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-mirror +function):\n%s", diff)
		}
		left, isObject := got.Left.(map[string]any)
		if !isObject || i > 0 {
			continue
		}
		if diff := cmp.Diff(map[string]any{"n": 1.0}, left["properties"]); diff != "" {
			t.Errorf("properties that go on (-want +got):\n%s", diff)
		}
	}
}

// Functions that come to other verdicts have other names.
func TestHashTellsFunctionsApart(t *testing.T) {
	cat := builtin(t, "candu")
	var lines []string
	for _, opts := range []exporter.FunctionOptions{{}, {Only: "tutorial*"}, {Policy: parsed(t, strictPolicy)}} {
		opts.Kind = "snippet"
		text, err := exporter.Function(cat, opts)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "// Contracts and policy: sha256 ") {
				lines = append(lines, line)
			}
		}
	}
	slices.Sort(lines)
	if len(slices.Compact(lines)) != 3 {
		t.Errorf("hashes of three functions: %q", lines)
	}
}

// Explaining costs what the event has, not its square: the export would be stopped.
func TestAlternativesOfALongList(t *testing.T) {
	cat := ofBody(t, `{"properties":{"l":{"anyOf":[{"items":{"type":"integer"}},{"items":{"type":"boolean"}}]}}}`)
	export(t, cat, "", exporter.FunctionOptions{}).differences(cat, noPolicy(), [][]byte{eventOf(`{"l":[` + strings.Repeat(`"",`, 1000) + `""]}`)})
}
