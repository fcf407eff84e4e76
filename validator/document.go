package validator

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
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

// document is one JSON Schema file.
type document struct {
	root  int    // which of Load's roots it is in
	path  string // slash-separated, in its root
	file  string // as the user would find it
	text  []byte
	value map[string]any
	id    string // its $id, resolved; "" if it has none
}

// rootURL is the base of the URLs that the files of one root go by while they are
// compiled. A file's own "segproof:///candu/x.json" is the same URL.
const rootURL = "segproof:///"

func (d *document) url() string { return rootURL + (&url.URL{Path: d.path}).EscapedPath() }

// draft returns the JSON Schema draft that the file is written in: 4, 6, 7, 2019, 2020.
// A file that does not say is draft-07, as Segment's tracking plans are.
func (d *document) draft() int {
	s, _ := d.value["$schema"].(string)
	for _, draft := range []struct {
		mark string
		year int
	}{{"draft-04", 4}, {"draft-06", 6}, {"2019-09", 2019}, {"2020-12", 2020}} {
		if strings.Contains(s, draft.mark) {
			return draft.year
		}
	}
	return 7
}

// part returns the folder of the root that the file is in: "candu" of candu/x.json.
func (d *document) folder() string {
	folder, _, nested := strings.Cut(d.path, "/")
	if !nested {
		return ""
	}
	return folder
}

// at returns the value that the pointer leads to, nil if it leads nowhere.
func (d *document) at(pointer string) any {
	var v any = d.value
	for _, step := range jsonpos.Steps(pointer) {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// where returns FILE:LINE of the place that the pointer leads to.
func (d *document) where(pointer string) string {
	span, _ := jsonpos.Nearest(d.text, pointer)
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
	span, reached := jsonpos.Nearest(d.text, pointer)
	pointAt(d.text, event.Place{File: d.file, Line: 1, Column: 1}, span, shape{missing: reached != pointer}, &f)
	return f
}

// readRoot returns the JSON files below a root in lexical order. Files and folders whose
// name begins with "." or "_" are not read.
func readRoot(index int, root Root) ([]*document, error) {
	var docs []*document
	err := fs.WalkDir(root.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() || path.Ext(name) != ".json" {
			return nil
		}
		text, err := fs.ReadFile(root.FS, name)
		if err != nil {
			return err
		}
		docs = append(docs, &document{root: index, path: name, file: path.Join(root.Name, name), text: text})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read contracts in %s: %w", root.label(), err)
	}
	return docs, nil
}

// parse decodes the file and guards the library from it. The file can be used if no
// finding comes back.
func (d *document) parse() []finding.Finding {
	if len(d.text) > MaxContractBytes {
		return []finding.Finding{d.finding(ruleContractTooComplex, "", fmt.Sprintf("file has %d bytes, want at most %d", len(d.text), MaxContractBytes), "split it")}
	}
	d.text = trimBOM(d.text)
	if err := event.CheckSyntax(d.text); err != nil {
		return []finding.Finding{d.syntaxFinding(err)}
	}
	for _, f := range guard(d.text) {
		switch {
		case f.fatal():
			return []finding.Finding{d.finding(ruleContractTooComplex, f.pointer, f.message, "")}
		case f.rule == ruleDuplicateKey:
			return []finding.Finding{d.finding(ruleContractInvalid, f.pointer, f.message, f.hint)}
		}
	}
	v, err := decode(d.text)
	if err != nil {
		return []finding.Finding{d.syntaxFinding(err)}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return []finding.Finding{d.finding(ruleContractInvalid, "", "got "+describe(v)+", want a JSON Schema, which is an object", "")}
	}
	d.value = object
	d.id = d.resolveID()
	return nil
}

// resolveID returns the file's own $id as an absolute URL without fragment, "" if it has
// none that can be used.
func (d *document) resolveID() string {
	id, _ := d.value["$id"].(string)
	base, err := url.Parse(d.url())
	if err != nil || id == "" {
		return ""
	}
	u, err := base.Parse(id)
	if err != nil {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// compilable returns the text for the compiler: with the $id as [document.resolveID]
// spells it. Of an $id "scheme:/path" the library makes two documents, and follows them
// in a circle until the stack ends.
func (d *document) compilable() []byte {
	if d.id == "" || d.id == d.value["$id"] {
		return d.text
	}
	value := maps.Clone(d.value)
	value["$id"] = d.id
	text, err := json.Marshal(value)
	if err != nil {
		return d.text // decoded JSON always marshals
	}
	return text
}

// badID reports whether a nested $id is of the kind that compilable mends at the root.
func badID(id any) bool {
	s, _ := id.(string)
	u, err := url.Parse(s)
	return s != "" && (err != nil || u.IsAbs() && u.Host == "" && u.Opaque == "" && !strings.HasPrefix(s, u.Scheme+":///"))
}

func (d *document) syntaxFinding(err error) finding.Finding {
	f := finding.Finding{Rule: ruleContractInvalid, Severity: severityOf(ruleContractInvalid), Layer: finding.Catalog,
		File: d.file, Line: 1, Column: 1, Message: "not JSON: " + err.Error()}
	if syntax, ok := err.(*event.SyntaxError); ok {
		f.Message = "not JSON: " + syntax.Message
		f.Line, f.Column = jsonpos.LineColumn(d.text, syntax.Offset)
		f.Excerpt = finding.ExcerptAt(d.text, syntax.Offset, 1)
	}
	return f
}

func trimBOM(text []byte) []byte {
	if len(text) >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF {
		return text[3:]
	}
	return text
}

// schemaVisit is one schema of a document, as walkSchemas finds it.
type schemaVisit struct {
	pointer string
	schema  map[string]any
}

// walkSchemas calls visit for every schema of the document that is an object, the outer
// before the inner, in the order of their pointers. What stands in enum, const, default
// or examples is data and is not visited.
func (d *document) walkSchemas(table map[string]keyword, visit func(schemaVisit)) {
	var walk func(v any, pointer string)
	walk = func(v any, pointer string) {
		schema, ok := v.(map[string]any)
		if !ok {
			return
		}
		visit(schemaVisit{pointer, schema})
		for _, name := range sortedKeys(schema) {
			at := jsonpos.Join(pointer, name)
			switch table[name].nest {
			case one:
				walk(schema[name], at)
			case list, oneOrList:
				items, isList := schema[name].([]any)
				if !isList {
					walk(schema[name], at)
				}
				for i, item := range items {
					walk(item, jsonpos.Join(at, strconv.Itoa(i)))
				}
			case named, namedOrPlain:
				inner, _ := schema[name].(map[string]any)
				for _, k := range sortedKeys(inner) {
					walk(inner[k], jsonpos.Join(at, k))
				}
			}
		}
	}
	walk(d.value, "")
}
