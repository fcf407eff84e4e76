package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// Enforceable returns the names of the actions that [Enforce] shows the effect of: those
// after which the event goes on changed, or not at all.
func Enforceable() []string { return []string{"drop", "reject", "annotate", "omit"} }

// Enforce returns the event as it leaves an exported function that takes that action, nil
// if it does not leave. findings are the event's, in the order of its text, after the
// policy. judge returns all findings of an event, however many there are: omit leaves out
// something for each, and judges again what it leaves. An action that is none of
// [Enforceable] is an error.
//
// What stays of the event keeps its bytes. It is the mirror of runtime/action/: a test
// holds the two against each other.
func Enforce(action string, ev event.Event, findings []finding.Finding, judge func(event.Event) []finding.Finding) ([]byte, error) {
	if !slices.Contains(Enforceable(), action) {
		return nil, fmt.Errorf("unknown action %q, want one of %s%s", action, strings.Join(Enforceable(), ", "), finding.DidYouMean(action, Enforceable()))
	}
	text := bytes.TrimSpace(ev.JSON())
	var violations []finding.Finding
	for _, f := range findings {
		if f.Severity == finding.Error {
			violations = append(violations, f)
		}
	}
	switch {
	case string(ev.Type) == "delete":
		return text, nil // nobody may keep a user's wish from being carried out
	case action == "omit":
		return omit(ev, text, judge), nil
	case len(violations) == 0:
		return text, nil
	case action == "annotate":
		return note(text, "violations", violationsOf(violations)), nil
	}
	return nil, nil
}

// violation is a finding as Segment writes violations. It quotes no value of the event.
//
// Source: segment.com/docs/protocols/validate/forward-violations/ (violationType,
// violationField, violationDescription)
type violation struct {
	Type        string `json:"type"`
	Field       string `json:"field"`
	Description string `json:"description"`
}

func violationsOf(findings []finding.Finding) []violation {
	types, titles := violationTypes(), titles()
	var all []violation
	for _, f := range findings {
		v := violation{Type: types[f.Rule], Field: fieldOf(f.Pointer)}
		switch v.Type {
		case required:
			v.Description = v.Field + " is required"
		case "":
			v.Type = f.Rule
			fallthrough
		default:
			v.Description = v.Field + ": " + titles[f.Rule]
		}
		all = append(all, v)
	}
	return all
}

// fieldOf is a pointer as Segment writes it: properties.products.
func fieldOf(pointer string) string {
	if pointer == "" {
		return "(root)"
	}
	return strings.Join(jsonpos.Steps(pointer), ".")
}

// maxRounds is how often an event is judged again while something is left out of it.
const maxRounds = 100

// omit leaves out the properties that are unplanned or invalid, and says which. That can
// make something else wrong: the event is judged again until nothing is left to leave out.
func omit(ev event.Event, text []byte, judge func(event.Event) []finding.Finding) []byte {
	unplanned, invalid, gone := map[string]bool{}, map[string]bool{}, map[string]bool{}
	left := map[string]finding.Finding{}
	for range maxRounds {
		in := holders{text: text, of: map[string]holder{}}
		fresh := map[string]bool{}
		for _, f := range judge(ev) {
			planless := f.Rule == "unplanned-property" || f.Rule == "additional-property"
			if f.Severity != finding.Error && !(planless && f.Severity == finding.Warning) {
				continue
			}
			pointer := in.omittable(f.Pointer)
			switch {
			case pointer != "" && planless:
				unplanned[pointer] = true
			case pointer != "":
				invalid[pointer] = true
			case f.Severity == finding.Error && !gone[f.Pointer]:
				left[f.Pointer+" "+f.Rule] = f
			}
			if pointer != "" {
				gone[pointer], fresh[pointer] = true, true
			}
		}
		if len(fresh) == 0 {
			break
		}
		text = leaving(text, fresh)
		events, err := event.Decode(text, event.Place{Line: 1, Column: 1})
		if err != nil || len(events) != 1 {
			break // what can be judged once can be judged again, unless it is a batch
		}
		ev = events[0]
	}
	maps.DeleteFunc(invalid, func(p string, _ bool) bool { return unplanned[p] })
	out := note(text, "omitted", fields(unplanned, gone))
	out = note(out, "omitted_on_violation", fields(invalid, gone))
	var violations []finding.Finding
	for _, id := range slices.Sorted(maps.Keys(left)) {
		violations = append(violations, left[id])
	}
	return note(out, "violations", violationsOf(violations))
}

// holders are the objects and lists of a text that were looked into, by pointer.
type holders struct {
	text []byte
	of   map[string]holder
}

// holder is what a container has.
type holder struct {
	isList bool
	steps  map[string]bool // keys or indexes
}

