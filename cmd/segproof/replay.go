package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/compat"
	"segproof/event"
	"segproof/internal/input"
)

// replay counts the recorded events that would break, and says so on stderr, also if
// there are none.
func (d *differ) replay(ctx context.Context, opts compat.Options) error {
	if len(d.flags.events) == 0 {
		return nil
	}
	inputs, problems := input.Expand(d.flags.events)
	for _, p := range problems {
		d.report.Problems = append(d.report.Problems, p.Error())
	}
	r := compat.NewReplay(d.prev, d.next, opts)
	for _, name := range inputs {
		_, err := input.Read(ctx, name, input.Options{Stdin: d.env.stdin}, func(b input.Block) error {
			events, unread := b.Decode()
			for _, ev := range events {
				r.Add(ev)
			}
			d.count(unread)
			return nil
		})
		if errors.Is(err, context.Canceled) {
			return errors.New("interrupted")
		}
		if err != nil {
			d.report.Problems = append(d.report.Problems, err.Error())
		}
	}
	n := r.Counts()
	fmt.Fprintf(d.env.stderr, "segproof: %s: %d would break, %d were rejected already\n", counted(n.Events, "recorded event", "recorded events"), n.Breaking, n.Rejected)
	if n.Events == 0 {
		d.report.Problems = append(d.report.Problems, "--events: no event in "+strings.Join(d.flags.events, ", "))
	}
	d.grade(d.present(r.Findings()))
	return nil
}

// witnesses writes events that break as fixtures: one that senders could send, and what
// the contracts of now find in it.
func (d *differ) witnesses(witnesses []compat.Witness) error {
	if d.flags.witness == "" {
		return nil
	}
	written := map[string]bool{}
	all := len(witnesses)
	witnesses = slices.DeleteFunc(slices.Clone(witnesses), func(w compat.Witness) bool { return len(w.JSON) > event.MaxEventBytes })
	if n := all - len(witnesses); n > 0 {
		fmt.Fprintf(d.env.stderr, "segproof: %s not written: larger than the %d bytes that can be sent\n", counted(n, "witness is", "witnesses are"), event.MaxEventBytes)
	}
	if len(witnesses) == 0 {
		fmt.Fprintf(d.env.stderr, "segproof: no witness to write to %s\n", d.flags.witness)
		return d.tidy(written)
	}
	if err := os.MkdirAll(d.flags.witness, 0o777); err != nil {
		return err
	}
	times := map[string]int{}
	for _, w := range witnesses {
		name := fileName(w.Event.Type+"."+w.Event.Name) + "." + w.Rule + "." + string(w.Direction)
		times[name]++
		if n := times[name]; n > 1 {
			name += fmt.Sprintf(".%d", n)
		}
		text, err := d.fixture(w)
		if err != nil {
			return err
		}
		written[name+".yaml"] = true
		err = writeFile(filepath.Join(d.flags.witness, name+".yaml"), func(out io.Writer) error {
			_, err := out.Write(text)
			return err
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(d.env.stderr, "segproof: %s written to %s\n", counted(len(witnesses), "witness", "witnesses"), d.flags.witness)
	return d.tidy(written)
}

// witnessSource begins the line of a fixture that says that a diff wrote it.
const witnessSource = "segproof diff: "

// witnessName matches the names of the files that witnesses are written to.
var witnessName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\.(?:producer|consumer)(?:\.[0-9]+)?\.yaml$`)
})

// tidy removes the fixtures that earlier runs have written and this one has not: they are
// known by their names and by what they say of themselves. A run that could not look at
// everything removes nothing.
func (d *differ) tidy(written map[string]bool) error {
	if len(d.report.Problems) > 0 {
		return nil
	}
	old, err := os.ReadDir(d.flags.witness)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	removed := 0
	for _, entry := range old {
		if written[entry.Name()] || !entry.Type().IsRegular() || !witnessName().MatchString(entry.Name()) {
			continue
		}
		name := filepath.Join(d.flags.witness, entry.Name())
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if _, said, _ := strings.Cut(string(text), "\n"); !strings.HasPrefix(said, `source: "`+witnessSource) {
			continue
		}
		if err := os.Remove(name); err != nil {
			return err
		}
		removed++
	}
	if removed > 0 {
		fmt.Fprintf(d.env.stderr, "segproof: %s of earlier runs removed from %s\n", counted(removed, "witness", "witnesses"), d.flags.witness)
	}
	return nil
}

// counted says how many there are.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// fileName keeps of a name what any file system takes.
func fileName(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, name), ".")
}

// fixture writes a witness as a case that passes by the contracts of now. Text stands in
// JSON strings, which are YAML.
func (d *differ) fixture(w compat.Witness) ([]byte, error) {
	said := "accepted before, rejected now"
	if w.Direction == compat.Consumer {
		said = "accepted now, rejected before"
	}
	name, err := json.Marshal(fmt.Sprintf("%s: %s", w.Event, said))
	if err != nil {
		return nil, err
	}
	source, err := json.Marshal(fmt.Sprintf(witnessSource+"%s at %s: %s", w.Rule, w.Pointer, w.Message))
	if err != nil {
		return nil, err
	}
	events, err := event.Decode(w.JSON, event.Place{})
	if err != nil || len(events) != 1 {
		return nil, fmt.Errorf("the witness %s is no event: %w", w.JSON, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "name: %s\nsource: %s\nevents: |\n  %s\n", name, source, w.JSON)
	for i, f := range d.next.Validate(events[0]) {
		if i == 0 {
			b.WriteString("findings:\n")
		}
		pointer, err := json.Marshal(f.Pointer)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "  - rule: %s\n    pointer: %s\n", f.Rule, pointer)
	}
	return b.Bytes(), nil
}
