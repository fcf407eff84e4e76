package mockserver

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// SetFaults has the server answer the requests of a scope with faults, from the start of
// their queues, in place of those that were set before; nil takes them away. With scope
// "" they are about all requests. A request looks at the faults of its scope first, then
// at those for all.
//
// The caller may use f again, but not change it. An error says what is wrong with it;
// what [ParseFaults] returned without findings has nothing wrong.
func (s *Server) SetFaults(scope string, f *Faults) error {
	if f == nil {
		s.faults.set(scope, nil)
		return nil
	}
	var wrong []error
	for _, p := range f.problems() {
		wrong = append(wrong, errors.New(p.pointer+": "+p.message))
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	s.faults.set(scope, newFaultSet(f))
	return nil
}

// FaultState is one fault and what became of it.
type FaultState struct {
	Fault   Fault `json:"fault"`   // as it was set
	Reached int   `json:"reached"` // requests that it fitted, and that no fault before it had taken, while it was not used up
	Hits    int   `json:"hits"`    // requests that met it
	Left    Times `json:"left"`    // requests that can still meet it
}

// FaultStates returns what became of the faults of a scope, or of those for all with
// scope "", in their order; nil if none are set. A test that asked for faults may want
// to know that they struck.
func (s *Server) FaultStates(scope string) []FaultState { return s.faults.states(scope) }

// faultTable holds the faults of all scopes. Its methods may be called by many
// goroutines.
type faultTable struct {
	mu    sync.Mutex // guards sets and what they hold, and gone
	sets  map[string]*faultSet
	gone  []idleFault   // taken away before they struck
	ended chan struct{} // closed when the server shuts down: nobody waits any longer
	end   func()        // closes ended, once
}

func newFaultTable() *faultTable {
	t := &faultTable{sets: map[string]*faultSet{}, ended: make(chan struct{})}
	t.end = sync.OnceFunc(func() { close(t.ended) })
	return t
}

// maxIdle is how many faults that were taken away without having struck a table
// remembers.
const maxIdle = 100

func (t *faultTable) set(scope string, set *faultSet) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.sets[scope].idle(scope) {
		if len(t.gone) < maxIdle {
			t.gone = append(t.gone, f)
		}
	}
	if set == nil {
		delete(t.sets, scope)
		return
	}
	t.sets[scope] = set
}

func (t *faultTable) states(scope string) []FaultState {
	t.mu.Lock()
	defer t.mu.Unlock()
	set := t.sets[scope]
	if set == nil {
		return nil
	}
	states := make([]FaultState, len(set.queues))
	for i, q := range set.queues {
		states[i] = FaultState{q.fault, q.reached, q.hits, q.left()}
	}
	return states
}

// pick returns what the next request meets, nil for nothing, and counts it. The records
// are of the events in the request; they need not be kept anywhere yet.
func (t *faultTable) pick(scope, path string, records []Record) *hit {
	t.mu.Lock()
	defer t.mu.Unlock()
	scopes := []string{scope, ""}
	for _, set := range slices.Compact(scopes) {
		if h := t.sets[set].pick(path, records); h != nil {
			h.ended = t.ended
			return h
		}
	}
	return nil
}

// faultSet is what one SetFaults set.
type faultSet struct{ queues []*faultQueue }

func newFaultSet(f *Faults) *faultSet {
	set := &faultSet{}
	for i, fault := range f.Faults {
		set.queues = append(set.queues, newFaultQueue(fault, uint64(f.Seed), uint64(i)))
	}
	return set
}

func (s *faultSet) pick(path string, records []Record) *hit {
	if s == nil {
		return nil
	}
	route := plainRoute(path)
	for _, q := range s.queues {
		if q.fits(route, records) {
			if h := q.next(); h != nil {
				return h
			}
		}
	}
	return nil
}

// faultQueue is one fault on its way to being used up.
type faultQueue struct {
	fault   Fault
	route   glob
	name    glob
	answers []Answer // of the fault; never empty
	chance  *rand.Rand
	delay   *rand.Rand // apart from chance, so that a latency changes nothing else
	reached int
	hits    int
	at      int   // the answer that is next
	given   Times // how often it was given already
}

