package validator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// closest explains an anyOf or oneOf of which no branch fits: by one finding where the
// branches ask for the same kind of thing, else by what is wrong with the branch that
// comes nearest.
func (x *explainer) closest(e *jsonschema.ValidationError, doc *document, at string) []leaf {
	var branches [][]leaf
	for _, cause := range e.Causes {
		if ls := x.leaves(cause); len(ls) > 0 {
			branches = append(branches, ls)
		}
	}
	pointer := unescapePointer(e.InstanceLocation)
	if len(branches) == 0 {
		return x.one(leaf{keyword: "anyOf", doc: doc, at: at}, e)
	}
	if l, ok := merged(branches); ok {
		l.doc, l.at = doc, at
		return []leaf{l}
	}
	best := slices.MinFunc(branches, func(a, b []leaf) int {
		return cmp.Compare(farness(a, pointer), farness(b, pointer))
	})
	if len(e.Causes) > 1 {
		for i := range best {
			if best[i].hint == "" {
				best[i].hint = fmt.Sprintf("this is the closest of %d alternatives", len(e.Causes))
			}
		}
	}
	return best
}

// farness says how far a value is from a branch: of another type altogether, then with
// another value where the branch has a constant (which tells alternatives apart), then
// by the number of causes.
func farness(branch []leaf, pointer string) int {
	far := len(branch)
	for _, l := range branch {
		switch {
		case l.keyword == "type" && l.pointer == pointer:
			far += 10_000
		case l.keyword == "const" || l.keyword == "enum":
			far += 100
		}
	}
	return far
}

// merged makes one leaf of branches that each have one cause, of the same keyword.
func merged(branches [][]leaf) (leaf, bool) {
	first := branches[0][0]
	for _, b := range branches {
		sameThing := b[0].pointer == first.pointer || b[0].keyword == "required"
		if len(b) != 1 || !sameThing || keywordFamily(b[0].keyword) != keywordFamily(first.keyword) {
			return leaf{}, false
		}
	}
	var wants []any
	var names []string
	for _, b := range branches {
		switch l := b[0]; l.keyword {
		case "type":
			wants = append(wants, asList(l.want)...)
		case "enum":
			wants = append(wants, asList(l.want)...)
		case "const", "format":
			wants = append(wants, l.want)
		case "required":
			names = append(names, quote(l.name))
		default:
			return leaf{}, false
		}
	}
	l := first
	switch first.keyword {
	case "required":
		l.rule, l.message, l.hint = ruleMissingProperty, "one of "+strings.Join(names, ", ")+" is missing", ""
		return l, true
	case "format":
		var formats []string
		for _, w := range wants {
			formats = append(formats, fmt.Sprint(w))
		}
		l.rule, l.message = ruleFormatMismatch, "got "+describe(l.got)+", want "+strings.Join(formats, " or ")
		l.hint = ""
		return l, true
	case "const":
		l.keyword = "enum"
	}
	l.want = wants
	return l.explained(), true
}

// keywordFamily puts const with enum: both list what is allowed.
func keywordFamily(keyword string) string {
	if keyword == "const" {
		return "enum"
	}
	return keyword
}

// asList returns the elements of an array, or the one value as a list.
func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
