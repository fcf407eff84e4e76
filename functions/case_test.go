package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"segproof/functions"
)

var update = flag.Bool("update", false, "write what the cases want anew")

// testCase is one file of testdata/cases. Its sections:
//
//	function.js    the function
//	input*.json    one run each, in the order of their names, on one instance
//	settings.json  may be missing
//	options.json   may be missing
//	want.json      what the runs gave
type testCase struct {
	name     string
	archive  *txtar.Archive
	source   string
	inputs   []json.RawMessage
	settings json.RawMessage
	options  caseOptions
	want     []byte

	once  sync.Once // guards quick
	quick []shown   // what the runs gave in QuickJS
}

// caseOptions are what a case asks for beyond its function.
type caseOptions struct {
	Kind    functions.Kind      `json:"kind"`
	Globals functions.GlobalSet `json:"globals"`
	Allow   []string            `json:"allow"`
	Stubs   map[string]string   `json:"stubs"`
	Now     string              `json:"now"`
	Seed    *uint32             `json:"seed"`
	Frozen  bool                `json:"frozen"`
	Sort    bool                `json:"sort"`
	Timeout int                 `json:"timeoutMS"` // 0: as long as a busy machine may take
	Rules   []struct {
		Method, URL, Body string
		Header            map[string]string
		Responses         []struct {
			Status        int
			Header        map[string]string
			Body          string
			DelayMS       int
			Failure, Code string
		}
	} `json:"rules"`
	// OwnWords says that the engines word an error each in its own way.
	OwnWords bool `json:"ownWords"`
}

// patience is the time limit of tests that are about something else: the race detector
// makes the engine many times slower.
const patience = 5 * time.Minute

// readCases reads the cases once for all tests.
var readCases = sync.OnceValues(func() ([]*testCase, error) {
	names, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil {
		return nil, err
	}
	var all []*testCase
	for _, name := range names {
		c, err := readCase(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, c)
	}
	return all, nil
})

func readCase(name string) (*testCase, error) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		return nil, err
	}
	c := &testCase{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), archive: archive}
	for _, f := range archive.Files {
		switch {
		case f.Name == "function.js":
			c.source = string(f.Data)
		case strings.HasPrefix(f.Name, "input"):
			c.inputs = append(c.inputs, bytes.TrimSpace(f.Data))
		case f.Name == "settings.json":
			c.settings = bytes.TrimSpace(f.Data)
		case f.Name == "options.json":
			dec := json.NewDecoder(bytes.NewReader(f.Data))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&c.options); err != nil {
				return nil, fmt.Errorf("options.json: %w", err)
			}
		case f.Name == "want.json":
			c.want = f.Data
		default:
			return nil, fmt.Errorf("unknown section %s", f.Name)
		}
	}
	return c, nil
}

func loadCases(t *testing.T) []*testCase {
	t.Helper()
	all, err := readCases()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 60 {
		t.Fatalf("found %d cases, want all of them", len(all))
	}
	return all
}

