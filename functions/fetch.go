package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is what a function sends, as the other side would get it.
type Request struct {
	Method string
	URL    string      // absolute, without fragment and password
	Header http.Header // names in lower case; without what the transport adds: connection, length, encoding, user agent, and host unless the function gives one
	Body   []byte      // nil if there is none
}

// Response is the answer to a Request.
type Response struct {
	Status  int           // 0 means 200
	Header  http.Header   // names in lower case or any; may be nil
	Body    []byte        // may be nil
	Delay   time.Duration // how long the function waits for it, in its own time
	Failure string        // not "": the network fails with this reason, and the rest but Delay counts for nothing
	Code    string        // Node's code of the failure, such as "ECONNRESET"
}

// Responder answers the requests that a function sends. *[Rules] is one.
type Responder interface {
	// Respond answers one request. [ErrUnmatched] says that nothing answers it: the
	// function sees a network that fails, and the run says so. Any other error ends Run
	// with that error; a network that fails is a [Response].
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

// recorder keeps what a function sent in one run.
type recorder struct {
	responder Responder
	most      int // bytes of requests and answers kept in one run
	kept      int
	exchanges []Exchange
	failure   error // of the responder: the run could not be done
}

func (r *recorder) reset() { r.exchanges, r.kept, r.failure = nil, 0, nil }

// sent is a request as the prelude hands it over.
type sent struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers [][2]string `json:"headers"`
	Body    data        `json:"body"`
}

// answered is a response as the prelude takes it.
type answered struct {
	Status  int         `json:"status"`
	Headers [][2]string `json:"headers"`
	Body    data        `json:"body"`
	Delay   float64     `json:"delay"` // in milliseconds
	Failure string      `json:"failure,omitempty"`
	Code    string      `json:"code,omitempty"`
}

// fetch records a request and has the responder answer it.
func (h *host) fetch(arg []byte) (any, error) {
	var s sent
	if err := json.Unmarshal(arg, &s); err != nil {
		return nil, err
	}
	req := Request{Method: s.Method, URL: s.URL, Header: http.Header{}, Body: s.Body}
	for _, h := range s.Headers {
		req.Header[h[0]] = append(req.Header[h[0]], h[1])
	}
	r := h.recorder
	r.kept += len(arg)
	if r.kept > r.most {
		return nil, &fault{Name: "RangeError", Message: fmt.Sprintf("output limit: the requests of one run take more than %d bytes", r.most), Code: outputCode}
	}
	x := Exchange{Request: req}
	var err error
	if r.responder == nil {
		err = ErrUnmatched
	} else {
		began := time.Now()
		x.Response, err = r.responder.Respond(h.ctx, req)
		h.waited += time.Since(began)
	}
	if errors.Is(err, ErrUnmatched) {
		x.Response, x.Unmatched = Response{}, true
		r.exchanges = append(r.exchanges, x)
		return answered{Failure: err.Error(), Code: "UNMATCHED"}, nil
	}
	if err != nil {
		r.failure = err
		return answered{Failure: err.Error()}, nil
	}
	r.kept += len(x.Response.Body)
	r.exchanges = append(r.exchanges, x)
	return answer(x.Response), nil
}

// outputCode tells the prelude that a fault is a limit of ours.
const outputCode = "SEGPROOF_OUTPUT"

// answer writes a response for the prelude, its headers in the order of their names.
func answer(r Response) answered {
	a := answered{Status: r.Status, Body: r.Body, Delay: float64(r.Delay) / float64(time.Millisecond), Failure: r.Failure, Code: r.Code}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	for name, values := range r.Header {
		for _, v := range values {
			a.Headers = append(a.Headers, [2]string{name, v})
		}
	}
	slices.SortStableFunc(a.Headers, func(x, y [2]string) int { return strings.Compare(x[0], y[0]) })
	return a
}
