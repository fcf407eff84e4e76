package mockserver

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"segproof/event"
	"segproof/finding"
)

// Record is one event that arrived. It keeps alive the bytes of its own request and
// of no other.
type Record struct {
	Seq        int64             // 1-based, in the order of arrival; never reused, not after Reset either
	ReceivedAt time.Time         // when its request's header had been read
	WriteKey   string            // as the sender gave it; "" if it gave none
	Event      event.Event       // its place is the place in the request's body
	Findings   []finding.Finding // what the Checker said; nil without one
	Request    *Request          // how it came; the events of a batch share it
}

// Request is one request to the API, taken or refused. Requests for the pages that
// only people and probes read (GET /, the health check) are not kept.
//
// The codes are bad_json, bad_request (no envelope), too_deep, payload_too_large,
// bad_gzip and bad_body (400), not_found (404), method_not_allowed (405), body_timeout
// (408), unsupported_encoding (415), internal_error (500) and too_busy (503).
type Request struct {
	Seq        int64       // 1-based, in the order of being answered; never reused. A first Seq above 1 tells of older ones dropped
	ReceivedAt time.Time   // when its header had been read
	Method     string      // as sent
	Path       string      // decoded, without the query
	Header     http.Header // as sent, but what authorizes is redacted
	WireBytes  int64       // size of the body as sent; of one that is too large, the Content-Length, or what was read of it
	BodyBytes  int64       // size of the body after decompression; 0 if it was not decompressed
	Body       []byte      // after decompression; if it could not be decompressed, the bytes as sent, up to the route's limit; nil for too_busy
	Status     int         // of the answer; 0 if a fault reset the connection
	Code       string      // why it was refused, as in the answer; "empty_batch" for a 200 without events; else ""
	Message    string      // the answer's message; "" for a 200
	Events     int         // records made of it
	Scope      string      // whose request it is, as of its records; "" if that is not known
	RetryCount int         // X-Retry-Count: how often the sender says that it sent this before; 0 if it does not say
	Fault      string      // what a fault did to the answer, for example "latency 200ms, status 429"; "" for none
}

// newRequest notes what is known before the body is read.
func newRequest(r *http.Request, at time.Time) *Request {
	return &Request{
		ReceivedAt: at,
		Method:     r.Method,
		Path:       r.URL.Path,
		Header:     redacted(r.Header),
		Status:     http.StatusOK,
		RetryCount: retryCount(r.Header),
	}
}

// retryCount reads the header that newer senders add to what they send again.
//
// Source: analytics-next packages/node/src/plugins/segmentio/publisher.ts
func retryCount(header http.Header) int {
	n, err := strconv.Atoi(header.Get("X-Retry-Count"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// redacted returns a copy of the header without credentials. Of Authorization the
// scheme stays: whether a sender uses Basic or Bearer is worth asserting.
func redacted(header http.Header) http.Header {
	out := header.Clone()
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		for i, value := range out[name] {
			scheme, _, found := strings.Cut(value, " ")
			if !found || name == "Cookie" {
				scheme = ""
			}
			out[name][i] = strings.TrimSpace(scheme + " [redacted]")
		}
	}
	return out
}
