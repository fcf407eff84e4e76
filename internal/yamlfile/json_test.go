package yamlfile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/yamlfile"
)

// amount reads a number or a text.
type amount string

func (a *amount) UnmarshalJSON(text []byte) error {
	if text[0] == '{' || text[0] == '[' {
		return fmt.Errorf("got %s, want an amount", text)
	}
	*a = amount(text)
	return nil
}

type jsonFile struct {
	Raw    json.RawMessage `yaml:"raw"`
	Amount amount          `yaml:"amount"`
	List   []struct {
		Raw json.RawMessage `yaml:"raw"`
	} `yaml:"list"`
}

func TestDecodeJSON(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"members stay in order", "raw:\n  b: 1\n  a: [x, ~, true]\n", `{"b":1,"a":["x",null,true]}`},
		{"JSON stays", `{"raw": {"b": [1.10, -0, 1e5, 1E+400, {"a\"b": "\u00e9\n"}], "c": {}}}`, `{"b":[1.10,-0,1e5,1E+400,{"a\"b":"é\n"}],"c":{}}`},
		{"numbers of many digits", "raw: [123456789012345678901234567890, 0.1234567890123456789012345678901]", `[123456789012345678901234567890,0.1234567890123456789012345678901]`},
		{"quoted numbers are texts", "raw: ['12', \"1e5\", '1']", `["12","1e5","1"]`},
		{"a block is a text", "raw: |\n  1e5\n", `"1e5\n"`},
		{"angles stay", "raw: <&>", `"<&>"`},
		{"words", "raw: [True, yes, null, 2026-11-24, 1.2.3, -, '']", `[true,"yes",null,"2026-11-24","1.2.3","-",""]`},
		{"no value", "raw:\n", ""},
		{"null within", "raw: {a: }", `{"a":null}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got jsonFile
			if err := yamlfile.Decode("f.yaml", []byte(tt.text), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got.Raw)); diff != "" {
				t.Errorf("Decode(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// An item or a member that has no value is null in JSON.
func TestDecodeJSONNull(t *testing.T) {
	var got struct {
		List    []json.RawMessage
		Mapping map[string]json.RawMessage
	}
	if err := yamlfile.Decode("f.yaml", []byte("list: [~, 1]\nmapping:\n  a:\n"), &got); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%s %s", got.List, got.Mapping); text != "[null 1] map[a:null]" {
		t.Errorf("got %s, want [null 1] map[a:null]", text)
	}
}

func TestDecodeJSONFaults(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"raw: {a: 0x1F}", "f.yaml:1:10: got number 0x1F, want it as JSON writes it, or in quotes for a text"},
		{"raw:\n- 1_000", "f.yaml:2:3: got number 1_000, want it as JSON writes it, or in quotes for a text"},
		{"raw: [.5]", "f.yaml:1:7: got number .5, want it as JSON writes it, or in quotes for a text"},
		{"raw: {a: 1, b: 2, a: 3}", `f.yaml:1:19: key "a" is there already, in line 1`},
		{"raw: {1: a}", "f.yaml:1:7: got number 1 for a key, want a string: put it in quotes"},
		{"amount:\n  a: 1\n", `f.yaml:2:3: got {"a":1}, want an amount`},
	} {
		var got jsonFile
		err := yamlfile.Decode("f.yaml", []byte(tt.text), &got)
		if _, ok := errors.AsType[*yamlfile.Error](err); !ok || err.Error() != tt.want {
			t.Errorf("Decode(%q)\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func TestLocate(t *testing.T) {
	const text = "# head\r\nraw:\r\n  a/b: {c: [x, \"é\", {d: 1}]}\r\n  e:\r\nlist:\r\n- raw: 1\r\n-\r\n  raw:\r\n    ~t: 2\r\n"
	p := yamlfile.Locate([]byte(text))
	for _, tt := range []struct{ pointer, key, value string }{
		{"", "2:1", "2:1"},
		{"/raw", "2:1", "3:3"},
		{"/raw/a~1b", "3:3", "3:8"},
		{"/raw/a~1b/c", "3:9", "3:12"},
		{"/raw/a~1b/c/1", "3:16", "3:16"},
		{"/raw/a~1b/c/2/d", "3:23", "3:26"},
		{"/raw/e", "4:3", "4:3"},
		{"/list", "5:1", "6:1"},
		{"/list/0", "6:3", "6:3"},
		{"/list/1/raw/~0t", "9:5", "9:9"},
		{"/list/2", "0:0", "0:0"},
		{"/list/-1", "0:0", "0:0"},
		{"/none", "0:0", "0:0"},
		{"/none/a", "0:0", "0:0"},
		{"/raw/e/a", "0:0", "0:0"},
	} {
		line, column := p.Key(tt.pointer)
		if got := fmt.Sprintf("%d:%d", line, column); got != tt.key {
			t.Errorf("Key(%q) = %s, want %s", tt.pointer, got, tt.key)
		}
		line, column = p.Value(tt.pointer)
		if got := fmt.Sprintf("%d:%d", line, column); got != tt.value {
			t.Errorf("Value(%q) = %s, want %s", tt.pointer, got, tt.value)
		}
	}
	for _, broken := range []string{"", "a: [", "a: &b c", "\xff", "# nothing"} {
		if line, column := yamlfile.Locate([]byte(broken)).Value("/a"); line != 0 || column != 0 {
			t.Errorf("Locate(%q): /a is at %d:%d, want nowhere", broken, line, column)
		}
	}
}
