package finding_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/finding"
)

func TestParseSeverity(t *testing.T) {
	for _, tt := range []struct {
		text    string
		want    finding.Severity
		wantErr string
	}{
		{text: "error", want: finding.Error},
		{text: "warning", want: finding.Warning},
		{text: "info", want: finding.Info},
		{text: "warn", wantErr: `severity "warn": want error, warning or info`},
		{text: "Error", wantErr: `severity "Error": want error, warning or info`},
		{text: "", wantErr: `severity "": want error, warning or info`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := finding.ParseSeverity(tt.text)
			message := ""
			if err != nil {
				message = err.Error()
			}
			if got != tt.want || message != tt.wantErr {
				t.Errorf("ParseSeverity(%q) = %v, %q; want %v, %q", tt.text, got, message, tt.want, tt.wantErr)
			}
		})
	}
}

func TestSeverityGoesThroughJSON(t *testing.T) {
	want := []finding.Severity{finding.Error, finding.Warning, finding.Info}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if text := `["error","warning","info"]`; string(data) != text {
		t.Errorf("Marshal(%v) = %s, want %s", want, data, text)
	}
	var got []finding.Severity
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Unmarshal(%s) (-want +got):\n%s", data, diff)
	}
	if err := json.Unmarshal([]byte(`["fatal"]`), &got); err == nil {
		t.Errorf(`Unmarshal(["fatal"]) gave %v and no error`, got)
	}
}

func TestEventString(t *testing.T) {
	for _, tt := range []struct {
		event finding.Event
		want  string
	}{
		{finding.Event{}, ""},
		{finding.Event{Version: "2"}, ""},
		{finding.Event{Type: "identify"}, "identify"},
		{finding.Event{Name: "Order Completed"}, `"Order Completed"`},
		{finding.Event{Type: "track", Name: "Order Completed"}, `track "Order Completed"`},
	} {
		if got := tt.event.String(); got != tt.want {
			t.Errorf("%#v.String() = %q, want %q", tt.event, got, tt.want)
		}
	}
}

// TestSignDependsOnWhatTheFindingIsAbout changes one field at a time and asks whether
// the fingerprint stays.
func TestSignDependsOnWhatTheFindingIsAbout(t *testing.T) {
	base := func() finding.Finding {
		return finding.Finding{
			Rule: "type-mismatch", File: "a.ndjson", Line: 3, Column: 7, Pointer: "/properties/items/12/price",
			Event: finding.Event{Type: "track", Name: "Order", Version: "1"}, Message: "got", Hint: "do", Schema: "c.json:1",
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*finding.Finding)
		stays  bool
	}{
		{"nothing", func(*finding.Finding) {}, true},
		{"severity", func(f *finding.Finding) { f.Severity = finding.Info }, true},
		{"layer", func(f *finding.Finding) { f.Layer = finding.Spec }, true},
		{"line", func(f *finding.Finding) { f.Line = 4 }, true},
		{"column", func(f *finding.Finding) { f.Column = 8 }, true},
		{"message", func(f *finding.Finding) { f.Message = "reworded" }, true},
		{"hint", func(f *finding.Finding) { f.Hint = "" }, true},
		{"contract's line", func(f *finding.Finding) { f.Schema = "c.json:9" }, true},
		{"excerpt", func(f *finding.Finding) { f.Excerpt.Text = "x" }, true},
		{"array index", func(f *finding.Finding) { f.Pointer = "/properties/items/0/price" }, true},
		{"rule", func(f *finding.Finding) { f.Rule = "required" }, false},
		{"file", func(f *finding.Finding) { f.File = "b.ndjson" }, false},
		{"event type", func(f *finding.Finding) { f.Event.Type = "page" }, false},
		{"event name", func(f *finding.Finding) { f.Event.Name = "Order 2" }, false},
		{"event version", func(f *finding.Finding) { f.Event.Version = "2" }, false},
		{"pointer", func(f *finding.Finding) { f.Pointer = "/properties/items/12/cost" }, false},
		{"pointer with a digit in a name", func(f *finding.Finding) { f.Pointer = "/properties/items/1x/price" }, false},
		{"text moved to the next field", func(f *finding.Finding) { f.Event.Type, f.Event.Name = "trackO", "rder" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := base(), base()
			tt.change(&b)
			a.Sign("")
			b.Sign("")
			if len(a.Fingerprint) != 32 {
				t.Errorf("fingerprint %q has %d characters, want 32", a.Fingerprint, len(a.Fingerprint))
			}
			if stays := a.Fingerprint == b.Fingerprint; stays != tt.stays {
				t.Errorf("fingerprint stays: got %v, want %v\nbefore %+v\nafter  %+v", stays, tt.stays, a, b)
			}
		})
	}
}

