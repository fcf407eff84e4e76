package main

import (
	"fmt"
	"io"
	"strings"

	"segproof/finding"
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
	var kinds, actions []string
	for _, k := range exporter.FunctionKinds() {
		kinds = append(kinds, fmt.Sprintf("  %-14s %s", k.Name, k.Title))
	}
	for _, a := range exporter.Actions() {
		actions = append(actions, fmt.Sprintf("  %-14s %s", a.Name, a.Title))
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
	cmd.Flags().StringVar(&flags.kind, "kind", "insert", "where it runs")
	cmd.Flags().StringVar(&flags.onViolation, "on-violation", "", "what it does about an event with a violation")
	cmd.Flags().StringVar(&flags.only, "only", "", "glob on the events' names, or on the call where an event has none; other events pass unjudged")
	cmd.Flags().BoolVar(&flags.minify, "minify", false, "leave out comments and indentation")
	cmd.Flags().StringVarP(&flags.to, "to", "o", "-", `file to write; "-" is stdout, and the report goes to stderr then`)
	return cmd
}

func exportFunction(e env, flags exportFunctionFlags) error {
	stdout := e.stdout
	if flags.to == "-" {
		e.stdout = e.stderr // stdout is the function's
	}
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	if !c.report.Complete() {
		return c.finish() // contracts that cannot be used: what it would judge by is not what was written
	}
	policy, err := loadPolicy(flags.config)
	if err != nil {
		return err
	}
	text, err := exporter.Function(c.catalog, exporter.FunctionOptions{
		Kind: flags.kind, OnViolation: flags.onViolation, Only: flags.only, Policy: policy, Minify: flags.minify, Version: version()})
	if err != nil {
		return hinted{fmt.Errorf("export the function: %w", err), "segproof export function --help shows what there is"}
	}
	write := func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
	if flags.to == "-" {
		err = write(stdout)
	} else {
		err = writeFile(flags.to, write)
	}
	if err != nil {
		return err
	}
	if flags.to != "-" {
		fmt.Fprintf(e.stderr, "segproof: %s: %d bytes\n", finding.Printable(flags.to), len(text))
	}
	return c.finish()
}
