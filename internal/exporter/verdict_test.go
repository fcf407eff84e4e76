package exporter_test

import (
	"path"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/validator"
)

// handWritten are contracts as people write them: not in the importer's layout, and with
// what a table could never say.
var handWritten = map[string]string{
	"a.json": `{"additionalProperties":true,"properties":{"event":{"const":"A"},"properties":{"additionalProperties":false,"patternProperties":{"^x-":{"type":"integer"}},
		"properties":{"n":{"$ref":"#/definitions/small"},"t":true,"u":false,"l":{"items":[{"type":"string"},{"type":"integer"}],"additionalItems":false}},
		"dependencies":{"n":["t"]},"minProperties":1},"type":{"const":"track"}},"definitions":{"small":{"type":["number","null"],"exclusiveMaximum":10}}}`,
	"b.json": `{"$schema":"http://json-schema.org/draft-07/schema","type":"object","required":["properties","type"],"properties":{"type":{"const":"page"},"name":{"const":"B"},
		"properties":{"if":{"required":["p"]},"then":{"required":["q"]},"else":{"properties":{"r":{"const":1.0}}}},"context":{"required":["ip"],"properties":{"ip":{"format":"ipv4"}}}}}`,
	"c.json": `{"properties":{"type":{"const":"identify"},"traits":{"oneOf":[{"required":["email"]},{"required":["phone"]}],"not":{"required":["ssn"]},"propertyNames":{"maxLength":5}}}}`,
	"v.json": `{"properties":{"type":{"const":"track"},"event":{"const":"V"},"context":{"properties":{"protocols":{"properties":{"event_version":{"const":3},"x":{"type":"string"}},"required":["event_version"]}}},
		"properties":{"type":"object","required":["p"]}}}`,
}

// judged are events that those contracts take, and others that break each keyword.
var judged = []string{
	`{"type":"track","event":"A","userId":"u","properties":{"n":9,"t":1,"x-1":2,"l":["a",1]}}`,
	`{"type":"track","event":"A","userId":"u","properties":{"n":10,"t":1}}`,
	`{"type":"track","event":"A","userId":"u","properties":{"n":null}}`,
	`{"type":"track","event":"A","userId":"u","properties":{"u":1}}`,
	`{"type":"track","event":"A","userId":"u","properties":{"l":["a",1,2],"x-1":"2","z":1}}`,
	`{"type":"track","event":"A","userId":"u","properties":{}}`,
	`{"type":"track","event":"A","userId":"u"}`,
	`{"type":"page","name":"B","userId":"u","properties":{"p":1,"q":1},"context":{"ip":"192.0.2.1"}}`,
	`{"type":"page","name":"B","userId":"u","properties":{"p":1},"context":{"ip":"192"}}`,
	`{"type":"page","name":"B","userId":"u","properties":{"r":2},"context":{}}`,
	`{"type":"page","name":"B","userId":"u"}`,
	`{"type":"identify","userId":"u","traits":{"email":"e"}}`,
	`{"type":"identify","userId":"u","traits":{"email":"e","phone":"1","ssn":"1","longer":1}}`,
	`{"type":"track","event":"V","userId":"u","context":{"protocols":{"event_version":3,"x":1}},"properties":{}}`,
	`{"type":"track","event":"V","userId":"u","context":{"protocols":{"event_version":3}},"properties":{"p":1}}`,
}

// Contracts that were written by hand come back in the importer's layout, with the same
// verdict on every event.
func TestHandWrittenContractsKeepTheirVerdict(t *testing.T) {
	memory := fstest.MapFS{}
	for name, text := range handWritten {
		memory[name] = &fstest.MapFile{Data: []byte(text)}
	}
	before := loadFS(t, memory)
	texts, found := back(t, before, "json", "hand")
	if len(found) > 0 {
		t.Errorf("the plan lacks something:\n%s", said(found))
	}
	memory = fstest.MapFS{}
	for name, text := range texts {
		memory[path.Join("hand", name)] = &fstest.MapFile{Data: []byte(text)}
	}
	after := loadFS(t, memory)
	broken := 0
	for _, text := range judged {
		want, got := verdict(t, before, text), verdict(t, after, text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-before +after):\n%s", text, diff)
		}
		broken += len(want)
	}
	if broken < 15 {
		t.Errorf("the events break the contracts %d times, want each keyword broken", broken)
	}
}

func verdict(t *testing.T, cat *validator.Catalog, text string) []string {
	t.Helper()
	events, err := event.Decode([]byte(text), event.Place{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range cat.Validate(events[0]) {
		all = append(all, f.Pointer+" "+f.Rule)
	}
	return all
}
