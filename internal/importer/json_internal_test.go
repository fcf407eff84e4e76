package importer

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What is read of JSON is written back as the same JSON, and nothing else is read.
func FuzzOrderedJSONIsTheSame(f *testing.F) {
	for _, text := range []string{`{"b":1,"a":[{},[],"<&>é\n"],"b":-0.50e+3}`, `[1 2]`, `{"a"}`, ` null `, `"\ud800"`, `{"a":1}x`, ``} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := parseJSON(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("parseJSON(%q) takes what is no JSON", text)
		}
		got := compactJSON(v)
		again, err := parseJSON(got)
		if err != nil || !bytes.Equal(compactJSON(again), got) {
			t.Errorf("parseJSON(%q) = %s, and again %s, %v", text, got, compactJSON(again), err)
		}
		var before, after any
		if json.Unmarshal(text, &before) != nil || json.Unmarshal(got, &after) != nil {
			return // a number that Go has no room for
		}
		x, _ := json.Marshal(before)
		y, _ := json.Marshal(after)
		if !bytes.Equal(x, y) {
			t.Errorf("parseJSON(%q) = %s, want the same value", text, got)
		}
	})
}

// What the lenient reader calls JSON is JSON, and it takes all JSON objects.
func FuzzRelaxedKnowsJSON(f *testing.F) {
	for _, text := range []string{`{"a":1,"b":[true,null,"x"]}`, `{a: 'x', /* c */ b: new Date(), }`, `{"a" "b"}`, `{"a":1 "b":2}`, `{"a":.5}`, "{\"a\":`x\ny`}", `{,}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, r, err := parseRelaxed(text)
		if r.i > len(text) {
			t.Fatalf("parseRelaxed(%q) read %d bytes of %d", text, r.i, len(text))
		}
		if err == nil && r.strict && !json.Valid([]byte(text[:r.i])) {
			t.Errorf("parseRelaxed(%q) calls it JSON, and it is none", text[:r.i])
		}
		if json.Valid([]byte(text)) && len(text) < maxSampleNodes && len(text) > 0 && bytes.Count([]byte(text), []byte("[")) < maxJSONDepth && bytes.Count([]byte(text), []byte("{")) < maxJSONDepth {
			if err != nil || !r.strict {
				t.Errorf("parseRelaxed(%q) = %v, strict %v, %v; want JSON", text, v, r.strict, err)
			}
		}
	})
}

// What is set is what one gets, also of a repeated key.
func TestSetOfARepeatedKey(t *testing.T) {
	v, err := parseJSON([]byte(`{"a":1,"b":2,"a":3}`))
	o, ok := v.(*object)
	if err != nil || !ok {
		t.Fatalf("parseJSON: %v, %v", v, err)
	}
	o.set("a", json.RawMessage("4"))
	if got := string(compactJSON(o)); got != `{"a":1,"b":2,"a":4}` || string(o.get("a").(json.RawMessage)) != "4" {
		t.Errorf("got %s, and %s of it; want the last to be 4", got, o.get("a"))
	}
}
