package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
)

// What the linter says is right about names and scopes: one false alarm, and nobody
// reads the true ones.
func TestLintKnowsScopes(t *testing.T) {
	checkLint(t, []lintCase{
		{"names of patterns, loops and catches", `async function onTrack({ properties: { a, ...rest } }, [b = a] = []) {
			for (const [k, v] of Object.entries(rest)) { console.log(k, v, b); }
			for (var i = 0; i < 1; i++) {}
			try { i++; } catch ({ message }) { console.log(message); }
			label: while (true) { break label; }
			return { a, get x() { return this.a; }, [i]: i };
		}`, ""},
		{"functions and variables used before they stand there", `async function onTrack(event) { return later(event) + value; }
			function later(e) { return inner(); function inner() { return e; } }
			var value = 1;`, ""},
		{"classes", `class A extends Object { #p = 1; static s = A.name; m() { return super.toString() + this.#p; } }
			async function onTrack() { return new A() instanceof A; }`, ""},
		{"what typeof guards", `async function onTrack() {}
			if (typeof module !== 'undefined' && typeof process === 'object') {}
			try { if (typeof exports !== 'undefined') {} } catch {}`, ""},
		{"a block's name outside of it", "async function onTrack() {\n{ let x = 1; }\nreturn x; }", "3:8 function-unknown-global x is neither declared nor a global that Segment documents"},
		{"a handler in an if, or assigned", "if (true) { async function onTrack(e) {} }\nonIdentify = async (e) => {};", ""},
		{"a global that every event shares", "async function onTrack() {\n  n = 1;\n  return n; }", "2:3 function-undeclared n is assigned without being declared: all events that are under way share it"},
		{"an answer that needed settings", "let last;\nasync function onTrack(e, s) { last = await fetch(s.url); }", ""},
		{"settings under another name", "let keep;\nasync function onTrack(e, { key }) { keep = { auth: `Bearer ${key}` }; }",
			"2:38 function-settings-kept keep keeps settings outside of the handler: another instance of the function may see them"},
		{"regular expressions and templates", "async function onTrack(e) { return /[a--b]\\p{L}(?<n>x)/v.test(`${e.a}${`b`}`); }", ""},
		{"a byte order mark and CRLF", "\ufeffasync function onTrack(e) {\r\n  return y;\r\n}", "2:10 function-unknown-global y is neither declared nor a global that Segment documents"},
		{"a name like a global", "async function onTrack(e) {\n  return Bufer.from(e);\n}", "2:10 function-unknown-global Bufer is neither declared nor a global that Segment documents; did you mean Buffer?"},
		{"await outside of a function", "const x = await fetch('a');\nasync function onTrack(e) {}", "1:17 function-syntax not JavaScript that Segment runs: Unexpected token"},
	})
}

// What works, or means something else than it seems, is not complained about.
func TestLintKnowsWhatIsMeant(t *testing.T) {
	checkLint(t, []lintCase{
		{"what typeof guards, behind && and in a branch", `async function onTrack() {}
			if (typeof module !== 'undefined' && module.exports) { module.exports = { onTrack }; }
			const dev = typeof process === 'object' ? process.env : null;
			typeof exports === 'undefined' || (exports.onTrack = onTrack);`, ""},
		{"what a try guards while the file is loaded", "async function onTrack() {}\ntry { if (process?.env['X']) { module.exports = { onTrack }; } } catch {}", ""},
		{"a try in a handler", "async function onTrack() {\ntry { require('axios'); } catch {} }", "2:7 function-imports require is not there when Segment runs the function"},
		{"a guard of another name", "async function onTrack() {}\nif (typeof module !== 'undefined') { process.exit(); }", "2:38 function-imports process is not there when Segment runs the function"},
		{"helpers with names like handlers", "async function onTrack(e) { await onMatch(e); onSave(e); }\nasync function onMatch(e) {}\nconst onSave = (e) => {};\nfunction onTask(e) {}\nfunction onGroupBy(e) {}", ""},
		{"a name like a handler beside the handler", "async function onTrack(e) {}\nasync function onTracks(e) {}", ""},
		{"names like handlers", "async function onTrack(e) {}\nasync function onidentify(e) {}\nasync function onPages(e) {}",
			"2:16 function-handler-misspelt onidentify is no handler; did you mean onIdentify?\n3:16 function-handler-misspelt onPages is no handler; did you mean onPage?"},
		{"a handler declared in a block", "{ var onTrack = async function (event) {}; }", ""},
		{"a handler assigned in a function", "(() => { onTrack = async (event) => {}; })();", ""},
		{"globals that a pattern assigns", "async function onTrack(e) {\n[x, ...y] = e.list; return [x, y]; }",
			"2:2 function-undeclared x is assigned without being declared: all events that are under way share it\n2:8 function-undeclared y is assigned without being declared: all events that are under way share it"},
		{"settings that a pattern keeps", "let token;\nasync function onTrack(e, settings) {\n({ apiKey: token } = settings); }",
			"3:12 function-settings-kept token keeps settings outside of the handler: another instance of the function may see them"},
		{"settings kept by way of a name, a member and the global object", "let token; const headers = {};\nasync function onTrack(e, settings) { const { apiKey } = settings, local = {};\ntoken = apiKey;\nheaders.auth = settings.apiKey;\nglobalThis.key = apiKey;\nlocal.key = apiKey; e.key = apiKey; }",
			"3:1 function-settings-kept token keeps settings outside of the handler: another instance of the function may see them\n4:1 function-settings-kept headers keeps settings outside of the handler: another instance of the function may see them\n5:1 function-settings-kept globalThis keeps settings outside of the handler: another instance of the function may see them"},
		{"the address of functions in a comment", "// see\n// https://fn.segmentapis.com/\nasync function onTrack(e) {}", "2:12 function-calls-functions the file names fn.segmentapis.com, and Segment does not save a function that does"},
	})
}

