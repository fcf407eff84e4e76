package validator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// wire judges the wire layer: guards first, then every check of the table. It decodes
// the event for the layers that follow.
func (j *judgement) wire() {
	v, err := decode(j.text)
	if err != nil {
		// event.Decode has passed the text; whoever made this event did not.
		j.reportWire(ruleBadRequest, "", "not JSON: "+err.Error(), "")
		return
	}
	var faults []guardFault
	faults, j.values = guard(j.text)
	for _, f := range faults {
		j.reportWire(f.rule, f.pointer, f.message, f.hint)
		j.fatal = j.fatal || f.fatal()
	}
	object, ok := v.(map[string]any)
	if !ok {
		j.reportWire(ruleBadRequest, "", "got "+describe(v)+", want an event, which is an object", "")
		return
	}
	j.event = object
	for _, check := range wireChecks() {
		check(j)
	}
}

func (j *judgement) reportWire(rule, pointer, message, hint string) {
	j.report(finding.Finding{Layer: finding.Wire, Rule: rule, Pointer: pointer, Message: message, Hint: hint})
}

// wireChecks returns the checks of the wire layer, in the order in which they speak.
// Each reports the rules that it is named after. What Segment takes null for, it takes
// as not sent: analytics.js sends "name":null with every unnamed page.
func wireChecks() []func(*judgement) {
	return []func(*judgement){
		checkType,
		checkBatch,
		checkSize,
		checkIdentifiers,
		checkGroupAndAlias,
		checkEventName,
		checkPageName,
		checkBody,
		checkMessageID,
		checkTimestamps,
		checkConsent,
		checkAdvertisingID,
	}
}

func checkType(j *judgement) {
	if t, ok := j.event["type"].(string); ok && slices.Contains(event.Types(), event.Type(t)) {
		return
	}
	types := make([]string, 0, len(event.Types()))
	for _, t := range event.Types() {
		types = append(types, string(t))
	}
	want := "want one of " + strings.Join(types, ", ")
	switch t := j.event["type"].(type) {
	case nil:
		hint := ""
		if action, ok := j.event["action"].(string); ok && slices.Contains(types, action) {
			hint = "\"action\" is the old name of \"type\""
		}
		j.reportWire(ruleMissingType, "/type", "type is missing, "+want, hint)
	case string:
		j.reportWire(ruleInvalidType, "/type", "got "+describe(t)+", "+want+finding.DidYouMean(t, types), "")
	default:
		j.reportWire(ruleInvalidType, "/type", "got "+describe(t)+", "+want, "")
	}
}

func checkBatch(j *judgement) {
	batch := j.ev.Batch
	if batch == nil || j.ev.Index != 0 {
		return
	}
	if len(batch.Raw) > event.MaxBatchBytes {
		if n := compactSize(batch.Raw); n > event.MaxBatchBytes {
			j.reportBatch(ruleBatchTooLarge, fmt.Sprintf("batch has %d bytes, want at most %d", n, event.MaxBatchBytes))
		}
	}
	if batch.Count > event.MaxBatchEvents {
		j.reportBatch(ruleTooManyEvents, fmt.Sprintf("batch has %d events, want at most %d", batch.Count, event.MaxBatchEvents))
	}
}

// reportBatch reports on the envelope, at its place, on behalf of its first event.
func (j *judgement) reportBatch(rule, message string) {
	if !j.makeRoom(severityOf(rule)) {
		return
	}
	f := finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Wire, File: j.ev.Batch.At.File,
		Message: message, Hint: "send it in several batches"}
	f.Line, f.Column = j.ev.Batch.At.Line, j.ev.Batch.At.Column
	f.Excerpt = finding.ExcerptAt(j.ev.Batch.Raw, 0, 1)
	j.findings = append(j.findings, f)
}

func checkSize(j *judgement) {
	if len(j.ev.Raw) <= event.MaxEventBytes {
		return
	}
	if n := compactSize(j.ev.Raw); n > event.MaxEventBytes {
		j.reportWire(ruleEventTooLarge, "", fmt.Sprintf("event has %d bytes, want at most %d", n, event.MaxEventBytes), "send less with each event; Segment answers 200 to a batch and drops this event")
	}
}

// compactSize is the size of a JSON text without the white space between its parts: a
// pretty-printed file is not larger on the wire than what its sender sends.
func compactSize(text []byte) int {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return len(text) // not JSON: as it stands
	}
	return b.Len()
}

func checkIdentifiers(j *judgement) {
	for _, name := range []string{"userId", "anonymousId", "groupId", "previousId"} {
		switch id := j.event[name].(type) {
		case nil:
		case string:
			if id == "" {
				j.reportWire(ruleIDNotString, "/"+name, name+" is empty, want a non-empty string", "leave "+name+" out if there is none")
			}
		default:
			j.reportWire(ruleIDNotString, "/"+name, "got "+describe(id)+", want a non-empty string", quoteHint(id))
		}
	}
	if j.event["userId"] != nil || j.event["anonymousId"] != nil || j.ev.Type == event.Alias {
		return
	}
	hint := "send userId, anonymousId or both"
	var names []string
	if len(j.event) <= maxSuggested {
		names = sortedKeys(j.event)
	}
	for _, want := range []string{"userId", "anonymousId"} {
		if got := finding.Nearest(want, names); got != "" {
			hint = fmt.Sprintf("%s is there; did you mean %q?", quote(got), want)
			break
		}
	}
	j.reportWire(ruleNoUserAnonID, "/userId", "neither userId nor anonymousId is there, want at least one", hint)
}

