package mockserver

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
)

// Expectation is one thing that must be true of what arrived. Of Event, Order and No
// exactly one is set.
type Expectation struct {
	Name string `yaml:"name"` // what it shows, for messages; may be ""

	Event *Where `yaml:"event"` // the records that are counted
	Count *Count `yaml:"count"` // how many there must be; nil means at least one
	Once  bool   `yaml:"once"`  // no two of them may have one messageId, as those that a sender sent again have

	Order   []Where `yaml:"order"`    // these must arrive in this order, a record for each; others may come between
	PerUser bool    `yaml:"per-user"` // Order must hold for each user that has any of its records

	No Absence `yaml:"no"` // this must not have arrived

	At event.Place `yaml:"-"` // where the user wrote it; the zero value if it is not known
}

// Absence names what must not arrive.
type Absence string

// What can be forbidden to arrive.
const (
	NoInvalid    Absence = "invalid"    // records with the verdict invalid or dropped, and events that a strict server refused for that
	NoDropped    Absence = "dropped"    // records with the verdict dropped, likewise
	NoUnplanned  Absence = "unplanned"  // records of events, or with properties, that no contract knows
	NoDuplicates Absence = "duplicates" // records with a messageId that an earlier record of their scope has
	NoRefused    Absence = "refused"    // requests that were not answered with 2xx, but for those that a fault refused
)

// Count is how many records there must be. The zero value is none.
type Count struct {
	Min int // at least so many
	Max int // at most so many; NoMax means any number from Min on
}

// NoMax as Count.Max says that there cannot be too many.
const NoMax = -1

// Exactly returns the count of n records, no more and no less.
func Exactly(n int) *Count { return &Count{n, n} }

// AtLeast returns the count of n records or more.
func AtLeast(n int) *Count { return &Count{n, NoMax} }

// AtMost returns the count of n records or fewer.
func AtMost(n int) *Count { return &Count{0, n} }

// Holds reports whether n records are as many as there must be.
func (c Count) Holds(n int) bool { return n >= c.Min && (c.Max == NoMax || n <= c.Max) }

// String says how many records there must be: none, exactly 1, at least 2, at most 3, or
// 2 to 3.
func (c Count) String() string {
	switch {
	case c.Max == NoMax:
		return fmt.Sprintf("at least %d", c.Min)
	case c.Max == 0:
		return "none"
	case c.Min == c.Max:
		return fmt.Sprintf("exactly %d", c.Min)
	case c.Min == 0:
		return fmt.Sprintf("at most %d", c.Max)
	}
	return fmt.Sprintf("%d to %d", c.Min, c.Max)
}

// UnmarshalJSON reads a number, 2 for exactly 2, or an object with min, max or both.
func (c *Count) UnmarshalJSON(text []byte) error {
	if err := event.CheckSyntax(text); err != nil {
		return err
	}
	v := ParseValue(text)
	if v.Kind != '{' {
		n, err := wholeNumber(v)
		*c = Count{n, n}
		return err
	}
	*c = Count{0, NoMax}
	if len(v.Members) == 0 {
		return fmt.Errorf("got {}, want min, max or both")
	}
	for _, m := range v.Members {
		n, err := wholeNumber(m.Value)
		switch {
		case m.Key != "min" && m.Key != "max":
			return fmt.Errorf("unknown key %q, want min, max or both", m.Key)
		case err != nil:
			return fmt.Errorf("%s: %w", m.Key, err)
		case m.Key == "min":
			c.Min = n
		default:
			c.Max = n
		}
	}
	return nil
}

func wholeNumber(v Value) (int, error) {
	n, err := strconv.Atoi(v.Text)
	if v.Kind != '0' || err != nil || n < 0 {
		return 0, fmt.Errorf("got %s, want a whole number from 0 on", Shorten(v.String()))
	}
	return n, nil
}

// Expectations are expectations made ready, by [ParseExpectations] or [NewExpectations].
// They do not change and may be used by many goroutines.
type Expectations struct {
	list  []compiled
	scope string
	text  string // of the file, for excerpts; "" if there is none
}

// compiled is an expectation made ready.
type compiled struct {
	Expectation
	count  Count
	event  *Selector   // of Event
	order  []*Selector // of Order
	absent *absence    // of No
}

