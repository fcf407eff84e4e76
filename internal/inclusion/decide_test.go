package inclusion

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func compile(t *testing.T, text, draft string) *Schema {
	t.Helper()
	s, err := Compile([]byte(text), draft)
	if err != nil {
		t.Fatalf("Compile(%s): %v", text, err)
	}
	return s
}

// verdicts decides both directions, and holds each witness to the library.
func verdicts(t *testing.T, a, b *Schema) [2]Kind {
	t.Helper()
	var got [2]Kind
	for i, pair := range [][2]*Schema{{a, b}, {b, a}} {
		v := Decide(context.Background(), pair[0], pair[1], Options{})
		if v.Kind == Breaking && (!accepts(t, pair[0], v.Witness) || accepts(t, pair[1], v.Witness)) {
			t.Errorf("%s is no witness", v.Witness)
		}
		if v.Kind != Breaking && v.Witness != nil || v.Kind == Unknown && v.Stuck == "" {
			t.Errorf("a verdict that does not fit together: %+v", v)
		}
		if v.Kind == Unknown {
			t.Logf("unknown: %s", v.Stuck)
		}
		got[i] = v.Kind
	}
	return got
}

// pairOf is two schemas of which the first accepts less.
type pairOf struct{ draft, narrow, wide string }

// narrower is pairs keyword by keyword.
func narrower() []pairOf {
	return slices.Concat(narrowerValues(), narrowerObjects(), narrowerArrays(), narrowerTogether())
}

func narrowerValues() []pairOf {
	return []pairOf{
		// type, enum, const
		{"", `{"type":"integer"}`, `{"type":"number"}`},
		{"", `{"type":"string"}`, `{"type":["string","null"]}`},
		{"", `{"type":["object","array"]}`, `{}`},
		{"", `false`, `{"type":"null"}`},
		{"", `{"enum":["a","b"]}`, `{"enum":["b","c","a"]}`},
		{"", `{"enum":[1,"a"]}`, `{"type":["integer","string"]}`},
		{"", `{"enum":[{"a":1},[2]]}`, `{"enum":[[2.0],{"a":1.0},null]}`},
		{"", `{"const":{"a":[1]}}`, `{"type":"object","properties":{"a":{"items":{"type":"integer"}}}}`},
		{"", `{"type":"object","properties":{"a":{"const":1}},"required":["a"],"additionalProperties":false}`, `{"enum":[{"a":1},{"b":1}]}`},
		{"", `{"type":"array","items":[{"const":1}],"minItems":1,"maxItems":1}`, `{"enum":[[1],[2]]}`},
		// numbers
		{"", `{"type":"number","minimum":1}`, `{"type":"number","minimum":0.5}`},
		{"", `{"type":"integer","minimum":1}`, `{"type":"number","exclusiveMinimum":0}`},
		{"", `{"type":"integer","exclusiveMaximum":3.2}`, `{"type":"integer","maximum":4}`},
		{"", `{"type":"number","minimum":0,"maximum":1}`, `{"type":"number","exclusiveMinimum":-0.1}`},
		{"", `{"multipleOf":6}`, `{"multipleOf":1.5}`},
		{"", `{"allOf":[{"multipleOf":2},{"multipleOf":3}]}`, `{"multipleOf":3}`},
		{"", `{"type":"integer","minimum":0,"maximum":3}`, `{"enum":[0,1,2,3,4]}`},
		{"", `{"type":"number","multipleOf":0.01}`, `{"type":"number","multipleOf":0.001}`},
		{"", `{"minimum":123456789012345678901234567890.1}`, `{"minimum":123456789012345678901234567890}`},
		{"draft-04", `{"minimum":1,"exclusiveMinimum":true}`, `{"minimum":1}`},
		// strings
		{"", `{"type":"string","minLength":2}`, `{"type":"string","minLength":1}`},
		{"", `{"type":"string","maxLength":512}`, `{"type":"string","maxLength":65535}`},
		{"", `{"type":"string","pattern":"^a+$"}`, `{"type":"string","pattern":"a"}`},
		{"", `{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}$"}`, `{"type":"string","pattern":"^[0-9-]+$","minLength":7,"maxLength":8}`},
		{"", `{"type":"string","pattern":".+"}`, `{"type":"string","minLength":1}`}, // "\n"
		{"", `{"type":"string","pattern":"\\bcat\\b"}`, `{"type":"string","pattern":"cat"}`},
		{"", `{"type":"string","pattern":"^(?i)yes$"}`, `{"type":"string","pattern":"^[a-zA-Z\\x{17F}]{3}$"}`},
		{"", `{"type":"string","format":"date"}`, `{"type":"string","maxLength":10}`},
		{"", `{"type":"string","format":"uuid"}`, `{"type":"string","pattern":"^[0-9A-Fa-f-]{36}$"}`},
		{"", `{"type":"string","format":"email"}`, `{"type":"string","maxLength":320,"pattern":"@"}`},
		{"", `{"type":"string","format":"date-time"}`, `{"type":"string","minLength":20}`},
		{"2020-12", `{"type":"string","format":"ipv4"}`, `{"type":"string"}`},
		{"", `{"type":"string","contentEncoding":"base64"}`, `{"type":"string"}`},
		{"", `{"type":"string","contentMediaType":"application/json","contentEncoding":""}`, `{"type":"string","contentMediaType":"application/json","contentEncoding":"rot13"}`},
		{"", `{"enum":["1"]}`, `{"enum":["1","x"],"contentEncoding":""}`},
		{"", `{"enum":["1","x"],"contentMediaType":"application/json","contentEncoding":""}`, `{"enum":["1","x"]}`},
	}
}

