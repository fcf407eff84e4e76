package inclusion

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// rational returns the exact value of a JSON number, which the validator's guard has
// passed.
func rational(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// kindOf returns the kind of a decoded JSON value.
func kindOf(v any) kinds {
	switch v := v.(type) {
	case nil:
		return nulls
	case bool:
		return booleans
	case json.Number:
		if rational(v).IsInt() {
			return integers
		}
		return fractions
	case string:
		return texts
	case []any:
		return arrays
	}
	return objects
}

// equal reports whether two decoded JSON values are the same, numbers by value.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || rational(a).Cmp(rational(b)) == 0)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	}
	kind := kindOf(b)
	return kind&(nulls|booleans|texts) != 0 && a == b
}

// contains reports whether a value is in a list.
func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(other any) bool { return equal(v, other) })
}

// canonical writes a JSON value so that equal values have one text.
func canonical(v any) string {
	var b strings.Builder
	writeCanonical(&b, v)
	return b.String()
}

func writeCanonical(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case json.Number:
		b.WriteString(string(numberText(rational(v))))
	case string:
		b.WriteString(strconv.Quote(v))
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeCanonical(b, item)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Quote(name) + ":")
			writeCanonical(b, v[name])
		}
		b.WriteByte('}')
	}
}

// maxPlainDigits is how many digits a number may have before it is written with an
// exponent.
const maxPlainDigits = 21

// numberText writes a number whose denominator has no prime factors but 2 and 5, exactly.
// There are no others: whatever the engines compute comes from decimal numbers by sums,
// products and halves. Of any other number it writes the first digits.
func numberText(r *big.Rat) json.Number {
	places := decimals(r.Denom())
	scaled := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	scaled.Mul(scaled, r.Num())
	digits := new(big.Int).Quo(scaled, r.Denom()).String()
	if r.IsInt() && len(digits) <= maxPlainDigits || places > 0 && places <= maxPlainDigits {
		return json.Number(r.FloatString(places))
	}
	exponent := -places
	short := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(short)
	if exponent == 0 || short == "" {
		return json.Number(digits)
	}
	return json.Number(short + "e" + strconv.Itoa(exponent))
}

// maxDecimals bounds the decimals of a number: those of the smallest that the validator
// lets pass.
const maxDecimals = 1000

// decimals returns how many decimals it takes to write 1/d.
func decimals(d *big.Int) int {
	rest := new(big.Int).Set(d)
	twos := int(rest.TrailingZeroBits())
	rest.Rsh(rest, uint(twos))
	fives := 0
	five, mod := big.NewInt(5), new(big.Int)
	for rest.Cmp(big.NewInt(1)) > 0 && fives < maxDecimals {
		q, m := new(big.Int).QuoRem(rest, five, mod)
		if m.Sign() != 0 {
			break
		}
		rest, fives = q, fives+1
	}
	return min(max(twos, fives), maxDecimals)
}

// encode writes a value as JSON, its keys sorted.
func encode(v any) json.RawMessage {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil // only values of the kinds that decoding gives are handed in
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}
