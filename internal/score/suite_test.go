package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
	"segproof/validator"
)

const ownSuite = "testdata/suite"

func TestSuiteThatAgrees(t *testing.T) {
	const refused = `"contract: ref-outside":1,"export: format \"regex\": whether a text is a Go regular expression cannot be told in JavaScript":2`
	for _, tt := range []struct {
		flag string
		want []string
	}{
		{"", []string{
			`{"file":"tests/draft7/crates.json","tests":7,"agree":7,"differ":0,"validator_differs_from_suite":0}`,
			`{"file":"tests/draft7/refused.json","tests":3,"agree":0,"differ":0,"refused":{` + refused + `},"validator_differs_from_suite":0}`,
			`{"summary":{"tests":10,"agree":7,"differ":0,"refused":{` + refused + `},"validator_differs_from_suite":0}}`,
		}},
		{"--optional", []string{
			`{"file":"tests/draft7/optional/counts.json","tests":3,"agree":2,"differ":0,"known":{"JSON.parse rounds a number":1},"validator_differs_from_suite":0}`,
			`{"summary":{"tests":3,"agree":2,"differ":0,"known":{"JSON.parse rounds a number":1},"validator_differs_from_suite":0}}`,
		}},
		// The suite's word is told, and is not the truth: the validator's is.
		{"--formats", []string{
			`{"file":"tests/draft7/optional/format/date.json","tests":2,"agree":2,"differ":0,"validator_differs_from_suite":1}`,
			`{"summary":{"tests":2,"agree":2,"differ":0,"validator_differs_from_suite":1}}`,
		}},
	} {
		for i, engine := range functions.Engines() {
			if _, err := exec.LookPath(engine); i > 0 && err != nil {
				continue // there is no Node
			}
			args := []string{"suite", ownSuite, "--engine", engine}
			if tt.flag != "" {
				args = append(args, tt.flag)
			}
			got := strings.Split(strings.TrimSpace(score(t, 0, args...)), "\n")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v (-want +got):\n%s", args, diff)
			}
		}
	}
}

// A function that finds something else, or fails, is told with both opinions.
func TestSuiteThatDiffers(t *testing.T) {
	for _, tt := range []struct {
		snippet, exported string
		differ            int
	}{
		{`const segproofValidate = () => [];`, `[]`, 5},
		{`const segproofValidate = () => { throw new TypeError("here"); };`, `["TypeError here"]`, 7},
	} {
		var out bytes.Buffer
		sum, err := runSuite(context.Background(), []string{ownSuite}, &out, func(*validator.Catalog) ([]byte, error) { return []byte(tt.snippet), nil })
		if err != nil {
			t.Fatal(err)
		}
		// With this export nothing is refused but by the validator: the two of the format are judged.
		if want := (outcome{cases: 9, differ: sum.differ}); sum != want || sum.differ < tt.differ {
			t.Errorf("outcome %+v, want %+v with at least %d that differ", sum, want, tt.differ)
		}
		want := `{"group":"no value at all","test":"null","data":null,"validator":["forbidden-value /properties/value error"],"exported":` + tt.exported + `}`
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s\nwant in it %s", out.String(), want)
		}
	}
}

func TestSuiteThatCannotBeScored(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"suite"}, 2, "score: suite: want one folder with a suite\n"},
		{[]string{"suite", t.TempDir()}, 3, "score: suite: no case found\n"},
		{[]string{"suite", ownSuite, "--engine", "rhino"}, 2, `score: suite: tests/draft7/crates.json: unknown engine "rhino"; want one of quickjs, node` + "\n"},
	} {
		code, _, stderr := runScore(tt.args...)
		if code != tt.code || stderr != tt.stderr {
			t.Errorf("score %v: code %d, stderr %q, want %d, %q", tt.args, code, stderr, tt.code, tt.stderr)
		}
	}
}
