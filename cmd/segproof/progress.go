package main

import (
	"fmt"
	"time"
)

// progress tells a person at a terminal how far a long run has come. It says nothing
// elsewhere, and nothing in the first two seconds.
type progress struct {
	env   env
	on    bool
	start time.Time
	last  time.Time
	done  int64 // bytes of the inputs before
	shown bool
}

func newProgress(e env) *progress {
	return &progress{env: e, on: e.terminal(e.stderr), start: time.Now(), last: time.Now()}
}

// read is called with the bytes read of the current input.
func (p *progress) read(n int64) {
	if !p.on || time.Since(p.start) < 2*time.Second || time.Since(p.last) < 200*time.Millisecond {
		return
	}
	p.last, p.shown = time.Now(), true
	megabytes := float64(p.done+n) / 1e6
	fmt.Fprintf(p.env.stderr, "\r\x1b[Ksegproof: %.0f MB read, %.0f MB/s", megabytes, megabytes/time.Since(p.start).Seconds())
}

// next counts an input that has been read.
func (p *progress) next(n int64) { p.done += n }

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.env.stderr, "\r\x1b[K")
	}
}
