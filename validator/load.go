package validator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Root is a folder of contracts. Its subfolders are sources of events. A file
// "segment/TYPE.json" of a call type that names no event is the Segment Spec's schema of
// that type; whatever else is in the folder "segment" is a contract.
type Root struct {
	Name string // in front of the files' names in messages: "schemas"; may be ""
	FS   fs.FS
}

func (r Root) label() string { return cmp.Or(r.Name, "the contract folder") }

// specFolder is the folder of a root that may hold the Segment Spec.
const specFolder = "segment"

// isSpec reports whether the contract is the Segment Spec's schema of its type.
func (c *Contract) isSpec() bool {
	return c.Type != "" && c.Name == "" && c.doc.path == specFolder+"/"+string(c.Type)+".json"
}

// ErrUnusable says that contracts cannot be used; Load's findings say which and why.
var ErrUnusable = errors.New("contracts cannot be used")

// Load reads the contracts of all roots: every file *.json, below folders at any depth,
// but for files and folders whose name begins with "." or "_". It follows symbolic links
// to files as far as the fs.FS does, and none to folders.
//
// It works in two phases: everything that can be wrong with a contract is wrong here, so
// that Validate has no way to fail. The findings are about the contracts, sorted. If a
// contract cannot be used, the error wraps [ErrUnusable], and the catalog holds the rest;
// any other error means that the files could not be read. Of several schemas
// of the Segment Spec for one type, the last root's counts; without one the spec layer is
// silent on that type.
//
// A "$ref" reaches only files of its own root: never the network, never another path.
func Load(roots ...Root) (*Catalog, []finding.Finding, error) {
	l := loader{cat: &Catalog{
		byKey: map[key][]*Contract{}, names: map[event.Type][]string{},
		spec: map[event.Type]*Contract{}, docs: map[string]*document{},
	}}
	for i, root := range roots {
		docs, err := readRoot(i, root)
		if err != nil {
			return nil, nil, err
		}
		l.root(docs)
	}
	l.finish()
	finding.Sort(l.findings)
	if l.unusable > 0 {
		return l.cat, l.findings, fmt.Errorf("%s: %w", count(l.unusable, "file"), ErrUnusable)
	}
	return l.cat, l.findings, nil
}

// loader is the state of one Load.
type loader struct {
	cat      *Catalog
	findings []finding.Finding
	unusable int
	loaded   []*Contract // contracts, as found
}

// root compiles the files of one root.
func (l *loader) root(docs []*document) {
	for _, d := range docs {
		d.parse()
	}
	s := newShelf(docs)
	s.link()
	s.spread()
	compiler := newCompiler(docs)
	referenced := s.referenced()
	for _, d := range docs {
		if len(d.faults) == 0 {
			l.compile(compiler, d, referenced[d])
		}
		if len(d.faults) > 0 {
			l.findings = append(l.findings, d.faults...)
			l.unusable++
		}
	}
}

// compile makes a contract of the document, and judges it.
func (l *loader) compile(compiler *jsonschema.Compiler, d *document, isPart bool) {
	contract := identify(d)
	schema, err := safely(func() (*jsonschema.Schema, error) { return compiler.Compile(d.url) })
	if err != nil {
		d.fault(ruleContractInvalid, "", "cannot be compiled: "+compileError(err), "")
		return
	}
	contract.schema = schema
	var message string
	if contract.cost, message = costOf(schema); message != "" {
		d.fault(ruleContractTooComplex, "", message, "")
		return
	}
	l.cat.docs[strconv.Itoa(d.root)+" "+d.url] = d
	if contract.isSpec() {
		l.cat.spec[contract.Type] = contract
		return
	}
	l.findings = append(l.findings, d.waived(lint(d))...)
	if complaint := noIdentity(contract, isPart); complaint != nil {
		l.findings = append(l.findings, d.waived([]finding.Finding{*complaint})...)
		return
	}
	if contract.Type != "" {
		l.loaded = append(l.loaded, contract)
	}
}

