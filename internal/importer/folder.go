package importer

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
	"segproof/validator"
)

// contractFile is one contract that is in the folder already.
type contractFile struct {
	name  string // slash-separated, in the folder
	file  string // as the user would find it
	text  []byte
	value *object
	id    finding.Event
	made  made
}

// at returns the 1-based line of what the pointer leads to, or of the nearest that
// holds it.
func (c *contractFile) at(pointer string) int {
	span, _ := jsonpos.Nearest(c.text, pointer)
	if span.Key >= 0 {
		line, _ := jsonpos.LineColumn(c.text, span.Key)
		return line
	}
	line, _ := jsonpos.LineColumn(c.text, span.Start)
	return line
}

// folder is the contracts that are there, and the names that are taken.
type folder struct {
	files []*contractFile // in lexical order
	taken map[string]bool

	common []byte // the text of the file with the schema of all events; nil if there is none

	claims map[*Documented]*contractFile // of one document; nil while find was not asked
}

// Folder is where the contracts are or are to be.
type Folder struct {
	Name string // as the user calls it, in front of the files' names in messages
	FS   fs.FS  // nil if it is not there yet
	Spec fs.FS  // the Segment Spec, which examples have to follow too; nil: they need not
}

// read reads the files that the validator would read as contracts.
func (dir Folder) read() (*folder, error) {
	fsys := dir.FS
	f := &folder{taken: map[string]bool{}}
	if fsys == nil {
		return f, nil
	}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.ContainsAny(entry.Name()[:1], "._") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() || path.Ext(name) != ".json" {
			return nil
		}
		f.taken[strings.ToLower(name)] = true
		if name == commonFile {
			f.common, err = fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
		}
		c, err := readContract(fsys, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if c != nil {
			c.file = path.Join(dir.Name, name)
			f.files = append(f.files, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the contracts of %s: %w", dir.Name, err)
	}
	return f, nil
}

// readContract returns nil for JSON that is no contract of an event.
func readContract(fsys fs.FS, name string) (*contractFile, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > validator.MaxContractBytes {
		return nil, fmt.Errorf("has %d bytes, want at most %d", info.Size(), validator.MaxContractBytes)
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	v, err := parseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	value, ok := v.(*object)
	if !ok {
		return nil, nil
	}
	c := &contractFile{name: name, text: text, value: value, made: madeOf(value)}
	properties := value.object("properties")
	c.id.Type = properties.object("type").text("const")
	if key := event.Type(c.id.Type).NameKey(); key != "" {
		c.id.Name = properties.object(key).text("const")
	}
	version := properties.object("context").object("properties").object("protocols").object("properties").object("event_version")
	if c.id.Version = version.text("const"); c.id.Version == "" {
		if raw, ok := version.get("const").(json.RawMessage); ok {
			c.id.Version = string(raw)
		}
	}
	if c.id.Type == "" {
		return nil, nil
	}
	return c, nil
}

// find returns the contract of an event, nil if there is none: that of its type, name
// and version, else the one of the same name that was imported from the same source as
// another call. No contract is found for two events.
func (f *folder) find(doc *Document, d *Documented) *contractFile {
	if f.claims == nil {
		f.claim(doc)
	}
	return f.claims[d]
}

// claim finds the contracts of all events of a document.
func (f *folder) claim(doc *Document) {
	f.claims = map[*Documented]*contractFile{}
	byID, others := map[finding.Event]*contractFile{}, map[finding.Event][]*contractFile{}
	for _, c := range f.files {
		if byID[c.id] == nil {
			byID[c.id] = c
		}
	}
	claimed := map[*contractFile]bool{}
	unfound := map[finding.Event][]*Documented{} // by name and version alone
	for i := range doc.Events {
		d := &doc.Events[i]
		id := d.identity()
		if c := byID[id]; c != nil {
			f.claims[d], claimed[c] = c, true
		} else if d.Name != "" {
			id.Type = ""
			unfound[id] = append(unfound[id], d)
		}
	}
	for _, c := range f.files {
		if id := c.id; doc.isFrom(c.made) && !claimed[c] {
			id.Type = ""
			others[id] = append(others[id], c)
		}
	}
	for id, events := range unfound {
		// Which of several went on as which, nobody can tell.
		if len(events) == 1 && len(others[id]) == 1 {
			f.claims[events[0]] = others[id][0]
		}
	}
}
