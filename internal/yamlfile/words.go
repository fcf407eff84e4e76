package yamlfile

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// mismatch is the error for a value of a wrong type.
func (r reader) mismatch(node ast.Node, want reflect.Type) *Error {
	hint := ""
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		if want.Kind() == reflect.String {
			hint = ": put it in quotes"
		}
	}
	return r.errorAt(placeOf(node), "got %s, want %s%s", describe(node), wanted(want), hint)
}

// placeOf returns the token that a value begins with.
func placeOf(node ast.Node) *token.Token {
	// A block mapping says that it begins with its first colon.
	if m, ok := node.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken()
	}
	return node.GetToken()
}

// shownChars is how much of the user's text a message quotes, in characters.
const shownChars = 40

func describe(node ast.Node) string {
	switch n := node.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		text := []rune(textOf(n))
		if len(text) > shownChars {
			return "string " + strconv.Quote(string(text[:shownChars])) + "..."
		}
		return "string " + strconv.Quote(string(text))
	case *ast.BoolNode:
		return n.GetToken().Value
	}
	return "number " + node.GetToken().Value
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if t == reflect.TypeFor[time.Duration]() {
			return `a duration, as "5s"`
		}
		return "a whole number"
	}
	panic(fmt.Sprintf("yamlfile: cannot decode into %s", t))
}
