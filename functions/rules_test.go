package functions_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
)

func TestRulesMatch(t *testing.T) {
	req := functions.Request{
		Method: "POST", URL: "https://api.example.com/v1/users?x=1",
		Header: http.Header{"content-type": {"application/json"}, "x-key": {"k"}}, Body: []byte(`{"id":7}`),
	}
	for _, tt := range []struct {
		name string
		rule functions.Rule
		want bool
	}{
		{"nothing asked", functions.Rule{}, true},
		{"method in any case", functions.Rule{Method: "post"}, true},
		{"other method", functions.Rule{Method: "GET"}, false},
		{"whole address", functions.Rule{URL: "https://api.example.com/v1/users?x=1"}, true},
		{"front of the address alone", functions.Rule{URL: "https://api.example.com/v1/users"}, false},
		{"star at the end", functions.Rule{URL: "https://api.example.com/*"}, true},
		{"star for nothing", functions.Rule{URL: "https://api.example.com/v1/users?x=1*"}, true},
		{"stars around", functions.Rule{URL: "*example*users*"}, true},
		{"stars in the wrong order", functions.Rule{URL: "*users*example*"}, false},
		{"front and end that overlap", functions.Rule{URL: "https://api.example.com/v1/users?x=1*=1"}, false},
		{"header", functions.Rule{Header: map[string]string{"X-Key": "k"}}, true},
		{"header that is missing", functions.Rule{Header: map[string]string{"X-Other": "*"}}, false},
		{"header with another value", functions.Rule{Header: map[string]string{"Content-Type": "text/*"}}, false},
		{"body", functions.Rule{Body: `*"id":7*`}, true},
		{"other body", functions.Rule{Body: `*"id":8*`}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := functions.NewRules([]functions.Rule{tt.rule}, nil)
			_, err := rules.Respond(context.Background(), req)
			if got := err == nil; got != tt.want || !got && !errors.Is(err, functions.ErrUnmatched) {
				t.Errorf("Respond by %+v: error %v, want a match: %v", tt.rule, err, tt.want)
			}
			if want := map[bool][]int{true: {1}, false: {0}}[tt.want]; !cmp.Equal(want, rules.Hits()) {
				t.Errorf("Hits = %v, want %v", rules.Hits(), want)
			}
		})
	}
}

func TestRulesLeaveTheRestToAnother(t *testing.T) {
	last := functions.NewRules([]functions.Rule{{Responses: []functions.Response{{Status: 418}}}}, nil)
	rules := functions.NewRules([]functions.Rule{{URL: "https://a.example/*", Responses: []functions.Response{{Status: 201}, {Status: 202}}}}, last)
	var got []int
	for _, url := range []string{"https://a.example/1", "https://b.example/", "https://a.example/2", "https://a.example/3"} {
		res, err := rules.Respond(context.Background(), functions.Request{Method: "GET", URL: url})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, res.Status)
	}
	if want := []int{201, 418, 202, 202}; !cmp.Equal(want, got) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
}

// failing is a Responder that cannot do its work.
type failing struct{ err error }

func (f failing) Respond(context.Context, functions.Request) (functions.Response, error) {
	return functions.Response{}, f.err
}

func TestAResponderThatFailsEndsTheRun(t *testing.T) {
	broken := errors.New("the recording is damaged")
	f, err := functions.Load(context.Background(), "f.js", "async function onTrack() { try { await fetch('https://a.example/') } catch {} }", functions.Options{Responder: failing{broken}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)}); !errors.Is(err, broken) {
		t.Errorf("Run's error = %v, want the responder's", err)
	}
}
