package finding

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
)

// The parts of the JUnit format that CI systems agree on.
type (
	junitReport struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitCase struct {
		Class   string      `xml:"classname,attr"`
		Name    string      `xml:"name,attr"`
		Failure *junitFault `xml:"failure"`
		Error   *junitFault `xml:"error"`
		Skipped *junitFault `xml:"skipped"`
		Out     *junitOut   `xml:"system-out"`
	}
	junitFault struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
	junitOut struct {
		Text string `xml:",cdata"`
	}
)

// junitBuilder gathers the suites, in the order in which they are first named.
type junitBuilder struct {
	report junitReport
	suites map[string]*junitSuite
	names  map[[2]string]int // how often a class and name was used
}

// writeJUnit writes a suite a file and a test a finding: failed if it reaches
// opts.FailOn and opts.NoFail does not forbid it, else skipped. Skipped, not passed, because GitLab and most others show
// no text of a test that passed. What could not be checked is a test with an error.
// A run without findings has one test that passed.
func writeJUnit(w *bufio.Writer, r *Report, opts WriteOptions) error {
	tool := visible(r.tool())
	b := &junitBuilder{
		report: junitReport{Name: tool},
		suites: map[string]*junitSuite{},
		names:  map[[2]string]int{},
	}
	for _, f := range r.Findings {
		b.add(newJUnitCase(f, opts))
	}
	if s := r.notShown(); s != "" {
		c := junitCase{Class: tool, Name: "findings not shown"}
		c.judge(r.worstDropped(), opts, junitFault{Message: s})
		b.add(c)
	}
	for _, line := range r.unchecked() {
		b.add(junitCase{Class: tool, Name: line, Error: &junitFault{Type: "not-checked", Message: line}})
	}
	if len(b.report.Suites) == 0 {
		b.add(junitCase{Class: tool, Name: "no findings", Out: &junitOut{Text: r.Summary()}})
	}
	w.WriteString(xml.Header)
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(b.report); err != nil {
		return err
	}
	return w.WriteByte('\n')
}

// newJUnitCase returns the test of one finding. Its text is the text format's.
func newJUnitCase(f Finding, opts WriteOptions) junitCase {
	name := visible(f.Rule)
	if where := f.where(); where != "" {
		name += " " + where
	}
	if lc := f.lineColumn(); lc != "" {
		name += " (" + lc + ")"
	}
	f.File = f.relative(opts.Root)
	var text bytes.Buffer
	t := textWriter{Writer: bufio.NewWriter(&text)}
	t.finding(f)
	t.Flush() // a bytes.Buffer takes everything
	c := junitCase{Class: visible(f.File), Name: name}
	c.judge(f.Severity, opts, junitFault{Type: visible(f.Rule), Message: visible(f.Message), Text: text.String()})
	return c
}

// judge makes c a failed test if s is bad enough for opts, else a skipped one.
func (c *junitCase) judge(s Severity, opts WriteOptions, fault junitFault) {
	if s <= opts.FailOn && !opts.NoFail {
		c.Failure = &fault
		return
	}
	c.Skipped = &junitFault{Message: s.String() + ": " + fault.Message}
	if fault.Text != "" {
		c.Out = &junitOut{Text: fault.Text}
	}
}

// add puts c into the suite of its class and counts it. A name that its class had
// before gets a number: GitLab keeps only one of two tests with one name.
func (b *junitBuilder) add(c junitCase) {
	s := b.suites[c.Class]
	if s == nil {
		s = &junitSuite{Name: c.Class}
		b.suites[c.Class] = s
		b.report.Suites = append(b.report.Suites, s)
	}
	key := [2]string{c.Class, c.Name}
	for b.names[key] > 0 {
		n := b.names[[2]string{c.Class, c.Name}] + 1
		b.names[[2]string{c.Class, c.Name}] = n
		key[1] = fmt.Sprintf("%s #%d", c.Name, n)
	}
	b.names[key]++
	c.Name = key[1]
	s.Cases = append(s.Cases, c)
	for _, counts := range []*junitCounts{&s.junitCounts, &b.report.junitCounts} {
		counts.Tests++
		switch {
		case c.Failure != nil:
			counts.Failures++
		case c.Error != nil:
			counts.Errors++
		case c.Skipped != nil:
			counts.Skipped++
		}
	}
}
