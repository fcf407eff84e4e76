package importer

import (
	"regexp"
	"strings"
	"sync"
)

// footnoteSigns are the letters that footnotes are marked with, as a class of a pattern
// lists them.
const footnoteSigns = `⁰¹²³⁴-⁹†‡⁎ᵃᵇᶜᵈᵉ`

// footnotes are the marks of footnotes at the end of a name, a type or a heading.
var footnotes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:\s*(?:\[\^[^\]]+\]|[` + footnoteSigns + `](?:\s*,)?))+$`)
})

// footnoteOf returns the marks at the end of a text, "" if there are none.
func footnoteOf(s string) string {
	if s == "" || s[len(s)-1] < 0x80 && s[len(s)-1] != ']' {
		return ""
	}
	return footnotes().FindString(s)
}

// superscriptTag is a mark of a footnote, or a power, in HTML.
var superscriptTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i)<sup\b[^<>]*>\s*(?:<a\b[^<>]*>)?\s*\[?\(?([0-9]{1,3}|[a-e]|\*)\)?\]?(?:\([^()]*\))?\s*(?:</a>)?\s*</sup>`)
})

// superscript returns what a <sup> at the beginning of a text stands for, in letters that
// tell it from what it stands behind: "sku<sup>1</sup>" is no "sku1". n is how long it is, 0
// if there is none.
func superscript(s string) (text string, n int) {
	if len(s) < 4 || !strings.EqualFold(s[:4], "<sup") {
		return "", 0
	}
	m := superscriptTag().FindStringSubmatch(s[:min(len(s), 300)])
	if m == nil {
		return "", 0
	}
	return strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹",
		"a", "ᵃ", "b", "ᵇ", "c", "ᶜ", "d", "ᵈ", "e", "ᵉ", "*", "⁎").Replace(strings.ToLower(m[1])), len(m[0])
}
