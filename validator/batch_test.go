package validator_test

import (
	"strings"
	"testing"

	"segproof/event"
)

// bigBatch is an envelope of 20,000 events whose context is wrong; it stands behind them.
func bigBatch() string {
	return `{"batch":[` + strings.Repeat(`{"type":"track","event":"A","userId":"u"},`, 19999) +
		`{"type":"track","event":"A","userId":"u"}],` + "\n" + `"integrations":{},"context":{"ip":5}}`
}

// What ails the context of a batch ails each of its events. Showing where it stands must
// not cost a walk through the whole batch for each.
func TestSharedFaultOfManyEvents(t *testing.T) {
	cat := load(t)
	n := 0
	events := all(t, bigBatch())[:1000]
	for _, ev := range events {
		for _, f := range cat.Validate(ev) {
			if f.Pointer != "/context/ip" {
				continue
			}
			if n++; f.Line != 2 || f.Column != 35 || f.Excerpt.Text[f.Excerpt.Start:f.Excerpt.Start+f.Excerpt.Length] != "5" {
				t.Fatalf("found at %d:%d %+v, want the 5 at 2:35", f.Line, f.Column, f.Excerpt)
			}
		}
	}
	if n != len(events) {
		t.Errorf("%d events have the finding, want all %d", n, len(events))
	}
}

func BenchmarkSharedFault(b *testing.B) {
	cat := load(b)
	for b.Loop() {
		events, err := event.Decode([]byte(bigBatch()), event.Place{File: "b", Line: 1, Column: 1})
		if err != nil {
			b.Fatal(err)
		}
		for _, ev := range events {
			if len(cat.Validate(ev)) == 0 {
				b.Fatal("no finding")
			}
		}
	}
}
