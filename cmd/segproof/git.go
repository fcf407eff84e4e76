package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"

	"segproof/validator"
)

// repository is a git repository on disk, read by the git command: it is there wherever
// contracts are under git, and it knows every kind of clone.
type repository struct {
	env env
	top string // absolute, of the working tree
}

// openRepository finds the repository that a folder or file is in. What is not there yet
// is looked for where it would be.
func openRepository(ctx context.Context, e env, name string) (repository, error) {
	dir := name
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	r := repository{env: e, top: dir}
	top, err := r.git(ctx, nil, "rev-parse", "--show-toplevel")
	if errors.Is(err, exec.ErrNotFound) {
		return r, errors.New("there is no git command")
	}
	if err != nil {
		return r, fmt.Errorf("%s is in no git repository: %w", name, err)
	}
	if top == "" {
		return r, fmt.Errorf("%s is in no git repository with a working tree", name)
	}
	r.top = filepath.FromSlash(top)
	return r, nil
}

// git runs git in the repository and returns what it writes, without the last newline.
func (r repository) git(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Stdin = r.top, stdin
	// In a hook git says where it is as seen from there, which is not where we look.
	cmd.Env = slices.DeleteFunc(slices.Clone(r.env.environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(localVariables(), name)
	})
	// Nothing is fetched: what a partial clone does not have is told.
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		first, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("git %s: %s", args[0], cmp.Or(first, exit.Error()))
	}
	return strings.TrimSuffix(out.String(), "\n"), err
}

// localVariables returns the variables that tell git of one repository, but for those of its
// configuration: a runner names safe directories there.
//
// Source: git rev-parse --local-env-vars
func localVariables() []string {
	return []string{"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
		"GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_INTERNAL_SUPER_PREFIX"}
}

// commit returns the ID of the commit that a ref names.
func (r repository) commit(ctx context.Context, ref string) (string, error) {
	id, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil || id == "" {
		return "", hinted{fmt.Errorf("--against %s: no such file or folder, and no commit of that name here", ref), r.fetchHint(ctx, ref)}
	}
	return id, nil
}

// shallow reports whether the clone ends somewhere, so that a fetch may end there too. In one
// that does not, a fetch with a depth would cut off what is there.
func (r repository) shallow(ctx context.Context) bool {
	is, err := r.git(ctx, nil, "rev-parse", "--is-shallow-repository")
	return err == nil && is == "true"
}

// fetchHint says how to get a ref that is not here.
func (r repository) fetchHint(ctx context.Context, ref string) string {
	remote, branch, ok := strings.Cut(ref, "/")
	remotes, err := r.git(ctx, nil, "remote")
	fetch, shallow := "git fetch", r.shallow(ctx)
	if shallow {
		fetch += " --depth=1"
	}
	first, _, _ := strings.Cut(remotes, "\n")
	known := err == nil && strings.Contains("\n"+remotes+"\n", "\n"+remote+"\n")
	switch {
	case strings.ContainsAny(ref, "~^") && shallow:
		return "the clone is shallow and may end before it: git fetch --unshallow (with actions/checkout, fetch-depth: 0)"
	case strings.ContainsAny(ref, "~^"):
		return "git log --oneline lists what there is"
	case first != "" && len(ref) == 40 && strings.Trim(ref, "0123456789abcdef") == "":
		return fmt.Sprintf("%s %s %s", fetch, first, ref)
	case ok && known && branch != "":
		return fmt.Sprintf("%s %s +refs/heads/%s:refs/remotes/%s/%s", fetch, remote, branch, remote, branch)
	case err == nil && remotes != "":
		return fmt.Sprintf("%s %s tag %s, if it is a tag; a branch is %s/%s", fetch, first, ref, first, ref)
	}
	return "git branch --all and git tag list what there is"
}

// base returns the commit where the work left the default branch.
func (r repository) base(ctx context.Context) (against, error) {
	branch, err := r.defaultBranch(ctx)
	if err != nil {
		return against{}, err
	}
	id, err := r.git(ctx, nil, "merge-base", branch, "HEAD")
	if err != nil || id == "" {
		hint := "--against " + branch + " compares with the branch as it is now"
		if r.shallow(ctx) {
			hint = "the clone is shallow: git fetch --unshallow (with actions/checkout, fetch-depth: 0), or --against " + branch
		}
		return against{}, hinted{fmt.Errorf("no commit is known that HEAD and %s have both", branch), hint}
	}
	short, err := r.short(ctx, id)
	return against{name: short, repo: r, commit: id, branch: branch}, err
}

// lastHint says how to compare with the commit before HEAD.
func (r repository) lastHint(ctx context.Context) string {
	const hint = "--against HEAD~1 judges the last commit"
	if _, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "HEAD~1"); err != nil && r.shallow(ctx) {
		return "the clone is shallow: after git fetch --deepen=1, " + hint + "; where HEAD is a branch of its own, --against REF says what to compare with"
	}
	return hint
}

// short returns the ID of a commit as people write it.
func (r repository) short(ctx context.Context, id string) (string, error) {
	return r.git(ctx, nil, "rev-parse", "--short", id)
}

// at reports whether HEAD is the commit and the work has changed nothing since, neither in
// what git follows nor below the places.
func (r repository) at(ctx context.Context, commit string, places []string) (bool, error) {
	head, err := r.git(ctx, nil, "rev-parse", "HEAD")
	if err != nil || head != commit {
		return false, err
	}
	if followed, err := r.git(ctx, nil, "status", "--porcelain", "--untracked-files=no"); err != nil || followed != "" {
		return false, err
	}
	args := []string{"status", "--porcelain", "--untracked-files=all", "--ignored", "--"}
	for _, place := range places {
		args = append(args, ":(literal)"+place)
	}
	below, err := r.git(ctx, nil, args...)
	return below == "", err
}

