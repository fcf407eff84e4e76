package schemas_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/importer"
	"segproof/schemas"
	"segproof/validator"
)

var update = flag.Bool("update", false, "import the pages of _pages anew")

// documented2025 is how many events the Segment Spec documents for each source.
//
// Source: segment.com/docs/connections/spec/, the pages of that name
var documented2025 = map[string]int{
	"ab-testing": 1, "b2b-saas": 10, "ecommerce": 28, "email": 6, "live-chat": 4, "mobile": 13, "video": 17,
}

// readDocumented imports the page of a source.
func readDocumented(t *testing.T, name string) *importer.Document {
	t.Helper()
	text, err := os.ReadFile("_pages/" + name + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return importer.ReadPage(name+".md", text, importer.PageOptions{})
}

// The contracts are what the importer makes of the pages; go test ./schemas -update makes
// them again.
func TestDocumentedEventsComeFromTheirPages(t *testing.T) {
	for name, want := range documented2025 {
		t.Run(name, func(t *testing.T) {
			doc := readDocumented(t, name)
			if len(doc.Events) != want {
				t.Errorf("the page documents %d events, want %d", len(doc.Events), want)
			}
			files, _, err := doc.Files(importer.Folder{Name: name, Spec: schemas.Spec()})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, f := range files {
				got[path.Join(name, f.Name)] = string(f.Data)
			}
			if *update {
				writeDocumented(t, name, got)
				return
			}
			there := map[string]string{}
			contracts, _ := schemas.Builtin(name)
			for _, file := range jsonFiles(t, contracts) {
				there[file] = string(read(t, file))
			}
			if diff := cmp.Diff(got, there); diff != "" {
				t.Errorf("contracts (-from the page +there); go test ./schemas -update writes them:\n%s", diff)
			}
		})
	}
}

func writeDocumented(t *testing.T, name string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o777); err != nil {
		t.Fatal(err)
	}
	for file, text := range files {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// What the pages leave open is said by the tables that they are made from; nothing of
// theirs is guessed.
func TestDocumentedPagesAreReadWithoutGuesses(t *testing.T) {
	allowed := map[string]bool{"type-conflict": true} // the documentation has some
	for name := range documented2025 {
		for _, f := range readDocumented(t, name).Findings {
			if f.Severity < finding.Info && !allowed[f.Rule] {
				t.Errorf("%s:%d: %s (%s)", f.File, f.Line, f.Message, f.Rule)
			}
		}
	}
}

// loadBuiltin loads the contracts of a source beside the Segment Spec.
func loadBuiltin(t *testing.T, name string) *validator.Catalog {
	t.Helper()
	contracts, ok := schemas.Builtin(name)
	if !ok {
		t.Fatalf("no source %q", name)
	}
	cat, found, err := validator.Load(validator.Root{FS: schemas.Spec()}, validator.Root{FS: contracts})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s:%d: %s (%s)", f.File, f.Line, f.Message, f.Rule)
	}
	return cat
}

// Every contract is found by its event, accepts its examples whole, and refuses each of
// its properties with a value of another type. Nothing is required but what names the
// event.
func TestDocumentedEventsAreJudged(t *testing.T) {
	cases := map[string]int{}
	for _, name := range schemas.Sources() {
		cat := loadBuiltin(t, name)
		if want := documented2025[name]; want > 0 && len(cat.Contracts()) != want {
			t.Errorf("%s has %d contracts, want %d", name, len(cat.Contracts()), want)
		}
		for _, c := range cat.Contracts() {
			if found, ok := cat.Lookup(c.Type, c.Name, c.Version); !ok || found != c {
				t.Errorf("%s: %s %q leads to %v", c.File, c.Type, c.Name, found)
			}
			for _, example := range readHeader(t, c.File).Examples {
				cases[name] += judgeDocumented(t, cat, c, example)
			}
		}
	}
	// A valid case an example, and one for each row of the tables with a type: 313 rows and
	// 28 events are 341.
	want := map[string]int{"ab-testing": 5, "b2b-saas": 42, "candu": 11, "ecommerce": 341, "email": 54, "live-chat": 32, "mobile": 53, "video": 334}
	if diff := cmp.Diff(want, cases); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

// judgeDocumented judges an example, and the example with each of its values replaced by
// one of another type. It returns the number of cases.
func judgeDocumented(t *testing.T, cat *validator.Catalog, c *validator.Contract, example []byte) int {
	t.Helper()
	said := func(text string) string {
		events, err := event.Decode([]byte(text), event.Place{})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range cat.Validate(events[0]) {
			all = append(all, f.Pointer+" "+f.Rule)
		}
		return strings.Join(all, ", ")
	}
	if got := said(string(example)); got != "" {
		t.Errorf("%s: its example: %s", c.File, got)
	}
	cases := 1
	for pointer, text := range wrongValues(t, string(example), c) {
		cases++
		if got := said(text); !strings.HasPrefix(got, pointer+" ") || strings.Contains(got, ",") {
			t.Errorf("%s with a wrong %s: got %q, want one finding there", c.File, pointer, got)
		}
	}
	return cases
}

func ExampleBuiltin() {
	contracts, ok := schemas.Builtin("ab-testing")
	names, err := fs.Glob(contracts, "*/*.json")
	fmt.Println(ok, names, err)
	// Output: true [ab-testing/experiment_viewed.json] <nil>
}
