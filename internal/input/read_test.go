package input_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/input"
)

// outcome is what one input gave.
type outcome struct {
	Events   []event.Event
	Findings []finding.Finding
}

// read reads text as standard input and decodes all of it.
func read(t testing.TB, text io.Reader, opts input.Options) (outcome, input.Stats, error) {
	t.Helper()
	opts.Stdin = text
	return readFile(t, input.Stdin, opts)
}

func readFile(t testing.TB, name string, opts input.Options) (outcome, input.Stats, error) {
	t.Helper()
	var got outcome
	stats, err := input.Read(context.Background(), name, opts, func(b input.Block) error {
		events, findings := b.Decode()
		got.Events = append(got.Events, events...)
		got.Findings = append(got.Findings, findings...)
		return nil
	})
	return got, stats, err
}

// lines shows events and findings in short form: LINE:COLUMN TEXT.
func (o outcome) lines() (events, findings []string) {
	for _, ev := range o.Events {
		events = append(events, fmt.Sprintf("%d:%d %s", ev.At.Line, ev.At.Column, ev.Raw))
	}
	for _, f := range o.Findings {
		findings = append(findings, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Rule, f.Message))
	}
	return events, findings
}

func TestReadCallsInOrder(t *testing.T) {
	text := strings.Repeat(`{"type":"track","event":"Order Completed"}`+"\n", 1000)
	var progress []int64
	blocks := 0
	stats, err := input.Read(context.Background(), input.Stdin, input.Options{
		Stdin:      strings.NewReader(text),
		BlockBytes: 4 << 10,
		Progress:   func(n int64) { progress = append(progress, n) },
	}, func(input.Block) error { blocks++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if blocks < 8 || len(progress) != blocks {
		t.Errorf("got %d blocks and %d calls of Progress, want at least 8 and as many", blocks, len(progress))
	}
	last := int64(0)
	for _, n := range progress {
		if n < last {
			t.Errorf("Progress went back from %d to %d", last, n)
		}
		last = n
	}
	if stats.Bytes != int64(len(text)) || last > stats.Bytes {
		t.Errorf("Stats.Bytes = %d, last progress %d; want %d, and no more", stats.Bytes, last, len(text))
	}
}

func TestReadReturnsEmitsError(t *testing.T) {
	stop := errors.New("enough")
	for _, text := range []string{`{"a":1}`, "[\n{\"a\":1}]", "{\n}{", "oops"} {
		calls := 0
		_, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: strings.NewReader(text)}, func(input.Block) error {
			calls++
			return stop
		})
		if err != stop || calls != 1 {
			t.Errorf("Read(%q) = %v after %d calls, want emit's own error after one", text, err, calls)
		}
	}
}

func TestReadFailingStream(t *testing.T) {
	broken := errors.New("connection reset")
	for _, tt := range []struct {
		name, text string
		err        error
		events     []string
		want       string
	}{
		{name: "lines", text: "{\"a\":1}\n{\"a\":", err: broken, events: []string{`1:1 {"a":1}`}, want: "(stdin): read failed after 13 bytes: connection reset"},
		{name: "cut behind a value", text: "{\"a\":1}\n{\"a\":2}", err: broken, events: []string{`1:1 {"a":1}`, `2:1 {"a":2}`}, want: "(stdin): read failed after 15 bytes: connection reset"},
		{name: "cut in a number", text: "1\n2", err: broken, events: []string{"1:1 1"}, want: "(stdin): read failed after 3 bytes: connection reset"},
		{name: "document", text: "{\n\"a\":1}\n{\n\"a\":", err: broken, events: []string{"1:1 {\n\"a\":1}"}, want: "(stdin): read failed after 15 bytes: connection reset"},
		{name: "array", text: "[{\"a\":1},\n{\"a\":", err: broken, events: []string{`1:2 {"a":1}`}, want: "(stdin): read failed after 15 bytes: connection reset"},
		{name: "array, between elements", text: "[{\"a\":1},\n", err: broken, events: []string{`1:2 {"a":1}`}, want: "(stdin): read failed after 10 bytes: connection reset"},
		{name: "a download that was cut", text: "{\"a\":1}\n", err: io.ErrUnexpectedEOF, events: []string{`1:1 {"a":1}`}, want: "(stdin): truncated after 8 bytes: unexpected EOF"},
		{name: "at once", err: broken, want: "(stdin): read failed after 0 bytes: connection reset"},
		{name: "a reader that reads nothing", err: nil, want: "(stdin): read failed after 0 bytes: multiple Read calls return no data or error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := io.MultiReader(strings.NewReader(tt.text), iotest.ErrReader(tt.err))
			got, _, err := read(t, r, input.Options{})
			if err == nil || err.Error() != tt.want || tt.err != nil && !errors.Is(err, tt.err) {
				t.Errorf("Read(%q) error = %v, want %s", tt.text, err, tt.want)
			}
			events, _ := got.lines()
			if d := cmp.Diff(tt.events, events); d != "" {
				t.Errorf("Read(%q) events (-want +got):\n%s", tt.text, d)
			}
			if len(got.Findings) > 0 {
				t.Errorf("Read(%q) findings = %v, want none: the text is not to blame", tt.text, got.Findings)
			}
		})
	}
}

