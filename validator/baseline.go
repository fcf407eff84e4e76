package validator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"segproof/finding"
)

// baselineFormat is the first member of a baseline file; another number means another
// shape.
const baselineFormat = "segproof-baseline/1"

// MaxBaseline is the largest number of different findings that a baseline holds.
const MaxBaseline = 1_000_000

// Baseline is a record of findings that are known and do not count: today's faults, so
// that tomorrow's stand out. The zero value is empty and ready. It must be used by one
// goroutine.
type Baseline struct {
	Root string // absolute folder, usually the repository's, that findings know files below, see [finding.Finding.Sign]; "" for none

	name    string // the file's, for its own findings
	entries map[string]*baselineEntry
}

// baselineEntry is one known finding, as the file holds it. Count is how often it occurs:
// one more than that is new.
type baselineEntry struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	File        string `json:"file,omitempty"`
	Event       string `json:"event,omitempty"`
	Pointer     string `json:"pointer,omitempty"`
	Count       int    `json:"count"`

	left int // of Count, in this run
}

type baselineFile struct {
	Format   string           `json:"format"`
	Findings []*baselineEntry `json:"findings"`
}

// ReadBaseline reads what [Baseline.Bytes] wrote; name is the file's. Every error is about
// the content of data: it is not JSON, of another format, or not as Bytes writes it.
func ReadBaseline(name string, data []byte) (*Baseline, error) {
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%s: not a baseline: %w", name, err)
	}
	if head.Format != baselineFormat {
		return nil, fmt.Errorf("%s: got format %s, want %q", name, quote(head.Format), baselineFormat)
	}
	var file baselineFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: not a baseline: %w", name, err)
	}
	b := &Baseline{name: name, entries: map[string]*baselineEntry{}}
	for i, e := range file.Findings {
		if e == nil || e.Fingerprint == "" || e.Count < 1 {
			return nil, fmt.Errorf("%s: not a baseline: entry %d has no fingerprint or no count", name, i+1)
		}
		if b.entries[e.Fingerprint] != nil {
			return nil, fmt.Errorf("%s: not a baseline: fingerprint %s stands twice", name, quote(e.Fingerprint))
		}
		e.left = e.Count
		b.entries[e.Fingerprint] = e
	}
	return b, nil
}

// Fresh returns the findings that the baseline does not hold, or holds less often.
func (b *Baseline) Fresh(findings []finding.Finding) (fresh []finding.Finding) {
	for _, f := range findings {
		f.Sign(b.Root)
		if e := b.entries[f.Fingerprint]; e != nil && e.left > 0 {
			e.left--
			continue
		}
		fresh = append(fresh, f)
	}
	return fresh
}

// Vanished returns, once all findings have been through Fresh, one finding for each
// entry that occurred less often than the baseline says.
func (b *Baseline) Vanished() []finding.Finding {
	var found []finding.Finding
	for _, e := range b.sorted() {
		if e.left == 0 {
			continue
		}
		found = append(found, finding.Finding{
			Rule: ruleBaselineVanished, Severity: severityOf(ruleBaselineVanished), Layer: finding.Policy, File: b.name, Pointer: e.Pointer,
			Message: fmt.Sprintf("%s of %s at %s is gone from %s (%d of %d)", e.Rule, cmp.Or(e.Event, "the contract"), cmp.Or(e.Pointer, "the root"), cmp.Or(e.File, "the requests"), e.left, e.Count),
			Hint:    "write the baseline again, so that it cannot come back unseen",
		})
	}
	return found
}

// Add takes findings into the baseline, to be written with Bytes; Fresh and Vanished go by
// what was read. It reports false when the baseline is full.
func (b *Baseline) Add(findings ...finding.Finding) bool {
	if b.entries == nil {
		b.entries = map[string]*baselineEntry{}
	}
	for _, f := range findings {
		f.Sign(b.Root)
		e := b.entries[f.Fingerprint]
		if e == nil {
			if len(b.entries) >= MaxBaseline {
				return false
			}
			e = &baselineEntry{Fingerprint: f.Fingerprint, Rule: f.Rule, File: f.Path(b.Root), Event: f.Event.String(), Pointer: f.Pointer}
			b.entries[f.Fingerprint] = e
		}
		e.Count++
	}
	return true
}

// Bytes returns the baseline as a file: sorted, so that a change of it can be reviewed.
// The error is always nil unless encoding/json fails.
func (b *Baseline) Bytes() ([]byte, error) {
	entries := b.sorted()
	if entries == nil {
		entries = []*baselineEntry{}
	}
	text, err := json.MarshalIndent(baselineFile{Format: baselineFormat, Findings: entries}, "", "  ")
	return append(text, '\n'), err
}

func (b *Baseline) sorted() []*baselineEntry {
	var entries []*baselineEntry
	for _, e := range b.entries {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(x, y *baselineEntry) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Event, y.Event), cmp.Compare(x.Pointer, y.Pointer), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
	return entries
}
