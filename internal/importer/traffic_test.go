package importer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/importer"
	"segproof/validator"
)

// learn makes contracts of events, one JSON text a line, and loads them.
func learn(t testing.TB, lines string) (*validator.Catalog, []event.Event, *importer.Document, map[string]string) {
	t.Helper()
	var traffic importer.Traffic
	var events []event.Event
	place := event.Place{File: "events.ndjson", Line: 1, Column: 1}
	for line := range strings.Lines(lines) {
		evs, err := event.Decode([]byte(strings.TrimSpace(line)), place)
		place = place.Advance([]byte(line))
		if err != nil {
			continue // lint's concern
		}
		for _, ev := range evs {
			traffic.Add(ev)
			events = append(events, ev)
		}
	}
	doc := traffic.Document("shop", "events.ndjson")
	cat, texts := load(t, doc)
	return cat, events, doc, texts
}

// load writes the contracts of a document into memory, and loads them as lint does.
func load(t testing.TB, doc *importer.Document) (*validator.Catalog, map[string]string) {
	t.Helper()
	files, _, err := doc.Files(importer.Folder{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	memory, texts := fstest.MapFS{}, map[string]string{}
	for _, f := range files {
		memory["shop/"+f.Name] = &fstest.MapFile{Data: f.Data}
		texts[f.Name] = string(f.Data)
	}
	cat, found, err := validator.Load(validator.Root{FS: memory})
	if err != nil {
		t.Fatalf("load the contracts: %v: %v", err, found)
	}
	for _, f := range found {
		if f.Severity == finding.Error {
			t.Fatalf("%s:%d: %s (%s)", f.File, f.Line, f.Message, f.Rule)
		}
	}
	return cat, texts
}

// contractFindings are what contracts say of an event.
func contractFindings(cat *validator.Catalog, ev event.Event) []string {
	var said []string
	for _, f := range cat.Validate(ev) {
		if f.Layer == finding.Contract {
			said = append(said, f.Pointer+" "+f.Rule)
		}
	}
	return said
}

// body returns the schema of the properties in a contract's text, on one line.
func body(t testing.TB, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "    \"properties\": {\n      \"type\": \"object\"")
	if !ok {
		t.Fatalf("no properties in %s", text)
	}
	rest, _, _ = strings.Cut(rest, "\n    }\n  },")
	return strings.Join(strings.Fields(`"type": "object"`+rest), " ")
}

func TestTrafficProposes(t *testing.T) {
	track := func(properties string) string {
		return `{"type":"track","event":"Crate Packed","userId":"u1","properties":` + properties + "}\n"
	}
	for _, tt := range []struct{ name, events, want string }{
		{"types and what is always there", track(`{"n":1,"s":"x","b":true}`) + track(`{"n":2,"s":"y"}`),
			`"type": "object", "properties": { "n": { "type": "integer", "$comment": "in 2 of 2" }, "s": { "type": "string", "$comment": "in 2 of 2" }, ` +
				`"b": { "type": "boolean", "$comment": "in 1 of 2" } }, "required": [ "n", "s" ]`},
		{"a fraction makes numbers of all", track(`{"n":1}`) + track(`{"n":1.5}`), `"type": "object", "properties": { "n": { "type": "number", "$comment": "in 2 of 2" } }, "required": [ "n" ]`},
		{"whole numbers however they are written", track(`{"n":1}`) + track(`{"n":2.0}`), `"type": "object", "properties": { "n": { "type": "integer", "$comment": "in 2 of 2" } }, "required": [ "n" ]`},
		{"null beside a type", track(`{"n":1}`) + track(`{"n":null}`), `"type": "object", "properties": { "n": { "type": [ "integer", "null" ], "$comment": "in 2 of 2" } }, "required": [ "n" ]`},
		{"a format that all have", track(`{"n":"2026-01-31"}`) + track(`{"n":"2024-02-29"}`), `"type": "object", "properties": { "n": { "type": "string", "format": "date", "$comment": "in 2 of 2" } }, "required": [ "n" ]`},
		{"a format that one has not", track(`{"n":"2026-01-31"}`) + track(`{"n":"2026-02-30"}`), `"type": "object", "properties": { "n": { "type": "string", "$comment": "in 2 of 2" } }, "required": [ "n" ]`},
		{"few texts that come again", strings.Repeat(track(`{"n":"web"}`)+track(`{"n":"app"}`), 3),
			`"type": "object", "properties": { "n": { "type": "string", "enum": [ "app", "web" ], "$comment": "in 6 of 6" } }, "required": [ "n" ]`},
		{"texts that come too seldom", strings.Repeat(track(`{"n":"web"}`)+track(`{"n":"app"}`), 2), `"type": "object", "properties": { "n": { "type": "string", "$comment": "in 4 of 4" } }, "required": [ "n" ]`},
		{"identifiers are no choice", strings.Repeat(track(`{"user_id":"a"}`)+track(`{"user_id":"b"}`), 3),
			`"type": "object", "properties": { "user_id": { "type": "string", "$comment": "in 6 of 6" } }, "required": [ "user_id" ]`},
		{"texts about persons are no choice", strings.Repeat(track(`{"firstName":"a"}`)+track(`{"firstName":"b"}`), 3),
			`"type": "object", "properties": { "firstName": { "type": "string", "$comment": "in 6 of 6" } }, "required": [ "firstName" ]`},
		{"nor is what lies below them", strings.Repeat(track(`{"address":{"n":"a"}}`)+track(`{"address":{"n":"b"}}`), 3),
			`"type": "object", "properties": { "address": { "type": "object", "properties": { "n": { "type": "string", "$comment": "in 6 of 6" } }, "required": [ "n" ], "$comment": "in 6 of 6" } }, "required": [ "address" ]`},
		{"what arrays hold", track(`{"n":[{"q":1},{"q":2,"r":"x"}]}`),
			`"type": "object", "properties": { "n": { "type": "array", "items": { "type": "object", "properties": { "q": { "type": "integer", "$comment": "in 2 of 2" }, ` +
				`"r": { "type": "string", "$comment": "in 1 of 2" } }, "required": [ "q" ] }, "$comment": "in 1 of 1" } }, "required": [ "n" ]`},
		{"properties that are none", track(`{"n":1}`) + track(`[1]`), `"type": "object", "properties": { "n": { "type": "integer", "$comment": "in 1 of 1" } }, "required": [ "n" ]`},
		{"of a repeated key the last counts", track(`{"n":1,"n":"x"}`), `"type": "object", "properties": { "n": { "type": "string", "$comment": "in 1 of 1" } }, "required": [ "n" ]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cat, events, _, texts := learn(t, tt.events)
			if diff := cmp.Diff(tt.want, body(t, texts["crate_packed.json"])); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.events, diff)
			}
			for _, ev := range events {
				if said := contractFindings(cat, ev); said != nil {
					t.Errorf("the proposal says of %s: %q", ev.Raw, said)
				}
			}
		})
	}
}

func TestTrafficNamesItsSource(t *testing.T) {
	_, _, _, texts := learn(t, strings.Repeat(`{"type":"page","name":"Home","userId":"u1","context":{"protocols":{"event_version":2}}}`+"\n", 3))
	want := `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "segproof:///shop/home.v2.json",
  "title": "Home",
  "x-segproof": {
    "source": {
      "traffic": "events.ndjson",
      "events": 3,
      "inferred": true
    },
    "owner": "shop"
  },
  "type": "object",
  "properties": {
    "type": {
      "const": "page"
    },
    "name": {
      "const": "Home"
    },
    "context": {
      "type": "object",
      "properties": {
        "protocols": {
          "type": "object",
          "properties": {
            "event_version": {
              "const": 2
            }
          }
        }
      }
    }
  },
  "required": [
    "type",
    "name"
  ],
`
	got, _, _ := strings.Cut(texts["home.v2.json"], `  "examples"`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Traits are about persons: no value of theirs is in a contract. That of a property is told.
func TestTrafficKeepsValuesOfTraitsOut(t *testing.T) {
	var events string
	for _, plan := range []string{"bronze", "silver"} {
		for _, ev := range []string{`{"type":"identify","userId":"u1","traits":{"plan":%q}}`, `{"type":"group","userId":"u1","groupId":"g","traits":{"plan":%q}}`,
			`{"type":"page","name":"A","userId":"u1","properties":{"traits":{"plan":%[1]q},"userIDs":%[1]q,"plan":%[1]q}}`} {
			events += strings.Repeat(fmt.Sprintf(ev, plan)+"\n", 3)
		}
	}
	_, _, doc, texts := learn(t, events)
	for name, want := range map[string]int{"identify.json": 0, "group.json": 0, "a.json": 1} {
		if got := strings.Count(texts[name], `"enum"`); texts[name] == "" || got != want {
			t.Errorf("%s has %d enums, want %d", name, got, want)
		}
	}
	if len(doc.Findings) != 1 || doc.Findings[0].Pointer != "/properties/plan" || doc.Findings[0].Message != `the proposal allows only the 2 values that came: "bronze", "silver"` {
		t.Errorf("got %+v, want one about the page's plan", doc.Findings)
	}
}

func TestTrafficTellsWhatItLeavesOut(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"p%d":1,`, i)
		}
		return `{"type":"track","event":"A","userId":"u1","properties":{` + b.String() + `"last":1}}` + "\n"
	}
	for _, tt := range []struct{ name, events, want string }{
		{"no name", `{"type":"track","userId":"u1"}` + "\n" + `{"userId":"u1"}`, "events.ndjson:1:1: 2 events cannot have a contract; of the first, it has no name (traffic-skipped)\n"},
		{"a version of two types", `{"type":"track","event":"A","context":{"protocols":{"event_version":2}}}` + "\n" + `{"type":"track","event":"A","context":{"protocols":{"event_version":"2"}}}`,
			"events.ndjson:2:1: 1 event cannot have a contract; of the first, its version is a text where that of others is a number, or the other way round (traffic-skipped)\n"},
		{"many properties", many(600), "events.ndjson:1:1: 101 properties left out, for 500 different ones of up to 200 bytes are learned, and 50000 of all events; the first is \"p500\" (traffic-bounded)\n"},
		{"as many as may be", many(499), ""},
		{"two types", `{"type":"track","event":"A","properties":{"p":[1]}}` + "\n" + `{"type":"track","event":"A","properties":{"p":["1", 2.5]}}`,
			"events.ndjson:2:1: /properties/p/0: values of several types: string in 1, number in 2 (traffic-mixed-types)\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, doc, _ := learn(t, tt.events)
			var got strings.Builder
			for _, f := range doc.Findings {
				pointer := ""
				if f.Pointer != "" {
					pointer = f.Pointer + ": "
				}
				fmt.Fprintf(&got, "%s:%d:%d: %s%s (%s)\n", f.File, f.Line, f.Column, pointer, f.Message, f.Rule)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Kinds beyond the bound are counted, not kept.
func TestTrafficBoundsKinds(t *testing.T) {
	var traffic importer.Traffic
	for i := range importer.MaxTrafficKinds + 5 {
		events, err := event.Decode(fmt.Appendf(nil, `{"type":"track","event":"E %d"}`, i), event.Place{})
		if err != nil {
			t.Fatal(err)
		}
		traffic.Add(events[0])
	}
	doc := traffic.Document("shop", "events.ndjson")
	if len(doc.Events) != importer.MaxTrafficKinds {
		t.Errorf("%d kinds, want %d", len(doc.Events), importer.MaxTrafficKinds)
	}
	if len(doc.Findings) != 1 || doc.Findings[0].Message != `5 events left out, for 2000 kinds are learned; the first is track "E 2000"` {
		t.Errorf("findings %v, want one about 5 events", doc.Findings)
	}
}

// However many kinds there are, the properties of all together are bounded.
func TestTrafficBoundsProperties(t *testing.T) {
	var traffic importer.Traffic
	for kind := range 120 {
		var b strings.Builder
		for i := range importer.MaxTrafficPlaces {
			fmt.Fprintf(&b, `,"p%d":1`, i)
		}
		events, err := event.Decode(fmt.Appendf(nil, `{"type":"track","event":"E %d","properties":{%s}}`, kind, b.String()[1:]), event.Place{})
		if err != nil {
			t.Fatal(err)
		}
		traffic.Add(events[0])
	}
	doc := traffic.Document("shop", "events.ndjson")
	learned := 0
	for _, d := range doc.Events {
		learned += len(d.Field("properties").Properties)
	}
	if learned != importer.MaxTrafficPlacesInAll || len(doc.Findings) != 20 {
		t.Errorf("%d properties learned and %d findings, want %d and 20", learned, len(doc.Findings), importer.MaxTrafficPlacesInAll)
	}
}

// FuzzTrafficAcceptsItsEvents: a proposal accepts every event that it was made from. What
// is bounded may be unplanned; never is anything else wrong with it.
func FuzzTrafficAcceptsItsEvents(f *testing.F) {
	f.Add([]byte(`{"type":"track","event":"A","properties":{"a":1,"b":["x",null,{"c":true}]}}` + "\n" + `{"type":"track","event":"A","properties":{"a":"2026-01-31T12:00:00Z"}}`))
	f.Add([]byte(`{"type":"identify","traits":{"email":"noor@example.org","u":"http://example.org/?a=b","n":1e3,"m":-0.0}}`))
	f.Add([]byte(`[{"type":"page","name":"H","properties":null},{"type":"page","name":"H","properties":[]},{"type":"page"},{"type":"page","name":3}]`))
	f.Add([]byte(`{"type":"track","event":"\ud800","properties":{"a":"\ud800","a":1,"":{"~/":"5f0c2b1a-9e7d-4c3b-8a16-0d4e9b7c2f31"}}}`))
	f.Add([]byte(`{"batch":[{"type":"group","traits":{"x":"a@b.cd"}},{"type":"group","traits":{"x":"a b@c.de"}}],"context":{"protocols":{"event_version":"1.10"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		cat, events, doc, texts := learn(t, string(data))
		raised := map[string]bool{}
		for _, f := range doc.Findings {
			raised[f.Rule] = true
		}
		for _, ev := range events {
			_, known := cat.Lookup(ev.Type, ev.Name, ev.Version)
			skipped := raised["traffic-skipped"] && (!known || ev.Version != "")
			if said := contractFindings(cat, ev); said != nil && !skipped && !raised["traffic-bounded"] {
				t.Errorf("the proposal says of %s: %q", ev.Raw, said)
			}
		}
		if _, _, _, again := learn(t, string(data)); !cmp.Equal(texts, again) {
			t.Errorf("two proposals of the same events:\n%s", cmp.Diff(texts, again))
		}
		for name, text := range texts {
			if !bytes.HasSuffix([]byte(text), []byte("\n")) || len(text) > validator.MaxContractBytes {
				t.Errorf("%s has %d bytes", name, len(text))
			}
		}
	})
}

// What a sample lacks, and how often something came, is no drift: another type is.
func TestTrafficCheckKnowsSamplesForSamples(t *testing.T) {
	const first = `{"type":"track","event":"Crate Packed","userId":"u","properties":{"crate_id":"c","weight":1}}
{"type":"track","event":"Crate Packed","userId":"u","properties":{"crate_id":"d"}}
`
	_, _, doc, _ := learn(t, first)
	files, _, err := doc.Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	page := importer.ReadPage("depot.md", takenBack("Property | Type | Required", `weight | "1" or "2" | No`), importer.PageOptions{})
	documented, _, err := page.Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, lines, want string
		files             []importer.File
	}{
		{"fewer", `{"type":"track","event":"Crate Packed","userId":"u","properties":{"crate_id":"e"}}`, "", files},
		{"another type", `{"type":"track","event":"Crate Packed","userId":"u","properties":{"crate_id":7}}`, "drift-type", files},
		{"documented", `{"type":"track","event":"Crate Packed","userId":"u","properties":{"crate_id":"e"}}`, "", documented},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, doc, _ := learn(t, tt.lines)
			found, err := doc.Check(folderOf(t, fstest.MapFS{}, tt.files))
			if err != nil || rulesOf(found) != tt.want {
				t.Errorf("Check: %s, %v; want %q", said(found), err, tt.want)
			}
		})
	}
}
