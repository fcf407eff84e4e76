package functions_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
)

func TestKindComesFromTheFile(t *testing.T) {
	for _, tt := range []struct {
		source   string
		want     functions.Kind
		handlers []string
	}{
		{"async function onRequest(request) {}", functions.Source, []string{"onRequest"}},
		{"onRequest = async () => {}", functions.Source, []string{"onRequest"}},
		{"// unlike onRequest\nfunction onTrack() {}\nfunction onBatch() {}", functions.Destination, []string{"onTrack", "onBatch"}},
		{"const x = 1", functions.Destination, []string{}},
	} {
		f, err := functions.Load(context.Background(), "f.js", tt.source, functions.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind() != tt.want {
			t.Errorf("%s: kind %q, want %q", tt.source, f.Kind(), tt.want)
		}
		if diff := cmp.Diff(tt.handlers, f.Handlers()); diff != "" {
			t.Errorf("%s: handlers (-want +got):\n%s", tt.source, diff)
		}
		f.Close()
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, tt := range []struct {
		opts functions.Options
		want string
	}{
		{functions.Options{Kind: "sink"}, `unknown kind of function "sink"; want one of source, destination, destination-insert, source-insert`},
		{functions.Options{Engine: "duktape"}, `unknown engine "duktape"; want one of quickjs, node`},
		{functions.Options{Globals: "all"}, `unknown set of globals "all"; want "open-source" or none`},
		{functions.Options{Allow: []string{"require"}}, `cannot allow "require"; what can be allowed: AbortController, AbortSignal, TextDecoder, TextEncoder, clearImmediate, performance, queueMicrotask, setImmediate, structuredClone`},
	} {
		_, err := functions.Load(context.Background(), "f.js", "", tt.opts)
		if err == nil || err.Error() != tt.want {
			t.Errorf("Load(%+v) error = %v, want %s", tt.opts, err, tt.want)
		}
	}
}

func TestInputThatIsNoJSON(t *testing.T) {
	f, err := functions.Load(context.Background(), "f.js", "function onTrack() {}", functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, in := range []functions.Invocation{{Input: []byte("{")}, {}, {Input: []byte("{}"), Settings: []byte("x")}} {
		if _, err := f.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), "not JSON") {
			t.Errorf("Run(%+v) error = %v, want that it is not JSON", in, err)
		}
	}
}

// TestAllowableGlobalsAreThere holds the list in Go against the prelude's.
func TestAllowableGlobalsAreThere(t *testing.T) {
	source := "function onTrack(event) { return event.names.map((n) => typeof globalThis[n]); }"
	names, err := json.Marshal(functions.Allowable())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		allow []string
		want  string
	}{{nil, "undefined"}, {functions.Allowable(), "function"}} {
		f, err := functions.Load(context.Background(), "f.js", source, functions.Options{Allow: tt.allow})
		if err != nil {
			t.Fatal(err)
		}
		res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track","names":` + string(names) + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := json.Unmarshal(res.Returned, &got); err != nil {
			t.Fatal(err)
		}
		for i, name := range functions.Allowable() {
			if want := tt.want; got[i] != want && !(name == "performance" && tt.allow != nil && got[i] == "object") {
				t.Errorf("typeof %s = %s, want %s", name, got[i], want)
			}
		}
		f.Close()
	}
}

