package mockserver

import (
	"encoding/json"
	"math"
	"net/http"
	"time"
)

// invocationJSON is an invocation as the control route shows it.
type invocationJSON struct {
	Seq         int64             `json:"seq"`
	At          time.Time         `json:"at"`
	Function    string            `json:"function"`
	Scope       string            `json:"scope"`
	Record      int64             `json:"record,omitempty"`
	Request     int64             `json:"request,omitempty"`
	Attempt     int               `json:"attempt"`
	Disposition string            `json:"disposition"`
	Error       string            `json:"error,omitempty"`
	Events      []json.RawMessage `json:"events"`
	Objects     []json.RawMessage `json:"objects"`
	Returned    json.RawMessage   `json:"returned,omitempty"`
	Requests    []json.RawMessage `json:"requests"`
	Logs        []string          `json:"logs"`
}

// maxSettle is how long a request for invocations may wait for the destinations.
const maxSettle = time.Minute

// listInvocations answers GET invocations. With ?settle=5s it waits that long at most
// for the destinations to be done with every event recorded by now.
func (s *Server) listInvocations(c *call) error {
	limit, err := c.number("limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	after, err := c.number("after", 0, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	settled, err := s.settleFor(c)
	if err != nil {
		return err
	}
	found := s.hosted.behind(c.scope(), after, int(limit)+1)
	var next *int64
	if len(found) > int(limit) {
		found = found[:limit]
		next = &found[limit-1].Seq
	}
	list := []invocationJSON{}
	for _, n := range found {
		list = append(list, invocationJSON{n.Seq, n.At, n.Function, n.Scope, n.Record, n.Request, n.Attempt, n.Disposition, n.Error,
			orEmpty(n.Events), orEmpty(n.Objects), n.Returned, orEmpty(n.Requests), orEmpty(n.Logs)})
	}
	return c.json(http.StatusOK, map[string]any{"invocations": list, "next": next, "settled": settled, "lost": s.hosted.dropped()})
}

// settleFor waits as long as ?settle says and reports whether the destinations are done.
func (s *Server) settleFor(c *call) (bool, error) {
	patience := time.Duration(0)
	if text := c.query.Get("settle"); text != "" {
		var err error
		if patience, err = time.ParseDuration(text); err != nil || patience < 0 || patience > maxSettle {
			return false, badParameter.because("settle: want a duration from 0s to " + maxSettle.String())
		}
	}
	ctx, cancel := c.lasting(s, patience)
	defer cancel()
	return s.Settle(ctx) == nil, nil
}

// orEmpty makes a list that JSON writes as [].
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
