package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"segproof/compat"
	"segproof/finding"
	"segproof/fixtures"
	"segproof/internal/exporter"
	"segproof/internal/importer"
	"segproof/internal/input"
	"segproof/mockserver"
	"segproof/schemas"
	"segproof/validator"

	"github.com/spf13/cobra"
)

// defaultConfig is read where it is, unless --config names another file.
const defaultConfig = "segproof.yaml"

// checkFlags are the flags of every command that judges.
type checkFlags struct {
	contracts   []string
	config      string
	failOn      string
	format      string
	out         []string
	maxFindings int

	baseline, writeBaseline string // lint's alone
}

// contractsFlag is the flag that takes a list of folders.
const contractsFlag = "contracts"

func (f *checkFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.contracts, contractsFlag, nil, "folder of contracts, or "+builtinPrefix+"NAME, repeatable (default ./schemas if it is there, else the built-in ones)")
	f.registerReport(cmd)
}

// registerReport registers the flags of a command that reports and loads no contracts.
func (f *checkFlags) registerReport(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.config, "config", "", "policy: severities and waivers (default ./"+defaultConfig+" if it is there)")
	flags.StringVar(&f.failOn, "fail-on", "", "least severity that makes the exit code 1: error, warning, info, none (default error)")
	flags.StringVar(&f.format, "format", "text", "what stdout gets: "+formatNames())
	flags.StringArrayVar(&f.out, "out", nil, "also write FORMAT=FILE, repeatable")
	flags.IntVar(&f.maxFindings, "max-findings", finding.MaxKept, "findings to keep in the reports; the rest is counted")
}

// check is one run of a command that judges: what it judges by, and what it found.
type check struct {
	env     env
	flags   checkFlags
	failOn  string
	catalog *validator.Catalog
	review  *validator.Review
	reviews sync.Mutex // guards review where a server judges too
	report  *finding.Report
	outputs []output
	summary func(io.Writer) error // what stdout gets in place of the report; nil: the report

	known    *validator.Baseline // findings that do not count; nil if there are none
	written  *validator.Baseline // takes what is found; nil if nobody wants it
	overflow bool                // written is full
}

// newCheck reads the configuration and the contracts. The findings about the contracts
// are in the report already.
func newCheck(e env, flags checkFlags) (*check, error) {
	c, dirs, err := prepare(e, flags)
	if err != nil {
		return nil, err
	}
	c.report.Rules = rulesOfEvents()
	return c, c.loadCatalog(dirs)
}

// prepare reads the configuration, and returns the folders of contracts that the flags or
// it name.
func prepare(e env, flags checkFlags) (c *check, dirs []string, err error) {
	c = &check{env: e, flags: flags, report: &finding.Report{Tool: "segproof", Version: version(), Rules: allRules(), Max: flags.maxFindings}}
	if root, err := os.Getwd(); err == nil { // without a working directory paths stay as they are
		c.report.Root = root
	}
	if flags.maxFindings < 1 {
		return nil, nil, fmt.Errorf("--max-findings %d: want at least 1", flags.maxFindings)
	}
	policy, err := loadPolicy(flags.config)
	if err != nil {
		return nil, nil, err
	}
	c.review = policy.NewReview(e.now())
	if c.failOn, err = failOn(flags.failOn, policy.FailOn); err != nil {
		return nil, nil, err
	}
	if c.outputs, err = parseOutputs(flags); err != nil {
		return nil, nil, err
	}
	if err := c.openBaseline(); err != nil {
		return nil, nil, err
	}
	dirs = flags.contracts
	if len(dirs) == 0 {
		for _, dir := range policy.Contracts {
			if !filepath.IsAbs(dir) && !strings.HasPrefix(dir, builtinPrefix) {
				dir = filepath.Join(filepath.Dir(flags.config), dir)
			}
			dirs = append(dirs, dir)
		}
	}
	return c, dirs, nil
}

// loadCatalog loads the contracts. Contracts that cannot be used are a problem of the
// run, not its end: the findings tell what is wrong with them.
func (c *check) loadCatalog(dirs []string) error {
	roots, folders, err := contractRoots(dirs)
	defer func() {
		for _, f := range folders {
			_ = f.Close() // it was read only
		}
	}()
	if err != nil {
		return err
	}
	catalog, found, err := validator.Load(roots...)
	if err != nil && !errors.Is(err, validator.ErrUnusable) {
		return err
	}
	if err != nil {
		c.report.Problems = append(c.report.Problems, err.Error())
	}
	c.catalog = catalog
	c.report.Checked.Contracts = len(catalog.Contracts())
	c.count(found)
	if len(catalog.Contracts()) == 0 && err == nil {
		name := roots[len(roots)-1].Name
		return noContracts(name, "no contracts in "+name)
	}
	return nil
}

