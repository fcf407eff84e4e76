package finding

import (
	"bufio"
	"fmt"
	"strings"
)

// writeGitHub writes workflow commands that GitHub Actions turns into annotations,
// then a summary that is no command. GitHub shows the first ten errors, warnings and
// notices of a step; the others stay in the log.
//
// Source: github.com/actions/toolkit, packages/core/src/command.ts
func writeGitHub(w *bufio.Writer, r *Report, opts WriteOptions) error {
	for _, f := range r.Findings {
		command := "notice"
		switch f.Severity {
		case Error:
			command = "error"
		case Warning:
			command = "warning"
		}
		var props []string
		if f.File != "" {
			props = append(props, "file="+githubProperty(f.relative(opts.Root)))
			if f.Line > 0 {
				props = append(props, fmt.Sprintf("line=%d", f.Line))
			}
			if f.Line > 0 && f.Column > 0 {
				props = append(props, fmt.Sprintf("col=%d", f.Column))
			}
		}
		props = append(props, "title="+githubProperty(f.Rule))
		fmt.Fprintf(w, "::%s %s::%s\n", command, strings.Join(props, ","), githubData(strings.Join(f.told(), "\n")))
	}
	for _, line := range r.unchecked() {
		fmt.Fprintf(w, "::error::%s\n", githubData(line))
	}
	w.WriteString(r.Summary() + "\n")
	if s := r.notShown(); s != "" {
		w.WriteString(s + "\n")
	}
	return nil
}

// githubData escapes the message of a workflow command.
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty makes a property of a workflow command visible and escapes it.
func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(visible(s)))
}
