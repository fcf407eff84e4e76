package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// hit is a fault that one request has met. One goroutine uses it.
type hit struct {
	answer  Answer
	latency time.Duration
	oauth   bool            // the request is for a token
	ended   <-chan struct{} // closed when the server shuts down
}

// slowTime is how long an answer of DoSlow takes if the fault names no latency: longer
// than the ten seconds after which most senders give up.
const slowTime = 30 * time.Second

// note writes into a request, before it is recorded, what the sender will get.
func (h *hit) note(req *Request) {
	var what []string
	if h.latency > 0 && h.answer.Do != DoSlow {
		what = append(what, "latency "+h.latency.Round(time.Millisecond/10).String())
	}
	if status := h.answer.Status; status != 0 {
		what = append(what, fmt.Sprintf("status %d", status))
		req.Status = status
		if status >= 300 {
			req.Code, req.Message = codeOf(status), messageOf(status)
		}
	} else if a := h.answer; a.Headers != nil || a.ContentType != "" || a.Body != nil {
		what = append(what, "changed")
	}
	switch h.answer.Do {
	case DoReset:
		what = append(what, "reset")
		req.Status, req.Code, req.Message = 0, "reset", "a fault resets the connection"
	case DoHalf:
		what = append(what, "half")
	case DoSlow:
		what = append(what, "slow "+h.dripTime().Round(time.Millisecond/10).String())
	}
	req.Fault = strings.Join(what, ", ")
}

// keep returns the records that are to be kept: all of them, or none if the answer says
// that the events were not taken.
func (h *hit) keep(records []Record) []Record {
	taken := h.answer.Status < 300
	if h.answer.Taken != nil {
		taken = *h.answer.Taken
	}
	if !taken {
		return nil
	}
	return records
}

// respond has normal record and answer the request, and sends what the fault makes of
// the answer. An answer of normal that is no success (the record could not be kept) goes
// out as it is: no fault may tell a sender that something was taken when it was not.
//
// Waiting ends with the sender, and with the server; then the answer goes out at once.
func (h *hit) respond(w http.ResponseWriter, r *http.Request, normal func(http.ResponseWriter)) {
	held := &heldAnswer{ResponseWriter: w, status: http.StatusOK}
	normal(held)
	if held.status >= 300 {
		held.send()
		return
	}
	h.extend(w)
	if h.answer.Do != DoSlow {
		h.wait(r.Context(), h.latency)
	}
	if h.answer.Do == DoReset {
		resetConnection(r.Context())
	}
	held.change(h.answer, h.usualBody)
	switch h.answer.Do {
	case DoHalf:
		held.sendHalf()
	case DoSlow:
		h.drip(r.Context(), held)
	default:
		held.send()
	}
}

// extend lets the connection outlive the time that the answer takes. (While it waits,
// net/http has no deadline for reading.)
func (h *hit) extend(w http.ResponseWriter) {
	if d := max(h.latency, h.dripTime()); d > 0 {
		// A writer that has no deadline has none to extend.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + writeTimeout))
	}
}

// wait waits, but not longer than the server lives. If the sender goes, there is nobody
// to answer: wait gives up the request.
func (h *hit) wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.ended:
	case <-ctx.Done():
		panic(http.ErrAbortHandler) // net/http's word for closing the connection
	}
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// withConn is the ConnContext hook of a port.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// resetConnection cuts the request's connection without an answer. It does not take the
// connection from net/http, so that whoever waits for connections to end waits for this
// one as well.
func resetConnection(ctx context.Context) {
	if conn, ok := ctx.Value(connKey{}).(interface{ SetLinger(sec int) error }); ok {
		// The kernel then answers with RST. If it cannot, the connection ends all the same.
		_ = conn.SetLinger(0)
	}
	panic(http.ErrAbortHandler)
}

// dripTime is how long the body of a slow answer takes, 0 for others.
func (h *hit) dripTime() time.Duration {
	switch {
	case h.answer.Do != DoSlow:
		return 0
	case h.latency > 0:
		return h.latency
	}
	return slowTime
}

// dripPause is the least time between two pieces of a slow answer.
const dripPause = 10 * time.Millisecond

// drip sends the header at once and the body in pieces.
func (h *hit) drip(ctx context.Context, held *heldAnswer) {
	w, body := held.ResponseWriter, held.body.Bytes()
	pieces := max(1, min(len(body), int(h.dripTime()/dripPause)))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(held.status)
	rc := http.NewResponseController(w)
	for i := range pieces {
		if rc.Flush() != nil {
			return // the sender is gone
		}
		h.wait(ctx, h.dripTime()/time.Duration(pieces))
		if _, err := w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces]); err != nil {
			return
		}
	}
}

// heldAnswer is an answer that was made and not sent yet. Its header is the one of the
// true writer.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (a *heldAnswer) WriteHeader(status int) { a.status = status }

// Write keeps a piece of the body.
func (a *heldAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }

// change makes the answer what a fault wants it to be. usual is the body of another
// status, where the fault gives none.
func (a *heldAnswer) change(want Answer, usual func(status int) []byte) {
	a.Header().Del("Content-Length") // that of the normal body
	if want.Status != 0 && want.Status != a.status {
		a.status = want.Status
		a.body.Reset()
		if hasBody(a.status) {
			a.body.Write(usual(a.status))
			a.Header().Set("Content-Type", "application/json")
		} else {
			a.Header().Del("Content-Type")
		}
	}
	if want.Body != nil {
		a.body.Reset()
		a.body.WriteString(*want.Body)
	}
	for name, value := range want.Headers {
		a.Header().Set(name, value)
	}
	if want.ContentType != "" {
		a.Header().Set("Content-Type", want.ContentType)
	}
}

func (a *heldAnswer) send() {
	a.ResponseWriter.WriteHeader(a.status)
	if a.body.Len() > 0 {
		// As in finish.
		_, _ = a.ResponseWriter.Write(a.body.Bytes())
	}
}

// sendHalf announces all of the body and sends half of it. net/http closes a connection
// on which less was sent than announced.
func (a *heldAnswer) sendHalf() {
	body := a.body.Bytes()
	a.Header().Set("Content-Length", strconv.Itoa(max(1, len(body))))
	a.ResponseWriter.WriteHeader(a.status)
	// As in finish.
	_, _ = a.ResponseWriter.Write(body[:len(body)/2])
}

// usualBody is the body of an answer of which only the status is given. Senders decide
// by the status, but some want JSON to read, with a code and a message; OAuth clients an
// error and its description.
func (h *hit) usualBody(status int) []byte {
	if status < 300 {
		return []byte(`{"success":true}`)
	}
	answer := errorBody{Code: codeOf(status), Message: messageOf(status)}
	if h.oauth {
		answer.Error, answer.Description = "temporarily_unavailable", answer.Message
		if status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			answer.Error = "invalid_request"
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // as in refuse
	}
	return body
}

// codeOf returns the code of an answer that a fault gives: too_many_requests for 429.
func codeOf(status int) string {
	text := http.StatusText(status)
	if text == "" {
		return "fault" // 460 and 529, for example, which have no name in HTTP
	}
	return strings.ToLower(strings.NewReplacer(" ", "_", "-", "_", "'", "").Replace(text))
}

func messageOf(status int) string {
	return strings.TrimSpace(fmt.Sprintf("a fault answers with %d %s", status, http.StatusText(status)))
}
