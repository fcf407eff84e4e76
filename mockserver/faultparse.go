package mockserver

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/yamlfile"
)

// RuleFaultsInvalid is the ID of the rule for faults that cannot be used.
const RuleFaultsInvalid = "faults-invalid"

func faultsInvalid() finding.Rule {
	return finding.Rule{
		ID:       RuleFaultsInvalid,
		Severity: finding.Error,
		Layer:    finding.Input,
		Title:    "the faults for the server cannot be used",
		Why: "A fault that is misread never strikes, and the test that asked for it passes for nothing. " +
			"schemas/_formats/faults.schema.json describes the format for editors.",
		Hit:       "faults:\n  - {route: /v1/batch, answer: {status: 429}}\n",
		Neighbour: "faults:\n  - {route: /v1/batch, answers: [{status: 429}]}\n",
	}
}

// The largest of what faults may hold. More is a finding. The limits are ours.
const (
	maxFaults       = 100
	maxPatternBytes = 500 // of a route or name
)

// ParseFaults reads data, the content of the file that the caller calls file, as YAML or
// JSON. What is wrong comes back as findings of the rule faults-invalid, with line and
// column; the faults are then nil.
func ParseFaults(file string, data []byte) (*Faults, []finding.Finding) {
	f := &Faults{}
	var tree any
	for _, v := range []any{f, &tree} {
		if err := yamlfile.Decode(file, data, v); err != nil {
			return nil, []finding.Finding{unreadable(file, err)}
		}
	}
	problems := emptyValues("", tree)
	if len(problems) == 0 {
		problems = f.problems()
	}
	if len(problems) == 0 {
		return f, nil
	}
	places := yamlfile.Locate(data)
	findings := make([]finding.Finding, len(problems))
	for i, p := range problems {
		findings[i] = invalidFaults(file, p.message)
		findings[i].Pointer = p.pointer
		findings[i].Line, findings[i].Column = places.Key(p.pointer)
	}
	finding.Sort(findings)
	return nil, findings
}

// unreadable makes a finding of an error of package yamlfile.
func unreadable(file string, err error) finding.Finding {
	at, ok := errors.AsType[*yamlfile.Error](err)
	if !ok {
		return invalidFaults(file, err.Error())
	}
	f := invalidFaults(file, at.Message)
	f.Line, f.Column = at.Line, at.Column
	return f
}

func invalidFaults(file, message string) finding.Finding {
	rule := faultsInvalid()
	return finding.Finding{Rule: rule.ID, Severity: rule.Severity, Layer: rule.Layer, File: file, Message: message}
}

// problem is what is wrong with one value of a document of faults.
type problem struct {
	pointer string // RFC 6901, into the document
	message string
}

// emptyValues finds the keys whose value says nothing. In Go the zero value stands for
// "not given"; who writes it in a file means something by it.
func emptyValues(pointer string, v any) (problems []problem) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			problems = append(problems, emptyValues(fmt.Sprintf("%s/%d", pointer, i), item)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			at := pointer + "/" + key
			switch {
			case key == "seed" || key == "body" && v[key] != nil:
			case isEmpty(v[key]):
				problems = append(problems, problem{at, fmt.Sprintf("%s is empty, want a value or no %s at all", key, key)})
			case key != "headers": // a header may be empty
				problems = append(problems, emptyValues(at, v[key])...)
			}
		}
	}
	return problems
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case int64:
		return v == 0
	case uint64:
		return v == 0
	case float64:
		return v == 0
	}
	return false
}

// problems returns what is wrong with the faults, nil if they can be used.
func (f *Faults) problems() []problem {
	if len(f.Faults) == 0 {
		return []problem{{"", "faults is missing, want a list of at least one"}}
	}
	if len(f.Faults) > maxFaults {
		return []problem{{"/faults", fmt.Sprintf("got %d faults, want at most %d", len(f.Faults), maxFaults)}}
	}
	var problems []problem
	for i, fault := range f.Faults {
		r := report{at: fmt.Sprintf("/faults/%d", i)}
		fault.check(&r)
		problems = append(problems, r.problems...)
	}
	return problems
}

// report collects the problems of one value.
type report struct {
	at       string // pointer to the value
	problems []problem
}

