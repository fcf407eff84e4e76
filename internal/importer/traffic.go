package importer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// The bounds of what traffic teaches. Beyond them nothing more is learned, and a finding
// says so: memory stays the same for any input, and no proposal becomes larger than a
// contract may be.
const (
	// MaxTrafficKinds is how many different events a Traffic learns: as many as Segment
	// takes rules of one tracking plan.
	//
	// Source: segment.com/docs/protocols/tracking-plan/create/#upload-a-tracking-plan
	MaxTrafficKinds = 2000

	// MaxTrafficPlaces is how many properties of one event, at any depth, are learned.
	// Contracts with many more are slow to load; events with many more have data for
	// names.
	MaxTrafficPlaces = 500

	// MaxTrafficPlacesInAll is how many of them a Traffic learns in all, about a kilobyte each.
	MaxTrafficPlacesInAll = 50_000

	// maxTrafficName is the longest name, in bytes, of an event or a property that is
	// learned.
	maxTrafficName = 200

	// maxVersionDigits is how long a version may be that is a number. Segment's are 1, 2, 3.
	maxVersionDigits = 20

	// maxTrafficDepth is how deeply objects and arrays are described: a contract nests
	// twice as deeply as its events, and may not nest more than an event may. What lies
	// deeper is left open.
	maxTrafficDepth = 10
)

// Traffic learns contracts from events as they were sent. The zero value is ready. It
// must be used by one goroutine; the same events in the same order give the same
// contracts.
type Traffic struct {
	kinds   map[trafficKey]*kind
	order   []*kind
	places  int
	skipped told // events that no contract can be for
	beyond  told // kinds that are not learned any more
	events  int
}

// trafficKey says which events one contract is for.
type trafficKey struct {
	callType      event.Type
	name, version string
}

// kind is what was learned about the events of one type, name and version.
type kind struct {
	trafficKey
	at      event.Place     // of the first
	literal json.RawMessage // the version as it was written first; nil without one
	events  int
	body    *shape
	bodies  int  // events that have one
	places  int  // learned so far
	cut     told // properties that are not learned
}

// told counts what is told once.
type told struct {
	count int
	at    event.Place
	what  string // the first, for a person
}

func (t *told) tell(at event.Place, what string) {
	if t.count++; t.count == 1 {
		t.at, t.what = at, what
	}
}

// Add learns from one event.
func (t *Traffic) Add(ev event.Event) {
	k, why := t.kind(ev)
	if why != "" {
		t.skipped.tell(ev.At, why)
		return
	}
	if k == nil {
		return
	}
	t.events++
	k.events++
	body := valueAt(ev.JSON(), ev.Type.BodyKey())
	if body == nil {
		return
	}
	k.bodies++
	if body[0] != '{' && body[0] != 'n' {
		return // Segment drops the event for that; no contract is to allow it
	}
	l := learner{traffic: t, kind: k, at: ev.At}
	if k.body == nil {
		k.body = &shape{}
	}
	l.value(k.body, body, 0)
}

// kind returns what is known about the events like this one, nil if they are too many
// kinds; why says that no contract can be for it.
func (t *Traffic) kind(ev event.Event) (k *kind, why string) {
	switch {
	case !slices.Contains(event.Types(), ev.Type):
		return nil, "it has no type that Segment takes"
	case ev.Type == event.Track && ev.Name == "":
		return nil, "it has no name"
	case len(ev.Name) > maxTrafficName, len(ev.Version) > maxTrafficName:
		return nil, fmt.Sprintf("its name has more than %d bytes", maxTrafficName)
	}
	literal, why := versionOf(ev)
	if why != "" {
		return nil, why
	}
	key := trafficKey{ev.Type, ev.Name, ev.Version}
	if k := t.kinds[key]; k != nil {
		if len(literal) > 0 && literal[0] != k.literal[0] && (literal[0] == '"' || k.literal[0] == '"') {
			return nil, "its version is a text where that of others is a number, or the other way round"
		}
		return k, ""
	}
	if len(t.order) == MaxTrafficKinds {
		t.beyond.tell(ev.At, key.String())
		return nil, ""
	}
	k = &kind{trafficKey: key, at: ev.At, literal: literal}
	if t.kinds == nil {
		t.kinds = map[trafficKey]*kind{}
	}
	t.kinds[key] = k
	t.order = append(t.order, k)
	return k, ""
}

// String names the events for a person.
func (k trafficKey) String() string {
	return finding.Event{Type: string(k.callType), Name: k.name}.String()
}

// valueAt returns the text of an object's member, nil if there is none. Of a repeated key
// the last counts.
func valueAt(object []byte, key string) json.RawMessage {
	object = bytes.TrimLeft(object, " \t\r\n")
	if key == "" || len(object) == 0 || object[0] != '{' {
		return nil
	}
	var found json.RawMessage
	for m := range event.Members(object) {
		if m.Key == key {
			found = object[m.Start:m.End]
		}
	}
	return found
}

// versionOf returns the JSON of the event's version, nil if it names none; why says that it
// cannot stand in a contract.
func versionOf(ev event.Event) (literal json.RawMessage, why string) {
	if ev.Version == "" {
		return nil, ""
	}
	v := valueAt(valueAt(valueAt(ev.JSON(), "context"), "protocols"), "event_version")
	switch {
	case len(v) > 0 && v[0] == '"':
		return quoted(ev.Version), ""
	case strings.Trim(ev.Version, "-.0123456789") != "" || len(ev.Version) > maxVersionDigits:
		return nil, "its version is no plain number"
	}
	return json.RawMessage(ev.Version), ""
}

