// Package yamlfile reads our YAML files strictly into Go values: an unknown key, a
// repeated key or a wrong type is an error with line and column.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxBytes is the largest file, in bytes, that Decode reads. A larger one is an error.
const MaxBytes = 4 << 20

// Error is a fault in a YAML file, with its place.
type Error struct {
	File    string // as the caller named it
	Line    int    // 1-based; 0 if not known
	Column  int    // 1-based, in characters
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Decode reads data, the content of the file that the caller calls name, into v, a
// pointer to a struct. Anchors and aliases are refused: none of our files needs them,
// and they are how a small file becomes a large value. Every error is an [*Error].
func Decode(name string, data []byte, v any) error {
	if len(data) > MaxBytes {
		return &Error{File: name, Message: fmt.Sprintf("file has %d bytes, want at most %d", len(data), MaxBytes)}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return &Error{File: name, Message: "file is empty"}
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return convert(name, err)
	}
	if len(file.Docs) > 1 {
		return &Error{File: name, Message: fmt.Sprintf("file has %d documents, want 1", len(file.Docs))}
	}
	var finder aliasFinder
	for _, doc := range file.Docs {
		ast.Walk(&finder, doc)
	}
	if finder.found != nil {
		pos := finder.found.GetToken().Position
		return &Error{File: name, Line: pos.Line, Column: pos.Column, Message: "anchors and aliases are not read; write the value out"}
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(v); err != nil {
		return convert(name, err)
	}
	return nil
}

// aliasFinder remembers the first anchor or alias.
type aliasFinder struct{ found ast.Node }

// Visit implements ast.Visitor.
func (f *aliasFinder) Visit(node ast.Node) ast.Visitor {
	switch node.Type() {
	case ast.AnchorType, ast.AliasType:
		if f.found == nil {
			f.found = node
		}
	}
	return f
}

func convert(name string, err error) *Error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		pos := at.GetToken().Position
		return &Error{File: name, Line: pos.Line, Column: pos.Column, Message: at.GetMessage()}
	}
	return &Error{File: name, Message: err.Error()}
}
