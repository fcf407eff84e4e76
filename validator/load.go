package validator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Root is a folder of contracts. Its subfolders are sources of events; the folder
// "segment", if there is one, is the Segment Spec: a schema for each call type.
type Root struct {
	Name string // in front of the files' names in messages: "schemas"; may be ""
	FS   fs.FS
}

func (r Root) label() string { return cmp.Or(r.Name, "the contract folder") }

// specFolder is the folder of a root that holds the Segment Spec.
const specFolder = "segment"

// ErrUnusable says that contracts cannot be used; Load's findings say which and why.
var ErrUnusable = errors.New("contracts cannot be used")

// Load reads the contracts of all roots: every file *.json, below folders at any depth.
//
// It works in two phases: everything that can be wrong with a contract is wrong here, so
// that Validate has no way to fail. The findings are about the contracts, sorted. If a
// contract cannot be used, the error wraps [ErrUnusable], and the catalog holds the rest;
// any other error means that the files could not be read. Of several roots with a folder
// "segment", the last one's counts; without one the spec layer is silent.
//
// A "$ref" reaches only files of its own root: never the network, never another path.
func Load(roots ...Root) (*Catalog, []finding.Finding, error) {
	l := loader{table: keywordTable(), cat: &Catalog{
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
	table    map[string]keyword
	findings []finding.Finding
	unusable int
	loaded   []*Contract // contracts, as found
}

// root compiles the files of one root.
func (l *loader) root(docs []*document) {
	docs = l.keep(docs, (*document).parse)
	known := map[string]bool{}
	for _, d := range docs {
		known[d.url()], known[d.id] = true, true
	}
	docs = l.keep(docs, func(d *document) []finding.Finding { return d.refuse(known, l.table) })
	if slices.ContainsFunc(docs, func(d *document) bool { return d.folder() == specFolder }) {
		clear(l.cat.spec)
	}
	compiler := newCompiler(docs)
	referenced := referencedFiles(docs, l.table)
	for _, d := range docs {
		l.compile(compiler, d, referenced[d])
	}
}

// keep returns the documents that check finds nothing against; the others cannot be used.
func (l *loader) keep(docs []*document, check func(*document) []finding.Finding) []*document {
	var kept []*document
	for _, d := range docs {
		found := check(d)
		if len(found) == 0 {
			kept = append(kept, d)
			continue
		}
		l.findings = append(l.findings, found...)
		l.unusable++
	}
	return kept
}

// compile makes a contract of the document, and judges it.
func (l *loader) compile(compiler *jsonschema.Compiler, d *document, referenced bool) {
	schema, err := safely(func() (*jsonschema.Schema, error) { return compiler.Compile(d.url()) })
	var refused []finding.Finding
	if err != nil {
		refused = []finding.Finding{compileFinding(d, err)}
	} else if message := tooComplex(schema); message != "" {
		refused = []finding.Finding{d.finding(ruleContractTooComplex, "", message, "")}
	}
	if len(refused) > 0 {
		l.findings = append(l.findings, refused...)
		l.unusable++
		return
	}
	l.cat.register(d)
	contract := identify(d)
	contract.schema = schema
	if d.folder() == specFolder {
		if contract.Type != "" {
			l.cat.spec[contract.Type] = contract
		}
		return
	}
	l.findings = append(l.findings, d.waived(l.lint(d))...)
	if complaint := noIdentity(contract, referenced); complaint != nil {
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
			l.findings = append(l.findings, c.doc.waived([]finding.Finding{c.doc.finding(ruleDuplicateIdentity, identityPointer(c),
				fmt.Sprintf("%s is the contract of %s already", other.File, c.identity()), "give one of them a version, or remove it")})...)
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
		l.findings = append(l.findings, c.doc.waived(l.cat.judgeExamples(c))...)
	}
}

// register makes the document known by its URLs, so that a finding can say where the
// contract says so.
func (c *Catalog) register(d *document) {
	prefix := strconv.Itoa(d.root) + " "
	for _, u := range []string{d.id, d.url()} {
		if _, ok := c.docs[prefix+u]; !ok && u != "" {
			c.docs[prefix+u] = d
		}
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

// unescapePointer undoes the percent-encoding that the library puts on the steps of the
// pointers in its locations.
func unescapePointer(fragment string) string {
	if s, err := url.PathUnescape(fragment); err == nil {
		return s
	}
	return fragment
}

// newCompiler returns a compiler that knows the files of one root and refuses all else.
func newCompiler(docs []*document) *jsonschema.Compiler {
	byURL := map[string]*document{}
	for _, d := range docs {
		byURL[d.url()] = d
	}
	for _, d := range docs {
		if _, ok := byURL[d.id]; !ok && d.id != "" {
			byURL[d.id] = d
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	compiler.AssertFormat = true
	compiler.LoadURL = func(u string) (io.ReadCloser, error) {
		if d, ok := byURL[u]; ok {
			return io.NopCloser(bytes.NewReader(d.compilable())), nil
		}
		return nil, fmt.Errorf("%s is not a file of this contract folder", u)
	}
	return compiler
}

// safely turns a panic of the library into an error.
func safely(compile func() (*jsonschema.Schema, error)) (schema *jsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			schema, err = nil, fmt.Errorf("the JSON Schema library failed: %v", r)
		}
	}()
	return compile()
}

// compileFinding says what a contract that does not compile is about.
func compileFinding(d *document, err error) finding.Finding {
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		for len(invalid.Causes) > 0 {
			invalid = deepest(invalid.Causes)
		}
		pointer := unescapePointer(invalid.InstanceLocation)
		return d.finding(ruleContractInvalid, pointer, "not a JSON Schema: "+invalid.Message, "")
	}
	var schemaErr *jsonschema.SchemaError
	if errors.As(err, &schemaErr) {
		err = schemaErr.Err
	}
	return d.finding(ruleContractInvalid, "", "cannot be compiled: "+strings.TrimPrefix(err.Error(), "jsonschema: "), "")
}

// deepest returns the cause that is about the innermost place.
func deepest(causes []*jsonschema.ValidationError) *jsonschema.ValidationError {
	return slices.MaxFunc(causes, func(a, b *jsonschema.ValidationError) int {
		return cmp.Compare(strings.Count(a.InstanceLocation, "/"), strings.Count(b.InstanceLocation, "/"))
	})
}

// identify reads what a document says its events are.
func identify(d *document) *Contract {
	c := &Contract{File: d.file, doc: d}
	c.Type = event.Type(constAt(d, "/properties/type"))
	if k := c.Type.NameKey(); k != "" {
		c.Name = constAt(d, "/properties/"+k)
	}
	c.Version = constAt(d, "/properties/context/properties/protocols/properties/event_version")
	return c
}

// constAt returns the text of the const of the schema at pointer, "" if it has none.
func constAt(d *document, pointer string) string {
	switch v := d.at(pointer + "/const").(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return literal(v)
	}
}

// identityPointer leads to what names the contract's events.
func identityPointer(c *Contract) string {
	if k := c.Type.NameKey(); k != "" && c.Name != "" {
		return "/properties/" + k + "/const"
	}
	return "/properties/type/const"
}

// noIdentity returns a finding if no event can ever reach the contract. A file that
// others refer to may have no identity: it is a part.
func noIdentity(c *Contract, referenced bool) *finding.Finding {
	switch {
	case c.Type == "" && referenced:
		return nil
	case c.Type == "":
		f := c.doc.finding(ruleNoIdentity, "/properties/type", "the contract does not say which call it is for, want a const at /properties/type",
			`add "type": {"const": "track"} to its properties`)
		return &f
	case !slices.Contains(event.Types(), c.Type):
		f := c.doc.finding(ruleNoIdentity, "/properties/type/const", "got "+quote(string(c.Type))+", want a call type", "")
		return &f
	case c.Type == event.Track && c.Name == "":
		f := c.doc.finding(ruleNoIdentity, "/properties/event", "the contract does not say which track event it is for, want a const at /properties/event",
			`add "event": {"const": "Order Completed"} to its properties`)
		return &f
	}
	return nil
}

// compareVersions orders versions, oldest first: none, then by their numbers, part by
// part, then by text.
func compareVersions(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(a), len(b))
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if errX == nil && errY == nil && x != y {
			return cmp.Compare(x, y)
		}
		if c := cmp.Compare(as[i], bs[i]); (errX != nil || errY != nil) && c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// referencedFiles returns the documents that another document of the same root refers to.
func referencedFiles(docs []*document, table map[string]keyword) map[*document]bool {
	byURL := map[string]*document{}
	for _, d := range docs {
		byURL[d.url()] = d
		if d.id != "" {
			byURL[d.id] = d
		}
	}
	referenced := map[*document]bool{}
	for _, d := range docs {
		d.walkSchemas(table, func(v schemaVisit) {
			if to := byURL[d.resolve(v.schema["$ref"])]; to != nil && to != d {
				referenced[to] = true
			}
		})
	}
	return referenced
}

// resolve returns the URL, without fragment, that a "$ref" of the document leads to, ""
// if it is none.
func (d *document) resolve(ref any) string {
	s, ok := ref.(string)
	if !ok {
		return ""
	}
	base, err := url.Parse(cmp.Or(d.id, d.url()))
	if err != nil {
		return ""
	}
	u, err := base.Parse(s)
	if err != nil {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// refuse returns findings if the document must not reach the library: a reference out of
// the root, whose URLs are known; a pattern that cannot be compiled or costs too much.
func (d *document) refuse(known map[string]bool, table map[string]keyword) []finding.Finding {
	var found, outside []finding.Finding
	nestedID := false
	d.walkSchemas(table, func(v schemaVisit) {
		nestedID = nestedID || v.pointer != "" && v.schema["$id"] != nil
		if v.pointer != "" && badID(v.schema["$id"]) {
			found = append(found, d.finding(ruleContractInvalid, v.pointer+"/$id", "got "+literal(v.schema["$id"])+", want a URI with a host, or a relative one", ""))
		}
		for _, k := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
			ref, ok := v.schema[k].(string)
			if target := d.resolve(v.schema[k]); ok && !known[target] && !strings.Contains(target, "://json-schema.org/") {
				outside = append(outside, d.finding(ruleRefOutside, jsonpos.Join(v.pointer, k),
					quote(ref)+" is no file of this contract folder", "references reach only files of the same folder, never the network or another path"))
			}
		}
		found = append(found, d.patternFindings(v)...)
	})
	if nestedID {
		// Inside a schema with an $id of its own, references have another base. Only the
		// compiler knows it, and its loader refuses whatever leaves the root.
		return found
	}
	return append(found, outside...)
}
