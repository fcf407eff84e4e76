// Package yamlfile reads our YAML files strictly into Go values: an unknown key, a
// repeated key or a wrong type is an error with line and column.
//
// What makes YAML surprising is not read: anchors, aliases, merge keys, tags, directives,
// several documents, keys that are no strings, numbers where a text is wanted. No file
// can cost more than its size allows.
package yamlfile

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxBytes is the largest file, in bytes, that Decode reads. A larger one is an error.
const MaxBytes = 1 << 20

// Error is a fault in a YAML file, with its place.
type Error struct {
	File    string // as the caller named it
	Line    int    // 1-based; 0 if not known
	Column  int    // 1-based, in bytes, a byte order mark not counted; 0 if not known
	Message string // what is wrong, without the place
}

// Error returns FILE:LINE:COLUMN and the message, or FILE and the message if the place is
// not known.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Decode reads data, the content of the file that the caller calls name, into v, a
// pointer to a struct. Every error is an [*Error], and v may then be half filled.
//
// A field's key is its tag `yaml:"key"`, or its name in lower case; "-" is never read. A
// field may be a string, bool, int, float, [time.Duration] ("5s"),
// [encoding.TextUnmarshaler], [json.Unmarshaler], [Unmarshaler], struct, slice, map with
// string keys, any, or a pointer to one of them; Decode panics on others. A key without a value sets
// the zero value; a key that is not there leaves the field alone.
//
// A [json.Unmarshaler], [json.RawMessage] for one, takes any value, as the JSON that says
// the same: members in the order written, numbers as JSON would have them written, and
// those without quotes that YAML takes for texts, as 1e5, as numbers too.
func Decode(name string, data []byte, v any) error {
	if len(data) > MaxBytes {
		return &Error{File: name, Message: fmt.Sprintf("file has %d bytes, want at most %d", len(data), MaxBytes)}
	}
	r := reader{name: name, text: normal(data)}
	if err := cmp.Or(r.checkCharacters(), r.checkText()); err != nil {
		return err
	}
	root, err := r.parse()
	if err != nil {
		return err
	}
	if isNull(root) {
		return &Error{File: name, Message: "file is empty"}
	}
	if err := r.decode(root, reflect.ValueOf(v).Elem()); err != nil {
		return err
	}
	return nil
}

// normal returns the text of a file as the parser can bear it: it counts CR LF behind a
// comment as two lines, and a byte order mark as part of the first key.
func normal(data []byte) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
}

// Unmarshaler is a value that may be written in several forms, a number or a word for
// example. UnmarshalYAML is given a function that decodes the value as [Decode] does,
// into any pointer and as often as is wanted. An error of that function is kept with its
// place when it is returned; any other is told at the place of the value.
type Unmarshaler interface {
	UnmarshalYAML(decode func(v any) error) error
}

// reader reads one file.
type reader struct {
	name string
	text string
}

// parse returns the value of the document, nil if there is none.
func (r reader) parse() (root ast.Node, err error) {
	defer func() {
		// The parser is known to panic on some malformed files.
		if p := recover(); p != nil {
			root, err = nil, &Error{File: r.name, Message: "not YAML: the parser gives up"}
		}
	}()
	tokens := lexer.Tokenize(r.text)
	if err := r.checkTokens(tokens); err != nil {
		return nil, err
	}
	// Repeated keys are found in decode, where they are told as we tell things.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, r.syntaxError(err)
	}
	if len(file.Docs) == 0 {
		return nil, nil
	}
	return file.Docs[0].Body, nil
}

// syntaxError makes an [*Error] of what the parser says.
func (r reader) syntaxError(err error) *Error {
	var at yaml.Error
	if errors.As(err, &at) {
		return r.errorAt(at.GetToken(), "%s", at.GetMessage())
	}
	return &Error{File: r.name, Message: err.Error()}
}

// errorAt returns an error at the place of a token; nil is no place.
func (r reader) errorAt(tk *token.Token, format string, args ...any) *Error {
	e := &Error{File: r.name, Message: fmt.Sprintf(format, args...)}
	if tk != nil && tk.Position != nil {
		e.Line, e.Column = tk.Position.Line, r.byteColumn(tk)
	}
	return e
}

// byteColumn turns the parser's column of a token, which counts characters but not the
// tabs in front of the token, into ours.
func (r reader) byteColumn(tk *token.Token) int {
	line := r.text
	for range tk.Position.Line - 1 {
		_, line, _ = strings.Cut(line, "\n")
	}
	line, _, _ = strings.Cut(line, "\n")
	column := 1
	for range tk.Position.Column - 1 {
		_, size := utf8.DecodeRuneInString(line[column-1:])
		column += size
	}
	if rest := line[column-1:]; strings.HasPrefix(rest, "\t") && tk.Type != token.InvalidType {
		column += len(rest) - len(strings.TrimLeft(rest, "\t "))
	}
	return column
}
