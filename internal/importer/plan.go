package importer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

// The bounds of a tracking plan.
const (
	// MaxPlanRules is how many rules a plan may have: Segment takes no more.
	//
	// Source: segment.com/docs/protocols/tracking-plan/create/#upload-a-tracking-plan
	MaxPlanRules = 2000

	// maxPlanProperties is how many properties one rule may have. Beyond it the contract
	// would have more schemas than the validator takes.
	maxPlanProperties = 2000

	// maxPlanDepth is how deeply the properties of a rule may be nested: the schema of each
	// takes two levels of the contract, which may nest as deeply as an event.
	maxPlanDepth = event.MaxDepth/2 - 2
)

// ErrNoEvents says that a source documents no event.
var ErrNoEvents = errors.New("there is no event in it")

// PlanError says why a file is no tracking plan, and where.
type PlanError struct {
	At      event.Place // Line is 0 if it is about the file as a whole
	Message string
	Hint    string // a way out; may be ""
}

// Error returns FILE:LINE:COLUMN and the message.
func (e *PlanError) Error() string {
	if e.At.Line == 0 {
		return e.At.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.At.File, e.At.Line, e.At.Column, e.Message)
}

// ReadPlan reads a tracking plan as JSON: what Segment's Public API answers to "list rules
// from tracking plan", what it takes for "replace rules", a plan.json of Typewriter, old
// or new, or a plan of the Config API with its events under rules.events. name is the
// source's name, file the file's, as the user wrote it.
//
// A rule becomes the contract of its event: the rule's JSON Schema as it is, with the
// event's identity. Versions are kept apart where an event has several, or one that is
// not 1. What is left out of a schema, because nobody reads it, a finding tells.
//
// ReadPlan returns a [*PlanError] if text is no plan, and [ErrNoEvents], wrapped, with a
// Document if the plan has no rule.
//
// Source: the models RuleV1, RuleInputV1 and ListRulesFromTrackingPlanV1Output of
// github.com/segmentio/public-api-sdk-go; github.com/segmentio/typewriter,
// src/api/trackingplans.ts, for both kinds of plan.json;
// segment.com/docs/protocols/tracking-plan/create/#common-json-schema for "global".
func ReadPlan(name, file string, text []byte) (*Document, error) {
	text, mark := withoutMark(text)
	r := &planReader{doc: &Document{Name: name, Page: sourcePath(file), File: file, isPlan: true}, places: newPlaces(file, text, mark), text: text,
		seen: map[trafficKey]event.Place{}, noise: map[string]int{}, hasRef: bytes.Contains(text, []byte(`"$ref"`))}
	if err := event.CheckSyntax(text); err != nil {
		var syntax *event.SyntaxError
		if errors.As(err, &syntax) {
			return nil, &PlanError{At: r.places.at(syntax.Offset), Message: "not JSON: " + syntax.Message}
		}
		return r.doc, fmt.Errorf("%s: the file is empty: %w", file, ErrNoEvents)
	}
	rules, err := r.rules()
	if err != nil {
		return nil, err
	}
	for i, rule := range rules {
		if i == MaxPlanRules {
			r.report(rulePlanRule, rule.span.start, fmt.Sprintf("more than %d rules; %d are left out", MaxPlanRules, len(rules)-i), "Segment takes no more in one plan")
			break
		}
		r.rule(rule)
	}
	r.versions()
	r.tellNoise()
	finding.Sort(r.doc.Findings)
	if len(r.doc.Events) == 0 && len(r.doc.Findings) == 0 {
		return r.doc, fmt.Errorf("%s: the plan has no rules: %w", file, ErrNoEvents)
	}
	return r.doc, nil
}

// span is a part of a text.
type span struct{ start, end int }

// planRule is one rule of a plan, or what stands for one.
type planRule struct {
	span
	callType string // of a rule that does not name its type itself; "" for others
}

// planReader is the state of one ReadPlan.
type planReader struct {
	doc    *Document
	text   []byte
	places places
	seen   map[trafficKey]event.Place
	noise  map[string]int // how often a keyword that nobody reads was left out
	hasRef bool           // something may refer to an address that is noise else
}

func (r *planReader) report(rule string, offset int, message, hint string) {
	at := r.places.at(offset)
	// A plan may be one line of megabytes; looking for its ends each time would take minutes.
	near := max(0, offset-excerptReach)
	r.doc.note(finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Source, File: at.File, Line: at.Line, Column: at.Column,
		Message: message, Hint: hint, Excerpt: finding.ExcerptAt(r.text[near:min(len(r.text), offset+excerptReach)], offset-near, 1)})
}

