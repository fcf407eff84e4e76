package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"segproof/finding"
	"segproof/fixtures"
	"segproof/schemas"
	"segproof/validator"
)

// load reads the fixtures named, or the built-in ones.
func (t *tester) load(args []string) ([]fixtures.Case, error) {
	if len(args) == 0 {
		if t.flags.update {
			return nil, hinted{fmt.Errorf("--update: the built-in fixtures cannot be written"), "name files or folders"}
		}
		return t.loadFS("built-in", fixtures.Builtin())
	}
	var all []fixtures.Case
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("read fixtures: %w", missing(arg, err))
		}
		if info.IsDir() {
			cases, err := t.loadFS(filepath.ToSlash(filepath.Clean(arg)), os.DirFS(arg))
			if err != nil {
				return nil, err
			}
			all = append(all, cases...)
			continue
		}
		data, err := os.ReadFile(arg)
		if err != nil {
			return nil, fmt.Errorf("read fixtures: %w", err)
		}
		fixture, found := fixtures.Parse(arg, data)
		if t.unusable(found); len(found) == 0 {
			all = append(all, fixture)
		}
	}
	return all, nil
}

func (t *tester) loadFS(name string, fsys fs.FS) ([]fixtures.Case, error) {
	cases, found, err := fixtures.Load(name, fsys)
	if err != nil {
		return nil, err
	}
	t.unusable(found)
	if len(cases) == 0 && len(found) == 0 {
		complain(t.check.env, hinted{fmt.Errorf("no fixtures in %s", name), "a fixture is a file NAME.yaml; without arguments the built-in ones are run"})
	}
	return cases, nil
}

// unusable takes what is wrong with fixtures: each is work that was asked for and not
// done.
func (t *tester) unusable(found []finding.Finding) {
	t.check.report.Add(found...)
	for _, f := range found {
		problem := f.File + ": the fixture cannot be run"
		if f.Rule == fixtures.RuleInvalid && !slices.Contains(t.check.report.Problems, problem) {
			t.check.report.Problems = append(t.check.report.Problems, problem)
		}
	}
}

// fixtureCatalog returns the contracts that judge what arrives. The built-in fixtures
// are about the built-in contracts, whatever contracts the user's folder holds.
func (c *check) fixtureCatalog(args []string) (*validator.Catalog, error) {
	if len(args) > 0 || len(c.flags.contracts) > 0 {
		return c.catalog, nil
	}
	catalog, _, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.FS()})
	return catalog, err
}
