package validator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"segproof/finding"
	"segproof/internal/jsonpos"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// schema judges the event by one contract or by the spec's schema of its type. It reports
// false if the contract cannot judge it.
func (j *judgement) schema(layer finding.Layer, contract *Contract) bool {
	if contract.tooMuch(j.event, j.values, len(j.text)) {
		j.report(finding.Finding{Layer: layer, Rule: ruleValidatorFailed, Schema: contract.doc.where(""),
			Message: fmt.Sprintf("the event has %s, and judging one can take %s by this contract: it is not judged, want at most %d steps in all", count(j.values, "value"), count(contract.cost.steps, "step"), maxWork),
			Hint:    "send smaller events, or give the contract fewer alternatives"})
		return false
	}
	err := contract.schema.Validate(j.event)
	if err == nil {
		return true
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		j.report(finding.Finding{Layer: layer, Rule: ruleValidatorFailed, Schema: contract.doc.where(""),
			Message: "the contract cannot judge this event: " + compileError(err)})
		return false
	}
	x := explainer{cat: j.cat, event: j.event, contract: contract, most: j.most}
	said := map[string]bool{}
	near := neighbours{j: j, layer: layer, of: map[*string]bool{}}
	for _, e := range faults(invalid) {
		for _, l := range x.leaves(e) {
			if j.fullOfErrors() {
				near.countCut(l, said)
				continue
			}
			l = l.explained()
			if id := l.cause(); !said[id] && !near.spokenFor(l.near) {
				said[id] = true
				j.report(finding.Finding{Layer: layer, Rule: l.rule, Pointer: l.pointer, Message: l.message, Hint: l.hint, Schema: l.where()})
			}
			j.cut += l.others
		}
	}
	return true
}

// neighbours knows of which alternatives another layer has spoken. The causes of one value
// share a list of pointers, and there may be thousands of both: each list is looked through
// once.
type neighbours struct {
	j     *judgement
	layer finding.Layer
	of    map[*string]bool // by the first of the list
}

// spokenFor reports whether another layer has found an error at one of the pointers: of
// alternatives, each of which fails at its own place, that is the cause too.
func (n neighbours) spokenFor(pointers []string) bool {
	if len(pointers) == 0 {
		return false
	}
	spoken, known := n.of[&pointers[0]]
	if !known {
		spoken = slices.ContainsFunc(pointers, func(p string) bool { return n.j.spokenFor(n.layer, p) })
		n.of[&pointers[0]] = spoken
	}
	return spoken
}

// countCut counts a leaf that will not be shown, without its words: they can cost more
// than the judging, and there may be thousands. Of one place and rule one counts.
func (n neighbours) countCut(l leaf, said map[string]bool) {
	n.j.cut += l.others
	id := explanationTable()[l.keyword].rule + " " + l.pointer
	if !said[id] && !n.j.spokenFor(n.layer, l.pointer) && !n.spokenFor(l.near) {
		said[id] = true
		n.j.cut++
	}
}

// explainer turns the library's tree of errors into what a person is told. It looks at
// the keyword, the schema and the value, never at the library's words.
type explainer struct {
	cat      *Catalog
	event    map[string]any
	contract *Contract
	most     int // leaves of one closed schema
}

// leaf is one cause: a keyword of the contract that a value of the event does not keep.
type leaf struct {
	keyword string         // "type", "required", ...; "false" for the schema false
	want    any            // the keyword's value
	schema  map[string]any // the schema that holds the keyword; nil if not known
	doc     *document      // where the schema stands; nil if it is none of ours
	at      string         // pointer of the keyword in doc
	got     any            // the value judged
	name    string         // of the property that the cause is about, if it is one
	ofName  bool           // the property's name was judged, by propertyNames; it is got
	names   []string       // of properties of which one is wanted, if there are several
	allowed []any          // values that the missing property may have, if alternatives say
	pointer string         // of the value in the event
	near    []string       // pointers of other alternatives' causes
	others  int            // causes of the same kind that got no leaf, because an event has no more findings

	rule          string
	message, hint string
}

