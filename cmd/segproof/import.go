package main

import (
	"context"

	"segproof/internal/importer"

	"github.com/spf13/cobra"
)

// importFlags are the flags of import.
type importFlags struct {
	checkFlags
	to, from, was, includes, required, fixtures string
	check                                       bool
}

// frontEnd reads one kind of source.
type frontEnd struct {
	name  string
	reads string   // in words, for help
	flags []string // that only some front ends have a use for, and this is one
	takes func(f importFlags, source string) bool
	read  func(ctx context.Context, e env, f importFlags, source string) (*importer.Document, error)
}

// frontEnds is the table of them; the first that takes a source reads it.
func frontEnds() []frontEnd {
	return []frontEnd{
		{"traffic", "events as they were sent, whatever lint reads (--from FILE, a folder, or -)", nil, isTraffic, readTraffic},
		{"plan", "a tracking plan of Segment's Public API, or a plan.json of Typewriter (.json)", []string{"was"}, isPlan, readPlan},
		{"csv", "a tracking plan as Segment's app downloads it (.csv)", []string{"was"}, isPlanCSV, readPlanCSV},
		{"page", "a Markdown page with tables of events (.md, .markdown)", []string{"includes", "required", "was"}, isPage, readPage},
	}
}

func importCommand(e env) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "import [SOURCE] --to DIR",
		Short: "Make contracts of what is documented, and find where the two drift apart",
		Long: `import reads what somebody has written down about events and writes a contract file
for each into DIR. Every doubt is a finding with its line. What was added to a
contract by hand stays. With --check nothing is written: each difference between the
source and the contracts is a finding.

It reads:
` + frontEndNames(),
		Example: `  segproof import docs/candu.md --to schemas/candu
  segproof import docs/candu.md --to schemas/candu --check --format github
  segproof import plan.json --to schemas/shop
  segproof import --from events.ndjson --to schemas/shop`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			source, err := oneSource(flags, args)
			if err != nil {
				return err
			}
			return importSource(cmd.Context(), e, flags, source)
		},
	}
	flags.registerReport(cmd)
	cmd.Flags().StringVar(&flags.to, "to", "", "folder of the contracts; made if it is not there")
	cmd.Flags().StringVar(&flags.from, "from", "", "in place of SOURCE: events to infer contracts from; a file, a folder, or - for standard input")
	cmd.Flags().StringVar(&flags.was, "was", "", "what SOURCE was called when the contracts were made of it, if it was renamed since")
	cmd.Flags().BoolVar(&flags.check, "check", false, "write nothing: compare the source with the contracts")
	cmd.Flags().StringVar(&flags.includes, "includes", "", "folder in which a page's {% include FILE %} is looked up; without it includes are left out")
	cmd.Flags().StringVar(&flags.required, "required", "marked", "what contracts require: marked (what the page says is always there), included (also what a page says is included in an event)")
	cmd.Flags().StringVar(&flags.fixtures, "fixtures", "", "also write conformance cases for segproof test into this folder")
	return cmd
}
