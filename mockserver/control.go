package mockserver

import (
	"bytes"
	"crypto/subtle"
	_ "embed" // for openapi.json
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// control is one line of the table of our own routes: what a test or a person asks the
// fake, as opposed to what a sender asks Segment.
type control struct {
	method string
	path   string
	params string // of the query, separated by spaces
	open   bool   // it tells nothing, and answers whoever asks, whatever the query
	serve  func(s *Server, c *call) error
}

// controls returns the table of control routes. openapi.json documents each of them.
func controls() []control {
	const get, head, post, put, del = http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete
	return []control{
		{get, "/_segproof/health", "", true, (*Server).health},
		{head, "/_segproof/health", "", true, (*Server).health}, // wget --spider and load balancers probe with HEAD
		{get, "/_segproof/ready", "", true, (*Server).ready},
		{head, "/_segproof/ready", "", true, (*Server).ready},
		{get, "/_segproof/openapi.json", "", true, (*Server).showOpenAPI},
		{get, "/_segproof/records", "scope type name user verdict q after limit", false, (*Server).listRecords},
		{del, "/_segproof/records", "scope", false, (*Server).resetRecords},
		{get, "/_segproof/records/:seq", "", false, (*Server).showRecord},
		{get, "/_segproof/requests", "scope after limit", false, (*Server).listRequests},
		{get, "/_segproof/requests/:seq/body", "", false, (*Server).showBody},
		{get, "/_segproof/invocations", "scope after limit settle", false, (*Server).listInvocations},
		{get, "/_segproof/retries", "scope", false, (*Server).listRetries},
		{post, "/_segproof/wait", "", false, (*Server).waitFor},
		{post, "/_segproof/expect", "scope", false, (*Server).expect},
		{get, "/_segproof/findings", "scope format", false, (*Server).listFindings},
		{get, "/_segproof/faults", "scope", false, (*Server).showFaults},
		{put, "/_segproof/faults", "scope", false, (*Server).putFaults},
		{del, "/_segproof/faults", "scope", false, (*Server).deleteFaults},
		{get, "/_segproof/stream", "scope after", false, (*Server).stream},
		{get, "/metrics", "", false, (*Server).showMetrics},
	}
}

// call is one request to a control route. One goroutine uses it.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	query url.Values
	param func(name string) string // of the path
}

// addControls puts the control routes on the router.
func (s *Server) addControls(engine *gin.Engine) {
	for _, route := range controls() {
		engine.Handle(route.method, route.path, func(g *gin.Context) {
			s.answerControl(route, &call{w: g.Writer, r: g.Request, param: g.Param})
		})
	}
}

// maxControlBytes is the largest body, in bytes, that a control route reads.
const maxControlBytes = 1 << 20

// answerControl answers one request to a control route.
func (s *Server) answerControl(route control, c *call) {
	h := c.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if !route.open {
		if err := errors.Join(s.admit(c.r), c.readQuery(route.params)); err != nil {
			c.refuse(err)
			return
		}
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxControlBytes)
	if err := route.serve(s, c); err != nil {
		if _, ok := err.(*refusal); !ok {
			s.log.error("control route failed", "err", err)
		}
		c.refuse(err)
	}
}

// lost refuses a request that was meant for a control route, and that none of them takes.
// It is not recorded: no sender sent it.
func (s *Server) lost(w http.ResponseWriter, r *http.Request, kind refusalKind) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := s.admit(r); err != nil {
		refuse(w, refusalOf(err))
		return
	}
	var names []string
	for _, route := range controls() {
		names = append(names, route.method+" "+route.path)
	}
	refuse(w, kind.because("no such control route; there are "+strings.Join(names, ", ")+"; GET /_segproof/openapi.json describes them"))
}

// refuse answers with what an error stands for.
func (c *call) refuse(err error) { refuse(c.w, refusalOf(err)) }

// The ways to refuse a control request, beside those of answer.go.
var (
	badHost      = refusalKind{http.StatusMisdirectedRequest, "bad_host"}
	crossSite    = refusalKind{http.StatusForbidden, "cross_site"}
	notLoopback  = refusalKind{http.StatusForbidden, "not_loopback"}
	badToken     = refusalKind{http.StatusUnauthorized, "bad_token"}
	badParameter = refusalKind{http.StatusBadRequest, "bad_parameter"}
	noSuch       = refusalKind{http.StatusNotFound, "no_such"}
	tooLong      = refusalKind{http.StatusRequestEntityTooLarge, "body_too_large"}
	shuttingDown = refusalKind{http.StatusServiceUnavailable, "shutting_down"}
)

