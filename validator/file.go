package validator

import "strings"

// Text returns the contract's file as it was read, without a byte order mark. It must not
// be changed.
func (c *Contract) Text() []byte { return c.doc.text }

// Dialect returns the name of the JSON Schema draft that the contract is written in:
// "draft-07", "draft 2020-12".
func (c *Contract) Dialect() string { return draftOf(c.doc.year).name }

// Reference is a "$ref" of a contract into another file.
type Reference struct {
	Pointer string // of the schema that holds the "$ref", in the contract
	File    string // that it leads to, as the user would find it
	Text    []byte // of that file; it must not be changed
	Whole   bool   // it means the file as a whole, not a part of it
}

// References returns the contract's references into other files, in the order of their
// places.
func (c *Contract) References() []Reference {
	var all []Reference
	for _, r := range c.doc.links.refs {
		if r.to != nil && r.to != c.doc {
			all = append(all, Reference{Pointer: r.holder, File: r.to.file, Text: r.to.text, Whole: strings.TrimSuffix(r.target, "#") == r.to.url})
		}
	}
	return all
}
