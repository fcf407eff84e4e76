package functions

import (
	"context"
	"fmt"
)

// recorder keeps what a function sent in one run.
type recorder struct {
	responder Responder
	most      int // bytes of bodies kept
	exchanges []Exchange
}

func (r *recorder) reset() { r.exchanges = nil }

// host is what the prelude can ask of Go.
type host struct {
	ctx      context.Context // of the run under way
	recorder *recorder
}

// call does one operation. What it returns is a string for the prelude.
func (h *host) call(op, arg string) (string, error) {
	return "", fmt.Errorf("host: unknown operation %q", op)
}
