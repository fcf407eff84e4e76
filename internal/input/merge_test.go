package input_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/input"

	"github.com/google/go-cmp/cmp"
)

// A batch may share a context with thousands of events, each of which gets a copy.
func TestBatchThatSharesTooMuch(t *testing.T) {
	text := finding.Expand(`{"batch":[${repeat:20000:{"type":"alias"},$}{}],"context":{"x":"${repeat:40000:x$}"}}`)
	file := filepath.Join(t.TempDir(), "batch.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	var got []string
	_, err := input.Read(context.Background(), file, input.Options{}, func(b input.Block) error {
		evs, found := b.Decode()
		events = append(events, evs...)
		for _, f := range found {
			got = append(got, f.Rule)
		}
		return nil
	})
	if err != nil || len(events) != 0 {
		t.Errorf("Read gave %d events and error %v, want neither", len(events), err)
	}
	if diff := cmp.Diff([]string{"batch-too-large"}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
