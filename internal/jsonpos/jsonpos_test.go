package jsonpos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/jsonpos"
)

// place is what Find and Nearest say, in words: what stands at the key and at the value.
type place struct {
	Key, Value string // Key is "" for an array element and the root
}

func placeOf(text string, span jsonpos.Span) place {
	p := place{Value: text[span.Start:span.End]}
	if span.Key >= 0 {
		p.Key = text[span.Key:span.Start]
	}
	return p
}

// event is laid out as nobody would, but could.
const event = "\r\n {\"type\" : \"track\",\n\t\"properties\":{\"items\":[ {\"sku\":\"é\"} ,\t2.50, [] ],\"total\": null}\n}\n"

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name, text, pointer string
		want                place
	}{
		{"root", event, "", place{Value: strings.TrimSpace(event)}},
		{"root that is a scalar", " 12 ", "", place{Value: "12"}},
		{"member with spaces around its colon", event, "/type", place{`"type" : `, `"track"`}},
		{"object", event, "/properties/items/0", place{"", `{"sku":"é"}`}},
		{"string that is not ASCII", event, "/properties/items/0/sku", place{`"sku":`, `"é"`}},
		{"number", event, "/properties/items/1", place{"", "2.50"}},
		{"empty array", event, "/properties/items/2", place{"", "[]"}},
		{"null", event, "/properties/total", place{`"total": `, "null"}},
		{"empty key", `{"":{"":1}}`, "//", place{`"":`, "1"}},
		{"repeated key", `{"a":1,"b":2,"a":{"c":3}}`, "/a", place{`"a":`, `{"c":3}`}},
		{"repeated key, once with escapes", `{"ab":1,"\u0061b":2}`, "/ab", place{`"\u0061b":`, "2"}},
		{"key with escapes", `{"a\"\\\/\n":1}`, "/a\"\\~1\n", place{`"a\"\\\/\n":`, "1"}},
		{"key outside the basic plane", `{"\ud83d\ude00":1,"日本":[2]}`, "/😀", place{`"\ud83d\ude00":`, "1"}},
		{"key that is not ASCII", `{"é":0,"日本":[2]}`, "/日本/0", place{"", "2"}},
		{"key that is not UTF-8", "{\"\xff\":1}", "/\ufffd", place{"\"\xff\":", "1"}},
		{"key with a lone surrogate", `{"\ud800":1}`, "/\ufffd", place{`"\ud800":`, "1"}},
		{"slash and tilde", `{"a/b":{"m~n":1,"~1":2}}`, "/a~1b/m~0n", place{`"m~n":`, "1"}},
		{"tilde one", `{"a/b":{"m~n":1,"~1":2}}`, "/a~1b/~01", place{`"~1":`, "2"}},
		{"number for a key", `{"0":[1],"1":2}`, "/0/0", place{"", "1"}},
		{"brackets and quotes in strings", `{"a":"]}\"{[","b":["}",{"c":"\\"}]}`, "/b/1/c", place{`"c":`, `"\\"`}},
		{"tilde that escapes nothing", `{"a~2":1}`, "/a~2", place{`"a~2":`, "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			span, ok := jsonpos.Find([]byte(tt.text), tt.pointer)
			if !ok {
				t.Fatalf("Find(%q, %q) found nothing", tt.text, tt.pointer)
			}
			if diff := cmp.Diff(tt.want, placeOf(tt.text, span)); diff != "" {
				t.Errorf("Find(%q, %q) (-want +got):\n%s", tt.text, tt.pointer, diff)
			}
		})
	}
}

func TestFindFindsNothing(t *testing.T) {
	for _, tt := range []struct{ name, text, pointer string }{
		{"no such member", event, "/properties/tota"},
		{"below a scalar", event, "/type/0"},
		{"behind the last element", event, "/properties/items/3"},
		{"a name in an array", event, "/properties/items/sku"},
		{"empty key that is not there", `{"a":1}`, "/"},
		{"below a repeated key", `{"a":{"c":3},"a":{"d":4}}`, "/a/c"},
		{"index with a zero in front", `[1,2]`, "/01"},
		{"index with a sign", `[1,2]`, "/+1"},
		{"negative index", `[1,2]`, "/-1"},
		{"negative zero", `[1,2]`, "/-0"},
		{"index behind the end", `[1,2]`, "/-"},
		{"index that fits no int", `[1,2]`, "/99999999999999999999"},
		{"empty index", `[1,2]`, "/"},
		{"element of an empty array", `[ ]`, "/0"},
		{"member of an empty object", `{ }`, "/a"},
		{"no pointer", `{"a":1}`, "a"},
		{"fragment", `{"a":1}`, "#/a"},
		{"slash at the end", `{"a":{"b":1}}`, "/a/"},
		{"text of nothing", "", ""},
		{"text of white space", " \n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if span, ok := jsonpos.Find([]byte(tt.text), tt.pointer); ok || span != (jsonpos.Span{}) {
				t.Errorf("Find(%q, %q) = %v, %v; want nothing", tt.text, tt.pointer, span, ok)
			}
		})
	}
}

