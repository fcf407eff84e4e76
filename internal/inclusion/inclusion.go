// Package inclusion decides whether whatever one JSON Schema accepts is accepted by
// another: the question behind every change of a contract.
//
// [Decide] answers breaking with a witness, a value that the JSON Schema library was seen
// to accept under the one and to reject under the other; safe, if a proof was found and
// the search for a witness found none; or unknown, with the place where it got stuck.
// [Schema.Close] and [Schema.Open] make of a schema the one that counts in the declared
// world: see docs/inclusion.md.
//
// The package knows nothing of events, contracts' names or findings: that is package
// compat's.
package inclusion

import (
	"context"
	"encoding/json"
	"fmt"

	"segproof/validator"
)

// Kind is the answer to a question.
type Kind int

// The answers. The zero value is the honest one.
const (
	Unknown Kind = iota
	Safe
	Breaking
)

// String returns the answer in one word.
func (k Kind) String() string { return [...]string{"unknown", "safe", "breaking"}[k] }

// Verdict is what Decide found out.
type Verdict struct {
	Kind    Kind
	Witness json.RawMessage // of Breaking: valid under a, not under b, keys sorted; else nil
	Stuck   string          // of Unknown: where and why; else ""
	Steps   int             // that it took
}

// DefaultSteps is how much work a question may take if Options says nothing: about a
// second. Nearly all take a hundredth of it.
const DefaultSteps = 300_000

// Options configures Decide. The zero value works.
type Options struct {
	Steps    int               // of work; 0 means DefaultSteps. The same steps give the same verdict on every machine
	Examples []json.RawMessage // values that are known to occur: the search begins with them, and the witness is made to resemble them
}

// Schema is a JSON Schema that can be compared. It does not change and may be used by
// many goroutines.
type Schema struct {
	judge *validator.Schema
	docs  map[string]any // the documents of judge, decoded
}

// Compile reads a schema that refers to nothing outside of itself. The draft counts if
// the text names none; "" is draft-07.
func Compile(text []byte, draft string) (*Schema, error) {
	judge, err := validator.NewSchema(text, draft)
	if err != nil {
		return nil, err
	}
	return newSchema(judge)
}

// Of returns the schema of a contract.
func Of(c *validator.Contract) (*Schema, error) {
	judge, err := c.Schema()
	if err != nil {
		return nil, err
	}
	return newSchema(judge)
}

// Valid reports whether the JSON Schema library accepts a JSON value.
func (s *Schema) Valid(value json.RawMessage) (bool, error) { return s.judge.Valid(value) }

// Decide answers whether every value that a accepts is accepted by b too. The context
// bounds the time: once it is done, the answer is unknown. Decide never panics.
func Decide(ctx context.Context, a, b *Schema, opts Options) (v Verdict) {
	defer func() {
		if r := recover(); r != nil {
			v = Verdict{Stuck: fmt.Sprintf("internal error: %v", r)}
		}
	}()
	return decide(ctx, a, b, opts)
}
