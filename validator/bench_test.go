package validator_test

import (
	"testing"

	"segproof/event"
	"segproof/schemas"
	"segproof/validator"
)

// The events of the benchmarks: the examples of the README, in order and with the three
// usual faults (a number in quotes, a misspelt name, an unplanned property).
const (
	validView   = `{"type":"screen","name":"tutorial.view","messageId":"5f0c2b1a-9e7d-4c3b-8a16-0d4e9b7c2f31","userId":"u-2041","timestamp":"2024-05-14T15:04:05.123Z","context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"integrations":{},"properties":{"tutorialId":1482,"segmentId":"seg_new_admins","portalId":37,"versionId":"v_2024_05_a"}}`
	invalidView = `{"type":"screen","name":"tutorial.view","messageId":"5f0c2b1a-9e7d-4c3b-8a16-0d4e9b7c2f31","userId":"u-2041","timestamp":"2024-05-14T15:04:05.123Z","context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"integrations":{},"properties":{"tutorialId":"1482","segmentId":"seg_new_admins","portalId":37,"versionID":"v_2024_05_a","extra":1}}`
)

func BenchmarkValidate(b *testing.B) {
	cat, found, err := validator.Load(validator.Root{FS: schemas.FS()})
	if err != nil {
		b.Fatalf("Load: %v %v", err, found)
	}
	for _, bb := range []struct {
		name, text string
		findings   int
	}{
		{"valid", validView, 0},
		{"invalid", invalidView, 4},
	} {
		b.Run(bb.name, func(b *testing.B) {
			events, err := event.Decode([]byte(bb.text), event.Place{File: "bench", Line: 1, Column: 1})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.text)))
			for b.Loop() {
				if n := len(cat.Validate(events[0])); n != bb.findings {
					b.Fatalf("%d findings, want %d", n, bb.findings)
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := validator.Load(validator.Root{FS: schemas.FS()}); err != nil || len(found) > 0 {
			b.Fatalf("Load: %v %v", err, found)
		}
	}
}
