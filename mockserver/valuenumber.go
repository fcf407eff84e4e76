package mockserver

import "strings"

// decimal is the value of a JSON number: digits times ten to the power of exponent. Two
// numbers are the same if their decimals are.
type decimal struct {
	negative bool
	digits   string // without zeros at either end; "" for zero
	exponent int64
	beyond   string // the written exponent, if it is too long for exponent to hold it
}

// maxExponentDigits is how long an exponent may be written for two ways of writing one
// number to be found the same. Longer ones, which no sender has a use for, are compared
// by their text, so that no number costs more than its length.
const maxExponentDigits = 17

// decimalOf returns the value of a JSON number.
func decimalOf(number string) decimal {
	var d decimal
	number, d.negative = strings.CutPrefix(number, "-")
	mantissa, power := number, ""
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa, power = number[:i], strings.TrimPrefix(number[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return decimal{} // -0 and 0e9 are zero too
	}
	d.exponent = int64(len(digits) - len(d.digits) - len(fraction))
	power, down := strings.CutPrefix(power, "-")
	power = strings.TrimLeft(power, "0")
	switch {
	case len(power) > maxExponentDigits && down:
		d.beyond = "-" + power
	case len(power) > maxExponentDigits:
		d.beyond = power
	default:
		n := int64(0)
		for _, c := range []byte(power) {
			n = n*10 + int64(c-'0')
		}
		if down {
			n = -n
		}
		d.exponent += n
	}
	return d
}

// isWhole reports whether the number has no fraction: 1.0 and 1e2 have none.
func (d decimal) isWhole() bool {
	if d.beyond != "" {
		return d.beyond[0] != '-'
	}
	return d.exponent >= 0
}

// sameNumber reports whether two JSON numbers have one value.
func sameNumber(a, b string) bool { return a == b || decimalOf(a) == decimalOf(b) }