// contractRoots returns the Segment Spec and the folders to load contracts from, and what
// is to be closed when they are loaded, also beside an error.
func contractRoots(dirs []string) (roots []validator.Root, folders []*os.Root, err error) {
	if len(dirs) == 0 {
		if info, err := os.Stat("schemas"); err != nil || !info.IsDir() {
			return []validator.Root{{Name: "built-in", FS: schemas.FS()}}, nil, nil
		}
		dirs = []string{"schemas"}
	}
	roots = append(roots, validator.Root{Name: "built-in", FS: schemas.Spec()})
	for _, dir := range dirs {
		if name, ok := strings.CutPrefix(dir, builtinPrefix); ok {
			root, err := builtinRoot(name)
			if err != nil {
				return nil, folders, err
			}
			roots = append(roots, root)
			continue
		}
		// A Root keeps symbolic links from leading out of the folder.
		root, err := os.OpenRoot(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, folders, noContracts(dir, fmt.Sprintf("there is no folder %s", dir))
		}
		if err != nil {
			return nil, folders, fmt.Errorf("load contracts: %w", err)
		}
		folders = append(folders, root)
		roots = append(roots, validator.Root{Name: filepath.ToSlash(filepath.Clean(dir)), FS: root.FS()})
	}
	return roots, folders, nil
}

// builtinPrefix marks contracts that are built in, and not a folder.
const builtinPrefix = "builtin:"

// splitContracts splits a list of folders as PATH is split. Where that is at colons, those
// of built-in contracts stay.
func splitContracts(list string) []string {
	var names []string
	for _, name := range filepath.SplitList(list) {
		if last := len(names) - 1; last >= 0 && names[last]+":" == builtinPrefix {
			names[last] += ":" + name
			continue
		}
		names = append(names, name)
	}
	return names
}

// builtinRoot returns the built-in contracts of that name.
func builtinRoot(name string) (validator.Root, error) {
	files, ok := schemas.Builtin(name)
	if !ok {
		return validator.Root{}, suggest(fmt.Errorf("no built-in contracts %q, want one of %s", name, strings.Join(schemas.Sources(), ", ")),
			name, schemas.Sources(), "name one of them, as in "+builtinPrefix+"ecommerce")
	}
	return validator.Root{Name: "built-in", FS: files}, nil
}

// noContracts says why a folder gives none, and where there are some.
func noContracts(dir, why string) error {
	err := errors.New(why)
	if n := contractsIn("schemas"); n > 0 && filepath.Clean(dir) != "schemas" {
		return hinted{err, fmt.Sprintf("the folder ./schemas has %d; pass --contracts ./schemas", n)}
	}
	return hinted{err, "a contract is a JSON Schema file NAME.json; without --contracts the built-in ones are used"}
}

// contractsIn returns how many contracts a folder has that can be used; 0 if it cannot be read.
func contractsIn(dir string) int {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0
	}
	defer root.Close() // it was read only
	catalog, _, err := validator.Load(validator.Root{Name: dir, FS: root.FS()})
	if err != nil && !errors.Is(err, validator.ErrUnusable) {
		return 0
	}
	return len(catalog.Contracts())
}

// loadPolicy reads the configuration file: the one named, or the default if it is there.
func loadPolicy(name string) (validator.Policy, error) {
	file := name
	if file == "" {
		file = defaultConfig
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && name == "" {
		return validator.Policy{}, nil
	}
	if err != nil {
		return validator.Policy{}, fmt.Errorf("read the configuration: %w", err)
	}
	policy, err := validator.ParsePolicy(file, data)
	if err != nil {
		return validator.Policy{}, err
	}
	if err := policy.CheckRules(ids(allRules())); err != nil {
		return validator.Policy{}, hinted{err, "segproof rules lists them"}
	}
	return policy, nil
}

// failOnNone is the --fail-on that no finding reaches.
const failOnNone = "none"

// failOn returns the least severity that fails the run: the flag's, else the file's.
func failOn(flag, file string) (string, error) {
	level := flag
	if level == "" {
		level = file
	}
	if level == "" {
		level = finding.Error.String()
	}
	if _, err := finding.ParseSeverity(level); err != nil && level != failOnNone {
		return "", fmt.Errorf("--fail-on: %w or none", err)
	}
	return level, nil
}

// finish writes the reports and returns how the command ends.
func (c *check) finish() error {
	c.report.Add(c.review.Expired()...)
	if err := c.writeBaseline(); err != nil {
		return err
	}
	if err := c.write(); err != nil {
		return err
	}
	return c.outcome()
}

// outcome is the exit code of the report.
func (c *check) outcome() error {
	severity, err := finding.ParseSeverity(c.failOn)
	switch {
	case !c.report.Complete():
		return exitCode(exitFailed)
	case err == nil && c.report.Reaches(severity):
		return exitCode(exitFindings)
	case c.report.CheckedNothing():
		return exitCode(exitNothing)
	}
	return nil
}

// allRules returns the rules of every room that a command can raise.
func allRules() []finding.Rule {
	var rules []finding.Rule
	seen := map[string]bool{}
	for _, table := range [][]finding.Rule{input.Rules(), validator.Rules(), mockserver.Rules(), fixtures.Rules(), fixtures.FunctionRules(), compat.Rules(), importer.Rules(), exporter.Rules()} {
		for _, r := range table {
			if !seen[r.ID] {
				seen[r.ID] = true
				rules = append(rules, r)
			}
		}
	}
	return rules
}

// rulesOfEvents returns the rules that judging events can raise: those about changes are
// diff's alone.
func rulesOfEvents() []finding.Rule {
	return slices.DeleteFunc(allRules(), func(r finding.Rule) bool { return r.Layer == finding.Change })
}

// ids returns the IDs of rules.
func ids(rules []finding.Rule) []string {
	var all []string
	for _, r := range rules {
		all = append(all, r.ID)
	}
	return all
}
