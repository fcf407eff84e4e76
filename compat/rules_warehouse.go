package compat

// warehouseRules are the rules about the tables behind the events. What they say of
// Segment is from segment.com/docs/connections/storage/warehouses/schema/ unless another
// source stands there.
func warehouseRules() []rule {
	all := append(columnRules(), tableRules()...)
	for i := range all {
		all[i].decided, all[i].producer = true, safe
	}
	return all
}

// The facts that several rules rest on, with their source.
const (
	factTypes  = " Segment fixes the type of a column by the first value; another type is a request to its support, and a table to fill again. Source: segment.com/docs/connections/storage/warehouses/schema/ (Data Types)."
	factNested = " Nested objects are flattened, lists become text. Source: segment.com/docs/connections/storage/warehouses/schema/ (nested objects and arrays)."
	factNames  = " Names become snake case. Source: segment.com/docs/connections/storage/warehouses/schema/."
)

// columnRules are the rules about the values of a column.
func columnRules() []rule {
	const num, whole, text = `{"type":"number"}`, `{"type":"integer"}`, `{"type":"string"}`
	return []rule{
		{id: "warehouse-column-type-changed", consumer: breaking, mirror: "warehouse-column-type-changed",
			title: "a column gets another type", why: "Values that cannot be cast are dropped." + factTypes,
			hit: props(num, `{"type":"boolean"}`), near: props(text, `{"type":"string","minLength":0}`)},
		{id: "warehouse-integer-to-float", consumer: breaking, mirror: "warehouse-float-to-integer",
			title: "an integer column gets fractions", why: "A column that is there stays integer, so that the fractions are lost." + factTypes,
			hit: props(whole, num), near: props(num, `{"type":["number","integer"]}`)},
		{id: "warehouse-float-to-integer", consumer: safe, mirror: "warehouse-integer-to-float",
			title: "a float column gets integers only", why: "A column that is there stays float; in a new table it is integer." + factTypes,
			hit: props(num, whole), near: props(whole, `{"type":["integer"]}`)},
		{id: "warehouse-varchar-to-typed", consumer: risky, mirror: "warehouse-column-type-changed",
			title: "a text column gets values of another type", why: "A column that is there stays varchar, in a new table it has the other type: sources and stages go apart." + factTypes,
			hit: props(text, whole), near: props(`{"type":["string","null"]}`, text)},
		{id: "warehouse-column-type-ambiguous", consumer: risky, mirror: "type-narrowed",
			title: "a column may have one of several types", why: "Which one, the first value decides." + factTypes,
			hit: props(whole, `{"type":["integer","string"]}`), near: props(`{"type":["integer","null"]}`, whole)},
	}
}