func TestFindCountsInBytes(t *testing.T) {
	got, _ := jsonpos.Find([]byte(" {\"é\": 1, \"b\":[true]}"), "/b")
	if diff := cmp.Diff(jsonpos.Span{Key: 11, Start: 15, End: 21}, got); diff != "" {
		t.Errorf("Find (-want +got):\n%s", diff)
	}
	got, _ = jsonpos.Find([]byte(" {\"é\": 1, \"b\":[true]}"), "/b/0")
	if diff := cmp.Diff(jsonpos.Span{Key: -1, Start: 16, End: 20}, got); diff != "" {
		t.Errorf("Find (-want +got):\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	const text = ` {"a":{"b":[1,{"c/d":2}]}} `
	root := strings.TrimSpace(text)
	for _, tt := range []struct {
		name, text, pointer string
		want                place
		reached             string
	}{
		{"all the way", text, "/a/b/1/c~1d", place{`"c/d":`, "2"}, "/a/b/1/c~1d"},
		{"the last step is missing", text, "/a/b/2", place{`"b":`, `[1,{"c/d":2}]`}, "/a/b"},
		{"two steps are missing", text, "/a/x/y", place{`"a":`, `{"b":[1,{"c/d":2}]}`}, "/a"},
		{"all steps are missing", text, "/x/y/z", place{"", root}, ""},
		{"a step below a number", text, "/a/b/0/c", place{"", "1"}, "/a/b/0"},
		{"slash at the end", text, "/a/", place{`"a":`, `{"b":[1,{"c/d":2}]}`}, "/a"},
		{"root", text, "", place{"", root}, ""},
		{"no pointer", text, "a/b", place{"", root}, ""},
		{"text of white space", " \n", "/a", place{"", ""}, ""},
		{"text of nothing", "", "", place{"", ""}, ""},
		{"text that ends early", `{"a":{"b":[1,`, "/a/b/1/c", place{`"b":`, `[1,`}, "/a/b"},
		{"text that is no JSON", `what {"a":1}`, "/a", place{"", `what {"a":1}`}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			span, reached := jsonpos.Nearest([]byte(tt.text), tt.pointer)
			if reached != tt.reached {
				t.Errorf("Nearest(%q, %q) reached %q, want %q", tt.text, tt.pointer, reached, tt.reached)
			}
			if diff := cmp.Diff(tt.want, placeOf(tt.text, span)); diff != "" {
				t.Errorf("Nearest(%q, %q) (-want +got):\n%s", tt.text, tt.pointer, diff)
			}
		})
	}
}

func TestStepsAndJoin(t *testing.T) {
	for _, tt := range []struct {
		pointer string
		steps   []string
	}{
		{"", nil},
		{"/", []string{""}},
		{"//", []string{"", ""}},
		{"/a/0", []string{"a", "0"}},
		{"/a~1b/m~0n", []string{"a/b", "m~n"}},
		{"/~01/~10/~0~1", []string{"~1", "/0", "~/"}},
		{"/é 日/😀", []string{"é 日", "😀"}},
	} {
		if diff := cmp.Diff(tt.steps, jsonpos.Steps(tt.pointer)); diff != "" {
			t.Errorf("Steps(%q) (-want +got):\n%s", tt.pointer, diff)
		}
		joined := ""
		for _, step := range tt.steps {
			joined = jsonpos.Join(joined, step)
		}
		if joined != tt.pointer {
			t.Errorf("Join of %q = %q, want %q", tt.steps, joined, tt.pointer)
		}
	}
}

func TestStepsOfWhatIsNoPointer(t *testing.T) {
	for _, tt := range []struct {
		pointer string
		steps   []string
	}{
		{"a/b", nil},
		{"#/a", nil},
		{"/a~", []string{"a~"}},
		{"/~2/~~1", []string{"~2", "~/"}},
	} {
		if diff := cmp.Diff(tt.steps, jsonpos.Steps(tt.pointer)); diff != "" {
			t.Errorf("Steps(%q) (-want +got):\n%s", tt.pointer, diff)
		}
	}
}

func TestLineColumn(t *testing.T) {
	const text = "{\r\n \"é\":1,\n\n}"
	for _, tt := range []struct {
		offset int
		want   string
	}{
		{-1, "1:1"}, {0, "1:1"}, {1, "1:2"}, {2, "1:3"}, {3, "2:1"}, {4, "2:2"}, {7, "2:5"}, {8, "2:6"},
		{11, "2:9"}, {12, "3:1"}, {13, "4:1"}, {14, "4:2"}, {15, "4:2"}, {1000, "4:2"},
	} {
		line, column := jsonpos.LineColumn([]byte(text), tt.offset)
		if got := fmt.Sprintf("%d:%d", line, column); got != tt.want {
			t.Errorf("LineColumn(%q, %d) = %s, want %s", text, tt.offset, got, tt.want)
		}
	}
}
