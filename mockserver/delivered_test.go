package mockserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/mockserver"
)

// receivedAt is the server's clock in the tests of Delivered.
var receivedAt = time.Date(2026, 11, 23, 13, 0, 10, 123_456_789, time.FixedZone("", 3600))

const received = `"receivedAt":"2026-11-23T12:00:10.123Z","version":2`

// deliver sends a body and returns the first event of it as Segment hands it on. A
// messageId that the server made is replaced by "NEW".
func deliver(t *testing.T, path, body string) string {
	t.Helper()
	srv := mockserver.Start(t, mockserver.Options{Now: func() time.Time { return receivedAt }})
	if status, code := newClient(t, srv).post(path, body).code(t); status != 200 {
		t.Fatalf("POST %s = %d %s", path, status, code)
	}
	rec := recordsOf(t, srv)[0]
	return uuidInText.ReplaceAllString(string(rec.Delivered()), "NEW")
}

func TestDeliveredTimes(t *testing.T) {
	for _, tt := range []struct {
		name, event string
		want        string // of the times, in the order in which they stand
	}{
		{"clock is right", `"timestamp":"2026-11-23T12:00:00.000Z","sentAt":"2026-11-23T12:00:10.000Z"`,
			`"timestamp":"2026-11-23T12:00:00.123Z","sentAt":"2026-11-23T12:00:10.000Z","originalTimestamp":"2026-11-23T12:00:00.000Z"`},
		{"clock is an hour ahead", `"timestamp":"2026-11-23T13:00:00.000Z","sentAt":"2026-11-23T13:00:10.000Z"`,
			`"timestamp":"2026-11-23T12:00:00.123Z","sentAt":"2026-11-23T13:00:10.000Z","originalTimestamp":"2026-11-23T13:00:00.000Z"`},
		{"clock is years behind", `"timestamp":"1970-01-01T00:00:00Z","sentAt":"1970-01-01T00:00:05Z"`,
			`"timestamp":"2026-11-23T12:00:05.123Z","sentAt":"1970-01-01T00:00:05Z","originalTimestamp":"1970-01-01T00:00:00Z"`},
		{"sent before it happened", `"timestamp":"2026-11-23T12:00:20Z","sentAt":"2026-11-23T12:00:10Z"`,
			`"timestamp":"2026-11-23T12:00:20.123Z","sentAt":"2026-11-23T12:00:10Z","originalTimestamp":"2026-11-23T12:00:20Z"`},
		{"offsets, 7 and 9 digits", `"timestamp":"2026-11-23T13:00:00.1000000+01:00","sentAt":"2026-11-23T07:00:10.100000000-05:00"`,
			`"timestamp":"2026-11-23T12:00:00.123Z","sentAt":"2026-11-23T07:00:10.100000000-05:00","originalTimestamp":"2026-11-23T13:00:00.1000000+01:00"`},
		{"offset without colon, no offset", `"timestamp":"2026-11-23T13:00:00+0100","sentAt":"2026-11-23T12:00:10"`,
			`"timestamp":"2026-11-23T12:00:00.123Z","sentAt":"2026-11-23T12:00:10","originalTimestamp":"2026-11-23T13:00:00+0100"`},
		{"a day", `"timestamp":"2026-11-22","sentAt":"2026-11-23"`,
			`"timestamp":"2026-11-22T12:00:10.123Z","sentAt":"2026-11-23","originalTimestamp":"2026-11-22"`},
		{"further away than 292 years", `"timestamp":"0001-01-01T00:00:00Z","sentAt":"2026-11-23T12:00:10Z"`,
			`"timestamp":"0001-01-01T00:00:00.123Z","sentAt":"2026-11-23T12:00:10Z","originalTimestamp":"0001-01-01T00:00:00Z"`},
		{"in a year that cannot be", `"timestamp":"9999-12-31T00:00:00Z","sentAt":"0001-01-01T00:00:00Z"`,
			`"timestamp":"9999-12-31T00:00:00Z","sentAt":"0001-01-01T00:00:00Z","originalTimestamp":"9999-12-31T00:00:00Z"`},
		{"no sentAt", `"timestamp":"2012-12-02T00:30:08.276Z"`,
			`"timestamp":"2012-12-02T00:30:08.276Z","originalTimestamp":"2012-12-02T00:30:08.276Z"`},
		{"sentAt is no time", `"timestamp":"2012-12-02T00:30:08.276Z","sentAt":"now"`,
			`"timestamp":"2012-12-02T00:30:08.276Z","sentAt":"now","originalTimestamp":"2012-12-02T00:30:08.276Z"`},
		{"no timestamp", `"sentAt":"2026-11-23T13:00:10.000Z"`,
			`"sentAt":"2026-11-23T13:00:10.000Z","timestamp":"2026-11-23T12:00:10.123Z"`},
		{"timestamp is null", `"timestamp":null`, `"timestamp":"2026-11-23T12:00:10.123Z"`},
		{"timestamp is no time", `"timestamp":"2015-2-02T00:30:12Z","sentAt":"2026-11-23T13:00:10Z"`,
			`"timestamp":"2015-2-02T00:30:12Z","sentAt":"2026-11-23T13:00:10Z"`},
		{"timestamp is a number", `"timestamp":1700000000.50,"sentAt":"2026-11-23T13:00:10Z"`,
			`"timestamp":1700000000.50,"sentAt":"2026-11-23T13:00:10Z"`},
		{"originalTimestamp alone", `"originalTimestamp":"2026-11-23T13:00:00Z","sentAt":"2026-11-23T13:00:10Z"`,
			`"originalTimestamp":"2026-11-23T13:00:00Z","sentAt":"2026-11-23T13:00:10Z","timestamp":"2026-11-23T12:00:00.123Z"`},
		{"both", `"originalTimestamp":"2000-01-01T00:00:00Z","timestamp":"2026-11-23T13:00:00Z"`,
			`"originalTimestamp":"2026-11-23T13:00:00Z","timestamp":"2026-11-23T13:00:00Z"`},
		{"twice, escaped", `"timestamp":1,"times\u0074amp":"2026-11-23T13:00:00\u005a"`,
			`"timestamp":1,"times\u0074amp":"2026-11-23T13:00:00\u005a","originalTimestamp":"2026-11-23T13:00:00\u005a"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := `{"type":"track","messageId":"m",` + tt.want + `,` + received + `}`
			if diff := cmp.Diff(want, deliver(t, "/v1/track", `{"type":"track","messageId":"m",`+tt.event+`}`)); diff != "" {
				t.Errorf("delivered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDelivered(t *testing.T) {
	const at = `"timestamp":"2026-11-23T12:00:10.123Z",` + received
	library := func(name string) string { return `{"messageId":"m","context":{"library":{"name":"` + name + `"}}}` }
	for _, tt := range []struct{ name, path, body, want string }{
		{"nothing but the path's type", "/v1/page", `{}`, `{"type":"page",` + at + `,"messageId":"NEW"}`},
		{"numbers, escapes and white space stay", "/v1/t", `{ "b" : 1.50e+0, "a":12345678901234567890.0 ,"\u0063":"\/" ,"messageId":"m" }`,
			`{ "b" : 1.50e+0, "a":12345678901234567890.0 ,"\u0063":"\/" ,"messageId":"m","type":"track" ,` + at + `}`},
		{"what the server writes is replaced", "/v1/t", `{"type":"x","messageId":"","receivedAt":1,"version":"1","projectId":"p","writeKey":"k"}`,
			`{"type":"x","messageId":"NEW","receivedAt":"2026-11-23T12:00:10.123Z","version":2,"projectId":"p","writeKey":"k","timestamp":"2026-11-23T12:00:10.123Z"}`},
		{"the batch's context and sentAt", "/v1/batch", `{"sentAt":"2026-11-23T12:00:09Z","context":{"a":1},"batch":[{"messageId":"m","timestamp":"2026-11-23T12:00:00Z"}]}`,
			`{"messageId":"m","timestamp":"2026-11-23T12:00:01.123Z","context":{"a":1},"sentAt":"2026-11-23T12:00:09Z","originalTimestamp":"2026-11-23T12:00:00Z",` + received + `}`},
		{"the event's own sentAt wins", "/v1/batch", `{"sentAt":"2026-11-23T12:00:09Z","batch":[{"messageId":"m","sentAt":"2026-11-23T12:00:10Z","timestamp":"2026-11-23T12:00:00Z"}]}`,
			`{"messageId":"m","sentAt":"2026-11-23T12:00:10Z","timestamp":"2026-11-23T12:00:00.123Z","originalTimestamp":"2026-11-23T12:00:00Z",` + received + `}`},
		{"direct", "/v1/track", `{"type":"track","messageId":"m","context":{"direct":true}}`,
			`{"type":"track","messageId":"m","context":{"direct":true,"ip":"127.0.0.1"},` + at + `}`},
		{"direct, for the whole batch", "/v1/batch", `{"context":{"direct":true},"batch":[{"messageId":"m"}]}`,
			`{"messageId":"m","context":{"direct":true,"ip":"127.0.0.1"},` + at + `}`},
		{"direct with an ip", "/v1/track", `{"type":"track","messageId":"m","context":{"direct":true,"ip":"0.0.0.0"}}`,
			`{"type":"track","messageId":"m","context":{"direct":true,"ip":"0.0.0.0"},` + at + `}`},
		{"direct with an empty ip", "/v1/track", `{"type":"track","messageId":"m","context":{"ip":"","direct":true}}`,
			`{"type":"track","messageId":"m","context":{"ip":"127.0.0.1","direct":true},` + at + `}`},
		{"direct is no true", "/v1/track", `{"type":"track","messageId":"m","context":{"direct":"true"}}`,
			`{"type":"track","messageId":"m","context":{"direct":"true"},` + at + `}`},
		{"context is no object", "/v1/track", `{"type":"track","messageId":"m","context":null}`,
			`{"type":"track","messageId":"m","context":null,` + at + `}`},
		{"server library", "/v1/t", library("@segment/analytics-node"),
			`{"messageId":"m","context":{"library":{"name":"@segment/analytics-node"}},"type":"track",` + at + `,"channel":"server"}`},
		{"browser library", "/v1/t", library("analytics.js"),
			`{"messageId":"m","context":{"library":{"name":"analytics.js"},"ip":"127.0.0.1"},"type":"track",` + at + `,"channel":"browser"}`},
		{"mobile library", "/v1/t", library("analytics-swift"),
			`{"messageId":"m","context":{"library":{"name":"analytics-swift"},"ip":"127.0.0.1"},"type":"track",` + at + `,"channel":"mobile"}`},
		{"library of analytics-go", "/v1/batch", `{"context":{"library":{"name":"analytics-go"}},"batch":[{"messageId":"m"}]}`,
			`{"messageId":"m","context":{"library":{"name":"analytics-go"}},` + at + `,"channel":"server"}`},
		{"unknown library", "/v1/t", library("my-own"),
			`{"messageId":"m","context":{"library":{"name":"my-own"}},"type":"track",` + at + `}`},
		{"its own channel", "/v1/t", `{"messageId":"m","channel":"mobile","context":{"library":{"name":"analytics-go"}}}`,
			`{"messageId":"m","channel":"mobile","context":{"library":{"name":"analytics-go"}},"type":"track",` + at + `}`},
		{"no object", "/v1/batch", `{"batch":[ 7.0 ]}`, `7.0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, deliver(t, tt.path, tt.body)); diff != "" {
				t.Errorf("delivered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeliveredLeavesTheRecordAlone(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	newClient(t, srv).post("/v1/track", track)
	newClient(t, srv).post("/v1/batch", `{"batch":[7]}`)
	for _, rec := range recordsOf(t, srv) {
		before := string(rec.Event.JSON()) + string(rec.Event.Raw)
		first := rec.Delivered()
		text := string(first)
		for i := range first {
			first[i] = 'x'
		}
		if second := string(rec.Delivered()); second != text || string(rec.Event.JSON())+string(rec.Event.Raw) != before {
			t.Errorf("delivered again = %s, want %s", second, text)
		}
	}
	if got := (mockserver.Record{}).Delivered(); len(got) != 0 {
		t.Errorf("a zero record delivers %s", got)
	}
}

// FuzzDeliveredKeepsWhatItDoesNotName sends any event: what is delivered is JSON, holds
// what the server computes, and every other member as it was, in its order.
func FuzzDeliveredKeepsWhatItDoesNotName(f *testing.F) {
	for _, seed := range []string{
		track, `{}`, `[]`, `{"a":1.0,"a":2,"context":{"direct":true,"x":[{}]},"timestamp":"2026-11-23T12:00:00Z","sentAt":"2000-01-01"}`,
		`{"context":{"library":{"name":"analytics.js"},"ip":null},"receivedAt":{},"version":[],"messageId":null,"channel":null}`, `{ "timestamp" : "0001-01-01T00:00:00.5+23:59" }`,
	} {
		f.Add([]byte(seed))
	}
	srv := newServer(f, mockserver.Options{})
	f.Fuzz(func(t *testing.T, body []byte) {
		srv.Reset()
		req, err := http.NewRequest(http.MethodPost, "/v1/track", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.RemoteAddr = "192.0.2.7:1234"
		srv.ServeHTTP(&memoryWriter{}, req)
		for _, rec := range recordsOf(t, srv) {
			got := rec.Delivered()
			if !json.Valid(got) {
				t.Fatalf("Delivered() = %q, which is no JSON, of %q", got, body)
			}
			if diff := cmp.Diff(untouched(rec.Event.JSON()), untouched(got)); diff != "" {
				t.Fatalf("other members (-sent +delivered):\n%s", diff)
			}
			if rec.Event.JSON()[0] == '{' && !bytes.Contains(got, []byte(`"version":2`)) && !bytes.Contains(body, []byte("version")) {
				t.Fatalf("Delivered() = %q without version", got)
			}
		}
	})
}

// untouched returns the members that Delivered does not name.
func untouched(object []byte) []string {
	if object[0] != '{' {
		return []string{string(object)}
	}
	var members []string
	for m := range event.Members(object) {
		named := []string{"timestamp", "originalTimestamp", "sentAt", "receivedAt", "messageId", "version", "channel", "context"}
		if !slices.Contains(named, m.Key) {
			members = append(members, fmt.Sprintf("%s:%s", m.Key, object[m.Start:m.End]))
		}
	}
	return members
}
