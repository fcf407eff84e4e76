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
	for _, o := range flags.out {
		format, file, ok := strings.Cut(o, "=")
		if !ok || file == "" {
			return nil, fmt.Errorf("--out %q: want FORMAT=FILE", o)
		}
		if _, err := finding.ParseFormat(format); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
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
	return finding.Write(c.env.stdout, c.flags.format, c.report, opts)
}

// writeFile writes a file so that nobody ever sees half of it: under a temporary name
// beside it, synced, then renamed.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if info, statErr := os.Stat(name); statErr == nil && !info.Mode().IsRegular() {
		return writeDevice(name, write)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()           // the write has failed already
			_ = os.Remove(f.Name()) // at worst a temporary file stays
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// writeDevice writes to what cannot be renamed over: a FIFO, /dev/stderr.
func writeDevice(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := write(f); err != nil {
		_ = f.Close() // the write has failed already
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Close()
}
