package main

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"segproof/functions"
	"segproof/mockserver"
)

// A run that cannot be done is a problem of the report: when its turn never comes, and
// when the functions have been ended.
func TestHostTellsOfRunsThatCouldNotBeDone(t *testing.T) {
	fn, err := functions.Load(context.Background(), "f.js", "function onTrack() {}", functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	f := &hosted{host: h, name: "f", file: "f.js", turn: make(chan struct{}, 1), fn: fn}
	h.loaded = []*hosted{f}
	in := mockserver.Input{Event: []byte(`{"type":"track"}`), Record: 1, Attempt: 1}

	f.turn <- struct{}{} // another run is under way
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := []mockserver.Outcome{f.Invoke(ctx, in)}
	<-f.turn
	got = append(got, f.Invoke(t.Context(), in))
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	got = append(got, f.Invoke(t.Context(), in))

	failed := mockserver.Outcome{Disposition: "discarded", Error: "the function could not be run"}
	if diff := cmp.Diff([]mockserver.Outcome{failed, {Disposition: "delivered"}, failed}, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	want := []string{"f.js could not be run: context canceled", "f.js could not be run: the server has ended"}
	if diff := cmp.Diff(want, h.failures()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}
