package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An import that is told to stop writes no more files, and says how far it came.
func TestImportStops(t *testing.T) {
	dir := t.TempDir()
	plan, page := filepath.Join(dir, "plan.json"), filepath.Join(dir, "page.md")
	writeTest(t, plan, `{"rules":[{"key":"A","type":"TRACK","version":1,"jsonSchema":{}},{"key":"B","type":"TRACK","version":1,"jsonSchema":{}}]}`)
	writeTest(t, page, "## Events\n\n| Event Name | Description |\n|---|---|\n| A | b |\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for source, want := range map[string]string{plan: "import: interrupted; 0 of 2 files of ", page: "import: interrupted; nothing was written"} {
		var stderr bytes.Buffer
		e := env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, now: time.Now,
			getenv: func(string) string { return "" }, terminal: func(io.Writer) bool { return false }}
		to := filepath.Join(dir, "to")
		if code := run(ctx, e, []string{"import", source, "--to", to}); code != exitFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d, stderr %s; want 2 and %s", source, code, stderr.String(), want)
		}
		if files, err := os.ReadDir(to); len(files) > 0 {
			t.Errorf("%s: %d files were written, %v", source, len(files), err)
		}
	}
}