// NewExpectations makes expectations ready. The error is an [*InvalidError], whose
// pointers lead into the list: /0/event/match.
func NewExpectations(list ...Expectation) (*Expectations, error) {
	e, reasons := compileAll(list)
	if len(reasons) > 0 {
		return nil, &InvalidError{reasons}
	}
	return e, nil
}

// Scope returns the scope that the file names for its expectations, "" if it names none.
func (e *Expectations) Scope() string { return e.scope }

// Len returns how many expectations there are, at least one.
func (e *Expectations) Len() int { return len(e.list) }

func compileAll(list []Expectation) (*Expectations, []Reason) {
	if len(list) == 0 {
		return nil, []Reason{{Message: "got no expectation, want at least one: nothing would be checked"}}
	}
	e := &Expectations{}
	var reasons []Reason
	for i, expectation := range list {
		c, wrong := expectation.compile()
		for _, r := range wrong {
			r.Pointer = "/" + strconv.Itoa(i) + r.Pointer
			reasons = append(reasons, r)
		}
		e.list = append(e.list, c)
	}
	return e, reasons
}

func (x Expectation) compile() (compiled, []Reason) {
	c := compiled{Expectation: x, count: *AtLeast(1)}
	reasons := x.misplaced()
	add := func(prefix string, wrong []Reason) {
		for _, r := range wrong {
			r.Pointer = prefix + r.Pointer
			reasons = append(reasons, r)
		}
	}
	if x.Count != nil {
		if c.count = *x.Count; c.count.Min < 0 || c.count.Max < NoMax || c.count.Max != NoMax && c.count.Max < c.count.Min {
			reasons = append(reasons, Reason{Pointer: "/count", Message: fmt.Sprintf("got min %d and max %d, want min from 0 on and max no less than min", c.count.Min, c.count.Max)})
		}
	}
	if x.Event != nil {
		s, wrong := x.Event.compile()
		c.event = s
		add("/event", wrong)
	}
	for i, w := range x.Order {
		s, wrong := w.compile()
		c.order = append(c.order, s)
		add("/order/"+strconv.Itoa(i), wrong)
	}
	if x.No != "" {
		var names []string
		for _, a := range absences() {
			names = append(names, string(a.no))
			if a.no == x.No {
				c.absent = &a
			}
		}
		if c.absent == nil {
			reasons = append(reasons, Reason{Pointer: "/no", Message: fmt.Sprintf("got %s, want one of %s%s",
				quoted(string(x.No)), strings.Join(names, ", "), finding.DidYouMean(string(x.No), names))})
		}
	}
	return c, reasons
}

// misplaced returns what is wrong with the fields together.
func (x Expectation) misplaced() []Reason {
	var kinds []string
	for _, kind := range []struct {
		name string
		set  bool
	}{{"event", x.Event != nil}, {"order", x.Order != nil}, {"no", x.No != ""}} {
		if kind.set {
			kinds = append(kinds, kind.name)
		}
	}
	var reasons []Reason
	switch {
	case len(kinds) == 0:
		reasons = append(reasons, Reason{Message: "neither event, order nor no has a value, want one of them"})
	case len(kinds) > 1:
		reasons = append(reasons, Reason{Pointer: "/" + kinds[1], OnKey: true,
			Message: fmt.Sprintf("both %s and %s are there, want one of them: write two expectations", kinds[0], kinds[1])})
	}
	if x.Order != nil && len(x.Order) == 0 {
		reasons = append(reasons, Reason{Pointer: "/order", Message: "order is empty, want the events in their order"})
	}
	for _, beside := range []struct {
		key, of string
		set     bool
	}{{"count", "event", x.Count != nil}, {"once", "event", x.Once}, {"per-user", "order", x.PerUser}} {
		if beside.set && len(kinds) > 0 && !slices.Contains(kinds, beside.of) {
			reasons = append(reasons, Reason{Pointer: "/" + beside.key, OnKey: true,
				Message: fmt.Sprintf("%s stands beside %s, want it beside %s", beside.key, kinds[0], beside.of)})
		}
	}
	return reasons
}