// add notes a problem of the member at key, "" for the value itself.
func (r *report) add(key, format string, args ...any) {
	at := r.at
	if key != "" {
		at += "/" + key
	}
	r.problems = append(r.problems, problem{at, fmt.Sprintf(format, args...)})
}

func (f Fault) check(r *report) {
	types := make([]string, 0, len(event.Types()))
	for _, t := range event.Types() {
		types = append(types, string(t))
	}
	if f.Route != "" && f.Route[0] != '/' {
		r.add("route", "route is %.40q, want one that begins with /", f.Route)
	}
	for _, pattern := range []struct{ key, text string }{{"route", f.Route}, {"name", f.Name}} {
		if len(pattern.text) > maxPatternBytes {
			r.add(pattern.key, "%s has %d bytes, want at most %d", pattern.key, len(pattern.text), maxPatternBytes)
		}
	}
	if f.Type != "" && !slices.Contains(types, string(f.Type)) {
		r.add("type", "type is %.40q, want one of %s%s", string(f.Type), strings.Join(types, ", "), finding.DidYouMean(string(f.Type), types))
	}
	if !(f.Probability >= 0 && f.Probability <= 1) { // NaN is neither
		r.add("probability", "probability is %v, want one above 0 and up to 1", f.Probability)
	}
	checkTimes(f.Times, r)
	f.Latency.check(r)
	checkDamage(f.Do, r)
	if len(f.Answers) > 0 && (f.Do != "" || f.Taken != nil) {
		r.add("", "do and taken stand beside answers, want them in the answers")
	}
	if len(f.Answers) == 0 && f.Do == "" && f.Latency == (Latency{}) {
		r.add("", "the fault does nothing, want answers, do or latency")
	}
	for i, answer := range f.Answers {
		sub := report{at: fmt.Sprintf("%s/answers/%d", r.at, i)}
		answer.check(&sub)
		r.problems = append(r.problems, sub.problems...)
	}
}

func checkTimes(n Times, r *report) {
	if n != Always && (n < 0 || n > MaxTimes) {
		r.add("times", "times is %d, want 1 to %d, or always", int(n), MaxTimes)
	}
}

func checkDamage(d Damage, r *report) {
	if d != "" && !slices.Contains(damages(), string(d)) {
		r.add("do", "do is %.40q, want one of %s%s", string(d), strings.Join(damages(), ", "), finding.DidYouMean(string(d), damages()))
	}
}

func (l Latency) check(r *report) {
	switch {
	case l.P50 < 0 || l.P50 > MaxLatency || l.P99 > MaxLatency:
		r.add("latency", "latency is up to %v, want at most %v", max(l.P50, l.P99), MaxLatency)
	case l.P99 != 0 && (l.P50 == 0 || l.P99 < l.P50):
		r.add("latency", "p50 is %v and p99 is %v, want a p99 that is not less, and a p50 above 0", l.P50, l.P99)
	}
}

func (a Answer) check(r *report) {
	if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
		r.add("status", "status is %d, want one from 200 to 599", a.Status)
	}
	if !hasBody(a.Status) && (a.Body != nil && *a.Body != "" || a.Do == DoHalf || a.Do == DoSlow) {
		r.add("status", "status is %d, which has no body; want no body, half or slow beside it", a.Status)
	}
	if a.Do == DoReset && (a.Status != 0 || a.Headers != nil || a.ContentType != "" || a.Body != nil) {
		r.add("do", "do is reset, which sends nothing; want no status, headers, content-type or body beside it")
	}
	checkTimes(a.Times, r)
	checkDamage(a.Do, r)
	if strings.ContainsFunc(a.ContentType, isControl) {
		r.add("content-type", "content-type has a control character, want text")
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		key := http.CanonicalHeaderKey(name)
		switch {
		case !isToken(name):
			r.add("headers", "header %.40q: want a name of letters, digits and hyphens", name)
		case key == "Content-Length" || key == "Transfer-Encoding" || key == "Trailer":
			r.add("headers", "header %q: the server writes it; want no such header", name)
		case key == "Content-Type" && a.ContentType != "" || seen[key]:
			r.add("headers", "header %q is given twice", name)
		case strings.ContainsFunc(a.Headers[name], isControl):
			r.add("headers", "header %q has a control character in its value, want text", name)
		}
		seen[key] = true
	}
}

// hasBody reports whether an answer with this status can have a body.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// isToken reports whether a text can be the name of a header (RFC 9110, 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}
