package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

	events, gone, changed int
	noEvents              int // values such as 5, which Segment refuses whatever a function does
}

// newEnforcer returns nil where nothing is to be enforced. Otherwise stdout is the events',
// and what e calls stdout from then on is stderr.
func newEnforcer(e *env, flags lintFlags, args []string) (*enforcer, error) {
	known := exporter.Enforceable()
	switch action := flags.enforce; {
	case action == "":
		return nil, nil
	case !slices.Contains(known, action):
		return nil, suggest(fmt.Errorf("--enforce %q: want one of %s", action, strings.Join(known, ", ")), action, known, "segproof lint --help tells what they mean")
	case len(args) == 0:
		return nil, hinted{errors.New("--enforce: there are no events"), "name files, or - for stdin"}
	case flags.baseline != "" || flags.writeBaseline != "":
		return nil, hinted{errors.New("--enforce: no function knows a baseline, and would drop or change what it forgives"),
			"leave one of the two out; severity and waivers in " + defaultConfig + " count for both"}
	}
	en := &enforcer{action: flags.enforce, out: bufio.NewWriter(e.stdout)}
	e.stdout = e.stderr
	return en, nil
}

// enforce prints what is left of a block's events. What a run alone can know, that a
// messageId was sent before, no function knows.
func (en *enforcer) enforce(c *check, j judged) {
	for i := 0; en != nil && i < len(j.events) && en.err == nil; i++ {
		en.events++
		if raw := bytes.TrimSpace(j.events[i].JSON()); len(raw) == 0 || raw[0] != '{' {
			en.noEvents++
			continue
		}
		found := slices.Clone(j.each[i])
		finding.Sort(found)
		text, err := exporter.Enforce(en.action, j.events[i], c.review.Apply(found), func(left event.Event) []finding.Finding {
			return c.review.Apply(c.catalog.ValidateAll(left))
		})
		if err != nil {
			en.err = err
			return
		}
		if text == nil {
			en.gone++
			continue
		}
		if !bytes.Equal(text, bytes.TrimSpace(j.events[i].JSON())) {
			en.changed++
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

// flush writes what is left, tells on stderr what was done to how many events, and returns
// what went wrong.
func (en *enforcer) flush(stderr io.Writer) error {
	if en == nil {
		return nil
	}
	if en.err != nil {
		return en.err
	}
	if err := en.out.Flush(); err != nil {
		return err
	}
	number, done := en.changed, "changed"
	switch en.action {
	case "drop":
		number, done = en.gone, "dropped"
	case "reject":
		number, done = en.gone, "rejected"
	}
	text := fmt.Sprintf("segproof: %d of %d events %s", number, en.events, done)
	if en.noEvents > 0 {
		text += fmt.Sprintf("; %d left out, as no objects", en.noEvents)
	}
	_, err := fmt.Fprintln(stderr, text)
	return err
}
