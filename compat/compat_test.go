package compat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"segproof/compat"
	"segproof/event"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"
)

// catalog loads files: a name, a content.
func catalog(t testing.TB, root string, pairs ...string) *validator.Catalog {
	t.Helper()
	files := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	c, found, err := validator.Load(validator.Root{Name: root, FS: files})
	if err != nil {
		t.Fatalf("load %s: %v %v", root, err, found)
	}
	return c
}

// track is the contract of a track event with that schema of its properties; rest are
// more members of the contract.
func track(name, properties string, rest ...string) string {
	return `{` + strings.Join(append(rest, ""), ",") +
		`"type":"object","properties":{"type":{"const":"track"},"event":{"const":"` + name + `"},"properties":` + properties + `},"required":["type","event","properties"]}`
}

// changed compares two schemas of an event's properties.
func changed(t testing.TB, prev, next string, opts compat.Options) compat.Result {
	t.Helper()
	return compat.Run(context.Background(), catalog(t, "prev", "own/a.json", track("A", prev)), catalog(t, "next", "own/a.json", track("A", next)), opts)
}

// brief writes findings as severity, rule and pointer.
func brief(findings []finding.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Pointer))
	}
	return all
}

// archives is the files of testdata.
func archives(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("found %d files in testdata, %v", len(names), err)
	}
	all := map[string]*txtar.Archive{}
	for _, name := range names {
		if all[name], err = txtar.ParseFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// A contract is no change of itself, whatever the order of its keys and its white space.
func TestNoChangeIsNoFinding(t *testing.T) {
	load := func(archive *txtar.Archive, folder string, rewrite func([]byte) []byte) *validator.Catalog {
		var pairs []string
		for _, f := range archive.Files {
			if name, ok := strings.CutPrefix(f.Name, folder+"/"); ok {
				pairs = append(pairs, name, string(rewrite(f.Data)))
			}
		}
		return catalog(t, folder, pairs...)
	}
	same := func(text []byte) []byte { return text }
	rewritten := func(text []byte) []byte {
		var v any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(v, "\t", "   ")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, archive := range archives(t) {
		for _, folder := range []string{"prev", "next"} {
			found := compat.Compare(load(archive, folder, same), load(archive, folder, rewritten), options(archive))
			if len(found) > 0 {
				t.Errorf("%s %s compared with itself: %v", name, folder, lines(found))
			}
		}
	}
	own, _, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.FS()})
	if err != nil {
		t.Fatal(err)
	}
	if result := compat.Run(context.Background(), own, own, compat.Options{}); len(result.Findings) > 0 || result.Compared != len(own.Contracts()) {
		t.Errorf("the built-in contracts compared with themselves: %d compared, %v", result.Compared, lines(result.Findings))
	}
}

// Every witness is accepted on one side and rejected on the other, and many goroutines
// find the same ones.
func TestWitnessesBreak(t *testing.T) {
	witnesses := 0
	var mu sync.Mutex // guards witnesses
	var all sync.WaitGroup
	for name, archive := range archives(t) {
		prev, next := load(t, archive, "prev"), load(t, archive, "next")
		if strings.Contains(name, "undecided") {
			continue // long, and has none
		}
		first := compat.Run(context.Background(), prev, next, options(archive))
		for range 2 {
			all.Go(func() {
				again := compat.Run(context.Background(), prev, next, options(archive))
				if diff := cmp.Diff(first, again); diff != "" {
					t.Errorf("%s: two runs differ (-first +again):\n%s", name, diff)
				}
			})
		}
		for _, w := range first.Witnesses {
			from, to := prev, next
			if w.Direction == compat.Consumer {
				from, to = next, prev
			}
			if has(t, from, w) || !has(t, to, w) {
				t.Errorf("%s: %s for %s: %s: rejected by the side that sends: %v; by the one that takes: %v",
					name, w.Rule, w.Direction, w.JSON, has(t, from, w), has(t, to, w))
			}
			mu.Lock()
			witnesses++
			mu.Unlock()
		}
	}
	all.Wait()
	if witnesses < 50 {
		t.Errorf("found %d witnesses in testdata, want at least 50", witnesses)
	}
}

