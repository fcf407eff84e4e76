package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"segproof/mockserver"
)

// watch runs the command until nothing more arrives, and shows what does. It returns how
// the command ended, and what is wrong with the journal.
func (flags execFlags) watch(ctx context.Context, e env, f *follower, srv *mockserver.Server, args []string) (failure, err error) {
	following, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.follow(following, srv) }()
	environ := senderEnv(srv.URL(), flags.writeKeys)
	if flags.token != "" {
		environ = append(environ, "SEGPROOF_TOKEN="+flags.token)
	}
	failure = sender(ctx, e, environ, args).Run()
	problems, err := flags.rest(ctx, srv)
	if now := srv.Last(); now.Request == f.began.Request {
		fmt.Fprintf(e.stderr, "segproof: no request came; does the command send to SEGMENT_HOST, %s, and does it flush before it ends?\n", srv.URL())
	} else if now.Record == f.began.Record {
		fmt.Fprintln(e.stderr, "segproof: requests came, and no event in any of them")
	}
	stop()
	err = errors.Join(err, <-done)
	for _, p := range problems { // the report is ours only now
		f.problem("%s", p)
	}
	return failure, err
}

// rest waits until nothing more arrives and the destinations are done, and returns why
// what has arrived by then may be a part of what was sent.
func (flags execFlags) rest(ctx context.Context, srv *mockserver.Server) (problems []string, err error) {
	waiting, cancel := context.WithTimeout(ctx, flags.patience)
	defer cancel()
	_, quiet := srv.All().WaitFor(waiting, mockserver.Await{Count: mockserver.AtLeast(0), Quiet: flags.quiet})
	for _, wait := range []struct {
		err  error
		late string
	}{
		{quiet, fmt.Sprintf("it was not quiet for %v within %v of the command's end: raise --patience, or lower --quiet", flags.quiet, flags.patience)},
		{srv.Settle(waiting), fmt.Sprintf("the destinations were not done within %v of the command's end: raise --patience", flags.patience)},
	} {
		switch {
		case wait.err == nil:
		case errors.Is(wait.err, context.DeadlineExceeded):
			problems = append(problems, wait.late)
		case errors.Is(wait.err, context.Canceled):
			return append(problems, "interrupted: what arrived later is not judged"), err
		default:
			err = errors.Join(err, wait.err)
		}
	}
	return problems, err
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

// codeOf returns the exit code of a command that failed, as a shell has it: 128 and the
// signal's number if a signal ended it.
func codeOf(failed *exec.ExitError) int {
	if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return max(failed.ExitCode(), exitFindings)
}
