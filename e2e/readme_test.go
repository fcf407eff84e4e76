package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestReadme has the README show code that runs here: what stands between the lines
// "README" and "end" of a sender.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"analyticsgo_test.go", "senders/node.mjs", "senders/react-native.js", "browser/npm.js", "browser/snippet.html"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, _ := strings.Cut(string(text), "// README\n")
		indent := before[strings.LastIndexByte(before, '\n')+1:]
		code, _, found := strings.Cut(rest, indent+"// end\n")
		code = strings.TrimPrefix(strings.ReplaceAll("\n"+code, "\n"+indent, "\n"), "\n")
		if !found || code == "" {
			t.Fatalf("%s has nothing between the lines // README and // end", file)
		}
		if !strings.Contains(string(readme), code) {
			t.Errorf("README.md does not show this code of %s:\n%s", file, code)
		}
	}
}
