package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"segproof/functions"

	"github.com/spf13/cobra"
)

// runFlags are the flags of run.
type runFlags struct {
	checkFlags
	input, settings, fetch, kind, engine, now string
	allowNet, stubs                           []string
	seed                                      uint32
	frozen                                    bool
	timeout                                   time.Duration
}

func runCommand(e env) *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run FUNCTION.js [--input FILE]",
		Short: "Run a Segment Function on an input, and judge what it emits",
		Long: `run runs a Segment Function as it is deployed, unmodified, on this machine: it shows
the events and objects that it emits, what it returns, requests, logs and throws, what
Segment does then, and what is wrong with the events.

The input is a webhook, as in Segment's examples ({"payload":{"body":...}}), without the
payload around it ({"body":...,"headers":...}, with url or queryParameters and nothing
else), or the body alone; for the other kinds an event, or an array of events, which is a
batch if the function has onBatch. Several JSON texts are run one after the other on one instance. Without --input the function's
text is looked at, and nothing is run.

No request leaves this machine: --fetch says what is answered, and what it does not
answer is a finding, unless --allow-net names its host.`,
		Example: `  segproof run source.js
  segproof run source.js --input webhook.json --settings settings.json
  segproof run destination.js --input event.json --fetch answers.yaml --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options()
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("seed") {
				o.Seed = &flags.seed
			}
			return runFunction(cmd.Context(), e, flags, o, args[0])
		},
	}
	flags.register(cmd)
	var kinds []string
	for _, k := range functions.Kinds() {
		kinds = append(kinds, string(k))
	}
	cmd.Flags().StringVar(&flags.input, "input", "", "file of what to run it on; - is standard input")
	cmd.Flags().StringVar(&flags.settings, "settings", "", "JSON file of the settings that the handlers get")
	cmd.Flags().StringVar(&flags.fetch, "fetch", "", "YAML file of answers to the requests that the function makes")
	cmd.Flags().StringArrayVar(&flags.allowNet, "allow-net", nil, "host that is really asked for what --fetch does not answer; * stands for any text; repeatable")
	cmd.Flags().StringVar(&flags.kind, "kind", "", strings.Join(kinds, ", ")+" (default: source if it has onRequest, else destination)")
	cmd.Flags().StringVar(&flags.engine, "engine", "", "what it runs in: "+strings.Join(functions.Engines(), ", ")+" (default "+functions.Engines()[0]+")")
	cmd.Flags().StringVar(&flags.now, "now", "", "the time at its start, as 2026-01-31T12:30:00Z (default: the clock's)")
	cmd.Flags().BoolVar(&flags.frozen, "frozen", false, "time stays at its start, whatever the function waits for")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", functions.DefaultTimeout, "how long a run may compute, and again wait")
	cmd.Flags().StringArrayVar(&flags.stubs, "stub", nil, "NAME=FILE: a JavaScript expression that stands in for a global, such as a library that is not here; repeatable")
	cmd.Flags().Uint32Var(&flags.seed, "seed", 0, "the seed of chance (default: real chance)")
	return cmd
}

// runFunction looks at the function's text, runs it on the input if there is one, and
// writes what came of it.
func runFunction(ctx context.Context, e env, flags runFlags, opts functions.Options, file string) error {
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	r := functionRun{check: c, flags: flags, opts: opts, file: file}
	if err := r.load(ctx); err != nil {
		return err
	}
	for _, input := range r.inputs {
		if err := r.run(ctx, input); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return r.finish()
}
