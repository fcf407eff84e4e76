package finding

import (
	"bytes"
	"unicode/utf8"
)

// excerptReach is how many bytes of the line are shown before and behind the place that
// a finding points at.
const excerptReach = 56

// ExcerptAt cuts the piece to show from the line of text that holds offset; length
// bytes from there on are pointed at, at least one, and no further than the line goes.
// An offset at or behind the end of text points behind its last byte.
func ExcerptAt(text []byte, offset, length int) Excerpt {
	offset = max(0, min(offset, len(text)))
	start := bytes.LastIndexByte(text[:offset], '\n') + 1
	end := len(text)
	if i := bytes.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	line := bytes.TrimSuffix(text[start:end], []byte("\r"))
	at := min(offset-start, len(line))
	length = max(1, min(length, len(line)-at))
	from := runeStart(line, max(0, at-excerptReach))
	to := runeStart(line, min(len(line), at+min(length, excerptReach)+excerptReach))
	ex := Excerpt{
		Text:   string(line[from:to]),
		Start:  at - from,
		Length: max(1, min(length, to-at)),
		Before: from > 0,
		After:  to < len(line),
	}
	if at == len(line) {
		ex.Text += " " // a place to point at
	}
	return ex
}

// runeStart moves i back to the start of the rune that it stands in.
func runeStart(line []byte, i int) int {
	for back := 0; back < utf8.UTFMax-1 && i > 0 && i < len(line) && !utf8.RuneStart(line[i]); back++ {
		i--
	}
	return i
}
