package event_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
)

func TestIdentity(t *testing.T) {
	type identity struct {
		Type                     event.Type
		Name, Version, MessageID string
	}
	for _, tt := range []struct {
		name, text string
		want       identity
	}{
		{"track", `{"type":"track","event":"A","name":"B"}`, identity{Type: "track", Name: "A"}},
		{"page", `{"type":"page","event":"A","name":"B"}`, identity{Type: "page", Name: "B"}},
		{"screen", `{"event":"A","name":"B","type":"screen"}`, identity{Type: "screen", Name: "B"}},
		{"identify has no name", `{"type":"identify","event":"A","name":"B"}`, identity{Type: "identify"}},
		{"unknown type", `{"type":"Track","event":"A"}`, identity{Type: "Track"}},
		{"keys in another case", `{"Type":"track","EVENT":"A"}`, identity{}},
		{"type that is no string", `{"type":["track"],"event":"A"}`, identity{}},
		{"name that is no string", `{"type":"track","event":12}`, identity{Type: "track"}},
		{"name that is null", `{"type":"page","name":null}`, identity{Type: "page"}},
		{"escapes", `{"\u0074ype":"tr\u0061ck","event":"\"\\\/\b\u00e9\ud83d\ude00"}`, identity{Type: "track", Name: "\"\\/\bé😀"}},
		{"characters of several bytes", `{"type":"track","event":"日本 é😀"}`, identity{Type: "track", Name: "日本 é😀"}},
		{"lone surrogate", `{"type":"track","event":"a\ud800b"}`, identity{Type: "track", Name: "a\ufffdb"}},
		{"not UTF-8", "{\"type\":\"track\",\"event\":\"a\xffb\"}", identity{Type: "track", Name: "a\ufffdb"}},
		{"repeated keys: the last counts", `{"type":"page","event":"A","type":"track","event":"B","messageId":"1","messageId":"2"}`, identity{Type: "track", Name: "B", MessageID: "2"}},
		{"repeated key, once with escapes", `{"type":"track","event":"A","\u0065vent":"B"}`, identity{Type: "track", Name: "B"}},
		{"repeated key: the last is no string", `{"type":"track","event":"A","event":1,"messageId":"1","messageId":null}`, identity{Type: "track"}},
		{"names inside do not count", `{"properties":{"type":"track","event":"A","messageId":"1"}}`, identity{}},
		{"messageId", `{"messageId":"a\u002db"}`, identity{MessageID: "a-b"}},
		{"messageId that is no string", `{"messageId":12}`, identity{}},

		{"version as a number", `{"context":{"protocols":{"event_version":2}}}`, identity{Version: "2"}},
		{"the number's text", `{"context":{"protocols":{"event_version":-2.50E+1}}}`, identity{Version: "-2.50E+1"}},
		{"version as a string", `{"context":{"protocols":{"event_version":"1\u002e10"}}}`, identity{Version: "1.10"}},
		{"version that is null", `{"context":{"protocols":{"event_version":null}}}`, identity{}},
		{"version that is an object", `{"context":{"protocols":{"event_version":{"event_version":1}}}}`, identity{}},
		{"version that is a boolean", `{"context":{"protocols":{"event_version":true}}}`, identity{}},
		{"no version", `{"context":{"protocols":{}}}`, identity{}},
		{"protocols that are no object", `{"context":{"protocols":[{"event_version":1}]}}`, identity{}},
		{"context that is no object", `{"context":"event_version"}`, identity{}},
		{"repeated all the way", `{"context":1,"context":{"protocols":1,"protocols":{"event_version":1,"event_version":2}}}`, identity{Version: "2"}},
		{"no object", `["type","track"]`, identity{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := event.Decode([]byte("["+tt.text+"]"), start())
			if err != nil || len(events) != 1 {
				t.Fatalf("Decode([%s]) = %d events, %v", tt.text, len(events), err)
			}
			ev := events[0]
			got := identity{ev.Type, ev.Name, ev.Version, ev.MessageID()}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decode(%s) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestMessageIDOfTheZeroEvent(t *testing.T) {
	if got := (event.Event{}).MessageID(); got != "" {
		t.Errorf("MessageID of the zero Event = %q, want none", got)
	}
}

func TestKeysOfTypes(t *testing.T) {
	var got []string
	for _, typ := range append(event.Types(), event.Delete, "", "hit") {
		got = append(got, fmt.Sprintf("%s: %q %q", typ, typ.NameKey(), typ.BodyKey()))
	}
	want := []string{
		`track: "event" "properties"`, `identify: "" "traits"`, `page: "name" "properties"`, `screen: "name" "properties"`,
		`group: "" "traits"`, `alias: "" ""`, `delete: "" ""`, `: "" ""`, `hit: "" ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("name and body of each type (-want +got):\n%s", diff)
	}
}

func TestAdvance(t *testing.T) {
	for _, tt := range []struct {
		at   event.Place
		text string
		want event.Place
	}{
		{event.Place{File: "f", Line: 3, Column: 7}, "", event.Place{File: "f", Line: 3, Column: 7}},
		{event.Place{Line: 3, Column: 7}, "abc", event.Place{Line: 3, Column: 10}},
		{event.Place{Line: 3, Column: 7}, "é\t", event.Place{Line: 3, Column: 10}},
		{event.Place{Line: 3, Column: 7}, "\n", event.Place{Line: 4, Column: 1}},
		{event.Place{Line: 3, Column: 7}, "a\r\n\nbc", event.Place{Line: 5, Column: 3}},
		{event.Place{Line: 3, Column: 7}, "a\rb", event.Place{Line: 3, Column: 10}},
		{event.Place{File: "f"}, "a\nb", event.Place{File: "f"}},
		{event.Place{}, "a\nb", event.Place{}},
	} {
		if got := tt.at.Advance([]byte(tt.text)); got != tt.want {
			t.Errorf("%+v.Advance(%q) = %+v, want %+v", tt.at, tt.text, got, tt.want)
		}
	}
}

func TestMembers(t *testing.T) {
	type member struct{ Key, Written, Value string }
	for _, tt := range []struct {
		object string
		want   []member
	}{
		{"{}", nil},
		{"{ \n}", nil},
		{`{"b":1,"a":2}`, []member{{"b", `"b"`, "1"}, {"a", `"a"`, "2"}}},
		{`{"a":1,"\u0061":[],"a":{}}`, []member{{"a", `"a"`, "1"}, {"a", `"\u0061"`, "[]"}, {"a", `"a"`, "{}"}}},
		{"{ \"a\\\"}\" :\t\"]}\\\\\" ,\r\n\"\":[ {\"x\":\"}\"} ] , \"é\" : -1.0e5\n}", []member{{`a"}`, `"a\"}"`, `"]}\\"`}, {"", `""`, `[ {"x":"}"} ]`}, {"é", `"é"`, "-1.0e5"}}},
		{"{\"\xff\":null,\"\\ud800\":true}", []member{{"\ufffd", "\"\xff\"", "null"}, {"\ufffd", `"\ud800"`, "true"}}},
	} {
		var got []member
		for m := range event.Members([]byte(tt.object)) {
			end := event.SkipString([]byte(tt.object), m.KeyStart)
			got = append(got, member{m.Key, tt.object[m.KeyStart:end], tt.object[m.Start:m.End]})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Members(%s) (-want +got):\n%s", tt.object, diff)
		}
	}
	for m := range event.Members([]byte(`{"a":1,"b":2}`)) {
		if m.Key != "a" {
			t.Errorf("Members went on to %q behind a break", m.Key)
		}
		break
	}
}
