package main

import (
	"fmt"
	"os"
	"strings"

	"segproof/mockserver"
)

// senderEnv tells a sender where the server at url is.
func senderEnv(url string) []string {
	return []string{
		"SEGMENT_HOST=" + url,
		"SEGMENT_API_HOST=" + strings.TrimPrefix(url, "http://") + "/v1",
		"SEGMENT_CDN_HOST=" + url,
		"SEGMENT_WRITE_KEY=segproof",
		"SEGPROOF_URL=" + url,
	}
}

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
	if len(found) > 0 {
		c.count(found)
		c.report.Problems = append(c.report.Problems, fmt.Sprintf("%s cannot be used", file))
		if err := c.finish(); err != nil {
			return nil, err
		}
	}
	return expectations, nil
}

// expected judges expectations over what has arrived, and takes what does not hold into
// the report.
func (c *check) expected(srv *mockserver.Server, e *mockserver.Expectations) error {
	if e == nil {
		return nil
	}
	scope := srv.All()
	if e.Scope() != "" {
		scope = srv.Scope(e.Scope())
	}
	found, err := scope.Judge(e)
	c.count(found)
	return err
}
