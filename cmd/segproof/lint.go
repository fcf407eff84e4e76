package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"segproof/internal/exporter"
	"segproof/internal/input"

	"github.com/spf13/cobra"
)

// lintFlags are the flags of lint.
type lintFlags struct {
	checkFlags
	jobs    int
	enforce string
}

func lintCommand(e env) *cobra.Command {
	var flags lintFlags
	cmd := &cobra.Command{
		Use:   "lint [FILE|DIR|-]...",
		Short: "Judge events: files, folders, standard input",
		Long: `lint judges events against the Segment Spec and their contracts.

It reads single events, arrays, batch envelopes and NDJSON, plain, gzip or zstd,
from files, folders (recursively) and standard input ("-"). Without arguments it
judges the contracts alone.

--enforce shows what the function of segproof export function would do: stdout gets the
events as they would leave Segment, one a line, and the report goes to stderr. Events of
a type that Segment has no handler for ("Track", none) get by a function; here they are judged.`,
		Example: `  segproof lint order.json
  cat events.ndjson | segproof lint --contracts ./schemas -
  segproof lint --format github --out sarif=lint.sarif archive/`,
		RunE: func(cmd *cobra.Command, args []string) error { return lint(cmd.Context(), e, flags, args) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.baseline, "baseline", "", "file of known findings: only new ones count, vanished ones are told")
	cmd.Flags().StringVar(&flags.writeBaseline, "write-baseline", "", "write what is found to this file, and fail for none of it")
	cmd.Flags().StringVar(&flags.enforce, "enforce", "", "print the events as they would leave Segment: "+strings.Join(exporter.Enforceable(), ", "))
	cmd.Flags().IntVar(&flags.jobs, "jobs", runtime.GOMAXPROCS(0), "goroutines that judge, at most four a core; the output is the same for any number")
	return cmd
}

func lint(ctx context.Context, e env, flags lintFlags, args []string) error {
	enforcer, err := newEnforcer(&e, flags, args)
	if err != nil {
		return err
	}
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	col := &collector{check: c, enforcer: enforcer}
	inputs, problems := input.Expand(args)
	c.report.WantsEvents = len(args) > 0
	for _, p := range problems {
		c.report.Problems = append(c.report.Problems, p.Error())
	}
	progress := newProgress(e)
	for _, name := range inputs {
		stats, err := judgeInput(ctx, c.catalog, name, workers(flags.jobs), input.Options{Stdin: e.stdin, Progress: progress.read}, col.collect)
		progress.next(stats.Bytes)
		c.report.Checked.Inputs++
		c.report.Checked.Bytes += stats.Bytes
		if errors.Is(err, context.Canceled) {
			progress.clear()
			return fmt.Errorf("interrupted; %d events were checked", c.report.Checked.Events)
		}
		if err != nil {
			c.report.Problems = append(c.report.Problems, err.Error())
		}
	}
	progress.clear()
	if err := enforcer.flush(e.stderr); err != nil {
		return err
	}
	c.vanished()
	if c.report.Checked.Events > 0 {
		c.report.Add(c.review.Stale(ids(c.report.Rules))...)
	}
	return c.finish()
}