// TestFingerprintsDoNotDependOnHowThePathIsTyped compares with the path as it stands in
// the repository.
func TestFingerprintsDoNotDependOnHowThePathIsTyped(t *testing.T) {
	for _, tt := range []struct {
		file, root string
		same       bool // as a/b.json
	}{
		{"a/b.json", "", true},
		{"./a/b.json", "", true},
		{"a//./b.json", "/repo", true},
		{"a/../a/b.json", "/repo", true},
		{"/repo/a/b.json", "/repo", true},
		{"/other/checkout/a/b.json", "/other/checkout", true},
		{"../repo/a/b.json", "/repo", true},
		{"/repo/a/b.json", "", false},
		{"/repo2/a/b.json", "/repo", false},
		{"../a/b.json", "/repo", false},
		{"", "/repo", false},
	} {
		want, got := finding.Finding{Rule: "r", File: "a/b.json"}, finding.Finding{Rule: "r", File: tt.file}
		want.Sign("/repo")
		got.Sign(tt.root)
		if same := got.Fingerprint == want.Fingerprint; same != tt.same {
			t.Errorf("file %q, root %q: same fingerprint: %v, want %v", tt.file, tt.root, same, tt.same)
		}
		r := &finding.Report{Root: tt.root}
		r.Add(finding.Finding{Rule: "r", File: tt.file})
		if r.Findings[0].Fingerprint != got.Fingerprint || r.Findings[0].File != tt.file {
			t.Errorf("file %q, root %q: the report has %+v, want the file as it was typed and fingerprint %s", tt.file, tt.root, r.Findings[0], got.Fingerprint)
		}
	}
}

func TestSortOrdersByPlaceThenRuleThenMessage(t *testing.T) {
	want := []finding.Finding{
		{File: "", Line: 9},
		{File: "a", Line: 0, Message: "z"},
		{File: "a", Line: 2, Column: 10},
		{File: "a", Line: 10, Column: 1},
		{File: "a", Line: 10, Column: 2, Pointer: "/a"},
		{File: "a", Line: 10, Column: 2, Pointer: "/b", Rule: "r1", Message: "m1"},
		{File: "a", Line: 10, Column: 2, Pointer: "/b", Rule: "r1", Message: "m2"},
		{File: "a", Line: 10, Column: 2, Pointer: "/b", Rule: "r2", Message: "m0"},
		{File: "b", Line: 1},
	}
	got := make([]finding.Finding, len(want))
	for i, f := range want {
		got[len(want)-1-i] = f
	}
	finding.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sort (-want +got):\n%s", diff)
	}
	for i := range want {
		for j := range want {
			if c := finding.Compare(want[i], want[j]); (c < 0) != (i < j) || (c > 0) != (i > j) {
				t.Errorf("Compare(%+v, %+v) = %d", want[i], want[j], c)
			}
		}
	}
}