func narrowerObjects() []pairOf {
	return []pairOf{
		{"", `{"type":"object","required":["a","b"]}`, `{"type":"object","required":["b"]}`},
		{"", `{"type":"object","properties":{"a":{"type":"integer"}}}`, `{"type":"object","properties":{"a":{"type":"number"}}}`},
		{"", `{"type":"object","properties":{"a":{}},"additionalProperties":false}`, `{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}`},
		{"", `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}`, `{"type":"object","properties":{"b":{"type":"string"}}}`},
		{"", `{"type":"object","patternProperties":{"^a":{"type":"integer"}}}`, `{"type":"object","patternProperties":{"^ab":{"type":"number"}}}`},
		{"", `{"type":"object","patternProperties":{"^[ab]$":{}},"additionalProperties":false}`, `{"type":"object","maxProperties":2}`},
		{"", `{"type":"object","propertyNames":{"pattern":"^[a-z]{2}$"}}`, `{"type":"object","propertyNames":{"maxLength":2}}`},
		{"", `{"type":"object","propertyNames":{"enum":["a","b"]},"minProperties":2}`, `{"type":"object","required":["a","b"]}`},
		{"", `{"type":"object","minProperties":2}`, `{"type":"object","minProperties":1}`},
		{"", `{"type":"object","maxProperties":0}`, `{"type":"object","properties":{"a":false}}`},
		{"", `{"type":"object","dependencies":{"a":["b"]}}`, `{"type":"object","dependencies":{"a":{"minProperties":2}}}`},
		{"", `{"type":"object","required":["a"],"dependencies":{"a":["b"],"b":["c"]}}`, `{"type":"object","required":["c"]}`},
		{"2020-12", `{"type":"object","dependentRequired":{"a":["b","c"]}}`, `{"type":"object","dependentRequired":{"a":["c"]}}`},
		{"2020-12", `{"type":"object","dependentSchemas":{"a":{"required":["b","c"]}}}`, `{"type":"object","dependentRequired":{"a":["b"],"c":[]}}`},
		{"2020-12", `{"type":"object","allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}`, `{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}`},
	}
}

