package schemas_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// minimal is the smallest event of each call.
var minimal = map[string]string{
	"alias":    `{"type":"alias","userId":"u","previousId":"p"}`,
	"group":    `{"type":"group","userId":"u","groupId":"g"}`,
	"identify": `{"type":"identify","userId":"u"}`,
	"page":     `{"type":"page","userId":"u"}`,
	"screen":   `{"type":"screen","userId":"u"}`,
	"track":    `{"type":"track","userId":"u","event":"E"}`,
}

// with returns the minimal event of a call with a value at a pointer; objects on the
// way are made.
func with(t *testing.T, call, pointer, value string) any {
	t.Helper()
	event := decode(t, []byte(minimal[call]))
	names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	at := event.(map[string]any)
	for _, name := range names[:len(names)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	at[names[len(names)-1]] = decode(t, []byte(value))
	return event
}

// kind is what the docs say of a field's value: JSON texts that fit, and others that do
// not, with the fault that each must give.
type kind struct {
	good []string
	bad  map[string]string // JSON text -> "/pointer below the field keyword"
}

// The kinds of values in the documented tables.
var (
	text         = kind{[]string{`""`, `"x"`}, map[string]string{`12`: " type", `true`: " type", `[]`: " type"}}
	nonEmpty     = kind{[]string{`"x"`}, map[string]string{`""`: " minLength", `12`: " type"}}
	number       = kind{[]string{`0`, `-1.5`, `12`}, map[string]string{`"12"`: " type", `false`: " type"}}
	boolean      = kind{[]string{`true`, `false`}, map[string]string{`"true"`: " type", `1`: " type"}}
	object       = kind{[]string{`{}`}, map[string]string{`[]`: " type", `"x"`: " type"}}
	texts        = kind{[]string{`[]`, `["a","b"]`}, map[string]string{`"a,b"`: " type", `["a",1]`: "/1 type"}}
	brands       = kind{[]string{`[]`, `[{"brand":"B","version":"1"}]`}, map[string]string{`[{"version":1}]`: "/0/version type"}}
	mixed        = kind{[]string{`329`, `"329"`, `"1.1"`, `2`}, map[string]string{`true`: " type", `{}`: " type"}}
	eventVersion = kind{[]string{`2`, `2.0`, `"1.1.0"`}, map[string]string{`3.2`: " type", `true`: " type"}}
	moment       = kind{
		good: []string{
			`"2024-01-02T03:04:05Z"`, `"2024-01-02T03:04:05.1Z"`, `"2024-01-02T03:04:05.123Z"`, `"2024-01-02T03:04:05.123456789Z"`,
			`"2024-01-02T03:04:05+02:00"`, `"2024-01-02T03:04:05.1234567+00:00"`, `"2024-01-02T03:04:05-09:30"`, `"2024-01-02t03:04:05z"`,
		},
		bad: map[string]string{
			`"2015-2-02T00:00:00Z"`: " pattern", `"2024-01-02T03:04:05"`: " pattern",
			`"2024-01-02T03:04:05.Z"`: " pattern", `""`: " pattern", `1704164645`: " type",
		},
	}
	day = kind{
		good: append([]string{`"1815-12-10"`}, moment.good...),
		bad: map[string]string{
			`"2015-2-02"`: " format", `"10.12.1815"`: " format", `"2024-01-02T03:04:05"`: " format", `1704164645`: " type",
		},
	}
)

// orNull is k with null as one more value that fits.
func orNull(k kind) kind {
	return kind{good: append([]string{`null`}, k.good...), bad: k.bad}
}

// field is one documented field of some calls.
type field struct {
	calls   []string
	pointer string
	kind    kind
}

// fields makes one field for each name below a parent; calls are separated by blanks.
func fields(calls, parent string, k kind, names ...string) []field {
	var made []field
	for _, name := range names {
		made = append(made, field{calls: strings.Fields(calls), pointer: parent + name, kind: k})
	}
	return made
}

const everyCall = "alias group identify page screen track"

// documented is the documented tables: what stands beside the context.
var documented = slices.Concat(
	fields(everyCall, "/", text, "messageId"),
	// That a day exists is not for the schema to say: the rule timestamp-not-iso8601 does.
	fields(everyCall, "/", kind{good: []string{`"2024-01-02"`, `"20240102T0304Z"`, `"2024-01-02T03:04:05+0000"`}}, "timestamp"),
	fields(everyCall, "/", moment, "timestamp", "originalTimestamp", "sentAt", "receivedAt"),
	fields(everyCall, "/", mixed, "version"),
	fields(everyCall, "/", object, "context"),
	fields(everyCall, "/", orNull(object), "integrations"),

	fields("track", "/", nonEmpty, "event"),
	fields("group", "/", nonEmpty, "groupId"),
	fields("alias", "/", nonEmpty, "previousId"),
	fields("page screen", "/", nonEmpty, "name", "category"),
	fields("page screen track", "/", object, "properties"),
	fields("group identify", "/", object, "traits"),

	fields("track", "/properties/", number, "revenue", "value"),
	fields("track", "/properties/", text, "currency"),
	fields("page screen", "/properties/", text, "name"),
	fields("page", "/properties/", text, "category", "path", "referrer", "search", "title", "url"),
	fields("page", "/properties/", texts, "keywords"),

	userTraits("identify", "/traits/"),
	userTraits("track", "/context/traits/"),
	fields("group", "/traits/", orNull(object), "address"),
	fields("group", "/traits/address/", orNull(text), "city", "country", "postalCode", "postal_code", "state", "street"),
	fields("group", "/traits/", orNull(day), "createdAt", "created_at"),
	fields("group", "/traits/", orNull(mixed), "employees"),
	fields("group", "/traits/", orNull(text),
		"avatar", "description", "email", "id", "industry", "name", "phone", "plan", "website"),
)

// userTraits is the table of reserved traits of a person, in both spellings.
func userTraits(call, parent string) []field {
	return slices.Concat(
		fields(call, parent, orNull(text), "avatar", "description", "email", "firstName", "first_name", "gender", "id",
			"lastName", "last_name", "name", "phone", "title", "username", "website"),
		fields(call, parent, orNull(number), "age"),
		fields(call, parent, orNull(day), "birthday", "createdAt", "created_at"),
		fields(call, parent, orNull(object), "address", "company"),
		fields(call, parent+"address/", orNull(text), "city", "country", "postalCode", "postal_code", "state", "street"),
		fields(call, parent+"company/", orNull(mixed), "id"),
		fields(call, parent+"company/", orNull(text), "name", "industry", "plan"),
		fields(call, parent+"company/", orNull(number), "employee_count", "employeeCount"),
	)
}

// documentedContext is the table of context members.
var documentedContext = slices.Concat(
	fields("page", "/context/", boolean, "active", "direct"),
	fields("page", "/context/", text, "channel", "groupId", "ip", "locale", "timezone", "userAgent"),
	fields("page", "/context/", object, "app", "campaign", "consent", "device", "library", "network", "os", "page",
		"protocols", "referrer", "screen", "traits", "userAgentData"),
	fields("page", "/context/app/", text, "name", "version", "build", "namespace"),
	fields("page", "/context/campaign/", text, "name", "source", "medium", "term", "content", "any_other"),
	fields("page", "/context/consent/", number, "version"),
	fields("page", "/context/consent/", object, "categoryPreferences"),
	fields("page", "/context/consent/categoryPreferences/", boolean, "analytics"),
	fields("page", "/context/device/", boolean, "adTrackingEnabled"),
	fields("page", "/context/device/", text,
		"id", "advertisingId", "manufacturer", "model", "name", "token", "type", "version"),
	fields("page", "/context/library/", text, "name", "version"),
	fields("page", "/context/network/", boolean, "bluetooth", "cellular", "wifi"),
	fields("page", "/context/network/", text, "carrier"),
	fields("page", "/context/os/", text, "name", "version"),
	fields("page", "/context/page/", text, "path", "referrer", "search", "title", "url"),
	fields("page", "/context/protocols/", eventVersion, "event_version"),
	fields("page", "/context/referrer/", text, "id", "link", "name", "type", "url"),
	fields("page", "/context/screen/", number, "density", "height", "width"),
	fields("page", "/context/userAgentData/", boolean, "mobile", "wow64"),
	fields("page", "/context/userAgentData/", brands, "brands", "fullVersionList"),
	fields("page", "/context/userAgentData/", text, "bitness", "model", "platform", "platformVersion", "uaFullVersion"),
)

func TestDocumentedFields(t *testing.T) {
	compiled := compileCalls(t)
	for _, f := range slices.Concat(documented, documentedContext) {
		for _, call := range f.calls {
			t.Run(call+f.pointer, func(t *testing.T) {
				for _, value := range f.kind.good {
					if got := faults(t, compiled[call], with(t, call, f.pointer, value)); got != nil {
						t.Errorf("%s: got %q, want none", value, got)
					}
				}
				for value, fault := range f.kind.bad {
					got := faults(t, compiled[call], with(t, call, f.pointer, value))
					if diff := cmp.Diff([]string{f.pointer + fault}, got); diff != "" {
						t.Errorf("%s (-want +got):\n%s", value, diff)
					}
				}
			})
		}
	}
}

// compileCalls compiles the schema of each call type.
func compileCalls(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	compiled := map[string]*jsonschema.Schema{}
	for call := range minimal {
		compiled[call] = compile(t, "segment/"+call+".json")
	}
	return compiled
}

// What the spec does not name is the sender's own: any name, any type.
func TestUnknownNamesAreFree(t *testing.T) {
	compiled := compileCalls(t)
	places := fields(everyCall, "/", kind{}, "own", "channel", "writeKey", "context/own", "context/device/own")
	places = append(places, fields("page screen track", "/properties/", kind{}, "own")...)
	places = append(places, fields("group identify", "/traits/", kind{}, "own", "address/own")...)
	places = append(places, fields("screen", "/properties/", kind{}, "url", "keywords", "category")...)
	for _, f := range places {
		for _, call := range f.calls {
			for _, value := range []string{`null`, `1e400`, `"x"`, `[{}]`, `{"a":[]}`} {
				if got := faults(t, compiled[call], with(t, call, f.pointer, value)); got != nil {
					t.Errorf("%s with %s = %s: got %q, want none", call, f.pointer, value, got)
				}
			}
		}
	}
}

func TestIdentityAndRequiredFields(t *testing.T) {
	compiled := compileCalls(t)
	for _, tt := range []struct {
		name, call, event string
		want              []string
	}{
		{"userId alone", "page", `{"type":"page","userId":"u"}`, nil},
		{"anonymousId alone", "page", `{"type":"page","anonymousId":"a"}`, nil},
		{"both", "page", `{"type":"page","userId":"u","anonymousId":"a"}`, nil},
		{"null userId beside an anonymousId", "page", `{"type":"page","userId":null,"anonymousId":"a"}`, nil},
		{"null userId alone", "page", `{"type":"page","userId":null}`, []string{" required", "/userId type"}},
		{"no identifier", "page", `{"type":"page"}`, []string{" required"}},
		{"empty userId alone", "page", `{"type":"page","userId":""}`, []string{"/userId minLength"}},
		{"empty userId beside an anonymousId", "page", `{"type":"page","userId":"","anonymousId":"a"}`, []string{"/userId minLength"}},
		{"empty anonymousId", "page", `{"type":"page","userId":"u","anonymousId":""}`, []string{"/anonymousId minLength"}},
		{"numeric userId beside an anonymousId", "page", `{"type":"page","userId":7,"anonymousId":"a"}`, []string{"/userId type"}},

		{"no type", "page", `{"userId":"u"}`, []string{" required"}},
		{"other type", "page", `{"type":"screen","userId":"u"}`, []string{"/type const"}},
		{"unknown type", "page", `{"type":"delete","userId":"u"}`, []string{"/type const", "/type enum"}},
		{"no object", "page", `["page"]`, []string{" type"}},
		{"track without event", "track", `{"type":"track","userId":"u"}`, []string{" required"}},
		{"group without groupId", "group", `{"type":"group","userId":"u"}`, []string{" required"}},
		{"alias without previousId", "alias", `{"type":"alias","userId":"u"}`, []string{" required"}},
		{"alias without userId", "alias", `{"type":"alias","previousId":"p"}`, []string{" required"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := faults(t, compiled[tt.call], decode(t, []byte(tt.event)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.event, diff)
			}
		})
	}
}

// A messageId has fewer than 100 characters; they are characters, not bytes.
func TestMessageIDLength(t *testing.T) {
	compiled := compileCalls(t)
	for call := range minimal {
		for _, letter := range []string{"x", "é"} {
			longest := with(t, call, "/messageId", `"`+strings.Repeat(letter, 99)+`"`)
			if got := faults(t, compiled[call], longest); got != nil {
				t.Errorf("%s with 99 times %q: got %q, want none", call, letter, got)
			}
			tooLong := with(t, call, "/messageId", `"`+strings.Repeat(letter, 100)+`"`)
			if diff := cmp.Diff([]string{"/messageId maxLength"}, faults(t, compiled[call], tooLong)); diff != "" {
				t.Errorf("%s with 100 times %q (-want +got):\n%s", call, letter, diff)
			}
		}
	}
}

// Only the reserved consent event needs its consent.
func TestConsentEventNeedsItsPreferences(t *testing.T) {
	sch := compile(t, "segment/track.json")
	const start = `{"type":"track","userId":"u","event":"Segment Consent Preference Updated"`
	for _, tt := range []struct {
		event string
		want  []string
	}{
		{start + `,"context":{"consent":{"categoryPreferences":{}}}}`, nil},
		{start + `,"context":{"consent":{"categoryPreferences":{"ads":false}}}}`, nil},
		{start + `,"context":{"consent":{"categoryPreferences":{"ads":"no"}}}}`, []string{"/context/consent/categoryPreferences/ads type"}},
		{start + `,"context":{"consent":{"version":1}}}`, []string{"/context/consent required"}},
		{start + `,"context":{}}`, []string{"/context required"}},
		{start + `}`, []string{" required"}},
		{`{"type":"track","userId":"u","event":"Other","context":{"consent":{}}}`, nil},
	} {
		if diff := cmp.Diff(tt.want, faults(t, sch, decode(t, []byte(tt.event)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.event, diff)
		}
	}
}
