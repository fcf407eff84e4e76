package exporter

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// jsPattern writes a Go regular expression as a JavaScript one with the flag u, which
// finds the same in every well-formed text. JavaScript's own parser would read the same
// letters otherwise: \z, (?i), \pL, [[:alpha:]] and even . and \s differ.
func jsPattern(pattern string) (string, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	writePattern(&b, re)
	return b.String(), nil
}

// fixedPatterns are the operators without operands.
func fixedPattern(op syntax.Op) (string, bool) {
	switch op {
	case syntax.OpNoMatch:
		return "[]", true
	case syntax.OpEmptyMatch:
		return "(?:)", true
	case syntax.OpAnyCharNotNL:
		return `[^\n]`, true
	case syntax.OpAnyChar:
		return "[^]", true
	case syntax.OpBeginLine:
		return `(?<![^\n])`, true
	case syntax.OpEndLine:
		return `(?![^\n])`, true
	case syntax.OpBeginText:
		return "(?<![^])", true
	case syntax.OpEndText:
		return "(?![^])", true
	case syntax.OpWordBoundary:
		return `\b`, true
	case syntax.OpNoWordBoundary:
		return `\B`, true
	}
	return "", false
}

func writePattern(b *strings.Builder, re *syntax.Regexp) {
	if text, ok := fixedPattern(re.Op); ok {
		b.WriteString(text)
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeRune(b, r, re.Flags)
		}
	case syntax.OpCharClass:
		b.WriteByte('[')
		for i := 0; i < len(re.Rune); i += 2 {
			writeEscaped(b, re.Rune[i])
			if re.Rune[i+1] > re.Rune[i] {
				b.WriteByte('-')
				writeEscaped(b, re.Rune[i+1])
			}
		}
		b.WriteByte(']')
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			writePattern(b, sub)
		}
	case syntax.OpAlternate:
		b.WriteString("(?:")
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			writePattern(b, sub)
		}
		b.WriteByte(')')
	default: // a capture, or a repetition
		b.WriteString("(?:")
		writePattern(b, re.Sub[0])
		b.WriteByte(')')
		b.WriteString(repetition(re))
	}
}

// repetition is what stands behind what is repeated.
func repetition(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpStar:
		return "*"
	case syntax.OpPlus:
		return "+"
	case syntax.OpQuest:
		return "?"
	case syntax.OpRepeat:
		switch {
		case re.Max == re.Min:
			return fmt.Sprintf("{%d}", re.Min)
		case re.Max < 0:
			return fmt.Sprintf("{%d,}", re.Min)
		}
		return fmt.Sprintf("{%d,%d}", re.Min, re.Max)
	}
	return "" // a capture
}

// writeRune writes a character that stands for itself, or for all of its cases.
func writeRune(b *strings.Builder, r rune, flags syntax.Flags) {
	if flags&syntax.FoldCase == 0 || unicode.SimpleFold(r) == r {
		writeEscaped(b, r)
		return
	}
	b.WriteByte('[')
	writeEscaped(b, r)
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		writeEscaped(b, f)
	}
	b.WriteByte(']')
}

// writeEscaped writes a character so that it stands for itself wherever it is.
func writeEscaped(b *strings.Builder, r rune) {
	if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(` _"#%&',:;<=>@~!`+"`", r)) {
		b.WriteRune(r)
		return
	}
	fmt.Fprintf(b, `\u{%x}`, r)
}
