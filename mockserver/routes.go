package mockserver

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"segproof/event"
)

// route is one line of the table of routes.
type route struct {
	method string
	path   string // below the API's root for a route that takes events, else absolute
	limit  int    // bytes of body that it takes, as sent and decompressed
	decode func(body []byte) ([]event.Event, error)
	page   func(*Server, http.ResponseWriter, *http.Request) // set instead of decode by a route that takes no events
}

// routes returns the table of routes. Those that take events are there with and
// without /v1, and with and without a slash at the end: analytics-java posts to
// /v1/import/, and mobile senders are given a host that has the /v1 already.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/ and
// the senders themselves (analytics-java Analytics.java:132, analytics-ruby
// defaults.rb:9, analytics-go analytics.go:285).
func routes() []route {
	return []route{
		{http.MethodPost, "/batch", event.MaxBatchBytes, decodeBatch, nil},
		{http.MethodPost, "/import", event.MaxBatchBytes, decodeBatch, nil},
		{http.MethodPost, "/track", event.MaxEventBytes, decodeCall(event.Track), nil},
		{http.MethodPost, "/identify", event.MaxEventBytes, decodeCall(event.Identify), nil},
		{http.MethodPost, "/page", event.MaxEventBytes, decodeCall(event.Page), nil},
		{http.MethodPost, "/screen", event.MaxEventBytes, decodeCall(event.Screen), nil},
		{http.MethodPost, "/group", event.MaxEventBytes, decodeCall(event.Group), nil},
		{http.MethodPost, "/alias", event.MaxEventBytes, decodeCall(event.Alias), nil},
		{http.MethodGet, "/", 0, nil, (*Server).index},
		{http.MethodGet, "/_segproof/health", 0, nil, (*Server).health},
	}
}

// paths returns the paths that reach the route.
func (rt route) paths() []string {
	if rt.page != nil {
		return []string{rt.path}
	}
	return []string{"/v1" + rt.path, "/v1" + rt.path + "/", rt.path, rt.path + "/"}
}

// newRouter turns the table into a handler. gin is a router here and nothing else:
// no middleware, no binding, no redirects, no trust in what proxies say.
func newRouter(s *Server) http.Handler {
	// In debug mode gin prints every route to stdout, and the mode is a global of
	// gin's. A test binary starts in gin's test mode, so an importer's tests find the
	// mode as they left it; a program in debug mode loses its own [GIN-debug] lines.
	// Putting the mode back afterwards would race with whoever else sets it.
	if gin.IsDebugging() {
		gin.SetMode(gin.ReleaseMode)
	}
	engine := gin.New()
	engine.RedirectTrailingSlash = false // a redirected POST loses its body in most senders
	engine.HandleMethodNotAllowed = true
	engine.ForwardedByClientIP = false
	if err := engine.SetTrustedProxies(nil); err != nil {
		panic(err) // nil has no entry that could be wrong
	}
	for _, rt := range routes() {
		for _, path := range rt.paths() {
			if rt.page == nil {
				engine.Handle(rt.method, path, gin.WrapF(func(w http.ResponseWriter, r *http.Request) {
					s.ingest(w, r, rt)
				}))
				continue
			}
			page := gin.WrapF(func(w http.ResponseWriter, r *http.Request) { rt.page(s, w, r) })
			engine.GET(path, page)
			engine.HEAD(path, page) // wget --spider and load balancers probe with HEAD
		}
	}
	engine.NoRoute(gin.WrapF(func(w http.ResponseWriter, r *http.Request) {
		s.stray(w, r, notFound.because(strayHint(r.URL.Path)))
	}))
	engine.NoMethod(gin.WrapF(func(w http.ResponseWriter, r *http.Request) {
		s.stray(w, r, methodNotAllowed.because("the path is there, but not for this method; "+routeHint()))
	}))
	return engine
}

// stray refuses a request that no route takes. It is recorded: a sender with a wrong
// host or path is what a test that waits in vain has to be told about.
func (s *Server) stray(w http.ResponseWriter, r *http.Request, why *refusal) {
	x := s.begin(w, r)
	defer x.end()
	if _, err := x.readWire(event.MaxBatchBytes); err != nil {
		// The refusal stands whatever the body is; its connection is of no more use.
		w.Header().Set("Connection", "close")
	}
	s.finish(x, nil, why)
}

// strayHint says what is probably wrong with a path, without repeating it.
func strayHint(path string) string {
	switch {
	case strings.HasPrefix(path, "/v1/v1/"):
		return "the path begins with /v1 twice: give the sender the host without /v1; " + routeHint()
	case strings.HasPrefix(path, "//"):
		return "the path begins with two slashes: give the sender the host without a slash at its end; " + routeHint()
	}
	return "no such route; " + routeHint()
}

// routeHint names the routes that take events.
func routeHint() string {
	var paths []string
	for _, rt := range routes() {
		if rt.page == nil {
			paths = append(paths, "/v1"+rt.path)
		}
	}
	return "events go to POST " + strings.Join(paths, ", ") + ", also without /v1"
}

// index tells a person what answers here.
func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	where := s.URL()
	if where == "" {
		where = "this address"
	}
	// A write error means that the reader is gone, and nothing is lost.
	_, _ = fmt.Fprintf(w, "segproof: a fake Segment; it records and forwards nothing. Point your sender's host at %s: %s.\n", where, routeHint())
}

// health answers probes.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	// As in index.
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}
