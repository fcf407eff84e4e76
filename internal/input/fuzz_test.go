package input_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/input"
)

// pieces reads at most n bytes at once.
type pieces struct {
	r io.Reader
	n int
}

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.n)]) }

// randomValue makes a JSON value that is awkward to split: brackets, quotes and
// backslashes in strings, all scripts, deep and flat.
func randomValue(rng *rand.Rand, depth int) string {
	switch n := rng.IntN(8); {
	case n == 0 && depth > 0:
		items := make([]string, rng.IntN(4))
		for i := range items {
			items[i] = randomValue(rng, depth-1)
		}
		return "[" + strings.Join(items, []string{",", ", "}[rng.IntN(2)]) + "]"
	case n == 1 && depth > 0:
		return randomObject(rng, depth-1)
	case n == 2:
		return []string{"0", "-1", "12.50", "1e400", "-0.0E+7"}[rng.IntN(5)]
	case n == 3:
		return []string{"true", "false", "null"}[rng.IntN(3)]
	}
	return randomString(rng)
}

func randomString(rng *rand.Rand) string {
	parts := []string{`\"`, `\\`, `{`, `}`, `[`, `]`, `,`, `:`, ` `, `x`, `é`, `漢`, `\n`, `\u2028`, "\u2028", `\ud83d\ude00`, `/`, "\x7f", "\xff", "batch"}
	var b strings.Builder
	for range rng.IntN(12) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return `"` + b.String() + `"`
}

