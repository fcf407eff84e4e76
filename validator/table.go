package validator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"

	"segproof/event"
	"segproof/finding"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Table is a catalog as data, for judging in another language: every "$ref" is resolved,
// every draft's peculiarities are gone, and what is asked of a value stands in one node.
type Table struct {
	Nodes     []Node             `json:"nodes"`
	Contracts []TableContract    `json:"contracts"` // in the order of [Catalog.Contracts]: of one event, the oldest version first
	Spec      map[event.Type]int `json:"spec"`      // node of the Segment Spec's schema, by call type

	// Planned holds the call types that the catalog has any contract for.
	Planned []event.Type `json:"planned"`

	// Reserved holds, by call type, the names in properties that nobody has to plan.
	Reserved map[event.Type][]string `json:"reserved"`

	// Severities holds the severity of each rule about events that is not an error.
	Severities map[string]string `json:"severities"`
}

// TableContract is one contract of a Table.
type TableContract struct {
	Type    event.Type `json:"type"`
	Name    string     `json:"name"`    // "" where the type has none
	Version string     `json:"version"` // "" if it names none
	Number  string     `json:"number"`  // Version by value, if it is a number in the contract, as digits and exponent: "2e0"; "" if it is not
	Schema  int        `json:"schema"`  // its node
}

// Node is what one schema asks for. A member that is nil asks for nothing; nodes are
// referred to by their index. The names are short, because every event carries all.
type Node struct {
	Where string `json:"-"` // FILE:LINE of the schema

	Always *bool  `json:"a,omitempty"` // the schema true or false
	Ref    *int   `json:"ref,omitempty"`
	Not    *int   `json:"not,omitempty"`
	AllOf  []int  `json:"all,omitempty"`
	AnyOf  []int  `json:"any,omitempty"`
	OneOf  []int  `json:"one,omitempty"`
	If     *int   `json:"if,omitempty"`
	Then   *int   `json:"th,omitempty"`
	Else   *int   `json:"el,omitempty"`
	Format string `json:"f,omitempty"` // that is asserted

	Types []string          `json:"t,omitempty"`
	Const []json.RawMessage `json:"k,omitempty"` // one
	Enum  []json.RawMessage `json:"e,omitempty"`

	MinProperties         *int                       `json:"np,omitempty"`
	MaxProperties         *int                       `json:"xp,omitempty"`
	Required              []string                   `json:"r,omitempty"`
	Properties            map[string]int             `json:"p,omitempty"`
	PropertyNames         *int                       `json:"pn,omitempty"`
	PatternProperties     []NodePattern              `json:"pp,omitempty"` // by pattern
	AdditionalProperties  json.RawMessage            `json:"ap,omitempty"` // a boolean or a node
	Dependencies          map[string]json.RawMessage `json:"d,omitempty"`  // a node or names each
	DependentRequired     map[string][]string        `json:"dr,omitempty"`
	DependentSchemas      map[string]int             `json:"ds,omitempty"`
	UnevaluatedProperties *int                       `json:"up,omitempty"`

	MinItems         *int            `json:"ni,omitempty"`
	MaxItems         *int            `json:"xi,omitempty"`
	UniqueItems      bool            `json:"u,omitempty"`
	Items            json.RawMessage `json:"i,omitempty"`  // a node, or nodes of the first items
	AdditionalItems  json.RawMessage `json:"ai,omitempty"` // a boolean or a node
	PrefixItems      []int           `json:"pi,omitempty"`
	Items2020        *int            `json:"i2,omitempty"`
	Contains         *int            `json:"c,omitempty"`
	ContainsEval     bool            `json:"ce,omitempty"` // what Contains fits counts as evaluated
	MinContains      *int            `json:"nc,omitempty"`
	MaxContains      *int            `json:"xc,omitempty"`
	UnevaluatedItems *int            `json:"ui,omitempty"`

	MinLength        *int   `json:"nl,omitempty"` // in characters
	MaxLength        *int   `json:"xl,omitempty"`
	Pattern          string `json:"re,omitempty"` // as Go has it
	ContentEncoding  string `json:"en,omitempty"` // that is asserted
	ContentMediaType string `json:"mt,omitempty"`

	Minimum          string `json:"mn,omitempty"` // decimals
	ExclusiveMinimum string `json:"xn,omitempty"`
	Maximum          string `json:"mx,omitempty"`
	ExclusiveMaximum string `json:"xx,omitempty"`
	MultipleOf       string `json:"mo,omitempty"`
}

