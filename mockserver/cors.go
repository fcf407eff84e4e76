package mockserver

import (
	"net/http"
	"strings"
)

// preflightAge is how long, in seconds, a browser may remember a preflight's answer.
// Chromium keeps it for two hours at most.
const preflightAge = "7200"

// front is what every request passes before it is routed: its scope is taken off its
// path, and browsers are told that pages of any origin may send.
//
// Since analytics-next 1.84 each call carries Authorization, so that browsers ask
// first: without an answer to OPTIONS no event arrives at all, and the sender only
// queues it again. Errors carry the headers too, else a page cannot read them.
//
// Source: the Fetch standard, 3.2, and Chromium with analytics-next 1.84
func (s *Server) front(routes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := unscoped(r)
		if !ours(r.URL.Path) {
			allowOrigin(w, r)
			if r.Method == http.MethodOptions {
				answerOptions(w, r)
				return
			}
		}
		if err != nil {
			s.stray(w, r, refusalOf(err))
			return
		}
		routes.ServeHTTP(w, r)
	})
}

// ours reports whether a path is one of our own pages, which Segment does not have. No
// other origin has any business with them: they get no CORS header.
func ours(path string) bool {
	return path == "/" || isControlPath(path)
}

// isControlPath reports whether a path is one of the control routes, or was meant to be.
func isControlPath(path string) bool {
	return path == "/metrics" || path == "/_segproof" || strings.HasPrefix(path, "/_segproof/")
}

// allowOrigin lets the page that asks read the answer. The origin is echoed, because
// "*" does not go with credentials, which analytics-next sends if its deliveryStrategy
// says so.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
}

// answerOptions allows whatever a preflight asks for. The path need not be a route: the
// request that follows is to arrive and to be told so. It is not recorded, since it
// carries nothing and browsers skip it as they like.
func answerOptions(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, HEAD, POST, OPTIONS")
	if r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Max-Age", preflightAge)
		if asked := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ","); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
		// A page of a public origin that reaches for this machine; Chromium asks.
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
	}
	w.WriteHeader(http.StatusNoContent)
}
