package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"segproof/event"
	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/validator"
)

// suiteCommand holds exported functions to the validator, by the draft-07 cases of the
// JSON Schema Test Suite or of a folder that is laid out like it.
func suiteCommand() command {
	return command{"suite", "suite DIR [--optional] [--formats] [--engine E]    DIR holds tests/draft7 and remotes", func(ctx context.Context, args []string, stdout io.Writer) (outcome, error) {
		return runSuite(ctx, args, stdout, exportSnippet)
	}}
}

// exportSnippet is the export that is scored; tests have others.
func exportSnippet(cat *validator.Catalog) ([]byte, error) {
	return exporter.Function(cat, exporter.FunctionOptions{Kind: "snippet", Minify: true})
}

// suite is what the groups of a run share.
type suite struct {
	engine  string
	export  func(*validator.Catalog) ([]byte, error)
	remotes fstest.MapFS // files that schemas may refer to
}

// suiteGroup is one schema of a file, with values to hold against it.
type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

// suiteCounts are numbers of tests.
type suiteCounts struct {
	Tests   int            `json:"tests"`
	Agree   int            `json:"agree"`           // the function finds what the validator finds
	Differ  int            `json:"differ"`          // it does not
	Known   map[string]int `json:"known,omitempty"` // it does not, and cannot: by reason
	Refused map[string]int `json:"refused,omitempty"`
	// Verdicts of the validator that are not the suite's.
	ValidatorDiffers int `json:"validator_differs_from_suite"`
}

// suiteFile is what is printed of a file.
type suiteFile struct {
	File string `json:"file"`
	suiteCounts
	Differs []suiteDiffers `json:"differs,omitempty"`
}

// suiteDiffers is a test of which validator and function find other things: "rule pointer
// severity" each.
type suiteDiffers struct {
	Group     string          `json:"group"`
	Test      string          `json:"test"`
	Data      json.RawMessage `json:"data"`
	Validator []string        `json:"validator"`
	Exported  []string        `json:"exported"`
}

// knownDifference is why a function may find something else than the validator: it judges
// what is left of the event.
const knownDifference = "JSON.parse rounds a number"

// runSuite scores the files of a suite.
func runSuite(ctx context.Context, args []string, stdout io.Writer, export func(*validator.Catalog) ([]byte, error)) (outcome, error) {
	flags := flag.NewFlagSet("suite", flag.ContinueOnError)
	optional := flags.Bool("optional", false, "the optional tests instead of the required ones")
	formats := flags.Bool("formats", false, "the optional tests of formats instead of the required ones")
	engine := flags.String("engine", "", "the engine to run in")
	names, err := parseAnywhere(flags, args)
	if err != nil {
		return outcome{}, err
	}
	if len(names) != 1 {
		return outcome{}, errors.New("want one folder with a suite")
	}
	var globs []string
	if *optional {
		globs = append(globs, "tests/draft7/optional/*.json")
	}
	if *formats {
		globs = append(globs, "tests/draft7/optional/format/*.json")
	}
	if globs == nil {
		globs = []string{"tests/draft7/*.json"}
	}
	root := os.DirFS(names[0])
	s := suite{engine: *engine, export: export}
	if s.remotes, err = remotesOf(root); err != nil {
		return outcome{}, err
	}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	var total suiteCounts
	for _, glob := range globs {
		files, err := fs.Glob(root, glob)
		if err != nil {
			return outcome{}, err
		}
		for _, name := range files {
			file, err := s.file(ctx, root, name)
			if err != nil {
				return outcome{}, fmt.Errorf("%s: %w", name, err)
			}
			total.add(file.suiteCounts)
			if err := out.Encode(file); err != nil {
				return outcome{}, err
			}
		}
	}
	return outcome{cases: total.judged(), differ: total.Differ}, out.Encode(map[string]suiteCounts{"summary": total})
}

