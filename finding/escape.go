package finding

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// visible returns s as one line of text that shows what is there and does nothing:
// control characters, terminal escapes, invalid UTF-8, and characters that are
// invisible or reorder their neighbours come out as \n, \x1b or \u202e. A backslash
// stays as it is: JSON is full of them.
func visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for s != "" {
		shown, _, size := glyph(s)
		b.WriteString(shown)
		s = s[size:]
	}
	return b.String()
}

// plain reports whether s has printable ASCII only and no "#", so that no character
// of it needs a second look.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '#' {
			return false
		}
	}
	return true
}

// glyph returns how the first character of s is shown, how many columns of a
// terminal that takes, and how many bytes of s it stands for. s must not be empty.
func glyph(s string) (shown string, width, size int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		shown = fmt.Sprintf(`\x%02x`, s[0])
	case r == '\n':
		shown = `\n`
	case r == '\r':
		shown = `\r`
	case r == '\t':
		shown = `\t`
	case r < ' ' || r == 0x7f || startsCommand(s):
		shown = fmt.Sprintf(`\x%02x`, r)
	case hidden(r) && r > 0xffff:
		shown = fmt.Sprintf(`\U%08x`, r)
	case hidden(r):
		shown = fmt.Sprintf(`\u%04x`, r)
	default:
		return s[:size], columnsOf(r), size
	}
	return shown, len(shown), size
}

// hidden reports whether r shows nothing of itself: controls, bidi overrides,
// zero-width characters, blanks other than the space, private and unassigned code
// points, and the letters and marks that Unicode tells renderers to ignore.
func hidden(r rune) bool {
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// startsCommand reports whether s begins with what a CI system takes for a command
// of the job, anywhere in a line of its log: ##[error] (GitHub, and Azure Pipelines),
// ##vso[...] (Azure Pipelines), ##teamcity[...].
//
// Source: actions/runner, src/Runner.Common/ActionCommand.cs, TryParse
func startsCommand(s string) bool {
	rest, ok := strings.CutPrefix(s, "##")
	if !ok {
		return false
	}
	for i := range len(rest) {
		if c := rest[i] | 0x20; c < 'a' || c > 'z' {
			return rest[i] == '['
		}
	}
	return false
}

// lineStart returns a line, visible already, that a CI system takes for text: GitHub
// takes one that begins with "::" for a command.
func lineStart(s string) string {
	if strings.HasPrefix(strings.TrimLeft(s, " "), "::") {
		return strings.Replace(s, ":", `\x3a`, 1)
	}
	return s
}

// jsonSafe returns a JSON text that means the same as text and that a terminal or a
// CI log can show: the characters that visible would escape, inside strings, come
// out as \uXXXX.
func jsonSafe(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '#' && startsCommand(text[i:]), r == 0x7f, r > 0x7f && hidden(r):
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// columnsOf returns how many columns of a terminal r takes: 0 for a combining mark,
// 2 for East Asian wide characters and emoji, else 1. Terminals differ on the
// fringes; a caret may then stand beside its place, and nothing worse.
//
// Source: Unicode EastAsianWidth.txt, classes W and F, by block.
func columnsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115f, // Hangul Jamo initials
		r >= 0x2e80 && r <= 0x303e,   // CJK radicals and punctuation
		r >= 0x3041 && r <= 0xa4cf,   // kana, CJK ideographs, Yi
		r >= 0xa960 && r <= 0xa97f,   // Hangul Jamo Extended-A
		r >= 0xac00 && r <= 0xd7a3,   // Hangul syllables
		r >= 0xf900 && r <= 0xfaff,   // CJK compatibility ideographs
		r >= 0xfe30 && r <= 0xfe6f,   // CJK compatibility forms
		r >= 0xff01 && r <= 0xff60,   // fullwidth forms
		r >= 0xffe0 && r <= 0xffe6,   // fullwidth signs
		r >= 0x1f300 && r <= 0x1f64f, // pictographs, emoticons
		r >= 0x1f680 && r <= 0x1f6ff, // transport
		r >= 0x1f900 && r <= 0x1faff, // more pictographs
		r >= 0x20000 && r <= 0x3fffd: // CJK extensions
		return 2
	}
	return 1
}
