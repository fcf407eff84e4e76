package finding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Total is the number of findings of all severities, kept or not.
func (c Counts) Total() int { return c.Error + c.Warning + c.Info }

// String says the counts as people do: "1 error, 2 warnings, 0 info".
func (c Counts) String() string {
	return fmt.Sprintf("%s, %s, %d info", count(c.Error, "error"), count(c.Warning, "warning"), c.Info)
}

// String says what was looked at: "12 events in 1 input checked against 2 contracts", or
// "2 contracts checked" or "1 function checked" where no input was asked for.
func (c Checked) String() string {
	switch {
	case c.Inputs == 0 && c.Functions > 0:
		return count(c.Functions, "function") + " checked"
	case c.Inputs == 0:
		return count(c.Contracts, "contract") + " checked"
	}
	return fmt.Sprintf("%s in %s checked against %s",
		count(c.Events, "event"), count(c.Inputs, "input"), count(c.Contracts, "contract"))
}

// CheckedNothing reports whether the run checked nothing at all: exit code 3, unless
// its findings or problems give it another. A run with inputs wants events in them; one
// without may be about the contracts or a function alone. Findings do not count: one about a contract
// or a waiver shows no event, and one about a broken input shows that none was read.
func (r *Report) CheckedNothing() bool {
	if r.WantsEvents || r.Checked.Inputs > 0 {
		return r.Checked.Events == 0
	}
	return r.Checked.Contracts+r.Checked.Functions == 0
}

// checked says what was looked at, or that nothing was.
func (r *Report) checked() string {
	if r.CheckedNothing() {
		return "nothing was checked"
	}
	return r.Checked.String()
}

// Summary is one line on the whole run. It holds no user text.
func (r *Report) Summary() string {
	switch total := r.Counts.Total(); {
	case total > 0:
		return fmt.Sprintf("%s: %s; %s", count(total, "finding"), r.Counts, r.checked())
	case r.CheckedNothing():
		return r.checked()
	default:
		return "no findings; " + r.checked()
	}
}

// tool returns the name of the tool that wrote the report.
func (r *Report) tool() string { return cmp.Or(r.Tool, "segproof") }

// notShown says how many findings were counted but not kept, and how often each rule
// was raised in all. It returns "" if none was dropped.
func (r *Report) notShown() string {
	if r.Dropped == 0 {
		return ""
	}
	return fmt.Sprintf("%s not shown; of all %d: %s", count(r.Dropped, "finding"), r.Counts.Total(), r.byRule())
}

// byRule lists how often each rule was raised, the most frequent first.
func (r *Report) byRule() string {
	rules := slices.SortedFunc(maps.Keys(r.ByRule), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.ByRule[b], r.ByRule[a]), cmp.Compare(a, b))
	})
	for i, id := range rules {
		rules[i] = fmt.Sprintf("%s %d", visible(id), r.ByRule[id])
	}
	return strings.Join(rules, ", ")
}

// worstDropped returns the worst severity among the findings that were not kept.
func (r *Report) worstDropped() Severity {
	left := r.Counts
	for _, f := range r.Findings {
		switch f.Severity {
		case Error:
			left.Error--
		case Warning:
			left.Warning--
		default:
			left.Info--
		}
	}
	switch {
	case left.Error > 0:
		return Error
	case left.Warning > 0:
		return Warning
	}
	return Info
}

// unchecked says why a run without an error is no good news, one visible line each:
// the problems, or that nothing was checked.
func (r *Report) unchecked() []string {
	if r.Complete() && r.CheckedNothing() {
		return []string{r.checked()}
	}
	lines := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		lines[i] = "not checked: " + visible(p)
	}
	return lines
}

// count returns "1 event", "2 events".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
