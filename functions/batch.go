package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// outcomes says what becomes of each event of a batch.
//
// Source: segment.com/docs/connections/functions/destination-functions/#batching-the-destination-function
func (f *Function) outcomes(events []json.RawMessage, res *Result) []Outcome {
	all := make([]Outcome, len(events))
	for i := range all {
		all[i].Disposition = res.Disposition
	}
	if res.Error != nil {
		return all
	}
	var returned []json.RawMessage
	isArray := json.Unmarshal(res.Returned, &returned) == nil && returned != nil
	switch {
	case !f.insert() && isArray:
		res.takeStatuses(all, returned)
	case f.insert() && isArray:
		res.takeEvents(all, events, returned)
	case f.insert():
		res.note(NotAnEvent, "onBatch returned no array of events: nothing goes on")
		res.takeEvents(all, events, nil)
	}
	return all
}

// takeStatuses takes what onBatch of a destination returned for each event.
func (r *Result) takeStatuses(all []Outcome, returned []json.RawMessage) {
	if len(returned) != len(all) {
		r.note(ShortBatch, "onBatch returned %d statuses for %d events; one without a status counts as delivered", len(returned), len(all))
	}
	var noStatus, noText []int
	for i := range min(len(all), len(returned)) {
		var hasStatus, hasText bool
		all[i], hasStatus, hasText = statusOutcome(returned[i])
		if !hasStatus {
			noStatus = append(noStatus, i+1)
		}
		if !hasText {
			noText = append(noText, i+1)
		}
	}
	if len(noStatus) > 0 {
		r.note(BatchStatus, "onBatch returned no number as the status of %s; want {status, errormessage} for each, and what has no status counts as delivered", numbered(noStatus))
	}
	if len(noText) > 0 {
		r.note(BatchStatus, "onBatch returned no text as the errormessage of %s", numbered(noText))
	}
}

// takeEvents takes the events that onBatch of an insert function returned. They are paired
// by their messageIds if those are the batch's, else by their places.
func (r *Result) takeEvents(all []Outcome, events, returned []json.RawMessage) {
	if returned != nil && len(returned) != len(events) {
		r.note(ShortBatch, "onBatch returned %d events for %d; Segment's pages call a shorter array filtering in one place and an error in another", len(returned), len(events))
	}
	pairs, strange := pairs(events, returned)
	if strange {
		r.note(UnknownMessageID, "onBatch returned a messageId that is none of the batch's: its events are paired with the batch's by their places")
	}
	if pairs != nil && !slices.IsSorted(pairs.places) {
		r.note(ReorderedBatch, "onBatch returned the events in another order; Segment pairs them by their places")
	}
	var lost []int
	for i := range all {
		at := i
		if pairs != nil {
			at = pairs.of[i]
		}
		if all[i].passOn(returned, at); all[i].Event == nil {
			lost = append(lost, i+1)
		}
	}
	if returned != nil && len(lost) > 0 {
		r.note(NotAnEvent, "onBatch returned no event for %s: nothing of it goes on", numbered(lost))
	}
}

// numbered names events of a batch, the first few of them.
func numbered(places []int) string {
	const most = 10
	var all []string
	for _, n := range places[:min(most, len(places))] {
		all = append(all, strconv.Itoa(n))
	}
	text := "event " + strings.Join(all, ", ")
	if more := len(places) - len(all); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// passOn sends the returned event at a place on; -1 and what is no event drop it.
func (o *Outcome) passOn(returned []json.RawMessage, at int) {
	if at < 0 || at >= len(returned) || !isObject(returned[at]) {
		o.Disposition = Dropped
		return
	}
	o.Event = returned[at]
}

// pairing says which returned event belongs to which of the batch.
type pairing struct {
	of     []int // for each event of the batch the place of its own in what was returned; -1: none
	places []int // the places that are not -1
}

// pairs pairs events by their messageId. It returns nil if one has none, or one of the
// batch's, or one that is not of the batch, which is strange: then places count.
func pairs(events, returned []json.RawMessage) (p *pairing, strange bool) {
	at := map[string]int{}
	for i, ev := range returned {
		id := messageID(ev)
		if _, twice := at[id]; id == "" || twice {
			return nil, false
		}
		at[id] = i
	}
	p = &pairing{}
	for _, ev := range events {
		id := messageID(ev)
		if id == "" {
			return nil, false
		}
		i, ok := at[id]
		if !ok {
			i = -1
		} else {
			p.places = append(p.places, i)
		}
		p.of = append(p.of, i)
	}
	if len(p.places) < len(returned) {
		return nil, true
	}
	return p, false
}

func messageID(ev json.RawMessage) string {
	var e struct {
		MessageID string `json:"messageId"`
	}
	if json.Unmarshal(ev, &e) != nil {
		return ""
	}
	return e.MessageID
}

// statusOutcome reads the entry that onBatch returned for one event: what failed for a
// while is tried again, what failed for good is not. It says whether the status is a
// number, or a text that is one, and whether the message is a text, or none is there.
func statusOutcome(entry json.RawMessage) (o Outcome, hasStatus, hasText bool) {
	o = Outcome{Disposition: Delivered}
	var e struct {
		Status       json.RawMessage `json:"status"`
		ErrorMessage json.RawMessage `json:"errormessage"`
	}
	if json.Unmarshal(entry, &e) != nil {
		return o, false, true
	}
	status, err := strconv.ParseFloat(strings.TrimSpace(string(bytes.Trim(e.Status, `"`))), 64)
	hasStatus = err == nil && status >= 0 && status < 1000 && status == float64(int(status))
	if hasStatus {
		o.Status = int(status)
	}
	hasText = e.ErrorMessage == nil || string(e.ErrorMessage) == "null" || json.Unmarshal(e.ErrorMessage, &o.Message) == nil
	if !hasText {
		o.Message = string(e.ErrorMessage)
	}
	switch {
	case o.Status >= 500, o.Status == 429, o.Status == 408:
		o.Disposition = Retried
	case o.Status >= 400:
		o.Disposition = Discarded
	}
	return o, hasStatus, hasText
}
