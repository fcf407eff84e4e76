package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"segproof/finding"
)

// markdownRules writes docs/rules.md.
func markdownRules(w io.Writer, rules []finding.Rule) error {
	bw := bufio.NewWriter(w)
	fmt.Fprint(bw, "# Rules\n\nMade by `segproof rules --format markdown`; do not edit. `${repeat:N:TEXT$}` stands for TEXT, N times.\n")
	for _, r := range rules {
		fmt.Fprintf(bw, "\n## %s\n\n%s%s: %s\n\n%s\n", r.ID, r.Severity, layerName(r.Layer), r.Title, r.Why)
		for _, part := range []struct{ title, text string }{{"Contract", r.Contract}, {"Raises it", r.Hit}, {"Does not", r.Neighbour}} {
			if part.text != "" {
				fmt.Fprintf(bw, "\n%s:\n\n```%s\n%s\n```\n", part.title, language(r.Layer), strings.ToValidUTF8(part.text, "\\xNN"))
			}
		}
	}
	return bw.Flush()
}

// language is what the examples of a layer are written in: those of changes are two
// contracts, labelled.
func language(l finding.Layer) string {
	if l == finding.Change {
		return "text"
	}
	return "json"
}
