package importer

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"segproof/event"
	"segproof/internal/jsonpos"
)

// jsonType is a type of JSON Schema, in the order in which proposals list them.
type jsonType int

const (
	isString jsonType = iota
	isInteger
	isNumber // with a fraction
	isBoolean
	isObject
	isArray
	isNull
	jsonTypes // how many there are
)

// String returns the type's name in JSON Schema.
func (t jsonType) String() string {
	return [...]string{"string", "integer", "number", "boolean", "object", "array", "null"}[t]
}

// The bounds of an enum. A text that comes again and again is one of few; a text of a
// property named as an identifier is not, however few of them a sample has; nor is one that
// may tell of a person, or be a secret: a contract is no place for it.
const (
	maxEnumValues  = 8  // different ones
	minEnumValues  = 2  // a single text that all events have is no choice
	minEnumRepeats = 3  // of each
	maxEnumText    = 66 // bytes of a value's JSON text
)

// shape is what was learned about the values at one place. Its size does not depend on
// how many there were.
type shape struct {
	seen    int
	types   [jsonTypes]int
	mixedAt event.Place // the event that brought a second type; zero while there is none

	texts    []enumValue // different strings, in the order of appearance; nil also once they are too many
	anyText  bool        // they were too many, or too long
	formats  uint        // the formats, by index, that every string had so far
	hasTexts bool        // formats counts

	members []*shapeMember
	byName  map[string]*shapeMember
	items   *shape // nil if no array had an element
}

// enumValue is one string and how often it came.
type enumValue struct {
	text  string
	count int
}

// shapeMember is one member of the objects at a place.
type shapeMember struct {
	name string
	*shape
}

func (s *shape) member(name string) *shape {
	if m := s.byName[name]; m != nil {
		return m.shape
	}
	return nil
}

// add adds a member that is not there yet.
func (s *shape) add(name string) *shape {
	m := &shapeMember{name: name, shape: &shape{}}
	if s.byName == nil {
		s.byName = map[string]*shapeMember{}
	}
	s.byName[name] = m
	s.members = append(s.members, m)
	return m.shape
}

// scalar learns from a value that is no object and no array.
func (s *shape) scalar(text []byte) {
	switch text[0] {
	case '"':
		s.types[isString]++
		s.text(text)
	case 't', 'f':
		s.types[isBoolean]++
	case 'n':
		s.types[isNull]++
	default:
		if isWhole(string(text)) {
			s.types[isInteger]++
		} else {
			s.types[isNumber]++
		}
	}
}

// isWhole reports whether a JSON number has no fraction: 12, 12.0, 1.2e1. It looks at the
// text, because an exponent can make any number too large to hold; of one that is not
// plain it says no, which is true of every number that a contract calls "number".
func isWhole(number string) bool {
	if strings.ContainsAny(number, "eE") {
		return false
	}
	_, fraction, _ := strings.Cut(number, ".")
	return strings.Trim(fraction, "0") == ""
}

// text learns from a string, quotes included.
func (s *shape) text(literal []byte) {
	var text string
	_ = json.Unmarshal(literal, &text) // a string that was checked always decodes
	all := uint(1)<<len(trafficFormats()) - 1
	if !s.hasTexts {
		s.hasTexts, s.formats = true, all
	}
	for i, f := range trafficFormats() {
		if s.formats&(1<<i) != 0 && !f.matches(text) {
			s.formats &^= 1 << i
		}
	}
	if s.anyText {
		return
	}
	for i := range s.texts {
		if s.texts[i].text == text {
			s.texts[i].count++
			return
		}
	}
	// What is not UTF-8 has become U+FFFD: two different values would be one.
	if len(s.texts) == maxEnumValues || len(quoted(text)) > maxEnumText || strings.ContainsRune(text, utf8.RuneError) {
		s.texts, s.anyText = nil, true
		return
	}
	s.texts = append(s.texts, enumValue{text, 1})
}

// property returns the proposal for the place.
func (s *shape) property(name string, texts privacy) *Property {
	if isPrivate(name) {
		texts = personal
	}
	p := &Property{Name: name, Types: s.typeNames(), sample: s}
	if f := s.format(); f != "" {
		p.Format = f
	} else if texts == open && !isIdentifier(name) {
		p.Enum = s.enum()
	}
	for _, m := range s.members {
		child := m.property(m.name, texts)
		child.Need = Optional
		if m.seen == s.types[isObject] {
			child.Need = Required
		}
		child.Keywords = append(child.Keywords, Keyword{"$comment", quoted(fmt.Sprintf("in %d of %d", m.seen, s.types[isObject]))})
		p.Properties = append(p.Properties, child)
	}
	if s.items != nil {
		p.Items = s.items.property("", texts)
	}
	return p
}

