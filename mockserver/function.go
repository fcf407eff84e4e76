package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"segproof/event"
)

// Function is a Segment Function that the server hosts: see [Options].Functions and
// [Options].Destinations. Invoke runs it once; it is called by many goroutines, and ends
// when ctx does.
type Function interface {
	Invoke(ctx context.Context, in Input) Outcome
}

// Input is what a function is invoked with: a webhook, or an event.
type Input struct {
	Webhook *Webhook        // of a source function; nil for the others
	Event   json.RawMessage // of the others: the event as Segment delivers it
	Record  int64           // Seq of the event's record; 0 for a webhook
	Attempt int             // 1-based; the last one is [MaxAttempts]
}

// Webhook is one request to a source function.
type Webhook struct {
	URL    string
	Header http.Header // as sent; who authorized is not redacted
	Body   []byte      // after decompression
}

// Outcome is what came of one invocation.
type Outcome struct {
	// Disposition is what becomes of the input at Segment: [DispositionDelivered] if the
	// function ended well, [DispositionRetried] if Segment tries again, else a word of the
	// function's runner for what it is lost to, for example dropped.
	Disposition string
	Error       string            // what the function threw, and where; "" if it ended well
	Stopped     bool              // it went over a limit: another attempt would take as long, and is not made
	Events      []json.RawMessage // that a source function emitted, in order; none if it threw
	Objects     []json.RawMessage // likewise, each {"collection","id","properties"}
	Returned    json.RawMessage   // what an insert function lets through; nil: nothing
	Requests    []json.RawMessage // that it made, in order, each an object with method and url
	Logs        []string          // lines that it wrote
}

// The dispositions that the server itself acts on.
const (
	DispositionDelivered = "delivered"
	DispositionRetried   = "retried"
)

// MaxWebhookBytes is the largest body, in bytes, that a source function takes.
//
// Source: segment.com/docs/connections/functions/source-functions/ ("maximum payload
// size is 512 KiB")
const MaxWebhookBytes = 512 << 10

// MaxAttempts is how often a function is invoked on one input if each time it wants to
// be tried again. Segment tries a source function six times; for the others it says four
// hours, and no number. The server does not wait between two attempts.
//
// Source: segment.com/docs/connections/functions/source-functions/#errors-and-error-handling
const MaxAttempts = 6

// functionTime is how long a webhook may wait for its function, in all its attempts.
const functionTime = time.Minute

// function answers POST /functions/NAME, as the URL of a source function does: it runs
// the function on the webhook, and sends what it emits to itself as a library would,
// with the function's name as the write key. Who called learns nothing of what came of it.
func (s *Server) function(x *exchange, limit int) ([]Record, error) {
	name := x.param("name")
	x.req.Scope = namedScope(x.r)
	x.nameScope(name)
	body, err := x.readBody(limit)
	if err != nil {
		return nil, err
	}
	f, ok := s.functions[name]
	if !ok {
		return nil, notFound.because(noFunction(s.functions))
	}
	// A writer that has no deadline has none to extend.
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(functionTime))
	webhook := &Webhook{URL: "http://" + x.r.Host + x.r.URL.RequestURI(), Header: x.r.Header.Clone(), Body: body}
	// Who posted the webhook may go away, as at Segment: the function runs to its end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.r.Context()))
	defer cancel()
	defer context.AfterFunc(s.hosting, cancel)()
	out := s.attempts(ctx, invoked{function: name, scope: x.req.Scope, request: x.req}, f, Input{Webhook: webhook})
	if out.Error != "" {
		x.req.Code, x.req.Message = "function_"+out.Disposition, out.Error
		return nil, nil
	}
	return nil, s.emit(ctx, x, name, out)
}

// noFunction says which functions there are.
func noFunction(functions map[string]Function) string {
	if len(functions) == 0 {
		return "no functions are hosted here; serve --function NAME=FILE hosts one"
	}
	return "there is no such function; there is " + strings.Join(slices.Sorted(maps.Keys(functions)), ", ")
}