func (c *testCase) load(t *testing.T, engine string) *functions.Function {
	t.Helper()
	o := c.options
	opts := functions.Options{Kind: o.Kind, Engine: engine, Globals: o.Globals, Allow: o.Allow, Stubs: o.Stubs, Seed: o.Seed, Frozen: o.Frozen, SortKeys: o.Sort, Timeout: patience}
	if o.Timeout > 0 {
		opts.Timeout = time.Duration(o.Timeout) * time.Millisecond
	}
	if o.Now != "" {
		now, err := time.Parse(time.RFC3339, o.Now)
		if err != nil {
			t.Fatal(err)
		}
		opts.Now = now
	}
	var rules []functions.Rule
	for _, r := range o.Rules {
		rule := functions.Rule{Method: r.Method, URL: r.URL, Body: r.Body, Header: r.Header}
		for _, a := range r.Responses {
			header := http.Header{}
			for name, v := range a.Header {
				header.Set(name, v)
			}
			rule.Responses = append(rule.Responses, functions.Response{
				Status: a.Status, Header: header, Body: []byte(a.Body),
				Delay: time.Duration(a.DelayMS) * time.Millisecond, Failure: a.Failure, Code: a.Code,
			})
		}
		rules = append(rules, rule)
	}
	opts.Responder = functions.NewRules(rules, nil)
	f, err := functions.Load(context.Background(), c.name+".js", c.source, opts)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// run runs the case in an engine and returns what the runs gave, as the cases write it.
func (c *testCase) run(t *testing.T, engine string) []shown {
	t.Helper()
	f := c.load(t, engine)
	var all []shown
	for _, in := range c.inputs {
		res, err := f.Run(context.Background(), functions.Invocation{Input: in, Settings: c.settings})
		if err != nil {
			t.Fatalf("Run(%s): %v", in, err)
		}
		all = append(all, show(res))
	}
	return all
}

// inQuickJS runs the case in QuickJS, once for all tests.
func (c *testCase) inQuickJS(t *testing.T) []shown {
	t.Helper()
	c.once.Do(func() { c.quick = c.run(t, "quickjs") })
	return slices.Clone(c.quick)
}

// shown is a result as the cases write it: without what is empty.
type shown struct {
	Handler     string                `json:"handler,omitempty"`
	Events      []json.RawMessage     `json:"events,omitempty"`
	Objects     []json.RawMessage     `json:"objects,omitempty"`
	Returned    json.RawMessage       `json:"returned,omitempty"`
	NotJSON     bool                  `json:"notJSON,omitempty"`
	Input       json.RawMessage       `json:"input,omitempty"`
	Requests    []string              `json:"requests,omitempty"`
	Logs        []string              `json:"logs,omitempty"`
	Took        string                `json:"took,omitempty"`
	Error       *shownError           `json:"error,omitempty"`
	Disposition functions.Disposition `json:"disposition"`
	Batch       []functions.Outcome   `json:"batch,omitempty"`
	Notes       []functions.Note      `json:"notes,omitempty"`
}

type shownError struct {
	Class   string          `json:"class"`
	Message string          `json:"message"`
	Thrown  string          `json:"thrown,omitempty"`
	Code    string          `json:"code,omitempty"`
	ShownAs string          `json:"shownAs,omitempty"`
	Limit   functions.Limit `json:"limit,omitempty"`
	Loading bool            `json:"loading,omitempty"`
	At      string          `json:"at,omitempty"`
}

func show(r functions.Result) shown {
	s := shown{
		Handler: r.Handler, Events: r.Events, Objects: r.Objects, Returned: r.Returned, NotJSON: r.Unserializable, Input: r.InputAfter,
		Disposition: r.Disposition, Batch: r.Batch, Notes: r.Notes,
	}
	for _, x := range r.Requests {
		text := x.Request.Method + " " + x.Request.URL
		header, _ := json.Marshal(x.Request.Header)
		if len(x.Request.Header) > 0 {
			text += " " + string(header)
		}
		if x.Request.Body != nil {
			text += " " + string(x.Request.Body)
		}
		if x.Unmatched {
			text += " (unmatched)"
		}
		s.Requests = append(s.Requests, text)
	}
	for _, l := range r.Logs {
		s.Logs = append(s.Logs, l.Level+": "+l.Text)
	}
	if r.Took > 0 {
		s.Took = r.Took.String()
	}
	if e := r.Error; e != nil {
		s.Error = &shownError{Class: e.Class, Message: e.Message, Code: e.Code, ShownAs: e.ShownAs, Limit: e.Limit, Loading: e.Loading}
		if e.Thrown != "Error" {
			s.Error.Thrown = e.Thrown
		}
		if e.Line > 0 {
			s.Error.At = fmt.Sprintf("%s:%d", e.File, e.Line)
		}
	}
	return s
}

func written(t *testing.T, results []shown) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(results); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCases(t *testing.T) {
	for _, c := range loadCases(t) {
		t.Run(c.name, func(t *testing.T) {
			got := written(t, c.inQuickJS(t))
			if *update {
				c.update(t, got)
				return
			}
			if diff := cmp.Diff(string(c.want), got); diff != "" {
				t.Errorf("%s\n%s(-want +got):\n%s", c.archive.Comment, c.source, diff)
			}
		})
	}
}

func (c *testCase) update(t *testing.T, got string) {
	t.Helper()
	var files []txtar.File
	for _, f := range c.archive.Files {
		if f.Name != "want.json" {
			files = append(files, f)
		}
	}
	c.archive.Files = append(files, txtar.File{Name: "want.json", Data: []byte(got)})
	if err := os.WriteFile(filepath.Join("testdata/cases", c.name+".txtar"), txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEnginesAgree holds the two engines against each other: they share the prelude, but
// not the language's engine, nor crypto and zlib, which one has from Go and one from Node.
func TestEnginesAgree(t *testing.T) {
	if _, err := functions.Load(context.Background(), "f.js", "function onRequest() {}", functions.Options{Engine: "node"}); err != nil {
		t.Skipf("no second engine on this machine: %v", err)
	}
	cases := loadCases(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			quick, node := c.inQuickJS(t), c.run(t, "node")
			for _, results := range [][]shown{quick, node} {
				for i := range results {
					c.blur(&results[i])
				}
			}
			if diff := cmp.Diff(written(t, quick), written(t, node)); diff != "" {
				t.Errorf("%s\n%s(-quickjs +node):\n%s", c.archive.Comment, c.source, diff)
			}
		})
	}
}

// blur takes away what the engines need not agree in.
func (c *testCase) blur(r *shown) {
	if r.Error == nil {
		return
	}
	blurred := *r.Error
	blurred.At = "" // V8 knows the places across await
	if c.options.OwnWords {
		blurred.Message = ""
	}
	r.Error = &blurred
}
