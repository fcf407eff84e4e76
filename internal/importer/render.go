package importer

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"segproof/event"
)

// draft07 is what Segment's own tracking plans are written in.
//
// Source: segment.com/docs/protocols/tracking-plan/create/ (Edit underlying JSON Schema)
const draft07 = "http://json-schema.org/draft-07/schema#"

// idPrefix and a file's path make its $id.
const idPrefix = "segproof:///"

// rootOrder is the order of the keywords at the top of a contract.
func rootOrder() []string {
	return []string{"$schema", "$id", "title", "description", "$comment", "x-segproof", "type", "properties", "required", "examples"}
}

// propertyOrder is the order of the keywords that the importer writes of a property.
func propertyOrder() []string {
	return []string{"description", "type", "enum", "format", "anyOf", "items", "properties", "required"}
}

// Contract returns the contract of an event as a file of that name, as if there were
// none yet: JSON Schema for the whole event, always the same bytes.
func (doc *Document) Contract(d *Documented, file string) []byte {
	return contractText(doc.contract(d, file))
}

func contractText(o *object) []byte {
	var b bytes.Buffer
	writeJSON(&b, o, "")
	b.WriteByte('\n')
	return b.Bytes()
}

func (doc *Document) contract(d *Documented, file string) *object {
	o := &object{}
	o.set("$schema", quoted(cmp.Or(d.Dialect, draft07)))
	setText(o, "$id", cmp.Or(d.ID, doc.id(file)))
	o.set("title", quoted(doc.titleOf(d)))
	setText(o, "description", d.Description)
	setText(o, "$comment", d.Comment)
	o.set("x-segproof", doc.origin(d))
	o.set("type", quoted("object"))
	o.set("properties", identityOf(d))
	required := []string{"type"}
	if key := d.Type.NameKey(); key != "" && d.Name != "" {
		required = append(required, key)
	}
	if d.Type == event.Group {
		// Source: segment.com/docs/connections/spec/group/
		required = append(required, "groupId")
	}
	properties := o.object("properties")
	for _, p := range d.Fields {
		addField(properties, p)
		if p.needed() && !slices.Contains(required, p.Name) {
			required = append(required, p.Name)
		}
	}
	o.set("required", quotedList(append(required, d.Requires...)))
	for _, k := range doc.root(d) {
		o.set(k.Name, valueOf(k.Value))
	}
	if examples := d.examples(); len(examples) > 0 {
		o.set("examples", examples)
	}
	return o
}

// id returns the $id of a file, "" where the source has no name.
func (doc *Document) id(file string) string {
	if doc.Name == "" {
		return ""
	}
	return idPrefix + doc.Name + "/" + file
}

// origin returns the contract's x-segproof: the one that the source carries, else one that
// names the source.
func (doc *Document) origin(d *Documented) *object {
	if v, err := parseJSON(d.Origin); err == nil {
		if carried, ok := v.(*object); ok {
			return carried
		}
	}
	ours := &object{}
	ours.set("source", doc.sourceOf(d))
	setText(ours, "owner", doc.Name)
	if d.Deprecated {
		ours.set("deprecated", json.RawMessage("true"))
	}
	return ours
}

// root returns the further keywords about the whole event. The common schema of a plan is
// the first of those that must hold all.
func (doc *Document) root(d *Documented) []Keyword {
	if doc.common == nil {
		return d.Root
	}
	all := []any{&object{[]pair{{"$ref", quoted(commonFile)}}}}
	var rest []Keyword
	for _, k := range d.Root {
		own, err := parseJSON(k.Value)
		if list, ok := own.([]any); k.Name == "allOf" && err == nil && ok {
			all = append(all, list...)
			continue
		}
		rest = append(rest, k)
	}
	return append(rest, Keyword{"allOf", compactJSON(all)})
}

func (doc *Document) titleOf(d *Documented) string {
	name := cmp.Or(d.Name, string(d.Type))
	if d.Title != "" || doc.Title == "" {
		return cmp.Or(d.Title, name)
	}
	return doc.Title + ": " + name
}

