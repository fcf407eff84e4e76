package validator_test

import (
	"strconv"
	"testing"
)

func TestTimestamps(t *testing.T) {
	cat := builtIn(t)
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{"2026-01-31T12:30:00Z", true}, {"2026-01-31t12:30:00.123456789z", true}, {"2026-01-31T12:30:00.5+05:30", true},
		{"2026-01-31T12:30:00+0000", true}, {"2026-01-31T12:30:00.000-0530", true}, {"2026-01-31T12:30:00+05", true},
		{"2026-01-31T12:30Z", true}, {"2026-01-31T12:30+02:00", true}, {"20260131T123000Z", true}, {"20260131T123000.5+0100", true},
		{"20260131T1230Z", true}, {"2026-01-31", true}, {"20260131", true}, {"2016-12-31T23:59:60Z", true}, {"2026-01-31T12:30:00,5Z", true}, {"2024-02-29", true},
		{"", false}, {"now", false}, {"2015-2-02T00:30:12.984Z", false}, {"2026-01-31T12:30:00", false}, {"2026-01-31 12:30:00Z", false},
		{"2026-13-01", false}, {"2026-02-29", false}, {"2026-00-10T00:00:00Z", false}, {"2026-01-31T24:30:00Z", false}, {"2026-01-31T12:60:00Z", false},
		{"2026-01-31T12:30:61Z", false}, {"2026-01-31T12:30:00.Z", false}, {"2026-01-31T12:30:00.1234567890Z", true}, {"2026-01-31T12Z", false},
		{"2026-01-31T123000Z", false}, {"20260131T12:30:00Z", false}, {"2026-01-31T12:30:00+5", false}, {"2026-01-31T12:30:00+05:60", false},
		{"2026-01-31T12:30:00+99", false}, {"2026-01-31T", false}, {"1769862600", false}, {"2026-01-31Z", false}, {"2026-01-31T12:30.5Z", false}, {"20260131\n", false},
	} {
		found := places(cat.Validate(one(t, `{"type":"identify","userId":"u","timestamp":`+strconv.Quote(tt.text)+`}`)))
		if ok := len(found) == 0; ok != tt.ok {
			t.Errorf("timestamp %q: found %v, want accepted %v", tt.text, found, tt.ok)
		}
	}
}
