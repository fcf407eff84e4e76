package importer

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"segproof/event"
	"segproof/finding"
)

// PageOptions configures ReadPage. The zero value reads the page as it stands and
// requires what it says is always there.
type PageOptions struct {
	Includes     fs.FS      // in which {% include FILE %} finds its files; nil: includes are left out
	IncludesName string     // as the user calls it, in front of the files' names in findings
	Require      Strictness // what the contracts require
}

// Strictness says what makes a property required.
type Strictness int

// The strictnesses.
const (
	Marked   Strictness = iota // the page says that it is always there
	Included                   // also: it is in an event's own table, and the page says that such a table lists what is included
)

// Bounds of one page, so that none takes the memory of the machine. The largest of
// Segment's own has 55 rows that list events and 300 that list properties.
const (
	maxEvents     = 10_000
	maxProperties = 200_000 // of all events together: a shared table counts for each
	maxFindings   = 20_000
)

// ReadPage reads a page of documentation: Markdown with tables of events and of
// properties, as on Segment's documentation site and elsewhere. Any text is a page;
// what it lacks is told in the findings. file is how the user calls it.
func ReadPage(file string, text []byte, opts PageOptions) *Document {
	doc, _ := ReadPageContext(context.Background(), file, text, opts) // nothing else can go wrong
	return doc
}

// ReadPageContext is like [ReadPage], but gives up between two passes over the page once
// ctx is done. Its only error is that of ctx.
func ReadPageContext(ctx context.Context, file string, text []byte, opts PageOptions) (*Document, error) {
	p := &page{opts: opts, doc: &Document{File: file, Page: sourcePath(file)},
		byName: map[string]*draftEvent{}, bySections: map[*section][]*draftEvent{}, told: map[saying]bool{}, headers: map[string]propertyHeader{}}
	p.source = prepare(p, file, text)
	p.doc.source = p.source
	p.doc.Title, p.doc.Name = sourceName(p.source.title, file)
	for _, pass := range []func(){p.readBlocks, p.readSamples, p.refuse, p.classify, p.readLists, p.listEvents, p.bindTables, p.tellLists, p.chooseCalls, p.buildEvents, p.crossCheck, p.comment} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if pass(); p.refused {
			break
		}
	}
	return p.finish(), nil
}

// comment tells the readers of each event's contract what is doubtful about it.
func (p *page) comment() {
	for _, e := range p.events {
		d := &p.doc.Events[e.index]
		d.Comment = strings.TrimSpace(d.Comment + " " + strings.Join(e.doubts, " "))
	}
}

// page is a page while it is read.
type page struct {
	opts   PageOptions
	doc    *Document
	source *source

	sections []*section
	tables   []*table // in the order of the page
	samples  []*sample
	texts    []*text // paragraphs and items of lists, in the order of the page

	events     []*draftEvent
	byName     map[string]*draftEvent     // by folded name and aliases
	bySections map[*section][]*draftEvent // that a heading was taken for
	told       map[saying]bool
	headers    map[string]propertyHeader // by text
	says       *pageCall                 // what pageSays has found
	lists      []*propertyList           // that look like properties and were not read
	labels     map[*section][]*label     // what labelOf has found; nil while it was not asked
	built      int                       // properties made
	tooLarge   bool
	refused    bool // it documents no events, and that was told
}

// refuse stops at a page that documents objects.
func (p *page) refuse() { p.refused = p.objectsOnly() }

// finish returns the document.
func (p *page) finish() *Document {
	finding.Sort(p.doc.Findings)
	return p.doc
}

// report notes a doubt at a place of the page.
func (p *page) report(rule string, at event.Place, message, hint string) {
	p.reportFor(rule, at, finding.Event{}, message, hint)
}

// reportFor notes a doubt about an event.
func (p *page) reportFor(rule string, at event.Place, id finding.Event, message, hint string) {
	if len(p.doc.Findings) >= maxFindings {
		p.overflow("findings")
		return
	}
	if p.once(rule, at, message) {
		return
	}
	f := p.doc.finding(rule, at, id, message, hint)
	p.doc.Findings = append(p.doc.Findings, f)
}

// once reports whether the same was told of the same place: a row that is for several
// events is told of once.
func (p *page) once(rule string, at event.Place, message string) bool {
	key := saying{rule, at, message}
	before := p.told[key]
	p.told[key] = true
	return before
}

// saying is what was told.
type saying struct {
	rule    string
	at      event.Place
	message string
}

// doubt notes for the reader of an event's contract what is doubtful about it.
func (p *page) doubt(e *draftEvent, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(e.doubts) < maxDoubts && !slices.Contains(e.doubts, text) {
		e.doubts = append(e.doubts, text)
	}
}

// maxDoubts is how many doubts a contract tells of.
const maxDoubts = 10

// overflow tells once that there is more than can be taken.
func (p *page) overflow(what string) {
	if p.tooLarge {
		return
	}
	p.tooLarge = true
	p.doc.Findings = append(p.doc.Findings, p.doc.finding(ruleSourceTooLarge, event.Place{File: p.doc.File, Line: 1, Column: 1}, finding.Event{},
		"the page has more "+what+" than can be taken; the rest is left out", "split the page"))
}

// pageName is how contracts name a page: its file's name, with that of the folder where
// the file's alone says nothing. It must not depend on where the page lies.
func pageName(file string) string {
	base := path.Base(file)
	dir := path.Base(path.Dir(file))
	if stem := strings.ToLower(strings.TrimSuffix(base, path.Ext(base))); (stem == "index" || stem == "readme") && usable(dir) {
		return dir + "/" + base
	}
	return base
}

func usable(dir string) bool { return strings.Trim(dir, "./\\") != "" }

// sourceName returns the title and the short name of a source of events: "Candu Source"
// and candu-source.md are both Candu, candu.
func sourceName(title, file string) (string, string) {
	stem := strings.TrimSuffix(pageName(file), path.Ext(file))
	stem = strings.TrimSuffix(stem, path.Base(stem))
	if stem = strings.Trim(stem, "/"); stem == "" {
		stem = strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	if title == "" {
		title = stem
	}
	title = strings.TrimPrefix(title, "Spec: ")
	for _, suffix := range []string{" Source", "-source", "_source", " source"} {
		title = strings.TrimSuffix(title, suffix)
	}
	return title, slug(title)
}

// slug returns a text as the anchor of a heading, and as a folder's name: in lower case,
// letters and digits, "-" for blanks.
//
// Source: kramdown.gettalong.org/converter/html.html#auto-ids
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			b.WriteRune(r)
		case r == ' ' || r == '-':
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
