package mockserver

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
)

// readBody reads the body of one request and undoes its compression. It is the only
// place where a body that means something is read, so that no route can forget a limit.
//
// limit holds for the bytes on the wire and for the decompressed ones, so that no gzip
// bomb is decompressed further than limit. What could be read is noted in x.req, also
// when readBody returns a [*refusal]. The bytes returned belong to the request alone;
// they are not reused.
func (x *exchange) readBody(limit int) ([]byte, error) {
	wire, err := x.readWire(limit)
	if err != nil {
		return nil, err
	}
	text := wire
	switch strings.ToLower(strings.TrimSpace(strings.Join(x.r.Header.Values("Content-Encoding"), ","))) {
	case "", "identity":
	case "gzip", "x-gzip":
		if text, err = x.gunzip(wire, limit); err != nil {
			return nil, err
		}
	default:
		return nil, unsupportedEncoding.because("the Content-Encoding is not supported: want gzip, or none")
	}
	x.req.Body, x.req.BodyBytes = text, int64(len(text))
	return text, nil
}

// readWire reads the body as it was sent. A body that is too large is read up to limit,
// so that its sender can read the answer, and its head is kept for the record.
func (x *exchange) readWire(limit int) ([]byte, error) {
	declared := x.r.ContentLength // -1 if the sender did not say
	if declared > int64(limit) && x.r.Header.Get("Expect") != "" {
		x.req.WireBytes = declared
		return nil, refuseSize(limit, "") // the sender waits for our word, and need not send it at all
	}
	wire, err := io.ReadAll(x.held.metered(http.MaxBytesReader(x.w, x.r.Body, int64(limit))))
	x.req.Body, x.req.WireBytes = wire, int64(len(wire))
	if err == nil {
		return wire, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		x.req.WireBytes = max(x.req.WireBytes, declared)
		x.keepHead()
		return nil, refuseSize(limit, "")
	}
	if busy, ok := errors.AsType[*refusal](err); ok {
		x.req.Body = nil // what there is no room for is not kept either
		return nil, busy
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, bodyTimeout.because("the body did not arrive in time")
	}
	// Bad chunks, or a sender that went away.
	return nil, badBody.because("the body could not be read to its end")
}

// gunzip decompresses wire, up to limit bytes.
func (x *exchange) gunzip(wire []byte, limit int) ([]byte, error) {
	// gzip.Reader reads several members one after the other, as RFC 1952 allows, and
	// fails on anything else that follows.
	zr, _ := x.readers.Get().(*gzip.Reader)
	if zr == nil {
		zr = new(gzip.Reader)
	}
	defer x.readers.Put(zr)
	if err := zr.Reset(bytes.NewReader(wire)); err != nil {
		return nil, refuseGzip(err)
	}
	text, err := io.ReadAll(x.held.metered(io.LimitReader(zr, int64(limit)+1)))
	if busy, ok := errors.AsType[*refusal](err); ok {
		x.req.Body = nil // as in readWire
		return nil, busy
	}
	if err != nil {
		return nil, refuseGzip(err)
	}
	if len(text) > limit {
		x.keepHead()
		return nil, refuseSize(limit, " once decompressed")
	}
	return text, nil
}

// keptOfTooLarge is how many bytes are kept of a body that is too large: enough to see
// whose it is. A journal full of gzip bombs would push out what a test looks for.
const keptOfTooLarge = 32 << 10

// keepHead gives up the rest of a body that is too large.
func (x *exchange) keepHead() {
	if len(x.req.Body) > keptOfTooLarge {
		x.req.Body = bytes.Clone(x.req.Body[:keptOfTooLarge])
	}
}

func refuseGzip(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return badBody.because("the gzip body ends too early")
	}
	return badGzip.because("the body is not gzip, or is damaged, or something follows it; its Content-Encoding says gzip")
}

func refuseSize(limit int, when string) error {
	return tooLarge.because(fmt.Sprintf("the body is larger%s than %d bytes, the most that Segment takes here", when, limit))
}

// maxHeldBytes is how many bytes of bodies, as sent and decompressed, all requests
// under way may hold at once; a request that would go beyond it gets 503 and
// Retry-After. What is recorded no longer counts. The limit is ours: enough for 65 of
// the largest batches at the same moment.
const maxHeldBytes = 64 << 20

// budget counts the bytes held, as they arrive: counting Content-Length at the start
// would let a few slow senders lock out all others.
type budget struct{ held atomic.Int64 }

// holding is one request's part of a budget. One goroutine uses it.
type holding struct {
	budget *budget
	bytes  int64
}

// release gives back what is held. A second call does no harm.
func (h *holding) release() {
	h.budget.held.Add(-h.bytes)
	h.bytes = 0
}

// charge counts bytes that a request is about to take, and fails with a [*refusal] when
// the budget is spent. Who holds nothing, reads what was taken before.
func (h *holding) charge(bytes int64) error {
	if h == nil {
		return nil
	}
	h.bytes += bytes
	if h.budget.held.Add(bytes) > maxHeldBytes {
		h.release() // at once: else all who come at this moment would fail, not only enough of them
		return errTooBusy
	}
	return nil
}

var errTooBusy error = tooBusy.because("the server holds too many bodies at the moment")

// metered returns a reader that counts what r yields, and fails with a [*refusal] when
// the budget is spent.
func (h *holding) metered(r io.Reader) io.Reader { return &meteredReader{r, h} }

type meteredReader struct {
	r io.Reader
	h *holding
}

// Read reads and counts.
func (m *meteredReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if busy := m.h.charge(int64(n)); busy != nil {
		return n, busy
	}
	return n, err
}
