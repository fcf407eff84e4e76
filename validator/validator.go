// Package validator judges Segment events against their contracts, and contracts
// against the house rules.
//
// An event is judged in three layers: wire (would Segment take it?), spec (does it
// follow the Segment Spec?) and contract (does it keep its documented table?). Load
// reads the contracts from fs.FS values and touches no network; [Catalog.Validate]
// judges. A [Policy], read from segproof.yaml, then says which findings count, and a
// [Baseline] which of them are old.
//
// Faults in the user's data, contracts included, come back as findings; an error means
// that something could not be read or used at all.
package validator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// MaxFindings is how many findings one event can have. Of more, the gravest are kept; the
// hint of one of them says how many are not reported.
const MaxFindings = 100

// Contract is one loaded contract: the JSON Schema of one kind of event. It does not
// change after Load.
type Contract struct {
	Type    event.Type
	Name    string // "" where the type has no name, or the contract is for unnamed events
	Version string // "" if it names none
	File    string // as the user would find it

	number string // Version by value, if it is a number in the contract; "" if it is not
	doc    *document
	schema *jsonschema.Schema
	cost   cost        // of judging one value of an event
	body   description // of the event's properties or traits
}

// identity says which events a contract is for.
func (c *Contract) identity() finding.Event {
	return finding.Event{Type: string(c.Type), Name: c.Name, Version: c.Version}
}

// Catalog is all contracts loaded together. It does not change after Load and may be
// used by many goroutines.
type Catalog struct {
	contracts []*Contract                    // sorted by type, name, version
	byKey     map[key][]*Contract            // versions of one event, oldest first
	names     map[event.Type][]string        // names there are contracts for, sorted
	spec      map[event.Type]*Contract       // the Segment Spec's schemas
	reserved  map[event.Type]map[string]bool // names in properties that the spec plans
	docs      map[string]*document           // every document, by its root's index, a blank and its URL
}

type key struct {
	t    event.Type
	name string
}

// Contracts returns the contracts, sorted by type, name and version. The Segment Spec's
// own schemas are not among them. The slice is the caller's.
func (c *Catalog) Contracts() []*Contract { return slices.Clone(c.contracts) }

// Spec returns the Segment Spec's schema of a call type; nil if the catalog has none. It is
// none of the Contracts.
func (c *Catalog) Spec(t event.Type) *Contract { return c.spec[t] }

// Lookup returns the contract that judges an event of that type, name and version. An
// event that names no version, or one there is no contract for, is judged by the oldest
// version. Where a contract's version is a number, any way to write it will do: 2 is 2.0.
// Versions that are strings are compared as text: "1.1" and "1.10" are two.
//
// Source: segment.com/docs/protocols/tracking-plan/create/ (event versioning)
func (c *Catalog) Lookup(t event.Type, name, version string) (*Contract, bool) {
	versions := c.byKey[key{t, name}]
	if len(versions) == 0 {
		return nil, false
	}
	for _, contract := range versions {
		if contract.Version == version {
			return contract, true
		}
	}
	if number := numberKey(version); number != "" {
		for _, contract := range versions {
			if contract.number == number {
				return contract, true
			}
		}
	}
	return versions[0], true
}

// Validate judges one event and returns its findings, sorted by place; none means that
// it is in order. Severities are the rules' own: the policy comes after. Validate never
// panics and costs no more than the bounds of package event and of [Load] allow.
func (c *Catalog) Validate(ev event.Event) []finding.Finding {
	contract, _ := c.Lookup(ev.Type, ev.Name, ev.Version)
	return c.judge(ev, contract)
}

// ValidateAll is [Catalog.Validate] for a machine: however many findings there are, it
// returns all of them, sorted by pointer. They do not say where they stand in the text.
func (c *Catalog) ValidateAll(ev event.Event) []finding.Finding {
	contract, _ := c.Lookup(ev.Type, ev.Name, ev.Version)
	j := newJudgement(c, ev)
	j.most, j.placeless = math.MaxInt, true
	return j.judge(contract)
}

// judge is Validate with the contract given; nil means that there is none.
func (c *Catalog) judge(ev event.Event, contract *Contract) []finding.Finding {
	return newJudgement(c, ev).judge(contract)
}

// judge finds what each layer finds.
func (j *judgement) judge(contract *Contract) []finding.Finding {
	return j.run(func() {
		if j.wire(); j.event == nil || j.fatal {
			return
		}
		judged := false
		if contract == nil {
			j.noContract()
		} else {
			judged = j.schema(finding.Contract, contract)
		}
		if spec := j.cat.spec[j.ev.Type]; spec != nil {
			j.schema(finding.Spec, spec)
		}
		if judged {
			// The many warnings come last, so that they find the places of all errors taken.
			j.unplanned(contract)
		}
	})
}

// run lets the steps find, and survives what the library does on the way.
func (j *judgement) run(steps func()) (found []finding.Finding) {
	defer func() {
		if r := recover(); r != nil {
			j.findings = append(j.findings, j.complete(finding.Finding{Layer: finding.Contract, Rule: ruleValidatorFailed,
				Message: "the validator failed on this event: " + shorten(fmt.Sprint(r)),
				Hint:    "this is a fault of segproof; please report it with the event"}))
			found = j.sorted()
		}
	}()
	steps()
	return j.sorted()
}

