package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/importer"
	"segproof/validator"
)

// traffic learns from one track event for each text of properties; "" has none.
func traffic(t *testing.T, properties ...string) *importer.Document {
	t.Helper()
	var tr importer.Traffic
	for i, p := range properties {
		text := `{"type":"track","event":"Crate Packed","userId":"u"}`
		if p != "" {
			text = strings.TrimSuffix(text, "}") + `,"properties":` + p + "}"
		}
		events, err := event.Decode([]byte(text), event.Place{File: "events.ndjson", Line: i + 1, Column: 1})
		if err != nil {
			t.Fatal(err)
		}
		tr.Add(events[0])
	}
	return tr.Document("depot", "events.ndjson")
}

// fewCrates are properties of six events.
func fewCrates() []string {
	few := []string{`{"n":1.5,"s":"web"}`, `{"n":2,"s":"app","b":true}`}
	return slices.Concat(few, few, few)
}

// trafficAgain is an import of fewCrates, an edit, and an import of other events.
type trafficAgain struct {
	name   string
	edit   string   // of the contract: OLD => NEW
	events []string // the second time
	told   string   // findings but for the number of events
	has    string   // in the contract then
	check  string   // rules of --check
}

func trafficAgains() []trafficAgain {
	few := fewCrates()
	return []trafficAgain{
		{name: "the same", events: few},
		{name: "narrower", events: []string{`{"n":1,"s":"web","b":true}`}, has: `"type": "number"`,
			told: `track "Crate Packed": the events are narrower than the contract in 2 places, as in property "n", property "b"; it stays as wide as it is (hand-made-kept)`},
		{name: "another type", events: []string{`{"n":"x","s":"web"}`}, has: `"string", "number"`, check: "drift-type",
			told: `property "n" of track "Crate Packed": the source says string, the contract says number (contract-changed)`},
		{name: "another type, the type by hand", edit: `"type": "number" => "type": "integer"`, events: []string{`{"n":"x","s":"web"}`}, has: `"type": "integer"`, check: "drift-type",
			told: `property "n" of track "Crate Packed": the source says string, the contract says integer; that is not as an import wrote it, and stays (hand-made-kept)`},
		{name: "wider by hand", edit: `"type": "boolean" => "type": ["boolean", "string"]`, events: []string{`{"n":1.5,"s":"web","b":true}`}, has: `"boolean", "string"`,
			told: `track "Crate Packed": the events are narrower than the contract in 1 place, as in property "b"; it stays as wide as it is (hand-made-kept)`},
		{name: "one more value", events: []string{`{"n":1.5,"s":"tv"}`}, has: `"s": { "type": "string", "$comment"`, check: "drift-enum",
			told: `property "s" of track "Crate Packed": the source says other values, the contract says string, one of "app", "web" (contract-changed)`},
		{name: "one more value, the values by hand", edit: `"app", => "app", "cli",`, events: []string{`{"n":1.5,"s":"tv"}`}, has: `"cli"`, check: "drift-enum",
			told: `property "s" of track "Crate Packed": the source says other values, the contract says string, one of "app", "cli", "web"; that is not as an import wrote it, and stays (hand-made-kept)`},
		{name: "a property is missing", events: []string{`{"s":"web"}`}, has: `"required": [ "s" ]`, check: "drift-required",
			told: `property "n" of track "Crate Packed": the source says that it may be left out, the contract says required (contract-changed)`},
		{name: "required by hand", edit: `"n", "s" => "n", "s", "b"`, events: []string{`{"n":1.5,"s":"web"}`}, has: `"n", "s", "b"`, check: "drift-required",
			told: `property "b" of track "Crate Packed": the source says that it may be left out, the contract says required; that is not as an import wrote it, and stays (hand-made-kept)`},
		{name: "optional by hand", edit: `"n", "s" => "n"`, events: few, has: `"required": [ "n" ]`,
			told: `track "Crate Packed": the events are narrower than the contract in 1 place, as in property "s"; it stays as wide as it is (hand-made-kept)`},
		{name: "a new property is not required", events: []string{`{"n":1.5,"s":"web","z":1}`}, has: `"required": [ "n", "s" ]`, check: "drift-property-new",
			told: `property "z" of track "Crate Packed" is documented, as integer, and the contract does not have it (contract-changed)`},
		{name: "no properties at all", events: []string{""}, has: `"required": [ "type", "event" ]`, check: "drift-required",
			told: `the event's properties of track "Crate Packed": the source says that it may be left out, the contract says required (contract-changed)`},
		{name: "made by an import that noted nothing", edit: `"rows": => "was":`, events: []string{`{"n":"x","s":"web"}`}, has: `"type": "number"`, check: "drift-type",
			told: `property "n" of track "Crate Packed": the source says string, the contract says number; that is not as an import wrote it, and stays (hand-made-kept)`},
	}
}