// parseAnywhere reads flags before, between and after the other arguments, which it returns.
func parseAnywhere(flags *flag.FlagSet, args []string) (others []string, err error) {
	for rest := args; len(rest) > 0; {
		if err := flags.Parse(rest); err != nil {
			return nil, err
		}
		if rest = flags.Args(); len(rest) > 0 {
			others, rest = append(others, rest[0]), rest[1:]
		}
	}
	return others, nil
}

// judged is how many tests were held against a function.
func (c *suiteCounts) judged() int {
	n := c.Agree + c.Differ
	for _, known := range c.Known {
		n += known
	}
	return n
}

func (c *suiteCounts) add(more suiteCounts) {
	c.Tests += more.Tests
	c.Agree += more.Agree
	c.Differ += more.Differ
	c.ValidatorDiffers += more.ValidatorDiffers
	for reason, n := range more.Known {
		c.Known = counted(c.Known, reason, n)
	}
	for reason, n := range more.Refused {
		c.Refused = counted(c.Refused, reason, n)
	}
}

func counted(counts map[string]int, reason string, n int) map[string]int {
	if counts == nil {
		counts = map[string]int{}
	}
	counts[reason] += n
	return counts
}

// remoteURL is what the suite has its remote files at.
const remoteURL = "http://localhost:1234/"

// remotesOf returns the remote files of a suite as parts of a contract folder. Nothing is
// fetched: a file that does not say its URL is made to.
func remotesOf(root fs.FS) (fstest.MapFS, error) {
	all := fstest.MapFS{}
	err := fs.WalkDir(root, "remotes", func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == "remotes" {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		var schema map[string]json.RawMessage
		if err := json.Unmarshal(text, &schema); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if schema["$id"] == nil {
			if schema["$id"], err = json.Marshal(remoteURL + path[len("remotes/"):]); err != nil {
				return err
			}
			if text, err = json.Marshal(schema); err != nil {
				return err
			}
		}
		all[path] = &fstest.MapFile{Data: text}
		return nil
	})
	return all, err
}

// preparedGroup is a group whose schema was taken.
type preparedGroup struct {
	suiteGroup
	cat   *validator.Catalog
	judge int // which of the file's functions is the group's; -1 if the export refused
}

// file scores one file. The functions of its groups run in one engine: to start one takes
// longer than to judge all values of a group.
func (s suite) file(ctx context.Context, root fs.FS, name string) (suiteFile, error) {
	file := suiteFile{File: name}
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return file, err
	}
	var groups []suiteGroup
	if err := json.Unmarshal(text, &groups); err != nil {
		return file, err
	}
	code := strings.Builder{}
	code.WriteString("const judges = [];\n")
	var taken []preparedGroup
	judges := 0
	for _, g := range groups {
		file.Tests += len(g.Tests)
		cat, refusal, err := s.load(g.Schema)
		if err != nil {
			return file, fmt.Errorf("%s: %w", g.Description, err)
		}
		if refusal != "" {
			file.Refused = counted(file.Refused, refusal, len(g.Tests))
			continue
		}
		snippet, err := s.export(cat)
		if err != nil {
			file.Refused = counted(file.Refused, "export: "+withoutPlace.ReplaceAllString(err.Error(), ""), len(g.Tests))
			taken = append(taken, preparedGroup{g, cat, -1})
			continue
		}
		fmt.Fprintf(&code, "judges.push((() => {\n%s\nreturn segproofValidate;\n})());\n", snippet)
		taken = append(taken, preparedGroup{g, cat, judges})
		judges++
	}
	fn, err := functions.Load(ctx, "suite.js", code.String()+judgeOne, functions.Options{Kind: functions.Source, Engine: s.engine, Timeout: time.Minute})
	if err != nil {
		return file, err
	}
	defer fn.Close()
	for _, g := range taken {
		if err := g.score(ctx, fn, &file); err != nil {
			return file, fmt.Errorf("%s: %w", g.Description, err)
		}
	}
	return file, nil
}

