package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"segproof/event"
	"segproof/finding"
	"segproof/fixtures"
	"segproof/functions"
	"segproof/mockserver"

	"github.com/spf13/cobra"
)

// hostFlags are the flags of a server that hosts functions.
type hostFlags struct {
	functions, inserts, destinations []string // NAME=FILE each
	functionSettings                 []string // NAME=FILE each
	fetch, engine                    string
	receives                         []string // write keys and scopes
}

func (flags *hostFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&flags.functions, "function", nil, "NAME=FILE: POST /functions/NAME runs this source function; what it emits is recorded; repeatable")
	f.StringArrayVar(&flags.destinations, "destination", nil, "NAME=FILE: run this destination function on each recorded event; repeatable")
	f.StringArrayVar(&flags.inserts, "insert", nil, "NAME=FILE: run this insert function on each recorded event, before all destinations; repeatable")
	f.StringArrayVar(&flags.receives, "for", nil, "write key, or scope, whose events go to destinations and inserts; repeatable (default: all)")
	f.StringArrayVar(&flags.functionSettings, "function-settings", nil, "NAME=FILE: JSON settings of the function of that name; repeatable")
	f.StringVar(&flags.engine, "engine", "", "what functions run in: "+strings.Join(functions.Engines(), ", ")+" (default "+functions.Engines()[0]+")")
	f.StringVar(&flags.fetch, "fetch", "", "YAML file of answers to the requests that functions make (default: an empty 200 to each)")
}

// host is the functions and files that a server hosts. Its methods may be called by many
// goroutines.
type host struct {
	logger *slog.Logger
	judge  func(event.Event) []finding.Finding // of what insert functions let through
	loaded []*hosted
	files  *os.Root // of --analytics-js; nil if there are none

	mu       sync.Mutex // guards what follows, and ran of each function
	found    []finding.Finding
	problems []string // runs that could not be done
}

// start starts the server with the files that pages load.
func (flags serveFlags) start(h *host, opts mockserver.Options) (*mockserver.Server, error) {
	if flags.analyticsJS != "" {
		var err error
		if h.files, err = os.OpenRoot(flags.analyticsJS); err != nil {
			return nil, fmt.Errorf("--analytics-js: %w", err)
		}
		opts.AnalyticsJS = h.files.FS()
	}
	return mockserver.Listen(opts)
}

// hosted is one function of a host.
type hosted struct {
	host     *host
	name     string
	file     string
	settings json.RawMessage

	turn   chan struct{} // holds what uses fn, which serves one input at a time, and closed
	fn     *functions.Function
	closed bool
	ran    bool
}

// load loads the functions that the flags name into the server's options, and takes what
// their texts tell into the report.
func (flags hostFlags) load(ctx context.Context, c *check, opts *mockserver.Options) (h *host, err error) {
	h = &host{logger: opts.Logger, judge: opts.Checker.Validate}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if len(flags.receives) > 0 && len(flags.inserts)+len(flags.destinations) == 0 {
		return h, errors.New("--for names whose events a --destination or an --insert gets, and there is none")
	}
	responder, err := flags.responder()
	if err != nil {
		return h, err
	}
	settings, err := pairs("function-settings", flags.functionSettings)
	if err != nil {
		return h, err
	}
	var names []string
	for _, group := range []struct {
		flag string
		list []string
		kind functions.Kind
	}{
		{"function", flags.functions, functions.Source},
		{"insert", flags.inserts, functions.DestinationInsert},
		{"destination", flags.destinations, functions.Destination},
	} {
		named, err := pairs(group.flag, group.list)
		if err != nil {
			return h, err
		}
		for _, p := range named {
			names = append(names, p.name)
			f, err := h.load(ctx, c, p, settings.of(p.name), functions.Options{Kind: group.kind, Engine: flags.engine, Responder: responder})
			if err != nil {
				return h, fmt.Errorf("--%s %s: %w", group.flag, p.name, err)
			}
			if group.kind == functions.Source {
				if opts.Functions == nil {
					opts.Functions = map[string]mockserver.Function{}
				}
				opts.Functions[p.name] = f
				continue
			}
			opts.Destinations = append(opts.Destinations, mockserver.Destination{
				Name: p.name, WriteKeys: flags.receives, Function: f, Insert: group.kind == functions.DestinationInsert,
			})
		}
	}
	for _, p := range settings {
		if !slices.Contains(names, p.name) {
			return h, fmt.Errorf("--function-settings %s: there is no function of that name", p.name)
		}
	}
	return h, nil
}