func checkGroupAndAlias(j *judgement) {
	var want []string
	switch j.ev.Type {
	case event.Group:
		want = []string{"groupId"}
	case event.Alias:
		want = []string{"previousId", "userId"}
	}
	for _, name := range want {
		if j.event[name] == nil {
			j.reportWire(ruleIDRequired, "/"+name, fmt.Sprintf("%s is missing, want a non-empty string: %s needs it", name, j.ev.Type), "")
		}
	}
	user, ok := j.event["userId"].(string)
	if previous, isString := j.event["previousId"].(string); j.ev.Type == event.Alias && ok && isString && user != "" && user == previous {
		j.reportWire(ruleAliasToSelf, "/previousId", "previousId and userId are both "+quote(user)+", want two different users",
			"analytics.js overwrites userId with the stored one; call alias before identify")
	}
}

func checkEventName(j *judgement) {
	if j.ev.Type != event.Track {
		return
	}
	switch name := j.event["event"].(type) {
	case nil:
		hint := ""
		if _, ok := j.event["name"].(string); ok {
			hint = "a track call carries its name in \"event\", not in \"name\""
		}
		j.reportWire(ruleEventNotDefined, "/event", "event is missing, want the name of the event", hint)
	case string:
		if name == "" {
			j.reportWire(ruleEventNotDefined, "/event", "event is empty, want the name of the event", "")
		}
	default:
		j.reportWire(ruleEventNotString, "/event", "got "+describe(name)+", want a string", quoteHint(name))
	}
}

func checkPageName(j *judgement) {
	if j.ev.Type != event.Page && j.ev.Type != event.Screen {
		return
	}
	for _, field := range []struct{ name, rule string }{{"category", ruleCategoryNotString}, {"name", ruleNameNotString}} {
		switch v := j.event[field.name].(type) {
		case nil:
		case string:
			if v == "" {
				j.reportWire(field.rule, "/"+field.name, field.name+" is empty, want a non-empty string", "leave it out if there is none")
			}
		default:
			j.reportWire(field.rule, "/"+field.name, "got "+describe(v)+", want a string", quoteHint(v))
		}
	}
}

func checkBody(j *judgement) {
	for _, field := range []struct{ name, rule string }{{"properties", rulePropertiesNotObject}, {"traits", ruleTraitsNotObject}} {
		switch v := j.event[field.name].(type) {
		case nil:
		case map[string]any:
			if len(v) > event.MaxProperties {
				j.reportWire(ruleTooManyProperties, "/"+field.name, fmt.Sprintf("%s has %d members, want at most %d", field.name, len(v), event.MaxProperties), "Segment does not store the rest")
			}
		default:
			j.reportWire(field.rule, "/"+field.name, "got "+describe(v)+", want an object", "")
		}
	}
}

func checkMessageID(j *judgement) {
	if id, ok := j.event["messageId"].(string); ok {
		if n := utf8.RuneCountInString(id); n >= event.MaxMessageIDChars {
			j.reportWire(ruleMessageIDTooLong, "/messageId", fmt.Sprintf("messageId has %d characters, want fewer than %d", n, event.MaxMessageIDChars), "a UUID has 36")
		}
	}
}

func checkTimestamps(j *judgement) {
	for _, field := range []string{"originalTimestamp", "receivedAt", "sentAt", "timestamp"} {
		switch v := j.event[field].(type) {
		case nil:
		case string:
			if !isTimestamp(v) {
				j.reportWire(ruleTimestampNotISO8601, "/"+field, "got "+describe(v)+", want an ISO 8601 date and time with its zone", timestampHint(v))
			}
		default:
			j.reportWire(ruleTimestampNotISO8601, "/"+field, "got "+describe(v)+", want a string with an ISO 8601 date and time", "send it like \"2026-01-31T12:30:00.000Z\"")
		}
	}
}

// consentEvent is the track call that Segment checks the consent members of.
//
// Source: segment.com/docs/privacy/consent-management/consent-in-unify/
const consentEvent = "Segment Consent Preference Updated"

func checkConsent(j *judgement) {
	if j.ev.Type != event.Track || j.ev.Name != consentEvent {
		return
	}
	context, _ := j.event["context"].(map[string]any)
	consent, _ := context["consent"].(map[string]any)
	const at = "/context/consent/categoryPreferences"
	switch preferences := consent["categoryPreferences"].(type) {
	case nil:
		j.reportWire(ruleConsentMissing, at, "context.consent.categoryPreferences is missing, want an object of booleans", "")
	case map[string]any:
		for _, category := range sortedKeys(preferences) {
			v := preferences[category]
			if _, ok := v.(bool); !ok {
				j.reportWire(ruleConsentNotBool, jsonpos.Join(at, category), "got "+describe(v)+", want true or false", "")
			}
		}
	default:
		j.reportWire(ruleConsentNotObject, at, "got "+describe(preferences)+", want an object of booleans", "")
	}
	if v, ok := consent["version"]; ok {
		if _, isNumber := v.(json.Number); !isNumber {
			j.reportWire(ruleConsentVersion, "/context/consent/version", "got "+describe(v)+", want a number", "")
		}
	}
}

func checkAdvertisingID(j *judgement) {
	context, _ := j.event["context"].(map[string]any)
	device, _ := context["device"].(map[string]any)
	if v := device["advertisingId"]; v != nil {
		if _, ok := v.(string); !ok {
			j.reportWire(ruleAdvertisingID, "/context/device/advertisingId", "got "+describe(v)+", want a string", "")
		}
	}
}

// quoteHint offers a number or boolean as the string that is wanted in its place.
func quoteHint(v any) string {
	switch v := v.(type) {
	case json.Number, bool:
		return fmt.Sprintf("send it in quotes: \"%v\"", v)
	}
	return ""
}
