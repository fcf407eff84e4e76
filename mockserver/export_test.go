package mockserver

import (
	"net/http"
	"strings"
)

// PostLimits returns the paths of all routes that take a body, with the most bytes that
// each takes.
func PostLimits() map[string]int {
	limits := map[string]int{}
	for _, rt := range routes() {
		if rt.method != http.MethodGet {
			for _, path := range rt.paths() {
				limits[path] = rt.limit
			}
		}
	}
	return limits
}

// ControlRoute is a control route and the parameters of its query.
type ControlRoute struct {
	Method, Path string // {seq} stands for what the path leaves open
	Params       []string
	Open         bool // it answers whoever asks
}

// ControlRoutes returns the table of control routes.
func ControlRoutes() []ControlRoute {
	var list []ControlRoute
	for _, c := range controls() {
		list = append(list, ControlRoute{c.method, strings.ReplaceAll(c.path, ":seq", "{seq}"), strings.Fields(c.params), c.open})
	}
	return list
}

// OpenAPI returns the description of the control routes.
func OpenAPI() []byte { return openAPI }

// BreakJournal has the server believe that its disk failed.
func BreakJournal(s *Server) {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.broken, s.journal.trouble = true, errBroken
}

// NoPatience has resets not wait for those who follow.
func NoPatience(s *Server) { s.journal.patience = 0 }

// Counted returns of how many scopes the server keeps counts in memory, of how many of
// these in the journal, and of how many the last request that was refused.
func Counted(s *Server) (memory, stored, last int, err error) {
	_, counts, err := s.journal.store.level()
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return len(s.journal.counts), len(counts), len(s.journal.last), err
}
