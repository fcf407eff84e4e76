package validator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"segproof/finding"
	"segproof/internal/yamlfile"
)

// Policy is what contracts cannot say: how grave a finding is, and which ones are waived.
// It is the content of segproof.yaml. The zero value changes nothing.
type Policy struct {
	Contracts []string  `yaml:"contracts"` // folders with contracts; relative to the file
	FailOn    string    `yaml:"fail-on"`   // error, warning, info, none; "" is error
	Unplanned Unplanned `yaml:"unplanned"`
	Severity  []Level   `yaml:"severity"`
	Waivers   []Waiver  `yaml:"waivers"`

	name string // the file's, for its own findings
}

// Unplanned says how grave it is when nobody planned an event or a property. "" is
// warning; "off" drops the findings.
type Unplanned struct {
	Events     string `yaml:"events"`
	Properties string `yaml:"properties"`
}

// Level gives the findings of some rules another severity. The last one that matches
// counts.
type Level struct {
	Rule     string `yaml:"rule"`     // glob on the rule's ID
	Event    string `yaml:"event"`    // glob on the event's name, or its type if it has none; "" is every event
	Severity string `yaml:"severity"` // error, warning, info, off
}

// Waiver drops findings until a day, with somebody's name and reason.
type Waiver struct {
	Rule   string `yaml:"rule"`   // glob on the rule's ID
	Event  string `yaml:"event"`  // as in Level
	Path   string `yaml:"path"`   // glob on the finding's JSON Pointer; "" is every place
	Reason string `yaml:"reason"` // why; not empty
	Owner  string `yaml:"owner"`  // who answers for it; not empty
	Until  string `yaml:"until"`  // the last day that it counts, YYYY-MM-DD
}

// off is the severity of findings that are not reported.
const off = "off"

// ParsePolicy reads a segproof.yaml that the user calls name. It returns a
// *yamlfile.Error if the file is not YAML or has an unknown key, else an error that
// names the entry that is wrong. Whether the rules that it names exist, [Policy.CheckRules]
// says.
func ParsePolicy(name string, data []byte) (Policy, error) {
	p := Policy{name: name}
	if err := yamlfile.Decode(name, data, &p); err != nil {
		return Policy{}, err
	}
	for _, check := range []struct{ key, value string }{{"unplanned.events", p.Unplanned.Events}, {"unplanned.properties", p.Unplanned.Properties}} {
		if err := checkLevel(check.value, off); check.value != "" && err != nil {
			return Policy{}, fmt.Errorf("%s: %s: %w", name, check.key, err)
		}
	}
	if err := checkLevel(p.FailOn, "none"); p.FailOn != "" && err != nil {
		return Policy{}, fmt.Errorf("%s: fail-on: %w", name, err)
	}
	for i, l := range p.Severity {
		if err := checkLevel(l.Severity, off); err != nil {
			return Policy{}, fmt.Errorf("%s: severity %d: %w", name, i+1, err)
		}
		if l.Rule == "" {
			return Policy{}, fmt.Errorf("%s: severity %d: rule is missing", name, i+1)
		}
	}
	for i, w := range p.Waivers {
		if err := w.check(); err != nil {
			return Policy{}, fmt.Errorf("%s: waiver %d: %w", name, i+1, err)
		}
	}
	return p, nil
}

// checkLevel refuses what is neither a severity nor the one word that may stand there
// too.
func checkLevel(s, also string) error {
	if _, err := finding.ParseSeverity(s); err != nil && s != also {
		return fmt.Errorf("got %q, want error, warning, info or %s", s, also)
	}
	return nil
}

// CheckRules refuses a level or a waiver for a rule that is none of ids, or for a glob
// that none of them is like: it would never do anything. ids are those of every rule that
// can be raised, the validator's and other rooms'.
func (p Policy) CheckRules(ids []string) error {
	r := Review{globs: map[string]*regexp.Regexp{}}
	check := func(what string, i int, pattern string) error {
		if slices.ContainsFunc(ids, func(id string) bool { return r.match(pattern, id) }) {
			return nil
		}
		if strings.ContainsAny(pattern, "*?") {
			return fmt.Errorf("%s: %s %d: no rule is like %s", p.name, what, i+1, quote(pattern))
		}
		return fmt.Errorf("%s: %s %d: there is no rule %s%s", p.name, what, i+1, quote(pattern), finding.DidYouMean(pattern, ids))
	}
	for i, l := range p.Severity {
		if err := check("severity", i, l.Rule); err != nil {
			return err
		}
	}
	for i, w := range p.Waivers {
		if err := check("waiver", i, w.Rule); err != nil {
			return err
		}
	}
	return nil
}

func (w Waiver) check() error {
	if strings.TrimSpace(w.Reason) == "" {
		return errors.New("reason is missing")
	}
	if strings.TrimSpace(w.Owner) == "" {
		return errors.New("owner is missing")
	}
	if w.Path != "" && !strings.ContainsAny(w.Path[:1], "/*?") {
		return fmt.Errorf("path: got %q, want a JSON Pointer, as /properties/total", w.Path)
	}
	if _, err := time.Parse(time.DateOnly, w.Until); err != nil {
		return fmt.Errorf("until: got %q, want a day, as 2026-12-31", w.Until)
	}
	if w.Rule == "" {
		return errors.New("rule is missing")
	}
	return nil
}

