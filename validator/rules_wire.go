package validator

import "segproof/finding"

// ingestRules is the table of what Segment drops on ingest for what names the event, by
// its own codes. It answers 200 all the same, so that the sender cannot notice.
//
// Source: segment.com/docs/connections/delivery-overview/ (failed on ingest)
func ingestRules() []finding.Rule {
	return wire(finding.Error, []finding.Rule{
		{ID: ruleBadRequest, Title: "an item that is no event",
			Why:       "An event is a JSON object. Segment's code for what it cannot decode is bad_request.",
			Hit:       `{"batch":["tutorial.view"]}`,
			Neighbour: `{"batch":[{"type":"identify","userId":"u1"}]}`},
		{ID: ruleMissingType, Title: "the event does not say which call it is",
			Why:       "Every item of a batch must carry its type; Segment's code is missing_type. Only a request to /v1/track and its like may leave it out.",
			Hit:       `{"event":"tutorial.interaction","userId":"u1"}`,
			Neighbour: `{"type":"identify","userId":"u1"}`},
		{ID: ruleInvalidType, Title: "the event names a call that Segment does not have",
			Why:       "Segment takes track, identify, page, screen, group and alias, in small letters; its code is invalid_type.",
			Hit:       `{"type":"Identify","userId":"u1"}`,
			Neighbour: `{"type":"identify","userId":"u1"}`},
		{ID: ruleNoUserAnonID, Title: "the event says nothing about its user",
			Why:       "Every call but alias needs userId, anonymousId or both; Segment's code is no_user_anon_id. A null counts as not sent.",
			Hit:       `{"type":"identify","traits":{}}`,
			Neighbour: `{"type":"identify","anonymousId":"a1","traits":{}}`},
		{ID: ruleIDRequired, Title: "a group or alias call lacks an identifier of its own",
			Why:       "group needs groupId, alias needs previousId and userId. Segment lists the code id_required beside no_user_anon_id and does not say which call gets which; segproof uses it for these.",
			Hit:       `{"type":"group","userId":"u1"}`,
			Neighbour: `{"type":"group","userId":"u1","groupId":"g1"}`},
		{ID: ruleIDNotString, Title: "an identifier is empty or not a string",
			Why:       "Segment's code is id_not_string: a number or an empty string identifies nobody.",
			Hit:       `{"type":"identify","userId":12}`,
			Neighbour: `{"type":"identify","userId":"12"}`},
		{ID: ruleEventNotDefined, Title: "a track call has no event name",
			Why:       "Segment's code is event_not_defined.",
			Hit:       `{"type":"track","userId":"u1"}`,
			Neighbour: `{"type":"track","userId":"u1","event":"Order Completed"}`},
		{ID: ruleEventNotString, Title: "a track call's event name is not a string",
			Why:       "Segment's code is event_not_string.",
			Hit:       `{"type":"track","userId":"u1","event":12}`,
			Neighbour: `{"type":"track","userId":"u1","event":"12"}`},
		{ID: ruleNameNotString, Title: "the name of a page or screen is empty or not a string",
			Why:       "Segment's code is name_not_string. A null counts as not sent: analytics.js sends it with every unnamed page.",
			Hit:       `{"type":"page","userId":"u1","name":""}`,
			Neighbour: `{"type":"page","userId":"u1","name":null}`},
		{ID: ruleCategoryNotString, Title: "the category of a page or screen is empty or not a string",
			Why:       "Segment's code is category_not_string.",
			Hit:       `{"type":"page","userId":"u1","name":"Home","category":3}`,
			Neighbour: `{"type":"page","userId":"u1","name":"Home","category":"Docs"}`},
	})
}

