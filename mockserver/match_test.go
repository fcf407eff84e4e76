package mockserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// arrived makes records of events, as a server would: one a line, numbered from 1.
func arrived(t testing.TB, lines string) []mockserver.Record {
	t.Helper()
	var records []mockserver.Record
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		events, err := event.Decode([]byte(strings.TrimSpace(line)), event.Place{})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, ev := range events {
			records = append(records, mockserver.Record{Seq: int64(len(records) + 1), Event: ev, MessageID: ev.MessageID(), Verdict: mockserver.Valid})
		}
	}
	return records
}

// compiled makes a Where of a match ready.
func compiled(t testing.TB, w mockserver.Where) *mockserver.Selector {
	t.Helper()
	s, err := w.Compile()
	if err != nil {
		t.Fatalf("Compile(%+v): %v", w, err)
	}
	return s
}

// comparison is a match, an event, and how they differ.
type comparison struct {
	match, event string
	want         string // the differences; "" for none
}

func testMatch(t *testing.T, comparisons []comparison) {
	t.Helper()
	for _, tt := range comparisons {
		s := compiled(t, mockserver.Where{Match: json.RawMessage(tt.match)})
		r := mockserver.Record{Event: event.Event{Raw: json.RawMessage(tt.event)}}
		var got []string
		for _, d := range s.Differences(r) {
			got = append(got, d.String())
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s against %s (-want +got):\n%s", tt.match, tt.event, diff)
		}
		if matches := s.Matches(r); matches != (tt.want == "") {
			t.Errorf("%s matches %s: %t, want %t", tt.match, tt.event, matches, tt.want == "")
		}
	}
}

func TestMatchOfValues(t *testing.T) {
	testMatch(t, []comparison{
		{`{}`, `{"a":1}`, ""},
		{`{"a":1}`, `{"b":2,"a":1}`, ""},
		{`{"a":{"b":{"c":null}}}`, `{"a":{"b":{"c":null,"d":1},"e":2}}`, ""},
		{`{"a":1,"b":"x"}`, `{"a":2,"c":3}`, `/a: want 1, got 2|/b: want "x", got nothing`},
		{`{"total":1}`, `{"Total":1}`, `/total: want 1, got nothing, but there is "Total"`},
		{`{"a":{"b":1}}`, `{"a":[1]}`, `/a: want {"b":1}, got [1]`},
		{`{"a":{"b":1}}`, `{}`, `/a: want {"b":1}, got nothing`},
		{`{"a/b":{"~":1}}`, `{"a/b":{"~":2}}`, `/a~1b/~0: want 1, got 2`},

		{`{"a":[1,{"b":2}]}`, `{"a":[1,{"b":2,"c":3}]}`, ""},
		{`{"a":[1,2]}`, `{"a":[1,2,3]}`, `/a/2: want nothing, got 3`},
		{`{"a":[1,2]}`, `{"a":[2]}`, `/a/0: want 1, got 2|/a/1: want 2, got nothing`},
		{`{"a":[]}`, `{"a":[]}`, ""},
	})
}

