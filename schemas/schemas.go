// Package schemas holds the contracts that segproof brings along, as data: the
// Segment Spec, the documented events of vendors, and the formats of our own files.
//
// Every folder is a source of contracts. segment holds the Segment Spec, one schema
// for each call type and common.json for what all calls share; a folder such as candu
// holds one contract for each documented event. Folders whose name starts with "_" or
// "." are not contracts: _formats describes the files that segproof itself reads.
//
// Each file is plain JSON Schema draft-07. Its "$id" is "segproof:///" and its path:
// a URI without a host, so that a relative "$ref" finds its neighbour and nothing is
// ever fetched.
//
// A contract taken from a documentation table says so in "x-segproof": source.page is
// the page, source.line the 1-based line of the heading over the event's property
// table, and source.sha256 the hex SHA-256 of the table itself: the lines from the
// table's header to its last row, each without its trailing white space, joined by
// "\n", with no "\n" at the end. Of several tables it is the hash of their hashes, one a
// line. source.rows has a short hash of what the page says about the event and of each
// property's row: by it a later import tells what it wrote itself.
//
// Judging an event by these files is the work of package validator.
package schemas

import (
	"embed"
	"io/fs"
)

// all: is needed for _formats alone; go:embed leaves out what starts with "_".
//
//go:embed segment candu all:_formats
var files embed.FS

//go:embed segment
var spec embed.FS

// Spec returns the Segment Spec alone: the folder "segment". It cannot be changed and
// may be used by many goroutines.
func Spec() fs.FS { return spec }

// FS returns all files, with paths such as "segment/track.json". It cannot be changed
// and may be used by many goroutines.
func FS() fs.FS { return files }
