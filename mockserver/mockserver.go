// Package mockserver is the fake Segment: it answers senders as the Tracking API
// does, and keeps what they sent, so that a test can look at it.
//
//	srv := mockserver.Start(t, mockserver.Options{Checker: cat})
//	// point the sender's host at srv.URL() and let it send; then
//	records, err := srv.Wait(ctx, 3)
//
// It is lenient, as Segment is: an event that Segment would drop later is answered
// with 200 all the same; what is wrong with it stands in its record's findings. With
// [Strict] it tells the sender. It judges nothing itself (see [Checker]), forwards
// nothing, and dials nobody.
//
// Every event is recorded before its answer leaves: a sender that has its 200 finds
// its events in [Server.Records]. Refused requests are kept too, in [Server.Requests].
package mockserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
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
	Addr          string           // host:port to listen on; "" means 127.0.0.1:0, a free port
	AllowRemote   bool             // Addr may be one that other machines can reach; without it such an Addr is an error
	Checker       Checker          // nil: record only, which Strict cannot be, and of which no verdict can be expected
	Mode          Mode             // how it answers; "" means Lenient
	WriteKeys     []string         // those that a source has; nil: each that is well-formed. With another one an event is dropped as Segment does (unknown_source), settings and snippet get 404; Strict answers 401
	Data          string           // file of the journal, made if it is not there; "" keeps it in memory
	Capacity      int              // records kept, and requests; 0 or less means DefaultCapacity. The oldest go first and are counted
	CapacityBytes int64            // of the bodies kept, and of the findings about their events; 0 or less means DefaultCapacityBytes. The oldest go first and are counted
	Logger        *slog.Logger     // nil: silent. No write key, event, path or query is ever logged
	Now           func() time.Time // the clock of ReceivedAt and of tokens; nil means time.Now. Called by many goroutines
	Token         string           // what the control routes want as a Bearer token; "" lets this machine alone use them, without one
	AllowHosts    []string         // names by which the control routes may be reached, beside localhost and addresses
	Settings      []byte           // answers GET .../settings, with ${writeKey}, ${apiHost} and ${protocol} replaced; not checked, it may be what a sender stumbles over. nil: settings that lead senders here
	AnalyticsJS   fs.FS            // an unpacked npm package @segment/analytics-next, for pages that load the snippet; nil: 404. Use [os.Root.FS]: [os.DirFS] follows links out of its folder
	Rules         []finding.Rule   // that reports have, beside the server's own: the Checker's
	Version       string           // of the program, for reports; "" leaves it out
	OAuth         []string         // write keys, or scopes, whose events need an access token of POST /token; without one they get 401
	TokenLife     time.Duration    // of access tokens; 0 or less means DefaultTokenLife

	Functions    map[string]Function // source functions: POST /functions/NAME runs one, and what it emits is recorded as if a library had sent it with NAME as the write key
	Destinations []Destination       // functions that each recorded event goes through, in this order
}

// DefaultCapacity is how many records a server keeps unless told otherwise.
const DefaultCapacity = 10_000

// DefaultCapacityBytes is how many bytes of requests' bodies a server keeps, after
// decompression, and of the findings about their events, which it compresses, unless told
// otherwise: 10,000 of a sender's usual events take 10 MB.
const DefaultCapacityBytes = 64 << 20

// Server is a fake Segment, made by [Start], [Listen] or [New]. All its methods may be
// called by many goroutines. It is an [http.Handler], for those who bring their own
// listener, with TLS for example.
type Server struct {
	checker      Checker
	now          func() time.Time
	settingsText string
	files        fs.FS // nil if there are none
	mode         Mode
	writeKeys    []string // empty: all are known
	oauth        []string
	tokens       tokens
	log          *limitedLog
	router       http.Handler
	budget       budget
	readers      sync.Pool // of *gzip.Reader: one takes 40 kB
	journal      *journal
	faults       *faultTable
	meter        *meter
	controlToken string          // of the control routes; "" if there is none
	allowHosts   []string        // names of this server that a Host header may hold
	ending       context.Context // ends when Shutdown begins
	end          context.CancelFunc
	port         *port // nil for a Server made by New
	functions    map[string]Function
	destinations []Destination
	hosted       *hosted
	reset        scopeNames
	rules        []finding.Rule
	version      string
	hosting      context.Context    // of the invocations of functions
	stopHosted   context.CancelFunc // cuts them
}

