package compat

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"segproof/finding"
)

// Changelog writes findings about changes as Markdown for a pull request: a section for
// each event, the gravest changes first. It writes nothing if there are none; findings
// about anything else are left out. The error is w's own.
func Changelog(w io.Writer, findings []finding.Finding) error {
	bw := bufio.NewWriter(w)
	var events []string
	byEvent := map[string][]finding.Finding{}
	for _, f := range findings {
		if f.Layer != finding.Change {
			continue
		}
		name := cmp.Or(f.Event.String(), f.File)
		if _, known := byEvent[name]; !known {
			events = append(events, name)
		}
		byEvent[name] = append(byEvent[name], f)
	}
	slices.Sort(events)
	for i, name := range events {
		if i == 0 {
			fmt.Fprintf(bw, "## Changes of contracts\n")
		}
		fmt.Fprintf(bw, "\n### %s\n\n", finding.Markdown(name))
		list := byEvent[name]
		slices.SortStableFunc(list, func(a, b finding.Finding) int { return cmp.Compare(a.Severity, b.Severity) })
		for _, f := range list {
			fmt.Fprintf(bw, "- %s%s%s (%s)\n", mark(f.Severity), at(f.Pointer), finding.Markdown(f.Message), finding.Markdown(f.Rule))
			for _, note := range f.Notes {
				if event, ok := strings.CutPrefix(note, eventNote); ok && f.Severity < safe {
					fmt.Fprintf(bw, "  - breaks: <code>%s</code>\n", finding.Markdown(event))
				}
			}
		}
	}
	return bw.Flush()
}

// mark says how grave a change is.
func mark(s finding.Severity) string {
	switch s {
	case breaking:
		return "**breaking** "
	case risky:
		return "*risky* "
	}
	return ""
}

func at(pointer string) string {
	if pointer == "" {
		return ""
	}
	return "<code>" + finding.Markdown(pointer) + "</code>: "
}
