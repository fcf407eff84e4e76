package exporter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"segproof/finding"
	"segproof/validator"
)

// Action is what a function does about an event with violations. Only findings of
// severity error are violations, after the policy.
type Action struct {
	Name  string
	Title string // one line: what becomes of the event
	batch string // statement of onBatch for (events, settings); "" if a batch cannot be answered event by event
}

// Actions returns the actions, the gravest first. The slice is the caller's.
//
// Source: segment.com/docs/connections/functions/insert-functions/ (DropEvent,
// ValidationError), segment.com/docs/protocols/enforce/schema-configuration/ (block, omit),
// segment.com/docs/protocols/enforce/forward-blocked-events/ (context.protocols),
// segment.com/docs/protocols/validate/forward-violations/ (Violation Generated)
func Actions() []Action {
	const each = "return Promise.all(events.map((event) => segproofEnforce(event, settings)));"
	return []Action{
		{Name: "drop", Title: "it is dropped, with the reason (DropEvent)"},
		{Name: "reject", Title: "it is rejected, and Segment shows the findings (ValidationError)"},
		{Name: "omit", Title: "it goes on without its unplanned and invalid properties, which context.protocols names", batch: each},
		{Name: "annotate", Title: "it goes on, with the violations in context.protocols", batch: each},
		{Name: "report", Title: "it goes on, and a track call \"Violation Generated\" goes to the source whose write key the setting violationsWriteKey is", batch: each},
	}
}

// FunctionKind is where an exported function runs.
type FunctionKind struct {
	Name    string
	Title   string
	Actions []string // names of those that it can take; nil: none, it only tells
	Without string   // why it takes no other
	batches bool     // Segment calls onBatch
}

// FunctionKinds returns the kinds of functions, the usual one first. The slice is the
// caller's.
//
// Source: segment.com/docs/connections/functions/
func FunctionKinds() []FunctionKind {
	all := []string{"drop", "reject", "omit", "annotate", "report"}
	return []FunctionKind{
		{Name: "insert", Title: "an insert function in front of one destination", Actions: all, batches: true},
		{Name: "source-insert", Title: "an insert function behind a source, in front of all destinations", Actions: all},
		{Name: "destination", Title: "a destination function that only watches", Actions: []string{"reject", "report"},
			Without: "no event leaves a destination function, so that none can be dropped or changed; an insert function can", batches: true},
		{Name: "snippet", Title: "segproofValidate(event), to be called from a function of your own",
			Without: "a snippet returns what it finds, and what is done about it is yours"},
	}
}

// FunctionOptions says what Function makes. Kind is needed, and OnViolation where the kind
// takes actions.
type FunctionOptions struct {
	Kind        string           // name of a FunctionKind
	OnViolation string           // name of an Action
	Only        string           // glob on events' names, or on the call where an event has none; others pass unjudged. "" is all
	Policy      validator.Policy // the zero value changes nothing
	Minify      bool             // leave out comments and indentation
	Version     string           // of the tool, for the header
}

// choose finds the kind and the action, or says why there is no such function.
func (o FunctionOptions) choose() (FunctionKind, Action, error) {
	var kind FunctionKind
	var kinds, actions []string
	for _, k := range FunctionKinds() {
		kinds = append(kinds, k.Name)
		if k.Name == o.Kind {
			kind = k
		}
	}
	if kind.Name == "" {
		return kind, Action{}, fmt.Errorf("unknown kind of function %q, want one of %s%s", o.Kind, strings.Join(kinds, ", "), finding.DidYouMean(o.Kind, kinds))
	}
	if o.OnViolation == "" && kind.Actions == nil {
		return kind, Action{}, nil
	}
	for _, a := range Actions() {
		actions = append(actions, a.Name)
		if a.Name == o.OnViolation && slices.Contains(kind.Actions, a.Name) {
			return kind, a, nil
		}
	}
	switch {
	case slices.Contains(actions, o.OnViolation):
		return kind, Action{}, fmt.Errorf("kind %s cannot %s: %s", kind.Name, o.OnViolation, kind.Without)
	case o.OnViolation == "":
		return kind, Action{}, fmt.Errorf("no action for an event with a violation, want one of %s", strings.Join(kind.Actions, ", "))
	}
	return kind, Action{}, fmt.Errorf("unknown action %q, want one of %s%s", o.OnViolation, strings.Join(actions, ", "), finding.DidYouMean(o.OnViolation, actions))
}

// Check says why there is no function of these options.
func (o FunctionOptions) Check() error {
	_, _, err := o.choose()
	return err
}

