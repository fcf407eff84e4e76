package exporter

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// portedPattern returns what JavaScript is to look for: a text for its own expressions, or
// a program for runtime/15-program.js.
//
// Go looks for all ways at once. JavaScript tries one after the other, and what repeats
// within what repeats can keep it busy for hours: an event must not be able to stop a
// function in production. Nor does it stop at one way from each character of a text to the
// text's end, which costs the square of its length. Its own expressions are for what cannot.
func portedPattern(pattern string) (any, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if variable(re) > 1 || unbounded(re) && !anchored(re) || withinPairs(re) {
		return programOf(re)
	}
	return jsPattern(re), nil
}

// variable counts what may match in several ways: repetitions that are not of a fixed
// number, and alternatives. Within a repetition each counts twice.
func variable(re *syntax.Regexp) int {
	n, within := 0, 0
	for _, sub := range re.Sub {
		within += variable(sub)
	}
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpAlternate:
		n = 1
	case syntax.OpRepeat:
		if re.Min != re.Max {
			n = 1
		}
	}
	if re.Op != syntax.OpAlternate && within > 0 && n > 0 || re.Op == syntax.OpRepeat {
		within *= 2
	}
	return n + within
}

// unbounded reports whether something repeats as often as it is there.
func unbounded(re *syntax.Regexp) bool {
	if re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max < 0 {
		return true
	}
	return slices.ContainsFunc(re.Sub, unbounded)
}

// anchored reports whether a pattern can be found at the beginning of a text alone.
func anchored(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginText:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return anchored(re.Sub[0])
	}
	return false
}

// withinPairs reports whether a pattern asks for what V8 finds between the halves of a
// surrogate pair, too, where it looks though no character begins there: edges of lines could
// only be written as look-around, and \B is one itself. It finds \B in "a", U+1F600, "b".
func withinPairs(re *syntax.Regexp) bool {
	return slices.Contains([]syntax.Op{syntax.OpBeginLine, syntax.OpEndLine, syntax.OpNoWordBoundary}, re.Op) || slices.ContainsFunc(re.Sub, withinPairs)
}

// programOf returns the program that Go itself would run: the instruction to begin with,
// and of each its operation and its operands.
func programOf(re *syntax.Regexp) (any, error) {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	code := make([][]any, len(prog.Inst))
	for i, inst := range prog.Inst {
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			code[i] = []any{"or", inst.Out, inst.Arg}
		case syntax.InstCapture, syntax.InstNop:
			code[i] = []any{"go", inst.Out}
		case syntax.InstEmptyWidth:
			code[i] = []any{"at", inst.Out, inst.Arg}
		case syntax.InstMatch:
			code[i] = []any{"found"}
		case syntax.InstFail:
			code[i] = []any{"fail"}
		default:
			code[i] = []any{"in", inst.Out, rangesOf(inst)}
		}
	}
	return struct {
		Start int     `json:"start"`
		Code  [][]any `json:"code"`
	}{prog.Start, code}, nil
}

// rangesOf returns the characters that an instruction takes, as first and last of each
// range.
func rangesOf(inst syntax.Inst) []rune {
	switch inst.Op {
	case syntax.InstRuneAny:
		return []rune{0, unicode.MaxRune}
	case syntax.InstRuneAnyNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	}
	if len(inst.Rune) != 1 {
		return inst.Rune
	}
	r := inst.Rune[0]
	all := []rune{r, r}
	if syntax.Flags(inst.Arg)&syntax.FoldCase != 0 {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			all = append(all, f, f)
		}
	}
	return all
}

// jsPattern writes a Go regular expression as a JavaScript one with the flag u, which
// finds the same in every well-formed text. JavaScript's own parser would read the same
// letters otherwise: \z, (?i), \pL, [[:alpha:]] and even . and \s differ.
func jsPattern(re *syntax.Regexp) string {
	var b strings.Builder
	writePattern(&b, re)
	return b.String()
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
	case syntax.OpBeginText:
		return "^", true
	case syntax.OpEndText:
		return "$", true
	case syntax.OpWordBoundary:
		return `\b`, true
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
