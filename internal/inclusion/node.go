package inclusion

import (
	"math/big"
	"regexp"
)

// kinds is a set of kinds of JSON values. Numbers are two kinds: whole ones and the rest.
type kinds uint8

const (
	nulls kinds = 1 << iota
	booleans
	integers
	fractions
	texts
	arrays
	objects

	allKinds = nulls | booleans | integers | fractions | texts | arrays | objects
)

// node is a schema, with its keywords as the JSON Schema library reads them: what it
// ignores is not there. Nodes that mean the same by their text have the same id.
type node struct {
	id     int
	at     location
	opaque string // why the engines cannot tell what it means; "" if they can
	never  bool   // the schema false
	kinds  kinds
	sets   []map[string]bool // of the lists, made when first asked for
	lists  [][]any           // enum and const: the value is in each of them
	hints  []any             // examples and defaults
	ref    *node
	not    *node
	allOf  []*node
	anyOf  []*node
	oneOf  []*node
	ifThen *node
	then   *node // nil if there is none, or no if
	orElse *node
	number numberWords
	text   textWords
	array  arrayWords
	object objectWords
	told   int8 // whether it is trivial: 0 not known yet, 1 it is, -1 it is not
}

// numberWords are the keywords about numbers.
type numberWords struct {
	min, max, above, below *big.Rat // nil: none
	multipleOf             *big.Rat
}

// textWords are the keywords about strings.
type textWords struct {
	minLength, maxLength int // -1: none
	pattern              *pattern
	format               string // as the library's function goes by, one name for each; "" if it checks nothing
	check                func(string) bool
	encoding, media      string // what the library decodes and parses; "" if nothing
}

// pattern is a regular expression that is searched for.
type pattern struct {
	source string
	regexp *regexp.Regexp
}

// arrayWords are the keywords about arrays.
type arrayWords struct {
	minItems, maxItems       int // -1: none
	unique                   bool
	prefix                   []*node
	rest                     *node // of what follows the prefix; nil: anything
	contains                 *node
	minContains, maxContains int // maxContains -1: no bound
	evaluates                bool
	unevaluated              *node
}

// objectWords are the keywords about objects.
type objectWords struct {
	minProperties, maxProperties int // -1: none
	required                     []string
	properties                   map[string]*node
	names                        []string // of properties, sorted
	patterns                     []patternProperty
	additional                   *node // nil: anything
	propertyNames                *node
	dependencies                 []dependency
	unevaluated                  *node
}

// patternProperty is a member of patternProperties.
type patternProperty struct {
	pattern *pattern
	node    *node
}

// dependency is what the presence of a name asks for.
type dependency struct {
	name     string
	required []string
	node     *node // nil: none
}

// inPlace returns the nodes that judge the same value because n does.
func (n *node) inPlace() []*node {
	all := n.telling()
	if n.not != nil {
		all = append(all, n.not)
	}
	return all
}

// telling returns those of them from which n learns what of the value they have judged:
// from what must not accept it nobody learns.
func (n *node) telling() []*node {
	all := []*node{}
	for _, below := range []*node{n.ref, n.ifThen, n.then, n.orElse} {
		if below != nil {
			all = append(all, below)
		}
	}
	all = append(append(append(all, n.allOf...), n.anyOf...), n.oneOf...)
	for _, d := range n.object.dependencies {
		if d.node != nil {
			all = append(all, d.node)
		}
	}
	return all
}

// children returns every node below n, in an order that its keywords alone decide.
func (n *node) children() []*node {
	all := n.inPlace()
	all = append(all, n.array.prefix...)
	for _, name := range n.object.names {
		all = append(all, n.object.properties[name])
	}
	for _, p := range n.object.patterns {
		all = append(all, p.node)
	}
	for _, below := range []*node{n.array.rest, n.array.contains, n.array.unevaluated,
		n.object.additional, n.object.propertyNames, n.object.unevaluated} {
		if below != nil {
			all = append(all, below)
		}
	}
	return all
}

// member returns the nodes that judge the member of that name, as long as n's own
// keywords do: not those of unevaluatedProperties.
func (n *node) member(name string) []*node {
	var all []*node
	known := false
	if p, ok := n.object.properties[name]; ok {
		all, known = append(all, p), true
	}
	for _, p := range n.object.patterns {
		if p.pattern.regexp.MatchString(name) {
			all, known = append(all, p.node), true
		}
	}
	if !known && n.object.additional != nil {
		all = append(all, n.object.additional)
	}
	return all
}

// element returns the node that judges the element at index i; nil: anything goes.
func (n *node) element(i int) *node {
	if i < len(n.array.prefix) {
		return n.array.prefix[i]
	}
	return n.array.rest
}