func setText(o *object, key, text string) {
	if text != "" {
		o.set(key, quoted(text))
	}
}

// sourceOf returns x-segproof.source: where the event was taken from, and the hash of what
// the source says about each of its properties, by which a later import tells what it
// wrote itself from what was added by hand.
func (doc *Document) sourceOf(d *Documented) *object {
	o := &object{}
	if d.Source.Inferred > 0 {
		o.set("traffic", quoted(doc.Page))
		o.set("events", json.RawMessage(strconv.Itoa(d.Source.Inferred)))
		o.set("inferred", json.RawMessage("true"))
		if rows := d.sampleRows(); len(rows.members) > 0 {
			o.set("rows", rows)
		}
		return o
	}
	setText(o, "page", doc.Page)
	setText(o, "plan", doc.Plan)
	if d.Source.Line > 0 {
		o.set("line", json.RawMessage(strconv.Itoa(d.Source.Line)))
	}
	setText(o, "sha256", d.Source.SHA256())
	rows := doc.rowsOf(d)
	if len(rows.members) > 0 {
		o.set("rows", rows)
	}
	return o
}

// eachRow calls f for the property and all below it, with their paths: "properties.sku",
// "properties.products[].sku".
func (p *Property) eachRow(path string, f func(path string, p *Property)) {
	f(path, p)
	for _, child := range p.Properties {
		child.eachRow(path+"."+child.Name, f)
	}
	if p.Items != nil {
		p.Items.eachRow(path+"[]", f)
	}
}

// rowHash is short: it need not withstand anybody.
func rowHash(row string) string {
	sum := sha256.Sum256([]byte(row))
	return hex.EncodeToString(sum[:4])
}

// identityOf returns the members that say which events the contract is for.
func identityOf(d *Documented) *object {
	o := &object{}
	o.set("type", constant(quoted(string(d.Type))))
	if key := d.Type.NameKey(); key != "" && d.Name != "" {
		o.set(key, constant(quoted(d.Name)))
	}
	if d.Version != "" {
		o.set("context", objectOf("protocols", objectOf("event_version", constant(d.versionText()))))
	}
	return o
}

func constant(value json.RawMessage) *object { return &object{[]pair{{"const", value}}} }

// objectOf returns the schema of an object with one member.
func objectOf(name string, schema *object) *object {
	return &object{[]pair{{"type", quoted("object")}, {"properties", &object{[]pair{{name, schema}}}}}}
}

// versionText returns the event's version as JSON: the number, if it is one.
func (d *Documented) versionText() json.RawMessage {
	version := d.Version
	if d.versionLiteral != nil {
		return d.versionLiteral
	}
	if strings.Trim(version, "-+.0123456789eE") == "" && json.Valid([]byte(version)) {
		return json.RawMessage(version)
	}
	return quoted(version)
}

// addField adds a documented member of the event. The version stands in the context
// already, which then gets what is documented beside it.
func addField(properties *object, p *Property) {
	schema := p.schema()
	have := properties.object(p.Name)
	switch {
	case have == nil:
		properties.set(p.Name, schema)
	case p.Name == "context":
		merged := schema.object("properties")
		if merged == nil {
			return
		}
		for _, m := range have.object("properties").members {
			if inner := merged.object(m.key).object("properties"); inner != nil {
				for _, version := range have.object("properties").object(m.key).object("properties").members {
					inner.set(version.key, version.value)
				}
				continue
			}
			merged.set(m.key, m.value)
		}
		properties.set(p.Name, schema)
	}
}

