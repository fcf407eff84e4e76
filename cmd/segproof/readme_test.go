package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The commands of the README run as they stand there, one after the other, from the root of a
// clone, and say what is shown.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	clone := newClone(t)
	run := func(t *testing.T, command string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = clone
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != exitFindings) {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	for _, section := range []string{"## import: a table", "## Contracts from traffic", "## export function"} {
		t.Run(section, func(t *testing.T) {
			_, text, _ := strings.Cut(string(readme), "\n"+section)
			text, _, _ = strings.Cut(text, "\n## ")
			_, commands, ok := strings.Cut(text, "```sh\n")
			if !ok {
				t.Fatal("no commands")
			}
			commands, text, _ = strings.Cut(commands, "```\n")
			printed := map[string]string{}
			for command := range strings.Lines(commands) {
				bare, _, _ := strings.Cut(command, "#")
				printed[strings.TrimSpace(bare)] = run(t, command)
			}
			_, shown, ok := strings.Cut(text, "```console\n$ ")
			if !ok {
				return // what it shows is not the output of one of them
			}
			shown, _, _ = strings.Cut(shown, "```\n")
			command, shown, _ := strings.Cut(shown, "\n")
			got, ok := printed[command]
			if !ok {
				t.Fatalf("%s is none of the commands", command)
			}
			for line := range strings.Lines(shown) {
				if line != "...\n" && !strings.Contains("\n"+got, "\n"+line) {
					t.Errorf("%s printed\n%s\nthe README shows\n%s", command, got, line)
				}
			}
		})
	}
}

// newClone returns a folder with what the commands of the README need of a clone where make
// build was run.
func newClone(t *testing.T) string {
	t.Helper()
	clone := t.TempDir()
	for _, dir := range []string{"docs/demo", "schemas"} {
		if err := os.CopyFS(filepath.Join(clone, dir), os.DirFS("../../"+dir)); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(clone, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(clone, "bin", "segproof")); err != nil { // under that name it is the program
		t.Fatal(err)
	}
	return clone
}
