package finding

import (
	"bufio"
	"cmp"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The parts of SARIF 2.1.0 that we write. Names and meanings are the standard's.
//
// Source: docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string       `json:"id"`
		Name    string       `json:"name"`
		Short   sarifText    `json:"shortDescription"`
		Full    sarifText    `json:"fullDescription"`
		Help    sarifText    `json:"help"`
		Default sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    *int              `json:"ruleIndex,omitempty"` // nil: the rule is not in the table
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// writeSARIF writes one SARIF run. Its braces are not doubled, as the standard would
// have it even in a message without arguments: no viewer we know undoes it.
func writeSARIF(w *bufio.Writer, r *Report, opts WriteOptions) error {
	run := sarifRun{
		Tool:        sarifTool{Driver: sarifDriver{Name: r.tool(), Version: r.Version, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{Successful: r.Complete(), Notifications: sarifNotifications(r)}},
		ColumnKind:  "utf16CodeUnits",
		Results:     []sarifResult{},
	}
	index := make(map[string]int, len(r.Rules))
	for i, rule := range r.Rules {
		index[rule.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSARIFRule(rule))
	}
	prints := uniqueFingerprints(r.Findings)
	results := func(yield func(sarifResult) bool) {
		for i, f := range r.Findings {
			res := newSARIFResult(f, opts.Root)
			if at, ok := index[f.Rule]; ok {
				res.RuleIndex = &at
			}
			res.Fingerprints = map[string]string{"segproof/v1": prints[i]}
			if !yield(res) {
				return
			}
		}
	}
	return encodeList(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}, results)
}

// sarifNotifications tells what the results do not: what was not checked, and what
// was found but not kept.
func sarifNotifications(r *Report) []sarifNotification {
	list, level := []sarifNotification{}, "error"
	if r.Complete() {
		level = "warning" // an error would say that the execution was no success
	}
	for _, line := range r.unchecked() {
		list = append(list, sarifNotification{Level: level, Message: sarifMessage(line)})
	}
	if s := r.notShown(); s != "" {
		list = append(list, sarifNotification{Level: "warning", Message: sarifMessage(s)})
	}
	return list
}

// newSARIFRule copies a rule and its documentation.
func newSARIFRule(rule Rule) sarifRule {
	title := cmp.Or(rule.Title, rule.ID)
	why := cmp.Or(rule.Why, title)
	text, markdown := []string{why}, []string{why}
	for _, part := range []struct{ title, body string }{
		{"Raises it", rule.Hit},
		{"Does not", rule.Neighbour},
		{"Contract", rule.Contract},
	} {
		if part.body != "" {
			text = append(text, part.title+":\n"+part.body)
			markdown = append(markdown, "**"+part.title+"**", fenced(part.body))
		}
	}
	return sarifRule{
		ID:      rule.ID,
		Name:    pascalCase(rule.ID),
		Short:   sarifText{Text: title},
		Full:    sarifText{Text: why},
		Help:    sarifText{Text: strings.Join(text, "\n\n"), Markdown: strings.Join(markdown, "\n\n")},
		Default: sarifDefault{Level: sarifLevel(rule.Severity)},
	}
}

// newSARIFResult copies a finding. It has a physical location even where there is no
// file: GitHub refuses the whole upload for one result without.
//
// Source: github.com/github/codeql-action/issues/1738
func newSARIFResult(f Finding, root string) sarifResult {
	loc := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{URI: uriReference(f.relative(root))}}}
	if f.Line > 0 {
		start, end := f.utf16Columns()
		loc.Physical.Region = &sarifRegion{StartLine: f.Line, StartColumn: start, EndColumn: end}
	}
	if f.Pointer != "" {
		loc.Logical = []sarifLogical{{Name: visible(f.Pointer), Kind: "value"}}
	}
	return sarifResult{
		RuleID:    f.Rule,
		Level:     sarifLevel(f.Severity),
		Message:   sarifMessage(strings.Join(f.told(), "\n")),
		Locations: []sarifLocation{loc},
	}
}

// sarifMessage returns a plain text message that holds no link: SARIF takes
// [text](target) for one.
func sarifMessage(s string) sarifText {
	return sarifText{Text: strings.ReplaceAll(s, "](", "] (")}
}

// sarifLevel returns SARIF's word for s.
func sarifLevel(s Severity) string {
	if s == Error || s == Warning {
		return s.String()
	}
	return "note"
}

// uriReference returns a slashed relative path as a relative URI reference. A colon
// is encoded too, for the first part of the path would pass for a scheme.
func uriReference(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ":", "%3A")
	}
	return strings.Join(parts, "/")
}

// pascalCase turns "type-mismatch" into "TypeMismatch".
func pascalCase(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			_, size := utf8.DecodeRuneInString(part)
			b.WriteString(strings.ToUpper(part[:size]) + part[size:])
		}
	}
	return b.String()
}

// fenced returns s as a Markdown code block that s cannot end.
func fenced(s string) string {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + "\n" + s + "\n" + fence
}
