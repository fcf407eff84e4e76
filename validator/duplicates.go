package validator

import (
	"fmt"
	"unicode/utf8"

	"segproof/event"
	"segproof/finding"
)

// DuplicateWindow is how many messageIds a [Duplicates] remembers. Segment itself
// compares within 24 hours at least; a bounded number keeps the memory bounded
// (about 20 MB when full of UUIDs).
const DuplicateWindow = 100_000

// maxRememberedID is the longest messageId, in bytes, that is remembered: no shorter one
// has 100 characters, and Segment does not take an event with a longer one.
const maxRememberedID = (event.MaxMessageIDChars - 1) * utf8.UTFMax

// Duplicates finds events whose messageId was seen before. The zero value is ready. It
// must be used by one goroutine, in the order of the events.
type Duplicates struct {
	first map[string]event.Place // where each remembered messageId was first seen
	order []string               // the same, oldest first, as a ring
	next  int                    // where the ring goes on
}

// Check returns a finding if the event's messageId is one of the last DuplicateWindow
// different ones. One that is too long for Segment is not compared.
//
// Source: segment.com/docs/guides/duplicate-data/
func (d *Duplicates) Check(ev event.Event) []finding.Finding {
	id := ev.MessageID()
	if id == "" || len(id) > maxRememberedID {
		return nil
	}
	if at, ok := d.first[id]; ok {
		j := judgement{ev: ev, most: 1}
		j.reportWire(ruleDuplicateMessageID, "/messageId", fmt.Sprintf("messageId %s was sent before, by %s", quote(id), place(at)),
			"Segment keeps one of them and drops the others")
		return j.findings
	}
	if d.first == nil {
		d.first = map[string]event.Place{}
	}
	if len(d.order) < DuplicateWindow {
		d.order = append(d.order, id)
	} else {
		delete(d.first, d.order[d.next])
		d.order[d.next] = id
		d.next = (d.next + 1) % DuplicateWindow
	}
	d.first[id] = ev.At
	return nil
}

// place names where an event was, as a person finds it.
func place(at event.Place) string {
	switch {
	case at.Line == 0:
		return "an earlier event"
	case at.File == "":
		return fmt.Sprintf("an earlier event (line %d, column %d of its request)", at.Line, at.Column)
	}
	return fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column)
}
