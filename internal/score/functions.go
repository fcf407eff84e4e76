package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"segproof/functions"
)

// functionCase is one run of a function with its expected result.
type functionCase struct {
	ID       string
	Group    string
	Kind     functions.Kind
	Code     string
	Handler  string
	Payload  json.RawMessage
	Event    json.RawMessage
	Settings json.RawMessage
	Fetch    stubs
	Tags     []string
	Expected map[string]any

	ExpectedRepeat               []map[string]any
	ExpectedWithDocumentedErrors map[string]any
}

// stubs answer requests: the first route whose text is in the URL, else the default.
type stubs struct {
	Default stub
	Routes  []stub
}

// stub is an answer. A route has a text beside it, under any other name, and may hold the
// answer in an object of its own.
type stub struct {
	match        string
	Status       int
	StatusText   string
	Headers      map[string]any
	Body         json.RawMessage
	NetworkError bool
}

// UnmarshalJSON reads an answer and the text of its route.
func (s *stub) UnmarshalJSON(text []byte) error {
	type plain stub
	if err := json.Unmarshal(text, (*plain)(s)); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	for name, v := range members {
		switch strings.ToLower(name) {
		case "status", "statustext", "headers", "body", "networkerror", "method":
			continue
		}
		if json.Unmarshal(v, &s.match) != nil && len(v) > 0 && v[0] == '{' {
			if err := json.Unmarshal(v, (*plain)(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// coreFields are those that a case must agree in; the others are shown.
var coreFields = []string{"ok", "error.name", "events", "objects", "requests", "returned", "eventAfter", "noHandler"}

func scoreFunctions(ctx context.Context, args []string, stdout io.Writer) (outcome, error) {
	flags := flag.NewFlagSet("functions", flag.ContinueOnError)
	handlers := flags.String("handlers", "", "the folder that the cases' handlers are in")
	engine := flags.String("engine", "", "the engine to run in")
	names, err := parseAnywhere(flags, args)
	if err != nil {
		return outcome{}, err
	}
	if len(names) != 1 {
		return outcome{}, errors.New("want one file of cases")
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		return outcome{}, err
	}
	var file struct {
		Meta struct {
			FixedNow   int64
			RandomSeed uint32
		}
		Cases []functionCase
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return outcome{}, err
	}
	var sum outcome
	fields := map[string]int{}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	for _, c := range file.Cases {
		opts := functions.Options{
			Kind: c.Kind, Engine: *engine, Globals: functions.OpenSource, Responder: c.Fetch,
			Now: time.UnixMilli(file.Meta.FixedNow), Frozen: true, Seed: &file.Meta.RandomSeed,
		}
		line, err := c.run(ctx, *handlers, opts)
		if err != nil {
			return sum, fmt.Errorf("%s: %w", c.ID, err)
		}
		sum.cases++
		if !line.Agree {
			sum.differ++
		}
		for _, f := range line.Differs {
			fields[f]++
		}
		if err := out.Encode(line); err != nil {
			return sum, err
		}
	}
	return sum, out.Encode(map[string]any{"cases": sum.cases, "agree": sum.cases - sum.differ, "differ": fields})
}

// scoreLine is what is printed for a case.
type scoreLine struct {
	ID      string         `json:"id"`
	Got     map[string]any `json:"got"`
	Agree   bool           `json:"agree"`
	Differs []string       `json:"differs"`
	Tags    []string       `json:"tags,omitempty"`

	GotRepeat               []map[string]any `json:"gotRepeat,omitempty"`
	GotWithDocumentedErrors map[string]any   `json:"gotWithDocumentedErrors,omitempty"`
}

func (c *functionCase) run(ctx context.Context, handlers string, opts functions.Options) (scoreLine, error) {
	code := c.Code
	if c.Handler != "" {
		text, err := os.ReadFile(filepath.Join(handlers, filepath.FromSlash(c.Handler)))
		if err != nil {
			return scoreLine{}, err
		}
		code = string(text)
	}
	line := scoreLine{ID: c.ID, Tags: c.Tags}
	wants := c.ExpectedRepeat
	if wants == nil {
		wants = []map[string]any{c.Expected}
	}
	got, err := c.invoke(ctx, code, opts, len(wants))
	if err != nil {
		return line, err
	}
	line.Got = got[0]
	for i, want := range wants {
		line.Differs = append(line.Differs, differing(got[i], want)...)
	}
	if c.ExpectedRepeat != nil {
		line.GotRepeat = got
	}
	if c.ExpectedWithDocumentedErrors != nil {
		opts.Stubs = map[string]string{"RetryError": errorClass("RetryError"), "DropEvent": errorClass("DropEvent")}
		documented, err := c.invoke(ctx, code, opts, 1)
		if err != nil {
			return line, err
		}
		line.GotWithDocumentedErrors = documented[0]
		line.Differs = append(line.Differs, differing(documented[0], c.ExpectedWithDocumentedErrors)...)
	}
	line.Agree = !slices.ContainsFunc(line.Differs, func(f string) bool { return slices.Contains(coreFields, f) })
	if line.Differs == nil {
		line.Differs = []string{}
	}
	return line, nil
}

// errorClass is an error that the open-source runtime lacks and the documentation has.
func errorClass(name string) string {
	return "class " + name + " extends Error { constructor(message) { super(message); this.name = this.constructor.name; } }"
}

// invoke runs the case n times on one instance.
func (c *functionCase) invoke(ctx context.Context, code string, opts functions.Options, n int) ([]map[string]any, error) {
	f, err := functions.Load(context.Background(), "handler.js", code, opts)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := functions.Invocation{Input: c.Payload, Settings: c.Settings}
	if c.Kind != functions.Source {
		in.Input = c.Event
	}
	var all []map[string]any
	for range n {
		res, err := f.Run(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, gotFields(c.Kind, res))
	}
	return all, nil
}

// gotFields writes a result in the fields of the cases.
func gotFields(kind functions.Kind, res functions.Result) map[string]any {
	got := map[string]any{
		"ok": res.Error == nil, "events": decodeAll(res.Events), "objects": decodeAll(res.Objects),
		"requests": []any{}, "logs": []any{},
	}
	for _, n := range res.Notes {
		if n.ID == functions.NoHandler && kind == functions.Source {
			got["noHandler"] = true
		}
	}
	for _, x := range res.Requests {
		got["requests"] = append(got["requests"].([]any), requestFields(x.Request))
	}
	for _, l := range res.Logs {
		got["logs"] = append(got["logs"].([]any), map[string]any{"level": l.Level, "text": l.Text})
	}
	if e := res.Error; e != nil {
		described := map[string]any{"thrown": e.Thrown, "name": e.Class, "message": e.Message, "frame": nil}
		if e.Class == e.Thrown && e.Class != "Error" {
			delete(described, "name") // what is no Error has no name
		}
		if e.Line > 0 {
			described["frame"] = map[string]any{"line": float64(e.Line), "col": float64(e.Column)}
		}
		got["error"] = described
	}
	if kind == functions.Source {
		return got
	}
	if res.Error == nil {
		switch {
		case res.Unserializable:
			got["returned"] = map[string]any{"unserializable": true}
		case res.Returned == nil:
			got["returned"] = map[string]any{"undefined": true}
		default:
			got["returned"] = map[string]any{"json": decode(res.Returned)}
		}
	}
	if res.InputAfter != nil {
		got["eventAfter"] = decode(res.InputAfter)
	}
	return got
}

func requestFields(r functions.Request) map[string]any {
	headers := map[string]any{}
	for name, values := range r.Header {
		switch name {
		case "host", "connection", "user-agent", "content-length", "accept-encoding":
		default:
			if v := strings.Join(values, ", "); name != "accept" || v != "*/*" {
				headers[name] = normalBoundary(v)
			}
		}
	}
	var body any
	if r.Body != nil {
		body = normalBoundary(string(r.Body))
	}
	if body == "" {
		body = nil
	}
	return map[string]any{"method": r.Method, "url": r.URL, "headers": headers, "body": body}
}

var boundary = regexp.MustCompile(`-{24,}[0-9a-f]{24}`)

func normalBoundary(s string) string { return boundary.ReplaceAllString(s, "BOUNDARY") }

func decodeAll(texts []json.RawMessage) []any {
	all := []any{}
	for _, t := range texts {
		all = append(all, decode(t))
	}
	return all
}

func decode(text []byte) any {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return string(text)
	}
	return v
}

// differing returns the names of the fields that are not as expected.
func differing(got, want map[string]any) []string {
	var names []string
	for name, w := range want {
		switch name {
		case "error":
			names = append(names, differingError(got["error"], w)...)
		case "logs":
			if !sameLogs(got["logs"], w) {
				names = append(names, name)
			}
		default:
			if !reflect.DeepEqual(got[name], w) && !bothUnserializable(got[name], w) {
				names = append(names, name)
			}
		}
	}
	for _, name := range []string{"error", "returned", "noHandler"} {
		if _, expected := want[name]; !expected && got[name] != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// bothUnserializable compares the fact alone: its value is the engine's message.
func bothUnserializable(got, want any) bool {
	g, _ := got.(map[string]any)
	w, _ := want.(map[string]any)
	return g["unserializable"] != nil && w["unserializable"] != nil
}

func differingError(got, want any) []string {
	g, _ := got.(map[string]any)
	w, _ := want.(map[string]any)
	var names []string
	for _, key := range []string{"thrown", "name", "message"} {
		if !reflect.DeepEqual(g[key], w[key]) {
			names = append(names, "error."+key)
		}
	}
	line := func(m map[string]any) any { f, _ := m["frame"].(map[string]any); return f["line"] }
	if line(g) != line(w) {
		names = append(names, "error.frame.line")
	}
	return names
}

// sameLogs compares texts: the cases hold them in one of several shapes.
func sameLogs(got, want any) bool {
	var g, w []string
	for _, l := range got.([]any) {
		g = append(g, l.(map[string]any)["text"].(string))
	}
	lines, _ := want.([]any)
	for _, l := range lines {
		switch l := l.(type) {
		case string:
			w = append(w, l)
		case map[string]any:
			for _, key := range []string{"text", "message"} {
				if s, ok := l[key].(string); ok {
					w = append(w, s)
				}
			}
		}
	}
	return slices.Equal(g, w)
}

// Respond answers by the first route, else by the default.
func (s stubs) Respond(_ context.Context, r functions.Request) (functions.Response, error) {
	answer := s.Default
	for _, route := range s.Routes {
		if strings.Contains(r.URL, route.match) {
			answer = route
			break
		}
	}
	if answer.NetworkError {
		return functions.Response{Failure: "socket hang up", Code: "ECONNRESET"}, nil
	}
	res := functions.Response{Status: answer.Status, Header: http.Header{}}
	for name, v := range answer.Headers {
		res.Header[name] = []string{fmt.Sprint(v)}
	}
	var text string
	if err := json.Unmarshal(answer.Body, &text); err == nil {
		res.Body = []byte(text)
	} else {
		res.Body = bytes.TrimSpace(answer.Body)
	}
	return res, nil
}
