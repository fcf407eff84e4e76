package mockserver

// Pattern is the match of a [Where], to compare any JSON object with. It does not change
// and may be used by many goroutines.
type Pattern struct{ root *pattern }

// ParsePattern reads a pattern as [Where].Match documents it. The error is an
// [*InvalidError].
func ParsePattern(text []byte) (*Pattern, error) {
	root, reasons := compilePattern(text)
	if len(reasons) > 0 {
		return nil, &InvalidError{reasons}
	}
	return &Pattern{root}, nil
}

// Differences returns the places at which a JSON text does not fit the pattern, in the
// pattern's order. The text is one that package event has passed.
func (p *Pattern) Differences(text []byte) []Difference {
	got := ParseValue(text)
	d := differ{numbers: byValue}
	d.compare("", p.root, &got)
	return d.found
}
