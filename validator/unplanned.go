package validator

import (
	"maps"
	"regexp"
	"slices"
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
	if !ok || body == "" {
		return
	}
	p := planner{j: j, contract: contract}
	p.object(value, contract.body, j.cat.reserved[j.ev.Type], "/"+body)
}

// bodyOf returns what a contract says about the members of the properties or traits of
// its events.
func bodyOf(c *Contract) description {
	return describeMembers(inside(here([]*jsonschema.Schema{c.schema}), c.Type.BodyKey()))
}

// reservedNames returns the names in the properties of pages and screens that the spec
// describes: SDKs copy them into every one, so that nobody has to plan them.
func reservedNames(spec map[event.Type]*Contract) map[event.Type]map[string]bool {
	reserved := map[event.Type]map[string]bool{}
	for _, t := range []event.Type{event.Page, event.Screen} {
		if contract := spec[t]; contract != nil {
			reserved[t] = bodyOf(contract).names
		}
	}
	return reserved
}

// planner walks a value beside the schemas that describe it.
type planner struct {
	j        *judgement
	contract *Contract
}

// object reports the members that d does not describe, and looks into the others. The
// reserved names need no description.
func (p planner) object(value map[string]any, d description, reserved map[string]bool, pointer string) {
	if len(d.schemas) == 0 {
		return
	}
	for _, name := range sortedKeys(value) {
		if d.open && !d.names[name] && !reserved[name] && !matchesAny(d.patterns, name) {
			p.report(name, d, value, jsonpos.Join(pointer, name))
			continue
		}
		switch value[name].(type) {
		case map[string]any, []any:
			p.value(value[name], inside(d.schemas, name), jsonpos.Join(pointer, name))
		}
	}
}

// report reports the member of that name. The words are made for those only that will be
// shown: there may be thousands.
func (p planner) report(name string, d description, value map[string]any, pointer string) {
	f := finding.Finding{Layer: finding.Contract, Rule: ruleUnplannedProperty, Pointer: pointer}
	if !p.j.full() && !p.j.placeless {
		f.Message = unplannedMessage(name, p.candidates(d, value))
		f.Schema = p.j.cat.where(p.contract, d.at)
	}
	p.j.report(f)
}

// value looks for members that schemas do not describe in an object or in the elements
// of an array.
func (p planner) value(value any, schemas []*jsonschema.Schema, pointer string) {
	if len(schemas) == 0 {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		p.object(v, describeMembers(schemas), nil, pointer)
	case []any:
		all := here(schemas)
		for i, item := range v {
			var below []*jsonschema.Schema
			for _, s := range all {
				below = append(below, itemSchemas(s, i)...)
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
	schemas  []*jsonschema.Schema // all that describe the object
	names    map[string]bool      // members that they name
	patterns []*regexp.Regexp     // that describe members
	open     bool                 // they describe members, and leave open what becomes of others
	at       string               // location of a schema that describes members
}

// describeMembers takes the schemas with all that they let describe the same value.
func describeMembers(schemas []*jsonschema.Schema) description {
	d := description{schemas: here(schemas), names: map[string]bool{}}
	decided := false
	for _, s := range d.schemas {
		for name := range s.Properties {
			d.names[name] = true
		}
		for _, name := range mentioned(s) {
			d.names[name] = true // who asks for it has planned it
		}
		if len(s.Properties) > 0 && d.at == "" {
			d.at = s.Location
		}
		for p := range s.PatternProperties {
			d.patterns = append(d.patterns, p)
		}
		decided = decided || s.AdditionalProperties != nil || s.UnevaluatedProperties != nil
	}
	d.open = d.at != "" && !decided
	return d
}

// mentioned returns the names of members that a schema asks for, or asks something of
// others because of.
func mentioned(s *jsonschema.Schema) []string {
	names := slices.Concat(s.Required, slices.Collect(maps.Keys(s.Dependencies)), slices.Collect(maps.Keys(s.DependentSchemas)))
	for _, needed := range s.Dependencies {
		list, _ := needed.([]string)
		names = append(names, list...)
	}
	for name, list := range s.DependentRequired {
		names = append(append(names, name), list...)
	}
	return names
}

// inside returns the schemas that describe the member of that name.
func inside(all []*jsonschema.Schema, name string) []*jsonschema.Schema {
	var below []*jsonschema.Schema
	for _, s := range all {
		for _, inner := range memberSchemas(s, name) {
			if inner != s.PropertyNames {
				below = append(below, inner)
			}
		}
	}
	return below
}

// here returns the schemas with all that they let describe the same value, each once;
// what "not" holds describes nothing.
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
		for _, inner := range append(samePlace(s), s.DynamicRef, s.RecursiveRef) {
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