func (l leaf) where() string {
	if l.doc == nil {
		return ""
	}
	return l.doc.where(l.at)
}

// cause is the same for leaves that a person would take for one: a value has the wrong
// type once, however many parts of the contract ask for its type.
func (l leaf) cause() string {
	id := l.rule + " " + l.pointer
	switch l.rule {
	case ruleTypeMismatch, ruleMissingProperty, ruleAdditionalProperty:
		return id
	}
	return id + " " + l.message
}

// step is one keyword on the way to an error, as the library writes it down, with the
// name or index that it puts behind it.
type step struct {
	keyword string
	arg     string
	hasArg  bool
	index   bool // dependencies, dependentRequired: the index of a name follows
}

// stepsOf takes a keyword location of the library apart. Only the keywords tell which of
// its parts are names: a property may be called "properties", "anyOf" or "0".
func stepsOf(location string) []step {
	parts := jsonpos.Steps(unescapePointer(location))
	var steps []step
	for i := 0; i < len(parts); i++ {
		s := step{keyword: parts[i]}
		switch keywordTable()[s.keyword].nest {
		case named, namedOrPlain, namedPlain, list:
			s.hasArg = i+1 < len(parts)
		case oneOrList:
			s.hasArg = i+1 < len(parts) && isIndex(parts[i+1])
		}
		if s.hasArg {
			i++
			s.arg = parts[i]
		}
		if (s.keyword == "dependencies" || s.keyword == "dependentRequired") && i+1 < len(parts) && isIndex(parts[i+1]) {
			i++
			s.index = true
		}
		steps = append(steps, s)
	}
	return steps
}

func isIndex(s string) bool { return strings.Trim(s, "0123456789") == "" }

// lastStep returns the last keyword of a location, the zero step if it has none.
func lastStep(e *jsonschema.ValidationError) step {
	steps := stepsOf(e.KeywordLocation)
	if len(steps) == 0 {
		return step{}
	}
	return steps[len(steps)-1]
}

// isAlternatives reports whether e says that no alternative fits, or too many do.
func isAlternatives(e *jsonschema.ValidationError) bool {
	if !strings.HasSuffix(e.KeywordLocation, "Of") {
		return false
	}
	s := lastStep(e)
	return (s.keyword == "anyOf" || s.keyword == "oneOf") && !s.hasArg
}