// finish sorts the contracts into the catalog, once all are known, and lets each judge
// its own examples.
func (l *loader) finish() {
	slices.SortStableFunc(l.loaded, func(a, b *Contract) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), compareVersions(a.Version, b.Version))
	})
	first := map[finding.Event]*Contract{}
	for _, c := range l.loaded {
		if other, ok := first[c.identity()]; ok {
			l.findings = append(l.findings, c.doc.waived([]finding.Finding{duplicateIdentity(c, other)})...)
			continue
		}
		first[c.identity()] = c
		l.cat.contracts = append(l.cat.contracts, c)
		k := key{c.Type, c.Name}
		if l.cat.byKey[k] == nil {
			l.cat.names[c.Type] = append(l.cat.names[c.Type], c.Name)
		}
		l.cat.byKey[k] = append(l.cat.byKey[k], c)
	}
	for _, c := range l.cat.contracts {
		c.body = bodyOf(c)
	}
	l.cat.reserved = reservedNames(l.cat.spec)
	for _, c := range l.cat.contracts {
		l.findings = append(l.findings, c.doc.waived(l.cat.judgeExamples(c))...)
	}
}

// document returns the file that an absolute keyword location of the library points
// into, and the pointer; nil if it is none of ours (a meta-schema).
func (c *Catalog) document(root int, location string) (*document, string) {
	u, fragment, _ := strings.Cut(location, "#")
	return c.docs[strconv.Itoa(root)+" "+u], unescapePointer(fragment)
}

// where returns FILE:LINE of an absolute location of the library in a contract, "" if it
// is in none of our files.
func (c *Catalog) where(contract *Contract, location string) string {
	d, pointer := c.document(contract.doc.root, location)
	if d == nil {
		return ""
	}
	return d.where(pointer)
}

// newCompiler returns a compiler that knows the files of one root that can be used, and
// refuses all else.
func newCompiler(docs []*document) *jsonschema.Compiler {
	byURL := map[string]*document{}
	for _, d := range docs {
		if len(d.faults) == 0 {
			byURL[d.url] = d
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	compiler.AssertFormat = true
	for _, name := range []string{"duration", "period", "regex"} {
		// These take the library far more time than their length.
		slow := jsonschema.Formats[name]
		compiler.Formats[name] = func(v any) bool {
			s, _ := v.(string)
			return len(s) <= maxPatternChars && slow(v)
		}
	}
	compiler.LoadURL = func(u string) (io.ReadCloser, error) {
		d, ok := byURL[u]
		if !ok {
			return nil, fmt.Errorf("%s is not a file of this contract folder", u)
		}
		text, err := d.compilable()
		return io.NopCloser(bytes.NewReader(text)), err
	}
	return compiler
}

// safely turns a panic of the library into an error.
func safely[T any](call func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the JSON Schema library failed: %v", r)
		}
	}()
	return call()
}

// compileError says why the library does not compile a contract that follows its
// meta-schema.
func compileError(err error) string {
	if _, ok := errors.AsType[jsonschema.InfiniteLoopError](err); ok {
		return "references lead in a circle"
	}
	if schemaErr, ok := errors.AsType[*jsonschema.SchemaError](err); ok && schemaErr.Err != nil {
		err = schemaErr.Err
	}
	return strings.TrimPrefix(err.Error(), "jsonschema: ")
}

// maxMetaFaults is how many places of one file are reported as no JSON Schema.
const maxMetaFaults = 10

// checkMeta notes what keeps the value at pointer from being a schema of the document's
// draft.
func (d *document) checkMeta(v any, pointer string) {
	_, err := safely(func() (any, error) {
		meta, err := jsonschema.NewCompiler().Compile(draftOf(d.year).url)
		if err != nil {
			return nil, err
		}
		return nil, meta.Validate(v)
	})
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if err != nil && !ok {
		d.fault(ruleContractInvalid, pointer, "cannot be compiled: "+compileError(err), "")
		return
	}
	if err == nil {
		return
	}
	said := map[string]bool{}
	for _, e := range faults(invalid) {
		e = deepest(e)
		if at := pointer + unescapePointer(e.InstanceLocation); !said[at] && len(said) < maxMetaFaults {
			said[at] = true
			d.fault(ruleContractInvalid, at, "not a JSON Schema: "+e.Message, "")
		}
	}
}

// deepest returns the cause of e that is about the innermost place.
func deepest(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	best := e
	for _, cause := range e.Causes {
		for _, below := range faults(cause) {
			if below = deepest(below); best == e || depth(below) > depth(best) {
				best = below
			}
		}
	}
	return best
}

func depth(e *jsonschema.ValidationError) int { return strings.Count(e.InstanceLocation, "/") }
