package yamlfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Place is where something stands in a file. The zero value means that it is not known.
type Place struct {
	Line   int // 1-based
	Column int // 1-based, in bytes, a byte order mark not counted
}

// Locate returns the places of the values that JSON Pointers name, in the order of the
// pointers, for faults that are found after [Decode] has read data without an error: of
// a member, where its key stands. Of what is not there, it is the place of the nearest
// value around it.
func Locate(data []byte, pointers []string) []Place {
	places := make([]Place, len(pointers))
	r := newReader("", data)
	root, err := r.parse()
	if err != nil || root == nil {
		return places
	}
	for i, pointer := range pointers {
		if at := find(root, pointer); at != nil && at.Position != nil {
			places[i] = Place{at.Position.Line, r.byteColumn(at)}
		}
	}
	return places
}

// find returns the token at which the value that a pointer names begins, or its key.
func find(node ast.Node, pointer string) *token.Token {
	at := placeOf(node)
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch n := node.(type) {
		case *ast.MappingNode:
			i := slices.IndexFunc(n.Values, func(v *ast.MappingValueNode) bool {
				key, ok := v.Key.(*ast.StringNode)
				return ok && key.Value == step
			})
			if i < 0 {
				return at
			}
			at, node = n.Values[i].Key.GetToken(), n.Values[i].Value
		case *ast.SequenceNode:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n.Values) {
				return at
			}
			at, node = placeOf(n.Values[i]), n.Values[i]
		default:
			return at
		}
	}
	return at
}
