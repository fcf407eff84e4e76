package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"segproof/finding"

	"github.com/spf13/cobra"
)

func rulesCommand(e env) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "rules",
		Short:   "List the rules",
		Example: "  segproof rules\n  segproof rules --format markdown > docs/rules.md",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch format {
			case "text":
				return listRules(e.stdout, allRules())
			case "markdown":
				return markdownRules(e.stdout, allRules())
			}
			return fmt.Errorf("--format %q: want text or markdown", format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or markdown")
	cmd.Flags().Lookup("format").Annotations = map[string][]string{noVariable: {}} // SEGPROOF_FORMAT is that of reports
	return cmd
}

func explainCommand(e env) *cobra.Command {
	return &cobra.Command{
		Use:     "explain RULE",
		Short:   "Say what a rule means, with an example",
		Example: "  segproof explain type-mismatch",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var ids []string
			for _, r := range allRules() {
				if r.ID == args[0] {
					return explainRule(e.stdout, r)
				}
				ids = append(ids, r.ID)
			}
			return suggest(fmt.Errorf("there is no rule %q", args[0]), args[0], ids, "segproof rules lists them")
		},
	}
}

func listRules(w io.Writer, rules []finding.Rule) error {
	bw := bufio.NewWriter(w)
	width := 0
	for _, r := range rules {
		width = max(width, len(r.ID))
	}
	for _, r := range rules {
		fmt.Fprintf(bw, "%-*s  %-7s  %s\n", width, r.ID, r.Severity, r.Title)
	}
	return bw.Flush()
}

func explainRule(w io.Writer, r finding.Rule) error {
	bw := bufio.NewWriter(w)
	fmt.Fprintf(bw, "%s (%s%s): %s\n\n%s\n", r.ID, r.Severity, layerName(r.Layer), r.Title, r.Why)
	for _, part := range []struct{ title, text string }{
		{"judged by the contract", r.Contract}, {"this raises it", r.Hit}, {"this does not", r.Neighbour},
	} {
		if part.text != "" {
			fmt.Fprintf(bw, "\n%s:\n  %s\n", part.title, strings.ReplaceAll(finding.Printable(strings.ReplaceAll(part.text, "\n", "\x00")), `\x00`, "\n  "))
		}
	}
	return bw.Flush()
}

func layerName(l finding.Layer) string {
	if l == "" {
		return ""
	}
	return ", " + string(l)
}
