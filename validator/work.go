package validator

import (
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// maxWork is how many steps judging one event by one contract may take: about a second,
// and half a gigabyte, if every step is a fault. A contract at the bound of [Load] and an
// event of hundreds of thousands of values could take hours; no other two come near.
const maxWork = 500_000

// programPerStep is how many instructions of a pattern are tried on a byte in the time of
// one step.
const programPerStep = 100

// tooMuch reports whether judging the event, of that many values and bytes, by the
// contract would take more than maxWork steps. The product of their sizes is an upper
// bound; only where that is not enough are the steps counted.
func (c *Contract) tooMuch(event map[string]any, values, bytes int) bool {
	if c.cost.steps*values+c.cost.program*bytes/programPerStep <= maxWork {
		return false
	}
	return tooMuchWork(c.schema, event)
}

// tooMuchWork reports whether judging a value by a schema would take more than maxWork
// steps.
func tooMuchWork(schema *jsonschema.Schema, v any) bool {
	w := counter{analysis: newAnalysis(schema)}
	w.value(v, state{schema: 1})
	return w.total > maxWork
}

// counter counts the steps of judging one event.
type counter struct {
	*analysis
	total int
}

// value adds the steps of a value that the schemas of s judge.
func (w *counter) value(v any, s state) {
	if len(s) == 0 || w.total > maxWork {
		return
	}
	full := w.inPlace(s)
	if w.total += w.weight(full); w.message != "" {
		w.total += maxWork // Load would have refused the contract
	}
	switch v := v.(type) {
	case string:
		w.total += w.program(full) * len(v) / programPerStep
	case map[string]any:
		program := w.program(full)
		for name, member := range v {
			w.total += program * len(name) / programPerStep
			w.below(member, full, func(s *jsonschema.Schema) []*jsonschema.Schema { return memberSchemas(s, name) })
		}
	case []any:
		for i, item := range v {
			w.below(item, full, func(s *jsonschema.Schema) []*jsonschema.Schema { return elementSchemas(s, i) })
		}
	}
}

// below adds the steps of a member or an element, which the schemas that inner returns
// judge.
func (w *counter) below(v any, full state, inner func(*jsonschema.Schema) []*jsonschema.Schema) {
	if w.total > maxWork {
		return
	}
	s := state{}
	for schema, times := range full {
		for _, below := range inner(schema) {
			s[below] += times
		}
	}
	w.value(v, s)
}
