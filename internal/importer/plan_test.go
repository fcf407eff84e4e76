package importer_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/importer"
	"segproof/schemas"
	"segproof/validator"
)

// said writes findings a line each.
func said(found []finding.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s:%d:%d: %s (%s)\n", f.File, f.Line, f.Column, f.Message, f.Rule)
	}
	return b.String()
}

// crate is a rule about the track event "Crate Packed", of that version, whose properties
// have that schema.
func crate(version, properties string) string {
	return `{"key":"Crate Packed","type":"TRACK","version":` + version + `,"jsonSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"context":{},"traits":{},"properties":` + properties + `}}}`
}

// The layouts in which a tracking plan comes give the same contracts.
func TestPlanLayouts(t *testing.T) {
	rule := crate("1", `{"type":"object","properties":{"crate_id":{"type":["string"],"description":"Which crate."}},"required":["crate_id"]}`)
	const config = `{"name":"workspaces/w/tracking-plans/rs_1","display_name":"Depot","rules":{"events":[{"name":"Crate Packed","version":1,"rules":` +
		`{"type":"object","properties":{"context":{},"properties":{"type":"object","properties":{"crate_id":{"type":"string","description":"Which crate."}},"required":["crate_id"]}}}}]}}`
	const typewriter = `{"id":"tp_1","rules":[{"key":"Crate Packed","type":"TRACK","version":1,"deprecatedAt":"0001-01-01T00:00:00.000Z","jsonSchema":{"$schema":"http://json-schema.org/draft-07/schema#",` +
		`"eventMetadata":{"name":"Crate Packed","type":"TRACK"},"labels":{},"type":"object","properties":{"crate_id":{"id":"/properties/crate_id","type":"string","description":"Which crate."}},"required":["crate_id"]}}]}`
	want := `"type": "object", "properties": { "crate_id": { "description": "Which crate.", "type": "string" } }, "required": [ "crate_id" ]`
	for _, tt := range []struct{ name, plan, required string }{
		{"replace rules", `{"rules":[` + rule + `]}`, `["type","event"]`},
		{"list rules", `{"data":{"rules":[` + rule + `],"pagination":{"current":"MA==","totalEntries":1}}}`, `["type","event"]`},
		{"a bare list", `[` + rule + `]`, `["type","event"]`},
		{"a byte order mark", "\ufeff[" + rule + `]`, `["type","event"]`},
		{"Config API", config, `["type","event"]`},
		{"Typewriter", typewriter, `["type","event","properties"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := importer.ReadPlan("depot", "plan.json", []byte(tt.plan))
			if err != nil {
				t.Fatal(err)
			}
			_, texts := load(t, doc)
			text := texts["crate_packed.json"]
			if diff := cmp.Diff(want, body(t, text)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.plan, diff)
			}
			_, required, _ := strings.Cut(text, "\n  \"required\": ")
			required, _, _ = strings.Cut(required, "]")
			if got := strings.Join(strings.Fields(required), "") + "]"; got != tt.required {
				t.Errorf("required %s, want %s", got, tt.required)
			}
		})
	}
}

func TestPlanFindings(t *testing.T) {
	const open = `{"type":"object"}`
	for _, tt := range []struct{ name, plan, want string }{
		{"no key", `{"rules":[{"type":"TRACK","version":1,"jsonSchema":{}}]}`, "plan.json:1:11: the rule of a track event has no key (plan-rule-unusable)\n"},
		{"no schema", `{"rules":[{"key":"A","type":"TRACK","version":1}]}`, "plan.json:1:11: the rule has no JSON Schema, want an object in jsonSchema (plan-rule-unusable)\n"},
		{"a rule that is a text", `{"rules":["A"]}`, "plan.json:1:11: a rule is an object with key, type, version and jsonSchema (plan-rule-unusable)\n"},
		{"a misspelt type", `{"rules":[{"key":"A","type":"TRAK","version":1,"jsonSchema":{}}]}`,
			"plan.json:1:29: type \"TRAK\", want TRACK, IDENTIFY, GROUP, PAGE, SCREEN or COMMON; did you mean \"TRACK\"? (plan-rule-unusable)\n"},
		{"twice", `{"rules":[` + crate("2", open) + ",\n" + crate("2", open) + `]}`,
			"plan.json:2:8: a second rule for track \"Crate Packed\" version 2; the first, on line 1, counts (plan-rule-duplicate)\n"},
		{"a version with a fraction", `{"rules":[` + crate("3.2", open) + `]}`, "plan.json:1:58: version 3.2, want 1, 2, 3, ...; it is taken for 1 (plan-schema-unreadable)\n"},
		{"more pages", `{"data":{"rules":[` + crate("1", open) + `],"pagination":{"current":"MA==","next":"MQ=="}}}`,
			"plan.json:1:255: the plan has more pages than this one (plan-incomplete)\n"},
		{"a type that is none", `{"rules":[` + crate("1", `{"properties":{"p":{"type":"strin"}}}`) + `]}`,
			"plan.json:1:221: type \"strin\" is left out, JSON Schema has none such; did you mean \"string\"? (plan-schema-unreadable)\n"},
		{"another name in the schema", `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"event":{"const":"B"},"type":{"type":"string"}}}}]}`,
			"plan.json:1:77: what is said of event is left out, for it is \"A\" (plan-schema-unreadable)\n"},
		{"traits of the Config API", `{"rules":{"events":[],"identify_traits":[{"name":"email"}],"group_traits":[]}}`,
			"plan.json:1:23: \"identify_traits\" is left out, it is neither a schema nor the list of events (plan-schema-unreadable)\n"},
		{"addresses", `{"rules":[` + crate("1", `{"id":"/properties/properties","properties":{"p":{"id":"/x"}}}`) + `]}`,
			"plan.json:1:1: left out, because no validator reads it: id (2 times) (plan-noise)\n"},
		{"a property that is a number", `{"rules":[` + crate("1", `{"properties":{"p":5}}`) + `]}`,
			"plan.json:1:73: the rule of track \"Crate Packed\" cannot be a contract: line 1: the schema of \"p\" is neither an object nor true or false (plan-rule-unusable)\n"},
		{"required and not described", `{"rules":[` + crate("1", `{"properties":{},"required":["p"]}`) + `]}`,
			"plan.json:1:222: \"p\" is required and not described; the contract describes it as anything (plan-schema-unreadable)\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := importer.ReadPlan("depot", "plan.json", []byte(tt.plan))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, said(doc.Findings)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.plan, diff)
			}
			load(t, doc)
		})
	}
}

// A page's rule may have no key, and its schema the name, or a choice of names.
func TestPlanOfPages(t *testing.T) {
	doc, err := importer.ReadPlan("depot", "plan.json", []byte(`{"rules":[
		{"type":"PAGE","version":1,"jsonSchema":{"properties":{"name":{"const":"Home"}}}},
		{"type":"SCREEN","version":1,"jsonSchema":{"properties":{"name":{"enum":["A","B"]}}}}]}`))
	if err != nil || len(doc.Findings) > 0 {
		t.Fatalf("%v\n%s", err, said(doc.Findings))
	}
	cat, texts := load(t, doc)
	if len(cat.Contracts()) != 2 || cat.Contracts()[0].Name != "Home" {
		t.Errorf("contracts %v, want those of the page Home and of screens", cat.Contracts())
	}
	if !strings.Contains(strings.Join(strings.Fields(texts["screen.json"]), ""), `"name":{"enum":["A","B"]}`) {
		t.Errorf("the choice of names is lost:\n%s", texts["screen.json"])
	}
}

func TestNoPlan(t *testing.T) {
	for _, tt := range []struct{ name, text, want, hint string }{
		{"not JSON", "{\n \"rules\": [}", "plan.json:2:12: not JSON: ", ""},
		{"a text", `"rules"`, `plan.json:1:1: want a tracking plan, an object with "rules"`, ""},
		{"a misspelt member", `{"rule":[]}`, `plan.json:1:1: no "rules" in it: this is no tracking plan`, `did you mean "rules" for "rule"?`},
		{"an event", `{"type":"track","event":"A","userId":"u"}`, `plan.json:1:1: no "rules" in it: this is no tracking plan`, "these are events; segproof import --from plan.json proposes contracts from them"},
		{"rules of the wrong kind", `{"rules":7}`, `plan.json:1:10: "rules" is neither a list of rules nor an object with "events"`, ""},
		{"rules of another layout", `{"rules":{"x":1}}`, `plan.json:1:10: "rules" has neither "events" nor "global"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := importer.ReadPlan("depot", "plan.json", []byte(tt.text))
			var plan *importer.PlanError
			if !errors.As(err, &plan) || !strings.HasPrefix(err.Error(), tt.want) || tt.hint != "" && plan.Hint != tt.hint {
				t.Errorf("ReadPlan(%s) error = %v (%+v), want %s; %s", tt.text, err, plan, tt.want, tt.hint)
			}
		})
	}
	for _, text := range []string{" ", `[]`, `{"rules":[]}`, `{"rules":{"events":[]}}`} {
		if _, err := importer.ReadPlan("depot", "plan.json", []byte(text)); !errors.Is(err, importer.ErrNoEvents) {
			t.Errorf("ReadPlan(%s) error = %v, want ErrNoEvents", text, err)
		}
	}
}

