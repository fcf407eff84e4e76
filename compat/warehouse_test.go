package compat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/compat"
)

// Columns are judged as Segment derives them, and what stood before is not told again.
func TestColumns(t *testing.T) {
	for _, tt := range []struct {
		name, prev, next string
		warehouse        compat.Warehouse
		want             []string
	}{
		{name: "nested objects are flattened", prev: `{"properties":{"address_street":{"type":"string"}}}`,
			next: `{"properties":{"address_street":{"type":"string"},"address":{"properties":{"street":{"type":"string"}}}}}`,
			want: []string{`/properties/address_street: "address.street" and "address_street" both become the column "address_street" (warehouse-column-collision)`}},
		{name: "a name with a dot is no path", prev: `{"properties":{"a.b":{"type":"string"},"a":{"properties":{"b":{"type":"integer"}}}}}`,
			next: `{"properties":{"a.b":{"type":"string"},"a":{"properties":{"b":{"type":"integer"}}}},"title":"x"}`},
		{name: "a format makes a timestamp", prev: `{"properties":{"at":{"type":"string","format":"date-time"}}}`, next: `{"properties":{"at":{"type":"string"}}}`,
			want: []string{`/properties/at: the column "at" was timestamp and is varchar: values that cannot be cast are dropped (warehouse-column-type-changed)`}},
		{name: "the values tell the type", prev: `{"properties":{"a":{"enum":[1,2]}}}`, next: `{"properties":{"a":{"enum":[1,2.5]}}}`,
			want: []string{`/properties/a: the column "a" is integer or float: the first value decides (warehouse-column-type-ambiguous)`}},
		{name: "a part of allOf", prev: `{"allOf":[{"properties":{"a":{"type":"integer"}}}]}`, next: `{"allOf":[{"properties":{"a":{"type":"number"}}}]}`,
			want: []string{`/properties/a: the column "a" was integer and is float: a table that is there stays integer, and the fractions are lost (warehouse-integer-to-float)`}},
		{name: "what Segment discards already", prev: `{"properties":{"userId":{"type":"string"}}}`, next: `{"properties":{"userId":{"type":"string"}},"title":"x"}`},
		{name: "a column of BigQuery's own", prev: `{"properties":{}}`, next: `{"properties":{"loadedAt":{"type":"string"}}}`, warehouse: compat.BigQuery,
			want: []string{`/properties/loadedAt: "loadedAt" becomes the column "loaded_at", which every table has already: Segment discards the property (warehouse-reserved-column)`}},
		{name: "it is none elsewhere", prev: `{"properties":{}}`, next: `{"properties":{"loadedAt":{"type":"string"}}}`, warehouse: compat.Postgres},
		{name: "a digit on Redshift", prev: `{"properties":{}}`, next: `{"properties":{"2fa":{"type":"string"}}}`, warehouse: compat.Redshift,
			want: []string{`/properties/2fa: the column "2fa" begins with a digit: it gets a "_" before it (warehouse-identifier-invalid)`}},
		{name: "a long name on Postgres", prev: `{"properties":{}}`, next: `{"properties":{"` + strings.Repeat("x", 64) + `":{"type":"string"}}}`, warehouse: compat.Postgres,
			want: []string{`/properties/` + strings.Repeat("x", 64) + `: the column "` + strings.Repeat("x", 64) + `" has 64 characters, want at most 63 (segment-postgres) (warehouse-identifier-invalid)`}},
		{name: "an object that holds itself twice", prev: `{"properties":{"n":{"type":"integer"},"tree":{"properties":{"l":{"$ref":"#/properties/properties/properties/tree"},"r":{"$ref":"#/properties/properties/properties/tree"}}}}}`,
			next: `{"properties":{"n":{"type":"number"},"tree":{"properties":{"l":{"$ref":"#/properties/properties/properties/tree"},"r":{"$ref":"#/properties/properties/properties/tree"}}}}}`,
			want: []string{`/properties/n: the column "n" was integer and is float: a table that is there stays integer, and the fractions are lost (warehouse-integer-to-float)`}},
		{name: "no warehouse", prev: `{"properties":{"a":{"type":"integer"}}}`, next: `{"properties":{"a":{"type":"number"}}}`, warehouse: compat.None},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range changed(t, tt.prev, tt.next, compat.Options{Warehouse: tt.warehouse}).Findings {
				if strings.HasPrefix(f.Rule, "warehouse-") {
					got = append(got, fmt.Sprintf("%s: %s (%s)", f.Pointer, f.Message, f.Rule))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("from %s\nto %s (-want +got):\n%s", tt.prev, tt.next, diff)
			}
		})
	}
}

// Names of tables are judged across events and versions.
func TestTables(t *testing.T) {
	versioned := func(version, kind string) string {
		return `{"properties":{"type":{"const":"track"},"event":{"const":"A"},"context":{"properties":{"protocols":{"properties":{"event_version":{"const":` + version +
			`}}}}},"properties":{"properties":{"n":{"type":"` + kind + `"}}}},"required":["type","event"]}`
	}
	for _, tt := range []struct {
		name       string
		prev, next []string
		want       []string
	}{
		{name: "a table of Segment's own", prev: nil, next: []string{"own/a.json", contract("Users")},
			want: []string{`"Users" becomes the table "users", which is one of Segment's own already`}},
		{name: "it had that table before", prev: []string{"own/a.json", contract("Users")}, next: []string{"own/a.json", contract("Users")}},
		{name: "they shared it before", prev: []string{"own/a.json", contract("A b"), "own/b.json", contract("a_b")}, next: []string{"own/a.json", contract("A b"), "own/b.json", contract("a_b")}},
		{name: "versions share a table", prev: []string{"own/a.json", versioned("1", "integer")}, next: []string{"own/a.json", versioned("1", "integer"), "own/b.json", versioned("2", "number")},
			want: []string{`the column "n" was integer and is float: a table that is there stays integer, and the fractions are lost`}},
		{name: "what a new version leaves out still comes in the others", prev: []string{"own/a.json", versioned("1", "integer")},
			next: []string{"own/a.json", versioned("1", "integer"), "own/b.json", strings.Replace(versioned("2", "integer"), `"n"`, `"m"`, 1)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range compat.Compare(catalog(t, "prev", tt.prev...), catalog(t, "next", tt.next...), compat.Options{}) {
				if strings.HasPrefix(f.Rule, "warehouse-") {
					got = append(got, f.Message)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// contract is the contract of a track event without properties.
func contract(name string) string {
	return `{"properties":{"type":{"const":"track"},"event":{"const":"` + name + `"}},"required":["type","event"]}`
}
