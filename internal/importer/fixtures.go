package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

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
func (doc *Document) Fixtures(dir Folder) ([]File, error) {
	var files []File
	good, err := doc.goodExamples(dir.Spec)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for i := range doc.Events {
		d := &doc.Events[i]
		stem := strings.TrimSuffix(freeName(d, taken), ".json")
		if good[i] == nil {
			continue
		}
		files = append(files, File{Name: stem + ".yaml", Data: doc.fixture(d, d.identity().String()+" as documented", good[i], "")})
		for _, w := range d.wrongs(good[i]) {
			files = append(files, File{Name: stem + "." + w.name + ".type.yaml",
				Data: doc.fixture(d, fmt.Sprintf("%s with %s of another type", d.identity(), w.name), w.event, w.pointer)})
		}
	}
	for i := range files {
		files[i].New = dir.FS == nil || !exists(dir.FS, files[i].Name)
	}
	return slices.DeleteFunc(files, func(f File) bool { return !f.New && !mayWrite(dir.FS, f) }), nil
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
	if err := keepGoodExamples(drafts, doc.commonFile(), spec); err != nil {
		return nil, err
	}
	good := make([]*object, len(drafts))
	for i, w := range drafts {
		if list, _ := w.value.get("examples").([]any); len(list) > 0 {
			good[i], _ = list[0].(*object)
		}
	}
	return good, nil
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// mayWrite reports whether a fixture is to be written: it is new, or an import's and not
// as it should be.
func mayWrite(fsys fs.FS, f File) bool {
	have, err := fs.ReadFile(fsys, f.Name)
	if err != nil {
		return true
	}
	return bytes.HasPrefix(have, []byte(madeBy)) && !bytes.Equal(have, f.Data)
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
	stem := strings.Trim(strings.Map(fileRune, path), "._")
	for n := 2; stem == "" || taken[strings.ToLower(stem)]; n++ {
		stem = strings.Trim(strings.Map(fileRune, path), "._") + strconv.Itoa(n)
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
