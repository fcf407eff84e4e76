package validator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
)

const versionPointer = "/properties/context/properties/protocols/properties/event_version"

// identify reads what a document says its events are.
func identify(d *document) *Contract {
	c := &Contract{File: d.file, doc: d}
	c.Type = event.Type(constAt(d, "/properties/type"))
	if k := c.Type.NameKey(); k != "" {
		c.Name = constAt(d, "/properties/"+k)
	}
	c.Version = constAt(d, versionPointer)
	if n, ok := d.at(d.constPointer(versionPointer)).(json.Number); ok {
		c.Version = string(n)
		c.number = numberKey(c.Version)
	}
	return c
}

// constAt returns the const of the schema at pointer, "" if it has none or none that is
// text.
func constAt(d *document, pointer string) string {
	s, _ := d.at(d.constPointer(pointer)).(string)
	return s
}

// constPointer leads to the const of the schema at pointer. In draft-04, which has none,
// an enum of one value stands for it.
func (d *document) constPointer(pointer string) string {
	if values, _ := d.at(pointer + "/enum").([]any); d.year < 6 && len(values) == 1 {
		return pointer + "/enum/0"
	}
	return pointer + "/const"
}

// identityPointer leads to what names the contract's events.
func identityPointer(c *Contract) string {
	if k := c.Type.NameKey(); k != "" && c.Name != "" {
		return c.doc.constPointer("/properties/" + k)
	}
	return c.doc.constPointer("/properties/type")
}

// noIdentity returns a finding if no event can ever reach the contract. A file that
// others refer to may have no identity: it is a part.
func noIdentity(c *Contract, isPart bool) *finding.Finding {
	report := func(pointer, message, hint string) *finding.Finding {
		f := c.doc.finding(ruleNoIdentity, pointer, message, hint)
		return &f
	}
	at := c.doc.constPointer("/properties/type")
	switch named := c.doc.at(at); {
	case c.Type == "" && named == nil && isPart:
		return nil
	case c.Type == "" && named == nil:
		return report("/properties/type", "the contract does not say which call it is for, want a const at /properties/type",
			`add "type": {"const": "track"} to its properties`)
	case !slices.Contains(event.Types(), c.Type):
		return report(at, "got "+describe(named)+", want a call type", "")
	}
	k := c.Type.NameKey()
	at = c.doc.constPointer("/properties/" + k)
	switch named := c.doc.at(at); {
	case k != "" && named != nil && c.Name == "":
		return report(at, "got "+describe(named)+", want the name of the event", "")
	case c.Type == event.Track && c.Name == "":
		return report("/properties/event", "the contract does not say which track event it is for, want a const at /properties/event",
			`add "event": {"const": "Order Completed"} to its properties`)
	}
	return nil
}

// duplicateIdentity returns the finding that c is for the same events as other, which
// was there first.
func duplicateIdentity(c, other *Contract) finding.Finding {
	who := c.identity().String()
	if c.Version != "" {
		who += " version " + quote(c.Version)
	}
	return c.doc.finding(ruleDuplicateIdentity, identityPointer(c),
		fmt.Sprintf("%s is the contract of %s already", other.File, who), "give one of them a version, or remove it")
}

// numberKey returns a text that is the same for all ways to write a JSON number: 2, 2.0
// and 20e-1. It is "" for what is none, or is too long to be a version. It computes on the
// text, because an exponent can make any number too large to hold.
func numberKey(s string) string {
	if len(s) > maxNumberChars || strings.Trim(s, "-+.0123456789eE") != "" || !json.Valid([]byte(s)) {
		return ""
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	scale := 0
	if hasExponent {
		var err error
		if scale, err = strconv.Atoi(exponent); err != nil {
			return "" // no version needs more
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return "0"
	}
	return sign + significant + "e" + strconv.Itoa(scale-len(fraction)+len(digits)-len(significant))
}

// compareVersions orders versions, oldest first: none before any, then part by part, as
// numbers where they are numbers; a number comes before a text. 1 < 2 < 10, 1.9 < 1.10,
// 1.0 < 1.0.1, 2 < beta.
func compareVersions(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(a), len(b))
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if c := compareParts(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(as), len(bs)), cmp.Compare(a, b))
}

func compareParts(a, b string) int {
	x, isX := digits(a)
	y, isY := digits(b)
	switch {
	case isX && isY:
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	case isX:
		return -1
	case isY:
		return 1
	}
	return cmp.Compare(a, b)
}

// digits returns s without leading zeros, if it is a whole number. Comparing such texts
// by length and letter compares numbers of any size.
func digits(s string) (trimmed string, ok bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	return strings.TrimLeft(s, "0"), true
}