func narrowerArrays() []pairOf {
	return []pairOf{
		{"", `{"type":"array","items":{"type":"integer"}}`, `{"type":"array","items":{"type":"number"}}`},
		{"", `{"type":"array","minItems":1,"maxItems":2}`, `{"type":"array","maxItems":3}`},
		{"", `{"type":"array","items":[{"type":"string"},{"type":"integer"}],"additionalItems":false}`, `{"type":"array","items":{"type":["string","integer"]},"maxItems":2}`},
		{"", `{"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"integer"}}`, `{"type":"array","items":[{"type":"string"}]}`},
		{"2020-12", `{"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"integer"}}`, `{"type":"array","items":{"type":["string","integer"]}}`},
		{"", `{"type":"array","uniqueItems":true,"items":{"type":"boolean"}}`, `{"type":"array","maxItems":2}`},
		{"", `{"type":"array","uniqueItems":true}`, `{"type":"array"}`},
		{"", `{"type":"array","items":{"type":"string"},"minItems":1}`, `{"type":"array","contains":{"type":"string"}}`},
		{"", `false`, `{"type":"array","maxItems":1,"contains":{"const":1},"allOf":[{"contains":{"const":1}}]}`}, // one element for both
		{"2020-12", `{"type":"array","contains":{"const":1},"minContains":2}`, `{"type":"array","contains":{"type":"integer"}}`},
		{"2020-12", `{"type":"array","contains":{"type":"integer"},"minContains":0,"maxContains":1}`, `{"type":"array","contains":{"const":1},"minContains":0,"maxContains":1}`},
		{"2020-12", `{"type":"array","prefixItems":[{}],"unevaluatedItems":false}`, `{"type":"array","maxItems":2}`},
	}
}

func narrowerTogether() []pairOf {
	return []pairOf{
		{"", `{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"type":["string","null","boolean"]}`},
		{"", `{"oneOf":[{"type":"string","maxLength":5},{"type":"string","minLength":3}]}`, `{"anyOf":[{"type":"string","maxLength":5},{"type":"string","minLength":3}]}`},
		{"", `{"allOf":[{"type":"string"},{"minLength":3}]}`, `{"type":"string","minLength":2}`},
		{"", `{"not":{"type":["string","null"]}}`, `{"not":{"type":"string"}}`},
		{"", `{"type":"integer","not":{"minimum":3}}`, `{"type":"number","exclusiveMaximum":3}`},
		{"", `{"type":"object","required":["k"],"properties":{"k":{"enum":["x","y"]}},"if":{"properties":{"k":{"const":"x"}}},"then":{"required":["a"]},"else":{"required":["b"]}}`,
			`{"type":"object","anyOf":[{"required":["a"]},{"required":["b"]}]}`},
		{"", `{"type":"object","required":["kind"],"properties":{"kind":{"const":"b"},"n":{"type":"integer"}}}`,
			`{"type":"object","oneOf":[{"properties":{"kind":{"const":"a"}},"required":["kind"]},{"properties":{"kind":{"const":"b"},"n":{"type":"number"}},"required":["kind"]}]}`},
		// references and recursion
		{"", `{"definitions":{"t":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/definitions/t"}},"required":["v"]}},"$ref":"#/definitions/t"}`,
			`{"definitions":{"node":{"type":"object","properties":{"v":{"type":"number"},"next":{"$ref":"#/definitions/node"}}}},"$ref":"#/definitions/node"}`},
		{"", `{"type":"object","properties":{"a":{"$ref":"#"}},"additionalProperties":false}`, `{"type":"object","properties":{"a":{"$ref":"#"}}}`},
		{"2020-12", `{"$defs":{"s":{"type":"string"}},"$ref":"#/$defs/s","minLength":1}`, `{"type":"string"}`},
		// a y is needed inside of the x that is looked for, and again beside it
		{"", `false`, `{"definitions":{"x":{"type":"object","anyOf":[{"required":["y"],"properties":{"y":{"$ref":"#/definitions/y"}}},{"required":["z"],"maxProperties":1}]},
			"y":{"type":"object","required":["x"],"properties":{"x":{"$ref":"#/definitions/x"}}}},
			"type":"object","required":["a","b"],"properties":{"a":{"$ref":"#/definitions/x"},"b":{"$ref":"#/definitions/y"}}}`},
	}
}

func TestNarrowerIsWithinWider(t *testing.T) {
	for _, tt := range narrower() {
		narrow, wide := compile(t, tt.narrow, tt.draft), compile(t, tt.wide, tt.draft)
		if got, want := verdicts(t, narrow, wide), [2]Kind{Safe, Breaking}; got != want {
			t.Errorf("%s\n%s: got %v, want %v", tt.narrow, tt.wide, got, want)
		}
		for _, s := range []*Schema{narrow, wide} {
			if got, want := verdicts(t, s, s), [2]Kind{Safe, Safe}; got != want {
				t.Errorf("%s and %s to themselves: got %v, want %v", tt.narrow, tt.wide, got, want)
			}
		}
	}
}

