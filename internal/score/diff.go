package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"segproof/internal/inclusion"
)

// diffCommand judges pairs of schemas, each by itself, in both directions.
func diffCommand() command {
	return command{name: "diff", usage: "diff PAIRS.jsonl", run: runDiff}
}

// pair is one line of a file of pairs. Unknown members are left alone.
type pair struct {
	Source  string          `json:"source"`
	ID      string          `json:"id"`
	Dialect string          `json:"dialect"` // counts where a schema names no draft
	Old     json.RawMessage `json:"old"`
	New     json.RawMessage `json:"new"`
	Truth   struct {
		Backward *bool `json:"backward"` // every instance of old is valid under new; null: not known
		Forward  *bool `json:"forward"`
	} `json:"truth"`
	EventSubset bool `json:"event_subset"` // both schemas are as those of events are
}

// judgedPair is what is printed of a pair.
type judgedPair struct {
	Source   string   `json:"source"`
	ID       string   `json:"id"`
	Backward judgedAs `json:"backward"`
	Forward  judgedAs `json:"forward"`
}

// judgedAs is the verdict on one direction.
type judgedAs struct {
	Verdict string          `json:"verdict"`
	Witness json.RawMessage `json:"witness,omitempty"`
	Stuck   string          `json:"stuck,omitempty"`
	Ms      float64         `json:"ms"`
}

// tally counts questions by the truth and the verdict.
type tally map[string]int

// maxPairBytes is how long a line with a pair may be.
const maxPairBytes = 16 << 20

// runDiff judges the pairs of a file.
func runDiff(ctx context.Context, args []string, stdout io.Writer) (outcome, error) {
	if len(args) != 1 {
		return outcome{}, errors.New("want one file of pairs")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return outcome{}, err
	}
	defer f.Close()
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	var total outcome
	all, events := tally{}, tally{}
	var times []float64
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxPairBytes)
	for line := 1; lines.Scan(); line++ {
		var p pair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return total, fmt.Errorf("%s:%d: %w", args[0], line, err)
		}
		j := p.judge(ctx)
		if err := out.Encode(j); err != nil {
			return total, err
		}
		total.cases++
		if all.add(p, j) {
			total.differ++
		}
		if p.EventSubset {
			events.add(p, j)
			times = append(times, j.Backward.Ms+j.Forward.Ms)
		}
	}
	if err := lines.Err(); err != nil {
		return total, fmt.Errorf("%s: %w", args[0], err)
	}
	return total, out.Encode(map[string]any{"summary": map[string]any{
		"pairs": total.cases, "wrong": total.differ, "all": all, "events": events, "median_ms_events": median(times)}})
}

// judge decides both directions of a pair.
func (p pair) judge(ctx context.Context) judgedPair {
	j := judgedPair{Source: p.Source, ID: p.ID}
	prev, err := inclusion.Compile(p.Old, p.Dialect)
	next, errNext := inclusion.Compile(p.New, p.Dialect)
	if err = errors.Join(err, errNext); err != nil {
		unknown := judgedAs{Verdict: inclusion.Unknown.String(), Stuck: err.Error()}
		j.Backward, j.Forward = unknown, unknown
		return j
	}
	j.Backward, j.Forward = decide(ctx, prev, next), decide(ctx, next, prev)
	return j
}

func decide(ctx context.Context, a, b *inclusion.Schema) judgedAs {
	start := time.Now()
	v := inclusion.Decide(ctx, a, b, inclusion.Options{})
	return judgedAs{Verdict: v.Kind.String(), Witness: v.Witness, Stuck: v.Stuck, Ms: float64(time.Since(start).Microseconds()) / 1000}
}

// add counts the two questions of a pair and reports whether a verdict is wrong.
func (t tally) add(p pair, j judgedPair) (wrong bool) {
	for _, q := range []struct {
		truth   *bool
		verdict string
	}{{p.Truth.Backward, j.Backward.Verdict}, {p.Truth.Forward, j.Forward.Verdict}} {
		truth := "unknown"
		if q.truth != nil {
			truth = fmt.Sprint(*q.truth)
		}
		t["truth "+truth+": "+q.verdict]++
		wrong = wrong || truth == "true" && q.verdict == "breaking" || truth == "false" && q.verdict == "safe"
	}
	return wrong
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
