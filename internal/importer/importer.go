// Package importer makes contracts of what somebody has written down about events: the
// tables of a documentation page, a tracking plan, a sample of traffic. It also says
// where such a source and the contracts in a folder have drifted apart.
//
// A front end reads its source into a [Document]: [ReadPage] is the one for pages.
// [Document.Files] turns a Document into contract files, next to those that are there,
// and [Document.Check] compares the two. Nothing is invented: what the source does not
// say is not in the contract, and every doubt is a finding.
//
// The package reads what it is handed and writes nothing.
package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"segproof/event"
	"segproof/finding"
)

// Document is what a front end read: the documented events and the doubts about them.
type Document struct {
	Name     string // of the source of events, "candu": the contracts' owner and the folder in their $id
	Title    string // of the source of events, "Candu"; "" if it has none
	Page     string // how contracts name the source in x-segproof.source.page
	Plan     string // the ID of a tracking plan, or its name; "" if its file says neither
	Was      string // how contracts name the source that they were made of, before its file was renamed; "" if it was not
	File     string // the file read, as the user wrote it
	Events   []Documented
	Findings []finding.Finding // about the source, sorted

	common      *object     // the schema of all events, of a tracking plan; nil if there is none
	commonEvent *Documented // the same, as if it were an event's

	isPlan bool    // its examples are whole events that somebody wrote
	source *source // for excerpts; nil if the front end has none
}

// Documented is one event as a source documents it.
type Documented struct {
	Type        event.Type // never ""
	Name        string     // "" for a call that has none
	Version     string     // context.protocols.event_version, the number's text or the string; "" if none
	Title       string     // "" means TITLE: EVENT
	Description string
	Comment     string // what the contract's reader must know about how it was made; usually ""

	// Fields are the members of the event beyond its identity, in the order documented:
	// "properties", "traits", "context", or a field of the envelope. They are a tree.
	Fields []*Property

	Examples []json.RawMessage // complete events that Fields accepts; nil means that one is made
	At       event.Place       // where the source names the event
	Source   Source

	// The rest is what a tracking plan says beyond tables: its rules are JSON Schemas.
	Root       []Keyword       // further keywords of JSON Schema about the whole event
	Requires   []string        // members of the event that are required and not described
	Dialect    string          // the URL of its JSON Schema draft; "" means draft-07
	ID         string          // the contract's $id; "" means that it is made
	Origin     json.RawMessage // the contract's x-segproof; nil means that it is made
	Deprecated bool            // the source calls it deprecated

	versionLiteral json.RawMessage // Version as JSON; nil means that Version tells
	keepsVersion   bool            // the version stands in the schema itself
}

// Source says where an event was taken from, as its contract tells.
type Source struct {
	Row   string // the text that names and describes the event, for the hash; "" if there is none
	Line  int    // 1-based line of the heading over its table, or of what else names it; 0 if there are no lines
	Table string // the text of its table, for the hash; "" if it has none

	Inferred int // how many events it was inferred from; 0 if somebody wrote it down

	sum string // the hash, where it is not that of Table: an event of several tables
}

// SHA256 returns the hex hash of the table, "" without one.
func (s Source) SHA256() string {
	if s.sum != "" || s.Table == "" {
		return s.sum
	}
	sum := sha256.Sum256([]byte(s.Table))
	return hex.EncodeToString(sum[:])
}

// Need says whether a source wants a property in every event.
type Need int

// The needs. The zero value is the one of nearly every table: it does not say.
const (
	Unsaid   Need = iota // the source does not say; a contract does not require it
	Optional             // the source says that it may be left out
	Required             // the source says that it is always there
)

// Formats of a [Property] beyond those of JSON Schema.
const (
	// FormatISO8601 is a full date or a date and time, which Segment's tables call Date.
	FormatISO8601 = "iso8601"
)

// Property is one documented value: a member of an object, or what an array holds.
type Property struct {
	Name        string // "" for the items of an array
	Description string
	Types       []string          // JSON Schema types; nil means that the source says none. "null" is one
	Enum        []json.RawMessage // the values it may have; nil for any
	Format      string            // FormatISO8601 or one of JSON Schema; "" for none
	Need        Need
	Keywords    []Keyword // further keywords of JSON Schema, as they are to be written

	Items      *Property   // what the array holds; nil if the source does not say
	Properties []*Property // the members of the object, in the order documented

	At      event.Place // of its name; zero for a parent that the source implies
	Row     string      // the source's text about it, of which its hash is taken; "" for an implied parent
	Doubt   string      // why it may be read otherwise; "" if it is plain
	RawType string      // the type as the source spells it; "" if it has none

	sample *shape // the values of traffic; nil for what somebody wrote down
}

// Keyword is one keyword of JSON Schema with its value.
type Keyword struct {
	Name  string
	Value json.RawMessage
}

// Member returns the member of an object by name, nil if it has none.
func (p *Property) Member(name string) *Property { return member(p.Properties, name) }

func member(properties []*Property, name string) *Property {
	for _, p := range properties {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Field returns the member of the event by name, which it makes if it is not there: an
// object.
func (d *Documented) Field(name string) *Property {
	if p := member(d.Fields, name); p != nil {
		return p
	}
	p := &Property{Name: name, Types: []string{"object"}}
	d.Fields = append(d.Fields, p)
	return p
}

// identity names the event in findings.
func (d *Documented) identity() finding.Event {
	return finding.Event{Type: string(d.Type), Name: d.Name, Version: d.Version}
}