// Review applies a policy to the findings of one run. It must be used by one goroutine.
type Review struct {
	policy  Policy
	globs   map[string]*regexp.Regexp
	expired []bool // by waiver
	used    []bool // by waiver: it matched a finding
}

// NewReview starts a run; now tells which waivers have expired.
func (p Policy) NewReview(now time.Time) *Review {
	r := &Review{policy: p, globs: map[string]*regexp.Regexp{}, expired: make([]bool, len(p.Waivers)), used: make([]bool, len(p.Waivers))}
	today := now.Format(time.DateOnly)
	for i, w := range p.Waivers {
		r.expired[i] = w.Until < today // both are YYYY-MM-DD
	}
	return r
}

// Apply returns the findings that count, with the severities that the policy gives them.
func (r *Review) Apply(findings []finding.Finding) []finding.Finding {
	var counted []finding.Finding
	for _, f := range r.graded(findings) {
		if !r.waived(f) {
			counted = append(counted, f)
		}
	}
	return counted
}

// Expired returns a finding for each waiver that has expired, with the severity that the
// policy gives it. Waivers do not cover findings about waivers.
func (r *Review) Expired() []finding.Finding {
	var found []finding.Finding
	for i, w := range r.policy.Waivers {
		if r.expired[i] {
			found = append(found, r.aboutWaiver(i, ruleWaiverExpired, "expired on "+w.Until, "mend what it waived, or ask "+w.Owner+" for another day"))
		}
	}
	return r.graded(found)
}

// Stale returns a finding for each waiver that has not expired and has waived nothing that
// was given to Apply, as Expired does. ids are the rules that the run could raise: a waiver
// for others had nothing to waive, nor has any where no event was judged. One that is for
// elsewhere as well, which are rules that another kind of run raises, is not told.
func (r *Review) Stale(ids []string, elsewhere ...string) []finding.Finding {
	var found []finding.Finding
	for i, w := range r.policy.Waivers {
		fits := func(id string) bool { return r.match(w.Rule, id) }
		if !r.expired[i] && !r.used[i] && slices.ContainsFunc(ids, fits) && !slices.ContainsFunc(elsewhere, fits) {
			found = append(found, r.aboutWaiver(i, ruleWaiverStale, "waived nothing in this run", "remove it"))
		}
	}
	return r.graded(found)
}

func (r *Review) aboutWaiver(i int, rule, what, hint string) finding.Finding {
	w := r.policy.Waivers[i]
	return finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Policy, File: r.policy.name, Pointer: fmt.Sprintf("/waivers/%d", i),
		Message: fmt.Sprintf("waiver %d (%s, owner %s) %s", i+1, w.Rule, w.Owner, what), Hint: hint}
}

// graded returns the findings with the severities that the policy gives them, without
// those that are off.
func (r *Review) graded(findings []finding.Finding) []finding.Finding {
	var kept []finding.Finding
	for _, f := range findings {
		level := r.level(f)
		if level == off {
			continue
		}
		f.Severity, _ = finding.ParseSeverity(level) // ParsePolicy has checked it
		kept = append(kept, f)
	}
	return kept
}

// level returns the severity that the policy gives to a finding, or off.
func (r *Review) level(f finding.Finding) string {
	level := f.Severity.String()
	switch {
	case f.Rule == ruleUnplannedEvent && r.policy.Unplanned.Events != "":
		level = r.policy.Unplanned.Events
	case f.Rule == ruleUnplannedProperty && r.policy.Unplanned.Properties != "":
		level = r.policy.Unplanned.Properties
	}
	for _, l := range r.policy.Severity {
		if r.match(l.Rule, f.Rule) && r.match(l.Event, eventName(f)) {
			level = l.Severity
		}
	}
	return level
}

// waived reports whether a waiver covers the finding. An expired one covers nothing.
func (r *Review) waived(f finding.Finding) bool {
	waived := false
	for i, w := range r.policy.Waivers {
		if !r.expired[i] && r.match(w.Rule, f.Rule) && r.match(w.Event, eventName(f)) && r.match(w.Path, f.Pointer) {
			r.used[i] = true
			waived = true
		}
	}
	return waived
}

// eventName is what the globs on events are matched against.
func eventName(f finding.Finding) string {
	if f.Event.Name != "" {
		return f.Event.Name
	}
	return f.Event.Type
}

// match reports whether text matches the glob, in which * is any text and ? any
// character; "" matches everything.
func (r *Review) match(glob, text string) bool {
	if glob == "" || glob == text {
		return true
	}
	re := r.globs[glob]
	if re == nil {
		pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(glob))
		re = regexp.MustCompile("(?s)^" + pattern + "$")
		r.globs[glob] = re
	}
	return re.MatchString(text)
}
