package mockserver

import (
	"fmt"
	"net/http"

	"segproof/finding"
)

// showFaults answers GET faults: what is set for a scope, how often each fault was met,
// and what is left of its answers.
func (s *Server) showFaults(c *call) error {
	return c.json(http.StatusOK, map[string]any{"faults": append([]FaultState{}, s.FaultStates(c.faultScope())...)})
}

// putFaults answers PUT faults: they take the place of those that were set.
func (s *Server) putFaults(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	faults, found := ParseFaults("faults", body)
	if len(found) > 0 {
		return c.json(http.StatusBadRequest, map[string]any{"ok": false, "findings": found})
	}
	if err := s.SetFaults(c.faultScope(), faults); err != nil {
		return badParameter.because(fmt.Sprintf("the faults cannot be set: %v", err))
	}
	return c.json(http.StatusOK, map[string]any{"ok": true, "findings": []finding.Finding{}})
}

// deleteFaults answers DELETE faults.
func (s *Server) deleteFaults(c *call) error {
	if err := s.SetFaults(c.faultScope(), nil); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// faultScope reads the scope that faults are for. "" is every scope that has none of
// its own.
func (c *call) faultScope() string { return c.query.Get("scope") }
