package validator

import (
	"bytes"
	"slices"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
)

// Part is one schema of a loaded contract: the whole of it, or one inside. It is for
// rooms that compare contracts. The zero value is no schema. A Part does not change and
// may be used by many goroutines.
type Part struct {
	doc     *document
	pointer string
}

// Whole returns the contract's outermost schema.
func (c *Contract) Whole() Part { return Part{doc: c.doc} }

// Value returns the schema as decoded JSON, with numbers as [json.Number]: a map or a
// bool. It is nil if there is nothing at that place. The caller must not change it.
func (p Part) Value() any {
	if p.doc == nil {
		return nil
	}
	return p.doc.at(p.pointer)
}

// Same reports whether two contracts have the same text, with the files that they refer
// to, under the same names. Texts that differ can still mean the same.
func (c *Contract) Same(other *Contract) bool {
	ours, theirs := c.doc.reached(), other.doc.reached()
	return slices.EqualFunc(ours, theirs, func(a, b *document) bool { return a.path == b.path && bytes.Equal(a.text, b.text) })
}

// reached returns the document and those that it refers to, through however many others.
func (d *document) reached() []*document {
	docs := []*document{d}
	for i := 0; i < len(docs); i++ {
		for _, r := range docs[i].links.refs {
			if r.to != nil && !slices.Contains(docs, r.to) {
				docs = append(docs, r.to)
			}
		}
	}
	return docs
}

// In returns the schema that the steps lead to from p; a step is a key or an index.
func (p Part) In(steps ...string) Part {
	for _, step := range steps {
		p.pointer = jsonpos.Join(p.pointer, step)
	}
	return p
}

// File returns the name of the file that the schema stands in, as the user would find it.
func (p Part) File() string { return p.doc.file }

// URL returns the URL by which [Schema.Documents] knows the file.
func (p Part) URL() string { return p.doc.url }

// Pointer returns the JSON Pointer of the schema in its file.
func (p Part) Pointer() string { return p.pointer }

// Draft returns the draft that the file is written in: 4, 6, 7, 2019 or 2020.
func (p Part) Draft() int { return p.doc.year }

// Target returns the schema that the "$ref" of p leads to. ok is false if p has none, or
// one to the meta-schema of a draft.
func (p Part) Target() (target Part, ok bool) {
	for _, r := range p.doc.links.refs {
		if r.holder == p.pointer && r.keyword == "$ref" && r.to != nil {
			return r.part()
		}
	}
	return Part{}, false
}

// part returns what the reference leads to, if that is a place of a file.
func (r reference) part() (Part, bool) {
	file, fragment, _ := strings.Cut(r.target, "#")
	if r.to == nil || file != r.to.url {
		return Part{}, false
	}
	return Part{r.to, unescapePointer(fragment)}, true
}

// Spot is a place in a contract, as a finding has it.
type Spot struct {
	event.Place
	Excerpt finding.Excerpt
}

// At returns the place that the steps lead to from p: of an object or a list its key, of
// another value the value. Of what is not there it is the nearest object around it.
func (p Part) At(steps ...string) Spot {
	at := p.In(steps...).pointer
	span, reached := nearest(p.doc.text, at)
	var f finding.Finding
	what := shape{missing: reached != at}
	if !what.missing {
		switch p.doc.at(at).(type) {
		case map[string]any, []any:
			what.key = true
			what.missing = span.Key < 0 // an element, or the file: its opening bracket
		}
	}
	first := event.Place{File: p.doc.file, Line: 1, Column: 1}
	pointAt(stretch{text: p.doc.text, begins: first, at: first}, span, what, &f)
	return Spot{event.Place{File: p.doc.file, Line: f.Line, Column: f.Column}, f.Excerpt}
}

// Judge returns what one contract alone has against an event, whichever version the event
// names; what the other layers have against it makes no difference. The contract must be
// one of the catalog's. Else it is as [Catalog.Validate].
func (c *Catalog) Judge(ev event.Event, contract *Contract) []finding.Finding {
	j := newJudgement(c, ev)
	return j.run(func() {
		if j.wire(); j.event == nil || j.fatal {
			return
		}
		j.findings, j.taken, j.cut = nil, nil, 0
		j.schema(finding.Contract, contract)
	})
}
