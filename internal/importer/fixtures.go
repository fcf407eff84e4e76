package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"segproof/finding"
	"segproof/internal/jsonpos"
)

// madeBy is the first line of a fixture that an import wrote. One without it belongs to
// somebody else and is not written again.
const madeBy = "# Made by segproof import. Without this line the next import leaves the file alone."

// Fixtures returns conformance cases for the contracts: of each event one as documented,
// and one for each property with a type, which it sends with a value of another type. A
// file that is there and does not begin as those of an import do is left out, and so are
// the cases of an event of which no example can be made that its contract accepts: it has
// a pattern, or a bound.
//
// The findings name the cases that an earlier import of this source wrote and this one
// would not.
func (doc *Document) Fixtures(dir Folder) ([]File, []finding.Finding, error) {
	var files []File
	good, err := doc.goodExamples(dir.Spec)
	if err != nil {
		return nil, nil, err
	}
	taken, names, made := map[string]bool{}, map[string]bool{}, map[string]bool{}
	stems := make([]string, len(doc.Events))
	for i := range doc.Events {
		stems[i] = strings.TrimSuffix(freeName(&doc.Events[i], taken), ".json")
		names[stems[i]] = true
	}
	for i := range doc.Events {
		d, stem := &doc.Events[i], stems[i]
		if good[i] == nil {
			continue
		}
		files = append(files, File{Name: stem + ".yaml", Data: doc.fixture(d, d.identity().String()+" as documented", good[i], "")})
		for _, w := range d.wrongs(good[i]) {
			// The event "A.b.type" and the property "b" of "A" would have one file.
			name := freeStem(stem+"."+w.name+".type", names)
			files = append(files, File{Name: name + ".yaml",
				Data: doc.fixture(d, fmt.Sprintf("%s with %s of another type", d.identity(), w.name), w.event, w.pointer)})
		}
	}
	var write []File
	for _, f := range files {
		made[f.Name] = true
		state := fixtureThere(dir.FS, f.Name, f.Data)
		if f.New = state == fixtureNone; f.New || state == fixtureOutdated {
			write = append(write, f)
		}
	}
	stale, err := doc.staleFixtures(dir, made)
	return write, stale, err
}

// goodExamples returns of each event an example that its contract accepts, nil if there is
// none: the one that is made of what is documented, else the source's own.
func (doc *Document) goodExamples(spec fs.FS) ([]*object, error) {
	drafts := make([]*draft, len(doc.Events))
	for i := range doc.Events {
		d := &doc.Events[i]
		made := *d
		made.Examples = append([]json.RawMessage{compactJSON(d.example())}, d.Examples...)
		drafts[i] = &draft{event: d, value: doc.contract(&made, draftName(i)), tried: true}
	}
	unusable, _, err := keepGoodExamples(drafts, doc.commonFile(), spec)
	if err != nil {
		return nil, err
	}
	good := make([]*object, len(drafts))
	for i, w := range drafts {
		if list, _ := w.value.get("examples").([]any); len(list) > 0 && unusable[draftName(i)] == nil {
			good[i], _ = list[0].(*object)
		}
	}
	return good, nil
}

// The states of a fixture's file.
const (
	fixtureNone     = iota // there is no such file
	fixtureOutdated        // an import's, not as it should be
	fixtureKept            // an import's as it should be, or somebody else's, or nobody can tell
)

// fixtureThere returns the state of a file that is to hold data. Only what is certainly
// not there is new: a link that leads out of the folder, or a file that cannot be read, is
// somebody's.
func fixtureThere(fsys fs.FS, name string, data []byte) int {
	if fsys == nil {
		return fixtureNone
	}
	if _, err := fs.Lstat(fsys, name); errors.Is(err, fs.ErrNotExist) {
		return fixtureNone
	}
	have, err := fs.ReadFile(fsys, name)
	if err != nil || !bytes.HasPrefix(have, []byte(madeBy)) || bytes.Equal(have, data) {
		return fixtureKept
	}
	return fixtureOutdated
}

// maxFixtureHead is how much of a file is read to tell whose it is.
const maxFixtureHead = 4 << 10

// staleFixtures returns findings about the files that an import of this source made, and
// that are none of those it makes now: their event or property is gone, and the cases fail
// or prove nothing.
func (doc *Document) staleFixtures(dir Folder, made map[string]bool) ([]finding.Finding, error) {
	if dir.FS == nil {
		return nil, nil
	}
	var found []finding.Finding
	err := fs.WalkDir(dir.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".yaml" || !entry.Type().IsRegular() || made[name] {
			return err
		}
		if source, ok := fixtureSource(dir.FS, name); ok && sameSource(source, doc.Page) {
			f := finding.Finding{Rule: ruleFixtureStale, Severity: severityOf(ruleFixtureStale), Layer: finding.Source, File: path.Join(dir.Name, name), Line: 1, Column: 1,
				Message: "this case was made from " + doc.Page + ", which does not give it any more", Hint: "remove the file, or its first line to keep the case as your own"}
			found = append(found, f)
		}
		return nil
	})
	return found, err
}

