package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/event"
)

// The words that say which call is made.
var (
	// inName: "(screen event)", "send as a page call", "... Track event properties".
	rowCall = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?i)\\(\\s*`?(track|identify|page|screen|group)`? (?:event|call)s?\\s*\\)|\\b(?:sent|send) as (?:an? )?(?:segment )?`?(track|identify|page|screen|group)`? (?:event|call)")
	})
	headingCall = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(track|identify|page|screen|group) (?:event|call)s?\b|\bthe (identif)ies table`)
	})
	identifies = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)`?identifies`? table") })

	// sentence is one that says how the source sends what it sends.
	sentence = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?i)\\b(?:uses?|using|sends?|makes?|make|triggers?|as|through)\\b[^.]*\\b(?:track|identify|page|screen|group)`?(?:(?:,| and| or|/)+ ?`?(?:track|identify|page|screen|group)`?)* (?:methods?|calls?|events?)\\b|server-side methods to send|\\(select from")
	})
	// howItSends is one about the source as a whole.
	howItSends = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\bserver-side\b|\buses?\b[^.]*\bmethod|\bto send (all|data|user|its|event)`)
	})
	callWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)`?\\b(track|identify|page|screen|group)\\b`?") })
	except   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bexcept\b(.*)$`) })

	// template is a sentence of the site's template for sources that nobody filled in.
	template = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\bserver-side (?:\(?[^)]*\)? ?)?methods?(?:\(s\))?|\(select from[^)]*\)`)
	})
)

// pageCall is what the page says about all its events.
type pageCall struct {
	call   event.Type // "" if it does not say, or names several
	except string     // the text behind "except"
	many   []string   // the calls that it names, if they are several
	at     event.Place
}

// chooseCalls finds out which call each event is: by its row, its name, its sample, the
// page's sentence; else track, and says so.
func (p *page) chooseCalls() {
	byName := map[string][]*sample{}
	for _, s := range p.samples {
		if s.name != "" {
			byName[fold(s.name)] = append(byName[fold(s.name)], s)
		}
	}
	said := p.pageSays()
	for _, e := range p.events {
		e.samples = p.samplesOf(e, byName)
		if e.call != "" {
			continue
		}
		if e.call = p.callOf(e, said); e.call != "" {
			continue
		}
		e.call = event.Track
		p.doubt(e, "The page does not say which call this is; track is assumed.")
		if len(said.many) > 0 {
			p.reportFor(ruleCallAmbiguous, e.at, e.id(), fmt.Sprintf("line %d names %s, and nothing says which one %s is; track is assumed", said.at.Line, strings.Join(said.many, ", "), e),
				"write (track event) or (screen event) into its description")
			continue
		}
		p.reportFor(ruleCallAssumed, e.at, e.id(), fmt.Sprintf("the page does not say which call %s is; track is assumed", e),
			"write (track event) or (screen event) into its description")
	}
}

func (p *page) callOf(e *draftEvent, said pageCall) event.Type {
	if call := firstCall(rowCall(), e.description); call != "" {
		return call
	}
	if e.section != nil {
		if call := firstCall(rowCall(), e.section.title.text); call != "" {
			return call
		}
		if call := undress(e.section.title.text).call; call != "" {
			return call
		}
	}
	for _, t := range slices.Concat(e.own, e.shared) {
		for s := t.section; s != nil && s.level > 0; s = s.parent {
			if call := firstCall(headingCall(), s.title.text); call != "" && len(callsIn(s.title.text)) == 1 {
				return call
			}
		}
	}
	if mentions(e.description, "identifies") && identifies().MatchString(e.description) {
		return event.Identify
	}
	for _, s := range e.samples {
		if s.call != "" && (s.name != "" || s.call.NameKey() == "") {
			return s.call
		}
	}
	if said.call != "" && (said.except == "" || !strings.Contains(fold(said.except), fold(e.name))) {
		return said.call
	}
	return ""
}

// firstCall returns the call that a pattern finds in a text.
func firstCall(re *regexp.Regexp, s string) event.Type {
	if !mentions(s, "track", "identif", "page", "screen", "group") {
		return ""
	}
	m := re.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	word := strings.ToLower(strings.Join(m[1:], ""))
	if word == "identif" {
		word = "identify"
	}
	return event.Type(word)
}

// pageSays reads the page's sentences about its calls. One that says how the source
// sends its data counts before any other.
func (p *page) pageSays() pageCall {
	if p.says == nil {
		said := p.readSentences()
		p.says = &said
	}
	return *p.says
}

// maxSentences is how many different sentences about calls are read. No page of Segment's
// docs has ten.
const maxSentences = 1000

func (p *page) readSentences() pageCall {
	var said, beside pageCall
	read := map[string]bool{}
	for _, x := range p.texts {
		if m := templateIn(x.text); m != "" && !callWord().MatchString(m) && !namesCall(x.text, m) {
			p.report(ruleTemplateText, x.at, fmt.Sprintf("%q does not say which method is used", m), "name it: a server-side `track` method")
		}
		for _, s := range strings.SplitAfter(x.raw, ". ") {
			m := ""
			if len(read) < maxSentences && !read[s] && mentions(s, "method", "call", "event", "select from") && mentions(s, "track", "identif", "page", "screen", "group", "server-side", "select from") &&
				mentions(s, "use", "using", "send", "make", "trigger", "as", "through", "select from") {
				m, read[s] = sentence().FindString(s), true // once: to say it again adds nothing
			}
			if m == "" {
				continue
			}
			if strings.Contains(s, "(select from") {
				// The choice is left to the reader: no evidence, and none elsewhere outweighs it.
				said = pageCall{many: callsIn(s), at: x.at}
				break
			}
			if howItSends().MatchString(s) {
				said = said.joined(s, callsIn(m), x.at)
			} else {
				beside = beside.joined(s, callsIn(m), x.at)
			}
		}
	}
	if said.at.Line > 0 {
		return said
	}
	return beside
}

// templateIn returns the words of the template in a text, "" if there are none.
func templateIn(s string) string {
	if !mentions(s, "server-side", "select from") {
		return ""
	}
	return template().FindString(s)
}

// joined adds what a sentence says: two that differ are no evidence.
func (c pageCall) joined(sentence string, calls []string, at event.Place) pageCall {
	all := c.many
	if c.call != "" {
		all = []string{string(c.call)}
	}
	for _, call := range calls {
		if !slices.Contains(all, call) {
			all = append(all, call)
		}
	}
	if c.at.Line == 0 {
		c.at = at
	}
	if len(c.many) == 1 { // a choice that was left open
		return c
	}
	switch len(all) {
	case 0:
		return c
	case 1:
		c.call = event.Type(all[0])
		if e := except().FindStringSubmatch(sentence); e != nil {
			c.except = e[1]
		}
		return c
	}
	return pageCall{many: all, at: c.at}
}

// namesCall reports whether the sentence that m stands in names a call before or behind it.
func namesCall(s, m string) bool {
	i := strings.Index(s, m)
	from := strings.LastIndex(s[:i], ". ") + 1
	to := strings.Index(s[i:], ". ")
	if to < 0 {
		to = len(s) - i
	}
	return callWord().MatchString(s[from : i+to])
}

// callsIn returns the calls that a sentence names, each once.
func callsIn(s string) []string {
	var calls []string
	for _, m := range callWord().FindAllStringSubmatch(s, -1) {
		if call := strings.ToLower(m[1]); !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	return calls
}
