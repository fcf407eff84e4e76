package compat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"segproof/finding"
	"segproof/internal/inclusion"
	"segproof/validator"
)

// causes returns the changes that best explain why an event is rejected, by index; none
// if nothing does.
func (p contracts) causes(d Direction, faults []finding.Finding) []int {
	best, causes := 0, []int(nil)
	for i, c := range p.changes {
		r := ruleTable()[c.rule]
		if r.decided && len(r.faults) == 0 {
			continue // no event is rejected for it
		}
		score, line := 0, p.line(d, c)
		for _, f := range faults {
			score = max(score, 2*fit(c, r, f, line))
		}
		if score > 0 && r.level(d) < safe {
			score++ // of two that fit, the one that is not supposed to be safe
		}
		switch {
		case score > best:
			best, causes = score, []int{i}
		case score == best && score > 0:
			causes = append(causes, i)
		}
	}
	return causes
}

// fittest returns the faults with that first which a change explains best: an event may
// be rejected for other changes as well.
func (p contracts) fittest(index int, d Direction, faults []finding.Finding) []finding.Finding {
	c := p.changes[index]
	r, line := ruleTable()[c.rule], p.line(d, c)
	return slices.SortedStableFunc(slices.Values(faults), func(a, b finding.Finding) int {
		return fit(c, r, b, line) - fit(c, r, a, line)
	})
}

// line is FILE:LINE of a change on the side that must take the event.
func (p contracts) line(d Direction, c change) string {
	s := c.next
	if d == Consumer {
		s = c.prev
	}
	at := s.part.At(s.steps...)
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}

// fit says how well a change explains a fault: 0 not at all.
func fit(c change, r rule, f finding.Finding, line string) int {
	same, inside, around := relation(c.pointer, f.Pointer)
	named := slices.Contains(r.faults, f.Rule)
	switch {
	case same && named && line == f.Schema: // the very keyword, as far as lines tell
		return 5
	case same && len(r.faults) == 0:
		return 4
	case inside && len(r.faults) == 0: // alternatives and conditions are rejected for what is in them
		return 3
	case named && line == f.Schema: // another place that refers to the same schema
		return 2
	case same:
		return 2
	case inside, around:
		return 1
	}
	return 0
}

// relation compares the pointer of a change with that of a fault: whether they are the
// same place, the fault is inside, or it is around. A step "*" is any step. The whole
// event is around everything, but only inside itself.
func relation(pattern, pointer string) (same, inside, around bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(pointer, "/")
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] && want[i] != "*" {
			return false, false, false
		}
	}
	return len(want) == len(got), len(want) < len(got), len(want) > len(got)
}

// relaxed returns the schema of a contract without some of its constraints.
func relaxed(c *validator.Contract, forgotten []relax) (*inclusion.Schema, error) {
	if len(forgotten) == 0 {
		return inclusion.Of(c)
	}
	s, err := c.Schema()
	if err != nil {
		return nil, err
	}
	texts := s.Documents()
	for _, r := range forgotten {
		u := r.at.URL()
		dec := json.NewDecoder(bytes.NewReader(texts[u]))
		dec.UseNumber()
		var doc any
		if err := dec.Decode(&doc); err != nil {
			return nil, err
		}
		if schema, ok := follow(doc, r.at.Pointer()).(map[string]any); ok {
			r.apply(schema)
		}
		if texts[u], err = json.Marshal(doc); err != nil {
			return nil, err
		}
	}
	if s, err = validator.NewSchemaOf(s.Root(), texts); err != nil {
		return nil, fmt.Errorf("%s without %s: %w", c.File, forgotten[len(forgotten)-1].keyword, err)
	}
	return inclusion.From(s)
}

// follow returns the value that a pointer leads to, nil if it leads nowhere.
func follow(v any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// apply takes the constraint out of the schema.
func (r relax) apply(schema map[string]any) {
	if r.keyword != keywordMember && r.keyword != keywordRequired {
		r.open(schema)
		return
	}
	list, _ := schema["required"].([]any)
	list = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == r.name })
	if delete(schema, "required"); len(list) > 0 { // draft-04 wants at least one
		schema["required"] = list
	}
	if r.keyword == keywordRequired {
		return
	}
	members, ok := schema["properties"].(map[string]any)
	if !ok {
		members = map[string]any{}
		schema["properties"] = members
	}
	members[r.name] = map[string]any{}
}

// open takes a keyword out of the schema, or lets one of the schemas that it holds accept
// everything.
func (r relax) open(schema map[string]any) {
	free := any(map[string]any{})
	if r.keyword == "dependentRequired" {
		free = []any{}
	}
	switch in := schema[r.keyword].(type) {
	case map[string]any:
		if _, ok := in[r.name]; ok && r.name != "" {
			in[r.name] = free
			return
		}
	case []any:
		if i, err := strconv.Atoi(r.name); err == nil && i >= 0 && i < len(in) {
			in[i] = free
			return
		}
	}
	if r.name == "" {
		delete(schema, r.keyword)
	}
}
