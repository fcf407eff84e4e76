package exporter

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"segproof/validator"
)

// exactNumber is a number in a const or an enum that JSON.parse would round: the steps to
// it from the table's nodes, and its text.
type exactNumber struct {
	steps []any
	text  string
}

// MarshalJSON writes the pair of both.
func (n exactNumber) MarshalJSON() ([]byte, error) { return json.Marshal([]any{n.steps, n.text}) }

// exactNumbers returns the numbers that JavaScript must be told apart as texts.
func exactNumbers(nodes []validator.Node) ([]exactNumber, error) {
	var all []exactNumber
	for i, n := range nodes {
		for _, keyword := range []struct {
			name   string
			values []json.RawMessage
		}{{"k", n.Const}, {"e", n.Enum}} {
			for j, text := range keyword.values {
				dec := json.NewDecoder(bytes.NewReader(text))
				dec.UseNumber()
				var v any
				if err := dec.Decode(&v); err != nil {
					return nil, err
				}
				all = withExact(all, v, []any{i, keyword.name, j})
			}
		}
	}
	return all, nil
}

func withExact(all []exactNumber, v any, steps []any) []exactNumber {
	inside := func(step any) []any { return append(slices.Clone(steps), step) }
	switch v := v.(type) {
	case json.Number:
		if isRounded(v.String()) {
			all = append(all, exactNumber{steps, v.String()})
		}
	case []any:
		for i, item := range v {
			all = withExact(all, item, inside(i))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = withExact(all, v[key], inside(key))
		}
	}
	return all
}

// isRounded reports whether the nearest double is written as another decimal.
func isRounded(text string) bool {
	near, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return true
	}
	want, isNumber := new(big.Rat).SetString(text)
	got, isToo := new(big.Rat).SetString(strconv.FormatFloat(near, 'e', -1, 64))
	return !isNumber || !isToo || want.Cmp(got) != 0
}
