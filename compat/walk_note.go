package compat

import "strings"

// annotations compares what constrains nothing.
func (w *walker) annotations(h here, prev, next map[string]any) {
	for _, a := range annotations() {
		if canonical(prev[a.keyword]) != canonical(next[a.keyword]) {
			w.report(h, a.rule, a.keyword, "%s was %s, is %s", a.keyword, saidOf(prev, a.keyword), saidOf(next, a.keyword))
		}
	}
	if h.pointer == "" {
		return // of the event, not of a property
	}
	before, after := noticeOf(h.prev), noticeOf(h.next)
	switch {
	case after.given && !before.given:
		w.report(h, "property-deprecated", "deprecated", "property %q is deprecated now", lastStep(h.pointer))
	case before.given && !after.given:
		w.report(h, "property-deprecation-cleared", "deprecated", "property %q is not deprecated any more", lastStep(h.pointer))
	}
}

// lastStep returns the name that a pointer ends with.
func lastStep(pointer string) string {
	step := pointer[strings.LastIndexByte(pointer, '/')+1:]
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}