// NodePattern is a pattern of names and the node of their values.
type NodePattern struct {
	Pattern string // as Go has it
	Node    int
}

// MarshalJSON writes the pattern and the node as an array.
func (p NodePattern) MarshalJSON() ([]byte, error) { return json.Marshal([]any{p.Pattern, p.Node}) }

// Table returns the catalog as data, with those of its contracts that keep accepts; nil
// accepts all. An error names the place of what a table cannot say:
// "$dynamicRef" and "$recursiveRef", whose meaning depends on the way that led there.
func (c *Catalog) Table(keep func(*Contract) bool) (*Table, error) {
	b := tableBuilder{cat: c, index: map[*jsonschema.Schema]int{}, begun: map[*jsonschema.Schema]bool{}, equal: map[string]int{}, table: &Table{
		Spec: map[event.Type]int{}, Reserved: map[event.Type][]string{}, Severities: map[string]string{},
	}}
	for _, t := range event.Types() {
		if len(c.names[t]) > 0 {
			b.table.Planned = append(b.table.Planned, t)
		}
	}
	for _, contract := range c.contracts {
		if keep != nil && !keep(contract) {
			continue
		}
		b.contract = contract
		b.table.Contracts = append(b.table.Contracts, TableContract{contract.Type, contract.Name, contract.Version, contract.number, *b.node(contract.schema)})
	}
	for _, t := range slices.Sorted(maps.Keys(c.spec)) {
		b.contract = c.spec[t]
		b.table.Spec[t] = *b.node(c.spec[t].schema)
	}
	for t, names := range c.reserved {
		b.table.Reserved[t] = sortedKeys(names)
	}
	for _, r := range Rules() {
		if r.Severity != finding.Error {
			b.table.Severities[r.ID] = r.Severity.String()
		}
	}
	return b.table, b.err
}

// tableBuilder fills a Table. Contracts repeat what they ask for, and equal nodes are one;
// those that a reference leads back to before they are complete are not looked at for that.
type tableBuilder struct {
	cat      *Catalog
	contract *Contract // whose schemas are looked at
	index    map[*jsonschema.Schema]int
	begun    map[*jsonschema.Schema]bool // on the way to the schema that is looked at
	equal    map[string]int              // nodes by what they say
	where    string                      // place of the contract that was looked at last: other documents have none
	table    *Table
	err      error
}

// node returns the index of a schema's node; nil for nil.
func (b *tableBuilder) node(s *jsonschema.Schema) *int {
	if s == nil {
		return nil
	}
	i, ok := b.index[s]
	switch {
	case ok:
	case b.begun[s]: // a reference leads back: the node needs its place now
		i = b.add(s, Node{})
	default:
		b.begun[s] = true
		n := b.filled(s)
		text, err := json.Marshal(n)
		if err != nil {
			panic(err) // it was made of JSON
		}
		if i, ok = b.index[s]; ok {
			b.table.Nodes[i] = n
		} else if i, ok = b.equal[string(text)]; ok {
			b.index[s] = i
		} else {
			i = b.add(s, n)
			b.equal[string(text)] = i
		}
	}
	return &i
}

// add gives a schema a node of its own.
func (b *tableBuilder) add(s *jsonschema.Schema, n Node) int {
	i := len(b.table.Nodes)
	b.index[s] = i
	b.table.Nodes = append(b.table.Nodes, n)
	return i
}

// filled returns what a schema asks for.
func (b *tableBuilder) filled(s *jsonschema.Schema) Node {
	before := b.where
	defer func() { b.where = before }()
	b.where = cmp.Or(b.cat.where(b.contract, s.Location), b.where)
	n := Node{Where: b.where, Always: s.Always}
	if s.DynamicRef != nil || s.RecursiveRef != nil {
		b.err = cmp.Or(b.err, fmt.Errorf("%s: a $dynamicRef or $recursiveRef cannot be written down as data", n.Where))
	}
	b.common(s, &n)
	b.object(s, &n)
	b.array(s, &n)
	n.MinLength, n.MaxLength = bound(s.MinLength), bound(s.MaxLength)
	if s.Pattern != nil {
		n.Pattern = s.Pattern.String()
	}
	if asserted := s.Draft == nil || s.Draft == jsonschema.Draft7; asserted {
		// As the library has it: from 2019 on, content is an annotation.
		if jsonschema.Decoders[s.ContentEncoding] != nil {
			n.ContentEncoding = s.ContentEncoding
		}
		if jsonschema.MediaTypes[s.ContentMediaType] != nil {
			n.ContentMediaType = s.ContentMediaType
		}
	}
	n.Minimum, n.ExclusiveMinimum = decimalOf(s.Minimum), decimalOf(s.ExclusiveMinimum)
	n.Maximum, n.ExclusiveMaximum = decimalOf(s.Maximum), decimalOf(s.ExclusiveMaximum)
	n.MultipleOf = decimalOf(s.MultipleOf)
	return n
}

