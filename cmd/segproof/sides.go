package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/spf13/pflag"

	"segproof/compat"
	"segproof/finding"
	"segproof/schemas"
	"segproof/validator"
)

// differ is one run of diff.
type differ struct {
	*check
	flags      diffFlags
	prev, next *validator.Catalog
	folders    []*os.Root      // open while the contracts are loaded
	then, now  []string        // the names of the folders of contracts, side by side
	idle       bool            // both sides are one commit, and nobody has asked for it
	unusable   map[string]bool // files that cannot be used on one side, below their folder
}

// options reads the flags that say how to compare.
func (f diffFlags) options() (opts compat.Options, err error) {
	if opts.Direction, err = compat.ParseDirection(f.direction); err != nil {
		return opts, fmt.Errorf("--%w", err)
	}
	if opts.Warehouse, err = compat.ParseWarehouse(f.warehouse); err != nil {
		return opts, fmt.Errorf("--%w", err)
	}
	switch f.unknown {
	case "fail":
	case "warn":
		opts.Undecided = finding.Warning
	default:
		return opts, fmt.Errorf("--unknown %q: want fail or warn", f.unknown)
	}
	return opts, nil
}

// check refuses flags that would be passed over without a word.
func (f diffFlags) check(given *pflag.FlagSet) error {
	if given.Changed("against") && f.against == "" {
		return hinted{errors.New("--against is empty: want a git ref, REF:PATH, a folder or a file"), "an empty variable of the shell? Without --against it is the merge base with the default branch"}
	}
	if f.changelog && given.Changed("format") {
		return hinted{errors.New("--changelog writes Markdown of its own to stdout, and --format another report"), "--out " + f.format + "=FILE writes the report beside it"}
	}
	return nil
}

// load loads the contracts of both sides. Contracts that cannot be used are a problem of
// the run, and the findings tell on which side they are.
func (d *differ) load(ctx context.Context, dirs, args []string) error {
	if len(args) > 0 && len(d.flags.contracts) > 0 {
		return hinted{errors.New("both --contracts and an argument name contracts"), "give one of them"}
	}
	named := len(args)+len(dirs) > 0
	switch {
	case len(args) > 0:
		dirs = args
	case !named:
		dirs = []string{"schemas"}
	}
	defer func() {
		for _, f := range d.folders {
			_ = f.Close() // it was read only
		}
	}()
	var now, then []validator.Root
	against, err := d.resolve(ctx, dirs)
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	for _, dir := range dirs {
		root, err := d.folder(dir)
		if err != nil {
			return fmt.Errorf("diff: %w", err)
		}
		now = append(now, root)
		d.now = append(d.now, root.Name)
		if root, err = d.before(ctx, against, dir); err != nil {
			return fmt.Errorf("diff: %w", err)
		}
		if err := against.there(dir, root); err != nil && named {
			return fmt.Errorf("diff: %w", err)
		}
		then = append(then, root)
		d.then = append(d.then, root.Name)
	}
	if err := d.compared(ctx, against, dirs); err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	if d.prev, err = d.catalog(then, "before ("+against.name+")"); err != nil {
		return err
	}
	d.next, err = d.catalog(now, sideNow)
	return err
}

// sideNow is the side on disk: what lint has against its contracts is told.
const sideNow = "now"

// catalog loads one side.
func (d *differ) catalog(roots []validator.Root, side string) (*validator.Catalog, error) {
	roots = append([]validator.Root{{Name: "built-in", FS: schemas.Spec()}}, roots...)
	catalog, found, err := validator.Load(roots...)
	if err != nil && !errors.Is(err, validator.ErrUnusable) {
		return nil, fmt.Errorf("%s: %w", side, err)
	}
	if err != nil {
		d.report.Problems = append(d.report.Problems, side+": "+err.Error())
	}
	for _, f := range found {
		switch {
		case err != nil && f.Severity == finding.Error:
			d.unusable[d.below(f.File)] = true
			f.Message = side + ": " + f.Message
		case side != sideNow:
			continue // what was wrong and did no harm then is nobody's work now
		}
		d.count([]finding.Finding{f})
	}
	return catalog, nil
}

// below returns the name of a file in its folder of contracts, which is the same on both
// sides.
func (d *differ) below(file string) string {
	for _, root := range slices.Concat(d.now, d.then) {
		if name, ok := strings.CutPrefix(file, root+"/"); ok {
			return name
		}
	}
	return file
}

