package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
)

func addSeeds(f *testing.F) {
	for _, seed := range []string{
		`{"type":"track","event":"A","context":{"protocols":{"event_version":1.0}},"messageId":"m"}`, " [ {} ,\r\n {\"type\":\"page\",\"name\":\"\\u00e9\"}, 1.0 ] ",
		`{"batch":[{"context":{"a":1.50,"a":2}},{},{"context":null},7,{"integrations":{}}],"context":{"b":"\ud800","\u0061":{"x":1}},"integrations":{"All":false}}`,
		"{ \"context\" : { \"\xff\" : 1 , \"<\\/\":[] } ,\n\"batch\":[ { } , {\"context\":{\"\ufffd\":\"é\"\n}} ]}", `{"batch":[],"context":{}}`, `{"batch":[{}],"type":1}`, `{"batch":{},"a":[]}`,
		`{"\u0062atch":[{"\u0063ontext":{},"context":{"a":1}}],"context":1,"context":{"b":2}}`, `{`, `[`, `"`, `{"a":tru`, `{"a":1,}`, "\"\x00\"", "é", "\ufeff{}", "[1 2]", `{"a":-`, `"\u00`, "{}\xff", ``, " \n",
	} {
		f.Add([]byte(seed))
	}
}

// FuzzCheckSyntaxAgreesWithEncodingJSON: what CheckSyntax passes is what encoding/json
// takes; of what it refuses, the text in front of the offset could still become JSON, and
// with the byte at the offset it cannot any more.
func FuzzCheckSyntaxAgreesWithEncodingJSON(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		err := event.CheckSyntax(text)
		var v any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		taken := dec.Decode(&v) == nil && len(bytes.TrimLeft(text[dec.InputOffset():], " \t\r\n")) == 0
		if taken != (err == nil) {
			t.Fatalf("CheckSyntax(%q) = %v, encoding/json takes it: %v", text, err, taken)
		}
		if blank := len(bytes.TrimLeft(text, " \t\r\n")) == 0; blank != errors.Is(err, event.ErrEmpty) {
			t.Fatalf("CheckSyntax(%q) = %v", text, err)
		}
		e, ok := errors.AsType[*event.SyntaxError](err)
		if !ok {
			return
		}
		if e.Offset < 0 || e.Offset > len(text) || e.Message == "" {
			t.Fatalf("CheckSyntax(%q) = %+v", text, e)
		}
		if before := event.CheckSyntax(text[:e.Offset]); e.Offset < len(text) && !couldGoOn(before, e.Offset) {
			t.Errorf("CheckSyntax(%q) = %v, but in front of it there is already %v", text, e, before)
		}
		if e.Offset < len(text) {
			with, _ := errors.AsType[*event.SyntaxError](event.CheckSyntax(text[:e.Offset+1]))
			// A character of several bytes is cut here, and told differently.
			if with == nil || with.Offset != e.Offset || text[e.Offset] < 0x80 && with.Message != e.Message {
				t.Errorf("CheckSyntax(%q) = %v, but of %q it says %v", text, e, text[:e.Offset+1], with)
			}
		}
	})
}

// couldGoOn reports whether a text of n bytes with that error is the beginning of JSON.
func couldGoOn(err error, n int) bool {
	e, ok := errors.AsType[*event.SyntaxError](err)
	return !ok || e.Offset == n
}

// FuzzDecodeKeepsBytes: the events are pieces of the text, at their places, in order,
// with nothing but commas and white space between them. Their JSON is what encoding/json
// makes by merging, and their own bytes stay in it.
func FuzzDecodeKeepsBytes(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		events, err := event.Decode(text, event.Place{File: "f", Line: 1, Column: 1})
		if err != nil {
			checkRefused(t, text, err)
			return
		}
		end := 0 // of the event in front
		for i, ev := range events {
			at := offset(text, ev.At)
			if !bytes.HasPrefix(text[at:], ev.Raw) || at < end || ev.At.File != "f" {
				t.Fatalf("event %d of %q is said to be %q at %+v", i, text, ev.Raw, ev.At)
			}
			if between := string(text[end:at]); i > 0 && strings.Trim(between, " \t\r\n") != "," {
				t.Errorf("between the events %d and %d of %q stands %q", i-1, i, text, between)
			}
			end = at + len(ev.Raw)
			checkBatch(t, text, ev, len(events), i)
			checkEvent(t, ev)
		}
	})
}

// checkRefused allows the errors that Decode names, for the texts that it names them for.
func checkRefused(t *testing.T, text []byte, err error) {
	syntax := event.CheckSyntax(text)
	if syntax == nil && !errors.Is(err, event.ErrEmptyBatch) || syntax != nil && err.Error() != syntax.Error() {
		t.Errorf("Decode(%q) = %v, CheckSyntax says %v", text, err, syntax)
	}
	if object, _ := decode(t, text).(map[string]any); syntax == nil {
		if batch, ok := object["batch"].([]any); !ok || len(batch) > 0 {
			t.Errorf("Decode(%q) = %v", text, err)
		}
	}
}