// has reports whether a catalog finds what a witness says is wrong with its event.
func has(t *testing.T, cat *validator.Catalog, w compat.Witness) bool {
	t.Helper()
	events, err := event.Decode(w.JSON, event.Place{})
	if err != nil || len(events) != 1 {
		t.Fatalf("the witness %s is no event: %v", w.JSON, err)
	}
	contract, ok := cat.Lookup(events[0].Type, events[0].Name, events[0].Version)
	if w.Refused != "" && !ok {
		contract, ok = cat.Lookup(event.Type(w.Event.Type), w.Event.Name, w.Event.Version) // no event with an identity shows it
	}
	if !ok {
		t.Fatalf("no contract for the witness %s", w.JSON)
	}
	for _, f := range cat.Validate(events[0]) {
		if f.Layer == finding.Wire && f.Severity == finding.Error && w.Refused == "" {
			t.Errorf("Segment does not take the witness %s, and nothing is said of it: %s", w.JSON, f.Message)
		}
	}
	return slices.ContainsFunc(cat.Judge(events[0], contract), func(f finding.Finding) bool { return f.Pointer == w.Pointer })
}

// judgedCase is a change of the properties of an event, and what is found: severity, rule
// and pointer, sorted.
type judgedCase struct {
	name, prev, next string
	opts             compat.Options
	want             []string
}