// judgement is the judging of one event.
type judgement struct {
	cat      *Catalog
	ev       event.Event
	text     []byte         // the event's JSON
	event    map[string]any // the event decoded; nil if it is no object
	values   int            // in the event
	fatal    bool           // must not reach the JSON Schema library
	findings []finding.Finding
	most     int                      // findings that are kept
	cut      int                      // findings beyond that
	taken    map[string]finding.Layer // pointers with an error, and the first layer that found one

	placeless bool // findings need no place
}

func newJudgement(c *Catalog, ev event.Event) *judgement {
	return &judgement{cat: c, ev: ev, text: ev.JSON(), most: MaxFindings}
}

// decode reads one JSON value as the library wants it: numbers as their text.
func decode(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// full reports whether the event has as many findings as it may have.
func (j *judgement) full() bool { return len(j.findings) >= j.most }

// fullOfErrors reports whether no further finding will be kept.
func (j *judgement) fullOfErrors() bool {
	return j.full() && !slices.ContainsFunc(j.findings, func(f finding.Finding) bool { return f.Severity > finding.Error })
}

// report adds a finding, of which the caller gives layer, rule, pointer, message, hint
// and schema, unless another layer has spoken of that place or of one around it, or of
// what would be inside of what is missing: one cause, one finding.
func (j *judgement) report(f finding.Finding) {
	if j.spokenFor(f.Layer, f.Pointer) || f.Rule == ruleMissingProperty && j.spokenInside(f.Layer, f.Pointer) {
		return
	}
	if _, ok := j.taken[f.Pointer]; !ok && severityOf(f.Rule) == finding.Error && len(j.taken) < maxTaken {
		if j.taken == nil {
			j.taken = map[string]finding.Layer{}
		}
		j.taken[f.Pointer] = f.Layer // also if it is cut: another layer would be counted beside it
	}
	if j.makeRoom(severityOf(f.Rule)) {
		j.findings = append(j.findings, j.complete(f))
	}
}

// maxTaken is how many places with an error are remembered for the layers that follow:
// looking through them must stay cheap. Beyond it, cut findings may be counted twice.
const maxTaken = 10 * MaxFindings

// makeRoom reports whether a finding of that severity is to be kept. If there are as many
// as there may be, one of them is cut, or the new one: the least grave.
func (j *judgement) makeRoom(severity finding.Severity) bool {
	if !j.full() {
		return true
	}
	j.cut++
	least := 0
	for i, f := range j.findings {
		if f.Severity >= j.findings[least].Severity {
			least = i
		}
	}
	if j.findings[least].Severity <= severity {
		return false
	}
	j.findings = slices.Delete(j.findings, least, least+1)
	return true
}

// complete fills in what the event itself tells of a finding.
func (j *judgement) complete(f finding.Finding) finding.Finding {
	f.Severity = severityOf(f.Rule)
	f.File = j.ev.At.File
	f.Event = finding.Event{Type: string(j.ev.Type), Name: j.ev.Name, Version: j.ev.Version}
	if !j.placeless {
		locate(j.ev, &f)
	}
	return f
}

// spokenFor reports whether another layer has found an error at pointer, or at a value
// that holds it. The root does not count as holding everything.
func (j *judgement) spokenFor(layer finding.Layer, pointer string) bool {
	for p := pointer; p != "" && len(j.taken) > 0; p = parent(p) {
		if by, ok := j.taken[p]; ok && by != layer {
			return true
		}
	}
	return false
}

// spokenInside reports whether another layer has found an error in the value at pointer.
func (j *judgement) spokenInside(layer finding.Layer, pointer string) bool {
	for p, by := range j.taken {
		if by != layer && strings.HasPrefix(p, pointer+"/") {
			return true
		}
	}
	return false
}

// sorted returns the findings by place. Of those that were cut the last of the gravest
// tells: the policy can let warnings go.
func (j *judgement) sorted() []finding.Finding {
	finding.Sort(j.findings)
	if j.cut == 0 {
		return j.findings
	}
	last := 0
	for i, f := range j.findings {
		if f.Severity <= j.findings[last].Severity {
			last = i
		}
	}
	are := "are"
	if j.cut == 1 {
		are = "is"
	}
	f := &j.findings[last]
	if f.Hint != "" {
		f.Hint += "; "
	}
	f.Hint += fmt.Sprintf("%s of this event %s not shown", count(j.cut, "more finding"), are)
	return j.findings
}

// noContract reports an event that no contract is for. A catalog plans the track events,
// and of the other calls those types that it has any contract for: who documents track
// events only has not said that nobody may be identified.
func (j *judgement) noContract() {
	planned := len(j.cat.names[j.ev.Type]) > 0 || j.ev.Type == event.Track && len(j.cat.contracts) > 0
	unnamed := j.ev.Type == event.Track && j.ev.Name == "" // event-not-defined has said so
	if !planned || unnamed || !slices.Contains(event.Types(), j.ev.Type) {
		return
	}
	who := string(j.ev.Type)
	if j.ev.Name != "" {
		who += " " + quote(j.ev.Name)
	}
	message := "no contract for " + who + finding.DidYouMean(j.ev.Name, j.cat.names[j.ev.Type])
	hint := ""
	for _, t := range event.Types() {
		if _, ok := j.cat.byKey[key{t, j.ev.Name}]; ok && j.ev.Name != "" {
			hint = fmt.Sprintf("the contract for %s is for a %s call", quote(j.ev.Name), t)
		}
	}
	pointer := "/type"
	if k := j.ev.Type.NameKey(); k != "" && j.ev.Name != "" {
		pointer = "/" + k
	}
	j.report(finding.Finding{Layer: finding.Contract, Rule: ruleUnplannedEvent, Pointer: pointer, Message: message, Hint: hint})
}
