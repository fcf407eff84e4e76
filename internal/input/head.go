package input

import (
	"bytes"
	"fmt"
)

const utf8BOM = "\xef\xbb\xbf"

// headBytes is how much of a stream is looked at to see what it is: a tar archive names
// itself at byte 257.
const headBytes = 512

// foreign is what people give us by mistake.
type foreign struct {
	offset int    // where its magic stands
	magic  string // the bytes that tell
	name   string // what it is
	way    string // what to do
}

// foreigners returns the formats that are not read; the longer of two that begin alike
// comes first.
func foreigners() []foreign {
	return []foreign{
		{0, "\xff\xfe\x00\x00", "UTF-32", "convert it to UTF-8"},
		{0, "\x00\x00\xfe\xff", "UTF-32", "convert it to UTF-8"},
		{0, "\xff\xfe", "UTF-16", "convert it to UTF-8"},
		{0, "\xfe\xff", "UTF-16", "convert it to UTF-8"},
		{0, "PK\x03\x04", "a zip archive", "unpack it"},
		{0, "\xfd7zXZ\x00", "xz", "unpack it, or compress it with zstd"},
		{0, "BZh", "bzip2", "unpack it, or compress it with zstd"},
		{0, gzipMagic, "gzip in an archive", "unpack it once"},
		{0, zstdMagic, "zstd in an archive", "unpack it once"},
		{0, "PAR1", "Parquet", "convert it to NDJSON"},
		{0, "Obj\x01", "Avro", "convert it to NDJSON"},
		{257, "ustar", "a tar archive", "unpack it"},
	}
}

// checkHead looks at the first bytes of the decompressed text. It strips a UTF-8 byte
// order mark, which counts in no column, as in an editor. It returns an error for text
// that is not UTF-8 and for other people's formats.
func (w *window) checkHead() error {
	for len(w.held()) < headBytes && w.fill() {
	}
	head := w.held()
	for _, f := range foreigners() {
		if len(head) > f.offset && bytes.HasPrefix(head[f.offset:], []byte(f.magic)) {
			return fmt.Errorf("looks like %s; %s", f.name, f.way)
		}
	}
	if name := wideText(head); name != "" {
		return fmt.Errorf("looks like %s; convert it to UTF-8", name)
	}
	if bytes.HasPrefix(head, []byte(utf8BOM)) {
		w.start += len(utf8BOM)
	}
	return nil
}

// wideText recognises UTF-16 and UTF-32 without a byte order mark: the first two
// characters of any JSON text that is worth reading are ASCII, so that the other bytes
// are NUL. A hole, which is NUL bytes only, is not taken for either.
//
// Source: RFC 4627, section 3
func wideText(head []byte) string {
	if len(head) >= 8 {
		switch zeros(head[:8]) {
		case "x000x000", "000x000x":
			return "UTF-32"
		}
	}
	if len(head) >= 4 {
		switch zeros(head[:4]) {
		case "x0x0", "0x0x":
			return "UTF-16"
		}
	}
	return ""
}

func zeros(b []byte) string {
	pattern := make([]byte, len(b))
	for i, c := range b {
		pattern[i] = 'x'
		if c == 0 {
			pattern[i] = '0'
		}
	}
	return string(pattern)
}
