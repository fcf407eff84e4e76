package importer

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"segproof/finding"
)

// sourcePath is how contracts name the file that they were made of: as the user wrote it.
// What leads out of the folder that he works in is another place on each machine; of it
// only the file's own name, as pageName says it, is taken.
func sourcePath(file string) string {
	clean := path.Clean(file)
	if path.IsAbs(clean) || strings.HasPrefix(clean, "../") || strings.Contains(clean, ":") {
		return pageName(file)
	}
	return clean
}

// sameSource reports whether two such names are of one file, seen from two folders: one
// ends as the other.
func sameSource(a, b string) bool {
	return a == b || a != "" && strings.HasSuffix(b, "/"+a) || b != "" && strings.HasSuffix(a, "/"+b)
}

// longer returns the name that tells more.
func longer(a, b string) string {
	if len(a) > len(b) {
		return a
	}
	return b
}

// made is what a contract was made of, as it says.
type made struct {
	page string // "" if it does not say
	plan string // the ID of a tracking plan, or its name; "" for others
}

// String names it in messages.
func (m made) String() string {
	if m.plan == "" {
		return m.page
	}
	return fmt.Sprintf("%s (plan %q)", m.page, m.plan)
}

// madeOf reads x-segproof.source.
func madeOf(v any) made {
	o, _ := v.(*object)
	return sourceMade(o.object("x-segproof"))
}

func sourceMade(ours *object) made {
	source := ours.object("source")
	return made{page: source.text("page"), plan: source.text("plan")}
}

// planID is an ID that Segment gives to a tracking plan: another is another plan.
var planID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,3}_\w+$`) })

// isFrom reports whether something was made of this source. A tracking plan is known by its
// ID or its name, whatever its file is called now; else the file's name tells.
func (doc *Document) isFrom(m made) bool {
	switch {
	case m.page == "":
		return false
	case doc.Plan != "" && doc.Plan == m.plan:
		return true
	case planID().MatchString(doc.Plan) && planID().MatchString(m.plan):
		return doc.Was != "" && sameSource(m.page, doc.Was)
	}
	return sameSource(m.page, doc.Page) || doc.Was != "" && sameSource(m.page, doc.Was)
}

// foreign reports whether the contract was made of another source than the document, which
// would take it over.
func (doc *Document) foreign(d *Documented, c *contractFile) bool {
	if c.made.page == "" || d.Source.Inferred > 0 || doc.isFrom(c.made) {
		return false
	}
	return sourceMade(doc.origin(d)) != c.made // a plan may carry it
}

// otherSource says that another source has the contract, if the two differ: where they say
// the same there is nothing to take over.
func (doc *Document) otherSource(d *Documented, c *contractFile, differences []difference) []finding.Finding {
	for _, diff := range differences {
		if diff.rule == ruleHandMadeKept || diff.rule == ruleHandMadeLost || diff.rule == ruleDriftDescription {
			continue
		}
		f := doc.finding(ruleDriftOtherSource, d.At, d.identity(), fmt.Sprintf("%s has a contract that was made of %s, which says something else; it stays as it is", d.identity(), c.made),
			fmt.Sprintf("document the event in one place; if %s is %s renamed, say --was %[2]s", doc.File, c.made.page))
		f.Schema = fmt.Sprintf("%s:%d", c.file, c.at("/x-segproof/source/page"))
		return []finding.Finding{f}
	}
	return nil
}
