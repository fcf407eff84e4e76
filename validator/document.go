package validator

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// MaxContractBytes is the largest contract file, in bytes, that Load reads. A larger one
// is a finding, and cannot be used.
const MaxContractBytes = 1 << 20

// maxSchemas is how many schemas, one inside the other or side by side, a contract file
// may hold: compiling costs their square, half a second for so many. A contract with 300
// properties has 310.
const maxSchemas = 2000

// document is one JSON Schema file.
type document struct {
	root int    // which of Load's roots it is in
	path string // slash-separated, in its root
	file string // as the user would find it
	size int64  // in bytes
	text []byte // without a byte order mark; nil if the file is too large
	url  string // by which the library knows it

	draft string // that counts if the text names none; "" is the default

	value map[string]any
	year  int // of the JSON Schema draft that it is written in; 4, 6 or 7 before 2019
	links links

	faults []finding.Finding // why it cannot be used, as far as is known
}

// rootURL is the base of the URLs that the files of one root go by. A file's own $id
// "segproof:///candu/x.json" is the same URL.
const rootURL = "segproof:///"

// at returns the value that the pointer leads to, nil if it leads nowhere.
func (d *document) at(pointer string) any {
	v, _ := valueAt(d.value, pointer)
	return v
}

// valueAt returns the part of a JSON value that the pointer leads to; ok is false if it
// leads nowhere.
func valueAt(v any, pointer string) (found any, ok bool) {
	for _, step := range jsonpos.Steps(pointer) {
		switch in := v.(type) {
		case map[string]any:
			if v, ok = in[step]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil, false
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// where returns FILE:LINE of the place that the pointer leads to.
func (d *document) where(pointer string) string {
	span, _ := nearest(d.text, pointer)
	offset := span.Start
	if span.Key >= 0 {
		offset = span.Key
	}
	line, _ := jsonpos.LineColumn(d.text, offset)
	return fmt.Sprintf("%s:%d", d.file, line)
}

// finding returns a finding about the contract itself, at the place of pointer.
func (d *document) finding(rule, pointer, message, hint string) finding.Finding {
	f := finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Catalog, File: d.file,
		Pointer: pointer, Message: message, Hint: hint}
	span, reached := nearest(d.text, pointer)
	first := event.Place{File: d.file, Line: 1, Column: 1}
	pointAt(stretch{text: d.text, begins: first, at: first}, span, shape{missing: reached != pointer}, &f)
	return f
}

// fault notes a reason why the document cannot be used.
func (d *document) fault(rule, pointer, message, hint string) {
	d.faults = append(d.faults, d.finding(rule, pointer, message, hint))
}

// readRoot returns the JSON files below a root in lexical order. Files and folders whose
// name begins with "." or "_" are not read, nor folders behind a symbolic link.
func readRoot(index int, root Root) ([]*document, error) {
	var docs []*document
	err := fs.WalkDir(root.FS, ".", func(name string, entry fs.DirEntry, err error) error {
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
		d := &document{root: index, path: name, file: path.Join(root.Name, name), url: rootURL + (&url.URL{Path: name}).EscapedPath()}
		docs = append(docs, d)
		return d.read(root.FS)
	})
	if err != nil {
		return nil, fmt.Errorf("read contracts in %s: %w", root.label(), err)
	}
	return docs, nil
}

// read reads the file, unless it is too large. What is no file, a pipe for example, is
// an error: reading it might never end.
func (d *document) read(fsys fs.FS) error {
	info, err := fs.Stat(fsys, d.path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", d.path)
	}
	if d.size = info.Size(); d.size > MaxContractBytes {
		return nil
	}
	text, err := fs.ReadFile(fsys, d.path)
	d.text = trimBOM(text)
	return err
}

func trimBOM(text []byte) []byte {
	if len(text) >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF {
		return text[3:]
	}
	return text
}

// parse decodes the file, keeps from the library what could harm it, and finds its
// schemas.
func (d *document) parse() {
	if d.size > MaxContractBytes {
		d.fault(ruleContractTooComplex, "", fmt.Sprintf("file has %d bytes, want at most %d", d.size, MaxContractBytes), "split it")
		return
	}
	if err := event.CheckSyntax(d.text); err != nil {
		d.faults = append(d.faults, d.syntaxFinding(err))
		return
	}
	faults, _ := guard(d.text)
	for _, f := range faults {
		switch f.rule {
		case ruleTooDeep, ruleNumberOutOfRange:
			d.fault(ruleContractTooComplex, f.pointer, f.message, "")
		default:
			d.fault(ruleContractInvalid, f.pointer, f.message, f.hint)
		}
	}
	v, err := decode(d.text)
	if err != nil {
		d.faults = append(d.faults, d.syntaxFinding(err))
	}
	if len(d.faults) > 0 {
		return
	}
	object, ok := v.(map[string]any)
	if !ok {
		d.fault(ruleContractInvalid, "", "got "+describe(v)+", want a JSON Schema, which is an object", "")
		return
	}
	d.value = object
	if d.readDraft(); len(d.faults) > 0 {
		return
	}
	if d.link(); len(d.faults) == 0 {
		d.checkMeta(d.value, "")
	}
}

// readDraft finds out which draft the file is written in.
func (d *document) readDraft() {
	d.year = defaultDraft
	named, ok := d.value["$schema"]
	if !ok && d.draft != "" {
		named, ok = draftURL(d.draft), true
		d.value["$schema"] = named
	}
	if !ok {
		return
	}
	s, _ := named.(string)
	d.year = draftNamed(s)
	if d.year == 0 {
		want := draftOf(defaultDraft).url + "#"
		d.fault(ruleContractInvalid, "/$schema", "got "+describe(named)+", want the URL of a JSON Schema draft from draft-04 to 2020-12",
			fmt.Sprintf("say %q or %q; other meta-schemas are not read", want, draftOf(2020).url))
	}
}

// draftNamed returns the draft that a "$schema" names, 0 if it names none. Spellings
// with https for http and without the "#" are common.
func draftNamed(s string) int {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "/"), "#")
	if s == "http://json-schema.org/schema" || s == "https://json-schema.org/schema" {
		return 2020 // "the latest"
	}
	for _, draft := range drafts() {
		if s == draft.url || strings.Replace(s, "https://", "http://", 1) == strings.Replace(draft.url, "https://", "http://", 1) {
			return draft.year
		}
	}
	return 0
}

// draftURL returns the meta-schema's URL of a draft that goes by its short name.
func draftURL(name string) string {
	for _, draft := range drafts() {
		if strings.TrimPrefix(draft.name, "draft ") == name {
			return draft.url
		}
	}
	return name
}

func (d *document) syntaxFinding(err error) finding.Finding {
	f := finding.Finding{Rule: ruleContractInvalid, Severity: severityOf(ruleContractInvalid), Layer: finding.Catalog,
		File: d.file, Line: 1, Column: 1, Message: "not JSON: " + err.Error()}
	if syntax, ok := errors.AsType[*event.SyntaxError](err); ok {
		f.Message = "not JSON: " + syntax.Message
		f.Line, f.Column = jsonpos.LineColumn(d.text, syntax.Offset)
		f.Excerpt = finding.ExcerptAt(d.text, syntax.Offset, 1)
	}
	return f
}
