package main

import (
	"fmt"
	"strings"

	"segproof/internal/exporter"

	"github.com/spf13/cobra"
)

// exportFunctionFlags are the flags of export function.
type exportFunctionFlags struct {
	checkFlags
	kind, onViolation, only, to string
	minify                      bool
}

func exportFunctionCommand(e env) *cobra.Command {
	var flags exportFunctionFlags
	var kinds, actions, kindNames, actionNames []string
	for _, k := range exporter.FunctionKinds() {
		kinds = append(kinds, fmt.Sprintf("  %-14s %s", k.Name, k.Title))
		kindNames = append(kindNames, k.Name)
	}
	for _, a := range exporter.Actions() {
		actions = append(actions, fmt.Sprintf("  %-14s %s", a.Name, a.Title))
		actionNames = append(actionNames, a.Name)
	}
	cmd := &cobra.Command{
		Use:   "function",
		Short: "Write a Segment Function that enforces the contracts",
		Long: `export function writes one JavaScript file that judges events as segproof lint does: by the
contracts, the Segment Spec and segproof.yaml. Paste it into Segment. It imports nothing.
Only findings of severity error are violations.

The kinds:
` + strings.Join(kinds, "\n") + `

What it does about an event with a violation:
` + strings.Join(actions, "\n"),
		Example: `  segproof export function --contracts schemas/shop --kind insert --on-violation annotate -o guard.js
  segproof run guard.js --kind destination-insert --input event.json
  segproof export function --kind snippet --only "Order *" --minify`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return exportFunction(e, flags) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.kind, "kind", "insert", "where it runs: "+strings.Join(kindNames, ", "))
	cmd.Flags().StringVar(&flags.onViolation, "on-violation", "", "what it does about an event with a violation: "+strings.Join(actionNames, ", "))
	cmd.Flags().StringVar(&flags.only, "only", "", "glob on the events' names, or on the call where an event has none; other events pass unjudged")
	cmd.Flags().BoolVar(&flags.minify, "minify", false, "leave out comments and indentation")
	cmd.Flags().StringVarP(&flags.to, "to", "o", "-", `file to write; "-" is stdout, and the report goes to stderr then`)
	return cmd
}