// excerptReach is how far around a place in a plan the text is looked at for the excerpt.
const excerptReach = 1000

// note adds a finding, unless there are too many, which is told once.
func (doc *Document) note(f finding.Finding) {
	if len(doc.Findings) == maxFindings {
		f = finding.Finding{Rule: ruleSourceTooLarge, Severity: severityOf(ruleSourceTooLarge), Layer: finding.Source, File: f.File, Line: f.Line, Column: f.Column,
			Message: fmt.Sprintf("more than %d findings; the others are left out", maxFindings), Hint: "mend these first"}
	}
	if len(doc.Findings) <= maxFindings {
		doc.Findings = append(doc.Findings, f)
	}
}

// members returns the members of the object at s, by key: of a repeated key the last. ok
// is false if there is no object.
func (r *planReader) members(s span) (members map[string]planMember, ok bool) {
	if s.end == 0 || r.text[s.start] != '{' {
		return nil, false // there is no value, or no object
	}
	members = map[string]planMember{}
	for m := range event.Members(r.text[s.start:s.end]) {
		members[m.Key] = planMember{key: m.Key, keyStart: s.start + m.KeyStart, span: span{s.start + m.Start, s.start + m.End}}
	}
	return members, true
}

// planMember is a member of an object in the plan.
type planMember struct {
	key      string
	keyStart int
	span
}

// raw returns a copy of the text at s, on one line.
func (r *planReader) raw(s span) json.RawMessage {
	var b bytes.Buffer
	_ = json.Compact(&b, r.text[s.start:s.end]) // the text was checked
	return b.Bytes()
}

// string returns the string at s, "" if there is none.
func (r *planReader) string(s span) string {
	var text string
	if s.end == 0 || json.Unmarshal(r.text[s.start:s.end], &text) != nil {
		return ""
	}
	return text
}

// root is the span of the whole text without white space around it.
func (r *planReader) root() span {
	start := len(r.text) - len(bytes.TrimLeft(r.text, " \t\r\n"))
	return span{start, len(bytes.TrimRight(r.text, " \t\r\n"))}
}

// rules finds the rules of the plan.
func (r *planReader) rules() ([]planRule, error) {
	at := r.root()
	if r.text[at.start] == '[' {
		return r.elements(at, ""), nil
	}
	members, ok := r.members(at)
	if !ok {
		return nil, r.noPlan(at.start, "want a tracking plan, an object with \"rules\"", nil)
	}
	r.doc.Plan = r.planName(members)
	if data, ok := members["data"]; ok {
		if inner, ok := r.members(data.span); ok {
			members = inner
			r.doc.Plan = cmp.Or(r.planName(members), r.doc.Plan)
		}
	}
	r.pagination(members)
	rules, ok := members["rules"]
	if !ok {
		return nil, r.noPlan(at.start, "no \"rules\" in it: this is no tracking plan", members)
	}
	switch r.text[rules.start] {
	case '[':
		return r.elements(rules.span, ""), nil
	case '{':
		return r.configRules(rules.span)
	}
	return nil, r.noPlan(rules.start, "\"rules\" is neither a list of rules nor an object with \"events\"", nil)
}

// planName returns the ID of the plan, or its name; "" if the file says neither. The Config
// API has the ID at the end of what it calls the name.
func (r *planReader) planName(members map[string]planMember) string {
	if plan, ok := r.members(members["trackingPlan"].span); ok {
		members = plan
	}
	name := r.string(members["name"].span)
	if _, id, ok := strings.Cut(name, "/tracking-plans/"); ok {
		name = id
	}
	return cmp.Or(r.string(members["id"].span), name, r.string(members["display_name"].span))
}

func (r *planReader) noPlan(offset int, message string, members map[string]planMember) error {
	hint := `a plan is {"rules": [{"key": "Order Completed", "type": "TRACK", "version": 1, "jsonSchema": {...}}]}`
	if near := finding.Nearest("rules", sortedKeys(members)); near != "" {
		hint = fmt.Sprintf("did you mean %q for %q?", "rules", near)
	}
	for _, key := range []string{"batch", "event", "userId", "anonymousId", "messageId"} {
		if _, ok := members[key]; ok {
			hint = "these are events; segproof import --from " + r.doc.File + " proposes contracts from them"
		}
	}
	return &PlanError{At: r.places.at(offset), Message: message, Hint: hint}
}

