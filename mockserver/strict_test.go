package mockserver_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"
)

// rejection is one event of a strict answer.
type rejection struct {
	Index                                int
	MessageID, Type, Name, Verdict, Code string
	Findings                             []struct{ Rule, Message string }
}

// strictAnswer is the body of a strict answer.
type strictAnswer struct {
	Success  *bool
	Code     string
	Message  string
	Rejected int
	Events   []rejection
}

// summary writes an answer on a line: status, code, and the events by index, messageId,
// code and rules.
func (a answer) summary(t *testing.T) string {
	t.Helper()
	if a.Status == 200 {
		return "200 " + a.Body
	}
	var got strictAnswer
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || got.Success == nil || *got.Success || got.Message == "" {
		t.Fatalf("%d %s is no answer that senders can read", a.Status, a.Body)
	}
	text := fmt.Sprintf("%d %s", a.Status, got.Code)
	for _, ev := range got.Events {
		text += fmt.Sprintf("; %d %s %s", ev.Index, ev.MessageID, ev.Code)
		for _, f := range ev.Findings {
			text += " " + f.Rule
		}
	}
	return text
}

func TestStrictTellsWhatIsWrong(t *testing.T) {
	const (
		good    = `{"type":"track","event":"Good","messageId":"m0"}`
		bad     = `{"type":"track","event":"Bad","messageId":"m1"}`
		dropped = `{"type":"track","messageId":"m2"}`
	)
	batch := func(events ...string) string {
		return `{"writeKey":"wk","batch":[` + strings.Join(events, ",") + `]}`
	}
	pixel := func(text string) string {
		return "/v1/pixel/track?data=" + base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	for _, tt := range []struct {
		method, path, body, lenient, strict string
	}{
		{"POST", "/v1/batch", batch(good), "200", `200 {"success":true}`},
		{"POST", "/v1/batch", batch(good, bad), "200", "422 invalid_event; 1 m1 invalid_event type-mismatch"},
		{"POST", "/v1/batch", batch(bad, good, dropped), "200", "400 event_not_defined; 0 m1 invalid_event type-mismatch; 2 m2 event_not_defined event-not-defined"},
		{"POST", "/v1/import/", batch(bad), "200", "422 invalid_event; 0 m1 invalid_event type-mismatch"},
		{"POST", "/v1/t", `{"event":"Bad","writeKey":"wk"}`, "200", "422 invalid_event; 0  invalid_event type-mismatch"},
		{"POST", "/v1/batch", batch(), "200", "400 empty_batch"},
		{"POST", "/v1/track", `{"event":"Good"}`, "200", "401 missing_write_key; 0  missing_write_key"},
		{"POST", "/v1/batch", `{"batch":[{"type":"track","event":"Good","writeKey":"wk"},` + bad + `]}`, "200", "401 missing_write_key; 1 m1 missing_write_key"},
		{"POST", "/v1/track", `{"event":"Good","writeKey":"` + strings.Repeat("k", 129) + `"}`, "200", "401 unknown_write_key; 0  unknown_write_key"},
		{"POST", "/v1/set", `{"collection":"c","objects":[{"id":"1","properties":{}}]}`, "200", "401 missing_write_key"},
		{"POST", "/v1/set", `{"write_key":"wk","collection":"c","objects":[{"id":"1","properties":{}}]}`, "200", `200 {"success":true}`},
		{"POST", "/v1/m", `{"series":[]}`, "200", `200 {"success":true}`},
		{"POST", "/v1/m", `{"series":`, "200", "400 bad_json"},
		{"POST", "/v1/batch", `{"batch":[`, "400", "400 bad_json"},
		{"GET", pixel(`{"event":"Bad","writeKey":"wk","messageId":"m1"}`), "", "200", "422 invalid_event; 0 m1 invalid_event type-mismatch"},
		{"GET", "/v1/pixel/track?data=%25", "", "200", "400 bad_request"},
	} {
		t.Run(tt.method+" "+tt.path+" "+tt.body, func(t *testing.T) {
			lenient := newClient(t, mockserver.Start(t, mockserver.Options{Checker: picky})).do(tt.method, tt.path, strings.NewReader(tt.body))
			if got := fmt.Sprint(lenient.Status); got != tt.lenient {
				t.Errorf("lenient: %s %s, want %s", got, lenient.Body, tt.lenient)
			}
			srv := mockserver.Start(t, mockserver.Options{Checker: picky, Mode: mockserver.Strict})
			a := newClient(t, srv).do(tt.method, tt.path, strings.NewReader(tt.body))
			if a.Status != 200 && a.Header.Get("Content-Type") != "application/json" {
				t.Errorf("Content-Type %q, want application/json", a.Header.Get("Content-Type"))
			}
			if got := a.summary(t); got != tt.strict {
				t.Errorf("strict: %s\nwant    %s\nbody %s", got, tt.strict, a.Body)
			}
			checkAllOrNothing(t, srv, tt.body, a)
		})
	}
}

// checkAllOrNothing holds a strict server to what it keeps of a request: all of its events,
// or none and the bytes of the request.
func checkAllOrNothing(t *testing.T, srv *mockserver.Server, body string, a answer) {
	t.Helper()
	requests := requestsOf(t, srv)
	if len(requests) != 1 || requests[0].Status != a.Status || body != "" && string(requests[0].Body) != body {
		t.Fatalf("requests %+v, want one with status %d and the body %s", requests, a.Status, body)
	}
	records := recordsOf(t, srv)
	if a.Status != 200 && len(records) > 0 {
		t.Errorf("%d records of a request that was refused", len(records))
	}
	var want strictAnswer
	if err := json.Unmarshal([]byte(a.Body), &want); err != nil {
		t.Fatal(err)
	}
	var got []rejection
	for _, r := range requests[0].Rejected {
		one := rejection{Index: r.Index, MessageID: r.MessageID, Type: r.Event.Type, Name: r.Event.Name, Verdict: string(r.Verdict), Code: r.Code,
			Findings: []struct{ Rule, Message string }{}}
		for _, f := range r.Findings {
			one.Findings = append(one.Findings, struct{ Rule, Message string }{f.Rule, f.Message})
		}
		got = append(got, one)
	}
	if diff := cmp.Diff(want.Events, got); diff != "" {
		t.Errorf("Request.Rejected (-answer +kept):\n%s", diff)
	}
}

func TestStrictAnswersAreBounded(t *testing.T) {
	many := checkerFunc(func(ev event.Event) []finding.Finding {
		rule := "type-mismatch"
		if ev.Name == "Last" {
			rule = "no-user-anon-id"
		}
		return slicesRepeat(finding.Finding{Rule: rule, Message: strings.Repeat("x", 100)}, 100)
	})
	srv := mockserver.Start(t, mockserver.Options{Checker: many, Mode: mockserver.Strict})
	events := strings.Repeat(`{"type":"track","event":"First"},`, 2000) + `{"type":"track","event":"Last"}`
	a := newClient(t, srv).post("/v1/batch", `{"writeKey":"wk","batch":[`+events+`]}`)
	var got strictAnswer
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
		t.Fatal(err)
	}
	if a.Status != 400 || got.Code != "no_user_anon_id" || got.Rejected != 2001 || len(got.Events) != 20 || len(got.Events[0].Findings) != 10 {
		t.Errorf("%d %s, %d rejected, %d shown; want 400 no_user_anon_id, 2001 and 20 with 10 findings each", a.Status, got.Code, got.Rejected, len(got.Events))
	}
	if last := got.Events[len(got.Events)-1]; last.Index != 2000 {
		t.Errorf("the last event shown is %d, want 2000, which gives the status", last.Index)
	}
}

