package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const depotPage = `Depot uses a server-side ` + "`track`" + ` method to send data.

## Events

| Event Name | Description |
|---|---|
| Crate Packed | A crate |
| Crate Sent | A crate |

### Crate Packed

| Property | Type | Always Included |
|---|---|---|
| crate_id | String | yes |
| items.$.sku | Integer | |

## Event properties

| Property |  Description |
|---|---|
| shelf | of all |
`

const depotOracle = `{"pages":[{"page":"src/depot.md","events":[
 {"name":"Crate Packed","call":"track","properties":[
  {"name":"crate_id","at":"properties.crate_id","type":"string","required":true},
  {"name":"items[].sku","at":"properties.items[].sku","type":"integer","required":null}]},
 {"name":"Crate Sent","call":null,"properties":[]}],
 "shared":[{"appliesTo":"all","properties":[{"name":"shelf","at":"properties.shelf","type":null,"required":null}]}]},
 {"page":"src/gone.md","events":[]}]}`

func TestPages(t *testing.T) {
	right := `{"page":"src/depot.md","events":{"right":2},"properties":{"right":4},"types":{"right":4},"calls":{"right":1},"required":{"right":4}}
{"pages":1,"notThere":["src/gone.md"],"events":{"right":2},"properties":{"right":4},"types":{"right":4},"calls":{"right":1},"required":{"right":4}}
`
	for _, tt := range []struct {
		name, before, after string // a change of the oracle
		code                int
		want                string // the first line; "" for right
	}{
		{name: "all is as expected", code: 0, want: right},
		{name: "another type", before: `"type":"integer"`, after: `"type":"number"`, code: 1,
			want: `"types":{"right":3,"wrong":["Crate Packed properties.items[].sku: got integer, want number"]}`},
		{name: "another call", before: `"call":"track"`, after: `"call":"screen"`, code: 1,
			want: `"calls":{"right":0,"wrong":["Crate Packed: got track, want screen"]}`},
		{name: "an event that is not there", before: `"name":"Crate Sent"`, after: `"name":"Crate Lost"`, code: 1,
			want: `"events":{"right":1,"missing":["Crate Lost"],"extra":["Crate Sent"]}`},
		{name: "a property that is not there", before: `"name":"crate_id","at":"properties.crate_id"`, after: `"name":"id","at":"properties.id"`, code: 1,
			want: `"properties":{"right":3,"missing":["Crate Packed properties.id"],"extra":["Crate Packed properties.crate_id"]}`},
		{name: "not required", before: `"required":true`, after: `"required":false`, code: 1,
			want: `"required":{"right":3,"extra":["Crate Packed properties.crate_id"]}`},
		{name: "required", before: `"type":"integer","required":null`, after: `"type":"integer","required":true`, code: 1,
			want: `"required":{"right":3,"missing":["Crate Packed properties.items[].sku"]}`},
		{name: "in doubt", before: `"type":"integer","required":null`, after: `"type":"number","required":true,"doubt":"who knows"`, code: 0,
			want: `"types":{"right":3}`},
		{name: "no page", before: "src/depot.md", after: "src/none.md", code: 3, want: `{"notThere":["src/none.md","src/gone.md"],"events":{"right":0}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			oracle := filepath.Join(dir, "oracle.json")
			write(t, filepath.Join(dir, "src", "depot.md"), depotPage)
			write(t, oracle, strings.Replace(depotOracle, tt.before, tt.after, 1))
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), []string{"pages", dir, oracle}, &stdout, &stderr)
			if code != tt.code {
				t.Errorf("exit code %d, want %d; %s", code, tt.code, stderr.String())
			}
			if tt.want == right {
				if diff := cmp.Diff(right, stdout.String()); diff != "" {
					t.Errorf("output (-want +got):\n%s", diff)
				}
			} else if !strings.Contains(stdout.String(), tt.want) {
				t.Errorf("got %s\nwant %s in it", stdout.String(), tt.want)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
