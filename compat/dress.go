package compat

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/inclusion"
	"segproof/validator"
)

// shownBy makes of a witness an event that somebody could send. Where Segment would not take it
// however it is dressed, it looks for one more that breaks, among those that Segment takes;
// steps is what that took.
func (p contracts) shownBy(witness json.RawMessage, sent, taken *inclusion.Schema, from, to side, budget int) (s shows, steps int) {
	s = p.dressed(witness, from, to)
	if s.refused == "" {
		return s, 0
	}
	// Where nobody has described users, as the Segment Spec does, one is put in afterwards.
	for _, ids := range [][]any{identified(from.contract.Type), nil} {
		wire, err := sent.And(p.onTheWire(from.contract, ids))
		if err != nil {
			return s, steps // then it stays as it is, and is told so
		}
		v := inclusion.Decide(p.ctx, wire, taken, inclusion.Options{Steps: max(1, budget-steps), Examples: examples(from.contract, to.contract)})
		steps += v.Steps
		if v.Kind != inclusion.Breaking {
			continue
		}
		if other := p.dressed(v.Witness, from, to); other.refused == "" && other.asWritten(from, to) {
			return other, steps
		}
	}
	return s, steps
}

// identifier is what Segment takes for one.
func identifier() map[string]any { return map[string]any{"type": "string", "minLength": 1} }

// identified returns what events of a type say of whom they are about.
func identified(t event.Type) []any {
	has := func(name string) any {
		return map[string]any{"properties": map[string]any{name: identifier()}, "required": []any{name}}
	}
	either := map[string]any{"anyOf": []any{has("userId"), has("anonymousId")}}
	switch t {
	case event.Alias:
		return []any{has("previousId"), has("userId")}
	case event.Group:
		return []any{has("groupId"), either}
	}
	return []any{either}
}

// onTheWire returns a schema of those events that a contract is for and Segment takes, as far
// as a schema can say so, with more that they have to be.
func (p contracts) onTheWire(c *validator.Contract, more []any) map[string]any {
	all := append(more, map[string]any{"type": "object", "properties": map[string]any{"type": map[string]any{"const": string(c.Type)}}, "required": []any{"type"}})
	if k := c.Type.NameKey(); k != "" && c.Name != "" {
		all = append(all, map[string]any{"properties": map[string]any{k: map[string]any{"const": c.Name}}, "required": []any{k}})
	}
	if c.Version != "" && !p.versionless {
		all = append(all, needed(versionSteps()))
	}
	null := map[string]any{"type": "null"}
	id, optional := identifier(), map[string]any{}
	for name, want := range map[string]map[string]any{
		"userId": id, "anonymousId": id, "groupId": id, "previousId": id, "category": id, "name": id,
		"properties": {"type": "object"}, "traits": {"type": "object"}, "messageId": {"maxLength": event.MaxMessageIDChars - 1},
		"timestamp": {"type": "string", "format": "date-time"}, "originalTimestamp": {"type": "string", "format": "date-time"},
		"sentAt": {"type": "string", "format": "date-time"}, "receivedAt": {"type": "string", "format": "date-time"},
	} {
		optional[name] = map[string]any{"anyOf": []any{null, want}}
	}
	if t := c.Type.NameKey(); t == "event" {
		delete(optional, "name") // of a track call it means nothing
		delete(optional, "category")
	}
	return map[string]any{"allOf": append(all, map[string]any{"properties": optional})}
}

// needed returns a schema of objects that have the member to which the steps of a contract
// lead.
func needed(steps []string) map[string]any {
	inner := map[string]any{}
	for _, name := range slices.Backward(steps) {
		if name != "properties" {
			inner = map[string]any{"type": "object", "properties": map[string]any{name: inner}, "required": []any{name}}
		}
	}
	return inner
}

// refuses returns what Segment itself has against an event; "" if it takes it.
func (s side) refuses(text json.RawMessage) string {
	events, err := event.Decode(text, event.Place{})
	if err != nil || len(events) != 1 {
		return "it is no event"
	}
	for _, f := range s.cat.Validate(events[0]) {
		if f.Layer == finding.Wire && f.Severity == finding.Error {
			return fmt.Sprintf("%s (%s)", f.Message, f.Rule)
		}
	}
	return ""
}