func slicesRepeat(f finding.Finding, n int) (list []finding.Finding) {
	for range n {
		list = append(list, f)
	}
	return list
}

// A server that was told of no keys takes each that can be one; without a key, or with what
// can be none, Segment has nobody to give the event to.
func TestEventsWithoutAWriteKeyAreDropped(t *testing.T) {
	basic := func(key string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":secret")) }
	for name, tt := range map[string]struct{ authorization, body, want string }{
		"no key":                   {"", `{"event":"A"}`, "dropped missing-write-key"},
		"Basic without a user":     {basic(""), `{"event":"A"}`, "dropped missing-write-key"},
		"Bearer alone":             {"Bearer token", `{"event":"A"}`, "dropped missing-write-key"},
		"Bearer, and in a body":    {"Bearer token", `{"event":"A","writeKey":"k"}`, "valid"},
		"a batch without one":      {"", `{"batch":[{"type":"track","event":"A"}]}`, "dropped missing-write-key"},
		"in the envelope":          {"", `{"writeKey":"k","batch":[{"type":"track","event":"A"}]}`, "valid"},
		"in the batch's item":      {"", `{"batch":[{"type":"track","event":"A","writeKey":"k"}]}`, "valid"},
		"200 bytes":                {basic(strings.Repeat("k", 200)), `{"event":"A"}`, "dropped unknown-source"},
		"with a control character": {"", `{"event":"A","writeKey":"k\u0001"}`, "dropped unknown-source"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			path := "/v1/track"
			if strings.Contains(tt.body, "batch") {
				path = "/v1/batch"
			}
			var header []string
			if tt.authorization != "" {
				header = []string{"Authorization", tt.authorization}
			}
			if a := newClient(t, srv).post(path, tt.body, header...); a.Status != 200 {
				t.Errorf("answer = %d %s, want 200 as Segment gives", a.Status, a.Body)
			}
			for _, r := range recordsOf(t, srv) {
				got := string(r.Verdict)
				for _, f := range r.Findings {
					got += " " + f.Rule
				}
				if got != tt.want {
					t.Errorf("record = %s, want %s", got, tt.want)
				}
			}
		})
	}
}