// schema returns the JSON Schema of a property.
func (p *Property) schema() *object {
	o := &object{}
	setText(o, "description", p.Description)
	switch len(p.Types) {
	case 0:
	case 1:
		o.set("type", quoted(p.Types[0]))
	default:
		o.set("type", quotedList(p.Types))
	}
	if len(p.Enum) > 0 {
		values := make([]any, len(p.Enum))
		for i, v := range p.Enum {
			values[i] = v
		}
		o.set("enum", values)
	}
	if p.Format == FormatISO8601 {
		// No format of JSON Schema is both. Of values that are no text neither says anything.
		o.set("anyOf", []any{format("date"), format("date-time")})
	} else {
		setText(o, "format", p.Format)
	}
	if p.Items != nil {
		o.set("items", p.Items.schema())
	}
	if len(p.Properties) > 0 {
		members := &object{}
		var required []string
		for _, child := range p.Properties {
			members.set(child.Name, child.schema())
			if child.needed() {
				required = append(required, child.Name)
			}
		}
		o.set("properties", members)
		if len(required) > 0 {
			o.set("required", quotedList(required))
		}
	}
	for _, k := range p.Keywords {
		o.set(k.Name, valueOf(k.Value))
	}
	return o
}

func format(name string) *object { return &object{[]pair{{"format", quoted(name)}}} }

// needed reports whether the contract requires the property: the source says so, or it
// is the unspoken parent of one that is.
func (p *Property) needed() bool {
	return p.Need == Required || p.Row == "" && p.Need == Unsaid && slices.ContainsFunc(p.Properties, (*Property).needed)
}

// Bounds of file names, in bytes: what is longer is cut, and gets a hash. A case's file has
// the names of the event, its version and a property in one, and 255 bytes at most.
const (
	maxNameBytes    = 80 // of an event or a property
	maxVersionBytes = 24
	maxNameInID     = 140 // with .json
)

// cutName returns a name of at most limit bytes, and a hash of what it stands for if it
// was longer, or empty: it tells the name from others that begin so.
func cutName(name, whole string, limit int) string {
	if name != "" && len(name) <= limit {
		return name
	}
	name = strings.ToValidUTF8(name[:min(len(name), limit)], "") + "-" + rowHash(whole)
	return strings.TrimLeft(name, "-")
}

// deviceNames are those that Windows takes for devices, with any extension.
//
// Source: learn.microsoft.com/windows/win32/fileio/naming-a-file
func deviceNames() []string {
	names := []string{"con", "prn", "aux", "nul"}
	for n := '1'; n <= '9'; n++ {
		names = append(names, "com"+string(n), "lpt"+string(n))
	}
	return names
}

// isDevice reports whether Windows takes a file of that name, in lower case, for a device.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	return slices.Contains(deviceNames(), stem)
}

// fileName returns the name of an event's contract file, in lower case and without
// anything that a file system or a shell might mind: "order_completed.json",
// "tutorial.view.json", "order_completed.v2.json", "identify.json".
func fileName(d *Documented) string {
	var b strings.Builder
	for _, r := range strings.ToLower(cmp.Or(d.Name, string(d.Type))) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-.", r):
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := cutName(strings.Trim(b.String(), "._-"), d.Name, maxNameBytes)
	if isDevice(name) {
		stem, _, _ := strings.Cut(name, ".")
		name = stem + "-" + rowHash(d.Name) + name[len(stem):]
	}
	if d.Version != "" {
		name += ".v" + cutName(strings.Trim(strings.Map(fileRune, d.Version), "._"), d.Version, maxVersionBytes)
	}
	return name + ".json"
}

func fileRune(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' {
		return r
	}
	return '_'
}

// nameInID returns the file's name that the contract's $id says, if it is such a name as
// fileName makes: a contract that comes back from a plan finds its place again.
func nameInID(d *Documented) string {
	name := path.Base(d.ID)
	plain := strings.ToLower(strings.TrimFunc(name, func(r rune) bool { return fileRune(r) == r || r == '-' }))
	if d.ID == "" || plain != "" || path.Ext(name) != ".json" || strings.ContainsAny(name[:1], "._") || len(name) > maxNameInID || isDevice(strings.ToLower(name)) {
		return ""
	}
	return strings.ToLower(name)
}

// freeName returns the name of the event's file, or one beside it that is not taken.
func freeName(d *Documented, taken map[string]bool) string {
	name := cmp.Or(nameInID(d), fileName(d))
	for n := 2; taken[name]; n++ {
		stem := strings.TrimSuffix(fileName(d), ".json")
		name = fmt.Sprintf("%s-%d.json", stem, n)
	}
	taken[name] = true
	return name
}
