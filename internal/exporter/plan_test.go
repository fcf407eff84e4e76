package exporter_test

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
	"segproof/internal/exporter"
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

// format returns a plan's format.
func format(t testing.TB, name string) exporter.PlanFormat {
	t.Helper()
	f, err := exporter.ParsePlanFormat(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// loadFS loads contracts.
func loadFS(t testing.TB, fsys fs.FS) *validator.Catalog {
	t.Helper()
	cat, found, err := validator.Load(validator.Root{FS: fsys})
	if err != nil {
		t.Fatalf("%v\n%s", err, said(found))
	}
	return cat
}

// contract is the text of a contract file as the importer writes it, with that identity
// and those further lines.
func contract(identity, more string) string {
	return "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"properties\": {" + identity + "}" + more + "\n}\n"
}

// importers read a plan's formats back.
func importers() map[string]func(name, file string, text []byte) (*importer.Document, error) {
	return map[string]func(name, file string, text []byte) (*importer.Document, error){"json": importer.ReadPlan, "csv": importer.ReadPlanCSV}
}

// back exports contracts and imports the plan; it returns the files that come out.
func back(t testing.TB, cat *validator.Catalog, as, name string) (map[string]string, []finding.Finding) {
	t.Helper()
	plan, found, err := exporter.Plan(cat.Contracts(), format(t, as))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := importers()[as](name, "plan."+as, plan)
	if err != nil {
		t.Fatalf("%v\n%s", err, plan)
	}
	if len(doc.Findings) > 0 {
		t.Errorf("the plan of our own: %s\n%s", said(doc.Findings), plan)
	}
	files, _, err := doc.Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range files {
		texts[f.Name] = string(f.Data)
	}
	return texts, found
}

// Contracts as the importer writes them come back byte for byte: the shipped ones.
func TestShippedContractsComeBack(t *testing.T) {
	contracts := 0
	for _, source := range schemas.Sources() {
		files, _ := schemas.Builtin(source)
		sub, err := fs.Sub(files, source)
		if err != nil {
			t.Fatal(err)
		}
		got, found := back(t, loadFS(t, sub), "json", source)
		if len(found) > 0 {
			t.Errorf("%s: the plan lacks something:\n%s", source, said(found))
		}
		want := map[string]string{}
		names, err := fs.Glob(sub, "*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(sub, name)
			if err != nil {
				t.Fatal(err)
			}
			want[name] = string(text)
			contracts++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-before +after):\n%s", source, diff)
		}
	}
	if contracts < 81 {
		t.Errorf("%d contracts were held, want all that are shipped", contracts)
	}
}

// depot is a plan with all that a plan can hold: versions, a common schema, nested
// properties, every call that has rules.
const depot = `{"rules":[
{"type":"COMMON","version":1,"jsonSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"context":{"type":"object"}},"required":["userId"]}},
{"key":"Crate Packed","type":"TRACK","version":1,"jsonSchema":{"labels":{"team":"depot","app":"ios"},"properties":{"properties":{"type":"object","description":"what is known of it","properties":{
 "crate_id":{"type":"string","pattern":"^c-[0-9]+$","description":"Which crate, \"c-1\" & <b>."},"size":{"type":["string","null"],"enum":["s","m",null]},
 "items":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"integer","minimum":1,"maximum":1e3}},"required":["sku"],"additionalProperties":false}},
 "at":{"type":"string","format":"date-time"},"on":{"type":"string","anyOf":[{"format":"date"},{"format":"date-time"}]},"any":{}},"required":["crate_id"]},
 "context":{"type":"object","properties":{"device":{"type":"object"},"protocols":{"type":"object","properties":{"other":{"type":"string"}}}}}},"required":["context"],"anyOf":[{},{"required":["anonymousId"]}],"allOf":[{"minProperties":1}]}},
{"key":"Crate Packed","type":"TRACK","version":2,"jsonSchema":{"title":"v2","properties":{"properties":{"type":"object","properties":{"crate_id":{"type":"integer"}}}}}},
{"type":"IDENTIFY","version":1,"jsonSchema":{"properties":{"traits":{"type":"object","properties":{"email":{"type":"string","format":"email"}}}}}},
{"type":"GROUP","version":1,"jsonSchema":{"properties":{"traits":{"type":"object"}},"required":["groupId","traits"]}},
{"key":"Home","type":"PAGE","version":3,"jsonSchema":{"properties":{"properties":{"type":"object"}}}},
{"type":"SCREEN","version":1,"jsonSchema":{"examples":[{"type":"screen","userId":"u"}]}},
{"key":"Crate Opened","type":"TRACK","version":1,"jsonSchema":{"properties":{"context":{"properties":{"protocols":{"properties":{"event_version":{"const":1}}}}}}}},
{"key":"Lid?","type":"TRACK","version":1,"jsonSchema":{}},
{"key":"Lid!","type":"TRACK","version":1,"jsonSchema":{}}
]}`

// What was imported, exported and imported again is the same, and so are the plans.
func TestPlansComeBack(t *testing.T) {
	doc, err := importer.ReadPlan("depot", "plan.json", []byte(depot))
	if err != nil || len(doc.Findings) > 0 {
		t.Fatalf("%v\n%s", err, said(doc.Findings))
	}
	files, _, err := doc.Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	first, memory := map[string]string{}, fstest.MapFS{}
	for _, f := range files {
		first[f.Name] = string(f.Data)
		memory[path.Join("depot", f.Name)] = &fstest.MapFile{Data: f.Data}
	}
	if len(first) != 10 || first["crate_opened.v1.json"] == "" {
		t.Errorf("%d files, want nine contracts and what they share, one with a version of its own", len(first))
	}
	for _, kept := range []string{`"minProperties": 1`, `"$ref": "common.json"`, `"team": "depot"`, `"maximum": 1e3`, `"other": {`, `"event_version": {`} {
		if !strings.Contains(first["crate_packed.v1.json"], kept) {
			t.Errorf("%s is lost:\n%s", kept, first["crate_packed.v1.json"])
		}
	}
	second, found := back(t, loadFS(t, memory), "json", "depot")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	if len(found) > 0 {
		t.Errorf("the plan lacks something:\n%s", said(found))
	}
}

// saying is contracts, by file, and what their plan cannot say of them.
type saying struct {
	name  string
	files map[string]string
	want  string
}

func (s saying) hold(t *testing.T, as string) {
	t.Helper()
	memory := fstest.MapFS{}
	for name, text := range s.files {
		memory[name] = &fstest.MapFile{Data: []byte(text)}
	}
	_, found, err := exporter.Plan(loadFS(t, memory).Contracts(), format(t, as))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.want, said(found)); diff != "" {
		t.Errorf("%v (-want +got):\n%s", s.files, diff)
	}
}