func (b *tableBuilder) common(s *jsonschema.Schema, n *Node) {
	n.Ref, n.Not, n.If, n.Then, n.Else = b.node(s.Ref), b.node(s.Not), b.node(s.If), b.node(s.Then), b.node(s.Else)
	n.AllOf, n.AnyOf, n.OneOf = b.nodes(s.AllOf), b.nodes(s.AnyOf), b.nodes(s.OneOf)
	n.Types = s.Types
	if jsonschema.Formats[s.Format] != nil {
		n.Format = s.Format
	}
	n.Const, n.Enum = texts(s.Constant), texts(s.Enum)
}

func (b *tableBuilder) object(s *jsonschema.Schema, n *Node) {
	n.MinProperties, n.MaxProperties, n.Required = bound(s.MinProperties), bound(s.MaxProperties), s.Required
	n.Properties, n.DependentSchemas = b.named(s.Properties), b.named(s.DependentSchemas)
	n.PropertyNames, n.UnevaluatedProperties = b.node(s.PropertyNames), b.node(s.UnevaluatedProperties)
	for _, p := range slices.SortedFunc(maps.Keys(s.PatternProperties), func(a, b *regexp.Regexp) int { return cmp.Compare(a.String(), b.String()) }) {
		n.PatternProperties = append(n.PatternProperties, NodePattern{p.String(), *b.node(s.PatternProperties[p])})
	}
	n.AdditionalProperties = b.either(s.AdditionalProperties)
	n.DependentRequired = s.DependentRequired
	for _, name := range sortedKeys(s.Dependencies) {
		if n.Dependencies == nil {
			n.Dependencies = map[string]json.RawMessage{}
		}
		n.Dependencies[name] = b.either(s.Dependencies[name])
	}
}

func (b *tableBuilder) array(s *jsonschema.Schema, n *Node) {
	n.MinItems, n.MaxItems, n.UniqueItems = bound(s.MinItems), bound(s.MaxItems), s.UniqueItems
	n.Items, n.AdditionalItems = b.either(s.Items), b.either(s.AdditionalItems)
	n.PrefixItems, n.Items2020 = b.nodes(s.PrefixItems), b.node(s.Items2020)
	n.UnevaluatedItems = b.node(s.UnevaluatedItems)
	if n.Contains = b.node(s.Contains); n.Contains != nil {
		n.ContainsEval, n.MinContains, n.MaxContains = s.ContainsEval, bound(s.MinContains), bound(s.MaxContains)
	}
}

func (b *tableBuilder) nodes(schemas []*jsonschema.Schema) []int {
	var all []int
	for _, s := range schemas {
		all = append(all, *b.node(s))
	}
	return all
}

func (b *tableBuilder) named(schemas map[string]*jsonschema.Schema) map[string]int {
	if len(schemas) == 0 {
		return nil
	}
	all := map[string]int{}
	for _, name := range sortedKeys(schemas) { // the same indexes each time
		all[name] = *b.node(schemas[name])
	}
	return all
}

// either writes what the library keeps in one field: a boolean, names, a schema or
// several.
func (b *tableBuilder) either(v any) json.RawMessage {
	switch s := v.(type) {
	case nil:
		return nil
	case *jsonschema.Schema:
		v = *b.node(s)
	case []*jsonschema.Schema:
		v = append([]int{}, b.nodes(s)...)
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a boolean, names or numbers
	}
	return text
}

// bound is a number that the library has as -1 if there is none.
func bound(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

// decimalOf writes a number of a contract, which a decimal can always say.
func decimalOf(r *big.Rat) string {
	if r == nil {
		return ""
	}
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

// texts writes values of a contract as JSON.
func texts(values []any) []json.RawMessage {
	var all []json.RawMessage
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // it was decoded from JSON
		}
		all = append(all, text)
	}
	return all
}
