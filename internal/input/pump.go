package input

import (
	"context"
	"io"
)

// pump reads a stream in a goroutine of its own, so that a read that blocks keeps nobody
// from stopping. The goroutine ends with the stream, or with the first read that returns
// after ctx has ended.
type pump struct {
	ctx    context.Context
	chunks chan chunk
	chunk  chunk // what is left of the one received last
}

type chunk struct {
	data []byte
	err  error
}

// pumpBytes is the size of one of the two buffers of a pump.
const pumpBytes = 128 << 10

// newPump starts a pump. Opening the stream may block too, as that of a FIFO does.
func newPump(ctx context.Context, open func() (io.ReadCloser, error)) *pump {
	p := &pump{ctx: ctx, chunks: make(chan chunk)}
	go p.run(open)
	return p
}

func (p *pump) run(open func() (io.ReadCloser, error)) {
	defer close(p.chunks)
	stream, err := open()
	if err != nil {
		p.send(chunk{err: err})
		return
	}
	defer stream.Close() // it was read only: nothing can be lost
	// The receiver is done with one buffer when it takes the other.
	var buffers [2][]byte
	for i := 0; err == nil && p.ctx.Err() == nil; i ^= 1 {
		if buffers[i] == nil {
			buffers[i] = make([]byte, pumpBytes)
		}
		var n int
		n, err = stream.Read(buffers[i])
		p.send(chunk{data: buffers[i][:n], err: err})
	}
}

func (p *pump) send(c chunk) {
	select {
	case p.chunks <- c:
	case <-p.ctx.Done():
	}
}

// Read returns what the stream gives, or ctx's error as soon as ctx ends.
func (p *pump) Read(b []byte) (int, error) {
	if len(p.chunk.data) == 0 && p.chunk.err == nil {
		var ok bool
		select {
		case p.chunk, ok = <-p.chunks:
			if !ok { // the goroutine ends without a word only if ctx has ended
				return 0, p.ctx.Err()
			}
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	if len(p.chunk.data) == 0 {
		return 0, p.chunk.err
	}
	n := copy(b, p.chunk.data)
	p.chunk.data = p.chunk.data[n:]
	return n, nil
}

// Close does nothing: the goroutine closes what it opened, and ends with ctx.
func (p *pump) Close() error { return nil }
