package inclusion

import "slices"

// cover is what the keywords of a node, and of those that it joins in any case by allOf
// and $ref, judge for certain once they all accept the value.
type cover struct {
	joined   option // the nodes that are joined
	node     *node  // knows the names; has no other keywords
	allNames bool
	items    int // as many elements as are judged
	allItems bool
}

// cover returns what n covers for certain. What anyOf, oneOf and if cover depends on the
// value, and is left out.
func (n *node) cover() cover {
	c := cover{node: &node{id: n.id, kinds: allKinds}}
	c.node.object.properties = map[string]*node{}
	c.add(n, map[*node]bool{})
	slices.Sort(c.node.object.names)
	return c
}

func (c *cover) add(n *node, seen map[*node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	o, known := &n.object, &c.node.object
	for _, name := range o.names {
		if _, ok := known.properties[name]; !ok {
			known.names = append(known.names, name)
			known.properties[name] = o.properties[name]
		}
	}
	known.patterns = append(known.patterns, o.patterns...)
	outer := len(seen) == 1
	c.allNames = c.allNames || o.additional != nil || o.unevaluated != nil && !outer
	c.items = max(c.items, len(n.array.prefix))
	c.allItems = c.allItems || n.array.rest != nil || n.array.unevaluated != nil && !outer
	for _, below := range append(slices.Clone(n.allOf), n.ref) {
		if below != nil {
			c.joined = append(c.joined, is(below))
			c.add(below, seen)
		}
	}
}
