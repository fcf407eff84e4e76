package main

import (
	"context"
	"runtime"
	"sync"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/input"
	"segproof/validator"
)

// judged is what a worker makes of one block.
type judged struct {
	events   []event.Event
	findings []finding.Finding   // of the block, not in order
	each     [][]finding.Finding // those of each event alone
}

// judgeInput reads one input, judges its blocks on several goroutines, and hands the
// results to collect in the order of the input. It returns when every goroutine has
// ended.
func judgeInput(ctx context.Context, catalog *validator.Catalog, name string, jobs int, opts input.Options, collect func(judged)) (input.Stats, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type task struct {
		block input.Block
		done  chan judged
	}
	work := make(chan task)
	inOrder := make(chan chan judged, jobs) // bounds the blocks held at once
	var workers, collector sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for t := range work {
				t.done <- judge(catalog, t.block)
			}
		})
	}
	collector.Go(func() {
		for done := range inOrder {
			collect(<-done)
		}
	})
	stats, err := input.Read(ctx, name, opts, func(b input.Block) error {
		t := task{b, make(chan judged, 1)}
		inOrder <- t.done
		work <- t
		return nil
	})
	close(work)
	close(inOrder)
	workers.Wait()
	collector.Wait()
	return stats, err
}

func judge(catalog *validator.Catalog, b input.Block) judged {
	events, findings := b.Decode()
	each := make([][]finding.Finding, len(events))
	for i, ev := range events {
		found := catalog.Validate(ev)
		for i := range found {
			found[i].Bound() // now: many may wait for their turn to be collected
		}
		each[i] = found
		findings = append(findings, found...)
	}
	return judged{events, findings, each}
}

// workers returns how many goroutines judge when the user asks for jobs of them: more
// than a few for each core bring no speed, and each holds a block of the input.
func workers(jobs int) int { return max(1, min(jobs, 4*runtime.GOMAXPROCS(0))) }

// collector takes what was judged into the report, in order.
type collector struct {
	check      *check
	duplicates validator.Duplicates
	enforcer   *enforcer
}

func (c *collector) collect(j judged) {
	c.enforcer.enforce(c.check, j)
	findings := j.findings
	for _, ev := range j.events {
		findings = append(findings, c.duplicates.Check(ev)...)
	}
	finding.Sort(findings)
	c.check.report.Checked.Events += len(j.events)
	c.check.count(findings)
}
