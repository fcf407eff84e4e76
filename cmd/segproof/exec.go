package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/cobra"
)

// execFlags are the flags of exec.
type execFlags struct {
	serveFlags
	expect          string
	quiet, patience time.Duration
}

func execCommand(e env) *cobra.Command {
	var flags execFlags
	cmd := &cobra.Command{
		Use:   "exec [--expect FILE] -- COMMAND [ARG]...",
		Short: "Run a command against a fake Segment of its own, and judge what it sent",
		Long: `exec starts a fake Segment on a free port, runs the command, waits until nothing
more arrives, and writes the report. The command finds the server in its environment:

  SEGMENT_HOST       http://127.0.0.1:PORT     for server libraries
  SEGMENT_API_HOST   127.0.0.1:PORT/v1         apiHost of browser and mobile libraries
  SEGMENT_CDN_HOST   http://127.0.0.1:PORT     cdnURL of browser libraries
  SEGMENT_WRITE_KEY  segproof, or the first --write-key
  SEGPROOF_URL       http://127.0.0.1:PORT     the control routes are under /_segproof/
  SEGPROOF_TOKEN     what --token says         if it is given; they want it as a Bearer token

What the command writes goes to stderr; stdout is the report's. If the command fails,
its exit code is exec's (128 and the signal's number if a signal ended it); else 3 says that nothing arrived.`,
		Example: `  segproof exec -- npm test
  segproof exec --expect expect.yaml --out junit=events.xml -- go test ./...`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return execute(cmd.Context(), e, flags, args) },
	}
	flags.registerServer(cmd, "127.0.0.1:0")
	cmd.Flags().StringVar(&flags.expect, "expect", "", "file of expectations about what arrives")
	cmd.Flags().DurationVar(&flags.quiet, "quiet", 200*time.Millisecond, "how long nothing must have arrived after the command's end")
	cmd.Flags().DurationVar(&flags.patience, "patience", 10*time.Second, "how long to wait for that")
	return cmd
}

func execute(ctx context.Context, e env, flags execFlags, args []string) error {
	if flags.quiet < 0 || flags.patience < 0 {
		return fmt.Errorf("--quiet %v, --patience %v: want no time below 0", flags.quiet, flags.patience)
	}
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	expectations, err := c.loadExpectations(flags.expect)
	if err != nil {
		return err
	}
	srv, f, err := flags.listen(ctx, e, c)
	if err != nil {
		return err
	}
	if expectations != nil {
		f.expected = newExpected(expectations, flags.serveFlags)
	}
	failure, err := flags.watch(ctx, e, f, srv, args)
	err = errors.Join(err, f.finish(srv))
	if failed, ok := errors.AsType[*exec.ExitError](failure); ok {
		tell(e, err) // what the report does not hold; the code is the command's
		fmt.Fprintf(e.stderr, "segproof: the command ended with %v\n", failed)
		return exitCode(codeOf(failed))
	}
	if failure != nil {
		return errors.Join(fmt.Errorf("run the command: %w", failure), err)
	}
	return err
}
