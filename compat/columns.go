package compat

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/validator"
)

// Warehouse says whose tables the columns are judged for.
type Warehouse string

// The warehouses. "" is [Generic]. What Segment does itself, names and types of columns,
// is the same in all of them; the limits are each vendor's own.
const (
	None      Warehouse = "none"    // no columns are judged
	Generic   Warehouse = "generic" // what Segment does, without any vendor's limit
	Redshift  Warehouse = "segment-redshift"
	BigQuery  Warehouse = "segment-bigquery"
	Snowflake Warehouse = "segment-snowflake"
	Postgres  Warehouse = "segment-postgres"
)

// profile is what is particular to one warehouse.
type profile struct {
	name     Warehouse
	nameMax  int      // bytes of a column's name; 0: no limit is known
	digit    string   // what becomes of a name that begins with a digit; "": it stays
	bigint   bool     // an integer column holds 64 bits
	reserved []string // columns of its own, beyond those of all
	source   string
}

// profiles is the table of warehouses.
func profiles() []profile {
	return []profile{
		{name: None},
		{name: Generic},
		{name: Redshift, nameMax: 127, digit: `it gets a "_" before it`, bigint: true,
			source: "docs.aws.amazon.com/redshift/latest/dg/r_names.html (127 bytes), .../r_Numeric_types201.html (BIGINT); segment.com/docs/connections/storage/warehouses/redshift-faq/"},
		{name: BigQuery, nameMax: 300, bigint: true, reserved: []string{"loaded_at"},
			source: "cloud.google.com/bigquery/docs/schemas#column_names (300 characters), .../reference/standard-sql/data-types#integer_types (INT64); segment.com/docs/connections/storage/warehouses/schema/ (loaded_at)"},
		{name: Snowflake, nameMax: 255,
			source: "docs.snowflake.com/en/sql-reference/identifiers-syntax (255 characters)"},
		{name: Postgres, nameMax: 63, bigint: true,
			source: "postgresql.org/docs/current/limits.html (63 bytes), .../datatype-numeric.html (bigint)"},
	}
}

// ParseWarehouse reads a Warehouse; the error names the ones there are.
func ParseWarehouse(s string) (Warehouse, error) {
	var names []string
	for _, p := range profiles() {
		if string(p.name) == s {
			return p.name, nil
		}
		names = append(names, string(p.name))
	}
	last := len(names) - 1
	return "", fmt.Errorf("warehouse %q: want %s or %s", s, strings.Join(names[:last], ", "), names[last])
}

// profile returns what is particular to the warehouse.
func (w Warehouse) profile() profile {
	for _, p := range profiles() {
		if p.name == w {
			return p
		}
	}
	return profile{name: Generic}
}

// maxVarchar is how many characters of a string Segment keeps in a column; a longer one
// is cut off there.
//
// Source: segment.com/docs/connections/storage/warehouses/schema/ (Column Sizing)
const maxVarchar = 512

// reservedIn returns the columns that every table of the call type has already. Segment
// discards a property or trait of such a name.
//
// Source: segment.com/docs/connections/storage/warehouses/schema/ (the tables, the
// timestamps, uuid, and the note on reserved column names)
func (p profile) reservedIn(t event.Type) []string {
	names := []string{"id", "user_id", "anonymous_id", "received_at", "sent_at", "timestamp", "original_timestamp", "uuid", "uuid_ts"}
	switch t {
	case event.Track:
		names = append(names, "event", "event_text")
	case event.Group:
		names = append(names, "group_id")
	}
	return append(names, p.reserved...)
}

// The types of columns, and what a contract can say that is none.
//
// Source: segment.com/docs/connections/storage/warehouses/schema/ (Data Types)
const (
	colTimestamp = "timestamp"
	colInteger   = "integer"
	colFloat     = "float"
	colBoolean   = "boolean"
	colVarchar   = "varchar"
	colArray     = "varchar of JSON" // a list is made a text
	colObject    = "object"          // its members are columns
	colMixed     = "mixed"           // the first value decides
	colUnknown   = ""
)

// column is one column that a contract describes.
type column struct {
	name    string
	path    string // of the property: "address.street"
	pointer string // into the event
	kind    string
	of      string // of colMixed: the types
	part    validator.Part
	longest *big.Rat // maxLength; nil: no limit
	highest *big.Rat // maximum; nil: no limit
}

// table is the columns that a contract describes, and the objects in between. A name may
// hold a dot, so that pointers tell properties apart, and paths do not.
type table struct {
	columns []column          // in the order of their pointers
	objects map[string]column // by pointer
	cut     string            // why there are more columns than these; "" if there are not
	ctx     context.Context
	path    map[string]bool // the schemas of the objects around the one that is looked at
}

// maxColumns is how many columns and objects of one contract are looked at; no warehouse
// has so many.
const maxColumns = 10_000

