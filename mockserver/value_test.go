package mockserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"

	"segproof/mockserver"
)

// short writes differences on one line.
func short(found []mockserver.Difference) string {
	type bare mockserver.Difference // without String
	var all []bare
	for _, d := range found {
		all = append(all, bare(d))
	}
	return fmt.Sprint(all)
}

func TestDifferences(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		diff      string // each difference as {POINTER WANT GOT}
	}{
		{`{"a":1,"b":[true,null]}`, ` { "b" : [true , null], "a":1 } `, ""},
		{`"\u00e9\/\ud83d\udeb2"`, `"é/🚲"`, ""},
		{`1.10`, `1.1`, `[{ 1.10 1.1}]`},
		{`-0`, `0`, `[{ -0 0}]`},
		{`1e2`, `100`, `[{ 1e2 100}]`},
		{`9007199254740993`, `9007199254740992`, `[{ 9007199254740993 9007199254740992}]`},
		{`"e\u0301"`, `"é"`, "[{ \"e\u0301\" \"é\"}]"},
		{`"\ud800"`, `"\ufffd"`, `[{ "\xed\xa0\x80" "` + "\ufffd" + `"}]`},
		{`"\ud800\ud800"`, `"\ud800\ud801"`, `[{ "\xed\xa0\x80\xed\xa0\x80" "\xed\xa0\x80\xed\xa0\x81"}]`},
		{"\"\xe9\"", `"\ufffd"`, `[{ "\xe9" "` + "\ufffd" + `"}]`},
		{`null`, `false`, `[{ null false}]`},
		{`"1"`, `1`, `[{ "1" 1}]`},
		{`{}`, `[]`, `[{ {} []}]`},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":2,"d":{}}}`, `[{/a/b 1 2} {/a/c 2 nothing} {/a/d nothing {}}]`},
		{`[1,[2]]`, `[1,[3,4],5]`, `[{/1/0 2 3} {/1/1 nothing 4} {/2 nothing 5}]`},
		{`{"a":1,"a":2}`, `{"a":1,"a":2}`, ""},
		{`{"a":1,"a":2}`, `{"a":2,"a":1}`, `[{/a 1 2} {/a 2 1}]`},
		{`{"a":1,"a":2}`, `{"a":1}`, `[{/a 2 nothing}]`},
		{`{"a/b":{"~":1}}`, `{"a/b":{}}`, `[{/a~1b/~0 1 nothing}]`},
	} {
		want, got := mockserver.ParseValue([]byte(tt.want)), mockserver.ParseValue([]byte(tt.got))
		diff := ""
		if found := mockserver.Differences(want, got); len(found) > 0 {
			diff = short(found)
		}
		if diff != tt.diff {
			t.Errorf("Differences(%s, %s)\n got %s\nwant %s", tt.want, tt.got, diff, tt.diff)
		}
		if same := want.Canonical() == got.Canonical(); same != (tt.diff == "") {
			t.Errorf("canonical texts of %s and %s are the same: %t, and the comparison says %q", tt.want, tt.got, same, tt.diff)
		}
	}
}

// A text and its spelling by encoding/json are the same value, unless the spelling has
// changed what is no Unicode.
func FuzzValueIsWhatJSONSays(f *testing.F) {
	for _, text := range []string{`{"a":[1.10,-0,"\u00e9\ud83d\udeb2\ud800",null,true]}`, `"\u2028<\/>"`, `{"a":1,"a":2,"":{}}`, "\"\xe9\"", `[]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		text = bytes.TrimSpace(text)
		if !json.Valid(text) {
			t.Skip()
		}
		v := mockserver.ParseValue(text)
		var escaped bytes.Buffer
		if err := json.Compact(&escaped, text); err != nil {
			t.Fatal(err)
		}
		plain := escaped.String()
		escaped.Reset()
		json.HTMLEscape(&escaped, []byte(plain))
		same := mockserver.ParseValue(escaped.Bytes())
		if v.Canonical() != same.Canonical() || len(mockserver.Differences(v, same)) > 0 {
			t.Errorf("%q and %q are not the same", text, escaped.Bytes())
		}
		if v.Kind == '"' && utf8.ValidString(v.Text) {
			var s string
			if err := json.Unmarshal(text, &s); err != nil || s != v.Text {
				t.Errorf("%q is %q, encoding/json says %q, %v", text, v.Text, s, err)
			}
		}
	})
}
