package schemas_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigSchema(t *testing.T) {
	sch := compile(t, "_formats/config.schema.json")
	waiver := func(members string) string {
		return `{"waivers":[{"rule":"r","reason":"known","owner":"growth","until":"2027-03-31"` + members + `}]}`
	}
	for _, tt := range []struct {
		name, config string
		want         []string
	}{
		{"empty", `{}`, nil},
		{"no object", `[]`, []string{" type"}},
		{"unknown name", `{"contract":[]}`, []string{" additionalProperties"}},

		{"contracts", `{"contracts":["a","b/c"]}`, nil},
		{"contracts as text", `{"contracts":"a"}`, []string{"/contracts type"}},
		{"contract without a name", `{"contracts":[""]}`, []string{"/contracts/0 minLength"}},

		{"fail-on none", `{"fail-on":"none"}`, nil},
		{"fail-on off", `{"fail-on":"off"}`, []string{"/fail-on enum"}},
		{"fail-on in capitals", `{"fail-on":"Error"}`, []string{"/fail-on enum"}},

		{"unplanned", `{"unplanned":{"events":"error","properties":"off"}}`, nil},
		{"unplanned none", `{"unplanned":{"events":"none"}}`, []string{"/unplanned/events enum"}},
		{"unplanned traits", `{"unplanned":{"traits":"info"}}`, []string{"/unplanned additionalProperties"}},

		{"severity", `{"severity":[{"rule":"type-*","severity":"off"},{"rule":"*","event":"tutorial.*","severity":"info"}]}`, nil},
		{"severity without rule", `{"severity":[{"severity":"off"}]}`, []string{"/severity/0 required"}},
		{"severity without severity", `{"severity":[{"rule":"r"}]}`, []string{"/severity/0 required"}},
		{"severity for no event", `{"severity":[{"rule":"r","event":"","severity":"off"}]}`, []string{"/severity/0/event minLength"}},
		{"severity with a path", `{"severity":[{"rule":"r","severity":"off","path":"/a"}]}`, []string{"/severity/0 additionalProperties"}},
		{"severity fatal", `{"severity":[{"rule":"r","severity":"fatal"}]}`, []string{"/severity/0/severity enum"}},

		{"waiver", waiver(``), nil},
		{"waiver for a place", waiver(`,"event":"tutorial.view","path":"/properties/*"`), nil},
		{"waiver for the whole event", waiver(`,"path":""`), nil},
		{"waiver with a dotted path", waiver(`,"path":"properties.x"`), []string{"/waivers/0/path pattern"}},
		{"waiver with an unknown name", waiver(`,"untill":"2027-03-31"`), []string{"/waivers/0 additionalProperties"}},
		{"waiver with nothing", `{"waivers":[{}]}`, []string{"/waivers/0 required"}},
		{"waiver without a reason", waiver(`,"reason":" "`), []string{"/waivers/0/reason pattern"}},
		{"waiver without an owner", waiver(`,"owner":""`), []string{"/waivers/0/owner pattern"}},
		{"waiver until a day that is none", waiver(`,"until":"2027-02-30"`), []string{"/waivers/0/until format"}},
		{"waiver until a moment", waiver(`,"until":"2027-02-28T00:00:00Z"`), []string{"/waivers/0/until format"}},
		{"waiver until a number", waiver(`,"until":20270331`), []string{"/waivers/0/until type"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// Of a name that is written twice, the decoder takes the last.
			got := faults(t, sch, decode(t, []byte(tt.config)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.config, diff)
			}
		})
	}
}

// Each member that a waiver or a severity must have is needed by itself.
func TestConfigRequiredMembers(t *testing.T) {
	sch := compile(t, "_formats/config.schema.json")
	for list, entry := range map[string]string{
		"severity": `{"rule":"r","severity":"off"}`,
		"waivers":  `{"rule":"r","reason":"known","owner":"growth","until":"2027-03-31"}`,
	} {
		for name := range decode(t, []byte(entry)).(map[string]any) {
			member := decode(t, []byte(entry)).(map[string]any)
			delete(member, name)
			got := faults(t, sch, map[string]any{list: []any{member}})
			if diff := cmp.Diff([]string{"/" + list + "/0 required"}, got); diff != "" {
				t.Errorf("%s without %s (-want +got):\n%s", list, name, diff)
			}
		}
	}
}