// offset returns where in text a place is.
func offset(text []byte, at event.Place) int {
	before := 0
	for range at.Line - 1 {
		before += bytes.IndexByte(text[before:], '\n') + 1
	}
	return before + at.Column - 1
}

// decode returns what encoding/json makes of a text, nil if it is not JSON.
func decode(t *testing.T, text []byte) any {
	if !json.Valid(text) {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", text, err)
	}
	return v
}

func checkBatch(t *testing.T, text []byte, ev event.Event, events, i int) {
	object, _ := decode(t, text).(map[string]any)
	_, isEvent := object["type"]
	if batch, isBatch := object["batch"].([]any); (isBatch && !isEvent) != (ev.Batch != nil) {
		t.Fatalf("Decode(%q): batch %v", text, ev.Batch)
	} else if ev.Batch == nil {
		if ev.Index != 0 {
			t.Errorf("Decode(%q): index %d outside of a batch", text, ev.Index)
		}
		return
	} else if ev.Index != i || ev.Batch.Count != events || len(batch) != events {
		t.Errorf("Decode(%q): event %d of %d has index %d, count %d", text, i, events, ev.Index, ev.Batch.Count)
	}
	if at := offset(text, ev.Batch.At); !bytes.HasPrefix(text[at:], ev.Batch.Raw) || len(bytes.Trim(text, " \t\r\n")) != len(ev.Batch.Raw) {
		t.Errorf("Decode(%q): batch %q at %+v", text, ev.Batch.Raw, ev.Batch.At)
	}
}

// checkEvent merges and names an event through encoding/json.
func checkEvent(t *testing.T, ev event.Event) {
	want := decode(t, ev.Raw)
	object, isObject := want.(map[string]any)
	if isObject && ev.Batch != nil {
		envelope, _ := decode(t, ev.Batch.Raw).(map[string]any)
		for _, key := range []string{"context", "integrations"} {
			merge(object, key, envelope[key])
		}
	}
	if diff := cmp.Diff(want, decode(t, ev.JSON())); diff != "" {
		t.Errorf("JSON of %q (-want +got):\n%s", ev.Raw, diff)
	}
	if !isObject {
		return
	}
	checkMembers(t, ev.JSON(), object)
	checkKept(t, ev.Raw, ev.JSON(), []string{"context", "integrations"})
	typ, _ := object["type"].(string)
	name, _ := object[event.Type(typ).NameKey()].(string)
	if event.Type(typ).NameKey() == "" {
		name = ""
	}
	id, _ := object["messageId"].(string)
	context, _ := object["context"].(map[string]any)
	protocols, _ := context["protocols"].(map[string]any)
	version, _ := protocols["event_version"].(string)
	if number, ok := protocols["event_version"].(json.Number); ok {
		version = number.String()
	}
	if diff := cmp.Diff([]string{typ, name, id, version}, []string{string(ev.Type), ev.Name, ev.MessageID(), ev.Version}); diff != "" {
		t.Errorf("type, name, messageId and version of %q (-want +got):\n%s", ev.JSON(), diff)
	}
}

// merge adds to item[key] what it lacks of shared, if both are objects.
func merge(item map[string]any, key string, shared any) {
	from, ok := shared.(map[string]any)
	if !ok {
		return
	}
	if _, has := item[key]; !has {
		item[key] = shared
		return
	}
	own, _ := item[key].(map[string]any)
	for k, v := range from {
		if _, has := own[k]; !has && own != nil {
			own[k] = v
		}
	}
}

// checkMembers asks Members for the object that encoding/json makes.
func checkMembers(t *testing.T, text []byte, want map[string]any) {
	got := map[string]any{}
	for m := range event.Members(text) {
		got[m.Key] = decode(t, text[m.Start:m.End])
		var key string
		if err := json.Unmarshal(text[m.KeyStart:event.SkipString(text, m.KeyStart)], &key); err != nil || key != m.Key {
			t.Errorf("Members(%q): key %q stands as %q, %v", text, m.Key, key, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Members(%q) (-want +got):\n%s", text, diff)
	}
}

// checkKept asks that merged begins with the members of raw, byte for byte, but for the
// values of some keys, which may have more members at their ends.
func checkKept(t *testing.T, raw, merged []byte, mayGrow []string) {
	grown := map[string]bool{}
	for _, key := range mayGrow {
		grown[key] = true
	}
	kept, add := []event.Member{}, []event.Member{}
	for m := range event.Members(raw) {
		kept = append(kept, m)
	}
	for m := range event.Members(merged) {
		add = append(add, m)
	}
	for i, m := range kept {
		if i >= len(add) || !bytes.Equal(raw[m.KeyStart:m.Start], merged[add[i].KeyStart:add[i].Start]) {
			t.Fatalf("member %d of %q is not in %q", i, raw, merged)
		}
		was, is := raw[m.Start:m.End], merged[add[i].Start:add[i].End]
		switch {
		case bytes.Equal(was, is):
		case grown[m.Key] && was[0] == '{':
			checkKept(t, was, is, nil)
		default:
			t.Fatalf("member %q of %q is changed in %q", m.Key, raw, merged)
		}
	}
}