// present lets findings about files that are gone name them as they would be called now:
// reports travel, and a fingerprint must not change with the ref that was compared with.
func (d *differ) present(findings []finding.Finding) []finding.Finding {
	for i := range findings {
		f := &findings[i]
		for side, root := range d.then {
			name, ok := strings.CutPrefix(f.File, root+"/")
			if !ok || root == d.now[side] {
				continue
			}
			f.Notes = append(f.Notes, fmt.Sprintf("before: %s:%d:%d: %s", f.File, f.Line, f.Column, strings.TrimSpace(f.Excerpt.Text)))
			f.File, f.Line, f.Column, f.Excerpt = path.Join(d.now[side], name), 0, 0, finding.Excerpt{}
		}
	}
	return findings
}

// usable returns the findings without those that a contract is new or gone which the other
// side cannot use: that it is there has been told.
func (d *differ) usable(findings []finding.Finding) []finding.Finding {
	return slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return d.unusable[d.below(f.File)] && (strings.HasPrefix(f.Rule, "event-added") || strings.HasPrefix(f.Rule, "event-removed") || strings.HasPrefix(f.Rule, "event-version-"))
	})
}

// grade adds findings to the report with the severities of the policy. It raises none that
// is less grave than its rule because it was proved, or is about people nobody asked for.
func (d *differ) grade(findings []finding.Finding) {
	rules := map[string]finding.Severity{}
	for _, r := range compat.Rules() {
		rules[r.ID] = r.Severity
	}
	for _, f := range findings {
		kept := d.apply([]finding.Finding{f})
		if f.Severity == finding.Info && rules[f.Rule] < finding.Info {
			for i := range kept {
				kept[i].Severity = finding.Info
			}
		}
		d.report.Add(kept...)
	}
}

// stale tells of the waivers of changes that waived nothing, where all was compared that they
// could be for.
func (d *differ) stale(opts compat.Options) {
	if d.idle || len(d.report.Problems) > 0 || opts.Direction != compat.Both {
		return
	}
	var raised, elsewhere []string
	for _, r := range allRules() {
		switch {
		case r.Layer != finding.Change:
			elsewhere = append(elsewhere, r.ID)
		case strings.HasPrefix(r.ID, "warehouse-") && opts.Warehouse == compat.None, r.ID == compat.RuleReplay && len(d.flags.events) == 0:
			// nobody has asked for it in this run
		default:
			raised = append(raised, r.ID)
		}
	}
	d.report.Add(d.review.Stale(raised, elsewhere...)...)
}

// folder returns a folder or a file of contracts on disk; one that is not there holds
// none.
func (d *differ) folder(name string) (validator.Root, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return validator.Root{Name: slashed(name), FS: fstest.MapFS{}}, nil
	case err != nil:
		return validator.Root{}, err
	case info.IsDir():
		// A Root keeps symbolic links from leading out of the folder.
		root, err := os.OpenRoot(name)
		if err != nil {
			return validator.Root{}, err
		}
		d.folders = append(d.folders, root)
		return validator.Root{Name: slashed(name), FS: root.FS()}, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return validator.Root{}, err
	}
	return single(slashed(name), data), nil
}

// single is a root with one file.
func single(name string, data []byte) validator.Root {
	base := path.Base(name)
	return validator.Root{Name: strings.TrimSuffix(strings.TrimSuffix(name, base), "/"), FS: fstest.MapFS{base: {Data: data}}}
}

func slashed(name string) string { return filepath.ToSlash(filepath.Clean(name)) }

// changelog writes the change for a pull request, and what was not checked to stderr.
func (d *differ) changelog(w io.Writer) error {
	for _, p := range d.report.Problems {
		fmt.Fprintln(d.env.stderr, "segproof: not checked: "+finding.Printable(p))
	}
	for _, f := range d.report.Findings {
		if f.Layer != finding.Change && f.Severity < finding.Info { // it is no change, and may end the run with 1
			fmt.Fprintln(d.env.stderr, finding.Printable(fmt.Sprintf("segproof: %s:%d:%d: %s: %s (%s)", f.File, f.Line, f.Column, f.Severity, f.Message, f.Rule)))
		}
	}
	return compat.Changelog(w, d.report.Findings)
}
