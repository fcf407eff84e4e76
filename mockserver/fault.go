package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"segproof/event"
)

// Faults is what a server is to do wrong, and when; see [Server.SetFaults]. [ParseFaults]
// reads one from YAML or JSON:
//
//	seed: 7
//	faults:
//	  - route: /v1/batch
//	    answers:
//	      - {status: 429, headers: {Retry-After: "3"}, times: 2}
//	      - {do: reset}
//	  - {type: track, name: "Order*", probability: 0.1, latency: {p50: 50ms, p99: 2s}}
//
// A request meets one fault at most: the first that fits it, is not used up, and whose
// probability says so. A fault begins when the request has been read and would be
// taken; what the server refuses by itself is answered as without faults, so that a
// sender that is wrong is told.
//
// Whether the events of such a request are recorded is what the sender will believe of
// a true Segment. An answer of 300 or above says that they were not taken: the request
// is kept in [Server.Requests], its events are not. With every other fault they were
// taken, and the answer is late, broken or lost: a sender that sends them again makes
// duplicates with the same messageId, which is what a test wants to see. Taken says
// otherwise, for a connection that breaks before the server has understood.
//
// With the same seed, the same requests in the same order meet the same faults.
type Faults struct {
	Seed   int64   `yaml:"seed" json:"seed"`     // of everything that is left to chance; 0 is a seed like any other
	Faults []Fault `yaml:"faults" json:"faults"` // the first that fits a request has it; at most 100
}

// Fault is what some requests meet. What selects them holds together: a request has to
// fit Route, and one of its events both Type and Name.
type Fault struct {
	// Route is the path of the requests, for example /v1/batch: with or without /v1, with
	// or without a slash at the end, short (/v1/b) or long. "*" stands for any text.
	// "" means every route.
	Route string `yaml:"route" json:"route,omitzero"`

	Type event.Type `yaml:"type" json:"type,omitzero"` // the call type of an event of the request; "" means any, or no event at all
	Name string     `yaml:"name" json:"name,omitzero"` // its name; "*" stands for any text. "" means any, or none

	Probability float64 `yaml:"probability" json:"probability,omitzero"` // of meeting a request that fits, above 0 and up to 1; 0 means 1

	// Times is how many requests meet the fault at most. 0 means: until its Answers are
	// used up; always, if it has none.
	Times Times `yaml:"times" json:"times,omitzero"`

	// Latency is how long the answer waits. The events are recorded before it begins: a
	// sender that gives up meanwhile has sent them all the same. Zero means none.
	Latency Latency `yaml:"latency" json:"latency,omitzero"`

	// Answers is a queue: one request after the other gets what it holds. None means
	// the normal answer, or what Do makes of it.
	Answers []Answer `yaml:"answers" json:"answers,omitzero"`

	Do    Damage `yaml:"do" json:"do,omitzero"`       // as in Answer, where there are no Answers
	Taken *bool  `yaml:"taken" json:"taken,omitzero"` // as in Answer, where there are no Answers
}

// Answer is one answer in place of the normal one. What it does not say is as in the
// normal one: the zero value lets a request pass.
type Answer struct {
	Status      int               `yaml:"status" json:"status,omitzero"`             // 200 to 599; 0 means the normal one
	Headers     map[string]string `yaml:"headers" json:"headers,omitzero"`           // to set; Content-Length is counted, not given
	ContentType string            `yaml:"content-type" json:"content-type,omitzero"` // "" means the normal one, application/json
	Body        *string           `yaml:"body" json:"body,omitzero"`                 // nil means the normal one; of another Status, JSON that fits it
	Do          Damage            `yaml:"do" json:"do,omitzero"`                     // what to do to the answer on its way; "" means nothing
	Taken       *bool             `yaml:"taken" json:"taken,omitzero"`               // the events are recorded; nil: if Status is 0 or below 300
	Times       Times             `yaml:"times" json:"times,omitzero"`               // requests that get it; 0 means 1
}

// Damage is what is done to an answer on its way.
type Damage string

