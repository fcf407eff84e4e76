package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"segproof/internal/importer"
)

// importSource reads the source with the front end that takes it, and imports it.
func importSource(ctx context.Context, e env, flags importFlags, source string) error {
	if flags.to == "" {
		return hinted{fmt.Errorf("import: --to is missing, want the folder of the contracts"), "segproof import " + source + " --to schemas/NAME"}
	}
	if _, err := strictness(flags); err != nil {
		return err
	}
	if flags.check && flags.fixtures != "" {
		return hinted{errors.New("import: --check writes nothing, and --fixtures is where to write"), "leave out one of the two"}
	}
	c, _, err := prepare(e, flags.checkFlags)
	if err != nil {
		return err
	}
	for _, f := range frontEnds() {
		if !f.takes(flags, source) {
			continue
		}
		if err := f.refuses(flags, source); err != nil {
			return err
		}
		doc, err := f.read(ctx, e, flags, source)
		if errors.Is(err, importer.ErrNoEvents) {
			complain(e, err)
			err = nil // exit code 3
		}
		if doc == nil {
			doc = &importer.Document{}
		}
		if err != nil {
			return err
		}
		if flags.was != "" {
			doc.Was = filepath.ToSlash(filepath.Clean(flags.was))
		}
		return c.imported(ctx, doc, flags)
	}
	kind := cmp.Or(filepath.Ext(source), "a file without an extension")
	return hinted{fmt.Errorf("import %s: cannot read %s", source, kind), "segproof import --help lists what it reads"}
}

// refuses says which flag was given that the front end has no use for.
func (f frontEnd) refuses(flags importFlags, source string) error {
	given := map[string]bool{"includes": flags.includes != "", "required": flags.required != "marked", "was": flags.was != ""}
	for _, name := range []string{"includes", "required", "was"} {
		if given[name] && !slices.Contains(f.flags, name) {
			return hinted{fmt.Errorf("import: %s is read as a %s, which --%s is not for", source, f.name, name), "leave it out"}
		}
	}
	return nil
}

// strictness is what --required says.
func strictness(flags importFlags) (importer.Strictness, error) {
	switch flags.required {
	case "marked":
		return importer.Marked, nil
	case "included":
		return importer.Included, nil
	}
	return 0, fmt.Errorf("import: --required %q: want marked or included", flags.required)
}