// fixtureSource returns the source that a case was imported from; ok is false if an import
// did not make it.
func fixtureSource(fsys fs.FS, name string) (source string, ok bool) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", false // as fixtureThere: it is somebody's
	}
	defer f.Close() // it was read only
	head, err := io.ReadAll(io.LimitReader(f, maxFixtureHead))
	if err != nil || !bytes.HasPrefix(head, []byte(madeBy)) {
		return "", false
	}
	for line := range bytes.Lines(head) {
		text, ok := bytes.CutPrefix(line, []byte("source: "))
		if ok && json.Unmarshal(text, &source) == nil {
			if i := strings.LastIndex(source, ", line "); i >= 0 {
				source = source[:i]
			}
			return source, true
		}
	}
	return "", false
}

// fixture writes a case: an event, and the pointer of the value whose type is wrong.
func (doc *Document) fixture(d *Documented, name string, ev *object, pointer string) []byte {
	var b bytes.Buffer
	source := doc.Page
	if d.Source.Line > 0 {
		source += ", line " + strconv.Itoa(d.Source.Line)
	}
	fmt.Fprintf(&b, "%s\nname: %s\nsource: %s\nevents: |\n  %s\n", madeBy, quoted(name), quoted(source), compactJSON(ev))
	if pointer != "" {
		fmt.Fprintf(&b, "findings:\n  - rule: type-mismatch\n    pointer: %s\n", quoted(pointer))
	}
	return b.Bytes()
}

// wrong is an event with one value of a type that its property does not have.
type wrong struct {
	name    string // of the property, for the file
	pointer string
	event   *object
}

// maxWrongs is how many of them one event gets.
const maxWrongs = 300

// wrongs returns one for each property that has a type and a value in the example.
func (d *Documented) wrongs(example *object) []wrong {
	var list []wrong
	names := map[string]bool{}
	var walk func(p *Property, pointer, path string)
	walk = func(p *Property, pointer, path string) {
		if value := p.wrongValue(); value != nil && p.Row != "" && len(list) < maxWrongs {
			ev, _ := valueOf(compactJSON(example)).(*object)
			if replaceAt(ev, jsonpos.Steps(pointer), value) {
				list = append(list, wrong{fileStem(path, names), pointer, ev})
			}
		}
		for _, c := range p.Properties {
			walk(c, jsonpos.Join(pointer, c.Name), join(path, c.Name))
		}
		if p.Items != nil {
			walk(p.Items, pointer+"/0", path)
		}
	}
	for _, f := range d.Fields {
		for _, c := range f.Properties { // the field itself is the spec's to judge
			walk(c, jsonpos.Join(jsonpos.Join("", f.Name), c.Name), c.Name)
		}
	}
	return list
}

// fileStem returns a name for a file that no other property of the event has.
func fileStem(path string, taken map[string]bool) string {
	return freeStem(cutName(strings.Trim(strings.Map(fileRune, path), "._"), path, maxNameBytes), taken)
}

// freeStem returns the name, or one beside it that is not taken, and takes it.
func freeStem(first string, taken map[string]bool) string {
	stem := first
	for n := 2; taken[strings.ToLower(stem)]; n++ {
		stem = first + strconv.Itoa(n)
	}
	taken[strings.ToLower(stem)] = true
	return stem
}

// wrongValue returns a value of none of the property's types, nil if it may have any.
func (p *Property) wrongValue() json.RawMessage {
	if len(p.Types) == 0 {
		return nil
	}
	for _, v := range []struct{ kind, text string }{{"string", `"text"`}, {"boolean", "true"}, {"object", "{}"}, {"array", "[]"}} {
		if !slices.Contains(p.Types, v.kind) {
			return json.RawMessage(v.text)
		}
	}
	return nil
}

// replaceAt puts a value in the place that steps lead to; false if there is none.
func replaceAt(v any, steps []string, value json.RawMessage) bool {
	if len(steps) == 0 {
		return false
	}
	switch in := v.(type) {
	case *object:
		if in.get(steps[0]) == nil {
			return false
		}
		if len(steps) == 1 {
			in.set(steps[0], value)
			return true
		}
		return replaceAt(in.get(steps[0]), steps[1:], value)
	case []any:
		i, err := strconv.Atoi(steps[0])
		if err != nil || i >= len(in) {
			return false
		}
		if len(steps) == 1 {
			in[i] = value
			return true
		}
		return replaceAt(in[i], steps[1:], value)
	}
	return false
}
