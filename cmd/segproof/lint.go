package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"segproof/internal/input"
	"segproof/validator"

	"github.com/spf13/cobra"
)

// lintFlags are the flags of lint.
type lintFlags struct {
	checkFlags
	baseline, writeBaseline string
	jobs                    int
}

func lintCommand(e env) *cobra.Command {
	var flags lintFlags
	cmd := &cobra.Command{
		Use:   "lint [FILE|DIR|-]...",
		Short: "Judge events: files, folders, standard input",
		Long: `lint judges events against the Segment Spec and their contracts.

It reads single events, arrays, batch envelopes and NDJSON, plain, gzip or zstd,
from files, folders (recursively) and standard input ("-"). Without arguments it
judges the contracts alone.`,
		Example: `  segproof lint order.json
  cat events.ndjson | segproof lint --contracts ./schemas -
  segproof lint --format github --out sarif=lint.sarif archive/`,
		RunE: func(cmd *cobra.Command, args []string) error { return lint(cmd.Context(), e, flags, args) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.baseline, "baseline", "", "file of known findings: only new ones count, vanished ones are told")
	cmd.Flags().StringVar(&flags.writeBaseline, "write-baseline", "", "write what is found to this file, and end with 0")
	cmd.Flags().IntVar(&flags.jobs, "jobs", runtime.GOMAXPROCS(0), "goroutines that judge, at most four a core; the output is the same for any number")
	return cmd
}

func lint(ctx context.Context, e env, flags lintFlags, args []string) error {
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	col := &collector{check: c}
	if err := col.openBaseline(flags); err != nil {
		return err
	}
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
	if flags.writeBaseline != "" {
		return col.write(flags.writeBaseline)
	}
	if col.baseline != nil && c.report.Complete() {
		col.check.report.Add(col.baseline.Vanished()...)
	}
	return c.finish()
}

// openBaseline reads the known findings and makes room for new ones.
func (c *collector) openBaseline(flags lintFlags) error {
	if flags.writeBaseline != "" {
		c.written = &validator.Baseline{Root: c.check.report.Root}
		c.written.Add(c.check.report.Findings...)
	}
	if flags.baseline == "" {
		return nil
	}
	data, err := os.ReadFile(flags.baseline)
	if err != nil {
		return hinted{fmt.Errorf("read the baseline: %w", err), "--write-baseline FILE makes one"}
	}
	if c.baseline, err = validator.ReadBaseline(flags.baseline, data); err != nil {
		return err
	}
	c.baseline.Root = c.check.report.Root
	return nil
}

// write writes the baseline, if everything could be checked.
func (c *collector) write(file string) error {
	if c.overflow {
		return fmt.Errorf("more than %d different findings: too many for a baseline", validator.MaxBaseline)
	}
	if !c.check.report.Complete() {
		return c.check.finish()
	}
	text, err := c.written.Bytes()
	if err != nil {
		return err
	}
	if err := writeFile(file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.check.env.stderr, "segproof: wrote %s\n", file)
	return err
}
