package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrEmpty says that a text holds nothing but white space.
var ErrEmpty = errors.New("no JSON value")

// SyntaxError says that a text is not one JSON value, and where it stops being one.
type SyntaxError struct {
	Offset  int    // of the first byte that does not fit, 0-based; len(text) if the text ends too early
	Message string // what is wrong, without the place
	TooDeep bool   // the text nests more deeply than encoding/json reads (10,000); Offset is the bracket's
}

// Error returns the offset and the message.
func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Message) }

// CheckSyntax returns nil if text is exactly one JSON value (RFC 8259), [ErrEmpty] if it
// is white space, else a [*SyntaxError]. A byte order mark is no white space.
//
// Repeated keys, lone surrogates and bytes in strings that are not UTF-8 pass, as they do
// in encoding/json; the validator warns about them.
func CheckSyntax(text []byte) error {
	if json.Valid(text) {
		return nil
	}
	if len(bytes.TrimLeft(text, blank)) == 0 {
		return ErrEmpty
	}
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &SyntaxError{Message: err.Error()} // Unmarshal names no other error here
	}
	e := &SyntaxError{Offset: min(max(int(syntax.Offset)-1, 0), len(text)-1), Message: syntax.Error()}
	switch {
	case strings.Contains(e.Message, "unexpected end"),
		// To end a number or word, encoding/json makes up a space behind the text.
		strings.HasPrefix(e.Message, "invalid character ' '") && text[e.Offset] != ' ':
		e.Offset = len(text)
		e.Message = "the text ends in the middle of a value"
	case strings.Contains(e.Message, "exceeded max depth"):
		e.TooDeep = true
		e.Message = "nested more than 10,000 deep"
	case text[e.Offset] >= utf8.RuneSelf:
		e.Message = nameCharacter(e.Message, text[e.Offset:])
	}
	return e
}

// nameCharacter mends a message of encoding/json, which takes the first byte of a
// character for the character: 'Ã' for 'é'. text begins with that character.
func nameCharacter(message string, text []byte) string {
	_, rest, found := strings.Cut(message, "' ") // invalid character 'x' in ...
	if !found {
		return message
	}
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("invalid byte 0x%02x %s", text[0], rest)
	}
	return fmt.Sprintf("invalid character %s %s", strconv.QuoteRune(r), rest)
}
