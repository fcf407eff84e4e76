package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/fixtures"
	"segproof/functions"
)

// maxFunctionInput is how many bytes an input of a function, or its settings, may have:
// more than Segment takes by far.
const maxFunctionInput = 16 << 20

// options turns the flags into what the function is loaded with.
func (flags runFlags) options() (functions.Options, error) {
	opts := functions.Options{Kind: functions.Kind(flags.kind), Engine: flags.engine, Frozen: flags.frozen, Timeout: flags.timeout}
	if engines := functions.Engines(); flags.engine != "" && !slices.Contains(engines, flags.engine) {
		return opts, fmt.Errorf("unknown engine %q; want one of %s", flags.engine, strings.Join(engines, ", "))
	}
	if flags.timeout <= 0 {
		return opts, fmt.Errorf("--timeout %s: want more than 0s", flags.timeout)
	}
	if flags.now != "" {
		var err error
		if opts.Now, err = time.Parse(time.RFC3339, flags.now); err != nil {
			return opts, fmt.Errorf("--now %q: want a time like 2026-01-31T12:30:00Z", flags.now)
		}
	}
	stubs, err := pairs("stub", flags.stubs)
	if err != nil {
		return opts, err
	}
	for _, p := range stubs {
		text, err := readLimited(p.file, nil)
		if err != nil {
			return opts, fmt.Errorf("--stub %s: %w", p.name, err)
		}
		if opts.Stubs == nil {
			opts.Stubs = map[string]string{}
		}
		opts.Stubs[p.name] = string(text)
	}
	return opts, nil
}

// functionRun is one run of the command run.
type functionRun struct {
	check    *check
	flags    runFlags
	opts     functions.Options
	file     string
	settings json.RawMessage
	inputs   []json.RawMessage
	fn       *functions.Function // nil if there is no input
	results  []json.RawMessage
}

// load reads what the flags name, looks at the function's text, and loads it.
func (r *functionRun) load(ctx context.Context) error {
	code, err := readLimited(r.file, r.check.env.stdin)
	if err != nil {
		return err
	}
	if err := r.loadAnswers(); err != nil {
		return err
	}
	if r.flags.settings != "" {
		if r.settings, err = readLimited(r.flags.settings, r.check.env.stdin); err != nil {
			return fmt.Errorf("--settings: %w", err)
		}
		if err := event.CheckSyntax(r.settings); err != nil {
			return fmt.Errorf("--settings: %s is not JSON: %w", r.flags.settings, err)
		}
	}
	if r.flags.input != "" {
		if r.inputs, err = readTexts(r.flags.input, r.check.env.stdin); err != nil {
			return fmt.Errorf("--input: %w", err)
		}
	}
	found, err := fixtures.LintFunction(r.file, string(code), r.opts.Kind)
	if err != nil {
		return err
	}
	r.check.count(found)
	r.check.report.Checked.Functions++
	if len(r.inputs) > 0 {
		r.check.report.Checked.Inputs++
		r.fn, err = functions.Load(ctx, r.file, string(code), r.opts)
	}
	return err
}

// loadAnswers reads the file of answers.
func (r *functionRun) loadAnswers() error {
	if len(r.flags.allowNet) > 0 {
		r.opts.Responder = functions.NewLive(nil, r.flags.allowNet...)
	}
	if r.flags.fetch == "" {
		return nil
	}
	text, err := readLimited(r.flags.fetch, r.check.env.stdin)
	if err != nil {
		return fmt.Errorf("--fetch: %w", err)
	}
	rules, found := fixtures.ParseFetch(r.flags.fetch, text)
	if len(found) > 0 {
		r.check.count(found)
		r.check.report.Problems = append(r.check.report.Problems, r.flags.fetch+" cannot be used")
		return r.check.finish()
	}
	r.opts.Responder = functions.NewRules(rules, r.opts.Responder)
	return nil
}

// readLimited reads a file, or standard input, that must not be larger than a function's
// input can be.
func readLimited(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, missing(name, err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFunctionInput+1))
	if err == nil && len(text) > maxFunctionInput {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxFunctionInput)
	}
	return text, err
}

