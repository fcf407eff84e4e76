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

func TestFind(t *testing.T) {
	const event = "\r\n {\"type\" : \"track\",\n\t\"properties\":{\"items\":[ {\"sku\":\"é\"} ,\t2.50, [] ],\"total\": null}\n}\n"
	for _, tt := range []struct {
		name, text, pointer string
		want                place
		missing             bool
	}{
		{name: "root", text: event, pointer: "", want: place{Value: strings.TrimSpace(event)}},
		{name: "root that is a scalar", text: " 12 ", pointer: "", want: place{Value: "12"}},
		{name: "member with spaces around its colon", text: event, pointer: "/type", want: place{`"type" : `, `"track"`}},
		{name: "object", text: event, pointer: "/properties/items/0", want: place{"", `{"sku":"é"}`}},
		{name: "string that is not ASCII", text: event, pointer: "/properties/items/0/sku", want: place{`"sku":`, `"é"`}},
		{name: "number", text: event, pointer: "/properties/items/1", want: place{"", "2.50"}},
		{name: "empty array", text: event, pointer: "/properties/items/2", want: place{"", "[]"}},
		{name: "null", text: event, pointer: "/properties/total", want: place{`"total": `, "null"}},
		{name: "no such member", text: event, pointer: "/properties/tota", missing: true},
		{name: "below a scalar", text: event, pointer: "/type/0", missing: true},
		{name: "behind the last element", text: event, pointer: "/properties/items/3", missing: true},
		{name: "a name in an array", text: event, pointer: "/properties/items/sku", missing: true},

		{name: "empty key", text: `{"":{"":1}}`, pointer: "//", want: place{`"":`, "1"}},
		{name: "empty key that is not there", text: `{"a":1}`, pointer: "/", missing: true},
		{name: "repeated key", text: `{"a":1,"b":2,"a":{"c":3}}`, pointer: "/a", want: place{`"a":`, `{"c":3}`}},
		{name: "below a repeated key", text: `{"a":{"c":3},"a":{"d":4}}`, pointer: "/a/c", missing: true},
		{name: "repeated key, once with escapes", text: `{"ab":1,"\u0061b":2}`, pointer: "/ab", want: place{`"\u0061b":`, "2"}},
		{name: "key with escapes", text: `{"a\"\\\/\n":1}`, pointer: "/a\"\\~1\n", want: place{`"a\"\\\/\n":`, "1"}},
		{name: "key outside the basic plane", text: `{"\ud83d\ude00":1,"日本":[2]}`, pointer: "/😀", want: place{`"\ud83d\ude00":`, "1"}},
		{name: "key that is not ASCII", text: `{"é":0,"日本":[2]}`, pointer: "/日本/0", want: place{"", "2"}},
		{name: "key that is not UTF-8", text: "{\"\xff\":1}", pointer: "/\ufffd", want: place{"\"\xff\":", "1"}},
		{name: "key with a lone surrogate", text: `{"\ud800":1}`, pointer: "/\ufffd", want: place{`"\ud800":`, "1"}},
		{name: "slash and tilde", text: `{"a/b":{"m~n":1,"~1":2}}`, pointer: "/a~1b/m~0n", want: place{`"m~n":`, "1"}},
		{name: "tilde one", text: `{"a/b":{"m~n":1,"~1":2}}`, pointer: "/a~1b/~01", want: place{`"~1":`, "2"}},
		{name: "number for a key", text: `{"0":[1],"1":2}`, pointer: "/0/0", want: place{"", "1"}},
		{name: "brackets and quotes in strings", text: `{"a":"]}\"{[","b":["}",{"c":"\\"}]}`, pointer: "/b/1/c", want: place{`"c":`, `"\\"`}},

		{name: "index with a zero in front", text: `[1,2]`, pointer: "/01", missing: true},
		{name: "index with a sign", text: `[1,2]`, pointer: "/+1", missing: true},
		{name: "negative index", text: `[1,2]`, pointer: "/-1", missing: true},
		{name: "negative zero", text: `[1,2]`, pointer: "/-0", missing: true},
		{name: "index behind the end", text: `[1,2]`, pointer: "/-", missing: true},
		{name: "index that fits no int", text: `[1,2]`, pointer: "/99999999999999999999", missing: true},
		{name: "empty index", text: `[1,2]`, pointer: "/", missing: true},
		{name: "element of an empty array", text: `[ ]`, pointer: "/0", missing: true},
		{name: "member of an empty object", text: `{ }`, pointer: "/a", missing: true},

		{name: "no pointer", text: `{"a":1}`, pointer: "a", missing: true},
		{name: "fragment", text: `{"a":1}`, pointer: "#/a", missing: true},
		{name: "slash at the end", text: `{"a":{"b":1}}`, pointer: "/a/", missing: true},
		{name: "tilde that escapes nothing", text: `{"a~2":1}`, pointer: "/a~2", want: place{`"a~2":`, "1"}},
		{name: "text of nothing", text: "", pointer: "", missing: true},
		{name: "text of white space", text: " \n", pointer: "", missing: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			span, ok := jsonpos.Find([]byte(tt.text), tt.pointer)
			if !ok || tt.missing {
				if ok || !tt.missing || span != (jsonpos.Span{}) {
					t.Errorf("Find(%q, %q) = %v, %v; want it to be missing: %v", tt.text, tt.pointer, span, ok, tt.missing)
				}
				return
			}
			if diff := cmp.Diff(tt.want, placeOf(tt.text, span)); diff != "" {
				t.Errorf("Find(%q, %q) (-want +got):\n%s", tt.text, tt.pointer, diff)
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
