package mockserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
	"segproof/mockserver"
)

// TestReportsOfAServerAgree: GET findings tells what somebody tells who follows the server,
// as exec does, down to what had to make room.
func TestReportsOfAServerAgree(t *testing.T) {
	srv := listen(t, mockserver.Options{Checker: picky, Mode: mockserver.Strict, Capacity: 5})
	c := newClient(t, srv)
	for i := range 30 {
		c.post("/v1/track", fmt.Sprintf(`{"event":"Good","userId":"u%d","writeKey":"wk"}`, i))
		c.post("/v1/track", `{"event":"Bad","userId":"u","writeKey":"wk"}`)
		c.post("/v1/track", "{")
	}
	asked := c.do(http.MethodGet, "/_segproof/findings?format=jsonl", nil)

	report := &finding.Report{Tool: "segproof", Checked: finding.Checked{Inputs: 1}}
	reporting := mockserver.Reporting{Report: report}
	var missing mockserver.Unreported
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	last := srv.Last()
	err := srv.Follow(ctx, mockserver.Cursor{}, func(got mockserver.Arrivals) {
		for _, r := range got.Records {
			reporting.Record(r)
		}
		for _, r := range got.Failed {
			reporting.Request(r)
		}
		missing.Records += got.Missed
		if got.Cursor == last {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	missing.Refused = srv.Refused()
	reporting.End(missing)
	var followed bytes.Buffer
	if err := finding.Write(&followed, "jsonl", report, finding.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(followed.String(), asked.Body); diff != "" {
		t.Errorf("the report of who follows, and of GET findings (-followed +asked):\n%s", diff)
	}
	if missing.Records == 0 || len(report.Problems) != 2 {
		t.Errorf("problems %q, want that events and refused requests had to make room", report.Problems)
	}
}
