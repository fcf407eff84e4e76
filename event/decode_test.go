package event_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
)

// start is where a file begins.
func start() event.Place { return event.Place{File: "f", Line: 1, Column: 1} }

// decoded is an event in a form that a test can write down.
type decoded struct {
	Type    event.Type
	Name    string
	Version string
	Raw     string
	JSON    string // "" if it is Raw, byte for byte
	At      string // LINE:COLUMN
	Index   int
	Batch   string // the envelope, its place and its count; "" for none
}

func place(at event.Place) string { return fmt.Sprintf("%d:%d", at.Line, at.Column) }

func describe(events ...event.Event) []decoded {
	var all []decoded
	for _, ev := range events {
		d := decoded{Type: ev.Type, Name: ev.Name, Version: ev.Version, Raw: string(ev.Raw), At: place(ev.At), Index: ev.Index}
		if string(ev.JSON()) != d.Raw {
			d.JSON = string(ev.JSON())
		}
		if ev.Batch != nil {
			d.Batch = fmt.Sprintf("%s at %s, %d in it", ev.Batch.Raw, place(ev.Batch.At), ev.Batch.Count)
		}
		all = append(all, d)
	}
	return all
}

func TestDecode(t *testing.T) {
	const pretty = "{\n  \"type\" : \"track\" ,\r\n\t\"event\": \"Order Completed\",\n  \"properties\": { \"total\": 12.90e+1, \"b\": null, \"a\": [ ] }\n}"
	for _, tt := range []struct {
		name, text string
		want       []decoded
	}{
		{"one event", `{"type":"identify","userId":"u"}`, []decoded{{Type: "identify", Raw: `{"type":"identify","userId":"u"}`, At: "1:1"}}},
		{"pretty-printed, in white space", "\r\n\t " + pretty + " \n\n", []decoded{{Type: "track", Name: "Order Completed", Raw: pretty, At: "2:3"}}},
		{"what is no event", ` "track" `, []decoded{{Raw: `"track"`, At: "1:2"}}},
		{"null", `null`, []decoded{{Raw: `null`, At: "1:1"}}},
		{"an object of nothing", `{}`, []decoded{{Raw: `{}`, At: "1:1"}}},
		{"array", "[{\"type\":\"page\",\"name\":\"Home\"},\n 1.0 , {\"type\":\"group\"}\n,null,[]]", []decoded{
			{Type: "page", Name: "Home", Raw: `{"type":"page","name":"Home"}`, At: "1:2"},
			{Raw: "1.0", At: "2:2"},
			{Type: "group", Raw: `{"type":"group"}`, At: "2:8"},
			{Raw: "null", At: "3:2"},
			{Raw: "[]", At: "3:7"},
		}},
		{"empty array", " [ ] ", nil},
		{"an array of one envelope is one event", `[{"batch":[{}]}]`, []decoded{{Raw: `{"batch":[{}]}`, At: "1:2"}}},
		{"envelope", ` {"batch":[{"type":"track","event":"A"}, {}]} `, []decoded{
			{Type: "track", Name: "A", Raw: `{"type":"track","event":"A"}`, At: "1:12", Batch: `{"batch":[{"type":"track","event":"A"}, {}]} at 1:2, 2 in it`},
			{Raw: `{}`, At: "1:42", Index: 1, Batch: `{"batch":[{"type":"track","event":"A"}, {}]} at 1:2, 2 in it`},
		}},
		{"envelope whose items are no events", `{"sentAt":1,"batch":[1,[]],"writeKey":"k"}`, []decoded{
			{Raw: "1", At: "1:22", Batch: `{"sentAt":1,"batch":[1,[]],"writeKey":"k"} at 1:1, 2 in it`},
			{Raw: "[]", At: "1:24", Index: 1, Batch: `{"sentAt":1,"batch":[1,[]],"writeKey":"k"} at 1:1, 2 in it`},
		}},
		{"the last batch counts", `{"batch":1,"batch":[{}]}`, []decoded{{Raw: "{}", At: "1:21", Batch: `{"batch":1,"batch":[{}]} at 1:1, 1 in it`}}},
		{"a batch that is no array", `{"batch":{"0":{}}}`, []decoded{{Raw: `{"batch":{"0":{}}}`, At: "1:1"}}},
		{"the last batch is no array", `{"batch":[{}],"batch":{}}`, []decoded{{Raw: `{"batch":[{}],"batch":{}}`, At: "1:1"}}},
		{"an event with a batch", `{"batch":[{}],"type":null}`, []decoded{{Raw: `{"batch":[{}],"type":null}`, At: "1:1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := event.Decode([]byte(tt.text), start())
			if err != nil {
				t.Fatalf("Decode(%s): %v", tt.text, err)
			}
			if diff := cmp.Diff(tt.want, describe(events...)); diff != "" {
				t.Errorf("Decode(%s) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", event.ErrEmpty},
		{"white space", " \t\r\n", event.ErrEmpty},
		{"batch of nothing", `{"batch":[ ],"context":{}}`, event.ErrEmptyBatch},
		{"not JSON", `{"type":"track"`, &event.SyntaxError{Offset: 15, Message: "the text ends in the middle of a value"}},
		{"two events", `{} {}`, &event.SyntaxError{Offset: 3, Message: "invalid character '{' after top-level value"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := event.Decode([]byte(tt.text), start())
			if diff := cmp.Diff(tt.want, err, cmp.Comparer(sameError)); events != nil || diff != "" {
				t.Errorf("Decode(%s) = %v, error (-want +got):\n%s", tt.text, events, diff)
			}
			if tt.want == event.ErrEmptyBatch {
				return
			}
			ev, err := event.DecodeCall([]byte(tt.text), event.Track, start())
			if diff := cmp.Diff(tt.want, err, cmp.Comparer(sameError)); ev.Raw != nil || diff != "" {
				t.Errorf("DecodeCall(%s) = %v, error (-want +got):\n%s", tt.text, ev, diff)
			}
		})
	}
}

// sameError compares sentinels by identity and a SyntaxError by its fields.
func sameError(x, y error) bool {
	a, isA := errors.AsType[*event.SyntaxError](x)
	b, isB := errors.AsType[*event.SyntaxError](y)
	if isA && isB {
		return *a == *b
	}
	return x == y
}

func TestDecodePlaces(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		at         event.Place
		want       []string
	}{
		{"lines", "[\n{},\n  {}\n,{}]", start(), []string{"f:2:1", "f:3:3", "f:4:2"}},
		{"CR LF", "[\r\n{},\r\n  {}\r\n,{}]", start(), []string{"f:2:1", "f:3:3", "f:4:2"}},
		{"an event of several lines in front", "[{\n\"a\":\n1},{}]", start(), []string{"f:1:2", "f:3:4"}},
		{"a newline in a string is none", `["\n",{}]`, start(), []string{"f:1:2", "f:1:7"}},
		{"characters of several bytes in front", `["é日😀",{}]`, start(), []string{"f:1:2", "f:1:14"}},
		{"a tab is one column", "[\t{}]", start(), []string{"f:1:3"}},
		{"a text that begins in the middle of a line", `[{},{}]`, event.Place{File: "g", Line: 7, Column: 100}, []string{"g:7:101", "g:7:104"}},
		{"and goes on to the next", "\n[{},\n{}]", event.Place{File: "g", Line: 7, Column: 100}, []string{"g:8:2", "g:9:1"}},
		{"an envelope's items", "{\"context\":{\"é\":\n1},\"batch\":[ {},\n {}]}", start(), []string{"f:2:14", "f:3:2"}},
		{"over HTTP", "{}", event.Place{Line: 1, Column: 1}, []string{":1:1"}},
		{"not known", "\n [{},\n{}]", event.Place{}, []string{":0:0", ":0:0"}},
		{"known by its file only", "\n [{}]", event.Place{File: "f"}, []string{"f:0:0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := event.Decode([]byte(tt.text), tt.at)
			if err != nil {
				t.Fatalf("Decode(%q): %v", tt.text, err)
			}
			var got []string
			for _, ev := range events {
				got = append(got, ev.At.File+":"+place(ev.At))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decode(%q) places (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestDecodeCall(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		t          event.Type
		want       decoded
	}{
		{"a type of its own", ` {"type":"page","name":"Home"} `, event.Track, decoded{Type: "page", Name: "Home", Raw: `{"type":"page","name":"Home"}`, At: "1:2"}},
		{"the type of the path", "{\"event\":\"A\",\n\"n\":1.0}\n", event.Track, decoded{Type: "track", Name: "A", Raw: "{\"event\":\"A\",\n\"n\":1.0}", JSON: "{\"event\":\"A\",\n\"n\":1.0,\"type\":\"track\"}", At: "1:1"}},
		{"pretty-printed", "{\n  \"a\": 1\n}", event.Identify, decoded{Type: "identify", Raw: "{\n  \"a\": 1\n}", JSON: "{\n  \"a\": 1,\"type\":\"identify\"\n}", At: "1:1"}},
		{"an object of nothing", "{ }", event.Alias, decoded{Type: "alias", Raw: "{ }", JSON: `{"type":"alias" }`, At: "1:1"}},
		{"a type that is null is the event's own", `{"type":null}`, event.Track, decoded{Raw: `{"type":null}`, At: "1:1"}},
		{"a type that needs quoting", `{}`, event.Type("a\"b"), decoded{Type: "a\"b", Raw: `{}`, JSON: `{"type":"a\"b"}`, At: "1:1"}},
		{"an envelope is one event", `{"batch":[{}]}`, event.Track, decoded{Type: "track", Raw: `{"batch":[{}]}`, JSON: `{"batch":[{}],"type":"track"}`, At: "1:1"}},
		{"an array is one event", ` [{}]`, event.Track, decoded{Raw: `[{}]`, At: "1:2"}},
		{"a number is one event", `1.0`, event.Track, decoded{Raw: `1.0`, At: "1:1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ev, err := event.DecodeCall([]byte(tt.text), tt.t, start())
			if err != nil {
				t.Fatalf("DecodeCall(%s): %v", tt.text, err)
			}
			if diff := cmp.Diff([]decoded{tt.want}, describe(ev)); diff != "" {
				t.Errorf("DecodeCall(%s, %q) (-want +got):\n%s", tt.text, tt.t, diff)
			}
		})
	}
}

// TestEventsCanBeAppendedTo holds the pieces of one text apart.
func TestEventsCanBeAppendedTo(t *testing.T) {
	for _, text := range []string{` {} `, `[{},{}]`, `{"batch":[{},{}],"a":1} `} {
		b := []byte(text)
		events, err := event.Decode(b, start())
		if err != nil {
			t.Fatalf("Decode(%s): %v", text, err)
		}
		for _, ev := range events {
			pieces := []json.RawMessage{ev.Raw, ev.JSON()}
			if ev.Batch != nil {
				pieces = append(pieces, ev.Batch.Raw)
			}
			for _, piece := range pieces {
				_ = append(piece, "xxx"...)
			}
		}
		if got := string(b); got != text {
			t.Errorf("append to an event of %s makes it %s", text, strings.TrimSpace(got))
		}
	}
}

// TestDecodeSomeIsAPartOfDecode compares each part of a batch, and of a list, with the
// whole.
func TestDecodeSomeIsAPartOfDecode(t *testing.T) {
	for _, text := range []string{`{"context":{"a":1},"batch":[{"type":"page"},` + "\n" + `2,{"type":"track","event":"E"},{}]}`, "[1,\n{},3,4]"} {
		all, err := event.Decode([]byte(text), start())
		if err != nil {
			t.Fatal(err)
		}
		for first := range 5 {
			for last := first; last < 6; last++ {
				got, err := event.DecodeSome([]byte(text), start(), first, last)
				if err != nil {
					t.Errorf("DecodeSome(%s, %d, %d): %v", text, first, last, err)
				}
				want := all[min(first, len(all)):min(last+1, len(all))]
				if diff := cmp.Diff(describe(want...), describe(got...)); diff != "" {
					t.Errorf("DecodeSome(%s, %d, %d) (-want +got):\n%s", text, first, last, diff)
				}
			}
		}
	}
	if events, err := event.DecodeSome([]byte(`{"batch":[{}]}`), start(), 1, 3); len(events) != 0 || err != nil {
		t.Errorf("behind the end: %v, %v, want no event and no error", events, err)
	}
}
