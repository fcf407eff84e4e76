package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"segproof/mockserver"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"
)

// analyticsNext is @segment/analytics-next in Chromium, which of its own accord sends a
// request again if a connection breaks that it had used before.
var analyticsNext = sdk{
	calls: callTypes, deliveries: []delivery{single, batch}, countsRetries: true, waitsRetryAfter: true, resends: true,
}

// quiet is how long nothing must arrive any more from a page, which does not end by
// itself as a process does. A second copy that a retry makes is there by then or would
// have been waited for: the shortest pause of analytics-next is 0.5 s.
const quiet = time.Second

// TestAnalyticsNext sends through @segment/analytics-next: a page of another origin has
// it in its bundle, and is told of the fake by cdnURL alone. The settings that come from
// there lead it to the routes for events.
func TestAnalyticsNext(t *testing.T) {
	srv := serve(t)
	b := newBrowser(t, srv)
	next := analyticsNext
	next.name = "analytics-next, npm"
	journeys(t, next, func(t *testing.T, j journey) { b.journey(t, j, "npm.html") })
}

// TestSnippet has the library itself come from the fake too, which serves the npm
// package in the place of Segment's CDN.
func TestSnippet(t *testing.T) {
	srv := serve(t, "--analytics-js", packageFolder(t))
	b := newBrowser(t, srv)
	next := analyticsNext
	next.name = "analytics-next, snippet"
	journeys(t, next, func(t *testing.T, j journey) { b.journey(t, j, "snippet.html") })
}

// packageFolder returns where npm has put @segment/analytics-next.
func packageFolder(t *testing.T) string {
	t.Helper()
	wd, err := os.Getwd() // serve runs elsewhere
	if err != nil {
		t.Fatal(err)
	}
	return wd + "/node_modules/@segment/analytics-next"
}

// browser is a Chromium, and the pages that it is shown.
type browser struct {
	ctx   context.Context // of chromedp
	pages string          // the origin of the pages: another name, another port than the fake's
	srv   fake
}

func newBrowser(t *testing.T, srv fake) *browser {
	t.Helper()
	pages := httptest.NewServer(pageFiles(t))
	t.Cleanup(pages.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.Flag("headless", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		// It asks for nothing but what the page asks for.
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to start as root with its sandbox
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium, which make e2e installs: %v", err)
	}
	return &browser{ctx, strings.Replace(pages.URL, "127.0.0.1", "localhost", 1), srv}
}

// pageFiles serves the folder browser, and the bundle of its npm.js.
func pageFiles(t *testing.T) http.Handler {
	t.Helper()
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"browser/npm.js"},
		Bundle:      true,
		Format:      api.FormatIIFE,
		Target:      api.ES2020,
	})
	if len(built.Errors) > 0 {
		t.Fatalf("bundle browser/npm.js with what make e2e has npm install: %v", built.Errors)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir("browser")))
	mux.HandleFunc("GET /npm.bundle.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(built.OutputFiles[0].Contents) // else the browser is gone, and the test with it
	})
	return mux
}

// tab opens a tab with cookies and storage of its own, and returns chromedp's context.
func (b *browser) tab(t *testing.T) context.Context {
	t.Helper()
	var id target.ID
	if err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		browser := cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		own, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(browser)
		if err == nil {
			// Without a window of its own, a new context has nothing that a tab could be in.
			id, err = target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(browser)
		}
		return err
	})); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	return ctx
}

// page returns the URL of a page that sends with a write key and options.
func (b *browser) page(t *testing.T, page, key string, options map[string]any) string {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"key": {key}, "fake": {b.srv.url}, "options": {string(text)}}
	return b.pages + "/" + page + "?" + q.Encode()
}

// journey opens a page and looks at what it sent.
func (b *browser) journey(t *testing.T, j journey, page string) {
	t.Helper()
	if j.delivery == batch {
		j.waitsRetryAfter = false // see options
	}
	b.srv.setFaults(t, j.key(), j.faults())
	if err := chromedp.Run(b.tab(t), chromedp.Navigate(b.page(t, page, j.key(), j.options()))); err != nil {
		t.Fatalf("%s: open %s: %v", j, page, err)
	}
	b.srv.wait(t, j.key(), len(j.calls), quiet)
	j.check(t, b.srv.outcome(t, j.key(), expectations))
}

// options tells analytics-next how to deliver: one by one if nothing else is said, else
// in batches that leave when they are full.
//
// The timeout is what a batch that failed waits for, whatever Retry-After says: it was
// started by the batch's first event, and analytics-next 1.84 starts no second timer
// beside it (scheduleFlush in its batched-dispatcher.ts).
//
// Where the connection is reset, cookies are included: Chromium then takes connections
// that nothing before has used, and leaves the first break to the SDK.
func (j journey) options() map[string]any {
	config := map[string]any{}
	strategy := map[string]any{"config": config}
	if j.delivery == batch {
		strategy["strategy"] = "batching"
		config["size"], config["timeout"] = j.size(), 3000
	}
	if j.answer != nil && j.answer.Do == mockserver.DoReset {
		config["credentials"] = "include"
	}
	return withSegment(map[string]any{"deliveryStrategy": strategy})
}

// withSegment returns options for the part of analytics-next that sends to Segment.
func withSegment(options map[string]any) map[string]any {
	return map[string]any{"integrations": map[string]any{"Segment.io": options}}
}