// typeNames returns the types that were seen. A number with a fraction among whole ones
// makes all of them numbers.
func (s *shape) typeNames() []string {
	var names []string
	for t := range jsonTypes {
		if s.types[t] > 0 && !(t == isInteger && s.types[isNumber] > 0) {
			names = append(names, t.String())
		}
	}
	return names
}

// isMixed reports whether there are types that a sender can hardly mean all. null beside
// one other type is a way to say that there is none, and a whole number is a number.
func (s *shape) isMixed() bool {
	kinds := 0
	for t := range jsonTypes {
		if s.types[t] > 0 && t != isNull && !(t == isInteger && s.types[isNumber] > 0) {
			kinds++
		}
	}
	return kinds > 1
}

// mixed says which types were seen, and how often, null aside.
func (s *shape) mixed() string {
	var parts []string
	for t := range jsonTypes {
		n := s.types[t]
		if t == isInteger && s.types[isNumber] > 0 || t == isNull || n == 0 {
			continue
		}
		if t == isNumber {
			n += s.types[isInteger]
		}
		parts = append(parts, fmt.Sprintf("%s in %d", t, n))
	}
	return strings.Join(parts, ", ")
}

// onlyTexts reports whether all values are strings, or null.
func (s *shape) onlyTexts() bool {
	return s.types[isString] > 0 && s.types[isString]+s.types[isNull] == s.seen
}

// format returns the format that all strings have, if there is nothing else.
func (s *shape) format() string {
	if !s.onlyTexts() {
		return ""
	}
	for i, f := range trafficFormats() {
		if s.formats&(1<<i) != 0 {
			return f.name
		}
	}
	return ""
}

// enum returns the values, if all are strings and few of them come again and again.
func (s *shape) enum() []json.RawMessage {
	few := !s.anyText && len(s.texts) >= minEnumValues && s.onlyTexts()
	if !few || slices.ContainsFunc(s.texts, func(v enumValue) bool { return v.count < minEnumRepeats }) {
		return nil
	}
	values := make([]json.RawMessage, 0, len(s.texts)+1)
	for _, v := range s.texts {
		values = append(values, quoted(v.text))
	}
	slices.SortFunc(values, func(a, b json.RawMessage) int { return strings.Compare(string(a), string(b)) })
	if s.types[isNull] > 0 {
		values = append(values, json.RawMessage("null"))
	}
	return values
}

// walk calls visit for the place and all below it, with their pointers in the event. The
// elements of an array are its first.
func (s *shape) walk(pointer string, visit func(pointer string, s *shape)) {
	visit(pointer, s)
	for _, m := range s.members {
		m.walk(jsonpos.Join(pointer, m.name), visit)
	}
	if s.items != nil {
		s.items.walk(pointer+"/0", visit)
	}
}

// trafficFormat is a format that strings may have. matches is stricter than JSON Schema,
// where they differ: a proposal must accept what it was made from.
type trafficFormat struct {
	name    string
	matches func(string) bool
}

// trafficFormats returns the formats that are proposed, the most telling first. There is
// none for numbers in strings: an identifier of digits is no number.
func trafficFormats() []trafficFormat {
	return []trafficFormat{
		{"date-time", isDateTime},
		{"date", func(s string) bool { _, err := time.Parse("2006-01-02", s); return err == nil }},
		{"uuid", func(s string) bool { return trafficPatterns().uuid.MatchString(s) }},
		{"email", isEmail},
		{"uri", isWebAddress},
	}
}

// trafficPatterns are the patterns of formats; compiled once, when first asked for.
var trafficPatterns = sync.OnceValue(func() (p struct{ uuid, dateTime, email *regexp.Regexp }) {
	p.uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	p.dateTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$`)
	p.email = regexp.MustCompile(`^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$`)
	return p
})

func isDateTime(s string) bool {
	if !trafficPatterns().dateTime.MatchString(s) {
		return false
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func isEmail(s string) bool {
	if len(s) > 100 || strings.IndexByte(s, '@') > 64 || !trafficPatterns().email.MatchString(s) {
		return false
	}
	_, err := mail.ParseAddress(s)
	return err == nil
}

// isWebAddress reports whether s is a URL of the web. JSON Schema's uri takes "a:b" too,
// which many texts are by accident.
func isWebAddress(s string) bool {
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && !strings.ContainsAny(u.Host, ":[]")
}
