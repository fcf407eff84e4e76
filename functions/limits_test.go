package functions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
)

// endless are bodies of a handler that does not end by itself, and the limit that ends it.
func endless() map[string]struct {
	body  string
	limit functions.Limit
} {
	return map[string]struct {
		body  string
		limit functions.Limit
	}{
		"loop":                 {`while (true) {}`, functions.LimitCPU},
		"loop that catches":    {`for (;;) { try { while (true) {} } catch {} finally { continue } }`, functions.LimitCPU},
		"loop after await":     {`await null; while (true) {}`, functions.LimitCPU},
		"loop in eval":         {`eval("while (true) {}")`, functions.LimitCPU},
		"loop in then":         {`return { then() { while (true) {} } }`, functions.LimitCPU},
		"loop in toJSON":       {`return { toJSON() { while (true) {} } }`, functions.LimitCPU},
		"loop in an error":     {`throw { get message() { while (true) {} } }`, functions.LimitCPU},
		"promises":             {`(function again() { Promise.resolve().then(again); })(); await new Promise(() => {})`, functions.LimitCPU},
		"regular expression":   {`/^(a+)+$/.test("a".repeat(40) + "b")`, functions.LimitCPU},
		"JSON":                 {`const a = new Array(1e4).fill({ a: 1 }); for (;;) try { JSON.parse(JSON.stringify(a)) } catch {}`, functions.LimitCPU},
		"requests":             {`for (;;) await fetch("https://a.example/")`, functions.LimitCPU},
		"promise left alone":   {`await new Promise(() => {})`, functions.LimitSettle},
		"interval":             {`setInterval(() => {}, 10); await new Promise(() => {})`, functions.LimitTime},
		"long wait":            {`await new Promise((resolve) => setTimeout(resolve, 3600000))`, functions.LimitTime},
		"recursion":            {`(function deep() { deep(); })()`, functions.LimitStack},
		"nested arrays":        {`let a = []; for (let i = 0; i < 1e4; i++) a = [a]; String(a)`, functions.LimitStack},
		"events":               {`for (;;) Segment.track({ event: "E", userId: "u" })`, functions.LimitOutput},
		"events, caught":       {`for (let i = 0; i < 20000; i++) try { Segment.track({ event: "E", userId: "u" }) } catch {}`, functions.LimitOutput},
		"events that are long": {`for (let i = 0; i < 40; i++) Segment.track({ event: "E".repeat(1e5), userId: "u" })`, functions.LimitOutput},
		"requests that are long": {`for (let i = 0; i < 40; i++) try { await fetch("https://a.example/", { method: "POST", body: "E".repeat(1e5) }) } catch {}`,
			functions.LimitOutput},
		"memory": {`const a = []; for (;;) a.push(new ArrayBuffer(1e6))`, functions.LimitMemory},
	}
}

func TestLimitsEndAFunction(t *testing.T) {
	for name, tt := range endless() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := functions.Options{Timeout: 1500 * time.Millisecond, Memory: 64 << 20, Output: 2 << 20, Responder: functions.NewRules([]functions.Rule{{}}, nil)}
			if tt.limit != functions.LimitCPU {
				opts.Timeout = patience
			}
			f, err := functions.Load(context.Background(), "f.js", "async function onRequest(request) {\nif (request.json().end) return Segment.track({ event: 'Next', userId: 'u' });\n"+tt.body+"\n}", opts)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"body":{}}`)})
			if err != nil {
				t.Fatal(err)
			}
			if res.Error == nil || res.Error.Limit != tt.limit {
				t.Errorf("%s: error %+v, want the limit %q", tt.body, res.Error, tt.limit)
			}
			next, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"body":{"end":true}}`)})
			if err != nil {
				t.Fatal(err)
			}
			if next.Error != nil || len(next.Events) != 1 {
				t.Errorf("%s: the next run gave %+v, want one event", tt.body, next)
			}
		})
	}
}

func TestLimitsEndAFileThatLoads(t *testing.T) {
	f, err := functions.Load(context.Background(), "f.js", "while (true) {}", functions.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := &functions.Error{Class: "Timeout", Message: "cpu limit: the function computed for 200ms without an end", Thrown: "Error", Limit: functions.LimitCPU, Loading: true, File: "f.js"}
	if diff := cmp.Diff(want, f.Fault()); diff != "" {
		t.Errorf("Fault (-want +got):\n%s", diff)
	}
	res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
	if err != nil {
		t.Fatal(err)
	}
	want.ShownAs = "Timeout"
	if diff := cmp.Diff(want, res.Error); diff != "" {
		t.Errorf("Run's error (-want +got):\n%s", diff)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	for _, engine := range functions.Engines() {
		t.Run(engine, func(t *testing.T) {
			f, err := functions.Load(context.Background(), "f.js", "function onTrack(event) { while (event.loop) {} }", functions.Options{Engine: engine, Timeout: time.Minute})
			if errors.Is(err, functions.ErrNoNode) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			if _, err := f.Run(ctx, functions.Invocation{Input: []byte(`{"type":"track","loop":true}`)}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Run's error = %v, want the context's", err)
			}
			if res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)}); err != nil || res.Error != nil {
				t.Errorf("the next run gave %+v, %v", res, err)
			}
		})
	}
}

