package importer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"segproof/event"
	"segproof/internal/importer"
)

// hostilePlans are plans of a few megabytes that would be dear if anything were looked at
// again and again.
func hostilePlans() map[string][]byte {
	deep := strings.Repeat(`{"properties":{"p":`, 2000) + "{}" + strings.Repeat("}}", 2000)
	var types, ids, rules bytes.Buffer
	for i := range 60_000 {
		fmt.Fprintf(&types, `"p%d":{"type":"x"},`, i)
		fmt.Fprintf(&ids, `{"id":"/x"},`)
		fmt.Fprintf(&rules, `{"key":"E %d","type":"TRACK","version":1,"jsonSchema":{}},`, i)
	}
	return map[string][]byte{
		"deep":       []byte(`[` + crate("1", deep) + `]`),
		"properties": []byte(`[` + crate("1", `{"properties":{`+types.String()+`"q":{}}}`) + `]`),
		"addresses":  []byte(`[` + crate("1", `{"anyOf":[`+ids.String()+`{}]}`) + `]`),
		"rules":      []byte(`[` + rules.String() + `5]`),
	}
}

// What is too much is told, and the rest of the plan is not lost on the way.
func TestHostilePlansAreBounded(t *testing.T) {
	for name, want := range map[string]string{
		"deep":       "plan-rule-unusable",
		"properties": "plan-rule-unusable",
		"addresses":  "",
		"rules":      "plan-rule-unusable",
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := importer.ReadPlan("shop", "plan.json", hostilePlans()[name])
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range doc.Findings {
				if f.Rule == want {
					got = f.Rule
				}
			}
			if got != want || len(doc.Events) > importer.MaxPlanRules {
				t.Errorf("%d events; the last findings are %+v, want %s", len(doc.Events), doc.Findings[max(0, len(doc.Findings)-1):], want)
			}
		})
	}
}

func BenchmarkReadPlan(b *testing.B) {
	for name, plan := range hostilePlans() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(plan)))
			for b.Loop() {
				if _, err := importer.ReadPlan("shop", "plan.json", plan); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTraffic(b *testing.B) {
	events, err := event.Decode([]byte(`{"type":"track","event":"Crate Packed","userId":"u","properties":{"id":"c1","total":12.5,"at":"2026-01-31T12:00:00Z","items":[{"sku":1},{"sku":2}],"size":"s"}}`), event.Place{File: "x", Line: 1, Column: 1})
	if err != nil {
		b.Fatal(err)
	}
	var traffic importer.Traffic
	b.SetBytes(int64(len(events[0].JSON())))
	for b.Loop() {
		traffic.Add(events[0])
	}
}
