package importer

import (
	"io/fs"
)

// PageOptions configures ReadPage. The zero value reads the page as it stands.
type PageOptions struct {
	Includes fs.FS      // what {% include FILE %} finds; nil: nothing
	Require  Strictness // what the contracts require
}

// Strictness says what makes a property required.
type Strictness int

// The strictnesses.
const (
	Marked   Strictness = iota // only what the page says is always there
	Included                   // also what stands in a table of which the page says that it lists what is included
)

// ReadPage reads a page of documentation.
func ReadPage(file string, text []byte, opts PageOptions) *Document {
	return &Document{File: file}
}
