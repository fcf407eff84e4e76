package main

import (
	"bufio"
	"fmt"
	"io"

	"segproof/finding"
	"segproof/functions"
)

// maxShown is how many bytes of a value a line shows.
const maxShown = 2000

// shortened is a value as a line shows it.
func shortened(text []byte) string {
	if len(text) <= maxShown {
		return string(text)
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:maxShown], len(text))
}

// at is where an error was thrown, as it stands behind a message; "" if it is not known.
func at(e *functions.Error) string {
	if e.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", e.File, e.Line)
}

// showResult writes for a person what came of one run.
func showResult(w io.Writer, number int, res functions.Result) error {
	b := bufio.NewWriter(w)
	line := func(kind, format string, args ...any) {
		fmt.Fprintf(b, "  %-8s %s\n", kind, finding.Printable(fmt.Sprintf(format, args...)))
	}
	by := ""
	if res.Handler != "" {
		by = " by " + res.Handler
	}
	fmt.Fprintf(b, "run %d: %s%s\n", number, res.Disposition, by)
	for _, l := range res.Logs {
		line("log", "%s: %s", l.Level, l.Text)
	}
	if res.LogsDropped > 0 {
		line("log", "%d more lines", res.LogsDropped)
	}
	for _, x := range res.Requests {
		answer := fmt.Sprint(max(x.Response.Status, 200))
		switch {
		case x.Unmatched:
			answer = "nothing answers it"
		case x.Response.Failure != "":
			answer = x.Response.Failure
		}
		line("request", "%s %s %s -> %s", x.Request.Method, x.Request.URL, shortened(x.Request.Body), answer)
	}
	for _, text := range res.Events {
		line("event", "%s", shortened(text))
	}
	for _, text := range res.Objects {
		line("object", "%s", shortened(text))
	}
	if res.Returned != nil {
		line("returned", "%s", shortened(res.Returned))
	}
	for i, o := range res.Batch {
		status := ""
		if o.Status != 0 {
			status = fmt.Sprintf(" %d", o.Status)
		}
		if o.Message != "" {
			status += " " + shortened([]byte(o.Message))
		}
		line("batch", "event %d: %s%s %s", i+1, o.Disposition, status, shortened(o.Event))
	}
	if e := res.Error; e != nil {
		line("error", "%s: %s%s", e.Class, e.Message, at(e))
	}
	return b.Flush()
}
