package finding

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// How much of the user's text a finding holds, in bytes. A key or an event name can be
// as long as an event, and each of thousands of findings would hold it: what is longer
// is cut, see [Finding.Bound]. No name that somebody means is that long; Segment itself
// takes events of 32 KiB at most.
const (
	maxName    = 256     // of each step of the pointer, and of the event's type, name and version
	maxPointer = 2 << 10 // of the pointer as a whole
	maxText    = 4 << 10 // of the message, and of the hint
)

// Bound cuts what is too long in a finding, so that many findings about a hostile event
// fit into memory. What is cut off is replaced by its length and a hash, so that two
// names that begin alike stay two: "kkkk...(1000000 bytes, 5e884898da280471)". A pointer
// stays one. Bound changes nothing in a finding that was bounded before.
func (f *Finding) Bound() {
	f.Pointer = boundPointer(f.Pointer)
	for _, name := range []*string{&f.Event.Type, &f.Event.Name, &f.Event.Version} {
		*name = cut(*name, maxName)
	}
	f.Message, f.Hint = cut(f.Message, maxText), cut(f.Hint, maxText)
}

// boundPointer cuts the steps of a pointer that are too long, then the steps that are too
// many.
func boundPointer(pointer string) string {
	if len(pointer) <= maxName {
		return pointer
	}
	var b strings.Builder
	left := len(pointer)
	for step := range strings.SplitSeq(pointer, "/") {
		if step = cut(step, maxName); b.Len()+1+len(step) > maxPointer-maxName && left > maxName {
			rest := generalise(pointer[len(pointer)-left:]) // as the fingerprint takes it
			b.WriteString("/" + mark(rest, count(1+strings.Count(rest, "/"), "step")))
			break
		}
		if left < len(pointer) {
			b.WriteByte('/')
		}
		b.WriteString(step)
		_, rest, _ := strings.Cut(pointer[len(pointer)-left:], "/")
		left = len(rest)
	}
	return b.String()
}

// cut returns s in at most limit bytes, the last of which tell what is missing.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := mark(s, count(len(s), "byte"))
	at := limit - len(end)
	for back := 0; back < utf8.UTFMax-1 && !utf8.RuneStart(s[at]); back++ {
		at--
	}
	return strings.TrimSuffix(s[:at], "~") + end // "~" and what follows it are one character of a pointer
}

// mark stands for text that was cut; length says how long it was.
func mark(text, length string) string {
	h := sha256.New()
	_, _ = io.WriteString(h, text) // a hash takes everything
	return fmt.Sprintf("...(%s, %x)", length, h.Sum(nil)[:8])
}

// size returns about how many bytes of memory a finding takes.
func (f *Finding) size() int {
	const fields = 256 // the finding without its texts
	return fields + len(f.Pointer) + len(f.Event.Type) + len(f.Event.Name) + len(f.Event.Version) +
		len(f.Message) + len(f.Hint) + len(f.Schema) + len(f.Excerpt.Text)
}