// at returns the container that a pointer leads to; without steps if it leads to none.
// Each is read once: there may be thousands of findings about the members of one.
func (h holders) at(pointer string) holder {
	if known, ok := h.of[pointer]; ok {
		return known
	}
	found := holder{steps: map[string]bool{}}
	if span, ok := jsonpos.Find(h.text, pointer); ok {
		switch value := h.text[span.Start:span.End]; value[0] {
		case '{':
			for m := range event.Members(value) {
				found.steps[m.Key] = true
			}
		case '[':
			found.isList = true
			for i := range list(value) {
				found.steps[strconv.Itoa(i)] = true
			}
		}
	}
	h.of[pointer] = found
	return found
}

// omittable returns the pointer of the property to leave out for a finding: below the
// event's properties, traits or context, and the whole list where one item of it is wrong.
// "" if leaving something out does not help.
func (h holders) omittable(pointer string) string {
	steps := jsonpos.Steps(pointer)
	if len(steps) < 2 || !h.at(parentOf(pointer)).steps[steps[len(steps)-1]] {
		return ""
	}
	for pointer != "" && h.at(parentOf(pointer)).isList {
		pointer = parentOf(pointer)
	}
	if strings.Count(pointer, "/") > 1 && slices.Contains([]string{"properties", "traits", "context"}, steps[0]) {
		return pointer
	}
	return ""
}

func parentOf(pointer string) string { return pointer[:max(0, strings.LastIndexByte(pointer, '/'))] }

// fields returns the pointers as fields, sorted, without those inside of others that are
// gone.
func fields(pointers, gone map[string]bool) []string {
	var all []string
	for p := range pointers {
		inside := false
		for at := parentOf(p); at != ""; at = parentOf(at) {
			inside = inside || gone[at]
		}
		if !inside {
			all = append(all, fieldOf(p))
		}
	}
	slices.Sort(all)
	return all
}

// leaving returns a value without the members that are gone. What holds none of them keeps
// its bytes.
func leaving(value []byte, gone map[string]bool) []byte {
	holds := map[string]bool{}
	for p := range gone {
		for at := p; at != "" && !holds[parentOf(at)]; at = parentOf(at) {
			holds[parentOf(at)] = true
		}
	}
	var without func(value []byte, at string) []byte
	without = func(value []byte, at string) []byte {
		if !holds[at] {
			return value
		}
		if value[0] == '{' {
			var members [][]byte
			for m := range event.Members(value) {
				if p := jsonpos.Join(at, m.Key); !gone[p] {
					members = append(members, slices.Concat(value[m.KeyStart:m.Start], without(value[m.Start:m.End], p)))
				}
			}
			return wrapped('{', members, '}')
		}
		items := list(value)
		if items == nil {
			return value // neither an object nor a list: the pointers lead into a repeated key
		}
		all := make([][]byte, len(items))
		for i, item := range items {
			all[i] = without(item, at+"/"+strconv.Itoa(i))
		}
		return wrapped('[', all, ']')
	}
	return without(value, "")
}

func wrapped(open byte, parts [][]byte, end byte) []byte {
	return slices.Concat([]byte{open}, bytes.Join(parts, []byte(",")), []byte{end})
}

// note adds entries to a list in context.protocols, which Segment's own Protocols may have
// begun. What stands in the place of an object or of the list, and is none, makes room.
func note[T any](text []byte, name string, entries []T) []byte {
	if len(entries) == 0 || text[0] != '{' {
		return text
	}
	return withMember(text, "context", func(context []byte) []byte {
		return withMember(orEmpty(context), "protocols", func(protocols []byte) []byte {
			return withMember(orEmpty(protocols), name, func(list []byte) []byte {
				var all []any
				var before []json.RawMessage
				if json.Unmarshal(list, &before) == nil {
					for _, b := range before {
						all = append(all, b)
					}
				}
				for _, e := range entries {
					all = append(all, e)
				}
				out, err := encode(all)
				if err != nil {
					panic(err) // texts, and what was JSON before
				}
				return out
			})
		})
	})
}

func orEmpty(object []byte) []byte {
	if len(object) > 0 && object[0] == '{' {
		return object
	}
	return []byte("{}")
}

// withMember returns the object with another value for that key, at its end if there was
// none; value is given the one that was there.
func withMember(object []byte, key string, value func([]byte) []byte) []byte {
	var found event.Member
	var members [][]byte
	for m := range event.Members(object) {
		members = append(members, object[m.KeyStart:m.End])
		if m.Key == key {
			found = m
		}
	}
	if found.End > 0 {
		return slices.Concat(object[:found.Start], value(object[found.Start:found.End]), object[found.End:])
	}
	return wrapped('{', append(members, slices.Concat([]byte(`"`+key+`":`), value(nil))), '}')
}