func newFaultQueue(f Fault, seed, index uint64) *faultQueue {
	q := &faultQueue{
		fault:   f,
		route:   newGlob(plainRoute(f.Route)),
		name:    newGlob(f.Name),
		answers: f.Answers,
		// Each fault draws from sources of its own: what one fault meets does not change
		// what is left to chance elsewhere.
		chance: rand.New(rand.NewPCG(seed, 2*index)),
		delay:  rand.New(rand.NewPCG(seed, 2*index+1)),
	}
	if len(q.answers) == 0 {
		q.answers = []Answer{{Do: f.Do, Taken: f.Taken, Times: Always}}
	}
	return q
}

// fits reports whether the fault is about such a request.
func (q *faultQueue) fits(route string, records []Record) bool {
	if q.fault.Route != "" && !q.route.matches(route) {
		return false
	}
	if q.fault.Type == "" && q.fault.Name == "" {
		return true
	}
	return slices.ContainsFunc(records, func(r Record) bool {
		return (q.fault.Type == "" || r.Event.Type == q.fault.Type) &&
			(q.fault.Name == "" || r.Event.Name != "" && q.name.matches(r.Event.Name))
	})
}

// next takes the next answer off the queue. It returns nil if the queue is used up, or
// chance lets the request pass.
func (q *faultQueue) next() *hit {
	if q.left() == 0 {
		return nil
	}
	q.reached++
	if p := q.fault.Probability; p > 0 && q.chance.Float64() >= p {
		return nil
	}
	q.hits++
	h := &hit{answer: q.answers[q.at], latency: q.fault.Latency.Quantile(q.delay.Float64())}
	if q.given++; h.answer.Times != Always && q.given >= max(h.answer.Times, 1) {
		q.at, q.given = q.at+1, 0
	}
	return h
}

// left returns how many requests can still meet the fault.
func (q *faultQueue) left() Times {
	left := -q.given
	for _, a := range q.answers[q.at:] {
		if a.Times == Always {
			left = Always
			break
		}
		left += max(a.Times, 1)
	}
	if limit := q.fault.Times; limit > 0 {
		rest := limit - Times(q.hits)
		if left == Always || rest < left {
			return rest
		}
	}
	return left
}

// shortRoutes are the routes that senders write in two ways.
//
// Source: analytics-next packages/browser/src/plugins/segmentio/index.ts:127, and
// analytics-kotlin HTTPClient.kt:167 for /b.
func shortRoutes() map[string]string {
	return map[string]string{
		"/t": "/track", "/i": "/identify", "/p": "/page", "/s": "/screen", "/g": "/group", "/a": "/alias",
		"/b": "/batch",
	}
}

// plainRoute returns the one spelling of a path that stands for all of them.
func plainRoute(path string) string {
	if rest, ok := strings.CutPrefix(path, "/v1"); ok && strings.HasPrefix(rest, "/") {
		path = rest
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if long, ok := shortRoutes()[path]; ok {
		return long
	}
	return path
}

// glob is a text in which "*" stands for any text, cut at each "*".
type glob []string

func newGlob(text string) glob { return strings.Split(text, "*") }

// matches takes time in proportion to the text, whatever the glob: where a piece fits
// early, nothing is gained by trying it later.
func (p glob) matches(text string) bool {
	first, last := p[0], p[len(p)-1]
	if len(p) == 1 {
		return text == first
	}
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range p[1 : len(p)-1] {
		i := strings.Index(text, piece)
		if i < 0 {
			return false
		}
		text = text[i+len(piece):]
	}
	return true
}

// meet returns the fault that a request meets, nil for none, and notes it in the
// request. err is why the server refuses the request by itself.
func (s *Server) meet(x *exchange, records []Record, err error) *hit {
	if err != nil {
		return nil
	}
	h := s.faults.pick(x.req.Scope, x.r.URL.Path, records)
	if h != nil {
		h.oauth = plainRoute(x.r.URL.Path) == tokenRoute
		h.note(x.req)
	}
	return h
}
