package mockserver

import (
	"cmp"
	"crypto/sha256"
	"net/http"
	"slices"
	"time"

	"segproof/event"
)

// Retry is what a sender sent more than once, with every request that carried it.
type Retry struct {
	Scope      string    `json:"scope"`
	MessageIDs []string  `json:"messageIds"` // of the events that went this way together, in their order; nil for bytes without any
	Attempts   []Attempt `json:"attempts"`   // at least two, in their order
}

// Attempt is one of the requests of a [Retry].
type Attempt struct {
	Request    int64         `json:"request"`    // its Seq
	At         time.Time     `json:"at"`         // its ReceivedAt
	Gap        time.Duration `json:"gap"`        // in nanoseconds, since the attempt before; 0 for the first
	RetryCount int           `json:"retryCount"` // as the sender counts
	Status     int           `json:"status"`     // of its answer
	Fault      string        `json:"fault"`      // what a fault did to its answer
}

// Retries returns what was sent more than once, in the order of its first request, as
// the timelines of its attempts. requests is what [Server.Requests] returns.
//
// Events are known by their messageId within their scope: a sender may put them into
// other batches when it sends them again. A batch whose events all went the same way is
// one Retry. What has no messageId, or is not a body of events, is known by its path
// and bytes. The same bytes behind an answer of success are the same thing said twice, and no
// retry, unless the sender counts them as one.
func Retries(requests []Request) []Retry {
	trips := map[trip][]int{} // the requests that carried it, by index
	var order []trip
	for i, req := range requests {
		for _, t := range tripsOf(req) {
			if len(trips[t]) == 0 {
				order = append(order, t)
			}
			if carried := trips[t]; len(carried) == 0 || carried[len(carried)-1] != i {
				trips[t] = append(carried, i)
			}
		}
	}
	var retries []Retry
	at := map[string]int{} // where the Retry with these requests is
	for _, t := range order {
		carried := trips[t]
		if t.messageID == "" {
			carried = sentAgain(requests, carried)
		}
		if len(carried) < 2 {
			continue
		}
		// Events that went the same way are told together; bytes stand alone.
		way := wayOf(t, carried)
		i, known := at[way]
		if !known {
			i = len(retries)
			at[way] = i
			retries = append(retries, Retry{Scope: t.scope, Attempts: attempts(requests, carried)})
		}
		if t.messageID != "" {
			retries[i].MessageIDs = append(retries[i].MessageIDs, t.messageID)
		}
	}
	return retries
}

// trip is something that a request carries and that can be told from all else.
type trip struct {
	scope     string
	messageID string            // "" for bytes
	bytes     [sha256.Size]byte // of the path and the body
}

// tripsOf returns what a request carries.
func tripsOf(req Request) []trip {
	if len(req.Body) == 0 {
		return nil // a page, or what there was no room for
	}
	ids, all := messageIDs(req.Body)
	trips := make([]trip, 0, len(ids)+1)
	for _, id := range ids {
		trips = append(trips, trip{scope: req.Scope, messageID: id})
	}
	if !all {
		text := append([]byte(plainRoute(req.Path)+"\n"), req.Body...)
		trips = append(trips, trip{scope: req.Scope, bytes: sha256.Sum256(text)})
	}
	return trips
}

// messageIDs returns the IDs of the events in a body, and whether there is nothing in it
// without one.
func messageIDs(body []byte) (ids []string, all bool) {
	if checkBatch(body, nil) != nil {
		return nil, false
	}
	events, err := event.Decode(body, start())
	if err != nil {
		return nil, false
	}
	all = true
	for _, ev := range events {
		if id := ev.MessageID(); id != "" {
			ids = append(ids, id)
		} else {
			all = false
		}
	}
	return ids, all
}

// sentAgain returns those of requests with the same bytes that are one sent again, by index:
// from the first that failed, or is counted as a retry by its sender, on.
func sentAgain(requests []Request, carried []int) []int {
	again := carried[:0:0]
	open := false // the last one calls for another
	for n, i := range carried {
		if n > 0 && (open || requests[i].RetryCount > 0) {
			if before := carried[n-1]; len(again) == 0 || again[len(again)-1] != before {
				again = append(again, before)
			}
			again = append(again, i)
		}
		req := requests[i]
		open = req.Fault != "" || req.Status != http.StatusOK
	}
	return again
}

// wayOf names the requests that carried something.
func wayOf(t trip, carried []int) string {
	var way []byte
	if t.messageID == "" {
		way = append(way, t.bytes[:]...)
	}
	for _, i := range carried {
		way = append(way, 0, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
	}
	return string(way)
}

func attempts(requests []Request, carried []int) []Attempt {
	list := make([]Attempt, len(carried))
	for n, i := range carried {
		req := requests[i]
		list[n] = Attempt{Request: req.Seq, At: req.ReceivedAt, RetryCount: req.RetryCount, Status: req.Status, Fault: req.Fault}
	}
	// Requests are numbered as they were answered; a quick answer may overtake a slow one.
	slices.SortStableFunc(list, func(a, b Attempt) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Request, b.Request)) })
	for n := 1; n < len(list); n++ {
		list[n].Gap = list[n].At.Sub(list[n-1].At)
	}
	return list
}
