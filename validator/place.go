package validator

import (
	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// locate sets the line, column and excerpt of a finding about ev from its pointer. What
// the batch gave to the event is shown where it stands in the batch. A member that is
// missing is shown at the object that lacks it.
func locate(ev event.Event, f *finding.Finding) {
	text, at := ev.Raw, ev.At
	span, reached := jsonpos.Nearest(text, f.Pointer)
	if reached != f.Pointer && ev.Batch != nil {
		if inBatch, ok := jsonpos.Find(ev.Batch.Raw, f.Pointer); ok {
			text, at, span, reached = ev.Batch.Raw, ev.Batch.At, inBatch, f.Pointer
		}
	}
	pointAt(text, at, span, shape{missing: reached != f.Pointer, key: f.Rule == ruleUnplannedProperty || f.Rule == ruleAdditionalProperty || f.Rule == ruleDuplicateKey}, f)
}

// shape says what of a span to point at.
type shape struct {
	missing bool // the place itself does not exist: span is the object that lacks it
	key     bool // the key is at fault, not the value
}

// pointAt sets the place and excerpt of f to span in text, which begins at at.
func pointAt(text []byte, at event.Place, span jsonpos.Span, what shape, f *finding.Finding) {
	start, length := span.Start, span.End-span.Start
	switch {
	case what.missing && span.Key >= 0, what.key && span.Key >= 0:
		start = span.Key
		length = event.SkipString(text, start) - start
	case what.missing, text[start] == '{', text[start] == '[':
		length = 1 // the opening brace
	}
	here := at.Advance(text[:start])
	f.Line, f.Column = here.Line, here.Column
	f.Excerpt = finding.ExcerptAt(text, start, length)
	if at.Column > 1 && here.Line == at.Line && !f.Excerpt.Before {
		f.Excerpt.Before = true // the line began before the event did
	}
}
