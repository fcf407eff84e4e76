package schemas_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// canduEvents are the two events of the page: the call that each is and the line of
// its heading in candu-source.md. testdata holds only the tables of that page.
var canduEvents = []struct {
	event, call, nameKey string
	line                 int
}{
	{event: "tutorial.view", call: "screen", nameKey: "name", line: 43},
	{event: "tutorial.interaction", call: "track", nameKey: "event", line: 52},
}

// table returns the lines of the table under an event's heading in testdata.
func table(t *testing.T, event string) []string {
	t.Helper()
	page, err := os.ReadFile("testdata/candu-source.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "#### "+event+"\n")
	if !found {
		t.Fatalf("no heading %q in testdata/candu-source.md", event)
	}
	var lines []string
	for line := range strings.Lines(strings.TrimLeft(rest, "\n")) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		lines = append(lines, strings.TrimRight(line, " \t\r\n"))
	}
	if len(lines) < 3 {
		t.Fatalf("table of %q has %d lines, want a header, a rule and rows", event, len(lines))
	}
	return lines
}

// property is one row of a table.
type property struct{ Name, Type string }

// rows reads the names and types of a table.
func rows(t *testing.T, event string) []property {
	t.Helper()
	var found []property
	for _, line := range table(t, event)[2:] {
		cells := strings.Split(line, "|")
		found = append(found, property{
			Name: strings.TrimSpace(cells[1]),
			Type: strings.ToLower(strings.TrimSpace(cells[2])),
		})
	}
	return found
}

func TestCanduContractsSayWhatThePageSays(t *testing.T) {
	for _, c := range canduEvents {
		t.Run(c.event, func(t *testing.T) {
			h := readHeader(t, "candu/"+c.event+".json")
			var got []property
			for name, p := range h.Properties.Properties.Properties {
				got = append(got, property{Name: name, Type: fmt.Sprint(p.Type)})
			}
			want := rows(t, c.event)
			byName := func(a, b property) int { return strings.Compare(a.Name, b.Name) }
			slices.SortFunc(got, byName)
			slices.SortFunc(want, byName)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("properties (-page +contract):\n%s", diff)
			}
			var all []string
			for _, p := range want {
				all = append(all, p.Name)
			}
			slices.Sort(h.Properties.Properties.Required)
			if diff := cmp.Diff(all, h.Properties.Properties.Required); diff != "" {
				t.Errorf("required (-page +contract):\n%s", diff)
			}
		})
	}
}

func TestCanduContractsNameTheirSource(t *testing.T) {
	for _, c := range canduEvents {
		t.Run(c.event, func(t *testing.T) {
			sum := sha256.Sum256([]byte(strings.Join(table(t, c.event), "\n")))
			want := source{Page: "candu-source.md", Line: c.line, SHA256: hex.EncodeToString(sum[:])}
			h := readHeader(t, "candu/"+c.event+".json")
			if diff := cmp.Diff(want, h.Segproof.Source); diff != "" {
				t.Errorf("x-segproof.source (-want +got):\n%s", diff)
			}
			if h.Segproof.Owner != "candu" {
				t.Errorf("x-segproof.owner = %q, want %q", h.Segproof.Owner, "candu")
			}
		})
	}
}

// Each documented property is needed and has its type; each fault is named alone.
func TestCanduProperties(t *testing.T) {
	wrong := map[string]map[string]string{
		"integer": {"text": `"12"`, "fraction": `1.5`, "null": `null`, "boolean": `true`},
		"string":  {"number": `12`, "null": `null`, "array": `["x"]`, "object": `{}`},
	}
	for _, c := range canduEvents {
		file := "candu/" + c.event + ".json"
		sch := compile(t, file)
		for i, example := range readHeader(t, file).Examples {
			for _, p := range rows(t, c.event) {
				t.Run(c.event+"/"+p.Name, func(t *testing.T) {
					event := decode(t, example).(map[string]any)
					properties := event["properties"].(map[string]any)
					delete(properties, p.Name)
					if diff := cmp.Diff([]string{"/properties required"}, faults(t, sch, event)); diff != "" {
						t.Errorf("example %d without %s (-want +got):\n%s", i, p.Name, diff)
					}
					values, ok := wrong[p.Type]
					if !ok {
						t.Fatalf("no wrong values for type %q", p.Type)
					}
					for name, value := range values {
						properties[p.Name] = decode(t, []byte(value))
						if diff := cmp.Diff([]string{"/properties/" + p.Name + " type"}, faults(t, sch, event)); diff != "" {
							t.Errorf("example %d with %s in %s (-want +got):\n%s", i, name, p.Name, diff)
						}
					}
				})
			}
		}
	}
}

func TestCanduEventsAreTold(t *testing.T) {
	for _, c := range canduEvents {
		file := "candu/" + c.event + ".json"
		sch := compile(t, file)
		for _, tt := range []struct {
			name   string
			change func(event map[string]any)
			want   []string
		}{
			{"other call", func(e map[string]any) { e["type"] = "page" }, []string{"/type const"}},
			{"other name", func(e map[string]any) { e[c.nameKey] = "tutorial.View" }, []string{"/" + c.nameKey + " const"}},
			{"no type", func(e map[string]any) { delete(e, "type") }, []string{" required"}},
			{"no name", func(e map[string]any) { delete(e, c.nameKey) }, []string{" required"}},
			{"no properties", func(e map[string]any) { delete(e, "properties") }, []string{" required"}},
			{"properties no object", func(e map[string]any) { e["properties"] = []any{} }, []string{"/properties type"}},
			{"unplanned property", func(e map[string]any) { e["properties"].(map[string]any)["own"] = true }, nil},
			{"unplanned field", func(e map[string]any) { e["own"] = true }, nil},
		} {
			t.Run(c.event+"/"+tt.name, func(t *testing.T) {
				event := decode(t, readHeader(t, file).Examples[0]).(map[string]any)
				tt.change(event)
				if diff := cmp.Diff(tt.want, faults(t, sch, event)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
		if got := readHeader(t, file).Properties.Type.Const; got != c.call {
			t.Errorf("%s is a %s call, want %s", c.event, got, c.call)
		}
	}
}