// Function returns a Segment Function that judges events by the catalog as its Validate
// does, and by the policy: one plain script that imports nothing. It is always the same
// text for the same input.
//
// It judges what JavaScript sees of an event: repeated keys, and digits beyond a double's,
// are gone before. Of an event and a contract that would keep Validate busy for too long,
// Validate says so; the function judges them all the same, as long as Segment lets it. A
// waiver's last day ends by UTC.
//
// An error says which option makes no sense, or names the place in a contract of what
// JavaScript cannot be made to judge as the validator does.
func Function(cat *validator.Catalog, opts FunctionOptions) ([]byte, error) {
	kind, action, err := opts.choose()
	if err != nil {
		return nil, err
	}
	hash, err := hashOf(cat, opts)
	if err != nil {
		return nil, err
	}
	table, err := tableOf(cat, opts, hash)
	if err != nil {
		return nil, err
	}
	if len(table.Contracts) == 0 {
		return nil, fmt.Errorf("no contract is for an event like %q", opts.Only)
	}
	text, err := encode(table)
	if err != nil {
		return nil, err
	}
	parts, err := runtimeParts(kind, action)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(header(kind, action, opts, hash, len(table.Contracts)))
	name, returned := "segproofEnforce", "enforce"
	if kind.Actions == nil {
		name, returned = "segproofValidate", "validateEvent"
	}
	b.WriteString("const " + name + " = (() => {\n\"use strict\";\nconst TABLE = " + scriptString(text) + ";\n\n")
	for _, part := range parts {
		if opts.Minify {
			b.WriteString(stripped(part))
		} else {
			b.WriteString(strings.TrimSpace(part) + "\n\n")
		}
	}
	b.WriteString("return " + returned + ";\n})();\n")
	if kind.Actions != nil {
		b.WriteString(handlers(kind, action))
	}
	return []byte(b.String()), nil
}

// handlers are the functions that Segment calls. Each gets the settings with the event,
// and keeps nothing of them.
func handlers(kind FunctionKind, action Action) string {
	var b strings.Builder
	for _, name := range []string{"Track", "Identify", "Page", "Screen", "Group", "Alias", "Delete"} {
		fmt.Fprintf(&b, "\nasync function on%s(event, settings) {\n  return segproofEnforce(event, settings);\n}\n", name)
	}
	if kind.batches && kind.Name == "destination" && action.Name == "reject" {
		b.WriteString(`
async function onBatch(events, settings) {
  const settled = await Promise.allSettled(events.map((event) => segproofEnforce(event, settings)));
  return settled.map((s) => s.status === "fulfilled" ? { status: 200 } : { status: 400, errormessage: s.reason.message });
}
`)
	} else if kind.batches && action.batch != "" {
		b.WriteString("\nasync function onBatch(events, settings) {\n  " + action.batch + "\n}\n")
	}
	return b.String()
}

// header says what the file is, what it was made of, and how to try it.
func header(kind FunctionKind, action Action, opts FunctionOptions, hash string, contracts int) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(strings.TrimRight("// "+fmt.Sprintf(format, args...), " ") + "\n")
	}
	line("Made by segproof %s (export function --kind %s). Do not edit: export it again.", commentText(opts.Version), kind.Name)
	line("")
	line("This is %s.", kind.Title)
	line("It judges events by %d contracts and the Segment Spec, as segproof lint does. Only findings", contracts)
	line("of severity error are violations.")
	if kind.Actions != nil {
		line("Of an event with a violation: %s.", action.Title)
	}
	if opts.Only != "" {
		line("Only events that %q fits are judged; others pass.", opts.Only)
	}
	if kind.batches && action.batch == "" && kind.Name == "insert" {
		line("There is no onBatch: an insert function cannot %s one event of a batch alone.", action.Name)
	}
	line("")
	line("Contracts and policy: sha256 %s", hash)
	switch kind.Name {
	case "snippet":
		line("Use: segproofValidate(event) returns the violations [{rule, pointer, message, severity}];")
		line("segproofValidate(event, \"warning\") returns warnings too, \"info\" everything.")
	case "insert", "source-insert":
		line("Try it: segproof run FILE --kind %s --input event.json", map[string]string{"insert": "destination-insert", "source-insert": "source-insert"}[kind.Name])
	default:
		line("Try it: segproof run FILE --kind %s --input event.json", kind.Name)
	}
	return b.String() + "\n"
}

// commentText is text that cannot end a comment.
func commentText(s string) string { return strings.Join(strings.Fields(s), " ") }

// hashOf identifies what events are judged by, whichever version of the tool wrote it down:
// the contracts, the policy and what is judged at all.
func hashOf(cat *validator.Catalog, opts FunctionOptions) (string, error) {
	h := sha256.New()
	for _, c := range cat.Contracts() {
		fmt.Fprintf(h, "%q %q %q %d\n", c.Type, c.Name, c.Version, len(c.Text()))
		h.Write(c.Text())
		for _, r := range c.References() {
			fmt.Fprintf(h, "\n%q %d\n", r.Pointer, len(r.Text))
			h.Write(r.Text)
		}
	}
	policy, err := encode(policyOf(opts.Policy))
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "\n%q\n%s", opts.Only, policy)
	return hex.EncodeToString(h.Sum(nil)), nil
}
