package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"segproof/finding"
	"segproof/internal/importer"
	"segproof/schemas"
)

// imported writes the contracts of a document, or compares with them, and reports.
func (c *check) imported(ctx context.Context, doc *importer.Document, flags importFlags) error {
	c.report.Checked.Contracts = len(doc.Events)
	folder, closeFolder, err := openFolder(flags.to)
	if err != nil {
		return err
	}
	defer closeFolder()
	found := slices.Clone(doc.Findings)
	if flags.check {
		// The doubts about the source were told when it was imported; what keeps a part of it
		// from being compared counts here too, and what the policy takes for an error.
		found = slices.DeleteFunc(c.apply(found), func(f finding.Finding) bool {
			return f.Severity != finding.Error && len(doc.Events) > 0 // without events they say why
		})
		drift, err := doc.Check(folder)
		if err != nil {
			return err
		}
		found = append(found, drift...)
	} else {
		files, told, err := doc.Files(folder)
		if err != nil {
			return err
		}
		if err := c.writeImported(ctx, flags.to, files); err != nil {
			return err
		}
		stale, err := c.writeFixtures(ctx, doc, flags.fixtures)
		if err != nil {
			return err
		}
		found = append(append(found, told...), stale...)
	}
	finding.Sort(found)
	c.count(found)
	return c.finish()
}

// openFolder opens the folder of contracts, which need not be there.
func openFolder(dir string) (importer.Folder, func(), error) {
	folder := importer.Folder{Name: filepath.ToSlash(filepath.Clean(dir)), Spec: schemas.Spec()}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return folder, func() {}, nil
	}
	if err != nil {
		return folder, nil, fmt.Errorf("open %s: %w", dir, err)
	}
	folder.FS = root.FS()
	return folder, func() { _ = root.Close() }, nil // it was read only
}

// writeFixtures writes conformance cases for the contracts, if a folder is given for them,
// and returns what is to be said about those that are there.
func (c *check) writeFixtures(ctx context.Context, doc *importer.Document, dir string) ([]finding.Finding, error) {
	if dir == "" {
		return nil, nil
	}
	folder, closeFolder, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer closeFolder()
	files, told, err := doc.Fixtures(folder)
	if err != nil {
		return nil, err
	}
	return told, c.writeImported(ctx, dir, files)
}

// writeImported writes the files, each whole or not at all and none outside the folder,
// and says which on stderr.
func (c *check) writeImported(ctx context.Context, dir string, files []importer.File) error {
	if len(files) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	defer root.Close() // the files were closed
	for i, f := range files {
		if ctx.Err() != nil {
			return fmt.Errorf("import: interrupted; %d of %d files of %s were written", i, len(files), dir)
		}
		name := filepath.ToSlash(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err := writeInside(root, f); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		verb := "changed"
		if f.New {
			verb = "wrote"
		}
		fmt.Fprintf(c.env.stderr, "segproof: %s %s\n", verb, finding.Printable(name))
	}
	return nil
}

// maxPageBytes is how large a page may be. The largest of Segment's own has 100 KB.
const maxPageBytes = 32 << 20

func isPage(_ importFlags, source string) bool {
	ext := strings.ToLower(filepath.Ext(source))
	return ext == ".md" || ext == ".markdown"
}

func readPage(ctx context.Context, _ env, flags importFlags, source string) (*importer.Document, error) {
	require, err := strictness(flags)
	if err != nil {
		return nil, err
	}
	opts := importer.PageOptions{Require: require}
	if flags.includes != "" {
		root, err := os.OpenRoot(flags.includes) // an include leads nowhere else
		if err != nil {
			return nil, fmt.Errorf("import: --includes: %w", err)
		}
		defer root.Close() // it was read only
		opts.Includes, opts.IncludesName = root.FS(), filepath.ToSlash(filepath.Clean(flags.includes))
	}
	text, err := readBounded(source, maxPageBytes)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("import: %s is no text, it has NUL bytes in it", source)
	}
	doc, err := importer.ReadPageContext(ctx, filepath.ToSlash(filepath.Clean(source)), text, opts)
	if err != nil {
		return nil, errors.New("import: interrupted; nothing was written")
	}
	return doc, nil
}

// readBounded reads a file that may have limit bytes.
func readBounded(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("import: %w", missing(name, err))
	}
	defer f.Close() // it was read only
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("import: %s has more than %d bytes", name, limit)
	}
	return data, nil
}