const (
	track = `"type":{"const":"track"},"event":{"const":"A"}`
	body  = `,"properties":{"properties":{"a":`
)

func TestPlanTellsWhatItCannotSay(t *testing.T) {
	version := func(v string) string {
		return `,"context":{"properties":{"protocols":{"properties":{"event_version":{"const":` + v + `}}}}}`
	}
	for _, s := range []saying{
		{"an alias", map[string]string{"a.json": contract(`"type":{"const":"alias"}`, "")}, "a.json:1:1: a tracking plan has no rules for alias calls (plan-contract-refused)\n"},
		{"a version that is a text", map[string]string{"a.json": contract(track+version(`"1.1"`), "")},
			"a.json:1:1: version \"1.1\", want 1, 2, 3, ...: Segment's event_version is an integer (plan-contract-refused)\n"},
		{"no version beside version 1", map[string]string{"a.json": contract(track, ""), "b.json": contract(track+version(`1`), "")},
			"a.json:1:1: the contract names no version, which in a plan is version 1; that is another contract's (plan-contract-refused)\n"},
		{"no version beside version 2", map[string]string{"a.json": contract(track, ""), "b.json": contract(track+version(`2`), "")},
			"a.json:1:1: the contract names no version; in the plan it is version 1, beside others (plan-detail-changed)\n"},
		{"a version of 1 that is alone", map[string]string{"a.json": contract(track+version(`1`), "")}, ""},
		{"a later draft", map[string]string{"a.json": `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{` + track + `}}`},
			"a.json:1:2: the contract is written in draft 2020-12; Segment reads draft-07 (plan-detail-lost)\n"},
		{"another file", map[string]string{"a.json": contract(track+body+`{"$ref":"b.json"}}}`, ""), "b.json": `{"type":"string"}`},
			"a.json:3:93: the contract refers to b.json, and a rule stands alone (plan-contract-refused)\n"},
		{"what all take in refers on", map[string]string{"a.json": contract(track, `,"allOf":[{"$ref":"b.json"}]`), "b.json": `{"not":{"anyOf":[{"$ref":"c.json"}]}}`, "c.json": `{}`},
			"a.json:3:66: the contract refers to b.json, and a rule stands alone (plan-contract-refused)\n"},
		{"what all take in", map[string]string{"a.json": contract(track, `,"allOf":[{"$ref":"b.json"}]`), "b.json": `{"required":["userId"],"if":{"$ref":"#/definitions/x"},"definitions":{"x":{}}}`}, ""},
		{"what some take in", map[string]string{"a.json": contract(track, `,"allOf":[{"$ref":"b.json"}]`), "b.json": `{"required":["userId"]}`, "c.json": contract(`"type":{"const":"identify"}`, "")},
			"a.json:3:66: the contract refers to b.json, and a rule stands alone (plan-contract-refused)\n"},
		{"a note on the name", map[string]string{"a.json": contract(`"type":{"const":"track"},"event":{"type":"string","const":"A","description":"x"}`, "")},
			"a.json:3:80: a rule has no place for description of the event's event (plan-detail-lost)\n"},
	} {
		t.Run(s.name, func(t *testing.T) { s.hold(t, "json") })
	}
}

