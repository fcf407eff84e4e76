package mockserver

import (
	"net/http"
	"strings"
	"time"

	"segproof/event"
	"segproof/finding"
)

// Record is one event that arrived. It keeps alive the bytes of its own request and
// of no other.
type Record struct {
	Seq         int64             // 1-based, in the order of arrival; never reused, not after Reset either
	ReceivedAt  time.Time         // when its request's header had been read
	Scope       string            // path prefix /scope/NAME, else header X-Segproof-Scope, else the write key; "" if there is none
	WriteKey    string            // as the sender gave it; "" if it gave none
	Event       event.Event       // its place is the place in the request's body
	MessageID   string            // the event's, or the one that the server assigned
	Verdict     Verdict           // what the findings come to
	Findings    []finding.Finding // what the Checker said; nil without one
	DuplicateOf int64             // Seq of the first record of the scope with the same messageId; 0 if it is the first
	Request     *Request          // how it came; the events of a batch share it
}

// Verdict is what the findings of a record come to.
type Verdict string

// The verdicts.
const (
	Valid   Verdict = "valid"   // no finding of severity error
	Invalid Verdict = "invalid" // it has one
	Dropped Verdict = "dropped" // Segment would answer 200 and drop it
)

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
	Status     int         // of the answer
	Code       string      // why it was refused, as in the answer; "empty_batch" for a 200 without events; else ""
	Message    string      // the answer's message; "" for a 200
	Events     int         // records made of it
	Scope      string      // as in Record
	RetryCount int         // header X-Retry-Count; 0 if it is absent
	Fault      string      // what a fault did to the answer; "" if none did
}

// newRequest notes what is known before the body is read.
func newRequest(r *http.Request, at time.Time) *Request {
	return &Request{
		ReceivedAt: at,
		Method:     r.Method,
		Path:       r.URL.Path,
		Header:     redacted(r.Header),
		Status:     http.StatusOK,
	}
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
