package mockserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
	"segproof/mockserver"
)

// checkout is what a shop sent: two users, one of whom was a visitor first, and a retry.
const checkout = `
{"type":"page","name":"Home","anonymousId":"a1","messageId":"m1"}
{"type":"identify","userId":"u1","anonymousId":"a1","messageId":"m2"}
{"type":"track","event":"Signed Up","userId":"u1","messageId":"m3"}
{"type":"track","event":"Order Completed","userId":"u1","messageId":"m4","properties":{"total":12.50,"id":"ord_1"}}
{"type":"track","event":"Signed Up","userId":"u2","messageId":"m5"}
{"type":"identify","userId":"u2","messageId":"m6"}
{"type":"track","event":"Order Completed","userId":"u1","messageId":"m4","properties":{"total":12.50,"id":"ord_1"}}
`

// observed is the checkout with its findings, its retry, and a request that was refused.
func observed(t *testing.T) mockserver.Observed {
	t.Helper()
	o := mockserver.Observed{Records: arrived(t, checkout)}
	o.Records[0].Findings = []finding.Finding{{Rule: "unplanned-event", Severity: finding.Warning, Message: `no contract for page "Home"`}}
	o.Records[2].Verdict = mockserver.Invalid
	o.Records[2].Findings = []finding.Finding{
		{Rule: "unplanned-property", Severity: finding.Warning, Pointer: "/properties/x", Message: "got x"},
		{Rule: "type-mismatch", Pointer: "/properties/plan", Message: `got string "1", want integer`},
	}
	o.Records[5].Verdict = mockserver.Dropped
	o.Records[5].Findings = []finding.Finding{{Rule: "id-not-string", Pointer: "/userId", Message: "got 2, want a string"}}
	o.Records[6].DuplicateOf = 4
	o.Records[6].Request = &mockserver.Request{RetryCount: 1}
	o.Requests = []mockserver.Request{
		{Method: "POST", Path: "/v1/batch", Status: 200},
		{Method: "POST", Path: "/v1/v1/track", Status: 404, Code: "not_found", Message: "no such route"},
		{Method: "POST", Path: "/v1/batch", Status: 429, Fault: "answer"},
	}
	return o
}

// told writes findings as rule, message, hint and notes.
func told(found []finding.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%d:%d %s: %s\n", f.Line, f.Column, f.Rule, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(&b, "= hint: %s\n", f.Hint)
		}
		for _, note := range f.Notes {
			fmt.Fprintf(&b, "= %s\n", note)
		}
	}
	return b.String()
}

// judgement is an expectation, and what is told of it over the checkout.
type judgement struct{ expectation, want string }

