package mockserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// Where says which records are meant. The zero value means all of them; each field that
// is set leaves fewer.
type Where struct {
	Type    event.Type `yaml:"type" json:"type,omitempty"`       // the call type, for example track; "" is any
	Name    string     `yaml:"name" json:"name,omitempty"`       // of a track, page or screen; "" is any
	User    string     `yaml:"user" json:"user,omitempty"`       // the userId or the anonymousId; "" is any
	Verdict Verdict    `yaml:"verdict" json:"verdict,omitempty"` // "" is any

	// Match is JSON: members that the event must have, at any depth. Objects may have
	// more members than those of Match, lists may not have more items. Numbers are
	// compared by value (1.10 is 1.1, and however large), strings by what they hold.
	//
	// In place of a value there may be a matcher, an object with one member:
	//
	//	{"$any": true}          any value, null included
	//	{"$absent": true}       no member of that name
	//	{"$type": "integer"}    string, number, integer, boolean, null, object or array
	//	{"$regexp": "^ord_"}    a string in which the expression (RE2) is found
	//	{"$exact": {"a": 1}}    no members but these, at any depth
	//
	// A property whose own name begins with "$" is written with two: "$$set".
	Match json.RawMessage `yaml:"match" json:"match,omitempty"`
}

// Reason is one thing that is wrong with a [Where] or a list of expectations.
type Reason struct {
	Pointer string // JSON Pointer to the wrong value: /match/properties/id/$regexp of a Where, /0/count of a list
	Message string // got and want

	OnKey bool // the key that Pointer ends with is wrong, not its value
}

// InvalidError says what is wrong with a [Where] or a list of expectations.
type InvalidError struct {
	Reasons []Reason // at least one
}

// Error returns the reasons, one after the other.
func (e *InvalidError) Error() string {
	var all []string
	for _, r := range e.Reasons {
		if r.Pointer == "" {
			all = append(all, r.Message)
		} else {
			all = append(all, r.Pointer+": "+r.Message)
		}
	}
	return strings.Join(all, "; ")
}

// Selector is a [Where] made ready, by [Where.Compile]. It does not change and may be
// used by many goroutines.
type Selector struct {
	where Where
	match *pattern // nil for none
}

// Compile makes the Where ready to be asked. The error is an [*InvalidError].
func (w Where) Compile() (*Selector, error) {
	s, reasons := w.compile()
	if len(reasons) > 0 {
		return nil, &InvalidError{reasons}
	}
	return s, nil
}

func (w Where) compile() (*Selector, []Reason) {
	var reasons []Reason
	s := &Selector{where: w}
	if types := typesAsText(); w.Type != "" && !slices.Contains(types, string(w.Type)) {
		reasons = append(reasons, Reason{Pointer: "/type", Message: fmt.Sprintf("no call type %s, want one of %s%s",
			quoted(string(w.Type)), strings.Join(types, ", "), finding.DidYouMean(string(w.Type), types))})
	}
	if verdicts := []string{string(Valid), string(Invalid), string(Dropped)}; w.Verdict != "" && !slices.Contains(verdicts, string(w.Verdict)) {
		reasons = append(reasons, Reason{Pointer: "/verdict", Message: fmt.Sprintf("no verdict %s, want one of %s%s",
			quoted(string(w.Verdict)), strings.Join(verdicts, ", "), finding.DidYouMean(string(w.Verdict), verdicts))})
	}
	if w.Name != "" && w.Type != "" && w.Type.NameKey() == "" {
		reasons = append(reasons, Reason{Pointer: "/name", Message: fmt.Sprintf("got name %s for %s, whose calls have no name", quoted(w.Name), w.Type)})
	}
	if len(w.Match) > 0 {
		match, wrong := compilePattern(w.Match)
		for _, r := range wrong {
			r.Pointer = "/match" + r.Pointer
			reasons = append(reasons, r)
		}
		s.match = match
	}
	return s, reasons
}

// typesAsText returns the call types that a record can have.
func typesAsText() []string {
	var names []string
	for _, t := range append(event.Types(), event.Delete) {
		names = append(names, string(t))
	}
	return names
}

// Matches reports whether r is one of the records that are meant.
func (s *Selector) Matches(r Record) bool {
	w := s.where
	if w.Type != "" && w.Type != r.Event.Type || w.Name != "" && w.Name != r.Event.Name || w.Verdict != "" && w.Verdict != r.verdict() {
		return false
	}
	return (w.User == "" || s.isUser(r)) && len(s.compareEvent(r)) == 0
}

// isUser reports whether a record is of the user who is meant.
func (s *Selector) isUser(r Record) bool {
	userID, anonymousID := r.ids()
	return s.where.User == userID || s.where.User == anonymousID
}

