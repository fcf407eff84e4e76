package validator

import (
	"strconv"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// unplanned reports the properties or traits that the contract does not describe, where
// it describes any and leaves the object open. What JSON Schema itself decides is not
// looked at again.
func (j *judgement) unplanned(contract *Contract) {
	body := j.ev.Type.BodyKey()
	value, ok := j.event[body].(map[string]any)
	if body == "" || !ok {
		return
	}
	reserved := map[string]bool{}
	if spec := j.cat.spec[j.ev.Type]; spec != nil && (j.ev.Type == event.Page || j.ev.Type == event.Screen) {
		// SDKs copy these into the properties of every page: nobody has to plan them.
		for name := range described(inside([]*jsonschema.Schema{spec.schema}, body)).names {
			reserved[name] = true
		}
	}
	p := planner{j: j, contract: contract, reserved: reserved}
	p.object(value, inside([]*jsonschema.Schema{contract.schema}, body), "/"+body)
}

// planner walks a value beside the schemas that describe it.
type planner struct {
	j        *judgement
	contract *Contract
	reserved map[string]bool // names at the top that are always planned
}

func (p planner) object(value map[string]any, schemas []*jsonschema.Schema, pointer string) {
	d := described(schemas)
	for _, name := range sortedKeys(value) {
		at := jsonpos.Join(pointer, name)
		if len(d.names) > 0 && !d.decides && !d.names[name] && !p.reserved[name] && !d.matches(name) {
			p.j.report(finding.Finding{Layer: finding.Contract, Rule: ruleUnplannedProperty, Pointer: at,
				Message: unplannedMessage(name, p.candidates(d, value)), Schema: p.j.cat.where(p.contract, d.at)})
			continue
		}
		planner{j: p.j, contract: p.contract}.value(value[name], inside(schemas, name), at)
	}
}

func (p planner) value(value any, schemas []*jsonschema.Schema, pointer string) {
	if len(schemas) == 0 {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		p.object(v, schemas, pointer)
	case []any:
		for i, item := range v {
			var below []*jsonschema.Schema
			for _, s := range here(schemas) {
				below = append(below, elementSchemas(s, i)...)
			}
			p.value(item, below, jsonpos.Join(pointer, strconv.Itoa(i)))
		}
	}
}

// candidates returns the described names that are not in the value: one of them was
// probably meant.
func (p planner) candidates(d description, value map[string]any) []string {
	var free []string
	for _, name := range sortedKeys(d.names) {
		if _, ok := value[name]; !ok {
			free = append(free, name)
		}
	}
	return free
}

// description is what schemas say together about the members of one object.
type description struct {
	names   map[string]bool
	schemas []*jsonschema.Schema
	decides bool   // JSON Schema itself says what becomes of other names
	at      string // location of a schema that describes members
}

func described(schemas []*jsonschema.Schema) description {
	d := description{names: map[string]bool{}, schemas: here(schemas)}
	for _, s := range d.schemas {
		for name := range s.Properties {
			d.names[name] = true
		}
		if len(s.Properties) > 0 && d.at == "" {
			d.at = s.Location
		}
		d.decides = d.decides || s.AdditionalProperties != nil || s.UnevaluatedProperties != nil
	}
	return d
}

// matches reports whether a pattern of the schemas describes the name.
func (d description) matches(name string) bool {
	for _, s := range d.schemas {
		for pattern := range s.PatternProperties {
			if pattern.MatchString(name) {
				return true
			}
		}
	}
	return false
}

// inside returns the schemas that describe the member of that name.
func inside(schemas []*jsonschema.Schema, name string) []*jsonschema.Schema {
	var below []*jsonschema.Schema
	for _, s := range here(schemas) {
		below = append(below, memberSchemas(s, name)...)
	}
	return below
}

// here returns the schemas with all that they let judge the same value, each once; what
// "not" holds describes nothing.
func here(schemas []*jsonschema.Schema) []*jsonschema.Schema {
	var all []*jsonschema.Schema
	seen := map[*jsonschema.Schema]bool{}
	var add func(s *jsonschema.Schema)
	add = func(s *jsonschema.Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		all = append(all, s)
		for _, inner := range samePlace(s) {
			if inner != s.Not {
				add(inner)
			}
		}
	}
	for _, s := range schemas {
		add(s)
	}
	return all
}
