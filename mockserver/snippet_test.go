package mockserver_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"segproof/mockserver"
)

func TestSnippetWithoutAFolderNamesTheFlag(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for _, path := range []string{"/analytics.js/v1/WK/analytics.min.js", "/analytics-next/bundles/x.js", "/next-integrations/x.js"} {
		a := c.do("GET", path, nil)
		if status, code := a.code(t); status != 404 || code != "not_found" || !strings.Contains(a.Body, "--analytics-js") {
			t.Errorf("GET %s = %d %s, want 404 that names --analytics-js", path, status, a.Body)
		}
	}
	if got := requestsOf(t, srv); len(got) != 3 || got[0].Scope != "WK" {
		t.Errorf("requests = %+v, want 3, of which the first is of WK", got)
	}
}

func TestSnippetFilesThatAreNotThere(t *testing.T) {
	odd := fstest.MapFS{
		"dist/umd/pipe.js":  {Mode: fs.ModeNamedPipe},
		"dist/umd/large.js": {Data: make([]byte, 8<<20+1)},
		"dist/umd/d/x.js":   {Data: []byte("x")},
	}
	c := newClient(t, mockserver.Start(t, mockserver.Options{AnalyticsJS: odd}))
	for _, tt := range []struct{ path, says string }{
		{"/analytics.js/v1/WK/analytics.min.js", "has no dist/umd/standalone.js"},
		{"/analytics.js/v1/WK/analytics.classic.js", "put one at dist/umd/analytics.classic.js"},
		{"/analytics.js/v1/WK/", "no such file"},
		{"/analytics-next/bundles/", "no such file"},
		{"/analytics-next/bundles/d", "no such file"},
		{"/analytics-next/bundles/pipe.js", "no such file"},
		{"/analytics-next/bundles/large.js", "larger than 8388608 bytes"},
		{"/next-integrations/", "no such file"},
	} {
		a := c.do("GET", tt.path, nil)
		if status, code := a.code(t); status != 404 || code != "not_found" || !strings.Contains(a.Body, tt.says) {
			t.Errorf("GET %s = %d %s, want 404 that says %q", tt.path, status, a.Body, tt.says)
		}
	}
}

// TestNoPathLeavesTheFolder asks for a file beside the folder in every way that we know.
func TestNoPathLeavesTheFolder(t *testing.T) {
	base := t.TempDir()
	umd := filepath.Join(base, "package", "dist", "umd")
	if err := os.MkdirAll(umd, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(base, "secret.js"): "SECRET", filepath.Join(base, "package", "secret.js"): "SECRET", filepath.Join(umd, "good.js"): "good",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(base, "secret.js"), filepath.Join(umd, "link.js")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	root, err := os.OpenRoot(filepath.Join(base, "package"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c := newClient(t, mockserver.Start(t, mockserver.Options{AnalyticsJS: root.FS()}))
	if a := c.do("GET", "/analytics-next/bundles/good.js", nil); a.Status != 200 || a.Body != "good" {
		t.Fatalf("good.js = %d %s", a.Status, a.Body)
	}
	tried := 0
	for _, prefix := range []string{"/analytics-next/bundles/", "/next-integrations/", "/analytics.js/v1/WK/", "/v1/analytics-next/bundles/", "/scope/s/analytics-next/bundles/"} {
		for _, up := range []string{"../", "../../", "../../../", "..%2f..%2f..%2f", "%2e%2e/%2e%2e/%2e%2e/", "%2e%2e%2f", "..%5c..%5c..%5c", "./../../../", "x/../../../../", "/", "%2f", "//", "..%252f", "%00/../", "dist/../../"} {
			for _, name := range []string{"secret.js", "secret.js/", "secret.js%00.js"} {
				tried++
				if a := c.do("GET", prefix+up+name, nil); a.Status != 404 || strings.Contains(a.Body, "SECRET") {
					t.Errorf("GET %s = %d %s, want 404", prefix+up+name, a.Status, a.Body)
				}
			}
		}
		for _, name := range []string{filepath.Join(base, "secret.js"), "link.js", "%2e"} {
			tried++
			if a := c.do("GET", prefix+name, nil); a.Status != 404 {
				t.Errorf("GET %s = %d %s, want 404", prefix+name, a.Status, a.Body)
			}
		}
	}
	if tried != 5*(15*3+3) {
		t.Errorf("%d paths tried", tried)
	}
}
