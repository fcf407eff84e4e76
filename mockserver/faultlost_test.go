package mockserver_test

import (
	"strings"
	"testing"

	"segproof/mockserver"
)

// What a sender gave up is told; what it sent again, in whatever batch, and what is no event
// is not.
func TestEventsLostToAFaultAreTold(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: nothingWrong})
	c := newClient(t, srv)
	c.post("/v1/track", `{"event":"Before","userId":"u","messageId":"m0","writeKey":"a"}`)
	from := srv.Last()
	faults, found := mockserver.ParseFaults("f.yaml", []byte("faults: [{route: /v1/*, answers: [{status: 500, times: 3}]}]\n"))
	if found != nil {
		t.Fatal(found)
	}
	if err := srv.SetFaults("", faults); err != nil {
		t.Fatal(err)
	}
	for _, refused := range []string{
		`{"writeKey":"a","batch":[{"type":"track","event":"A","messageId":"m1"},{"type":"track","event":"B","messageId":"m2"}]}`,
		`{"writeKey":"a","batch":[{"type":"track","event":"C"}]}`,
		`{"writeKey":"a","batch":[{"type":"track","event":"A","messageId":"m1"}]}`,
	} {
		if a := c.post("/v1/batch", refused); a.Status != 500 {
			t.Fatalf("answer = %d, want the fault's 500", a.Status)
		}
	}
	c.post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"B","messageId":"m2"}]}`)
	lost, err := srv.LostToFaults(from)
	if err != nil || len(lost) != 1 {
		t.Fatalf("LostToFaults = %v, %v, want one warning", lost, err)
	}
	got := lost[0].Message + "\n" + strings.Join(lost[0].Notes, "\n")
	want := `got 2 events of scope "a" that a fault refused and that never came again, want each sent again
request 2, POST "/v1/batch" with 500 internal_server_error: a fault answers with 500 Internal Server Error (a fault: status 500), messageId "m1"
request 3, POST "/v1/batch" with 500 internal_server_error: a fault answers with 500 Internal Server Error (a fault: status 500)`
	if got != want || lost[0].Severity.String() != "warning" {
		t.Errorf("LostToFaults =\n%s\nwant\n%s", got, want)
	}
	if a := c.do("GET", "/_segproof/findings?scope=a", nil); !strings.Contains(a.Body, "fault-lost-events") {
		t.Errorf("GET findings = %s, want fault-lost-events in it", a.Body)
	}
	c.post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"A","messageId":"m1"}]}`)
	c.post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"C"}]}`)
	if lost, err := srv.LostToFaults(from); err != nil || lost != nil {
		t.Errorf("LostToFaults after all came again = %v, %v, want nothing", lost, err)
	}
}
