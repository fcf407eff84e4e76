package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/jsonpos"
	"segproof/validator"
)

// File is a contract file to write.
type File struct {
	Name string // slash-separated, in the folder
	Data []byte
	New  bool // it was not there before
}

// Files returns the contract files that are to be written so that the folder says what
// the document says: those that change and no others. What was added to them by hand
// stays. The findings tell what was kept and what was changed.
func (doc *Document) Files(dir Folder) ([]File, []finding.Finding, error) {
	there, err := dir.read()
	if err != nil {
		return nil, nil, err
	}
	var found []finding.Finding
	common, aboutCommon, err := doc.commonIn(there, dir)
	if err != nil {
		return nil, nil, err
	}
	if common != nil {
		there.taken[commonFile] = true
	}
	for _, f := range aboutCommon {
		if !f.mended {
			found = append(found, f.imported())
		}
	}
	drafts, told := doc.drafts(there)
	found = append(found, told...)
	// The second time is for the examples that were made in place of bad ones: a pattern or
	// a bound can refuse those too.
	var faults map[string][]finding.Finding
	for tries, changed := 0, true; changed && tries < 2; tries++ {
		if faults, changed, err = keepGoodExamples(drafts, common, dir.Spec); err != nil {
			return nil, nil, err
		}
	}
	found = append(found, doc.gone(there)...)
	found = append(found, doc.aboutExamples(drafts)...)
	var files []File
	if common != nil && (common.New || !sameJSON(there.common, common.Data)) {
		files = append(files, *common)
	}
	for i, w := range drafts {
		if unusable := faults[draftName(i)]; len(unusable) > 0 {
			found = append(found, doc.unusable(w, unusable)...)
			continue
		}
		data := contractText(w.value)
		if w.isNew || !sameJSON(w.before, data) {
			files = append(files, File{Name: w.name, Data: data, New: w.isNew})
		}
	}
	finding.Sort(found)
	return files, found, nil
}

// unusable tells why a contract is not written: the validator cannot use it.
func (doc *Document) unusable(w *draft, faults []finding.Finding) []finding.Finding {
	var found []finding.Finding
	for _, f := range faults {
		told := doc.finding(rulePlanRule, w.event.placeOf(f.Pointer), w.event.identity(),
			fmt.Sprintf("%s gets no contract, for none could be used: %s (%s)", w.event.identity(), f.Message, f.Rule), f.Hint)
		told.Pointer = f.Pointer
		found = append(found, told)
	}
	return found
}

// drafts brings the contracts that are there in step with the events, and makes the others.
func (doc *Document) drafts(there *folder) (drafts []*draft, found []finding.Finding) {
	for i := range doc.Events {
		d := &doc.Events[i]
		c := there.find(doc, d)
		if c == nil {
			name := freeName(d, there.taken)
			drafts = append(drafts, &draft{name: name, event: d, value: doc.contract(d, name), isNew: true})
			continue
		}
		if d.Source.Inferred > 0 && c.value.object("x-segproof").object("source").get("inferred") == nil {
			found = append(found, doc.documentedKept(d, c))
			continue
		}
		differences := doc.merge(d, c.value)
		if doc.foreign(d, c) {
			found = append(found, doc.otherSource(d, c, differences)...)
			continue
		}
		drafts = append(drafts, &draft{name: c.name, event: d, value: c.value, before: c.text})
		for _, diff := range differences {
			f := doc.told(d, c, diff)
			if diff.kept && d.Source.Inferred > 0 && diff.rule != ruleHandMadeKept {
				f.Message += "; that is not as an import wrote it, and stays"
				f.Hint = "take the property out of the contract to have it proposed anew"
			}
			found = append(found, f)
		}
	}
	return drafts, found
}

// aboutExamples tells of the examples that were taken out.
func (doc *Document) aboutExamples(drafts []*draft) []finding.Finding {
	var found []finding.Finding
	for _, w := range drafts {
		if w.lost > 0 {
			found = append(found, doc.finding(ruleHandMadeLost, w.event.At, w.event.identity(),
				fmt.Sprintf("%s of %s taken out, which the contract refuses now", plural(w.lost, "example"), w.event.identity()), ""))
		} else if doc.isPlan && w.dropped > 0 && len(w.event.Examples) > 0 {
			found = append(found, doc.finding(rulePlanSchema, w.event.At, w.event.identity(),
				fmt.Sprintf("%s of %s left out, which the contract refuses", plural(w.dropped, "example"), w.event.identity()), "segproof lint on the example says why"))
		}
	}
	return found
}

