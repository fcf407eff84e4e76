package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
)

func TestCheckSyntaxPasses(t *testing.T) {
	for _, text := range []string{
		`{}`, ` [ ] `, `"a"`, `-0.0e+1`, "\r\n\t true \r\n", `null`, `{"a":1,"a":2}`, `"\ud800"`, `"\udc00\ud800x"`, "\"\xff\xc3\x28\"", "\"\u2028\u007f\ufeff\"", `1e1000001`,
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		`"` + strings.Repeat("x", 4<<20) + `"`,
	} {
		if err := event.CheckSyntax([]byte(text)); err != nil {
			t.Errorf("CheckSyntax(%.60q) = %v, want nil", text, err)
		}
	}
}

func TestCheckSyntaxOfWhiteSpace(t *testing.T) {
	for _, text := range []string{"", " ", "\r\n\t \n", strings.Repeat("\n", 1<<20)} {
		if err := event.CheckSyntax([]byte(text)); err != event.ErrEmpty {
			t.Errorf("CheckSyntax(%.20q) = %v, want ErrEmpty", text, err)
		}
	}
}

func TestCheckSyntax(t *testing.T) {
	const ends = "the text ends in the middle of a value"
	for _, tt := range []struct {
		name, text string
		offset     int
		message    string
	}{
		{"garbage behind", `{} x`, 3, "invalid character 'x' after top-level value"},
		{"a second value", "{}\n{}", 3, "invalid character '{' after top-level value"},
		{"a comma behind", `{},`, 2, "invalid character ',' after top-level value"},
		{"a null byte behind", "{}\x00", 2, `invalid character '\x00' after top-level value`},
		{"newline in a string", "{\"a\":\"b\nc\"}", 7, `invalid character '\n' in string literal`},
		{"tab in a key", "{\"a\tb\":1}", 3, `invalid character '\t' in string literal`},
		{"null byte in a string", "\"\x00\"", 1, `invalid character '\x00' in string literal`},
		{"vertical tab for white space", "\v{}", 0, `invalid character '\v' looking for beginning of value`},
		{"no-break space for white space", "[\u00a0]", 1, `invalid character '\u00a0' looking for beginning of value`},
		{"byte order mark", "\ufeff{}", 0, `invalid character '\ufeff' looking for beginning of value`},
		{"nothing but a byte order mark", "\ufeff", 0, `invalid character '\ufeff' looking for beginning of value`},
		{"a word of several bytes", `{"a":日本}`, 5, "invalid character '日' looking for beginning of value"},
		{"typographic quotes", `{“a”:1}`, 1, "invalid character '“' looking for beginning of object key string"},
		{"not UTF-8 outside of strings", "{\"a\":\xff}", 5, "invalid byte 0xff looking for beginning of value"},
		{"half a character at the end", "{\"a\":1}\xe6", 7, "invalid byte 0xe6 after top-level value"},
		{"truncated object", `{"a":1`, 6, ends},
		{"truncated key", `{"a`, 3, ends},
		{"truncated behind a comma, in white space", "[1, \n", 5, ends},
		{"truncated number", `-`, 1, ends},
		{"truncated word", `tru`, 3, ends},
		{"truncated escape", `"\u00`, 5, ends},
		{"unknown escape", `"\x41"`, 2, "invalid character 'x' in string escape code"},
		{"escape that is not hexadecimal", `"\u00g0"`, 5, `invalid character 'g' in \u hexadecimal character escape`},
		{"single quotes", `{'a':1}`, 1, `invalid character '\'' looking for beginning of object key string`},
		{"comma at the end of an object", `{"a":1,}`, 7, "invalid character '}' looking for beginning of object key string"},
		{"comma at the end of an array", `[1,]`, 3, "invalid character ']' looking for beginning of value"},
		{"no comma", `[1 2]`, 3, "invalid character '2' after array element"},
		{"no colon", `{"a" 1}`, 5, "invalid character '1' after object key"},
		{"brackets that do not match", `[{"a":1]`, 7, "invalid character ']' after object key:value pair"},
		{"a comment", `{/* a */}`, 1, "invalid character '/' looking for beginning of object key string"},
		{"leading zero", `[01]`, 2, "invalid character '1' after array element"},
		{"NaN", `[NaN]`, 1, "invalid character 'N' looking for beginning of value"},
		{"misspelt word", `nil`, 1, "invalid character 'i' in literal null (expecting 'u')"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := &event.SyntaxError{Offset: tt.offset, Message: tt.message}
			if diff := cmp.Diff(error(want), event.CheckSyntax([]byte(tt.text)), cmp.Comparer(sameError)); diff != "" {
				t.Errorf("CheckSyntax(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestCheckSyntaxOfDeepText(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		offset     int
	}{
		{"10,001 arrays", strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), 10_000},
		{"200,000 open brackets", strings.Repeat("[", 200_000), 10_000},
		{"10,001 objects", strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001), 50_000},
		{"4 MB of brackets in white space", "  " + strings.Repeat("[", 4<<20), 10_002},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			want := &event.SyntaxError{Offset: tt.offset, Message: "nested more than 10,000 deep", TooDeep: true}
			if diff := cmp.Diff(error(want), event.CheckSyntax([]byte(tt.text)), cmp.Comparer(sameError)); diff != "" {
				t.Errorf("CheckSyntax(%.20q...) (-want +got):\n%s", tt.text, diff)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("CheckSyntax took %v", took)
			}
		})
	}
}

func TestSyntaxErrorSaysWhere(t *testing.T) {
	err := event.SyntaxError{Offset: 12, Message: "no"}
	if got, want := err.Error(), "offset 12: no"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
