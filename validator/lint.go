package validator

import (
	"fmt"
	"path"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// maxPatternChars and maxPatternProgram bound the patterns of a contract. Go's regular
// expressions cost the length of the text times the size of the program.
const (
	maxPatternChars   = 1000
	maxPatternProgram = 1000
)

// checkSizes notes a fault for each pattern of a schema that cannot be compiled or costs
// too much, and for a list of values that is too long.
func (d *document) checkSizes(v schemaVisit) {
	if pattern, ok := v.schema["pattern"].(string); ok {
		d.checkPattern(pattern, v.pointer+"/pattern")
	}
	patterns, _ := v.schema["patternProperties"].(map[string]any)
	for _, pattern := range sortedKeys(patterns) {
		d.checkPattern(pattern, jsonpos.Join(v.pointer+"/patternProperties", pattern))
	}
	if values, _ := v.schema["enum"].([]any); len(values) > maxEnum {
		d.fault(ruleContractTooComplex, v.pointer+"/enum", fmt.Sprintf("enum has %d values, want at most %d", len(values), maxEnum), "")
	}
}

func (d *document) checkPattern(pattern, pointer string) {
	if n := utf8.RuneCountInString(pattern); n > maxPatternChars {
		d.fault(ruleContractTooComplex, pointer, fmt.Sprintf("pattern has %d characters, want at most %d", n, maxPatternChars), "")
		return
	}
	size, err := programSize(pattern)
	if err != nil {
		hint := "patterns are Go regular expressions (RE2)"
		if strings.Contains(pattern, "(?") {
			hint += ": there is no look-ahead, look-behind or back reference"
		}
		d.fault(rulePatternUnsupported, pointer, fmt.Sprintf("pattern %s cannot be compiled: %v", quote(pattern), err), hint)
		return
	}
	if size > maxPatternProgram {
		d.fault(ruleContractTooComplex, pointer, fmt.Sprintf("pattern %s needs %d steps, want at most %d", quote(pattern), size, maxPatternProgram),
			"smaller repeat counts make a smaller pattern; maxLength bounds a length better")
	}
}

// programSize returns the number of instructions that a pattern is compiled to.
func programSize(pattern string) (int, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}

// lint judges the contract as a text: what the library would silently ignore, and what
// would go wrong behind Segment.
func lint(d *document) []finding.Finding {
	var found []finding.Finding
	for _, v := range d.links.schemas {
		found = append(found, d.keywordFindings(v)...)
		found = append(found, d.requiredFindings(v)...)
	}
	found = append(found, d.fieldFindings()...)
	for _, body := range []string{"properties", "traits"} {
		found = append(found, d.columnFindings("/properties/"+body)...)
	}
	return found
}

// keywordFindings reports keywords that nobody reads.
func (d *document) keywordFindings(v schemaVisit) []finding.Finding {
	var found []finding.Finding
	var siblings []string
	for _, name := range sortedKeys(v.schema) {
		at := jsonpos.Join(v.pointer, name)
		k, ok := keywordTable()[name]
		switch {
		case !ok && !strings.HasPrefix(name, "x-"):
			if meant := finding.Nearest(name, keywordNames()); meant != "" {
				found = append(found, d.finding(ruleMisspeltKeyword, at, fmt.Sprintf("%s is no JSON Schema keyword; did you mean %q?", quote(name), meant), ""))
			}
		case ok && !k.readIn(d.year) && name != "definitions" && name != "$defs":
			found = append(found, d.finding(ruleKeywordIgnored, at, fmt.Sprintf("%q is not read in %s", name, draftOf(d.year).name), "say which draft the contract is written in: \"$schema\""))
		}
		if ok && k.readIn(d.year) && !isAnnotation(name) {
			siblings = append(siblings, name)
		}
	}
	if _, ref := v.schema["$ref"]; ref && d.year < 2019 && len(siblings) > 0 {
		found = append(found, d.finding(ruleKeywordIgnored, jsonpos.Join(v.pointer, siblings[0]),
			fmt.Sprintf("%q stands beside \"$ref\", where %s reads nothing else", siblings[0], draftOf(d.year).name), `put the "$ref" into an "allOf"`))
	}
	return found
}

func keywordNames() []string {
	var names []string
	for _, k := range keywords() {
		names = append(names, k.name)
	}
	return names
}

// isAnnotation reports whether the keyword constrains nothing, or is no sibling to lose.
func isAnnotation(name string) bool {
	return slices.Contains([]string{"$ref", "$schema", "$id", "id", "$comment", "title", "description", "default", "examples", "deprecated",
		"readOnly", "writeOnly", "definitions", "$defs", "x-segproof"}, name)
}

// commonFields are the members that every event may have: a contract may require them
// without describing them again.
//
// Source: segment.com/docs/connections/spec/common/
func commonFields() []string {
	return []string{"type", "event", "name", "category", "properties", "traits", "userId", "anonymousId", "groupId", "previousId", "messageId",
		"timestamp", "sentAt", "receivedAt", "originalTimestamp", "context", "integrations", "channel", "version"}
}

// fieldFindings reports members at the top of the event that look like one that every
// event may have, misspelt. What a contract says of "propertes" it says of nothing that any
// sender sends, and no other rule would notice: "properties" may be required undescribed.
func (d *document) fieldFindings() []finding.Finding {
	declared, _ := d.value["properties"].(map[string]any)
	var found []finding.Finding
	for _, name := range sortedKeys(declared) {
		if slices.Contains(commonFields(), name) {
			continue
		}
		meant := finding.Nearest(name, commonFields())
		if _, described := declared[meant]; meant == "" || described {
			continue
		}
		found = append(found, d.finding(ruleMisspeltField, jsonpos.Join("/properties", name),
			fmt.Sprintf("no event has %s at its top; did you mean %q?", quote(name), meant), "what stands there is never held against an event"))
	}
	return found
}

// requiredFindings reports required names that the same schema does not describe, where
// no other schema describes the same object.
func (d *document) requiredFindings(v schemaVisit) []finding.Finding {
	required, _ := v.schema["required"].([]any)
	declared, describes := v.schema["properties"].(map[string]any)
	if !describes || v.partial {
		return nil
	}
	for name := range v.schema {
		if isPartial(name) || name == "patternProperties" || slices.Contains(refKeywords(), name) {
			return nil
		}
	}
	var found []finding.Finding
	for i, r := range required {
		name, _ := r.(string)
		if _, ok := declared[name]; ok || v.pointer == "" && slices.Contains(commonFields(), name) {
			continue
		}
		found = append(found, d.finding(ruleRequiredUndeclared, fmt.Sprintf("%s/required/%d", v.pointer, i),
			fmt.Sprintf("%s is required and not described%s", quote(name), finding.DidYouMean(name, sortedKeys(declared))), "describe it under \"properties\""))
	}
	return found
}

// columnFindings reports properties, nested ones included, that become one column.
func (d *document) columnFindings(pointer string) []finding.Finding {
	var found []finding.Finding
	first := map[string]string{} // column -> path that took it
	var walk func(pointer, prefix, trail string, depth int)
	walk = func(pointer, prefix, trail string, depth int) {
		members, _ := d.at(pointer + "/properties").(map[string]any)
		for _, name := range sortedKeys(members) {
			at := jsonpos.Join(pointer+"/properties", name)
			column, full := Column(name), name
			if prefix != "" {
				column, full = prefix+"_"+column, trail+"."+name
			}
			schema, _ := members[name].(map[string]any)
			if schema["properties"] != nil && depth < event.MaxDepth {
				walk(at, column, full, depth+1)
				continue
			}
			if other, ok := first[column]; ok {
				found = append(found, d.finding(ruleColumnCollision, at, fmt.Sprintf("%s and %s both become the warehouse column %q", quote(other), quote(full), column), "rename one of them"))
				continue
			}
			first[column] = full
		}
	}
	walk(pointer, "", "", 0)
	return found
}

// judgeExamples reports the examples of a contract that it would itself reject.
func (c *Catalog) judgeExamples(contract *Contract) []finding.Finding {
	d := contract.doc
	examples, _ := d.value["examples"].([]any)
	var found []finding.Finding
	for i := range examples {
		at := fmt.Sprintf("/examples/%d", i)
		span, ok := jsonpos.Find(d.text, at)
		if !ok {
			continue
		}
		events, err := event.Decode(d.text[span.Start:span.End], event.Place{File: d.file, Line: 1, Column: 1})
		if err != nil || len(events) != 1 {
			found = append(found, d.finding(ruleExampleFails, at, fmt.Sprintf("example %d is no event", i+1), "an example is one complete event"))
			continue
		}
		for _, f := range c.judge(events[0], contract) {
			if f.Severity == finding.Error {
				found = append(found, d.finding(ruleExampleFails, at+f.Pointer, fmt.Sprintf("example %d fails: %s (%s)", i+1, f.Message, f.Rule), f.Hint))
			}
		}
	}
	return found
}

// waived drops the findings that the contract's own x-segproof.waive names, by rule.
func (d *document) waived(findings []finding.Finding) []finding.Finding {
	ours, _ := d.value["x-segproof"].(map[string]any)
	waive, _ := ours["waive"].([]any)
	return slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return slices.ContainsFunc(waive, func(w any) bool {
			pattern, _ := w.(string)
			ok, err := path.Match(pattern, f.Rule)
			return err == nil && ok
		})
	})
}