func TestWriteKeysThatAreKnown(t *testing.T) {
	for _, tt := range []struct {
		mode                 mockserver.Mode
		key                  string
		track, settings, set int
		verdict              string
	}{
		{mockserver.Lenient, "prod", 200, 200, 200, "valid"},
		{mockserver.Lenient, "prodution", 200, 404, 200, "dropped unknown-source"},
		{mockserver.Strict, "prod", 200, 200, 200, "valid"},
		{mockserver.Strict, "prodution", 401, 404, 401, ""},
	} {
		t.Run(fmt.Sprint(tt.mode, " ", tt.key), func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{Mode: tt.mode, Checker: nothingWrong, WriteKeys: []string{"prod", "dev"}, AnalyticsJS: files})
			c := newClient(t, srv)
			basic := []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(tt.key+":"))}
			for _, one := range []struct {
				got  answer
				want int
			}{
				{c.post("/v1/track", `{"event":"A"}`, basic...), tt.track},
				{c.post("/v1/set", `{"collection":"c","objects":[{"id":"1","properties":{}}]}`, basic...), tt.set},
				{c.do(http.MethodGet, "/v1/projects/"+tt.key+"/settings", nil), tt.settings},
				{c.do(http.MethodGet, "/analytics.js/v1/"+tt.key+"/analytics.min.js", nil), tt.settings},
			} {
				if one.got.Status != one.want || strings.Contains(one.got.Body, tt.key) && one.want != 200 {
					t.Errorf("got %d %s, want %d", one.got.Status, one.got.Body, one.want)
				}
			}
			verdict := ""
			for _, r := range recordsOf(t, srv) {
				verdict = string(r.Verdict)
				for _, f := range r.Findings {
					verdict += " " + f.Rule
				}
			}
			if verdict != tt.verdict {
				t.Errorf("records: %q, want %q", verdict, tt.verdict)
			}
		})
	}
}

