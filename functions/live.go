package functions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// maxAnswer bounds the body of an answer from the network, in bytes. A larger one is a
// failure of the network for the function.
const maxAnswer = 10 << 20

// Live answers requests from the network, for the hosts that were named and no others. Its
// methods may be called by many goroutines.
type Live struct {
	client *http.Client
	hosts  []string
}

// NewLive returns a Responder that sends requests to real hosts. A host is a name, with a
// port where it is not the usual one; * stands for any run of characters. A nil client is
// one without a proxy that waits for as long as a function may. Redirects come back as
// they are: the function's fetch follows them, and each is asked about anew.
func NewLive(client *http.Client, hosts ...string) *Live {
	if client == nil {
		client = &http.Client{Transport: &http.Transport{}, Timeout: DefaultTimeout}
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Live{client: &own, hosts: hosts}
}

// Respond sends a request if its host was named; else it returns [ErrUnmatched].
func (l *Live) Respond(ctx context.Context, r Request) (Response, error) {
	u, err := url.Parse(r.URL)
	if err != nil || !slices.ContainsFunc(l.hosts, func(h string) bool { return fits(strings.ToLower(h), u.Host) }) {
		return Response{}, ErrUnmatched
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Response{Failure: err.Error()}, nil
	}
	req.Header = http.Header{}
	for name, values := range r.Header {
		for _, v := range values {
			req.Header.Add(name, v)
		}
	}
	began := time.Now()
	res, err := l.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return Response{}, context.Cause(ctx)
		}
		return failed(err, u, time.Since(began)), nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return failed(err, u, time.Since(began)), nil
	case len(body) > maxAnswer:
		return Response{Failure: fmt.Sprintf("the answer is larger than %d bytes", maxAnswer), Delay: time.Since(began)}, nil
	}
	return Response{Status: res.StatusCode, Header: res.Header, Body: body, Delay: time.Since(began)}, nil
}

// failed words a failure of the network as Node does.
func failed(err error, u *url.URL, took time.Duration) Response {
	res := Response{Failure: err.Error(), Delay: took}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		res.Failure, res.Code = "getaddrinfo ENOTFOUND "+u.Hostname(), "ENOTFOUND"
	case errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &op) && op.Addr != nil:
		res.Failure, res.Code = "connect ECONNREFUSED "+op.Addr.String(), "ECONNREFUSED"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		res.Failure, res.Code = "socket hang up", "ECONNRESET"
	}
	return res
}
