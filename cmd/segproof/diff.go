package main

import (
	"context"
	"fmt"

	"segproof/compat"

	"github.com/spf13/cobra"
)

// diffFlags are the flags of diff.
type diffFlags struct {
	checkFlags
	against, direction, warehouse, unknown string
	changelog                              bool
	events                                 []string
	witness                                string
}

func diffCommand(e env) *cobra.Command {
	var flags diffFlags
	cmd := &cobra.Command{
		Use:   "diff [DIR|FILE]",
		Short: "Judge a change of contracts: what breaks, and an event that shows it",
		Long: `diff compares the contracts on disk with what they were: what breaks for those who
send, and for those who read. Each error comes with an event that one version accepts
and the other rejects, seen by the validator both times; what cannot be decided is
said to be so.

--against is a git ref (origin/main, v1.2), a place in one (origin/main:schemas), a
folder or a file. Without it, it is the commit where the work left the default branch.`,
		Example: `  segproof diff
  segproof diff --against origin/main --direction producer
  segproof diff --against v1.2 --format markdown schemas
  segproof diff --against old.json new.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			return diff(cmd.Context(), e, flags, args)
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.Lookup(contractsFlag).Usage = "folder of contracts, repeatable (default ./schemas)"
	f.StringVar(&flags.against, "against", "", "what to compare with: a git ref, REF:PATH, a folder, a file (default the merge base with the default branch)")
	f.StringVar(&flags.direction, "direction", string(compat.Both), "whose side to judge from: producer, consumer or both")
	f.StringVar(&flags.warehouse, "warehouse", string(compat.Generic), "columns to judge: none, generic, segment-redshift, -bigquery, -snowflake, -postgres")
	f.StringVar(&flags.unknown, "unknown", "fail", "a question that cannot be decided: fail (an error) or warn")
	f.BoolVar(&flags.changelog, "changelog", false, "write the change as Markdown for a pull request, and nothing if nothing changed")
	f.StringArrayVar(&flags.events, "events", nil, "file, folder or - of recorded events: count those that would break, repeatable")
	f.StringVar(&flags.witness, "witness", "", "write each event that breaks as a fixture into this folder")
	return cmd
}

func diff(ctx context.Context, e env, flags diffFlags, args []string) error {
	opts, err := flags.options()
	if err != nil {
		return err
	}
	c, dirs, err := prepare(e, flags.checkFlags)
	if err != nil {
		return err
	}
	d := differ{check: c, flags: flags, unusable: map[string]bool{}}
	if flags.changelog {
		c.summary = d.changelog
	}
	if err := d.load(ctx, dirs, args); err != nil {
		return err
	}
	result := compat.Run(ctx, d.prev, d.next, opts)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	if !d.idle {
		c.report.Checked.Contracts = result.Compared
	}
	d.grade(d.present(d.usable(result.Findings)))
	if err := d.replay(ctx, opts); err != nil {
		return err
	}
	if err := d.witnesses(result.Witnesses); err != nil {
		return err
	}
	d.stale(opts)
	return d.finish()
}