// The kinds of damage.
const (
	// DoReset resets the connection (TCP RST) in place of an answer. A Server made by
	// [New] cuts it.
	DoReset Damage = "reset"

	// DoHalf ends the connection after half of the body that Content-Length announces.
	DoHalf Damage = "half"

	// DoSlow sends the header at once, and spreads the body over the fault's Latency, or
	// over 30 seconds if there is none.
	DoSlow Damage = "slow"
)

// damages returns the kinds of damage.
func damages() []string { return []string{string(DoReset), string(DoHalf), string(DoSlow)} }

// Times is a number of requests. In YAML and JSON it is a number, or the word always.
type Times int

// Always is without end.
const Always Times = -1

// MaxTimes is the largest number of requests that can be written for a fault; [Always]
// is more. The limit is ours.
const MaxTimes Times = 1_000_000

// UnmarshalYAML reads a number, or always.
func (n *Times) UnmarshalYAML(decode func(v any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		if v != "always" {
			return fmt.Errorf("got %.40q, want a number or always", v)
		}
		*n = Always
		return nil
	case int64, uint64, float64:
		if err := decode((*int)(n)); err != nil {
			return err
		}
		if *n < 1 || *n > MaxTimes {
			return fmt.Errorf("got %v, want 1 to %d, or always", v, MaxTimes)
		}
		return nil
	}
	return errors.New("want a number or always")
}

// MarshalJSON writes what UnmarshalYAML reads.
func (n Times) MarshalJSON() ([]byte, error) {
	if n == Always {
		return []byte(`"always"`), nil
	}
	return json.Marshal(int(n))
}

// MaxLatency is how long a fault may hold an answer; what a [Latency] draws beyond it
// is cut. For that long a sender waits also where the server's own timeouts are
// shorter. The limit is ours: no sender known to us waits longer for an answer.
const MaxLatency = 60 * time.Second

// Latency is how long an answer takes: fixed, if P99 is 0 or as P50, else drawn from a
// log-normal distribution, as those of true servers are, with a long tail. In YAML and
// JSON it is one duration, or {p50: 50ms, p99: 2s}.
type Latency struct {
	P50 time.Duration // half of the answers are faster
	P99 time.Duration // 99 of 100 are faster; 0 means that all take P50
}

// z99 is how many standard deviations the 99th percentile of a normal distribution
// lies above its median.
const z99 = 2.3263478740408408

// Quantile returns the time that the part q of all answers, from 0 to 1, does not
// exceed. No time is above [MaxLatency].
func (l Latency) Quantile(q float64) time.Duration {
	if l.P50 <= 0 || l.P99 <= l.P50 {
		return min(max(l.P50, 0), MaxLatency)
	}
	sigma := math.Log(float64(l.P99)/float64(l.P50)) / z99
	z := math.Sqrt2 * math.Erfinv(2*min(max(q, 0), 1)-1)
	// Compared as floats: at q = 1 it is infinite, which no Duration holds.
	return time.Duration(math.Round(min(float64(l.P50)*math.Exp(sigma*z), float64(MaxLatency))))
}

// UnmarshalYAML reads a duration, or p50 and p99.
func (l *Latency) UnmarshalYAML(decode func(v any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	switch v.(type) {
	case map[string]any:
		var parts struct {
			P50 time.Duration `yaml:"p50"`
			P99 time.Duration `yaml:"p99"`
		}
		if err := decode(&parts); err != nil {
			return err
		}
		*l = Latency{parts.P50, parts.P99}
		if l.P50 <= 0 || l.P99 <= 0 {
			return errors.New("want both p50 and p99, above 0")
		}
		return nil
	case string:
		if err := decode(&l.P50); err != nil || l.P50 > 0 {
			return err
		}
		return errors.New("want a duration above 0")
	}
	return errors.New(`want a duration, as "200ms", or {p50: 50ms, p99: 2s}`)
}

// MarshalJSON writes what UnmarshalYAML reads.
func (l Latency) MarshalJSON() ([]byte, error) {
	if l.P99 == 0 {
		return json.Marshal(l.P50.String())
	}
	return json.Marshal(struct {
		P50 string `json:"p50"`
		P99 string `json:"p99"`
	}{l.P50.String(), l.P99.String()})
}