// faults returns the errors below e that are not just bundles of others, in an order
// that is the same each time: the library walks maps.
func faults(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	var all []*jsonschema.ValidationError
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 || isAlternatives(e) || strings.HasSuffix(e.KeywordLocation, "/minContains") && !lastStep(e).hasArg {
			all = append(all, e)
			return
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(e)
	slices.SortStableFunc(all, func(a, b *jsonschema.ValidationError) int {
		return cmp.Or(cmp.Compare(a.InstanceLocation, b.InstanceLocation), cmp.Compare(a.KeywordLocation, b.KeywordLocation))
	})
	return all
}

// leaves returns the causes that one fault stands for. Their words come later.
func (x *explainer) leaves(e *jsonschema.ValidationError) []leaf {
	doc, at := x.cat.document(x.contract.doc.root, e.AbsoluteKeywordLocation)
	steps := stepsOf(e.KeywordLocation)
	l := leaf{doc: doc, at: at, pointer: unescapePointer(e.InstanceLocation), keyword: "false"}
	var last step
	if len(steps) > 0 {
		last = steps[len(steps)-1]
	}
	if !last.isFalse() {
		l.keyword = last.keyword
	} else if !last.hasArg && slices.Contains([]string{"items", "unevaluatedItems", "unevaluatedProperties"}, last.keyword) {
		l.keyword = last.keyword
	}
	if l.got = x.value(l.pointer); slices.ContainsFunc(steps, func(s step) bool { return s.keyword == "propertyNames" }) {
		if namesEmpty(steps, l.pointer) {
			l.pointer = jsonpos.Join(l.pointer, "")
		}
		l.ofName, l.name = true, lastName(l.pointer)
		l.got = l.name
	}
	if l.keyword == "unevaluatedProperties" {
		l.name, l.got = lastName(l.pointer), x.value(parent(l.pointer))
	}
	if doc != nil {
		l.fill()
	}
	var several []leaf
	switch {
	case isAlternatives(e) && len(e.Causes) > 0:
		several = x.closest(l, e)
	case l.keyword == "required" && doc != nil:
		several = l.missing()
	case l.keyword == "additionalProperties" && doc != nil:
		several = l.additional(x.most)
	}
	if len(several) > 0 {
		return several
	}
	return []leaf{l}
}

// namesEmpty reports whether the name that propertyNames judged is the empty one. The library
// leaves empty names out of the place: it has fewer steps than the keywords went down.
func namesEmpty(steps []step, pointer string) bool {
	down := 0
	for _, s := range steps {
		switch s.keyword {
		case "properties":
			if s.arg != "" {
				down++
			}
		case "patternProperties", "additionalProperties", "unevaluatedProperties", "items", "prefixItems", "additionalItems",
			"unevaluatedItems", "contains", "propertyNames":
			down++
		}
	}
	return len(jsonpos.Steps(pointer)) < down
}

// fill reads what the contract says at the place of the keyword.
func (l *leaf) fill() {
	if l.keyword == "minContains" && l.doc.at(l.at) == nil {
		l.at = strings.TrimSuffix(l.at, "minContains") + "contains" // which means one at least
	}
	l.want = l.doc.at(l.at)
	holder := l.at[:max(0, strings.LastIndexByte(l.at, '/'))]
	if l.keyword == "dependencies" || l.keyword == "dependentRequired" {
		l.name, _ = l.want.(string)
		l.pointer = jsonpos.Join(l.pointer, l.name)
		l.want = lastName(holder) // the property that needs it
	}
	l.schema, _ = l.doc.at(holder).(map[string]any)
}

// isFalse reports whether an error without causes says that the schema below the keyword
// is false.
func (s step) isFalse() bool {
	switch s.keyword {
	case "", "$ref", "$recursiveRef", "$dynamicRef":
		return true
	case "not", "additionalProperties", "additionalItems", "contains":
		return false // these stand for themselves
	case "anyOf", "oneOf":
		return s.hasArg
	}
	return !s.index && keywordTable()[s.keyword].nest != plain
}

// missing makes a leaf of each required property that is not there, at the place where
// it should be.
func (l leaf) missing() []leaf {
	object, _ := l.got.(map[string]any)
	required, _ := l.want.([]any)
	var all []leaf
	for i, r := range required {
		name, _ := r.(string)
		if _, ok := object[name]; ok {
			continue
		}
		m := l
		m.name = name
		m.at = l.at + "/" + strconv.Itoa(i)
		m.pointer = jsonpos.Join(l.pointer, name)
		all = append(all, m)
	}
	return all
}

// additional makes a leaf of each property that a closed schema does not know, of so many
// at most: an event has no more findings.
func (l leaf) additional(most int) []leaf {
	object, _ := l.got.(map[string]any)
	declared, _ := l.schema["properties"].(map[string]any)
	patterns := compilePatterns(l.schema["patternProperties"])
	var all []leaf
	for _, name := range sortedKeys(object) {
		if _, ok := declared[name]; ok || matchesAny(patterns, name) {
			continue
		}
		if len(all) == most {
			all[most-1].others++
			continue
		}
		m := l
		m.name = name
		m.pointer = jsonpos.Join(l.pointer, name)
		all = append(all, m)
	}
	return all
}

// value returns the part of the event that the pointer leads to; nil if it leads nowhere.
func (x *explainer) value(pointer string) any {
	v, _ := valueAt(x.event, pointer)
	return v
}
