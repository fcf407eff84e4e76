package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"segproof/finding"
)

// output is one file that a report goes to.
type output struct{ format, file string }

func formatNames() string {
	var names []string
	for _, f := range finding.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// parseOutputs checks --format and --out before any work is done.
func parseOutputs(flags checkFlags) ([]output, error) {
	if _, err := finding.ParseFormat(flags.format); err != nil {
		return nil, fmt.Errorf("--format: %w", err)
	}
	var outputs []output
	taken := map[string]string{}
	for _, o := range flags.out {
		format, file, ok := strings.Cut(o, "=")
		if !ok || file == "" {
			return nil, fmt.Errorf("--out %q: want FORMAT=FILE", o)
		}
		if _, err := finding.ParseFormat(format); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
		if first := taken[place(file)]; first != "" && !isDevice(file) {
			return nil, fmt.Errorf("--out %q: %s goes to that file already", o, first)
		}
		taken[place(file)] = format
		outputs = append(outputs, output{format, file})
	}
	return outputs, nil
}

// write writes the report to stdout and to every --out.
func (c *check) write() error {
	opts := finding.WriteOptions{Color: c.env.terminal(c.env.stdout) && c.env.getenv("NO_COLOR") == "", Root: c.report.Root}
	severity, err := finding.ParseSeverity(c.failOn)
	opts.FailOn, opts.NoFail = severity, err != nil // "none" is no severity
	for _, o := range c.outputs {
		plain := opts
		plain.Color = false
		err := writeFile(o.file, func(w io.Writer) error { return finding.Write(w, o.format, c.report, plain) })
		if err != nil {
			return err
		}
	}
	if c.summary != nil {
		return c.summary(c.env.stdout)
	}
	return finding.Write(c.env.stdout, c.flags.format, c.report, opts)
}

// isDevice reports whether a file is none that is replaced: a terminal, a pipe.
func isDevice(file string) bool {
	info, err := os.Stat(file)
	return err == nil && !info.Mode().IsRegular()
}

// place returns one name for a file however it is typed.
func place(file string) string {
	if target, err := followLinks(file); err == nil {
		file = target
	}
	if full, err := filepath.Abs(file); err == nil {
		return full
	}
	return filepath.Clean(file)
}