func TestCSVTellsWhatItCannotSay(t *testing.T) {
	for _, s := range []saying{
		{"a minimum", map[string]string{"a.json": contract(track+body+`{"minimum":1}}}`, "")},
			"a.json:3:98: the CSV has no column for minimum (plan-detail-lost)\n"},
		{"notes for readers", map[string]string{"a.json": contract(track+body+`{"$comment":"x","default":1}}}`, `,"title":"A"`)},
			"a.json:1:1: the CSV has no columns for title, $comment, default (plan-detail-changed)\n"},
		{"a keyword on an item", map[string]string{"a.json": contract(track+body+`{"items":{"format":"email"}}}}`, "")},
			"a.json:3:107: the CSV has no column for format (plan-detail-lost)\n"},
		{"a closed object", map[string]string{"a.json": contract(track+`,"properties":{"additionalProperties":false}`, "")},
			"a.json:3:79: the CSV has no column for additionalProperties (plan-detail-lost)\n"},
		{"a name with a dot", map[string]string{"a.json": contract(track+`,"properties":{"properties":{"a.b":{}}}`, "")},
			"a.json:3:93: the CSV has no column for a name such as this, which is no path (plan-detail-lost)\n"},
		{"values that are numbers", map[string]string{"a.json": contract(track+body+`{"enum":[1]}}}`, "")},
			"a.json:3:98: the CSV has no column for the value 1 (plan-detail-lost)\n"},
		{"the context", map[string]string{"a.json": contract(track+`,"context":{"required":["ip"]}`, "")},
			"a.json:3:65: the CSV has no column for what it says of the context (plan-detail-lost)\n"},
		{"a condition", map[string]string{"a.json": contract(track, `,"if":{},"title":"A"`)},
			"a.json:1:1: the CSV has no columns for title (plan-detail-changed)\na.json:3:66: the CSV has no column for if (plan-detail-lost)\n"},
	} {
		t.Run(s.name, func(t *testing.T) { s.hold(t, "csv") })
	}
}