// TestContextIsCopiedAsLodashDoes holds our copying of context and integrations against
// merge of lodash, which Segment's runtime does it with, on values made at random.
func TestContextIsCopiedAsLodashDoes(t *testing.T) {
	source := `
function onTrack() {
  let state = 7;
  const pick = (n) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % n;
  class Own { constructor() { this.a = 1; } }
  const inherits = Object.create({ up: 1 });
  inherits.own = { x: [1] };
  const leaves = [() => null, () => undefined, () => 0, () => "", () => "text", () => NaN, () => new Date(5), () => /x/g, () => new Map([[1, 2]]), () => new Own(), () => () => 1,
    () => Buffer.from("ab"), () => new Uint8Array([1, 2]), () => Object.create(null, { k: { value: { v: 1 }, enumerable: true } }), () => inherits, () => JSON.parse('{"__proto__":{"p":1},"q":1}'),
    () => (function () { return arguments; })(1, { a: 2 }), () => [1, , 3], () => Object("s"), () => Symbol.iterator, () => new Error("e")];
  const value = (depth) => {
    const kind = pick(depth > 3 ? 1 : 3);
    if (kind === 0) return leaves[pick(leaves.length)]();
    const n = pick(4), list = Array.from({ length: n }, () => value(depth + 1));
    return kind === 1 ? list : Object.fromEntries(list.map((v, i) => ["k" + i, v]));
  };
  const seen = [], wrong = [];
  for (let i = 0; i < 300; i++) {
    const context = value(0);
    if (!context) continue;
    const ours = Segment.track({ event: "E", userId: "u", context }), theirs = _.merge({ type: "track", event: "E" }, { userId: "u", context });
    const shape = (v, d) => typeof v === "object" && v !== null && d < 8 ? [Object.prototype.toString.call(v), Object.getPrototypeOf(v) === Object.prototype, Object.keys(v).map((k) => [k, shape(v[k], d + 1)]), v.length, v === context] : [typeof v, String(v)];
    const a = JSON.stringify(shape(ours.context, 0)), b = JSON.stringify(shape(theirs.context, 0));
    seen.push(1);
    if (a !== b) wrong.push(a + " <> " + b);
  }
  Segment.events = [];
  return { seen: seen.length, wrong: wrong.slice(0, 3), count: wrong.length };
}`
	f, err := functions.Load(context.Background(), "f.js", source, functions.Options{Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
	if err != nil || res.Error != nil {
		t.Fatal(err, res.Error)
	}
	var got struct {
		Seen, Count int
		Wrong       []string
	}
	if err := json.Unmarshal(res.Returned, &got); err != nil {
		t.Fatal(err)
	}
	if got.Seen < 200 || got.Count > 0 {
		t.Errorf("%d of %d values differ (ours <> lodash): %s", got.Count, got.Seen, strings.Join(got.Wrong, "\n"))
	}
}

// TestManyInstancesAtOnce has each goroutine run an instance of its own.
func TestManyInstancesAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 2 {
				f, err := functions.Load(context.Background(), "f.js", "let n = 0; function onTrack(event) { n++; return [n, _.chunk([1, 2, 3], 2).length, new URL(event.url).host]; }", functions.Options{Timeout: patience})
				if err != nil {
					t.Error(err)
					return
				}
				for range 2 {
					if _, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track","url":"https://a.example/"}`)}); err != nil {
						t.Error(i, err)
					}
				}
				res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track","url":"https://a.example/"}`)})
				if err != nil || string(res.Returned) != `[3,2,"a.example"]` {
					t.Errorf("Run = %s, %v", res.Returned, err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzAnyFileGivesAResult(f *testing.F) {
	for _, source := range []string{
		"function onTrack(e) { return e }", "onTrack = 5", "throw null", "(", "}); (function(){", "/*", "`", "'use strict'; onTrack = () => missing",
		"function onTrack() { Object.prototype.toJSON = () => { throw 1 }; return {} }", "JSON.stringify = Promise = Map = null; function onTrack() { Segment.track({event:'e',userId:'u'}) }",
		"function onTrack() { Segment.events = 5 }", "function onTrack(e) { Array.prototype.push = () => { while (1); }; console.log(e) }", "Object.defineProperty(Object.prototype, 'done', { set() { throw 1 } }); function onTrack() {}",
		"function onTrack() { return new Proxy({}, { get() { throw 1 } }) }", "delete globalThis.Segment; function onTrack() { Segment }", "function onTrack() { throw new Proxy(new Error, { get() { throw 2 } }) }",
	} {
		f.Add(source, `{"type":"track","event":"E"}`)
	}
	f.Add("function onBatch(e) { return e }", `[{"type":"track"}]`)
	f.Add("function onTrack(e) { return e }", `null`)
	f.Add("function onTrack(e) { return e }", `"text"`)
	f.Fuzz(func(t *testing.T, source, input string) {
		if !json.Valid([]byte(input)) {
			t.Skip()
		}
		fn, err := functions.Load(context.Background(), "f.js", source, functions.Options{Kind: functions.DestinationInsert, Timeout: 300 * time.Millisecond, Memory: 32 << 20})
		if err != nil {
			t.Fatalf("Load(%q): %v", source, err)
		}
		defer fn.Close()
		for range 2 {
			if _, err := fn.Run(context.Background(), functions.Invocation{Input: []byte(input)}); err != nil {
				t.Fatalf("Run(%q) of %q: %v", input, source, err)
			}
		}
	})
}
