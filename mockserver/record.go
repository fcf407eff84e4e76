package mockserver

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"segproof/event"
	"segproof/finding"
)

// Record is one event that arrived. Records of one request share its bytes; read them
// only.
type Record struct {
	Seq         int64             // 1-based, in the order of arrival; never reused, not after Reset either
	ReceivedAt  time.Time         // when its request's header had been read
	Scope       string            // that of /scope/NAME or X-Segproof-Scope, else the write key; "" if there is none
	WriteKey    string            // as the sender gave it; "" if it gave none
	Event       event.Event       // its place is the place in the request's body
	MessageID   string            // the event's own, else one that the server made
	Verdict     Verdict           // what becomes of it at Segment
	Findings    []finding.Finding // what the Checker said, and the server about its messageId
	DuplicateOf int64             // Seq of the first record kept of the scope with the same messageId; 0 if it is the first
	Request     *Request          // how it came; the events of a batch share it
}

// Request is one request to the API or for what Segment's CDN serves, taken or refused.
// Requests for the pages that only people and probes read (GET /, the health check) and
// the preflights of browsers are not kept.
//
// The codes are bad_json, bad_request (no envelope), too_deep, payload_too_large,
// bad_gzip and bad_body (400), not_found (404), method_not_allowed (405), body_timeout
// (408), unsupported_encoding (415), internal_error (500), too_busy, store_full and
// store_failed (503); unauthorized (401) where OAuth is wanted. With [Strict] also
// missing_write_key and unknown_write_key (401), empty_batch and Segment's failed-on-ingest
// codes (400), and invalid_event (422). What could not be stored is no Request either.
type Request struct {
	Seq        int64       // 1-based, in the order of being answered; never reused. A first Seq above 1 tells of older ones dropped
	ReceivedAt time.Time   // when its header had been read
	Method     string      // as sent
	Path       string      // decoded, with /scope/NAME, without the query
	Scope      string      // as in Record; of a batch with several write keys, that of its first event
	RemoteIP   string      // the sender's address; "" if it is not known
	Header     http.Header // as sent, but what authorizes is redacted
	WireBytes  int64       // size of the body as sent, of the pixel's query; of a body that is too large, the Content-Length, or what was read of it
	BodyBytes  int64       // size of the body after decompression; 0 if it was not decompressed
	Body       []byte      // after decompression; if it could not be decompressed, the bytes as sent; of one that is too large, the first 32 KB as sent; nil for too_busy. Of the pixel, the event as JSON, or the query as sent if it is none
	Status     int         // of the answer; 0 if a fault reset the connection
	Code       string      // why it was refused, as in the answer; "empty_batch" for a 200 without events; else ""
	Message    string      // the answer's message; "" for a 200, but for a pixel's what the answer would have said
	Events     int         // records made of it
	RetryCount int         // X-Retry-Count, which official senders count from 1; 0 if it is absent or no number
	Fault      string      // what a fault did to the answer; "" if none did
	Rejected   []Rejection // the first 20 of the events for which a [Strict] server refused it
}

// refused reports whether the server did not take the request by its own judgement: not
// because a fault told it so.
func (r *Request) refused() bool { return isRefused(*r) && r.Fault == "" }

// failed reports whether nothing of the request was taken, by the server's own judgement:
// it was refused, or it is one that Segment answers with 200 and drops as a whole, an
// empty batch or a pixel that cannot be read.
func (r *Request) failed() bool {
	return r.refused() || r.Fault == "" && r.Code != ""
}

// newRequest notes what is known before the body is read.
func newRequest(r *http.Request, at time.Time) *Request {
	req := &Request{
		ReceivedAt: at,
		Method:     r.Method,
		Path:       r.URL.Path,
		Scope:      namedScope(r),
		RemoteIP:   remoteIP(r),
		Header:     redacted(r.Header),
		Status:     http.StatusOK,
		RetryCount: retryCount(r.Header),
	}
	if prefix := prefixOf(r); prefix.name != "" {
		req.Path = prefix.path
	}
	return req
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

// remoteIP returns the address that a request came from. What proxies say is not
// believed.
func remoteIP(r *http.Request) string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return addr.Addr().Unmap().WithZone("").String()
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
