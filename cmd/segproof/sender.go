package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"segproof/mockserver"
)

// watch runs the command until nothing more arrives, and shows what does. It returns how
// the command ended, and what is wrong with the journal.
func (flags execFlags) watch(ctx context.Context, e env, f *follower, srv *mockserver.Server, args []string) (failure, err error) {
	following, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.follow(following, srv) }()
	failure = sender(ctx, e, senderEnv(srv.URL(), flags.writeKeys), args).Run()
	waiting, cancel := context.WithTimeout(ctx, flags.patience)
	defer cancel()
	if _, err := srv.All().WaitFor(waiting, mockserver.Await{Count: mockserver.AtLeast(0), Quiet: flags.quiet}); err != nil {
		fmt.Fprintf(e.stderr, "segproof: still not quiet after %v; what arrived by now is judged\n", flags.patience)
	}
	if err := srv.Settle(waiting); err != nil {
		fmt.Fprintf(e.stderr, "segproof: the destinations are still not done after %v\n", flags.patience)
	}
	stop()
	return failure, <-done
}

// sender is the command, told where the server is.
func sender(ctx context.Context, e env, environ, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = e.stdin, e.stderr, e.stderr
	cmd.Env = append(cmd.Environ(), environ...)
	// The sender may flush when it is interrupted; where it cannot be, it is killed.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second // children that keep its output open are not waited for longer
	return cmd
}

// senderEnv tells a sender where the server at url is.
func senderEnv(url string, writeKeys []string) []string {
	return []string{
		"SEGMENT_HOST=" + url,
		"SEGMENT_API_HOST=" + strings.TrimPrefix(url, "http://") + "/v1",
		"SEGMENT_CDN_HOST=" + url,
		"SEGMENT_WRITE_KEY=" + append(slices.Clone(writeKeys), "segproof")[0],
		"SEGPROOF_URL=" + url,
	}
}