func testJudge(t *testing.T, judgements []judgement) {
	t.Helper()
	for _, tt := range judgements {
		t.Run(strings.ReplaceAll(tt.expectation, "\n", ";"), func(t *testing.T) {
			e, found := mockserver.ParseExpectations("expect.yaml", []byte("expect:\n- "+tt.expectation))
			if len(found) > 0 {
				t.Fatal(told(found))
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), told(e.Judge(observed(t)))); diff != "" {
				t.Errorf("Judge (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudgeCount(t *testing.T) {
	testJudge(t, []judgement{
		{`event: {type: track, name: Order Completed}`, ""},
		{"event: {type: track, name: Order Completed, match: {properties: {total: 12.5, id: {$regexp: '^ord_'}}}}\n  count: 2", ""},
		{"event: {type: alias}\n  count: 0", ""},
		{"event: {type: track, name: Signed Up}\n  once: true", ""},
		{"event: {}\n  count: {min: 7, max: 7}", ""},

		{"name: the order is paid\n  event: {type: track, name: Order Completed, user: u1, match: {properties: {total: 13, id: {$regexp: '^ord_'}, coupon: {$any: true}}}}", `
2:3 expectation-count: "the order is paid": got no record of track "Order Completed" of user "u1" with {"properties":{"total":13,"id":{"$regexp":"^ord_"},"coupon":{"$any":true}}}, want at least 1
= nearest is record 7, track "Order Completed" of user "u1", which differs:
=   /properties/total: want 13, got 12.50
=   /properties/coupon: want any value, got nothing
= record 4, track "Order Completed" of user "u1", which differs:
=   /properties/total: want 13, got 12.50
=   /properties/coupon: want any value, got nothing
= 2 requests were refused, the last one: POST "/v1/batch" with 429 (a fault: answer)
`},
		{"event: {type: track, name: Signed Up, verdict: valid}\n  count: 2", `
2:3 expectation-count: got 1 record of track "Signed Up" found valid, want exactly 2
= nearest is record 3, track "Signed Up" of user "u1", which differs:
=   want verdict valid, got verdict invalid: type-mismatch at /properties/plan
= 2 requests were refused, the last one: POST "/v1/batch" with 429 (a fault: answer)
`},
		{"event: {name: Order Completed}\n  count: 1\n  once: true", `
2:3 expectation-count: got 2 records of "Order Completed", want exactly 1
= record 4, track "Order Completed" of user "u1"
= record 7, track "Order Completed" of user "u1", sent again: it has the messageId of record 4 (X-Retry-Count 1)
2:3 expectation-once: got messageId "m4" 2 times among the records of "Order Completed", want it once
= messageId "m4" came as records 4, 7 (X-Retry-Count 1)
`},
		{"event: {}\n  count: {max: 1}", `
2:3 expectation-count: got 7 records of any event, want at most 1
= record 1, page "Home" of anonymous user "a1"
= record 2, identify of user "u1"
= record 3, track "Signed Up" of user "u1"
= record 4, track "Order Completed" of user "u1"
= record 5, track "Signed Up" of user "u2"
= 2 more came
`},
	})
}

func TestJudgeOrder(t *testing.T) {
	testJudge(t, []judgement{
		{"order: [{type: page}, {type: identify}, {name: Signed Up}]", ""},
		{"order: [{type: track, name: Order Completed}, {type: track, name: Order Completed}]", ""},
		{"order: [{type: identify}, {name: Order Completed}, {type: page}]", `
2:3 expectation-order: got no record of page behind record 4, track "Order Completed" of user "u1", want it as event 3 of 3
= event 1 is record 2, identify of user "u1"
= event 2 is record 4, track "Order Completed" of user "u1"
= too early for event 3: record 1, page "Home" of anonymous user "a1"
`},
		{"order: [{type: page, name: Hom}, {type: identify}]", `
2:3 expectation-order: got no record of page "Hom", want it as event 1 of 2
= nearest is record 1, page "Home" of anonymous user "a1", which differs:
=   /name: want "Hom", got "Home"
= 2 requests were refused, the last one: POST "/v1/batch" with 429 (a fault: answer)
`},
		{"order: [{type: page}, {name: Order Cancelled}]", `
2:3 expectation-order: got no record of "Order Cancelled" behind record 1, page "Home" of anonymous user "a1", want it as event 2 of 2
= event 1 is record 1, page "Home" of anonymous user "a1"
= nearest is record 7, track "Order Completed" of user "u1", which differs:
=   /event: want "Order Cancelled", got "Order Completed"
= record 4, track "Order Completed" of user "u1", which differs:
=   /event: want "Order Cancelled", got "Order Completed"
= record 6, identify of user "u2", which differs:
=   /event: want "Order Cancelled", got nothing
= 2 requests were refused, the last one: POST "/v1/batch" with 429 (a fault: answer)
`},
		{"order: [{type: page}, {type: identify}]\n  per-user: true", `
2:3 expectation-order: user "u2": got no record of page, want it as event 1 of 2
= nearest is record 6, identify of user "u2", which differs:
=   /type: want "page", got "identify"
= record 5, track "Signed Up" of user "u2", which differs:
=   /type: want "page", got "track"
`},
		{"order: [{type: identify}, {type: track, name: Signed Up}]\n  per-user: true", `
2:3 expectation-order: user "u2": got no record of track "Signed Up" behind record 6, identify of user "u2", want it as event 2 of 2
= event 1 is record 6, identify of user "u2"
= too early for event 2: record 5, track "Signed Up" of user "u2"
`},
		{"order: [{name: Order Completed}, {name: Order Completed}]\n  per-user: true", ""},
		{"order: [{type: alias}]\n  per-user: true", `
2:3 expectation-order: got no user with any event of the order, want at least one: nothing was checked
= nearest is record 7, track "Order Completed" of user "u1", which differs:
=   /type: want "alias", got "track"
= record 6, identify of user "u2", which differs:
=   /type: want "alias", got "identify"
= record 5, track "Signed Up" of user "u2", which differs:
=   /type: want "alias", got "track"
= 2 requests were refused, the last one: POST "/v1/batch" with 429 (a fault: answer)
`},
	})
}

func TestJudgeAbsence(t *testing.T) {
	testJudge(t, []judgement{
		{"no: invalid", `
2:3 expectation-none: got 2 invalid records, want none
= record 3, track "Signed Up" of user "u1": /properties/plan: got string "1", want integer (type-mismatch)
= record 6, identify of user "u2": /userId: got 2, want a string (id-not-string)
`},
		{"no: dropped", `
2:3 expectation-none: got 1 record that Segment would drop, want none
= record 6, identify of user "u2": /userId: got 2, want a string (id-not-string)
`},
		{"no: unplanned", `
2:3 expectation-none: got 2 records with something unplanned, want none
= record 1, page "Home" of anonymous user "a1": no contract for page "Home" (unplanned-event)
= record 3, track "Signed Up" of user "u1": /properties/x: got x (unplanned-property)
`},
		{"no: duplicates", `
2:3 expectation-none: got 1 record with a messageId that came before, want none
= record 7, track "Order Completed" of user "u1": messageId "m4" came with record 4 (X-Retry-Count 1)
`},
		{"no: refused", `
2:3 expectation-none: got 1 request that was refused, want none
= request POST "/v1/v1/track" with 404 not_found: no such route
`},
	})
}

// With nothing to judge, what must have arrived fails and says why, and what must not
// have holds.
func TestJudgeNothing(t *testing.T) {
	e, _ := mockserver.ParseExpectations("e.yaml", []byte("expect:\n- event: {}\n- order: [{}]\n- no: invalid\n- no: refused\n- event: {}\n  count: 0\n"))
	want := "2:3 expectation-count: got no record of any event, want at least 1\n= no record of any event arrived\n" +
		"3:3 expectation-order: got no record of any event, want it as event 1 of 1\n= no record of any event arrived\n"
	if diff := cmp.Diff(want, told(e.Judge(mockserver.Observed{}))); diff != "" {
		t.Errorf("Judge (-want +got):\n%s", diff)
	}
}

// No expectation holds over a journal that lost what it is about.
func TestJudgeLostRecords(t *testing.T) {
	const file = "expect:\n- event: {type: page}\n- order: [{type: identify}]\n- no: dropped\n- no: refused\n- event: {type: alias}\n"
	e, _ := mockserver.ParseExpectations("e.yaml", []byte(file))
	o := mockserver.Observed{Records: arrived(t, checkout), Lost: 3}
	lost := "records-lost: got an incomplete journal, want all of it: 3 records were dropped to make room for newer ones\n" +
		"= hint: raise the server's capacity, or reset the journal between tests\n"
	got := told(e.Judge(o))
	want := "2:3 " + lost + "3:3 " + lost + "4:3 " + lost + "6:3 expectation-count: got no record of alias, want at least 1\n"
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\n= 3 records were dropped to make room for newer ones: they may be the reason\n") {
		t.Errorf("Judge:\n%s\nwant:\n%s", got, want)
	}
	o.Lost, o.LostRequests = 0, 1
	if got := told(e.Judge(o)); !strings.HasPrefix(got, "5:3 records-lost: got an incomplete journal, want all of it: 1 request was dropped to make room for newer ones\n") {
		t.Errorf("Judge:\n%s", got)
	}
}

// A sequence per user tells users apart as a reader of the records would.
func TestJudgePerUser(t *testing.T) {
	const file = "expect:\n- order: [{type: page}, {type: track}]\n  per-user: true\n"
	e, found := mockserver.ParseExpectations("e.yaml", []byte(file))
	if len(found) > 0 {
		t.Fatal(told(found))
	}
	for _, tt := range []struct{ name, events, want string }{
		{"a visitor who signs up later", `{"type":"page","anonymousId":"a"}` + "\n" + `{"type":"identify","anonymousId":"a","userId":"u"}` + "\n" + `{"type":"track","userId":"u"}`, ""},
		{"a visitor who never signs up", `{"type":"page","anonymousId":"a"}` + "\n" + `{"type":"track","userId":"u"}`, `anonymous user "a"|user "u"`},
		{"two users of one browser", `{"type":"page","anonymousId":"a","userId":"u"}` + "\n" + `{"type":"track","anonymousId":"a","userId":"v"}`, `user "u"|user "v"`},
		{"a visitor between two users of one browser", `{"type":"page","anonymousId":"a","userId":"u"}` + "\n" + `{"type":"track","anonymousId":"a"}` + "\n" + `{"type":"identify","anonymousId":"a","userId":"v"}`, `user "u"|anonymous user "a"`},
		{"an id of both kinds", `{"type":"page","anonymousId":"x"}` + "\n" + `{"type":"track","userId":"x"}`, `anonymous user "x"|user "x"`},
		{"no ids", `{"type":"page"}` + "\n" + `{"type":"track"}`, ""},
		{"ids that are no strings", `{"type":"page","userId":1}` + "\n" + `{"type":"page","userId":null}`, "events without a user"},
	} {
		var users []string
		for _, f := range e.Judge(mockserver.Observed{Records: arrived(t, tt.events)}) {
			user, _, _ := strings.Cut(f.Message, ": got ")
			users = append(users, user)
		}
		if diff := cmp.Diff(tt.want, strings.Join(users, "|")); diff != "" {
			t.Errorf("%s: users without the sequence (-want +got):\n%s", tt.name, diff)
		}
	}
	var many strings.Builder
	for i := range 12 {
		fmt.Fprintf(&many, `{"type":"page","userId":"u%d"}`+"\n", i)
	}
	found = e.Judge(mockserver.Observed{Records: arrived(t, many.String()+`{"type":"track","userId":"u0"}`)})
	if n := len(found); n != 5 || !strings.Contains(told(found), "= of 12 users it does not hold for 11, of whom 6 are not shown\n") {
		t.Errorf("%d findings:\n%s", n, told(found))
	}
}
