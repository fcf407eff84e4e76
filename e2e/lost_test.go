package e2e

import (
	"testing"

	"segproof/event"
	"segproof/mockserver"
)

// TestAnswerLost breaks the connection after the events were taken, so that the sender
// cannot know: it sends them again, as it has to, and they are there twice with one
// messageId. The server says so, and none of them is new.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	const key = "e2elost"
	srv := serve(t)
	srv.setFaults(t, key, &mockserver.Faults{Faults: []mockserver.Fault{{Type: event.Track, Do: mockserver.DoReset, Times: 1}}})
	sendWithNode(t, srv, key, map[string]any{"flushAt": len(callTypes)})
	o := srv.outcome(t, key, expectations)
	o.note("analytics-node, batch", "answer lost", callTypes)
	first := map[string]bool{}
	for i, rec := range o.records {
		if again := i >= len(callTypes); first[rec.MessageID] != again || again != (rec.DuplicateOf > 0) {
			t.Errorf("record %d, %s %s, is a duplicate of %d; want the second half to be those of the first", i, rec.Event.Type, rec.MessageID, rec.DuplicateOf)
		}
		first[rec.MessageID] = true
	}
	if got, want := len(o.records), 2*len(callTypes); got != want {
		t.Errorf("%d records, want %d", got, want)
	}
	srv.checkPosts(t, key, []string{"/v1/batch 0", "/v1/batch 200"})
}
