package main

import (
	"fmt"
	"strings"

	"segproof/internal/exporter"

	"github.com/spf13/cobra"
)

func exportCommand(e env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Carry contracts out: a Segment Function, a tracking plan",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(exportFunctionCommand(e), exportPlanCommand(e))
	return cmd
}

// exportPlanFlags are the flags of export plan.
type exportPlanFlags struct {
	checkFlags
	as, to, only string
}

func exportPlanCommand(e env) *cobra.Command {
	var flags exportPlanFlags
	var forms []string
	for _, f := range exporter.PlanFormats() {
		forms = append(forms, fmt.Sprintf("  %-5s %s", f.Name, f.Title))
	}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Write the contracts as a tracking plan",
		Long: `export plan writes the contracts as a Segment tracking plan. What a plan cannot say is
told as findings; nothing is dropped silently. segproof import reads the plan back.

The forms:
` + strings.Join(forms, "\n"),
		Example: `  segproof export plan --contracts schemas/shop --to plan.json
  segproof export plan --contracts schemas/shop --only "Order *" --as csv`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return exportPlan(e, flags) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.as, "as", "", "json or csv (default csv if --to ends in .csv, else json)")
	cmd.Flags().StringVar(&flags.to, "to", "-", `file to write; "-" is stdout, and the report goes to stderr then`)
	cmd.Flags().StringVar(&flags.only, "only", "", "glob on the events' names, or on the call where an event has none")
	return cmd
}
