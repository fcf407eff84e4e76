package yamlfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/yamlfile"
)

// slow is what no file may take, with the race detector and on a busy machine. Without
// the limits the files of TestDecodeIsBounded take minutes, or all memory.
const slow = 30 * time.Second

// keys returns n members of a mapping with that value.
func keys(n int, value string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  k%d:%s\n", i, value)
	}
	return b.String()
}

// stairs returns n mappings in each other.
func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func TestDecodeIsBounded(t *testing.T) {
	const (
		tooMany = "file has more than 20000 values and signs, want fewer: split it"
		tooSlow = `too slow to read: too many tabs or "<" in a line, or blank lines in a row`
	)
	for _, tt := range []struct {
		name, text   string
		line, column int
		message      string // "" means that the file is read
	}{
		{"as large as may be", "name: " + strings.Repeat("x", yamlfile.MaxBytes-6), 0, 0, ""},
		{"too large", "name: " + strings.Repeat("x", yamlfile.MaxBytes-5), 0, 0, "file has 1048577 bytes, want at most 1048576"},
		{"as deep as may be", "any: " + strings.Repeat("[", 31) + strings.Repeat("]", 31), 0, 0, ""},
		{"brackets too deep", "any: " + strings.Repeat("[", 32) + strings.Repeat("]", 32), 1, 37, "nested more than 32 deep"},
		{"braces too deep", "any: " + strings.Repeat("{a: ", 5000), 1, 130, "nested more than 32 deep"},
		{"brackets without end", strings.Repeat("[", 200_000), 1, 20_001, tooMany},
		{"lists in a line as deep as may be", "any:\n" + strings.Repeat("- ", 31) + "a", 0, 0, ""},
		{"lists in a line too deep", "any:\n " + strings.Repeat("- ", 32), 2, 64, "nested more than 32 deep"},
		{"mappings as deep as may be", "any:\n " + strings.ReplaceAll(strings.TrimSpace(stairs(31)), "\n", "\n "), 0, 0, ""},
		{"mappings too deep", stairs(1000), 33, 34, "nested more than 32 deep"},
		{"deep twice, but not in each other", "any:\n- " + strings.Repeat("[", 29) + strings.Repeat("]", 29) + "\n- " + strings.Repeat("[", 29) + strings.Repeat("]", 29), 0, 0, ""},
		{"as many values as may be", "any:\n" + strings.Repeat("- a\n", 9999), 0, 0, ""},
		{"too many values", "any:\n" + strings.Repeat("- a\n", 10_000), 10_001, 1, tooMany},
		{"too many keys", "any:\n" + keys(50_000, " v"), 6668, 3, tooMany},
		{"the most keys", "any:\n" + keys(6666, " v"), 0, 0, ""},
		{"the most keys without values", "any:\n" + keys(9998, ""), 0, 0, ""},
		{"comments do not count", "name: a\n" + strings.Repeat("# c\n", 100_000), 0, 0, ""},
		{"a large text is one value", "name: |\n" + strings.Repeat("  {\"a\": [1, 2], - ? : # & * ! | > % \"b\": null}\n\n", 20_000), 0, 0, ""},
		{"tabs in quotes", `name: "` + strings.Repeat("\tx", 500_000) + `"`, 0, 0, tooSlow},
		{"less-than signs", "name: " + strings.Repeat("<", 1_000_000), 0, 0, tooSlow},
		{"blank lines behind a block", "name: |\n a\n" + strings.Repeat("\n", 1_000_000), 0, 0, tooSlow},
		{"some of all that", "name: |\n" + strings.Repeat("  x\t<a>\t<b>\n\n\n\n\n\n\n\n\n\n\n", 10_000), 0, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			err := yamlfile.Decode("f.yaml", []byte(tt.text), &file{})
			if took := time.Since(start); took > slow {
				t.Errorf("Decode took %v, want less than %v", took, slow)
			}
			got, _ := errors.AsType[*yamlfile.Error](err)
			var want *yamlfile.Error
			if tt.message != "" {
				want = &yamlfile.Error{File: "f.yaml", Line: tt.line, Column: tt.column, Message: tt.message}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Decode(%.60q...) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestErrorSaysThePlaceIfItIsKnown(t *testing.T) {
	for _, tt := range []struct {
		err  yamlfile.Error
		want string
	}{
		{yamlfile.Error{File: "a/b.yaml", Line: 3, Column: 7, Message: "no"}, "a/b.yaml:3:7: no"},
		{yamlfile.Error{File: "a/b.yaml", Message: "no"}, "a/b.yaml: no"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%#v.Error() = %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestDecodePanicsOnATypeThatItCannotFill(t *testing.T) {
	defer func() {
		if got, want := recover(), "yamlfile: cannot decode into chan int"; got != want {
			t.Errorf("Decode panicked with %v, want %q", got, want)
		}
	}()
	err := yamlfile.Decode("f.yaml", []byte("events: 1"), &struct{ Events chan int }{})
	t.Errorf("Decode into a channel gave %v, want a panic", err)
}

// FuzzDecodeYAMLNeverPanics: whatever the file holds, Decode returns in time, and what it
// returns is an *Error that names a place within the file, the same one each time.
func FuzzDecodeYAMLNeverPanics(f *testing.F) {
	for _, seed := range []string{
		"name: a\ncount: 1\ntags: [a, b]\nany: {a: [1, ~, x]}\n", "steps:\n- from-to: |\n    x\n\n  max: 1\n- {}\n", "headers:\r\n  a: 'b' # c\r\n",
		"0::", "{0", "*-0", ">\n>", "&{0", "0_", "0\n:", "0\n-", "{? {? ", "10.:", "true :", "- - -:  #\n", "\ufeff---\nname: \"\\x\"\n...\n", "any: |2-\n  a\n\t\n",
		"name: a\n---\n", "&0: *0\n*0:\n*0:", "%YAML 1.2\n---\n", "? a\n", "<<: {}", "!!binary x", "[a, [b, {c: d,}]]", "a: >+\n\n\n", "\"a\tb\": <<<", "é:\t1\r",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		err := yamlfile.Decode("f.yaml", data, &file{})
		if took := time.Since(start); took > slow {
			t.Errorf("Decode took %v for %d bytes", took, len(data))
		}
		if again := yamlfile.Decode("f.yaml", data, &file{}); fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("Decode gave %v, then %v", err, again)
		}
		if err == nil {
			return
		}
		at, ok := errors.AsType[*yamlfile.Error](err)
		if !ok || at.File != "f.yaml" || at.Message == "" {
			t.Fatalf("Decode gave %#v, want an *Error for f.yaml", err)
		}
		if at.Line == 0 && at.Column == 0 {
			return
		}
		lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(string(data)), "\n")
		if at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len(lines[at.Line-1])+1 {
			t.Errorf("Decode(%q) gave %v, which is outside of the file", data, at)
		}
	})
}
