package input

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"segproof/event"
	"segproof/finding"
)

// Block is a run of JSON texts of one input that can be decoded on its own. A Block does
// not change and shares no memory with others: any goroutine may decode it.
type Block struct {
	data     []byte
	texts    []text
	findings []finding.Finding // of texts that are not in data
}

// text is a piece of a block's data.
type text struct {
	kind       kind
	start, end int
	at         event.Place // of data[start]
	inLine     bool        // something else stands in front of it in its line
}

type kind int

const (
	lines   kind = iota // whole lines; each that is not blank is a JSON text
	value               // one JSON text
	element             // an element of an array, in brackets that are ours, so that it decodes as it would in its array
)

// Decode returns the events of the block in order, and findings, in order, for what is
// not JSON, is too long or too deeply nested, or is a batch of no events. The events
// share the block's memory.
func (b Block) Decode() ([]event.Event, []finding.Finding) {
	d := decoder{findings: slices.Clone(b.findings)}
	for _, t := range b.texts {
		data := b.data[t.start:t.end:t.end]
		before := len(d.findings)
		switch t.kind {
		case lines:
			d.lines(data, t.at)
		case value:
			d.text(data, t.at)
		case element:
			d.element(data, t.at)
		}
		for i := range d.findings[before:] {
			markBefore(&d.findings[before+i], t.at, t.inLine)
		}
	}
	finding.Sort(d.findings)
	return d.events, d.findings
}

// decoder gathers what a block holds.
type decoder struct {
	events   []event.Event
	findings []finding.Finding
}

func (d *decoder) lines(data []byte, at event.Place) {
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		line = bytes.TrimRight(line, blank) // the end that a person sees
		if len(line) > 0 {
			d.text(line[:len(line):len(line)], at)
		}
		data = rest
		at.Line, at.Column = at.Line+1, 1
	}
}

func (d *decoder) text(data []byte, at event.Place) {
	events, err := event.Decode(data, at)
	d.events = append(d.events, events...)
	var syntax *event.SyntaxError
	switch {
	case err == nil || errors.Is(err, event.ErrEmpty):
	case errors.Is(err, event.ErrEmptyBatch):
		d.findings = append(d.findings, emptyBatch(data, at))
	case errors.As(err, &syntax):
		d.findings = append(d.findings, notJSON(data, at, syntax))
	case errors.Is(err, event.ErrMergeTooLarge):
		f := newFinding(ruleBatchTooLarge, data, at, 0, 1)
		f.Message = err.Error() + "; none of its events was judged"
		f.Hint = "send it in several batches"
		d.findings = append(d.findings, f)
	default:
		// event.Decode names no other error; if it learns one, nothing must be lost.
		d.findings = append(d.findings, notJSON(data, at, &event.SyntaxError{Message: err.Error()}))
	}
}

func (d *decoder) element(data []byte, at event.Place) {
	events, err := event.Decode(data, at)
	d.events = append(d.events, events...)
	if err != nil {
		// What ails an element is said of the element, without our brackets.
		d.text(data[1:len(data)-1], at.Advance(data[:1]))
	}
}

// emptyBatch is the finding for an envelope that event.Decode calls empty. It points at
// the array.
func emptyBatch(data []byte, at event.Place) finding.Finding {
	object := bytes.TrimLeft(data, " \t\r\n")
	off := len(data) - len(object)
	length := 1
	for m := range event.Members(object) {
		if m.Key == "batch" {
			off = len(data) - len(object) + m.Start
			length = m.End - m.Start
		}
	}
	f := newFinding(ruleEmptyBatch, data, at, off, length)
	f.Pointer = "/batch"
	f.Message = "got a batch of no events, want at least one"
	f.Hint = "put the events into batch, or send nothing"
	return f
}

// notJSON is the finding for data that stops being JSON where e says.
func notJSON(data []byte, at event.Place, e *event.SyntaxError) finding.Finding {
	if e.TooDeep {
		f := newFinding(ruleTooDeep, data, at, e.Offset, 1)
		f.Message = fmt.Sprintf("got JSON %s, want at most %d levels", e.Message, event.MaxDepth)
		f.Hint = "flatten it; each level costs whoever reads it"
		return f
	}
	f := newFinding(ruleInvalidJSON, data, at, e.Offset, 1)
	f.Message = "not JSON: " + e.Message
	f.Hint = hintFor(data, e.Offset)
	return f
}

// newFinding returns a finding of that rule at data[off]; at is the place of data[0].
func newFinding(rule string, data []byte, at event.Place, off, length int) finding.Finding {
	off = min(off, len(data))
	place := at.Advance(data[:off])
	f := finding.Finding{
		Rule: rule, Severity: finding.Error, Layer: finding.Input,
		File: place.File, Line: place.Line, Column: place.Column,
	}
	if len(data) > 0 {
		f.Excerpt = finding.ExcerptAt(data, off, length)
	}
	return f
}

// markBefore says in the excerpt of a finding in the line of at that the line goes on
// before it, if it does: the text that the excerpt was cut from did not hold all of it.
func markBefore(f *finding.Finding, at event.Place, inLine bool) {
	if inLine && f.Line == at.Line && f.Excerpt.Text != "" {
		f.Excerpt.Before = true
	}
}
