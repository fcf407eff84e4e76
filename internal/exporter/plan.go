// Package exporter carries contracts out of segproof: into a tracking plan, as Segment's
// Public API takes it or as the CSV that its app reads, and into a Segment Function that
// judges events inside of Segment.
//
// It reads what it is handed and writes nothing. What a plan has no place for is told as
// findings; what a function could not judge as the validator does is refused. Nothing is
// dropped silently.
package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/validator"
)

// MaxPlanRules is how many rules Segment takes in one tracking plan. Beyond it a plan is
// made all the same, and a finding says so.
//
// Source: segment.com/docs/protocols/tracking-plan/create/#upload-a-tracking-plan
const MaxPlanRules = 2000

// PlanFormat is one way to write a tracking plan.
type PlanFormat struct {
	Name  string // what --format takes
	Title string // one line: who reads it
	write func(*plan) ([]byte, error)
}

// PlanFormats returns the formats of tracking plans, the default first. The slice is the
// caller's.
func PlanFormats() []PlanFormat {
	return []PlanFormat{
		{"json", "rules for Segment's Public API (\"replace rules in tracking plan\"); holds whole contracts", writeJSONPlan},
		{"csv", "for the upload in Segment's app; holds names, descriptions, types and values", writeCSVPlan},
	}
}

// ParsePlanFormat finds a format by its name. Any other name is an error that lists the
// ones there are.
func ParsePlanFormat(name string) (PlanFormat, error) {
	var names []string
	for _, f := range PlanFormats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return PlanFormat{}, fmt.Errorf("unknown format %q, want %s%s", name, strings.Join(names, " or "), finding.DidYouMean(name, names))
}

// Plan returns the tracking plan of the contracts, always the same bytes, and what of them
// is not in it, sorted. The error is always nil unless encoding fails.
//
// A rule holds the contract's JSON Schema without the event's identity, which the rule's
// key, type and version say. A schema that all contracts take in with an "allOf" of one
// "$ref" becomes the plan's common schema.
func Plan(contracts []*validator.Contract, format PlanFormat) ([]byte, []finding.Finding, error) {
	p := &plan{}
	common := commonOf(contracts)
	if common != nil {
		p.common = common.Text
	}
	for _, c := range contracts {
		p.add(c, common)
	}
	p.number()
	if len(p.rules) > MaxPlanRules {
		p.findings = append(p.findings, finding.Finding{Rule: rulePlanChanged, Severity: severityOf(rulePlanChanged), Layer: finding.Catalog,
			Message: fmt.Sprintf("the plan has %d rules; Segment takes %d", len(p.rules), MaxPlanRules), Hint: "export it in parts, with --only"})
	}
	text, err := format.write(p)
	finding.Sort(p.findings)
	return text, p.findings, err
}

// plan is a tracking plan in the making.
type plan struct {
	common   []byte // the schema of all events; nil for none
	rules    []rule
	findings []finding.Finding
}

// rule is one contract in a plan.
type rule struct {
	contract *validator.Contract
	callType string
	version  string // a whole number; "" until it is numbered
	text     []byte // the contract's file
	alone    bool   // the event has version 1, and no other
}

// callType returns the type of the rules for a call, "" if plans have none.
//
// Source: the enum of type in the Public API's RuleV1: COMMON, GROUP, IDENTIFY, PAGE,
// SCREEN, TRACK.
func callType(t event.Type) string {
	switch t {
	case event.Track, event.Identify, event.Group, event.Page, event.Screen:
		return strings.ToUpper(string(t))
	}
	return ""
}

// commonOf returns the file that every contract takes in whole, nil if there is none.
func commonOf(contracts []*validator.Contract) *validator.Reference {
	var common *validator.Reference
	for _, c := range contracts {
		refs := c.References()
		if callType(c.Type) == "" {
			continue
		}
		if len(refs) != 1 || !isCommon(refs[0]) || refersOutside(refs[0].Text) || common != nil && common.File != refs[0].File {
			return nil
		}
		common = &refs[0]
	}
	return common
}

// isCommon reports whether the reference is the first thing that the contract's "allOf"
// takes in.
func isCommon(r validator.Reference) bool {
	return r.Whole && r.Pointer == "/allOf/0"
}

