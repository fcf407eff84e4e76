package finding_test

import (
	"fmt"
	"github.com/google/go-cmp/cmp"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"segproof/finding"
)

// TestLongNamesAreCut holds each text of the user's in a finding to a length, and two
// different ones to two fingerprints.
func TestLongNamesAreCut(t *testing.T) {
	long := strings.Repeat("k", 1<<20)
	umlauts := strings.Repeat("ü", 1<<20)
	for _, tt := range []struct {
		name string
		a, b finding.Finding // differ at the very end of what is too long
	}{
		{"step", finding.Finding{Pointer: "/context/" + long + "1/a"}, finding.Finding{Pointer: "/context/" + long + "2/a"}},
		{"step behind", finding.Finding{Pointer: "/context/" + long + "/a"}, finding.Finding{Pointer: "/context/" + long + "/b"}},
		{"last step", finding.Finding{Pointer: "/" + umlauts + "1"}, finding.Finding{Pointer: "/" + umlauts + "2"}},
		{"escapes", finding.Finding{Pointer: "/" + strings.Repeat("~1", 1000) + "1"}, finding.Finding{Pointer: "/x" + strings.Repeat("~1", 1000) + "1"}},
		{"many steps", finding.Finding{Pointer: strings.Repeat("/abc", 10_000) + "/a"}, finding.Finding{Pointer: strings.Repeat("/abc", 10_000) + "/b"}},
		{"event type", finding.Finding{Event: finding.Event{Type: long + "1"}}, finding.Finding{Event: finding.Event{Type: long + "2"}}},
		{"event name", finding.Finding{Event: finding.Event{Name: umlauts + "1"}}, finding.Finding{Event: finding.Event{Name: umlauts + "2"}}},
		{"event version", finding.Finding{Event: finding.Event{Version: long + "1"}}, finding.Finding{Event: finding.Event{Version: long + "2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := tt.a, tt.b
			a.Sign("")
			b.Sign("")
			if a.Fingerprint == b.Fingerprint {
				t.Error("two findings have one fingerprint")
			}
			for _, f := range []finding.Finding{a, b} {
				text := f.Pointer + f.Event.String() + f.Event.Version
				if len(text) > 2100 || !utf8.ValidString(text) || strings.Contains(text, "~.") || f.Pointer != "" && f.Pointer[0] != '/' {
					t.Errorf("%d bytes: %.300q", len(text), text)
				}
				again := f
				again.Bound()
				if !cmp.Equal(again, f) {
					t.Errorf("bounded again:\n got %+v\nwant %+v", again, f)
				}
			}
		})
	}
}

func TestArrayIndexesBehindTheCutDoNotCount(t *testing.T) {
	a := finding.Finding{Pointer: strings.Repeat("/abc", 10_000) + "/12/x"}
	b := finding.Finding{Pointer: strings.Repeat("/abc", 10_000) + "/7/x"}
	a.Sign("")
	b.Sign("")
	if a.Fingerprint != b.Fingerprint {
		t.Errorf("two fingerprints: %s, %s", a.Pointer[1700:], b.Pointer[1700:])
	}
}

func TestShortTextsStay(t *testing.T) {
	want := finding.Finding{Pointer: strings.Repeat("/"+strings.Repeat("k", 250), 7), Event: finding.Event{Name: strings.Repeat("n", 256)}, Message: strings.Repeat("m", 4096)}
	got := want
	got.Bound()
	if !cmp.Equal(got, want) {
		t.Errorf("Bound changed it:\n got %+v\nwant %+v", got, want)
	}
}

// TestReportIsBoundedByBytes adds findings that are each as long as they may be: no more
// are kept than fit, and the rest is counted.
func TestReportIsBoundedByBytes(t *testing.T) {
	r := &finding.Report{}
	for i := range finding.MaxKept {
		r.Add(finding.Finding{Message: strings.Repeat("m", 1<<14), Hint: strings.Repeat("h", 1<<14), Line: i + 1})
	}
	if kept := len(r.Findings); kept < 1000 || kept > finding.MaxKept*finding.MaxKeptBytes/8192 || kept+r.Dropped != finding.MaxKept {
		t.Errorf("kept %d and dropped %d of %d", kept, r.Dropped, finding.MaxKept)
	}
	one := &finding.Report{Max: 1}
	one.Add(finding.Finding{Message: strings.Repeat("m", 1<<14), Hint: strings.Repeat("h", 1<<14)})
	if len(one.Findings) != 1 {
		t.Error("the only finding is not kept")
	}
}

// TestWriteTakesLittleMemory writes many findings in the formats that are one document:
// none may be made as a whole before it is written.
func TestWriteTakesLittleMemory(t *testing.T) {
	r := &finding.Report{}
	for i := range 5000 {
		r.Add(finding.Finding{Rule: "r", File: "f", Line: i + 1, Message: strings.Repeat("m", 3000)})
	}
	for _, format := range []string{"json", "sarif", "gitlab"} {
		var most uint64
		w := writerFunc(func(p []byte) (int, error) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			return len(p), nil
		})
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := finding.Write(&every{Writer: w}, format, r, finding.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if grown := int64(most) - int64(before.HeapInuse); grown > 48<<20 {
			t.Errorf("%s: the heap grew by %d MiB for a report of 15 MB", format, grown>>20)
		}
	}
}

// writerFunc is a function as a writer.
type writerFunc func([]byte) (int, error)

// Write implements [io.Writer].
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// every hands on each 200th write, and those that are long.
type every struct {
	io.Writer
	n int
}

// Write implements [io.Writer].
func (e *every) Write(p []byte) (int, error) {
	if e.n++; e.n%200 == 0 || len(p) > 1<<16 {
		return e.Writer.Write(p)
	}
	return len(p), nil
}

func ExampleFinding_Bound() {
	f := finding.Finding{Pointer: "/context/" + strings.Repeat("k", 1_000_000) + "/a"}
	f.Bound()
	fmt.Println(f.Pointer[:12], f.Pointer[len(f.Pointer)-38:])
	// Output: /context/kkk ...(1000000 bytes, 7eab2f295cd4dce0)/a
}
