package validator_test

import (
	"testing"

	"segproof/schemas"
	"segproof/validator"

	"github.com/google/go-cmp/cmp"
)

// A folder "segment" of a user's own is a source of events like any other: it does not
// put out the Segment Spec, and only segment/TYPE.json without a name takes its place.
func TestFolderSegmentOfTheUser(t *testing.T) {
	const badIP = `{"type":"identify","userId":"u","context":{"ip":5}}`
	for _, tt := range []struct {
		name, file, contract, event string
		want                        []string
	}{
		{"a contract in it leaves the spec alone", "segment/e.json", contract(`{"type":"integer"}`), badIP, []string{"spec type-mismatch /context/ip"}},
		{"a contract in it judges its event", "segment/e.json", contract(`{"type":"integer"}`), eventOf(`"x"`), []string{"contract type-mismatch /properties/p"}},
		{"a contract named as a type is one all the same", "segment/track.json", contract(`{"type":"integer"}`), `{"type":"track","event":"Other","userId":"u","properties":{"p":"x"}}`,
			[]string{"contract unplanned-event /event"}},
		{"a spec schema replaces that of its type", "segment/identify.json", `{"properties":{"type":{"const":"identify"},"userId":{"minLength":9}}}`, badIP, []string{"spec string-length /userId"}},
		{"and no other", "segment/identify.json", `{"properties":{"type":{"const":"identify"}}}`, `{"type":"page","userId":"u","context":{"ip":5}}`, []string{"spec type-mismatch /context/ip"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cat := loadRoots(t, validator.Root{FS: schemas.Spec()}, validator.Root{FS: files(tt.file, tt.contract)})
			if diff := cmp.Diff(tt.want, places(cat.Validate(one(t, tt.event)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.event, diff)
			}
		})
	}
}
