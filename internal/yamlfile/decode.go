package yamlfile

import (
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The library's own decoder is not strict enough to be used: of a mapping with a key that
// is no string it drops all keys without a word, it cuts 3.7 down to 3, takes "3" for 3
// and 1.10 for "1.1", and of two unknown keys it reports one or the other.

// decode sets dst to the value of node.
func (r reader) decode(node ast.Node, dst reflect.Value) *Error {
	if isNull(node) {
		return r.decodeNull(node, dst)
	}
	switch dst.Interface().(type) {
	case time.Duration:
		return r.decodeDuration(node, dst)
	}
	switch own := dst.Addr().Interface().(type) {
	case json.Unmarshaler:
		return r.decodeJSON(node, own)
	case encoding.TextUnmarshaler:
		return r.decodeText(node, own)
	}
	if own, ok := dst.Addr().Interface().(Unmarshaler); ok {
		return r.decodeOwn(node, own)
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return r.decode(node, dst.Elem())
	case reflect.Interface:
		v, err := r.value(node)
		if err == nil {
			dst.Set(reflect.ValueOf(v))
		}
		return err
	case reflect.Struct:
		return r.decodeStruct(node, dst)
	case reflect.Map:
		return r.decodeMap(node, dst)
	case reflect.Slice:
		return r.decodeSlice(node, dst)
	}
	return r.decodeScalar(node, dst)
}

// decodeNull takes a missing value for one that can be missing: a list item cannot.
func (r reader) decodeNull(node ast.Node, dst reflect.Value) *Error {
	if own, ok := dst.Addr().Interface().(json.Unmarshaler); ok {
		return r.decodeJSON(node, own)
	}
	if dst.Kind() != reflect.Pointer && dst.Kind() != reflect.Interface {
		return r.mismatch(node, dst.Type())
	}
	dst.SetZero()
	return nil
}

func (r reader) decodeScalar(node ast.Node, dst reflect.Value) *Error {
	ok := false
	switch n := node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		if ok = dst.Kind() == reflect.String; ok {
			dst.SetString(textOf(n))
		}
	case *ast.BoolNode:
		if ok = dst.Kind() == reflect.Bool; ok {
			dst.SetBool(n.Value)
		}
	case *ast.IntegerNode:
		return r.decodeInteger(n, dst)
	case *ast.FloatNode:
		if ok = dst.CanFloat(); ok {
			dst.SetFloat(n.Value)
		}
	}
	if !ok {
		return r.mismatch(node, dst.Type())
	}
	return nil
}

func (r reader) decodeInteger(n *ast.IntegerNode, dst reflect.Value) *Error {
	v := reflect.ValueOf(n.Value) // int64, or uint64 if it is not negative
	switch {
	case dst.CanFloat():
		dst.Set(v.Convert(dst.Type()))
	case dst.CanInt():
		i := v.Convert(reflect.TypeFor[int64]()).Int()
		if v.CanUint() && i < 0 || dst.OverflowInt(i) {
			return r.errorAt(n.GetToken(), "got number %s, want one that fits into %d bits", n.GetToken().Value, dst.Type().Bits())
		}
		dst.SetInt(i)
	default:
		return r.mismatch(n, dst.Type())
	}
	return nil
}

func (r reader) decodeDuration(node ast.Node, dst reflect.Value) *Error {
	d, err := time.ParseDuration(textOf(node))
	if err != nil {
		return r.mismatch(node, dst.Type())
	}
	dst.SetInt(int64(d))
	return nil
}

func (r reader) decodeText(node ast.Node, dst encoding.TextUnmarshaler) *Error {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
	default:
		return r.mismatch(node, reflect.TypeFor[string]())
	}
	if err := dst.UnmarshalText([]byte(textOf(node))); err != nil {
		return r.errorAt(node.GetToken(), "%v", err)
	}
	return nil
}

func (r reader) decodeOwn(node ast.Node, dst Unmarshaler) *Error {
	err := dst.UnmarshalYAML(func(v any) error {
		if err := r.decode(node, reflect.ValueOf(v).Elem()); err != nil {
			return err
		}
		return nil // a nil *Error would be an error
	})
	if err == nil {
		return nil
	}
	if at, ok := errors.AsType[*Error](err); ok {
		return at
	}
	return r.errorAt(placeOf(node), "%v", err)
}

func (r reader) decodeSlice(node ast.Node, dst reflect.Value) *Error {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return r.mismatch(node, dst.Type())
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		if err := r.decode(item, dst.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (r reader) decodeMap(node ast.Node, dst reflect.Value) *Error {
	members, err := r.members(node, dst.Type())
	if err != nil {
		return err
	}
	dst.Set(reflect.MakeMapWithSize(dst.Type(), len(members)))
	for _, m := range members {
		value := reflect.New(dst.Type().Elem()).Elem()
		if err := r.decode(m.value, value); err != nil {
			return err
		}
		dst.SetMapIndex(reflect.ValueOf(m.key).Convert(dst.Type().Key()), value)
	}
	return nil
}

func (r reader) decodeStruct(node ast.Node, dst reflect.Value) *Error {
	members, err := r.members(node, dst.Type())
	if err != nil {
		return err
	}
	keys := fieldKeys(dst.Type())
	for _, m := range members {
		i := slices.Index(keys, m.key)
		if i < 0 || m.key == "" {
			known := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "" })
			return r.errorAt(m.at, "unknown key %q, want one of %s", m.key, strings.Join(known, ", "))
		}
		if isNull(m.value) {
			dst.Field(i).SetZero()
			continue
		}
		if err := r.decode(m.value, dst.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// fieldKeys returns the key of each field of a struct, "" for those that are not read.
func fieldKeys(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || key == "-":
		case key == "":
			keys[i] = strings.ToLower(f.Name)
		default:
			keys[i] = key
		}
	}
	return keys
}

// member is one member of a mapping.
type member struct {
	key   string
	at    *token.Token // of the key
	value ast.Node
}

// members returns the members of a mapping, which is to become a value of type want.
func (r reader) members(node ast.Node, want reflect.Type) ([]member, *Error) {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		return nil, r.mismatch(node, want)
	}
	members := make([]member, 0, len(mapping.Values))
	lines := map[string]int{} // where each key stands
	for _, v := range mapping.Values {
		at := v.Key.GetToken()
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			return nil, r.errorAt(at, "got %s for a key, want a string: put it in quotes", describe(v.Key))
		}
		if line, repeated := lines[key.Value]; repeated {
			return nil, r.errorAt(at, "key %q is there already, in line %d", key.Value, line)
		}
		lines[key.Value] = at.Position.Line
		members = append(members, member{key.Value, at, v.Value})
	}
	return members, nil
}

// value returns the value of node as a field of type any holds it: string, bool, int64,
// uint64, float64, []any, map[string]any or nil.
func (r reader) value(node ast.Node) (any, *Error) {
	switch n := node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return textOf(n), nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return n.Value, nil
	case *ast.FloatNode:
		return n.Value, nil
	case *ast.SequenceNode:
		var list []any
		err := r.decode(n, reflect.ValueOf(&list).Elem())
		return list, err
	}
	var object map[string]any
	err := r.decode(node, reflect.ValueOf(&object).Elem())
	return object, err
}

// isNull reports whether there is no value.
func isNull(node ast.Node) bool { return node == nil || node.Type() == ast.NullType }

// textOf returns the text of a string, "" of anything else.
func textOf(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	}
	return ""
}
