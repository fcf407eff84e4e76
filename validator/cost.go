package validator

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"segproof/event"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// The bounds of what judging may cost. A step is one schema that judges one value, about
// a microsecond.
const (
	// maxCost is how many steps one value of an event may take. Twenty nested anyOf of
	// two references each make a million, of a kilobyte of contract; real contracts stay
	// below a hundred.
	maxCost = 10_000

	// maxNested is how many references and alternatives may follow on each other without
	// entering a member or an element.
	maxNested = 64

	// maxWay is how many of them there may be in all on the way to a value. The library
	// writes the way down anew for each step back from a fault, so that the cost grows
	// with the third power of its length.
	maxWay = 1000

	// maxAnalysis is how many steps the analysis itself may take, and maxStates how many
	// different sets of schemas the values of an event may be judged by.
	maxAnalysis = 500_000
	maxStates   = 20_000

	// enumPerStep is how many allowed texts are compared in the time of one step.
	enumPerStep = 32

	// maxEnum is how many values one enum may list: that no two are equal is checked at
	// load, in the worst case pair by pair.
	maxEnum = 10_000
)

// cost is what judging one value of an event can take.
type cost struct {
	steps   int
	program int // instructions of the patterns that one text is matched with
}

// costOf returns what judging one value of an event can take, and why that is too much,
// "" if it is not.
//
// It follows what the library does, place by place: which schemas judge the root, which
// of them, and how often, then judge each member and element, down to the depth that an
// event can have. Only the numbers matter, so places judged by the same schemas equally
// often are one state.
func costOf(schema *jsonschema.Schema) (most cost, message string) {
	a := newAnalysis(schema)
	level := []state{{schema: 1}}
	way, worst := 0, 0
	for depth := 0; len(level) > 0 && depth <= event.MaxDepth; depth++ {
		var next []state
		a.nested = 0
		for _, s := range level {
			full := a.inPlace(s)
			if a.message != "" {
				return cost{}, a.message
			}
			most.steps = max(most.steps, a.weight(full))
			most.program = max(most.program, a.program(full))
			next = append(next, a.below(full)...)
			if len(a.seen) > maxStates || a.steps > maxAnalysis {
				return cost{}, "the places of an event would be judged by too many different sets of schemas, want fewer alternatives"
			}
		}
		way, worst = way+a.nested+1, max(worst, a.nested+1)
		level = next
	}
	if a.recursive {
		way = worst * event.MaxDepth
	}
	if way > maxWay {
		return cost{}, fmt.Sprintf("up to %d references and alternatives would lead to one value of an event, want at most %d", way, maxWay)
	}
	return most, ""
}

// state is how often each schema judges one place.
type state map[*jsonschema.Schema]int

type analysis struct {
	ids     map[*jsonschema.Schema]int // for the names of states
	seen    map[string]bool            // states analysed, by name
	sizes   map[*regexp.Regexp]int     // instructions of patterns
	anchors map[string][]*jsonschema.Schema
	steps   int    // of the analysis so far
	here    int    // of them, in the current place
	nested  int    // references and alternatives in a row, at most, in the current level
	message string // why the schema is too complex

	recursive bool // a state comes again: it may do so at every level
}

func newAnalysis(root *jsonschema.Schema) *analysis {
	a := &analysis{ids: map[*jsonschema.Schema]int{}, seen: map[string]bool{}, sizes: map[*regexp.Regexp]int{}, anchors: map[string][]*jsonschema.Schema{}}
	a.findAnchors(root)
	return a
}

// recursiveAnchor stands for "$recursiveAnchor": true among the anchors.
const recursiveAnchor = "\x00recursive"

// findAnchors notes what a $dynamicRef or $recursiveRef may lead to, according to the
// way by which it was reached.
func (a *analysis) findAnchors(root *jsonschema.Schema) {
	seen := map[*jsonschema.Schema]bool{}
	queue := []*jsonschema.Schema{root}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if s == nil || seen[s] {
			continue
		}
		seen[s] = true
		if s.DynamicAnchor != "" {
			a.anchors[s.DynamicAnchor] = append(a.anchors[s.DynamicAnchor], s)
		}
		if s.RecursiveAnchor {
			a.anchors[recursiveAnchor] = append(a.anchors[recursiveAnchor], s)
		}
		queue = append(append(queue, s.DynamicRef, s.RecursiveRef), samePlace(s)...)
		for _, name := range sortedKeys(s.Properties) {
			queue = append(queue, s.Properties[name])
		}
		queue = append(queue, otherMembers(s, "")...)
		for i := range tupleLength(s) + 1 {
			queue = append(queue, elementSchemas(s, i)...)
		}
	}
}

// inPlace adds the schemas that judge the same place because others do: those of allOf,
// anyOf, $ref and the like.
func (a *analysis) inPlace(s state) state {
	full := state{}
	a.here = 0
	for schema, times := range s {
		a.add(full, schema, times, 0)
		if a.message == "" && a.weight(full) > maxCost {
			a.tooMany()
		}
	}
	return full
}

func (a *analysis) tooMany() {
	a.message = fmt.Sprintf("one place of an event would be judged by more than %d schemas: nested alternatives multiply", maxCost)
}