func TestSameInOtherWords(t *testing.T) {
	for _, tt := range []struct{ draft, a, b string }{
		{"", `{}`, `true`},
		{"", `{"not":{}}`, `false`},
		{"", `{"type":["integer","number"]}`, `{"type":"number","title":"a number"}`},
		{"", `{"type":"integer"}`, `{"type":"number","multipleOf":1.0}`},
		{"", `{"enum":[1,2]}`, `{"anyOf":[{"const":2},{"const":1.0}]}`},
		{"", `{"type":"string","pattern":"a*"}`, `{"type":"string"}`},
		{"", `{"type":"string","pattern":"^(a|b)+$"}`, `{"type":"string","pattern":"^[ab][ab]*$"}`},
		{"", `{"type":"integer","minimum":3.2}`, `{"type":"integer","exclusiveMinimum":3.5,"multipleOf":1}`},
		{"", `{"type":"object","properties":{}}`, `{"type":"object","minProperties":0}`},
		{"", `{"type":"object","properties":{"a":true},"required":["a"],"additionalProperties":false}`, `{"type":"object","required":["a"],"maxProperties":1}`},
		{"", `{"type":"string","format":"iri"}`, `{"type":"string","format":"uri"}`},
		{"", `{"type":"string","format":"phone"}`, `{"type":"string"}`},
		{"", `{"$ref":"#/definitions/s","type":"integer","definitions":{"s":{"type":"string"}}}`, `{"type":"string"}`}, // before 2019 a $ref stands alone
		{"2020-12", `{"dependentSchemas":{"a":{"required":["b"]}}}`, `{"dependentRequired":{"a":["b"],"c":[]},"minProperties":0}`},
		{"2020-12", `{"$defs":{"n":{"unevaluatedProperties":{"type":"number"}}},"$ref":"#/$defs/n","patternProperties":{"^a":true}}`, `{"additionalProperties":{"type":"number"}}`}, // a schema does not know what those around it have judged
		{"", `{"type":"array","additionalItems":false}`, `{"type":"array"}`},
		{"2020-12", `{"type":"string","contentEncoding":"base64"}`, `{"type":"string"}`},
		{"2020-12", `{"$dynamicAnchor":"t","type":"object","properties":{"a":{"$dynamicRef":"#t"}}}`, `{"type":"object","properties":{"a":{"$ref":"#"}}}`},
		{"2019-09", `{"$recursiveAnchor":true,"type":"object","properties":{"a":{"$recursiveRef":"#"}}}`, `{"type":"object","properties":{"a":{"$ref":"#"}}}`},
	} {
		a, b := compile(t, tt.a, tt.draft), compile(t, tt.b, tt.draft)
		if got, want := verdicts(t, a, b), [2]Kind{Safe, Safe}; got != want {
			t.Errorf("%s\n%s: got %v, want %v", tt.a, tt.b, got, want)
		}
	}
}

func TestNeitherIsWithinTheOther(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{`{"type":"string"}`, `{"type":"integer"}`},
		{`{"type":"object","required":["a"]}`, `{"type":"object","required":["b"]}`}, // names that no properties declare
		{`{"type":"number","minimum":0,"maximum":2}`, `{"type":"number","minimum":1,"maximum":3}`},
		{`{"type":"string","pattern":"^a"}`, `{"type":"string","pattern":"b$"}`},
		{`{"type":"string","format":"email"}`, `{"type":"string","format":"uuid"}`},
		{`{"type":"object","properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"integer"}}}`},
		{`{"oneOf":[{"type":"string"},{"maxLength":2}]}`, `{"type":"string"}`},    // branches that overlap
		{`{"type":"string","format":"ipv4"}`, `{"type":"string","maxLength":15}`}, // the library takes 0000000000001.0.0.0: no, but 00.0.0.0
	} {
		if got, want := verdicts(t, compile(t, tt.a, ""), compile(t, tt.b, "")), [2]Kind{Breaking, Breaking}; got != want {
			t.Errorf("%s\n%s: got %v, want %v", tt.a, tt.b, got, want)
		}
	}
}