func randomObject(rng *rand.Rand, depth int) string {
	members := make([]string, rng.IntN(5))
	for i := range members {
		members[i] = randomString(rng) + []string{":", " : "}[rng.IntN(2)] + randomValue(rng, depth)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// randomEvent is an object with a type, so that it is no envelope.
func randomEvent(rng *rand.Rand, i int) string {
	return fmt.Sprintf(`{"type":"track","i":%d,"properties":%s}`, i, randomObject(rng, 3))
}

// layOut spreads a JSON value over lines.
func layOut(rng *rand.Rand, value, prefix string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(value), prefix, []string{"  ", "\t", " "}[rng.IntN(3)]); err != nil {
		panic(err) // the generator made something that is not JSON
	}
	return b.String()
}

// joined writes events as one input in one of the ways that there are, and returns the
// events as they stand in it.
func joined(rng *rand.Rand, way uint8, events []string) (text string, laidOut []string) {
	newline := []string{"\n", "\r\n", "\n\n"}[rng.IntN(3)]
	tail := []string{"", newline}[rng.IntN(2)]
	indented := func(prefix string) []string {
		for _, ev := range events {
			laidOut = append(laidOut, layOut(rng, ev, prefix))
		}
		return laidOut
	}
	switch way % 8 {
	case 0: // lines
		return strings.Join(events, newline) + tail, events
	case 1: // laid out, one after the other
		return strings.Join(indented(""), newline) + tail, laidOut
	case 2: // one array, one element a line
		return "[\n" + strings.Join(events, ","+newline) + newline + "]" + tail, events
	case 3: // one array on one line
		return "[" + strings.Join(events, ", ") + "]" + tail, events
	case 4: // one array, laid out
		return "[" + newline + "  " + strings.Join(indented("  "), ","+newline+"  ") + newline + "]" + tail, laidOut
	case 5: // no newlines
		return strings.Join(events, []string{"", " ", "\t"}[rng.IntN(3)]) + tail, events
	case 6: // array and batch lines
		var b strings.Builder
		for len(events) > 0 {
			n := 1 + rng.IntN(len(events))
			some := strings.Join(events[:n], ",")
			laidOut = append(laidOut, events[:n]...)
			events = events[n:]
			b.WriteString([]string{"[" + some + "]", `{"batch":[` + some + `]}`}[rng.IntN(2)] + newline)
		}
		return b.String(), laidOut
	}
	// Each line one event, each event laid out or not.
	for _, ev := range events {
		if rng.IntN(2) == 0 {
			ev = layOut(rng, ev, "")
		}
		laidOut = append(laidOut, ev)
	}
	return strings.Join(laidOut, newline) + tail, laidOut
}

// places finds the events in text, one behind the other, as anybody would.
func places(text string, events []string) []event.Place {
	var places []event.Place
	from := 0
	for _, ev := range events {
		at := from + strings.Index(text[from:], ev)
		places = append(places, event.Place{
			File:   "(stdin)",
			Line:   strings.Count(text[:at], "\n") + 1,
			Column: at - strings.LastIndex(text[:at], "\n"),
		})
		from = at + len(ev)
	}
	return places
}

// FuzzReadLosesNothing holds that valid events come out as they went in, each with its
// place, however they are joined, packed, and read.
func FuzzReadLosesNothing(f *testing.F) {
	for way := range uint8(8) {
		for packing := range uint8(4) {
			f.Add(uint64(way)<<8|uint64(packing), way, uint8(1+7*way), packing, uint16(10*way), uint16(1+packing))
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64, way, n, packing uint8, block, piece uint16) {
		rng := rand.New(rand.NewPCG(seed, 7))
		events := make([]string, n%40)
		for i := range events {
			events[i] = randomEvent(rng, i)
		}
		text, want := joined(rng, way, events)
		packed, marked := []byte(text), text
		switch packing % 4 {
		case 1:
			packed = gzipped(t, text, "")
		case 2:
			packed = zstded(t, text)
		case 3:
			marked = "\ufeff" + text
			packed = []byte(marked)
		}
		got, stats, err := read(t, pieces{bytes.NewReader(packed), 1 + int(piece)}, input.Options{BlockBytes: int(block)})
		if err != nil || len(got.Findings) > 0 {
			t.Fatalf("Read(%q): findings %v, error %v; want none", text, got.Findings, err)
		}
		if stats.Bytes != int64(len(marked)) {
			t.Errorf("Read(%q) read %d bytes, want %d", text, stats.Bytes, len(marked))
		}
		var raw []string
		var at []event.Place
		for _, ev := range got.Events {
			raw = append(raw, string(ev.Raw))
			at = append(at, ev.At)
		}
		if len(want) == 0 {
			want = nil
		}
		if d := cmp.Diff(want, raw); d != "" {
			t.Fatalf("Read(%q) events (-want +got):\n%s", text, d)
		}
		if d := cmp.Diff(places(text, want), at); d != "" {
			t.Errorf("Read(%q) places (-want +got):\n%s", text, d)
		}
	})
}

// FuzzCutLineCostsOneFinding holds that a line of an NDJSON input that was cut, anywhere,
// costs that line and one finding on it.
func FuzzCutLineCostsOneFinding(f *testing.F) {
	for i := range uint16(20) {
		f.Add(uint64(i), uint8(i), uint8(i/3), 3*i, uint16(0), uint16(100))
	}
	f.Fuzz(func(t *testing.T, seed uint64, n, cutLine uint8, cut, block, piece uint16) {
		rng := rand.New(rand.NewPCG(seed, 11))
		lines := make([]string, 1+int(n%10))
		var want []string
		damaged := int(cutLine) % len(lines)
		for i := range lines {
			lines[i] = randomEvent(rng, i)
			if i == damaged {
				lines[i] = lines[i][:1+int(cut)%(len(lines[i])-1)]
			} else {
				want = append(want, lines[i])
			}
		}
		text := strings.Join(lines, "\n") + "\n"
		got, _, err := read(t, pieces{strings.NewReader(text), 1 + int(piece)}, input.Options{BlockBytes: int(block)})
		if err != nil {
			t.Fatal(err)
		}
		var raw []string
		for _, ev := range got.Events {
			raw = append(raw, string(ev.Raw))
		}
		if d := cmp.Diff(want, raw); d != "" {
			t.Errorf("Read(%q) events (-want +got):\n%s", text, d)
		}
		if len(got.Findings) != 1 || got.Findings[0].Line != damaged+1 || got.Findings[0].Rule != "invalid-json" {
			t.Errorf("Read(%q) findings = %v, want one, on line %d", text, got.Findings, damaged+1)
		}
	})
}

// FuzzReadNeverPanics holds, for any bytes: nothing panics, the outcome does not depend
// on how the bytes come, findings and events stand in order and where they say, and text
// that is not blank is told of in some way.
func FuzzReadNeverPanics(f *testing.F) {
	for _, text := range []string{
		"", "\n", "{", "[", "]", "{}", "[]", "[1,\n2]", "{\n}{}", "[{}\n{}]", "[[],\n]", "{\"a\":\n{}\n{}\n", "x\n{}\n", "\x00\n{}", "\ufeff{}", "\xff\xfe{\x00",
		"{}\n{\n}\n{}\n[\n{},\nx\n{}\n]", "[\n {\"a\":x},\n {\"a\":1}\n]\n{}", "1 2", "12 apples\n{}", "{\"batch\":[]}\n[\n{\"batch\":[]}]", "\x1f\x8b", "(\xb5/\xfd",
		"[\n\"" + strings.Repeat("x", 40) + "\",\n{}\n]", "{\"" + strings.Repeat("x", 40) + "\n{}\n", "{}\r\n{\r\n}\r\n", strings.Repeat("[", 40) + "\n{}",
		string(gzipped(f, "{}\n{", "x")), string(zstded(f, "{}\n{")),
	} {
		f.Add([]byte(text), uint8(20), uint8(7), uint8(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, limit, block, piece uint8) {
		opts := input.Options{MaxValueBytes: int(limit)}
		first, _, firstErr := read(t, bytes.NewReader(data), opts)
		opts.BlockBytes = int(block)
		got, stats, err := read(t, pieces{bytes.NewReader(data), 1 + int(piece)}, opts)
		if d := cmp.Diff(first, got); d != "" {
			t.Errorf("Read(%q) in blocks of %d and pieces of %d bytes gives something else:\n%s", data, block, int(piece)+1, d)
		}
		if fmt.Sprint(err) != fmt.Sprint(firstErr) {
			t.Errorf("Read(%q) error %v, in other pieces %v", data, firstErr, err)
		}
		checkOrder(t, string(data), got)
		if err != nil || stats.Bytes != int64(len(data)) {
			return // an archive, or cut
		}
		text := strings.TrimPrefix(string(data), "\ufeff")
		checkPlaces(t, text, got)
		if len(got.Events)+len(got.Findings) == 0 && strings.Trim(text, " \t\r\n[]") != "" {
			t.Errorf("Read(%q) says nothing of it", data)
		}
	})
}

func checkOrder(t *testing.T, text string, got outcome) {
	t.Helper()
	var last event.Place
	for _, ev := range got.Events {
		if ev.At.Line < last.Line || ev.At.Line == last.Line && ev.At.Column <= last.Column {
			t.Errorf("Read(%q): event at %+v behind one at %+v", text, ev.At, last)
		}
		last = ev.At
	}
	for i, f := range got.Findings {
		if i > 0 && finding.Compare(got.Findings[i-1], f) > 0 {
			t.Errorf("Read(%q): finding at %d:%d behind one at %d:%d", text, f.Line, f.Column, got.Findings[i-1].Line, got.Findings[i-1].Column)
		}
	}
}

func checkPlaces(t *testing.T, text string, got outcome) {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	offset := func(line, column int) int {
		off := column - 1
		for _, l := range lines[:line-1] {
			off += len(l)
		}
		return off
	}
	for _, ev := range got.Events {
		if at := offset(ev.At.Line, ev.At.Column); !strings.HasPrefix(text[at:], string(ev.Raw)) {
			t.Errorf("Read(%q): event %q is not at %d:%d", text, ev.Raw, ev.At.Line, ev.At.Column)
		}
	}
	for _, f := range got.Findings {
		at := offset(f.Line, f.Column)
		if at > len(text) || f.Layer != finding.Input || f.Message == "" {
			t.Fatalf("Read(%q): finding %+v is not in the text", text, f)
		}
		ex := f.Excerpt
		if ex.Text == "" {
			continue
		}
		if ex.Length < 1 || ex.Start+ex.Length > len(ex.Text) || strings.Contains(ex.Text, "\n") || len(ex.Text) > 180 {
			t.Errorf("Read(%q): excerpt %+v", text, ex)
		}
		if !strings.HasPrefix(text[max(0, at-ex.Start):], strings.TrimSuffix(ex.Text, " ")) {
			t.Errorf("Read(%q): excerpt %+v does not stand around %d:%d", text, ex, f.Line, f.Column)
		}
	}
}
