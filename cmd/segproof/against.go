package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"segproof/finding"
	"segproof/validator"
)

// against is what the contracts are compared with.
type against struct {
	name   string     // for people
	repo   repository // where commit is; its zero value: a place on disk
	commit string     // the object's ID; "" on disk
	place  string     // on disk, or in the commit; "" is the place that the contracts have now
	branch string     // that the work left at commit; "" if somebody named what to compare with
}

// resolve finds out what --against means. A name that is both a file and a git ref must
// be written so that it is one.
func (d *differ) resolve(ctx context.Context, dirs []string) (against, error) {
	named := d.flags.against
	repo, err := openRepository(ctx, d.env, dirs[0])
	if named == "" {
		if err != nil {
			return against{}, hinted{err, "--against DIR compares with a folder"}
		}
		return repo.base(ctx)
	}
	_, statErr := os.Stat(named)
	onDisk := statErr == nil
	if err != nil {
		if onDisk {
			return against{name: named, place: named}, d.oneFolder(dirs)
		}
		return against{}, fmt.Errorf("--against %s: no such file or folder, and %w", named, err)
	}
	ref, place, _ := strings.Cut(named, ":")
	commit, refErr := repo.commit(ctx, ref)
	switch {
	case onDisk && refErr == nil:
		full, _ := repo.git(ctx, nil, "rev-parse", "--symbolic-full-name", ref) // "" of a commit's ID
		return against{}, hinted{fmt.Errorf("--against %s: that is a git ref and a place on disk", named), fmt.Sprintf("say ./%s or %s", named, cmp.Or(full, commit)+strings.TrimPrefix(named, ref))}
	case onDisk:
		return against{name: named, place: named}, d.oneFolder(dirs)
	case refErr != nil:
		return against{}, refErr
	}
	if place != "" {
		if err := d.oneFolder(dirs); err != nil {
			return against{}, err
		}
	}
	return against{name: ref, repo: repo, commit: commit, place: place}, nil
}

// oneFolder refuses to compare several folders with one.
func (d *differ) oneFolder(dirs []string) error {
	if len(dirs) == 1 {
		return nil
	}
	return hinted{fmt.Errorf("--against %s is one place, and there are %d folders of contracts", d.flags.against, len(dirs)), "name one folder, or compare with a git ref"}
}

// before returns the contracts that a folder or file is compared with.
func (d *differ) before(ctx context.Context, a against, now string) (validator.Root, error) {
	info, err := os.Stat(now)
	isFile := err == nil && !info.IsDir()
	if a.commit == "" {
		if other, err := os.Stat(a.place); err == nil && other.IsDir() == isFile {
			return validator.Root{}, fmt.Errorf("%s and %s: want two folders or two files", a.place, now)
		}
		root, err := d.folder(a.place)
		if err == nil && !isFile && !anyContract(root.FS) {
			err = fmt.Errorf("--against %s: there are no contracts in it", a.place)
		}
		return root, err
	}
	place := a.place
	if place == "" {
		if place, err = a.repo.inside(now); err != nil {
			return validator.Root{}, err
		}
	}
	root, err := a.repo.read(ctx, a, path.Clean(place))
	if err == nil && !isFile && !anyContract(root.FS) {
		err = d.moved(ctx, a, now)
	}
	return root, err
}

// compared tells what the contracts are compared with, and whether there can be anything to
// find: the tip of the default branch is where it left itself.
func (d *differ) compared(ctx context.Context, a against, dirs []string) error {
	var places []string
	for _, dir := range dirs {
		place := a.place
		if a.commit != "" && place == "" {
			var err error
			if place, err = a.repo.inside(dir); err != nil {
				return err
			}
		}
		places = append(places, place)
	}
	text := strings.Join(places, ", ")
	if a.commit != "" {
		short, err := a.repo.short(ctx, a.commit)
		if err != nil {
			return err
		}
		text = fmt.Sprintf("%s of commit %s", text, short)
		switch {
		case a.branch != "":
			text += ", where HEAD left " + a.branch
		case a.name != short:
			text += ", " + a.name
		}
	}
	fmt.Fprintf(d.env.stderr, "segproof: compared with %s\n", finding.Printable(text))
	if a.branch == "" {
		return nil
	}
	var err error
	if d.idle, err = a.repo.at(ctx, a.commit, places); err == nil && d.idle {
		complain(d.env, hinted{fmt.Errorf("HEAD has nothing that %s has not, and nothing is changed since: there is nothing to compare", a.branch), a.repo.lastHint(ctx)})
	}
	return err
}

// there refuses a folder that is neither on disk nor in what it is compared with. One that
// the commit has was removed.
func (a against) there(dir string, was validator.Root) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || a.commit != "" && anyContract(was.FS) {
		return nil
	}
	return fmt.Errorf("%s: no such file or folder", dir)
}

// anyContract reports whether there is a file that may be a contract.
func anyContract(files fs.FS) bool {
	found := false
	_ = fs.WalkDir(files, ".", func(name string, _ fs.DirEntry, err error) error { // what cannot be read, Load complains about
		if err == nil && path.Ext(name) == ".json" {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// moved returns an error if the contracts that a folder holds stood in another place of the
// commit, which has none in this one: all of them would be new, and no change of them told.
func (d *differ) moved(ctx context.Context, a against, now string) error {
	blobs, err := a.repo.list(ctx, a.commit, ".")
	if err != nil {
		return err
	}
	folders := map[string]string{} // of the commit's files that are gone, by their names without it
	for _, name := range slices.Sorted(maps.Keys(blobs)) {
		if _, err := os.Stat(filepath.Join(a.repo.top, filepath.FromSlash(name))); err != nil {
			folders[path.Base(name)] = path.Dir(name)
		}
	}
	var old string
	walk := func(name string, _ fs.DirEntry, err error) error {
		if folder, ok := folders[path.Base(name)]; err == nil && ok && old == "" && path.Ext(name) == ".json" {
			old = folder
		}
		return nil
	}
	if err := filepath.WalkDir(now, walk); err != nil || old == "" {
		return nil // what is not there has no contracts to lose
	}
	return hinted{fmt.Errorf("%s has no contracts in %s, and has some of the same names in %s", a.name, now, old), fmt.Sprintf("if they were moved, --against %s:PATH says from where", a.name)}
}

// inside returns the path of a file in the repository, with slashes.
func (r repository) inside(name string) (string, error) {
	full, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	// The repository's own path has no links in it.
	if real, err := filepath.EvalSymlinks(full); err == nil {
		full = real
	} else if real, err := filepath.EvalSymlinks(filepath.Dir(full)); err == nil {
		full = filepath.Join(real, filepath.Base(full))
	}
	rel, err := filepath.Rel(r.top, full)
	if err != nil || !filepath.IsLocal(rel) {
		return "", errors.New(name + " is not in the git repository " + r.top)
	}
	return filepath.ToSlash(rel), nil
}
