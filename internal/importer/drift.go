package importer

import (
	"fmt"

	"segproof/event"
	"segproof/finding"
)

// Check compares the document with the contracts of a folder, both ways: events, calls,
// properties, types, what is required, descriptions. Each finding points at the line of
// the source and names that of the contract.
func (doc *Document) Check(dir Folder) ([]finding.Finding, error) {
	there, err := dir.read()
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	_, aboutCommon, err := doc.commonIn(there, dir)
	if err != nil {
		return nil, err
	}
	for _, f := range aboutCommon {
		if f.Rule != ruleHandMadeKept && f.Rule != ruleHandMadeLost {
			found = append(found, f.Finding)
		}
	}
	for i := range doc.Events {
		d := &doc.Events[i]
		c := there.find(doc, d)
		if c == nil {
			found = append(found, doc.finding(ruleDriftEventNew, d.At, d.identity(),
				fmt.Sprintf("%s has no contract in %s", d.identity(), dir.Name), "segproof import "+doc.File+" --to "+dir.Name+" writes it"))
			continue
		}
		differences := doc.merge(d, c.value)
		if doc.foreign(d, c) {
			found = append(found, doc.otherSource(d, c, differences)...)
		}
		for _, diff := range differences {
			if diff.rule == ruleHandMadeKept || diff.rule == ruleHandMadeLost { // about what an import does
				continue
			}
			f := doc.told(d, c, diff)
			f.Rule, f.Severity = diff.rule, severityOf(diff.rule)
			found = append(found, f)
		}
	}
	found = append(found, doc.gone(there)...)
	finding.Sort(found)
	return found, nil
}

// told says one difference.
func (doc *Document) told(d *Documented, c *contractFile, diff difference) finding.Finding {
	rule, message, hint := ruleContractChanged, "", ""
	switch diff.rule {
	case ruleDriftPropertyNew:
		message = fmt.Sprintf("%s of %s is documented, as %s, and the contract does not have it", diff.what, d.label(), diff.says)
	case ruleDriftPropertyRemoved:
		message = fmt.Sprintf("%s of %s is not documented any more, and the contract has it", diff.what, d.label())
	case ruleDriftUndocumented:
		message = fmt.Sprintf("%s of %s is in the contract, and was never documented", diff.what, d.label())
		hint = "document it, or take it out of the contract"
	case ruleHandMadeLost:
		rule = ruleHandMadeLost
		message = fmt.Sprintf("%s, added by hand to %s of %s, went with it", diff.contract, diff.what, d.label())
	case ruleHandMadeKept:
		if d.Source.Inferred > 0 {
			message = d.label() + ": " + diff.contract
			break
		}
		message = fmt.Sprintf("%s of %s: kept %s, which the source does not say", diff.what, d.label(), diff.contract)
	case ruleDriftDescription:
		message = fmt.Sprintf("%s of %s: documented as %s, the contract says %s", diff.what, d.label(), diff.says, diff.contract)
	default:
		message = fmt.Sprintf("%s of %s: the source says %s, the contract says %s", diff.what, d.label(), diff.says, diff.contract)
	}
	if diff.kept {
		rule = ruleHandMadeKept
	}
	f := doc.finding(rule, diff.at, d.identity(), message, hint)
	f.Schema = fmt.Sprintf("%s:%d", c.file, c.at(diff.pointer))
	return f
}

// label names the event in messages.
func (d *Documented) label() string {
	if d.Type == "" {
		return "the common schema"
	}
	return d.identity().String()
}

// gone returns the findings about contracts that were imported from this source, which
// does not have their events any more.
func (doc *Document) gone(there *folder) []finding.Finding {
	known := map[*contractFile]bool{}
	for i := range doc.Events {
		known[there.find(doc, &doc.Events[i])] = true
	}
	var found []finding.Finding
	for _, c := range there.files {
		if !doc.isFrom(c.made) || known[c] {
			continue
		}
		line := c.at("/x-segproof/source/page")
		f := doc.finding(ruleDriftEventRemoved, event.Place{File: c.file, Line: line, Column: 1}, c.id,
			fmt.Sprintf("%s is not documented in %s any more", c.id, doc.File), "remove the contract, or document the event")
		f.Schema = fmt.Sprintf("%s:%d", c.file, line)
		found = append(found, f)
	}
	return found
}

// finding makes a finding of this room.
func (doc *Document) finding(rule string, at event.Place, id finding.Event, message, hint string) finding.Finding {
	f := finding.Finding{Rule: rule, Severity: severityOf(rule), Layer: finding.Source,
		File: at.File, Line: at.Line, Column: at.Column, Event: id, Message: message, Hint: hint}
	if doc.source != nil {
		f.Excerpt = doc.source.excerpt(at)
	}
	return f
}
