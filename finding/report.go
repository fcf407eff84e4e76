package finding

import "strings"

// MaxKept is how many findings a report keeps by default. The rest is counted by
// severity and rule and told at the end of every format, so that a damaged archive
// of any size neither fills the memory nor hides how bad it is.
const MaxKept = 10_000

// MaxKeptBytes is how many bytes of memory the findings of a report take, on average of
// those that it may keep, before the next ones are counted only. Common ones take 600.
const MaxKeptBytes = 4 << 10

// minKeptBytes is how many bytes the kept findings of any report may take.
const minKeptBytes = 1 << 20

// Report is what one run found: the model that every format writes.
//
// Add must be called by one goroutine.
type Report struct {
	Tool     string         `json:"tool"`     // "segproof"
	Version  string         `json:"version"`  // of the tool; "" if not known
	Rules    []Rule         `json:"-"`        // every rule the run could have raised, sorted by ID; for SARIF's rule help
	Findings []Finding      `json:"findings"` // in the order added, at most Max, and at most Max times MaxKeptBytes
	Dropped  int            `json:"dropped"`  // findings counted but not kept
	Counts   Counts         `json:"counts"`
	ByRule   map[string]int `json:"byRule"`   // all findings, kept or not
	Checked  Checked        `json:"checked"`  // what the run looked at
	Problems []string       `json:"problems"` // why not all of it could be checked, one line each: exit code 2
	Max      int            `json:"-"`        // findings to keep; 0 means MaxKept
	Root     string         `json:"-"`        // absolute folder, usually the repository's, that fingerprints know files below; "" for none

	kept int // bytes that Findings take, about

	WantsEvents bool `json:"-"` // events were to be judged: contracts alone are then no check, even where no input was found
}

// Counts holds the number of findings of each severity.
type Counts struct {
	Error   int `json:"error"`
	Warning int `json:"warning"`
	Info    int `json:"info"`
}

// Checked says how much a run looked at.
type Checked struct {
	Inputs    int   `json:"inputs"`    // files and streams
	Events    int   `json:"events"`    // events judged
	Bytes     int64 `json:"bytes"`     // decompressed bytes read
	Contracts int   `json:"contracts"` // contracts loaded, without the Segment Spec's own

	Functions int `json:"functions,omitempty"` // files of Segment Functions looked at
}

// Complete reports whether everything that was asked for was checked.
func (r *Report) Complete() bool { return len(r.Problems) == 0 }

// Add signs, counts and, while there is room, keeps the findings.
func (r *Report) Add(findings ...Finding) {
	if r.ByRule == nil {
		r.ByRule = map[string]int{}
	}
	limit := r.Max
	if limit == 0 {
		limit = MaxKept
	}
	for _, f := range findings {
		switch f.Severity {
		case Error:
			r.Counts.Error++
		case Warning:
			r.Counts.Warning++
		default:
			r.Counts.Info++
		}
		r.ByRule[f.Rule]++
		if len(r.Findings) >= limit || r.kept >= max(limit*MaxKeptBytes, minKeptBytes) {
			r.Dropped++
			continue
		}
		f.Sign(r.Root)
		// A short pointer may be a part of a long one, which it would keep alive.
		f.Pointer, f.Event.Name = strings.Clone(f.Pointer), strings.Clone(f.Event.Name)
		r.kept += f.size()
		r.Findings = append(r.Findings, f)
	}
}

// Reaches reports whether any finding is at least as bad as s.
func (r *Report) Reaches(s Severity) bool {
	return r.Counts.Error > 0 ||
		s >= Warning && r.Counts.Warning > 0 ||
		s >= Info && r.Counts.Info > 0
}
