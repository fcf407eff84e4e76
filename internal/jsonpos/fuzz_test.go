package jsonpos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/jsonpos"
)

func addSeeds(f *testing.F) {
	for _, seed := range []string{
		`{"type":"track","properties":{"a":[1,2.50,{"b":null}],"":{"":""}}}`, ` [ [ ] , { } , "\u00e9\ud800" , -0.0e-1 , true ] `,
		`{"a":1,"a":{"b":1},"\u0061":[2]}`, "{\"\xff\":1,\"\ufffd\":2,\"\\ufffd\":3}", `{"a/b":{"m~n":1,"~1":2,"~01":3}}`, `{"0":[0],"1":{"0":1}}`,
		`{"a":"]}\"{[","b":["}",{"c":"\\"}]}`, `"x"`, `12`, "{\r\n\t\"日本\" : [\n]\r\n}", `{"a`, `{"a":`, `{"a":[1,`, `{"a":1 "b":2}`, `[,]`, `{:}`, `[}`, `"\`, ``, ` `,
	} {
		f.Add([]byte(seed))
	}
}

// FuzzFindAgreesWithDecode: for every value of a decoded document, Find leads to bytes
// that decode to the same value, and Nearest leads there from anywhere below.
func FuzzFindAgreesWithDecode(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := decode(text)
		if err != nil {
			return
		}
		left := 200 // values; each is a walk through the text
		var visit func(want any, pointer string)
		visit = func(want any, pointer string) {
			if left--; left < 0 {
				return
			}
			checkFound(t, text, pointer, want)
			switch v := want.(type) {
			case map[string]any:
				for key, value := range v {
					visit(value, jsonpos.Join(pointer, key))
				}
				checkMissing(t, text, pointer, "no such key", v["no such key"] != nil)
			case []any:
				for i, value := range v {
					visit(value, jsonpos.Join(pointer, strconv.Itoa(i)))
				}
				checkMissing(t, text, pointer, strconv.Itoa(len(v)), false)
			default:
				checkMissing(t, text, pointer, "0", false)
			}
		}
		visit(root, "")
	})
}

func decode(text []byte) (v any, err error) {
	if !json.Valid(text) {
		return nil, fmt.Errorf("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

func checkFound(t *testing.T, text []byte, pointer string, want any) {
	span, ok := jsonpos.Find(text, pointer)
	if !ok {
		t.Fatalf("Find(%q, %q) found nothing", text, pointer)
	}
	got, err := decode(text[span.Start:span.End])
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Find(%q, %q) leads to %q, error %v (-want +got):\n%s", text, pointer, text[span.Start:span.End], err, diff)
	}
	if span.Key < 0 {
		return
	}
	token, err := json.NewDecoder(bytes.NewReader(text[span.Key:])).Token()
	steps := jsonpos.Steps(pointer)
	if err != nil || token != steps[len(steps)-1] {
		t.Errorf("Find(%q, %q): the key is %v, error %v", text, pointer, token, err)
	}
}

func checkMissing(t *testing.T, text []byte, pointer, step string, exists bool) {
	if exists {
		return
	}
	below := jsonpos.Join(pointer, step)
	want, _ := jsonpos.Find(text, pointer)
	got, reached := jsonpos.Nearest(text, below+"/x/y")
	if diff := cmp.Diff(want, got); reached != pointer || diff != "" {
		t.Errorf("Nearest(%q, %q) reached %q, want %q (-want +got):\n%s", text, below+"/x/y", reached, pointer, diff)
	}
	if span, ok := jsonpos.Find(text, below); ok {
		t.Errorf("Find(%q, %q) = %v, want nothing", text, below, span)
	}
}

// FuzzNearestStaysInText: whatever the text and the pointer are, the place is one in the
// text, its key is a whole string, and the pointer that was reached is a part of the one
// asked for, which leads to the same place.
func FuzzNearestStaysInText(f *testing.F) {
	for _, pointer := range []string{"", "/", "/a", "/a/0", "a", "/0/~1/~", "/\xff"} {
		for _, text := range []string{`{"a":[1,{"b":2}]}`, `{"a`, `{"a":`, `{"a":[1,`, `[[],{"/":{"~":"\`, `{"a":1 "b":2}`, "{\"\xff\":}", `{"a":,}`, `]`, ``, " \n"} {
			f.Add([]byte(text), pointer)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, pointer string) {
		span, reached := jsonpos.Nearest(text, pointer)
		if !strings.HasPrefix(pointer, reached) || span.Start < 0 || span.Start > span.End || span.End > len(text) || span.Key >= span.Start {
			t.Fatalf("Nearest(%q, %q) = %v, %q", text, pointer, span, reached)
		}
		if span.Key >= 0 {
			key := bytes.TrimRight(bytes.TrimRight(text[span.Key:span.Start], " \t\r\n"), ":")
			if key = bytes.TrimRight(key, " \t\r\n"); len(key) < 2 || key[0] != '"' || key[len(key)-1] != '"' {
				t.Errorf("Nearest(%q, %q) = %v, whose key is %q", text, pointer, span, key)
			}
		}
		again, ok := jsonpos.Find(text, reached)
		if len(bytes.TrimLeft(text, " \t\r\n")) > 0 && (!ok || again != span) {
			t.Errorf("Find(%q, %q) = %v, %v; Nearest says %v", text, reached, again, ok, span)
		}
		if found, ok := jsonpos.Find(text, pointer); ok != (reached == pointer && span.Start < span.End) || ok && found != span {
			t.Errorf("Find(%q, %q) = %v, %v; Nearest says %v, %q", text, pointer, found, ok, span, reached)
		}
	})
}
