package inclusion

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

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

// question is one call of Decide.
type question struct {
	a, b     *Schema
	na, nb   *node
	arena    *arena
	solver   *solver
	examples []any
	steps    int // that the solver may take
	evals    int // steps that judging single values may still take, in the current phase
}

// decide asks the solver, which finds a witness or a proof. Where it finds no witness, the
// search looks for one: it must not find any if there is a proof.
func decide(ctx context.Context, a, b *Schema, opts Options) Verdict {
	q := question{a: a, b: b, arena: newArena()}
	q.na, q.nb = q.arena.add(a), q.arena.add(b)
	q.arena.refine()
	q.steps = cmp.Or(opts.Steps, DefaultSteps)
	q.solver = newSolver(ctx, q.arena, q.steps)
	for _, text := range opts.Examples {
		if v, err := decodeJSON(text); err == nil {
			q.examples = append(q.examples, v)
		}
	}
	q.examples = append(q.examples, q.na.hints...)
	v := q.answer()
	v.Steps = q.solver.spent
	if v.Kind == Unknown && ctx.Err() != nil {
		v.Stuck = "the time was up: " + ctx.Err().Error()
	}
	return v
}

// answer is decide without the counting.
func (q *question) answer() Verdict {
	q.evals = q.steps / evalShare
	for _, v := range q.examples {
		if q.witness(v) {
			return q.breaking(v)
		}
	}
	if values, ok := q.na.values(maxListedValues); ok {
		return q.listed(values)
	}
	r := result{why: "a reference that depends on the way to it: " + q.arena.dynamic}
	switch {
	case q.arena.dynamic == "":
		r = q.solver.solve([]literal{{q.na, false}, {q.nb, true}})
	case reflect.DeepEqual(q.a.docs, q.b.docs):
		r = result{outcome: impossible}
	}
	q.evals = q.steps
	if r.outcome == possible && q.witness(r.value) {
		return q.breaking(r.value)
	}
	if q.na.id == q.nb.id && r.outcome == impossible {
		return Verdict{Kind: Safe} // one schema: there is nothing to look for
	}
	// The search has steps of its own: a proof is not shown before it.
	q.evals = q.steps / evalShare
	s := search{solver: newSolver(q.solver.ctx, q.arena, q.steps/searchShare), a: q.na, b: q.nb, left: maxTried, tried: map[string]bool{}, witness: q.witness}
	v, found := s.run(q.examples)
	q.solver.spent += s.solver.spent
	found = found && q.seen(encode(v))
	switch {
	case r.outcome == impossible && found, r.outcome == possible:
		return Verdict{Stuck: fmt.Sprintf("internal error: the engines contradict each other about %s", shorten(encode(v)))}
	case found:
		return q.breaking(v)
	case r.outcome == impossible && s.solver.ctx.Err() != nil:
		return Verdict{}
	case r.outcome == impossible:
		return Verdict{Kind: Safe}
	case q.solver.left < 0:
		return Verdict{Stuck: outOfSteps}
	case r.where != "":
		return Verdict{Stuck: r.why + ", at " + r.where}
	}
	return Verdict{Stuck: r.why}
}

// maxListedValues is how many values are tried one by one where a accepts no others.
const maxListedValues = 1000

// values returns values among which are all that a node accepts, if it lists them, and
// there are at most so many.
func (n *node) values(limit int) (all []any, ok bool) {
	if n.ref != nil {
		return n.ref.values(limit)
	}
	if len(n.lists) > 0 {
		return n.lists[0], len(n.lists[0]) <= limit
	}
	for _, below := range append(slices.Clone(n.anyOf), n.oneOf...) {
		some, ok := below.values(limit)
		if all = append(all, some...); !ok || len(all) > limit {
			return nil, false
		}
	}
	return all, len(all) > 0
}

// listed tries all values that a may accept, one by one. What it says is the whole proof, so
// that the library is asked of each.
func (q *question) listed(values []any) Verdict {
	q.evals = evalShare * q.steps
	for _, v := range values {
		w, told := q.judge(v)
		q.evals -= librarySteps
		if q.evals < 0 {
			return Verdict{Stuck: outOfSteps}
		}
		switch seen := q.seen(encode(v)); {
		case !told || w != seen:
			return Verdict{Stuck: fmt.Sprintf("a value that the JSON Schema library does not judge, or not as the engines do: %s", shorten(encode(v)))}
		case w:
			return Verdict{Kind: Breaking, Witness: encode(v)}
		}
	}
	return Verdict{Kind: Safe}
}

// The shares of the steps of a question that the search may take beside the solver, and
// that judging single values may take in each phase. They keep the whole within the steps
// that were asked for and a fifth.
const (
	searchShare = 20
	evalShare   = 4 // such a step is a quarter of one of the solver's
)

// witness reports whether a accepts the value and b does not, as far as that can be told.
func (q *question) witness(v any) bool {
	if q.evals <= 0 {
		return false
	}
	w, told := q.judge(v)
	return w && told
}

// judge reports whether a accepts the value and b does not. Where the engines' evaluator
// cannot tell, the library does; told is false if it cannot either.
func (q *question) judge(v any) (witness, told bool) {
	ev := evaluator{limit: max(1, min(maxEvaluation, q.evals))}
	inA, inB := ev.accepts(q.na, v), false
	if inA && ev.unsure == "" {
		inB = ev.accepts(q.nb, v)
	}
	q.evals -= ev.steps
	q.solver.spent += ev.steps / evalShare
	if ev.unsure == "" {
		return inA && !inB, true
	}
	q.evals -= librarySteps
	text := encode(v)
	inA, errA := q.a.Valid(text)
	inB, errB := q.b.Valid(text)
	return inA && !inB, errA == nil && errB == nil
}

// librarySteps is what asking the library counts for.
const librarySteps = 100

// seen reports whether the library accepts the value under a and rejects it under b.
func (q *question) seen(value json.RawMessage) bool {
	inA, errA := q.a.Valid(value)
	inB, errB := q.b.Valid(value)
	return errA == nil && errB == nil && inA && !inB
}

// breaking returns the verdict with a witness, made small and seen by the library.
func (q *question) breaking(v any) Verdict {
	q.evals = q.steps / evalShare
	s := shrinker{witness: q.witness, whole: v, left: maxShrunk}
	s.shrink(nil)
	for _, like := range q.examples {
		s.resemble(nil, like)
	}
	for _, v := range []any{s.whole, v} {
		if w := encode(v); q.seen(w) {
			return Verdict{Kind: Breaking, Witness: w}
		}
	}
	return Verdict{Stuck: fmt.Sprintf("a witness that the JSON Schema library does not judge, or not as the engines do: %s", shorten(encode(v)))}
}

// maxShown is how many bytes of a value are told.
const maxShown = 200

func shorten(text json.RawMessage) string {
	if len(text) <= maxShown {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:maxShown]), "") + "..."
}
