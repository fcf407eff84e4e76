package inclusion

import (
	"bytes"
	"context"
	"encoding/json"

	"segproof/validator"
)

func newSchema(judge *validator.Schema) (*Schema, error) {
	s := &Schema{judge: judge, docs: map[string]any{}}
	for u, text := range judge.Documents() {
		v, err := decodeJSON(text)
		if err != nil {
			return nil, err
		}
		s.docs[u] = v
	}
	return s, nil
}

// decodeJSON reads a JSON value with its numbers as text.
func decodeJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

func decide(_ context.Context, a, b *Schema, _ Options) Verdict {
	for _, w := range []string{`null`, `{}`, `[]`, `""`, `"a"`, `0`, `1`, `-1`, `0.5`, `true`} {
		va, errA := a.Valid([]byte(w))
		vb, errB := b.Valid([]byte(w))
		if errA == nil && errB == nil && va && !vb {
			return Verdict{Kind: Breaking, Witness: json.RawMessage(w)}
		}
	}
	return Verdict{Stuck: "no proof yet"}
}