// Two versions of an event are two contracts, each judging its own events; one version
// that is 1 is none.
func TestPlanKeepsVersions(t *testing.T) {
	number, text := `{"type":"object","properties":{"p":{"type":"number"}}}`, `{"type":"object","properties":{"p":{"type":"string"}}}`
	doc, err := importer.ReadPlan("depot", "plan.json", []byte(`{"rules":[`+crate("1", number)+`,`+crate("2", text)+`,`+
		strings.ReplaceAll(crate("1", text), "Crate Packed", "Lid Shut")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	cat, texts := load(t, doc)
	var names []string
	for _, c := range cat.Contracts() {
		names = append(names, c.Name+" "+c.Version)
	}
	if diff := cmp.Diff([]string{"Crate Packed 1", "Crate Packed 2", "Lid Shut "}, names); diff != "" {
		t.Errorf("contracts (-want +got):\n%s", diff)
	}
	for _, name := range []string{"crate_packed.v1.json", "crate_packed.v2.json", "lid_shut.json"} {
		if texts[name] == "" {
			t.Errorf("no file %s among %d", name, len(texts))
		}
	}
	for _, tt := range []struct{ version, p, want string }{
		{`1`, `1`, ""}, {`2`, `"x"`, ""}, {`2`, `1`, "/properties/p type-mismatch"}, {`1`, `"x"`, "/properties/p type-mismatch"},
	} {
		ev, err := event.Decode([]byte(`{"type":"track","event":"Crate Packed","userId":"u","context":{"protocols":{"event_version":`+tt.version+`}},"properties":{"p":`+tt.p+`}}`), event.Place{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(contractFindings(cat, ev[0]), ","); got != tt.want {
			t.Errorf("version %s, p %s: got %q, want %q", tt.version, tt.p, got, tt.want)
		}
	}
}

// The common schema of a plan holds for every event of it.
func TestPlanCommonSchema(t *testing.T) {
	for _, plan := range []string{
		`{"rules":[{"type":"COMMON","version":1,"jsonSchema":{"type":"object","required":["userId"]}},` + crate("1", `{"type":"object"}`) + `]}`,
		`{"rules":{"global":{"type":"object","required":["userId"]},"events":[{"name":"Crate Packed","version":1,"rules":{"type":"object"}}]}}`,
	} {
		doc, err := importer.ReadPlan("shop", "plan.json", []byte(plan))
		if err != nil {
			t.Fatal(err)
		}
		files, _, err := doc.Files(importer.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		memory := fstest.MapFS{}
		for _, f := range files {
			memory["elsewhere/"+f.Name] = &fstest.MapFile{Data: f.Data} // not where the $id says
		}
		cat, found, err := validator.Load(validator.Root{FS: memory})
		if err != nil || len(found) > 0 {
			t.Fatalf("%v\n%s", err, said(found))
		}
		for text, want := range map[string]string{
			`{"type":"track","event":"Crate Packed","userId":"u"}`:      "",
			`{"type":"track","event":"Crate Packed","anonymousId":"u"}`: "/userId missing-property",
		} {
			ev, err := event.Decode([]byte(text), event.Place{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(contractFindings(cat, ev[0]), ","); got != want {
				t.Errorf("%s by %s: got %q, want %q", text, plan, got, want)
			}
		}
	}
}

// An example of a plan that its own schema refuses is left out, and told.
func TestPlanExamplesThatFailAreTold(t *testing.T) {
	doc, err := importer.ReadPlan("shop", "plan.json", []byte(`{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"properties":{"properties":{"properties":{"n":{"type":"number"}}}},
		"examples":[{"type":"track","event":"A","userId":"u1","properties":{"n":"x"}},{"type":"track","event":"A","userId":"u2","properties":{"n":1}}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	files, found, err := doc.Files(importer.Folder{})
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	const want = "plan.json:1:18: 1 example of track \"A\" left out, which the contract refuses (plan-schema-unreadable)\n"
	if got := said(found); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if text := string(files[0].Data); strings.Contains(text, "u1") || !strings.Contains(text, "u2") {
		t.Errorf("want the second example alone:\n%s", text)
	}
}

// A property that the Segment Spec reserves for another type makes no contract whose own
// example fails.
func TestExamplesOfPlansFollowTheSpec(t *testing.T) {
	doc, err := importer.ReadPlan("shop", "plan.json", []byte(`{"rules":[`+crate("1", `{"properties":{"value":{"type":"boolean"}}}`)+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		spec fs.FS
		want bool
	}{"without the spec": {nil, true}, "with the spec": {schemas.Spec(), false}} {
		files, _, err := doc.Files(importer.Folder{Spec: tt.spec})
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %d files, %v", name, len(files), err)
		}
		if got := strings.Contains(string(files[0].Data), `"examples"`); got != tt.want {
			t.Errorf("%s: has examples: %v, want %v", name, got, tt.want)
		}
	}
}

func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(`{"rules":[` + crate("2", `{"properties":{"a":{"type":"array","items":{"properties":{"b":{"enum":["x",null]}},"required":["b","c"]}}},"allOf":[{}]}`) + `]}`))
	f.Add([]byte(`{"rules":{"global":{"required":["userId"]},"events":[{"name":"A","rules":{"properties":{"context":{"properties":{"protocols":{"properties":{"event_version":{"const":1}}}}}}}}]}}`))
	f.Add([]byte(`[{"type":"PAGE","key":"Home","version":"1","jsonSchema":{"eventMetadata":{},"labels":{"a":"b"},"properties":{"p":false},"examples":[1]}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := importer.ReadPlan("shop", "plan.json", data)
		if err != nil {
			return
		}
		readsBack(t, doc)
	})
}

// readsBack holds a document to what every front end owes: files that are JSON and
// nothing left to do when they are there.
func readsBack(t *testing.T, doc *importer.Document) {
	t.Helper()
	files, _, err := doc.Files(importer.Folder{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := event.CheckSyntax(f.Data); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