// readTexts reads a file of JSON texts, one after the other.
func readTexts(name string, stdin io.Reader) ([]json.RawMessage, error) {
	text, err := readLimited(name, stdin)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var texts []json.RawMessage
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			offset := len(bytes.TrimRight(text, "\n"))
			if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
				offset = min(int(syntax.Offset), offset)
			}
			line := bytes.Count(text[:offset], []byte("\n")) + 1
			return nil, fmt.Errorf("%s:%d: not JSON: %w", name, line, err)
		}
		texts = append(texts, raw)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s holds no JSON", name)
	}
	return texts, nil
}

// run runs the function on one input, which may be a batch: see [fixtures.FunctionRuns].
func (r *functionRun) run(ctx context.Context, input json.RawMessage) error {
	if r.fn.Kind() != functions.Source {
		if err := checkEvents(fixtures.FunctionInput(r.fn.Kind(), input)); err != nil {
			return err
		}
	}
	for _, text := range fixtures.FunctionRuns(r.fn, input) {
		if err := r.runOne(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// checkEvents says why an input is neither an event nor an array of events.
func checkEvents(input json.RawMessage) error {
	var events []json.RawMessage
	if json.Unmarshal(input, &events) != nil || events == nil {
		events = []json.RawMessage{input}
	}
	for _, ev := range events {
		if len(ev) == 0 || ev[0] != '{' {
			return fmt.Errorf("--input: got %s, want an event, which is an object, or an array of events", shortened(ev))
		}
		if isEnvelope(ev) {
			return hinted{errors.New(`--input: got a batch envelope {"batch":[...]}, want an event or an array of events`), "give the array itself, or NDJSON"}
		}
	}
	return nil
}

// isEnvelope reports whether an object is the body of a batch request, which no function gets.
func isEnvelope(object []byte) bool {
	var body struct {
		Type, Batch json.RawMessage
	}
	return json.Unmarshal(object, &body) == nil && body.Type == nil && len(body.Batch) > 0 && body.Batch[0] == '['
}

// runOne runs the function once, shows what came of it, and judges it.
func (r *functionRun) runOne(ctx context.Context, input json.RawMessage) error {
	res, err := r.fn.Run(ctx, functions.Invocation{Input: input, Settings: r.settings})
	if err != nil {
		return err
	}
	r.results = append(r.results, fixtures.FunctionResult(res))
	number := len(r.results)
	if r.flags.format == "text" {
		if err := showResult(r.check.env.stdout, number, res); err != nil {
			return err
		}
	}
	r.check.count(fixtures.JudgeRun(r.file, r.fn.Kind(), res))
	events := fixtures.FunctionEvents(r.fn.Kind(), res)
	r.check.report.Checked.Events += len(events)
	if r.fn.Kind() != functions.Source && len(events) == 0 {
		r.check.report.Checked.Events += max(1, len(res.Batch)) // the events that it was given; of a source function, nothing was judged
	}
	for n, text := range events {
		r.judge(number, n+1, text)
	}
	return nil
}

// judge judges an event that goes on to Segment after a run.
func (r *functionRun) judge(run, number int, text json.RawMessage) {
	where := fmt.Sprintf("in event %d of run %d: %s", number, run, shortened(text))
	events, err := event.Decode(text, event.Place{File: r.file, Line: 1, Column: 1})
	if err != nil {
		r.check.count([]finding.Finding{{Rule: "bad-request", Layer: finding.Wire, File: r.file, Message: "got " + shortened(text) + ", want an event", Notes: []string{where}}})
		return
	}
	for _, ev := range events {
		found := r.check.catalog.Validate(ev)
		for i := range found {
			// The place is one in the event, which stands in no file.
			found[i].Line, found[i].Column = 0, 0
			found[i].Notes = append(found[i].Notes, where)
		}
		r.check.count(found)
	}
}

// finish writes the report: for --format json as a member of what the runs came to.
func (r *functionRun) finish() error {
	if r.fn != nil {
		if err := r.fn.Close(); err != nil {
			return err
		}
	}
	if r.flags.format != "json" || r.fn == nil {
		return r.check.finish()
	}
	stdout := r.check.env.stdout
	var report bytes.Buffer
	r.check.env.stdout = &report
	end := r.check.finish()
	var code exitCode
	if end != nil && !errors.As(end, &code) {
		return end
	}
	enc := json.NewEncoder(stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		Function string            `json:"function"`
		Kind     functions.Kind    `json:"kind"`
		Runs     []json.RawMessage `json:"runs"`
		Report   json.RawMessage   `json:"report"`
	}{r.file, r.fn.Kind(), r.results, report.Bytes()})
	if err != nil {
		return err
	}
	return end
}
