package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"segproof/finding"
	"segproof/mockserver"
)

// follower shows what arrives at a server, and takes it into the report.
type follower struct {
	check     *check
	host      *host
	began     mockserver.Cursor // a journal in a file may hold what came before
	seen      mockserver.Cursor
	reporting mockserver.Reporting
	missing   mockserver.Unreported // from the report, so far
	before    int                   // requests refused before, of a journal that goes on

	expected *expected // nil: nothing is
}

// follow shows each record on stderr as it arrives, until ctx or the server ends.
func (f *follower) follow(ctx context.Context, srv *mockserver.Server) error {
	err := srv.Follow(ctx, f.seen, f.take)
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// finish stops the server and writes the report. What could not be ended in time is
// cut, and told.
func (f *follower) finish(srv *mockserver.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		why := err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			why = "not all connections and destinations ended in 5 s, and they were cut"
		}
		f.problem("stop the server: %s", why)
	}
	err := errors.Join(f.rest(srv), srv.Close(), f.host.close())
	return errors.Join(err, f.check.finish())
}

// rest takes what arrived until the server had been shut down.
func (f *follower) rest(srv *mockserver.Server) error {
	if err := f.follow(context.Background(), srv); err != nil {
		return err
	}
	f.check.report.Checked.Inputs = 1
	lost, err := srv.LostToFaults(f.began)
	if err != nil {
		return err
	}
	f.reporting.Findings(lost)
	f.check.count(srv.NeverStruck())
	f.check.count(f.host.findings())
	for _, text := range f.host.failures() {
		f.problem("%s", text)
	}
	if f.expected != nil {
		f.check.count(f.expected.judge(srv))
	}
	f.missing.Refused = srv.Refused() - f.before
	f.reporting.End(f.missing)
	return nil
}

// take shows what has arrived, and takes it into the report.
func (f *follower) take(got mockserver.Arrivals) {
	f.seen = got.Cursor
	if f.expected != nil {
		f.expected.take(got)
	}
	f.missing.Records += got.Missed
	f.missing.Forgotten += got.Forgotten
	for _, r := range got.Records {
		before := f.check.report.Counts
		f.reporting.Record(r)
		f.tell(fmt.Sprintf("%d %s %s", r.Seq, r.Request.Path, finding.Event{Type: string(r.Event.Type), Name: r.Event.Name}), before)
	}
	for _, r := range got.Failed {
		before := f.check.report.Counts
		f.reporting.Request(r)
		f.tell(fmt.Sprintf("- %s %d %s", r.Path, r.Status, r.Code), before)
	}
}

// problem notes why the report is not complete.
func (f *follower) problem(format string, args ...any) {
	f.check.report.Problems = append(f.check.report.Problems, fmt.Sprintf(format, args...))
}

// tell writes a line about what has arrived: ok, or how much was found since before.
func (f *follower) tell(what string, before finding.Counts) {
	now := f.check.report.Counts
	verdict := "ok"
	if now != before {
		verdict = finding.Counts{Error: now.Error - before.Error, Warning: now.Warning - before.Warning, Info: now.Info - before.Info}.String()
	}
	fmt.Fprintf(f.check.env.stderr, "%s: %s\n", finding.Printable(what), verdict)
}
