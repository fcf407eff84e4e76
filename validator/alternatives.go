package validator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"segproof/internal/jsonpos"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// closest explains an anyOf or oneOf of which no branch fits: by one leaf where the
// branches ask for the same kind of thing, else by what is wrong with the branch that
// comes nearest. l is the anyOf itself.
func (x *explainer) closest(l leaf, e *jsonschema.ValidationError) []leaf {
	var branches [][]leaf
	for _, cause := range e.Causes {
		var branch []leaf
		for _, below := range faults(cause) {
			branch = append(branch, x.leaves(below)...)
		}
		branches = append(branches, branch)
	}
	near := nearOf(branches)
	best := nearestBranch(branches, l.pointer)
	m, ok := merged(branches)
	if !ok {
		m, ok = discriminator(branches, l.pointer)
	}
	if ok {
		m.doc, m.at = l.doc, l.at
		best = []leaf{m}
	}
	for i := range best {
		best[i].near = near
	}
	return best
}

// nearOf returns the places that alternatives are about. Causes of one fault share theirs:
// they are taken once.
func nearOf(branches [][]leaf) []string {
	var near []string
	taken, lists := map[string]bool{}, map[*string]bool{}
	add := func(p string) {
		if !taken[p] {
			taken[p] = true
			near = append(near, p)
		}
	}
	for _, branch := range branches {
		for _, l := range branch {
			add(l.pointer)
			if len(l.near) > 0 && !lists[&l.near[0]] {
				lists[&l.near[0]] = true
				for _, p := range l.near {
					add(p)
				}
			}
		}
	}
	return near
}

// nearestBranch returns what is wrong with the branch that the value is least far from.
func nearestBranch(branches [][]leaf, pointer string) []leaf {
	best := slices.MinFunc(branches, func(a, b []leaf) int {
		return cmp.Compare(farness(a, pointer), farness(b, pointer))
	})
	if len(branches) > 1 {
		for i := range best {
			best[i].hint = cmp.Or(best[i].hint, fmt.Sprintf("this is the closest of %d alternatives", len(branches)))
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
	var causes []leaf
	for _, b := range branches {
		if len(b) != 1 {
			return leaf{}, false
		}
		causes = append(causes, b[0])
	}
	return union(causes)
}

// discriminator makes one leaf of what tells the branches apart, if none has the value
// that the event has there, or the event has none: a property below pointer for which
// every branch has a constant or a list of them.
func discriminator(branches [][]leaf, pointer string) (leaf, bool) {
	for _, candidate := range branches[0] {
		if candidate.pointer == pointer {
			continue
		}
		var causes []leaf
		for _, b := range branches {
			i := slices.IndexFunc(b, func(l leaf) bool { return l.pointer == candidate.pointer && len(l.constants()) > 0 })
			if i < 0 {
				break
			}
			causes = append(causes, b[i])
		}
		if len(causes) < len(branches) {
			continue
		}
		if l, ok := union(causes); ok {
			return l, true
		}
	}
	return leaf{}, false
}

// constants returns the values that the leaf's keyword allows, or that a missing
// property may have; none if it is about something else.
func (l leaf) constants() []any {
	switch l.keyword {
	case "const":
		return []any{l.want}
	case "enum":
		return asList(l.want)
	case "required":
		declared, _ := l.schema["properties"].(map[string]any)
		schema, _ := declared[l.name].(map[string]any)
		if c, ok := schema["const"]; ok {
			return []any{c}
		}
		values, _ := schema["enum"].([]any)
		return values
	}
	return nil
}

// union makes one leaf of causes of which it would be enough to mend one. It reports
// false if they are not of the same kind.
func union(causes []leaf) (leaf, bool) {
	l := causes[0]
	var wants []any
	for _, c := range causes {
		if keywordFamily(c.keyword) != keywordFamily(l.keyword) || c.ofName != l.ofName || c.doc == nil {
			return leaf{}, false
		}
		sameParent := parent(c.pointer) == parent(l.pointer)
		switch {
		case l.keyword == "required" && sameParent:
			if !slices.Contains(l.names, c.name) {
				l.names = append(slices.Clip(l.names), c.name)
			}
			wants = append(wants, c.constants()...)
			continue
		case c.pointer != l.pointer:
			return leaf{}, false
		}
		switch c.keyword {
		case "type", "enum":
			wants = append(wants, asList(c.want)...)
		case "const", "format":
			wants = append(wants, c.want)
		default:
			return leaf{}, false
		}
	}
	switch keywordFamily(l.keyword) {
	case "required":
		l.allowed = wants
		return l, true
	case "enum":
		l.keyword = "enum"
	}
	l.want = wants
	return l, true
}

// keywordFamily puts const with enum: both list what is allowed.
func keywordFamily(keyword string) string {
	if keyword == "const" {
		return "enum"
	}
	return keyword
}

// parent returns the pointer without its last step.
func parent(pointer string) string {
	return pointer[:max(0, strings.LastIndexByte(pointer, '/'))]
}

// lastName returns the last step of a pointer, decoded.
func lastName(pointer string) string {
	steps := jsonpos.Steps(pointer)
	if len(steps) == 0 {
		return ""
	}
	return steps[len(steps)-1]
}

// asList returns the elements of an array, or the one value as a list.
func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