// pagination tells if the file is one page of several.
func (r *planReader) pagination(members map[string]planMember) {
	pages, ok := r.members(members["pagination"].span)
	if next := r.string(pages["next"].span); ok && next != "" {
		r.report(rulePlanIncomplete, pages["next"].keyStart, "the plan has more pages than this one", "ask the Public API for the next page and import it into the same folder")
	}
}

func (r *planReader) elements(s span, callType string) []planRule {
	var rules []planRule
	offset := s.start
	for element := range arrayElements(r.text[s.start:s.end]) {
		rules = append(rules, planRule{span{offset + element.start, offset + element.end}, callType})
	}
	return rules
}

// configRules finds the rules in the layout of the Config API: the track events in
// events, and one schema each for identify and group calls and for all.
func (r *planReader) configRules(s span) ([]planRule, error) {
	members, _ := r.members(s)
	var rules []planRule
	known := false
	for _, part := range []struct{ key, callType string }{{"global", "COMMON"}, {"identify", "IDENTIFY"}, {"group", "GROUP"}, {"events", "TRACK"}} {
		m, ok := members[part.key]
		known = known || ok
		switch {
		case !ok:
		case r.text[m.start] == '[' && part.key == "events":
			rules = append(rules, r.elements(m.span, part.callType)...)
		case r.text[m.start] == '{' && part.key != "events":
			rules = append(rules, planRule{m.span, part.callType})
		default:
			r.report(rulePlanRule, m.keyStart, fmt.Sprintf("%q is neither a schema nor a list of events", part.key), "")
		}
	}
	for _, name := range sortedKeys(members) {
		m := members[name]
		if text := string(r.raw(m.span)); known && !slices.Contains([]string{"global", "identify", "group", "events"}, name) && text != "[]" && text != "{}" {
			r.report(rulePlanSchema, m.keyStart, fmt.Sprintf("%q is left out, it is neither a schema nor the list of events", name), "")
		}
	}
	if !known {
		return nil, r.noPlan(s.start, "\"rules\" has neither \"events\" nor \"global\"", nil)
	}
	return rules, nil
}

// callTypes are the types of rules. COMMON is the schema of all events.
//
// Source: the enum of type in the Public API's RuleV1.
func callTypes() map[string]event.Type {
	return map[string]event.Type{"TRACK": event.Track, "IDENTIFY": event.Identify, "GROUP": event.Group, "PAGE": event.Page, "SCREEN": event.Screen, "COMMON": ""}
}

// rule reads one rule.
func (r *planReader) rule(rule planRule) {
	members, ok := r.members(rule.span)
	if !ok {
		r.report(rulePlanRule, rule.start, "a rule is an object with key, type, version and jsonSchema", "")
		return
	}
	schema, ok := members["jsonSchema"]
	if !ok {
		schema, ok = members["rules"] // in the Config API
	}
	if !ok && rule.callType != "" && rule.callType != "TRACK" {
		schema, ok = planMember{span: rule.span, keyStart: rule.start}, true // a schema stands for the rule
	}
	if !ok || r.text[schema.start] != '{' {
		r.report(rulePlanRule, rule.start, "the rule has no JSON Schema, want an object in jsonSchema", "")
		return
	}
	if schema.end-schema.start > validator.MaxContractBytes {
		r.report(rulePlanRule, schema.start, fmt.Sprintf("the schema has %d bytes, want at most %d", schema.end-schema.start, validator.MaxContractBytes), "split it")
		return
	}
	typeName := cmp.Or(r.string(members["type"].span), rule.callType)
	if schema.keyStart == rule.start {
		typeName = rule.callType // "type" is the schema's
	}
	callType, known := callTypes()[strings.ToUpper(typeName)]
	if !known {
		r.report(rulePlanRule, cmp.Or(members["type"].start, rule.start), fmt.Sprintf("type %q, want TRACK, IDENTIFY, GROUP, PAGE, SCREEN or COMMON%s", typeName,
			finding.DidYouMean(strings.ToUpper(typeName), sortedKeys(callTypes()))), "")
		return
	}
	if callType == "" {
		r.common(schema.span)
		return
	}
	d := Documented{Type: callType, At: r.places.at(rule.start)}
	d.Description = r.string(members["description"].span)
	r.identify(&d, members)
	if d.Type == event.Track && d.Name == "" {
		r.report(rulePlanRule, rule.start, "the rule of a track event has no key", "key is the event's name")
		return
	}
	s := schemaReader{planReader: r, event: &d}
	if s.contract(schema.span); s.refused == "" {
		r.doc.Events = append(r.doc.Events, d)
		return
	}
	r.report(rulePlanRule, schema.start, "the rule of "+d.identity().String()+" cannot be a contract: "+s.refused, "")
}