// The cost of each kind of difference, for finding the nearest record: another kind of
// event is further away than another property.
const (
	costType    = 5
	costName    = 5
	costSimilar = 2 // a name that looks like the wanted one
	costUser    = 3
	costVerdict = 1
	costMember  = 1
)

// distance tells how far a record is from the one that is meant, its JSON left aside: 0
// says that nothing but the JSON can differ.
func (s *Selector) distance(r Record) int {
	cost := 0
	if s.where.Type != "" && s.where.Type != r.Event.Type {
		cost += costType
	}
	if s.where.Name != "" && s.where.Name != r.Event.Name {
		if finding.Nearest(s.where.Name, []string{r.Event.Name}) != "" {
			cost += costSimilar
		} else {
			cost += costName
		}
	}
	if s.where.Verdict != "" && s.where.Verdict != r.verdict() {
		cost += costVerdict
	}
	if s.where.User != "" && !s.isUser(r) {
		cost += costUser
	}
	return cost
}

// compareEvent returns how the event's JSON differs from Match.
func (s *Selector) compareEvent(r Record) []Difference {
	if s.match == nil {
		return nil
	}
	got := ParseValue(r.Event.JSON())
	d := differ{numbers: byValue}
	d.compare("", s.match, &got)
	return d.found
}

// Differences returns how a record differs from the ones that are meant: call type, name,
// user and verdict, then each property of Match. A record that [Selector.Matches] has
// none.
func (s *Selector) Differences(r Record) []Difference {
	var found []Difference
	add := func(pointer, want, got string) {
		found = append(found, Difference{pointer, Shorten(want), Shorten(got)})
	}
	w := s.where
	if w.Type != "" && w.Type != r.Event.Type {
		add("/type", quoted(string(w.Type)), orNothing(string(r.Event.Type)))
	}
	if w.Name != "" && w.Name != r.Event.Name {
		key := w.Type.NameKey()
		if w.Type == "" {
			key = r.Event.Type.NameKey()
		}
		if key == "" {
			key = "event"
		}
		add("/"+key, quoted(w.Name), orNothing(r.Event.Name))
	}
	if w.User != "" {
		switch userID, anonymousID := r.ids(); {
		case w.User == userID || w.User == anonymousID:
		case userID == "" && anonymousID != "":
			add("/anonymousId", quoted(w.User), quoted(anonymousID))
		default:
			add("/userId", quoted(w.User), orNothing(userID))
		}
	}
	if got := r.verdict(); w.Verdict != "" && w.Verdict != got {
		add("", "verdict "+string(w.Verdict), "verdict "+string(got)+r.because())
	}
	return append(found, s.compareEvent(r)...)
}

// orNothing writes a text that may not be there.
func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return quoted(text)
}

// String describes the records that are meant: track "Order Completed" of user "u1" with
// {"properties":{"total":12.5}}.
func (s *Selector) String() string {
	w := s.where
	var parts []string
	switch {
	case w.Type != "":
		parts = append(parts, string(w.Type))
	case w.Name == "":
		parts = append(parts, "any event")
	}
	if w.Name != "" {
		parts = append(parts, Shorten(quoted(w.Name)))
	}
	if w.User != "" {
		parts = append(parts, "of user", Shorten(quoted(w.User)))
	}
	if w.Verdict != "" {
		parts = append(parts, "found", string(w.Verdict))
	}
	if s.match != nil {
		v := ParseValue(w.Match)
		parts = append(parts, "with", Shorten(v.String()))
	}
	return strings.Join(parts, " ")
}

// ids returns the event's userId and anonymousId, "" where one is missing or no string.
func (r Record) ids() (userID, anonymousID string) {
	text := r.Event.Raw
	if len(text) == 0 || text[0] != '{' {
		return "", ""
	}
	for m := range event.Members(text) {
		if m.Key != "userId" && m.Key != "anonymousId" {
			continue
		}
		id := ""
		if text[m.Start] == '"' {
			id = unquote(text[m.Start:m.End])
		}
		if m.Key == "userId" {
			userID = id
		} else {
			anonymousID = id
		}
	}
	return userID, anonymousID
}

// verdict returns the record's verdict. One that a program made by hand may have none: it
// is worked out of its findings.
func (r Record) verdict() Verdict {
	if r.Verdict != "" {
		return r.Verdict
	}
	return verdictOf(r.Findings)
}

// because names the finding that the verdict comes from.
func (r Record) because() string {
	for _, f := range r.Findings {
		if f.Severity == finding.Error {
			return ": " + f.Rule + " at " + orWhole(f.Pointer)
		}
	}
	return ""
}

// orWhole writes a JSON Pointer for a sentence.
func orWhole(pointer string) string {
	if pointer == "" {
		return "the event as a whole"
	}
	return pointer
}

// messageID returns the record's messageId, or its event's if it was made by hand.
func (r Record) messageID() string {
	if r.MessageID != "" {
		return r.MessageID
	}
	return r.Event.MessageID()
}
