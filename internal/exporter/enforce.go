package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// Enforceable returns the names of the actions that [Enforce] shows the effect of: those
// after which the event goes on changed, or not at all.
func Enforceable() []string { return []string{"drop", "reject", "annotate", "omit"} }

// Enforce returns the event as it leaves an exported function that takes that action, nil
// if it does not leave. findings are all of the event, in the order of its text, after the
// policy, and judge returns those of another event: omit judges again what it leaves. An
// action that is none of [Enforceable] is an error.
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
		return omit(text, findings, judge), nil
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
// make something else wrong, and only the first findings are told of an event: it is judged
// again until nothing is left to leave out.
func omit(text []byte, findings []finding.Finding, judge func(event.Event) []finding.Finding) []byte {
	var unplanned, invalid []string
	var left []finding.Finding
	gone := map[string]bool{}
	for range maxRounds {
		fresh := map[string]bool{} // of this round: what is gone already costs nothing more
		for _, f := range findings {
			planless := f.Rule == "unplanned-property" || f.Rule == "additional-property"
			if f.Severity != finding.Error && !(planless && f.Severity == finding.Warning) {
				continue
			}
			pointer := omittable(text, f.Pointer)
			switch {
			case pointer != "" && planless:
				unplanned = added(unplanned, pointer)
			case pointer != "":
				invalid = added(invalid, pointer)
			case f.Severity == finding.Error && !gone[f.Pointer] && !slices.ContainsFunc(left, func(l finding.Finding) bool { return l.Rule == f.Rule && l.Pointer == f.Pointer }):
				left = append(left, f)
			}
			if pointer != "" {
				gone[pointer], fresh[pointer] = true, true
			}
		}
		if len(fresh) == 0 {
			break
		}
		text = leaving(text, "", fresh)
		events, err := event.Decode(text, event.Place{Line: 1, Column: 1})
		if err != nil || len(events) != 1 {
			break // what can be judged once can be judged again, unless it is a batch
		}
		findings = judge(events[0])
	}
	invalid = slices.DeleteFunc(invalid, func(p string) bool { return slices.Contains(unplanned, p) })
	out := note(text, "omitted", fields(unplanned, gone))
	out = note(out, "omitted_on_violation", fields(invalid, gone))
	return note(out, "violations", violationsOf(left))
}

func added(all []string, pointer string) []string {
	if slices.Contains(all, pointer) {
		return all
	}
	return append(all, pointer)
}

// omittable returns the pointer of the property to leave out for a finding: below the
// event's properties, traits or context, and the whole list where one item of it is wrong.
// "" if leaving something out does not help.
func omittable(text []byte, pointer string) string {
	if _, ok := jsonpos.Find(text, pointer); !ok {
		return ""
	}
	for pointer != "" {
		holder, _ := jsonpos.Find(text, parentOf(pointer))
		if text[holder.Start] != '[' {
			break
		}
		pointer = parentOf(pointer)
	}
	if steps := jsonpos.Steps(pointer); len(steps) > 1 && slices.Contains([]string{"properties", "traits", "context"}, steps[0]) {
		return pointer
	}
	return ""
}

func parentOf(pointer string) string { return pointer[:max(0, strings.LastIndexByte(pointer, '/'))] }

// fields returns the pointers as fields, without those inside of others that are gone.
func fields(pointers []string, gone map[string]bool) []string {
	var all []string
	for _, p := range pointers {
		inside := false
		for at := parentOf(p); at != ""; at = parentOf(at) {
			inside = inside || gone[at]
		}
		if !inside {
			all = append(all, fieldOf(p))
		}
	}
	return all
}

// leaving returns a value without the members that are gone. What holds none of them keeps
// its bytes.
func leaving(value []byte, at string, gone map[string]bool) []byte {
	touched := false
	for p := range gone {
		touched = touched || strings.HasPrefix(p, at+"/")
	}
	switch {
	case !touched:
		return value
	case value[0] == '{':
		var members [][]byte
		for m := range event.Members(value) {
			if p := jsonpos.Join(at, m.Key); !gone[p] {
				members = append(members, slices.Concat(value[m.KeyStart:m.Start], leaving(value[m.Start:m.End], p, gone)))
			}
		}
		return wrapped('{', members, '}')
	}
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return value // neither an object nor a list: the pointers lead into a repeated key
	}
	all := make([][]byte, len(items))
	for i, item := range items {
		all[i] = leaving(item, fmt.Sprintf("%s/%d", at, i), gone)
	}
	return wrapped('[', all, ']')
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