// TestNodeEndsAFunction holds the second engine to the limits that are not the prelude's.
func TestNodeEndsAFunction(t *testing.T) {
	for _, name := range []string{"loop that catches", "loop after await", "promises", "regular expression", "recursion", "promise left alone"} {
		tt := endless()[name]
		t.Run(name, func(t *testing.T) {
			f, err := functions.Load(context.Background(), "f.js", "async function onRequest(request) {\nif (request.json().end) return;\n"+tt.body+"\n}", functions.Options{Engine: "node", Timeout: 2 * time.Second})
			if errors.Is(err, functions.ErrNoNode) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"body":{}}`)})
			if err != nil {
				t.Fatal(err)
			}
			if res.Error == nil || res.Error.Limit != tt.limit {
				t.Errorf("%s: error %+v, want the limit %q", tt.body, res.Error, tt.limit)
			}
			if next, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"body":{"end":true}}`)}); err != nil || next.Error != nil {
				t.Errorf("%s: the next run gave %+v, %v", tt.body, next, err)
			}
		})
	}
}

// TestSlowBuiltinsEndToo is about the last resort: few steps, each of which takes long.
func TestSlowBuiltinsEndToo(t *testing.T) {
	f, err := functions.Load(context.Background(), "f.js", `function onTrack(event) { for (;;) "x".repeat(2e7); }`, functions.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Error == nil || res.Error.Limit != functions.LimitCPU {
		t.Errorf("error %+v, want the limit %q", res.Error, functions.LimitCPU)
	}
}

// A null that a function throws is its own, however long it ran before.
func TestThrownNullIsNoLimit(t *testing.T) {
	source := "function onTrack() { const until = Date.now() + 100; while (Date.now() < until) {} const nothing = null; throw nothing; }"
	f, err := functions.Load(context.Background(), "f.js", source, functions.Options{Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Error == nil || res.Error.Class != "null" || res.Error.Limit != "" {
		t.Errorf("error %+v, want the null that was thrown", res.Error)
	}
}

// What a function logged before it had to be stopped tells where it was.
func TestLogsBeforeALimitAreKept(t *testing.T) {
	for _, engine := range functions.Engines() {
		for name, body := range map[string]string{"loop": "while (true) {}", "slow calls": `for (;;) "x".repeat(2e7);`, "promise": "return new Promise(() => {});"} {
			f, err := functions.Load(context.Background(), "f.js", "console.log('loaded'); function onTrack() { console.warn('here'); "+body+" }", functions.Options{Engine: engine, Timeout: time.Second})
			if errors.Is(err, functions.ErrNoNode) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
			if err != nil {
				t.Fatal(err)
			}
			want := []functions.Log{{Level: "log", Text: "loaded"}, {Level: "warn", Text: "here"}}
			if diff := cmp.Diff(want, res.Logs); diff != "" || res.Error == nil || res.Error.Limit == "" || res.Returned != nil {
				t.Errorf("%s, %s: error %+v, logs (-want +got):\n%s", engine, name, res.Error, diff)
			}
		}
	}
}

// What a file logged before it had to be stopped while it was loaded is told by the first
// run, as what a file logs that loads.
func TestLogsOfAFileThatBreaksALimitAreKept(t *testing.T) {
	for _, engine := range functions.Engines() {
		for name, body := range map[string]string{"loop": "while (true) {}", "memory": `const all = []; for (;;) all.push(new Array(1e6).fill(all.length));`} {
			f, err := functions.Load(context.Background(), "f.js", "console.log('begun'); "+body+"; function onTrack() {}", functions.Options{Engine: engine, Timeout: 2 * time.Second, Memory: 64 << 20})
			if errors.Is(err, functions.ErrNoNode) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, want := range [][]functions.Log{{{Level: "log", Text: "begun"}}, nil} {
				res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, res.Logs); diff != "" || res.Error == nil || res.Error.Limit == "" || !res.Error.Loading {
					t.Errorf("%s, %s: error %+v, logs (-want +got):\n%s", engine, name, res.Error, diff)
				}
			}
		}
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := functions.Load(ctx, "f.js", "while (true) {}", functions.Options{Timeout: time.Minute}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Load's error = %v, want the context's", err)
	}
}
