package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"segproof/internal/importer"
)

// pageOracle is the expected extraction of some pages.
type pageOracle struct {
	Pages []oraclePage `json:"pages"`
}

// oraclePage is one page: its path below the folder given, and what it documents.
type oraclePage struct {
	Page   string        `json:"page"`
	Events []oracleEvent `json:"events"`
	Shared []oracleEvent `json:"shared"`
}

// oracleEvent is an event, or a table that several events share.
type oracleEvent struct {
	Name       string           `json:"name"`
	Call       *string          `json:"call"` // null: the page does not say
	Doubt      string           `json:"doubt"`
	AppliesTo  json.RawMessage  `json:"appliesTo"` // "all", or the names of events
	Properties []oracleProperty `json:"properties"`
}

// oracleProperty is one row of a table.
type oracleProperty struct {
	Name     string          `json:"name"`
	At       string          `json:"at"`    // where in the event; "" if the page does not say
	Type     json.RawMessage `json:"type"`  // a JSON Schema type, a list, or null
	Items    json.RawMessage `json:"items"` // the type of an array's items
	Enum     []string        `json:"enum"`
	Format   string          `json:"format"`
	Required *bool           `json:"required"`
	Doubt    string          `json:"doubt"` // the name alone is certain
}

// marks counts one kind of facts of a page.
type marks struct {
	Right   int      `json:"right"`
	Wrong   []string `json:"wrong,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Extra   []string `json:"extra,omitempty"`
}

func (t *marks) differs() bool { return len(t.Wrong)+len(t.Missing)+len(t.Extra) > 0 }

// pageScore is the line of one page, and the summary.
type pageScore struct {
	Page  string `json:"page,omitempty"`
	Pages int    `json:"pages,omitempty"`

	NotThere []string `json:"notThere,omitempty"` // of the summary: pages of the oracle that are not under DIR

	Events     marks `json:"events"`
	Properties marks `json:"properties"`
	Types      marks `json:"types"`
	Calls      marks `json:"calls"`
	Required   marks `json:"required"`
}

func (s *pageScore) tallies() []*marks {
	return []*marks{&s.Events, &s.Properties, &s.Types, &s.Calls, &s.Required}
}

// pages imports the pages of an oracle and compares what comes out.
func pages(ctx context.Context, args []string, stdout io.Writer) (outcome, error) {
	if len(args) != 2 {
		return outcome{}, errors.New("want DIR ORACLE.json")
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return outcome{}, err
	}
	var oracle pageOracle
	if err := json.Unmarshal(data, &oracle); err != nil {
		return outcome{}, fmt.Errorf("read %s: %w", args[1], err)
	}
	var got outcome
	var sum pageScore
	enc := json.NewEncoder(stdout)
	enc.SetEscapeHTML(false)
	for _, want := range oracle.Pages {
		if ctx.Err() != nil {
			return got, ctx.Err()
		}
		text, err := os.ReadFile(filepath.Join(args[0], filepath.FromSlash(want.Page)))
		if errors.Is(err, os.ErrNotExist) {
			sum.NotThere = append(sum.NotThere, want.Page) // the oracle may know more pages than there are
			continue
		}
		if err != nil {
			return got, err
		}
		doc := importer.ReadPage(want.Page, text, importer.PageOptions{Includes: os.DirFS(filepath.Join(args[0], "src", "_includes"))})
		s := scorePage(want, doc)
		if err := enc.Encode(s); err != nil {
			return got, err
		}
		got.cases++
		differs := false
		for i, t := range s.tallies() {
			differs = differs || t.differs()
			sum.tallies()[i].add(*t)
		}
		if differs {
			got.differ++
		}
	}
	sum.Pages = got.cases
	return got, enc.Encode(sum)
}

// add adds the numbers of a page, and whatever differs.
func (t *marks) add(other marks) {
	t.Right += other.Right
	t.Wrong = append(t.Wrong, other.Wrong...)
	t.Missing = append(t.Missing, other.Missing...)
	t.Extra = append(t.Extra, other.Extra...)
}

// scorePage compares one page.
func scorePage(want oraclePage, doc *importer.Document) pageScore {
	s := pageScore{Page: want.Page}
	left := map[string]*importer.Documented{}
	for i := range doc.Events {
		left[eventName(&doc.Events[i])] = &doc.Events[i]
	}
	for _, e := range want.Events {
		d := left[e.Name]
		if d == nil {
			s.Events.Missing = append(s.Events.Missing, e.Name)
			continue
		}
		delete(left, e.Name)
		s.Events.Right++
		if e.Call != nil {
			if string(d.Type) == *e.Call {
				s.Calls.Right++
			} else if e.Doubt == "" {
				s.Calls.Wrong = append(s.Calls.Wrong, fmt.Sprintf("%s: got %s, want %s", e.Name, d.Type, *e.Call))
			}
		}
		e.Properties = want.effective(e)
		s.properties(e, d, want.uncertain())
	}
	for name, d := range left {
		if d.Name == "" && d.Type.BodyKey() == "traits" && want.sharesTraits() {
			continue // a table of the user's traits: it makes the contract of the call that sends them
		}
		s.Events.Extra = append(s.Events.Extra, name)
	}
	slices.Sort(s.Events.Extra)
	return s
}

// sharesTraits reports whether the page has a table of traits beside its events.
func (p oraclePage) sharesTraits() bool {
	return slices.ContainsFunc(p.Shared, func(e oracleEvent) bool { return string(e.AppliesTo) == `"traits"` })
}

// uncertain returns the properties that some events have, nobody knows which.
func (p oraclePage) uncertain() map[string]bool {
	names := map[string]bool{}
	for _, shared := range p.Shared {
		if slices.Contains([]string{`"unspecified"`, `"most"`, `"any"`, `"traits"`}, string(shared.AppliesTo)) {
			for _, w := range shared.Properties {
				names["properties."+w.Name], names["traits."+w.Name], names[w.At] = true, true, true
			}
		}
	}
	return names
}

// eventName is how an oracle calls an event: a call that has no name by the page's name
// for it, or its own.
func eventName(d *importer.Documented) string {
	if d.Name != "" {
		return d.Name
	}
	if _, name, ok := strings.Cut(d.Title, ": "); ok {
		return name
	}
	return strings.ToUpper(string(d.Type[:1])) + string(d.Type[1:])
}

// effective returns all properties of an event: its own, and those of the tables that are
// for all or name it.
func (p oraclePage) effective(e oracleEvent) []oracleProperty {
	all := slices.Clone(e.Properties)
	for _, shared := range p.Shared {
		var names []string
		var word string
		if json.Unmarshal(shared.AppliesTo, &names) != nil {
			_ = json.Unmarshal(shared.AppliesTo, &word) // it is the one or the other
		}
		if word == "all" || slices.Contains(names, e.Name) {
			all = append(all, shared.Properties...)
		}
	}
	return all
}

// found is a property of a contract, by where it is.
type found struct {
	p        *importer.Property
	required bool
}

// properties compares the properties of one event.
func (s *pageScore) properties(e oracleEvent, d *importer.Documented, uncertain map[string]bool) {
	got := map[string]found{}
	for _, p := range d.Fields {
		collect(got, p, p.Name)
	}
	body := d.Type.BodyKey()
	seen := map[string]bool{}
	for _, w := range e.Properties {
		at := w.At
		if at == "" {
			at = body + "." + w.Name
		}
		if rest, ok := strings.CutPrefix(at, "properties."); ok && body == "traits" {
			at = "traits." + rest // a table for all events of a page, one of which is an identify call
		}
		label := e.Name + " " + at
		g, ok := got[at]
		if ok {
			delete(got, at)
		}
		if seen[at] {
			continue // listed twice: there is one property for both
		}
		seen[at] = true
		if !ok && w.Doubt == "" {
			s.Properties.Missing = append(s.Properties.Missing, label)
			continue
		}
		if !ok {
			s.doubtful(got, w, d)
			continue
		}
		s.Properties.Right++
		s.compare(label, w, g)
	}
	for at, g := range got {
		if g.p.Row != "" && !uncertain[at] {
			s.Properties.Extra = append(s.Properties.Extra, e.Name+" "+at)
		}
	}
	slices.Sort(s.Properties.Extra)
}

// doubtful accepts a property whose name alone is certain wherever it is.
func (s *pageScore) doubtful(got map[string]found, w oracleProperty, d *importer.Documented) {
	for _, at := range []string{w.Name, "properties." + w.Name, "traits." + w.Name, "context." + w.Name} {
		if _, ok := got[at]; ok {
			delete(got, at)
			s.Properties.Right++
			return
		}
	}
	if w.Name == d.Type.NameKey() {
		s.Properties.Right++ // it is what the contract is for
		return
	}
	s.Properties.Missing = append(s.Properties.Missing, eventName(d)+" "+w.Name)
}

// compare compares type and required of one property.
func (s *pageScore) compare(label string, w oracleProperty, g found) {
	if w.Doubt != "" {
		return
	}
	p := *g.p
	if len(words(w.Items)) == 0 && p.Items != nil && len(p.Items.Properties) > 0 {
		p.Items = nil // other rows say what it holds
	}
	if want, got := w.typeText(), typeText(&p); want == got {
		s.Types.Right++
	} else {
		s.Types.Wrong = append(s.Types.Wrong, fmt.Sprintf("%s: got %s, want %s", label, got, want))
	}
	switch want := w.Required != nil && *w.Required; {
	case want == g.required:
		s.Required.Right++
	case want:
		s.Required.Missing = append(s.Required.Missing, label)
	default:
		s.Required.Extra = append(s.Required.Extra, label)
	}
}

// collect lists a property and what is below it by path.
func collect(into map[string]found, p *importer.Property, path string) {
	if strings.Contains(path, ".") || len(p.Properties) == 0 {
		into[path] = found{p, p.Need == importer.Required}
	}
	for _, child := range p.Properties {
		collect(into, child, path+"."+child.Name)
	}
	if p.Items != nil {
		for _, child := range p.Items.Properties {
			collect(into, child, path+"[]."+child.Name)
		}
	}
}

// typeText writes a type with all that goes with it, in one order.
func typeText(p *importer.Property) string {
	var enum []string
	for _, raw := range p.Enum {
		var v string
		if json.Unmarshal(raw, &v) != nil {
			v = string(raw)
		}
		enum = append(enum, v)
	}
	items := ""
	if p.Items != nil {
		items = strings.Join(p.Items.Types, "|")
	}
	return facts(p.Types, items, enum, p.Format)
}

func (w oracleProperty) typeText() string {
	return facts(words(w.Type), strings.Join(words(w.Items), "|"), w.Enum, w.Format)
}

// words reads a string, a list of strings, or null.
func words(raw json.RawMessage) []string {
	var list []string
	var one string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	return nil
}

func facts(types []string, items string, enum []string, format string) string {
	types = slices.Sorted(slices.Values(types))
	text := strings.Join(types, "|")
	if text == "" {
		text = "none"
	}
	if items != "" {
		text += " of " + items
	}
	if len(enum) > 0 {
		text += " one of " + strings.Join(slices.Sorted(slices.Values(enum)), ",")
	}
	if format != "" {
		text += " " + format
	}
	return text
}
