package inclusion

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// refine gives nodes that mean the same by their text the same id, across both schemas
// and through references: at first nodes with the same words of their own, then as long
// as it tells more apart, nodes whose children are told apart no more.
func (a *arena) refine() {
	class := make([]int, len(a.nodes))
	for i, n := range a.nodes {
		n.id = i
		n.refined = n.words()
	}
	for known := 0; ; {
		names := map[string]int{}
		next := make([]int, len(a.nodes))
		for i, n := range a.nodes {
			var b strings.Builder
			b.WriteString(n.refined)
			if known > 0 {
				b.WriteString("#" + strconv.Itoa(class[i]))
				for _, c := range n.children() {
					b.WriteString("," + strconv.Itoa(class[c.id]))
				}
			}
			name := b.String()
			if _, ok := names[name]; !ok {
				names[name] = len(names)
			}
			next[i] = names[name]
		}
		class = next
		if len(names) == known {
			break
		}
		known = len(names)
	}
	for i, n := range a.nodes {
		n.id = class[i]
		n.refined = ""
	}
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
		b.WriteString(canonical(list))
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
		r.unevaluated != nil, r.evaluates)
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
