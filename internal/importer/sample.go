package importer

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"segproof/event"
)

// sample is a block of code, and the call in it, if there is one.
type sample struct {
	lang    string
	code    []byte
	section *section
	at      event.Place
	offset  int

	call    event.Type // "" if the block is no call
	name    string
	value   *object // the event; nil if it cannot be read
	body    *object // its properties or traits
	strict  bool    // it is JSON, whole and alone
	checked bool    // against the tables
	odd     string  // what Segment would not take about it; "" for nothing
}

// The signs of a call in a block of code.
var (
	jsCall = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(?:analytics|Analytics|client|segment)(?:\.shared\(\))?\.(track|identify|page|screen|group|alias)\s*\(\s*`)
	})
	jsonCall = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`"(?:type|action)"\s*:\s*"(track|identify|page|screen|group|alias)"`)
	})
	jsonEvent = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"event"\s*:\s*"([^"\\\n]+)"`) })
)

// maxSampleBytes is how large a block of code may be to be read as a call.
const maxSampleBytes = 64 << 10

// readSamples finds the calls in the blocks of code.
func (p *page) readSamples() {
	for _, s := range p.samples {
		s.section.samples = append(s.section.samples, s)
		if len(s.code) > maxSampleBytes {
			continue
		}
		text := string(bytes.TrimSpace(s.code))
		if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			p.jsonSample(s, text)
		} else {
			p.javaScript(s, text)
		}
		s.complete()
	}
}

// jsonSample reads an event that is written out whole.
func (p *page) jsonSample(s *sample, text string) {
	if m := jsonCall().FindStringSubmatch(text); m != nil {
		s.call = event.Type(m[1])
	}
	if m := jsonEvent().FindStringSubmatch(text); m != nil && (s.call == "" || s.call == event.Track) {
		s.name = m[1]
	}
	v, r, err := parseRelaxed(text)
	s.value, _ = v.(*object)
	s.strict = err == nil && r.strict && strings.TrimSpace(text[r.i:]) == ""
	if s.call == "" && s.name != "" && (strings.Contains(text, `"properties"`) || strings.Contains(text, `"userId"`)) {
		s.call = event.Track
	}
	if s.call != "" && !s.strict {
		p.report(ruleSampleInvalid, s.at, "the sample of the "+string(s.call)+" call is not JSON", "write it so that it can be copied and sent")
	}
}

// javaScript reads a call of Segment's JavaScript and Node.js libraries.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/website/javascript/#basic-tracking-methods
func (p *page) javaScript(s *sample, text string) {
	m := jsCall().FindStringSubmatchIndex(text)
	if m == nil {
		return
	}
	s.call = event.Type(text[m[2]:m[3]])
	rest := text[m[1]:]
	first, r, err := parseRelaxed(rest)
	if err != nil {
		return
	}
	if r.broken {
		p.brokenSample(s)
	}
	if o, ok := first.(*object); ok && (o.get("event") != nil || o.get("properties") != nil || o.get("traits") != nil || o.get("userId") != nil) {
		s.value = o // Node.js takes the event whole
		return
	}
	body, _ := first.(*object)
	if body == nil {
		s.name = textOf(first)
		if after, ok := strings.CutPrefix(strings.TrimSpace(rest[r.i:]), ","); ok {
			second, r, err := parseRelaxed(after)
			body, _ = second.(*object)
			if err != nil {
				body = nil
			} else if r.broken {
				p.brokenSample(s)
			}
		}
		if s.call == event.Identify || s.call == event.Group || s.call == event.Alias {
			s.name = "" // the first argument is an ID
		}
	}
	s.body = body
}

// brokenSample tells of a call that no program can run.
func (p *page) brokenSample(s *sample) {
	p.report(ruleSampleInvalid, s.at, "the sample of the "+string(s.call)+" call lacks a comma", "write it so that it can be copied and run")
}

// complete takes name and body from the event itself.
func (s *sample) complete() {
	if s.value == nil {
		return
	}
	if s.call == "" {
		return
	}
	if key := s.call.NameKey(); key != "" && s.value.text(key) != "" {
		s.name = s.value.text(key)
	}
	if key := s.call.BodyKey(); key != "" {
		s.body = s.value.object(key)
	}
	var odd []string
	if s.value.get("type") == nil && s.value.get("action") != nil {
		odd = append(odd, `it says "action" for "type"`)
	}
	if s.value.get("user_id") != nil {
		odd = append(odd, `it says "user_id" for "userId"`)
	}
	if jsonSampleOf(s) && s.value.get("userId") == nil && s.value.get("anonymousId") == nil && s.value.get("user_id") == nil {
		odd = append(odd, "it has neither userId nor anonymousId")
	}
	s.odd = strings.Join(odd, ", and ")
}

// jsonSampleOf reports whether the event is written out whole: a library adds IDs.
func jsonSampleOf(s *sample) bool { return s.value.get("type") != nil || s.value.get("action") != nil }

// textOf returns a value that is a string, else "".
func textOf(v any) string {
	o := &object{members: []pair{{"", v}}}
	return o.text("")
}

// samplesOf returns the samples of an event: those below its heading, and those of its
// name elsewhere.
func (p *page) samplesOf(e *draftEvent, byName map[string][]*sample) []*sample {
	var list []*sample
	if e.section != nil {
		_, list = p.below(e.section)
		list = slices.DeleteFunc(slices.Clone(list), func(s *sample) bool { return s.name != "" && e.name != "" && fold(s.name) != fold(e.name) })
	}
	if e.name != "" {
		for _, s := range byName[fold(e.name)] {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}
