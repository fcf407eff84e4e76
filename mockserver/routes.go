package mockserver

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"segproof/event"
)

// route is one line of the table of routes.
type route struct {
	method string
	path   string // below the API's root; that of a page is absolute
	limit  int    // bytes of body that it takes, as sent and decompressed; of the pixel, of its event
	job
}

// job is what a route does. One of its fields is set.
type job struct {
	decode func(body []byte, held *holding) ([]event.Event, error)   // of a route that takes events
	serve  func(s *Server, x *exchange, limit int) ([]Record, error) // of one that does something else as Segment does
	page   func(s *Server, w http.ResponseWriter, r *http.Request)   // of one that Segment does not have; nothing is recorded
}

// routes returns the table of routes. All but our own pages are there with and without
// /v1, and with and without a slash at the end: analytics-java posts to /v1/import/, and
// mobile senders are given a host that has the /v1 already.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/ and
// the senders themselves
func routes() []route {
	const post, get = http.MethodPost, http.MethodGet
	return []route{
		{post, "/batch", event.MaxBatchBytes, job{decode: decodeBatch}},
		{post, "/import", event.MaxBatchBytes, job{decode: decodeBatch}},
		{post, "/track", event.MaxEventBytes, job{decode: decodeCall(event.Track)}},
		{post, "/identify", event.MaxEventBytes, job{decode: decodeCall(event.Identify)}},
		{post, "/page", event.MaxEventBytes, job{decode: decodeCall(event.Page)}},
		{post, "/screen", event.MaxEventBytes, job{decode: decodeCall(event.Screen)}},
		{post, "/group", event.MaxEventBytes, job{decode: decodeCall(event.Group)}},
		{post, "/alias", event.MaxEventBytes, job{decode: decodeCall(event.Alias)}},
		{post, "/b", event.MaxBatchBytes, job{decode: decodeBatch}},
		{post, "/t", event.MaxEventBytes, job{decode: decodeCall(event.Track)}},
		{post, "/i", event.MaxEventBytes, job{decode: decodeCall(event.Identify)}},
		{post, "/p", event.MaxEventBytes, job{decode: decodeCall(event.Page)}},
		{post, "/s", event.MaxEventBytes, job{decode: decodeCall(event.Screen)}},
		{post, "/g", event.MaxEventBytes, job{decode: decodeCall(event.Group)}},
		{post, "/a", event.MaxEventBytes, job{decode: decodeCall(event.Alias)}},
		{get, "/pixel/track", event.MaxEventBytes, job{serve: pixel(event.Track)}},
		{get, "/pixel/identify", event.MaxEventBytes, job{serve: pixel(event.Identify)}},
		{get, "/pixel/page", event.MaxEventBytes, job{serve: pixel(event.Page)}},
		{get, "/pixel/screen", event.MaxEventBytes, job{serve: pixel(event.Screen)}},
		{get, "/pixel/group", event.MaxEventBytes, job{serve: pixel(event.Group)}},
		{get, "/pixel/alias", event.MaxEventBytes, job{serve: pixel(event.Alias)}},
		{post, "/m", event.MaxBatchBytes, job{serve: (*Server).metrics}},
		{post, "/set", event.MaxBatchBytes, job{serve: (*Server).objects}},
		{post, "/functions/:name", MaxWebhookBytes, job{serve: (*Server).function}},
		{post, tokenRoute, event.MaxEventBytes, job{serve: (*Server).token}},
		{get, "/projects/:writeKey/settings", 0, job{serve: (*Server).settings}},
		{get, "/analytics.js/v1/:writeKey/*file", 0, job{serve: (*Server).snippet}},
		{get, "/analytics-next/bundles/*file", 0, job{serve: (*Server).bundle}},
		{get, "/next-integrations/*file", 0, job{serve: (*Server).integration}},
		{get, "/", 0, job{page: (*Server).index}},
	}
}

// paths returns the paths that reach the route.
func (rt route) paths() []string {
	switch {
	case rt.page != nil:
		return []string{rt.path}
	case strings.HasSuffix(rt.path, "/*file"):
		return []string{"/v1" + rt.path, rt.path} // the file takes a slash at the end along
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
		handler := func(c *gin.Context) { s.handle(c.Writer, c.Request, rt, c.Param) }
		if rt.page != nil {
			handler = func(c *gin.Context) { rt.page(s, c.Writer, c.Request) }
		}
		for _, path := range rt.paths() {
			engine.Handle(rt.method, path, handler)
			if rt.method == http.MethodGet {
				engine.HEAD(path, handler) // wget --spider and load balancers probe with HEAD
			}
		}
	}
	s.addControls(engine)
	engine.NoRoute(gin.WrapF(func(w http.ResponseWriter, r *http.Request) {
		if isControlPath(r.URL.Path) {
			s.lost(w, r, notFound)
			return
		}
		s.stray(w, r, notFound.because(strayHint(r.URL.Path)))
	}))
	engine.NoMethod(gin.WrapF(func(w http.ResponseWriter, r *http.Request) {
		if isControlPath(r.URL.Path) {
			s.lost(w, r, methodNotAllowed)
			return
		}
		s.stray(w, r, methodNotAllowed.because(methodHint(r)))
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

// methodHint says what is probably wrong with a method that a path is not there for.
func methodHint(r *http.Request) string {
	if r.Method == http.MethodPost && r.URL.Path == "/" {
		return "analytics-react-native posts to its proxy as it is: add /v1/b to it, or set useSegmentEndpoints; " + routeHint()
	}
	if strings.HasPrefix(r.URL.Path, "/functions/") {
		return "a source function is run by POST /functions/NAME, with the webhook as the body"
	}
	return "the path is there, but not for this method; " + routeHint()
}

// routeHint names the routes that take events.
func routeHint() string {
	var paths []string
	for _, rt := range routes() {
		if rt.decode != nil {
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