// What the CSV has columns for comes back through it.
func TestCSVComesBack(t *testing.T) {
	const text = `Event Type,Event Name,Event Version,Event Description,Labels,Property Name,Property Description,Property Status,Property Type,Allowed Property Values,Enum Values
track,Crate Packed,1,A crate is closed.,"team:depot, app:ios",,,,,,
track,Crate Packed,1,,,crate_id,"Which crate, ""c-1"".",required,string,^c-[0-9]+$,
track,Crate Packed,1,,,items,,optional,array,,
track,Crate Packed,1,,,items.$,,optional,object,,
track,Crate Packed,1,,,items.$.sku,,required,integer,,
track,Crate Packed,1,,,size,,optional,enum|null,,s|m
track,Crate Packed,2,,,,,,,,
track,Crate Packed,2,,,at,,optional,date-time,,
identify,,,,,,,,,,
identify,,,,,email,,optional,any,,
`
	doc, err := importer.ReadPlanCSV("depot", "plan.csv", []byte(text))
	if err != nil || len(doc.Findings) > 0 {
		t.Fatalf("%v\n%s", err, said(doc.Findings))
	}
	files, _, err := doc.Files(importer.Folder{})
	if err != nil {
		t.Fatal(err)
	}
	memory := fstest.MapFS{}
	for _, f := range files {
		memory[path.Join("depot", f.Name)] = &fstest.MapFile{Data: f.Data}
	}
	plan, _, err := exporter.Plan(loadFS(t, memory).Contracts(), format(t, "csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := text[strings.Index(text, "identify"):]
	want = text[:strings.Index(text, "track")] + want + text[strings.Index(text, "track"):strings.Index(text, "identify")]
	if diff := cmp.Diff(want, string(plan)); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

// Every rule's example raises it, and its neighbour does not.
func TestRules(t *testing.T) {
	for _, r := range exporter.Rules() {
		if r.Hit == "" {
			continue
		}
		for text, want := range map[string]bool{r.Hit: true, r.Neighbour: false} {
			memory := fstest.MapFS{"a.json": {Data: []byte(text)}}
			_, found, err := exporter.Plan(loadFS(t, memory).Contracts(), format(t, "json"))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(found) == 1 && found[0].Rule == r.ID && found[0].Severity == r.Severity; got != want || !want && len(found) > 0 {
				t.Errorf("%s: %s gives %v", r.ID, text, found)
			}
		}
	}
}

// FuzzPlansComeBack: what the importer makes of a plan, and the validator can load, comes
// back the same through the exporter, unless a finding says otherwise.
func FuzzPlansComeBack(f *testing.F) {
	f.Add([]byte(depot))
	f.Add([]byte(`[{"key":"A","type":"TRACK","version":1,"jsonSchema":{"x-segproof":{"owner":"me"},"examples":[{}],"properties":{"context":{"properties":{"protocols":{"properties":{"event_version":{"const":1}}}}}},"required":["x"]}}]`))
	f.Add([]byte(`[{"type":"PAGE","version":2,"jsonSchema":{"properties":{"name":{},"properties":{"type":["object","null"],"required":["a"],"properties":{"a":true,"b":false}}}}},{"type":"PAGE","version":1,"jsonSchema":{"title":"\u00e9"}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := importer.ReadPlan("depot", "plan.json", data)
		if err != nil {
			return
		}
		files, _, err := doc.Files(importer.Folder{})
		if err != nil {
			t.Fatal(err)
		}
		first, memory := map[string]string{}, fstest.MapFS{}
		for _, f := range files {
			first[f.Name] = string(f.Data)
			memory[path.Join("depot", f.Name)] = &fstest.MapFile{Data: f.Data}
		}
		cat, _, err := validator.Load(validator.Root{FS: memory})
		if err != nil || len(files) == 0 {
			return // a rule's schema need not be one that can be used
		}
		_, found, err := exporter.Plan(cat.Contracts(), format(t, "json"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return
		}
		second, _ := back(t, cat, "json", "depot")
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("-before +after:\n%s", diff)
		}
	})
}
