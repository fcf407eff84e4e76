// Command score holds the rooms against cases from outside the project. It is a
// development command: it reads cases and prints a JSON line for each, and a summary
// last.
//
// Exit codes: 0 every case agrees, 1 some do not, 2 the work could not be done, 3 there
// was no case.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command is one kind of cases.
type command struct {
	name, usage string
	run         func(ctx context.Context, args []string, stdout io.Writer) (outcome, error)
}

// outcome counts the cases of a run.
type outcome struct {
	cases, differ int
}

// commands is the table of kinds.
func commands() []command {
	return []command{
		diffCommand(),
		{"functions", "functions CASES.json [--handlers DIR] [--engine E]", scoreFunctions},
		{"pages", "pages DIR ORACLE.json    imports each page of the oracle that is under DIR", pages},
		suiteCommand(),
	}
}

// run runs the command line args and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	for _, c := range commands() {
		if len(args) == 0 || c.name != args[0] {
			continue
		}
		got, err := c.run(ctx, args[1:], stdout)
		switch {
		case err != nil:
			fmt.Fprintf(stderr, "score: %s: %v\n", c.name, err)
			return 2
		case got.cases == 0:
			fmt.Fprintf(stderr, "score: %s: no case found\n", c.name)
			return 3
		case got.differ > 0:
			return 1
		}
		return 0
	}
	fmt.Fprintln(stderr, "usage:")
	for _, c := range commands() {
		fmt.Fprintf(stderr, "  go run ./internal/score %s\n", c.usage)
	}
	return 2
}
