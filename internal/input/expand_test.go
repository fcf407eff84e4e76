package input_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/internal/input"
)

// tree makes files; a name that ends in "/" is a folder, one with "->" a link.
func tree(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		link, target, isLink := strings.Cut(name, "->")
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(target, link)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(name, 0o700)
		default:
			err = os.WriteFile(name, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestExpand(t *testing.T) {
	const loop = ": a link back into a folder that it is in; it is not followed"
	for _, tt := range []struct {
		name     string
		tree     []string
		args     []string
		want     []string
		problems []string
	}{
		{name: "nothing"},
		{name: "order given, stdin, once each", tree: []string{"a.json", "b.json"},
			args: []string{"b.json", "-", "a.json", "./b.json", "-"}, want: []string{"b.json", "-", "a.json"}},
		{name: "a file that is named is read", tree: []string{"d/.x", "d/_y.txt", "d/dummy-object.txt"},
			args: []string{"d/dummy-object.txt", "d/_y.txt", "d/.x"}, want: []string{"d/dummy-object.txt", "d/_y.txt", "d/.x"}},
		{name: "folder: names", args: []string{"d"},
			tree: []string{"d/a.json", "d/b.jsonl", "d/c.ndjson", "d/d.json.gz", "d/e.ndjson.zst", "d/f.JSONL.GZ", "d/1492128012345.gz", "d/g.2026-01.zst",
				"d/x.txt", "d/x.csv", "d/x.csv.gz", "d/x.tar.gz", "d/x.log", "d/x.log.gz", "d/x.parquet", "d/x.gz.bak", "d/json", "d/gz",
				"d/.a.json", "d/_b.json", "d/.git/a.json", "d/_temporary/a.json", "d/dummy-object.txt"},
			want: []string{"d/1492128012345.gz", "d/a.json", "d/b.jsonl", "d/c.ndjson", "d/d.json.gz", "d/e.ndjson.zst", "d/f.JSONL.GZ", "d/g.2026-01.zst"}},
		{name: "folder: lexical order, recursive", tree: []string{"d/b/2.json", "d/b/1.json", "d/a.json", "d/c/d/e/f.json", "d/z.json", "d/empty/"},
			args: []string{"d/"}, want: []string{"d/a.json", "d/b/1.json", "d/b/2.json", "d/c/d/e/f.json", "d/z.json"}},
		{name: "folder with a hidden name, named", tree: []string{".d/a.json"}, args: []string{".d"}, want: []string{".d/a.json"}},
		{name: "working folder", tree: []string{"a.json", "d/b.json"}, args: []string{"."}, want: []string{"a.json", "d/b.json"}},
		{name: "file and its folder", tree: []string{"d/a.json", "d/b.json"}, args: []string{"d/b.json", "d", "./d"}, want: []string{"d/b.json", "d/a.json"}},
		{name: "no files in it", tree: []string{"d/x.txt"}, args: []string{"d"}},
		{name: "links are followed", tree: []string{"real/r.json", "other/o.json", "d/l.json->../real/r.json", "d/more->../other", "d/x.txt->../real/r.json"},
			args: []string{"d"}, want: []string{"d/l.json", "d/more/o.json"}},
		{name: "a link to a folder, named", tree: []string{"real/r.json", "l->real"}, args: []string{"l"}, want: []string{"l/r.json"}},
		{name: "a folder by two ways", tree: []string{"d/a/1.json", "d/b->a"}, args: []string{"d"}, want: []string{"d/a/1.json"}},
		{name: "C18: a link to its own folder", tree: []string{"d/a.json", "d/loop->.", "d/sub/up->../..", "d/sub/z.json"}, args: []string{"d"},
			want: []string{"d/a.json", "d/sub/z.json"}, problems: []string{"d/loop" + loop, "d/sub/up/d" + loop}},
		{name: "C18: a loop through the parent", tree: []string{"d/sub/up->..", "d/sub/z.json"}, args: []string{"d"},
			want: []string{"d/sub/z.json"}, problems: []string{"d/sub/up" + loop}},
		{name: "C18: links to each other", tree: []string{"d/a.json->b.json", "d/b.json->a.json", "d/c.json"}, args: []string{"d"},
			want: []string{"d/c.json"}, problems: []string{"d/a.json: too many levels of symbolic links", "d/b.json: too many levels of symbolic links"}},
		{name: "a link to nothing", tree: []string{"d/a.json->gone", "d/c.json"}, args: []string{"d"},
			want: []string{"d/c.json"}, problems: []string{"d/a.json: no such file or directory"}},
		{name: "not there", tree: []string{"a.json"}, args: []string{"gone.json", "a.json"},
			want: []string{"a.json"}, problems: []string{"gone.json: no such file or directory"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree(t, tt.tree...)
			got, problems := input.Expand(tt.args)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("Expand(%q) (-want +got):\n%s", tt.args, d)
			}
			var told []string
			for _, p := range problems {
				told = append(told, p.Error())
			}
			if d := cmp.Diff(tt.problems, told); d != "" {
				t.Errorf("Expand(%q) problems (-want +got):\n%s", tt.args, d)
			}
		})
	}
}

func TestExpandManyLinks(t *testing.T) {
	// Each folder links to the next one twice: 2^30 ways, 31 folders.
	names := []string{"d/30/a.json"}
	for i := range 30 {
		for _, link := range []string{"/l->../", "/m->../"} {
			names = append(names, "d/"+twoDigits(i)+link+twoDigits(i+1))
		}
	}
	tree(t, names...)
	got, problems := input.Expand([]string{"d/00"})
	if len(got) != 1 || len(problems) != 0 {
		t.Errorf("Expand = %q, %v; want one file", got, problems)
	}
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func TestExpandUnreadableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads any folder")
	}
	tree(t, "d/a/x.json", "d/b.json")
	if err := os.Chmod("d/a", 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod("d/a", 0o700) })
	got, problems := input.Expand([]string{"d"})
	if d := cmp.Diff([]string{"d/b.json"}, got); d != "" || len(problems) != 1 || !errors.Is(problems[0], fs.ErrPermission) {
		t.Errorf("Expand = %q, %v; want d/b.json, and permission denied", got, problems)
	}
}

func TestReadNamesWhatItCannotRead(t *testing.T) {
	tree(t, "d/a.json")
	for name, want := range map[string]string{
		"gone.json": "gone.json: no such file or directory",
		"d":         "d: is a folder",
	} {
		if _, _, err := readFile(t, name, input.Options{}); err == nil || err.Error() != want {
			t.Errorf("Read(%s) error = %v, want %s", name, err, want)
		}
	}
	if _, _, err := readFile(t, "gone.json", input.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read(gone.json) error = %v, want fs.ErrNotExist", err)
	}
	if os.Getuid() == 0 {
		return // root reads any file
	}
	if err := os.Chmod("d/a.json", 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readFile(t, "d/a.json", input.Options{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Read of an unreadable file: error = %v, want fs.ErrPermission", err)
	}
}