func TestMatchOfNumbersAndStrings(t *testing.T) {
	long := strings.Repeat("9", 5000)
	testMatch(t, []comparison{
		{`{"a":1.10}`, `{"a":1.1}`, ""},
		{`{"a":100}`, `{"a":1E+2}`, ""},
		{`{"a":0}`, `{"a":-0.0e7}`, ""},
		{`{"a":-1}`, `{"a":1}`, `/a: want -1, got 1`},
		{`{"a":0.012}`, `{"a":12e-3}`, ""},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`, `/a: want 9007199254740993, got 9007199254740992`},
		{`{"a":9007199254740993}`, `{"a":9007199254740993.000}`, ""},
		{`{"a":1e400}`, `{"a":10e399}`, ""},
		{`{"a":1e99999999999999999999}`, `{"a":1e099999999999999999999}`, ""},
		{`{"a":1e99999999999999999999}`, `{"a":1e-99999999999999999999}`, `/a: want 1e99999999999999999999, got 1e-99999999999999999999`},
		{`{"a":0e99999999999999999999}`, `{"a":0}`, ""},
		{`{"a":1e` + long + `}`, `{"a":1e` + long + `}`, ""},
		{`{"a":1}`, `{"a":"1"}`, `/a: want 1, got "1"`},
		{`{"a":true}`, `{"a":false}`, `/a: want true, got false`},
		{`{"a":null}`, `{}`, `/a: want null, got nothing`},
		{`{"a":"\u00e9\/"}`, `{"a":"é/"}`, ""},
		{`{"a":"\ud800"}`, `{"a":"\ufffd"}`, "/a: want \"\\xed\\xa0\\x80\", got \"\ufffd\""},
		{`{"a":2}`, `{"a":1,"a":2}`, ""},
		{`{"a":1}`, `{"a":1,"a":2}`, `/a: want 1, got 2`},
	})
}

func TestMatchers(t *testing.T) {
	testMatch(t, []comparison{
		{`{"a":{"$any":true}}`, `{"a":null}`, ""},
		{`{"a":{"$any":true}}`, `{"b":1}`, `/a: want any value, got nothing`},
		{`{"a":{"$absent":true}}`, `{"b":1}`, ""},
		{`{"a":{"$absent":true}}`, `{"a":null}`, `/a: want nothing, got null`},
		{`{"a":{"$type":"string"},"b":{"$type":"number"},"c":{"$type":"boolean"},"d":{"$type":"null"},"e":{"$type":"object"},"f":{"$type":"array"}}`, `{"a":"","b":1.5,"c":false,"d":null,"e":{},"f":[]}`, ""},
		{`{"a":{"$type":"integer"}}`, `{"a":1.0}`, ""},
		{`{"a":{"$type":"integer"}}`, `{"a":15e-1}`, `/a: want any integer, got 15e-1`},
		{`{"a":{"$type":"integer"}}`, `{"a":1e99999999999999999999}`, ""},
		{`{"a":{"$type":"integer"}}`, `{"a":1e-99999999999999999999}`, `/a: want any integer, got 1e-99999999999999999999`},
		{`{"a":{"$type":"boolean"}}`, `{"a":null}`, `/a: want any boolean, got null`},
		{`{"a":{"$type":"null"}}`, `{"a":true}`, `/a: want any null, got true`},
		{`{"a":{"$type":"number"}}`, `{}`, `/a: want any number, got nothing`},
		{`{"a":{"$regexp":"^ord_"}}`, `{"a":"ord_1"}`, ""},
		{`{"a":{"$regexp":"^ord_"}}`, `{"a":"x_ord_1"}`, `/a: want a string that matches "^ord_", got "x_ord_1"`},
		{`{"a":{"$regexp":"1"}}`, `{"a":1}`, `/a: want a string that matches "1", got 1`},
		{`{"a":{"$exact":{"b":{"c":1}}}}`, `{"a":{"b":{"c":1.0}}}`, ""},
		{`{"a":{"$exact":{"b":{"c":1}}}}`, `{"a":{"b":{"c":1,"d":2},"e":3}}`, `/a/b/d: want nothing, got 2|/a/e: want nothing, got 3`},
		{`{"a":{"$exact":{"b":{"$any":true},"c":{"$absent":true}}}}`, `{"a":{"b":[]}}`, ""},
		{`{"$exact":{"a":1}}`, `{"a":1,"b":2}`, `/b: want nothing, got 2`},
		{`{"a":[{"$type":"object"},{"$exact":[1]}]}`, `{"a":[{"x":1},[1]]}`, ""},
		{`{"$$set":{"$$any":true}}`, `{"$set":{"$any":true}}`, ""},
		{`{"$$set":1}`, `{"$$set":1}`, `/$set: want 1, got nothing, but there is "$$set"`},
		{`{"a":1}`, `[1]`, `want {"a":1}, got [1]`},
		{`{}`, `"text"`, `want {}, got "text"`},
	})
}

func TestWhere(t *testing.T) {
	records := arrived(t, `
{"type":"identify","userId":"u1","anonymousId":"a1"}
{"type":"track","event":"Order Completed","anonymousId":"a1"}
{"type":"page","name":"Order Completed","userId":"u2"}
{"type":"track","event":"Order Complete","userId":7}
`)
	records[2].Verdict = mockserver.Dropped
	records[2].Findings = []finding.Finding{{Rule: "name-not-string", Pointer: "/name"}}
	records[3].Verdict = mockserver.Invalid
	for _, tt := range []struct {
		where mockserver.Where
		want  []int64 // the Seqs that match
		text  string
		first string // how record 3 differs
	}{
		{mockserver.Where{}, []int64{1, 2, 3, 4}, "any event", ""},
		{mockserver.Where{Type: event.Track}, []int64{2, 4}, "track", `/type: want "track", got "page"`},
		{mockserver.Where{Name: "Order Completed"}, []int64{2, 3}, `"Order Completed"`, ""},
		{mockserver.Where{Name: "Order"}, nil, `"Order"`, `/name: want "Order", got "Order Completed"`},
		{mockserver.Where{Type: event.Track, Name: "Order Complete"}, []int64{4}, `track "Order Complete"`, `/type: want "track", got "page"|/event: want "Order Complete", got "Order Completed"`},
		{mockserver.Where{User: "a1"}, []int64{1, 2}, `any event of user "a1"`, `/userId: want "a1", got "u2"`},
		{mockserver.Where{User: "u2"}, []int64{3}, `any event of user "u2"`, ""},
		{mockserver.Where{User: "7"}, nil, `any event of user "7"`, `/userId: want "7", got "u2"`},
		{mockserver.Where{Verdict: mockserver.Valid}, []int64{1, 2}, "any event found valid", `want verdict valid, got verdict dropped: name-not-string at /name`},
		{mockserver.Where{Verdict: mockserver.Dropped}, []int64{3}, "any event found dropped", ""},
		{mockserver.Where{Type: event.Page, Match: json.RawMessage(`{"userId": {"$regexp": "1$"}}`)}, nil, `page with {"userId":{"$regexp":"1$"}}`, `/userId: want a string that matches "1$", got "u2"`},
	} {
		s := compiled(t, tt.where)
		var got []int64
		for _, r := range records {
			if s.Matches(r) {
				got = append(got, r.Seq)
			}
		}
		var differ []string
		for _, d := range s.Differences(records[2]) {
			differ = append(differ, d.String())
		}
		if diff := cmp.Diff([]any{tt.want, tt.text, tt.first}, []any{got, s.String(), strings.Join(differ, "|")}); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.where, diff)
		}
	}
}

func TestWhereThatIsNone(t *testing.T) {
	match := func(text string) mockserver.Where { return mockserver.Where{Match: json.RawMessage(text)} }
	for _, tt := range []struct {
		where mockserver.Where
		want  string
	}{
		{mockserver.Where{Type: "trak"}, `/type: no call type "trak", want one of track, identify, page, screen, group, alias, delete; did you mean "track"?`},
		{mockserver.Where{Verdict: "ok"}, `/verdict: no verdict "ok", want one of valid, invalid, dropped`},
		{mockserver.Where{Type: event.Identify, Name: "N"}, `/name: got name "N" for identify, whose calls have no name`},
		{match(`{`), `/match: not JSON: offset 1: the text ends in the middle of a value`},
		{match(` `), `/match: not JSON: no JSON value`},
		{match(`[1]`), `/match: got [1], want an object: the members that the event must have`},
		{match(`{"$any":true}`), `/match: got {"$any":true} for a whole event, want its members`},
		{match(`{"$exact":5}`), `/match: got {"$exact":5} for a whole event, want its members`},
		{match(`{"a":{"$regex":"x"}}`), `/match/a/$regex: no matcher "$regex", want one of $any, $absent, $type, $regexp, $exact; a property of that name is written $$regex; did you mean "$regexp"?`},
		{match(`{"a":{"$any":true,"b":1}}`), `/match/a/$any: got the matcher "$any" beside other members, want it alone; a property of that name is written $$any`},
		{match(`{"a":{"$any":false}}`), `/match/a/$any: $any: got false, want true`},
		{match(`{"a":{"$absent":1}}`), `/match/a/$absent: $absent: got 1, want true`},
		{match(`{"a":[{"$absent":true}]}`), `/match/a/0: an item of a list cannot be absent: leave it out`},
		{match(`{"a":{"$type":"int"}}`), `/match/a/$type: $type: got "int", want one of string, number, integer, boolean, null, object, array`},
		{match(`{"a":{"$type":["string"]}}`), `/match/a/$type: $type: got ["string"], want one of string, number, integer, boolean, null, object, array`},
		{match(`{"a":{"$regexp":"("}}`), "/match/a/$regexp: $regexp: got \"(\", want a regular expression: missing closing ): `(`"},
		{match(`{"a":{"$regexp":1}}`), `/match/a/$regexp: $regexp: got 1, want a regular expression in quotes`},
		{match(`{"a":{"$regexp":"` + strings.Repeat("x", 1001) + `"}}`), `/match/a/$regexp: $regexp: got a regular expression of 1001 bytes, want at most 1000`},
		{match(`{"a":{"b":1,"b":2}}`), `/match/a/b: key "b" stands twice`},
		{match(`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`), `/match: nested more than 64 deep`},
		{match(`{"a":{"$exact":{"b":{"$x":1}}},"c":{"$y":1}}`), `/match/a/$exact/b/$x: no matcher "$x", want one of $any, $absent, $type, $regexp, $exact; a property of that name is written $$x; ` +
			`/match/c/$y: no matcher "$y", want one of $any, $absent, $type, $regexp, $exact; a property of that name is written $$y`},
	} {
		_, err := tt.where.Compile()
		if err == nil || err.Error() != tt.want {
			t.Errorf("Compile(%+v with %s)\n got %v\nwant %s", tt.where.Type, tt.where.Match, err, tt.want)
		}
	}
}

func TestNear(t *testing.T) {
	records := arrived(t, `
{"type":"track","event":"Order Completed","userId":"u1","properties":{"total":12,"currency":"EUR"}}
{"type":"identify","userId":"u1"}
{"type":"track","event":"Order Complete","userId":"u1","properties":{"total":12.5,"currency":"EUR"}}
{"type":"track","event":"Order Completed","userId":"u1","properties":{"total":12.5,"currency":"EUR"}}
{"type":"track","event":"Order Completed","userId":"u2","properties":{"total":1,"currency":"USD"}}
{"type":"track","event":"Order Completed","userId":"u1","properties":{"total":13,"currency":"EUR"}}
`)
	s := compiled(t, mockserver.Where{Type: event.Track, Name: "Order Completed", User: "u1", Match: json.RawMessage(`{"properties":{"total":12.5,"currency":"EUR"}}`)})
	var got []string
	for _, near := range s.Near(records, 4) {
		got = append(got, fmt.Sprint(near.Record.Seq, near.Differences))
	}
	want := []string{
		`6 [/properties/total: want 12.5, got 13]`,
		`1 [/properties/total: want 12.5, got 12]`,
		`3 [/event: want "Order Completed", got "Order Complete"]`,
		`5 [/userId: want "u1", got "u2" /properties/total: want 12.5, got 1 /properties/currency: want "EUR", got "USD"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Near (-want +got):\n%s", diff)
	}
	for _, n := range []int{0, -1} {
		if near := s.Near(records, n); len(near) > 0 {
			t.Errorf("Near(%d) = %v, want none", n, near)
		}
	}
}

// However many records there are, near misses cost a bounded number of comparisons, and
// a name that comes close is found among all.
func TestNearAmongMany(t *testing.T) {
	var lines bytes.Buffer
	fmt.Fprintln(&lines, `{"type":"track","event":"Order Complete","properties":{"total":1}}`)
	for i := range 20_000 {
		fmt.Fprintf(&lines, `{"type":"page","name":"Home","properties":{"n":%d}}`+"\n", i)
	}
	records := arrived(t, lines.String())
	s := compiled(t, mockserver.Where{Type: event.Track, Name: "Order Completed", Match: json.RawMessage(`{"properties":{"total":1}}`)})
	start := time.Now()
	near := s.Near(records, 1)
	if len(near) != 1 || near[0].Record.Seq != 1 {
		t.Errorf("Near = %v, want record 1", near)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("Near among %d records took %s", len(records), took)
	}
}

// An event matches itself, and what matches has no differences; nothing panics.
func FuzzMatchHasNoDifferences(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":[1.10,{"b":"\u00e9"}]}`, `{"a":[1.1,{"b":"é","c":null}]}`}, {`{"a":{"$any":true},"b":{"$absent":true}}`, `{"a":1,"b":2}`},
		{`{"a":{"$type":"integer"}}`, `{"a":1e9999999999999999999}`}, {`{"a":{"$regexp":"^(a+)+$"}}`, `{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}`},
		{`{"$exact":{"a":[]}}`, `{"a":[],"a":{}}`}, {`{"$$a":1,"userId":2}`, `[1]`}, {`{"a":-0.0}`, `{"a":0e-99}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, match, text []byte) {
		if event.CheckSyntax(text) != nil {
			t.Skip()
		}
		text = bytes.TrimSpace(text)
		r := mockserver.Record{Event: event.Event{Raw: text}}
		if s, err := (mockserver.Where{Match: match}).Compile(); err == nil {
			found := s.Differences(r)
			if s.Matches(r) != (len(found) == 0) {
				t.Errorf("%s matches %s: %t, with the differences %v", match, text, s.Matches(r), found)
			}
			if near := s.Near([]mockserver.Record{r}, 1); (len(near) == 0) != (len(found) == 0) {
				t.Errorf("%s: near %v, with the differences %v", match, near, found)
			}
			_ = s.String()
		}
		if s, err := (mockserver.Where{Match: text}).Compile(); err == nil && !bytes.Contains(text, []byte(`"$`)) && !bytes.Contains(text, []byte(`\u`)) && !s.Matches(r) {
			t.Errorf("%s does not match itself: %v", text, s.Differences(r))
		}
	})
}