// TestOneMemberForSeveralWishes holds proofs to objects whose few members have to serve
// several keywords at once.
func TestOneMemberForSeveralWishes(t *testing.T) {
	for _, tt := range []struct{ a, b, witness string }{
		{`{"type":"object","maxProperties":1}`, `{"anyOf":[{"propertyNames":{"not":{"pattern":"^x.*y$"}}},{"propertyNames":{"not":{"pattern":"q[0-9]q"}}}]}`, `{"xq0qy":1}`},
		{`{"type":"object","maxProperties":1}`, `{"anyOf":[{"propertyNames":{"pattern":"^[a-m]"}},{"propertyNames":{"not":{"pattern":"z$"}}}]}`, `{"xz":1}`},
		{`{"type":"object","maxProperties":2,"required":["a"]}`, `{"anyOf":[{"propertyNames":{"maxLength":4}},{"propertyNames":{"not":{"pattern":"z"}}},{"propertyNames":{"not":{"pattern":"y"}}}]}`, `{"a":1,"xxxyz":1}`},
		{`{"type":"object","maxProperties":1}`, `{"anyOf":[{"propertyNames":{"pattern":"^x"}},{"patternProperties":{"z$":{"type":"integer"}}}]}`, `{"z":"t"}`},
	} {
		a, b := compile(t, tt.a, ""), compile(t, tt.b, "")
		if !accepts(t, a, []byte(tt.witness)) || accepts(t, b, []byte(tt.witness)) {
			t.Fatalf("%s\n%s: %s is no witness", tt.a, tt.b, tt.witness)
		}
		if got := verdicts(t, a, b)[0]; got != Breaking {
			t.Errorf("%s\n%s: got %v, want breaking", tt.a, tt.b, got)
		}
	}
}

func TestUnknownSaysWhereItGotStuck(t *testing.T) {
	for _, tt := range []struct{ name, a, b, want string }{
		{"a format that is only half known", `{"type":"object","required":["host"],"properties":{"host":{"type":"string","format":"hostname","pattern":"^[a-z.]+$"}}}`,
			`{"type":"object","properties":{"host":{"pattern":"^[^.]{1,63}(\\.[^.]{1,63})*\\.?$"}}}`, "at /host"},
	} {
		v := Decide(context.Background(), compile(t, tt.a, ""), compile(t, tt.b, ""), Options{})
		if v.Kind != Unknown || !strings.Contains(v.Stuck, tt.want) {
			t.Errorf("%s: got %v %q, want unknown and %q", tt.name, v.Kind, v.Stuck, tt.want)
		}
	}
}

// TestWitnessIsSmallAndRealistic holds the witness of a required property to what its
// author would send.
func TestWitnessIsSmallAndRealistic(t *testing.T) {
	const prev = `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"Cart Viewed"},"properties":{"type":"object",
		"properties":{"cart":{"type":"string"},"items":{"type":"integer","minimum":0},"note":{"type":"string"}},"required":["cart","items"]}},
		"required":["type","event","properties"],
		"examples":[{"type":"track","event":"Cart Viewed","messageId":"m-1","properties":{"cart":"c-77","items":3,"note":"gift"}}]}`
	next := strings.Replace(prev, `"required":["cart","items"]`, `"required":["cart","items","total"]`, 1)
	v := Decide(context.Background(), compile(t, prev, ""), compile(t, next, ""), Options{})
	const want = `{"event":"Cart Viewed","properties":{"cart":"c-77","items":3},"type":"track"}`
	if got := string(v.Witness); got != want {
		t.Errorf("witness = %s, want %s", got, want)
	}
	known := json.RawMessage(`{"type":"track","event":"Cart Viewed","properties":{"cart":"c-1001","items":12}}`)
	v = Decide(context.Background(), compile(t, strings.Replace(prev, `"examples"`, `"x"`, 1), ""), compile(t, next, ""), Options{Examples: []json.RawMessage{known}})
	if got, want := string(v.Witness), `{"event":"Cart Viewed","properties":{"cart":"c-1001","items":12},"type":"track"}`; got != want {
		t.Errorf("witness with a known event = %s, want %s", got, want)
	}
}

