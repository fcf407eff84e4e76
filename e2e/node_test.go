package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

var analyticsNode = sdk{
	name: "analytics-node", calls: callTypes, deliveries: []delivery{single, batch}, countsRetries: true, waitsRetryAfter: true,
}

// TestAnalyticsNode sends through @segment/analytics-node to segproof serve.
func TestAnalyticsNode(t *testing.T) {
	srv := serve(t)
	journeys(t, analyticsNode, func(t *testing.T, j journey) {
		srv.setFaults(t, j.key(), j.faults())
		sendWithNode(t, srv, j.key(), map[string]any{"flushAt": j.size()})
		// The process has ended: nothing arrives any more.
		srv.wait(t, j.key(), len(j.calls), 0)
		j.check(t, srv.outcome(t, j.key(), expectations))
	})
}

// sendWithNode runs the sender until it has made its calls and says that they are sent.
func sendWithNode(t *testing.T, srv fake, key string, settings map[string]any) {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "senders/node.mjs")
	cmd.Env = append(os.Environ(), "SEGMENT_HOST="+srv.url, "SEGMENT_WRITE_KEY="+key, "SENDER_SETTINGS="+string(text))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("node senders/node.mjs: %v\n%s", err, out)
	}
}