// add makes a rule of the contract, or says why there can be none.
func (p *plan) add(c *validator.Contract, common *validator.Reference) {
	r := rule{contract: c, callType: callType(c.Type), version: c.Version, text: c.Text()}
	refuse := func(pointer, format string, args ...any) {
		p.tell(rulePlanRefused, c, offsetAt(r.text, pointer), pointer, fmt.Sprintf(format, args...), "")
	}
	switch {
	case r.callType == "":
		refuse("", "a tracking plan has no rules for %s calls", c.Type)
	case strings.Trim(c.Version, "0123456789") != "" || c.Version != "" && strings.TrimLeft(c.Version, "0") == "":
		refuse("", "version %q, want 1, 2, 3, ...: Segment's event_version is an integer", c.Version)
	case common == nil && len(c.References()) > 0:
		refuse(c.References()[0].Pointer, "the contract refers to %s, and a rule stands alone", c.References()[0].File)
	default:
		if c.Dialect() != "draft-07" {
			p.tell(rulePlanLost, c, offsetAt(r.text, "/$schema"), "/$schema", "the contract is written in "+c.Dialect()+"; Segment reads draft-07", "keywords of later drafts are not read there")
		}
		p.identity(r)
		p.rules = append(p.rules, r)
	}
}

// identity tells what the contract says of the event's type and name beyond what they are:
// the rule's key and type have no place for it.
func (p *plan) identity(r rule) {
	fields, _ := memberOf(r.text, "properties")
	for _, f := range members(fields.value) {
		if f.key != "type" && (f.key != r.contract.Type.NameKey() || r.contract.Name == "") {
			continue
		}
		for _, m := range members(f.value) {
			if m.key != "const" && m.key != "type" {
				p.tell(rulePlanLost, r.contract, fields.start+f.start+m.at, "/properties/"+f.key+"/"+m.key, "a rule has no place for "+m.key+" of the event's "+f.key, "")
			}
		}
	}
}

// number gives the contracts that name no version the number 1: Segment's rules have one
// always.
func (p *plan) number() {
	taken := map[finding.Event]bool{}
	several := map[finding.Event]int{}
	for _, r := range p.rules {
		taken[r.identity(r.version)] = true
		several[r.identity("")]++
	}
	p.rules = slices.DeleteFunc(p.rules, func(r rule) bool {
		if r.version == "" && taken[r.identity("1")] {
			p.tell(rulePlanRefused, r.contract, 0, "", "the contract names no version, which in a plan is version 1; that is another contract's", "give it a version of its own")
			return true
		}
		return false
	})
	for i := range p.rules {
		r := &p.rules[i]
		if r.version == "" && several[r.identity("")] > 1 {
			p.tell(rulePlanChanged, r.contract, 0, "", "the contract names no version; in the plan it is version 1, beside others", "")
		}
		r.alone = r.version == "1" && several[r.identity("")] == 1
		if r.version == "" {
			r.version = "1"
		}
	}
}

func (r rule) identity(version string) finding.Event {
	return finding.Event{Type: string(r.contract.Type), Name: r.contract.Name, Version: version}
}

// tell adds a finding about the contract at an offset of its file.
func (p *plan) tell(rule string, c *validator.Contract, offset int, pointer, message, hint string) {
	at := event.Place{File: c.File, Line: 1, Column: 1}.Advance(c.Text()[:offset])
	p.findings = append(p.findings, finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Catalog, File: at.File, Line: at.Line, Column: at.Column,
		Pointer: pointer, Event: finding.Event{Type: string(c.Type), Name: c.Name, Version: c.Version}, Message: message, Hint: hint,
		Excerpt: finding.ExcerptAt(c.Text(), offset, 1)})
}

// writeJSONPlan writes the rules as the Public API takes them.
//
// Source: ReplaceRulesInTrackingPlanV1Input and RuleInputV1 of
// github.com/segmentio/public-api-sdk-go: key, type, version and jsonSchema, and of these
// type, version and jsonSchema always.
func writeJSONPlan(p *plan) ([]byte, error) {
	var rules [][]byte
	if p.common != nil {
		rules = append(rules, object(text("type", "COMMON"), part{"version", []byte("1")}, part{"jsonSchema", p.common}))
	}
	for _, r := range p.rules {
		var parts []part
		if r.contract.Name != "" {
			parts = append(parts, text("key", r.contract.Name))
		}
		parts = append(parts, text("type", r.callType), part{"version", []byte(r.version)}, part{"jsonSchema", p.schema(r)})
		rules = append(rules, object(parts...))
	}
	whole := object(part{"rules", array(rules)})
	var b bytes.Buffer
	if err := json.Indent(&b, whole, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
