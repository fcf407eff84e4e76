package functions

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Request is what a function sends, as the other side would get it.
type Request struct {
	Method string
	URL    string      // absolute, without fragment and password
	Header http.Header // names in lower case; without what the transport adds: host, connection, length, encoding, user agent
	Body   []byte      // nil if there is none
}

// Response is the answer to a Request.
type Response struct {
	Status  int           // 0 means 200
	Header  http.Header   // may be nil
	Body    []byte        // may be nil
	Delay   time.Duration // how long the function waits for it, in its own time
	Failure string        // not "": the network fails with this reason, and the rest counts for nothing
	Code    string        // Node's code of the failure, such as "ECONNRESET"
}

// Responder answers the requests that a function sends. *[Rules] is one.
type Responder interface {
	// Respond answers one request. [ErrUnmatched] says that nothing answers it: the
	// function sees a network that fails, and the run says so.
	Respond(ctx context.Context, r Request) (Response, error)
}

// ErrUnmatched says that no rule is for a request.
var ErrUnmatched = errors.New("no rule answers this request")

// Exchange is one request of a run and its answer.
type Exchange struct {
	Request   Request
	Response  Response // the zero value if Unmatched
	Unmatched bool     // nothing answered it: the case that ran the function has failed, whatever the function made of it
}
