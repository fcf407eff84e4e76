package mockserver

import (
	"bytes"
	"crypto/subtle"
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
	open   bool // it tells nothing, and answers whoever asks
	serve  func(s *Server, c *call) error
}

// controls returns the table of control routes.
func controls() []control {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []control{
		{get, "/_segproof/health", true, (*Server).health},
		{get, "/_segproof/ready", true, (*Server).ready},
		{get, "/_segproof/records", false, (*Server).listRecords},
		{del, "/_segproof/records", false, (*Server).resetRecords},
		{get, "/_segproof/records/:seq", false, (*Server).showRecord},
		{get, "/_segproof/requests", false, (*Server).listRequests},
		{get, "/_segproof/requests/:seq/body", false, (*Server).showBody},
		{get, "/_segproof/retries", false, (*Server).listRetries},
		{post, "/_segproof/wait", false, (*Server).waitFor},
		{post, "/_segproof/expect", false, (*Server).expect},
		{get, "/_segproof/findings", false, (*Server).listFindings},
		{get, "/_segproof/faults", false, (*Server).showFaults},
		{put, "/_segproof/faults", false, (*Server).putFaults},
		{del, "/_segproof/faults", false, (*Server).deleteFaults},
		{get, "/_segproof/stream", false, (*Server).stream},
		{get, "/metrics", false, (*Server).showMetrics},
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
		handler := func(g *gin.Context) {
			s.answerControl(route, &call{g.Writer, g.Request, g.Request.URL.Query(), g.Param})
		}
		engine.Handle(route.method, route.path, handler)
		if route.method == http.MethodGet {
			engine.HEAD(route.path, handler) // wget --spider and load balancers probe with HEAD
		}
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
		if err := s.admit(c.r); err != nil {
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
	host = strings.Trim(host, "[]")
	if ip := net.ParseIP(host); ip != nil {
		return true // an address is no name that could be rebound
	}
	return host == "localhost" || slices.Contains(s.allowHosts, host)
}

// scope reads ?scope=NAME; without it, all scopes are meant.
func (c *call) scope() scopeFilter {
	if !c.query.Has("scope") {
		return scopeFilter{all: true}
	}
	return scopeFilter{name: c.query.Get("scope")}
}

// number reads a parameter that is a whole number of at most most; without it, it is
// otherwise.
func (c *call) number(name string, otherwise, most int64) (int64, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, badParameter.because(fmt.Sprintf("%s: want a whole number from 0 to %d", name, most))
	}
	return n, nil
}

// known refuses parameters that the route does not have: a misspelt filter would
// select everything.
func (c *call) known(names ...string) error {
	for name := range c.query {
		if !slices.Contains(names, name) {
			return badParameter.because(fmt.Sprintf("the route does not have this parameter; it has %s", strings.Join(names, ", ")))
		}
	}
	return nil
}

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
