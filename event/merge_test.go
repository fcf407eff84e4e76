package event_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
)

func TestMerge(t *testing.T) {
	for _, tt := range []struct {
		name, shared, item string // shared is what stands in the envelope beside the batch
		want               string
	}{
		{"the item has none", `"context":{"ip":"1","n":1.0}`, `{"type":"track"}`, `{"type":"track","context":{"ip":"1","n":1.0}}`},
		{"the item holds nothing", `"context":{"ip":"1"}`, `{}`, `{"context":{"ip":"1"}}`},
		{"both", `"integrations":{"All":false},"context":{"ip":"1"}`, `{}`, `{"context":{"ip":"1"},"integrations":{"All":false}}`},
		{"the item wins, member by member", `"context":{"ip":"1","library":{"name":"go"},"os":2}`, `{"context":{"library":{},"os":null},"a":1}`, `{"context":{"library":{},"os":null,"ip":"1"},"a":1}`},
		{"the item wins by the key's meaning", `"context":{"ab":1,"c":2}`, `{"context":{"\u0061b":3}}`, `{"context":{"\u0061b":3,"c":2}}`},
		{"objects inside are not merged", `"context":{"library":{"name":"go","version":"3"}}`, `{"context":{"library":{"name":"x"}}}`, `{"context":{"library":{"name":"x"}}}`},
		{"null is kept", `"context":{"ip":"1"},"integrations":{"All":true}`, `{"context":null,"integrations":null}`, `{"context":null,"integrations":null}`},
		{"what is no object is kept", `"context":{"ip":"1"},"integrations":{"All":true}`, `{"context":"c","integrations":[]}`, `{"context":"c","integrations":[]}`},
		{"what is shared is null", `"context":null,"integrations":[1]`, `{"context":{"a":1}}`, `{"context":{"a":1}}`},
		{"nothing is shared", `"messageId":"1","sentAt":"x","properties":{"a":1}`, `{"context":{"a":1}}`, `{"context":{"a":1}}`},
		{"an empty object is shared", `"context":{}`, `{"a":1}`, `{"a":1,"context":{}}`},
		{"an empty object is shared with one that has some", `"context":{}`, `{"context":{"a":1}}`, `{"context":{"a":1}}`},
		{"into an empty object", `"context":{"ip":"1","os":2}`, `{"context":{ },"a":1}`, `{"context":{"ip":"1","os":2 },"a":1}`},
		{"into the last of a repeated key", `"context":{"ip":"1"}`, `{"context":{"a":1},"\u0063ontext":{"b":2}}`, `{"context":{"a":1},"\u0063ontext":{"b":2,"ip":"1"}}`},
		{"from the last of a repeated key", `"context":{"a":1},"context":{"b":2}`, `{}`, `{"context":{"b":2}}`},
		{"a repeated member counts as its last", `"context":{"a":1,"b":2,"a":3}`, `{"context":{"c":4}}`, `{"context":{"c":4,"a":3,"b":2}}`},
		{"an item that is no object", `"context":{"ip":"1"}`, `"context"`, `"context"`},
		{"bytes, numbers and order stay", "\"context\" : { \"z\\u002f\" : 1.50E+2,\n \"<a>\":[ 1 ] , \"é\":\"\\u00e9\" }", "{\n  \"b\": 2.0,\n  \"context\": {\n    \"y\": -0\n  },\n  \"a\": 1\n}",
			"{\n  \"b\": 2.0,\n  \"context\": {\n    \"y\": -0,\"z\\u002f\" : 1.50E+2,\"<a>\":[ 1 ],\"é\":\"\\u00e9\"\n  },\n  \"a\": 1\n}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, text := range []string{`{` + tt.shared + `,"batch":[` + tt.item + `,` + tt.item + `]}`, `{"batch":[` + tt.item + `,` + tt.item + `],` + tt.shared + `}`} {
				events, err := event.Decode([]byte(text), start())
				if err != nil || len(events) != 2 {
					t.Fatalf("Decode(%s) = %d events, %v", text, len(events), err)
				}
				for _, ev := range events {
					if diff := cmp.Diff([]string{tt.item, tt.want}, []string{string(ev.Raw), string(ev.JSON())}); diff != "" {
						t.Errorf("Decode(%s): Raw and JSON (-want +got):\n%s", text, diff)
					}
				}
			}
		})
	}
}

func TestVersionComesFromTheBatchToo(t *testing.T) {
	events, err := event.Decode([]byte(`{"batch":[{"type":"track"},{"context":{"protocols":{}}}],"context":{"protocols":{"event_version":3}}}`), start())
	if err != nil {
		t.Fatal(err)
	}
	if got := []string{events[0].Version, events[1].Version}; !cmp.Equal([]string{"3", ""}, got) {
		t.Errorf("versions = %q, want 3 and none", got)
	}
}

// TestDecodeRefusesToCopyTooMuch: 1 MB of context times 64 events is more than 64 MB.
func TestDecodeRefusesToCopyTooMuch(t *testing.T) {
	for _, key := range []string{"context", "integrations"} {
		for _, tt := range []struct {
			item  string
			items int
			want  error
		}{
			{`{}`, 63, nil},
			{`{}`, 64, event.ErrMergeTooLarge},
			{`{}`, 500_000, event.ErrMergeTooLarge},
			{`{"` + key + `":{"a":1}}`, 64, event.ErrMergeTooLarge},
			{`1`, 1000, nil}, // gets no copy
		} {
			text := `{"batch":[` + strings.Repeat(tt.item+",", tt.items-1) + tt.item + `],"` + key + `":{"a":"` + strings.Repeat("x", 1<<20) + `"}}`
			events, err := event.Decode([]byte(text), start())
			if !errors.Is(err, tt.want) || err == nil && len(events) != tt.items {
				t.Errorf("Decode of %d items %s with 1 MB of %s = %d events, error %v, want error %v", tt.items, tt.item, key, len(events), err, tt.want)
			}
		}
	}
}

// TestMergeTakesNoSquare: to merge member by member into a copy each would take hours.
func TestMergeTakesNoSquare(t *testing.T) {
	var members strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&members, `,"shared member %d":%d`, i, i)
	}
	text := `{"batch":[{"context":{"a":1` + strings.ReplaceAll(members.String(), "shared", "own") + `}}],"context":{"a":2` + members.String() + `}}`
	began := time.Now()
	events, err := event.Decode([]byte(text), start())
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("Decode took %v", took)
	}
	want := `{"context":{"a":1` + strings.ReplaceAll(members.String(), "shared", "own") + members.String() + `}}`
	if got := string(events[0].JSON()); got != want {
		t.Errorf("merged JSON has %d bytes, want %d", len(got), len(want))
	}
}

// TestEventsShareTheirEnvelope: what a batch gives to its events is held once, however
// many they are.
func TestEventsShareTheirEnvelope(t *testing.T) {
	text := []byte(`{"context":{"x":"` + strings.Repeat("c", 100<<10) + `"},"batch":[` + strings.Repeat(`{"type":"track"},`, 400) + `{}]}`)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	events, err := event.Decode(text, start())
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 4<<20 {
		t.Errorf("%d events of %d bytes hold %d bytes more, want less than 4 MB: copies would take 40 MB", len(events), len(text), held)
	}
	if got := len(events[400].JSON()); got < 100<<10 {
		t.Errorf("the last event has %d bytes, want its context in it", got)
	}
	runtime.KeepAlive(text)
}
