package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"segproof/finding"
	"segproof/validator"
)

// openBaseline reads the known findings and makes room for new ones. A run that writes
// them fails for none.
func (c *check) openBaseline() error {
	if c.flags.writeBaseline != "" {
		c.written, c.failOn = &validator.Baseline{Root: c.report.Root}, failOnNone
	}
	if c.flags.baseline == "" {
		return nil
	}
	data, err := os.ReadFile(c.flags.baseline)
	if err != nil {
		return hinted{fmt.Errorf("read the baseline: %w", err), "--write-baseline FILE makes one"}
	}
	if c.known, err = validator.ReadBaseline(c.flags.baseline, data); err != nil {
		return err
	}
	c.known.Root = c.report.Root
	return nil
}

// apply returns the findings that count, with the severities that the policy gives them.
// Applied again it changes nothing.
func (c *check) apply(findings []finding.Finding) []finding.Finding {
	if len(findings) == 0 {
		return nil
	}
	c.reviews.Lock()
	defer c.reviews.Unlock()
	return c.review.Apply(findings)
}

// count takes findings through the policy and the baseline into the report.
func (c *check) count(findings []finding.Finding) {
	findings = c.apply(findings)
	if c.written != nil && !c.overflow && !c.written.Add(findings...) {
		c.overflow = true
		c.report.Problems = append(c.report.Problems, fmt.Sprintf("more than %d different findings: too many for a baseline", validator.MaxBaseline))
	}
	if c.known != nil {
		findings = c.known.Fresh(findings)
	}
	c.report.Add(slices.Clip(findings)...)
}

// vanished tells what the baseline knows and this run has not found, if it has looked
// everywhere and is not to write another one.
func (c *check) vanished() {
	if c.known != nil && c.written == nil && c.report.Complete() && !c.report.CheckedNothing() {
		c.report.Add(c.review.Apply(c.known.Vanished())...)
	}
}

// writeBaseline writes the baseline, if one is wanted and everything was checked.
func (c *check) writeBaseline() error {
	if c.written == nil || !c.report.Complete() || c.report.CheckedNothing() {
		return nil
	}
	text, err := c.written.Bytes()
	if err != nil {
		return err
	}
	file := c.flags.writeBaseline
	if err := writeFile(file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.env.stderr, "segproof: wrote %s\n", finding.Printable(file))
	return err
}