// TestWritingDoesNotMatter reorders keys and adds white space.
func TestWritingDoesNotMatter(t *testing.T) {
	a := `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer","minimum":1}},"required":["a"]}`
	b := `{"type":"object","properties":{"a":{"type":"integer","minimum":2},"b":{"type":["string","null"]}}}`
	otherA := "{\n \"required\": [\"a\"],\"properties\":{\"a\":{\"minimum\":1,\"type\":\"integer\"}, \"b\":{\"type\":\"string\"}},\n\"type\":\"object\"}"
	otherB := `{"properties":{"b":{"type":["string","null"]},"a":{"minimum":2,"type":"integer"}},"type":"object"}`
	want := Decide(context.Background(), compile(t, a, ""), compile(t, b, ""), Options{})
	got := Decide(context.Background(), compile(t, otherA, ""), compile(t, otherB, ""), Options{})
	if diff := cmp.Diff(want, got); diff != "" || want.Kind != Breaking {
		t.Errorf("the same schemas, written otherwise (-want +got):\n%s", diff)
	}
}

// cycle is a union of branches each of whose properties is the union again.
func cycle(branches, properties int, last string) string {
	var refs, defs []string
	for i := range branches {
		members := []string{fmt.Sprintf(`"kind":{"const":"k%d"}`, i)}
		for j := range properties {
			members = append(members, fmt.Sprintf(`"p%d":{"$ref":"#/definitions/any"}`, j))
		}
		if i == branches-1 {
			members = append(members, last)
		}
		defs = append(defs, fmt.Sprintf(`"b%d":{"type":"object","properties":{%s},"required":["kind"]}`, i, strings.Join(members, ",")))
		refs = append(refs, fmt.Sprintf(`{"$ref":"#/definitions/b%d"}`, i))
	}
	return fmt.Sprintf(`{"definitions":{"any":{"oneOf":[%s]},%s},"$ref":"#/definitions/any"}`, strings.Join(refs, ","), strings.Join(defs, ","))
}

func TestRecursionEnds(t *testing.T) {
	a := compile(t, cycle(12, 5, `"x":{"type":"integer"}`), "")
	b := compile(t, cycle(12, 5, `"x":{"type":"number"}`), "")
	if got, want := verdicts(t, a, b), [2]Kind{Safe, Breaking}; got != want {
		t.Errorf("a 12-branch, 5-property cycle: got %v, want %v", got, want)
	}
}

// TestBudgetIsKept asks what takes more alternatives than anybody can try.
func TestBudgetIsKept(t *testing.T) {
	var alternatives []string
	for i := range 14 {
		alternatives = append(alternatives, fmt.Sprintf(`{"anyOf":[{"required":["a%d"]},{"required":["b%d"]},{"required":["c%d"]}]}`, i, i, i))
	}
	a := compile(t, `{"type":"object","maxProperties":13,"allOf":[`+strings.Join(alternatives, ",")+`]}`, "")
	b := compile(t, `{"type":"string"}`, "")
	for _, steps := range []int{10_000, 50_000} {
		v := Decide(context.Background(), a, b, Options{Steps: steps})
		if v.Kind != Unknown || v.Steps > steps+steps/5 {
			t.Errorf("with %d steps: got %v after %d steps, want unknown after at most a fifth more", steps, v.Kind, v.Steps)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if v := Decide(ctx, a, b, Options{}); v.Kind != Unknown || !strings.Contains(v.Stuck, "time") {
		t.Errorf("with no time: got %+v, want unknown and that the time was up", v)
	}
}

// TestSearchFindsWitnessesByItself keeps the search worth running beside a proof: it has to
// find nearly all that the solver finds.
func TestSearchFindsWitnessesByItself(t *testing.T) {
	found := 0
	for _, tt := range narrower() {
		q := question{a: compile(t, tt.wide, tt.draft), b: compile(t, tt.narrow, tt.draft), arena: newArena(), evals: DefaultSteps}
		q.na, q.nb = q.arena.add(q.a), q.arena.add(q.b)
		q.arena.refine()
		q.solver = newSolver(context.Background(), q.arena, DefaultSteps)
		s := search{solver: q.solver, a: q.na, b: q.nb, left: maxTried, tried: map[string]bool{}, witness: q.witness}
		v, ok := s.run(nil)
		if !ok {
			t.Logf("not found: %s\n%s", tt.narrow, tt.wide)
			continue
		}
		found++
		if w := encode(v); !accepts(t, q.a, w) || accepts(t, q.b, w) {
			t.Errorf("%s\n%s: %s is no witness", tt.narrow, tt.wide, w)
		}
	}
	if all := len(narrower()); found*10 < all*9 {
		t.Errorf("found %d of %d witnesses, want nine of ten", found, all)
	}
}
