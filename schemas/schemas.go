// Package schemas holds the contracts that segproof brings along, as data: the
// Segment Spec, the documented events of vendors, and the formats of our own files.
//
// Every folder is a source of contracts. segment holds the Segment Spec, one schema
// for each call type and common.json for what all calls share; a folder such as candu
// holds one contract for each documented event. Folders whose name starts with "_" or
// "." are not contracts: _formats describes the files that segproof itself reads, and
// _pages holds the pages that the events of the Segment Spec were imported from.
//
// FS holds what judges events unless somebody names other contracts. The events that the
// Segment Spec documents for shops, videos, mails and so on are asked for by name, with
// Builtin: who does not sell anything has not planned "Order Completed".
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
	"slices"
)

// all: is needed for _formats alone; go:embed leaves out what starts with "_".
//
//go:embed segment candu all:_formats
var files embed.FS

//go:embed segment
var spec embed.FS

//go:embed candu
var candu embed.FS

//go:embed ecommerce
var ecommerce embed.FS

//go:embed b2b-saas
var b2bSaaS embed.FS

//go:embed mobile
var mobile embed.FS

//go:embed video
var video embed.FS

//go:embed email
var email embed.FS

//go:embed live-chat
var liveChat embed.FS

//go:embed ab-testing
var abTesting embed.FS

// source is a folder that can be asked for by name.
type source struct {
	name  string
	files fs.FS
}

// sources is the table of them.
func sources() []source {
	return []source{
		{"ab-testing", abTesting}, // the events of segment.com/docs/connections/spec/, from here on
		{"b2b-saas", b2bSaaS},
		{"ecommerce", ecommerce},
		{"email", email},
		{"live-chat", liveChat},
		{"mobile", mobile},
		{"video", video},
		{"candu", candu},
	}
}

// Sources returns the names that Builtin knows, sorted.
func Sources() []string {
	var names []string
	for _, s := range sources() {
		names = append(names, s.name)
	}
	slices.Sort(names)
	return names
}

// Builtin returns the contracts of one source of events, with paths such as
// "ecommerce/order_completed.json"; ok is false if there is none of that name. It cannot
// be changed and may be used by many goroutines.
func Builtin(name string) (contracts fs.FS, ok bool) {
	for _, s := range sources() {
		if s.name == name {
			return s.files, true
		}
	}
	return nil, false
}

// Spec returns the Segment Spec alone: the folder "segment". It cannot be changed and
// may be used by many goroutines.
func Spec() fs.FS { return spec }

// FS returns what is used unless somebody names contracts: the Segment Spec, Candu's events
// and the formats, with paths such as "segment/track.json". It cannot be changed
// and may be used by many goroutines.
func FS() fs.FS { return files }