// add adds a schema that judges a place that many times, and those that it lets judge
// the same place, to full.
func (a *analysis) add(full state, schema *jsonschema.Schema, times, nested int) {
	if schema == nil || a.message != "" {
		return
	}
	full[schema] += times
	a.steps++
	if a.here++; a.here > maxCost || full[schema] > maxCost {
		a.tooMany()
		return
	}
	if a.nested = max(a.nested, nested); nested > maxNested {
		a.message = fmt.Sprintf("more than %d references and alternatives follow on each other, or lead in a circle", maxNested)
		return
	}
	for _, inner := range samePlace(schema) {
		a.add(full, inner, times, nested+1)
	}
	a.addOneOf(full, schema.DynamicRef, times, nested+1)
	a.addOneOf(full, schema.RecursiveRef, times, nested+1)
}

// addOneOf adds what target is or, if it is an anchor, any other schema of that anchor:
// of each schema as many as the worst of them brings.
func (a *analysis) addOneOf(full state, target *jsonschema.Schema, times, nested int) {
	if target == nil {
		return
	}
	targets := []*jsonschema.Schema{target}
	if target.DynamicAnchor != "" {
		targets = append(targets, a.anchors[target.DynamicAnchor]...)
	}
	if target.RecursiveAnchor {
		targets = append(targets, a.anchors[recursiveAnchor]...)
	}
	worst := state{}
	for _, t := range targets {
		alone := state{}
		a.add(alone, t, times, nested)
		for schema, n := range alone {
			worst[schema] = max(worst[schema], n)
		}
	}
	for schema, n := range worst {
		full[schema] += n
	}
}

// weight is the number of steps that a place in that state takes.
func (a *analysis) weight(s state) int {
	total := 0
	for schema, times := range s {
		texts := 0
		for _, v := range schema.Enum {
			if _, ok := v.(string); ok {
				texts++
			}
		}
		// Numbers, arrays and objects are compared by value, which takes a step each.
		total += times * (1 + texts/enumPerStep + len(schema.Enum) - texts)
	}
	return total
}

// program is the number of instructions of the patterns that a text, or the name of a
// member, is matched with in that state.
func (a *analysis) program(s state) int {
	total := 0
	for schema, times := range s {
		if schema.Pattern != nil {
			total += times * a.size(schema.Pattern)
		}
		for p := range schema.PatternProperties {
			total += times * a.size(p)
		}
	}
	return total
}

func (a *analysis) size(pattern *regexp.Regexp) int {
	n, ok := a.sizes[pattern]
	if !ok {
		n, _ = programSize(pattern.String()) // it has been compiled
		a.sizes[pattern] = n
	}
	return n
}

// samePlace returns the schemas that a schema lets judge the same value, without those
// that anchors lead to.
func samePlace(s *jsonschema.Schema) []*jsonschema.Schema {
	in := slices.Concat([]*jsonschema.Schema{s.Ref, s.Not, s.If, s.Then, s.Else}, s.AllOf, s.AnyOf, s.OneOf)
	in = slices.DeleteFunc(in, func(s *jsonschema.Schema) bool { return s == nil })
	for _, name := range sortedKeys(s.Dependencies) {
		if schema, ok := s.Dependencies[name].(*jsonschema.Schema); ok {
			in = append(in, schema)
		}
	}
	for _, name := range sortedKeys(s.DependentSchemas) {
		in = append(in, s.DependentSchemas[name])
	}
	return in
}

// below returns the states of the members and elements of a value in that state, each
// new one once.
func (a *analysis) below(s state) []state {
	var next []state
	members := map[string]state{"": {}} // "" is any name that no schema knows
	var open []*jsonschema.Schema       // that say something of members whatever they are called
	for schema, times := range s {
		for name, inner := range schema.Properties {
			if members[name] == nil {
				members[name] = state{}
			}
			members[name][inner] += times
			a.steps++
		}
		if len(otherMembers(schema, "")) > 0 {
			open = append(open, schema)
		}
	}
	for _, name := range sortedKeys(members) {
		for _, schema := range open {
			for _, inner := range otherMembers(schema, name) {
				members[name][inner] += s[schema]
			}
			a.steps += 1 + len(schema.PatternProperties)
		}
		next = a.appendNew(next, members[name])
	}
	items := 0
	for schema := range s {
		items = max(items, tupleLength(schema))
	}
	for i := range items + 1 {
		element := state{}
		for schema, times := range s {
			for _, inner := range elementSchemas(schema, i) {
				element[inner] += times
			}
			a.steps++
		}
		next = a.appendNew(next, element)
	}
	return next
}

func (a *analysis) appendNew(states []state, s state) []state {
	if len(s) == 0 || a.steps > maxAnalysis {
		return states
	}
	name := a.name(s)
	if a.seen[name] {
		a.recursive = true
		return states
	}
	a.seen[name] = true
	return append(states, s)
}

// name is the same for equal states.
func (a *analysis) name(s state) string {
	parts := make([]string, 0, len(s))
	for schema, times := range s {
		if _, ok := a.ids[schema]; !ok {
			a.ids[schema] = len(a.ids)
		}
		parts = append(parts, strconv.Itoa(a.ids[schema])+"x"+strconv.Itoa(times))
	}
	a.steps += len(parts)
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
