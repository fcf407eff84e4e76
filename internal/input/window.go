package input

import (
	"bytes"
	"io"

	"segproof/event"
)

// window is the part of a stream that is held in memory: it grows at its end by fill and
// shrinks at its start by advance.
type window struct {
	r          io.Reader
	buf        []byte
	start, end int         // buf[start:end] is held
	at         event.Place // of buf[start]
	err        error       // why nothing more comes: io.EOF at the end
	read       int64       // bytes read from r
}

func newWindow(r io.Reader, block int) *window {
	return &window{r: r, buf: make([]byte, max(2*block, 1<<10))}
}

// held returns the bytes that are held. They are good until the next fill.
func (w *window) held() []byte { return w.buf[w.start:w.end] }

// fill holds more bytes; it reports false if none are to come.
func (w *window) fill() bool {
	if w.end == len(w.buf) {
		w.makeRoom()
	}
	// io.Reader may return nothing without a reason, but not for ever.
	for empty := 0; w.err == nil; empty++ {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.read += int64(n)
		if w.err = err; n > 0 {
			return true
		}
		if empty == 100 {
			w.err = io.ErrNoProgress
		}
	}
	return false
}

func (w *window) makeRoom() {
	to := w.buf
	// Moving less than half of the buffer keeps the cost of all moves linear.
	if w.start < len(w.buf)/2 {
		to = make([]byte, 2*len(w.buf))
	}
	w.end = copy(to, w.held())
	w.start, w.buf = 0, to
}

// advance lets go of the first n bytes.
func (w *window) advance(n int) {
	w.at = w.at.Advance(w.buf[w.start : w.start+n])
	if w.start += n; w.start == w.end {
		w.start, w.end = 0, 0
	}
}

// skip lets go of the bytes of blank at the start; it returns the byte that then comes
// first, and false at the end of the stream.
func (w *window) skip(blank string) (byte, bool) {
	for {
		rest := bytes.TrimLeft(w.held(), blank)
		w.advance(len(w.held()) - len(rest))
		if len(rest) > 0 {
			return rest[0], true
		}
		if !w.fill() {
			return 0, false
		}
	}
}

// find returns the offset of the first byte from off on that is not in blank, and the
// byte; false at the end of the stream, or if it is more than limit bytes away.
func (w *window) find(off, limit int, blank string) (int, byte, bool) {
	for from := off; ; {
		rest := w.held()[from:]
		left := bytes.TrimLeft(rest, blank)
		from += len(rest) - len(left)
		switch {
		case from-off > limit:
			return from, 0, false
		case len(left) > 0:
			return from, left[0], true
		case !w.fill():
			return from, 0, false
		}
	}
}

// line returns the line that begins at off, without its newline. ok is false if it is
// longer than limit bytes; line is then its beginning.
func (w *window) line(off, limit int) (line []byte, ok bool) {
	for from := off; ; {
		if i := bytes.IndexByte(w.held()[from:], '\n'); i >= 0 {
			return w.held()[off : from+i], from+i-off <= limit
		}
		from = len(w.held())
		if from-off > limit {
			return w.held()[off:], false
		}
		if !w.fill() {
			return w.held()[off:], true
		}
	}
}

// skipLine lets go of the rest of the line, however long; it reports false at the end of
// the stream.
func (w *window) skipLine() bool {
	for {
		if i := bytes.IndexByte(w.held(), '\n'); i >= 0 {
			w.advance(i + 1)
			return true
		}
		w.advance(len(w.held()))
		if !w.fill() {
			return false
		}
	}
}

// cut reports whether the stream broke off: a text that is not complete at its end is
// then no fault of the text.
func (w *window) cut() bool { return w.err != nil && w.err != io.EOF }
