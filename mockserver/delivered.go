package mockserver

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"segproof/event"
)

// deliveredTime is how Segment writes a time.
const deliveredTime = "2006-01-02T15:04:05.000Z"

// Delivered returns the event as Segment would hand it on, to a destination or a
// Function: [event.Event.JSON] with what the server computes.
//
//   - timestamp is receivedAt - (sentAt - timestamp), which corrects the clock of the
//     sender's device; what was sent becomes originalTimestamp. Without a sentAt, or if
//     one of both is no ISO 8601 time, the timestamp stays as sent. Without a timestamp
//     it is receivedAt.
//   - receivedAt, version (2), sentAt of the batch and messageId are there.
//   - channel is server, browser or mobile, if context.library tells.
//   - context.ip is the sender's address if context.direct is true or the library is one
//     of browsers or phones, and the event brings none itself.
//
// What is not named here keeps its bytes and its place; what is added stands at the end.
// Segment's projectId is left out. An event that is no object is returned as it is.
// The result is the caller's; the record does not change.
//
// Source: segment.com/docs/connections/spec/common/#timestamps and .../http-api/
// #collecting-ip-address; that the timestamp stays without sentAt, and that an ip that
// was sent wins, is inferred.
func (r Record) Delivered() json.RawMessage {
	object := r.Event.JSON()
	if len(object) == 0 || object[0] != '{' {
		return slices.Clone(object)
	}
	edits := r.times(object)
	edits = append(edits, edit{"receivedAt", jsonQuoted(r.ReceivedAt.UTC().Format(deliveredTime))}, edit{"version", []byte("2")})
	if r.Event.MessageID() == "" && r.MessageID != "" {
		edits = append(edits, edit{"messageId", jsonQuoted(r.MessageID)})
	}
	context := valueOf(object, "context")
	channel := channelOf(stringOf(valueOf(valueOf(context, "library"), "name")))
	if channel != "" && valueOf(object, "channel") == nil {
		edits = append(edits, edit{"channel", jsonQuoted(channel)})
	}
	wantsIP := string(valueOf(context, "direct")) == "true" || channel == "browser" || channel == "mobile"
	if wantsIP && stringOf(valueOf(context, "ip")) == "" && r.Request != nil && r.Request.RemoteIP != "" {
		edits = append(edits, edit{"context", edited(context, []edit{{"ip", jsonQuoted(r.Request.RemoteIP)}})})
	}
	return edited(object, edits)
}

// times returns what Segment makes of the times of object, the event, receivedAt aside.
func (r Record) times(object []byte) []edit {
	var edits []edit
	sentAt := valueOf(object, "sentAt")
	if sentAt == nil && r.Event.Batch != nil {
		if sentAt = valueOf(r.Event.Batch.Raw, "sentAt"); stringOf(sentAt) != "" {
			edits = append(edits, edit{"sentAt", sentAt})
		}
	}
	original := valueOf(object, "timestamp")
	if original == nil || string(original) == "null" {
		if original = valueOf(object, "originalTimestamp"); original == nil {
			return append(edits, edit{"timestamp", jsonQuoted(r.ReceivedAt.UTC().Format(deliveredTime))})
		}
	}
	when, ok := parseTime(stringOf(original))
	if !ok {
		return edits
	}
	edits = append(edits, edit{"originalTimestamp", original})
	timestamp := original
	if sent, ok := parseTime(stringOf(sentAt)); ok {
		if corrected := corrected(r.ReceivedAt, sent, when); corrected != "" {
			timestamp = jsonQuoted(corrected)
		}
	}
	return append(edits, edit{"timestamp", timestamp})
}

// corrected returns receivedAt - (sentAt - original), "" if that is a year that no
// timestamp has. It does not use time.Duration, which ends at 292 years: a zero
// time.Time of an analytics-go user is further away.
func corrected(receivedAt, sentAt, original time.Time) string {
	t := time.Unix(
		receivedAt.Unix()-sentAt.Unix()+original.Unix(),
		int64(receivedAt.Nanosecond()-sentAt.Nanosecond()+original.Nanosecond()),
	).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return t.Format(deliveredTime)
}

// parseTime reads the times that senders write: 0 to 9 digits of a second, Z or any
// offset; without an offset it is UTC.
//
// Source: the timestamps of analytics-go, -python, -php, -kotlin and -csharp, as they are sent
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// channelOf returns the channel of events that a library sends, "" if it is not known.
// analytics-csharp is in games, apps and servers alike and has none here.
//
// Source: segment.com/docs/connections/spec/common/; the names are the libraries' own
func channelOf(library string) string {
	switch strings.ToLower(library) {
	case "analytics.js":
		return "browser"
	case "analytics-kotlin", "analytics-swift", "analytics-ios", "analytics-android",
		"analytics-react-native", "@segment/analytics-react-native", "analytics-flutter", "analytics_flutter":
		return "mobile"
	case "@segment/analytics-node", "analytics-node", "analytics-go", "analytics-python", "analytics-ruby",
		"analytics-php", "analytics-java", "analytics.net", "analytics-rust":
		return "server"
	}
	return ""
}

// edit gives one member of an object a value.
type edit struct {
	key   string
	value []byte // JSON
}

// edited returns object with the edits made: in place where it has the member, the last
// one if it has several, else at its end. All other bytes stay.
func edited(object []byte, edits []edit) []byte {
	type piece struct{ start, end, edit int }
	var pieces []piece // the values to replace
	var missing []edit
	for i, e := range edits {
		found := piece{edit: -1}
		for m := range event.Members(object) {
			if m.Key == e.key {
				found = piece{m.Start, m.End, i}
			}
		}
		if found.edit < 0 {
			missing = append(missing, e)
			continue
		}
		pieces = append(pieces, found)
	}
	slices.SortFunc(pieces, func(a, b piece) int { return a.start - b.start })
	var out []byte
	done := 0 // object[:done] is in out
	for _, p := range pieces {
		out = append(append(out, object[done:p.start]...), edits[p.edit].value...)
		done = p.end
	}
	out = append(out, object[done:len(object)-1]...)
	comma := hasMembers(object)
	for _, e := range missing {
		if comma {
			out = append(out, ',')
		}
		out = append(append(append(out, jsonQuoted(e.key)...), ':'), e.value...)
		comma = true
	}
	return append(out, '}')
}

func hasMembers(object []byte) bool {
	for range event.Members(object) {
		return true
	}
	return false
}

// valueOf returns the value of the last member of that key, nil if there is none or if
// text is no object. text is JSON that was checked.
func valueOf(text []byte, key string) []byte {
	var value []byte
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	for m := range event.Members(text) {
		if m.Key == key {
			value = text[m.Start:m.End]
		}
	}
	return value
}

// stringOf returns the value of a JSON string, "" for anything else.
func stringOf(value []byte) string {
	text := ""
	if len(value) > 0 && value[0] == '"' {
		_ = json.Unmarshal(value, &text) // a string that was checked always decodes
	}
	return text
}