// learner learns from one event.
type learner struct {
	traffic *Traffic
	kind    *kind
	at      event.Place
}

// room takes a place for one more shape, and reports whether there was one.
func (l *learner) room() bool {
	if l.kind.places == MaxTrafficPlaces || l.traffic.places == MaxTrafficPlacesInAll {
		return false
	}
	l.kind.places++
	l.traffic.places++
	return true
}

// value learns from one value, depth arrays and objects below the body.
func (l *learner) value(s *shape, text []byte, depth int) {
	s.seen++
	switch text[0] {
	case '{':
		s.types[isObject]++
		if depth < maxTrafficDepth {
			l.object(s, text, depth)
		}
	case '[':
		s.types[isArray]++
		if depth < maxTrafficDepth {
			l.array(s, text, depth)
		}
	default:
		s.scalar(text)
	}
	if s.mixedAt == (event.Place{}) && s.isMixed() {
		s.mixedAt = l.at
	}
}

func (l *learner) object(s *shape, text []byte, depth int) {
	last := map[string]event.Member{}
	var names []string
	for m := range event.Members(text) {
		if _, ok := last[m.Key]; !ok {
			names = append(names, m.Key)
		}
		last[m.Key] = m
	}
	for _, name := range names {
		m := last[name]
		child := s.member(name)
		if child == nil {
			if len(name) > maxTrafficName || !l.room() {
				l.kind.cut.tell(l.at, quoteShort(name))
				continue
			}
			child = s.add(name)
		}
		l.value(child, text[m.Start:m.End], depth+1)
	}
}

func (l *learner) array(s *shape, text []byte, depth int) {
	for element := range arrayElements(text) {
		if s.items == nil {
			if !l.room() {
				return // what the array holds stays open
			}
			s.items = &shape{}
		}
		l.value(s.items, text[element.start:element.end], depth+1)
	}
}

// Document returns what was learned: one event for each kind, in the order of their first
// appearance, and what could not be learned. name is the source's, and file what the
// events were read from.
func (t *Traffic) Document(name, file string) *Document {
	d := &Document{Name: name, Page: file, File: file}
	for _, k := range t.order {
		d.Events = append(d.Events, k.documented())
		d.Findings = append(d.Findings, k.findings()...)
	}
	if t.skipped.count > 0 {
		d.Findings = append(d.Findings, trafficFinding(ruleTrafficSkipped, t.skipped.at, finding.Event{},
			fmt.Sprintf("%s cannot have a contract; of the first, %s", plural(t.skipped.count, "event"), t.skipped.what), "segproof lint says what is wrong with them"))
	}
	if t.beyond.count > 0 {
		d.Findings = append(d.Findings, trafficFinding(ruleTrafficBounded, t.beyond.at, finding.Event{},
			fmt.Sprintf("%s left out, for %d kinds are learned; the first is %s", plural(t.beyond.count, "event"), MaxTrafficKinds, t.beyond.what),
			"names with data in them make many kinds; put the data into properties"))
	}
	finding.Sort(d.Findings)
	return d
}

// documentedKept tells that a contract stays as it is, because somebody wrote it: what was
// sent is no reason to change what was agreed.
func (doc *Document) documentedKept(d *Documented, c *contractFile) finding.Finding {
	f := trafficFinding(ruleHandMadeKept, d.At, d.identity(), fmt.Sprintf("%s has a contract that was not inferred; it stays as it is", d.identity()),
		"--check tells where the two differ")
	f.Schema = fmt.Sprintf("%s:%d", c.file, c.at("/x-segproof"))
	return f
}

func trafficFinding(rule string, at event.Place, ev finding.Event, message, hint string) finding.Finding {
	return finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Source, File: at.File, Line: at.Line, Column: at.Column,
		Event: ev, Message: message, Hint: hint}
}

// documented returns the proposal for the events of one kind.
func (k *kind) documented() Documented {
	d := Documented{Type: k.callType, Name: k.name, Version: k.version, versionLiteral: k.literal, At: k.at, Source: Source{Inferred: k.events}}
	if k.body != nil {
		p := k.body.property(k.callType.BodyKey())
		p.Need = Optional
		if k.bodies == k.events {
			p.Need = Required
		}
		d.Fields = []*Property{p}
	}
	return d
}

// findings tells of one kind what a person should look at.
func (k *kind) findings() []finding.Finding {
	who := finding.Event{Type: string(k.callType), Name: k.name, Version: k.version}
	var found []finding.Finding
	if k.cut.count > 0 {
		found = append(found, trafficFinding(ruleTrafficBounded, k.cut.at, who,
			fmt.Sprintf("%s left out, for %d different ones of up to %d bytes are learned, and %d of all events; the first is %s",
				plural(k.cut.count, "property", "properties"), MaxTrafficPlaces, maxTrafficName, MaxTrafficPlacesInAll, k.cut.what),
			"names with data in them make many properties; an array holds such data better"))
	}
	if k.body != nil {
		k.body.walk("/"+k.callType.BodyKey(), func(pointer string, s *shape) {
			if s.isMixed() {
				f := trafficFinding(ruleTrafficMixedTypes, s.mixedAt, who, "values of several types: "+s.mixed(), "the proposal takes them all; keep the type that is meant")
				f.Pointer = pointer
				found = append(found, f)
			}
		})
	}
	return found
}

// plural counts things; the second word is for many, if it is not the first with an s.
func plural(n int, words ...string) string {
	word := words[0]
	if n != 1 {
		word = cmp.Or(slices.Concat(words[1:], []string{word + "s"})[0])
	}
	return fmt.Sprintf("%d %s", n, word)
}
