package functions_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBundleIsFresh reads bundle/dist/SUMS, in which the build wrote from what it made
// what. That the build makes the same again, "make bundle-check" shows, with npm.
func TestBundleIsFresh(t *testing.T) {
	text, err := os.ReadFile("bundle/dist/SUMS")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"dist/SUMS": true}
	for line := range strings.Lines(string(text)) {
		want, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			t.Fatalf("SUMS: got line %q", line)
		}
		listed[name] = true
		content, err := os.ReadFile(filepath.Join("bundle", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(content)); got != want {
			t.Errorf("bundle/%s has changed since the bundle was built: run make bundle", name)
		}
	}
	files, err := filepath.Glob("bundle/dist/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 15 {
		t.Errorf("bundle/dist has %d files, want one for each library", len(files))
	}
	for _, f := range files {
		if name := "dist/" + filepath.Base(f); !listed[name] {
			t.Errorf("bundle/%s was not made by the build", name)
		}
	}
}

// TestLicencesAreNamed holds NOTICE to the libraries that are embedded.
func TestLicencesAreNamed(t *testing.T) {
	notice, err := os.ReadFile("../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	licences, err := os.ReadFile("bundle/dist/LICENSES.txt")
	if err != nil {
		t.Fatal(err)
	}
	rule := strings.Repeat("=", 80)
	parts := strings.Split(string(licences), rule)
	names := 0
	for i := 1; i < len(parts); i += 2 {
		names++
		if name := strings.TrimSpace(parts[i]); !strings.Contains(string(notice), name) {
			t.Errorf("NOTICE does not name %q", name)
		}
	}
	if names < 20 {
		t.Errorf("LICENSES.txt names %d packages, want all that are bundled", names)
	}
}