// New returns a Server that listens nowhere: it is a handler for the caller's own
// server, whose timeouts are the caller's to set. [Listen] is what most want. The caller
// closes it. An error says that [Options].Mode or one of WriteKeys is none, that Mode is
// Strict and there is no Checker, or that Data cannot be used.
func New(opts Options) (*Server, error) {
	if opts.Mode == "" {
		opts.Mode = Lenient
	}
	if !slices.Contains(Modes(), opts.Mode) {
		return nil, fmt.Errorf("mode %q: want lenient or strict", opts.Mode)
	}
	if opts.Mode == Strict && opts.Checker == nil {
		return nil, errors.New("mode strict: nobody judges the events, and all would be taken; want Options.Checker, for example a *validator.Catalog")
	}
	for i, key := range opts.WriteKeys {
		if !isScope(key) {
			return nil, fmt.Errorf("write key %d: want 1 to %d bytes of UTF-8 without control characters", i+1, MaxScopeBytes)
		}
	}
	s := &Server{
		checker:      opts.Checker,
		now:          opts.Now,
		settingsText: usualSettings,
		files:        opts.AnalyticsJS,
		mode:         opts.Mode,
		writeKeys:    slices.Clone(opts.WriteKeys),
		oauth:        slices.Clone(opts.OAuth),
		tokens:       newTokens(opts.TokenLife),
		log:          newLimitedLog(opts.Logger),
		faults:       newFaultTable(),
		controlToken: opts.Token,
		allowHosts:   slices.Clone(opts.AllowHosts),
		functions:    maps.Clone(opts.Functions),
		destinations: slices.Clone(opts.Destinations),
		hosted:       newHosted(opts.Capacity),
		reset:        scopeNames{names: map[string]bool{}},
		rules:        opts.Rules,
		version:      opts.Version,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if opts.Settings != nil {
		s.settingsText = string(opts.Settings)
	}
	var err error
	if s.journal, err = openJournal(opts, s.log); err != nil {
		return nil, err
	}
	s.meter = newMeter(s.journal)
	s.ending, s.end = context.WithCancel(context.Background())
	s.router = s.front(newRouter(s))
	s.host()
	return s, nil
}

// host starts delivering what is recorded from here on, if there is a destination.
func (s *Server) host() {
	s.hosting, s.stopHosted = context.WithCancel(context.Background())
	if len(s.destinations) == 0 {
		close(s.hosted.ended)
		return
	}
	from := s.Last() // of a journal that goes on, what is there has been delivered
	s.hosted.done(from.Record)
	go s.deliverAll(s.hosting, from)
}

// Listen starts a Server that answers by the time Listen returns. The caller closes
// it. An error says that the address cannot be listened on, that it is not a loopback
// address and [Options].AllowRemote is not set, or what [New] says.
func Listen(opts Options) (*Server, error) {
	ln, err := listen(opts)
	if err != nil {
		return nil, err
	}
	s, err := New(opts)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	s.port = serve(ln, s, s.log)
	return s, nil
}

// helper is the part of *testing.T by which a failure names the line of the test, and not
// one of ours. A [T] need not have it.
type helper interface{ Helper() }

// T is the part of *testing.T that [Start], [Scope.Expect] and [Scope.Await] need.
type T interface {
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start is [Listen] for a test: it fails the test if it cannot listen, and closes the
// server when the test ends.
func Start(t T, opts Options) *Server {
	if h, ok := t.(helper); ok {
		h.Helper()
	}
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

// Close is [Server.Shutdown] with five seconds for the requests that are under way. It
// closes the journal too: records are not readable any more, unless they are in a file.
// A second call does no harm.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	err := s.Shutdown(ctx)
	s.stopHosted()
	<-s.hosted.ended
	return errors.Join(err, s.journal.close())
}

// Shutdown stops listening, answers every request whose header it has read, and waits
// for the goroutine of every connection. Records stay readable until Close; a Wait that
// is still short ends with [http.ErrServerClosed].
//
// If ctx ends first, the open connections are cut and Shutdown returns ctx's error: a
// goroutine may then still be in the Checker. A second call does no harm. For a
// Server made by [New], Shutdown ends the Waits, and draining is the caller's. The
// destinations get all that was recorded, before ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end()
	s.faults.end() // those who wait for a fault answer now
	var err error
	if s.port != nil {
		err = s.port.shutdown(ctx)
	}
	s.journal.end()
	select {
	case <-s.hosted.ended:
	case <-ctx.Done():
		err = cmp.Or(err, ctx.Err())
	}
	return err
}

// Records returns the records of all scopes; see [Scope.Records].
func (s *Server) Records() ([]Record, error) { return s.All().Records() }

// Requests returns the requests of all scopes; see [Scope.Requests].
func (s *Server) Requests() ([]Request, error) { return s.All().Requests() }

// Wait waits for n records in all scopes together; see [Scope.Wait].
func (s *Server) Wait(ctx context.Context, n int) ([]Record, error) {
	return s.All().Wait(ctx, n)
}

// Next returns what has arrived in all scopes behind a cursor; see [Scope.Next].
func (s *Server) Next(ctx context.Context, after Cursor) (Arrivals, error) {
	return s.All().Next(ctx, after)
}

// Refused returns how many requests of all scopes were not answered with 200 since the
// start or the last Reset.
func (s *Server) Refused() int { return s.journal.tally(scopeFilter{all: true}).refused }

// Lost returns how many records of all scopes were lost; see [Scope.Lost].
func (s *Server) Lost() int { return s.All().Lost() }

// Reset forgets all scopes; see [Scope.Reset].
func (s *Server) Reset() error { return s.All().Reset() }
