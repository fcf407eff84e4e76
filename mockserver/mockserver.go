// Package mockserver is the fake Segment: it answers senders as the Tracking API
// does, and keeps what they sent, so that a test can look at it.
//
//	srv := mockserver.Start(t, mockserver.Options{Checker: cat})
//	// point the sender's host at srv.URL() and let it send; then
//	records, err := srv.Wait(ctx, 3)
//
// It is lenient, as Segment is: an event that Segment would drop later is answered
// with 200 all the same; what is wrong with it stands in its record's findings. It
// judges nothing itself (see [Checker]), forwards nothing, and dials nobody.
//
// Every event is recorded before its answer leaves: a sender that has its 200 finds
// its events in [Server.Records]. Refused requests are kept too, in [Server.Requests].
package mockserver

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"segproof/event"
	"segproof/finding"
)

// Checker judges an event as it arrives. *validator.Catalog is one.
//
// Validate is called before the event is recorded, by many goroutines at once. If it
// panics, the event is recorded with a finding of the rule validator-failed.
type Checker interface {
	Validate(event.Event) []finding.Finding
}

// Options configures New, Listen and Start. The zero value listens on a free port of
// this machine and records whatever is sent.
type Options struct {
	Addr        string           // host:port to listen on; "" means 127.0.0.1:0, a free port
	AllowRemote bool             // Addr may be one that other machines can reach; without it such an Addr is an error
	Checker     Checker          // nil: record only
	Capacity    int              // records kept, and requests; 0 or less means DefaultCapacity. The oldest go first and are counted
	Logger      *slog.Logger     // nil: silent. No write key, event, path or query is ever logged
	Now         func() time.Time // the clock of ReceivedAt and of tokens; nil means time.Now. Called by many goroutines
	Settings    []byte           // answers GET .../settings, with ${writeKey}, ${apiHost} and ${protocol} replaced; not checked, it may be what a sender stumbles over. nil: settings that lead senders here
	AnalyticsJS fs.FS            // an unpacked npm package @segment/analytics-next, for pages that load the snippet; nil: 404. Use [os.Root.FS]: [os.DirFS] follows links out of its folder
	OAuth       []string         // write keys, or scopes, whose events need an access token of POST /token; without one they get 401
	TokenLife   time.Duration    // of access tokens; 0 or less means DefaultTokenLife
}

// DefaultCapacity is how many records a server keeps unless told otherwise. A record
// keeps its request's body alive: 10,000 single events of 32 KB are 320 MB, and a
// sender's usual events of 1 KB are 10 MB.
const DefaultCapacity = 10_000

// Server is a fake Segment, made by [Start], [Listen] or [New]. All its methods may be
// called by many goroutines. It is an [http.Handler], for those who bring their own
// listener, with TLS for example.
type Server struct {
	checker      Checker
	now          func() time.Time
	settingsText string
	files        fs.FS // nil if there are none
	oauth        []string
	tokens       tokens
	log          *limitedLog
	router       http.Handler
	budget       budget
	journal      journal
	port         *port // nil for a Server made by New
}

// New returns a Server that listens nowhere: it is a handler for the caller's own
// server, whose timeouts are the caller's to set. [Listen] is what most want.
func New(opts Options) *Server {
	s := &Server{
		checker:      opts.Checker,
		now:          opts.Now,
		settingsText: usualSettings,
		files:        opts.AnalyticsJS,
		oauth:        slices.Clone(opts.OAuth),
		tokens:       newTokens(opts.TokenLife),
		log:          newLimitedLog(opts.Logger),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if opts.Settings != nil {
		s.settingsText = string(opts.Settings)
	}
	capacity := opts.Capacity
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	s.journal.records.capacity = capacity
	s.journal.requests.capacity = capacity
	s.router = s.front(newRouter(s))
	return s
}

// Listen starts a Server that answers by the time Listen returns. The caller closes
// it. An error says that the address cannot be listened on, or that it is not a
// loopback address and [Options].AllowRemote is not set.
func Listen(opts Options) (*Server, error) {
	ln, err := listen(opts)
	if err != nil {
		return nil, err
	}
	s := New(opts)
	s.port = serve(ln, s, s.log)
	return s, nil
}

// T is the part of *testing.T that [Start] needs.
type T interface {
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start is [Listen] for a test: it fails the test if it cannot listen, and closes the
// server when the test ends.
func Start(t T, opts Options) *Server {
	s, err := Listen(opts)
	if err != nil {
		t.Fatalf("start mockserver: %v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Fatalf("close mockserver: %v", err)
		}
	})
	return s
}

// URL returns where the server listens, for example http://127.0.0.1:40123, with no
// slash at its end. It is "" for a Server made by [New].
func (s *Server) URL() string {
	if s.port == nil {
		return ""
	}
	return s.port.url
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// closeGrace is how long Close waits for requests that are under way.
const closeGrace = 5 * time.Second

// Close is [Server.Shutdown] with five seconds for the requests that are under way.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	return s.Shutdown(ctx)
}

// Shutdown stops listening, answers every request whose header it has read, and waits
// for every goroutine of the server. Records stay readable; a Wait that is still short
// ends with [http.ErrServerClosed].
//
// If ctx ends first, the open connections are cut and Shutdown returns ctx's error: a
// goroutine may then still be in the Checker. A second call does no harm. For a
// Server made by [New], Shutdown ends the Waits, and draining is the caller's.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.journal.close()
	if s.port == nil {
		return nil
	}
	return s.port.shutdown(ctx)
}

// Records returns a copy of the records kept, in the order of arrival. The events,
// findings and requests in it are shared: read them only.
func (s *Server) Records() []Record { return s.journal.allRecords() }

// Requests returns a copy of the requests to the API that are kept, taken and
// refused, in the order in which they were answered. What it points to is shared: read
// it only.
func (s *Server) Requests() []Request { return s.journal.allRequests() }

// Wait returns the records kept as soon as n have arrived since the start or the last
// Reset; records that had to be dropped count. If ctx or the server ends first, it
// returns the records kept by then with an error that wraps ctx's error, or
// [http.ErrServerClosed], and tells how many arrived.
func (s *Server) Wait(ctx context.Context, n int) ([]Record, error) { return s.journal.wait(ctx, n) }

// Dropped returns how many records had to make room for newer ones since the start or
// the last Reset. A test that asserts on what arrived wants it to be 0.
func (s *Server) Dropped() int { return s.journal.droppedRecords() }

// Reset forgets all records and requests, and their counts. Sequence numbers go on.
func (s *Server) Reset() { s.journal.reset() }