// placeOf returns where the source has what a pointer into its contract leads to: the
// nearest property that has a place, or the event.
func (d *Documented) placeOf(pointer string) event.Place {
	at, members := d.At, d.Fields
	var here *Property
	steps := jsonpos.Steps(pointer)
	for i := 0; i < len(steps); i++ {
		switch {
		case steps[i] == "properties" && i+1 < len(steps):
			i++
			here = member(members, steps[i])
		case steps[i] == "items" && here != nil:
			here = here.Items
		default:
			return at
		}
		if here == nil {
			return at
		}
		if members = here.Properties; here.At.Line > 0 {
			at = here.At
		}
	}
	return at
}

// draft is a contract in the making.
type draft struct {
	name    string
	event   *Documented
	value   *object
	before  []byte // the file's text; nil if it is new
	isNew   bool
	dropped int  // examples that were taken out
	lost    int  // of them those that somebody has added to a contract by hand
	tried   bool // an example was made, because the source's were bad
}

// sameJSON reports whether two texts are the same JSON but for blanks: a file that
// somebody formats his own way is not written anew for that.
func sameJSON(a, b []byte) bool {
	x, errX := parseJSON(a)
	y, errY := parseJSON(b)
	return errX == nil && errY == nil && bytes.Equal(compactJSON(x), compactJSON(y))
}

// keepGoodExamples takes out the examples that their contract does not accept, as a
// source's samples may not, and makes one where none is left and none was made before. It
// returns what makes contracts unusable, by their draftName, and whether it changed one.
func keepGoodExamples(drafts []*draft, common *File, spec fs.FS) (faults map[string][]finding.Finding, changed bool, err error) {
	if len(drafts) == 0 {
		return nil, false, nil
	}
	fsys, err := inMemory(drafts, common)
	if err != nil {
		return nil, false, err
	}
	roots := []validator.Root{{FS: fsys}}
	if spec != nil {
		roots = append(roots, validator.Root{FS: spec})
	}
	cat, found, err := validator.Load(roots...)
	if err != nil && !errors.Is(err, validator.ErrUnusable) {
		return nil, false, fmt.Errorf("try the contracts: %w", err)
	}
	usable := map[string]bool{}
	faults = map[string][]finding.Finding{}
	for _, c := range cat.Contracts() {
		usable[c.File] = true
	}
	bad := map[string]map[int]bool{}
	for _, f := range found {
		if !usable[f.File] && f.Severity == finding.Error {
			faults[f.File] = append(faults[f.File], f)
			continue
		}
		rest, ok := strings.CutPrefix(f.Pointer, "/examples/")
		if !ok {
			continue
		}
		index, _, _ := strings.Cut(rest, "/")
		n, err := strconv.Atoi(index)
		if err != nil {
			continue
		}
		if bad[f.File] == nil {
			bad[f.File] = map[int]bool{}
		}
		bad[f.File][n] = true
	}
	for i, w := range drafts {
		w.dropExamples(bad[draftName(i)])
	}
	return faults, len(bad) > 0, nil
}

func (w *draft) dropExamples(bad map[int]bool) {
	if len(bad) == 0 {
		return
	}
	list, _ := w.value.get("examples").([]any)
	var good []any
	for i, example := range list {
		if bad[i] {
			if !w.tried { // else it is the one that was made
				w.dropped++
			}
			if w.before != nil && !w.event.isMade(example) {
				w.lost++
			}
			continue
		}
		good = append(good, example)
	}
	if len(good) == 0 && w.tried {
		w.value.remove("examples")
		return
	}
	if len(good) == 0 {
		good, w.tried = []any{w.event.example()}, true
	}
	w.value.set("examples", good)
}

// isMade reports whether an example is one that an import made: its messageId is made of
// the event's name and of its call, which may have been another.
func (d *Documented) isMade(example any) bool {
	o, _ := example.(*object)
	return slices.ContainsFunc(spellings(), func(call string) bool {
		return o.text("messageId") == exampleID(event.Type(call), d.Name, d.Version)
	})
}

func draftName(i int) string { return fmt.Sprintf("%d.json", i) }

// inMemory returns a file system of the drafts, so that the validator can try them
// before any is written: an archive, the one the standard library can read and write.
func inMemory(drafts []*draft, common *File) (fs.FS, error) {
	files := []File{}
	if common != nil {
		files = append(files, *common)
	}
	for i, d := range drafts {
		files = append(files, File{Name: draftName(i), Data: contractText(d.value)})
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, file := range files {
		f, err := w.CreateHeader(&zip.FileHeader{Name: file.Name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(file.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}