// score scores one group.
func (g preparedGroup) score(ctx context.Context, fn *functions.Function, file *suiteFile) error {
	for _, test := range g.Tests {
		want, valid := judged(g.cat, eventOf(test.Data))
		if valid != test.Valid {
			file.ValidatorDiffers++
		}
		if g.judge < 0 {
			continue
		}
		got, err := exported(ctx, fn, g.judge, eventOf(test.Data))
		if err != nil {
			return err
		}
		switch seen, _ := judged(g.cat, got.Text); {
		case slices.Equal(got.Found, want):
			file.Agree++
		case slices.Equal(got.Found, seen):
			file.Known = counted(file.Known, knownDifference, 1)
		default:
			file.Differ++
			file.Differs = append(file.Differs, suiteDiffers{g.Description, test.Description, test.Data, want, got.Found})
		}
	}
	return nil
}

// withoutPlace finds the place at the beginning of a message.
var withoutPlace = regexp.MustCompile(`^[^ ]+:[0-9]+: `)

// load makes a contract of a schema: the property "value" of a track event keeps to it. A
// schema stands in a file of its own, as its references start from its outermost value.
// What keeps the validator from taking it is the refusal.
func (s suite) load(schema json.RawMessage) (cat *validator.Catalog, refusal string, err error) {
	files := maps.Clone(s.remotes)
	value := json.RawMessage(`{"$ref":"schema.json"}`)
	if len(schema) == 0 {
		return nil, "", errors.New("the group has no schema")
	}
	if schema[0] == '{' {
		files["schema.json"] = &fstest.MapFile{Data: schema}
	} else {
		value = schema
	}
	files["contract.json"] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object",
"properties":{"type":{"const":"track"},"event":{"const":"Case"},"properties":{"properties":{"value":%s}}}}`, value)}
	cat, findings, err := validator.Load(validator.Root{FS: files})
	if err != nil && !errors.Is(err, validator.ErrUnusable) {
		return nil, "", err
	}
	if len(cat.Contracts()) > 0 {
		return cat, "", nil
	}
	for _, f := range findings {
		if f.File == "schema.json" {
			return nil, "contract: " + f.Rule, nil
		}
	}
	return nil, "contract: cannot be used", nil
}

// eventOf is the event that carries a value.
func eventOf(value json.RawMessage) string {
	return `{"type":"track","event":"Case","userId":"u","properties":{"value":` + string(value) + `}}`
}

// judged returns what the validator finds in an event, and whether it is valid.
func judged(cat *validator.Catalog, text string) (found []string, valid bool) {
	found, valid = []string{}, true
	events, err := event.Decode([]byte(text), event.Place{Line: 1, Column: 1})
	if err != nil {
		return []string{"error " + err.Error()}, false
	}
	for _, f := range cat.Validate(events[0]) {
		found = append(found, f.Rule+" "+f.Pointer+" "+f.Severity.String())
		valid = valid && f.Severity.String() != "error"
	}
	return found, valid
}

// judgeOne has one of the exported functions judge a text. What the text is to JavaScript
// comes back too.
const judgeOne = `
async function onRequest(request) {
  const { judge, text } = request.json();
  const event = JSON.parse(text);
  return { text: JSON.stringify(event), found: judges[judge](event, "info").map((f) => f.rule + " " + f.pointer + " " + f.severity) };
}`

// opinion is what a function says of an event.
type opinion struct {
	Text  string
	Found []string
}

// exported returns what a function finds. That it fails is what it finds, too.
func exported(ctx context.Context, fn *functions.Function, judge int, text string) (opinion, error) {
	input, err := json.Marshal(map[string]any{"body": map[string]any{"judge": judge, "text": text}})
	if err != nil {
		return opinion{}, err
	}
	res, err := fn.Run(ctx, functions.Invocation{Input: input})
	if err != nil {
		return opinion{}, err
	}
	if res.Error != nil {
		return opinion{Found: []string{cmp.Or(res.Error.Class, "error") + " " + res.Error.Message}}, nil
	}
	var o opinion
	return o, json.Unmarshal(res.Returned, &o)
}
