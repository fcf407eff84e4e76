package finding

import (
	"bufio"
	"strings"
)

// The parts of a code quality report that GitLab reads.
//
// Source: docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type (
	gitlabEntry struct {
		Description string         `json:"description"`
		CheckName   string         `json:"check_name"`
		Fingerprint string         `json:"fingerprint"` // GitLab shows one entry of those with the same
		Severity    string         `json:"severity"`
		Location    gitlabLocation `json:"location"`
	}
	gitlabLocation struct {
		Path  string      `json:"path"`
		Lines gitlabLines `json:"lines"`
	}
	gitlabLines struct {
		Begin int `json:"begin"` // 1-based; 1 if not known, for GitLab wants one
	}
)

// writeGitLab writes a code quality report. It has no place for a summary, so what
// was not checked and what is not shown are entries too.
func writeGitLab(w *bufio.Writer, r *Report, opts WriteOptions) error {
	findings := r.Findings
	kept := len(findings)
	for _, line := range r.unchecked() {
		findings = append(findings[:len(findings):len(findings)], Finding{Rule: "not-checked", Message: line})
	}
	if s := r.notShown(); s != "" {
		findings = append(findings[:len(findings):len(findings)], Finding{Rule: "findings-not-shown", Severity: r.worstDropped(), Message: s})
	}
	prints := uniqueFingerprints(findings)
	return encodeList(w, []gitlabEntry{}, func(yield func(gitlabEntry) bool) {
		for i, f := range findings {
			e := gitlabEntry{
				Description: strings.Join(f.told(), "; "),
				CheckName:   f.Rule,
				Fingerprint: prints[i],
				Severity:    gitlabSeverity(f.Severity),
				Location:    gitlabLocation{Path: visible(f.relative(opts.Root)), Lines: gitlabLines{Begin: max(f.Line, 1)}},
			}
			if i >= kept {
				e.Location.Path = "(" + r.tool() + ")"
			}
			if !yield(e) {
				return
			}
		}
	})
}

// gitlabSeverity returns GitLab's word for s.
func gitlabSeverity(s Severity) string {
	switch s {
	case Error:
		return "major"
	case Warning:
		return "minor"
	}
	return "info"
}