// ingestContentRules goes on with what Segment drops for what the event holds.
func ingestContentRules() []finding.Rule {
	return wire(finding.Error, []finding.Rule{
		{ID: rulePropertiesNotObject, Title: "properties is not an object",
			Why:       "Segment's code is properties_not_object.",
			Hit:       `{"type":"track","userId":"u1","event":"Order Completed","properties":[]}`,
			Neighbour: `{"type":"track","userId":"u1","event":"Order Completed","properties":{}}`},
		{ID: ruleTraitsNotObject, Title: "traits is not an object",
			Why:       "Segment's code is traits_not_object.",
			Hit:       `{"type":"identify","userId":"u1","traits":"none"}`,
			Neighbour: `{"type":"identify","userId":"u1","traits":{}}`},
		{ID: ruleConsentMissing, Title: "a consent event has no category preferences",
			Why:       "Segment checks context.consent.categoryPreferences of the track event \"Segment Consent Preference Updated\".",
			Hit:       `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated"}`,
			Neighbour: `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":{"ads":true}}}}`},
		{ID: ruleConsentNotObject, Title: "the category preferences of a consent event are not an object",
			Why:       "They map each consent category to true or false.",
			Hit:       `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":["ads"]}}}`,
			Neighbour: `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":{}}}}`},
		{ID: ruleConsentNotBool, Title: "a consent category is not true or false",
			Why:       "Segment does not read \"true\" or 1 as consent.",
			Hit:       `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":{"ads":"true"}}}}`,
			Neighbour: `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":{"ads":true}}}}`},
		{ID: ruleConsentVersion, Title: "the version of a consent event is not a number",
			Why:       "Segment's code is consent_version_should_be_number; its pages do not say where the version stands, segproof reads context.consent.version.",
			Hit:       `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"version":"2","categoryPreferences":{}}}}`,
			Neighbour: `{"type":"track","userId":"u1","event":"Segment Consent Preference Updated","context":{"consent":{"version":2,"categoryPreferences":{}}}}`},
		{ID: ruleAdvertisingID, Title: "context.device.advertisingId is not a string",
			Why:       "Segment's code is device_advertisingid_should_be_string.",
			Hit:       `{"type":"identify","userId":"u1","context":{"device":{"advertisingId":7}}}`,
			Neighbour: `{"type":"identify","userId":"u1","context":{"device":{"advertisingId":"7A3CBEA0"}}}`},
	})
}

