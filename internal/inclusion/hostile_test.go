package inclusion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// several writes n texts, made with their number in place of @, with commas between them.
func several(n int, format string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.ReplaceAll(format, "@", fmt.Sprint(i))
	}
	return strings.Join(all, ",")
}

// doubling is a schema whose evaluation doubles with each of n steps.
func doubling(n int, leaf string) string {
	defs := []string{`"d0":` + leaf}
	for i := range n {
		defs = append(defs, fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/definitions/d%d"},{"not":{"not":{"$ref":"#/definitions/d%d"}}}]}`, i+1, i, i))
	}
	return fmt.Sprintf(`{"definitions":{%s},"$ref":"#/definitions/d%d"}`, strings.Join(defs, ","), n)
}

// hostile is pairs that are made to cost.
func hostile() map[string][2]string {
	wide := `{"definitions":{"t":{"type":"object","required":[` + several(30, `"p@"`) + `],"properties":{` + several(30, `"p@":{"$ref":"#/definitions/t"}`) + `}}},"$ref":"#/definitions/t"}`
	var chain []string
	for i := range 900 {
		chain = append(chain, fmt.Sprintf(`"d%d":{"properties":{"n":{"$ref":"#/definitions/d%d"}},"required":["n"],"type":"object"}`, i, (i+1)%900))
	}
	return map[string][2]string{
		"references that double":             {doubling(24, `{"type":"integer"}`), doubling(24, `{"type":"number"}`)},
		"a oneOf of many":                    {`{"oneOf":[` + several(600, `{"required":["v@"]}`) + `]}`, `{"oneOf":[` + several(599, `{"required":["v@"]}`) + `]}`},
		"trees that have no end":             {wide, `{"type":"string"}`},
		"a string of a hundred million":      {`{"type":"string","minLength":100000000}`, `{"type":"integer"}`},
		"a million elements":                 {`{"type":"array","minItems":1000000}`, `{"type":"integer"}`},
		"a million members":                  {`{"type":"object","minProperties":1000000}`, `{"type":"integer"}`},
		"patterns that multiply":             {`{"type":"object","patternProperties":{` + several(12, `"a.*@":{"type":"integer"}`) + `}}`, `{"type":"object","patternProperties":{` + several(12, `"a.*@x":{"type":"number"}`) + `}}`},
		"a pattern with exponential states":  {`{"type":"string","pattern":"(a|b)*a(a|b){16}$"}`, `{"type":"string","pattern":"(a|b)*b(a|b){16}$"}`},
		"programs of many instructions":      {`{"type":"string","pattern":"^(\\p{L}{1,30} ){0,13}\\p{L}{1,30}$"}`, `{"type":"string","pattern":"^(\\p{L}{1,30} ){0,12}\\p{L}{1,30}$"}`},
		"numbers on grids without an end":    {`{"type":"integer","multipleOf":1e300}`, `{"type":"integer","multipleOf":7e299}`},
		"a long list":                        {`{"enum":[` + several(5000, `{"a":@}`) + `]}`, `{"properties":{"a":{"maximum":4998}}}`},
		"a list that nothing may be in":      {`{"type":"object","not":{"enum":[` + several(5000, `{"a":@}`) + `]}}`, `{"type":"array"}`},
		"alternatives for each of many":      {`{"type":"object","allOf":[` + several(40, `{"anyOf":[{"required":["a@"]},{"required":["b@"]}]}`) + `]}`, `{"minProperties":40}`},
		"conditions for each of many":        {`{"allOf":[` + several(100, `{"if":{"required":["a@"]},"then":{"required":["b@"]},"else":{"required":["c@"]}}`) + `]}`, `{"type":"object","minProperties":101}`},
		"many distinct elements of few":      {`{"type":"array","uniqueItems":true,"minItems":201,"items":{"enum":[` + several(200, `@`) + `]}}`, `{"type":"string"}`},
		"contains, again and again":          {`{"type":"array","allOf":[` + several(40, `{"contains":{"const":@}}`) + `]}`, `{"type":"array","minItems":40}`},
		"a chain of references without data": {`{"definitions":{` + strings.Join(chain, ",") + `},"$ref":"#/definitions/d0"}`, `{}`},
	}
}

// TestHostileSchemasEnd holds Decide to its steps whatever it is asked.
func TestHostileSchemasEnd(t *testing.T) {
	const steps = 30_000
	for name, pair := range hostile() {
		a, errA := Compile([]byte(pair[0]), "")
		b, errB := Compile([]byte(pair[1]), "")
		if errA != nil || errB != nil {
			t.Errorf("%s: the validator refuses it, so nothing is held: %v %v", name, errA, errB)
			continue
		}
		for _, q := range [][2]*Schema{{a, b}, {b, a}} {
			v := Decide(context.Background(), q[0], q[1], Options{Steps: steps})
			if v.Steps > steps+steps/5 {
				t.Errorf("%s: %d steps, want at most a fifth more than %d", name, v.Steps, steps)
			}
			if strings.Contains(v.Stuck, "internal error") {
				t.Errorf("%s: %s", name, v.Stuck)
			}
			if v.Kind == Breaking && (!accepts(t, q[0], v.Witness) || accepts(t, q[1], v.Witness)) {
				t.Errorf("%s: %s is no witness", name, v.Witness)
			}
		}
	}
}

// TestClosingEnds holds closing to what it may look at where places meet in ever more ways.
func TestClosingEnds(t *testing.T) {
	// What judges a place depends on all of the last 20 steps to it.
	var chain []string
	for i := range 20 {
		chain = append(chain, fmt.Sprintf(`"v%d":{"properties":{"a":{"$ref":"#/definitions/v%d"},"b":{"$ref":"#/definitions/v%d"}}}`, i, i+1, i+1))
	}
	s := compile(t, `{"definitions":{`+strings.Join(chain, ",")+`,"v20":{"properties":{"c":{}}},
		"w":{"properties":{"a":{"allOf":[{"$ref":"#/definitions/w"},{"$ref":"#/definitions/v0"}]},"b":{"$ref":"#/definitions/w"}}}},"$ref":"#/definitions/w"}`, "")
	if _, err := s.Close(); !errors.Is(err, errManyPlaces) {
		t.Errorf("got %v, want %v", err, errManyPlaces)
	}
}

// TestDecideFromManyGoroutines shares schemas; the race detector watches.
func TestDecideFromManyGoroutines(t *testing.T) {
	a := compile(t, `{"type":"object","properties":{"a":{"enum":["x","y"]}}}`, "")
	b := compile(t, `{"type":"object","properties":{"a":{"enum":["x"]}}}`, "")
	want := Decide(context.Background(), a, b, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := Decide(context.Background(), a, b, Options{}); string(got.Witness) != string(want.Witness) || got.Kind != Breaking {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	wg.Wait()
}

// FuzzNothingPanics gives Compile and Decide whatever comes.
func FuzzNothingPanics(f *testing.F) {
	for _, p := range narrower() {
		f.Add(p.narrow, p.wide)
	}
	for _, pair := range hostile() {
		if len(pair[0]) < 2000 {
			f.Add(pair[0], pair[1])
		}
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		a, errA := Compile([]byte(one), "2020-12")
		b, errB := Compile([]byte(other), "2020-12")
		if errA != nil || errB != nil {
			return
		}
		for _, s := range []*Schema{a, b} {
			for _, world := range []func() (*Schema, error){s.Close, s.Open} {
				if _, err := world(); err != nil && !errors.Is(err, errManyPlaces) {
					t.Errorf("%s\n%s: %v", one, other, err)
				}
			}
		}
		v := Decide(context.Background(), a, b, Options{Steps: 2000})
		if strings.Contains(v.Stuck, "internal error") {
			t.Errorf("%s\n%s: %s", one, other, v.Stuck)
		}
		if v.Kind == Breaking && (!accepts(t, a, v.Witness) || accepts(t, b, v.Witness)) {
			t.Errorf("%s\n%s: %s is no witness", one, other, v.Witness)
		}
	})
}
