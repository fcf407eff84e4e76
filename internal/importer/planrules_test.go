package importer_test

import (
	"slices"
	"strings"
	"testing"

	"segproof/finding"
	"segproof/internal/importer"
)

// ofPlan returns what is found in a tracking plan, JSON or CSV.
func ofPlan(t *testing.T, text string) []finding.Finding {
	t.Helper()
	read := importer.ReadPlanCSV
	if strings.HasPrefix(text, "{") {
		read = importer.ReadPlan
	}
	doc, err := read("shop", "plan", []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return slices.DeleteFunc(doc.Findings, func(f finding.Finding) bool { return f.Rule == "call-assumed" })
}

func ofTraffic(t *testing.T, text string) []finding.Finding {
	t.Helper()
	_, _, doc, _ := learn(t, finding.Expand(text))
	return doc.Findings
}

// Each rule about plans and traffic is raised by its example, and by nothing in the
// neighbour.
func TestRulesOfPlansAndTraffic(t *testing.T) {
	count := 0
	for _, r := range importer.Rules() {
		var find func(*testing.T, string) []finding.Finding
		switch {
		case strings.HasPrefix(r.ID, "plan-"):
			find = ofPlan
		case strings.HasPrefix(r.ID, "traffic-"):
			find = ofTraffic
		default:
			continue // of pages
		}
		count++
		hit := find(t, r.Hit)
		if len(hit) != 1 || hit[0].Rule != r.ID || hit[0].Severity != r.Severity || hit[0].Line == 0 {
			t.Errorf("%s: the example %s raises %+v", r.ID, r.Hit, hit)
		}
		if found := find(t, r.Neighbour); len(found) > 0 {
			t.Errorf("%s: the neighbour %s raises %+v", r.ID, r.Neighbour, found)
		}
	}
	if count != 11 {
		t.Errorf("%d rules were held, want 11", count)
	}
}

func TestPlanCSVFindsItsColumns(t *testing.T) {
	want := `"type": "object", "properties": { "a": { "description": "Which.", "type": "array", "items": { "type": "object", "properties": ` +
		`{ "b": { "type": "string", "enum": [ "x", "y" ] } }, "required": [ "b" ] } } }`
	for name, text := range map[string]string{
		"ours":              "Event Type,Event Name,Property Name,Property Description,Property Status,Property Type,Enum Values\ntrack,Crate Packed,a,Which.,optional,array,\ntrack,Crate Packed,a.$.b,,required,enum,x|y\n",
		"the editor's":      "event name,event type,Property,Description,Status,Data Type,Enum Values\nCrate Packed,Track,,,,,\n,,a,Which.,,Array,\n,,a.$.b,,Required,Enum,\"x, y\"\n",
		"in another order":  "\ufeffEnum Values,Data Type,Status,Description,Property Name,Event Name,Call\n,array,,Which.,a,Crate Packed,track\n\"[\"\"x\"\",\"\"y\"\"]\",enum,true,,a.$.b,,\n",
		"CRLF, short rows":  "Event Name,Event Type,Property Name,Property Description,Data Type,Status,Enum Values\r\nCrate Packed,track\r\n,,a,Which.,array\r\n,,a.$.b,,string,required,x|y\r\n",
		"blanks in headers": " Event   Name ,EVENT TYPE,Property Name,Property Description,Data Type,Status,Enum Values\nCrate Packed,track,a,Which.,array,,\n,,a.$.b,,string,required,x|y\n",
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := importer.ReadPlanCSV("depot", "plan.csv", []byte(text))
			if err != nil || len(doc.Findings) > 0 {
				t.Fatalf("%v\n%s", err, said(doc.Findings))
			}
			_, texts := load(t, doc)
			if got := body(t, texts["crate_packed.json"]); got != want {
				t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
			}
		})
	}
}

// A row that ends before the cell that a finding is about has its place all the same.
func TestPlanCSVPlacesShortRows(t *testing.T) {
	doc, err := importer.ReadPlanCSV("depot", "plan.csv", []byte("Event Type,Event Name,Property Name,Property Type,Enum Values\ntrack,A,p,enum\n"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "plan.csv:2:1: an enum without values; it may be any string (plan-cell-unreadable)\n"
	if got := said(doc.Findings); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzReadPlanCSV(f *testing.F) {
	f.Add([]byte("Event Name,Event Type,Event Version,Labels,Property Name,Data Type,Enum Values,Permitted Values\nA,track,2,a:b,p.$.q,enum|null,x|y,^z\n,,,,p.$,object,,\nA,page,1\n"))
	f.Add([]byte("Event Name,Property Name\n\n,x\n\"A\n\",\"b\"\"c\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := importer.ReadPlanCSV("shop", "plan.csv", data)
		if err != nil {
			return
		}
		readsBack(t, doc)
	})
}

// A byte order mark is part of the file: columns on the first line count it, as those of
// pages do.
func TestPlacesCountTheByteOrderMark(t *testing.T) {
	doc, err := importer.ReadPlan("shop", "plan.json", []byte("\ufeff"+`{"rules":[{"type":"TRACK","jsonSchema":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	csv, err := importer.ReadPlanCSV("shop", "plan.csv", []byte("\ufeffEvent Type,Event Name,Property Name,Colour\ntrack,A,p,\n"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "plan.json:1:14: the rule of a track event has no key (plan-rule-unusable)\nplan.csv:1:40: column \"Colour\" is not known; it is left out (plan-column-unknown)\n"
	if got := said(doc.Findings) + said(csv.Findings); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Of the properties of an event one is required: so are they themselves, in whatever row it
// stands. A contract that requires them by hand contradicts no row.
func TestPlanCSVRequiresTheProperties(t *testing.T) {
	const header = "Event Name,Event Type,Property Name,Property Type,Property Status\n"
	for _, rows := range []string{
		"Crate Packed,track,a,string,required\nCrate Packed,track,b,string,optional\n",
		"Crate Packed,track,b,string,optional\nCrate Packed,track,a,string,required\n",
	} {
		doc, err := importer.ReadPlanCSV("shop", "plan.csv", []byte(header+rows))
		if err != nil || len(doc.Events) != 1 {
			t.Fatal(err)
		}
		text := string(doc.Contract(&doc.Events[0], "crate_packed.json"))
		if want := "\"event\",\n    \"properties\"\n  ]"; !strings.Contains(text, want) {
			t.Errorf("want properties required in\n%s", text)
		}
		none, err := importer.ReadPlanCSV("shop", "plan.csv", []byte(header+strings.ReplaceAll(rows, "required", "optional")))
		if err != nil {
			t.Fatal(err)
		}
		byHand := strings.Replace(string(none.Contract(&none.Events[0], "crate_packed.json")), `"event"`+"\n  ]", `"event", "properties"`+"\n  ]", 1)
		if found, err := none.Check(folder(byHand)); err != nil || len(found) > 0 || !strings.Contains(byHand, `"event", "properties"`) {
			t.Errorf("Check: %s, %v; want nothing", said(found), err)
		}
	}
}
