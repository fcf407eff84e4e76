package validator_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/schemas"
	"segproof/validator"
)

// A part knows its place, and follows references into other files.
func TestPart(t *testing.T) {
	cat := loadRoots(t, validator.Root{Name: "own", FS: files(
		"a/e.json", "{\n"+`  "properties": {"type": {"const": "track"}, "event": {"const": "E"},`+"\n"+
			`    "properties": {"properties": {"p": {"$ref": "parts.json#/definitions/p"}}}}`+"\n}",
		"a/parts.json", "{\"definitions\": {\n"+`  "p": {"type": "integer"}}}`)})
	c, ok := cat.Lookup("track", "E", "")
	if !ok {
		t.Fatal("there is no contract")
	}
	p := c.Whole().In("properties", "properties", "properties", "p")
	target, ok := p.Target()
	if !ok {
		t.Fatalf("%s leads nowhere", p.Pointer())
	}
	got := []string{}
	for _, at := range []validator.Spot{p.At(), p.At("type"), target.At(), target.At("type"), c.Whole().At("properties", "event", "const")} {
		got = append(got, fmt.Sprintf("%s:%d:%d %s", at.File, at.Line, at.Column, at.Excerpt.Text[at.Excerpt.Start:at.Excerpt.Start+at.Excerpt.Length]))
	}
	want := []string{
		`own/a/e.json:3:35 "p"`,
		`own/a/e.json:3:35 "p"`, // which has no type of its own
		`own/a/parts.json:2:3 "p"`,
		`own/a/parts.json:2:17 "integer"`,
		`own/a/e.json:2:65 "E"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

// Same goes by the text, that of the files that are referred to included.
func TestSame(t *testing.T) {
	one := func(kind string) *validator.Contract {
		cat := loadAlone(t, "a/e.json", contract(`{"$ref":"parts.json#/definitions/p"}`), "a/parts.json", `{"definitions":{"p":{"type":"`+kind+`"}}}`)
		return cat.Contracts()[0]
	}
	if !one("integer").Same(one("integer")) {
		t.Error("a contract is not the same as itself")
	}
	if one("integer").Same(one("string")) {
		t.Error("contracts that refer to files of different text are the same")
	}
}

// Judge is the contract's own word: neither the wire nor the Segment Spec keeps it from
// speaking, and no other version of the event is asked.
func TestJudge(t *testing.T) {
	const identity = `"type":{"const":"track"},"event":{"const":"E"},"userId":{"type":"string"}`
	cat := loadRoots(t, validator.Root{FS: schemas.Spec()}, validator.Root{FS: files(
		"a/1.json", `{"properties":{`+identity+`,"context":{"properties":{"protocols":{"properties":{"event_version":{"const":"1"}}}}}}}`,
		"a/2.json", `{"properties":{`+identity+`,"context":{"properties":{"protocols":{"properties":{"event_version":{"const":"2"}}}}},"properties":{"required":["p"]}}}`)})
	ev := one(t, `{"type":"track","event":"E","userId":7,"properties":{}}`)
	got := map[string][]string{}
	for _, c := range cat.Contracts() {
		got[c.Version] = places(cat.Judge(ev, c))
	}
	want := map[string][]string{
		"1": {"contract type-mismatch /userId"},
		"2": {"contract type-mismatch /userId", "contract missing-property /properties/p"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings by version (-want +got):\n%s", diff)
	}
}