func TestModesAndKeysThatAreNone(t *testing.T) {
	if _, err := mockserver.New(mockserver.Options{Mode: "strikt"}); err == nil || !strings.Contains(err.Error(), "lenient or strict") {
		t.Errorf("New with mode strikt: %v, want an error that names the modes", err)
	}
	if _, err := mockserver.New(mockserver.Options{WriteKeys: []string{"a", ""}}); err == nil || !strings.Contains(err.Error(), "write key 2") {
		t.Errorf("New with an empty write key: %v, want an error that says which", err)
	}
}

// What a strict server refused is no record; "no: invalid" must not hold for that.
func TestExpectationsSeeWhatStrictRefused(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{Checker: picky, Mode: mockserver.Strict})
	newClient(t, srv).post("/v1/batch", `{"writeKey":"a","batch":[{"type":"track","event":"Bad","messageId":"m1"},{"type":"track"}]}`)
	for no, want := range map[mockserver.Absence]string{
		mockserver.NoInvalid: `got 2 invalid records, want none (expectation-none)
  request 1, event 0 with messageId "m1", track "Bad", which was refused: /properties/a: got string "x", want integer (type-mismatch)
  request 1, event 1, track, which was refused: got no name (event-not-defined)`,
		mockserver.NoDropped: `got 1 record that Segment would drop, want none (expectation-none)
  request 1, event 1, track, which was refused: got no name (event-not-defined)`,
	} {
		var failed fatal
		srv.Scope("a").Expect(&failed, mockserver.Expectation{No: no})
		if diff := cmp.Diff(want, failed.said); diff != "" {
			t.Errorf("no: %s (-want +got):\n%s", no, diff)
		}
	}
}

// TestTheReasonIsShownFirst has the error behind more warnings than are shown.
func TestTheReasonIsShownFirst(t *testing.T) {
	var found []finding.Finding
	for i := range 12 {
		found = append(found, finding.Finding{Rule: "no-contract", Severity: finding.Warning, Message: fmt.Sprintf("warning %d", i)})
	}
	found = append(found, finding.Finding{Rule: "type-mismatch", Message: "the reason", Pointer: "/properties/total"})
	srv := mockserver.Start(t, mockserver.Options{Mode: mockserver.Strict, Rules: []finding.Rule{{ID: "type-mismatch", Title: "of the checker"}}, Version: "1.2.3",
		Checker: checkerFunc(func(event.Event) []finding.Finding { return found })})
	c := newClient(t, srv)
	got := c.post("/v1/track", track, "Authorization", "Basic YTo=")
	if got.Status != 422 || !strings.Contains(got.Body, "the reason at /properties/total; nothing") {
		t.Errorf("got %d %s, want 422 for the reason", got.Status, got.Body)
	}
	rejected := requestsOf(t, srv)[0].Rejected[0].Findings
	var messages []string
	for _, f := range rejected {
		messages = append(messages, f.Message)
	}
	want := []string{"the reason", "warning 0", "warning 1", "warning 2", "warning 3", "warning 4", "warning 5", "warning 6", "warning 7", "warning 8"}
	if diff := cmp.Diff(want, messages); diff != "" {
		t.Errorf("findings kept (-want +got):\n%s", diff)
	}
	// The report has judged it too, and knows the checker's rules.
	if got := c.do(http.MethodGet, "/_segproof/findings", nil).Body; !strings.Contains(got, `"events": 1`) {
		t.Errorf("findings: %.300s, want that one event was checked", got)
	}
	if got := c.do(http.MethodGet, "/_segproof/findings?format=sarif", nil).Body; !strings.Contains(got, "of the checker") || !strings.Contains(got, `"version": "1.2.3"`) {
		t.Errorf("findings as SARIF: %.600s, want the checker's rule and the version", got)
	}
}
