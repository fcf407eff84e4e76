package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// TestPageAsksFirst holds what goes over the wire of a page that is told apiHost and
// protocol: Chromium asks before it sends, since each call carries Authorization, and
// nobody but the page's server and the fake is ever asked for anything.
func TestPageAsksFirst(t *testing.T) {
	t.Parallel()
	const key = "e2eapihost"
	srv := serve(t)
	b := newBrowser(t, srv)
	tab := b.tab(t)
	var wire traffic
	chromedp.ListenTarget(tab, wire.note)
	options := withSegment(map[string]any{"apiHost": strings.TrimPrefix(srv.url, "http://") + "/v1", "protocol": "http"})
	if err := chromedp.Run(tab, network.Enable(), chromedp.Navigate(b.page(t, "npm.html", key, options))); err != nil {
		t.Fatal(err)
	}
	srv.wait(t, key, len(callTypes), quiet)
	srv.checkArrived(t, key, "analytics-next, npm", "apiHost")
	preflights := map[string]int{}
	for _, a := range wire.all() {
		if a.method == http.MethodOptions {
			preflights[strings.TrimPrefix(a.url, srv.url)]++
		}
		if !strings.HasPrefix(a.url, srv.url+"/") && !strings.HasPrefix(a.url, b.pages+"/") {
			t.Errorf("the page asked for %s, want nothing but %s and %s", a.url, b.pages, srv.url)
		}
	}
	want := map[string]int{"/v1/i": 1, "/v1/t": 1, "/v1/p": 1, "/v1/s": 1, "/v1/g": 1, "/v1/a": 1}
	if diff := cmp.Diff(want, preflights); diff != "" {
		t.Errorf("where Chromium asked before it sent (-want +got):\n%s", diff)
	}
	for _, r := range srv.requests(t, key) {
		if origin := r.Headers.Get("Origin"); origin != b.pages {
			t.Errorf("%s %s came from origin %q, want %q", r.Method, r.Path, origin, b.pages)
		}
		if auth := r.Headers.Get("Authorization"); r.Method == http.MethodPost && auth != "Basic [redacted]" {
			t.Errorf("%s %s came with Authorization %q, want Basic", r.Method, r.Path, auth)
		}
	}
}

// TestLeavingThePage has a batch leave that is not full when its page is left.
func TestLeavingThePage(t *testing.T) {
	t.Parallel()
	const key = "e2epagehide"
	srv := serve(t)
	b := newBrowser(t, srv)
	options := withSegment(map[string]any{
		"deliveryStrategy": map[string]any{"strategy": "batching", "config": map[string]any{"size": 100, "timeout": 3_600_000}},
	})
	awaited := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	if err := chromedp.Run(b.tab(t),
		chromedp.Navigate(b.page(t, "npm.html", key, options)),
		chromedp.Evaluate("sent", nil, awaited), // all calls are in the batch
		chromedp.Navigate("about:blank"),
	); err != nil {
		t.Fatal(err)
	}
	srv.wait(t, key, len(callTypes), quiet)
	srv.checkArrived(t, key, "analytics-next, npm", "page left")
	srv.checkPosts(t, key, []string{"/v1/b 200"})
}

// traffic is what a tab asks for. It may be used by many goroutines.
type traffic struct {
	mu   sync.Mutex // guards seen
	seen []asked
}

// asked is one request, a preflight among them.
type asked struct{ method, url string }

// note is told of what happens in a tab.
func (w *traffic) note(event any) {
	ev, ok := event.(*network.EventRequestWillBeSent)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, asked{ev.Request.Method, ev.Request.URL})
}

func (w *traffic) all() []asked {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}