// responder answers the functions' requests.
func (flags hostFlags) responder() (functions.Responder, error) {
	if flags.fetch == "" {
		return functions.NewRules([]functions.Rule{{}}, nil), nil
	}
	text, err := os.ReadFile(flags.fetch)
	if err != nil {
		return nil, fmt.Errorf("--fetch: %w", missing(flags.fetch, err))
	}
	rules, found := fixtures.ParseFetch(flags.fetch, text)
	if len(found) > 0 {
		return nil, fmt.Errorf("--fetch: %s:%d: %s", found[0].File, found[0].Line, found[0].Message)
	}
	return functions.NewRules(rules, nil), nil
}

// pair is NAME=FILE.
type pair struct{ name, file string }

// pairList is a flag's pairs.
type pairList []pair

// pairs splits a flag's values.
func pairs(flag string, values []string) (pairList, error) {
	var list pairList
	for _, v := range values {
		name, file, ok := strings.Cut(v, "=")
		if !ok || name == "" || file == "" || strings.ContainsAny(name, "/?#% ") {
			return nil, fmt.Errorf("--%s %q: want NAME=FILE, with a name that can stand in a path", flag, v)
		}
		if slices.ContainsFunc(list, func(p pair) bool { return p.name == name }) {
			return nil, fmt.Errorf("--%s %s: the name is given twice", flag, name)
		}
		list = append(list, pair{name, file})
	}
	return list, nil
}

// of returns the file of a name, "" if it has none.
func (l pairList) of(name string) string {
	for _, p := range l {
		if p.name == name {
			return p.file
		}
	}
	return ""
}

// load loads one function and takes what its text tells into the report.
func (h *host) load(ctx context.Context, c *check, p pair, settings string, opts functions.Options) (*hosted, error) {
	code, err := readLimited(p.file, nil)
	if err != nil {
		return nil, err
	}
	f := &hosted{host: h, name: p.name, file: p.file, turn: make(chan struct{}, 1)}
	if settings != "" {
		if f.settings, err = readLimited(settings, nil); err != nil {
			return nil, err
		}
		if err := event.CheckSyntax(f.settings); err != nil {
			return nil, fmt.Errorf("%s is not JSON: %w", settings, err)
		}
	}
	found, err := fixtures.LintFunction(p.file, string(code), opts.Kind)
	if err != nil {
		return nil, err
	}
	c.count(found)
	if f.fn, err = functions.Load(ctx, p.file, string(code), opts); err != nil {
		return nil, err
	}
	h.loaded = append(h.loaded, f)
	return f, nil
}

// close ends the functions, each when the run that is under way has ended, and closes the
// files.
func (h *host) close() error {
	var errs []error
	for _, f := range h.loaded {
		f.turn <- struct{}{}
		f.closed = true
		errs = append(errs, f.fn.Close())
		<-f.turn
	}
	if h.files != nil {
		errs = append(errs, h.files.Close())
	}
	return errors.Join(errs...)
}

// findings returns what the runs came to, but for the events, which are records, and the
// functions that never ran. The server must have ended.
func (h *host) findings() []finding.Finding {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := slices.Clone(h.found)
	for _, f := range h.loaded {
		if !f.ran {
			found = append(found, fixtures.NeverRan(f.file, f.name))
		}
	}
	return found
}

