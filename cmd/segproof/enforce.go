package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/exporter"
)

// enforcer prints events as they would leave Segment if a function enforced the contracts.
// A nil one does nothing.
type enforcer struct {
	action string
	out    *bufio.Writer
	err    error // the first of writing
}

// newEnforcer returns nil for no action. Otherwise stdout is the events', and what e calls
// stdout from then on is stderr.
func newEnforcer(e *env, action string) (*enforcer, error) {
	if action == "" {
		return nil, nil
	}
	if known := exporter.Enforceable(); !slices.Contains(known, action) {
		return nil, suggest(fmt.Errorf("--enforce %q: want one of %s", action, strings.Join(known, ", ")), action, known, "segproof lint --help tells what they mean")
	}
	en := &enforcer{action: action, out: bufio.NewWriter(e.stdout)}
	e.stdout = e.stderr
	return en, nil
}

// enforce prints what is left of a block's events. What a run alone can know, that a
// messageId was sent before, no function knows.
func (en *enforcer) enforce(c *check, j judged) {
	for i := 0; en != nil && i < len(j.events) && en.err == nil; i++ {
		found := slices.Clone(j.each[i])
		finding.Sort(found)
		text, err := exporter.Enforce(en.action, j.events[i], c.review.Apply(found), func(left event.Event) []finding.Finding {
			return c.review.Apply(c.catalog.Validate(left))
		})
		if err != nil || text == nil {
			en.err = err
			continue
		}
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil {
			en.err = fmt.Errorf("print the event: %w", err)
			return
		}
		line.WriteByte('\n')
		_, en.err = en.out.Write(line.Bytes())
	}
}

// flush writes what is left, and returns what went wrong.
func (en *enforcer) flush() error {
	if en == nil {
		return nil
	}
	if en.err != nil {
		return en.err
	}
	return en.out.Flush()
}