// Events that come later widen a proposal where they need it, and narrow nothing. What was
// changed by hand stays, and that is told.
func TestTrafficIsImportedAgain(t *testing.T) {
	for _, tt := range trafficAgains() {
		t.Run(tt.name, func(t *testing.T) {
			files, _, err := traffic(t, fewCrates()...).Files(importer.Folder{})
			if err != nil || len(files) != 1 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			text := strings.Join(strings.Fields(string(files[0].Data)), " ")
			before, after, _ := strings.Cut(tt.edit, " => ")
			if !strings.Contains(text, before) {
				t.Fatalf("no %s in %s", before, text)
			}
			text = strings.Replace(text, before, after, 1)
			found, err := traffic(t, tt.events...).Check(folder(text))
			if err != nil || rulesOf(found) != tt.check {
				t.Errorf("Check finds %s, %v; want %q", said(found), err, tt.check)
			}
			files, found, err = traffic(t, tt.events...).Files(folder(text))
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, f := range found {
				told = append(told, fmt.Sprintf("%s (%s)", f.Message, f.Rule))
			}
			if diff := cmp.Diff(tt.told, strings.Join(told, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, f := range files {
				text = strings.Join(strings.Fields(string(f.Data)), " ")
			}
			if !strings.Contains(text, tt.has) {
				t.Errorf("want %s in %s", tt.has, text)
			}
			if files, _, err = traffic(t, tt.events...).Files(folder(text)); err != nil || len(files) > 0 {
				t.Errorf("the import after it writes %d files, %v; want none", len(files), err)
			}
		})
	}
}

// A contract takes all events that it was proposed from, however many imports there were.
func TestTrafficImportsAddUp(t *testing.T) {
	all := []string{`{"a":1,"list":[]}`, `{"a":"x","list":[1]}`, `{"a":null,"list":["y",{"z":true}]}`, `{}`, "", `{"a":{"b":2},"list":[[1]]}`, `{"a":{},"list":null}`, `{"d":"2026-01-31"}`, `{"d":"no"}`}
	fsys := fstest.MapFS{}
	for _, p := range all {
		files, _, err := traffic(t, p).Files(importer.Folder{Name: "depot", FS: fsys})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			fsys[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	cat, found, err := validator.Load(validator.Root{FS: fsys})
	if err != nil {
		t.Fatalf("%v: %s", err, lines(found))
	}
	for _, p := range all {
		text := `{"type":"track","event":"Crate Packed","userId":"u"}`
		if p != "" {
			text = strings.TrimSuffix(text, "}") + `,"properties":` + p + "}"
		}
		events, err := event.Decode([]byte(text), event.Place{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range cat.Validate(events[0]) {
			if f.Layer == finding.Contract {
				t.Errorf("%s: %s %s (%s)\n%s", p, f.Pointer, f.Message, f.Rule, fsys["crate_packed.json"].Data)
			}
		}
	}
}