// limitRules is the table of the limits, Segment's and ours, and of what gets lost or
// changed on the wire.
func limitRules() []finding.Rule {
	rules := wire(finding.Error, []finding.Rule{
		{ID: ruleEventTooLarge, Title: "an event is larger than 32 KB",
			Why:       "Segment refuses a larger single call with 400, and drops a larger event of a batch while it answers 200. White space between the JSON parts is not counted.",
			Hit:       `{"type":"identify","userId":"u1","traits":{"bio":"${repeat:32768:x$}"}}`,
			Neighbour: `{"type":"identify","userId":"u1","traits":{"bio":"${repeat:32000:x$}"}}`},
		{ID: ruleBatchTooLarge, Title: "a batch is larger than 500 KB",
			Why:       "Segment answers 400 and takes none of it.",
			Hit:       `{"batch":[${repeat:16000:{"type":"identify","userId":"u1"},$}{"type":"identify","userId":"u1"}]}`,
			Neighbour: `{"batch":[{"type":"identify","userId":"u1"}]}`},
		{ID: ruleTooManyEvents, Title: "a batch has more than 2,500 events",
			Why:       "Segment answers 200 and takes none of them.",
			Hit:       `{"batch":[${repeat:2500:{"type":"identify","userId":"u1"},$}{"type":"identify","userId":"u1"}]}`,
			Neighbour: `{"batch":[${repeat:2499:{"type":"identify","userId":"u1"},$}{"type":"identify","userId":"u1"}]}`},
		{ID: ruleTooManyProperties, Title: "an event has more than 10,000 properties or traits",
			Why:       "Segment does not store the rest. In 32 KB there is hardly room for so many.",
			Hit:       "",
			Neighbour: `{"type":"identify","userId":"u1","traits":{"a":1,"b":2}}`},
		{ID: ruleMessageIDTooLong, Title: "messageId has 100 characters or more",
			Why:       "Segment asks for fewer than 100 and does not take the event otherwise.",
			Hit:       `{"type":"identify","userId":"u1","messageId":"${repeat:100:m$}"}`,
			Neighbour: `{"type":"identify","userId":"u1","messageId":"${repeat:99:m$}"}`},
		{ID: ruleTimestampNotISO8601, Title: "a timestamp is not ISO 8601 with a zone",
			Why:       "Segment corrects clocks by timestamp, sentAt and receivedAt; from another spelling it cannot. The extended and the basic format, 0 to 9 digits of a second's fraction, any offset, and a day alone are fine.",
			Hit:       `{"type":"identify","userId":"u1","timestamp":"2015-2-02T00:30:12.984Z"}`,
			Neighbour: `{"type":"identify","userId":"u1","timestamp":"2015-02-02T00:30:12.984+02:00"}`},
		{ID: ruleTooDeep, Title: "an event nests more than 64 deep",
			Why:       "No event can cost more than its size: deeper ones are not judged further. Warehouses and destinations flatten or drop nested values anyway. The limit is segproof's.",
			Hit:       `{"type":"identify","userId":"u1","traits":{"deep":${repeat:64:[$}${repeat:64:]$}}}`,
			Neighbour: `{"type":"identify","userId":"u1","traits":{"deep":${repeat:62:[$}${repeat:62:]$}}}`},
		{ID: ruleNumberOutOfRange, Title: "a number that no reader can hold",
			Why:       "At most 64 characters, an exponent of at least -400 and a value within a double's range, to 1.8e308 on either side of 0. JavaScript reads a larger one as infinite and sends null. Such numbers overflow in every destination, and exact arithmetic on them can stop a validator. The limit is segproof's.",
			Hit:       `{"type":"identify","userId":"u1","traits":{"age":1e1000001}}`,
			Neighbour: `{"type":"identify","userId":"u1","traits":{"age":1e2}}`},
	})
	return append(rules, wire(finding.Warning, []finding.Rule{
		{ID: ruleDuplicateMessageID, Title: "a messageId was sent before",
			Why:       "Segment keeps one event for each messageId within 24 hours and drops the others. segproof compares with the last 100,000 messageIds of the run.",
			Hit:       "{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m1\"}\n{\"type\":\"identify\",\"userId\":\"u2\",\"messageId\":\"m1\"}",
			Neighbour: "{\"type\":\"identify\",\"userId\":\"u1\",\"messageId\":\"m1\"}\n{\"type\":\"identify\",\"userId\":\"u2\",\"messageId\":\"m2\"}"},
		{ID: ruleAliasToSelf, Title: "an alias call gives a user its own ID",
			Why:       "It changes nothing. analytics.js sends it when alias follows identify: it overwrites userId with the stored one.",
			Hit:       `{"type":"alias","previousId":"u1","userId":"u1"}`,
			Neighbour: `{"type":"alias","previousId":"a1","userId":"u1"}`},
		{ID: ruleDuplicateKey, Title: "a key stands twice in one object",
			Why:       "JSON readers keep one of them, most the last: a value is lost without a word.",
			Hit:       `{"type":"identify","userId":"u1","userId":"u2"}`,
			Neighbour: `{"type":"identify","userId":"u1","traits":{"userId":"u2"}}`},
		{ID: ruleInvalidUTF8, Title: "a string is not UTF-8",
			Why:       "JSON is UTF-8. Readers put U+FFFD in place of other bytes, and of half a surrogate pair such as \\ud83d alone.",
			Hit:       "{\"type\":\"identify\",\"userId\":\"caf\xe9\"}",
			Neighbour: `{"type":"identify","userId":"café"}`},
	})...)
}

// wire completes a table of rules of the wire layer.
func wire(severity finding.Severity, rules []finding.Rule) []finding.Rule {
	for i := range rules {
		rules[i].Severity, rules[i].Layer = severity, finding.Wire
	}
	return rules
}