// lintCase is a function's text and the complaints about it, a line each; "" for none.
type lintCase struct{ name, code, want string }

func checkLint(t *testing.T, cases []lintCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			found, err := functions.Lint(tt.code, functions.Destination)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range found {
				got = append(got, fmt.Sprintf("%d:%d %s %s", c.Line, c.Column, c.Rule, c.Message))
			}
			if text := strings.Join(got, "\n"); !strings.HasPrefix(text, tt.want) || tt.want == "" && text != "" || len(got) > 1+strings.Count(tt.want, "\n") {
				t.Errorf("Lint(%s)\n got %s\nwant %s", tt.code, text, tt.want)
			}
		})
	}
}

// Handlers are looked for by the kind of the function.
func TestLintKnowsKinds(t *testing.T) {
	got := map[functions.Kind]string{}
	for _, kind := range functions.Kinds() {
		found, err := functions.Lint("async function onBatch(events) {}", kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			got[kind] += c.Rule + " "
		}
	}
	want := map[functions.Kind]string{
		functions.Source:       "function-no-handler function-handler-kind ",
		functions.SourceInsert: "function-no-handler function-handler-kind ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules by kind (-want +got):\n%s", diff)
	}
}

// The linter takes every global that functions have for known.
func TestLintKnowsTheGlobals(t *testing.T) {
	for _, kind := range functions.Kinds() {
		fn, err := functions.Load(context.Background(), "f.js", "const names = () => Object.getOwnPropertyNames(globalThis);\nasync function onRequest() { return names(); }\nasync function onTrack() { return names(); }", functions.Options{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		res, err := fn.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track","body":"{}"}`)})
		if err != nil || res.Error != nil {
			t.Fatal(err, res.Error)
		}
		var names []string
		if err := json.Unmarshal(res.Returned, &names); err != nil || len(names) < 80 {
			t.Fatalf("%d names: %v", len(names), err)
		}
		found, err := functions.Lint("async function onRequest() {}\nasync function onTrack() { return ["+strings.Join(names, ", ")+"]; }", kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			if c.Rule == "function-unknown-global" {
				t.Errorf("%s: %s", kind, c.Message)
			}
		}
		if err := fn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLintIsBounded(t *testing.T) {
	for name, code := range map[string]string{
		"deep":      strings.Repeat("(", 100_000),
		"deep tree": "async function onTrack() { return " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "; }",
		"many":      strings.Repeat("a;", 20_000),
	} {
		if _, err := functions.Lint(code, functions.Destination); err != nil {
			t.Errorf("Lint(%s) = %v, want complaints", name, err)
		}
	}
	if found, err := functions.Lint(strings.Repeat("require('a');\n// fn.segmentapis.com\n", 10_000), functions.Destination); err != nil || len(found) != 100 {
		t.Errorf("Lint of 10000 mistakes = %d complaints, %v, want the first 100", len(found), err)
	}
	if _, err := functions.Lint(strings.Repeat(" ", functions.MaxLintBytes+1), functions.Destination); err == nil {
		t.Error("Lint of more than MaxLintBytes = nil, want an error")
	}
}

// Any text gets complaints with places in it, and no error. It is no fuzz target: the
// engine, instrumented, takes a second for a run.
func TestLintNeverFails(t *testing.T) {
	seeds := []string{"async function onTrack(event, settings) { x = settings.a; }", "const onTrack = ({ a: [b] }) => b?.c ?? `d${e}`", "class A { static { this.#b = 1 } #b }", "\ufeff//", "import x from 'y'"}
	chance := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		code := []byte(seeds[chance.IntN(len(seeds))])
		for range chance.IntN(4) {
			at := chance.IntN(len(code))
			switch chance.IntN(3) {
			case 0:
				code[at] = byte(chance.IntN(256))
			case 1:
				code = append(code[:at], append([]byte(seeds[chance.IntN(len(seeds))]), code[at:]...)...)
			default:
				code = code[:at+1]
			}
		}
		found, err := functions.Lint(string(code), "")
		if err != nil {
			t.Fatalf("Lint(%q) = %v", code, err)
		}
		for _, c := range found {
			if c.Line < 1 || c.Column < 1 || c.Rule == "" || c.Message == "" {
				t.Errorf("Lint(%q) = %+v", code, c)
			}
		}
	}
}
