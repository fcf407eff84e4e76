package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"segproof/internal/importer"
	"segproof/internal/input"
)

func frontEndNames() string {
	var lines []string
	for _, f := range frontEnds() {
		lines = append(lines, fmt.Sprintf("  %-8s %s", f.name, f.reads))
	}
	return strings.Join(lines, "\n")
}

// oneSource returns the source: the argument or --from, not both.
func oneSource(flags importFlags, args []string) (string, error) {
	switch {
	case len(args) == 0 && flags.from == "":
		return "", hinted{errors.New("import: nothing to import"), "name a page or a tracking plan, or events with --from"}
	case len(args) > 0 && flags.from != "":
		return "", hinted{fmt.Errorf("import: %s and --from %s are two sources", args[0], flags.from), "import one after the other"}
	case flags.from != "":
		return flags.from, nil
	}
	return args[0], nil
}

// maxPlanBytes is how large a tracking plan may be. Segment takes 15 MB as CSV.
//
// Source: segment.com/docs/protocols/tracking-plan/create/#upload-a-tracking-plan
const maxPlanBytes = 64 << 20

func isPlan(_ importFlags, source string) bool {
	return strings.EqualFold(filepath.Ext(source), ".json")
}

func isPlanCSV(_ importFlags, source string) bool {
	return strings.EqualFold(filepath.Ext(source), ".csv")
}

func readPlan(_ context.Context, _ env, flags importFlags, source string) (*importer.Document, error) {
	return readPlanBy(importer.ReadPlan, flags, source)
}

func readPlanCSV(_ context.Context, _ env, flags importFlags, source string) (*importer.Document, error) {
	return readPlanBy(importer.ReadPlanCSV, flags, source)
}

func readPlanBy(read func(name, file string, text []byte) (*importer.Document, error), flags importFlags, source string) (*importer.Document, error) {
	text, err := readBounded(source, maxPlanBytes)
	if err != nil {
		return nil, err
	}
	doc, err := read(folderName(flags.to), filepath.ToSlash(filepath.Clean(source)), text)
	if plan, ok := errors.AsType[*importer.PlanError](err); ok && plan.Hint != "" {
		return nil, hinted{fmt.Errorf("import: %w", err), plan.Hint}
	}
	if err != nil {
		return doc, fmt.Errorf("import: %w", err) // of an empty plan there may be contracts
	}
	return doc, nil
}

// folderName is the name of a source of events: that of the folder of its contracts.
func folderName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs // "." has a name too
	}
	return filepath.Base(dir)
}

func isTraffic(flags importFlags, _ string) bool { return flags.from != "" }

// readTraffic learns contracts from events. What is not JSON in them is left out with a
// finding, as lint does.
func readTraffic(ctx context.Context, e env, flags importFlags, source string) (*importer.Document, error) {
	inputs, problems := input.Expand([]string{source})
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	var traffic importer.Traffic
	doc, read := &importer.Document{}, 0
	for _, name := range inputs {
		_, err := input.Read(ctx, name, input.Options{Stdin: e.stdin}, func(b input.Block) error {
			events, found := b.Decode()
			doc.Findings = append(doc.Findings, found[:min(len(found), max(0, maxUnread-len(doc.Findings)))]...)
			read += len(events)
			for _, ev := range events {
				traffic.Add(ev)
			}
			return nil
		})
		if errors.Is(err, context.Canceled) {
			return nil, errors.New("import: interrupted; nothing was written")
		}
		if err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
	}
	if read == 0 && len(doc.Findings) > 0 {
		f := doc.Findings[0]
		return nil, hinted{fmt.Errorf("import: %s:%d:%d: %s; nothing in it is an event", f.File, f.Line, f.Column, f.Message), "segproof import --help lists what it reads"}
	}
	learned := traffic.Document(folderName(flags.to), trafficName(source))
	learned.Findings = append(doc.Findings, learned.Findings...)
	if len(learned.Events) == 0 && len(doc.Findings) == 0 {
		return learned, fmt.Errorf("import: %s: %w", trafficName(source), importer.ErrNoEvents)
	}
	return learned, nil
}

// maxUnread is how many findings about what is no event are kept of one import.
const maxUnread = 10_000

// trafficName is how the user calls the events.
func trafficName(source string) string {
	if source == input.Stdin {
		return input.StdinName
	}
	return filepath.ToSlash(filepath.Clean(source))
}