// attempts invokes a function until it does not want to be tried again, and notes each
// invocation.
func (s *Server) attempts(ctx context.Context, by invoked, f Function, in Input) (out Outcome) {
	for by.attempt = 1; by.attempt <= MaxAttempts; by.attempt++ {
		in.Attempt = by.attempt
		out = f.Invoke(ctx, in)
		s.hosted.note(s.now(), by, out)
		if out.Disposition != DispositionRetried || out.Stopped || ctx.Err() != nil {
			break
		}
	}
	return out
}

// emit sends what a source function emitted: events in batches, objects ten at a time. One
// that is refused is a request of its own, and does not keep the others back.
func (s *Server) emit(ctx context.Context, x *exchange, writeKey string, out Outcome) error {
	var errs []error
	for _, group := range groups(out.Events, event.MaxBatchEvents) {
		errs = append(errs, s.sendItself(ctx, x, writeKey, "/v1/batch", listOf(`{"batch":[`, group)))
	}
	byCollection := map[string][]json.RawMessage{}
	for _, object := range out.Objects {
		name := stringOf(valueOf(object, "collection"))
		byCollection[name] = append(byCollection[name], object)
	}
	for _, name := range slices.Sorted(maps.Keys(byCollection)) {
		for _, group := range groups(byCollection[name], maxObjects) {
			head := `{"collection":` + string(jsonQuoted(name)) + `,"objects":[`
			errs = append(errs, s.sendItself(ctx, x, writeKey, "/v1/set", listOf(head, group)))
		}
	}
	for _, err := range errs {
		if err != nil {
			return err // each says the same of the journal
		}
	}
	return nil
}

// groups cuts a list into pieces that a request has room for.
func groups(list []json.RawMessage, most int) [][]json.RawMessage {
	const room = event.MaxBatchBytes - 4<<10 // for what stands around them
	var all [][]json.RawMessage
	size := 0
	for i, item := range list {
		if last := len(all) - 1; i > 0 && len(all[last]) < most && size+len(item) < room {
			all[last] = append(all[last], item)
			size += len(item) + 1
			continue
		}
		all = append(all, []json.RawMessage{item})
		size = len(item)
	}
	return all
}

// listOf writes items behind the beginning of a body that ends with "]}".
func listOf(head string, items []json.RawMessage) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(item)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// sendItself posts a body to a route of the server's own, in the scope of the exchange. An
// error says that it could not be recorded.
func (s *Server) sendItself(ctx context.Context, x *exchange, writeKey, path string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.SetBasicAuth(writeKey, "")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "segproof-function")
	r.RemoteAddr, r.RequestURI = x.r.RemoteAddr, path
	if scope := namedScope(x.r); scope != "" {
		r.Header.Set(scopeHeader, scope)
	}
	answer := &ownAnswer{header: http.Header{}}
	answer.from(s.router, r)
	var why errorBody
	_ = json.Unmarshal(answer.body, &why) // the body that a fault gives need not be JSON
	if why.Code == storeFailed.code || why.Code == storeFull.code {
		return storeFailed.because("what the function emitted could not be recorded: " + why.Message)
	}
	return nil
}

// ownAnswer takes the answer of a request that the server sends itself.
type ownAnswer struct {
	header http.Header
	body   []byte // its beginning
}

// from takes the answer of routes. A fault cuts a connection by this panic.
func (a *ownAnswer) from(routes http.Handler, r *http.Request) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	routes.ServeHTTP(a, r)
}

// Header implements [http.ResponseWriter].
func (a *ownAnswer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter]. The status is recorded with the request.
func (a *ownAnswer) WriteHeader(int) {}

// Write implements [http.ResponseWriter].
func (a *ownAnswer) Write(p []byte) (int, error) {
	const most = 8 << 10 // more than an answer of the server's own has
	a.body = append(a.body, p[:min(len(p), most-len(a.body))]...)
	return len(p), nil
}
