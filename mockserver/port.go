package mockserver

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"time"
)

// The limits of one connection. Beyond them it is closed; a body that is late is
// answered with 408 first. net/http has none by default, and one slow client per
// connection would hold the server. The limits are ours.
const (
	headerTimeout  = 5 * time.Second  // from the first byte of a request to the end of its header
	readTimeout    = 10 * time.Second // from there too, to the end of the body
	writeTimeout   = 15 * time.Second // from the end of the header to the end of the answer
	idleTimeout    = 30 * time.Second // between two requests
	maxHeaderBytes = 32 << 10
)

// listen opens opts.Addr. Unless opts.AllowRemote is set, it has to be an address that
// other machines cannot reach: the server has no password.
func listen(opts Options) (net.Listener, error) {
	addr := opts.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: want host:port: %w", addr, err)
	}
	ip := net.ParseIP(host)
	if loopback := host == "localhost" || ip != nil && ip.IsLoopback(); !loopback && !opts.AllowRemote {
		return nil, fmt.Errorf("listen on %q: other machines can reach this address; want a loopback one such as 127.0.0.1:8765, or Options.AllowRemote (serve: --allow-remote)", addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	return ln, nil
}

// port is a listening HTTP server with its goroutines.
type port struct {
	url    string
	http   *http.Server
	ln     net.Listener
	conns  connTable
	served chan struct{} // closed when nothing is accepted any more
	err    error         // why accepting ended, if not by shutdown; read it after served
}

// serve answers on ln until shutdown is called.
func serve(ln net.Listener, handler http.Handler, log *limitedLog) *port {
	p := &port{
		url:    "http://" + reachable(ln.Addr()),
		ln:     ln,
		served: make(chan struct{}),
	}
	p.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         p.conns.note,
		ConnContext:       withConn,
		ErrorLog:          stdlog.New(httpLog{log}, "", 0),
	}
	go func() {
		defer close(p.served)
		if err := p.http.Serve(ln); !errors.Is(err, net.ErrClosed) {
			p.err = fmt.Errorf("accept connections: %w", err)
			log.error("server stopped", "err", err)
		}
	}()
	return p
}

// reachable returns the address to tell senders: one that listens everywhere is
// reached through loopback.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return addr.String()
}

// shutdown implements [Server.Shutdown].
//
// It is not http.Server.Shutdown, which polls, waits five seconds for connections that
// were opened ahead of need, as Go's and browsers' clients do, and returns before the
// goroutines of idle connections have ended.
func (p *port) shutdown(ctx context.Context) error {
	_ = p.ln.Close() // a second close fails, and accepting ends either way
	<-p.served
	p.http.SetKeepAlivesEnabled(false) // closes what is idle; what is busy closes after its answer
	p.conns.closeUnused()
	err := p.conns.wait(ctx)
	if err != nil {
		err = fmt.Errorf("requests under way: %w", err)
	}
	return errors.Join(p.err, err, p.http.Close())
}

// connTable knows the open connections. Its methods may be called by many goroutines.
type connTable struct {
	mu      sync.Mutex // guards all below
	open    map[net.Conn]http.ConnState
	drained chan struct{} // closed when the last one is gone; nil if nobody waits
}

// note is the server's ConnState hook. net/http calls it with StateNew before the
// connection's goroutine starts, and with StateClosed as the last thing that it does.
func (t *connTable) note(conn net.Conn, state http.ConnState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[net.Conn]http.ConnState{}
	}
	t.open[conn] = state
	if state == http.StateClosed || state == http.StateHijacked {
		delete(t.open, conn)
	}
	if len(t.open) == 0 && t.drained != nil {
		close(t.drained)
		t.drained = nil
	}
}

// closeUnused closes the connections on which no request has begun.
func (t *connTable) closeUnused() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for conn, state := range t.open {
		if state == http.StateNew {
			_ = conn.Close() // its goroutine notices, and there is nothing to lose
		}
	}
}

// wait returns when no connection is open, or with ctx's error.
func (t *connTable) wait(ctx context.Context) error {
	t.mu.Lock()
	if len(t.open) == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.drained == nil {
		t.drained = make(chan struct{})
	}
	drained := t.drained
	t.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