// tableOf derives the columns of a contract as Segment does: nested objects are flattened,
// lists become text.
//
// Source: segment.com/docs/connections/storage/warehouses/schema/ (nested objects and
// arrays)
func tableOf(ctx context.Context, c *validator.Contract) table {
	t := table{objects: map[string]column{}, ctx: ctx, path: map[string]bool{}}
	if body := c.Type.BodyKey(); body != "" {
		for _, part := range described(c.Whole(), body) {
			t.object(part, column{pointer: "/" + body}, 0)
		}
	}
	slices.SortFunc(t.columns, func(a, b column) int { return strings.Compare(a.pointer, b.pointer) })
	return t
}

// described returns the schemas of a member, as "properties" gives them here and in every
// branch of "allOf".
func described(p validator.Part, name string) []validator.Part {
	var found []validator.Part
	for _, part := range together(p, 0) {
		schema, _ := keywords(part)
		if _, ok := object(schema, "properties")[name]; ok {
			found = append(found, part.In("properties", name))
		}
	}
	return found
}

// together returns a schema and those that judge the same value always, each once.
func together(p validator.Part, depth int) []validator.Part {
	var all []validator.Part
	seen := map[string]bool{}
	var add func(validator.Part, int)
	add = func(p validator.Part, depth int) {
		p = resolve(p)
		if seen[whereOf(p)] {
			return
		}
		seen[whereOf(p)] = true
		all = append(all, p)
		schema, _ := keywords(p)
		branches, _ := schema["allOf"].([]any)
		for i := range branches {
			if depth < event.MaxDepth {
				add(p.In("allOf", strconv.Itoa(i)), depth+1)
			}
		}
	}
	add(p, depth)
	return all
}

// whereOf tells schemas apart.
func whereOf(p validator.Part) string { return p.URL() + "#" + p.Pointer() }

// object adds the columns of an object's members. A schema that comes again in itself has
// no end of columns: the first round counts.
func (t *table) object(p validator.Part, within column, depth int) {
	where := whereOf(resolve(p))
	if t.path[where] {
		t.cut = fmt.Sprintf("%q holds itself; the columns of its inner ones are not looked at", within.path)
		return
	}
	t.path[where] = true
	defer delete(t.path, where)
	for _, part := range together(p, depth) {
		schema, _ := keywords(part)
		for _, name := range bothNames(object(schema, "properties"), nil) {
			if len(t.columns)+len(t.objects) >= maxColumns || depth >= event.MaxDepth || t.ctx.Err() != nil {
				t.cut = fmt.Sprintf("it has more columns than are looked at; %d are", len(t.columns))
				return
			}
			c := column{name: validator.Column(name), path: name, pointer: join(within.pointer, name), part: part.In("properties", name)}
			if within.path != "" {
				c.name, c.path = within.name+"_"+c.name, within.path+"."+name
			}
			t.add(c, depth)
		}
	}
}

// add adds a column, or the columns of an object.
func (t *table) add(c column, depth int) {
	for _, part := range together(c.part, depth) {
		schema, _ := keywords(part)
		if kind, of := columnType(schema); kind != colUnknown {
			c.kind, c.of = kind, of
		}
		if n, ok := rational(schema["maxLength"]); ok {
			c.longest = n
		}
		if n, ok := rational(schema["maximum"]); ok {
			c.highest = n
		}
		if object(schema, "properties") != nil {
			c.kind = colObject
		}
	}
	if c.kind == colObject {
		t.objects[c.pointer] = c
		t.object(c.part, c, depth+1)
		return
	}
	t.columns = append(t.columns, c)
}

// columnType returns the type of the column that the values of a schema get, as far as
// the schema itself says. Of several types the first value decides.
func columnType(schema map[string]any) (kind, of string) {
	types := map[string]bool{}
	for _, t := range valueTypes(schema) {
		switch {
		case t == "string" && schema["format"] == "date-time":
			types[colTimestamp] = true
		default:
			types[map[string]string{"string": colVarchar, "integer": colInteger, "number": colFloat, "boolean": colBoolean, "array": colArray, "object": colObject}[t]] = true
		}
	}
	delete(types, "")
	var names []string
	for _, name := range []string{colTimestamp, colInteger, colFloat, colBoolean, colVarchar, colArray, colObject} {
		if types[name] {
			names = append(names, name)
		}
	}
	switch len(names) {
	case 0:
		return colUnknown, ""
	case 1:
		return names[0], names[0]
	}
	return colMixed, strings.Join(names, " or ")
}

// valueTypes returns the types that a schema names, or those of the values that it lists.
func valueTypes(schema map[string]any) []string {
	if schema["type"] != nil {
		types, _ := typesOf(schema)
		return types
	}
	var types []string
	values, _ := allowed(schema)
	for _, v := range values {
		switch v := v.(type) {
		case string:
			types = append(types, "string")
		case bool:
			types = append(types, "boolean")
		case []any:
			types = append(types, "array")
		case map[string]any:
			types = append(types, "object")
		case nil:
		default:
			t := "number"
			if n, ok := rational(v); ok && n.IsInt() {
				t = "integer"
			}
			types = append(types, t)
		}
	}
	return types
}
