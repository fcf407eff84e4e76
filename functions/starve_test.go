//go:build !race

// The last resort writes a word of the engine's beside it, which is a race that the race
// detector rightly reports: see quickJS.watch.

package functions_test

import (
	"context"
	"testing"
	"time"

	"segproof/functions"
)

func TestSlowBuiltinsEndToo(t *testing.T) {
	f, err := functions.Load("f.js", `function onTrack(event) { for (;;) "x".repeat(2e7); }`, functions.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Error == nil || res.Error.Limit != functions.LimitCPU {
		t.Errorf("error %+v, want the limit %q", res.Error, functions.LimitCPU)
	}
}