// failures returns why runs could not be done.
func (h *host) failures() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.problems)
}

// run runs the function when it is its turn.
func (f *hosted) run(ctx context.Context, input json.RawMessage) (functions.Result, error) {
	f.host.mu.Lock()
	f.ran = true
	f.host.mu.Unlock()
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return functions.Result{}, context.Cause(ctx)
	}
	if f.closed {
		return functions.Result{}, errors.New("the server has ended")
	}
	return f.fn.Run(ctx, functions.Invocation{Input: input, Settings: f.settings})
}

// Invoke implements [mockserver.Function].
func (f *hosted) Invoke(ctx context.Context, in mockserver.Input) mockserver.Outcome {
	input := in.Event
	if in.Webhook != nil {
		input = fixtures.WebhookInput(in.Webhook.URL, in.Webhook.Header, in.Webhook.Body)
	}
	res, err := f.run(ctx, input)
	if err != nil {
		f.host.logger.Error("function could not be run", "file", f.file, "err", err)
		f.host.mu.Lock()
		if len(f.host.problems) < maxHostProblems {
			f.host.problems = append(f.host.problems, fmt.Sprintf("%s could not be run: %v", f.file, err))
		}
		f.host.mu.Unlock()
		return mockserver.Outcome{Disposition: string(functions.Discarded), Error: "the function could not be run"}
	}
	f.note(in, res)
	out := mockserver.Outcome{Disposition: string(res.Disposition), Returned: res.Returned, Objects: res.Objects}
	out.Stopped = res.Error != nil && res.Error.Limit != ""
	if f.fn.Kind() == functions.Source {
		out.Events, out.Returned = fixtures.FunctionEvents(functions.Source, res), nil
	}
	if e := res.Error; e != nil {
		out.Error, out.Objects = fmt.Sprintf("%s: %s%s", e.Class, e.Message, at(e)), nil
	}
	for _, x := range res.Requests {
		out.Requests = append(out.Requests, fixtures.FunctionRequest(x))
	}
	for _, l := range res.Logs {
		out.Logs = append(out.Logs, l.Level+": "+l.Text)
	}
	return out
}

// How many findings of runs a host keeps, and how many runs that could not be done.
const (
	maxHostFindings = 10_000
	maxHostProblems = 100
)

// note keeps what is to be said of a run.
func (f *hosted) note(in mockserver.Input, res functions.Result) {
	found := fixtures.JudgeRun(f.file, f.fn.Kind(), res)
	if e := res.Error; e != nil {
		// Not the message: it may hold what the event did.
		f.host.logger.Warn("function failed", "file", f.file, "line", e.Line, "error", e.Class, "disposition", res.Disposition)
		if res.Disposition == functions.Retried && in.Attempt == mockserver.MaxAttempts {
			found = append(found, fixtures.GaveUp(f.file, in.Attempt, res))
		}
	}
	if f.fn.Kind() == functions.DestinationInsert {
		found = append(found, f.judge(res)...)
	}
	for i := range found {
		if in.Record > 0 {
			found[i].Notes = append(found[i].Notes, fmt.Sprintf("record %d, in the function %q", in.Record, f.name))
		}
	}
	f.host.mu.Lock()
	defer f.host.mu.Unlock()
	if len(f.host.found) < maxHostFindings {
		f.host.found = append(f.host.found, found...)
	}
}

// judge judges the event that an insert function lets through: it is no record.
func (f *hosted) judge(res functions.Result) []finding.Finding {
	var found []finding.Finding
	for _, text := range fixtures.FunctionEvents(f.fn.Kind(), res) {
		events, err := event.Decode(text, event.Place{File: f.file, Line: 1, Column: 1})
		if err != nil {
			continue // functions has said that it is no event
		}
		for _, ev := range events {
			for _, one := range f.host.judge(ev) {
				one.Line, one.Column = 0, 0 // the place is one in the event
				found = append(found, one)
			}
		}
	}
	return found
}