// defaultBranch returns the branch that work is merged into: what the remote calls its
// HEAD, else the usual names.
func (r repository) defaultBranch(ctx context.Context) (string, error) {
	if name, err := r.git(ctx, nil, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil && name != "" {
		return name, nil
	}
	for _, name := range []string{"origin/main", "origin/master", "main", "master"} {
		if _, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "refs/remotes/"+name); err == nil {
			return name, nil
		}
		if _, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "refs/heads/"+name); err == nil {
			return name, nil
		}
	}
	const main = " origin +refs/heads/main:refs/remotes/origin/main, if main is its name; or say --against REF"
	hint := "git fetch" + main
	if r.shallow(ctx) { // its tip alone would not tell where the work left it
		hint = "the clone is shallow (with actions/checkout, say fetch-depth: 0): git fetch --unshallow" + main
	}
	return "", hinted{errors.New("the default branch is not known here"), hint}
}

// maxTreeBytes is how much is read of a commit: contracts are text that people review.
const maxTreeBytes = 256 << 20

// blob is a file of a commit.
type blob struct {
	id     string
	link   bool  // its content is the path of another one
	module bool  // it is another repository, of which the commit has the name alone
	size   int64 // in bytes
}

// read returns the contracts that a commit holds at a place. Where there is no such place
// there are none, unless somebody has named it.
func (r repository) read(ctx context.Context, a against, place string) (validator.Root, error) {
	blobs, err := r.list(ctx, a.commit, place)
	if err != nil {
		return validator.Root{}, err
	}
	if len(blobs) == 0 && a.place != "" {
		return validator.Root{}, hinted{fmt.Errorf("--against: %s has no %s", a.name, place), "git ls-tree -r --name-only " + a.name + " lists what it has"}
	}
	for _, name := range slices.Sorted(maps.Keys(blobs)) {
		if blobs[name].module {
			return validator.Root{}, hinted{fmt.Errorf("--against %s: %s is a submodule: the commit does not hold its contracts", a.name, name), "compare with a folder that has them: --against DIR"}
		}
	}
	if _, isFile := blobs[place]; isFile {
		contents, err := r.contents(ctx, blobs, []string{place})
		return single(a.name+":"+place, contents[place]), err
	}
	var names []string
	for name := range blobs {
		if path.Ext(name) == ".json" {
			names = append(names, name)
		}
	}
	contents, err := r.contents(ctx, blobs, names)
	if err != nil {
		return validator.Root{}, err
	}
	tree := fstest.MapFS{}
	for name, data := range contents {
		if place != "." {
			name = strings.TrimPrefix(name, place+"/")
		}
		tree[name] = &fstest.MapFile{Data: data}
	}
	return validator.Root{Name: a.name + ":" + strings.TrimPrefix(place, "."), FS: tree}, nil
}

// list lists the files of a commit at and below a place.
func (r repository) list(ctx context.Context, commit, place string) (map[string]blob, error) {
	args := []string{"ls-tree", "-r", "-z", "-l", "--full-tree", commit}
	if place != "." {
		args = append(args, "--", place)
	}
	out, err := r.git(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	blobs := map[string]blob{}
	for entry := range strings.SplitSeq(out, "\x00") {
		about, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(about) // mode, kind, ID, size
		if !ok || len(fields) != 4 {
			continue
		}
		size, _ := strconv.ParseInt(fields[3], 10, 64) // git says a number of a blob
		blobs[name] = blob{id: fields[2], link: fields[0] == "120000", module: fields[1] == "commit", size: size}
	}
	return blobs, nil
}

// contents reads files of a commit. A symbolic link gives what it leads to in the same
// folder of contracts, as on disk; one that leads elsewhere is left out.
func (r repository) contents(ctx context.Context, blobs map[string]blob, names []string) (map[string][]byte, error) {
	links, files := map[string]int64{}, map[string]int64{} // sizes by ID
	for _, b := range blobs {
		if b.link {
			links[b.id] = b.size
		}
	}
	targets, err := r.batch(ctx, links)
	if err != nil {
		return nil, err
	}
	ids := map[string]string{} // of the file at the end of all links, by name
	for _, name := range names {
		at := name
		for hops := 0; blobs[at].link && hops < maxLinks; hops++ {
			at = path.Join(path.Dir(at), string(targets[blobs[at].id]))
		}
		if b, ok := blobs[at]; ok && !b.link {
			ids[name] = b.id
			files[b.id] = b.size
		}
	}
	texts, err := r.batch(ctx, files)
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for name, id := range ids {
		contents[name] = texts[id]
	}
	return contents, nil
}

// batch reads objects by their IDs.
func (r repository) batch(ctx context.Context, sizes map[string]int64) (map[string][]byte, error) {
	if len(sizes) == 0 {
		return nil, nil
	}
	total := int64(0)
	for _, size := range sizes {
		total += size
	}
	if total > maxTreeBytes {
		return nil, fmt.Errorf("the contracts of the commit have %d bytes, want at most %d", total, maxTreeBytes)
	}
	ids := slices.Sorted(maps.Keys(sizes))
	out, err := r.git(ctx, strings.NewReader(strings.Join(ids, "\n")+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for rest := []byte(out + "\n"); len(rest) > 0; {
		head, body, _ := bytes.Cut(rest, []byte("\n"))
		fields := strings.Fields(string(head)) // ID, kind, size
		if len(fields) != 3 {
			return nil, fmt.Errorf("git cat-file: %s", head) // "ID missing", in a clone without that object
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size >= len(body) {
			return nil, fmt.Errorf("git cat-file: %s: cut off", head)
		}
		texts[fields[0]], rest = body[:size], body[size+1:]
	}
	return texts, nil
}
