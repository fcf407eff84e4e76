package inclusion

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"

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

func decide(ctx context.Context, a, b *Schema, opts Options) Verdict {
	steps := cmp.Or(opts.Steps, DefaultSteps)
	q := newArena()
	na, nb := q.add(a), q.add(b)
	q.refine()
	s := newSolver(ctx, q, steps)
	r := s.solve([]literal{{na, false}, {nb, true}})
	switch r.outcome {
	case impossible:
		return Verdict{Kind: Safe, Steps: s.spent}
	case undecided:
		return Verdict{Stuck: r.why, Steps: s.spent}
	}
	w := encode(r.value)
	va, errA := a.Valid(w)
	vb, errB := b.Valid(w)
	if errA != nil || errB != nil || !va || vb {
		return Verdict{Stuck: fmt.Sprintf("engines disagree on %s: %v %v %v %v", w, va, vb, errA, errB), Steps: s.spent}
	}
	return Verdict{Kind: Breaking, Witness: w, Steps: s.spent}
}
