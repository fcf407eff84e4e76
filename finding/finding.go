// Package finding is the one currency of segproof: what is wrong with a user's data,
// where, why, and what to do about it.
//
// Every room that judges returns []Finding; this package orders them, counts them,
// gives them fingerprints, and writes them in the formats that people and machines
// read. It judges nothing itself and knows no rule: rooms hand in their own [Rule]
// tables.
package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a finding is.
type Severity int

// The severities, worst first. The zero value is Error: a rule that forgets to say
// is strict.
const (
	Error   Severity = iota // the data breaks its contract, or Segment would not take it
	Warning                 // works today, and is probably not meant
	Info                    // worth knowing
)

// String returns "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "info"
}

// ParseSeverity reads what [Severity.String] writes. Any other text is an error that
// names the ones there are.
func ParseSeverity(text string) (Severity, error) {
	for _, s := range []Severity{Error, Warning, Info} {
		if s.String() == text {
			return s, nil
		}
	}
	return Error, fmt.Errorf("severity %q: want error, warning or info", text)
}

// MarshalText writes the severity as [Severity.String] does.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}

// Layer says which of the questions about an event a finding answers.
type Layer string

// The layers.
const (
	Input    Layer = "input"    // can it be read at all?
	Wire     Layer = "wire"     // would Segment take it?
	Spec     Layer = "spec"     // does it follow the Segment Spec?
	Contract Layer = "contract" // does it keep its documented contract?
	Catalog  Layer = "catalog"  // is the contract itself in order?
	Change   Layer = "change"   // does a new contract keep the promises of the one before?
	Policy   Layer = "policy"   // are segproof.yaml and the baseline in order?
	Source   Layer = "source"   // is what somebody documented plain, and do the contracts say the same?
)

// Event names the event that a finding is about. All fields may be empty.
type Event struct {
	Type    string `json:"type,omitempty"`    // "track", "screen", ... as written
	Name    string `json:"name,omitempty"`    // of a track, page or screen event
	Version string `json:"version,omitempty"` // context.protocols.event_version, if it names one
}

// String names the event as people do: track "Order Completed".
func (e Event) String() string {
	switch {
	case e.Type == "" && e.Name == "":
		return ""
	case e.Type == "":
		return fmt.Sprintf("%q", e.Name)
	case e.Name == "":
		return e.Type
	}
	return fmt.Sprintf("%s %q", e.Type, e.Name)
}

// Excerpt is the piece of the user's line that a finding points at. The zero value
// means that there is none to show.
type Excerpt struct {
	Text   string // part of one line, raw bytes as the user wrote them
	Start  int    // byte offset in Text of the first byte pointed at
	Length int    // how many bytes are pointed at; at least 1 where Text is not empty
	Before bool   // the line goes on before Text
	After  bool   // the line goes on after Text
}

// Finding is one fault in the user's data. It is never a Go error.
type Finding struct {
	Rule        string   `json:"rule"`                  // stable ID, for example "type-mismatch"
	Severity    Severity `json:"severity"`              // the zero value is Error
	Layer       Layer    `json:"layer"`                 // the question that it answers
	File        string   `json:"file"`                  // as the user wrote it; "" for an event that came over HTTP
	Line        int      `json:"line,omitempty"`        // 1-based; 0 if not known
	Column      int      `json:"column,omitempty"`      // 1-based, in bytes; 0 if not known
	Pointer     string   `json:"pointer"`               // RFC 6901 into the event (a contract's finding: into the contract). For a missing member: where it should be
	Event       Event    `json:"event"`                 // the event it is about; zero if none
	Message     string   `json:"message"`               // got and want; no capital, no full stop
	Hint        string   `json:"hint,omitempty"`        // what to do about it; may be ""
	Notes       []string `json:"notes,omitempty"`       // what else a person wants to see, a line each: the records that came nearest, for example
	Schema      string   `json:"schema,omitempty"`      // FILE:LINE of the contract's keyword that says so; may be ""
	Fingerprint string   `json:"fingerprint,omitempty"` // set by Sign; the same finding has the same one tomorrow
	Excerpt     Excerpt  `json:"-"`                     // for the text format
}

// Rule documents one rule. A room's table of rules is the only place where its IDs
// are written down; `segproof rules`, `segproof explain`, SARIF and docs/rules.md
// print this value.
type Rule struct {
	ID        string   // kebab-case, says what is: "type-mismatch". Never changes its meaning
	Severity  Severity // unless segproof.yaml says otherwise
	Layer     Layer    // "" for a rule that several layers raise
	Title     string   // one line: what is wrong
	Why       string   // why it matters, and the source of the fact
	Hit       string   // an example that raises the rule
	Neighbour string   // the nearest example that does not
	Contract  string   // the contract that Hit and Neighbour are judged by; "" if none is needed
}

// Sign bounds the finding and sets the fingerprint: a hash of what the finding is about,
// not of its text, line or array index, so that it survives a reworded message and a
// moved line. The file counts by its [Finding.Path] below root, so that the fingerprint
// is the same however the path was typed and wherever the repository lies.
func (f *Finding) Sign(root string) {
	f.Bound()
	h := sha256.New()
	for _, part := range []string{f.Rule, f.Path(root), f.Event.Type, f.Event.Name, f.Event.Version, generalise(f.Pointer)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	f.Fingerprint = hex.EncodeToString(h.Sum(nil)[:16])
}

// generalise replaces array indexes in a JSON Pointer by "*".
func generalise(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, s := range steps {
		if s != "" && strings.Trim(s, "0123456789") == "" {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

// Compare orders findings of one file: by line, column, pointer, rule, message.
func Compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.Pointer, b.Pointer),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Message, b.Message),
	)
}

// Sort orders findings by [Compare], in place.
func Sort(findings []Finding) { slices.SortStableFunc(findings, Compare) }