// identify reads the rule's name and version.
func (r *planReader) identify(d *Documented, members map[string]planMember) {
	if d.Type.NameKey() != "" {
		key, ok := members["key"]
		if !ok {
			key = members["name"] // in the Config API
		}
		if d.Name = r.string(key.span); d.Name != "" {
			d.At = r.places.at(key.start)
		}
	}
	if v, ok := members["version"]; ok {
		d.Version = strings.Trim(string(r.text[v.start:v.end]), `"`)
		if strings.Trim(d.Version, "0123456789") != "" || strings.TrimLeft(d.Version, "0") == "" || len(d.Version) > 9 {
			r.report(rulePlanSchema, v.start, fmt.Sprintf("version %s, want 1, 2, 3, ...; it is taken for 1", r.text[v.start:v.end]),
				"Segment's event_version is an integer")
			d.Version = "1"
		}
	}
	if deprecated := r.string(members["deprecatedAt"].span); deprecated != "" && !strings.HasPrefix(deprecated, "0001-01-01") {
		d.Deprecated = true // "0001-01-01T00:00:00.000Z" is the API's way to say never
	}
}

// common reads the schema that holds for every event.
func (r *planReader) common(s span) {
	if r.doc.common != nil {
		r.report(rulePlanRule, s.start, "a second common schema; the first counts", "")
		return
	}
	v, err := parseJSON(r.text[s.start:s.end])
	schema, ok := v.(*object)
	if err != nil || !ok {
		r.report(rulePlanRule, s.start, "the common schema is no object", "")
		return
	}
	r.doc.common = schema
	r.readCommon(s)
}

// versions takes out what is there twice, and settles the versions.
func (r *planReader) versions() {
	r.doc.Events = slices.DeleteFunc(r.doc.Events, func(d Documented) bool {
		key := trafficKey{d.Type, d.Name, cmp.Or(d.Version, "1")}
		if first, ok := r.seen[key]; ok {
			r.reportAt(rulePlanDuplicate, d.At, d.identity(), fmt.Sprintf("a second rule for %s version %s; the first, on line %d, counts", d.identity(), key.version, first.Line),
				"give one of them another version")
			return true
		}
		r.seen[key] = d.At
		return false
	})
	r.doc.settleVersions()
	r.doc.rememberDescriptions()
}

// settleVersions takes the versions off that say nothing: every rule of a plan has one,
// and a 1 that is alone means events that name none.
func (doc *Document) settleVersions() {
	count := map[trafficKey]int{}
	for _, d := range doc.Events {
		count[trafficKey{d.Type, d.Name, ""}]++
	}
	for i := range doc.Events {
		d := &doc.Events[i]
		if d.Version == "1" && count[trafficKey{d.Type, d.Name, ""}] == 1 && !d.keepsVersion {
			d.Version = ""
		}
	}
}

func (r *planReader) reportAt(rule string, at event.Place, ev finding.Event, message, hint string) {
	r.doc.note(finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Source, File: at.File, Line: at.Line, Column: at.Column,
		Event: ev, Message: message, Hint: hint})
}

// tellNoise tells what was left out of schemas because nobody reads it.
func (r *planReader) tellNoise() {
	var parts []string
	for _, name := range sortedKeys(r.noise) {
		parts = append(parts, fmt.Sprintf("%s (%s)", name, plural(r.noise[name], "time")))
	}
	if len(parts) > 0 {
		r.report(rulePlanNoise, r.root().start, "left out, because no validator reads it: "+strings.Join(parts, ", "), "")
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// places finds lines and columns of offsets in a text.
type places struct {
	file  string
	text  []byte
	lines []int // offset of the beginning of each line
	mark  int   // bytes of the file before the text
}

// withoutMark returns the text without a byte order mark, and how many bytes that has.
func withoutMark(text []byte) ([]byte, int) {
	rest := bytes.TrimPrefix(text, []byte("\ufeff"))
	return rest, len(text) - len(rest)
}

func newPlaces(file string, text []byte, mark int) places {
	p := places{file: file, text: text, lines: []int{0}, mark: mark}
	for i, c := range text {
		if c == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	return p
}

func (p places) at(offset int) event.Place {
	line, found := slices.BinarySearch(p.lines, offset)
	if !found {
		line--
	}
	column := offset - p.lines[line] + 1
	if line == 0 {
		column += p.mark
	}
	return event.Place{File: p.file, Line: line + 1, Column: column}
}
