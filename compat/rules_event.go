package compat

// contractOf is the contract of the track event of that name, without any properties;
// rest are more members.
func contractOf(name, rest string) string {
	return `{` + rest + `"properties":{"type":{"const":"track"},"event":{"const":"` + name + `"}},"required":["type","event"]}`
}

// versionOf is the contract of one version of the event "A".
func versionOf(version string) string {
	return `{"properties":{"type":{"const":"track"},"event":{"const":"A"},"context":{"properties":{"protocols":{"properties":{"event_version":{"const":` + version + `}}}}}},"required":["type","event"]}`
}

const (
	deprecatedMember = `"x-segproof":{"deprecated":true},`
	renamedMember    = `"x-segproof":{"deprecated":{"renamed-to":"B"}},`
)

// eventRules are the rules about contracts that come and go.
func eventRules() []rule {
	return []rule{
		{id: "event-added", producer: safe, consumer: safe, decided: true, mirror: "event-removed",
			title: "a contract for a new event", why: "Nobody sends it yet. The warehouse gets a new table.",
			hit: pair{"", contractOf("A", "")}, near: pair{contractOf("A", ""), contractOf("A", "")}},
		{id: "event-removed", producer: breaking, consumer: breaking, decided: true, mirror: "event-added",
			title: "the contract of an event is gone", why: "Senders go on and their events are unplanned; Segment Protocols can block those. The event's table stops growing.",
			hit: pair{contractOf("A", ""), ""}, near: pair{contractOf("A", deprecatedMember), ""}},
		{id: "event-removed-after-deprecation", producer: risky, consumer: risky, decided: true, mirror: "event-added",
			title: "the contract of an event that was deprecated is gone", why: "It was announced by x-segproof.deprecated; whoever still sends or reads the event has had notice.",
			hit: pair{contractOf("A", deprecatedMember), ""}, near: pair{contractOf("A", ""), ""}},
		{id: "event-renamed", producer: risky, consumer: risky, decided: true, mirror: "event-added",
			title: "an event goes by another name", why: "The old contract said so, by x-segproof.deprecated.renamed-to, before it was removed. Senders of the old name are unplanned from now on, and the event gets another table.",
			hit:  pair{contractOf("A", renamedMember), contractOf("B", "")},
			near: pair{contractOf("A", renamedMember), contractOf("C", "")}},
		{id: "event-deprecated", producer: safe, consumer: safe, decided: true, mirror: "event-deprecation-cleared",
			title: "an event is deprecated", why: "This is the notice that makes its later removal a warning.",
			hit: pair{contractOf("A", ""), contractOf("A", deprecatedMember)}, near: pair{contractOf("A", deprecatedMember), contractOf("A", deprecatedMember)}},
		{id: "event-deprecation-cleared", producer: safe, consumer: safe, decided: true, mirror: "event-deprecated",
			title: "an event is not deprecated any more", why: "Its removal would be an error again.",
			hit: pair{contractOf("A", deprecatedMember), contractOf("A", "")}, near: pair{contractOf("A", deprecatedMember), contractOf("A", deprecatedMember)}},
		{id: "event-version-added", producer: safe, consumer: safe, decided: true, mirror: "event-version-removed",
			title: "a new version of an event", why: "Only events that name it are judged by it. Source: segment.com/docs/protocols/tracking-plan/create/ (event versioning).",
			hit: pair{versionOf("1"), versionOf("1") + "\n" + versionOf("2")}, near: pair{versionOf("1"), versionOf("1")}},
		{id: "event-version-removed", producer: breaking, consumer: safe, mirror: "event-version-added", faults: []string{"value-not-allowed"},
			title: "a version of an event is gone", why: "Events that name it are judged by the oldest version from now on. Source: segment.com/docs/protocols/tracking-plan/create/ (event versioning).",
			hit: pair{versionOf("1") + "\n" + versionOf("2"), versionOf("1")}, near: pair{versionOf("1"), versionOf("1.0")}},
		{id: "event-version-changed", producer: risky, consumer: risky, decided: true, mirror: "event-version-removed",
			title: "events that name no version are judged by another one", why: "Segment judges them by the oldest version, and the oldest is not what it was. Source: segment.com/docs/protocols/tracking-plan/create/ (event versioning).",
			hit: pair{versionOf("2"), versionOf("1") + "\n" + versionOf("2")}, near: pair{versionOf("1"), versionOf("1") + "\n" + versionOf("2")}},
		{id: "dialect-changed", producer: risky, consumer: risky, decided: true, mirror: "dialect-changed",
			title: "the contract is written in another draft of JSON Schema", why: "The same text can mean something else: a list in items, dependencies, what stands beside a $ref.",
			hit:  pair{contractOf("A", `"$schema":"http://json-schema.org/draft-07/schema#",`), contractOf("A", `"$schema":"https://json-schema.org/draft/2020-12/schema",`)},
			near: pair{contractOf("A", `"$schema":"http://json-schema.org/draft-07/schema#",`), contractOf("A", "")}},
	}
}

// The rules that tell what the engines found and no other rule says.
const (
	ruleUndeclaredBreak  = "undeclared-break"
	ruleUnexplainedBreak = "unexplained-break"
	ruleUndecided        = "undecided"
)

// replayRules are the rules about recorded events.
func replayRules() []rule {
	return []rule{
		{id: RuleReplay, producer: breaking, consumer: safe, decided: true,
			events: [2]string{`{"type":"track","event":"Hit","userId":"u1","properties":{"a":"x"}}`, `{"type":"track","event":"Near","userId":"u1","properties":{"a":"y"}}`},
			title:  "recorded events would be rejected", why: "They were in order by the contract before, and are not by the one now: --events names the record. That none breaks proves nothing.",
			hit: props(`{"enum":["x","y"]}`, `{"enum":["y"]}`), near: props(`{"enum":["x","y"]}`, `{"enum":["y"]}`)},
	}
}

// verdictRules are the rules about verdicts.
func verdictRules() []rule {
	return []rule{
		{id: ruleUndeclaredBreak, producer: risky, consumer: risky, decided: true,
			title: "only an event with members that nobody described breaks",
			why:   "An open object may carry any member. Whoever sends one that the contract does not describe is hit by this change; no described event is.",
			hit:   pair{`{"properties":{"a":{}}}`, `{"properties":{"a":{},"b":{"type":"integer"}}}`},
			near:  pair{`{"properties":{"a":{}}}`, `{"properties":{"a":{},"b":{}}}`}},
		{id: ruleUnexplainedBreak, producer: breaking, consumer: breaking, decided: true, mirror: ruleUnexplainedBreak,
			title: "an event breaks, and no rule says which change is the cause",
			why:   "The event was accepted by one contract and rejected by the other, so the break is real. That no rule explains it is a gap in segproof; please report it.",
			hit:   pair{`{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"string","contentEncoding":"base64"}}}`},
			near:  pair{`{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"string","x-note":"base64"}}}`}},
		{id: ruleUndecided, producer: breaking, consumer: breaking, decided: true, mirror: ruleUndecided,
			title: "neither a proof nor an event that breaks was found",
			why:   "The change may be safe or not: no event that breaks was found, and no proof that there is none. It counts as an error unless --unknown warn says otherwise.",
			hit:   props(`{"type":"string","pattern":"^(a|b)*a(a|b){15}$"}`, `{"type":"string","pattern":"^[ab]*a[ab]{15}$"}`),
			near:  props(`{"type":"string","pattern":"^(a|b)*$"}`, `{"type":"string","pattern":"^[ab]*$"}`)},
	}
}