func TestReadForeignText(t *testing.T) {
	wide := func(s string, size, at int) string {
		var b bytes.Buffer
		for _, c := range []byte(s) {
			unit := make([]byte, size)
			unit[at] = c
			b.Write(unit)
		}
		return b.String()
	}
	const text = `{"type":"track"}`
	for _, tt := range []struct{ name, text, want string }{
		{"UTF-16 LE with mark", "\xff\xfe" + wide(text, 2, 0), "(stdin): looks like UTF-16; convert it to UTF-8"},
		{"UTF-16 BE with mark", "\xfe\xff" + wide(text, 2, 1), "(stdin): looks like UTF-16; convert it to UTF-8"},
		{"UTF-16 LE", wide(text, 2, 0), "(stdin): looks like UTF-16; convert it to UTF-8"},
		{"UTF-16 BE", wide(text, 2, 1), "(stdin): looks like UTF-16; convert it to UTF-8"},
		{"UTF-32 LE with mark", "\xff\xfe\x00\x00" + wide(text, 4, 0), "(stdin): looks like UTF-32; convert it to UTF-8"},
		{"UTF-32 BE with mark", "\x00\x00\xfe\xff" + wide(text, 4, 3), "(stdin): looks like UTF-32; convert it to UTF-8"},
		{"UTF-32 LE", wide(text, 4, 0), "(stdin): looks like UTF-32; convert it to UTF-8"},
		{"UTF-32 BE", wide(text, 4, 3), "(stdin): looks like UTF-32; convert it to UTF-8"},
		{"zip", "PK\x03\x04rest", "(stdin): looks like a zip archive; unpack it"},
		{"Parquet", "PAR1rest", "(stdin): looks like Parquet; convert it to NDJSON"},
		{"tar", strings.Repeat("\x00", 257) + "ustar", "(stdin): looks like a tar archive; unpack it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, strings.NewReader(tt.text), input.Options{})
			if err == nil || err.Error() != tt.want {
				t.Errorf("Read(%q) error = %v, want %s", tt.text, err, tt.want)
			}
			if len(got.Events)+len(got.Findings) > 0 {
				t.Errorf("Read(%q) = %v, want nothing", tt.text, got)
			}
		})
	}
}

// TestBlocksAreTheConsumers holds that a block's bytes are not reused while it is held.
func TestBlocksAreTheConsumers(t *testing.T) {
	var text strings.Builder
	var want []string
	for i := range 2000 {
		fmt.Fprintf(&text, "{\"i\":%d}\n", i)
		want = append(want, fmt.Sprintf("%d:1 {\"i\":%d}", i+1, i))
	}
	var blocks []input.Block
	_, err := input.Read(context.Background(), input.Stdin, input.Options{Stdin: strings.NewReader(text.String()), BlockBytes: 100},
		func(b input.Block) error { blocks = append(blocks, b); return nil })
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]outcome, len(blocks))
	done := make(chan struct{})
	for i, b := range blocks {
		go func() {
			defer func() { done <- struct{}{} }()
			b.Decode()
			parts[i].Events, parts[i].Findings = b.Decode()
		}()
	}
	for range blocks {
		<-done
	}
	var got []string
	for _, part := range parts {
		events, _ := part.lines()
		got = append(got, events...)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events decoded later (-want +got):\n%s", d)
	}
}
