package main

import (
	"context"
	"fmt"
	"os"

	"segproof/fixtures"
	"segproof/schemas"

	"github.com/spf13/cobra"
)

// testFlags are the flags of test.
type testFlags struct {
	checkFlags
	senders         []string
	update, verbose bool
}

func testCommand(e env) *cobra.Command {
	var flags testFlags
	cmd := &cobra.Command{
		Use:   "test [FILE|DIR]...",
		Short: "Run fixtures: send events, compare what arrives and what is found in it",
		Long: `test runs conformance fixtures. Each sends its events through a sender to a fake
Segment of its own, and says what must arrive and which findings that must raise.
Without arguments it runs the built-in ones.

A sender is http, analytics-go, or exec:COMMAND, a shell command that gets the
events on its standard input (NDJSON) and SEGMENT_HOST and SEGMENT_WRITE_KEY in its
environment. Without --sender each fixture goes through the senders that it names.`,
		Example: `  segproof test
  segproof test --sender analytics-go --verbose fixtures/
  segproof test --sender "exec:python send.py"`,
		RunE: func(cmd *cobra.Command, args []string) error { return test(cmd.Context(), e, flags, args) },
	}
	flags.register(cmd)
	cmd.Flags().StringArrayVar(&flags.senders, "sender", nil, "http, analytics-go or exec:COMMAND, repeatable")
	cmd.Flags().BoolVar(&flags.update, "update", false, "write what arrived into the fixtures as what they expect")
	cmd.Flags().BoolVar(&flags.verbose, "verbose", false, "show each run and what arrived")
	return cmd
}

func test(ctx context.Context, e env, flags testFlags, args []string) error {
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	catalog, err := c.fixtureCatalog(args)
	if err != nil {
		return err
	}
	t := tester{check: c, flags: flags, runner: fixtures.NewRunner(fixtures.Options{Catalog: catalog, Spec: schemas.Spec(), Environ: e.environ, ReadFile: os.ReadFile})}
	for _, s := range flags.senders {
		sender, err := fixtures.ParseSender(s)
		if err != nil {
			return fmt.Errorf("--sender: %w", err)
		}
		t.senders = append(t.senders, sender)
	}
	cases, err := t.load(args)
	if err != nil {
		return err
	}
	for _, fixture := range cases {
		if err := t.runCase(ctx, fixture); err != nil {
			return err
		}
	}
	t.tellSkipped()
	if len(cases) > 0 && t.runs == 0 && len(flags.senders) > 0 {
		complain(e, hinted{fmt.Errorf("no fixture of %d goes through --sender %v", len(cases), flags.senders), "without --sender each goes through the senders that it names"})
	}
	c.report.Checked.Inputs = max(1, t.runs)
	fmt.Fprintf(e.stderr, "segproof: %s, %s, %d failed\n", counted(len(cases), "fixture", "fixtures"), counted(t.runs, "run", "runs"), t.failed)
	return c.finish()
}
