package validator

import (
	"regexp"
	"strings"
	"sync"
	"time"
)

// timestampForms are the ways of ISO 8601 to write a day, or a day and its time with the
// zone: the extended form and the basic one, which are not mixed but for the offset:
// many languages write 2026-01-31T12:30:00+0000. Seconds may be left out, and have any
// number of digits of a fraction. The groups are day, hour, minute, second, and the offset's hours
// and minutes. A time without a zone is none of them: nobody could correct a clock by it.
var timestampForms = sync.OnceValue(func() []*regexp.Regexp {
	const fraction, zone = `(?:[.,][0-9]+)?`, `(?:Z|[+-]([0-9]{2})(?::?([0-9]{2}))?)`
	return []*regexp.Regexp{
		regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})` + fraction + `)?` + zone + `)?$`),
		regexp.MustCompile(`^([0-9]{8})(?:T([0-9]{2})([0-9]{2})(?:([0-9]{2})` + fraction + `)?` + zone + `)?$`),
	}
})

// isTimestamp reports whether s is an ISO 8601 day, or day and time with a zone. Among
// them is all that the official SDKs send: C# sends 7 digits of a fraction, Flutter 6, PHP
// none; Go and Python send an offset.
//
// Source: segment.com/docs/connections/spec/common/#timestamps ("ISO-8601 date strings"),
// and what the SDKs were seen to send
func isTimestamp(s string) bool {
	s = strings.ToUpper(s)
	for _, form := range timestampForms() {
		m := form.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		// Two digits compare as numbers do; a group that is not there is "". A leap second
		// is :60. The offset of no zone comes near a day.
		_, err := time.Parse("20060102", strings.ReplaceAll(m[1], "-", ""))
		return err == nil && m[2] <= "23" && m[3] <= "59" && m[4] <= "60" && m[5] <= "23" && m[6] <= "59"
	}
	return false
}

func timestampHint(s string) string {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return "did you mean " + quote(t.Format("2006-01-02T15:04:05.999Z07:00")) + "? (in UTC)"
		}
	}
	return "send it like \"2026-01-31T12:30:00.000Z\""
}