// admit says why a request may not use the control routes: what a page of another site
// could send by way of its reader's browser, and what comes from other machines. Senders
// are not asked for any of this.
func (s *Server) admit(r *http.Request) error {
	if !s.knowsHost(r.Host) {
		// A name that resolves to this machine, but is not its own, is how a page gets
		// around the same-origin rule (DNS rebinding).
		return badHost.because("the Host header names a host that is not this server's; use its address, or allow the name with Options.AllowHosts (serve: --allow-host)")
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return crossSite.because("a page of another site may not use the control routes")
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return crossSite.because("a page of another origin may not use the control routes")
		}
	}
	if s.controlToken != "" {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(s.controlToken)) != 1 {
			return badToken.because("want the header Authorization: Bearer TOKEN, with the token that the server was started with")
		}
		return nil
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil && !net.ParseIP(host).IsLoopback() {
		return notLoopback.because("other machines may use the control routes only with a token: set Options.Token (serve: --token)")
	}
	return nil
}

// knowsHost reports whether a Host header names this server.
func (s *Server) knowsHost(header string) bool {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip := net.ParseIP(host); ip != nil {
		return true // an address is no name that could be rebound
	}
	return host == "localhost" || slices.ContainsFunc(s.allowHosts, func(name string) bool { return strings.EqualFold(name, host) })
}

// scope reads ?scope=NAME; without it, all scopes are meant.
func (c *call) scope() scopeFilter {
	if !c.query.Has("scope") {
		return scopeFilter{all: true}
	}
	return scopeFilter{name: c.query.Get("scope")}
}

// number reads a parameter that is a whole number from least to most; without it, it is
// otherwise.
func (c *call) number(name string, otherwise, least, most int64) (int64, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, badParameter.because(fmt.Sprintf("%s: want a whole number from %d to %d", name, least, most))
	}
	return n, nil
}

// readQuery reads the query, and refuses what cannot be read and parameters that the
// route does not have: a filter that is misspelt would select everything.
func (c *call) readQuery(params string) (err error) {
	// Not r.URL.Query, which drops what it cannot read: "scope=a;1" would be no scope.
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return badParameter.because("the query cannot be read: want NAME=VALUE, joined by &, and each other character than letters and digits as %XX")
	}
	names := strings.Fields(params)
	for name, values := range c.query {
		switch {
		case len(names) == 0:
			return badParameter.because("the route has no parameters")
		case !slices.Contains(names, name):
			return badParameter.because("the route does not have this parameter; it has " + strings.Join(names, ", "))
		case len(values) > 1:
			return badParameter.because(name + " is given more than once")
		case name == "scope" && !isScopeOrNone(values[0]):
			return errNoScope
		}
	}
	return nil
}

// errNoScope refuses the name of a scope that cannot be: it would hold nothing for ever.
var errNoScope = badParameter.because(fmt.Sprintf("scope: want at most %d bytes of UTF-8 without control characters", MaxScopeBytes))

// isScopeOrNone reports whether there may be records of that scope: "" is for those that
// came without a write key.
func isScopeOrNone(name string) bool { return name == "" || isScope(name) }

// body reads the request's body.
func (c *call) body() ([]byte, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(c.r.Body); err != nil {
		return nil, tooLong.because(fmt.Sprintf("the body could not be read, or is larger than %d bytes", maxControlBytes))
	}
	return b.Bytes(), nil
}

// seq reads the sequence number in the path.
func (c *call) seq() (int64, error) {
	n, err := strconv.ParseInt(c.param("seq"), 10, 64)
	if err != nil || n < 1 {
		return 0, badParameter.because("want a sequence number in the path, counted from 1")
	}
	return n, nil
}

// json answers with a value. It writes it as it is: < stays <.
func (c *call) json(status int, value any) error {
	text, err := encode(value)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(text) // as in finish
	return nil
}

//go:embed openapi.json
var openAPI []byte

// showOpenAPI answers with the description of the control routes.
func (s *Server) showOpenAPI(c *call) error {
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(openAPI) // as in finish
	return nil
}

// health says that the process answers.
func (s *Server) health(c *call) error {
	return c.json(http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether events would be taken.
func (s *Server) ready(c *call) error {
	if err := s.journal.ready(); err != nil {
		why := refusalOf(err)
		return c.json(http.StatusServiceUnavailable, map[string]string{"status": why.code, "message": why.message})
	}
	return c.json(http.StatusOK, map[string]string{"status": "ready"})
}
