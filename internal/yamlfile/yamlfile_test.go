package yamlfile_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/yamlfile"
)

// level is a text that only has some values.
type level string

func (l *level) UnmarshalText(text []byte) error {
	if string(text) != "low" && string(text) != "high" {
		return fmt.Errorf("level %q: want low or high", text)
	}
	*l = level(text)
	return nil
}

// file has a field of each type that can be read.
type file struct {
	Name     string            `yaml:"name"`
	Count    int               `yaml:"count"`
	Small    int8              `yaml:"small"`
	Share    float64           `yaml:"share"`
	Strict   bool              `yaml:"strict"`
	Tags     []string          `yaml:"tags"`
	Headers  map[string]string `yaml:"headers"`
	Inner    *inner            `yaml:"inner"`
	Steps    []inner           `yaml:"steps"`
	Within   time.Duration     `yaml:"within"`
	Level    level             `yaml:"level,omitempty"`
	Any      any               `yaml:"any"`
	Untagged string
	Path     string `yaml:"-"`
}

type inner struct {
	FromTo string `yaml:"from-to"`
	Max    *int   `yaml:"max"`
}

func ptr[T any](v T) *T { return &v }

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       file
	}{
		{"a string", "name: a b", file{Name: "a b"}},
		{"quotes", `name: "a\tb\u00e9"` + "\nuntagged: 'it''s'", file{Name: "a\tbé", Untagged: "it's"}},
		{"quoted keys", "\"name\": a\n'count': 3\n", file{Name: "a", Count: 3}},
		{"a block keeps its lines", "name: |\n  {\"a\": 1.10}\n\n    b\n", file{Name: "{\"a\": 1.10}\n\n  b\n"}},
		{"a folded block", "name: >-\n  a\n  b\n", file{Name: "a b"}},
		{"a day is a string", "name: 2026-12-31", file{Name: "2026-12-31"}},
		{"words that YAML 1.1 took for booleans", "name: off\nuntagged: yes\ntags: [no, on, y, n]", file{Name: "off", Untagged: "yes", Tags: []string{"no", "on", "y", "n"}}},
		{"numbers", "count: -3\nsmall: -128\nshare: 1.5\nstrict: true", file{Count: -3, Small: -128, Share: 1.5, Strict: true}},
		{"a whole number for a float", "share: 18446744073709551615", file{Share: 18446744073709551615}},
		{"the largest int", "count: 9223372036854775807", file{Count: 9223372036854775807}},
		{"lists", "tags: [a, 'b',]\nsteps:\n- from-to: x\n- from-to: y\n  max: 0\n", file{Tags: []string{"a", "b"}, Steps: []inner{{FromTo: "x"}, {FromTo: "y", Max: ptr(0)}}}},
		{"empty list and mapping are not nil", "tags: []\nheaders: {}", file{Tags: []string{}, Headers: map[string]string{}}},
		{"a key without a value", "name:\ntags:\nheaders: ~\ninner: null\ncount:", file{}},
		{"a mapping", "headers: {A: x, b-c: ''}", file{Headers: map[string]string{"A": "x", "b-c": ""}}},
		{"JSON", `{"name": "a", "inner": {"from-to": "b/c", "max": 2}}`, file{Name: "a", Inner: &inner{FromTo: "b/c", Max: ptr(2)}}},
		{"a duration", "within: 1m30s", file{Within: 90 * time.Second}},
		{"a text with its own type", "level: high", file{Level: "high"}},
		{"anything", "any: {a: [x, 1, -1, 1.5, true, ~, {}]}", file{Any: map[string]any{"a": []any{"x", uint64(1), int64(-1), 1.5, true, nil, map[string]any{}}}}},
		{"comments and a document's marks", "# c\n---\nname: a # c\n...\n# c\n", file{Name: "a"}},
		{"byte order mark", "\ufeffname: a", file{Name: "a"}},
		{"CR LF", "name: a\r\ntags:\r\n- |\r\n  x\r\n  y\r\ncount: 1\r\n", file{Name: "a", Tags: []string{"x\ny\n"}, Count: 1}},
		{"a tab behind a colon", "name:\ta", file{Name: "a"}},
		{"replacement character", "name: \ufffd", file{Name: "\ufffd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got file
			if err := yamlfile.Decode("f.yaml", []byte(tt.text), &got); err != nil {
				t.Fatalf("Decode(%q): %v", tt.text, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decode(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestDecodeLeavesOtherFieldsAlone(t *testing.T) {
	got := file{Name: "before", Count: 7, Tags: []string{"before"}, Path: "kept"}
	if err := yamlfile.Decode("f.yaml", []byte("count:\ntags: [a]\n"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file{Name: "before", Tags: []string{"a"}, Path: "kept"}, got); diff != "" {
		t.Errorf("Decode (-want +got):\n%s", diff)
	}
}

// fault is a text and the error that it gives.
type fault struct {
	name, text   string
	line, column int
	message      string
}

// checkFaults asks for each error as a whole.
func checkFaults(t *testing.T, faults []fault) {
	t.Helper()
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			err := yamlfile.Decode("dir/f.yaml", []byte(tt.text), &file{})
			got, _ := errors.AsType[*yamlfile.Error](err)
			want := &yamlfile.Error{File: "dir/f.yaml", Line: tt.line, Column: tt.column, Message: tt.message}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Decode(%.200q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

const knownKeys = "want one of name, count, small, share, strict, tags, headers, inner, steps, within, level, any, untagged"

func TestDecodeRefusesKeys(t *testing.T) {
	checkFaults(t, []fault{
		{"unknown", "name: a\nnmae: b\n", 2, 1, `unknown key "nmae", ` + knownKeys},
		{"the first of two unknown", "zz: 1\nyy: 2\n", 1, 1, `unknown key "zz", ` + knownKeys},
		{"unknown in a list's item", "steps:\n  - from-to: a\n    till: b\n", 3, 5, `unknown key "till", want one of from-to, max`},
		{"unknown in braces", "inner: {é: 1}", 1, 9, `unknown key "é", want one of from-to, max`},
		{"another case", "Name: a", 1, 1, `unknown key "Name", ` + knownKeys},
		{"a field that is not read", "path: a", 1, 1, `unknown key "path", ` + knownKeys},
		{"empty", "'': a", 1, 1, `unknown key "", ` + knownKeys},
		{"repeated", "name: a\ncount: 1\nname: b\n", 3, 1, `key "name" is there already, in line 1`},
		{"repeated in other quotes", "name: a\n\"name\": a\n", 2, 1, `key "name" is there already, in line 1`},
		{"repeated in a mapping", "headers:\n  a: x\n  a: x\n", 3, 3, `key "a" is there already, in line 2`},
		{"repeated in braces", "any: {a: 1, b: 2, a: 1}", 1, 19, `key "a" is there already, in line 1`},
		{"repeated without values", "any: {a, a}", 1, 10, `key "a" is there already, in line 1`},
		{"a number", "name: a\n1: b\n", 2, 1, "got number 1 for a key, want a string: put it in quotes"},
		{"a boolean", "headers: {true: b}", 1, 11, "got true for a key, want a string: put it in quotes"},
		{"null", "headers: {~: b}", 1, 11, "got nothing for a key, want a string: put it in quotes"},
		{"long", strings.Repeat("k", 129) + ": a", 1, 1, "key has 129 bytes, want at most 128"},
	})
}

func TestDecodeRefusesTypes(t *testing.T) {
	checkFaults(t, []fault{
		{"number for a string", "name: 12", 1, 7, "got number 12, want a string: put it in quotes"},
		{"number that would lose its text", "name: 1.10", 1, 7, "got number 1.10, want a string: put it in quotes"},
		{"boolean for a string", "name: true", 1, 7, "got true, want a string: put it in quotes"},
		{"list for a string", "name: [a]", 1, 7, "got a list, want a string"},
		{"mapping for a string", "name:\n  a: b\n", 2, 3, "got a mapping, want a string"},
		{"mapping in braces for a string", "name: {a: b}", 1, 7, "got a mapping, want a string"},
		{"nothing for an item", "tags:\n- a\n-\n", 3, 2, "got nothing, want a string"},
		{"nothing for a member", "headers:\n  a:\n", 2, 5, "got nothing, want a string"},
		{"string for a number", `count: "3"`, 1, 8, `got string "3", want a whole number`},
		{"long string", "count: " + strings.Repeat("é", 41), 1, 8, `got string "` + strings.Repeat("é", 40) + `"..., want a whole number`},
		{"block for a number", "count: |\n  3\n", 1, 8, `got string "3\n", want a whole number`},
		{"float for a whole number", "count: 3.7", 1, 8, "got number 3.7, want a whole number"},
		{"too large", "small: 128", 1, 8, "got number 128, want one that fits into 8 bits"},
		{"too small", "small: -129", 1, 8, "got number -129, want one that fits into 8 bits"},
		{"too large for any int", "count: 9223372036854775808", 1, 8, "got number 9223372036854775808, want one that fits into 64 bits"},
		{"string for a float", "share: many", 1, 8, `got string "many", want a number`},
		{"string for a boolean", "strict: yes", 1, 9, `got string "yes", want true or false`},
		{"string for a list", "tags: a", 1, 7, `got string "a", want a list`},
		{"mapping for a list", "steps: {from-to: a}", 1, 8, "got a mapping, want a list"},
		{"list for a mapping", "headers:\n- a\n", 2, 1, "got a list, want a mapping"},
		{"string for an object", "inner: a", 1, 8, `got string "a", want a mapping`},
		{"number for a duration", "within: 5", 1, 9, `got number 5, want a duration, as "5s"`},
		{"string for a duration", "within: soon", 1, 9, `got string "soon", want a duration, as "5s"`},
		{"a value that its type refuses", "level: mid", 1, 8, `level "mid": want low or high`},
		{"number for such a type", "level: 1", 1, 8, "got number 1, want a string: put it in quotes"},
		{"behind characters of several bytes", "tags: [é日, 1]", 1, 15, "got number 1, want a string: put it in quotes"},
		{"behind a tab", "name:\t\t1", 1, 8, "got number 1, want a string: put it in quotes"},
		{"behind a comment in a file with CR LF", "name: a # ö\r\n# c\r\ncount: x\r\n", 3, 8, `got string "x", want a whole number`},
		{"behind a block in a file with CR LF", "name: |\r\n  a\r\n\r\ncount: x\r\n", 4, 8, `got string "x", want a whole number`},
		{"behind a byte order mark", "\ufeffname: 1", 1, 7, "got number 1, want a string: put it in quotes"},
		{"a list for the file", "- a\n", 1, 1, "got a list, want a mapping"},
		{"a string for the file", "name", 1, 1, `got string "name", want a mapping`},
	})
}

func TestDecodeRefusesWhatSurprises(t *testing.T) {
	checkFaults(t, []fault{
		{"anchor", "name: &a b", 1, 7, "anchors and aliases are not read; write the value out"},
		{"alias", "name: b\nuntagged: *a\n", 2, 11, "anchors and aliases are not read; write the value out"},
		{"the billion laughs", "any: &a [x, x]\nname: [*a, *a]", 1, 6, "anchors and aliases are not read; write the value out"},
		{"merge key", "any:\n  <<: {a: b}\n", 2, 3, "merge keys are not read; write the members out"},
		{"tag", "name: !!str 12", 1, 7, "tags are not read; put quotes around a text"},
		{"unknown tag", "name: !env HOME", 1, 7, "tags are not read; put quotes around a text"},
		{"directive", "%YAML 1.2\n---\nname: a\n", 1, 1, "directives are not read; leave the line out"},
		{"complex key", "? name\n: a\n", 1, 1, `"? " is not read; write the key and a colon`},
		{"infinity", "share: .inf", 1, 8, "numbers without a value are not read"},
		{"not a number", "any: .nan", 1, 6, "numbers without a value are not read"},
		{"two documents", "name: a\n---\ncount: 1\n", 2, 1, "got a second document, want one in a file"},
		{"a document behind the end", "name: a\n...\ncount: 1\n", 3, 1, "got a second document, want one in a file"},
		{"an empty second document", "name: a\n---\n", 2, 1, "got a second document, want one in a file"},
		{"an empty first document", "---\n---\nname: a\n", 2, 1, "got a second document, want one in a file"},
	})
}

func TestDecodeRefusesWhatIsNotYAML(t *testing.T) {
	checkFaults(t, []fault{
		{"empty", "", 0, 0, "file is empty"},
		{"white space", " \n\t\n", 0, 0, "file is empty"},
		{"comments", "# a\n# b\n", 0, 0, "file is empty"},
		{"a document of nothing", "---\n", 0, 0, "file is empty"},
		{"null", "~\n", 0, 0, "file is empty"},
		{"tab for an indent", "inner:\n\tfrom-to: a\n", 2, 1, "found character '\t' that cannot start any token"},
		{"quotes without an end", "count: 1\nname: 'a\n", 2, 7, "could not find end character of single-quoted text"},
		{"list without an end", "name: a\ntags: [a,\n  b\n", 2, 7, "sequence end token ']' not found"},
		{"mapping in a line", "name: a: b", 1, 7, "mapping value is not allowed in this context"},
		{"unknown escape", `name: "\q"`, 1, 9, "found unknown escape character 'q'"},
		{"not UTF-8", "count: 1\nname: \"é\xff\"\n", 2, 10, "got byte 0xff, want UTF-8"},
		{"control character", "name: a\x00b", 1, 8, "got the control character U+0000, want text"},
	})
}

// often is a number of times, or a word.
type often int

func (o *often) UnmarshalYAML(decode func(any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	if v == "always" {
		*o = -1
		return nil
	}
	if _, isText := v.(string); isText {
		return errors.New(`want a number or "always"`)
	}
	return decode((*int)(o))
}

func TestUnmarshalerReadsSeveralForms(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"times: 3", "3"},
		{"times: always", "-1"},
		{"a: 1\ntimes: never", `f.yaml:2:8: want a number or "always"`},
		{"times: [1]", "f.yaml:1:8: got a list, want a whole number"},
		{"times: {a: 1, a: 2}", `f.yaml:1:15: key "a" is there already, in line 1`},
	} {
		var v struct {
			A     int   `yaml:"a"`
			Times often `yaml:"times"`
		}
		got := ""
		if err := yamlfile.Decode("f.yaml", []byte(tt.text), &v); err != nil {
			got = err.Error()
		} else {
			got = strconv.Itoa(int(v.Times))
		}
		if got != tt.want {
			t.Errorf("Decode(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestPlacesOfKeys(t *testing.T) {
	const text = "\ufeffname: é\r\nlist:\r\n  - a: 1\r\n    \"x/y\": {b: 2, c: [7, 8]}\r\n  - 5\r\n"
	places := yamlfile.Locate([]byte(text))
	for pointer, want := range map[string]string{
		"": "1:1", "/name": "1:1", "/list": "2:1", "/list/0": "3:5", "/list/0/a": "3:5", "/list/0/x~1y": "4:5",
		"/list/0/x~1y/c/1": "4:26", "/list/1": "5:5", "/list/2": "0:0", "/list/0/none/deeper": "0:0",
	} {
		line, column := places.Key(pointer)
		if got := fmt.Sprintf("%d:%d", line, column); got != want {
			t.Errorf("Key(%q) = %s, want %s", pointer, got, want)
		}
	}
}
