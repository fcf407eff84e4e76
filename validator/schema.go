package validator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"segproof/event"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Schema is a JSON Schema on its own, with the files that it refers to: what a contract
// says of an event, without the layers and the policy around it. It does not change and
// may be used by many goroutines.
type Schema struct {
	root  string            // URL of the document that judges
	texts map[string][]byte // by URL; every reference in them is a URL and a pointer
	years map[string]int    // the drafts that the documents are written in
	judge *jsonschema.Schema
}

// bareURL is the URL of the one document of a schema that is no contract.
const bareURL = rootURL + "schema.json"

// NewSchema reads a JSON Schema that refers to nothing outside of itself. The draft
// ("draft-07", "2020-12", a meta-schema's URL) counts if the text names none; "" is
// draft-07. The error says what keeps the schema from being used.
func NewSchema(text []byte, draft string) (*Schema, error) {
	if err := event.CheckSyntax(text); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	switch string(bytes.TrimSpace(text)) {
	case "true":
		text = []byte(`{}`)
	case "false":
		text = []byte(`{"not":{}}`)
	}
	d := &document{path: "schema.json", file: "schema.json", url: bareURL, text: trimBOM(text), size: int64(len(text)), draft: draft}
	docs := []*document{d}
	d.parse()
	newShelf(docs).link()
	if len(d.faults) > 0 {
		return nil, fmt.Errorf("%s: %s", d.faults[0].Rule, d.faults[0].Message)
	}
	return newSchema(docs)
}

// Schema returns the contract's own schema.
func (c *Contract) Schema() (*Schema, error) {
	return newSchema(c.doc.reached())
}

// newSchema compiles documents that can be used, the first of which judges.
func newSchema(docs []*document) (*Schema, error) {
	s := &Schema{root: docs[0].url, texts: map[string][]byte{}, years: map[string]int{}}
	for _, d := range docs {
		text, err := d.compilable()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.file, err)
		}
		s.texts[d.url], s.years[d.url] = text, d.year
	}
	return s, s.compile()
}

// compile makes the judge of the texts.
func (s *Schema) compile() error {
	compiler := newCompiler(nil)
	compiler.LoadURL = func(u string) (io.ReadCloser, error) {
		text, ok := s.texts[u]
		if !ok {
			return nil, fmt.Errorf("%s is none of the schema's documents", u)
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	}
	judge, err := safely(func() (*jsonschema.Schema, error) { return compiler.Compile(s.root) })
	if err != nil {
		return fmt.Errorf("cannot be compiled: %s", compileError(err))
	}
	s.judge = judge
	return nil
}

// Root returns the URL of the document that judges.
func (s *Schema) Root() string { return s.root }

// Documents returns the texts of all documents by URL, as the JSON Schema library reads
// them: every "$ref" is the URL of one of them, or of a draft's meta-schema, "#" and an
// escaped JSON Pointer, and "$id" is gone. The map is the caller's, the texts are not.
func (s *Schema) Documents() map[string][]byte {
	texts := map[string][]byte{}
	for u, text := range s.texts {
		texts[u] = text
	}
	return texts
}

// Year returns the draft that a document is written in: 4, 6, 7, 2019 or 2020.
func (s *Schema) Year(url string) int { return s.years[url] }

// NewSchemaOf returns the schema that documents make, of which that at the URL root judges.
// They are written as [Schema.Documents] returns them.
func NewSchemaOf(root string, texts map[string][]byte) (*Schema, error) {
	changed := &Schema{root: root, texts: texts, years: map[string]int{}}
	for u, text := range texts {
		v, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", u, err)
		}
		object, _ := v.(map[string]any)
		named, _ := object["$schema"].(string)
		changed.years[u] = cmp.Or(draftNamed(named), defaultDraft)
	}
	return changed, changed.compile()
}

// ErrNotJudged says that a value was not judged: it is not JSON, or judging it would cost
// more than the bounds allow.
var ErrNotJudged = errors.New("the value was not judged")

// Valid reports whether the schema accepts a JSON value. The error wraps [ErrNotJudged].
func (s *Schema) Valid(value []byte) (bool, error) {
	if err := event.CheckSyntax(value); err != nil {
		return false, fmt.Errorf("%w: not JSON: %w", ErrNotJudged, err)
	}
	faults, _ := guard(value)
	for _, f := range faults {
		if f.fatal() {
			return false, fmt.Errorf("%w: %s", ErrNotJudged, f.message)
		}
	}
	v, err := decode(value)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrNotJudged, err)
	}
	// Of a schema that is no contract nobody has said what it may cost: the steps are
	// counted for each value.
	if tooMuchWork(s.judge, v) {
		return false, fmt.Errorf("%w: judging it would take too long", ErrNotJudged)
	}
	_, err = safely(func() (any, error) { return nil, s.judge.Validate(v) })
	if _, invalid := errors.AsType[*jsonschema.ValidationError](err); err == nil || invalid {
		return err == nil, nil
	}
	return false, fmt.Errorf("%w: %w", ErrNotJudged, err)
}

// FormatCheck returns what a "format" of that name asks of a string; nil if it asks
// nothing.
func FormatCheck(name string) func(string) bool {
	format := newCompiler(nil).Formats[name]
	if format == nil {
		format = jsonschema.Formats[name]
	}
	if format == nil {
		return nil
	}
	return func(s string) bool { return format(s) }
}