// tableRules are the rules about the names of columns and tables, and what does not fit.
func tableRules() []rule {
	const whole, text = `{"type":"integer"}`, `{"type":"string"}`
	return []rule{
		{id: "warehouse-column-collision", consumer: breaking, mirror: "property-removed-optional",
			title: "two properties become one column", why: "Each overwrites the other." + factNames,
			hit:  pair{`{"properties":{"tutorialId":{}}}`, `{"properties":{"tutorialId":{},"tutorial_id":{}}}`},
			near: pair{`{"properties":{"tutorialId":{}}}`, `{"properties":{"tutorialId":{},"tutorialid":{}}}`}},
		{id: "warehouse-column-kept", consumer: safe, mirror: "warehouse-column-kept",
			title: "a property is renamed and its column stays", why: "Senders must change, the warehouse need not." + factNames,
			hit:  pair{`{"properties":{"tutorialId":{}}}`, `{"properties":{"tutorial_id":{}}}`},
			near: pair{`{"properties":{"tutorialId":{}}}`, `{"properties":{"tutorialid":{}}}`}},
		{id: "warehouse-column-split", consumer: risky, mirror: "warehouse-column-split",
			title: "a property is spelt with other capitals and gets another column", why: "The values before are in one column, those after in another." + factNames,
			hit:  pair{`{"properties":{"sampleText":{}}}`, `{"properties":{"sampletext":{}}}`},
			near: pair{`{"properties":{"sampleText":{}}}`, `{"properties":{"SampleText":{}}}`}},
		{id: "warehouse-table-collision", consumer: breaking, decided: true, mirror: "event-removed",
			title: "two events share one table", why: "Each event has a table of its name, and these two names become one." + factNames,
			hit:  pair{contractOf("A b", ""), contractOf("A b", "") + "\n" + contractOf("a_b", "")},
			near: pair{contractOf("A b", ""), contractOf("A b", "") + "\n" + contractOf("ab", "")}},
		{id: "warehouse-reserved-column", consumer: breaking, mirror: "warehouse-column-orphaned",
			title: "a property has the name of a column that every table has", why: "Segment discards the property. Source: segment.com/docs/connections/storage/warehouses/schema/ (the note on reserved column names); the Redshift page says that it likely will not appear (.../redshift-faq/).",
			hit:  pair{`{"properties":{}}`, `{"properties":{"userId":{}}}`},
			near: pair{`{"properties":{}}`, `{"properties":{"userRef":{}}}`}},
		{id: "warehouse-object-to-scalar", consumer: breaking, mirror: "warehouse-scalar-to-object",
			title: "an object becomes a single value", why: "The columns of its members stay and are NULL, and a new one appears." + factNested,
			hit: props(`{"properties":{"b":{}}}`, text), near: props(`{"type":"object","properties":{"b":{}}}`, `{"properties":{"b":{}},"type":"object"}`)},
		{id: "warehouse-scalar-to-object", consumer: breaking, mirror: "warehouse-object-to-scalar",
			title: "a single value becomes an object", why: "Its column stays and is NULL, and its members get columns." + factNested,
			hit: props(text, `{"properties":{"b":{}}}`), near: props(`{"type":"object","properties":{"b":{}}}`, `{"properties":{"b":{}},"type":"object"}`)},
		{id: "warehouse-array-stringified", consumer: breaking, mirror: "warehouse-array-stringified",
			title: "a single value becomes a list, or a list a single value", why: "A list is stored as JSON in a text column." + factNested + factTypes,
			hit: props(whole, `{"type":"array"}`), near: props(`{"type":"array"}`, `{"type":"array","minItems":0}`)},
		{id: "warehouse-string-truncated", consumer: risky, mirror: "max-length-lowered",
			title: "strings may be longer than a column", why: "Segment cuts strings off at 512 characters. Source: segment.com/docs/connections/storage/warehouses/schema/ (Column Sizing).",
			hit: props(`{"type":"string","maxLength":500}`, `{"type":"string","maxLength":600}`), near: props(`{"type":"string","maxLength":500}`, `{"type":"string","maxLength":512}`)},
		{id: "warehouse-integer-overflow", consumer: risky, mirror: "maximum-lowered", warehouse: Redshift,
			title: "integers may be larger than a column", why: "An integer column of Redshift, BigQuery or Postgres holds 64 bits. Only with --warehouse. Sources: docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html, cloud.google.com/bigquery/docs/reference/standard-sql/data-types#integer_types, postgresql.org/docs/current/datatype-numeric.html.",
			hit:  props(`{"type":"integer","maximum":9}`, `{"type":"integer","maximum":9223372036854775808}`),
			near: props(`{"type":"integer","maximum":9}`, `{"type":"integer","maximum":9223372036854775807}`)},
		{id: "warehouse-column-orphaned", consumer: risky, mirror: "property-added-optional",
			title: "a column gets no values any more", why: "Segment removes no column. Queries go on and find NULL.",
			hit: pair{`{"properties":{"a":{},"b":{}}}`, `{"properties":{"a":{}}}`}, near: pair{`{"properties":{"a":{},"sampleText":{}}}`, `{"properties":{"a":{},"sample_text":{}}}`}},
		{id: "warehouse-identifier-invalid", consumer: breaking, mirror: "warehouse-column-orphaned", warehouse: Postgres,
			title: "a property's name makes no column", why: "Only ASCII letters and digits come through; a digit cannot begin a name on Redshift; each warehouse has a longest name (--warehouse). Sources: segment.com/docs/connections/storage/warehouses/schema/, docs.aws.amazon.com/redshift/latest/dg/r_names.html, cloud.google.com/bigquery/docs/schemas#column_names, docs.snowflake.com/en/sql-reference/identifiers-syntax, postgresql.org/docs/current/limits.html.",
			hit:  pair{`{"properties":{}}`, `{"properties":{"•¶§":{}}}`},
			near: pair{`{"properties":{}}`, `{"properties":{"•a§":{}}}`}},
	}
}
