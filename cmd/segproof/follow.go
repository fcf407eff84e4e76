package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// follower shows what arrives at a server, and takes it into the report.
type follower struct {
	collector
	last int64 // Seq of the last record shown
}

// follow shows each record on stderr as it arrives, until ctx or the server ends.
func (f *follower) follow(ctx context.Context, srv *mockserver.Server) error {
	for {
		records, err := srv.Wait(ctx, int(f.last)+1)
		f.show(records)
		switch {
		case ctx.Err() != nil, errors.Is(err, http.ErrServerClosed):
			return nil
		case err != nil:
			return err
		}
	}
}

// show takes the records that it has not seen.
func (f *follower) show(records []mockserver.Record) {
	for _, r := range records {
		if r.Seq <= f.last {
			continue
		}
		if missed := r.Seq - f.last - 1; missed > 0 {
			f.check.report.Problems = append(f.check.report.Problems, fmt.Sprintf("%d events arrived too fast to be kept", missed))
		}
		f.last = r.Seq
		before := f.check.report.Counts
		f.collect(judged{events: []event.Event{r.Event}, findings: r.Findings})
		f.tell(r, before)
	}
}

// tell writes a line about a record.
func (f *follower) tell(r mockserver.Record, before finding.Counts) {
	who := finding.Event{Type: string(r.Event.Type), Name: r.Event.Name}
	now := f.check.report.Counts
	verdict := "ok"
	if now != before {
		verdict = finding.Counts{Error: now.Error - before.Error, Warning: now.Warning - before.Warning, Info: now.Info - before.Info}.String()
	}
	fmt.Fprintf(f.check.env.stderr, "%d %s %s: %s\n", r.Seq, r.Request.Path, finding.Printable(who.String()), verdict)
}

// rest takes what arrived until the server had closed, and the requests it refused.
func (f *follower) rest(srv *mockserver.Server) {
	f.show(srv.Records())
	f.check.report.Checked.Inputs = 1
	for _, r := range srv.Requests() {
		if r.Status != http.StatusOK {
			f.check.report.Add(finding.Finding{Rule: mockserver.RuleRefused, Layer: finding.Wire,
				Message: fmt.Sprintf("%s %s was answered with %d %s: %s", r.Method, r.Path, r.Status, r.Code, r.Message)})
		}
	}
}
