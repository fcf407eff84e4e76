package importer

import (
	"fmt"
	"path"
	"strings"

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

// foreign reports whether the contract was made of another source than the document, which
// would take it over.
func (doc *Document) foreign(d *Documented, c *contractFile) bool {
	if c.page == "" || d.Source.Inferred > 0 || sameSource(c.page, doc.Page) {
		return false
	}
	return doc.origin(d).object("source").text("page") != c.page // a plan may carry it
}

// otherSource says that another source has the contract, if the two differ: where they say
// the same there is nothing to take over.
func (doc *Document) otherSource(d *Documented, c *contractFile, differences []difference) []finding.Finding {
	for _, diff := range differences {
		if diff.rule == ruleHandMadeKept || diff.rule == ruleHandMadeLost || diff.rule == ruleDriftDescription {
			continue
		}
		f := doc.finding(ruleDriftOtherSource, d.At, d.identity(), fmt.Sprintf("%s has a contract that was made of %s, which says something else; it stays as it is", d.identity(), c.page),
			fmt.Sprintf("document the event in one place; if %s was renamed, name %s as x-segproof.source.page in the contract", c.page, doc.Page))
		f.Schema = fmt.Sprintf("%s:%d", c.file, c.at("/x-segproof/source/page"))
		return []finding.Finding{f}
	}
	return nil
}