func (c judgedCase) run(t *testing.T) {
	got := brief(changed(t, c.prev, c.next, c.opts).Findings)
	slices.Sort(got)
	want := slices.Sorted(slices.Values(c.want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("from %s\nto %s (-want +got):\n%s", c.prev, c.next, diff)
	}
}

// What the text says and the meaning does not is safe; what cannot be decided is not.
func TestMeaningFirst(t *testing.T) {
	for _, tt := range []judgedCase{
		{name: "an integer has no fractions", prev: `{"properties":{"a":{"type":"integer","maximum":3.2}}}`, next: `{"properties":{"a":{"type":"integer","maximum":3.1}}}`,
			want: []string{"info maximum-lowered /properties/a"}},
		{name: "a pattern that takes everything", prev: `{"properties":{"a":{"type":"string"}}}`, next: `{"properties":{"a":{"type":"string","pattern":"a*"}}}`,
			want: []string{"info pattern-added /properties/a"}},
		{name: "a value that could not be", prev: `{"properties":{"a":{"type":"string","enum":["x",1]}}}`, next: `{"properties":{"a":{"type":"string","enum":["x"]}}}`,
			want: []string{"info enum-value-removed /properties/a"}},
		{name: "alternatives that say what a list said", prev: `{"properties":{"a":{"type":["string","integer"]}}}`, next: `{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}}`,
			opts: compat.Options{Warehouse: compat.None},
			want: []string{"info alternatives-added /properties/a", "info type-widened /properties/a"}},
	} {
		t.Run(tt.name, tt.run)
	}
}

// Each change is judged by an event of its own, as far as there is one.
func TestEachChangeIsJudged(t *testing.T) {
	for _, tt := range []judgedCase{
		{name: "every change has its own event", prev: `{"properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"string"}}}`,
			next: `{"properties":{"a":{"type":"integer","minimum":5},"b":{"type":"string","maxLength":2},"c":{"type":"string","minLength":0}},"required":["c"]}`,
			opts: compat.Options{Direction: compat.Producer},
			want: []string{"error minimum-raised /properties/a", "error max-length-lowered /properties/b", "error property-became-required /properties/c"}},
		{name: "of two changes of one value the one that breaks", prev: `{"properties":{"a":{"type":"string","pattern":"^a*","maxLength":5}}}`,
			next: `{"properties":{"a":{"type":"string","pattern":"a*","maxLength":3}}}`, opts: compat.Options{Direction: compat.Producer},
			want: []string{"error max-length-lowered /properties/a", "info pattern-changed /properties/a"}},
		{name: "lines tell keywords apart", prev: `{"properties":{"a":{"type":"integer","maximum":3.2,"minimum":0}}}`,
			next: strings.ReplaceAll(`{"properties":{"a":{"type":"integer",;"maximum":3.1,;"minimum":1}}}`, ";", "\n"), opts: compat.Options{Direction: compat.Producer},
			want: []string{"error minimum-raised /properties/a", "info maximum-lowered /properties/a"}},
		{name: "a member that is required now and of another type", prev: `{"properties":{"a":{"type":"string"}}}`, next: `{"properties":{"a":{"type":"integer"}},"required":["a"]}`,
			opts: compat.Options{Direction: compat.Producer},
			want: []string{"error property-became-required /properties/a", "error type-changed /properties/a"}},
		{name: "narrower in oneOf can be wider", opts: compat.Options{Direction: compat.Producer},
			prev: `{"properties":{"a":{"oneOf":[{"type":"integer","maximum":5},{"type":"integer","minimum":6}]},"b":{"type":"string"}}}`,
			next: `{"properties":{"a":{"oneOf":[{"type":"integer","maximum":3},{"type":"integer","minimum":6}]},"b":{"type":"string","pattern":"a*"}}}`,
			want: []string{"error maximum-lowered /properties/a", "info pattern-added /properties/b"}},
		{name: "what goes with another change is not proved safe", opts: compat.Options{Direction: compat.Producer},
			prev: `{"properties":{"a":{"oneOf":[{"type":"integer","maximum":5},{"type":"string","maxLength":5}]}}}`,
			next: `{"properties":{"a":{"oneOf":[{"type":"integer","maximum":3},{"type":"string","maxLength":3}]}}}`,
			want: []string{"error max-length-lowered /properties/a", "error maximum-lowered /properties/a"}},
		{name: "a warning if the caller takes what is undecided for one", opts: compat.Options{Direction: compat.Producer, Undecided: finding.Warning},
			prev: `{"properties":{"a":{"oneOf":[{"type":"integer","maximum":5},{"type":"string","maxLength":5}]}}}`,
			next: `{"properties":{"a":{"oneOf":[{"type":"integer","maximum":3},{"type":"string","maxLength":3}]}}}`,
			want: []string{"error max-length-lowered /properties/a", "warning maximum-lowered /properties/a"}},
		{name: "each part of allOf has its own event", opts: compat.Options{Direction: compat.Producer},
			prev: `{"properties":{"a":{"type":"string","allOf":[{"maxLength":9}]}}}`, next: `{"properties":{"a":{"type":"string","allOf":[{"maxLength":5},{"pattern":"^x"},{"pattern":"x*"}]}}}`,
			want: []string{"error all-of-branch-added /properties/a", "error max-length-lowered /properties/a", "info all-of-branch-added /properties/a"}},
		{name: "so has each pattern of names", opts: compat.Options{Direction: compat.Producer},
			prev: `{"additionalProperties":true}`, next: `{"additionalProperties":true,"patternProperties":{"^x":{"type":"integer"},"^y":{"type":"integer"},"^z":{}}}`,
			want: []string{"error pattern-property-added /properties/*", "error pattern-property-added /properties/*", "info pattern-property-added /properties/*"}},
		{name: "what another change covers has no event of its own", prev: `{"properties":{"a":{"type":"string","maxLength":9}}}`,
			next: `{"properties":{"a":{"type":"integer","maxLength":3}}}`, opts: compat.Options{Direction: compat.Producer},
			want: []string{"error type-changed /properties/a", "error max-length-lowered /properties/a"}},
		{name: "further properties that somebody allowed", prev: `{"properties":{},"additionalProperties":true}`, next: `{"properties":{"b":{"type":"integer"}},"additionalProperties":true}`,
			opts: compat.Options{Direction: compat.Producer},
			want: []string{"error property-added-optional /properties/b"}},
		{name: "items of lists", prev: `{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"string"}}}}}}`, next: `{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"integer"}}}}}}`,
			opts: compat.Options{Warehouse: compat.None},
			want: []string{"error type-changed /properties/a/*/b"}},
		{name: "undecided is a warning if the caller says so", prev: `{"properties":{"a":{"type":"string","pattern":"^(a|b)*a(a|b){15}$"}}}`, next: `{"properties":{"a":{"type":"string","pattern":"^[ab]*a[ab]{15}$"}}}`,
			opts: compat.Options{Undecided: finding.Warning, Direction: compat.Producer, Steps: 1000},
			want: []string{"warning pattern-changed /properties/a", "warning undecided /properties/a"}},
	} {
		t.Run(tt.name, tt.run)
	}
}

// What looks like a rename is a hint, and only where one name alone can be meant.
func TestGuessesAreHints(t *testing.T) {
	const text = `{"type":"string","maxLength":7}`
	for _, tt := range []struct{ name, prev, next, want string }{
		{"one new member is like the one that is gone", `{"properties":{"plan":` + text + `}}`, `{"properties":{"planName":` + text + `}}`,
			`if it is called "planName" now, say so before it goes: "x-segproof": {"deprecated": {"renamed-to": "planName"}}`},
		{"two are", `{"properties":{"plan":` + text + `}}`, `{"properties":{"planName":` + text + `,"planId":` + text + `}}`, ""},
		{"none is", `{"properties":{"plan":` + text + `}}`, `{"properties":{"planName":{"type":"string"}}}`, ""},
		{"nothing is said of either", `{"properties":{"plan":{}}}`, `{"properties":{"planName":{}}}`, ""},
	} {
		told := 0
		for _, f := range changed(t, tt.prev, tt.next, compat.Options{Warehouse: compat.None}).Findings {
			if f.Rule != "property-removed-optional" {
				continue
			}
			if told++; f.Hint != tt.want {
				t.Errorf("%s: got the hint %q, want %q", tt.name, f.Hint, tt.want)
			}
		}
		if told != 1 {
			t.Errorf("%s: the removed property is told %d times, want once", tt.name, told)
		}
	}
	prev, next := catalog(t, "prev", "own/a.json", contract("Sign Up")), catalog(t, "next", "own/a.json", contract("Signed Up"))
	found := compat.Compare(prev, next, compat.Options{})
	if diff := cmp.Diff([]string{"info event-added ", "error event-removed "}, brief(found)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	want := `if it is called "Signed Up" now, keep the old contract for a while, with "x-segproof": {"deprecated": {"renamed-to": "Signed Up"}}`
	if found[1].Hint != want || found[1].File != "next/own/a.json" {
		t.Errorf("got the hint %q in %s, want %q in next/own/a.json", found[1].Hint, found[1].File, want)
	}
}

// Calls of every type are judged, each by its own witness, which somebody could send.
func TestEveryCallType(t *testing.T) {
	for _, tt := range []struct{ call, body, want string }{
		{"identify", "traits", `{"type":"identify","userId":"user-1","traits":{}}`},
		{"group", "traits", `{"type":"group","userId":"user-1","groupId":"g","traits":{}}`},
		{"page", "properties", `{"type":"page","userId":"user-1","properties":{}}`},
		{"alias", "integrations", `{"type":"alias","userId":"user-1","previousId":"p","integrations":{}}`},
	} {
		contract := func(required string) string {
			more := map[string]string{"group": `,"groupId":{"const":"g"}`, "alias": `,"previousId":{"const":"p"}`}[tt.call]
			need := map[string]string{"group": `,"groupId"`, "alias": `,"previousId"`}[tt.call]
			return `{"type":"object","properties":{"type":{"const":"` + tt.call + `"},"` + tt.body + `":{"type":"object","properties":{"a":{"type":"string"}},"required":[` + required + `]}` + more +
				`},"required":["type","` + tt.body + `"` + need + `]}`
		}
		result := compat.Run(context.Background(), catalog(t, "prev", "own/a.json", contract("")), catalog(t, "next", "own/a.json", contract(`"a"`)), compat.Options{Direction: compat.Producer})
		if len(result.Witnesses) != 1 {
			t.Errorf("%s: got %v", tt.call, lines(result.Findings))
			continue
		}
		if diff := cmp.Diff(tt.want, string(result.Witnesses[0].JSON)); diff != "" {
			t.Errorf("%s: the witness (-want +got):\n%s", tt.call, diff)
		}
	}
}

// Readers of a version have it as before when another one goes.
func TestVersionsThatGo(t *testing.T) {
	version := func(v string) string {
		return `{"properties":{"type":{"const":"track"},"event":{"const":"A"},"context":{"properties":{"protocols":{"properties":{"event_version":{"const":` + v + `}}}}}},"required":["type","event"]}`
	}
	prev, next := catalog(t, "prev", "own/1.json", version("1"), "own/2.json", version("2")), catalog(t, "next", "own/1.json", version("1"))
	for _, tt := range []struct {
		direction compat.Direction
		want      []string
	}{
		{compat.Producer, []string{"error event-version-removed /context/protocols/event_version"}},
		{compat.Consumer, []string{"info event-version-removed /context/protocols/event_version"}},
	} {
		found := compat.Compare(prev, next, compat.Options{Direction: tt.direction})
		if diff := cmp.Diff(tt.want, brief(found)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.direction, diff)
		}
	}
}

// A finding shows both places, the event and where it is rejected.
func TestFindingShowsTheEvent(t *testing.T) {
	found := changed(t, `{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]}`, compat.Options{Direction: compat.Producer})
	want := []finding.Finding{{
		Rule: "property-added-required", Severity: finding.Error, Layer: finding.Change, File: "next/own/a.json", Line: 1, Column: 164, Pointer: "/properties/b",
		Event: finding.Event{Type: "track", Name: "A"}, Message: `property "b" is new and required`,
		Hint: "make it optional first; require it when every sender sends it, or in a new version of the event",
		Notes: []string{
			`before: prev/own/a.json:1:93: ... ":{"const":"track"},"event":{"const":"A"},"properties":{"properties":{"a":{"type":"string"}}}},"required":["type","event","p ...`,
			`senders: this event was accepted and is rejected, at /properties/b: property "b" is missing, want string (missing-property)`,
			`event: {"type":"track","event":"A","userId":"user-1","properties":{}}`,
		},
	}}
	for i := range found.Findings {
		found.Findings[i].Excerpt = finding.Excerpt{}
	}
	if diff := cmp.Diff(want, found.Findings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of an event that is rejected for several changes each of them tells its own fault.
func TestEachChangeTellsItsFault(t *testing.T) {
	result := changed(t, `{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"integer"}}}}}}`,
		`{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"integer","minimum":1},"c":{}},"required":["c"]}}}}`, compat.Options{Direction: compat.Producer})
	got := map[string]string{}
	for _, w := range result.Witnesses {
		got[w.Rule] = w.Pointer
	}
	want := map[string]string{"minimum-raised": "/properties/a/0/b", "property-added-required": "/properties/a/0/c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pointers of the faults, by rule (-want +got):\n%s", diff)
	}
}

// A change in a file that several contracts refer to is told once.
func TestSharedFilesAreToldOnce(t *testing.T) {
	load := func(root, street string) *validator.Catalog {
		return catalog(t, root,
			"own/a.json", track("A", `{"properties":{"home":{"$ref":"parts.json#/definitions/address"}}}`),
			"own/b.json", track("B", `{"properties":{"home":{"$ref":"parts.json#/definitions/address"}}}`),
			"own/parts.json", `{"definitions":{"address":{"type":"object","properties":{"street":{"type":"`+street+`"}}}}}`)
	}
	found := compat.Compare(load("prev", "string"), load("next", "integer"), compat.Options{Warehouse: compat.None})
	if diff := cmp.Diff([]string{"error type-changed /properties/home/street"}, brief(found)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if notes := strings.Join(found[0].Notes, "\n"); !strings.Contains(notes, `the same in track "B"`) || found[0].File != "next/own/parts.json" {
		t.Errorf("got %s with the notes\n%s\nwant it in next/own/parts.json, and the other event named", found[0].File, notes)
	}
}

// Contracts that refer to themselves come to an end, and a done context ends everything.
func TestRecursionAndContextEnd(t *testing.T) {
	var members []string
	for i := range 12 {
		members = append(members, fmt.Sprintf(`"n%d":{"type":"object","properties":{"a":{"$ref":"#/definitions/n%d"},"b":{"$ref":"#/definitions/n%d"},"v":{"type":"TYPE"}}}`, i, (i+1)%12, (i+5)%12))
	}
	text := track("A", `{"$ref":"#/definitions/n0"}`, `"definitions":{`+strings.Join(members, ",")+`}`)
	prev := catalog(t, "prev", "own/a.json", strings.ReplaceAll(text, "TYPE", "string"))
	next := catalog(t, "next", "own/a.json", strings.ReplaceAll(text, "TYPE", "integer"))
	found := compat.Compare(prev, next, compat.Options{Warehouse: compat.None, Direction: compat.Producer})
	if len(found) == 0 || found[0].Severity != finding.Error {
		t.Errorf("got %v, want the type of the recursive member as an error", brief(found))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	late := compat.Run(ctx, prev, next, compat.Options{Warehouse: compat.None, Direction: compat.Producer})
	if !slices.ContainsFunc(late.Findings, func(f finding.Finding) bool { return f.Rule == "undecided" }) {
		t.Errorf("with a context that is done: got %v, want undecided", brief(late.Findings))
	}
}

// FuzzWitnessBreaks: whatever the two schemas are, nothing panics, two runs agree, and an
// event that is shown is accepted by one of them and rejected by the other.
func FuzzWitnessBreaks(f *testing.F) {
	for name, archive := range archives(f) {
		if strings.Contains(name, "undecided") {
			continue // long
		}
		var sides []string
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, "hit.json") {
				sides = append(sides, string(file.Data))
			}
		}
		if len(sides) == 2 {
			f.Add(sides[0], sides[1])
		}
	}
	f.Fuzz(func(t *testing.T, prevText, nextText string) {
		load := func(root, text string) *validator.Catalog {
			c, _, err := validator.Load(validator.Root{Name: root, FS: fstest.MapFS{"own/a.json": {Data: []byte(text)}}})
			if err != nil {
				t.Skip()
			}
			return c
		}
		prev, next := load("prev", prevText), load("next", nextText)
		opts := compat.Options{Steps: 20_000}
		first := compat.Run(context.Background(), prev, next, opts)
		if diff := cmp.Diff(first, compat.Run(context.Background(), prev, next, opts)); diff != "" {
			t.Errorf("two runs differ:\n%s", diff)
		}
		for _, w := range first.Witnesses {
			from, to := prev, next
			if w.Direction == compat.Consumer {
				from, to = next, prev
			}
			if w.Message != "" && (has(t, from, w) || !has(t, to, w)) {
				t.Errorf("%s of %s does not show %s at %q", w.JSON, w.Direction, w.Message, w.Pointer)
			}
		}
	})
}
