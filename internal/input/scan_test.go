package input

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"segproof/event"
)

// scanAll runs a scanner over text in pieces of n bytes.
func scanAll(text []byte, n int) (int, verdict) {
	var sc scanner
	for from := 0; from < len(text); from += n {
		piece := text[from:min(from+n, len(text))]
		if i, v := sc.scan(piece); v != more {
			return from + i, v
		}
	}
	if sc.endOfInput() {
		return len(text), whole
	}
	return len(text), more
}

// FuzzScannerAgreesWithJSON holds that the scanner and encoding/json call the same texts
// JSON, and stop at the same byte of the others.
func FuzzScannerAgreesWithJSON(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `{"a":1}`, `[1,2.5e-3,-0,true,false,null,"x\u00e9\n"]`, `{"a":{"b":[{"c":[]}]}}`, ` { "a" : [ 1 , 2 ] } `,
		`-`, `01`, `1.`, `1e`, `1e+`, `-x`, `.5`, `+1`, `1.5.5`, `1e5e5`, `tru`, `trux`, `nul`, `fals`, `"\x"`, `"\u12g4"`, "\"\n\"", `"`,
		`{`, `[`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `[1`, `[1,`, `{,}`, `[,]`, `{"a":1,}`, `[1,]`, `{a:1}`, `{'a':1}`, `{"a" 1}`, `[1 2]`, `{"a":1]`, `[1}`, `]`, `}`, `:`,
		"\x00", "\ufeff{}", "{\"\xff\":1}", `{"a":"` + strings.Repeat("x", 70) + `"}`, strings.Repeat("[", 130) + strings.Repeat("]", 130),
		strings.Repeat(`{"a":[`, 70) + strings.Repeat(`]}`, 70), `1 2`, `{}{}`, `0`, `12`, `1.25`, `1E9`,
	} {
		f.Add([]byte(text), uint8(1))
		f.Add([]byte(text), uint8(255))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		n, v := scanAll(text, int(size)+1)
		if v == whole && strings.Trim(string(text[n:]), blank) != "" {
			text = text[:n] // several values: encoding/json must agree on the first
		}
		err := event.CheckSyntax(text)
		var syntax *event.SyntaxError
		switch {
		case errors.As(err, &syntax) && syntax.TooDeep:
			// The scanner goes on.
		case (err == nil) != (v == whole):
			t.Errorf("scan(%q) = %d, %v; encoding/json says %v", text, n, v, err)
		case v == whole && !json.Valid(text[:n]):
			t.Errorf("scan(%q) ends at %d, which is not the end of a value", text, n)
		case v == bad && syntax.Offset != n, v == more && syntax != nil && syntax.Offset < len(text)-1:
			// Of a number or a literal that ends early encoding/json names the last byte.
			t.Errorf("scan(%q) stops at %d (%v), encoding/json at %d", text, n, v, syntax.Offset)
		}
	})
}

func TestScannerNestsDeeply(t *testing.T) {
	const depth = 1 << 17
	text := strings.Repeat(`[{"a":`, depth) + "1" + strings.Repeat("}]", depth)
	if n, v := scanAll([]byte(text), 1<<16); n != len(text) || v != whole {
		t.Errorf("scan of %d levels = %d, %v; want %d, whole", 2*depth, n, v, len(text))
	}
	swapped := strings.Repeat(`[{"a":`, depth) + "1" + strings.Repeat("}]", depth-1) + "]}"
	if n, v := scanAll([]byte(swapped), 1<<16); n != len(text)-2 || v != bad {
		t.Errorf("scan of %d levels with the last swapped = %d, %v; want %d, bad", 2*depth, n, v, len(text)-2)
	}
	endless := strings.Repeat("[", maxNesting+2)
	if n, v := scanAll([]byte(endless), 1<<20); n != maxNesting || v != bad {
		t.Errorf("scan without an end = %d, %v; want %d, bad", n, v, maxNesting)
	}
}
