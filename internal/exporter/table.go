package exporter

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode/utf8"

	"segproof/finding"
	"segproof/validator"
)

// The runtime: what judges events in JavaScript. Its files are one scope, in the order of
// their names; of action, one file is taken. A comment has its line for itself, and no text
// goes over several: stripped depends on it.
//
//go:embed runtime/*.js runtime/action/*.js
var runtimeFiles embed.FS

// runtimeParts returns the files that a function is made of.
func runtimeParts(kind FunctionKind, action Action) ([]string, error) {
	names, err := fs.Glob(runtimeFiles, "runtime/*.js")
	if err != nil {
		return nil, err
	}
	if action.Name != "" {
		names = append(names, "runtime/action/"+action.Name+".js")
	}
	var parts []string
	for _, name := range names {
		if unused := map[string]bool{"runtime/80-enforce.js": kind.Actions == nil, "runtime/81-validate.js": kind.Actions != nil}; unused[name] {
			continue
		}
		part, err := runtimeFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(part))
	}
	return parts, nil
}

// stripped returns a file of the runtime without comments, indentation and empty lines.
// What lines say stays: nothing is parsed, and so nothing can be taken for something else.
func stripped(part string) string {
	var b strings.Builder
	for line := range strings.Lines(part) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// scriptString writes text as a JavaScript string. JSON is full of double quotes, so that
// single ones make it shorter.
func scriptString(text []byte) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\u2028", `\u2028`, "\u2029", `\u2029`).Replace(string(text)) + "'"
}

// unportable are the formats whose judges are libraries of Go's that nobody wrote in
// JavaScript.
func unportable() map[string]string {
	return map[string]string{
		"regex":        "whether a text is a Go regular expression cannot be told in JavaScript",
		"uri-template": "what Go takes for a URI template cannot be told in JavaScript",
	}
}

// functionTable is what a function carries: the catalog, and what to do about findings.
type functionTable struct {
	*validator.Table
	Patterns map[string]any    `json:"patterns"` // JavaScript's for each of Go's: a text, or a program
	Exact    []exactNumber     `json:"exact,omitempty"`
	Policy   tablePolicy       `json:"policy"`
	Only     string            `json:"only"`
	Hash     string            `json:"hash"`
	Types    map[string]string `json:"types,omitempty"`  // Segment's names for violations, by rule
	Titles   map[string]string `json:"titles,omitempty"` // what is wrong, by rule
}

// tablePolicy is what counts of a policy in production.
type tablePolicy struct {
	Events     string        `json:"events"`
	Properties string        `json:"properties"`
	Severity   []tableLevel  `json:"severity"`
	Waivers    []tableWaiver `json:"waivers"`
}

type tableLevel struct {
	Rule     string `json:"rule"`
	Event    string `json:"event"`
	Severity string `json:"severity"`
}

type tableWaiver struct {
	Rule  string `json:"rule"`
	Event string `json:"event"`
	Path  string `json:"path"`
	Until string `json:"until"`
}

// tableOf returns what the function carries.
func tableOf(cat *validator.Catalog, opts FunctionOptions, hash string) (*functionTable, error) {
	wanted, err := globbed(opts.Only)
	if err != nil {
		return nil, err
	}
	table, err := cat.Table(func(c *validator.Contract) bool { return wanted.MatchString(cmp.Or(c.Name, string(c.Type))) })
	if err != nil {
		return nil, err
	}
	if err := portable(table.Nodes); err != nil {
		return nil, err
	}
	patterns, err := patternsOf(table.Nodes)
	if err != nil {
		return nil, err
	}
	exact, err := exactNumbers(table.Nodes)
	if err != nil {
		return nil, err
	}
	t := &functionTable{Table: table, Patterns: patterns, Exact: exact, Policy: policyOf(opts.Policy), Only: opts.Only, Hash: "sha256:" + hash[:16]}
	if opts.OnViolation != "" {
		t.Types, t.Titles = violationTypes(), titles()
	}
	return t, nil
}

// globbed returns what a glob fits, in which * is any text and ? any character; "" fits
// everything.
func globbed(glob string) (*regexp.Regexp, error) {
	if glob == "" {
		glob = "*"
	}
	if !utf8.ValidString(glob) {
		return nil, fmt.Errorf("the glob %q is no UTF-8 text, want what fits names of events, such as \"Order *\"", glob)
	}
	return regexp.Compile("(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(glob)) + "$")
}

// encode writes JSON without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// portable refuses what JavaScript cannot be made to judge as the validator does.
func portable(nodes []validator.Node) error {
	for _, n := range nodes {
		if why := unportable()[n.Format]; why != "" {
			return fmt.Errorf("%s: format %q: %s", n.Where, n.Format, why)
		}
	}
	return nil
}

// patternsOf returns JavaScript's pattern for each of the nodes' patterns.
func patternsOf(nodes []validator.Node) (map[string]any, error) {
	patterns := map[string]any{}
	add := func(n validator.Node, pattern string) (err error) {
		if patterns[pattern], err = portedPattern(pattern); err != nil {
			return fmt.Errorf("%s: pattern %q: %w", n.Where, pattern, err)
		}
		return nil
	}
	for _, n := range nodes {
		if n.Pattern != "" {
			if err := add(n, n.Pattern); err != nil {
				return nil, err
			}
		}
		for _, p := range n.PatternProperties {
			if err := add(n, p.Pattern); err != nil {
				return nil, err
			}
		}
	}
	return patterns, nil
}

func policyOf(p validator.Policy) tablePolicy {
	t := tablePolicy{Events: p.Unplanned.Events, Properties: p.Unplanned.Properties, Severity: []tableLevel{}, Waivers: []tableWaiver{}}
	for _, l := range p.Severity {
		t.Severity = append(t.Severity, tableLevel(l))
	}
	for _, w := range p.Waivers {
		t.Waivers = append(t.Waivers, tableWaiver{w.Rule, w.Event, w.Path, w.Until})
	}
	return t
}

// required is the type of a violation whose property is missing.
//
// Source: segment.com/docs/protocols/validate/forward-violations/ (violationType)
const required = "Required"

// violationTypes are Segment's types of violations, by rule. A rule that Segment has no
// word for is its own type.
//
// Source: segment.com/docs/protocols/validate/forward-violations/ (Required), and what
// segment.com/docs/protocols/validate/review-violations/ lists
func violationTypes() map[string]string {
	return map[string]string{"missing-property": required, "missing-dependency": required, "type-mismatch": "Invalid Type"}
}

// titles returns what each rule about events says is wrong.
func titles() map[string]string {
	all := map[string]string{}
	for _, r := range validator.Rules() {
		if r.Layer != finding.Catalog && r.Layer != finding.Policy {
			all[r.ID] = r.Title
		}
	}
	return all
}
