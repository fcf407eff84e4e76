package yamlfile

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Places tells where the values of one file stand. It does not change after [Locate].
type Places struct {
	r    reader
	root ast.Node
}

// Locate returns the places of a file that [Decode] reads. Of a file that it does not
// read, nothing is known.
func Locate(data []byte) Places {
	if len(data) > MaxBytes {
		return Places{}
	}
	r := reader{text: normal(data)}
	if r.checkCharacters() != nil || r.checkText() != nil {
		return Places{}
	}
	root, err := r.parse()
	if err != nil {
		return Places{}
	}
	return Places{r, root}
}

// Key returns where the key of the value stands that the JSON Pointer leads to, or the
// value itself if it is an item of a list: line and column as in [Error], 0 if there is
// no such value.
func (p Places) Key(pointer string) (line, column int) { return p.find(pointer, ofKey) }

// Value returns where the value stands that the JSON Pointer leads to; its key, if it has
// none.
func (p Places) Value(pointer string) (line, column int) { return p.find(pointer, ofValue) }

// aspect says which place of a member is asked for.
type aspect int

const (
	ofKey aspect = iota
	ofValue
)

func (p Places) find(pointer string, which aspect) (line, column int) {
	at, node := (*token.Token)(nil), p.root
	if node != nil {
		at = placeOf(node)
	}
	if pointer != "" {
		for step := range strings.SplitSeq(pointer[1:], "/") {
			key := strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
			at, node = child(node, key, which)
		}
	}
	if at == nil {
		return 0, 0
	}
	e := p.r.errorAt(at, "")
	return e.Line, e.Column
}

// child returns the member or item of that name, and its place; nil if there is none.
func child(node ast.Node, key string, which aspect) (*token.Token, ast.Node) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, m := range n.Values {
			if name, ok := m.Key.(*ast.StringNode); ok && name.Value == key {
				if which == ofKey || isNull(m.Value) {
					return m.Key.GetToken(), m.Value
				}
				return placeOf(m.Value), m.Value
			}
		}
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Values) {
			return placeOf(n.Values[i]), n.Values[i]
		}
	}
	return nil, nil
}
