package main

import (
	"fmt"
	"os"
	"slices"

	"segproof/finding"
	"segproof/mockserver"
)

// loadExpectations reads a file of expectations; nil if no file is named. What is wrong
// in it is told and is an error: the run would prove nothing.
func (c *check) loadExpectations(file string) (*mockserver.Expectations, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--expect: %w", err)
	}
	expectations, found := mockserver.ParseExpectations(file, text)
	return expectations, c.unusable(file, found)
}

// loadFaults reads a file of faults, as loadExpectations does.
func (c *check) loadFaults(file string) (*mockserver.Faults, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--faults: %w", err)
	}
	faults, found := mockserver.ParseFaults(file, text)
	return faults, c.unusable(file, found)
}

// unusable ends the run with a report if something is wrong in a file.
func (c *check) unusable(file string, found []finding.Finding) error {
	if len(found) == 0 {
		return nil
	}
	c.count(found)
	c.report.Problems = append(c.report.Problems, fmt.Sprintf("%s cannot be used", file))
	return c.finish()
}

// expected judges expectations over what has arrived behind a cursor, and takes what does
// not hold into the report.
func (c *check) expected(srv *mockserver.Server, e *mockserver.Expectations, after mockserver.Cursor) error {
	if e == nil {
		return nil
	}
	scope := srv.All()
	if e.Scope() != "" {
		scope = srv.Scope(e.Scope())
	}
	found, err := scope.JudgeAfter(e, after)
	// The report tells of all faults that never struck when the server is stopped.
	c.count(slices.DeleteFunc(found, func(f finding.Finding) bool { return f.Rule == mockserver.RuleFaultNeverStruck }))
	return err
}
