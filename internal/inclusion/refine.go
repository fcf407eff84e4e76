package inclusion

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// refine gives nodes that mean the same by their text the same id, across both schemas
// and through references: at first nodes with the same words of their own, then as long
// as it tells more apart, nodes whose children are told apart no more.
func (a *arena) refine() {
	class := make([]int, len(a.nodes))
	names := map[string]int{}
	for i, n := range a.nodes {
		n.id = i
		class[i] = number(names, []byte(n.words()))
	}
	for known := 0; len(names) > known; {
		known = len(names)
		names = map[string]int{}
		next := make([]int, len(a.nodes))
		for i, n := range a.nodes {
			key := binary.AppendUvarint(nil, uint64(class[i]))
			for _, c := range n.children() {
				key = binary.AppendUvarint(key, uint64(class[c.id]))
			}
			next[i] = number(names, key)
		}
		class = next
	}
	for i, n := range a.nodes {
		n.id = class[i]
	}
}

// number returns the number of a name, a new one if it has none.
func number(names map[string]int, name []byte) int {
	n, ok := names[string(name)]
	if !ok {
		n = len(names)
		names[string(name)] = n
	}
	return n
}

// words is what the schema says itself, without its children.
func (n *node) words() string {
	var b strings.Builder
	fmt.Fprint(&b, n.never, n.kinds, n.ref != nil, n.not != nil, n.ifThen != nil, n.then != nil, n.orElse != nil,
		len(n.allOf), len(n.anyOf), len(n.oneOf))
	if n.opaque != "" {
		// A draft's meta-schema, by its URL: one schema wherever it is named.
		fmt.Fprintf(&b, "opaque %q", n.opaque)
	}
	for _, list := range n.lists {
		var values []string
		for _, v := range list {
			values = append(values, canonical(v))
		}
		slices.Sort(values)
		fmt.Fprintf(&b, "%q", slices.Compact(values))
	}
	for _, r := range []*big.Rat{n.number.min, n.number.max, n.number.above, n.number.below, n.number.multipleOf} {
		if r == nil {
			b.WriteString("|")
		} else {
			b.WriteString("|" + r.RatString())
		}
	}
	t := n.text
	fmt.Fprintf(&b, "|%d %d %q %q %q", t.minLength, t.maxLength, t.format, t.encoding, t.media)
	if t.pattern != nil {
		fmt.Fprintf(&b, "%q", t.pattern.source)
	}
	r := n.array
	fmt.Fprint(&b, "|", r.minItems, r.maxItems, r.unique, len(r.prefix), r.rest != nil, r.contains != nil, r.minContains, r.maxContains,
		r.unevaluated != nil, r.evaluates && r.contains != nil)
	o := n.object
	fmt.Fprintf(&b, "|%d %d %q %q %v %v %v", o.minProperties, o.maxProperties, o.required, o.names,
		o.additional != nil, o.propertyNames != nil, o.unevaluated != nil)
	for _, p := range o.patterns {
		fmt.Fprintf(&b, "%q", p.pattern.source)
	}
	for _, d := range o.dependencies {
		fmt.Fprintf(&b, "%q %q %v", d.name, d.required, d.node != nil)
	}
	return b.String()
}
