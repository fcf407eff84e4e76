package yamlfile

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decodeJSON gives dst the JSON of node.
func (r reader) decodeJSON(node ast.Node, dst json.Unmarshaler) *Error {
	text, err := r.appendJSON(nil, node)
	if err != nil {
		return err
	}
	if err := dst.UnmarshalJSON(text); err != nil {
		return r.errorAt(placeOf(node), "%v", err)
	}
	return nil
}

// appendJSON appends the JSON that says what node says.
func (r reader) appendJSON(b []byte, node ast.Node) ([]byte, *Error) {
	if isNull(node) {
		return append(b, "null"...), nil
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		return r.appendObject(b, n)
	case *ast.SequenceNode:
		b = append(b, '[')
		for i, item := range n.Values {
			if i > 0 {
				b = append(b, ',')
			}
			var err *Error
			if b, err = r.appendJSON(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case *ast.BoolNode:
		return append(b, strings.ToLower(n.GetToken().Value)...), nil
	case *ast.IntegerNode, *ast.FloatNode:
		number := node.GetToken().Value
		if !isNumber(number) {
			return nil, r.errorAt(node.GetToken(), "got number %s, want it as JSON writes it, or in quotes for a text", number)
		}
		return append(b, number...), nil
	case *ast.StringNode:
		// The parser takes 1e5, and numbers of more than 64 bits, for texts.
		if n.Token.Type == token.StringType && isNumber(n.Value) {
			return append(b, n.Value...), nil
		}
	}
	return append(b, jsonString(textOf(node))...), nil
}

func (r reader) appendObject(b []byte, node *ast.MappingNode) ([]byte, *Error) {
	members, err := r.members(node, reflect.TypeFor[map[string]any]())
	if err != nil {
		return nil, err
	}
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, jsonString(m.key)...), ':')
		if b, err = r.appendJSON(b, m.value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// isNumber reports whether text is a number as JSON writes it.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}

// jsonString writes a text as JSON, with what it holds.
func jsonString(text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		panic(err) // a string always encodes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
