package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"segproof/event"
)

// A refusalKind is one way to refuse a request: what the sender can tell it by.
type refusalKind struct {
	status int
	code   string
}

// The ways to refuse a request. Segment documents 400 for a body that is too large or
// no JSON, and 200 for everything else; the other rows are what no JSON body ever
// caused at Segment, or are our own protection. The codes are ours, except for
// bad_request, which is Segment's.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors
var (
	badJSON             = refusalKind{http.StatusBadRequest, "bad_json"}
	badRequest          = refusalKind{http.StatusBadRequest, "bad_request"}
	tooDeep             = refusalKind{http.StatusBadRequest, "too_deep"}
	tooLarge            = refusalKind{http.StatusBadRequest, "payload_too_large"}
	badGzip             = refusalKind{http.StatusBadRequest, "bad_gzip"}
	badBody             = refusalKind{http.StatusBadRequest, "bad_body"}
	badScope            = refusalKind{http.StatusBadRequest, "bad_scope"}
	unauthorized        = refusalKind{http.StatusUnauthorized, "unauthorized"}
	notFound            = refusalKind{http.StatusNotFound, "not_found"}
	methodNotAllowed    = refusalKind{http.StatusMethodNotAllowed, "method_not_allowed"}
	bodyTimeout         = refusalKind{http.StatusRequestTimeout, "body_timeout"}
	unsupportedEncoding = refusalKind{http.StatusUnsupportedMediaType, "unsupported_encoding"}
	internalError       = refusalKind{http.StatusInternalServerError, "internal_error"}
	tooBusy             = refusalKind{http.StatusServiceUnavailable, "too_busy"}
	storeFull           = refusalKind{http.StatusServiceUnavailable, "store_full"}
	storeFailed         = refusalKind{http.StatusServiceUnavailable, "store_failed"}
)

// because adds what to tell the sender. The message repeats nothing of what was sent; only
// the findings of a strict answer do, since they name what is wrong.
func (k refusalKind) because(message string) *refusal {
	return &refusal{refusalKind: k, message: message}
}

// refusal says why a request is not taken.
type refusal struct {
	refusalKind
	message string
	oauth   string // the error of RFC 6749, on the token route; else ""

	rejected      []Rejection // the events that are the reason, if the server is strict
	rejectedCount int         // all of them, listed or not
}

// Error is for our own eyes; the sender gets the answer of [refuse].
func (r *refusal) Error() string { return r.code + ": " + r.message }

// description is the message where OAuth clients look for it.
func (r *refusal) description() string {
	if r.oauth == "" {
		return ""
	}
	return r.message
}

// refusalOf returns the refusal that an error stands for: itself, or what package event
// says about a body. It returns nil for nil only.
func refusalOf(err error) *refusal {
	if err == nil {
		return nil
	}
	if why, ok := errors.AsType[*refusal](err); ok {
		return why
	}
	if errors.Is(err, event.ErrEmpty) {
		return badJSON.because("the body is empty; want one JSON value")
	}
	if syntax, ok := errors.AsType[*event.SyntaxError](err); ok {
		// Not syntax.Message: it quotes what was sent. TooDeep is refused earlier.
		return badJSON.because(fmt.Sprintf("the body is not exactly one JSON value: it stops being one at byte %d, counted from 0, after decompression", syntax.Offset))
	}
	return internalError.because("the server failed on this request; it is recorded")
}

// reply is what a request that is taken gets, where that is not {"success":true}.
type reply struct {
	contentType string
	body        []byte
}

// write answers. Nothing of a fake is worth a cache: a test's second run asks again.
func (rep *reply) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", rep.contentType)
	h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(rep.body) // as in finish
}

// finish records a request with what was made of it, then answers: 200 if err is nil,
// else what [refusalOf] makes of it.
func (s *Server) finish(x *exchange, records []Record, err error) {
	w, req := x.w, x.req
	req.Events = len(records)
	why := refusalOf(err)
	if why != nil {
		req.Status, req.Code, req.Message = why.status, why.code, why.message
		req.Rejected = why.rejected
	}
	if x.always && why != nil {
		req.Status, why = http.StatusOK, nil
	}
	if err := s.journal.add(req, records); err != nil {
		why = refusalOf(err) // whatever the answer was to be: nothing is recorded of it
		req.Status, req.Code, req.Message, records = why.status, why.code, why.message, nil
		req.Seq = 0 // it may have been given one
	}
	if len(s.functions) > 0 {
		s.hosted.recorded(req)
	}
	s.meter.count(req, records, x.began)
	if why == nil && x.reply != nil {
		x.reply.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if why == nil {
		// A write error means that the sender is gone. Its events are recorded, and it
		// will send them again: that is how Segment's senders work.
		_, _ = io.WriteString(w, `{"success":true}`)
		return
	}
	s.log.warn("request refused", why.code, "status", why.status)
	refuse(w, why)
}

// errorBody is the body of an answer that is no success. Every sender can read it:
// analytics-python wants code and message, analytics-ruby wants JSON.
type errorBody struct {
	Success bool   `json:"success"`
	Code    string `json:"code"`
	Message string `json:"message"`

	Error       string `json:"error,omitempty"` // of RFC 6749, on the token route
	Description string `json:"error_description,omitempty"`

	Rejected int             `json:"rejected,omitempty"` // events that are the reason, if the server is strict
	Events   []rejectionJSON `json:"events,omitempty"`   // the first of them
}

// refuse answers with an error body.
func refuse(w http.ResponseWriter, why *refusal) {
	switch why.refusalKind {
	case tooBusy, storeFull, storeFailed:
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Connection", "close")
	case tooLarge, bodyTimeout, badBody:
		// There may be more of the body to come, and nobody will read it.
		w.Header().Set("Connection", "close")
	case unauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case missingKey, unknownKey:
		w.Header().Set("WWW-Authenticate", `Basic realm="write key"`)
	case unsupportedEncoding:
		w.Header().Set("Accept-Encoding", "gzip, identity") // RFC 9110, 12.5.3
	}
	body, err := json.Marshal(errorBody{Code: why.code, Message: why.message, Error: why.oauth, Description: why.description(),
		Rejected: why.rejectedCount, Events: rejectionsJSON(why.rejected)})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(why.status)
	_, _ = w.Write(body) // as in finish
}
