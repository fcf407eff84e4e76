package mockserver

import (
	"fmt"
	"slices"
	"strconv"

	"segproof/finding"
)

// Difference is one place at which a value is not what was wanted.
type Difference struct {
	Pointer string `json:"pointer"` // RFC 6901 into the event; "" is the event as a whole, its verdict for example
	Want    string `json:"want"`    // as a person is shown it: JSON or a few words, cut where it is long
	Got     string `json:"got"`     // likewise; "nothing" for what is not there
}

// String returns the pointer, then want and got.
func (d Difference) String() string {
	if d.Pointer == "" {
		return fmt.Sprintf("want %s, got %s", d.Want, d.Got)
	}
	return fmt.Sprintf("%s: want %s, got %s", d.Pointer, d.Want, d.Got)
}

// Differences returns the places at which two values are not the same, in the order of
// want, then of got. The order of keys does not count, a repeated key is compared time by
// time, numbers by their text.
func Differences(want, got Value) []Difference {
	d := differ{numbers: byText}
	d.compare("", literal(want), &got)
	return d.found
}

// manner says when two numbers are the same.
type manner int

const (
	byValue manner = iota // 1.10 is 1.1, and of a repeated key the last one counts, as for JSON readers
	byText                // 1.10 is not 1.1, and a repeated key is compared time by time
)

// differ compares a value with a pattern, and collects the differences.
type differ struct {
	numbers manner
	found   []Difference
}

// compare compares a value with a pattern. A pattern of nil wants nothing; a value of
// nil is not there.
func (d *differ) compare(pointer string, want *pattern, got *Value) {
	switch {
	case want == nil, got == nil:
		if want != nil && want.matcher != "$absent" || got != nil {
			d.report(pointer, want, got)
		}
	case want.matcher == "$any":
	case want.matcher == "$absent":
		d.report(pointer, want, got)
	case want.matcher == "$type":
		if !hasType(*got, want.argument().Text) {
			d.report(pointer, want, got)
		}
	case want.matcher == "$regexp":
		if got.Kind != '"' || !want.re.MatchString(got.Text) {
			d.report(pointer, want, got)
		}
	default:
		d.compareValues(pointer, want, got)
	}
}

func (d *differ) compareValues(pointer string, want *pattern, got *Value) {
	switch {
	case want.value.Kind != got.Kind:
		d.report(pointer, want, got)
	case got.Kind == '{':
		d.compareMembers(pointer, want, got)
	case got.Kind == '[':
		for i := range max(len(want.items), len(got.Items)) {
			d.compare(pointer+"/"+strconv.Itoa(i), at(want.items, i), pointerAt(got.Items, i))
		}
	case got.Kind == '0' && d.numbers == byValue:
		if !sameNumber(want.value.Text, got.Text) {
			d.report(pointer, want, got)
		}
	case want.value.Text != got.Text:
		d.report(pointer, want, got)
	}
}

func (d *differ) compareMembers(pointer string, want *pattern, got *Value) {
	keys := slices.Clone(want.names)
	wants, gots := map[string][]*pattern{}, map[string][]Value{}
	for i, name := range want.names {
		wants[name] = append(wants[name], want.members[i])
	}
	for _, m := range got.Members {
		if want.closed {
			keys = append(keys, m.Key)
		} else if wants[m.Key] == nil {
			continue
		}
		if d.numbers == byValue {
			gots[m.Key] = []Value{m.Value}
		} else {
			gots[m.Key] = append(gots[m.Key], m.Value)
		}
	}
	seen := map[string]bool{}
	for _, key := range keys {
		if seen[key] {
			continue
		}
		seen[key] = true
		before := len(d.found)
		for i := range max(len(wants[key]), len(gots[key])) {
			d.compare(pointerTo(pointer, key), at(wants[key], i), pointerAt(gots[key], i))
		}
		if d.numbers == byValue && len(gots[key]) == 0 && len(d.found) > before {
			d.found[before].Got += misspelt(key, got.Members, wants)
		}
	}
}

// maxMisspelt is how many members an object may have for a missing one to be looked for
// among them: that costs a comparison of texts for each.
const maxMisspelt = 100

// minMisspelt is how long a name must be, in bytes, for others to look like it.
const minMisspelt = 3

// misspelt names the member that may be the one that is missing: none of those that are
// wanted themselves.
func misspelt(key string, members []Member, wanted map[string][]*pattern) string {
	if len(members) > maxMisspelt || len(key) < minMisspelt {
		return ""
	}
	var names []string
	for _, m := range members {
		if wanted[m.Key] == nil {
			names = append(names, m.Key)
		}
	}
	if near := finding.Nearest(key, names); near != "" {
		return ", but there is " + quoted(near)
	}
	return ""
}

// hasType reports whether a value is of a type as JSON Schema names them: 1.0 is an
// integer.
func hasType(v Value, name string) bool {
	switch v.Kind {
	case '{':
		return name == "object"
	case '[':
		return name == "array"
	case '"':
		return name == "string"
	case '0':
		return name == "number" || name == "integer" && decimalOf(v.Text).isWhole()
	}
	return name == "null" && v.Text == "null" || name == "boolean" && v.Text != "null"
}

// at returns the i-th pattern, nil if there is none.
func at(patterns []*pattern, i int) *pattern {
	if i < len(patterns) {
		return patterns[i]
	}
	return nil
}

// pointerAt returns the i-th value, nil if there is none.
func pointerAt(values []Value, i int) *Value {
	if i < len(values) {
		return &values[i]
	}
	return nil
}

func (d *differ) report(pointer string, want *pattern, got *Value) {
	w, g := want.want(), "nothing"
	if got != nil {
		g = got.String()
	}
	if len(w) > maxShown && len(g) > maxShown {
		w, g = fromDifference(w, g)
	}
	d.found = append(d.found, Difference{pointer, Shorten(w), Shorten(g)})
}