// dressed makes of a witness an event that somebody would send: one with its type, its name
// and a user, and its members in the order that people write them. Each is added as long as
// the event goes on to show what it shows.
func (p contracts) dressed(witness json.RawMessage, from, to side) shows {
	s := shows{text: witness, faults: against(witness, from, to)}
	s.refused = from.refuses(witness)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(witness, &members); err != nil || members == nil || len(s.faults) == 0 {
		return s
	}
	wear := func(text json.RawMessage) bool {
		faults := against(text, from, to)
		dressed := shows{text: text, faults: faults}
		if len(faults) == 0 || !slices.EqualFunc(faults, s.faults, sameFault) || !dressed.asWritten(from, to) {
			return false
		}
		dressed.refused = from.refuses(text)
		s = dressed
		return true
	}
	for _, options := range p.lacks(members, from, to) {
		for _, more := range options {
			with := maps.Clone(members)
			maps.Copy(with, more)
			if wear(inOrder(with)) {
				members = with
				break
			}
		}
	}
	if v := from.contract.Version; v != "" && !p.versionless {
		versions := []json.RawMessage{quoted(v)}
		if _, ok := number(v); ok {
			versions = append(versions, json.RawMessage(v))
		}
		for _, version := range versions {
			if wear(named(members, version)) {
				return s
			}
		}
	}
	wear(inOrder(members))
	return s
}

// lacks returns what members an event has to have and has not, with the values that they may
// have, the best first.
func (p contracts) lacks(members map[string]json.RawMessage, from, to side) (all [][]map[string]json.RawMessage) {
	there := func(name string) bool { v, ok := members[name]; return ok && string(v) != "null" }
	lack := func(options ...map[string]json.RawMessage) { all = append(all, options) }
	one := func(name string, value json.RawMessage) map[string]json.RawMessage {
		return map[string]json.RawMessage{name: value}
	}
	c := from.contract
	if !there("type") {
		lack(one("type", quoted(string(c.Type))))
	}
	if k := c.Type.NameKey(); k != "" && c.Name != "" && !there(k) {
		lack(one(k, quoted(c.Name)))
	}
	ids := func(name, id string) (options []map[string]json.RawMessage) {
		options = append(options, one(name, quoted(id)))
		for _, example := range examples(from.contract, to.contract) {
			var of map[string]json.RawMessage
			if json.Unmarshal(example, &of) == nil && of[name] != nil {
				options = append(options, one(name, of[name]))
			}
		}
		return options
	}
	if c.Type == event.Alias && !there("userId") || !there("userId") && !there("anonymousId") {
		options := ids("userId", "user-1")
		if c.Type != event.Alias {
			options = append(options, ids("anonymousId", "anonymous-1")...)
		}
		lack(options...)
	}
	if c.Type == event.Group && !there("groupId") {
		lack(ids("groupId", "group-1")...)
	}
	if c.Type == event.Alias && !there("previousId") {
		lack(ids("previousId", "anonymous-1")...)
	}
	return all
}

// quoted writes a text as JSON.
func quoted(s string) json.RawMessage {
	text, _ := json.Marshal(s) // a string can always be written
	return text
}

// named returns the event with the version that makes the contract of it judge the event;
// one whose context is no object stays as it is.
func named(members map[string]json.RawMessage, version json.RawMessage) json.RawMessage {
	var around []map[string]json.RawMessage
	in := maps.Clone(members)
	path := []string{"context", "protocols", "event_version"}
	for _, step := range path {
		around = append(around, in)
		value, ok := in[step]
		in = map[string]json.RawMessage{}
		if ok && step != path[2] && (json.Unmarshal(value, &in) != nil || in == nil) {
			return inOrder(members)
		}
	}
	text := version
	for i, step := range slices.Backward(path) {
		around[i][step] = text
		text = inOrder(around[i])
	}
	return text
}

func sameFault(a, b finding.Finding) bool { return a.Rule == b.Rule && a.Pointer == b.Pointer }

// inOrder writes an event with the members that name it first, and the rest sorted.
func inOrder(members map[string]json.RawMessage) json.RawMessage {
	order := []string{"type", "event", "name", "category", "userId", "anonymousId", "groupId", "previousId", "traits", "properties"}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	var written []string
	for _, name := range order {
		if value, ok := members[name]; ok {
			key, err := json.Marshal(name)
			if err != nil {
				continue // a string can always be written
			}
			written = append(written, string(key)+":"+string(value))
		}
	}
	return json.RawMessage("{" + strings.Join(written, ",") + "}")
}