func TestAddKeepsUpToMaxAndCountsAll(t *testing.T) {
	r := &finding.Report{Max: 2}
	r.Add(finding.Finding{Rule: "a"}, finding.Finding{Rule: "b", Severity: finding.Warning})
	r.Add(finding.Finding{Rule: "a", Severity: finding.Info}, finding.Finding{Rule: "c"})
	type state struct {
		Kept    []string
		Dropped int
		Counts  finding.Counts
		ByRule  map[string]int
	}
	got := state{Dropped: r.Dropped, Counts: r.Counts, ByRule: r.ByRule}
	for _, f := range r.Findings {
		got.Kept = append(got.Kept, f.Rule)
		if f.Fingerprint == "" {
			t.Errorf("finding %+v has no fingerprint", f)
		}
	}
	want := state{
		Kept:    []string{"a", "b"},
		Dropped: 2,
		Counts:  finding.Counts{Error: 2, Warning: 1, Info: 1},
		ByRule:  map[string]int{"a": 2, "b": 1, "c": 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Add (-want +got):\n%s", diff)
	}
}

func TestAddKeepsMaxKeptByDefault(t *testing.T) {
	r := &finding.Report{}
	r.Add(make([]finding.Finding, finding.MaxKept+3)...)
	if len(r.Findings) != finding.MaxKept || r.Dropped != 3 || r.Counts.Total() != finding.MaxKept+3 {
		t.Errorf("kept %d, dropped %d of %d; want %d, 3, %d",
			len(r.Findings), r.Dropped, r.Counts.Total(), finding.MaxKept, finding.MaxKept+3)
	}
}

func TestReaches(t *testing.T) {
	for _, tt := range []struct {
		counts finding.Counts
		want   [3]bool // for error, warning, info
	}{
		{finding.Counts{}, [3]bool{false, false, false}},
		{finding.Counts{Info: 1}, [3]bool{false, false, true}},
		{finding.Counts{Warning: 1}, [3]bool{false, true, true}},
		{finding.Counts{Error: 1}, [3]bool{true, true, true}},
	} {
		r := &finding.Report{Counts: tt.counts}
		got := [3]bool{r.Reaches(finding.Error), r.Reaches(finding.Warning), r.Reaches(finding.Info)}
		if got != tt.want {
			t.Errorf("%+v reaches error, warning, info: got %v, want %v", tt.counts, got, tt.want)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, tt := range []struct {
		report  finding.Report
		want    string
		nothing bool
	}{
		{finding.Report{}, "nothing was checked", true},
		{finding.Report{Checked: finding.Checked{Inputs: 3, Contracts: 9}}, "nothing was checked", true},
		{finding.Report{Checked: finding.Checked{Inputs: 1, Events: 12, Contracts: 2}},
			"no findings; 12 events in 1 input checked against 2 contracts", false},
		{finding.Report{Checked: finding.Checked{Inputs: 2, Events: 1, Contracts: 1}},
			"no findings; 1 event in 2 inputs checked against 1 contract", false},
		{finding.Report{Counts: finding.Counts{Error: 1, Warning: 2}, Checked: finding.Checked{Inputs: 1, Events: 12, Contracts: 2}},
			"3 findings: 1 error, 2 warnings, 0 info; 12 events in 1 input checked against 2 contracts", false},
		{finding.Report{Counts: finding.Counts{Info: 1}},
			"1 finding: 0 errors, 0 warnings, 1 info; nothing was checked", true},
		{finding.Report{Checked: finding.Checked{Contracts: 2}}, "no findings; 2 contracts checked", false},
		{finding.Report{WantsEvents: true, Checked: finding.Checked{Contracts: 2}}, "nothing was checked", true},
		{finding.Report{Counts: finding.Counts{Warning: 1}, Checked: finding.Checked{Inputs: 1, Contracts: 2}},
			"1 finding: 0 errors, 1 warning, 0 info; nothing was checked", true},
		{finding.Report{WantsEvents: true, Counts: finding.Counts{Error: 1}, Checked: finding.Checked{Contracts: 2}},
			"1 finding: 1 error, 0 warnings, 0 info; nothing was checked", true},
	} {
		if got := tt.report.Summary(); got != tt.want {
			t.Errorf("Summary() = %q, want %q", got, tt.want)
		}
		if got := tt.report.CheckedNothing(); got != tt.nothing {
			t.Errorf("CheckedNothing() = %v, want %v: %+v", got, tt.nothing, tt.report)
		}
	}
}
