package inclusion

import (
	"encoding/json"

	"segproof/validator"
)

// From returns a schema that was put together of documents.
func From(judge *validator.Schema) (*Schema, error) { return newSchema(judge) }

// And returns the schema of the values that the schema accepts, and another one as well, which
// is draft-07 and refers to nothing.
func (s *Schema) And(other map[string]any) (*Schema, error) {
	root := s.judge.Root() + "?and"
	texts := s.judge.Documents()
	both, err := json.Marshal(map[string]any{"allOf": []any{refTo(location{s.judge.Root(), ""}), other}})
	if err != nil {
		return nil, err
	}
	texts[root] = both
	judge, err := validator.NewSchemaOf(root, texts)
	if err != nil {
		return nil, err
	}
	return newSchema(judge)
}
