package validator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"
)

// soon is how long an answer may take that must come "in under a second": the race
// detector, and other work on the machine, take their share of it.
const soon = 5 * time.Second

// files makes a file system of pairs: a path, a content.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

// load loads the Segment Spec and the files, which must be in order.
func load(t testing.TB, pairs ...string) *validator.Catalog {
	t.Helper()
	return loadRoots(t, validator.Root{FS: schemas.Spec()}, validator.Root{FS: files(pairs...)})
}

// loadAlone loads the files without the Segment Spec.
func loadAlone(t testing.TB, pairs ...string) *validator.Catalog {
	t.Helper()
	return loadRoots(t, validator.Root{FS: files(pairs...)})
}

func loadRoots(t testing.TB, roots ...validator.Root) *validator.Catalog {
	t.Helper()
	cat, found, err := validator.Load(roots...)
	if err != nil {
		t.Fatalf("Load: %v\n%s", err, strings.Join(lines(found), "\n"))
	}
	return cat
}

// contract frames the schema of the property p as the contract of the track event "E";
// rest, if there is any, are more members of the contract.
func contract(p string, rest ...string) string {
	return `{` + strings.Join(append(rest, ""), ",") +
		`"properties":{"type":{"const":"track"},"event":{"const":"E"},"properties":{"properties":{"p":` + p + `}}}}`
}

// in2020 is the "$schema" of draft 2020-12, to be given as rest to contract.
const (
	in2020 = `"$schema":"https://json-schema.org/draft/2020-12/schema"`
	in2019 = `"$schema":"https://json-schema.org/draft/2019-09/schema"`
	in06   = `"$schema":"http://json-schema.org/draft-06/schema#"`
	in04   = `"$schema":"http://json-schema.org/draft-04/schema#"`
)

// eventOf is the track event "E" with that value as its property p.
func eventOf(p string) string {
	return `{"type":"track","event":"E","userId":"u1","properties":{"p":` + p + `}}`
}

// one decodes a text that is one event, in the file ev.json.
func one(t testing.TB, text string) event.Event {
	t.Helper()
	events := all(t, text)
	if len(events) != 1 {
		t.Fatalf("Decode(%.200s) gave %d events, want 1", text, len(events))
	}
	return events[0]
}

func all(t testing.TB, text string) []event.Event {
	t.Helper()
	events, err := event.Decode([]byte(text), event.Place{File: "ev.json", Line: 1, Column: 1})
	if err != nil {
		t.Fatalf("Decode(%.200s): %v", text, err)
	}
	return events
}

// lines writes findings as their text form does, without excerpts.
func lines(found []finding.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s:%d:%d: %s: %s (%s)", f.File, f.Line, f.Column, f.Severity, f.Message, f.Rule))
	}
	return all
}

// brief writes findings as pointer, rule and message.
func brief(found []finding.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s %s: %s", f.Pointer, f.Rule, f.Message))
	}
	return all
}

// places writes findings as layer, rule and pointer.
func places(found []finding.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s %s %s", f.Layer, f.Rule, f.Pointer))
	}
	return all
}

// inTime fails the test if call takes longer than soon.
func inTime(t testing.TB, what string, call func()) {
	t.Helper()
	start := time.Now()
	call()
	if took := time.Since(start); took > soon {
		t.Errorf("%s took %v, want an answer in a second or so", what, took)
	}
}
