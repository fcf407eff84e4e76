package importer

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"

	"segproof/event"
	"segproof/finding"
)

// commonFile is the name of the file with the schema of all events of a tracking plan. It
// is no contract of its own: the contracts refer to it.
const commonFile = "common.json"

// commonFile returns the file of the plan's common schema as if there were none yet, nil
// if the plan has none. It is the plan's as it is, with the $id by which the contracts
// find it and the source by which a later import knows it.
func (doc *Document) commonFile() *File {
	if doc.common == nil {
		return nil
	}
	schema := &object{members: slices.Clone(doc.common.members)}
	if schema.text("$id") == "" && doc.Name != "" {
		schema.remove("$id")
		schema.insert("$id", quoted(doc.id(commonFile)), rootOrder())
	}
	if doc.commonEvent != nil && schema.object("x-segproof") == nil {
		schema.insert("x-segproof", &object{[]pair{{"source", doc.commonSource()}}}, rootOrder())
	}
	return &File{Name: commonFile, Data: contractText(schema), New: true}
}

// commonSource is x-segproof.source of the common schema.
func (doc *Document) commonSource() *object {
	source := &object{}
	setText(source, "page", doc.Page)
	setText(source, "plan", doc.Plan)
	if rows := doc.alone().rowsOf(doc.commonEvent); len(rows.members) > 0 {
		source.set("rows", rows)
	}
	return source
}

// alone is the document of the common schema, which is under no other.
func (doc *Document) alone() *Document {
	return &Document{Name: doc.Name, Page: doc.Page, Plan: doc.Plan, Was: doc.Was, File: doc.File, isPlan: true}
}

// readCommon reads the common schema as if it were an event's, so that it is merged as the
// contracts are. What is to be said about it is not said twice, and nothing is left out.
func (r *planReader) readCommon(s span) {
	scratch := planReader{doc: r.doc.alone(), text: r.text, places: r.places, noise: map[string]int{}, hasRef: true}
	d := Documented{At: r.places.at(s.start)}
	reader := schemaReader{planReader: &scratch, event: &d}
	for m := range r.each(s) {
		reader.keyword(m)
	}
	members, _ := r.members(s)
	reader.requires(members["required"])
	if reader.refused != "" {
		r.report(rulePlanRule, s.start, "the common schema cannot be used: "+reader.refused, "")
		r.doc.common = nil
		return
	}
	d.Source.Row = d.Description
	r.doc.commonEvent = &d
}

// commonIn brings the file of the common schema in step with the plan. It returns nil if the
// plan has none. The findings are differences, with the rules of drift.
func (doc *Document) commonIn(there *folder, dir Folder) (*File, []drifted, error) {
	name := path.Join(dir.Name, commonFile)
	if doc.common == nil {
		if v, _ := parseJSON(there.common); there.common != nil && doc.isPlan && doc.isFrom(madeOf(v)) {
			return nil, []drifted{{Finding: doc.finding(ruleDriftEventRemoved, event.Place{File: name, Line: 1, Column: 1}, finding.Event{},
				doc.File+" has no common schema any more", "remove the file, which no contract of the plan needs")}}, nil
		}
		return nil, nil, nil
	}
	fresh := doc.commonFile()
	if there.common == nil {
		at := event.Place{File: doc.File, Line: 1, Column: 1}
		if doc.commonEvent != nil {
			at = doc.commonEvent.At
		}
		return fresh, []drifted{{Finding: doc.finding(ruleDriftEventNew, at, finding.Event{}, "the plan's common schema is not in "+dir.Name,
			"segproof import "+doc.File+" --to "+dir.Name+" writes it"), mended: true}}, nil
	}
	v, err := parseJSON(there.common)
	have, ok := v.(*object)
	if err != nil || !ok || !doc.ownsCommon(have, fresh) {
		return nil, nil, fmt.Errorf("%s was not made of %s, which has a common schema of its own; it is not overwritten: move it, or import into another folder; if %[2]s is the same plan under another name, say --was and the old one", name, doc.File)
	}
	c := &contractFile{name: commonFile, file: name, text: there.common, value: have}
	var found []drifted
	for _, diff := range doc.mergeCommon(have) {
		f := doc.told(doc.commonEvent, c, diff)
		f.Rule, f.Severity = diff.rule, severityOf(diff.rule)
		found = append(found, drifted{Finding: f, kept: diff.kept})
	}
	return &File{Name: commonFile, Data: contractText(have)}, found, nil
}

// drifted is a finding about the common schema.
type drifted struct {
	finding.Finding
	mended bool // an import mends it without a word
	kept   bool // an import leaves it as it is
}

// imported returns the finding as an import tells it.
func (f drifted) imported() finding.Finding {
	switch {
	case f.kept:
		f.Rule, f.Severity = ruleHandMadeKept, severityOf(ruleHandMadeKept)
	case f.Rule != ruleDriftEventRemoved && f.Rule != ruleHandMadeLost:
		f.Rule, f.Severity = ruleContractChanged, severityOf(ruleContractChanged)
	}
	return f.Finding
}

// mergeCommon changes the file of the common schema to what the plan says.
func (doc *Document) mergeCommon(have *object) []difference {
	d := doc.commonEvent
	m := &merging{doc: doc.alone(), event: d, rows: have.object("x-segproof").object("source").object("rows"), reworded: map[string]bool{}}
	m.description(have, d.Description, "", d.Source.Row, difference{pointer: "/description", at: d.At, what: "the description"})
	m.members(have, d.Fields, "", "")
	m.root(have)
	ours := have.object("x-segproof")
	if ours == nil {
		ours = &object{}
		have.insert("x-segproof", ours, rootOrder())
	}
	source := doc.commonSource()
	if page := madeOf(have).page; sameSource(page, doc.Page) {
		source.set("page", quoted(longer(page, doc.Page)))
	}
	m.leaveReworded(source.object("rows"))
	ours.insert("source", source, []string{"source"})
	return m.differences
}

// ownsCommon reports whether a common schema was made of this plan: it says so, or it says
// nothing and is the same.
func (doc *Document) ownsCommon(have *object, fresh *File) bool {
	if m := madeOf(have); m.page != "" {
		return doc.isFrom(m) || m.page == cmp.Or(madeOf(doc.common).page, doc.Page)
	}
	bare := func(o *object) []byte {
		o = &object{members: slices.Clone(o.members)}
		o.remove("x-segproof")
		return compactJSON(o)
	}
	v, err := parseJSON(fresh.Data)
	o, ok := v.(*object)
	return err == nil && ok && bytes.Equal(bare(o), bare(have))
}
