package mockserver

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxFileBytes is the largest file, in bytes, that is served from [Options].AnalyticsJS.
// A larger one is not found. The limit is ours: the largest one of analytics-next 1.84,
// a source map, has 0.5 MB.
const maxFileBytes = 8 << 20

// The places in the npm package @segment/analytics-next.
const (
	bundleFolder = "dist/umd"
	snippetFile  = bundleFolder + "/standalone.js"
	classicFile  = bundleFolder + "/analytics.classic.js" // which the package's own code asks for, and does not bring
)

// snippet answers what the snippet of a page asks for: analytics.js itself, by all the
// names that it had.
//
// Segment's CDN writes the write key into it; so do we, for the pages that load the
// script without the snippet. A key that is more than letters and digits could end the
// string that it stands in and is left out; analytics.js then looks at its own URL.
//
// Source: analytics-next packages/browser/src/lib/embedded-write-key.ts
func (s *Server) snippet(x *exchange, _ int) ([]Record, error) {
	key := x.param("writeKey")
	x.nameScope(key)
	if err := s.checkSource(key); err != nil {
		return nil, err
	}
	file := strings.Trim(x.param("file"), "/")
	switch file {
	case "analytics.min.js", "analytics.js", "platform", "platform/analytics.min.js", "platform/analytics.js":
		if err := s.serveFile(x, snippetFile); err != nil {
			return nil, err
		}
		if isAlphanumeric(key) {
			x.reply.body = bytes.ReplaceAll(x.reply.body, []byte("__WRITE_KEY__"), []byte(key))
		}
		return nil, nil
	}
	return nil, s.serveFile(x, bundleFolder+"/"+file)
}

// bundle answers for the pieces that analytics.js loads when it needs them.
func (s *Server) bundle(x *exchange, _ int) ([]Record, error) {
	return nil, s.serveFile(x, bundleFolder+"/"+strings.Trim(x.param("file"), "/"))
}

// integration answers for the integrations that only Segment's CDN has: the npm package
// does not bring them, whoever needs them puts them in a folder of that name.
func (s *Server) integration(x *exchange, _ int) ([]Record, error) {
	return nil, s.serveFile(x, "next-integrations/"+strings.Trim(x.param("file"), "/"))
}

// serveFile makes a file the reply. It is sent whole, with 200, each time: a page's
// second load is to look like its first.
func (s *Server) serveFile(x *exchange, name string) error {
	if s.files == nil {
		return notFound.because("there is no analytics.js to serve: give the folder of an unpacked npm package @segment/analytics-next with --analytics-js DIR")
	}
	missing := notFound.because("no such file in the folder of --analytics-js")
	switch name {
	case snippetFile:
		missing = notFound.because("the folder of --analytics-js has no " + snippetFile + ": want an unpacked npm package @segment/analytics-next")
	case classicFile:
		missing = notFound.because("the npm package does not bring analytics.classic.js; put one at " + classicFile + " in the folder of --analytics-js")
	}
	// Looked at before it is opened: to open a pipe would wait for who writes to it.
	info, err := fs.Stat(s.files, name)
	if err != nil || !info.Mode().IsRegular() {
		return missing // also for names that lead out of the folder, which io/fs does not take
	}
	if info.Size() > maxFileBytes {
		return notFound.because(fmt.Sprintf("the file is larger than %d bytes, the most that this server sends", maxFileBytes))
	}
	file, err := s.files.Open(name)
	if err != nil {
		return missing
	}
	defer file.Close() // it was only read
	text, err := io.ReadAll(x.held.metered(io.LimitReader(file, maxFileBytes)))
	if err != nil {
		return err
	}
	x.reply = &reply{contentType: contentType(name), body: text}
	return nil
}

// contentType is our own table: that of package mime depends on the machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".gz":
		return "application/gzip"
	}
	return "application/octet-stream"
}

func isAlphanumeric(text string) bool {
	return strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
