package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"segproof/finding"
	"segproof/fixtures"
)

// tester runs fixtures, one after the other.
type tester struct {
	check        *check
	flags        testFlags
	runner       *fixtures.Runner
	senders      []fixtures.Sender // those asked for; none means each fixture's own
	runs, failed int
	skipped      []fixtures.Case // no sender took them
	linted       map[string]bool // functions whose text was looked at
}

// runCase runs a fixture through the senders asked for, or through its own. Of a sender
// asked for, fixtures that do not name it are left out.
func (t *tester) runCase(ctx context.Context, fixture fixtures.Case) error {
	senders := slices.DeleteFunc(slices.Clone(t.senders), func(s fixtures.Sender) bool { return !fixture.TakenBy(s.Name()) })
	if len(t.senders) == 0 {
		for _, name := range fixture.SenderNames() {
			sender, err := fixtures.ParseSender(name)
			if err != nil {
				continue // exec: it needs a command, which only --sender gives
			}
			senders = append(senders, sender)
		}
	}
	if len(senders) == 0 {
		t.skipped = append(t.skipped, fixture)
		return nil // nor is its function's text looked at: that takes longer than all runs
	}
	if err := t.lint(fixture); err != nil {
		return err
	}
	for _, sender := range senders {
		result, err := t.runner.Run(ctx, fixture, sender)
		if err != nil {
			return fmt.Errorf("%s through %s: %w", fixture.File, sender.Name(), err)
		}
		if t.flags.update {
			return t.updateFile(fixture.File, result)
		}
		t.take(fixture, result)
	}
	return nil
}

// lint looks at the text of the fixture's function, once for all fixtures.
func (t *tester) lint(fixture fixtures.Case) error {
	file := fixture.FunctionFile()
	if file == "" || t.linted[file] && file != fixture.File || t.flags.update {
		return nil
	}
	if t.linted == nil {
		t.linted = map[string]bool{}
	}
	t.linted[file] = true
	found, err := t.runner.Lint(fixture)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	t.check.count(found)
	return nil
}

// maxSkipped is how many fixtures are named that no sender took.
const maxSkipped = 10

// tellSkipped names the fixtures that no sender took.
func (t *tester) tellSkipped() {
	w := t.check.env.stderr
	for _, fixture := range t.skipped[:min(maxSkipped, len(t.skipped))] {
		fmt.Fprintf(w, "segproof: not run: %s, which goes through %s alone\n", finding.Printable(fixture.File), strings.Join(fixture.SenderNames(), ", "))
	}
	if more := len(t.skipped) - maxSkipped; more > 0 {
		fmt.Fprintf(w, "segproof: not run: %d more\n", more)
	}
	if len(t.skipped) > 0 && len(t.senders) == 0 {
		fmt.Fprintln(w, "segproof: hint: --sender exec:COMMAND gives the command")
	}
}

func (t *tester) take(fixture fixtures.Case, result fixtures.Result) {
	t.runs++
	verdict := "ok"
	if len(result.Findings) > 0 {
		t.failed++
		verdict = "FAILED"
	}
	t.check.report.Checked.Events += max(1, len(result.Records)) // a case where nothing may arrive checks that
	t.unusable(t.check.review.Apply(result.Findings))
	if !t.flags.verbose {
		return
	}
	w := t.check.env.stderr
	fmt.Fprintf(w, "%s: %s through %s: %s\n", finding.Printable(fixture.File), finding.Printable(fixture.Name), result.Sender, verdict)
	for _, r := range result.Records {
		who := finding.Event{Type: string(r.Event.Type), Name: r.Event.Name}
		judged := "valid"
		if len(r.Findings) > 0 {
			judged = fmt.Sprintf("%d findings", len(r.Findings))
		}
		fmt.Fprintf(w, "  received on %s: %s, %s\n    %s\n", r.Request.Path, finding.Printable(who.String()), judged, finding.Printable(string(r.Event.JSON())))
		for _, f := range r.Findings {
			fmt.Fprintf(w, "    %s: %s (%s)\n", f.Severity, finding.Printable(f.Message), f.Rule)
		}
	}
}

// updateFile writes what arrived into the fixture as its expectations.
func (t *tester) updateFile(file string, result fixtures.Result) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--update: %w", err)
	}
	text, err := fixtures.Update(data, result)
	if err != nil {
		return fmt.Errorf("--update: %s: %w", file, err)
	}
	t.runs++
	t.check.report.Checked.Events += max(1, len(result.Records))
	if string(text) == string(data) {
		return nil
	}
	fmt.Fprintf(t.check.env.stderr, "segproof: updated %s\n", finding.Printable(file))
	return writeFile(file, func(w io.Writer) error { _, err := w.Write(text); return err })
}
