// Command segproof proves that what you send to Segment is what you said you would
// send: it lints events against their contracts, plays Segment for any sender, and runs
// conformance fixtures. It needs no account, no network and no token.
//
// Exit codes, everywhere: 0 everything was checked and nothing reached --fail-on; 1
// findings did; 2 the work, or a part of it, could not be done; 3 nothing was checked.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, system(), os.Args[1:]))
}

// env is what a command sees of the world. Tests make their own.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        []string // all of it, for commands; nil: none
	now            func() time.Time
	terminal       func(io.Writer) bool // is it a terminal?
}
