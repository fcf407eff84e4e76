package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// routingSettings are of a source with a destination filter, for which the library has
// to load a piece of itself.
const routingSettings = `{
  "integrations": {"Segment.io": {"apiKey": "${writeKey}", "apiHost": "${apiHost}", "protocol": "${protocol}"}},
  "middlewareSettings": {"routingRules": [{
    "scope": "destinations", "target_type": "workspace::project::destination", "destinationName": "Elsewhere",
    "matchers": [{"type": "all"}], "transformers": [[{"type": "drop"}]]
  }]},
  "metrics": {"sampleRate": 0}
}`

// TestSnippetPieces has the library load a piece from the fake, because of settings that
// a user gives to it.
func TestSnippetPieces(t *testing.T) {
	t.Parallel()
	const key = "e2epieces"
	settings := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(settings, []byte(routingSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, "--analytics-js", packageFolder(t), "--settings", settings)
	b := newBrowser(t, srv)
	if err := chromedp.Run(b.tab(t), chromedp.Navigate(b.page(t, "snippet.html", key, map[string]any{}))); err != nil {
		t.Fatal(err)
	}
	srv.wait(t, key, len(callTypes), quiet)
	srv.checkArrived(t, key, "analytics-next, snippet", "settings")
	pieces := 0
	for _, r := range srv.requests(t, "") {
		if strings.HasPrefix(r.Path, "/analytics-next/bundles/") {
			pieces++
			if r.Status != http.StatusOK {
				t.Errorf("%s was answered with %d, want 200", r.Path, r.Status)
			}
		}
	}
	if pieces == 0 {
		t.Error("no piece was asked for, want that for destination filters")
	}
}
